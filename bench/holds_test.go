package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
)

// held is a client: what lives when the first byte comes, after garbage collection, and how much comes.
type held struct {
	header      http.Header
	lives, size int
}

func (h *held) Header() http.Header { return h.header }
func (h *held) WriteHeader(int)     {}

func (h *held) Write(b []byte) (int, error) {
	if h.size == 0 {
		h.lives = living()
	}
	h.size += len(b)
	return len(b), nil
}

// living is how many bytes are in use, but for what two collections free: pools among it.
func living() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestAnAnswerIsHeldAlone: while an answer is sent, which a client may be slow to take, no more than three times as much is held for it.
func TestAnAnswerIsHeldAlone(t *testing.T) {
	s, service := given(t), theService(t)
	body := operation{"ward-list", 100}.body(t, true)
	best := 0.0
	for range 4 { // plans and the like are kept the first time
		before := living()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
		r.Header["Authorization"], r.Header["Content-Type"] = []string{"Bearer " + s.Tokens[0]}, []string{"application/json"}
		client := &held{header: http.Header{}}
		service.ServeHTTP(client, r)
		if client.size < 100_000 {
			t.Fatalf("an answer of %d bytes", client.size)
		}
		times := float64(client.lives-before) / float64(client.size)
		if best == 0 || times < best {
			best = times
		}
	}
	t.Logf("%.2f times the answer", best)
	if best > 3 {
		t.Errorf("%.1f times the answer is held while it is sent", best)
	}
}
