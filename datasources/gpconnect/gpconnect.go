// Package gpconnect reads the records of a general practice over GP Connect Access
// Record Structured (FHIR STU3), and its documents over Access Document where the
// practice offers that.
//
// GP Connect answers for one patient at a time. An answer is taken apart once, what is
// never shown is taken out, and every Ask is answered from the rest, as the SQL
// sources answer from their rows.
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

// Options are what a practice's endpoint needs besides its address.
type Options struct {
	// Migrate asks for the whole record ($gpc.migratestructuredrecord), without what the
	// practice holds for sensitive, instead of the parts that are wanted.
	Migrate bool

	// Documents is the practice's Access Document endpoint; nil where it has none.
	Documents fhir.Fetcher

	// From and To are the ASIDs of our system and the practice's (Ssp-From, Ssp-To).
	From, To string

	// Authorise makes the Authorization header of a request, as Caller.Bearer does; nil
	// where the client has its own.
	Authorise func(ctx context.Context) (string, error)

	fhir.SourceOptions
}

// Source is one practice.
type Source struct {
	fhir.Base
	options Options
}

// Open makes the source of one practice.
func Open(org *record.Organisation, f fhir.Fetcher, ids *record.Identifier, o Options) *Source {
	return &Source{fhir.NewBase(record.GP, org, f, ids, o.SourceOptions, "GP Connect"), o}
}

// carried are the kinds that GP Connect has a place for.
var carried = []fetch.Kind{
	fetch.Notes, fetch.Allergies, fetch.Medications, fetch.Problems, fetch.Immunisations, fetch.Results, fetch.UnmappedResults,
	fetch.Reports, fetch.VitalSigns, fetch.UnmappedVitalSigns, fetch.Consultations, fetch.Referrals, fetch.Contacts, fetch.CareTeam, fetch.Documents, fetch.DocumentContent,
}

// withheld are the kinds that practices hold and GP Connect does not carry. They are
// offered and always fail: a practice that was not asked for its alerts must not look
// like one that has none.
var withheld = []fetch.Kind{
	fetch.Alerts, fetch.Procedures, fetch.Devices, fetch.Appointments, fetch.Upcoming, fetch.CarePlans, fetch.Needs, fetch.AdvanceCare,
}

// Kinds lists what the source can be asked.
func (s *Source) Kinds() []fetch.Kind {
	kinds := slices.Concat(carried, withheld)
	slices.Sort(kinds)
	return kinds
}

// Read answers all asks: one call for each patient, all at once up to the bound. Each
// patient for whom the practice did not answer has an error in every answer; where it
// could be reached for none, the read is an error.
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

// A want is what is asked of one patient.
type want struct {
	parts     parts
	documents bool
	contents  []string // the source's ids of documents whose content is wanted
	born      string   // as far as our register knows
}

// A reading is one Read on its way.
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
		needs = everything // they come with it
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

// wantOf is what is asked of a subject so far.
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

// wantNotes asks for everything where notes are all that is asked of a patient: only
// what was asked for comes with its warnings.
func (r *reading) wantNotes(ask *fetch.Ask) {
	for i, patient := range ask.Subjects.Patients {
		if r.wants[patient] == nil {
			r.wantOf(ask.Subjects, i).parts = everything
		}
	}
}

// header is what the Spine Secure Proxy routes and audits by.
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
