package transport

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
)

func TestManyAtOnceGetTheirOwnAnswers(t *testing.T) {
	h := New(new(small), Options{Documents: 2})
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 50 {
				key := fmt.Sprintf("k%d", (i+j)%5)
				r := post(body("{ "+key+": __typename }", nil))
				if j%3 == 0 {
					r = post(zip(body("{ "+key+": __typename }", nil)), "Content-Encoding", "gzip")
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if want := `{"data":{"` + key + `":"Query"}}`; w.Body.String() != want {
					t.Errorf("got %s, want %s", w.Body, want)
				}
			}
		})
	}
	wait.Wait()
}

// The transport's own part of an answer stays small, whatever is answered.
func TestAllocations(t *testing.T) {
	h := New(new(small), Options{})
	numbers := make([]string, 50)
	for i := range numbers {
		numbers[i] = goodNumber
	}
	text, _ := json.Marshal(map[string]any{
		"query":     `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { id name } }`,
		"variables": map[string]any{"n": numbers},
	})
	allocations := testing.AllocsPerRun(100, func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, post(string(text)))
		if w.Code != 200 {
			t.Fatal(w.Body)
		}
	})
	if allocations > 450 {
		t.Errorf("%v allocations for a request with 50 numbers", allocations)
	}
}

func BenchmarkRequest(b *testing.B) {
	h := New(new(small), Options{})
	text := body(`query ($n: NHSNumber!) { patient(nhsNumber: $n) { id name } }`, map[string]any{"n": goodNumber})
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), post(text))
	}
}
