// Package pds reads who the patients are from the Personal Demographics Service (PDS
// FHIR R4): names, addresses, registered practices, whom to call and what the person
// needs to be spoken to.
//
// PDS answers for one patient at a time. Whether a person is restricted is told by the
// answer alone; one that does not say so plainly counts as restricted.
package pds

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// Options are what PDS needs besides its address. Its access token is the client's.
type Options struct {
	// Concurrency is how many patients are asked for at once; 8 where zero.
	Concurrency int

	// System names PDS in the provenance; "PDS" where empty.
	System string

	// Observe is told what is to be counted and alarmed; nil for nobody.
	Observe func(ctx context.Context, e fhir.Event)
}

// Source is PDS.
type Source struct {
	Sector record.Sector
	Org    *record.Organisation

	name    string
	ids     *record.Identifier
	fetcher fhir.Fetcher
	options Options
}

// Open makes the source.
func Open(org *record.Organisation, f fhir.Fetcher, ids *record.Identifier, o Options) *Source {
	if o.Concurrency <= 0 {
		o.Concurrency = 8
	}
	if o.System == "" {
		o.System = "PDS"
	}
	return &Source{Sector: record.Demographics, Org: org, name: string(record.Demographics) + "/" + string(org.ODSCode), ids: ids, fetcher: f, options: o}
}

// Name is the sector and the organisation, as ids and cursors know the source.
func (s *Source) Name() string { return s.name }

// kinds are those of demographics. PDS has a place for all of them, for needs in part.
var kinds = []fetch.Kind{fetch.Contacts, fetch.Needs, fetch.Persons}

// Kinds lists what the source can be asked.
func (s *Source) Kinds() []fetch.Kind { return slices.Clone(kinds) }

// Read answers all asks: one call for each patient, or two where contacts are asked for,
// all at once up to the bound. Each patient for whom PDS did not answer has an error in
// every answer; where it could be reached for none, the read is an error.
//
// Of a restricted person, of one whose restriction cannot be read and of an invalidated
// number the answer to fetch.Persons is a Person who is Restricted and nothing else.
func (s *Source) Read(ctx context.Context, asks []fetch.Ask) (map[fetch.Ask]fetch.Answer, error) {
	terms, ok := fetch.TermsFrom(ctx)
	if !ok {
		return nil, fmt.Errorf("%w: a read without the terms of its request", record.ErrInvalid)
	}
	screen, err := fhir.ScreenOf(terms)
	if err != nil {
		return nil, err
	}
	r := &reading{source: s, terms: terms, screen: screen, today: record.Today(terms.Now), wants: map[record.NHSNumber]*want{}, files: map[record.NHSNumber]*file{}}
	for _, ask := range asks {
		if slices.Contains(kinds, ask.Kind) {
			r.want(ask)
		}
	}
	if err := r.fetch(ctx); err != nil {
		return nil, err
	}
	answers := make(map[fetch.Ask]fetch.Answer, len(asks))
	for _, ask := range asks {
		if slices.Contains(kinds, ask.Kind) && len(ask.Subjects.Patients) > 0 {
			answers[ask] = r.answer(ask)
		}
	}
	return answers, nil
}

// A want is what is asked of one patient.
type want struct {
	contacts bool
	born     string // as far as our register knows
}

// A reading is one Read on its way.
type reading struct {
	source *Source
	terms  *fetch.Terms
	screen *fhir.Screen
	today  record.Date
	order  []record.NHSNumber
	wants  map[record.NHSNumber]*want
	files  map[record.NHSNumber]*file
	slow   atomic.Bool // PDS said that it is asked too often
}

func (r *reading) want(ask fetch.Ask) {
	for i, patient := range ask.Subjects.Patients {
		w := r.wants[patient]
		if w == nil {
			w = &want{}
			r.wants[patient] = w
			r.order = append(r.order, patient)
		}
		if i < len(ask.Subjects.Born) {
			w.born = ask.Subjects.Born[i]
		}
		w.contacts = w.contacts || ask.Kind == fetch.Contacts
	}
}

// fetch asks for every patient. It is an error where PDS could be reached for none.
func (r *reading) fetch(ctx context.Context) error {
	ahead, cancel := fhir.Ahead(ctx)
	defer cancel()
	files := make([]*file, len(r.order))
	var group errgroup.Group
	group.SetLimit(r.source.options.Concurrency)
	for i, patient := range r.order {
		group.Go(func() error {
			files[i] = r.file(ahead, patient)
			return nil
		})
	}
	group.Wait()
	var failed []error
	for i, f := range files {
		r.files[r.order[i]] = f
		if f.err != nil {
			failed = append(failed, f.err)
		}
	}
	return fhir.Together(ctx, len(files), failed)
}

// ask asks PDS one thing of a patient. After it said that it is asked too often, nothing
// more is asked in this read.
func (r *reading) ask(ctx context.Context, path string, patient record.NHSNumber) ([]byte, error) {
	if r.slow.Load() {
		return nil, fmt.Errorf("%w: PDS is asked too often", record.ErrUnavailable)
	}
	header := http.Header{"X-Request-Id": {fhir.RequestID()}}
	data, err := r.source.fetcher.Fetch(ctx, fhir.Request{Path: path, Header: header, Patient: patient})
	if isTooMany(err) {
		r.slow.Store(true)
	}
	return data, err
}

func (s *Source) observe(ctx context.Context, kind fhir.EventKind, count int, where string) {
	s.tell(ctx, fhir.Event{Kind: kind, Count: count, Where: where})
}

func (s *Source) tell(ctx context.Context, e fhir.Event) {
	if s.options.Observe != nil && e.Count > 0 {
		s.options.Observe(ctx, e)
	}
}
