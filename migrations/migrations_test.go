package migrations_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"carerecord/internal/pgtest"
	"carerecord/migrations"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func apply(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return migrations.Apply(ctx, conn)
}

func TestSeveralInstancesAtOnce(t *testing.T) {
	db := pgtest.New(t)
	var instances sync.WaitGroup
	for range 6 {
		instances.Go(func() {
			if err := apply(t.Context(), db.DSN("")); err != nil {
				t.Error(err)
			}
		})
	}
	instances.Wait()
	if err := apply(t.Context(), db.DSN("")); err != nil {
		t.Errorf("again: %v", err)
	}
}

func TestTwoDatabasesOfOneServerAtOnce(t *testing.T) {
	var instances sync.WaitGroup
	for range 4 {
		db := pgtest.New(t)
		instances.Go(func() {
			if err := apply(t.Context(), db.DSN("")); err != nil {
				t.Error(err)
			}
		})
	}
	instances.Wait()
}

func TestDatabasesThatDoNotFit(t *testing.T) {
	db := pgtest.New(t)
	if err := apply(t.Context(), db.DSN("")); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `INSERT INTO carerecord_migration (version, name, digest) VALUES (1000, 'later', '')`)
	if err := apply(t.Context(), db.DSN("")); !errors.Is(err, migrations.ErrNewer) {
		t.Errorf("a newer database: %v", err)
	}
	db.Exec(t, `DELETE FROM carerecord_migration WHERE version = 1000; UPDATE carerecord_migration SET digest = 'other' WHERE version = 1`)
	if err := apply(t.Context(), db.DSN("")); err == nil || !strings.Contains(err.Error(), "0001_consent.sql was changed") {
		t.Errorf("a changed step: %v", err)
	}
}

func TestServiceRoleMayNot(t *testing.T) {
	db := pgtest.New(t)
	if err := apply(t.Context(), db.DSN("")); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `
		INSERT INTO consent.person (nhs_number, restricted) VALUES ('9990000018', false);
		INSERT INTO consent.directive (nhs_number, received_on, channel, requested_by, recorded_by)
		VALUES ('9990000018', '2026-01-01', 'PAPER_FORM', 'SELF', '{}');
		SELECT * FROM audit.append(true, '{9990000018}', '{0}', '{u}', '{RAL}', '{SHOWN}', ARRAY['"patient":"9990000018"}'])`)
	pool := db.Pool(t)
	for _, statement := range []string{
		`UPDATE audit.event SET patient = ''`,
		`DELETE FROM audit.event`,
		`TRUNCATE audit.event`,
		`INSERT INTO audit.event (sequence, recorded_at, hash, patient, subject, ods_code, event) SELECT 9, now(), hash, '', '', '', '{}' FROM audit.head`,
		`UPDATE audit.head SET sequence = 0`,
		`DELETE FROM audit.head`,
		`DELETE FROM consent.directive`,
		`TRUNCATE consent.directive`,
		`UPDATE consent.directive SET effective_from = now() + interval '1 year'`,
		`UPDATE consent.person SET version = 1`,
		`DELETE FROM consent.person`,
		`SELECT consent.bump('{9990000018}')`,
		`CREATE TABLE consent.mine (a int)`,
		`ALTER TABLE audit.event DISABLE TRIGGER ALL`,
		`DROP TABLE audit.event`,
	} {
		for _, as := range []string{"carerecord_service", ""} {
			tx, err := pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if as != "" {
				_, err = tx.Exec(t.Context(), `SET LOCAL ROLE `+as)
			}
			if err == nil {
				_, err = tx.Exec(t.Context(), statement)
			}
			// The owner may do much, but the trail and the objections are kept by triggers too.
			kept := as != "" || strings.Contains(statement, "audit.event SET") || strings.HasPrefix(statement, "DELETE FROM audit") ||
				strings.HasPrefix(statement, "TRUNCATE") || strings.Contains(statement, "consent.directive")
			if kept && (err == nil || !strings.Contains(err.Error(), "42501")) {
				t.Errorf("%q as %q: %v", statement, as, err)
			}
			tx.Rollback(t.Context())
		}
	}
}

// An end that is to come is brought forward and no more: it is not put off, nothing is said to have
// ended before, and what was said of the later end stays.
func TestAnEndToComeIsBroughtForward(t *testing.T) {
	db := pgtest.New(t)
	if err := apply(t.Context(), db.DSN("")); err != nil {
		t.Fatal(err)
	}
	pool := db.Pool(t)
	for _, c := range []struct{ from, until, to, more, want string }{
		{"-2 hours", "1 hour", "0", "", "brought forward"},
		{"-2 hours", "1 hour", "30 minutes", "", "brought forward"},
		{"1 hour", "2 hours", "1 hour", "", "brought forward"},
		{"-2 hours", "1 hour", "2 hours", "", "kept"},
		{"-2 hours", "1 hour", "-1 hour", "", "kept"},
		{"-2 hours", "-1 hour", "-90 minutes", "", "kept"},
		{"-2 hours", "-1 hour", "0", "", "kept"},
		{"-2 hours", "1 hour", "0", ", note = 'another'", "kept"},
	} {
		tx, err := pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err = tx.Exec(t.Context(), `
			INSERT INTO consent.directive (nhs_number, received_on, effective_from, channel, requested_by, recorded_by, withdrawn_at, withdrawal)
			SELECT '9990000018', current_date, now() + $1::interval, 'PAPER_FORM', 'SELF', '{}', now() + $2::interval, '{"note": "first"}'`, c.from, c.until); err != nil {
			t.Fatal(err)
		}
		var kept bool
		err = tx.QueryRow(t.Context(), `
			UPDATE consent.directive SET withdrawn_at = now() + $2::interval, withdrawal = '{"note": "second"}'`+c.more+`
			RETURNING withdrawn_at = now() + $2::interval AND withdrawal ->> 'note' = 'second' AND withdrawal #>> '{insteadOf,withdrawal,note}' = 'first'
			      AND (withdrawal #>> '{insteadOf,withdrawnAt}')::timestamptz = now() + $1::interval`, c.until, c.to).Scan(&kept)
		switch {
		case c.want == "brought forward" && (err != nil || !kept):
			t.Errorf("from %s to %s: what was said before is kept %t, %v", c.until, c.to, kept, err)
		case c.want == "kept" && (err == nil || !strings.Contains(err.Error(), "42501")):
			t.Errorf("from %s to %s%s: %v", c.until, c.to, c.more, err)
		}
		tx.Rollback(t.Context())
	}
}
