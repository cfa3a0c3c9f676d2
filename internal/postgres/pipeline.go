package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Pipeline sends a batch in one round trip and hands its results to read. A
// connection that turns out to be dead before anything was read is replaced and
// the batch filled and sent once more.
//
// It writes and reads the messages itself: pgx keeps lists of what it has sent and
// descriptions of what comes, a dozen pieces of memory for each statement, and a record
// takes eighty. Whatever does not end with the server's word that it is through closes
// the connection, so that no row of one request waits there for the next.
func Pipeline(ctx context.Context, pool *pgxpool.Pool, fill func(*pgx.Conn, *Batch), read func(Results) error) error {
	return twice(ctx, pool, func(conn *pgx.Conn) error {
		batch := batches.Get().(*Batch)
		defer batch.release()
		fill(conn, batch)
		p := &pipeline{conn: conn.PgConn(), left: batch.Len(), ready: batch.Len() == 0}
		return p.run(ctx, batch, read)
	})
}

// A pipeline is a batch on its way over a connection; it is its Results.
type pipeline struct {
	conn  *pgconn.PgConn
	left  int   // statements whose results were not begun
	rows  bool  // those of a statement are being read
	ready bool  // the server is through with all of it
	err   error // the first
}

func (p *pipeline) run(ctx context.Context, batch *Batch, read func(Results) error) (err error) {
	if p.ready {
		return read(p)
	}
	late := context.AfterFunc(ctx, func() { p.conn.Conn().SetDeadline(past) })
	written := write(p.conn.Conn(), batch.encode())
	defer func() {
		if inTime := late(); !inTime || !p.ready {
			abandon(p.conn, p.ready)
		}
		if failed := written(); failed != nil {
			err = earlier(err, failed)
		}
	}()
	err = read(p)
	p.finish()
	return earlier(err, p.err)
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// writtenAtOnce is what the other end takes without anybody reading from it. A server that waits
// for its answers to be read does not read on either.
const writtenAtOnce = 4 << 10

// write sends the messages, longer ones while their answers are read, and gives what to wait for.
func write(conn net.Conn, wire []byte) (written func() error) {
	if len(wire) <= writtenAtOnce {
		_, err := conn.Write(wire)
		return func() error { return err }
	}
	done := make(chan error, 1)
	go func() {
		_, err := conn.Write(wire)
		if err != nil {
			conn.SetDeadline(past) // nobody need wait for an answer
		}
		done <- err
	}()
	return func() error { return <-done }
}

// Next goes to the rows of the next statement.
func (p *pipeline) Next() error {
	for p.rows {
		if _, err := p.Row(); err != nil {
			return err
		}
	}
	if p.err == nil && p.left == 0 {
		p.err = errNoMore
	}
	if p.err != nil {
		return p.err
	}
	p.left--
	message, err := p.receive()
	if err != nil {
		return err
	}
	if _, bound := message.(*pgproto3.BindComplete); !bound {
		return p.fail(fmt.Errorf("unexpected message %T", message))
	}
	p.rows = true
	return nil
}

// Row is the next row of the statement.
func (p *pipeline) Row() ([][]byte, error) {
	if !p.rows || p.err != nil {
		return nil, p.err
	}
	message, err := p.receive()
	if err != nil {
		return nil, err
	}
	switch message := message.(type) {
	case *pgproto3.DataRow:
		return message.Values, nil
	case *pgproto3.CommandComplete:
		p.rows = false
		return nil, nil
	}
	return nil, p.fail(fmt.Errorf("unexpected message %T", message))
}

// receive is the next message that belongs to the batch.
func (p *pipeline) receive() (pgproto3.BackendMessage, error) {
	for {
		message, err := p.conn.ReceiveMessage(context.Background()) // run ends it
		if err != nil {
			return nil, p.fail(err)
		}
		switch message := message.(type) {
		case *pgproto3.NoticeResponse, *pgproto3.ParameterStatus, *pgproto3.NotificationResponse:
		case *pgproto3.ErrorResponse:
			return nil, p.fail(pgconn.ErrorResponseToPgError(message))
		case *pgproto3.ReadyForQuery:
			p.ready = true
			return nil, p.fail(errors.New("the end, before its results"))
		default:
			return message, nil
		}
	}
}

func (p *pipeline) fail(err error) error {
	p.err = earlier(p.err, err)
	return p.err
}

// finish passes over what was not read, until the server is through.
func (p *pipeline) finish() {
	for !p.ready && !p.conn.IsClosed() {
		message, err := p.conn.ReceiveMessage(context.Background())
		if err != nil {
			p.fail(err)
			return
		}
		switch message := message.(type) {
		case *pgproto3.ErrorResponse:
			p.fail(pgconn.ErrorResponseToPgError(message))
		case *pgproto3.ReadyForQuery:
			p.ready = true
		}
	}
}

// cancelWithin bounds the asking of a server to stop.
const cancelWithin = 15 * time.Second

// abandon closes a connection at once, and asks its server to stop what it is still doing.
func abandon(conn *pgconn.PgConn, idle bool) {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	conn.Close(over)
	if idle {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), cancelWithin)
		defer cancel()
		conn.CancelRequest(ctx)
	}()
}
