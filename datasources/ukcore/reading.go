package ukcore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A reading is one Read in progress.
type reading struct {
	source *Source
	terms  *fetch.Terms
	screen *fhir.Screen

	order     []record.NHSNumber
	charts    map[record.NHSNumber]*chart
	types     []string
	documents bool
	people    map[string]*chart // by the references that mean the patient
	pool      *pool             // resources without a patient
}

func newReading(s *Source, terms *fetch.Terms, screen *fhir.Screen) *reading {
	return &reading{source: s, terms: terms, screen: screen, charts: map[record.NHSNumber]*chart{}, people: map[string]*chart{}, pool: newPool(screen)}
}

func (r *reading) want(ask *fetch.Ask) {
	if !r.source.offers(ask.Kind) {
		return
	}
	types := r.source.types(ask.Kind)
	documents := isDocument(ask.Kind) && r.source.options.Documents != nil
	if len(types) == 0 && !documents {
		return
	}
	r.documents = r.documents || documents
	for _, t := range types {
		if !slices.Contains(r.types, t) {
			r.types = append(r.types, t)
		}
	}
	for i, number := range ask.Subjects.Patients {
		c := r.charts[number]
		if c == nil {
			c = newChart(r, number)
			r.charts[number] = c
			r.order = append(r.order, number)
		}
		if i < len(ask.Subjects.Born) {
			c.born = ask.Subjects.Born[i]
		}
		if ask.Kind == fetch.DocumentContent {
			c.wanted = append(c.wanted, ask.Filter.SourceID)
		}
	}
}

func isDocument(kind fetch.Kind) bool {
	return kind == fetch.Documents || kind == fetch.DocumentContent
}

// fetch reads everything that is wanted. It fails only if the trust could be reached for no patient.
func (r *reading) fetch(ctx context.Context) error {
	ahead, cancel := fhir.Ahead(ctx)
	defer cancel()
	defer r.report(ctx)
	slices.Sort(r.types)
	group := r.group()
	if r.documents {
		for _, c := range r.charts {
			group.Go(func() error { c.readLetters(ahead); return nil })
		}
	}
	err := r.records(ahead, ctx)
	group.Wait()
	if err != nil && !r.anyLetters() {
		return err
	}
	r.pool.settle()
	for _, c := range r.charts {
		c.read()
	}
	r.contents(ahead)
	return nil
}

func (r *reading) group() *fhir.Group {
	var group fhir.Group
	group.SetLimit(r.source.Concurrency())
	return &group
}

func (r *reading) anyLetters() bool {
	for _, c := range r.charts {
		if len(c.letters) > 0 {
			return true
		}
	}
	return false
}

// records reads everything except letters: by searches, or whole if the fetcher returns everything about
// one patient at a time.
func (r *reading) records(ahead, ctx context.Context) error {
	if len(r.types) == 0 {
		return nil
	}
	var failed []error
	if fhir.IsWhole(r.source.Fetcher) {
		r.whole(ahead)
	} else if err := r.search(ahead); err != nil {
		return fhir.Together(ctx, 1, []error{err})
	}
	for _, c := range r.charts {
		if c.err != nil {
			failed = append(failed, c.err)
		}
	}
	return fhir.Together(ctx, len(r.order), failed)
}

// A searched is one search and its answer.
type searched struct {
	resource string
	charts   []*chart
	request  fhir.Request
	followed bool // for what others refer to

	bundle *fhir.Bundle
	err    error
}

// search finds the patients, then runs all other searches concurrently. It fails only if the trust could be
// reached for none of those.
func (r *reading) search(ctx context.Context) error {
	r.find(ctx)
	all := r.searches()
	if len(all) == 0 {
		return nil
	}
	failed := r.make(ctx, all)
	r.follow(ctx)
	if r.anyAbsent() {
		return nil
	}
	return fhir.Together(context.WithoutCancel(ctx), len(all), failed)
}

// make runs searches concurrently and divides their results. It returns the errors of those that failed.
func (r *reading) make(ctx context.Context, all []*searched) (failed []error) {
	if r.source.options.Batch {
		r.batch(ctx, all)
	} else {
		group := r.group()
		for _, s := range all {
			group.Go(func() error {
				s.bundle, s.err = fhir.Search(ctx, r.source.Fetcher, s.request)
				return nil
			})
		}
		group.Wait()
	}
	for _, s := range all {
		if s.err == nil && !s.bundle.OfVersion("R4") {
			s.err = fhir.Malformedf("of another version of FHIR")
		}
		if s.err = r.source.outcome(ctx, s.err, s.resource); s.err != nil {
			failed = append(failed, s.err)
			for _, c := range s.charts {
				c.failures[s.resource] = s.err
			}
			continue
		}
		r.divide(s)
	}
	return failed
}

func (r *reading) anyAbsent() bool {
	for _, c := range r.charts {
		if c.absent {
			return true
		}
	}
	return false
}

// batch sends the searches as one batch request.
func (r *reading) batch(ctx context.Context, all []*searched) {
	requests := make([]fhir.Request, len(all))
	for i, s := range all {
		requests[i] = s.request
	}
	found, err := fhir.Batch(ctx, r.source.Fetcher, requests)
	for i, s := range all {
		if s.err = err; err == nil {
			s.bundle, s.err = found[i].Bundle, found[i].Err
		}
	}
}

// searches returns the searches for the wanted types, for the patients that were found.
func (r *reading) searches() []*searched {
	var known []*chart
	for _, number := range r.order {
		if c := r.charts[number]; c.err == nil && len(c.self) > 0 {
			known = append(known, c)
		}
	}
	var all []*searched
	for charts := range slices.Chunk(known, perSearch) {
		var ids []string
		for _, c := range charts {
			for _, p := range c.self {
				ids = append(ids, p.ID)
			}
		}
		for _, t := range r.types {
			all = append(all, &searched{resource: t, charts: charts, request: r.source.query(t, ids)})
		}
	}
	return all
}

// report reports the events of the reading.
func (r *reading) report(ctx context.Context) {
	pools := []*pool{r.pool}
	confidential := 0
	for _, c := range r.charts {
		if c.pool != r.pool {
			pools = append(pools, c.pool)
		}
		for kind, n := range c.unreadable {
			r.source.Observe(ctx, fhir.Unreadable, n, string(kind))
		}
		confidential += c.confidential
	}
	for _, p := range pools {
		for resource, n := range p.foreign {
			r.source.Observe(ctx, fhir.Foreign, n, resource)
		}
		confidential += p.confidential
	}
	r.source.Observe(ctx, fhir.Confidential, confidential, "record")
}

// outcome maps a failure to what it means and reports it; nil stays nil.
func (s *Source) outcome(ctx context.Context, err error, where string) error {
	var answer *fhir.StatusError
	switch {
	case errors.As(err, &answer):
		return s.refusal(ctx, answer, where)
	case errors.Is(err, record.ErrIdentity):
		s.Tell(ctx, fhir.Event{Kind: fhir.Mismatched, Count: 1, Where: "birth date", Err: err})
	case errors.Is(err, record.ErrMalformed):
		s.Tell(ctx, fhir.Event{Kind: fhir.Malformed, Count: 1, Where: where, Err: err})
	}
	return err
}

// refusal maps an unsuccessful status. A search that is not found means a wrong address, not an unknown
// patient.
func (s *Source) refusal(ctx context.Context, answer *fhir.StatusError, where string) error {
	kind := answer.Kind
	switch {
	case errors.Is(kind, record.ErrNotFound):
		kind = record.ErrNotServed
	case errors.Is(kind, record.ErrRefused):
		s.Observe(ctx, fhir.Refused, 1, where)
	case errors.Is(kind, record.ErrMalformed):
		s.Tell(ctx, fhir.Event{Kind: fhir.Malformed, Count: 1, Where: where, Err: answer})
	}
	return fmt.Errorf("%w: the trust answered %d for %s", kind, answer.Status, where)
}
