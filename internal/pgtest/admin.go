package pgtest

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// An admin runs what makes and drops databases, on one connection: another for each takes
// as long as most of what it is for.
type admin struct {
	mu   sync.Mutex
	conn *pgx.Conn
}

// execute runs SQL, one statement or several. dsn is where the connection leads.
func (a *admin) execute(ctx context.Context, dsn, sql string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		fresh := a.conn == nil || a.conn.IsClosed()
		if fresh {
			var err error
			if a.conn, err = pgx.Connect(ctx, dsn); err != nil {
				return err
			}
		}
		_, err := a.conn.Exec(ctx, sql)
		if err == nil || fresh || !pgconn.SafeToRetry(err) {
			return err
		}
	}
}

func (a *admin) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil {
		return nil
	}
	return a.conn.Close(context.Background())
}
