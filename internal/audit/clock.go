package audit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// clock estimates the database's clock: the last reading of it, and the time that has passed since. Events that came
// in after they were recorded would break the trail for good: nothing after them is ever signed or removed. So they are
// refused, as long as the clock of this machine is too far ahead.
type clock struct {
	mu   sync.Mutex
	said time.Time // what it said last
	at   time.Time // and when, by the monotonic clock
}

// A teller tells the database's clock.
type teller func(context.Context) (time.Time, error)

// tellerOn asks on a pool or, so that nobody waits for a second connection, in a transaction.
func tellerOn(db interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}) teller {
	return func(ctx context.Context) (at time.Time, err error) {
		err = db.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&at)
		return at, err
	}
}

// check returns an error if one of the events came in later than the database's clock allows. It asks the database only
// in doubt: the monotonic clock stands still while a machine sleeps. Nobody waits for another's question. A nil clock
// checks nothing.
func (c *clock) check(ctx context.Context, ask teller, entries []Entry) error {
	var latest time.Time
	for i := range entries {
		latest = later(latest, entries[i].ReceivedAt)
	}
	if c == nil || latest.IsZero() {
		return nil
	}
	if c.ahead(latest) <= apart {
		return nil
	}
	if err := c.read(ctx, ask); err != nil {
		return err
	}
	if ahead := c.ahead(latest); ahead > apart {
		return fmt.Errorf("%w: the clock of this machine is %s ahead of the database's; set them, or no event could be trusted", ErrUnavailable, ahead.Round(time.Second))
	}
	return nil
}

// ahead returns how far a moment is ahead of the database's clock.
func (c *clock) ahead(moment time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return moment.Sub(c.said.Add(time.Since(c.at)))
}

func (c *clock) read(ctx context.Context, ask teller) error {
	said, err := ask(ctx)
	if err != nil {
		return unavailable("asking for the database's clock", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said, c.at = said, time.Now()
	return nil
}
