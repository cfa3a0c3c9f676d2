package fhirtest

import (
	"sync"
	"time"
)

// AtOnce counts how many requests are under way at the same time. It holds them until
// there are as many as there should be, so that a busy machine does not keep them apart.
type AtOnce struct {
	want int
	full chan struct{}

	mu            sync.Mutex
	running, most int
}

// NewAtOnce is for requests of which so many should be under way at once.
func NewAtOnce(want int) *AtOnce { return &AtOnce{want: want, full: make(chan struct{})} }

// Stay is one request's time under way: until there are enough, and long enough for one
// too many to come. Where there are never enough it ends as well, and Most tells.
func (a *AtOnce) Stay() {
	a.count(1)
	select {
	case <-a.full:
	case <-time.After(30 * time.Second):
	}
	time.Sleep(5 * time.Millisecond)
	a.count(-1)
}

func (a *AtOnce) count(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running += n
	if a.most < a.want && a.running == a.want {
		close(a.full)
	}
	a.most = max(a.most, a.running)
}

// Most is how many there were at once.
func (a *AtOnce) Most() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.most
}
