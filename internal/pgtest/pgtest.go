// Package pgtest gives each test a PostgreSQL database of its own.
//
// The tests of one binary share an embedded server, started by the first that
// asks and stopped by Main. A package that uses it has
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
// Nothing is skipped: where PostgreSQL cannot be had, the test fails and says
// how to get it.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"carerecord/internal/embedded"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Main runs the tests, stops the servers they used, and exits.
func Main(m *testing.M) {
	embedded.Main()
	code := m.Run()
	for _, s := range []*shared{&fast, &durable} {
		if err := s.close(); err != nil {
			fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// A Database is fresh when a test gets it and dropped when the test ends.
type Database struct {
	Name   string
	Server *embedded.Server

	shared *shared
}

// New makes an empty database on a server that trades durability for speed.
func New(t testing.TB) *Database {
	t.Helper()
	return fast.database(t, "template0")
}

// Durable makes an empty database on a server that keeps what it was told
// through a crash, as the service's own must.
func Durable(t testing.TB) *Database {
	t.Helper()
	return durable.database(t, "template0")
}

// Template makes a database that is a copy of one that build made. build runs
// once in a test binary for each name, as the superuser; migrations go there.
func Template(t testing.TB, name string, build func(dsn string) error) *Database {
	t.Helper()
	template, err := fast.template(t.Context(), name, build)
	if err != nil {
		t.Fatalf("build the template %s: %v", name, err)
	}
	return fast.database(t, template)
}

// DSN returns the database's address for a role; the superuser if that is empty.
func (d *Database) DSN(role string) string {
	if role == "" {
		role = embedded.Superuser
	}
	return d.Server.DSN(d.Name, role)
}

// Pool opens a pool on the database as the superuser, closed when the test ends.
func (d *Database) Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return d.PoolAs(t, "")
}

// PoolAs opens a pool on the database as a role, closed when the test ends.
func (d *Database) PoolAs(t testing.TB, role string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), d.DSN(role))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Exec runs SQL, one statement or several in one transaction, as the superuser. It runs it again where it and
// whoever else is at work waited for each other, and PostgreSQL gave this one up.
func (d *Database) Exec(t testing.TB, sql string) {
	t.Helper()
	for tries := 1; ; tries++ {
		err := execute(t.Context(), d.DSN(""), sql)
		if err == nil {
			return
		}
		var refusal *pgconn.PgError
		if tries == 5 || !errors.As(err, &refusal) || refusal.Code != deadlock {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
}

// deadlock is deadlock_detected.
const deadlock = "40P01"

// Reader makes a role that may log in and read every table there is and will
// be, in the schemas there are now, and nothing more. It returns the role's name, for DSN and PoolAs.
func (d *Database) Reader(t testing.TB) string {
	t.Helper()
	role := fmt.Sprintf("%s_reader%d", d.Name, d.shared.next.Add(1))
	if err := d.Server.CreateRole(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.dropRole(t, role) })
	d.Exec(t, fmt.Sprintf(grantRead, role))
	return role
}

// grantRead lets %[1]s read in every schema that is not PostgreSQL's own.
const grantRead = `
ALTER ROLE %[1]s SET default_transaction_read_only = on;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO %[1]s;
REVOKE CREATE ON SCHEMA public FROM PUBLIC; -- as it is from version 15 on
DO $$
DECLARE
	name text;
BEGIN
	FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
		EXECUTE format('GRANT USAGE ON SCHEMA %%I TO %[1]s', name);
		EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %%I TO %[1]s', name);
	END LOOP;
END $$`

func (d *Database) dropRole(t testing.TB, role string) {
	ctx, cancel := ending(t)
	defer cancel()
	sql := fmt.Sprintf(`DROP OWNED BY %[1]s; DROP ROLE %[1]s`, role)
	if err := execute(ctx, d.DSN(""), sql); err != nil {
		t.Errorf("drop the role %s: %v", role, err)
	}
}

// shared is a server that the tests of one binary have in common.
type shared struct {
	volatile  bool
	start     sync.Once
	server    *embedded.Server
	err       error
	admin     admin
	next      atomic.Int64
	mu        sync.Mutex
	templates map[string]*template
}

var (
	fast    = shared{volatile: true}
	durable = shared{}
)

// up returns the server, starting it the first time. The server outlives the
// test that asks first, so the context is not that test's.
func (s *shared) up() (*embedded.Server, error) {
	s.start.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		s.server, s.err = embedded.Start(ctx, embedded.Options{Volatile: s.volatile, Memory: true})
	})
	return s.server, s.err
}

func (s *shared) close() error {
	s.start.Do(func() {}) // nobody asked, and nobody will
	if s.server == nil {
		return nil
	}
	return errors.Join(s.admin.close(), s.server.Stop())
}

func (s *shared) database(t testing.TB, template string) *Database {
	t.Helper()
	server, err := s.up()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	d := &Database{Name: fmt.Sprintf("test%d", s.next.Add(1)), Server: server, shared: s}
	if err := s.admin.execute(t.Context(), server.AdminDSN("postgres"), create(server, d.Name, template)); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() { d.drop(t) })
	return d
}

// create copies a template's files as they are, which takes a third of the time that the
// log of every page takes. Before version 15 there was no other way.
func create(server *embedded.Server, name, template string) string {
	sql := fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s`, identifier(name), identifier(template))
	if server.Major() < 15 {
		return sql
	}
	return sql + ` STRATEGY file_copy`
}

func (d *Database) drop(t testing.TB) {
	ctx, cancel := ending(t)
	defer cancel()
	sql := fmt.Sprintf(`DROP DATABASE %s WITH (FORCE)`, identifier(d.Name))
	if err := d.shared.admin.execute(ctx, d.Server.AdminDSN("postgres"), sql); err != nil {
		t.Errorf("drop the database %s: %v", d.Name, err)
	}
}

// ending is the context of what is done after a test, whose own is over.
func ending(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
}

func identifier(name string) string { return pgx.Identifier{name}.Sanitize() }

func execute(ctx context.Context, dsn, sql string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}
