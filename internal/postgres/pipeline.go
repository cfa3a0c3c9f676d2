package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/socket"
)

// Pipeline sends a batch in one round trip and hands its results to read. A
// connection that turns out to be dead before anything was read is replaced and
// the batch filled and sent once more.
//
// It writes and reads the messages itself: pgx keeps lists of what it has sent and
// descriptions of what comes, a dozen pieces of memory for each statement, and a record
// takes eighty. pgx lets its connection be used so (SyncConn). Whatever does not end with
// the server's word that it is through, and with nothing behind it, closes the connection,
// so that no row of one request waits there for the next.
func Pipeline(ctx context.Context, pool *pgxpool.Pool, fill func(*pgx.Conn, *Batch), read func(Results) error) error {
	return twice(ctx, pool, func(conn *pgx.Conn) error {
		batch := batches.Get().(*Batch)
		defer batch.release()
		fill(conn, batch)
		p := &pipeline{conn: conn.PgConn(), left: batch.Len(), due: batch.Len(), ready: batch.Len() == 0}
		return p.run(ctx, batch, read)
	})
}

// A pipeline is a batch on its way over a connection; it is its Results.
type pipeline struct {
	conn    *pgconn.PgConn
	in      *incoming // nil where nothing is sent
	left    int       // statements whose results were not begun
	due     int       // statements whose end did not come
	rows    bool      // those of a statement are being read
	refused bool      // by the server, which then answers no further statement
	over    bool      // nothing more comes of it
	ready   bool      // and for what is next
	err     error     // the first
}

func (p *pipeline) run(ctx context.Context, batch *Batch, read func(Results) error) (err error) {
	if p.ready {
		err = read(p)
		return cmp.Or(err, p.err)
	}
	if err := p.conn.SyncConn(ctx); err != nil { // or pgx may hold, or read, what is meant for us
		return err
	}
	p.in = from(p.conn.Conn())
	late := context.AfterFunc(ctx, func() { p.conn.Conn().SetDeadline(past) })
	written := write(p.conn.Conn(), batch.encode())
	defer func() {
		whole := p.ready && !p.undone() && p.in.rest() == 0 && written() == nil // what came behind the end is lost to pgx
		if inTime := late(); !inTime || !whole {
			abandon(p.conn, p.ready)
		}
		p.in.release()
		err = cmp.Or(err, written())
	}()
	err = read(p)
	p.finish()
	return cmp.Or(err, p.err)
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// writtenAtOnce is what the other end takes without anybody reading from it. A server that waits
// for its answers to be read does not read on either.
const writtenAtOnce = 4 << 10

// write sends the messages, and gives what to wait for: what the other end does not take at once is sent while
// its answers are read.
func write(conn net.Conn, wire []byte) (written func() error) {
	n, err := socket.Begin(conn, wire)
	if n == len(wire) && err == nil {
		return noError
	}
	done := make(chan struct{})
	send := func() {
		defer close(done)
		if err == nil {
			_, err = conn.Write(wire[n:])
		}
		if err != nil {
			conn.SetDeadline(past) // nobody need wait for an answer
		}
	}
	if len(wire) <= writtenAtOnce {
		send()
	} else {
		go send()
	}
	return func() error {
		<-done
		return err
	}
}

func noError() error { return nil }

// Next goes to the rows of the next statement.
func (p *pipeline) Next() error {
	for p.rows {
		if _, err := p.Row(); err != nil {
			return err
		}
	}
	if p.left == 0 {
		return p.fail(errNoMore)
	}
	if p.err != nil {
		return p.err
	}
	p.left--
	if kind, _ := p.receive(); kind != bindComplete {
		return p.unexpected(kind)
	}
	p.rows = true
	return nil
}

// Row is the next row of the statement.
func (p *pipeline) Row() ([][]byte, error) {
	if !p.rows || p.err != nil {
		return nil, p.err
	}
	kind, body := p.receive()
	switch kind {
	case dataRow:
		values, err := p.in.row(body)
		if err != nil {
			return nil, p.fail(err)
		}
		return values, nil
	case commandComplete:
		p.rows = false
		return nil, nil
	}
	return nil, p.unexpected(kind)
}

// The kinds of message that a server may send here: PostgreSQL's documentation, "Message Formats".
const (
	bindComplete    = '2'
	commandComplete = 'C'
	dataRow         = 'D'
	errorResponse   = 'E'
	readyForQuery   = 'Z'

	noticeResponse       = 'N'
	notificationResponse = 'A'
	parameterStatus      = 'S'
)

// receive is the next message that belongs to the batch; its kind is 0 where none comes.
func (p *pipeline) receive() (kind byte, body []byte) {
	for {
		kind, body, err := p.in.message()
		switch kind {
		case noticeResponse, parameterStatus, notificationResponse:
			continue
		case commandComplete:
			p.due--
		case errorResponse:
			p.refusal(body)
		case readyForQuery:
			p.end(body)
		}
		if err != nil {
			p.over = true
			p.fail(err)
		}
		return kind, body
	}
}

// refusal fails with what the server says went wrong.
func (p *pipeline) refusal(body []byte) {
	p.refused = true
	var said pgproto3.ErrorResponse
	if err := said.Decode(body); err != nil {
		p.fail(err)
		return
	}
	p.fail(pgconn.ErrorResponseToPgError(&said))
	if severity := cmp.Or(said.SeverityUnlocalized, said.Severity); severity == "FATAL" || severity == "PANIC" {
		p.over = true // a server says nothing more, whether or not the line is closed
	}
}

// undone reports whether the server took back what it had done when all statements had their answers: whoever noted meanwhile
// what the connection was told must not find it again.
func (p *pipeline) undone() bool { return p.refused && p.due == 0 }

// end notes that the server is through. Nothing here opens a transaction: a connection that is
// left in one is not used again.
func (p *pipeline) end(body []byte) {
	const idle = "I"
	if p.ready = string(body) == idle; !p.ready {
		p.fail(errors.New("a transaction is left open"))
	}
	if p.due > 0 && !p.refused { // they may come yet, and would be the next one's
		p.ready = false
		p.fail(errors.New("the end before its results"))
	}
	p.over = true
}

// unexpected fails with a message that has no place here, unless there is an error already.
func (p *pipeline) unexpected(kind byte) error {
	return p.fail(fmt.Errorf("unexpected message %q", kind))
}

func (p *pipeline) fail(err error) error {
	p.err = cmp.Or(p.err, err)
	return p.err
}

// finish passes over what was not read, until the server is through.
func (p *pipeline) finish() {
	for !p.over {
		p.receive()
	}
}

// cancelWithin bounds the asking of a server to stop.
const cancelWithin = 15 * time.Second

// abandon closes a connection at once, and asks its server to stop what it is still doing.
func abandon(conn *pgconn.PgConn, idle bool) {
	if secured, ok := conn.Conn().(interface{ NetConn() net.Conn }); ok { // TLS would wait five seconds to say goodbye
		secured.NetConn().Close()
	}
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
