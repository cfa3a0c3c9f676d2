// Package ballast has garbage collected seldom where little lives.
//
// Go collects when as much was made as lived at the last collection. What a service of this kind keeps is little
// beside what its answers make, so that it would collect many times a second, and look through all that lives
// each time. Ballast counts as living and takes no memory: its pages are never written.
package ballast

import "os"

// size is what is set aside: as much is made, and what lives besides, before garbage is collected.
const size = 48 << 20

var held []byte

// Load sets the ballast aside for the rest of the program, and says how many bytes: none where the
// environment says how garbage is to be collected (GOGC, GOMEMLIMIT).
func Load() int {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		held = make([]byte, size)
	}
	return len(held)
}
