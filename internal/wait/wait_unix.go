//go:build unix

package wait

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// precisely holds a thread until a moment that is close. A signal ends such a wait too soon.
func precisely(at time.Time) {
	for {
		left := time.Until(at)
		if left <= 0 {
			return
		}
		timeout := unix.NsecToTimeval(int64(min(left, fine) + time.Microsecond)) // whole ones, rounded up
		if _, err := unix.Select(0, nil, nil, nil, &timeout); !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
