// Package sourcetest is the conformance suite of the sources: what every adapter
// must do with every kind of record it publishes, against a real PostgreSQL made
// from the sector's own views.sql and read by a role that may only SELECT.
//
// Rows are made from the DDL and kinds are taken from the source, so a new kind or
// column is covered on the day it is added. What takes many rows or ways of hiding them is
// tried once for each kind, by the first sector that reads it so.
package sourcetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/datasources/view"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
)

// Harness is one adapter as the suite sees it.
type Harness struct {
	Views  string // the DDL of the source views
	Open   func(org *record.Organisation, dsn string, ids *record.Identifier) (*view.Source, error)
	Adults bool // the children's rule holds
	Pooled bool // a pooler stands before the database, and does not say why it lets nobody in
}

// Now is the moment at which the suite reads: a Wednesday noon in winter.
var Now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

var (
	org = &record.Organisation{ODSCode: "X26", Name: "The Source"}
	ids = record.NewIdentifier([]byte("a secret of the tests"))
)

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	s := newSuite(t, h)
	s.whole = s.distinct(t)
	t.Run("one list per patient", s.eachPatientTheirOwn)
	t.Run("every kind is described by a relation", s.everyKindHasItsRelation)
	t.Run("order", s.order)
	t.Run("pages", s.pages)
	t.Run("caps", s.caps)
	t.Run("unreadable", s.unreadable)
	t.Run("values", s.values)
	t.Run("filters", s.filters)
	t.Run("sides of now", s.sides)
	t.Run("hidden", s.hidden)
	t.Run("hidden children", s.hiddenChildren)
	t.Run("hidden in company", s.hiddenInCompany)
	t.Run("unsaid", s.unsaid)
	t.Run("written", s.written)
	t.Run("feeds", s.feeds)
	t.Run("parts", s.parts)
	t.Run("persons", s.persons)
	t.Run("adults", s.adults)
	t.Run("one round trip", s.oneRoundTrip)
	t.Run("terms", s.terms)
	t.Run("down", s.down)
	t.Run("comes back", s.comesBack)
	t.Run("cancelled", s.cancelled)
	t.Run("deadline", s.deadline)
	t.Run("missing view", s.missingView)
}

// A suite is a source over a database of its own.
type suite struct {
	h      Harness
	tables map[string]*table
	db     *pgtest.Database
	role   string
	admin  *pgxpool.Pool
	source *view.Source
	whole  []fetch.Kind // those it tries out to the end
}

func newSuite(t testing.TB, h Harness) *suite {
	t.Helper()
	s := &suite{h: h, tables: parse(h.Views)}
	s.db = pgtest.Template(t, h.Views, func(dsn string) error {
		conn, err := pgx.Connect(context.Background(), dsn)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		_, err = conn.Exec(context.Background(), h.Views)
		return err
	})
	s.admin = s.db.Pool(t)
	s.role = s.db.Reader(t)
	s.source = s.open(t, s.db.DSN(s.role)+few)
	return s
}

// few are the connections of a source, at the end of its DSN: each takes a tenth of a second
// to prepare.
const few = "&pool_max_conns=2"

func (s *suite) open(t testing.TB, dsn string) *view.Source {
	t.Helper()
	source, err := s.h.Open(org, dsn, ids)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	return source
}

// terms are those of treatment.
var terms = func() *fetch.Terms {
	f := exclusion.Default().For("TREAT")
	return &fetch.Terms{ExcludedCodes: f.Codes(), ExcludedWords: f.Pattern(), ExcludedStems: f.Stems(), Specialties: f.Specialties(), Now: Now}
}()

func reading(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(fetch.WithTerms(t.Context(), terms), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

var patients atomic.Int64

// patient is a number nobody had before.
func patient() record.NHSNumber {
	return record.NHSNumber(fmt.Sprintf("999%07d", patients.Add(1)))
}

// subjects are patients who came of age at the turn of 2000.
func subjects(all ...record.NHSNumber) *fetch.Subjects {
	x := &fetch.Subjects{Patients: all, Index: map[record.NHSNumber]int{}}
	for i, p := range all {
		x.Numbers = append(x.Numbers, string(p))
		x.AdultFrom = append(x.AdultFrom, "2000-01-01")
		x.Index[p] = i
	}
	return x
}

// kinds are the kinds of entries the source publishes.
func (s *suite) kinds() []fetch.Kind {
	var kinds []fetch.Kind
	for _, kind := range s.source.Kinds() {
		if kind != fetch.Persons {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func (s *suite) publishes(kind fetch.Kind) bool { return slices.Contains(s.source.Kinds(), kind) }

func (s *suite) tries(kind fetch.Kind) bool { return slices.Contains(s.whole, kind) }

// exec runs SQL as the superuser.
func (s *suite) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := s.admin.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%v\n%s", err, sql[:min(len(sql), 2000)])
	}
}

// everyKindHasItsRelation keeps the suite honest: a kind whose relation it cannot
// find in the DDL would be left out of every other test.
func (s *suite) everyKindHasItsRelation(t *testing.T) {
	for _, kind := range s.kinds() {
		if s.table(kind) == nil || s.table(kind).newest == "" {
			t.Errorf("%s: no relation of that name in views.sql, or no index by date", kind)
		}
	}
	if err := s.source.Warm(reading(t)); err != nil {
		t.Fatal(err)
	}
	for kind, err := range s.source.Broken() {
		t.Errorf("%s: %v", kind, err)
	}
}

// relation is the name of what a kind reads.
func relation(kind fetch.Kind) string {
	switch kind {
	case fetch.UnmappedResults:
		return string(fetch.Results)
	case fetch.UnmappedVitalSigns:
		return string(fetch.VitalSigns)
	case fetch.Upcoming:
		return string(fetch.Appointments)
	case fetch.DocumentContent:
		return string(fetch.Documents)
	}
	return string(kind)
}

func (s *suite) table(kind fetch.Kind) *table { return s.tables[relation(kind)] }

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
