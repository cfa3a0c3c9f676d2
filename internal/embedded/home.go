package embedded

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// prefix begins the name of every temporary directory, so that sweepAll knows
// its own.
const prefix = "carerecord-pg-"

// memory is where Linux keeps files in memory. A cluster is many small files,
// and making a database there takes a tenth of the time.
const memory = "/dev/shm"

// maxSocket is the longest path of a Unix socket: 107 bytes on Linux, 103 on
// macOS, the smaller so that a directory serves on both.
const maxSocket = 103

// A home is the directory of one server: the cluster in data, the socket in
// run, the log, the lock and the state. It belongs to whoever starts the
// server; only data and run belong to the account PostgreSQL runs as.
type home struct {
	dir       string
	temporary bool
	scratch   string     // a temporary directory for a socket whose path is too long; or empty
	locks     []*os.File // held by the owner and the supervisor, free when both are gone
}

func (h home) data() string      { return filepath.Join(h.dir, "data") }
func (h home) log() string       { return filepath.Join(h.dir, "postgres.log") }
func (h home) stateFile() string { return filepath.Join(h.dir, "server.json") }

func (h home) run() string {
	if h.scratch != "" {
		return filepath.Join(h.scratch, "run")
	}
	return filepath.Join(h.dir, "run")
}

// openHome makes or reopens the directory and takes its lock.
func openHome(o Options) (home, error) {
	if o.DataDir == "" {
		return temporaryHome(o.Volatile || o.Memory)
	}
	dir, err := filepath.Abs(filepath.Join(o.DataDir, "postgres"))
	if err != nil {
		return home{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return home{}, fmt.Errorf("%w; name another folder with -data", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return home{}, err
	}
	h := home{dir: dir}
	if err := h.lock(dir); err != nil {
		return home{}, err
	}
	return h.withSocket()
}

// Memory is a directory whose files are in memory, where the system has one with room for
// clusters; otherwise it is empty.
func Memory() string {
	if !roomy(memory) {
		return ""
	}
	return memory
}

func temporaryHome(inMemory bool) (home, error) {
	parent := ""
	if inMemory {
		parent = Memory()
	}
	dir, lock, err := lockedTemp(cmp.Or(parent, os.TempDir()))
	if err != nil {
		return home{}, err
	}
	h := home{dir: dir, temporary: true, locks: []*os.File{lock}}
	if h.longSocket() {
		return home{}, errors.Join(fmt.Errorf("the temporary directory %s is too long a path for a socket: set TMPDIR to a shorter one", dir), h.abandon())
	}
	return h, nil
}

// withSocket gives the home a short directory for its socket if it needs one.
func (h home) withSocket() (home, error) {
	if !h.longSocket() {
		return h, nil
	}
	dir, lock, err := lockedTemp(os.TempDir())
	if err != nil {
		return home{}, errors.Join(err, h.abandon())
	}
	h.scratch = dir
	h.locks = append(h.locks, lock)
	if h.longSocket() {
		return home{}, errors.Join(fmt.Errorf("both %s and %s are too long a path for a socket: set TMPDIR to a shorter one", h.dir, dir), h.abandon())
	}
	return h, nil
}

func (h home) longSocket() bool {
	return len(filepath.Join(h.run(), ".s.PGSQL."+port)) > maxSocket
}

// lockedTemp makes a temporary directory that is locked from its first
// moment, so that no sweep takes it for one left behind.
func lockedTemp(parent string) (string, *os.File, error) {
	dir, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return "", nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", nil, err
	}
	lock, err := takeLock(lockFile(dir))
	return dir, lock, err
}

// lockFile is locked as long as somebody lives whose directory it is.
func lockFile(dir string) string { return filepath.Join(dir, "lock") }

func (h *home) lock(dir string) error {
	lock, err := waitForLock(dir)
	if errors.Is(err, errLocked) {
		return fmt.Errorf("%w: %s belongs to the server with pid %s; stop it or choose another directory", ErrInUse, dir, lockedBy(dir))
	}
	if err != nil {
		return err
	}
	h.locks = append(h.locks, lock)
	return nil
}

// waitForLock takes the lock of dir. When the owner was killed, its supervisor
// holds the lock until it has cleaned up, and that is waited for. A lock that this
// process has given back may be held a moment longer by a program that it was
// starting meanwhile.
func waitForLock(dir string) (*os.File, error) {
	began := time.Now()
	for {
		lock, err := takeLock(lockFile(dir))
		if !errors.Is(err, errLocked) || time.Since(began) > stopLimit {
			return lock, err
		}
		holder, readErr := lockHolder(dir)
		if readErr == nil && holder.alive() && (holder.PID != os.Getpid() || time.Since(began) > startingOthers) {
			return nil, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// startingOthers is how long a program that is being started may have this process's files.
const startingOthers = 500 * time.Millisecond

// takeLock opens and locks a lock file and writes in it who we are.
func takeLock(file string) (*os.File, error) {
	lock, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := tryLock(lock); err != nil {
		lock.Close()
		return nil, err
	}
	self, err := json.Marshal(self())
	if err == nil {
		err = errors.Join(lock.Truncate(0), writeAt(lock, self))
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	return lock, nil
}

func writeAt(file *os.File, content []byte) error {
	_, err := file.WriteAt(content, 0)
	return err
}

// lockedBy returns the pid in the lock file of dir, for a message.
func lockedBy(dir string) string {
	holder, err := lockHolder(dir)
	if err != nil {
		return "unknown"
	}
	return strconv.Itoa(holder.PID)
}

func lockHolder(dir string) (process, error) {
	var holder process
	content, err := os.ReadFile(lockFile(dir))
	if err != nil {
		return holder, err
	}
	return holder, json.Unmarshal(content, &holder)
}

// prepare makes the directories PostgreSQL writes in, after a server that
// was killed with its supervisor has been stopped.
func (h home) prepare(a account) error {
	if err := h.stopLeftover(); err != nil {
		return err
	}
	if err := h.open(a); err != nil {
		return err
	}
	if err := os.RemoveAll(h.run()); err != nil {
		return err
	}
	return a.mkdir(h.run())
}

// open lets the account pass through the directory to what belongs to it.
func (h home) open(a account) error {
	for _, dir := range []string{h.dir, h.scratch} {
		if dir == "" {
			continue
		}
		if err := os.Chmod(dir, a.passage()); err != nil {
			return err
		}
		if err := a.reach(dir); err != nil {
			return err
		}
	}
	return nil
}

// major returns the major version that made the cluster; 0 if there is none.
func (h home) major() (int, error) {
	content, err := os.ReadFile(filepath.Join(h.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the version of the cluster: %w", err)
	}
	major, _, _ := strings.Cut(strings.TrimSpace(string(content)), ".")
	return strconv.Atoi(major)
}

// secret returns what the passwords are derived from. It is kept beside the
// cluster, where only the owner of the directory may read it.
func (h home) secret(clusterExists bool) (string, error) {
	file := filepath.Join(h.dir, "secret")
	content, err := os.ReadFile(file)
	if err == nil && len(content) > 0 {
		return string(content), nil
	}
	if clusterExists {
		return "", fmt.Errorf("the passwords of the cluster in %s come from a file that is gone or empty: %w", h.dir, cmp.Or(err, io.ErrUnexpectedEOF))
	}
	secret := newSecret()
	return secret, os.WriteFile(file, []byte(secret), 0o600)
}

// abandon gives up the home: nothing is left of a temporary directory, and
// the locks are free.
func (h home) abandon() error {
	err := h.clear()
	for _, lock := range h.locks {
		lock.Close()
	}
	return err
}

// clear stops what may still run and removes what is not kept.
func (h home) clear() error {
	if err := h.stopLeftover(); err != nil {
		return err
	}
	errs := []error{os.RemoveAll(h.run()), remove(h.stateFile())}
	if h.temporary {
		errs = append(errs, removeAll(h.dir))
	}
	if h.scratch != "" {
		errs = append(errs, removeAll(h.scratch))
	}
	return errors.Join(errs...)
}

func remove(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeAll removes a directory that a process being ended may still write
// in, so it tries again for a moment.
func removeAll(dir string) error {
	var err error
	for range 20 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}
