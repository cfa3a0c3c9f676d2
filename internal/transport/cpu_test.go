//go:build unix

package transport

import (
	"syscall"
	"time"
)

// cpu is the time this process has spent computing, which a busy machine does
// not stretch as it does the clock.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
