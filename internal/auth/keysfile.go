package auth

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// fileEvery is the least time between two looks at a key file.
const fileEvery = time.Second

// FileKeys is a JWK Set in a file, which is read again when the file changes.
type FileKeys struct {
	path    string
	shelf   *shelf
	opened  time.Time
	due     atomic.Int64 // the next look, in nanoseconds since opened
	looking sync.Mutex   // guards the fields below
	known   fs.FileInfo  // the file as last read
	trouble string       // the last reported error, so that it is reported once
}

// KeysFromFile reads the JWK Set at path. The error says what is wrong with it. Keys takes
// up later changes within a second. A bad change leaves the last good set in force.
func KeysFromFile(path string, o KeyOptions) (*FileKeys, error) {
	k := &FileKeys{path: path, shelf: newShelf(o)}
	if err := k.read(); err != nil {
		return nil, err
	}
	k.opened = k.shelf.Now()
	k.due.Store(int64(fileEvery))
	return k, nil
}

// Keys returns the set in the file, or ErrNoKeys if the file has held no good set for
// MaxStale.
func (k *FileKeys) Keys() (*KeySet, error) {
	if k.isDue() {
		k.lookOnce()
	}
	return k.shelf.keys()
}

func (k *FileKeys) isDue() bool {
	return int64(k.shelf.Now().Sub(k.opened)) >= k.due.Load()
}

// lookOnce looks once for all callers who find a look due at the same time. They wait,
// because after a quiet hour the set is stale until the look is over.
func (k *FileKeys) lookOnce() {
	k.looking.Lock()
	defer k.looking.Unlock()
	if k.isDue() {
		k.look()
		k.due.Store(int64(k.shelf.Now().Sub(k.opened) + fileEvery))
	}
}

// Newer is Keys, which looks often enough.
func (k *FileKeys) Newer() (*KeySet, error) { return k.Keys() }

func (k *FileKeys) look() {
	err := k.read()
	if err == nil {
		k.trouble = ""
		return
	}
	if text := err.Error(); text != k.trouble {
		k.trouble = text
		k.shelf.OnError(err)
	}
}

// read reads the file, unless it is the one that was read last.
func (k *FileKeys) read() error {
	info, err := os.Stat(k.path)
	if err != nil {
		return fmt.Errorf("the file of signing keys: %w", withoutPath(err))
	}
	if same(k.known, info) {
		k.shelf.seen()
		return nil
	}
	if !info.Mode().IsRegular() {
		return errors.New("the file of signing keys is not a regular file")
	}
	raw, err := readFile(k.path)
	if err != nil {
		return fmt.Errorf("the file of signing keys: %w", withoutPath(err))
	}
	if err := k.shelf.put(raw); err != nil {
		return fmt.Errorf("the file of signing keys: %w", err)
	}
	k.known = info // as it was before it was read, so that a later change is seen
	return nil
}

// same reports whether two are the same file without a change; nil is no file.
func same(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f)
}

// readAll reads no more than maxKeys bytes. More is an error.
func readAll(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxKeys+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxKeys {
		return nil, errors.New("more than 1 MB; a key set is a few kilobytes")
	}
	return raw, nil
}

// withoutPath returns only the reason of an error. Nobody needs to know where files are.
func withoutPath(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
