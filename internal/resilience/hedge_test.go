package resilience_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/record"
	"carerecord/internal/resilience"
)

// goroutines are how many there are, once those that have ended are gone. Counted
// on their stacks: runtime.NumGoroutine counts some of the runtime's own at times.
func goroutines() int {
	synctest.Wait()
	stacks := make([]byte, 4<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("\n\ngoroutine "))
}

func raise(most *atomic.Int64, d time.Duration) {
	for old := most.Load(); int64(d) > old && !most.CompareAndSwap(old, int64(d)); old = most.Load() {
	}
}

// tail answers in about 10 ms, and one time in twenty-five in 500 ms.
func tail(random *rand.Rand) func(context.Context) (resilience.Answers, error) {
	var mu sync.Mutex
	return func(ctx context.Context) (resilience.Answers, error) {
		mu.Lock()
		d := 8*time.Millisecond + time.Duration(random.IntN(4000))*time.Microsecond
		if random.IntN(25) == 0 {
			d = 500 * time.Millisecond
		}
		mu.Unlock()
		return after(d)(ctx)
	}
}

func TestHedgesShortenTheTailWithinTheirBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 5000
		took := map[bool][]time.Duration{}
		for _, hedge := range []bool{false, true} {
			s := &source{how: tail(rand.New(rand.NewPCG(1, 2)))}
			seen := events{}
			g := resilience.Wrap(s.read, resilience.Options{Hedge: hedge, Observe: seen.saw})
			for i := range n {
				began := time.Now()
				isWhole(t, g)
				took[hedge] = append(took[hedge], time.Since(began))
				if hedges := seen.of(resilience.Hedged); hedges > (i+1)/20 {
					t.Fatalf("%d hedges after %d reads", hedges, i+1)
				}
			}
			synctest.Wait()
			slices.Sort(took[hedge])
			t.Logf("hedge %v: p50 %v, p95 %v, p99 %v; %d reads of the source; %v", hedge,
				took[hedge][n/2], took[hedge][n*95/100], took[hedge][n*99/100], s.calls.Load(), seen.count)
			if hedge == (seen.of(resilience.Hedged) == 0) || s.under.Load() != 0 || g.State().InFlight != 0 {
				t.Errorf("hedge %v: %v, %+v", hedge, seen.count, g.State())
			}
		}
		if with, without := took[true][n*97/100], took[false][n*97/100]; with >= without {
			t.Errorf("97 %% within %v with hedging, %v without", with, without)
		}
	})
}

func TestASourceThatSlowsDownIsNotAskedTwiceAsMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{how: after(10 * time.Millisecond)}
		seen := events{}
		g := resilience.Wrap(s.read, resilience.Options{Hedge: true, Observe: seen.saw})
		const n = 2000
		for i := range n {
			if i == n/2 {
				s.becomes(after(200 * time.Millisecond))
			}
			isWhole(t, g)
		}
		if hedges := seen.of(resilience.Hedged); hedges > n/20 || hedges == 0 || seen.of(resilience.HedgeRefused) == 0 {
			t.Errorf("%v of %d reads", seen.count, n)
		}
	})
}

// ripe is a source whose reads took 10 ms, often enough that the next one that takes
// longer is hedged.
func ripe(t *testing.T, o resilience.Options) (*resilience.Guarded, *source) {
	t.Helper()
	s := &source{how: after(10 * time.Millisecond)}
	o.Hedge = true
	g := resilience.Wrap(s.read, o)
	for range 50 {
		isWhole(t, g)
	}
	synctest.Wait()
	return g, s
}

func TestAHedgeThatFailsLeavesTheFirstRead(t *testing.T) {
	for what, second := range map[string]func(context.Context) (resilience.Answers, error){
		"fails": fails(record.ErrUnavailable), "panics": func(context.Context) (resilience.Answers, error) { panic("a bug") }, "hangs": hangs,
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, s := ripe(t, resilience.Options{})
				var calls atomic.Int64
				s.becomes(func(ctx context.Context) (resilience.Answers, error) {
					if calls.Add(1) == 2 {
						return second(ctx)
					}
					return after(100 * time.Millisecond)(ctx)
				})
				began := time.Now()
				isWhole(t, g)
				if took := time.Since(began); took != 100*time.Millisecond || calls.Load() != 2 {
					t.Errorf("%v, %d reads", took, calls.Load())
				}
				synctest.Wait()
				if s.under.Load() != 0 || g.State().InFlight != 0 {
					t.Errorf("%+v", g.State())
				}
			})
		})
	}
}

// A first read that ignores that it was overtaken keeps its place.
func TestReadsThatWereOvertakenCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := ripe(t, resilience.Options{Concurrency: 4})
		before := goroutines()
		release := make(chan struct{})
		var calls atomic.Int64
		s.becomes(func(ctx context.Context) (resilience.Answers, error) {
			if calls.Add(1) == 1 {
				<-release
			}
			return whole(ctx)
		})
		isWhole(t, g)
		if more := goroutines() - before; g.State().InFlight != 1 || more != 1 {
			t.Errorf("%+v, %d goroutines more", g.State(), more)
		}
		close(release)
		if more := goroutines() - before; g.State().InFlight != 0 || more != 0 {
			t.Errorf("%+v, %d goroutines more", g.State(), more)
		}
	})
}

func TestAHungSourceIsNotKeptByItsHedges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := ripe(t, resilience.Options{})
		before := goroutines()
		s.becomes(hangs)
		for range 1000 {
			began := time.Now()
			_, err := g.Read(t.Context(), asks)
			if took := time.Since(began); err == nil || took > 2*time.Second {
				t.Errorf("%v after %v", err, took)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if more := goroutines() - before; g.State().InFlight != 0 || more > 0 {
			t.Errorf("%+v, %d goroutines more", g.State(), more)
		}
		s.becomes(whole)
		time.Sleep(3 * time.Second)
		for range 3 {
			isWhole(t, g)
		}
		if _, err := g.Read(t.Context(), asks); errors.Is(err, resilience.ErrOpen) {
			t.Errorf("%v", err)
		}
	})
}
