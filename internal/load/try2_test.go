package load_test

import (
	"testing"
	"time"

	"carerecord/internal/sample"
)

func TestTry2(t *testing.T) {
	s := open(t)
	people, err := sample.Synthea(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w := s.writer()
	w.Fresh = true
	start := time.Now()
	for i := 0; i < len(people); i += 50 {
		if r, err := w.Write(t.Context(), people[i:i+50]); err != nil || len(r) > 0 {
			t.Fatal(err, r)
		}
	}
	t.Log("fresh 50s", time.Since(start))
	s2 := open(t)
	w = s2.writer()
	w.Fresh = true
	start = time.Now()
	if r, err := w.Write(t.Context(), people); err != nil || len(r) > 0 {
		t.Fatal(err, r)
	}
	t.Log("fresh all", time.Since(start))
	w.Fresh = false
	start = time.Now()
	if r, err := w.Write(t.Context(), people); err != nil || len(r) > 0 {
		t.Fatal(err, r)
	}
	t.Log("again all", time.Since(start))
}
