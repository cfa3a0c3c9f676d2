package stock

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

type requestKey struct{}

// A request is its loaders, one for each source and what is asked of it.
type request struct {
	s   *Server
	ctx context.Context
	now time.Time

	mu        sync.Mutex
	decisions map[record.NHSNumber]consent.Decision
	loaders   map[loaderKey]*loader
}

type loaderKey struct {
	source   int
	kind     fetch.Kind
	filter   fetch.Filter
	children fetch.Children
}

type loader = dataloader.Loader[record.NHSNumber, found]

// found is what a source answered for one patient.
type found struct {
	answer  fetch.Answer
	subject int
}

func current(ctx context.Context) *request {
	q, _ := ctx.Value(requestKey{}).(*request)
	return q
}

// load asks the loader of a field for one patient.
func (q *request) load(ctx context.Context, key loaderKey, patient record.NHSNumber) dataloader.Thunk[found] {
	q.mu.Lock()
	l := q.loaders[key]
	if l == nil {
		l = dataloader.NewBatchedLoader(q.batch(key), dataloader.WithWait[record.NHSNumber, found](q.s.wait))
		q.loaders[key] = l
	}
	q.mu.Unlock()
	return l.Load(ctx, patient)
}

// batch reads one thing of one source for the patients that came together.
func (q *request) batch(key loaderKey) dataloader.BatchFunc[record.NHSNumber, found] {
	return func(_ context.Context, patients []record.NHSNumber) []*dataloader.Result[found] {
		ask := &fetch.Ask{Kind: key.kind, Filter: key.filter, Children: key.children, Subjects: q.subjects(patients)}
		answers, err := q.s.sources[key.source].Read(q.ctx, []*fetch.Ask{ask})
		answer := answers[ask]
		if err == nil {
			err = answer.Err
		}
		results := make([]*dataloader.Result[found], len(patients))
		for i := range patients {
			results[i] = &dataloader.Result[found]{Data: found{answer, i}, Error: err}
		}
		return results
	}
}

func (q *request) subjects(patients []record.NHSNumber) *fetch.Subjects {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := &fetch.Subjects{Patients: patients}
	for _, patient := range patients {
		s.Numbers = append(s.Numbers, string(patient))
		s.AdultFrom = append(s.AdultFrom, string(q.decisions[patient].AdultFrom))
	}
	return s
}

// pointer is a pointer to a record type, which is an entry.
type pointer[T any] interface {
	*T
	record.RecordItem
}

// A reading is what a field reads: the sectors whose sources it asks, and for what.
type reading struct {
	sectors  []record.Sector
	kind     fetch.Kind
	filter   fetch.Filter
	children fetch.Children
}

var (
	clinical   = []record.Sector{record.Acute, record.GP, record.MentalHealth}
	everywhere = []record.Sector{record.Acute, record.GP, record.MentalHealth, record.SocialCare}
)

// gather reads a field's entries from every source, newest first, and what they lack.
func gather[T any, P pointer[T]](ctx context.Context, patient record.NHSNumber, r reading) (items []*T, status record.Status, err error) {
	q := current(ctx)
	type pending struct {
		source         int
		entries, notes dataloader.Thunk[found]
	}
	var waiting []pending
	for i, source := range q.s.sources {
		if !slices.Contains(r.sectors, source.Sector) {
			continue
		}
		waiting = append(waiting, pending{i, q.load(ctx, loaderKey{i, r.kind, r.filter, r.children}, patient), q.load(ctx, loaderKey{source: i, kind: fetch.Notes}, patient)})
	}
	status = record.Status{Gaps: []record.Gap{}, LeftOut: []record.Class{}}
	for _, p := range waiting {
		entries, err := p.entries()
		if err != nil {
			return nil, status, err
		}
		rows := fetch.RowsOf[T](entries.answer).Of(entries.subject)
		for i := range rows {
			items = append(items, &rows[i])
		}
		if _, err := p.notes(); err != nil {
			return nil, status, err
		}
	}
	sortNewest(items, func(x *T) record.RecordItem { return P(x) })
	status.State, status.Complete = record.Describe(len(items) > 0, false, false), true
	return items, status, nil
}

func sortNewest[I any](items []I, entry func(I) record.RecordItem) {
	slices.SortFunc(items, func(a, b I) int {
		if c := entry(a).Stand().Compare(entry(b).Stand()); c != 0 {
			return c
		}
		return strings.Compare(string(record.Envelope(entry(a)).ID), string(record.Envelope(entry(b)).ID))
	})
}

func list[T any, P pointer[T]](ctx context.Context, patient *record.Patient, r reading) (*record.List[*T], error) {
	items, status, err := gather[T, P](ctx, patient.NHSNumber, r)
	if err != nil {
		return nil, err
	}
	return &record.List[*T]{Status: status, Nodes: items}, nil
}

func connection[T any, P pointer[T]](ctx context.Context, patient *record.Patient, r reading, first int) (*record.Connection[*T], error) {
	r.filter.First = first + 1
	items, status, err := gather[T, P](ctx, patient.NHSNumber, r)
	if err != nil {
		return nil, err
	}
	return page(items, status, first), nil
}

func page[I any](items []I, status record.Status, first int) *record.Connection[I] {
	c := &record.Connection[I]{Status: status, PageInfo: record.PageInfo{Cursors: func(int) string { return "" }}}
	if len(items) > first {
		items, c.PageInfo.HasNextPage = items[:first], true
	}
	c.Nodes = items
	if c.Nodes == nil {
		c.Nodes = []I{}
	}
	return c
}

// inForce is the newest entry of a kind that has begun.
func inForce[T any, P pointer[T]](ctx context.Context, patient *record.Patient, sector record.Sector, kind fetch.Kind, filter fetch.Filter) (*T, error) {
	items, _, err := gather[T, P](ctx, patient.NHSNumber, reading{sectors: []record.Sector{sector}, kind: kind, filter: filter})
	for _, item := range items {
		if !P(item).Stand().At().After(current(ctx).now) {
			return item, err
		}
	}
	return nil, err
}
