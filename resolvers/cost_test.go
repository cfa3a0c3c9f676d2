package resolvers_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
)

// An inquiry is an operation with its variables, ready to be sent.
type inquiry struct {
	token string
	body  []byte
}

func (c *care) inquire(t testing.TB, persona, query string, variables any) inquiry {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	check(t, err)
	return inquiry{c.token(t, persona, ""), body}
}

// send answers an inquiry and gives the size of the answer.
func (i inquiry) send(t testing.TB, h http.Handler) int {
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(i.body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+i.token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.Len()
}

// BenchmarkAnswers writes a full record and ward lists, with the compiled writer and with gqlgen's own executor.
func BenchmarkAnswers(b *testing.B) {
	c := newCare(b, crowd(50, 50))
	c.limits.Cost = 1 << 40
	c.serve()
	warm(b, c)
	numbers := make([]string, 50)
	for i := range numbers {
		numbers[i] = string(numberOf(i))
	}
	for name, i := range map[string]inquiry{
		"full-record":  c.inquire(b, "gp", operation(b, "full-record"), map[string]any{"nhsNumber": numbers[0]}),
		"ward-list-50": c.inquire(b, "gp", operation(b, "ward-list"), map[string]any{"nhsNumbers": numbers}),
	} {
		for writer, h := range map[string]http.Handler{"plans": c.handler, "gqlgen": c.stock} {
			b.Run(name+"/"+writer, func(b *testing.B) {
				b.ReportAllocs()
				size := 0
				for b.Loop() {
					size = i.send(b, h)
				}
				b.ReportMetric(float64(size), "B/answer")
			})
		}
	}
}
