package audit_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/pgtest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// faulty is a pool whose statements can be made to fail one by one.
func faulty(t testing.TB, db *pgtest.Database) *pgxpool.Pool {
	t.Helper()
	config, err := consent.Config(db.DSN(""), audit.Prepare)
	if err != nil {
		t.Fatal(err)
	}
	return pgtest.Faulty(t, config)
}

// over is a trail on a pool.
func over(t testing.TB, p *pgxpool.Pool, k audit.Keeping) *audit.Trail {
	t.Helper()
	trail, err := audit.Open(t.Context(), p, audit.Options{AllowVolatile: true, Keeping: k})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { trail.Close(context.Background()) })
	return trail
}

// Whichever statement fails while the trail is read, the reading fails: no part of it is
// said to hold, to be all there is or to be nothing.
func TestNoStatementOfAReadingFailsUnnoticed(t *testing.T) {
	db := database(t)
	signer, _ := keys(1)
	log := &buffer{}
	trail, writing := resting(t, db, audit.Keeping{Signer: signer, Log: log, Months: 24}), open(t, db, audit.Options{})
	mustRecord(t, writing, early(4))
	db.Exec(t, aged(40, "1 day"))
	if _, err := trail.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustRecord(t, writing, entries(2))
	checkpoint(t, trail)
	lines := strings.Repeat(strings.Fields(log.String())[1]+"\n", 1001) // more than are compared at a time
	config, err := pgx.ParseConfig(db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	pgtest.FaultyConn(config)
	p := faulty(t, db)
	for name, read := range map[string]func(context.Context) error{
		"verify": func(ctx context.Context) error {
			conn, err := pgx.ConnectConfig(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
			var said strings.Builder
			report, err := audit.Proof{Log: strings.NewReader(lines)}.Verify(ctx, conn, &said)
			if err != nil && said.Len() > 0 || err == nil && (!report.Holds() || report.Checkpoints != 1003) {
				t.Errorf("%+v %s", report, said.String())
			}
			return err
		},
		"events": func(ctx context.Context) error { _, err := audit.Events(ctx, p, audit.Filter{}); return err },
		"since":  func(ctx context.Context) error { _, err := audit.Since(ctx, p); return err },
		"export": func(ctx context.Context) error {
			_, err := audit.Export(ctx, p, audit.Filter{}, site, io.Discard)
			return err
		},
		"alerts": func(ctx context.Context) error {
			_, err := audit.Alerts(ctx, p, audit.AlertFilter{Since: time.Now().AddDate(0, 0, -1), Now: time.Now()})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { pgtest.Faults(t, read, audit.ErrUnavailable) })
	}
}

// What is not reported is not asked for.
func TestWhatAlertsAskFor(t *testing.T) {
	p := faulty(t, database(t))
	for _, c := range []struct{ share, month, statements int }{{-1, -1, 3}, {0, -1, 4}, {-1, 0, 4}, {0, 0, 5}} {
		thresholds := audit.DefaultThresholds()
		thresholds.ShareOfList, thresholds.OrganisationPatientsInAMonth = c.share, c.month
		ctx, counted := pgtest.Counting(t.Context())
		_, err := audit.Alerts(ctx, p, audit.AlertFilter{Since: time.Now().AddDate(0, 0, -1), Now: time.Now(), Thresholds: &thresholds})
		if err != nil || counted() != c.statements {
			t.Errorf("%+v: %d statements, %v", c, counted(), err)
		}
	}
}

// Whichever statement fails, no checkpoint is said to be made, nothing to be removed, and
// no change goes without its event.
func TestNoStatementOfAWritingFailsUnnoticed(t *testing.T) {
	db := database(t)
	signer, _ := keys(1)
	p := faulty(t, db)
	keeping := over(t, p, audit.Keeping{Signer: signer, Months: 24})
	if err := keeping.Close(t.Context()); err != nil { // as resting is
		t.Fatal(err)
	}
	trail := over(t, p, audit.Keeping{Signer: signer, Months: 1200, Every: time.Hour})
	mustRecord(t, trail, early(4))
	db.Exec(t, aged(40, "1 day"))
	t.Run("within a change", func(t *testing.T) {
		pgtest.Faults(t, func(ctx context.Context) error {
			return pgx.BeginFunc(t.Context(), p, func(tx pgx.Tx) error { return trail.RecordWithin(ctx, tx, early(1)...) })
		}, audit.ErrUnavailable)
	})
	t.Run("checkpoint", func(t *testing.T) {
		pgtest.Faults(t, func(ctx context.Context) error {
			mustRecord(t, trail, early(1))
			made, err := trail.Checkpoint(ctx)
			if !made && err == nil {
				t.Error("no checkpoint, and no error")
			}
			return err
		}, audit.ErrUnavailable)
	})
	t.Run("retain", func(t *testing.T) {
		// What was removed once cannot be removed again; that it was is said by the database.
		db.Exec(t, `CREATE OR REPLACE FUNCTION audit.remove(allow_volatile boolean, months int, up_to bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'`)
		pgtest.Faults(t, func(ctx context.Context) error {
			removed, err := keeping.Retain(ctx)
			if (removed == audit.Removed{}) != (err != nil) {
				t.Errorf("%+v, %v", removed, err)
			}
			return err
		}, audit.ErrUnavailable)
	})
}

// A trail is opened on a database that has said it keeps what it is told, and its months
// are there or somebody is told.
func TestNoStatementOfAnOpeningFailsUnnoticed(t *testing.T) {
	p := faulty(t, durable(t))
	pgtest.Faults(t, func(ctx context.Context) (told error) {
		trail, err := audit.Open(ctx, p, audit.Options{Keeping: audit.Keeping{Failed: func(err error) { told = err }}})
		if err != nil {
			return err
		}
		return errors.Join(trail.Close(t.Context()), told)
	}, audit.ErrUnavailable)
}
