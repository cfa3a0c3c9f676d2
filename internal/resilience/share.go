package resilience

import "sync"

// whole is one token, in the units in which a share counts.
const whole = 1000

// A share allows something for a part of all reads: each read earns a part of a token, and each use costs a
// whole one.
type share struct {
	earns, most int64 // earned by each read; the most that is saved up

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
