package consent

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/record"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Store reads and writes the facts that consent is decided on, in the service's own
// database. It is safe for concurrent use.
type Store struct {
	// Timeout limits one read of facts, including its second attempt. NewStore sets 2 s.
	Timeout time.Duration

	pool   *pgxpool.Pool
	policy *Policy
}

// NewStore returns a store on a pool that Open made.
func NewStore(pool *pgxpool.Pool, policy *Policy) *Store {
	return &Store{Timeout: 2 * time.Second, pool: pool, policy: policy}
}

//go:embed facts.sql
var factsSQL string

const factsStatement = "consent_facts"

// Prepare prepares the statement of Facts on a connection. Pass it to Open or Config.
func Prepare(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Prepare(ctx, factsStatement, factsSQL)
	return err
}

// Facts reads what is known of each patient, as far as it matters to p, in one round
// trip and one snapshot. The map holds every number asked for. Every error is
// ErrUnavailable. The facts of each patient then say that nothing could be established,
// so that a caller who goes on shows nothing.
func (s *Store) Facts(ctx context.Context, p auth.Principal, lineage []string, numbers []record.NHSNumber) (map[record.NHSNumber]Facts, error) {
	if len(numbers) == 0 {
		return map[record.NHSNumber]Facts{}, nil
	}
	type answer struct {
		facts map[record.NHSNumber]Facts
		err   error
	}
	// pgx closes the connection if a context ends in the middle of a query. So the
	// caller stops waiting in time, while the query goes on in the background up to its
	// own limit.
	done := make(chan answer, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeout)
		defer cancel()
		facts, err := s.readAgain(ctx, p, lineage, numbers)
		done <- answer{facts, err}
	}()
	var err error
	select {
	case a := <-done:
		if a.err == nil {
			return a.facts, nil
		}
		err = a.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nothing(numbers), unavailable("reading consent", err)
}

// nothing returns facts that say that nothing could be established.
func nothing(numbers []record.NHSNumber) map[record.NHSNumber]Facts {
	facts := make(map[record.NHSNumber]Facts, len(numbers))
	for _, number := range numbers {
		facts[number] = Facts{Asked: number, Current: number, Unavailable: true}
	}
	return facts
}

// unavailable makes ErrUnavailable of any failure of the database. It keeps only the
// SQLSTATE of a PostgreSQL error, and only the types of a driver's error: their texts
// may hold values and addresses.
func unavailable(doing string, err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return fmt.Errorf("%w: %s: SQLSTATE %s", ErrUnavailable, doing, refused.Code)
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, doing, record.OfDriver(err))
}

// readAgain tries a second time, on a new connection, if the connection of the first
// attempt was dead. A database that restarted leaves all connections dead, so the pool
// drops them all.
func (s *Store) readAgain(ctx context.Context, p auth.Principal, lineage []string, numbers []record.NHSNumber) (map[record.NHSNumber]Facts, error) {
	facts, dead, err := s.read(ctx, p, lineage, numbers)
	if dead && ctx.Err() == nil {
		s.pool.Reset()
		facts, _, err = s.read(ctx, p, lineage, numbers)
	}
	return facts, err
}

func (s *Store) read(ctx context.Context, p auth.Principal, lineage []string, numbers []record.NHSNumber) (_ map[record.NHSNumber]Facts, dead bool, err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, false, err
	}
	defer conn.Release()
	if err := Prepare(ctx, conn.Conn()); err != nil { // no round trip if it is prepared already
		return nil, conn.Conn().IsClosed(), err
	}
	rows, _ := conn.Query(ctx, factsStatement, digits(numbers), lineage, p.Subject, p.Org, s.policy.horizon()) // rows carries the error
	people := make([]person, len(numbers))
	if err := gather(rows, people); err != nil {
		return nil, conn.Conn().IsClosed(), err
	}
	facts := make(map[record.NHSNumber]Facts, len(numbers))
	for i := range people {
		facts[numbers[i]] = people[i].settle(numbers[i])
	}
	return facts, false, nil
}

// digits returns the numbers as plain strings. An NHSNumber would be sent as its mask.
func digits(numbers []record.NHSNumber) []string {
	texts := make([]string, len(numbers))
	for i, number := range numbers {
		texts[i] = string(number)
	}
	return texts
}

// person collects the rows of one patient who was asked for, under all their numbers.
type person struct {
	facts   Facts
	numbers []number
}

// number is what is known under one number.
type number struct {
	number, supersededBy           record.NHSNumber
	known, invalidated, optOutsAll bool
	restricted                     State
	born                           record.PartialDate
	died                           time.Time
	precision                      record.Precision
	version                        int64
}

// A row is one line of facts.sql, which says what its columns mean.
type row struct {
	place, part            int32
	number                 string
	label, org             pgtype.Text
	first, second, third   pgtype.Timestamptz
	version                pgtype.Int8
	known, invalidated     pgtype.Bool
	restricted, optOutsAll pgtype.Bool
	details                []string
}

// The values of row.part.
const (
	partPerson = iota
	partDirective
	partRelationship
	partGrant
	partKnownAt
)

var errMalformed = errors.New("an answer that cannot be read")

// gather adds each row to the patient it is about. The whole answer is malformed if a
// row is about nobody who was asked for, or if a patient has no row of partPerson.
func gather(rows pgx.Rows, people []person) error {
	defer rows.Close()
	var r row
	into := []any{
		&r.place, &r.part, &r.number, &r.label, &r.org, &r.first, &r.second, &r.third,
		&r.version, &r.known, &r.invalidated, &r.restricted, &r.optOutsAll, &r.details,
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return errMalformed // the error of Scan holds the value
		}
		if r.place < 1 || int(r.place) > len(people) || !r.isFinite() {
			return errMalformed
		}
		if err := people[r.place-1].add(&r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for i := range people {
		if len(people[i].numbers) == 0 {
			return errMalformed
		}
	}
	return nil
}

// isFinite reports whether none of the row's times is infinite, so that they can be
// compared.
func (r *row) isFinite() bool {
	return r.first.InfinityModifier == pgtype.Finite && r.second.InfinityModifier == pgtype.Finite && r.third.InfinityModifier == pgtype.Finite
}

func (p *person) add(r *row) error {
	f := &p.facts
	switch r.part {
	case partPerson:
		p.numbers = append(p.numbers, r.person())
		if r.third.Time.After(f.ReadAt) {
			f.ReadAt = r.third.Time
		}
	case partDirective:
		f.OptOuts = append(f.OptOuts, Interval{r.first.Time, r.second.Time})
	case partRelationship:
		f.Relationships = append(f.Relationships, Relationship{
			Patient: record.NHSNumber(r.number), Org: r.org.String, Kind: Kind(r.label.String),
			StartedAt: r.first.Time, EndedAt: r.second.Time, TouchedAt: r.third.Time,
		})
	case partGrant:
		if len(r.details) < 3 {
			return errMalformed
		}
		f.Grants = append(f.Grants, r.grant())
	case partKnownAt:
		f.KnownAt = append(f.KnownAt, r.details...)
	default:
		return errMalformed
	}
	return nil
}

func (r *row) person() number {
	n := number{
		number: record.NHSNumber(r.number), supersededBy: record.NHSNumber(r.label.String),
		known: r.known.Bool, invalidated: r.invalidated.Bool, optOutsAll: r.optOutsAll.Bool,
		born: record.PartialDate(r.org.String), died: r.first.Time, version: r.version.Int64,
	}
	if r.restricted.Valid {
		n.restricted = No
		if r.restricted.Bool {
			n.restricted = Yes
		}
	}
	if len(r.details) > 0 {
		n.precision = record.Precision(r.details[0])
	}
	return n
}

func (r *row) grant() BreakGlassGrant {
	grant := BreakGlassGrant{
		ID: r.label.String, Org: r.org.String, Patient: record.NHSNumber(r.number), GrantedAt: r.first.Time, ExpiresAt: r.second.Time,
		Subject: r.details[0], Reason: r.details[1], Note: r.details[2],
	}
	for _, class := range r.details[3:] {
		grant.Classes = grant.Classes.Union(ClassSetOf(record.Class(class)))
	}
	return grant
}

// settle combines what is known under all the numbers. Known, version, birth and death
// are those of the current number; birth dates of other numbers that differ go into
// BornOtherwise. Invalidated counts for every number on the way from the one asked for.
// Restrictions and objections count under every number, and where they differ the value
// that shows less counts.
func (p *person) settle(asked record.NHSNumber) Facts {
	f := &p.facts
	current, invalidated, certain := p.current(asked)
	f.Asked, f.Current = asked, current.number
	f.Known, f.Version = current.known, current.version
	f.Born, f.Died, f.DiedPrecision = current.born, current.died, current.precision
	f.Invalidated = invalidated
	f.Restricted, f.OptOutKnown = No, certain
	if !certain {
		f.Restricted = Unknown
	}
	for _, n := range p.numbers {
		if !n.known {
			continue
		}
		if n.restricted == Yes || n.restricted == Unknown && f.Restricted == No {
			f.Restricted = n.restricted
		}
		f.OptOutKnown = f.OptOutKnown && n.optOutsAll
		if n.born != "" && n.born != f.Born {
			f.BornOtherwise = append(f.BornOtherwise, n.born)
		}
	}
	return *f
}

// current follows the chain of superseded numbers to the last one, and reports whether one of them was
// withdrawn as an error: what that one leads to is somebody else's. Numbers that supersede each other in a
// circle have no last one: current then returns the number asked for, and nothing is certain.
func (p *person) current(asked record.NHSNumber) (_ number, invalidated, certain bool) {
	now := p.under(asked)
	for range p.numbers {
		invalidated = invalidated || now.invalidated
		if now.supersededBy == "" {
			return now, invalidated, true
		}
		now = p.under(now.supersededBy)
	}
	return p.under(asked), invalidated, false
}

func (p *person) under(wanted record.NHSNumber) number {
	for _, n := range p.numbers {
		if n.number == wanted {
			return n
		}
	}
	return number{number: wanted}
}
