package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// stopLeftover stops a PostgreSQL that outlived its owner and its supervisor.
func (h home) stopLeftover() error {
	left, ok := h.postmaster()
	if !ok {
		return nil
	}
	if !left.end(!h.temporary) {
		return fmt.Errorf("the PostgreSQL with pid %d on %s does not stop", left.PID, h.data())
	}
	return nil
}

// postmaster returns the PostgreSQL that runs on the home's cluster: the
// process postmaster.pid names, if it is on this cluster and began when the
// file and the state say. Any doubt means no, since it will be signalled.
func (h home) postmaster() (process, bool) {
	pid, began, ok := readPostmaster(h.data())
	if !ok {
		return process{}, false
	}
	candidate := running(pid)
	if candidate.Began == "" || command(pid) != "postgres" {
		return process{}, false
	}
	if st, err := readState(h.stateFile()); err == nil && st.Postgres.PID == pid {
		return candidate, st.Postgres == candidate
	}
	at, err := candidate.beganAt()
	return candidate, err == nil && at.Sub(began).Abs() <= clockSlack
}

// takenFrom says whether a PostgreSQL that ended found the cluster another's: it
// leaves postmaster.pid as it was, and would have removed its own.
func (h home) takenFrom(ended process) bool {
	pid, _, ok := readPostmaster(h.data())
	return ok && pid != ended.PID
}

// clockSlack is how far PostgreSQL's own start time, in whole seconds and
// taken a little later, may lie from the system's.
const clockSlack = 3 * time.Second

// readPostmaster reads postmaster.pid: the pid, the directory and the start
// time are its first three lines.
func readPostmaster(data string) (pid int, began time.Time, ok bool) {
	content, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0, time.Time{}, false
	}
	lines := strings.SplitN(string(content), "\n", 4)
	if len(lines) < 4 || lines[1] != data {
		return 0, time.Time{}, false
	}
	pid, pidErr := strconv.Atoi(strings.TrimSpace(lines[0]))
	seconds, timeErr := strconv.ParseInt(strings.TrimSpace(lines[2]), 10, 64)
	return pid, time.Unix(seconds, 0), pidErr == nil && timeErr == nil && pid > 1
}
