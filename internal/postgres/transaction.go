package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ByTransaction is what a DSN carries where it leads to a pooler that lends a connection
// for one transaction, as PgBouncer does in transaction mode.
const ByTransaction = "default_query_exec_mode=exec"

// Shared reports whether the pool's DSN carries ByTransaction: nothing that was said to a
// connection holds for the next transaction.
func Shared(pool *pgxpool.Pool) bool { return isShared(pool.Config()) }

func isShared(config *pgxpool.Config) bool {
	return config.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeExec
}

// Transaction is Pipeline over a pool that is Shared: what is queued, by the names of
// statements that are known, goes as one transaction that reads one snapshot, in one round
// trip. Columns of other types than are known are ErrMalformed.
func Transaction(ctx context.Context, pool *pgxpool.Pool, known Statements, fill func(*pgx.Conn, *Batch), read func(Results) error) error {
	return twice(ctx, pool, func(conn *pgx.Conn) error {
		batch := batches.Get().(*Batch)
		defer batch.release()
		fill(conn, batch)
		t := begin(ctx, conn, known, batch)
		return errors.Join(read(t), t.close())
	})
}

// opening begins a transaction as readingParameters begin one elsewhere: a pooler keeps
// nothing for a session, and refuses most of them where a connection begins.
var opening = [...]string{
	"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	"SELECT set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)",
}

// everywhere are those of readingParameters that a pooler takes too.
var everywhere = []string{"application_name", "timezone", "client_encoding"}

func forShared(parameter string) bool { return slices.Contains(everywhere, parameter) }

// A transaction is on its way; it is its Results.
type transaction struct {
	ctx      context.Context
	conn     *pgx.Conn
	pipeline *pgconn.Pipeline     // nil where nothing was queued
	sent     []*Statement         // whose results were not begun yet
	rows     *pgconn.ResultReader // read last
	err      error
}

func begin(ctx context.Context, conn *pgx.Conn, known Statements, batch *Batch) *transaction {
	t := &transaction{ctx: ctx, conn: conn}
	if batch.Len() == 0 {
		return t
	}
	t.pipeline = conn.PgConn().StartPipeline(ctx)
	if t.err = t.send(known, batch); t.err != nil {
		return t
	}
	for range opening {
		if _, t.err = t.next(); t.err != nil {
			break
		}
	}
	return t
}

func (t *transaction) send(known Statements, batch *Batch) error {
	for _, sql := range opening {
		t.pipeline.SendQueryParams(sql, nil, nil, nil, nil)
	}
	err := batch.each(func(statement string, values []Value) error {
		s := known[statement]
		if s == nil {
			return fmt.Errorf("no statement is known as %s", statement)
		}
		parameters := make([][]byte, len(values))
		for i, v := range values {
			if !v.Null() {
				parameters[i] = []byte(v.text)
			}
		}
		t.pipeline.SendQueryParams(s.sql, parameters, s.parameters, nil, binaryResults)
		t.sent = append(t.sent, s)
		return nil
	})
	if err != nil {
		return err
	}
	t.pipeline.SendQueryParams("COMMIT", nil, nil, nil, nil)
	return t.pipeline.Sync()
}

// next is the next result.
func (t *transaction) next() (*pgconn.ResultReader, error) {
	results, err := t.pipeline.GetResults()
	if err != nil {
		return nil, err
	}
	if reader, ok := results.(*pgconn.ResultReader); ok {
		return reader, nil
	}
	return nil, fmt.Errorf("unexpected result %T", results)
}

// Next goes to the rows of the next statement.
func (t *transaction) Next() error {
	t.pass()
	if t.err == nil && len(t.sent) == 0 {
		t.err = errNoMore
	}
	if t.err != nil {
		return t.err
	}
	s := t.sent[0]
	t.sent = t.sent[1:]
	reader, err := t.next()
	if err == nil {
		err = SameTypes(reader.FieldDescriptions(), s.columns)
	}
	if err != nil {
		t.err = err
		return err
	}
	t.rows = reader
	return nil
}

// Row is the next row of the statement.
func (t *transaction) Row() ([][]byte, error) {
	if t.rows == nil || t.err != nil {
		return nil, t.err
	}
	if t.rows.NextRow() {
		return t.rows.Values(), nil
	}
	t.pass()
	return nil, t.err
}

// pass passes over the rows that were not read.
func (t *transaction) pass() {
	if t.rows != nil {
		_, err := t.rows.Close()
		t.rows, t.err = nil, cmp.Or(t.err, err)
	}
}

// close ends the transaction. One that failed holds the pooler's connection until it is
// rolled back.
func (t *transaction) close() error {
	if t.pipeline == nil {
		return t.err
	}
	t.err = cmp.Or(t.err, t.pipeline.Close())
	if !t.conn.IsClosed() && t.conn.PgConn().TxStatus() != 'I' {
		t.conn.Exec(t.ctx, "ROLLBACK") // why it failed is known
	}
	return t.err
}
