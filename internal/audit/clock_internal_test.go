package audit

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// received is an event that came in at a moment.
func received(at time.Time) Entry {
	return Entry{Event: Event{Action: Read, Who: Who{Subject: "u1"}, ReceivedAt: at, Outcome: Forbidden}}
}

func TestTheClockOfTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, off := 0, time.Duration(0)
		failing := error(nil)
		c, ask := new(clock), func(context.Context) (time.Time, error) { asked++; return time.Now().Add(-off), failing }
		if err := c.read(t.Context(), ask); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // the estimate goes along
		check := func(name string, ahead time.Duration, reads int, says string) {
			t.Helper()
			asked = 0
			err := c.check(t.Context(), ask, []Entry{received(time.Now()), received(time.Now().Add(ahead)), received(time.Time{})})
			if (err == nil) != (says == "") || err != nil && (!errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), says)) || asked != reads {
				t.Errorf("%s: %v after %d reads", name, err, asked)
			}
		}
		check("earlier", -time.Hour, 0, "")
		check("as far as clocks may differ", time.Minute, 0, "")
		check("further", time.Minute+time.Second, 1, "1m1s ahead of the database's; set them")
		off = -2 * time.Hour // the database's clock was set, or the machine slept
		check("no longer, after another look", time.Hour, 1, "")
		check("and known from then on", time.Hour, 0, "")
		failing = errors.New("driver's words")
		check("a database that does not answer", 4*time.Hour, 1, "asking for the database's clock")
	})
	if err := (*clock)(nil).check(t.Context(), nil, []Entry{received(time.Now().Add(time.Hour))}); err != nil {
		t.Error("a trail that proves nothing:", err)
	}
}

// A database that does not answer holds nobody beyond their own deadline, however many ask.
func TestNobodyWaitsForAnothersQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, began := new(clock), time.Now()
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				silent := func(ctx context.Context) (time.Time, error) { <-ctx.Done(); return time.Time{}, ctx.Err() }
				if err := c.check(ctx, silent, []Entry{received(time.Now())}); !errors.Is(err, ErrUnavailable) {
					t.Error(err)
				}
			})
		}
		waiting.Wait()
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// What was refused while this machine's clock was ahead is written once the clock is right.
func TestARefusalOfAClockThatWasAhead(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for first, want := range map[time.Time]time.Time{now.Add(time.Hour): now, now: now, now.Add(-time.Minute): now.Add(-time.Minute)} {
		if got := (refused{times: 1, first: first, last: first}).event(now).ReceivedAt; !got.Equal(want) {
			t.Errorf("%v: %v, want %v", first, got, want)
		}
	}
}
