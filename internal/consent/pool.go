package consent

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/record"
	"carerecord/internal/socket"
)

// Role is the PostgreSQL role that the service works in, whichever user it logs in as,
// unless the DSN sets another. It cannot change the audit trail or delete an objection.
const Role = "carerecord_service"

// Config returns the settings of a pool on the service's own database. Each prepare
// function (Prepare, audit.Prepare) runs on every new connection, so that even its
// first read takes one round trip. The pool does not ping a connection before use. A
// dead connection costs the Store a second attempt, and the audit trail a refusal.
func Config(dsn string, prepare ...func(context.Context, *pgx.Conn) error) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	settings := config.ConnConfig.RuntimeParams
	for name, value := range map[string]string{
		"role":             Role,
		"application_name": "carerecord",
		"timezone":         "UTC",
		// One plan serves one patient and five hundred. None is worth JIT compilation.
		"plan_cache_mode": "force_generic_plan",
		"jit":             "off",
	} {
		if settings[name] == "" {
			settings[name] = value
		}
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	config.ConnConfig.DialFunc = socket.Dialing(config.ConnConfig.DialFunc)
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		ctx, cancel := context.WithTimeout(ctx, prepareWithin)
		defer cancel()
		for _, each := range prepare {
			if err := each(ctx, conn); err != nil {
				return err
			}
		}
		return nil
	}
	return config, nil
}

// prepareWithin limits the preparation of a connection. The preparation goes on when
// nobody waits for it any more, so that one that hangs would keep its place in the pool
// for ever.
const prepareWithin = 5 * time.Second

// Open opens a pool with the settings of Config and connects once. So a wrong address,
// or a database without the tables that prepare needs, fails at start, with
// ErrUnavailable.
func Open(ctx context.Context, dsn string, prepare ...func(context.Context, *pgx.Conn) error) (*pgxpool.Pool, error) {
	config, err := Config(dsn, prepare...)
	if err != nil {
		return nil, err
	}
	pool, _ := pgxpool.NewWithConfig(ctx, config) // it fails only on what ParseConfig refuses
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("%w: connecting: %w", ErrUnavailable, record.OfDriver(err))
	}
	return pool, nil
}
