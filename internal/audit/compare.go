package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/record"
)

// together is how many checkpoints are compared at a time.
const together = 1_000

// checkpoints compares the checkpoints in the database up to an event.
func (v *verifier) checkpoints(ctx context.Context, tx pgx.Tx, upTo int64) error {
	for last := int64(0); ; {
		rows, _ := tx.Query(ctx, `
			SELECT sequence, hash, signed FROM audit.checkpoint
			WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3`, last, upTo, together) // rows carries the error
		var batch []Checkpoint
		var hash []byte
		var signed string
		n := 0
		_, err := pgx.ForEachRow(rows, []any{&last, &hash, &signed}, func() error {
			n++
			c, err := openCheckpoint(signed, v.keys)
			switch {
			case err != nil:
				v.breaks(last, "the checkpoint of this event does not hold: "+err.Error())
			case c.Sequence != last || !bytes.Equal(c.Hash, hash):
				v.breaks(last, "the checkpoint of this event was signed for another")
			default:
				batch = append(batch, c)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := v.compare(ctx, tx, batch); err != nil || n < together {
			return err
		}
	}
}

// log compares the checkpoints that were kept outside the database.
func (v *verifier) log(ctx context.Context, tx pgx.Tx, log io.Reader) error {
	if log == nil {
		return nil
	}
	v.logged = true
	var batch []Checkpoint
	lines := bufio.NewScanner(log) // which takes lines longer than any checkpoint
	for lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		c, err := openCheckpoint(string(line), v.keys)
		if errors.Is(err, errUnreadable) {
			v.report.Unreadable++
			continue
		} else if err != nil {
			v.breaks(c.Sequence, "a checkpoint in the log does not hold: "+err.Error())
			continue
		}
		if batch = append(batch, c); len(batch) == together {
			if err := v.compare(ctx, tx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%w: reading the checkpoint log: %w", ErrUnavailable, record.OfDriver(err))
	}
	return v.compare(ctx, tx, batch)
}

// place is what is stored of an event and compared with a checkpoint.
type place struct {
	hash []byte
	at   time.Time
}

// compare compares checkpoints with their events.
func (v *verifier) compare(ctx context.Context, tx pgx.Tx, batch []Checkpoint) error {
	var wanted []int64
	for _, c := range batch {
		wanted = append(wanted, c.Sequence, c.Sequence+1)
	}
	rows, _ := tx.Query(ctx, `SELECT sequence, hash, recorded_at FROM audit.event WHERE sequence = ANY ($1)`, wanted) // rows carries the error
	places := make(map[int64]place, len(wanted))
	var sequence int64
	var p place
	_, err := pgx.ForEachRow(rows, []any{&sequence, &p.hash, &p.at}, func() error {
		places[sequence] = place{bytes.Clone(p.hash), p.at}
		return nil
	})
	if err != nil {
		return err
	}
	for _, c := range batch {
		v.checkpoint(c, places)
	}
	return nil
}

func (v *verifier) checkpoint(c Checkpoint, places map[int64]place) {
	signed := c.MadeAt.UTC().Format(time.RFC3339)
	at, there := places[c.Sequence]
	next, followed := places[c.Sequence+1]
	switch {
	case c.Sequence < v.report.Removed:
		return // its event has been removed; checkRemoval checks that retention says so
	case c.Sequence == v.report.Removed:
		at, there = place{v.anchor.Hash, v.anchor.RecordedAt}, true
	}
	switch {
	case !there:
		v.breaks(c.Sequence, fmt.Sprintf("it is missing, but was signed on %s", signed))
	case !bytes.Equal(at.hash, c.Hash):
		v.breaks(c.Sequence, fmt.Sprintf("it is not the event that was signed on %s; it or those before it were made anew", signed))
	case at.at.After(c.MadeAt.Add(apart)):
		v.breaks(c.Sequence, fmt.Sprintf("its time is after that of its checkpoint, %s; a clock was set forward", signed))
	case !c.Past && followed && next.at.Before(c.MadeAt.Add(-apart)):
		v.breaks(c.Sequence+1, fmt.Sprintf("its time is before that of the checkpoint it follows, %s; a clock was set back", signed))
	default:
		if v.report.Checkpoints++; v.logged {
			v.report.Logged++
		}
		if c.Sequence >= v.latest.Sequence {
			v.latest = c
		}
	}
}
