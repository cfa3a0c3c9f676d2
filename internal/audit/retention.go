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
	// logs. Eight years is our choice: as long as hospitals keep an adult's record after the last
	// contact, and a year more than the seven for which the council keeps social care records.
	DefaultMonths = 8 * 12

	// leastMonths is the minimum that audit.remove accepts.
	leastMonths = 12
)

// Removed says what Retain has removed.
type Removed struct {
	UpTo   int64     // the sequence number of the last event that was removed; 0 for none
	Before time.Time // everything recorded before this moment is removed
}

// Retain removes the whole months (UTC) that ended Keeping.Months ago or earlier. It first verifies
// every event that would go, and removes nothing if one does not hold (ErrBroken). Then it signs a
// checkpoint of the last of them, from which verification starts afterwards, and removes them. The
// removal is an event of the trail. Retain does nothing without a Signer, with Months below 0, or if
// another instance was first.
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

// holdsUpTo verifies the trail from its beginning to c, with all checkpoints on the way, and completes
// c. The error is ErrBroken if it does not hold.
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

// prepareWithin limits the making of partitions ahead of time: appending makes the one that it needs by
// itself.
const prepareWithin = 5 * time.Second

// prepareMonths makes the partitions of this month and the next two.
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
	// checkpointWithin limits one checkpoint, and retainWithin one removal: each reads the events that
	// it is about.
	checkpointWithin = 10 * time.Minute
	retainWithin     = 6 * time.Hour
)

// keep makes checkpoints, prepares months and removes old ones until the trail is closed.
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

// failed reports an error to Keeping.Failed, but not one that closing the trail has caused.
func (t *Trail) failed(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		t.options.Keeping.Failed(err)
	}
}
