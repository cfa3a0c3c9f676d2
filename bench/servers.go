package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"syscall"
	"time"

	"carerecord/bench/floor"
	"carerecord/bench/setup"
	"carerecord/bench/stock"
	"carerecord/internal/record"
)

// The servers. The floor comes first: all others are measured against it.
const (
	floorName = "floor"
	oursName  = "ours"
	stock16   = "stock-16ms"
	stock1    = "stock-1ms"
)

var serverNames = []string{floorName, oursName, stock1, stock16}

// starters begin a server on an address.
var starters = map[string]func(h *harness, s setup.Setup, name, address, metrics string) (*exec.Cmd, error){
	floorName: (*harness).command, stock16: (*harness).command, stock1: (*harness).command, oursName: (*harness).service,
}

// A process is a server that runs.
type process struct {
	name, address string
	metrics       string // where ours tells what it has allocated
	command       *exec.Cmd
	done          chan error
}

// graphql reports whether it is asked in GraphQL.
func (p *process) graphql() bool { return p.name != floorName }

// counters is where a process tells what it has allocated.
func (p *process) counters() string {
	if p.name == oursName {
		return "http://" + p.metrics + "/metrics"
	}
	return "http://" + p.address + countersPath
}

const countersPath = "/debug/allocations"

// A harness starts servers.
type harness struct {
	dir       string
	given     setup.Setup
	stderr    io.Writer
	options   *options
	numbers   []record.NHSNumber
	own       map[string]string // by server, its own database: who signs a checkpoint walks all that was written since the last
	different int               // requests of a load; 0 for preparedRequests
	root      string            // of the repository
	files     int
}

// build builds the service as it is run.
func (h *harness) build(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return errors.New("the repository was not found: run this in it, as go run ./bench")
	}
	h.root = strings.TrimSpace(string(out))
	build := exec.CommandContext(ctx, "go", "build", "-o", h.binary(), ".")
	build.Dir, build.Stderr = h.root, h.stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the service: %w", err)
	}
	return nil
}

func (h *harness) binary() string { return filepath.Join(h.dir, "carerecord") }

// command is this program again, as one of the servers.
func (h *harness) command(s setup.Setup, name, address, _ string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	path := h.file("setup.json")
	if err := s.Write(path); err != nil {
		return nil, err
	}
	return exec.Command(program, "serve-"+name, "-setup", path, "-addr", address, "-operations", filepath.Join(h.root, "operations")), nil
}

// file is a new file's path.
func (h *harness) file(name string) string {
	h.files++
	return filepath.Join(h.dir, fmt.Sprintf("%d-%s", h.files, name))
}

// start starts a server and waits until it answers.
func (h *harness) start(ctx context.Context, s setup.Setup, name string) (*process, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	counters, err := free()
	if err != nil {
		return nil, err
	}
	command, err := starters[name](h, s, name, address, counters)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(h.file(name + ".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &process{name: name, address: address, metrics: counters, command: command, done: make(chan error, 1)}
	go func() { p.done <- command.Wait() }() // ends with the process
	if err := p.up(ctx); err != nil {
		said, _ := os.ReadFile(log.Name())
		return nil, errors.Join(fmt.Errorf("start %s: %w\n%s", name, err, said), p.stop())
	}
	return p, nil
}

// startWithin is how long a server may take to be there: connections prepare much.
const startWithin = 2 * time.Minute

func (p *process) up(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		if _, err := p.allocated(ctx); err == nil {
			return nil
		}
		select {
		case err := <-p.done:
			p.done <- err
			return fmt.Errorf("it ended: %w", err)
		case <-ctx.Done():
			return errors.New("it does not answer")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// stop ends a server in order, and at once if that takes too long.
func (p *process) stop() error {
	defer p.stopGroup()
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(20 * time.Second):
		return p.command.Process.Kill()
	}
}

// free is an address of the loopback that nobody listens on.
func free() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// serveCommand is one of the servers, until ctx ends.
func serveCommand(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	path := flags.String("setup", "", "the setup that go run ./bench writes")
	address := flags.String("addr", "127.0.0.1:0", "where to listen")
	operations := flags.String("operations", "operations", "the folder of the contract's operations")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	s, err := setup.Read(*path)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // as the service has it
	}
	answers, err := newServer(ctx, strings.TrimPrefix(args[0], "serve-"), s, *operations)
	if err != nil {
		return err
	}
	defer answers.Close()
	if err := answers.Warm(ctx); err != nil {
		return fmt.Errorf("make the connections: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", answers)
	mux.HandleFunc("GET "+countersPath, allocations)
	server := &http.Server{Addr: *address, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// A served is a server's handler with its connections.
type served interface {
	http.Handler
	Warm(ctx context.Context) error
	Close() error
}

func newServer(ctx context.Context, name string, s setup.Setup, operations string) (served, error) {
	switch name {
	case floorName:
		full, err := os.ReadFile(filepath.Join(operations, "full-record.graphql"))
		if err != nil {
			return nil, err
		}
		ward, err := os.ReadFile(filepath.Join(operations, "ward-list.graphql"))
		if err != nil {
			return nil, err
		}
		return floor.New(ctx, s, floor.Options{FullRecord: string(full), WardList: string(ward), Now: time.Now})
	case stock16:
		return stock.New(ctx, s, stock.DefaultWait)
	case stock1:
		return stock.New(ctx, s, time.Millisecond)
	}
	return nil, fmt.Errorf("there is no server %q; start them with go run ./bench", name)
}

// allocations tells what this process has allocated, under the names Prometheus has for it.
func allocations(w http.ResponseWriter, _ *http.Request) {
	samples := []metrics.Sample{{Name: "/gc/heap/allocs:objects"}, {Name: "/gc/heap/tiny/allocs:objects"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	fmt.Fprintf(w, "%s %d\n%s %d\n", mallocs, samples[0].Value.Uint64()+samples[1].Value.Uint64(), allocated, samples[2].Value.Uint64())
}

const (
	mallocs   = "go_memstats_mallocs_total"
	allocated = "go_memstats_alloc_bytes_total"
)
