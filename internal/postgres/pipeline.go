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

// Pipeline sends a batch in one round trip and hands its results to read. If the connection turns out to be dead, the batch is
// filled and sent once more on another one.
//
// It writes and reads PostgreSQL's messages itself, which pgx allows (SyncConn): pgx makes a dozen allocations for each
// statement to track what was sent and what comes, and a record takes eighty statements. A connection is closed unless the
// answer ended with ReadyForQuery and nothing came after it, so no row of one request waits there for the next.
func Pipeline(ctx context.Context, pool *pgxpool.Pool, fill func(*pgx.Conn, *Batch), read func(Results) error) error {
	return twice(ctx, pool, func(conn *pgx.Conn) error {
		batch := batches.Get().(*Batch)
		defer batch.release()
		fill(conn, batch)
		p := &pipeline{conn: conn.PgConn(), left: batch.Len(), due: batch.Len(), ready: batch.Len() == 0}
		return p.run(ctx, batch, read)
	})
}

// A pipeline is a batch under way on a connection. It implements Results.
type pipeline struct {
	conn    *pgconn.PgConn
	in      *incoming // nil if nothing was sent
	left    int       // statements whose results were not begun
	due     int       // statements whose CommandComplete did not come
	rows    bool      // the rows of a statement are being read
	refused bool      // by the server, which then skips the statements that follow
	over    bool      // no more messages will come
	ready   bool      // the server is ready for the next query
	err     error     // the first error
}

func (p *pipeline) run(ctx context.Context, batch *Batch, read func(Results) error) (err error) {
	if p.ready {
		err = read(p)
		return cmp.Or(err, p.err)
	}
	if err := p.conn.SyncConn(ctx); err != nil { // or pgx might have read, or still read, messages that are ours
		return err
	}
	p.in = from(p.conn.Conn())
	late := context.AfterFunc(ctx, func() { p.conn.Conn().SetDeadline(past) })
	written := write(p.conn.Conn(), batch.encode())
	defer func() {
		whole := p.ready && !p.undone() && p.in.rest() == 0 && written() == nil // bytes after the end would be lost to pgx
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

// past is a deadline that has passed.
var past = time.Unix(1, 0)

// writtenAtOnce is how many bytes the server takes even if nobody reads its answers. Beyond that a server that waits for
// its answers to be read may stop reading.
const writtenAtOnce = 4 << 10

// write sends the messages. What the server does not take at once is sent while its answers are read; written waits for that.
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
			conn.SetDeadline(past) // no answer will come
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

// Next moves to the rows of the next statement.
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

// The message types that a server may send here (PostgreSQL's documentation, "Message Formats").
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

// receive is the next message that belongs to the batch; its kind is 0 if none comes.
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

// refusal fails with the server's error. FATAL and PANIC end the connection, whether or not the server closes it.
func (p *pipeline) refusal(body []byte) {
	p.refused = true
	var said pgproto3.ErrorResponse
	if err := said.Decode(body); err != nil {
		p.fail(err)
		return
	}
	p.fail(pgconn.ErrorResponseToPgError(&said))
	if severity := cmp.Or(said.SeverityUnlocalized, said.Severity); severity == "FATAL" || severity == "PANIC" {
		p.over = true
	}
}

// undone reports whether the server rolled the transaction back after all statements had their answers. The caller may have
// noted by then what the connection was told, so the connection must not be used again.
func (p *pipeline) undone() bool { return p.refused && p.due == 0 }

// end handles ReadyForQuery. Nothing here opens a transaction, so a connection that is left in one is not used again.
func (p *pipeline) end(body []byte) {
	const idle = "I"
	if p.ready = string(body) == idle; !p.ready {
		p.fail(errors.New("a transaction is left open"))
	}
	if p.due > 0 && !p.refused { // their results might still come, and be taken for the next batch's
		p.ready = false
		p.fail(errors.New("the end before its results"))
	}
	p.over = true
}

// unexpected fails because of a message of the wrong kind, unless there is an error already.
func (p *pipeline) unexpected(kind byte) error {
	return p.fail(fmt.Errorf("unexpected message %q", kind))
}

func (p *pipeline) fail(err error) error {
	p.err = cmp.Or(p.err, err)
	return p.err
}

// finish skips what was not read, until the server is done.
func (p *pipeline) finish() {
	for !p.over {
		p.receive()
	}
}

// cancelWithin bounds the request that asks a server to cancel.
const cancelWithin = 15 * time.Second

// abandon closes a connection at once and, unless it is idle, asks its server to cancel what it is doing.
func abandon(conn *pgconn.PgConn, idle bool) {
	if secured, ok := conn.Conn().(interface{ NetConn() net.Conn }); ok { // tls.Conn.Close may wait five seconds to send its alert
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
