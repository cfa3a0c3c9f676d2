package resilience

import (
	"context"
	"errors"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Retries wait about firstDelay, then twice that, up to lastDelay, ± a half, so that reads that failed
// together do not come back together.
const (
	firstDelay = 25 * time.Millisecond
	lastDelay  = 100 * time.Millisecond
)

// A tenth of all reads may be retries, and ten before any was earned.
const (
	retryShare = whole / 10
	retryBurst = 10 * whole
)

// errAgain asks the policy for another attempt.
var errAgain = errors.New("again")

func (g *Guarded) newRetry() failsafe.Executor[any] {
	return failsafe.With(retrypolicy.NewBuilder[any]().
		HandleErrors(errAgain).
		WithMaxRetries(g.o.Retries).
		WithBackoff(firstDelay, lastDelay).
		WithJitterFactor(.5).
		ReturnLastFailure().
		Build())
}

// attempts reads for a caller who has a place, and again if that may help. The retry policy is used only
// after a failure, so a successful read pays nothing for it.
func (g *Guarded) attempts(ctx context.Context, asks []*fetch.Ask) (Answers, error) {
	g.retries.earn()
	answers, err := g.once(ctx, asks)
	if g.mayTryAgain(ctx, faultOf(answers, err), 0) {
		return g.again(ctx, asks, answers, err)
	}
	return answers, err
}

// again repeats a read that returned answers and err.
func (g *Guarded) again(ctx context.Context, asks []*fetch.Ask, answers Answers, err error) (Answers, error) {
	_ = g.retry.WithContext(ctx).RunWithExecution(func(e failsafe.Execution[any]) error {
		if e.IsFirstAttempt() { // that was the read before
			return errAgain
		}
		if g.enter(ctx) != nil { // no place: the result stays as it was
			return nil
		}
		g.o.Observe(Retried)
		answers, err = g.once(ctx, asks)
		if g.mayTryAgain(ctx, faultOf(answers, err), e.Retries()) {
			return errAgain
		}
		return nil
	})
	return answers, err
}

// mayTryAgain reports whether another attempt may help, is worth the wait, and is within the share of
// retries, from which it takes one. Only a read that could not be made is repeated: a refusal would be the
// same, and after a timeout no time is left. A source that is being probed, or that the breaker has given
// up, is not asked twice.
func (g *Guarded) mayTryAgain(ctx context.Context, fault error, retried int) bool {
	if fault == nil || !errors.Is(fault, record.ErrUnavailable) || errors.Is(fault, record.ErrNotServed) || retried >= g.o.Retries || ctx.Err() != nil || !g.breaker.IsClosed() {
		return false
	}
	if ends, ok := ctx.Deadline(); ok && time.Until(ends) < 2*lastDelay {
		return false
	}
	if !g.retries.spend() {
		g.o.Observe(RetryRefused)
		return false
	}
	return true
}
