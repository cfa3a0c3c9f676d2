package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// supervisorName is what the supervisor is called in a list of processes, and
// how a program knows that it was started as one.
const supervisorName = "carerecord: supervisor of PostgreSQL"

// hooked is set once Main ran. Without it, Start would run the whole program
// again in place of a supervisor, and that one another.
var hooked atomic.Bool

// Main must be called first in main, or in TestMain, of every program that
// starts a server. In the program itself it returns at once; in the copy that
// is to supervise PostgreSQL it does that, and exits.
func Main() {
	hooked.Store(true)
	if os.Args[0] != supervisorName {
		return
	}
	// The system ties a child to the thread that started it, so that thread
	// must last as long as the supervisor: it is the main one.
	runtime.LockOSThread()
	if err := supervise(os.Stdin, json.NewEncoder(os.Stdout)); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// A supervisor runs one PostgreSQL and cleans up after it.
type supervisor struct {
	order
	home    home
	reports *json.Encoder
}

func supervise(lifeline io.Reader, reports *json.Encoder) error {
	asked := endings()
	for fd := range uintptr(2) {
		closeOnExec(3 + fd) // the locks
	}
	orders := json.NewDecoder(lifeline)
	var what order
	if err := orders.Decode(&what); err != nil {
		return err
	}
	ctx, end := context.WithCancel(context.Background())
	go func() { // waits for the owner to go, which nothing else can
		io.Copy(io.Discard, lifeline)
		end()
	}()
	go func() {
		<-asked
		end()
	}()
	s := &supervisor{order: what, reports: reports}
	s.home = home{dir: what.Home, scratch: what.Scratch, temporary: what.Temporary}
	return errors.Join(s.run(ctx), s.home.clear())
}

// run makes the cluster if there is none and keeps PostgreSQL running until
// ctx ends or it dies.
func (s *supervisor) run(ctx context.Context) error {
	if err := s.makeCluster(ctx); err != nil {
		return s.fault(ctx, err)
	}
	s.reports.Encode(report{Step: "starting PostgreSQL"})
	server, err := s.up(ctx)
	if err != nil {
		return s.fault(ctx, err)
	}
	defer server.stop(!s.Temporary)
	select {
	case <-ctx.Done():
	case <-server.exited:
	}
	return nil
}

// fault reports what kept the server from starting, unless it was told to stop.
func (s *supervisor) fault(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		s.reports.Encode(report{Fault: err.Error()})
	}
	return nil
}

// leftWithin bounds the wait for what is left of a PostgreSQL that was killed.
const leftWithin = 10 * time.Second

// up starts PostgreSQL and returns when it answers. Where an earlier one on the
// cluster was killed, its other processes take a moment to notice, and until then
// PostgreSQL does not start beside them: it is tried again.
func (s *supervisor) up(ctx context.Context) (*postgres, error) {
	for end := time.Now().Add(leftWithin); ; {
		server, err := s.startPostgres()
		if err != nil {
			return nil, err
		}
		if err = s.announce(ctx, server); err == nil {
			return server, nil
		}
		server.stop(!s.Temporary)
		if !s.home.takenFrom(server.process) || time.Now().After(end) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// announce writes the state where others find it, waits until the server
// answers, and tells the owner.
func (s *supervisor) announce(ctx context.Context, server *postgres) error {
	st := state{
		Owner: s.Owner, Supervisor: self(), Postgres: server.process,
		Home: s.Home, Run: s.home.run(), Version: s.Version, Secret: s.Secret,
	}
	if err := writeJSON(s.home.stateFile(), st); err != nil {
		return err
	}
	if err := s.answers(ctx, st, server); err != nil {
		return err
	}
	return s.reports.Encode(report{State: &st})
}

// A postgres is a PostgreSQL this process started.
type postgres struct {
	process
	exited chan struct{}
}

func (s *supervisor) startPostgres() (*postgres, error) {
	log, err := openLog(s.home.log())
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command(filepath.Join(s.Bin, "postgres"), s.settings()...)
	command.Dir, command.Env, command.SysProcAttr = "/", environment(), s.Account.as(syscall.SIGINT)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	server := &postgres{process: running(command.Process.Pid), exited: make(chan struct{})}
	go func() { // reaps the child, and tells
		command.Wait()
		close(server.exited)
	}()
	return server, nil
}

func (p *postgres) stop(orderly bool) {
	p.end(orderly)
	<-p.exited
}

// readyWithin bounds the wait for the first answer. Recovery after a crash
// may take a while; a fresh cluster answers in a fraction of a second.
const readyWithin = time.Minute

// wrongPassword is the SQLSTATE of invalid_password, which waiting does not cure.
const wrongPassword = "28P01"

// answers waits until the server accepts a connection.
func (s *supervisor) answers(ctx context.Context, st state, server *postgres) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, st.dsn("postgres", Superuser))
		if err == nil {
			return conn.Close(ctx)
		}
		if refused := new(pgconn.PgError); errors.As(err, &refused) && refused.Code == wrongPassword {
			return fmt.Errorf("the cluster does not take the password kept beside it: %w", err)
		}
		select {
		case <-server.exited:
			return fmt.Errorf("PostgreSQL ended while starting: %s", tail(s.home.log()))
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w: %s", err, tail(s.home.log()))
		case <-time.After(10 * time.Millisecond):
		}
	}
}
