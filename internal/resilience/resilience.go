// Package resilience ensures that a source that is slow, hangs or fails costs a request no more than its
// deadline, and other requests nothing.
//
// A read is turned away at once while the source is known not to answer (the breaker). It has a place among
// a bounded number of reads (the bulkhead), and a deadline. It is tried again if that may help.
// docs/decisions/0013-resilience.md has the order of these and the reasons.
package resilience

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Errors of a read that was turned away without asking the source. Both are record.ErrUnavailable.
var (
	ErrOpen = fmt.Errorf("%w: it did not answer lately and is not asked for a moment", record.ErrUnavailable)
	ErrFull = fmt.Errorf("%w: too many reads of it are under way", record.ErrUnavailable)
)

// Options are the limits of one source. The zero value means the defaults.
type Options struct {
	Deadline    time.Duration // of a read with all its retries; 0 means 2 s
	Concurrency int           // reads in progress, until they have really ended; 0 means 64
	Wait        time.Duration // how long a read waits for a place; 0 means 50 ms, negative not at all
	Retries     int           // of a read that could not be made; 0 means 2, negative none
	OpenFor     time.Duration // how long a failing source is not asked, ± a fifth; 0 means 500 ms
	Hedge       bool          // start a second read if an answer takes longer than 95 % of them do
	Observe     func(Event)   // receives what happens, from many goroutines; must not block
}

func (o Options) withDefaults() Options {
	o.Deadline = or(o.Deadline, 2*time.Second)
	o.Concurrency = max(or(o.Concurrency, 64), 1)
	o.Wait = or(o.Wait, 50*time.Millisecond)
	o.Retries = max(or(o.Retries, 2), 0)
	o.OpenFor = or(o.OpenFor, 500*time.Millisecond)
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	return o
}

func or[T int | time.Duration](value, byDefault T) T {
	if value == 0 {
		return byDefault
	}
	return value
}

// The breaker opens if failures of the last window reads failed. It closes again if probes reads in a row
// were answered.
const (
	window   = 10
	failures = 5
	probes   = 2
)

// Answers are the answers of a read, by ask.
type Answers = map[*fetch.Ask]fetch.Answer

// Guarded is a source that is read within limits.
type Guarded struct {
	o        Options
	source   fetch.Func[*fetch.Ask, fetch.Answer]
	limited  fetch.Func[*fetch.Ask, fetch.Answer] // the attempts, within the deadline
	breaker  circuitbreaker.CircuitBreaker[any]
	places   bulkhead.Bulkhead[any]
	retry    failsafe.Executor[any]
	retries  share
	hedge    failsafe.Executor[Answers] // nil for none
	inFlight atomic.Int64
	waiting  atomic.Int64
	since    atomic.Pointer[time.Time]
	last     atomic.Pointer[mishap]
}

// Wrap limits the reads of a source. read must be safe to call concurrently with the same asks, and must
// not change them.
func Wrap(read fetch.Func[*fetch.Ask, fetch.Answer], options Options) *Guarded {
	g := &Guarded{o: options.withDefaults(), source: read, retries: share{earns: retryShare, most: retryBurst, tokens: retryBurst}}
	now := time.Now()
	g.since.Store(&now)
	g.places = bulkhead.New[any](uint(g.o.Concurrency))
	g.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThresholdRatio(failures, window).
		WithSuccessThreshold(probes).
		WithDelay(g.o.OpenFor).WithJitterFactor(.2).
		OnStateChanged(g.changed).
		Build()
	g.retry = g.newRetry()
	if g.o.Hedge {
		g.hedge = g.newHedge()
	}
	g.limited = fetch.Within(g.o.Deadline, g.attempts)
	return g
}

// Read reads the source within its limits. At the deadline at the latest it returns the answers, or an
// error of a known kind.
func (g *Guarded) Read(ctx context.Context, asks []*fetch.Ask) (Answers, error) {
	if g.breaker.RemainingDelay() > 0 {
		return nil, g.turnedAway(Rejected, ErrOpen)
	}
	began := time.Now()
	if err := g.enter(ctx); err != nil {
		return nil, err
	}
	if !g.breaker.TryAcquirePermit() {
		g.leave()
		return nil, g.turnedAway(Rejected, ErrOpen)
	}
	ends := began.Add(g.o.Deadline)
	if g.breaker.IsHalfOpen() {
		return g.probe(ctx, asks, ends)
	}
	answers, err := g.until(ctx, asks, ends)
	// A caller who left says nothing about the source, unless they waited nearly as long as the deadline.
	if ctx.Err() == nil || time.Since(began) > g.o.Deadline*9/10 {
		g.judge(answers, err, false)
	}
	return answers, err
}

// until reads for a caller who has a place. The time that they waited for it counts towards the deadline.
func (g *Guarded) until(ctx context.Context, asks []*fetch.Ask, ends time.Time) (Answers, error) {
	if g.o.Deadline-time.Until(ends) > time.Millisecond {
		limited, cancel := context.WithDeadline(ctx, ends)
		defer cancel()
		ctx = limited
	}
	return g.limited(ctx, asks)
}

// probe reads a source that may or may not answer again. The breaker gets a probe's place back only with
// its result, so the read continues if its caller leaves.
func (g *Guarded) probe(ctx context.Context, asks []*fetch.Ask, ends time.Time) (Answers, error) {
	type outcome struct {
		answers Answers
		err     error
	}
	done := make(chan outcome, 1)
	go func() {
		answers, err := g.until(context.WithoutCancel(ctx), asks, ends)
		g.judge(answers, err, true)
		done <- outcome{answers, err}
	}()
	select {
	case o := <-done:
		return o.answers, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// judge tells the breaker the result of a read. A read that began before the breaker opened is no probe,
// and says nothing about a source that is being tried again.
func (g *Guarded) judge(answers Answers, err error, probe bool) {
	fault := faultOf(answers, err)
	if fault != nil {
		g.last.Store(&mishap{kind: record.ReasonOf(fault), at: time.Now()})
	}
	switch {
	case !probe && g.breaker.IsHalfOpen():
	case isDown(fault):
		g.breaker.RecordFailure()
	default:
		g.breaker.RecordSuccess()
	}
}

// read reads the source once for somebody who has a place, and gives the place back when the read has
// really ended.
func (g *Guarded) read(ctx context.Context, asks []*fetch.Ask) (answers Answers, err error) {
	defer g.leave()
	defer func() { // here, because a hedge has goroutines of its own
		if r := recover(); r != nil {
			answers, err = nil, fmt.Errorf("panic in a source read: %T", r)
		}
	}()
	return g.source(ctx, asks)
}

func (g *Guarded) turnedAway(event Event, err error) error {
	g.o.Observe(event)
	return err
}
