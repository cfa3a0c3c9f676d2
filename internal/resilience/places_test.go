package resilience_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/record"
	"carerecord/internal/resilience"
)

// A source of one place that somebody holds for a while.
func held(t *testing.T, o resilience.Options, hold time.Duration) (*resilience.Guarded, *source) {
	s := &source{how: after(hold)}
	o.Concurrency = 1
	g := resilience.Wrap(s.read, o)
	go g.Read(t.Context(), asks)
	synctest.Wait()
	s.becomes(whole)
	return g, s
}

// Who waited in vain for a place, or left while waiting, stands in nobody's way afterwards.
func TestThoseWhoWaitedMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := held(t, resilience.Options{}, time.Second)
		for range 3 {
			if _, err := g.Read(t.Context(), asks); !errors.Is(err, resilience.ErrFull) {
				t.Errorf("beside the one: %v", err)
			}
		}
		ctx, leave := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer leave()
		if answers, err := g.Read(ctx, asks); err == nil || errors.Is(err, resilience.ErrFull) || answers != nil {
			t.Errorf("left while waiting: %v, %v", answers, err)
		}
		time.Sleep(time.Second - 3*50*time.Millisecond - 20*time.Millisecond - 30*time.Millisecond) // 30 ms before the place is free
		isWhole(t, g)
		if calls := s.calls.Load(); calls != 2 {
			t.Errorf("%d reads of the source, want those of two", calls)
		}
	})
}

// A second read needs a place as the first does: without one the first is awaited.
func TestAHedgeNeedsAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := &source{how: after(time.Millisecond)}, events{}
		g := resilience.Wrap(s.read, resilience.Options{Hedge: true, Concurrency: 1, Observe: seen.saw})
		for range 100 {
			isWhole(t, g)
		}
		time.Sleep(time.Second) // no second read of those is under way
		s.becomes(after(time.Second))
		before, began := seen.of(resilience.Hedged), time.Now()
		isWhole(t, g)
		if took, hedges := time.Since(began), seen.of(resilience.Hedged)-before; took != time.Second || s.most.Load() != 1 || hedges != 0 {
			t.Errorf("%v, %d at once, %d hedges", took, s.most.Load(), hedges)
		}
	})
}

// A read that failed is not made again where others have taken its place meanwhile: what it came to stands.
func TestARetryNeedsAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := &source{}, events{}
		s.becomes(fails(record.ErrUnavailable))
		g := resilience.Wrap(s.read, resilience.Options{Concurrency: 1, Wait: -1, Observe: seen.saw})
		failed := make(chan error, 1)
		go func() {
			_, err := g.Read(t.Context(), asks)
			failed <- err
		}()
		synctest.Wait() // it waits for its second attempt
		s.becomes(after(time.Second))
		isWhole(t, g)
		if err := <-failed; !errors.Is(err, record.ErrUnavailable) || s.most.Load() != 1 || s.calls.Load() != 2 || seen.of(resilience.Retried) != 0 {
			t.Errorf("%v; %d reads, %d at once, %d retries", err, s.calls.Load(), s.most.Load(), seen.of(resilience.Retried))
		}
	})
}
