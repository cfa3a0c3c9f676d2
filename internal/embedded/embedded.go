// Package embedded runs a private PostgreSQL server for the demonstration and
// the tests: real, alone in a directory of its own, and gone when its owner is.
//
// The server listens on a Unix socket in a directory only its account can
// enter, and asks every role for a password derived from a random secret, so
// no other account of the machine can connect and two servers never meet.
//
// A second process, the supervisor, starts PostgreSQL and holds the end of a
// pipe. When the owner stops, or is killed, the pipe closes; the supervisor
// then stops PostgreSQL and removes what was temporary. What is left after
// both were killed is swept by the next Start.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	// ErrUnsupported says that this platform cannot run the embedded server.
	ErrUnsupported = errors.New("the embedded PostgreSQL is offered on Linux and macOS only")

	// ErrInUse says that another server already runs on the data directory.
	ErrInUse = errors.New("the data directory is in use")

	// ErrNotRunning says that no server runs where one was looked for.
	ErrNotRunning = errors.New("no server is running")

	// ErrVersion says that the data directory was made by a PostgreSQL of
	// another major version than any found here.
	ErrVersion = errors.New("the data directory belongs to another PostgreSQL version")

	// ErrUnreachable says that the account PostgreSQL runs as cannot enter a
	// directory it needs.
	ErrUnreachable = errors.New("a directory cannot be reached")

	// ErrNoPostgreSQL says that PostgreSQL is neither installed nor to be had.
	ErrNoPostgreSQL = errors.New("no usable PostgreSQL was found")
)

// Options says how a server is started. The zero value is a durable server in
// a temporary directory.
type Options struct {
	// DataDir keeps the cluster in DataDir/postgres, where the next Start finds
	// it again. Empty means a temporary directory, removed by Stop.
	DataDir string

	// Volatile trades durability for speed: a crash of the machine may lose or
	// spoil data, and a temporary directory may lie in memory. It is for tests.
	Volatile bool

	// Memory lets a temporary directory lie in memory, where there is room. The
	// server is as durable as its directory: what it has committed outlives every
	// process, and nothing there outlives the machine.
	Memory bool

	// Progress, if set, is told each step in a few words.
	Progress func(step string)

	// Bin is the folder that holds initdb and postgres. Empty means to look in
	// PATH, in the usual folders, and then to fetch.
	Bin string

	// FetchURL and FetchSHA256 name an archive to use where PostgreSQL is not
	// installed, in place of the pinned one. Both or neither are given.
	FetchURL    string
	FetchSHA256 string

	// CacheDir keeps what was fetched. Empty means the account's cache.
	CacheDir string
}

// A Server is a running PostgreSQL. One that was found by Attach or Find
// belongs to another process, and stopping it does nothing.
type Server struct {
	state    state
	home     home
	owned    *supervised // nil when attached
	stop     sync.Once
	stopErr  error
	register []string // state files to remove
}

// Start brings up a server and returns when it answers. It first sweeps what
// servers killed earlier left behind. Cancelling ctx gives up the start; it
// has no effect on a server that was returned.
//
// The program must have called Main first.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := startable(); err != nil {
		return nil, err
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	sweepAll()
	h, err := openHome(o)
	if err != nil {
		return nil, err
	}
	server, err := h.start(ctx, o)
	if err != nil {
		return nil, errors.Join(err, h.abandon())
	}
	return server, nil
}

// startable says whether this process may start a server.
func startable() error {
	if err := supported(); err != nil {
		return err
	}
	if !hooked.Load() {
		return errors.New("embedded.Main was not called at the start of the program")
	}
	return nil
}

// start finds PostgreSQL for the home and runs it under a supervisor.
func (h home) start(ctx context.Context, o Options) (*Server, error) {
	major, err := h.major()
	if err != nil {
		return nil, err
	}
	account, err := h.account()
	if err != nil {
		return nil, err
	}
	found, err := locate(ctx, o, account, major)
	if err != nil {
		return nil, err
	}
	o.Progress(fmt.Sprintf("using PostgreSQL %s in %s", found.version, found.dir))
	if err := h.prepare(account); err != nil {
		return nil, err
	}
	secret, err := h.secret(major != 0)
	if err != nil {
		return nil, err
	}
	return h.supervise(ctx, o, order{Account: account, Bin: found.dir, Version: found.version, Secret: secret})
}

// Stop ends the server and returns when it is gone: an orderly shutdown
// first, an immediate one if that takes too long. The temporary directory is
// removed; a data directory is kept. It may be called more than once.
func (s *Server) Stop() error {
	s.stop.Do(func() {
		if s.owned == nil {
			return
		}
		for _, file := range s.register {
			os.Remove(file)
		}
		s.stopErr = errors.Join(s.owned.end(), s.home.abandon())
	})
	return s.stopErr
}

// Done is closed when PostgreSQL is no longer running, whether it was stopped
// or died. For a server of another process it never is.
func (s *Server) Done() <-chan struct{} {
	if s.owned == nil {
		return nil
	}
	return s.owned.done
}

// Dir returns the directory that holds the server's files: the cluster, the
// socket and the log.
func (s *Server) Dir() string { return s.state.Home }

// LogFile returns the file PostgreSQL writes its messages to.
func (s *Server) LogFile() string { return s.home.log() }

// Version returns the version of the running PostgreSQL, such as 15.18.
func (s *Server) Version() string { return s.state.Version }

// Major returns the major version of the running PostgreSQL; 0 where it says none.
func (s *Server) Major() int {
	major, _, _ := strings.Cut(s.state.Version, ".")
	n, _ := strconv.Atoi(major)
	return n
}

// stopLimit bounds Stop beyond what the supervisor takes itself.
const stopLimit = stopWithin + 5*time.Second
