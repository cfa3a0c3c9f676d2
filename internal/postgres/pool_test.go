package postgres_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/pgtest"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestKind(t *testing.T) {
	state := func(code string) error {
		return &pgconn.PgError{Code: code, Message: "relation of 9990000018 at host ward-7"}
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx       context.Context
		err, want error
	}{
		"nothing happened":                            {t.Context(), nil, nil},
		"the deadline is over, whatever went wrong":   {late, state("57014"), record.ErrTimeout},
		"nobody waits any more":                       {gone, state("57014"), context.Canceled},
		"the source's own time limit":                 {t.Context(), state("57014"), record.ErrTimeout},
		"a wrong password":                            {t.Context(), state("28P01"), postgres.ErrRefused},
		"no entry for us in the host file":            {t.Context(), state("28000"), postgres.ErrRefused},
		"no right to select":                          {t.Context(), state("42501"), postgres.ErrRefused},
		"no such view":                                {t.Context(), state("42P01"), postgres.ErrMalformed},
		"no such column":                              {t.Context(), state("42703"), postgres.ErrMalformed},
		"a value the view should not hold":            {t.Context(), state("22007"), postgres.ErrMalformed},
		"no such database":                            {t.Context(), state("3D000"), record.ErrUnavailable},
		"too many connections":                        {t.Context(), state("53300"), record.ErrUnavailable},
		"an error without its state":                  {t.Context(), state(""), record.ErrUnavailable},
		"a view of other columns, found by ourselves": {t.Context(), postgres.ErrMalformed, postgres.ErrMalformed},
		"anything of the network":                     {t.Context(), errors.New("dial tcp 10.0.0.7:5432"), record.ErrUnavailable},
	} {
		got := postgres.Kind(test.ctx, test.err)
		if !errors.Is(got, test.want) || (got == nil) != (test.want == nil) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
		if got != nil && (strings.Contains(got.Error(), "999") || strings.Contains(got.Error(), "10.0") || strings.Contains(got.Error(), "ward")) {
			t.Errorf("%s: the error says too much: %v", name, got)
		}
	}
}

func open(t *testing.T, dsn string, options postgres.Options) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(dsn, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// one reads a number in a pipeline.
func one(ctx context.Context, pool *pgxpool.Pool, sql string) (n int, err error) {
	err = postgres.Pipeline(ctx, pool, func(conn *pgx.Conn, batch *postgres.Batch) {
		batch.Queue(prepared(ctx, conn, sql))
	}, func(results postgres.Results) error { return number(results, &n) })
	return n, err
}

// prepared is the name of a statement on the connection. What cannot be prepared there is
// refused when it is asked for.
func prepared(ctx context.Context, conn *pgx.Conn, sql string) string {
	name := "test: " + sql
	if _, err := conn.Prepare(ctx, name, sql); err != nil {
		return sql
	}
	return name
}

// number reads the number that the next statement gives.
func number(results postgres.Results, to *int) error {
	if err := results.Next(); err != nil {
		return err
	}
	switch values, err := results.Row(); {
	case err != nil:
		return err
	case len(values) != 1 || len(values[0]) != 4:
		return errors.New("not one number")
	default:
		*to = int(int32(binary.BigEndian.Uint32(values[0])))
	}
	if more, err := results.Row(); more != nil || err != nil {
		return errors.Join(err, errors.New("more than one row"))
	}
	return nil
}

func TestOpen(t *testing.T) {
	db := pgtest.New(t)
	pool := open(t, db.DSN(""), postgres.Options{MaxConns: 3})
	if n := pool.Config().MaxConns; n != 3 {
		t.Errorf("%d connections", n)
	}
	for setting, want := range map[string]string{"plan_cache_mode": "force_generic_plan", "jit": "off", "default_transaction_read_only": "on", "default_transaction_isolation": "repeatable read", "application_name": "carerecord"} {
		var got string
		if err := pool.QueryRow(t.Context(), "SHOW "+setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v", setting, got, err)
		}
	}
	if _, err := pool.Exec(t.Context(), "CREATE TABLE mine (id int)"); err == nil {
		t.Error("a reader's connection writes")
	}
	if n := open(t, db.DSN("")+"&jit=on", postgres.Options{}).Config(); n.MaxConns != 8 || n.ConnConfig.RuntimeParams["jit"] != "on" {
		t.Errorf("%d connections, jit %s", n.MaxConns, n.ConnConfig.RuntimeParams["jit"])
	}
	for name, test := range map[string]struct {
		more    string // of the DSN
		options postgres.Options
		conns   int32
		within  time.Duration // to connect
	}{
		"nothing said":           {"", postgres.Options{}, 8, 5 * time.Second},
		"said in the DSN":        {"&pool_max_conns=5&connect_timeout=2", postgres.Options{}, 5, 2 * time.Second},
		"another number by code": {"&pool_max_conns=5", postgres.Options{MaxConns: 2}, 2, 5 * time.Second},
		"another way to ask":     {"&default_query_exec_mode=simple_protocol", postgres.Options{}, 8, 5 * time.Second},
	} {
		config := open(t, db.DSN("")+test.more, test.options).Config()
		if config.MaxConns != test.conns || config.ConnConfig.ConnectTimeout != test.within {
			t.Errorf("%s: %d connections, made within %v", name, config.MaxConns, config.ConnConfig.ConnectTimeout)
		}
		if mode := config.ConnConfig.DefaultQueryExecMode; mode != pgx.QueryExecModeCacheStatement {
			t.Errorf("%s: rows in another form than the binary one: %v", name, mode)
		}
		if pings := config.ShouldPing; pings == nil || pings(t.Context(), pgxpool.ShouldPingParams{IdleDuration: time.Hour}) {
			t.Errorf("%s: a second round trip for what was idle", name)
		}
	}
	if _, err := postgres.Open("host=ward-7 password=secret port=x", postgres.Options{}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a DSN that cannot be read: %v", err)
	}
}

// TestPipelineTriesDeadConnectionsAgain: once, and on a new connection.
func TestPipelineTriesDeadConnectionsAgain(t *testing.T) {
	db := pgtest.New(t)
	prepared := 0
	pool := open(t, db.DSN(""), postgres.Options{MaxConns: 1, Prepare: func(context.Context, *pgx.Conn) error {
		prepared++
		return nil
	}})
	if n, err := one(t.Context(), pool, "SELECT 1"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	db.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'carerecord'`)
	if n, err := one(t.Context(), pool, "SELECT 2"); n != 2 || err != nil || prepared != 2 {
		t.Errorf("%d, %v, %d connections", n, err, prepared)
	}
	// A statement that ends its own connection does so twice and is not tried for ever.
	if _, err := one(t.Context(), pool, "SELECT 1 FROM pg_terminate_backend(pg_backend_pid())"); !errors.Is(err, record.ErrUnavailable) || prepared > 3 {
		t.Errorf("%v, %d connections", err, prepared)
	}
	if n, err := one(t.Context(), pool, "SELECT 3"); n != 3 || err != nil {
		t.Error(n, err)
	}
	if _, err := one(t.Context(), pool, "SELECT left(current_database(), 0)::int"); !errors.Is(err, postgres.ErrMalformed) {
		t.Errorf("a statement that is wrong: %v", err)
	}
	refused := errors.New("a refusal")
	sent := 0
	err := postgres.Pipeline(t.Context(), pool, func(*pgx.Conn, *postgres.Batch) { sent++ }, func(postgres.Results) error { return errors.Join(postgres.ErrMalformed, refused) })
	if !errors.Is(err, refused) || sent != 1 {
		t.Errorf("a refusal of ours: %v, sent %d times", err, sent)
	}
}

// slow counts the things there were when it began, and ends once meanwhile has written.
const slow = "SELECT (SELECT count(*) FROM thing)::int FROM pg_advisory_lock_shared(1)"

// meanwhile does something while a slow statement waits for it.
func meanwhile(t *testing.T, db *pgtest.Database, sql string) (done <-chan struct{}) {
	t.Helper()
	held, err := db.Pool(t).Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.Exec(t.Context(), "SELECT pg_advisory_lock(1)"); err != nil {
		t.Fatal(err)
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		defer held.Release()
		for waits := false; !waits; {
			if err := held.QueryRow(t.Context(), "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waits); err != nil {
				t.Error(err)
				break
			}
		}
		if _, err := held.Exec(t.Context(), sql+"; SELECT pg_advisory_unlock(1)"); err != nil {
			t.Error(err)
		}
	}()
	return written
}

// TestPipelineIsOneSnapshot: what is written between two of its statements is in neither.
func TestPipelineIsOneSnapshot(t *testing.T) {
	db := pgtest.New(t)
	db.Exec(t, "CREATE TABLE thing (id int)")
	pool := open(t, db.DSN(""), postgres.Options{MaxConns: 1})
	if n, err := one(t.Context(), pool, "SELECT 1"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	written := meanwhile(t, db, "INSERT INTO thing VALUES (1)")
	for name, sql := range map[string]string{"slow": slow, "count": "SELECT count(*)::int FROM thing"} {
		if _, err := conn.Conn().Prepare(t.Context(), name, sql); err != nil {
			t.Fatal(err)
		}
	}
	conn.Release()
	var first, second int
	err = postgres.Pipeline(t.Context(), pool, func(_ *pgx.Conn, batch *postgres.Batch) {
		batch.Queue("slow")
		batch.Queue("count")
	}, func(results postgres.Results) error {
		return errors.Join(number(results, &first), number(results, &second))
	})
	<-written
	if err != nil || first != 0 || second != 0 {
		t.Errorf("%v, %d and then %d", err, first, second)
	}
	if n, err := one(t.Context(), pool, "SELECT count(*)::int FROM thing"); n != 1 || err != nil {
		t.Errorf("the next pipeline sees %d, %v", n, err)
	}
}

// TestPipelineWaitsNoLongerThanItsDeadline for a connection that others hold.
func TestPipelineWaitsNoLongerThanItsDeadline(t *testing.T) {
	pool := open(t, pgtest.New(t).DSN(""), postgres.Options{MaxConns: 1})
	held, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := one(ctx, pool, "SELECT 1"); !errors.Is(err, record.ErrTimeout) {
		t.Error(err)
	}
}

// few reads the first rows of each of some statements that give a thousand, and says how
// many it had.
func few(ctx context.Context, pool *pgxpool.Pool, statements int, then func() error) (rows int, err error) {
	err = postgres.Pipeline(ctx, pool, func(conn *pgx.Conn, batch *postgres.Batch) {
		rows = 0
		name := prepared(ctx, conn, "SELECT generate_series(1, 1000), repeat('x', 1000), $1::text")
		for range statements {
			batch.Queue(name, postgres.Text("y"))
		}
	}, func(results postgres.Results) error {
		for range statements {
			if err := results.Next(); err != nil {
				return err
			}
			values, err := results.Row()
			if err != nil || len(values) != 3 || string(values[2]) != "y" {
				return fmt.Errorf("%w: %q", err, values)
			}
			rows++
		}
		return then()
	})
	return rows, err
}

// TestNothingIsLeftOnAConnection: whatever became of a pipeline, the next one on the pool's only
// connection reads its own rows.
func TestNothingIsLeftOnAConnection(t *testing.T) {
	pool := open(t, pgtest.New(t).DSN(""), postgres.Options{MaxConns: 1})
	of := func() uint32 {
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
		return conn.Conn().PgConn().PID()
	}
	ours := errors.New("ours")
	for name, test := range map[string]struct {
		then func(cancel func()) error
		want error
		same bool // the connection is used again
	}{
		"read in part":    {func(func()) error { return nil }, nil, true},
		"refused by us":   {func(func()) error { return errors.Join(postgres.ErrMalformed, ours) }, ours, true},
		"cancelled":       {func(cancel func()) error { cancel(); return nil }, context.Canceled, false}, // unless all was read before that was noticed
		"panics":          {func(func()) error { panic(ours) }, ours, false},
		"fails otherwise": {nil, record.ErrUnavailable, false}, // taken for a loss of the connection
	} {
		before := of()
		err := func() (err error) {
			defer func() {
				if r := recover(); r != nil {
					err = r.(error)
				}
			}()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if test.then == nil {
				_, err = one(ctx, pool, "SELECT generate_series(1, 2)")
				return postgres.Kind(ctx, err)
			}
			// Six megabytes: more than lies in the sockets' buffers, so that most was not read yet.
			rows, err := few(ctx, pool, 6, func() error { return test.then(cancel) })
			if rows != 6 {
				t.Errorf("%s: %d statements read", name, rows)
			}
			return err
		}()
		if whole := err == nil && test.want == context.Canceled; !whole && (!errors.Is(err, test.want) || (err == nil) != (test.want == nil)) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if n, err := one(t.Context(), pool, "SELECT 7"); n != 7 || err != nil {
			t.Errorf("%s: afterwards %d, %v", name, n, err)
		}
		if same := before == of(); same != test.same {
			t.Errorf("%s: the same connection: %t", name, same)
		}
	}
}

// TestALongBatchIsReadWhileItIsSent: neither end waits for the other when both say more than a
// socket holds.
func TestALongBatchIsReadWhileItIsSent(t *testing.T) {
	pool := open(t, pgtest.New(t).DSN(""), postgres.Options{MaxConns: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	long := strings.Repeat("x", 1<<20)
	back := 0
	err := postgres.Pipeline(ctx, pool, func(conn *pgx.Conn, batch *postgres.Batch) {
		name := prepared(ctx, conn, "SELECT $1::text, $2::text")
		for range 20 {
			batch.Queue(name, postgres.Text(long), postgres.Value{})
		}
	}, func(results postgres.Results) error {
		for range 20 {
			if err := results.Next(); err != nil {
				return err
			}
			values, err := results.Row()
			if err != nil || string(values[0]) != long || values[1] != nil {
				return errors.Join(err, errors.New("another text than was sent"))
			}
			back++
		}
		return nil
	})
	if err != nil || back != 20 {
		t.Errorf("%d, %v", back, err)
	}
}

// TestACancelledReadEndsInTheServer: what nobody waits for is not worked on.
func TestACancelledReadEndsInTheServer(t *testing.T) {
	db := pgtest.New(t)
	pool := open(t, db.DSN(""), postgres.Options{MaxConns: 1})
	if _, err := one(t.Context(), pool, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	running := func() (n int) {
		if err := db.Pool(t).QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND wait_event = 'PgSleep'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := one(ctx, pool, "SELECT 1 FROM pg_sleep(600)")
		ended <- err
	}()
	await := func(n int) {
		for end := time.Now().Add(20 * time.Second); running() != n; {
			if time.Now().After(end) {
				t.Fatalf("%d statements run, want %d", running(), n)
			}
		}
	}
	await(1)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	await(0)
}

// TestAConnectionThatWasIdleForLong is replaced like any other that the server closed.
func TestAConnectionThatWasIdleForLong(t *testing.T) {
	db := pgtest.New(t)
	pool := open(t, db.DSN("")+"&idle_session_timeout=200ms", postgres.Options{MaxConns: 1})
	if n, err := one(t.Context(), pool, "SELECT 1"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	for there := true; there; {
		if err := db.Pool(t).QueryRow(t.Context(), "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'carerecord'").Scan(&there); err != nil {
			t.Fatal(err)
		}
	}
	attempts, n := 0, 0
	err := postgres.Pipeline(t.Context(), pool, func(conn *pgx.Conn, batch *postgres.Batch) {
		if attempts++; attempts == 1 {
			batch.Queue("test: SELECT 1") // as it was prepared there
			return
		}
		batch.Queue(prepared(t.Context(), conn, "SELECT 2"))
	}, func(results postgres.Results) error { return number(results, &n) })
	if n != 2 || err != nil || attempts != 2 {
		t.Errorf("%d, %v, %d attempts", n, err, attempts)
	}
}

// A pool that keeps connections makes new ones, prepared, in the place of those that have become too old, while nobody asks.
func TestConnectionsAreKept(t *testing.T) {
	var prepared atomic.Int64
	pool := open(t, pgtest.New(t).DSN("")+"&pool_max_conns=2&pool_min_conns=2&pool_max_conn_lifetime=200ms&pool_health_check_period=50ms",
		postgres.Options{Prepare: func(context.Context, *pgx.Conn) error { prepared.Add(1); return nil }})
	for until := time.Now().Add(20 * time.Second); prepared.Load() < 6; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("%d connections were prepared", prepared.Load())
		}
	}
	if n := pool.Stat().AcquireCount(); n != 0 {
		t.Errorf("%d were asked for", n)
	}
}

// TestAConnectionThatCannotBePrepared is not used.
func TestAConnectionThatCannotBePrepared(t *testing.T) {
	ours := fmt.Errorf("ours: %w", postgres.ErrMalformed)
	prepared := 0
	pool := open(t, pgtest.New(t).DSN(""), postgres.Options{MaxConns: 1, Prepare: func(context.Context, *pgx.Conn) error {
		prepared++
		return ours
	}})
	if n, err := one(t.Context(), pool, "SELECT 1"); !errors.Is(err, ours) || n != 0 || prepared != 1 {
		t.Errorf("%d, %v, %d connections", n, err, prepared)
	}
}

// TestASourceThatIsDownIsAskedOnce: nothing was lost that another connection would bring back.
func TestASourceThatIsDownIsAskedOnce(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	pool := open(t, "postgres://reader@"+listener.Addr().String()+"/down?sslmode=disable", postgres.Options{})
	_, err = one(t.Context(), pool, "SELECT 1")
	if n := pool.Stat().NewConnsCount(); !errors.Is(err, record.ErrUnavailable) || n != 1 {
		t.Errorf("%v, asked %d times", err, n)
	}
}
