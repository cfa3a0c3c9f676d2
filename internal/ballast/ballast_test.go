package ballast_test

import (
	"runtime"
	"runtime/metrics"
	"testing"

	"carerecord/internal/ballast"
)

// TestLoad: what may be made before garbage is collected is what was set aside and more, unless somebody
// decided otherwise.
func TestLoad(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Setenv("GOGC", "")
		t.Setenv("GOMEMLIMIT", "")
		t.Setenv(name, "100")
		if n := ballast.Load(); n != 0 {
			t.Errorf("with %s %d bytes are set aside", name, n)
		}
	}
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	n := ballast.Load()
	runtime.GC()
	goal := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	if metrics.Read(goal); n < 16<<20 || goal[0].Value.Uint64() < 2*uint64(n) {
		t.Errorf("%d bytes are set aside, and garbage is collected at %d", n, goal[0].Value.Uint64())
	}
}
