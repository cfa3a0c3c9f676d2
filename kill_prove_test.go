//go:build prove

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
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
	"carerecord/internal/record"
	"carerecord/internal/sample"
)

// The server is killed under load, again and again on the same data; in three rounds of
// four its supervisor, its PostgreSQL or both are killed with it. Every answer that
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
		p := restarted(t, address, data)
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
			begun := len(disclosed) >= before+8 // the first ones make the connections
			mu.Unlock()
			if begun {
				break
			}
		}
		time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond)
		for _, victim := range victims(t, data, round, p.process) {
			if err := victim.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
		}
		close(stop)
		asking.Wait()
		<-p.ended
	}
	if len(disclosed) < kills {
		t.Fatalf("only %d answers disclosed anything", len(disclosed))
	}
	t.Logf("%d kills, %d answers that disclosed", kills, len(disclosed))
	holds := func() {
		t.Helper()
		if text := command(t, "audit", "verify", "-data", data); !strings.Contains(text, "holds") {
			t.Errorf("%s", text)
		}
	}
	holds() // right after the last kill
	there := operationsShown(t, data)
	for _, name := range disclosed {
		if there[name] != sample.Whole {
			t.Errorf("%s disclosed a record without an event of its patient", name)
		}
	}
	holds()
}

// A life is one run of the program.
type life struct {
	process *os.Process
	ended   chan error
}

// restarted starts the program on data that the last one may have been torn from.
func restarted(t *testing.T, address, data string) life {
	t.Helper()
	p, said := program(t, "-addr", address, "-metrics=", "-data", data)
	l := life{p.Process, make(chan error, 1)}
	ended := make(chan error, 1)
	go func() { // until it ends, or is killed with the test
		err := p.Wait()
		ended <- err
		l.ended <- err
	}()
	if err := untilReady(address, ended); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return l
}

// victims are the processes that a round kills, in any order.
func victims(t *testing.T, data string, round int, server *os.Process) []*os.Process {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(data, "postgres", "server.json"))
	if err != nil {
		t.Fatal(err)
	}
	var of struct{ Supervisor, Postgres struct{ PID int } }
	if err := json.Unmarshal(content, &of); err != nil {
		t.Fatal(err)
	}
	all := []*os.Process{server}
	for bit, pid := range []int{of.Supervisor.PID, of.Postgres.PID} {
		if round&(1<<bit) == 0 {
			continue
		}
		process, err := os.FindProcess(pid)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, process)
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
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

// operationsShown are the operations that showed a record and whose it was, from the trail
// of a data directory.
func operationsShown(t *testing.T, data string) map[string]record.NHSNumber {
	t.Helper()
	address := free(t)
	p := restarted(t, address, data)
	defer func() { p.process.Signal(syscall.SIGTERM); <-p.ended }()
	names := map[string]record.NHSNumber{}
	for _, line := range shownIn(t, data, "") {
		names[line.Operation.Name] = line.Patient
	}
	return names
}

// shownIn is every event of a record that was shown, in the trail of a running
// demonstration: the one of a data directory or at an address.
func shownIn(t *testing.T, data, address string) (shown []audit.Line) {
	t.Helper()
	d, err := demo.Find(data, address)
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
	for _, line := range lines {
		if line.Outcome == audit.Shown {
			shown = append(shown, line)
		}
	}
	return shown
}
