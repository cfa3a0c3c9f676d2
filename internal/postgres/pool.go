// Package postgres opens pools for reading sources and sends a read as one
// pipelined round trip.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/record"
	"carerecord/internal/socket"
)

// ErrRefused says the database does not let us in or does not let us read.
var ErrRefused = record.ErrRefused

// ErrMalformed says the database answered, but not with what its views promise.
var ErrMalformed = record.ErrMalformed

// UsualConns is how many connections a pool has where neither its DSN nor its options say so.
const UsualConns = 8

// Options are settings of a pool beyond its DSN.
type Options struct {
	MaxConns int32                                  // 0: the DSN's pool_max_conns, or UsualConns
	Prepare  func(context.Context, *pgx.Conn) error // runs on every new connection
}

// readingParameters make short reads cheap and prevent writes: no JIT, one generic plan for each statement, and read-only
// transactions in which all statements see one snapshot. A pipeline is one transaction, so parts belong to their entries.
var readingParameters = map[string]string{
	"jit":                           "off",
	"plan_cache_mode":               "force_generic_plan",
	"default_transaction_read_only": "on",
	"default_transaction_isolation": "repeatable read",
	"application_name":              "carerecord",
	"timezone":                      "UTC",
	"client_encoding":               "UTF8",
}

// Open makes a pool for reading. It connects when it is first used, so a source that is down at start can answer later.
func Open(dsn string, options Options) (*pgxpool.Pool, error) {
	config, err := Config(dsn, options)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.DialFunc = socket.Dialing(config.ConnConfig.DialFunc)
	return pgxpool.NewWithConfig(context.Background(), config)
}

// Config is the configuration of such a pool, with pgx's own dialler.
func Config(dsn string, options Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the DSN cannot be read; write it as postgres://user:password@host:5432/database")
	}
	shared := isShared(config)
	for name, value := range readingParameters {
		if _, set := config.ConnConfig.RuntimeParams[name]; !set && (!shared || forShared(name)) {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	switch {
	case options.MaxConns > 0:
		config.MaxConns = options.MaxConns
	case !strings.Contains(dsn, "pool_max_conns"):
		config.MaxConns = UsualConns
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectWithin
	}
	config.AfterConnect = within(prepareWithin, options.Prepare)
	if !shared {
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement // rows are decoded in their binary form
	}
	// A ping before each use would be a second round trip; Pipeline tries a dead
	// connection again instead.
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	return config, nil
}

// connectWithin and prepareWithin bound how long a new connection may take. pgxpool goes on making it when nobody waits any
// more, and one that never completes would keep its place in the pool for ever.
const (
	connectWithin = 5 * time.Second
	prepareWithin = 10 * time.Second
)

// within bounds the preparation of a connection; nil stays nil.
func within(limit time.Duration, prepare func(context.Context, *pgx.Conn) error) func(context.Context, *pgx.Conn) error {
	if prepare == nil {
		return nil
	}
	return func(ctx context.Context, conn *pgx.Conn) error {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return prepare(ctx, conn)
	}
}

// twice runs do with a connection, and once more with another if the first is lost. The pool is reset in between, because its
// other idle connections are probably dead too.
func twice(ctx context.Context, pool *pgxpool.Pool, do func(*pgx.Conn) error) error {
	err := once(ctx, pool, do)
	if err == nil || ctx.Err() != nil || !connectionLost(err) {
		return Kind(ctx, err)
	}
	pool.Reset()
	return Kind(ctx, once(ctx, pool, do))
}

func once(ctx context.Context, pool *pgxpool.Pool, do func(*pgx.Conn) error) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return do(conn.Conn())
}

// connectionLost reports whether an error means that the connection is gone, rather than that the statement was refused.
func connectionLost(err error) bool {
	var refusal *pgconn.PgError
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return false
	}
	if errors.As(err, &refusal) {
		return slices.Contains(lostStates, refusal.Code)
	}
	return !errors.Is(err, ErrMalformed)
}

// lostStates are the SQLSTATEs after which another connection may work although this one does not.
var lostStates = []string{
	"57P01", "57P02", "57P03", // the server is shutting down or starting up
	"57P05", // idle session timeout
	"0A000", // a view's columns changed after its statement was prepared
	"26000", // the prepared statement does not exist any more
	"42704", // a setting of the session does not exist any more
	"08P01", // a pooler lost its own connection
}

// Kind turns a driver's error into one of record's kinds. The driver's text may hold values of the statement, so only the
// SQLSTATE is passed on, and in our words why a server was not reached.
func Kind(ctx context.Context, err error) error {
	var refusal *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return record.ErrTimeout
	case ctx.Err() != nil: // nobody waits any more
		return ctx.Err()
	case errors.Is(err, ErrMalformed):
		return err
	case errors.As(err, &refusal):
		return refused(refusal)
	}
	return record.Unreached(err)
}

// refused maps a SQLSTATE: class 28 and 42501 mean no access, class 42 and 22 that the views are not what they should be.
func refused(refusal *pgconn.PgError) error {
	kind, state := record.ErrUnavailable, refusal.Code
	switch {
	case strings.HasPrefix(state, "28") || state == "42501":
		kind = ErrRefused
	case strings.HasPrefix(state, "42") || strings.HasPrefix(state, "22"):
		kind = ErrMalformed
	case state == "57014":
		kind = record.ErrTimeout
	}
	if why := record.WhyUnreached(refusal); why != "" {
		return fmt.Errorf("%w: SQLSTATE %s: %s", kind, state, why)
	}
	return fmt.Errorf("%w: SQLSTATE %s", kind, state)
}
