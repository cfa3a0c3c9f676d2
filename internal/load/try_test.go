package load_test

import (
	"os"
	"testing"
	"time"

	"carerecord/internal/load"
)

func TestTry(t *testing.T) {
	s := open(t)
	start := time.Now()
	r, err := load.Folder(t.Context(), os.Getenv("TRY"), s.writer(), load.Options{})
	t.Log(time.Since(start), err)
	t.Log(r.String())
	a := s.count(t)
	t.Log(a)
	start = time.Now()
	_, err = load.Folder(t.Context(), os.Getenv("TRY"), s.writer(), load.Options{})
	t.Log("again", time.Since(start), err)
	b := s.count(t)
	for k := range a {
		if a[k] != b[k] {
			t.Error(k, a[k], b[k])
		}
	}
	if len(a) != len(b) {
		t.Error(len(a), len(b))
	}
}
