package postgres_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/pgtest"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
	"carerecord/internal/wiretest"
)

var int4 = []uint32{pgtype.Int4OID}

var known = postgres.Statements{
	"one":     postgres.NewStatement("SELECT 1", nil, int4),
	"given":   postgres.NewStatement("SELECT $1", []string{"int"}, int4),
	"null":    postgres.NewStatement("SELECT coalesce(length($1), 7)", []string{"text"}, int4),
	"two":     postgres.NewStatement(texts["two"], nil, int4),
	"fails":   postgres.NewStatement(texts["fails"], nil, int4),
	"many":    postgres.NewStatement("SELECT generate_series(1, 1000)", nil, int4),
	"count":   postgres.NewStatement("SELECT count(*)::int FROM thing", nil, int4),
	"slow":    postgres.NewStatement(slow, nil, int4),
	"write":   postgres.NewStatement("INSERT INTO thing VALUES (1) RETURNING id", nil, int4),
	"wrong":   postgres.NewStatement("SELECT nothing", nil, int4),
	"text":    postgres.NewStatement("SELECT 'x'", nil, int4),
	"varchar": postgres.NewStatement("SELECT 'x'::varchar", nil, []uint32{pgtype.TextOID}),
	"nothing": postgres.NewStatement("SELECT 1 WHERE false", nil, int4),
	"states":  postgres.NewStatement("SELECT current_setting('jit') || current_setting('plan_cache_mode') || current_setting('TimeZone') || current_setting('transaction_isolation')", nil, []uint32{pgtype.TextOID}),
	"lasting": postgres.NewStatement("SELECT 1 FROM set_config('carerecord.left', 'x', true)", nil, int4),
	"left":    postgres.NewStatement("SELECT coalesce(length(current_setting('carerecord.left', true)), 0)", nil, int4),
	"killed":  postgres.NewStatement("SELECT 1 FROM pg_terminate_backend(pg_backend_pid())", nil, int4),
}

// shared opens a pool of one connection that is lent by transaction.
func shared(t *testing.T, dsn string) *pgxpool.Pool {
	t.Helper()
	pool := open(t, dsn+"&"+postgres.ByTransaction, postgres.Options{MaxConns: 1})
	if !postgres.Shared(pool) {
		t.Fatal("a pool that is not shared")
	}
	return pool
}

// numbers reads the number that each statement gives.
func numbers(ctx context.Context, pool *pgxpool.Pool, names ...string) (all []int, err error) {
	err = postgres.Transaction(ctx, pool, known, func(_ *pgx.Conn, batch *postgres.Batch) {
		all = nil
		for _, name := range names {
			switch name {
			case "given":
				batch.Queue(name, postgres.Int(7))
			case "null":
				batch.Queue(name, postgres.Value{})
			default:
				batch.Queue(name)
			}
		}
	}, func(results postgres.Results) error {
		for range names {
			n := 0
			if err := number(results, &n); err != nil {
				return err
			}
			all = append(all, n)
		}
		return nil
	})
	return all, err
}

func TestTransaction(t *testing.T) {
	db := pgtest.New(t)
	db.Exec(t, "CREATE TABLE thing (id int)")
	wire := wiretest.New(t, db.DSN(""))
	pool := shared(t, wire.DSN())
	if postgres.Shared(open(t, db.DSN(""), postgres.Options{})) {
		t.Error("a pool of our own connections is shared")
	}
	for _, test := range []struct {
		names []string
		want  error
	}{
		{nil, nil},
		{[]string{"one", "given", "count"}, nil},
		{[]string{"one", "wrong", "count"}, postgres.ErrMalformed},
		{[]string{"text"}, postgres.ErrMalformed},
		{[]string{"write"}, record.ErrUnavailable}, // SQLSTATE 25006: it only reads
		{[]string{"killed"}, record.ErrUnavailable},
		{[]string{"lasting"}, nil},
		{[]string{"left"}, nil},
	} {
		before := wire.Count()
		all, err := numbers(t.Context(), pool, test.names...)
		if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%v: %v, want %v", test.names, err, test.want)
		}
		if err == nil && len(all) != len(test.names) {
			t.Errorf("%v: %v", test.names, all)
		}
		if said := wire.Count().Since(before); err == nil && said.Syncs()+said.Queries() > 1 || said['P'] > 0 && said['D'] == 0 {
			t.Errorf("%v: %d round trips", test.names, said.Syncs()+said.Queries())
		}
		if test.names != nil && test.names[0] == "left" && all[0] != 0 {
			t.Error("a setting of a transaction is there in the next")
		}
		for last := before; err != nil && last != wire.Count(); { // the end of what was sent may be counted after its failure came
			last = wire.Count()
			time.Sleep(20 * time.Millisecond)
		}
	}
	if _, err := numbers(t.Context(), pool, "unheard of"); err == nil {
		t.Error("a statement that is not known was sent")
	}
	if all, err := numbers(t.Context(), pool, "given", "null"); err != nil || all[0] != 7 || all[1] != 7 {
		t.Errorf("afterwards: %v, %v", all, err)
	}
	var count int
	if err := db.Pool(t).QueryRow(t.Context(), "SELECT count(*) FROM thing").Scan(&count); err != nil || count != 0 {
		t.Errorf("%d rows were written, %v", count, err)
	}
	err := postgres.Transaction(t.Context(), pool, known, func(_ *pgx.Conn, batch *postgres.Batch) {
		for _, name := range []string{"many", "nothing", "states", "varchar"} {
			batch.Queue(name)
		}
	}, func(results postgres.Results) error {
		if err := results.Next(); err != nil {
			return err
		}
		if values, err := results.Row(); err != nil || values == nil { // and leaves the others unread
			t.Error("no first of many rows", err)
		}
		for _, want := range []string{"", "offforce_generic_planUTCrepeatable read", "x"} {
			if err := results.Next(); err != nil {
				return err
			}
			values, err := results.Row()
			if err != nil || (values == nil) != (want == "") || values != nil && string(values[0]) != want {
				t.Errorf("%q, %v, want %q", values, err, want)
			}
		}
		if err := results.Next(); err == nil || !strings.Contains(err.Error(), "no more") {
			t.Errorf("a fifth result: %v", err)
		}
		return nil
	})
	if err == nil {
		t.Error("a result that was not there is no error")
	}
}

// TestTransactionIsOneSnapshot: what is written between two of its statements is in neither.
func TestTransactionIsOneSnapshot(t *testing.T) {
	db := pgtest.New(t)
	db.Exec(t, "CREATE TABLE thing (id int)")
	pool := shared(t, db.DSN(""))
	if _, err := numbers(t.Context(), pool, "one"); err != nil {
		t.Fatal(err)
	}
	written := meanwhile(t, db, "INSERT INTO thing VALUES (1)")
	all, err := numbers(t.Context(), pool, "slow", "count")
	<-written
	if err != nil || all[0] != 0 || all[1] != 0 {
		t.Errorf("%v, %v", all, err)
	}
	if all, err := numbers(t.Context(), pool, "count"); err != nil || all[0] != 1 {
		t.Errorf("the next transaction sees %v, %v", all, err)
	}
}

// TestWhatAPoolerIsNotTold: of the parameters of a connection it takes some, and refuses the others.
func TestWhatAPoolerIsNotTold(t *testing.T) {
	told := shared(t, "postgres://reader@127.0.0.1:1/none?sslmode=disable").Config().ConnConfig.RuntimeParams
	if want := map[string]string{"application_name": "carerecord", "timezone": "UTC", "client_encoding": "UTF8"}; !maps.Equal(told, want) {
		t.Errorf("%v", told)
	}
}

// TestATransactionThatDoesNotBegin fails for the reason that its first statement gives.
func TestATransactionThatDoesNotBegin(t *testing.T) {
	for name, test := range map[string]struct {
		answer []byte
		want   error
	}{
		"refused": {slices.Concat(wire(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "42501"}), ready), postgres.ErrRefused},
		"cut off": {nil, record.ErrUnavailable},
	} {
		s := script(t)
		s.answers <- [][]byte{test.answer}
		s.answers <- [][]byte{test.answer}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		pool := shared(t, s.Config().ConnString())
		all, err := numbers(ctx, pool, "one")
		cancel()
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
}

// TestBehindColumnsOfOtherTypesNothingIsRead: neither as the end of their rows nor as the next statement's.
func TestBehindColumnsOfOtherTypesNothingIsRead(t *testing.T) {
	err := ways(t, pgtest.New(t).DSN(""))["a transaction"].send([]string{"text", "one"}, func(results postgres.Results) error {
		for range 2 {
			if err := results.Next(); !errors.Is(err, postgres.ErrMalformed) {
				t.Errorf("the next statement: %v", err)
			}
			if values, err := results.Row(); values != nil || !errors.Is(err, postgres.ErrMalformed) {
				t.Errorf("a row: %q, %v", values, err)
			}
		}
		return nil
	})
	if !errors.Is(err, postgres.ErrMalformed) {
		t.Error(err)
	}
}
