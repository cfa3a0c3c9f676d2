// Package gpconnect reads the records of a general practice over GP Connect Access Record: Structured (FHIR
// STU3). It reads the practice's documents over GP Connect Access Document, if the practice has an endpoint
// for them.
//
// GP Connect answers for one patient at a time. An answer is parsed once, and what must never be shown is
// removed. Every ask is answered from the rest, as the SQL sources answer from their rows.
package gpconnect

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// Options are the settings of a practice's endpoint besides its address.
type Options struct {
	// Migrate requests the whole record ($gpc.migratestructuredrecord), without what the practice treats as
	// sensitive, instead of only the parts that are wanted.
	Migrate bool

	// Documents is the practice's Access Document endpoint; nil if it has none.
	Documents fhir.Fetcher

	// From and To are the ASIDs of our system and of the practice. They are sent as Ssp-From and Ssp-To,
	// unless empty.
	From, To string

	// Authorise returns the Authorization header of a request, as Caller.Bearer does; nil if the client
	// adds its own.
	Authorise func(ctx context.Context) (string, error)

	fhir.SourceOptions
}

// Source is one practice.
type Source struct {
	fhir.Base
	options Options
}

// Open returns the source of one practice.
func Open(org *record.Organisation, f fhir.Fetcher, ids *record.Identifier, o Options) *Source {
	return &Source{fhir.NewBase(record.GP, org, f, ids, o.SourceOptions, "GP Connect"), o}
}

// carried are the kinds that GP Connect has a place for.
var carried = []fetch.Kind{
	fetch.Notes, fetch.Allergies, fetch.Medications, fetch.Problems, fetch.Immunisations, fetch.Results, fetch.UnmappedResults,
	fetch.Reports, fetch.VitalSigns, fetch.UnmappedVitalSigns, fetch.Consultations, fetch.Referrals, fetch.Contacts, fetch.CareTeam, fetch.Documents, fetch.DocumentContent,
}

// withheld are the kinds that practices hold but GP Connect does not carry. The source offers them and
// answers each with an error: a practice that was not asked for its alerts must not look like one that has
// none.
var withheld = []fetch.Kind{
	fetch.Alerts, fetch.Procedures, fetch.Devices, fetch.Appointments, fetch.Upcoming, fetch.CarePlans, fetch.Needs, fetch.AdvanceCare,
}

// Kinds returns what the source can be asked.
func (s *Source) Kinds() []fetch.Kind {
	kinds := slices.Concat(carried, withheld)
	slices.Sort(kinds)
	return kinds
}

// Read answers all asks, for up to Concurrency patients at a time. It sends one request per patient for the
// record. If documents are wanted, further requests find them and read their content. A patient for whom
// the practice did not answer has an error in every answer. If the practice could be reached for no
// patient, Read fails.
func (s *Source) Read(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
	terms, screen, err := fhir.TermsFrom(ctx)
	if err != nil {
		return nil, err
	}
	r := &reading{source: s, terms: terms, screen: screen, wants: map[record.NHSNumber]*want{}}
	for _, ask := range asks {
		r.want(ask)
	}
	for _, ask := range asks {
		if ask.Kind == fetch.Notes {
			r.wantNotes(ask)
		}
	}
	r.charts, err = fhir.Each(ctx, s.Concurrency(), r.order, r.chart, func(c *chart) error { return c.err })
	if err != nil {
		return nil, err
	}
	return fhir.Answers(asks, r.answer), nil
}

// A want is what the asks want of one patient.
type want struct {
	parts     parts
	documents bool
	contents  []string // source ids of the documents whose content is wanted
	born      string   // birth date, as far as our register knows it
}

// A reading is one Read in progress.
type reading struct {
	source *Source
	terms  *fetch.Terms
	screen *fhir.Screen
	order  []record.NHSNumber
	wants  map[record.NHSNumber]*want
	charts map[record.NHSNumber]*chart
}

func (r *reading) want(ask *fetch.Ask) {
	needs := partsOf(ask.Kind)
	documents := r.source.options.Documents != nil && (ask.Kind == fetch.Documents || ask.Kind == fetch.DocumentContent)
	if !documents && ask.Kind == fetch.Documents && r.source.options.Migrate {
		needs = everything // the whole record includes them
	}
	if needs == 0 && !documents {
		return
	}
	for i := range ask.Subjects.Patients {
		w := r.wantOf(ask.Subjects, i)
		w.parts |= needs
		w.documents = w.documents || documents
		if ask.Kind == fetch.DocumentContent {
			w.contents = append(w.contents, ask.Filter.SourceID)
		}
	}
}

// wantOf returns what is wanted so far of subject i. It creates the want on first use.
func (r *reading) wantOf(subjects *fetch.Subjects, i int) *want {
	patient := subjects.Patients[i]
	w := r.wants[patient]
	if w == nil {
		w = &want{}
		r.wants[patient] = w
		r.order = append(r.order, patient)
	}
	if i < len(subjects.Born) {
		w.born = subjects.Born[i]
	}
	return w
}

// wantNotes requests the whole record of patients of whom no part is wanted: a practice sends warnings only with the
// parts that are requested.
func (r *reading) wantNotes(ask *fetch.Ask) {
	for i, patient := range ask.Subjects.Patients {
		if w := r.wants[patient]; w == nil || w.parts == 0 {
			r.wantOf(ask.Subjects, i).parts = everything
		}
	}
}

// header returns the headers by which the Spine Secure Proxy routes and audits a request, and the
// Authorization header if Options.Authorise is set. If there is no authorisation, the error is
// record.ErrRefused.
func (s *Source) header(ctx context.Context, interaction string) (http.Header, error) {
	h := http.Header{}
	h.Set("Ssp-TraceID", fhir.RequestID())
	h.Set("Ssp-InteractionID", interaction)
	if s.options.From != "" {
		h.Set("Ssp-From", s.options.From)
	}
	if s.options.To != "" {
		h.Set("Ssp-To", s.options.To)
	}
	if s.options.Authorise == nil {
		return h, nil
	}
	authorisation, err := s.options.Authorise(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: no authorisation for GP Connect", record.ErrRefused)
	}
	h.Set("Authorization", authorisation)
	return h, nil
}
