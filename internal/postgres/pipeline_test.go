package postgres_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/pgtest"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
	"carerecord/internal/wiretest"
)

// A way is one of the two in which a batch of known statements goes, over a pool of one connection.
type way struct {
	pool *pgxpool.Pool
	send func(statements []string, read func(postgres.Results) error) error
}

func ways(t *testing.T, dsn string) map[string]way {
	t.Helper()
	own, lent := open(t, dsn, postgres.Options{MaxConns: 1}), shared(t, dsn)
	return map[string]way{
		"a pipeline": {own, func(statements []string, read func(postgres.Results) error) error {
			return postgres.Pipeline(t.Context(), own, func(conn *pgx.Conn, batch *postgres.Batch) {
				for _, name := range statements {
					batch.Queue(prepared(t.Context(), conn, texts[name]))
				}
			}, read)
		}},
		"a transaction": {lent, func(statements []string, read func(postgres.Results) error) error {
			return postgres.Transaction(t.Context(), lent, known, func(_ *pgx.Conn, batch *postgres.Batch) {
				for _, name := range statements {
					batch.Queue(name)
				}
			}, read)
		}},
	}
}

// texts are statements and what they give; the last of what "fails" gives is its error.
var (
	texts = map[string]string{
		"one":     "SELECT 1",
		"nothing": "SELECT 1 WHERE false",
		"two":     "SELECT generate_series(1, 2)",
		"fails":   "SELECT 1 / (2 - n) FROM generate_series(1, 3) n",
	}
	gives = map[string][]string{"one": {"1"}, "nothing": nil, "two": {"1", "2"}, "fails": {"1", "22012"}}
)

// A model says what asking for results ought to give.
type model struct {
	statements []string
	rest       []string // of the statement under way
	err        string   // the first
}

func (m *model) next() string {
	if slices.Contains(m.rest, "22012") {
		m.err = "22012"
	}
	switch m.rest = nil; {
	case m.err != "":
	case len(m.statements) == 0:
		m.err = "no more"
	default:
		m.rest, m.statements = gives[m.statements[0]], m.statements[1:]
		return "next"
	}
	return m.err
}

func (m *model) row() string {
	switch {
	case m.err != "":
		return m.err
	case len(m.rest) == 0:
		return "end"
	}
	row := m.rest[0]
	if m.rest = m.rest[1:]; row == "22012" {
		m.err = row
	}
	return row
}

// end is what becomes of the whole: what nobody read fails it too.
func (m *model) end() error {
	for m.err == "" && len(m.statements) > 0 {
		m.next()
	}
	if m.err == "" && slices.Contains(m.rest, "22012") {
		m.err = "22012"
	}
	return map[string]error{"": nil, "22012": postgres.ErrMalformed, "no more": record.ErrUnavailable}[m.err]
}

// called is what a call gave, in the words of the model.
func called(values [][]byte, err error, otherwise string) string {
	var refusal *pgconn.PgError
	switch {
	case errors.As(err, &refusal):
		return refusal.Code
	case err != nil && strings.Contains(err.Error(), "no more results"):
		return "no more"
	case err != nil:
		return err.Error()
	case values == nil:
		return otherwise
	}
	return fmt.Sprint(binary.BigEndian.Uint32(values[0]))
}

// TestResultsInAnyOrderOfAsking: whatever is read of a batch and whatever is left, nothing comes of another statement,
// the end is the end, and the first error is said by every call behind it and by the whole, whether or not it was read.
func TestResultsInAnyOrderOfAsking(t *testing.T) {
	for name, way := range ways(t, pgtest.New(t).DSN("")) {
		for _, statements := range [][]string{{"two", "one"}, {"one", "nothing"}, {"nothing", "fails"}, {"fails", "one"}, {"fails"}} {
			for _, calls := range orders(5) {
				m := model{}
				err := way.send(statements, func(results postgres.Results) error {
					m = model{statements: statements}
					for i, call := range calls {
						var got, want string
						switch call {
						case 'N':
							got, want = called(nil, results.Next(), "next"), m.next()
						case 'R':
							values, err := results.Row()
							got, want = called(values, err, "end"), m.row()
						}
						if got != want {
							t.Errorf("%s of %v: %q at the end of %s, want %q", name, statements, got, calls[:i+1], want)
						}
					}
					return nil // whatever was said
				})
				if want := m.end(); !errors.Is(err, want) || (err == nil) != (want == nil) {
					t.Errorf("%s of %v, asked %s: %v, want %v", name, statements, calls, err, want)
				}
			}
		}
	}
}

// TestAStatementThatFailsCostsNoConnection: what it began is rolled back.
func TestAStatementThatFailsCostsNoConnection(t *testing.T) {
	for name, way := range ways(t, pgtest.New(t).DSN("")) {
		for range 3 {
			if err := way.send([]string{"one", "fails", "one"}, func(postgres.Results) error { return nil }); !errors.Is(err, postgres.ErrMalformed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := way.pool.Stat().NewConnsCount(); n != 1 {
			t.Errorf("%s: %d connections", name, n)
		}
	}
}

// orders are all sequences of so many calls and fewer: N for Next, R for Row.
func orders(most int) []string {
	all := []string{""}
	for from := 0; most > 0; most-- {
		longest := all[from:]
		from = len(all)
		for _, calls := range longest {
			all = append(all, calls+"N", calls+"R")
		}
	}
	return all
}

// TestWhereNothingIsQueuedNothingIsSent, and asking for it is an error like any other.
func TestWhereNothingIsQueuedNothingIsSent(t *testing.T) {
	wire := wiretest.New(t, pgtest.New(t).DSN(""))
	for name, way := range ways(t, wire.DSN()) {
		if err := way.send([]string{"one"}, func(postgres.Results) error { return nil }); err != nil {
			t.Fatal(name, err)
		}
		before := wire.Count()
		if err := way.send(nil, func(postgres.Results) error { return nil }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if said := wire.Count().Since(before); said != (wiretest.Messages{}) {
			t.Errorf("%s: %d round trips, %d queries", name, said.Syncs(), said.Queries())
		}
		if err := way.send(nil, func(results postgres.Results) error { results.Next(); return nil }); !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("%s: a statement that was not asked: %v", name, err)
		}
	}
}

// TestNothingIsSentOfABatchWithAnUnknownStatement: what is known would be taken for its answer.
func TestNothingIsSentOfABatchWithAnUnknownStatement(t *testing.T) {
	way := ways(t, pgtest.New(t).DSN(""))["a transaction"]
	for _, statements := range [][]string{{"unheard of", "one"}, {"one", "unheard of"}} {
		n := 0
		if err := way.send(statements, func(results postgres.Results) error { return number(results, &n) }); err == nil || n != 0 {
			t.Errorf("%v: %v, %d", statements, err, n)
		}
	}
}

// TestRowsTakeNoMoreMemoryThanTheLongest: rows are read in the place of those before them, also where they are wider
// than any before.
func TestRowsTakeNoMoreMemoryThanTheLongest(t *testing.T) {
	pool := open(t, pgtest.New(t).DSN(""), postgres.Options{MaxConns: 1})
	const rows, columns = 20_000, 100
	sql := "SELECT " + strings.Repeat("n, ", columns-1) + "repeat('x', 500) FROM generate_series(1, 20000) n"
	var before, after runtime.MemStats
	for range 2 { // the second time, what is used again is there
		n := 0
		err := postgres.Pipeline(t.Context(), pool, func(conn *pgx.Conn, batch *postgres.Batch) {
			batch.Queue(prepared(t.Context(), conn, sql))
			runtime.ReadMemStats(&before)
		}, func(results postgres.Results) error {
			if err := results.Next(); err != nil {
				return err
			}
			for {
				values, err := results.Row()
				if err != nil || values == nil {
					return err
				}
				if n++; len(values) != columns || binary.BigEndian.Uint32(values[0]) != uint32(n) {
					return postgres.ErrMalformed
				}
			}
		})
		runtime.ReadMemStats(&after)
		if err != nil || n != rows {
			t.Fatal(n, err)
		}
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("%d bytes for %d rows", took, rows)
	}
}

// TestWhatIsLargeIsNotKept: neither what was sent nor what came.
func TestWhatIsLargeIsNotKept(t *testing.T) {
	pool := open(t, pgtest.New(t).DSN(""), postgres.Options{MaxConns: 1})
	heap := func() uint64 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	large := func(sql string, values ...postgres.Value) {
		err := postgres.Pipeline(t.Context(), pool, func(conn *pgx.Conn, batch *postgres.Batch) {
			batch.Queue(prepared(t.Context(), conn, sql), values...)
		}, func(results postgres.Results) error {
			if err := results.Next(); err != nil {
				return err
			}
			_, err := results.Row()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	const size = 32 << 20
	for what, do := range map[string]func(){
		"sent": func() { large("SELECT length($1::text)", postgres.Text(strings.Repeat("x", size))) },
		"came": func() { large("SELECT repeat('x', $1::int)", postgres.Int(size)) },
	} {
		runtime.GC()
		runtime.GC() // what is used again outlives one
		before := heap()
		do()
		runtime.GC()
		if after := heap(); after > before+size/2 {
			t.Errorf("%s: %d bytes are kept", what, after-before)
		}
	}
}

// TestNothingOfAPatientIsKept: a batch that is used again holds none of the values it was given.
func TestNothingOfAPatientIsKept(t *testing.T) {
	s := script(t)
	kept := func() (all []weak.Pointer[byte]) {
		var values []postgres.Value
		for range 20 {
			number := strings.Repeat("9990000018", 10)
			all = append(all, weak.Make(unsafe.StringData(number)))
			values = append(values, postgres.Text(number))
		}
		s.answers <- [][]byte{answer(row([]byte("a")))}
		if rows, err := s.texts(t.Context(), values...); err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		return all
	}()
	runtime.GC()
	for _, number := range kept {
		if number.Value() != nil {
			t.Fatal("a value is kept")
		}
	}
}

func TestValues(t *testing.T) {
	type form struct {
		text string
		null bool
	}
	got := map[string]form{}
	for name, v := range map[string]postgres.Value{
		"none": {}, "text": postgres.Text("a"), "empty": postgres.Text(""), "text or null": postgres.TextOrNull("a"), "empty or null": postgres.TextOrNull(""),
		"number": postgres.Int(-7), "yes": postgres.Bool(true),
	} {
		got[name] = form{v.String(), v.Null()}
	}
	want := map[string]form{"none": {"", true}, "text": {"a", false}, "empty": {"", false}, "text or null": {"a", false}, "empty or null": {"", true},
		"number": {"-7", false}, "yes": {"true", false}}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
