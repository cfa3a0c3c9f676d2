package view

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

// Source reads one organisation's source views of one sector.
type Source struct {
	Sector record.Sector
	Org    *record.Organisation

	name  string // sector and organisation, which ids are made from
	ids   *record.Identifier
	pool  *pgxpool.Pool
	reads map[fetch.Kind]read
	words map[string]*groupWords
	usual map[fetch.Kind]*[variants]usual
	list  atomic.Pointer[told] // what was last excluded: new connections are told at once, when nobody waits

	shared postgres.Statements     // where connections are lent by transaction; nil where they are ours
	parts  atomic.Pointer[learned] // the same list as each transaction brings it

	mu      sync.Mutex
	apart   map[string]time.Time // until when the kinds of a group are tried apart
	broken  map[fetch.Kind]error // as the latest connection found them
	learned time.Time            // when connections were last made anew for the sake of broken views
	sites   map[[2]string]*record.Organisation
}

// A read answers one kind of Ask: it has the statements, and decodes their rows.
type read interface {
	statements() []statement
	trials() []trial             // whose words are tried before its rows are read
	wordsStatement() *statement  // by which they are, where that is done for this kind alone; nil where there are none
	describe(*Source) [][]uint32 // by statement, the column types that will be read
	queue(*postgres.Batch, *asked)
	collect(*wave, postgres.Results, *job) (answer fetch.Answer, short bool, err error) // short: unreadable rows took the place of others
}

// New makes a source over the views it publishes. It connects on the first read. A DSN that leads to a pooler carries
// postgres.ByTransaction.
func New(sector record.Sector, org *record.Organisation, dsn string, ids *record.Identifier, reads map[fetch.Kind]read) (*Source, error) {
	s := &Source{
		Sector: sector, Org: org, name: string(sector) + "/" + string(org.ODSCode), ids: ids, reads: reads,
		words: wordsOfGroups(reads), apart: map[string]time.Time{},
		broken: map[fetch.Kind]error{}, learned: time.Now(), sites: map[[2]string]*record.Organisation{},
		usual: make(map[fetch.Kind]*[variants]usual, len(reads)),
	}
	for kind := range reads {
		s.usual[kind] = new([variants]usual)
	}
	pool, err := postgres.Open(dsn, postgres.Options{Prepare: s.prepare})
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", s.name, err)
	}
	s.pool = pool
	if postgres.Shared(pool) {
		s.shared = s.known()
	}
	return s, nil
}

// Name is the sector and the organisation, as used in ids and cursors.
func (s *Source) Name() string { return s.name }

// Kinds returns what the source can be asked, sorted.
func (s *Source) Kinds() []fetch.Kind {
	return sortedKinds(s.reads)
}

func sortedKinds(reads map[fetch.Kind]read) []fetch.Kind { return slices.Sorted(maps.Keys(reads)) }

// ReadsAs reports whether another source reads a kind by the same statements and decodes its rows in the same way.
func (s *Source) ReadsAs(other *Source, kind fetch.Kind) bool {
	return s.reads[kind] != nil && s.reads[kind] == other.reads[kind]
}

// Close ends the source's connections.
func (s *Source) Close() { s.pool.Close() }

// Warm opens and prepares all connections of the pool, so that no read waits for it. If ctx carries terms, the
// connections are told the exclusion list.
func (s *Source) Warm(ctx context.Context) error {
	terms, _ := fetch.TermsFrom(ctx)
	if s.shared != nil && terms != nil {
		if err := s.learn(ctx, listOf(terms)); err != nil {
			return err
		}
		terms = nil
	}
	for range s.pool.Config().MaxConns {
		conn, err := s.pool.Acquire(ctx)
		if err != nil {
			return postgres.Kind(ctx, err)
		}
		defer conn.Release()
		if terms == nil {
			continue
		}
		if err := tellNow(ctx, conn.Conn(), listOf(terms)); err != nil {
			return postgres.Kind(ctx, err)
		}
	}
	return nil
}

// prepare prepares every statement on a new connection. On a connection lent by a pooler it only checks that the views
// have the columns they promise. A view that is missing or has other columns breaks only its own reads (see apart.go).
func (s *Source) prepare(ctx context.Context, conn *pgx.Conn) error {
	if s.shared == nil {
		if _, err := conn.Prepare(ctx, tellName, tellExclusions); err != nil {
			return err
		}
	}
	broken := map[fetch.Kind]error{}
	for kind, r := range s.reads {
		if err := s.prepareRead(ctx, conn, r); err != nil {
			if !isRefusal(err) {
				return err
			}
			broken[kind] = fmt.Errorf("%w: view %s", postgres.Kind(ctx, err), kind)
		}
	}
	if err := s.prepareWords(ctx, conn, broken); err != nil {
		return err
	}
	if list := s.list.Load(); list != nil && s.shared == nil {
		if err := tellNow(ctx, conn, *list); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
	conn.PgConn().CustomData()[brokenKey] = maps.Clone(broken)
	return nil
}

// brokenKey is where a connection's custom data has the kinds that it cannot read.
const brokenKey = "carerecord.broken"

func brokenOn(conn *pgx.Conn) map[fetch.Kind]error {
	broken, _ := conn.PgConn().CustomData()[brokenKey].(map[fetch.Kind]error)
	return broken
}

func (s *Source) prepareRead(ctx context.Context, conn *pgx.Conn, r read) error {
	wanted := r.describe(s)
	for i, statement := range r.statements() {
		name := statement.name
		if s.shared != nil {
			name = ""
		}
		if err := prepareStatement(ctx, conn, name, statement.sql, wanted[i]); err != nil {
			return err
		}
	}
	return nil
}

// Broken maps the kinds whose views are missing or have other columns than promised to the reason.
func (s *Source) Broken() map[fetch.Kind]error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// Read answers all asks, normally in one round trip. A kind that the source does not publish is absent from the answer.
// One whose view is broken carries its error, and costs another round trip when it breaks. So does a list in which
// unreadable rows took the place of others.
func (s *Source) Read(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
	terms, ok := fetch.TermsFrom(ctx)
	if !ok {
		return nil, fmt.Errorf("%w: a read without the terms of its request", record.ErrInvalid)
	}
	w := &wave{source: s, asked: newAsked(s, terms), list: listOf(terms), screen: terms.Screen, answers: make(map[*fetch.Ask]fetch.Answer, len(asks))}
	w.jobs = make([]job, 0, len(asks))
	for _, ask := range asks {
		if of := s.reads[ask.Kind]; of != nil && len(ask.Subjects.Patients) > 0 {
			w.jobs = append(w.jobs, job{ask, of, s.usually(ask), ask.Filter.First})
		}
	}
	w.memory.columns = rows.Get().(*columns)
	defer func(c *columns) {
		*c = columns{}
		rows.Put(c)
	}(w.memory.columns)
	for len(w.jobs) > 0 {
		if err := w.send(ctx); err != nil {
			return nil, err
		}
	}
	return w.answers, w.refused()
}

// recheckAfter is how long a view stays broken before new connections look again.
const recheckAfter = time.Minute

// recheck resets the pool from time to time, so that a repaired view is read without a restart.
func (s *Source) recheck() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.learned) < recheckAfter {
		return
	}
	s.learned = time.Now()
	s.pool.Reset()
}

// organisation is the organisation that a row names; the source's own if it names none.
func (s *Source) organisation(ods, name string) *record.Organisation {
	if ods == "" && name == "" || ods == string(s.Org.ODSCode) {
		return s.Org
	}
	key := [2]string{ods, name}
	s.mu.Lock()
	defer s.mu.Unlock()
	site := s.sites[key]
	if site == nil {
		key = [2]string{strings.Clone(ods), strings.Clone(name)} // not the whole row they are part of
		site = &record.Organisation{ODSCode: record.Text(key[0]), Name: key[1]}
		if name == "" {
			site.Name = ods
		}
		if len(s.sites) < maxSites {
			s.sites[key] = site
		}
	}
	return site
}

// maxSites bounds the organisations remembered, whatever a source writes.
const maxSites = 10_000
