package exclusion

import (
	"math/rand/v2"
	"strings"
	"sync/atomic"
)

// judged is a code with its display that was checked and is not excluded.
type judged struct{ system, code, display string }

// bits is how many bits the number of a place in memory has.
const bits = 12

// memory caches some of the codes checked last that are not excluded: most records contain the same few
// thousand. Each Filter has its own.
type memory struct {
	found [1 << bits]atomic.Pointer[judged]
}

// place returns where a code with its display is cached. It depends on their ends, because that is where
// most of them differ.
func (m *memory) place(code, display string) *atomic.Pointer[judged] {
	const odd = 0x9E3779B97F4A7C15 // spreads what is multiplied by it over the upper bits
	h := (end(code)*odd ^ end(display) ^ uint64(len(display))) * odd
	return &m.found[h>>(64-bits)]
}

// end returns the last eight bytes of a text as a number, or all bytes of a shorter one.
func end(text string) (n uint64) {
	if from := len(text) - 8; from >= 0 {
		last := text[from:]
		return uint64(last[0]) | uint64(last[1])<<8 | uint64(last[2])<<16 | uint64(last[3])<<24 | uint64(last[4])<<32 | uint64(last[5])<<40 | uint64(last[6])<<48 | uint64(last[7])<<56
	}
	for i := range len(text) {
		n = n<<8 | uint64(text[i])
	}
	return n
}

// longestKept is how many bytes a code that is cached may have, together with its system and display.
// Nothing is cached without a system and a code: words without a code are somebody's own.
const longestKept = 200

// oneIn is how seldom a code replaces another in its place: one time in so many. Otherwise, with more codes
// than places, codes would replace each other all the time.
const oneIn = 16

// Coded reports whether a code is excluded, or the words of its display or of the code itself. The sources'
// own codes are often words.
func (f *Filter) Coded(system, code, display string) bool {
	if system == "" || code == "" || len(system)+len(code)+len(display) > longestKept {
		return f.Code(system, code) || f.Words(display) || f.Words(code)
	}
	place := f.memory.place(code, display)
	before := place.Load()
	if before != nil && before.display == display && before.code == code && before.system == system {
		return false
	}
	if f.Code(system, code) || f.Words(display) || f.Words(code) {
		return true
	}
	if before == nil || rand.N(oneIn) == 0 {
		place.Store(&judged{strings.Clone(system), strings.Clone(code), strings.Clone(display)}) // the row they are part of is not kept
	}
	return false
}
