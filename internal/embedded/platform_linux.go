package embedded

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func dieWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }

// began returns when a process started, in ticks since the machine did; an
// error if it does not run. A zombie does not run.
func began(pid int) (string, error) {
	fields, err := stat(pid)
	if err != nil {
		return "", err
	}
	if state := fields[0]; state == "Z" || state == "X" {
		return "", fmt.Errorf("process %d has ended", pid)
	}
	return fields[19], nil // field 22 of proc(5), counted from the state
}

// stat returns the fields of /proc/PID/stat from the state on. The name
// before it may hold anything, also spaces and parentheses.
func stat(pid int) ([]string, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	if len(fields) < 20 {
		return nil, fmt.Errorf("process %d: short stat", pid)
	}
	return fields, nil
}

// ticks is USER_HZ, which Linux fixes at 100 on every platform Go runs on.
const ticks = 100

// beganAt returns a Began as a time of day.
func (p process) beganAt() (time.Time, error) {
	since, err := strconv.ParseInt(p.Began, 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	var boot syscall.Sysinfo_t
	if err := syscall.Sysinfo(&boot); err != nil {
		return time.Time{}, err
	}
	up := time.Duration(boot.Uptime) * time.Second
	return time.Now().Add(-up + time.Duration(since)*time.Second/ticks), nil
}

// room is what a directory must have free to be roomy: a small container has
// 64 MB in memory, which one cluster fills.
const room = 1 << 30

// roomy says whether a directory can take the clusters of tests.
func roomy(dir string) bool {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return false
	}
	return fs.Bavail*uint64(fs.Bsize) >= room
}

// command returns the name of a process's program.
func command(pid int) string {
	content, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(content))
}
