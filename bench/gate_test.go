package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"carerecord/bench/data"
	"carerecord/bench/setup"
	"carerecord/bench/wire"
)

var update = flag.Bool("update", false, "write testdata/gate.txt anew")

// growth is how much more of anything an operation may take than was recorded.
const growth = 1.05

// spent is what one request of an operation takes.
type spent struct{ allocations, bytes, trips float64 }

func (s spent) each(visit func(what string, amount float64)) {
	visit("allocations", s.allocations)
	visit("bytes", s.bytes)
	visit("round trips", s.trips)
}

// An operation is what the gate measures: a contract operation for so many patients.
type operation struct {
	name     string
	patients int
}

// gated are the contract's operations that read records, and those of them that the floor answers.
var (
	gated = []operation{
		{"full-record", 1}, {"ward-list", 50}, {"patient-summary", 1}, {"timeline", 1}, {"needs-and-contacts", 1}, {"result-trend", 1}, {"document", 1}, {"slow-source", 1},
	}
	byHand = []string{"full-record", "ward-list"}
)

// body is the operation as GraphQL, or as the floor has it.
func (o operation) body(t *testing.T, graphql bool) []byte {
	t.Helper()
	texts := make([]string, o.patients)
	for i, number := range data.Numbers(o.patients) {
		texts[i] = string(number)
	}
	variables := map[string]any{"nhsNumber": texts[0]}
	switch o.name {
	case "ward-list":
		variables = map[string]any{"nhsNumbers": texts}
	case "document":
		variables["id"] = aDocument(t, texts[0])
	case "result-trend":
		variables["test"] = map[string]any{"system": "http://snomed.info/sct", "code": "999791000000106"}
	}
	var sent any = variables
	if graphql {
		sent = map[string]any{"query": document(t, o.name), "variables": variables}
	}
	text, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// aDocument is the id of a document of a patient.
func aDocument(t *testing.T, patient string) string {
	t.Helper()
	answer := post(t, theService(t), given(t).Tokens[0], "/graphql", fmt.Sprintf(`{"query":"{ patient(nhsNumber: \"%s\") { documents(first: 1) { nodes { id } } } }"}`, patient))
	var found struct {
		Data struct {
			Patient struct {
				Documents struct{ Nodes []struct{ ID string } }
			}
		}
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &found); err != nil || len(found.Data.Patient.Documents.Nodes) == 0 {
		t.Fatalf("there is no document: %v, %s", err, answer.Body)
	}
	return found.Data.Patient.Documents.Nodes[0].ID
}

// TestGate fails when a contract operation takes more than was recorded: allocations,
// bytes allocated, or round trips, through the whole chain of handlers.
func TestGate(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	s := given(t)
	service := theService(t)
	counted, trips := throughProxies(t, s)
	recorded := readGate(t)
	for _, o := range gated {
		body := o.body(t, true)
		now := measure(t, service, s.Tokens[0], "/graphql", body)
		for range 2 { // what is set aside goes by what was taken last: one measurement may stand out
			again := measure(t, service, s.Tokens[0], "/graphql", body)
			now.allocations, now.bytes = min(now.allocations, again.allocations), min(now.bytes, again.bytes)
		}
		now.trips = trips(func() { serve(t, counted, s.Tokens[0], "/graphql", body) })
		if testing.Verbose() && slices.Contains(byHand, o.name) {
			hand := measure(t, theFloor(t), s.Tokens[0], "/"+o.name, o.body(t, false))
			t.Logf("%s %d: %.0f allocations and %.0f bytes; by hand %.0f and %.0f: %.2f and %.2f times as much", o.name, o.patients,
				now.allocations, now.bytes, hand.allocations, hand.bytes, now.allocations/hand.allocations, now.bytes/hand.bytes)
		}
		now.each(func(what string, amount float64) {
			name := o.figure(what)
			switch was, known := recorded[name]; {
			case *update:
				recorded[name] = amount
			case !known:
				t.Errorf("nothing is recorded for %s: run go test ./bench -run TestGate -update", name)
			case amount > was*growth:
				t.Errorf("%s: %.0f, and %.0f was recorded; if that is meant, run go test ./bench -run TestGate -update", name, amount, was)
			}
		})
	}
	if *update {
		writeGate(t, recorded)
	}
}

// figure is what a figure is called in the record.
func (o operation) figure(what string) string {
	return fmt.Sprintf("%s %d %s", o.name, o.patients, what)
}

// writeGate records what was measured.
func writeGate(t *testing.T, recorded map[string]float64) {
	t.Helper()
	var lines strings.Builder
	for _, o := range gated {
		spent{}.each(func(what string, _ float64) {
			fmt.Fprintf(&lines, "%s: %.0f\n", o.figure(what), recorded[o.figure(what)])
		})
	}
	if err := os.WriteFile(gateFile, []byte(lines.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

var gateFile = filepath.Join("testdata", "gate.txt")

func readGate(t *testing.T) map[string]float64 {
	t.Helper()
	text, err := os.ReadFile(gateFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	recorded := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		name, amount, _ := strings.Cut(strings.TrimSpace(line), ": ")
		var n float64
		if _, err := fmt.Sscan(amount, &n); err != nil {
			t.Fatalf("%s: the line %q is no record", gateFile, line)
		}
		recorded[name] = n
	}
	return recorded
}

// Each operation is asked a few times before it is measured, and the median of what is
// measured is taken.
const (
	before   = 3
	measured = 5
)

// measure is what a request takes, without garbage collection, which would empty pools
// at moments of its own.
func measure(t *testing.T, server http.Handler, token, path string, body []byte) spent {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range before {
		serve(t, server, token, path, body)
	}
	var allocations, size []float64
	for range measured {
		var first, last runtime.MemStats
		runtime.ReadMemStats(&first)
		serve(t, server, token, path, body)
		runtime.ReadMemStats(&last)
		allocations = append(allocations, float64(last.Mallocs-first.Mallocs))
		size = append(size, float64(last.TotalAlloc-first.TotalAlloc))
	}
	return spent{allocations: median(allocations), bytes: median(size)}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// sink takes an answer and keeps its status.
type sink struct {
	header http.Header
	status int
	size   int
}

func (s *sink) Header() http.Header { return s.header }

func (s *sink) WriteHeader(status int) { s.status = status }

func (s *sink) Write(p []byte) (int, error) {
	s.size += len(p)
	return len(p), nil
}

func serve(t *testing.T, server http.Handler, token, path string, body []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header["Authorization"], r.Header["Content-Type"], r.RemoteAddr = []string{"Bearer " + token}, []string{"application/json"}, "127.0.0.1:1"
	w := &sink{header: http.Header{}, status: http.StatusOK}
	server.ServeHTTP(w, r)
	if w.status != http.StatusOK || w.size < 1000 {
		t.Fatalf("%s answered %d with %d bytes", path, w.status, w.size)
	}
}

// throughProxies is the service on databases whose round trips are counted, and what
// counts those of a request.
func throughProxies(t *testing.T, s setup.Setup) (http.Handler, func(request func()) float64) {
	t.Helper()
	var proxies []*wire.Proxy
	through, err := s.Through(func(dsn string) (string, error) {
		proxy, err := wire.Listen(dsn)
		if err != nil {
			return "", err
		}
		t.Cleanup(proxy.Close)
		proxies = append(proxies, proxy)
		return proxy.DSN(), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	server := newOurs(t, through)
	return server, func(request func()) float64 {
		request() // makes the connections
		request()
		already := tripsOfAll(proxies)
		request()
		return float64(tripsOfAll(proxies) - already)
	}
}
