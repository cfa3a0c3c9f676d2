package fhir

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"carerecord/internal/record"
)

func TestAFolderIsBounded(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.json", "b.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	for _, c := range []struct {
		files int
		size  int64
		fits  bool
	}{{2, 4, true}, {1, 4, false}, {2, 3, false}, {maxFiles, maxFolderSize, true}} {
		if err := f.index(c.files, c.size); (err == nil) != c.fits || err != nil && !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%d files, %d bytes: %v", c.files, c.size, err)
		}
	}
}
