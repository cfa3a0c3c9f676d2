package consent_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/consent"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
)

// An objection under an old number that is being linked meanwhile gives the current number a new version, whichever of
// the two is first: what was decided before it is not let through.
func TestAnObjectionWhileNumbersAreLinked(t *testing.T) {
	for name, test := range map[string]struct {
		load consent.Load
		link string
		args []any
		of   record.NHSNumber
	}{
		"two people become one": {
			consent.Load{People: []consent.Person{person(one), person(two)}, Relationships: []consent.Relationship{stay(two, "RAL")}},
			`UPDATE consent.person SET superseded_by = $2 WHERE nhs_number = $1`, []any{string(one), string(two)}, two,
		},
		"an old number becomes known": {
			consent.Load{People: []consent.Person{person(two)}, Relationships: []consent.Relationship{stay(two, "RAL")}},
			`INSERT INTO consent.person (nhs_number, superseded_by, restricted) VALUES ($1, $2, false)`, []any{string(one), string(two)}, two,
		},
		"something else changes": {
			consent.Load{People: []consent.Person{person(one)}, Relationships: []consent.Relationship{stay(one, "RAL")}},
			`INSERT INTO consent.relationship (nhs_number, ods_code, kind, started_at) VALUES ($1, 'RAP', 'STAY', now())`, []any{string(one)}, one,
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := database(t)
			store, pool := open(t, db)
			put(t, store, test.load)
			link, err := pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := link.Exec(t.Context(), test.link, test.args...); err != nil {
				t.Fatal(err)
			}
			written, finish, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			go func() {
				_, _, err := store.RecordOptOut(context.Background(), objection(one, time.Time{}), func(pgx.Tx, consent.Directive) error {
					close(written)
					<-finish
					return nil
				})
				ended <- err
			}()
			waits(t, db)
			if err := link.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			<-written
			before, err := store.Facts(t.Context(), doctor, []string{"RAL"}, []record.NHSNumber{test.of})
			if err != nil {
				t.Fatal(err)
			}
			decided := consent.Decide(doctor, before[test.of], consent.Default(), []string{"RAL"}, before[test.of].ReadAt)
			close(finish)
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			var version int64
			if err := pool.QueryRow(t.Context(), `SELECT version FROM consent.person WHERE nhs_number = $1`, string(decided.Patient)).Scan(&version); err != nil {
				t.Fatal(err)
			}
			if decided.Outcome == consent.Shown && version == decided.Version {
				t.Errorf("decided to be shown at version %d, which is the version under the objection", version)
			}
		})
	}
}

// waits returns when somebody waits for what another has under way in the database.
func waits(t *testing.T, db *pgtest.Database) {
	t.Helper()
	pool := db.Pool(t)
	for waits := false; !waits; {
		if err := pool.QueryRow(t.Context(), "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
}

// Changes of different people go on beside each other, and a link waits for them.
func TestChangesDoNotWaitForEachOther(t *testing.T) {
	db := database(t)
	store, pool := open(t, db)
	put(t, store, consent.Load{People: []consent.Person{person(one), person(two), person(three)}})
	first, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Rollback(context.WithoutCancel(t.Context()))
	const change = `INSERT INTO consent.relationship (nhs_number, ods_code, kind, started_at) VALUES ($1, 'RAP', 'STAY', now())`
	if _, err := first.Exec(t.Context(), change, string(one)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := pool.Exec(ctx, change, string(two)); err != nil {
		t.Errorf("another's change: %v", err)
	}
	linked := make(chan error, 1)
	go func() {
		_, err := pool.Exec(ctx, `UPDATE consent.person SET superseded_by = $2 WHERE nhs_number = $1`, string(two), string(three))
		linked <- err
	}()
	waits(t, db) // the link, since it can be nobody else
	select {
	case err := <-linked:
		t.Errorf("a link did not wait for a change under way: %v", err)
	default:
	}
	if err := first.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-linked; err != nil {
		t.Error(err)
	}
}
