package wire_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"carerecord/bench/wire"
	"carerecord/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestTheProxyCountsRoundTripsAndKeepsStatements(t *testing.T) {
	proxy, err := wire.Listen(pgtest.New(t).DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	conn, err := pgx.Connect(t.Context(), proxy.DSN())
	if err != nil {
		t.Fatal(err)
	}
	const sql = "SELECT $1::int + 1"
	if _, err := conn.Prepare(t.Context(), "more", sql); err != nil {
		t.Fatal(err)
	}
	if got := proxy.Statements()["more"]; got != sql {
		t.Errorf("the statement is %q", got)
	}
	before := proxy.Trips()
	batch := &pgx.Batch{}
	for i := range 3 { // in one pipeline
		batch.Queue("more", i)
	}
	if err := conn.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
	if trips := proxy.Trips() - before; trips != 1 {
		t.Errorf("a pipeline made %d round trips", trips)
	}
	var n int
	if err := conn.QueryRow(t.Context(), "more", 6).Scan(&n); err != nil || n != 7 || proxy.Trips()-before != 2 {
		t.Errorf("%d, %v, %d round trips", n, err, proxy.Trips()-before)
	}
	proxy.Close()
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("a connection outlived its proxy")
	}
}
