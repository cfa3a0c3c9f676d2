package audit

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// RecordWithin writes events in a transaction of the caller's, so that what is changed
// there is made and audited, or neither. It waits for its turn in the chain, and every
// other writer waits until the transaction ends: call it last. Nothing is checked again.
func (t *Trail) RecordWithin(ctx context.Context, tx pgx.Tx, entries ...Entry) error {
	c := columnsOf(entries)
	_, err := tx.Exec(ctx, appendSQL, t.options.AllowVolatile, c.patients, make([]int64, len(entries)), c.subjects, c.organisations, c.outcomes, c.rests)
	if err != nil {
		return unavailable("writing", err)
	}
	return nil
}
