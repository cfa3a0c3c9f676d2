package main

import (
	"context"
	"sync"
	"time"
)

// pingWithin is how long the own database may take to say that it is there.
const pingWithin = 2 * time.Second

// readyFor is how long its word holds. Anybody may ask /readyz, without a token and as
// often as they like, and each look takes a connection that consent and the trail need.
const readyFor = 500 * time.Millisecond

// A glance is the answer to a look that is not repeated for everybody who wants to know.
type glance struct {
	mu   sync.Mutex
	at   time.Time
	said bool
}

// ask is what look said within readyFor. Whoever leaves does not end the look: that would
// cost the database a connection.
func (g *glance) ask(ctx context.Context, look func(context.Context) bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.at.IsZero() && time.Since(g.at) < readyFor {
		return g.said
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingWithin)
	defer cancel()
	g.said, g.at = look(ctx), time.Now()
	return g.said
}
