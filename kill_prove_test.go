//go:build prove

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/audit"
	"carerecord/internal/demo"
	"carerecord/internal/pgtest"
	"carerecord/internal/sample"
)

// The server is killed under load, again and again on the same data. Every answer that
// disclosed a record has its event, and the chain holds. CARERECORD_KILLS sets how
// often (100).
func TestNoDisclosureWithoutItsEvent(t *testing.T) {
	kills := 100
	if text := os.Getenv("CARERECORD_KILLS"); text != "" {
		kills, _ = strconv.Atoi(text)
	}
	data := pgtest.Dir(t)
	var disclosed []string
	for round := range kills {
		address := free(t)
		p, said := program(t, "-addr", address, "-data", data)
		if err := untilReady(address, nil); err != nil {
			t.Fatalf("round %d: %v\n%s", round, err, said)
		}
		token := tokenOf(t, address, "gp")
		var mu sync.Mutex
		before := len(disclosed)
		var asking sync.WaitGroup
		stop := make(chan struct{})
		for worker := range 8 {
			asking.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					name := fmt.Sprintf("Round%dWorker%dAsk%d", round, worker, n)
					if shown, err := discloses(address, token, name); err != nil {
						return // it is dead
					} else if shown {
						mu.Lock()
						disclosed = append(disclosed, name)
						mu.Unlock()
					}
				}
			})
		}
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			mu.Lock()
			begun := len(disclosed) > before
			mu.Unlock()
			if begun {
				break
			}
		}
		time.Sleep(time.Duration(rand.IntN(700)) * time.Millisecond)
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		close(stop)
		asking.Wait()
		p.Wait()
	}
	if len(disclosed) < kills {
		t.Fatalf("only %d answers disclosed anything", len(disclosed))
	}
	t.Logf("%d kills, %d answers that disclosed", kills, len(disclosed))
	there := operationsShown(t, data)
	for _, name := range disclosed {
		if !there[name] {
			t.Errorf("%s disclosed a record without an event", name)
		}
	}
	if text := command(t, "audit", "verify", "-data", data); !strings.Contains(text, "holds") {
		t.Errorf("%s", text)
	}
}

// discloses asks for one record under a name of its own.
func discloses(address, token, name string) (bool, error) {
	body, _ := json.Marshal(map[string]any{"query": "query " + name + " { patient(nhsNumber: \"" + string(sample.Whole) + "\") { id allergies { nodes { id } } } }"})
	request, err := http.NewRequest(http.MethodPost, "http://"+address+"/graphql", bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	// Half an answer discloses too.
	return bytes.Contains(text, []byte(`"nodes":[{"id"`)), err
}

// operationsShown are the names of the operations that showed a record, from the trail of a
// data directory.
func operationsShown(t *testing.T, data string) map[string]bool {
	t.Helper()
	address := free(t)
	p, said := program(t, "-addr", address, "-data", data)
	defer func() { p.Process.Signal(syscall.SIGTERM); p.Wait() }()
	if err := untilReady(address, nil); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	d, err := demo.Find(data, "")
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), d.OwnerDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	lines, err := audit.Events(t.Context(), pool, audit.Filter{Limit: 10_000_000})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, line := range lines {
		if line.Outcome == audit.Shown {
			names[line.Operation.Name] = true
		}
	}
	return names
}
