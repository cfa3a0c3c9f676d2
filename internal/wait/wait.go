// Package wait waits until a moment to some fifty microseconds.
//
// Go waits for its timers in whole milliseconds where a process has nothing else to do, so
// how late a wait ends tells what fraction of a millisecond it was begun with, and with
// that how long what came before it took.
package wait

import (
	"context"
	"time"
)

// fine is what is waited for at the end by the system's own clock: more than Go's timers are late.
const fine = 2 * time.Millisecond

// Until waits until a moment, or until ctx ends.
func Until(ctx context.Context, at time.Time) {
	sleep(ctx, time.Until(at)-fine)
	if ctx.Err() == nil {
		precisely(at)
	}
	sleep(ctx, time.Until(at)) // where there is nothing more precise, or a test has the clock
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
