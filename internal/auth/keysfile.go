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

// fileEvery is how often a key file is looked at, at most.
const fileEvery = time.Second

// FileKeys is a JWK Set in a file, read again when the file changes.
type FileKeys struct {
	path    string
	shelf   *shelf
	opened  time.Time
	due     atomic.Int64 // the next look, in nanoseconds since opened
	looking sync.Mutex   // guards the fields below
	known   fs.FileInfo  // the file as last taken up
	trouble string       // what was last reported, so that it is reported once
}

// KeysFromFile reads the JWK Set at path; the error says what is wrong with it.
// Later changes are taken up within a second; a bad one leaves the last good set.
func KeysFromFile(path string, o KeyOptions) (*FileKeys, error) {
	k := &FileKeys{path: path, shelf: newShelf(o)}
	if err := k.read(); err != nil {
		return nil, err
	}
	k.opened = k.shelf.Now()
	k.due.Store(int64(fileEvery))
	return k, nil
}

// Keys is the set in the file, or ErrNoKeys where no good one has been there for MaxStale.
func (k *FileKeys) Keys() (*KeySet, error) {
	if k.isDue() {
		k.lookOnce()
	}
	return k.shelf.keys()
}

func (k *FileKeys) isDue() bool {
	return int64(k.shelf.Now().Sub(k.opened)) >= k.due.Load()
}

// lookOnce looks for all who find a look due at the same time. They wait, since
// after a quiet hour the set is stale until the look is over.
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

// read takes up the file where it is not the one last taken up.
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
	k.known = info // as it was before the reading, so a later change is seen
	return nil
}

// same reports whether it is the same file as before; nil is none.
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

// readAll reads no more than a key set may hold.
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

// withoutPath keeps the reason only: where files are is nobody's business.
func withoutPath(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
