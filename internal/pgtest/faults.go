package pgtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Faulty makes a pool of a configuration whose statements can be made to fail one by
// one, by Faults and Counting. It is closed when the test ends.
func Faulty(t testing.TB, config *pgxpool.Config) *pgxpool.Pool {
	t.Helper()
	FaultyConn(config.ConnConfig)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// FaultyConn does the same for one connection.
func FaultyConn(config *pgx.ConnConfig) {
	config.Tracer = tracer{}
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &cuttable{Conn: conn}, nil
	}
}

// Faults does something again and again, each time with a context under which another of
// its statements fails: it is not sent, while those after it are, or its answer is cut
// off before its end. Each time there must be an error, of the kinds given, and none once
// there is no such statement any more.
func Faults(t testing.TB, do func(context.Context) error, kinds ...error) {
	t.Helper()
	for _, cut := range []bool{false, true} {
		for at := 1; ; at++ {
			f := &fault{at: at, cut: cut}
			err := do(context.WithValue(t.Context(), faultKey{}, f))
			if f.seen < at {
				if err != nil || at == 1 {
					t.Errorf("%s: %v without a fault", f, err)
				}
				break
			}
			f.judge(t, err, kinds)
		}
	}
}

// Counting is a context under which statements are counted.
func Counting(ctx context.Context) (_ context.Context, counted func() int) {
	f := &fault{}
	return context.WithValue(ctx, faultKey{}, f), func() int { return f.seen }
}

type faultKey struct{}

// fault is a statement that fails; place 0 is none.
type fault struct {
	at, seen int
	cut      bool
	sql      string
}

func (f *fault) String() string {
	return fmt.Sprintf("statement %d (cut off: %t) %.60s", f.at, f.cut, f.sql)
}

func (f *fault) judge(t testing.TB, err error, kinds []error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", f)
	}
	for _, kind := range kinds {
		if !errors.Is(err, kind) {
			t.Errorf("%s: %v, which is not %v", f, err, kind)
		}
	}
}

// strike is the context of one more statement.
func (f *fault) strike(ctx context.Context, conn *pgx.Conn, sql string) context.Context {
	if f.seen++; f.seen != f.at {
		return ctx
	}
	f.sql = sql
	if f.cut {
		conn.PgConn().Conn().(*cuttable).cut = true
		return ctx
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	return ended
}

func struck(ctx context.Context, conn *pgx.Conn, sql string) context.Context {
	if f, ok := ctx.Value(faultKey{}).(*fault); ok {
		return f.strike(ctx, conn, sql)
	}
	return ctx
}

// tracer comes by every statement.
type tracer struct{}

func (tracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return struck(ctx, conn, data.SQL)
}
func (tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (tracer) TraceCopyFromStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceCopyFromStartData) context.Context {
	return struck(ctx, conn, "COPY "+data.TableName.Sanitize())
}
func (tracer) TraceCopyFromEnd(context.Context, *pgx.Conn, pgx.TraceCopyFromEndData) {}

// cuttable is a connection that can break off where a statement's answer would end.
type cuttable struct {
	net.Conn
	cut     bool
	pending []byte // of a message
}

func (c *cuttable) Read(b []byte) (int, error) {
	if len(c.pending) == 0 && !c.cut {
		return c.Conn.Read(b)
	}
	if len(c.pending) == 0 {
		if err := c.message(); err != nil {
			return 0, errors.Join(err, c.Close())
		}
	}
	n := copy(b, c.pending)
	c.pending = c.pending[n:]
	return n, nil
}

// complete is the type of the message that ends an answer.
const complete = 'C'

// message reads the next message from the server; at the end of an answer it is an error.
func (c *cuttable) message() error {
	head := make([]byte, 5)
	if _, err := io.ReadFull(c.Conn, head); err != nil {
		return err
	}
	if head[0] == complete {
		return io.ErrUnexpectedEOF
	}
	body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
	_, err := io.ReadFull(c.Conn, body)
	c.pending = append(head, body...)
	return err
}
