package resolvers_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/organisation"
	"carerecord/internal/record"
	"carerecord/internal/transport"
	"carerecord/resolvers"
)

// A fake is a source in memory: what it answers to each kind, or how it fails.
type fake struct {
	sector  record.Sector
	ods     string
	answers map[fetch.Kind]func(*fetch.Ask) fetch.Answer
	err     error
}

func newFake(sector record.Sector, ods string) *fake {
	return &fake{sector: sector, ods: ods, answers: map[fetch.Kind]func(*fetch.Ask) fetch.Answer{}}
}

func (f *fake) name() string { return string(f.sector) + "/" + f.ods }

// item is the envelope of an entry of the fake.
func (f *fake) item(id string) record.Item {
	return record.Item{ID: record.ID(f.ods + "-" + id), Provenance: record.Provenance{Sector: f.sector, SourceID: id, RecordedAt: record.At(now.AddDate(-1, 0, 0))}}
}

func (f *fake) Read(_ context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
	if f.err != nil {
		return nil, f.err
	}
	answers := map[*fetch.Ask]fetch.Answer{}
	for _, ask := range asks {
		if answer := f.answers[ask.Kind]; answer != nil {
			answers[ask] = answer(ask)
			continue
		}
		answers[ask] = fetch.Answer{}
	}
	return answers, nil
}

// holds answers with the entries that give makes for each patient.
func holds[T any](give func(ask *fetch.Ask, patient record.NHSNumber) []T) func(*fetch.Ask) fetch.Answer {
	return func(ask *fetch.Ask) fetch.Answer {
		rows := &fetch.Rows[T]{Starts: []int32{0}}
		for _, patient := range ask.Subjects.Patients {
			rows.Items = append(rows.Items, give(ask, patient)...)
			rows.Starts = append(rows.Starts, int32(len(rows.Items)))
		}
		return fetch.Answer{Rows: rows}
	}
}

// always answers with the same entries for everybody.
func always[T any](items ...T) func(*fetch.Ask) fetch.Answer {
	return holds(func(*fetch.Ask, record.NHSNumber) []T { return slices.Clone(items) })
}

// lacking answers with something missing for everybody.
func lacking(answer func(*fetch.Ask) fetch.Answer, unreadable, truncated bool) func(*fetch.Ask) fetch.Answer {
	return func(ask *fetch.Ask) fetch.Answer {
		a := answer(ask)
		if unreadable {
			a.Unreadable = slices.Repeat([]bool{true}, len(ask.Subjects.Patients))
		}
		if truncated {
			a.Truncated = slices.Repeat([]bool{true}, len(ask.Subjects.Patients))
		}
		return a
	}
}

// every is every kind that anybody reads.
var every = func() []fetch.Kind {
	var kinds []fetch.Kind
	for _, parts := range resolvers.Parts() {
		for _, part := range parts {
			kinds = append(kinds, part.Kind)
		}
	}
	kinds = append(kinds, fetch.Notes, fetch.Upcoming, fetch.UnmappedResults, fetch.UnmappedVitalSigns)
	slices.Sort(kinds)
	return slices.Compact(kinds)
}()

// newFakes is the graph over sources in memory, with everybody in care.
func newFakes(t testing.TB, fakes ...*fake) (*care, *register, *ledger) {
	c := &care{t: t, down: map[string]error{}, reads: map[string]int{}, issuer: clocked(t)}
	r, l := &register{}, &ledger{}
	for _, f := range fakes {
		c.sources = append(c.sources, resolvers.Source{
			Name: f.name(), Sector: f.sector, Organisation: &record.Organisation{ODSCode: record.Text(f.ods), Name: "Organisation " + f.ods},
			Kind: record.SourceSQL, Kinds: every, Read: c.counted(f.name(), f.Read), Deadline: time.Minute,
		})
	}
	c.options = resolvers.Options{
		Sources: c.sources, Facts: r, Trail: l, Policy: consent.Default(), Directory: organisation.Default(), Exclusions: exclusion.Default(),
		Identifier: record.NewIdentifier([]byte("a secret of the tests")), CursorKey: []byte("a cursor key of the tests"),
		Observe: c.observe, Now: func() time.Time { return now }, Kept: transport.Kept,
	}
	c.serve()
	return c, r, l
}

// A register is what is known of patients, in memory: unless a test says otherwise
// everybody is an adult, in care and may be shown.
type register struct {
	mu    sync.Mutex
	calls int
	err   error
	knows func(*consent.Facts)
}

func (r *register) Facts(_ context.Context, p auth.Principal, _ []string, numbers []record.NHSNumber) (map[record.NHSNumber]consent.Facts, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if r.err != nil {
		return nil, r.err
	}
	facts := map[record.NHSNumber]consent.Facts{}
	for _, number := range numbers {
		f := consent.Facts{
			Asked: number, Current: number, ReadAt: now, Known: true, Restricted: consent.No, OptOutKnown: true, Born: "1950-02-03", Version: 1,
			Relationships: []consent.Relationship{{Patient: number, Org: p.Org, Kind: consent.RegisteredPractice, StartedAt: now.AddDate(-5, 0, 0)}},
		}
		if r.knows != nil {
			r.knows(&f)
		}
		facts[number] = f
	}
	return facts, nil
}

// A ledger is a trail in memory.
type ledger struct {
	mu      sync.Mutex
	err     error
	changed map[record.NHSNumber]bool // whose consent has changed since the decision
	entries []audit.Entry
}

func (l *ledger) Record(_ context.Context, entries []audit.Entry) ([]audit.Result, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, l.err
	}
	l.entries = append(l.entries, entries...)
	results := make([]audit.Result, len(entries))
	for i, entry := range entries {
		results[i] = audit.Result{Sequence: int64(i), Withheld: entry.Recheck != 0 && l.changed[entry.Patient]}
	}
	return results, nil
}

// take is what was written since the last time, but for when, in which request and with which token.
func (l *ledger) take() (told []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, entry := range l.entries {
		entry.RequestID, entry.ReceivedAt, entry.Who.TokenID = "", time.Time{}, ""
		told = append(told, fmt.Sprintf("of %s: %+v", string(entry.Patient), entry))
	}
	l.entries = nil
	return told
}

// written is how many events stand on it.
func (l *ledger) written() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// number is the nth NHS number of the test range.
func number(n int) record.NHSNumber {
	for serial := 999500000; ; serial++ {
		for check := range 10 {
			parsed, err := record.ParseNHSNumber(fmt.Sprintf("%09d%d", serial, check))
			if err != nil {
				continue
			}
			if n == 0 {
				return parsed
			}
			n--
		}
	}
}
