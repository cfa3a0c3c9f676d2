package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/resilience"
)

var (
	allergies = &fetch.Ask{Kind: fetch.Allergies}
	devices   = &fetch.Ask{Kind: fetch.Devices}
	notes     = &fetch.Ask{Kind: fetch.Notes}
	asks      = []*fetch.Ask{allergies}
)

// A source as the tests bend it.
type source struct {
	calls, under, most atomic.Int64
	mu                 sync.Mutex
	how                func(ctx context.Context) (resilience.Answers, error)
}

func (s *source) becomes(how func(ctx context.Context) (resilience.Answers, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.how = how
}

func (s *source) read(ctx context.Context, _ []*fetch.Ask) (resilience.Answers, error) {
	s.calls.Add(1)
	n := s.under.Add(1)
	defer s.under.Add(-1)
	for most := s.most.Load(); n > most && !s.most.CompareAndSwap(most, n); most = s.most.Load() {
	}
	s.mu.Lock()
	how := s.how
	s.mu.Unlock()
	return how(ctx)
}

func whole(context.Context) (resilience.Answers, error) {
	return resilience.Answers{allergies: {}}, nil
}

func after(d time.Duration) func(context.Context) (resilience.Answers, error) {
	return func(ctx context.Context) (resilience.Answers, error) {
		select {
		case <-time.After(d):
			return whole(ctx)
		case <-ctx.Done():
			return nil, record.ErrTimeout
		}
	}
}

func hangs(ctx context.Context) (resilience.Answers, error) {
	<-ctx.Done()
	return nil, record.ErrTimeout
}

func fails(err error) func(context.Context) (resilience.Answers, error) {
	return func(context.Context) (resilience.Answers, error) { return nil, fmt.Errorf("read: %w", err) }
}

// events counts what a source was observed to do.
type events struct {
	mu    sync.Mutex
	count map[resilience.Event]int
}

func (e *events) saw(event resilience.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.count == nil {
		e.count = map[resilience.Event]int{}
	}
	e.count[event]++
}

func (e *events) of(event resilience.Event) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.count[event]
}

// isWhole fails the test unless a read is answered.
func isWhole(t *testing.T, g *resilience.Guarded) {
	t.Helper()
	answers, err := g.Read(t.Context(), asks)
	if _, ok := answers[allergies]; err != nil || !ok {
		t.Errorf("%v, %v", answers, err)
	}
}

// reopen makes a source fail until it is given up.
func reopen(t *testing.T, g *resilience.Guarded, s *source) {
	t.Helper()
	s.becomes(fails(errors.New("down"))) // which is not retried: the share of retries is left
	for i := 0; g.State().Breaker != resilience.IsOpen; i++ {
		if _, err := g.Read(t.Context(), asks); err == nil || i > 20 {
			t.Fatalf("not given up after %d failures: %v", i, err)
		}
	}
}

func TestASourceThatHangsCostsItsDeadlineAndThenNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{how: hangs}
		seen := events{}
		g := resilience.Wrap(s.read, resilience.Options{Observe: seen.saw})
		var waited []time.Duration
		for range 8 {
			began := time.Now()
			_, err := g.Read(t.Context(), asks)
			waited = append(waited, time.Since(began))
			if open := errors.Is(err, resilience.ErrOpen); !open && !errors.Is(err, record.ErrTimeout) || open && !errors.Is(err, record.ErrUnavailable) {
				t.Errorf("%v", err)
			}
		}
		for i, took := range waited {
			if want := map[bool]time.Duration{true: 2 * time.Second}[i < 5]; took != want {
				t.Errorf("read %d took %v, want %v", i, took, want)
			}
		}
		synctest.Wait()
		state := g.State()
		if state.Breaker != resilience.IsOpen || state.LastError != record.TimedOut || state.InFlight != 0 || !state.Since.Equal(time.Now()) {
			t.Errorf("%+v", state)
		}
		if s.calls.Load() != 5 || seen.of(resilience.Opened) != 1 || seen.of(resilience.Rejected) != 3 || seen.of(resilience.Retried) != 0 {
			t.Errorf("%d calls, %v", s.calls.Load(), seen.count)
		}
	})
}

// The worst of all: a read that does not even end when it is told to.
func TestReadsThatNeverEndAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &source{how: func(context.Context) (resilience.Answers, error) {
			<-release
			return nil, record.ErrTimeout
		}}
		seen := events{}
		g := resilience.Wrap(s.read, resilience.Options{Concurrency: 16, Observe: seen.saw})
		other := resilience.Wrap((&source{how: after(4 * time.Millisecond)}).read, resilience.Options{})
		before := goroutines()
		var all sync.WaitGroup
		var longest, longestOther atomic.Int64
		for range 1000 {
			all.Go(func() {
				began := time.Now()
				_, err := g.Read(t.Context(), asks)
				raise(&longest, time.Since(began))
				if !errors.Is(err, record.ErrTimeout) && !errors.Is(err, record.ErrUnavailable) {
					t.Errorf("%v", err)
				}
			})
			all.Go(func() {
				began := time.Now()
				isWhole(t, other)
				raise(&longestOther, time.Since(began))
			})
			time.Sleep(10 * time.Millisecond)
		}
		all.Wait()
		if took := time.Duration(longest.Load()); took != 2*time.Second {
			t.Errorf("a read took %v", took)
		}
		if took := time.Duration(longestOther.Load()); took != 4*time.Millisecond {
			t.Errorf("a source beside it took %v", took)
		}
		if left := goroutines() - before; left > 16 || s.most.Load() != 16 || s.calls.Load() != 16 || g.State().InFlight != 16 {
			t.Errorf("%d goroutines left; at most %d reads at once, %d in all; %+v", left, s.most.Load(), s.calls.Load(), g.State())
		}
		s.becomes(whole)
		if _, err := g.Read(t.Context(), asks); !errors.Is(err, resilience.ErrFull) {
			t.Errorf("no place, and yet %v", err)
		}
		close(release)
		synctest.Wait()
		isWhole(t, g)
		isWhole(t, g)
		more := goroutines() - before
		if state := g.State(); state.Breaker != resilience.IsClosed || state.InFlight != 0 || more > 0 {
			t.Errorf("afterwards: %+v, %d goroutines more", state, more)
		}
	})
}

func TestAFullSourceKeepsNoQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{how: after(time.Second)}
		seen := events{}
		g := resilience.Wrap(s.read, resilience.Options{Concurrency: 4, Observe: seen.saw})
		took := make(chan time.Duration, 100)
		for range 100 {
			go func() {
				began := time.Now()
				if _, err := g.Read(t.Context(), asks); err != nil && !errors.Is(err, resilience.ErrFull) {
					t.Errorf("%v", err)
				}
				took <- time.Since(began)
			}()
		}
		counts := map[time.Duration]int{}
		for range 100 {
			counts[<-took]++
		}
		if counts[0] != 92 || counts[50*time.Millisecond] != 4 || counts[time.Second] != 4 || seen.of(resilience.Full) != 96 {
			t.Errorf("%v, %v", counts, seen.count)
		}
	})
}

func TestABurstOnAHealthySourceIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := make(chan struct{}, 8)
		s := &source{how: func(ctx context.Context) (resilience.Answers, error) {
			pool <- struct{}{}
			defer func() { <-pool }()
			return after(2 * time.Millisecond)(ctx)
		}}
		g := resilience.Wrap(s.read, resilience.Options{})
		var all sync.WaitGroup
		for range 128 {
			all.Go(func() { isWhole(t, g) })
		}
		all.Wait()
	})
}

func TestItAnswersAgainWithoutARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{how: hangs}
		seen := events{}
		g := resilience.Wrap(s.read, resilience.Options{Observe: seen.saw})
		users := func(until time.Time, each func(time.Time, error)) {
			for time.Now().Before(until) {
				asked := time.Now()
				_, err := g.Read(t.Context(), asks)
				each(asked, err)
				time.Sleep(100 * time.Millisecond)
			}
		}
		users(time.Now().Add(time.Minute), func(_ time.Time, err error) {
			if err == nil {
				t.Error("answered while it hangs")
			}
		})
		s.becomes(whole)
		back := time.Now()
		var lastGap time.Time
		users(back.Add(time.Minute), func(asked time.Time, err error) {
			if err != nil {
				lastGap = asked
			}
		})
		if took := lastGap.Sub(back); took > 2700*time.Millisecond {
			t.Errorf("the last gap was %v after it came back", took)
		}
		if g.State().Breaker != resilience.IsClosed || seen.of(resilience.Closed) != 1 {
			t.Errorf("%+v, %v", g.State(), seen.count)
		}
	})
}

func TestAFlappingSourceStartsNoStorm(t *testing.T) {
	for name, test := range map[string]struct {
		down  func(context.Context) (resilience.Answers, error)
		whole int64 // one in so many is answered at the least
	}{
		"it fails at once": {fails(record.ErrUnavailable), 5},
		"it hangs":         {hangs, 20},
		"it is slow":       {after(200 * time.Millisecond), 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &source{how: whole}
				seen := events{}
				g := resilience.Wrap(s.read, resilience.Options{Observe: seen.saw})
				end := time.Now().Add(5 * time.Minute)
				go func() {
					for i := 1; time.Now().Before(end); i++ {
						s.becomes([]func(context.Context) (resilience.Answers, error){whole, test.down}[i%2])
						time.Sleep(700 * time.Millisecond)
					}
					s.becomes(whole)
				}()
				asked, answered := ask(t, g, end)
				reached, retries := s.calls.Load(), int64(seen.of(resilience.Retried))
				t.Logf("%d asked, %d answered, %d reads of the source; %v", asked, answered, reached, seen.count)
				if reached > asked+retries || retries > asked/10+10 {
					t.Errorf("%d reads reached the source of %d, with %d retries", reached, asked, retries)
				}
				if answered < asked/test.whole {
					t.Errorf("%d of %d answered by a source that is up half the time", answered, asked)
				}
				time.Sleep(time.Second)
				isWhole(t, g)
				if g.State().InFlight != 0 {
					t.Errorf("%+v", g.State())
				}
			})
		})
	}
}

// ask reads two hundred times a second, each time for no longer than the deadline.
func ask(t *testing.T, g *resilience.Guarded, end time.Time) (asked, answered int64) {
	t.Helper()
	var all sync.WaitGroup
	var longest, ok atomic.Int64
	for ; time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		asked++
		all.Go(func() {
			began := time.Now()
			_, err := g.Read(t.Context(), asks)
			raise(&longest, time.Since(began))
			if err == nil {
				ok.Add(1)
			} else if !errors.Is(err, record.ErrUnavailable) && !errors.Is(err, record.ErrTimeout) {
				t.Errorf("%v", err)
			}
		})
	}
	all.Wait()
	if took := time.Duration(longest.Load()); took > 2*time.Second {
		t.Errorf("a read took %v", took)
	}
	return asked, ok.Load()
}

func TestOneThatLeavesSaysNothingOfTheSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{how: hangs}
		g := resilience.Wrap(s.read, resilience.Options{})
		leave := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			_, err := g.Read(ctx, asks)
			return err
		}
		for range 50 {
			if err := leave(); err == nil {
				t.Error("answered")
			}
		}
		if state := g.State(); state.Breaker != resilience.IsClosed {
			t.Errorf("%+v", state)
		}
		synctest.Wait()
		if s.under.Load() != 0 {
			t.Errorf("%d reads go on for nobody", s.under.Load())
		}

		// Of one that is being tried again the answer is awaited all the same.
		reopen(t, g, s)
		s.becomes(after(200 * time.Millisecond))
		time.Sleep(time.Second)
		for range 2 {
			if err := leave(); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
		}
		if _, err := g.Read(t.Context(), asks); !errors.Is(err, resilience.ErrOpen) {
			t.Errorf("a third probe: %v", err)
		}
		time.Sleep(time.Second)
		if state := g.State(); state.Breaker != resilience.IsClosed {
			t.Errorf("%+v", state)
		}
	})
}

// The graph has a limit of its own around every read, which may fire first.
func TestALimitAroundItHidesNoTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{how: hangs}
		g := resilience.Wrap(s.read, resilience.Options{})
		read := fetch.Within(2*time.Second, g.Read)
		for range 5 {
			if _, err := read(t.Context(), asks); !errors.Is(err, record.ErrTimeout) {
				t.Errorf("%v", err)
			}
			synctest.Wait()
		}
		if g.State().Breaker != resilience.IsOpen {
			t.Errorf("%+v", g.State())
		}
	})
}

func TestAProbeThatFailsLeavesItAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		g := resilience.Wrap(s.read, resilience.Options{})
		reopen(t, g, s)
		s.becomes(fails(record.ErrUnavailable))
		for range 3 {
			time.Sleep(700 * time.Millisecond)
			before := s.calls.Load() // and none of them again
			if _, err := g.Read(t.Context(), asks); !errors.Is(err, record.ErrUnavailable) || s.calls.Load() != before+1 {
				t.Errorf("%v after %d reads", err, s.calls.Load()-before)
			}
			if _, err := g.Read(t.Context(), asks); !errors.Is(err, resilience.ErrOpen) {
				t.Errorf("%v", err)
			}
		}
	})
}

func TestAReadFromBeforeIsNoProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{how: hangs}
		g := resilience.Wrap(s.read, resilience.Options{})
		var late sync.WaitGroup
		late.Go(func() {
			if _, err := g.Read(t.Context(), asks); !errors.Is(err, record.ErrTimeout) {
				t.Errorf("%v", err)
			}
		})
		synctest.Wait()
		reopen(t, g, s)
		s.becomes(whole)
		time.Sleep(700 * time.Millisecond)
		isWhole(t, g)
		late.Wait()
		if g.State().Breaker != resilience.IsHalfOpen {
			t.Errorf("%+v", g.State())
		}
		isWhole(t, g)
		if g.State().Breaker != resilience.IsClosed {
			t.Errorf("%+v", g.State())
		}
	})
}

func TestWhatTripsTheBreakerAndWhatIsRetried(t *testing.T) {
	down, broken := fetch.Answer{Err: record.ErrUnavailable}, fetch.Answer{Err: record.ErrMalformed}
	for name, test := range map[string]struct {
		answers resilience.Answers
		err     error
		trips   bool
		reads   int64 // for one ask of a healthy source
		last    record.GapReason
	}{
		"an answer":                         {answers: resilience.Answers{allergies: {}}, reads: 1},
		"nothing to say":                    {answers: resilience.Answers{}, reads: 1},
		"unavailable":                       {err: record.ErrUnavailable, trips: true, reads: 3, last: record.Unavailable},
		"timed out":                         {err: record.ErrTimeout, trips: true, reads: 1, last: record.TimedOut},
		"an error of no known kind":         {err: errors.New("what?"), trips: true, reads: 1, last: record.Unavailable},
		"refused":                           {err: record.ErrRefused, reads: 1, last: record.Refused},
		"malformed":                         {err: record.ErrMalformed, reads: 1, last: record.Malformed},
		"asked without terms":               {err: record.ErrInvalid, reads: 1, last: record.Unavailable},
		"one ask of two down":               {answers: resilience.Answers{allergies: {}, devices: down}, reads: 1},
		"all asks down":                     {answers: resilience.Answers{allergies: down, devices: down}, trips: true, reads: 3, last: record.Unavailable},
		"all asks down, but not the notes":  {answers: resilience.Answers{allergies: down, notes: {}}, trips: true, reads: 3, last: record.Unavailable},
		"only a broken view asked":          {answers: resilience.Answers{devices: broken}, reads: 1},
		"a broken view, and the rest down":  {answers: resilience.Answers{devices: broken, allergies: down}, reads: 1},
		"a panic is a failure like another": {err: errPanic, trips: true, reads: 1, last: record.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			for _, hedge := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					s := &source{how: func(context.Context) (resilience.Answers, error) {
						if test.err == errPanic {
							panic("a bug")
						}
						return test.answers, test.err
					}}
					g := resilience.Wrap(s.read, resilience.Options{Hedge: hedge})
					answers, err := g.Read(t.Context(), asks)
					if test.err != errPanic && (!errors.Is(err, test.err) || len(answers) != len(test.answers)) || test.err == errPanic && err == nil {
						t.Errorf("%v, %v", answers, err)
					}
					if s.calls.Load() != test.reads {
						t.Errorf("%d reads, want %d", s.calls.Load(), test.reads)
					}
					for range 9 {
						_, _ = g.Read(t.Context(), asks)
					}
					state := g.State()
					if (state.Breaker == resilience.IsOpen) != test.trips || state.LastError != test.last || state.InFlight != 0 {
						t.Errorf("%+v", state)
					}
				})
			}
		})
	}
}

var errPanic = errors.New("panic")

func TestARetryStaysWithinTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{how: func(context.Context) (resilience.Answers, error) {
			time.Sleep(1900 * time.Millisecond)
			return nil, record.ErrUnavailable
		}}
		g := resilience.Wrap(s.read, resilience.Options{})
		began := time.Now()
		_, err := g.Read(t.Context(), asks)
		if took := time.Since(began); !errors.Is(err, record.ErrUnavailable) || took != 1900*time.Millisecond || s.calls.Load() != 1 {
			t.Errorf("%v after %v and %d reads", err, took, s.calls.Load())
		}
	})
}

func TestARetryHelps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		s.how = func(ctx context.Context) (resilience.Answers, error) {
			if s.calls.Load()%2 == 1 {
				return nil, record.ErrUnavailable
			}
			return whole(ctx)
		}
		g := resilience.Wrap(s.read, resilience.Options{})
		for range 8 {
			began := time.Now()
			isWhole(t, g)
			if took := time.Since(began); took < 12*time.Millisecond || took > 38*time.Millisecond {
				t.Errorf("took %v", took)
			}
		}
	})
}

func TestRetriesHaveABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		seen := events{}
		g := resilience.Wrap(s.read, resilience.Options{Observe: seen.saw})
		var refuse atomic.Bool
		s.how = func(ctx context.Context) (resilience.Answers, error) {
			if refuse.CompareAndSwap(true, false) {
				return nil, record.ErrUnavailable
			}
			return whole(ctx)
		}
		const n = 1000
		for i := range n { // a third of the reads fail, which opens nothing
			refuse.Store(i%3 == 0)
			_, _ = g.Read(t.Context(), asks)
		}
		if retried := seen.of(resilience.Retried); retried > n/10+10 || retried < n/10 || seen.of(resilience.RetryRefused) == 0 || seen.of(resilience.Opened) != 0 {
			t.Errorf("%v", seen.count)
		}
	})
}
