package audit

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// RecordWithin writes events in the caller's transaction, so that a change and its event
// are made together or not at all. It waits for its turn in the chain, and every other
// writer then waits until the transaction ends: call it last. It ignores Recheck. The
// error is ErrUnavailable.
func (t *Trail) RecordWithin(ctx context.Context, tx pgx.Tx, entries ...Entry) error {
	if err := t.clock.check(ctx, tellerOn(tx), entries); err != nil {
		return err
	}
	c := columnsOf(entries)
	_, err := tx.Exec(ctx, appendSQL, t.options.AllowVolatile, c.patients, make([]int64, len(entries)), c.subjects, c.organisations, c.outcomes, c.rests)
	if err != nil {
		return unavailable("writing", err)
	}
	return nil
}
