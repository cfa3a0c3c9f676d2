package wiretest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/pgtest"
	"carerecord/internal/wiretest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// A prepared statement, a pipeline of three, a long value full of every type's letter and a
// statement of the simple protocol are each counted as what they are.
func TestMessagesAreCounted(t *testing.T) {
	p := wiretest.New(t, pgtest.New(t).DSN(""))
	conn := connect(t, p.DSN())
	said := func(do func() error) wiretest.Messages {
		t.Helper()
		before := p.Count()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		return p.Count().Since(before)
	}
	expect := func(what string, m wiretest.Messages, parses, binds, syncs, queries int) {
		t.Helper()
		if m['P'] != parses || m['B'] != binds || m.Syncs() != syncs || m.Queries() != queries {
			t.Errorf("%s: %d Parse, %d Bind, %d Sync, %d Query", what, m['P'], m['B'], m.Syncs(), m.Queries())
		}
	}
	ctx := t.Context()
	expect("prepare", said(func() error { _, err := conn.Prepare(ctx, "one", "SELECT $1::text"); return err }), 1, 0, 1, 0)
	var back string
	long := strings.Repeat("SQPBEDCHXpdcfF\x01", 200_000)
	expect("execute", said(func() error { return conn.QueryRow(ctx, "one", long).Scan(&back) }), 0, 1, 1, 0)
	if back != long {
		t.Error("a long value does not come back as it was")
	}
	expect("pipeline", said(func() error {
		batch := &pgx.Batch{}
		for range 3 {
			batch.Queue("one", "x")
		}
		return conn.SendBatch(ctx, batch).Close()
	}), 0, 3, 1, 0)
	expect("simple", said(func() error { _, err := conn.PgConn().Exec(ctx, "SELECT 1; SELECT 2").ReadAll(); return err }), 0, 0, 0, 1)
	other := connect(t, p.DSN())
	if err := other.QueryRow(ctx, "SELECT 'S'").Scan(&back); err != nil {
		t.Fatal(err)
	}
	if each := p.Connections(); len(each) != 2 || each[0].Queries() != 1 || each[1].Queries() != 0 {
		t.Errorf("%d connections", len(each))
	}
}

// Whoever prefers TLS is told that there is none, and those that insist get no connection.
func TestTLSIsRefused(t *testing.T) {
	p := wiretest.NewTCP(t, pgtest.New(t).DSN(""))
	plain := strings.Replace(p.DSN(), "sslmode=disable", "sslmode=prefer", 1)
	if plain == p.DSN() || !strings.Contains(plain, "127.0.0.1") {
		t.Fatal("not the DSN that was expected")
	}
	if err := connect(t, plain).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := pgx.Connect(t.Context(), strings.Replace(plain, "prefer", "require", 1)); err == nil {
		t.Error("connected with TLS")
	}
}

func TestDownAndUp(t *testing.T) {
	p := wiretest.New(t, pgtest.New(t).DSN(""))
	conn := connect(t, p.DSN())
	p.Down()
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("a connection is still open")
	}
	if _, err := pgx.Connect(t.Context(), p.DSN()); err == nil {
		t.Error("it takes connections")
	}
	p.Up(t)
	if err := connect(t, p.DSN()).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSwallow(t *testing.T) {
	p := wiretest.New(t, pgtest.New(t).DSN(""))
	pool, err := pgxpool.New(t.Context(), p.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Swallow(true)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := pool.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ping: %v", err)
	}
	p.Swallow(false)
	if err := connect(t, p.DSN()).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// What was stranded stays silent beside connections that are served.
func TestStrand(t *testing.T) {
	p := wiretest.New(t, pgtest.New(t).DSN(""))
	conn := connect(t, p.DSN())
	p.Swallow(true)
	stuck := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	go func() { stuck <- conn.Ping(ctx) }()
	for end := time.Now().Add(time.Second); p.Count().Queries() == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	p.Strand()
	if err := connect(t, p.DSN()).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-stuck; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the stranded one: %v", err)
	}
}

// What is cut before the second Sync was not done; what is cut after it was.
func TestCut(t *testing.T) {
	db := pgtest.New(t)
	db.Exec(t, "CREATE TABLE done (n int)")
	p := wiretest.New(t, db.DSN(""))
	straight := connect(t, db.DSN(""))
	for want, cut := range []func(int){p.CutBefore, p.CutAfter} {
		conn := connect(t, p.DSN())
		if _, err := conn.Prepare(t.Context(), "insert", "INSERT INTO done VALUES ($1)"); err != nil {
			t.Fatal(err)
		}
		cut(2)
		if err := conn.QueryRow(t.Context(), "SELECT $1::int", pgx.QueryExecModeExec, 1).Scan(new(int)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "insert", 1); err == nil {
			t.Error("it learned that it was done")
		}
		var n int
		if err := straight.QueryRow(t.Context(), "SELECT count(*) FROM done").Scan(&n); err != nil || n != want {
			t.Errorf("%d done, want %d (%v)", n, want, err)
		}
		p.Up(t)
	}
}
