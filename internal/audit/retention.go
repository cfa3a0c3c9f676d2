package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// DefaultMonths is how long events are kept. The NHS Records Management Code has no number for audit
	// logs; eight years is ours: as long as hospitals keep an
	// adult's record after the last contact, and a year more than the council that
	// keeps social care records for seven.
	DefaultMonths = 8 * 12

	// leastMonths is what audit.remove insists on.
	leastMonths = 12
)

// Removed is what Retain took away.
type Removed struct {
	UpTo   int64     // the sequence number of the last event that is gone; 0 if none went
	Before time.Time // all that was recorded before this moment is gone
}

// Retain removes the whole months that ended more than Keeping.Months ago. It first
// reads them and all before the first event that stays: what does not hold is not
// removed (ErrBroken). Then it signs a checkpoint of their last event, from which
// verification goes on, and writes their removal into the trail.
func (t *Trail) Retain(ctx context.Context) (Removed, error) {
	k := t.options.Keeping
	if k.Signer == nil || k.Months <= 0 {
		return Removed{}, nil
	}
	last := Checkpoint{MadeAt: k.Now(), Past: true}
	var bound time.Time
	err := unremoved(ctx, t.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT sequence, hash, recorded_at, bound FROM audit.removable($1)`, k.Months).
			Scan(&last.Sequence, &last.Hash, &last.RecordedAt, &bound)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		return t.holdsUpTo(ctx, tx, &last)
	})
	if err != nil || last.Sequence == 0 {
		return Removed{}, broken(err)
	}
	if err := t.keepCheckpoint(ctx, last); err != nil {
		return Removed{}, err
	}
	var done bool
	if err := t.pool.QueryRow(ctx, `SELECT audit.remove($1, $2, $3)`, t.options.AllowVolatile, k.Months, last.Sequence).Scan(&done); err != nil {
		return Removed{}, unavailable("removing old events", err)
	}
	if !done {
		return Removed{}, nil // another instance was first
	}
	return Removed{UpTo: last.Sequence, Before: bound}, nil
}

// holdsUpTo walks from the beginning to c, with all checkpoints on the way.
func (t *Trail) holdsUpTo(ctx context.Context, tx pgx.Tx, c *Checkpoint) error {
	v := newVerifier(io.Discard, t.options.Keeping.Keys)
	if err := v.begin(ctx, tx); err != nil {
		return err
	}
	first := v.sequence + 1
	if err := v.walk(ctx, tx, math.MinInt64, c.Sequence); err != nil {
		return err
	}
	if err := v.checkpoints(ctx, tx, c.Sequence); err != nil {
		return err
	}
	if !v.report.Holds() {
		return fmt.Errorf("%w: event %d: %s", ErrBroken, v.report.First.Sequence, v.report.First.Reason)
	}
	c.Events = c.Sequence - first + 1
	return nil
}

// prepareWithin bounds the making of partitions when a trail is opened: appending
// makes what it needs by itself.
const prepareWithin = 5 * time.Second

// prepareMonths makes the partitions that will be needed soon.
func (t *Trail) prepareMonths(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, prepareWithin)
	defer cancel()
	if _, err := t.pool.Exec(ctx, `SELECT audit.prepare()`); err != nil {
		return unavailable("preparing the coming months", err)
	}
	return nil
}

const (
	daily = 24 * time.Hour
	// checkpointWithin bounds one checkpoint, and retainWithin one removal: each
	// reads what it is about.
	checkpointWithin = 10 * time.Minute
	retainWithin     = 6 * time.Hour
)

// keep makes checkpoints and looks after the months until the trail is closed.
func (t *Trail) keep(ctx context.Context) {
	k := t.options.Keeping
	every, day := time.Tick(k.Every), time.Tick(daily)
	t.lookAfter(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.due:
		case <-every:
		case <-day:
			t.lookAfter(ctx)
			continue
		}
		limited, cancel := context.WithTimeout(ctx, checkpointWithin)
		_, err := t.Checkpoint(limited)
		cancel()
		t.failed(ctx, err)
	}
}

func (t *Trail) lookAfter(ctx context.Context) {
	t.failed(ctx, t.prepareMonths(ctx))
	limited, cancel := context.WithTimeout(ctx, retainWithin)
	defer cancel()
	_, err := t.Retain(limited)
	t.failed(ctx, err)
}

// failed tells of an error, but not of one that closing the trail has caused.
func (t *Trail) failed(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		t.options.Keeping.Failed(err)
	}
}
