package resilience

import "sync"

// whole is one token in the units a share counts in.
const whole = 1000

// A share lets a part of all reads have something: each read earns a part of a
// token, and what is had costs a whole one.
type share struct {
	earns, most int64 // by a read; saved up at the most

	mu     sync.Mutex
	tokens int64
}

func (s *share) earn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = min(s.tokens+s.earns, s.most)
}

func (s *share) spend() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens < whole {
		return false
	}
	s.tokens -= whole
	return true
}
