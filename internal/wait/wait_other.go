//go:build !unix

package wait

import "time"

func precisely(time.Time) {}
