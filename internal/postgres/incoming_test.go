package postgres_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

// A scripted server lets everybody in and answers as it is told, in such pieces.
type scripted struct {
	*pgxpool.Pool
	connections atomic.Int32
	cancels     chan uint32                         // which connections were asked to stop, the first of all being 1
	answers     chan [][]byte                       // to a pipeline, in the pieces in which they are written; nil, and a nil piece, for an end
	behind      atomic.Value                        // []byte, written right behind the word that it is ready, for pgx to read
	strange     []func(net.Conn, *pgproto3.Backend) // what the first connections do instead
}

func script(t *testing.T, strange ...func(net.Conn, *pgproto3.Backend)) *scripted {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{answers: make(chan [][]byte, 10), cancels: make(chan uint32, 10), strange: strange}
	s.behind.Store([]byte(nil))
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	t.Cleanup(func() { listener.Close() })
	s.Pool = open(t, "postgres://reader@"+listener.Addr().String()+"/scripted?sslmode=disable", postgres.Options{MaxConns: 1})
	return s
}

func (s *scripted) serve(conn net.Conn) {
	defer conn.Close()
	backend := pgproto3.NewBackend(conn, conn)
	begin, err := backend.ReceiveStartupMessage()
	if asked, ok := begin.(*pgproto3.CancelRequest); ok {
		s.cancels <- asked.ProcessID
	}
	if _, ok := begin.(*pgproto3.StartupMessage); err != nil || !ok { // one that asks to cancel is no connection
		return
	}
	n := int(s.connections.Add(1))
	key := &pgproto3.BackendKeyData{ProcessID: uint32(n), SecretKey: []byte("key ")}
	conn.Write(slices.Concat(wire(&pgproto3.AuthenticationOk{}, key), ready, s.behind.Load().([]byte)))
	if n <= len(s.strange) {
		s.strange[n-1](conn, backend)
		return
	}
	for {
		message, err := backend.Receive()
		if err != nil {
			return
		}
		rest := func() {
			if half := s.behind.Swap([]byte(nil)).([]byte); half != nil {
				conn.Write(notice[len(half):])
			}
		}
		switch message.(type) {
		case *pgproto3.Query: // a ping
			rest()
			conn.Write(slices.Concat(wire(&pgproto3.EmptyQueryResponse{}), ready))
		case *pgproto3.Sync:
			rest()
			pieces := <-s.answers
			for _, piece := range pieces {
				if _, err := conn.Write(piece); err != nil || piece == nil {
					return
				}
			}
			if pieces == nil {
				return
			}
		}
	}
}

// wire is messages as they are written.
func wire(messages ...pgproto3.BackendMessage) []byte {
	var b []byte
	for _, m := range messages {
		var err error
		if b, err = m.Encode(b); err != nil {
			panic(err)
		}
	}
	return b
}

var (
	ready  = wire(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	bound  = wire(&pgproto3.BindComplete{})
	done   = wire(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
	notice = wire(&pgproto3.NoticeResponse{Severity: "NOTICE", Code: "00000", Message: "9990000018 is told of"})
	status = wire(&pgproto3.ParameterStatus{Name: "application_name", Value: "carerecord"})
)

func row(values ...[]byte) []byte { return wire(&pgproto3.DataRow{Values: values}) }

// answer is one statement that gives rows, whole.
func answer(rows ...[]byte) []byte {
	return slices.Concat(bound, slices.Concat(rows...), done, ready)
}

// patience is how long a pipeline of a test that fails waits for an answer.
const patience = 10 * time.Second

// kept is how many connections there were once the pool has one that can be used.
func (s *scripted) kept(t *testing.T) int32 {
	t.Helper()
	conn, err := s.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn.Release()
	return s.connections.Load()
}

// begun reads the first row of a pipeline's only statement, and leaves the others.
func (s *scripted) begun(ctx context.Context, then func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return postgres.Pipeline(ctx, s.Pool, func(_ *pgx.Conn, batch *postgres.Batch) { batch.Queue("statement") }, func(results postgres.Results) error {
		if err := results.Next(); err != nil {
			return err
		}
		if values, err := results.Row(); err != nil || values == nil {
			return errors.Join(err, errors.New("no row"))
		}
		return then()
	})
}

// texts are what one statement of a pipeline gives, as text.
func (s *scripted) texts(ctx context.Context, values ...postgres.Value) (rows [][]string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = postgres.Pipeline(ctx, s.Pool, func(_ *pgx.Conn, batch *postgres.Batch) { batch.Queue("statement", values...) }, func(results postgres.Results) error {
		rows = nil
		if err := results.Next(); err != nil {
			return err
		}
		for {
			values, err := results.Row()
			if err != nil || values == nil {
				return err
			}
			var texts []string
			for _, v := range values {
				if v == nil {
					texts = append(texts, "null")
					continue
				}
				texts = append(texts, string(v))
			}
			rows = append(rows, texts)
		}
	})
	return rows, err
}

func (s *scripted) want(t *testing.T, what string, want ...[]string) {
	t.Helper()
	if rows, err := s.texts(t.Context()); err != nil || fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Errorf("%s: %d rows, %v", what, len(rows), err)
	}
}

// TestMessagesComeInAnyPieces: whatever the pieces in which an answer comes, and whatever a server says beside it,
// the rows are the same.
func TestMessagesComeInAnyPieces(t *testing.T) {
	s := script(t)
	long, longer := strings.Repeat("long ", 20_000), strings.Repeat("longer ", 150_000) // more than a buffer holds, and than one that is kept
	want := [][]string{{"a", "null", ""}, {long}, {}, {longer, "b"}, {"null", "c"}, {"d"}}
	whole := slices.Concat(status, bound, row([]byte("a"), nil, []byte{}), notice, row([]byte(long)), row(), row([]byte(longer), []byte("b")), row(nil, []byte("c")), status, row([]byte("d")), done, notice, ready)
	for name, length := range map[string]int{"whole": len(whole), "in pages": 8192, "in odd pieces": 4093, "a byte short of a header": 4, "of five": 5} {
		var pieces [][]byte
		if length < 100 { // the long ones would take a while
			head := slices.Concat(status, bound, row([]byte("a"), nil, []byte{}), notice, row([]byte("b")), done, ready)
			pieces = slices.Collect(slices.Chunk(head, length))
			s.answers <- pieces
			s.want(t, name, []string{"a", "null", ""}, []string{"b"})
			continue
		}
		s.answers <- slices.Collect(slices.Chunk(whole, length))
		s.want(t, name, want...)
	}
	if n := s.connections.Load(); n != 1 {
		t.Errorf("%d connections, want the same for all", n)
	}
}

// TestWhatIsNoAnswerClosesTheConnection: what cannot be read as it ought to be is a failure, and is asked for once more
// on another connection.
func TestWhatIsNoAnswerClosesTheConnection(t *testing.T) {
	short := func(b []byte, by int) []byte { // says that it is shorter than it is
		b = bytes.Clone(b)
		binary.BigEndian.PutUint32(b[1:], binary.BigEndian.Uint32(b[1:])-uint32(by))
		return b[:len(b)-by]
	}
	saying := func(length uint32) []byte { return binary.BigEndian.AppendUint32([]byte{'D'}, length) }
	for name, bad := range map[string][]byte{
		"a value longer than its row":  slices.Concat(bound, short(row([]byte("abc")), 1), done, ready),
		"a row without its values":     slices.Concat(bound, short(row([]byte("abc")), 4), done, ready),
		"a row without a length":       slices.Concat(bound, short(row(), 1), done, ready),
		"a value behind the last":      slices.Concat(bound, []byte{'D', 0, 0, 0, 8, 0, 0, 'x', 'y'}, done, ready),
		"a message of no length":       slices.Concat(bound, saying(0), done, ready),
		"a message that is all header": slices.Concat(bound, saying(3), done, ready),
		"a message of four gigabytes":  slices.Concat(bound, saying(0xffffffff), done, ready),
		"a row before its statement":   slices.Concat(row([]byte("abc")), bound, done, ready),
		"rows without their statement": slices.Concat(row([]byte("abc")), row([]byte("def")), done, ready),
		"an unknown message":           slices.Concat(bound, []byte{'?', 0, 0, 0, 4}, done, ready),
		"the end before its results":   ready,
		"the end before the last row":  slices.Concat(bound, row([]byte("abc")), ready),
		"an open transaction":          slices.Concat(bound, done, wire(&pgproto3.ReadyForQuery{TxStatus: 'T'})),
		"no state":                     slices.Concat(bound, done, []byte{'Z', 0, 0, 0, 4}),
		"an error that is none":        slices.Concat([]byte{'E', 0, 0, 0, 5, 'S'}, ready),
	} {
		s := script(t)
		s.answers <- [][]byte{bad}
		s.answers <- [][]byte{bad}
		rows, err := s.texts(t.Context())
		if !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
		if n := s.connections.Load(); n != 2 {
			t.Errorf("%s: %d connections, want one for each attempt", name, n)
		}
		s.answers <- [][]byte{answer(row([]byte("next")))}
		s.want(t, name, []string{"next"})
	}
}

// TestAMessageThatOnlySaysItIsLong takes no more memory than came.
func TestAMessageThatOnlySaysItIsLong(t *testing.T) {
	s := script(t)
	for range 2 {
		s.answers <- [][]byte{slices.Concat(bound, binary.BigEndian.AppendUint32([]byte{'D'}, 1<<30-1), make([]byte, 1<<20))} // the longest that is read
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := s.texts(ctx)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, record.ErrTimeout) || took > 16<<20 {
		t.Errorf("%v, %d bytes", err, took)
	}
}

// TestWhatComesBehindTheEnd: pgx cannot have it any more, so the connection is not used again.
func TestWhatComesBehindTheEnd(t *testing.T) {
	s := script(t)
	s.answers <- [][]byte{slices.Concat(answer(row([]byte("a"))), notice[:7])}
	s.want(t, "with half a notice behind it", []string{"a"})
	s.answers <- [][]byte{answer(row([]byte("b")))}
	s.want(t, "the next", []string{"b"})
	if n := s.connections.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// TestWhatPgxHasRead: where pgx has read the beginning of a message, it reads the rest of it before we do.
func TestWhatPgxHasRead(t *testing.T) {
	s := script(t)
	s.behind.Store(notice[:7])
	s.answers <- [][]byte{answer(row([]byte("a")))}
	s.want(t, "after half a notice", []string{"a"})
	if n := s.connections.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// TestAnErrorAmongTheRows is the statement's, and those behind it were not asked.
func TestAnErrorAmongTheRows(t *testing.T) {
	s := script(t)
	s.answers <- [][]byte{slices.Concat(bound, row([]byte("a")), notice, wire(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "42P01", Message: "of 9990000018"}), status, ready)}
	rows, err := s.texts(t.Context())
	if !errors.Is(err, postgres.ErrMalformed) || len(rows) != 1 || strings.Contains(err.Error(), "999") {
		t.Errorf("%v, %v", rows, err)
	}
	s.answers <- [][]byte{answer(row([]byte("b")))}
	s.want(t, "the next", []string{"b"})
	if n := s.connections.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// TestAnEndInTheMiddle is a lost connection.
func TestAnEndInTheMiddle(t *testing.T) {
	s := script(t)
	s.answers <- nil
	s.answers <- [][]byte{answer(row([]byte("a")))}
	s.want(t, "after an end", []string{"a"})
	if n := s.connections.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// TestARowOfNoColumnsIsNoEnd, whatever was read before.
func TestARowOfNoColumnsIsNoEnd(t *testing.T) {
	runtime.GC()
	runtime.GC() // what is used again outlives one
	s := script(t)
	s.answers <- [][]byte{answer(row(), row())}
	s.want(t, "two of them", []string{}, []string{})
}

// TestANullIsNoOtherRequestsValue: what was read before does not stand in for it.
func TestANullIsNoOtherRequestsValue(t *testing.T) {
	s := script(t)
	for range 10 {
		s.answers <- [][]byte{answer(row([]byte("a"), []byte("b")))}
		s.want(t, "a value", []string{"a", "b"})
		s.answers <- [][]byte{answer(row(nil, []byte("c")))}
		s.want(t, "a null", []string{"null", "c"})
	}
}

// TestWhatIsNotReadIsLookedAt: an answer that was read as far as was wanted fails all the same where it does not end as it
// ought to, and its connection is used again where it does.
func TestWhatIsNotReadIsLookedAt(t *testing.T) {
	refusal := wire(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "42P01"})
	ours := fmt.Errorf("ours: %w", postgres.ErrMalformed) // which is not asked for again
	for name, test := range map[string]struct {
		rest [][]byte
		then error // what reading ends with
		want error
		same bool // the connection is used again
	}{
		"rows, and its end":          {[][]byte{slices.Concat(row([]byte("b")), status, done, notice, ready)}, nil, nil, true},
		"a refusal":                  {[][]byte{slices.Concat(refusal, ready)}, nil, postgres.ErrMalformed, true},
		"an error that is none":      {[][]byte{slices.Concat([]byte{'E', 0, 0, 0, 5, 'S'}, ready)}, nil, record.ErrUnavailable, true},
		"an error behind the end":    {[][]byte{slices.Concat(done, refusal, ready)}, nil, postgres.ErrMalformed, false},
		"half a row":                 {[][]byte{row([]byte("b"))[:7], nil}, nil, record.ErrUnavailable, false},
		"an open transaction":        {[][]byte{slices.Concat(done, wire(&pgproto3.ReadyForQuery{TxStatus: 'T'}))}, nil, record.ErrUnavailable, false},
		"its end, refused by us":     {[][]byte{slices.Concat(done, ready)}, ours, ours, true},
		"half a row, refused by us":  {[][]byte{row([]byte("b"))[:7], nil}, ours, ours, false},
		"a transaction, and refused": {[][]byte{slices.Concat(done, wire(&pgproto3.ReadyForQuery{TxStatus: 'T'}))}, ours, ours, false},
	} {
		s := script(t)
		for range 2 {
			s.answers <- append([][]byte{slices.Concat(bound, row([]byte("a")))}, test.rest...)
		}
		attempts := 0
		err := s.begun(t.Context(), func() error { attempts++; return test.then })
		if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if n := int(s.kept(t)); (n == attempts) != test.same {
			t.Errorf("%s: %d connections for %d attempts", name, n, attempts)
		}
	}
}

// TestBehindAnErrorNothingIsRead: what comes behind what ought not to have come is no row, no end and no other statement.
func TestBehindAnErrorNothingIsRead(t *testing.T) {
	for name, test := range map[string]struct {
		answer []byte
		good   int // calls before the error
	}{
		"a row before its statement":  {slices.Concat(row([]byte("a")), bound, row([]byte("b")), done, ready), 0},
		"a row that is too short":     {slices.Concat(bound, []byte{'D', 0, 0, 0, 5, 0}, row([]byte("b")), done, bound, done, ready), 1},
		"an unknown message":          {slices.Concat(bound, []byte{'?', 0, 0, 0, 4}, done, bound, row([]byte("b")), done, ready), 1},
		"a statement inside another":  {slices.Concat(bound, bound, row([]byte("b")), done, ready), 1},
		"the end before its results":  {ready, 0},
		"the end before the last row": {slices.Concat(bound, ready), 1},
	} {
		s := script(t)
		s.answers <- [][]byte{test.answer}
		s.answers <- [][]byte{test.answer}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := postgres.Pipeline(ctx, s.Pool, func(_ *pgx.Conn, batch *postgres.Batch) {
			batch.Queue("one")
			batch.Queue("another")
		}, func(results postgres.Results) error {
			for i := range 6 {
				var values [][]byte
				var err error
				if i%2 == 0 {
					err = results.Next()
				} else {
					values, err = results.Row()
				}
				if (err == nil) != (i < test.good) || values != nil {
					t.Errorf("%s: %q, %v of call %d", name, values, err, i)
				}
			}
			return nil
		})
		cancel()
		if !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheEndBeforeItsResults: a connection whose server is through too early is not used again: what comes later would be
// the next one's.
func TestTheEndBeforeItsResults(t *testing.T) {
	for name, then := range map[string]error{"nothing is read": nil, "refused by us": fmt.Errorf("ours: %w", postgres.ErrMalformed)} {
		s := script(t)
		s.answers <- [][]byte{ready}
		s.answers <- [][]byte{answer(row([]byte("of the first")))}
		attempts := 0
		err := postgres.Pipeline(t.Context(), s.Pool, func(_ *pgx.Conn, batch *postgres.Batch) { batch.Queue("statement") }, func(postgres.Results) error { attempts++; return then })
		if !errors.Is(err, then) || (attempts == 2) != (then == nil) { // nothing came, so it is asked again
			t.Errorf("%s: %v after %d attempts", name, err, attempts)
		}
		if n := s.kept(t); n != 2 {
			t.Errorf("%s: %d connections, want 2", name, n)
		}
	}
}

// TestNothingComesBehindAFatalError: another connection is asked at once, whether or not this one is closed.
func TestNothingComesBehindAFatalError(t *testing.T) {
	for _, said := range []*pgproto3.ErrorResponse{
		{Severity: "FATAL", Code: "57P01"}, {Severity: "PANIC", Code: "57P02"}, {Severity: "FATALE", SeverityUnlocalized: "FATAL", Code: "57P01"},
	} {
		s := script(t)
		s.answers <- [][]byte{slices.Concat(bound, row([]byte("a")), wire(said))}
		s.answers <- [][]byte{answer(row([]byte("b")))}
		s.want(t, said.Severity, []string{"b"})
		if n := s.kept(t); n != 2 {
			t.Errorf("%s: %d connections, want 2", said.Severity, n)
		}
	}
}

// TestAPipelineThatWasCancelledAtItsEnd: its connection may be cut off at any moment, so it is given up, though all was read.
func TestAPipelineThatWasCancelledAtItsEnd(t *testing.T) {
	s := script(t)
	s.answers <- [][]byte{answer(row([]byte("a")))}
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.begun(ctx, func() error { cancel(); return nil }); err != nil {
		t.Error(err)
	}
	if n := s.kept(t); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// TestOnlyWhatIsUnderWayIsCancelled: a server that is through is not asked to stop.
func TestOnlyWhatIsUnderWayIsCancelled(t *testing.T) {
	s := script(t)
	s.answers <- [][]byte{slices.Concat(answer(row([]byte("a"))), notice[:7])}
	s.want(t, "with half a notice behind it", []string{"a"})
	s.answers <- [][]byte{slices.Concat(bound, row([]byte("b")))}
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.begun(ctx, func() error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	select {
	case n := <-s.cancels:
		if n != 2 {
			t.Errorf("connection %d was asked, want the second", n)
		}
	case <-time.After(patience):
		t.Error("nobody was asked")
	}
}

// TestAConnectionOfWhichPgxReadsWithoutEnd: what pgx holds would be missing among our messages, so it is not used.
func TestAConnectionOfWhichPgxReadsWithoutEnd(t *testing.T) {
	s := script(t, func(conn net.Conn, backend *pgproto3.Backend) {
		for {
			message, err := backend.Receive()
			if err != nil {
				return
			}
			switch message.(type) {
			case *pgproto3.Query: // a ping
				conn.Write(slices.Concat(notice[7:], wire(&pgproto3.EmptyQueryResponse{}), ready, notice[:7]))
			case *pgproto3.Sync:
				conn.Write(answer(row([]byte("of this one"))))
			}
		}
	})
	s.behind.Store(notice[:7])
	conn, err := s.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.behind.Store([]byte(nil))
	conn.Release()
	s.answers <- [][]byte{answer(row([]byte("of the next")))}
	s.want(t, "over another", []string{"of the next"})
}

// TestAServerThatDoesNotRead what is sent holds nobody up for longer than they wait, and not at all where its answer is none.
func TestAServerThatDoesNotRead(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	saying := func(answer []byte) func(net.Conn, *pgproto3.Backend) {
		return func(conn net.Conn, _ *pgproto3.Backend) {
			conn.Read(make([]byte, 1))
			conn.Write(answer)
			<-over
		}
	}
	large := postgres.Text(strings.Repeat("x", 64<<20)) // more than lies in the sockets' buffers
	for name, test := range map[string]struct {
		answer []byte
		within time.Duration
		want   error
	}{
		"a whole answer": {answer(row([]byte("a"))), 300 * time.Millisecond, record.ErrTimeout},
		"no message":     {[]byte{'D', 0, 0, 0, 0}, patience, record.ErrUnavailable},
	} {
		s := script(t, saying(test.answer), saying(test.answer))
		ctx, cancel := context.WithTimeout(t.Context(), test.within)
		rows, err := s.texts(ctx, large)
		cancel()
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
		before := s.connections.Load()
		if n := s.kept(t); n != before+1 {
			t.Errorf("%s: its connection is used again", name)
		}
	}
}

// An odd connection writes a batch, and reads its answer, in its own way.
type odd struct {
	net.Conn
	write func(c *odd, b []byte) (int, error)
	read  func(c *odd, b []byte) (int, error)
	asked atomic.Bool
	held  []byte        // what came, and was not given yet
	given chan struct{} // closed when all of the answer was
}

func (c *odd) Write(b []byte) (int, error) {
	if b[0] != 'B' {
		return c.Conn.Write(b)
	}
	c.asked.Store(true)
	return c.write(c, b)
}

func (c *odd) Read(b []byte) (int, error) {
	if !c.asked.Load() {
		n, err := c.Conn.Read(b)
		if err != nil || !c.asked.Load() { // meanwhile
			return n, err
		}
		c.held = bytes.Clone(b[:n])
	}
	return c.read(c, b)
}

func (c *odd) answered(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.hold()
	return n, err
}

// hold waits for a whole answer.
func (c *odd) hold() {
	for b := make([]byte, 1024); !bytes.HasSuffix(c.held, ready); {
		n, err := c.Conn.Read(b)
		if c.held = append(c.held, b[:n]...); err != nil {
			return
		}
	}
}

func (c *odd) give(b []byte) (int, error) {
	if len(c.held) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.held)
	if c.held = c.held[n:]; len(c.held) == 0 {
		close(c.given)
	}
	return n, nil
}

// once makes one connection of a pool odd, and the next ones not.
func (s *scripted) once(t *testing.T, c *odd) {
	t.Helper()
	config, first := s.Config(), true
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil || !first {
			return conn, err
		}
		first, c.Conn, c.given = false, conn, make(chan struct{})
		return c, nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s.Pool = pool
}

var errOdd = errors.New("odd")

// TestAWriteThatFails: nothing is taken for an answer to what may not have gone out whole, and nobody waits for one.
func TestAWriteThatFails(t *testing.T) {
	unsent := func(*odd, []byte) (int, error) { return 0, errOdd }
	for name, test := range map[string]struct {
		length int
		write  func(c *odd, b []byte) (int, error)
		sent   bool
	}{
		"a short one, of which nothing goes out": {10, unsent, false},
		"a long one, of which nothing goes out":  {10_000, unsent, false},
		"a short one that is answered": {10, func(c *odd, b []byte) (int, error) {
			n, _ := c.answered(b)
			return n, errOdd
		}, true},
		"a long one whose answer was read": {10_000, func(c *odd, b []byte) (int, error) {
			n, _ := c.Conn.Write(b)
			<-c.given
			return n, errOdd
		}, true},
	} {
		s := script(t)
		s.once(t, &odd{write: test.write, read: func(c *odd, b []byte) (int, error) {
			if test.sent {
				c.hold()
			}
			return c.give(b)
		}})
		if test.sent {
			s.answers <- [][]byte{answer(row([]byte("of the first")))}
		}
		s.answers <- [][]byte{answer(row([]byte("of the second")))}
		rows, err := s.texts(t.Context(), postgres.Text(strings.Repeat("x", test.length)))
		if n := s.connections.Load(); err != nil || fmt.Sprint(rows) != "[[of the second]]" || n != 2 {
			t.Errorf("%s: %v, %v over %d connections", name, rows, err, n)
		}
	}
}

// TestAReadThatFails is the end of its connection, whatever would come behind it; what comes together with an error counts.
func TestAReadThatFails(t *testing.T) {
	failed := false
	for name, test := range map[string]struct {
		read        func(c *odd, b []byte) (int, error)
		want        string
		connections int32
	}{
		"before the answer": {func(c *odd, b []byte) (int, error) {
			if !failed {
				failed = true
				return 0, errOdd
			}
			return c.give(b)
		}, "[[of the second]]", 2},
		"with its last byte": {func(c *odd, b []byte) (int, error) {
			if len(c.held) > 1 {
				b = b[:min(len(b), len(c.held)-1)]
				return c.give(b)
			}
			n, _ := c.give(b)
			return n, errOdd
		}, "[[of the first]]", 1},
	} {
		s := script(t)
		for range 3 { // so that the beginning of an answer stands in what is used again
			s.answers <- [][]byte{answer(row([]byte("an earlier one")))}
			s.want(t, name, []string{"an earlier one"})
		}
		before := s.connections.Load()
		s.once(t, &odd{write: (*odd).answered, read: test.read})
		s.answers <- [][]byte{answer(row([]byte("of the first")))}
		s.answers <- [][]byte{answer(row([]byte("of the second")))}
		rows, err := s.texts(t.Context())
		if n := s.connections.Load() - before; err != nil || fmt.Sprint(rows) != test.want || n != test.connections {
			t.Errorf("%s: %v, %v over %d connections", name, rows, err, n)
		}
	}
}
