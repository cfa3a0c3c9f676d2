package store_test

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/pgtest"
	"carerecord/internal/store"
	"carerecord/migrations"

	"github.com/jackc/pgx/v5"
)

func migrate(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return migrations.Apply(ctx, conn)
}

// left is how many connections there are beside its own, once those that are ending have.
func left(t *testing.T, db *pgtest.Database) (n int) {
	t.Helper()
	p := db.Pool(t)
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if err := p.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 0 || time.Now().After(end) {
			return n
		}
	}
}

// A database that is not fit when the service starts is opened once it is, and not again.
func TestItIsOpenedLater(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	told := make(chan error, 10)
	s := store.Open(t.Context(), store.Options{DSN: db.DSN(""), Policy: consent.Default(), Volatile: true, Changed: func(err error) { told <- err }})
	for range 2 {
		if err := <-told; err == nil || s.Ready(t.Context()) {
			t.Fatalf("a database without tables: told %v", err)
		}
	}
	if err := migrate(t.Context(), db.DSN("")); err != nil {
		t.Fatal(err)
	}
	for <-told != nil { // an attempt may have come between
	}
	if !s.Ready(t.Context()) {
		t.Fatal("it is not ready")
	}
	select {
	case err := <-told:
		t.Errorf("opened again: %v", err)
	case <-time.After(1200 * time.Millisecond): // the next attempt would have been after a second
	}
	if err := s.Close(t.Context()); err != nil || s.Ready(t.Context()) || left(t, db) != 0 {
		t.Errorf("closed: %v", err)
	}
}

func TestItIsOpenedOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	told := make(chan error, 10)
	s := store.Open(t.Context(), store.Options{DSN: db.DSN(""), OwnerDSN: db.DSN(""), Policy: consent.Default(), Volatile: true, Changed: func(err error) { told <- err }})
	if err := <-told; err != nil || !s.Ready(t.Context()) {
		t.Errorf("told %v", err)
	}
	select {
	case err := <-told:
		t.Errorf("opened again: %v", err)
	case <-time.After(400 * time.Millisecond): // the next attempt would have been after 250 ms
	}
	if err := s.Close(t.Context()); err != nil || left(t, db) != 0 {
		t.Errorf("closed: %v", err)
	}
}

// Whoever closes the store while it is being opened does not wait, and is told nothing more.
func TestClosedWhileItIsTried(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var hangs atomic.Bool
	hanging := make(chan struct{}, 10)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if !hangs.Load() {
				conn.Close()
				continue
			}
			hanging <- struct{}{}
			go io.Copy(io.Discard, conn)
		}
	}()
	told := make(chan error, 10)
	s := store.Open(t.Context(), store.Options{
		DSN: "postgres://service@" + listener.Addr().String() + "/none?sslmode=disable&connect_timeout=60", Policy: consent.Default(), Changed: func(err error) { told <- err },
	})
	if err := <-told; err == nil {
		t.Error("it was opened")
	}
	time.Sleep(100 * time.Millisecond) // the pool of the first attempt tries once more behind it
	hangs.Store(true)
	<-hanging
	began := time.Now()
	if err := s.Close(t.Context()); err != nil || time.Since(began) > 8*time.Second { // an attempt takes ten
		t.Errorf("closed in %s: %v", time.Since(began), err)
	}
	var running strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&running, 2); err != nil || strings.Contains(running.String(), "keepTrying(") {
		t.Errorf("it goes on trying: %v", err)
	}
	select {
	case err := <-told:
		t.Errorf("told %v", err)
	default:
	}
}

// Whoever closes the store is told where it could not wait for the last event.
func TestClosedWhileAnEventIsWritten(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := store.Open(t.Context(), store.Options{DSN: db.DSN(""), OwnerDSN: db.DSN(""), Policy: consent.Default(), Volatile: true})
	tx, err := db.Pool(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM audit.head FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	go s.Record(context.Background(), []audit.Entry{{Event: recorded}})
	p := db.Pool(t)
	for waiting := 0; waiting == 0; time.Sleep(time.Millisecond) {
		if err := p.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Close(noticed{over, func() { tx.Rollback(context.Background()) }}); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("closed: %v", err)
	}
}

// noticed is a context that does something once somebody asks why it ended.
type noticed struct {
	context.Context
	then func()
}

func (n noticed) Err() error {
	n.then()
	return n.Context.Err()
}

// Whose tables cannot be brought up to date is not worked with.
func TestTablesThatCannotBeMade(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if err := migrate(t.Context(), db.DSN("")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ owner, dsn, says string }{
		"a server that is not there":  {"postgres://service@127.0.0.1:1/none", db.DSN(""), "does not answer: nothing listens there"},
		"an owner who may not":        {db.DSN(db.Reader(t)), db.DSN(""), "the database refuses: SQLSTATE"},
		"no tables, and no owner":     {"", pgtest.New(t).DSN(""), "the database lacks our tables: SQLSTATE"},
		"a login of no server":        {db.DSN(""), "host=127.0.0.1 port=none", "the address of the database cannot be read"},
		"a login that does not exist": {db.DSN(""), strings.Replace(db.DSN(""), "postgres:", "postgresql:", 1) + "&user=store_unknown", "the database refuses: SQLSTATE"},
	} {
		told := make(chan error, 100)
		s := store.Open(t.Context(), store.Options{OwnerDSN: c.owner, DSN: c.dsn, Policy: consent.Default(), Volatile: true, Changed: func(err error) { told <- err }})
		if err := <-told; err == nil || !strings.Contains(err.Error(), c.says) || s.Ready(t.Context()) {
			t.Errorf("%s: told %v", name, err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := left(t, db); n != 0 {
		t.Errorf("%d connections left", n)
	}
}

// Whichever statement of a duty fails, whoever carries it out is told.
func TestNoStatementOfADutyFailsUnnoticed(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if err := migrate(t.Context(), db.DSN("")); err != nil {
		t.Fatal(err)
	}
	config, err := consent.Config(db.DSN(""), consent.Prepare, audit.Prepare)
	if err != nil {
		t.Fatal(err)
	}
	pool := pgtest.Faulty(t, config)
	trail, err := audit.Open(t.Context(), pool, audit.Options{AllowVolatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { trail.Close(context.Background()) })
	s := store.Over(pool, consent.NewStore(pool, consent.Default()), trail)
	const id = "00000000-0000-4000-8000-000000000001"
	db.Exec(t, `INSERT INTO consent.opt_out_request (id, reference, kind, language, name, born_on, postcode, requested_by, contact)
		VALUES ('`+id+`', 'AAAA-0001', 'OPT_OUT', 'en', 'Ada Example', '1950-02-03', 'N1 9GU', 'SELF', '')`)
	reads := calls([]consent.OptOutRequest{{ID: id}, {ID: id}})
	for _, name := range []string{"directives", "requests", "request", "add", "overdue", "events", "lines", "since", "export", "numbers", "alerts", "record", "break"} {
		t.Run(name, func(t *testing.T) {
			pgtest.Faults(t, func(ctx context.Context) error { return reads[name](ctx, s) })
		})
	}
}
