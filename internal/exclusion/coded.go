package exclusion

import (
	"hash/maphash"
	"math/rand/v2"
	"strings"
	"sync/atomic"
)

// judged is a code with its words that were looked at and are not excluded.
type judged struct{ system, code, display string }

// memory holds some of those that were looked at last: most records say the same few
// thousand things. It is of one Filter, and ends with it.
type memory struct {
	seed  maphash.Seed
	found [4096]atomic.Pointer[judged]
}

func newMemory() *memory { return &memory{seed: maphash.MakeSeed()} }

// longestKept is how long what is kept may be, in bytes. Nothing is kept without a code: its
// words are somebody's own.
const longestKept = 200

// oneIn is how few of those that meet another in their place take it: with more of them than
// places, all would else be written anew for each other.
const oneIn = 16

// Coded reports whether a code is excluded or its words are.
func (f *Filter) Coded(system, code, display string) bool {
	if system == "" || code == "" || len(system)+len(code)+len(display) > longestKept {
		return f.Code(system, code) || f.Words(display)
	}
	place := &f.memory.found[(maphash.String(f.memory.seed, code)+maphash.String(f.memory.seed, display))%uint64(len(f.memory.found))]
	before := place.Load()
	if before != nil && before.display == display && before.code == code && before.system == system {
		return false
	}
	if f.Code(system, code) || f.Words(display) {
		return true
	}
	if before == nil || rand.N(oneIn) == 0 {
		place.Store(&judged{strings.Clone(system), strings.Clone(code), strings.Clone(display)}) // not the whole row they are part of
	}
	return false
}
