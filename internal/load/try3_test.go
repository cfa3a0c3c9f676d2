package load_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"carerecord/internal/load"
)

func TestTry3(t *testing.T) {
	s := open(t)
	start := time.Now()
	r, err := load.Folder(t.Context(), os.Getenv("TRY"), s.writer(), load.Options{})
	t.Log(time.Since(start), err, r.String())
	b, _ := os.ReadFile("/proc/self/status")
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, "VmHWM") {
			t.Log(l)
		}
	}
}
