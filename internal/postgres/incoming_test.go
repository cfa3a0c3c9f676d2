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
	answers     chan [][]byte // to a pipeline, in the pieces in which they are written; nil for an end
	behind      atomic.Value  // []byte, written right behind the word that it is ready, for pgx to read
}

func script(t *testing.T) *scripted {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{answers: make(chan [][]byte, 10)}
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
	if _, ok := begin.(*pgproto3.StartupMessage); err != nil || !ok { // one that asks to cancel is no connection
		return
	}
	s.connections.Add(1)
	conn.Write(slices.Concat(wire(&pgproto3.AuthenticationOk{}), ready, s.behind.Load().([]byte)))
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
				if _, err := conn.Write(piece); err != nil {
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

// texts are what one statement of a pipeline gives, as text.
func (s *scripted) texts(ctx context.Context) (rows [][]string, err error) {
	err = postgres.Pipeline(ctx, s.Pool, func(_ *pgx.Conn, batch *postgres.Batch) { batch.Queue("statement") }, func(results postgres.Results) error {
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
	want := [][]string{{"a", "null", ""}, {long}, {}, {longer, "b"}, {"c"}}
	whole := slices.Concat(status, bound, row([]byte("a"), nil, []byte{}), notice, row([]byte(long)), row(), row([]byte(longer), []byte("b")), status, row([]byte("c")), done, notice, ready)
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
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		rows, err := s.texts(ctx)
		cancel()
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
		s.answers <- [][]byte{slices.Concat(bound, binary.BigEndian.AppendUint32([]byte{'D'}, 1<<30-100), make([]byte, 1<<20))}
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
