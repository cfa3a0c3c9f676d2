package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"carerecord/datasources/acute"
	"carerecord/datasources/demographics"
	"carerecord/datasources/gp"
	"carerecord/datasources/mentalhealth"
	"carerecord/datasources/socialcare"
	"carerecord/internal/consent"
	"carerecord/internal/load"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/migrations"
)

const (
	ownDatabase = "carerecord"
	serviceRole = "carerecord_login"  // of the service, on its own database
	readerRole  = "carerecord_reader" // of the service, on the sources: it may only SELECT
	ownerRole   = "carerecord_owner"  // of the source databases, for loading
)

// database is the name of a source's database.
func database(s load.Source) string {
	return strings.ToLower(string(s.Sector) + "_" + s.ODS)
}

// viewsOf is the SQL of each sector's source views.
var viewsOf = map[record.Sector]string{
	record.Demographics: demographics.Views,
	record.Acute:        acute.Views,
	record.GP:           gp.Views,
	record.MentalHealth: mentalhealth.Views,
	record.SocialCare:   socialcare.Views,
}

var comment = regexp.MustCompile(`--[^\n]*|\s+`)

// views is a digest of the source views, whatever their comments say.
func views() string {
	digest := sha256.New()
	for _, s := range load.Sources() {
		fmt.Fprintln(digest, database(s), comment.ReplaceAllString(viewsOf[s.Sector], " "))
	}
	return hex.EncodeToString(digest.Sum(nil)[:16])
}

// make makes the databases and the residents. The last thing it writes is that all
// of it is there.
func (d *Demo) make(ctx context.Context, o Options, people <-chan made) error {
	o.Progress(Progress{Step: "making the databases of the sources"})
	if err := d.step("make the roles", func() error { return d.makeRoles(ctx) }); err != nil {
		return err
	}
	if err := d.step("make the databases", func() error { return d.makeDatabases(ctx) }); err != nil {
		return err
	}
	o.Progress(Progress{Step: "making the residents"})
	made := <-people
	d.Steps = append(d.Steps, Step{"make the residents (meanwhile)", made.took})
	if made.err != nil {
		return fmt.Errorf("make the residents: %w", made.err)
	}
	if err := d.step("load the residents", func() error { return d.loadResidents(ctx, made.people, o.Progress) }); err != nil {
		return err
	}
	return d.step("settle", func() error { return d.settle(ctx) })
}

// made is what sample makes.
type made struct {
	people []load.Person
	err    error
	took   time.Duration
}

// residents makes the residents while PostgreSQL is busy with the disk.
func residents(today time.Time) <-chan made {
	people := make(chan made, 1)
	go func() {
		began := time.Now()
		residents, err := sample.Residents(today)
		people <- made{residents, err, time.Since(began)}
	}()
	return people
}

// makeRoles makes the logins, and drops what a start that was cut short left.
func (d *Demo) makeRoles(ctx context.Context) error {
	err := d.admin(ctx, "postgres", func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'`)
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, name := range names {
			if _, err := conn.Exec(ctx, `DROP DATABASE `+quoted(name)+` WITH (FORCE)`); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, role := range []string{serviceRole, readerRole, ownerRole} {
		if err := d.server.CreateRole(ctx, role); err != nil {
			return err
		}
	}
	return d.admin(ctx, "postgres", func(conn *pgx.Conn) error {
		// What is loaded is settled at the end, all at once.
		_, err := conn.Exec(ctx, `
			ALTER ROLE `+ownerRole+` SET synchronous_commit = off;
			ALTER ROLE `+readerRole+` SET default_transaction_read_only = on;
			ALTER ROLE `+serviceRole+` SET synchronous_commit = on`)
		return err
	})
}

// makeDatabases makes the service's database and those of the sources, a few at once.
func (d *Demo) makeDatabases(ctx context.Context) error {
	bySector := map[record.Sector][]load.Source{}
	for _, s := range load.Sources() {
		bySector[s.Sector] = append(bySector[s.Sector], s)
	}
	work, ctx := errgroup.WithContext(ctx)
	for _, sources := range bySector {
		work.Go(func() error { return d.makeSector(ctx, sources) })
	}
	work.Go(func() error { return d.makeOwn(ctx) })
	return work.Wait()
}

// makeSector makes the first database of a sector with its views; the others are
// copies of it.
func (d *Demo) makeSector(ctx context.Context, sources []load.Source) error {
	first := database(sources[0])
	if err := d.createDatabase(ctx, first, "template0"); err != nil {
		return err
	}
	err := with(ctx, d.server.DSN(first, ownerRole), func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, viewsOf[sources[0].Sector]+`;
			GRANT SELECT ON ALL TABLES IN SCHEMA public TO `+readerRole+`;
			ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO `+readerRole)
		return err
	})
	if err != nil {
		return fmt.Errorf("the views of %s: %w", sources[0].Sector, err)
	}
	for _, s := range sources[1:] {
		if err := d.createDatabase(ctx, database(s), first); err != nil {
			return err
		}
	}
	return nil
}

func (d *Demo) createDatabase(ctx context.Context, name, template string) error {
	return d.admin(ctx, "postgres", func(conn *pgx.Conn) error {
		if err := unused(ctx, conn, template); err != nil {
			return err
		}
		for _, sql := range []string{
			`CREATE DATABASE ` + quoted(name) + ` OWNER ` + ownerRole + ` TEMPLATE ` + quoted(template) + d.strategy,
			`REVOKE ALL ON DATABASE ` + quoted(name) + ` FROM PUBLIC`,
			`GRANT CONNECT ON DATABASE ` + quoted(name) + ` TO ` + readerRole,
		} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return fmt.Errorf("database %s: %w", name, err)
			}
		}
		return nil
	})
}

// unused waits until nobody is connected to a template: a server process ends a
// moment after its connection, and CREATE DATABASE would wait in steps of 100 ms.
func unused(ctx context.Context, conn *pgx.Conn, template string) error {
	for range 400 {
		var users int
		err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = $1`, template).Scan(&users)
		if err != nil || users == 0 {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

// makeOwn makes the service's own database.
func (d *Demo) makeOwn(ctx context.Context) error {
	err := d.admin(ctx, "postgres", func(conn *pgx.Conn) error {
		for _, sql := range []string{
			`CREATE DATABASE ` + ownDatabase + ` TEMPLATE template0`,
			`REVOKE ALL ON DATABASE ` + ownDatabase + ` FROM PUBLIC`,
			`GRANT CONNECT ON DATABASE ` + ownDatabase + ` TO ` + serviceRole,
		} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.admin(ctx, ownDatabase, func(conn *pgx.Conn) error {
		if err := migrations.Apply(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, `
			GRANT `+consent.Role+` TO `+serviceRole+`;
			GRANT TEMPORARY ON DATABASE `+ownDatabase+` TO `+consent.Role) // for what is loaded many rows at a time
		return err
	})
}

// loadResidents writes the residents, a few dozen at a time.
func (d *Demo) loadResidents(ctx context.Context, people []load.Person, progress func(Progress)) error {
	writer, closePools, err := d.writer(ctx, true)
	if err != nil {
		return err
	}
	defer closePools()
	done := 0
	for batch := range slices.Chunk(people, 32) {
		refused, err := writer.Write(ctx, batch)
		if err != nil {
			return err
		}
		for _, r := range refused {
			return r.Err
		}
		done += len(batch)
		progress(Progress{Step: "making the residents", Done: int64(done), Total: int64(len(people)), Unit: "residents"})
	}
	return nil
}

// settle gathers what the planner needs to know and writes that all is there. Its
// commit waits for the disk, and the log of a cluster is one: what was written
// before is then there too.
func (d *Demo) settle(ctx context.Context) error {
	work, each := errgroup.WithContext(ctx)
	work.SetLimit(2)
	for _, s := range load.Sources() {
		work.Go(func() error {
			return with(each, d.server.DSN(database(s), ownerRole), func(conn *pgx.Conn) error {
				_, err := conn.Exec(each, analyse)
				return err
			})
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	return d.admin(ctx, ownDatabase, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `
			ANALYZE consent.person, consent.directive, consent.relationship;
			CREATE SCHEMA demo;
			CREATE TABLE demo.state (views text NOT NULL);
			INSERT INTO demo.state VALUES ('`+views()+`')`)
		return err
	})
}

// analyse looks at the relations that hold anything; most of a small source are
// empty, and the catalogue is as PostgreSQL made it.
const analyse = `
DO $$
DECLARE relation regclass;
BEGIN
	FOR relation IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0 LOOP
		EXECUTE 'ANALYZE ' || relation;
	END LOOP;
END
$$`

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
