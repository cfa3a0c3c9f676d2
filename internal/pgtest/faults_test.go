package pgtest_test

import (
	"context"
	"errors"
	"testing"

	"carerecord/internal/pgtest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Every statement fails once in each way, also the last of a transaction.
func TestFaults(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, wards)
	config, err := pgxpool.ParseConfig(db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	pool := pgtest.Faulty(t, config)
	var fine, unsent, cut int
	read := func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			rows, _ := tx.Query(ctx, `SELECT name FROM wards`)
			_, err := pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
	}
	pgtest.Faults(t, func(ctx context.Context) error {
		err := read(ctx)
		switch {
		case err == nil:
			fine++
		case errors.Is(err, context.Canceled):
			unsent++
		default:
			cut++
		}
		return err
	})
	if fine != 2 || unsent != 3 || cut != 3 {
		t.Errorf("%d without a fault, %d that were not sent, %d cut off", fine, unsent, cut)
	}
	ctx, counted := pgtest.Counting(t.Context())
	if err := read(ctx); err != nil || counted() != 3 {
		t.Errorf("%d statements, %v", counted(), err)
	}
}
