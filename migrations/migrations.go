// Package migrations makes and brings up to date the tables of the service's own
// database: consent and the audit trail.
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
)

//go:embed *.sql
var files embed.FS

// ErrNewer says the database was made by a newer release than this one.
var ErrNewer = errors.New("the database is newer than this program")

// lock is held by whoever migrates. The number is ours alone: "care" in ASCII.
const lock = 0x63617265

// A step is one file. Its place in the order of names is its version.
type step struct {
	version int
	name    string
	sql     string
	digest  string
}

// Apply runs the steps that the database does not have yet, each in a
// transaction of its own. It may run on several instances at once; the others
// wait. The connection's role must own the database or be allowed to create
// schemas and the role carerecord_service, of which the service's own login must
// be a member. A step that was changed after it ran is an error, and so is a
// database newer than the program (ErrNewer).
func Apply(ctx context.Context, conn *pgx.Conn) error {
	steps, err := read()
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, lock); err != nil {
		return fmt.Errorf("waiting for other migrations: %w", err)
	}
	defer conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, lock)
	done, err := applied(ctx, conn)
	if err != nil {
		return err
	}
	if len(done) > len(steps) {
		return fmt.Errorf("%w: it has migration %d, this program ends at %d", ErrNewer, len(done), len(steps))
	}
	for _, s := range steps {
		if s.version > len(done) {
			if err := s.run(ctx, conn); err != nil {
				return fmt.Errorf("migration %s: %w", s.name, err)
			}
		} else if done[s.version-1] != s.digest {
			return fmt.Errorf("migration %s was changed after it had run", s.name)
		}
	}
	return nil
}

// read is the steps in order; fs.ReadDir sorts by name.
func read() ([]step, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	var steps []step
	for i, entry := range entries {
		text, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, err
		}
		digest := sha256.Sum256(text)
		steps = append(steps, step{i + 1, entry.Name(), string(text), hex.EncodeToString(digest[:])})
	}
	return steps, nil
}

// applied is the digests of the steps the database has, in order.
func applied(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	_, err := conn.Exec(ctx, `
		CREATE TABLE IF NOT EXISTS public.carerecord_migration (
			version    int PRIMARY KEY,
			name       text NOT NULL,
			digest     text NOT NULL,
			applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
		)`)
	if err != nil {
		return nil, fmt.Errorf("making the table of migrations: %w", err)
	}
	rows, err := conn.Query(ctx, `SELECT digest FROM public.carerecord_migration ORDER BY version`)
	if err != nil {
		return nil, fmt.Errorf("reading the table of migrations: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (s step) run(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, s.sql); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO public.carerecord_migration (version, name, digest) VALUES ($1, $2, $3)`,
			s.version, s.name, s.digest)
		return err
	})
}
