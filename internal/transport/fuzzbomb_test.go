package transport

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"
)

// bombMemory is how much one document may allocate, its body and answer included.
const bombMemory = 32 << 20

// FuzzBomb looks for documents that cost more than a bomb may: time, memory, or an
// answer of errors that is larger than what was asked.
func FuzzBomb(f *testing.F) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 80 {
		seed := make([]byte, 10+random.IntN(300))
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		f.Add(seed)
	}
	h := New(new(small), Options{Deadline: time.Second}).(*handler)
	f.Fuzz(func(t *testing.T, chosen []byte) {
		holdToBudget(t, h, (&loose{choices: chosen}).document())
		holdToBudget(t, h, (&typed{choices: chosen}).document())
	})
}

// patience is how much slower a fuzzer's build is, which counts what it runs.
func patience() time.Duration {
	for _, name := range []string{"test.fuzz", "test.fuzzworker"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" && f.Value.String() != "false" {
			return 3
		}
	}
	return 1
}

func holdToBudget(t *testing.T, h *handler, query string) {
	t.Helper()
	text := body(query, map[string]any{"v0": true})
	if int64(len(text)) > h.options.MaxBody {
		return
	}
	best, memory := time.Hour, uint64(0)
	var out *httptest.ResponseRecorder
	for range 4 {
		h.documents.Purge()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := cpu()
		out = httptest.NewRecorder()
		h.ServeHTTP(out, post(text))
		best = min(best, cpu()-start)
		runtime.ReadMemStats(&after)
		if memory = after.TotalAlloc - before.TotalAlloc; best < budget*slack/2 && memory < bombMemory/2 {
			break
		}
	}
	shown := query[:min(len(query), 2000)]
	if best > budget*slack*patience() {
		t.Errorf("took %v: %s", best, shown)
	}
	if memory > bombMemory {
		t.Errorf("allocated %d bytes: %s", memory, shown)
	}
	var answer struct{ Errors []json.RawMessage }
	if err := json.Unmarshal(out.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Errors) > 2*maxErrors {
		t.Errorf("%d errors: %s", len(answer.Errors), shown)
	}
}
