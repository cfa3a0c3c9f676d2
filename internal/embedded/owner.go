package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// A supervised server, as its owner holds it: the supervisor's process and
// the pipe whose closing ends it.
type supervised struct {
	command  *exec.Cmd
	lifeline io.Closer
	reports  *json.Decoder
	done     chan struct{} // closed when the supervisor no longer reports
}

// An order is what the supervisor is told to run.
type order struct {
	Owner     process `json:"owner"`
	Home      string  `json:"home"`
	Scratch   string  `json:"scratch"`
	Temporary bool    `json:"temporary"`
	Volatile  bool    `json:"volatile"`
	Account   account `json:"account"`
	Bin       string  `json:"bin"`
	Version   string  `json:"version"`
	Secret    string  `json:"secret"`
}

// A report is what the supervisor tells its owner: a step, or a fault, or,
// with the state, that the server is ready.
type report struct {
	Step  string `json:"step,omitempty"`
	Fault string `json:"fault,omitempty"`
	State *state `json:"state,omitempty"`
}

// supervise starts the supervisor and waits until the server is ready.
func (h home) supervise(ctx context.Context, o Options, what order) (*Server, error) {
	what.Owner, what.Home, what.Scratch = self(), h.dir, h.scratch
	what.Temporary, what.Volatile = h.temporary, o.Volatile
	owned, err := h.launch(what)
	if err != nil {
		return nil, err
	}
	forget := context.AfterFunc(ctx, func() { owned.lifeline.Close() })
	st, err := owned.ready(o.Progress)
	if !forget() {
		err = context.Cause(ctx)
	}
	if err != nil {
		owned.end() // what kept it from starting says more than how it ended
		return nil, err
	}
	go owned.watch() // ends with the supervisor
	return &Server{state: st, home: h, owned: owned}, nil
}

// launch runs this program again as the supervisor. It gets the locks, which
// so stay taken until both processes are gone.
func (h home) launch(what order) (*supervised, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := &exec.Cmd{Path: program, Args: []string{supervisorName}, Dir: "/", SysProcAttr: apart(), ExtraFiles: h.locks}
	lifeline, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	reports, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start the supervisor of PostgreSQL: %w", err)
	}
	owned := &supervised{command: command, lifeline: lifeline, reports: json.NewDecoder(reports), done: make(chan struct{})}
	if err := json.NewEncoder(lifeline).Encode(what); err != nil {
		return nil, errors.Join(err, owned.end())
	}
	return owned, nil
}

// ready reads reports until the server is ready or will not be.
func (s *supervised) ready(progress func(string)) (state, error) {
	for {
		var r report
		if err := s.reports.Decode(&r); err != nil {
			return state{}, fmt.Errorf("the supervisor of PostgreSQL ended: %w", err)
		}
		switch {
		case r.Fault != "":
			return state{}, errors.New(r.Fault)
		case r.State != nil:
			return *r.State, nil
		default:
			progress(r.Step)
		}
	}
}

// watch closes done when the supervisor ends, which it does when PostgreSQL has.
func (s *supervised) watch() {
	defer close(s.done)
	for {
		var r report
		if s.reports.Decode(&r) != nil {
			return
		}
	}
}

// end closes the lifeline and waits for the supervisor.
func (s *supervised) end() error {
	s.lifeline.Close()
	late := time.AfterFunc(stopLimit, func() { s.command.Process.Kill() })
	defer late.Stop()
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("the supervisor of PostgreSQL: %w", err)
	}
	return nil
}
