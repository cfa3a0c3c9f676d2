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

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// Options are what PDS needs besides its address. Its access token is the client's.
type Options = fhir.SourceOptions

// Source is PDS.
type Source struct{ fhir.Base }

// Open makes the source.
func Open(org *record.Organisation, f fhir.Fetcher, ids *record.Identifier, o Options) *Source {
	return &Source{fhir.NewBase(record.Demographics, org, f, ids, o, "PDS")}
}

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
func (s *Source) Read(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
	terms, screen, err := fhir.TermsFrom(ctx)
	if err != nil {
		return nil, err
	}
	r := &reading{source: s, terms: terms, screen: screen, today: record.Today(terms.Now), wants: map[record.NHSNumber]*want{}}
	for _, ask := range asks {
		if slices.Contains(kinds, ask.Kind) {
			r.want(ask)
		}
	}
	r.files, err = fhir.Each(ctx, s.Concurrency(), r.order, r.file, func(f *file) error { return f.err })
	if err != nil {
		return nil, err
	}
	return fhir.Answers(asks, r.answer), nil
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

func (r *reading) want(ask *fetch.Ask) {
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

// ask asks PDS one thing of a patient. After it said that it is asked too often, nothing
// more is asked in this read.
func (r *reading) ask(ctx context.Context, path string, patient record.NHSNumber) ([]byte, error) {
	if r.slow.Load() {
		return nil, fmt.Errorf("%w: PDS is asked too often", record.ErrUnavailable)
	}
	header := http.Header{"X-Request-Id": {fhir.RequestID()}}
	data, err := r.source.Fetcher.Fetch(ctx, fhir.Request{Path: path, Header: header, Patient: patient})
	if isTooMany(err) {
		r.slow.Store(true)
	}
	return data, err
}
