package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"carerecord/internal/embedded"
)

// Dir makes a directory that a test may give an embedded server to keep its
// data in, removed when the test ends. It lies in memory where there is room,
// since a cluster is thousands of small files. One of t.TempDir will not do for tests
// that run as root: only its owner may enter it, and PostgreSQL runs as another.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := MakeDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// dirName begins the name of every such directory; the process that made it follows.
const dirName = "carerecord-test-"

// MakeDir does the same for several tests together, and whoever calls it removes it.
func MakeDir() (string, error) {
	parent := embedded.Memory()
	sweepDirs(parent)
	dir, err := os.MkdirTemp(parent, fmt.Sprintf("%s%d-", dirName, os.Getpid()))
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o711)
}

// sweepDirs removes what tests that were killed left in memory an hour ago or longer.
func sweepDirs(parent string) {
	if parent == "" {
		return
	}
	dirs, _ := filepath.Glob(filepath.Join(parent, dirName+"*"))
	for _, dir := range dirs {
		var pid int
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Hour {
			continue
		}
		if _, err := fmt.Sscanf(filepath.Base(dir), dirName+"%d-", &pid); err != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		os.RemoveAll(dir) // another account's stays
	}
}
