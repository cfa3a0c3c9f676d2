package resilience

import "sync/atomic"

// whole is one token in the units a share counts in.
const whole = 1000

// A share lets a part of all reads have something: each read earns a part of a
// token, and what is had costs a whole one.
type share struct {
	earns, most int64 // by a read; saved up at the most
	tokens      atomic.Int64
}

func (s *share) earn() {
	for {
		has := s.tokens.Load()
		next := min(has+s.earns, s.most)
		if next == has || s.tokens.CompareAndSwap(has, next) {
			return
		}
	}
}

func (s *share) spend() bool {
	for {
		has := s.tokens.Load()
		if has < whole {
			return false
		}
		if s.tokens.CompareAndSwap(has, has-whole) {
			return true
		}
	}
}
