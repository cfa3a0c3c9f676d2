package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/record"
)

// ErrUnavailable says that the trail could not be written or read. Of a write, it is not
// known whether the event is on disk, so nothing may be disclosed. The event may still
// have been written.
var ErrUnavailable = errors.New("audit unavailable")

// Entry is an event to write, and the consent version to check again when it is written.
type Entry struct {
	Event
	// Recheck is the consent version (Decision.Version) that the decision about
	// Event.Patient rests on. If the patient has another version when the event is
	// written, its outcome becomes WithheldChanged. 0 checks nothing.
	Recheck int64
}

// Result is the outcome of writing an entry.
type Result struct {
	Sequence int64 // its place in the trail
	Withheld bool  // consent has changed since the decision: show nothing of this patient
}

// Options are the settings of a Trail. The zero value can be used.
type Options struct {
	Queue   int           // entries that may wait, 20,000 unless set; beyond it Record refuses at once, unless nothing waits
	Batch   int           // entries in one write, 2,000 unless set; the entries of one call are never split
	Writers int           // concurrent writes, 1 unless set
	Timeout time.Duration // for one write, 5 s unless set

	// AllowVolatile accepts a database that can lose committed events, because fsync,
	// full_page_writes or synchronous_commit is off. It is for tests only: such a trail
	// proves nothing.
	AllowVolatile bool

	Keeping Keeping // checkpoints and retention
}

func (o Options) withDefaults() Options {
	if o.Queue <= 0 {
		o.Queue = 20_000
	}
	if o.Batch <= 0 {
		o.Batch = 2_000
	}
	if o.Writers <= 0 {
		o.Writers = 1
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	return o
}

// Trail writes events. It is safe for concurrent use, and several may write to one
// database.
//
// A writer takes what waits and writes it as one batch. What arrives meanwhile is the next
// batch. So a lone caller waits for one write, many callers share one, and nobody waits
// for a timer.
type Trail struct {
	pool    *pgxpool.Pool
	options Options
	clock   *clock        // of the database; nil if it may be volatile
	wake    chan struct{} // one token for each writer that should look
	writers sync.WaitGroup

	due     chan struct{}  // a token when a checkpoint is due
	since   atomic.Int64   // events since the last such token
	keeping sync.WaitGroup // of keep
	stop    func()         // ends keep

	mu      sync.Mutex
	waiting []*call
	entries int // in waiting
	closed  bool
}

// call is one waiting call of Record.
type call struct {
	batch   columns
	results []Result
	err     error
	done    chan struct{}
}

const (
	appendStatement = "audit_append"
	appendSQL       = `SELECT first, withheld FROM audit.append($1, $2, $3, $4, $5, $6, $7)`
)

// Prepare prepares the statement of the trail on a connection. Pass it to consent.Open, so
// that the first write also takes one round trip.
func Prepare(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Prepare(ctx, appendStatement, appendSQL)
	return err
}

// Open starts a trail on the service's own database, whose tables the migrations made. It
// returns an error if the database could lose committed events or cannot be asked, if the
// signer has no Ed25519 key with an ID, or if Keeping.Months is too few.
func Open(ctx context.Context, pool *pgxpool.Pool, options Options) (*Trail, error) {
	t := &Trail{pool: pool, options: options.withDefaults(), due: make(chan struct{}, 1)}
	var err error
	if t.options.Keeping, err = t.options.Keeping.withDefaults(); err != nil {
		return nil, err
	}
	t.wake = make(chan struct{}, t.options.Writers)
	if !options.AllowVolatile {
		if err := durable(ctx, pool); err != nil {
			return nil, err
		}
		t.clock = new(clock)
		if err := t.clock.read(ctx, tellerOn(pool)); err != nil {
			return nil, err
		}
	}
	t.failed(ctx, t.prepareMonths(ctx))
	for range t.options.Writers {
		t.writers.Go(t.write)
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	t.stop = stop
	if t.options.Keeping.Signer != nil {
		t.keeping.Go(func() { t.keep(running) })
	}
	return t, nil
}

func durable(ctx context.Context, pool *pgxpool.Pool) error {
	rows, _ := pool.Query(ctx, `
		SELECT name FROM pg_settings
		WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'
		ORDER BY name`) // rows carries the error
	off, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return unavailable("asking for the database's settings", err)
	}
	if len(off) > 0 {
		return fmt.Errorf("%w: the database could lose committed events: %v off", ErrUnavailable, off)
	}
	return nil
}

// Record writes the entries, all or none, and returns when they are on disk. It returns
// one result for each, in their order. Every error is ErrUnavailable, also when ctx ends,
// or when an event came in more than a minute later than it is by the database's clock.
// On an error nothing that the entries stand for may be disclosed.
func (t *Trail) Record(ctx context.Context, entries []Entry) ([]Result, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, unavailable("before writing", err)
	}
	if err := t.clock.check(ctx, tellerOn(t.pool), entries); err != nil {
		return nil, err
	}
	c := &call{batch: columnsOf(entries), done: make(chan struct{})}
	if err := t.queue(c); err != nil {
		return nil, err
	}
	select {
	case <-c.done:
		return c.results, c.err
	case <-ctx.Done():
		return nil, unavailable("waiting for the write", ctx.Err())
	}
}

func (t *Trail) queue(c *call) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch n := c.batch.len(); {
	case t.closed:
		return fmt.Errorf("%w: the trail is closed", ErrUnavailable)
	case t.entries > 0 && t.entries+n > t.options.Queue:
		return fmt.Errorf("%w: the queue is full", ErrUnavailable)
	default:
		t.entries += n
	}
	t.waiting = append(t.waiting, c)
	t.nudge()
	return nil
}

// nudge wakes a writer. A writer that is awake looks again before it sleeps.
func (t *Trail) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// write is the loop of one writer. It ends when the trail is closed.
func (t *Trail) write() {
	for range t.wake {
		for {
			calls := t.take()
			if len(calls) == 0 {
				break
			}
			t.commit(calls)
		}
	}
}

// take removes the calls of the next batch from those that wait and returns them; none if
// nothing waits.
func (t *Trail) take() []*call {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, size := 0, 0
	for _, c := range t.waiting {
		if n > 0 && size+c.batch.len() > t.options.Batch {
			break
		}
		n, size = n+1, size+c.batch.len()
	}
	calls := slices.Clone(t.waiting[:n])
	t.waiting = slices.Delete(t.waiting, 0, n)
	t.entries -= size
	return calls
}

// commit writes a batch and tells its callers. If the database rejects the data of a
// batch, each call is tried by itself, so that one cannot make the others fail.
func (t *Trail) commit(calls []*call) {
	results, err := t.append(calls)
	if err != nil && len(calls) > 1 && isFault(err) {
		for _, c := range calls {
			t.commit([]*call{c})
		}
		return
	}
	for _, c := range calls {
		if err != nil {
			c.err = err
		} else {
			c.results, results = results[:c.batch.len():c.batch.len()], results[c.batch.len():]
		}
		close(c.done)
	}
}

// isFault reports whether the data caused the error: SQLSTATE classes 22, 23 and 54.
func isFault(err error) bool {
	var refused *faulty
	return errors.As(err, &refused)
}

// faulty says that the database rejected the data of a batch.
type faulty struct{ code string }

func (f *faulty) Error() string { return "SQLSTATE " + f.code }

// append writes calls in one statement, one transaction and one round trip.
func (t *Trail) append(calls []*call) ([]Result, error) {
	all := calls[0].batch
	for _, c := range calls[1:] {
		all = all.with(c.batch)
	}
	// The callers' contexts do not apply here: only its own limit ends a write that is
	// under way.
	ctx, cancel := context.WithTimeout(context.Background(), t.options.Timeout)
	defer cancel()
	conn, err := t.pool.Acquire(ctx)
	if err != nil {
		return nil, unavailable("connecting", err)
	}
	defer conn.Release()
	var first int64
	var withheld []bool
	err = Prepare(ctx, conn.Conn()) // no round trip if it is prepared already
	if err == nil {
		err = conn.QueryRow(ctx, appendStatement,
			t.options.AllowVolatile, all.patients, all.versions, all.subjects, all.organisations, all.outcomes, all.rests,
		).Scan(&first, &withheld)
	}
	if err != nil {
		if conn.Conn().IsClosed() {
			t.pool.Reset() // the other connections are as old; the next write takes a new one
		}
		return nil, unavailable("writing", err)
	}
	if len(withheld) != all.len() {
		return nil, fmt.Errorf("%w: the answer does not fit the events", ErrUnavailable)
	}
	t.count(all.len())
	results := make([]Result, all.len())
	for i := range results {
		results[i] = Result{Sequence: first + int64(i), Withheld: withheld[i]}
	}
	return results, nil
}

// count asks for a checkpoint after enough events.
func (t *Trail) count(events int) {
	if t.since.Add(int64(events)) < int64(t.options.Keeping.Events) {
		return
	}
	t.since.Store(0)
	select {
	case t.due <- struct{}{}:
	default:
	}
}

// unavailable makes ErrUnavailable of an error. It keeps only the SQLSTATE of a PostgreSQL
// error, and only the types of a driver's error: their texts may hold values and
// addresses.
func unavailable(doing string, err error) error {
	if errors.Is(err, ErrUnavailable) { // in our own words already
		return err
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		if class := refused.Code[:min(2, len(refused.Code))]; class == "22" || class == "23" || class == "54" {
			return fmt.Errorf("%w: %s: %w", ErrUnavailable, doing, &faulty{refused.Code})
		}
		return fmt.Errorf("%w: %s: SQLSTATE %s", ErrUnavailable, doing, refused.Code)
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, doing, record.OfDriver(err))
}

// Close writes what waits and refuses what comes later. It returns when the last write has
// ended and the last checkpoint is made, or with an error when ctx ends. A checkpoint that
// cannot be made is reported to Keeping.Failed.
func (t *Trail) Close(ctx context.Context) error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.wake)
	}
	t.mu.Unlock()
	drained := make(chan struct{})
	go func() {
		t.writers.Wait() // each queued call left a token, which can still be received after the close
		t.stop()
		t.keeping.Wait()
		if t.options.Keeping.Signer != nil {
			_, err := t.Checkpoint(ctx)
			t.failed(context.WithoutCancel(ctx), err)
		}
		close(drained)
	}()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return unavailable("closing", ctx.Err())
	}
}

// columns holds entries as the arguments of audit.append.
type columns struct {
	patients, subjects, organisations, outcomes, rests []string
	versions                                           []int64
}

func columnsOf(entries []Entry) columns {
	var c columns
	for i := range entries {
		e := &entries[i]
		c.patients = append(c.patients, clean(string(e.Patient)))
		c.versions = append(c.versions, e.Recheck)
		c.subjects = append(c.subjects, clean(e.Who.Subject))
		c.organisations = append(c.organisations, clean(e.Who.Organisation))
		c.outcomes = append(c.outcomes, name(e.Outcome))
		c.rests = append(c.rests, e.rest())
	}
	return c
}

// name returns an outcome that is safe in a JSON text: capitals and underscores. Any other
// becomes UNKNOWN.
func name(o Outcome) string {
	for _, r := range o {
		if (r < 'A' || r > 'Z') && r != '_' {
			return "UNKNOWN"
		}
	}
	if o == "" {
		return "UNKNOWN"
	}
	return string(o)
}

func (c columns) len() int { return len(c.rests) }

func (c columns) with(other columns) columns {
	return columns{
		patients:      slices.Concat(c.patients, other.patients),
		subjects:      slices.Concat(c.subjects, other.subjects),
		organisations: slices.Concat(c.organisations, other.organisations),
		outcomes:      slices.Concat(c.outcomes, other.outcomes),
		rests:         slices.Concat(c.rests, other.rests),
		versions:      slices.Concat(c.versions, other.versions),
	}
}
