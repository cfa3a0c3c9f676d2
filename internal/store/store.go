// Package store holds the service's own database: consent and the audit trail. It
// opens them when it can, and until then answers that nothing may be disclosed.
package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
	"carerecord/migrations"
)

// Options say where the database is.
type Options struct {
	DSN      string // of the service's login
	OwnerDSN string // of whoever makes its tables; empty where they are made otherwise
	Policy   *consent.Policy
	Volatile bool          // accept a database that can lose what it committed: for demonstrations that keep nothing
	Audit    audit.Options // of the trail, but for AllowVolatile, which is Volatile

	// Changed is told when the database could not be opened, with why, and with nil
	// when it was. It may be nil.
	Changed func(error)
}

// A Store is the service's own database. It is safe for concurrent use.
type Store struct {
	options Options
	opened  atomic.Pointer[opened]
	cancel  context.CancelFunc
	trying  sync.WaitGroup
}

// opened is what a database that answers is made of.
type opened struct {
	pool    *pgxpool.Pool
	consent *consent.Store
	trail   *audit.Trail
	readers chan struct{} // has a place for each reader of the trail at a time
}

// newOpened returns what is opened. Readers of the trail, who may take long, get half of the connections at the most: the rest
// is left for decisions and for the trail's own writes, which everybody's records wait for.
func newOpened(pool *pgxpool.Pool, c *consent.Store, trail *audit.Trail) *opened {
	return &opened{pool, c, trail, make(chan struct{}, max(1, pool.Config().MaxConns/2))}
}

// reading waits for a place among the readers of the trail. Call done afterwards. The error is audit.ErrUnavailable.
func (o *opened) reading(ctx context.Context) (done func(), err error) {
	select {
	case o.readers <- struct{}{}:
		return func() { <-o.readers }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: waiting for others who read the trail: %w", audit.ErrUnavailable, ctx.Err())
	}
}

// attempts are how long the first attempt may take, and how long is waited before
// the next ones.
const (
	attempt    = 10 * time.Second
	firstPause = 250 * time.Millisecond
	longPause  = 5 * time.Second
)

// Open tries the database once, and if it does not answer goes on trying. A store is
// returned either way. Close ends it.
func Open(ctx context.Context, o Options) *Store {
	if o.Changed == nil {
		o.Changed = func(error) {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &Store{options: o, cancel: cancel}
	if s.try(ctx) {
		return s
	}
	s.trying.Go(func() { s.keepTrying(ctx) }) // it outlives the start of the service
	return s
}

func (s *Store) keepTrying(ctx context.Context) {
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if s.try(ctx) {
			return
		}
	}
}

// try opens the database and reports whether that succeeded.
func (s *Store) try(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	o, err := s.open(ctx)
	if err != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return false // closed meanwhile; what was opened all the same, Close finds
	}
	s.opened.Store(o) // before anybody is told that it is there; nothing where it is not
	s.options.Changed(plain(err))
	return err == nil
}

func (s *Store) open(ctx context.Context) (*opened, error) {
	if err := s.migrate(ctx); err != nil {
		return nil, fmt.Errorf("bring the tables up to date: %w", err)
	}
	pool, err := consent.Open(ctx, s.options.DSN, consent.Prepare, audit.Prepare)
	if err != nil {
		return nil, err
	}
	settings := s.options.Audit
	settings.AllowVolatile = s.options.Volatile
	trail, err := audit.Open(ctx, pool, settings)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return newOpened(pool, consent.NewStore(pool, s.options.Policy), trail), nil
}

// migrate makes the tables and lets the service's login work on them.
func (s *Store) migrate(ctx context.Context) error {
	if s.options.OwnerDSN == "" {
		return nil
	}
	conn, err := pgx.Connect(ctx, s.options.OwnerDSN)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := migrations.Apply(ctx, conn); err != nil {
		return err
	}
	login, err := pgconn.ParseConfig(s.options.DSN)
	if err != nil {
		return err
	}
	var member bool
	if err := conn.QueryRow(ctx, `SELECT pg_has_role($1::name, $2::name, 'MEMBER')`, login.User, consent.Role).Scan(&member); err != nil || member {
		return err
	}
	_, err = conn.Exec(ctx, `GRANT `+consent.Role+` TO `+pgx.Identifier{login.User}.Sanitize())
	return err
}

// Facts is consent.Store.Facts, and consent.ErrUnavailable while the database has
// not been reached.
func (s *Store) Facts(ctx context.Context, p auth.Principal, lineage []string, numbers []record.NHSNumber) (map[record.NHSNumber]consent.Facts, error) {
	o := s.opened.Load()
	if o == nil {
		facts := make(map[record.NHSNumber]consent.Facts, len(numbers))
		for _, number := range numbers {
			facts[number] = consent.Facts{Asked: number, Current: number, Unavailable: true}
		}
		return facts, fmt.Errorf("%w: the database has not been reached yet", consent.ErrUnavailable)
	}
	return o.consent.Facts(ctx, p, lineage, numbers)
}

// Record is audit.Trail.Record, and audit.ErrUnavailable while the database has not
// been reached.
func (s *Store) Record(ctx context.Context, entries []audit.Entry) ([]audit.Result, error) {
	o := s.opened.Load()
	if o == nil {
		return nil, fmt.Errorf("%w: %w", audit.ErrUnavailable, errors.New("the database has not been reached yet"))
	}
	return o.trail.Record(ctx, entries)
}

// Ready reports whether the database answers now.
func (s *Store) Ready(ctx context.Context) bool {
	o := s.opened.Load()
	return o != nil && o.pool.Ping(ctx) == nil
}

// Close writes what waits, at most until ctx ends, and closes the database.
func (s *Store) Close(ctx context.Context) error {
	s.cancel()
	s.trying.Wait()
	o := s.opened.Load()
	if o == nil {
		return nil
	}
	err := o.trail.Close(ctx)
	o.pool.Close()
	return err
}

// plain is an error without the address and the values that a driver's words hold.
func plain(err error) error {
	var refusal *pgconn.PgError
	var connecting *pgconn.ConnectError
	var unread *pgconn.ParseConfigError
	why := record.WhyUnreached(err)
	switch {
	case errors.As(err, &refusal) && why != "":
		return fmt.Errorf("the database refuses: SQLSTATE %s: %s", refusal.Code, why)
	case errors.As(err, &refusal) && slices.Contains(noTables, refusal.Code):
		return fmt.Errorf("the database lacks our tables: SQLSTATE %s; look at its name, or give the login that makes them (owner-dsn)", refusal.Code)
	case errors.As(err, &refusal):
		return fmt.Errorf("the database refuses: SQLSTATE %s (%s)", refusal.Code, first(refusal.Message))
	case errors.As(err, &connecting) && why != "":
		return fmt.Errorf("the database does not answer: %s", why)
	case errors.As(err, &connecting):
		return errors.New("the database does not answer; see that it runs and that the DSN is right")
	case errors.As(err, &unread):
		return errors.New("the address of the database cannot be read; look at the settings")
	}
	return record.Plain(err)
}

// noTables are the SQLSTATEs of a schema, a table, a function or a role to take that is not there.
var noTables = []string{"3F000", "42P01", "42883", "22023"}

// first is the first words of a message: PostgreSQL puts names in quotes behind them.
func first(message string) string {
	before, _, _ := strings.Cut(message, `"`)
	return strings.TrimSpace(before)
}

// Over is a store on a database that has been opened already. Whoever opened it closes it.
func Over(pool *pgxpool.Pool, c *consent.Store, trail *audit.Trail) *Store {
	s := &Store{cancel: func() {}}
	s.opened.Store(newOpened(pool, c, trail))
	return s
}
