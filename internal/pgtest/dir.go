package pgtest

import (
	"os"
	"testing"
)

// Dir makes a directory that a test may give an embedded server to keep its
// data in, removed when the test ends. One of t.TempDir will not do for tests
// that run as root: only its owner may enter it, and PostgreSQL runs as another.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "carerecord-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}
