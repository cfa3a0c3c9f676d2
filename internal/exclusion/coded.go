package exclusion

import (
	"math/rand/v2"
	"strings"
	"sync/atomic"
)

// judged is a code with its words that were looked at and are not excluded.
type judged struct{ system, code, display string }

// bits of the number of a place.
const bits = 12

// memory holds some of those that were looked at last: most records say the same few
// thousand things. It is of one Filter, and ends with it.
type memory struct {
	found [1 << bits]atomic.Pointer[judged]
}

// place is where a code with its words is kept, by their ends: most of what differs differs there.
func (m *memory) place(code, display string) *atomic.Pointer[judged] {
	const odd = 0x9E3779B97F4A7C15 // spreads what is multiplied by it over the upper bits
	h := (end(code)*odd ^ end(display) ^ uint64(len(display))) * odd
	return &m.found[h>>(64-bits)]
}

// end is the last eight bytes of a text.
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

// longestKept is how long what is kept may be, in bytes. Nothing is kept without a code: its
// words are somebody's own.
const longestKept = 200

// oneIn is how few of those that meet another in their place take it: with more of them than
// places, all would else be written anew for each other.
const oneIn = 16

// Coded reports whether a code is excluded or its words are: the sources' own codes are often words themselves.
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
		place.Store(&judged{strings.Clone(system), strings.Clone(code), strings.Clone(display)}) // not the whole row they are part of
	}
	return false
}
