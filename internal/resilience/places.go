package resilience

import (
	"context"
	"errors"

	"github.com/failsafe-go/failsafe-go/bulkhead"
)

// enter takes a place among the reads in progress. If there is none, it waits up to Options.Wait, provided
// that no more reads wait than there are places.
func (g *Guarded) enter(ctx context.Context) error {
	if !g.places.TryAcquirePermit() {
		if err := g.queue(ctx); err != nil {
			return err
		}
	}
	g.inFlight.Add(1)
	return nil
}

func (g *Guarded) queue(ctx context.Context) error {
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > int64(g.o.Concurrency) || g.o.Wait < 0 {
		return g.turnedAway(Full, ErrFull)
	}
	err := g.places.AcquirePermitWithMaxWait(ctx, g.o.Wait)
	if errors.Is(err, bulkhead.ErrFull) {
		return g.turnedAway(Full, ErrFull)
	}
	return err
}

// leave gives a place back.
func (g *Guarded) leave() {
	g.inFlight.Add(-1)
	g.places.ReleasePermit()
}
