package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carerecord/bench/data"
	"carerecord/bench/floor"
	"carerecord/bench/ours"
	"carerecord/bench/setup"
	"carerecord/internal/embedded"
	"carerecord/internal/record"
)

func TestMain(m *testing.M) {
	embedded.Main()
	code := m.Run()
	for _, server := range world.served {
		if err := server.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "close a server:", err)
			code = 1
		}
	}
	if world.server != nil {
		if err := world.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// world is the databases that the tests of this package share.
var world struct {
	once   sync.Once
	server *embedded.Server
	setup  setup.Setup
	served []io.Closer
	err    error
}

// today is the day of the data, and of both servers' clocks.
const today record.Date = "2026-06-01"

func noon() time.Time { return today.Midnight().Add(12 * time.Hour) }

// residents are enough for the largest list of the tests.
const residents = 120

func given(t testing.TB) setup.Setup {
	t.Helper()
	world.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // it outlives the first test
		defer cancel()
		if world.server, world.err = embedded.Start(ctx, embedded.Options{Volatile: true, Memory: true}); world.err != nil {
			return
		}
		var made data.World
		if made, world.err = data.Make(ctx, world.server, data.Options{Residents: residents, Seed: 1, Today: today, Volatile: true}); world.err != nil {
			return
		}
		for i := range made.Sources {
			made.Sources[i].DSN += "&pool_max_conns=2" // each prepares a lot
		}
		world.setup, world.err = setup.New(filepath.Join(world.server.Dir(), "keys"), made, []byte("the same secrets in every run of the tests"))
	})
	if world.err != nil {
		t.Fatal(world.err)
	}
	return world.setup
}

func document(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "operations", name+".graphql"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// theFloor and theService are the two servers on those databases. Every connection of one takes
// PostgreSQL a tenth of a second to prepare, so that the tests share them.
func theFloor(t testing.TB) http.Handler {
	t.Helper()
	s := given(t)
	options := floor.Options{FullRecord: document(t, "full-record"), WardList: document(t, "ward-list"), Now: noon}
	return shared(t, &floorMade, func(ctx context.Context) (standing, error) { return floor.New(ctx, s, options) })
}

func theService(t testing.TB) http.Handler {
	t.Helper()
	s := given(t)
	return shared(t, &serviceMade, func(ctx context.Context) (standing, error) { return ours.New(ctx, s, noon) })
}

type standing interface {
	http.Handler
	io.Closer
	Warm(context.Context) error
}

// made is a server that outlives the test that asks for it first.
type made struct {
	once   sync.Once
	server standing
	err    error
}

var floorMade, serviceMade made

func shared(t testing.TB, m *made, open func(context.Context) (standing, error)) http.Handler {
	t.Helper()
	m.once.Do(func() {
		if m.server, m.err = open(context.Background()); m.err == nil {
			world.served = append(world.served, m.server)
			m.err = m.server.Warm(t.Context()) // or a busy machine takes longer than the deadlines of the first read
		}
	})
	if m.err != nil {
		t.Fatal(m.err)
	}
	return m.server
}

func newOurs(t *testing.T, s setup.Setup) http.Handler {
	t.Helper()
	server, err := ours.New(t.Context(), s, noon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, server) })
	return server
}

func closed(t *testing.T, server interface{ Close() error }) {
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}

// ask sends a body and gives back the answer's data, with its keys in order.
func ask(t *testing.T, server http.Handler, token, path string, body any) any {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(text))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	var answer struct{ Data any }
	decoder := json.NewDecoder(w.Body)
	decoder.UseNumber()
	if w.Code != http.StatusOK || decoder.Decode(&answer) != nil || answer.Data == nil {
		t.Fatalf("%s answered %d with %s", path, w.Code, w.Body)
	}
	return answer.Data
}

// TestFloorAnswersAlike: the data of the floor and of the service are the same.
func TestFloorAnswersAlike(t *testing.T) {
	s := given(t)
	byHand, service := theFloor(t), theService(t)
	numbers := data.Numbers(residents + 1) // of the last there is nothing
	full := document(t, "full-record")
	for _, number := range append([]record.NHSNumber{numbers[50], numbers[99]}, numbers[:12]...) {
		want := ask(t, service, s.Tokens[0], "/graphql", map[string]any{"query": full, "variables": map[string]any{"nhsNumber": string(number)}})
		got := ask(t, byHand, s.Tokens[0], "/full-record", map[string]any{"nhsNumber": string(number)})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("the full record differs (- service + floor)\n%s", diff)
		}
	}
	texts := []string{string(numbers[residents]), string(numbers[3]), string(numbers[3])}
	for _, number := range numbers[:residents] {
		texts = append(texts, string(number))
	}
	want := ask(t, service, s.Tokens[0], "/graphql", map[string]any{"query": document(t, "ward-list"), "variables": map[string]any{"nhsNumbers": texts}})
	got := ask(t, byHand, s.Tokens[0], "/ward-list", map[string]any{"nhsNumbers": texts})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("the ward list differs (- service + floor)\n%s", diff)
	}
}
