package pgtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"carerecord/internal/pgtest"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const wards = `CREATE TABLE wards (name text); INSERT INTO wards VALUES ('Ward 1')`

func count(t *testing.T, dsn, table string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var n int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// state returns the SQLSTATE of an error from the server.
func state(err error) string {
	var refused interface{ SQLState() string }
	if errors.As(err, &refused) {
		return refused.SQLState()
	}
	return ""
}

func TestNewIsEmptyAndAlone(t *testing.T) {
	t.Parallel()
	first, second := pgtest.New(t), pgtest.New(t)
	first.Exec(t, wards)
	second.Exec(t, wards)
	if n := count(t, first.DSN(""), "wards"); n != 1 {
		t.Errorf("%d wards", n)
	}
}

func TestADatabaseIsDroppedAfterItsTest(t *testing.T) {
	t.Parallel()
	var dsn string
	t.Run("a test", func(t *testing.T) {
		db := pgtest.New(t)
		dsn = db.DSN("")
		db.Reader(t)
		db.Exec(t, wards)
		if err := db.Pool(t).Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := pgx.Connect(t.Context(), dsn); state(err) != "3D000" {
		t.Errorf("connect to a dropped database: %v", err)
	}
}

func TestReaderReadsOnly(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, wards+`; CREATE SCHEMA acute; CREATE TABLE acute.beds (id int)`)
	reader := db.PoolAs(t, db.Reader(t))
	db.Exec(t, `CREATE TABLE later (id int)`)
	for _, table := range []string{"wards", "acute.beds", "later"} {
		if _, err := reader.Exec(t.Context(), `SELECT * FROM `+table); err != nil {
			t.Errorf("read %s: %v", table, err)
		}
	}
	const readOnly, noPrivilege = "25006", "42501"
	if _, err := reader.Exec(t.Context(), `DELETE FROM wards`); state(err) != readOnly {
		t.Errorf("write: %v", err)
	}
	for _, sql := range []string{`DELETE FROM wards`, `CREATE TABLE mine (id int)`, `CREATE TABLE acute.mine (id int)`, `CREATE ROLE mine`} {
		if _, err := reader.Exec(t.Context(), `BEGIN READ WRITE; `+sql); state(err) != noPrivilege {
			t.Errorf("%s in a transaction that may write: %v", sql, err)
		}
	}
}

func TestTemplateIsBuiltOnce(t *testing.T) {
	t.Parallel()
	built := 0
	name := time.Now().String() // the tests may be run more than once
	build := func(dsn string) error {
		built++
		conn, err := pgx.Connect(context.Background(), dsn)
		if err != nil {
			return err
		}
		_, err = conn.Exec(context.Background(), wards) // and stays open
		return err
	}
	for range 3 {
		began := time.Now()
		db := pgtest.Template(t, name, build)
		t.Logf("a copy in %v", time.Since(began).Round(time.Millisecond))
		if n := count(t, db.DSN(""), "wards"); n != 1 {
			t.Errorf("%d wards", n)
		}
		db.Exec(t, `DELETE FROM wards`)
	}
	if built != 1 {
		t.Errorf("built %d times", built)
	}
}

func TestDurable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		db   *pgtest.Database
		want string
	}{"New": {pgtest.New(t), "off"}, "Durable": {pgtest.Durable(t), "on"}} {
		var got string
		if err := test.db.Pool(t).QueryRow(t.Context(), `SHOW fsync`).Scan(&got); err != nil || got != test.want {
			t.Errorf("%s: fsync is %s, %v", name, got, err)
		}
	}
}

func TestDirIsReachable(t *testing.T) {
	t.Parallel()
	if dir := pgtest.Dir(t); dir == "" {
		t.Error("no directory")
	}
}

// What PostgreSQL gives up for another is run again, and once.
func TestExecIsRunAgain(t *testing.T) {
	db := pgtest.New(t)
	db.Exec(t, `CREATE TABLE a (n int); CREATE TABLE b (n int)`)
	other, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.WithoutCancel(t.Context()))
	if _, err := other.Exec(t.Context(), `BEGIN; SET LOCAL deadlock_timeout = '1min'; LOCK TABLE b`); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		for waiting := 0; waiting == 0; { // until ours has a and wants b
			if err := other.QueryRow(context.Background(), `SELECT count(*) FROM pg_locks WHERE relation = 'b'::regclass AND NOT granted`).Scan(&waiting); err != nil {
				done <- err
				return
			}
		}
		_, err := other.Exec(context.Background(), `LOCK TABLE a; COMMIT`)
		done <- err
	}()
	db.Exec(t, `SET LOCAL deadlock_timeout = '200ms'; LOCK TABLE a; INSERT INTO a VALUES (1); LOCK TABLE b`)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := count(t, db.DSN(""), "a"); n != 1 {
		t.Errorf("it was run %d times", n)
	}
}
