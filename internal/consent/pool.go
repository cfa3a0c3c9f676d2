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

// Role is the database role the service works in, whatever it logs in as: it
// cannot change the audit trail or delete an objection.
const Role = "carerecord_service"

// Config is the settings of a pool on the service's own database. Each prepare
// runs on every new connection (Prepare, audit.Prepare), so that a read is one
// round trip from the first on. No ping is sent: what a dead connection costs is
// one more attempt by the Store, and in the audit trail a refusal.
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
		// One patient and five hundred run the same plan, and none is worth compiling.
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

// prepareWithin bounds the preparation of a connection, which goes on when nobody waits
// for it any more: one that hangs would keep its place in the pool for good.
const prepareWithin = 5 * time.Second

// Open opens a pool with Config's settings and connects once, so that a wrong
// address or a database without our tables is noticed at start.
func Open(ctx context.Context, dsn string, prepare ...func(context.Context, *pgx.Conn) error) (*pgxpool.Pool, error) {
	config, err := Config(dsn, prepare...)
	if err != nil {
		return nil, err
	}
	pool, _ := pgxpool.NewWithConfig(ctx, config) // it errs on what ParseConfig has refused
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("%w: connecting: %w", ErrUnavailable, record.OfDriver(err))
	}
	return pool, nil
}
