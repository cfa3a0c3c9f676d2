//go:build !unix

package transport

import "time"

var begun = time.Now()

// cpu is the clock where the time spent computing cannot be asked for.
func cpu() time.Duration { return time.Since(begun) }
