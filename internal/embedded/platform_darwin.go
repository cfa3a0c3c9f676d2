package embedded

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dieWithParent does nothing: macOS has no such request. What outlives its
// supervisor is stopped by the owner or by the next sweep.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// zombie is SZOMB of sys/proc.h.
const zombie = 5

// began returns when a process started, in microseconds; an error if it does
// not run. A zombie does not run.
func began(pid int) (string, error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return "", err
	}
	if int(info.Proc.P_pid) != pid || info.Proc.P_stat == zombie {
		return "", fmt.Errorf("process %d has ended", pid)
	}
	start := info.Proc.P_starttime
	return fmt.Sprintf("%d.%06d", start.Sec, start.Usec), nil
}

// beganAt returns a Began as a time of day.
func (p process) beganAt() (time.Time, error) {
	var seconds, micros int64
	if _, err := fmt.Sscanf(p.Began, "%d.%d", &seconds, &micros); err != nil {
		return time.Time{}, err
	}
	return time.Unix(seconds, micros*1000), nil
}

// roomy says no: macOS keeps no files in memory.
func roomy(string) bool { return false }

// command returns the name of a process's program.
func command(pid int) string {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return ""
	}
	return unix.ByteSliceToString(info.Proc.P_comm[:])
}
