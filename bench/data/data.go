// Package data fills databases for the benchmark: one for each sector's source and the
// service's own, with as many made-up residents as are wanted, the same for a seed and a
// day every time.
package data

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"carerecord/datasources/acute"
	"carerecord/datasources/demographics"
	"carerecord/datasources/gp"
	"carerecord/datasources/mentalhealth"
	"carerecord/datasources/socialcare"
	"carerecord/internal/consent"
	"carerecord/internal/embedded"
	"carerecord/internal/record"
	"carerecord/migrations"
)

// The organisations of the benchmark. All residents are registered with Practice.
const (
	Practice = "F83999"

	hospital = "RAL"
	host     = "X2GPA" // of the practice's system
	trust    = "G6V2S"
	council  = "X1BAR"
	national = "X26"
)

// Options say what is made. Residents and Today are required.
type Options struct {
	Residents int
	Seed      uint64
	Today     record.Date // the day of the data: nothing is later
	Volatile  bool        // the server is one that may lose what it committed
	Most      int         // of any kind of entry that a resident has of one source; 0 for as many as there are
}

// A World is everything a server of the benchmark needs to know of the databases.
type World struct {
	Own      string   // the service's own database, for its login
	Sources  []Source // demographics first
	Volatile bool     // the own database may lose what it committed
}

// A Source is a source database, for a login that may only read.
type Source struct {
	Sector record.Sector
	ODS    string
	DSN    string
}

const (
	ownDatabase = "bench_own"
	serviceRole = "bench_login"
	readerRole  = "bench_reader"
	maintenance = "postgres" // every server has it
)

// sources lists the sources with the SQL of their views and what they call their systems.
var sources = []struct {
	sector             record.Sector
	ods, views, system string
}{
	{record.Demographics, national, demographics.Views, "Demographics service"},
	{record.Acute, hospital, acute.Views, "Hospital electronic patient record"},
	{record.GP, host, gp.Views, "EMIS-style host"},
	{record.MentalHealth, trust, mentalhealth.Views, "Mental health electronic patient record"},
	{record.SocialCare, council, socialcare.Views, "Adult social care case system"},
}

func database(sector record.Sector) string { return "bench_" + strings.ToLower(string(sector)) }

// Make makes the databases and the residents in them.
func Make(ctx context.Context, server *embedded.Server, o Options) (World, error) {
	for _, role := range []string{serviceRole, readerRole} {
		if err := server.CreateRole(ctx, role); err != nil {
			return World{}, fmt.Errorf("make the role %s: %w", role, err)
		}
	}
	work, working := errgroup.WithContext(ctx)
	work.SetLimit(2)
	work.Go(func() error { return makeOwn(working, server, o) })
	for _, s := range sources {
		work.Go(func() error {
			if err := makeSource(working, server, o, s.sector, s.views, s.system); err != nil {
				return fmt.Errorf("make the source %s: %w", s.sector, err)
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return World{}, err
	}
	// What was committed without waiting for the disk is there before anybody says that it is.
	if err := with(ctx, server, maintenance, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `CHECKPOINT`)
		return err
	}); err != nil {
		return World{}, fmt.Errorf("bring what was made to disk: %w", err)
	}
	return Of(server, o.Volatile), nil
}

// Remove removes what Make made on a server, or a part of it.
func Remove(ctx context.Context, server *embedded.Server) error {
	return with(ctx, server, maintenance, func(conn *pgx.Conn) error {
		names := []string{ownDatabase}
		for _, s := range sources {
			names = append(names, database(s.sector))
		}
		for _, name := range names {
			if _, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS `+name); err != nil {
				return fmt.Errorf("remove %s: %w", name, err)
			}
		}
		return nil
	})
}

// Migrate brings the service's own database, which Make made, up to date. An error where that cannot be done, since a
// migration has changed.
func Migrate(ctx context.Context, server *embedded.Server) error {
	return with(ctx, server, ownDatabase, func(conn *pgx.Conn) error { return migrations.Apply(ctx, conn) })
}

// Of is the world that Make made on a server.
func Of(server *embedded.Server, volatile bool) World {
	w := World{Own: server.DSN(ownDatabase, serviceRole), Volatile: volatile}
	for _, s := range sources {
		w.Sources = append(w.Sources, Source{s.sector, s.ods, server.DSN(database(s.sector), readerRole)})
	}
	return w
}

// OwnCopy makes a copy of the service's own database that Make made, while nobody is connected to it: for a server that keeps a trail
// of its own. It gives its address.
func OwnCopy(ctx context.Context, server *embedded.Server, name string) (dsn string, err error) {
	copied := ownDatabase + "_" + name
	return server.DSN(copied, serviceRole), with(ctx, server, maintenance, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{copied}.Sanitize()+` TEMPLATE `+ownDatabase)
		return err
	})
}

// makeSource makes a source in one transaction: rows that are copied into a table of their
// own transaction need not be written to the log beside, nor looked at again by VACUUM. Indexes come after the rows.
func makeSource(ctx context.Context, server *embedded.Server, o Options, sector record.Sector, views, system string) error {
	return with(ctx, server, database(sector), func(conn *pgx.Conn) error {
		indexes := strings.Join(index.FindAllString(views, -1), "\n")
		if _, err := conn.Exec(ctx, `SET maintenance_work_mem = '256MB'; BEGIN; `+index.ReplaceAllString(views, "")+`; GRANT SELECT ON ALL TABLES IN SCHEMA public TO `+readerRole); err != nil {
			return err
		}
		if err := fill(ctx, conn, o, tablesOf[sector], system, "WITH (FREEZE)"); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, indexes+`; COMMIT`); err != nil {
			return fmt.Errorf("make the indexes: %w", err)
		}
		return analyse(ctx, conn, tablesOf[sector])
	})
}

// index is a statement that makes one.
var index = regexp.MustCompile(`(?m)^CREATE (?:UNIQUE )?INDEX [^;]*;`)

// makeOwn makes the service's own database. Its triggers are for changes; what is
// copied here has a version already.
func makeOwn(ctx context.Context, server *embedded.Server, o Options) error {
	return with(ctx, server, ownDatabase, func(conn *pgx.Conn) error {
		if err := migrations.Apply(ctx, conn); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, `GRANT `+consent.Role+` TO `+serviceRole+`; SET session_replication_role = replica`); err != nil {
			return err
		}
		if err := fill(ctx, conn, o, consentTables, "", ""); err != nil {
			return err
		}
		return analyse(ctx, conn, consentTables)
	})
}

// fill copies every resident into each table, in the order of the patients.
func fill(ctx context.Context, conn *pgx.Conn, o Options, tables []table, system, how string) error {
	if _, err := conn.Exec(ctx, `SET synchronous_commit = off`); err != nil {
		return err
	}
	numbers, days := Numbers(o.Residents), daysBefore(o.Today)
	for _, t := range tables {
		from, to := io.Pipe()
		go func() { to.CloseWithError(writeLines(to, t, o, numbers, days, system)) }() // ends with the copy
		_, err := conn.PgConn().CopyFrom(ctx, from, `COPY `+t.name+` (`+t.columns+`) FROM STDIN `+how)
		from.CloseWithError(errors.New("the copy has ended"))
		if err != nil {
			return fmt.Errorf("copy %s: %w", t.name, err)
		}
	}
	return nil
}

func analyse(ctx context.Context, conn *pgx.Conn, tables []table) error {
	for _, t := range tables {
		if _, err := conn.Exec(ctx, `VACUUM ANALYZE `+t.name); err != nil {
			return fmt.Errorf("analyse %s: %w", t.name, err)
		}
	}
	return nil
}

// Version is a digest of what Make makes, but for how many residents and of which day: the relations of
// all sources, and what a resident's rows look like.
func Version(o Options) string {
	digest := sha256.New()
	numbers, days := Numbers(20), daysBefore("2026-01-01")
	for _, s := range sources {
		io.WriteString(digest, s.views)
		for _, t := range tablesOf[s.sector] {
			io.WriteString(digest, t.name+t.columns)
			_ = writeLines(digest, t, o, numbers, days, s.system) // a digest takes everything
		}
	}
	for _, t := range consentTables {
		io.WriteString(digest, t.name+t.columns)
		_ = writeLines(digest, t, o, numbers, days, "")
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// writeLines writes one table's lines. Two sources' tables of one name differ.
func writeLines(to io.Writer, t table, o Options, numbers []record.NHSNumber, days []string, system string) error {
	digest := fnv.New64a()
	digest.Write([]byte(system))
	r := &resident{seed: o.Seed ^ digest.Sum64(), days: days, most: o.Most}
	if system == sources[0].system || system == "" {
		r.seed = o.Seed // who somebody is, demographics and our register agree on
	}
	for i, number := range numbers {
		r.index, r.number = i, string(number)
		t.write(r, system)
		if len(r.line) > 64<<10 || i == len(numbers)-1 {
			if _, err := io.Copy(to, bytes.NewReader(r.line)); err != nil {
				return err
			}
			r.line = r.line[:0]
		}
	}
	return nil
}

// with makes a database and does something in it as the superuser.
func with(ctx context.Context, server *embedded.Server, name string, do func(*pgx.Conn) error) error {
	if err := server.CreateDatabase(ctx, name, embedded.Superuser); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, server.AdminDSN(name))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return do(conn)
}
