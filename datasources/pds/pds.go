// Package pds reads who the patients are from the Personal Demographics Service (PDS FHIR R4): names,
// addresses, registered practices, contacts and communication needs.
//
// PDS answers for one patient at a time. Only its answer says whether a person is restricted. A person
// counts as restricted unless the answer plainly says otherwise.
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

// Options are the settings of PDS besides its address. The client holds the access token.
type Options = fhir.SourceOptions

// Source is PDS.
type Source struct{ fhir.Base }

// Open returns the source.
func Open(org *record.Organisation, f fhir.Fetcher, ids *record.Identifier, o Options) *Source {
	return &Source{fhir.NewBase(record.Demographics, org, f, ids, o, "PDS")}
}

// kinds are the kinds of demographics. PDS has a place for all of them, for needs only in part.
var kinds = []fetch.Kind{fetch.Contacts, fetch.Needs, fetch.Persons}

// Kinds returns what the source can be asked.
func (s *Source) Kinds() []fetch.Kind { return slices.Clone(kinds) }

// Read answers all asks, with one request per patient, or two if contacts are asked for, up to Concurrency
// patients at a time. A patient for whom PDS did not answer has an error in every answer. If PDS could be
// reached for no patient, Read fails.
//
// The answer to fetch.Persons for a restricted person, for one whose restriction cannot be read and for an
// invalidated number is a Person with Restricted, and at most RestrictionUnclear, set.
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

// A want is what the asks want of one patient.
type want struct {
	contacts bool
	born     string // birth date, as far as our register knows it
}

// A reading is one Read in progress.
type reading struct {
	source *Source
	terms  *fetch.Terms
	screen *fhir.Screen
	today  record.Date
	order  []record.NHSNumber
	wants  map[record.NHSNumber]*want
	files  map[record.NHSNumber]*file
	slow   atomic.Bool // PDS has answered 429 Too Many Requests
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

// ask sends one request about a patient. Once PDS has answered 429, this read sends no more.
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
