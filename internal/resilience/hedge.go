package resilience

import (
	"context"
	"errors"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/budget"
	"github.com/failsafe-go/failsafe-go/hedgepolicy"

	"carerecord/internal/fetch"
)

// A second read starts if the first takes longer than hedgeAt of about the last hedgeMemory reads did. None
// starts before hedgeAfter reads were seen.
const (
	hedgeAt     = .95
	hedgeMemory = 100
	hedgeAfter  = 50
)

// A twentieth of all reads may be hedges. None may start before it was earned, and no more than five at a
// time if many were saved up.
const (
	hedgeShare = whole / 20
	hedgeBurst = 5 * whole
)

// errSecond marks a second read that failed: the first is still awaited.
var errSecond = errors.New("the second read failed")

func (g *Guarded) newHedge() failsafe.Executor[Answers] {
	return failsafe.With(hedgepolicy.NewBuilderWithDelayQuantile[Answers](hedgeAt, hedgeMemory, hedgeAfter).
		CancelIf(func(_ Answers, err error) bool { return !errors.Is(err, errSecond) }).
		WithBudget(&hedgeBudget{share: share{earns: hedgeShare, most: hedgeBurst}, observe: g.o.Observe}).
		Build())
}

// once reads once for a caller who has a place. If hedging is on and the breaker is closed, a second read
// may start beside it.
func (g *Guarded) once(ctx context.Context, asks []*fetch.Ask) (Answers, error) {
	if g.hedge == nil || !g.breaker.IsClosed() {
		return g.read(ctx, asks)
	}
	return g.hedge.WithContext(ctx).GetWithExecution(func(e failsafe.Execution[Answers]) (Answers, error) {
		if !e.IsHedge() {
			return g.read(e.Context(), asks)
		}
		if !g.places.TryAcquirePermit() {
			return nil, errSecond
		}
		g.inFlight.Add(1)
		g.o.Observe(Hedged)
		answers, err := g.read(e.Context(), asks)
		if err != nil {
			return nil, errors.Join(errSecond, err)
		}
		return answers, nil
	})
}

// hedgeBudget lets the policy hedge a share of all reads. The library's own budget limits the share of the
// reads in progress, so it would allow every one of several successive reads to be hedged.
type hedgeBudget struct {
	share
	observe func(Event)
}

var _ budget.Budget = (*hedgeBudget)(nil)

// RecordExecution counts a read.
func (b *hedgeBudget) RecordExecution() { b.earn() }

// ReleaseExecution does nothing: a share of all reads does not depend on how many are in progress.
func (b *hedgeBudget) ReleaseExecution() {}

// TryAcquirePermit takes a hedge if one was earned.
func (b *hedgeBudget) TryAcquirePermit() bool { return b.spend() }

// ReleasePermit does nothing: what was spent is spent.
func (b *hedgeBudget) ReleasePermit() {}

// OnBudgetExceeded reports a hedge that was not made.
func (b *hedgeBudget) OnBudgetExceeded(budget.ExecutionType, failsafe.ExecutionInfo) {
	b.observe(HedgeRefused)
}

// Rate is the share of reads that may be hedged.
func (b *hedgeBudget) Rate() float64 { return float64(b.earns) / whole }
