package wait_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/wait"
)

// A wait takes as long as it is to, whether it is longer or shorter than what is waited for
// more precisely, and ends with its context.
func TestUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, d := range []time.Duration{-time.Second, 0, 1, time.Millisecond, 2 * time.Millisecond, 20 * time.Millisecond, time.Minute} {
			began := time.Now()
			wait.Until(t.Context(), began.Add(d))
			if took := time.Since(began); took != max(d, 0) {
				t.Errorf("%s, and it took %s", d, took)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		wait.Until(ctx, began.Add(time.Hour))
		if took := time.Since(began); took != time.Second {
			t.Errorf("its context ended after a second, and it after %s", took)
		}
		wait.Until(ctx, time.Now().Add(time.Hour)) // of a context that has ended
		if took := time.Since(began); took != time.Second {
			t.Errorf("its context had ended, and it took %s", took-time.Second)
		}
	})
}

// By the real clock it ends no sooner.
func TestUntilIsNotEarly(t *testing.T) {
	for _, d := range []time.Duration{300 * time.Microsecond, 2500 * time.Microsecond, 4321 * time.Microsecond} {
		at := time.Now().Add(d)
		wait.Until(t.Context(), at)
		if left := time.Until(at); left > 0 {
			t.Errorf("after %s: %s too early", d, left)
		}
	}
}
