package embedded

import (
	"os"
	"syscall"
	"time"
)

// A process is named by its id and the moment it began, since ids come round
// again. Began is in the system's own terms.
type process struct {
	PID   int    `json:"pid"`
	Began string `json:"began"`
}

// self is this process.
func self() process { return running(os.Getpid()) }

// running names the process that has the id now. Its Began is empty if there
// is none.
func running(pid int) process {
	began, _ := began(pid)
	return process{PID: pid, Began: began}
}

// alive says whether this very process, not another with its id, still runs.
func (p process) alive() bool {
	return p.PID > 0 && p.Began != "" && running(p.PID) == p
}

// signal sends a signal to the process if it is still the same.
func (p process) signal(sig syscall.Signal) {
	if !p.alive() {
		return
	}
	if handle, err := os.FindProcess(p.PID); err == nil {
		handle.Signal(sig)
		handle.Release()
	}
}

// gone waits for the process to end, at most for a time, and says whether it did.
func (p process) gone(within time.Duration) bool {
	for end := time.Now().Add(within); p.alive(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// stopWithin is the time PostgreSQL has to stop when told to, all told.
const stopWithin = 4500 * time.Millisecond

// end stops a PostgreSQL: the steps are its own fast and immediate shutdown,
// then the system's. What is thrown away need not be put in order first.
func (p process) end(orderly bool) bool {
	if orderly {
		p.signal(syscall.SIGINT)
		if p.gone(3 * time.Second) {
			return true
		}
	}
	p.signal(syscall.SIGQUIT)
	if p.gone(time.Second) {
		return true
	}
	p.signal(syscall.SIGKILL)
	return p.gone(500 * time.Millisecond)
}
