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

	"golang.org/x/sync/errgroup"

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

	// System names the practice's system in the provenance; "GP Connect" where empty.
	System string

	// Concurrency is how many patients are asked for at once; 8 where zero.
	Concurrency int

	// Observe is told what is to be counted and alarmed; nil for nobody.
	Observe func(ctx context.Context, e fhir.Event)
}

// Source is one practice.
type Source struct {
	Sector record.Sector
	Org    *record.Organisation

	name    string
	ids     *record.Identifier
	fetcher fhir.Fetcher
	options Options
}

// Open makes the source of one practice.
func Open(org *record.Organisation, f fhir.Fetcher, ids *record.Identifier, o Options) *Source {
	if o.Concurrency <= 0 {
		o.Concurrency = 8
	}
	if o.System == "" {
		o.System = "GP Connect"
	}
	return &Source{Sector: record.GP, Org: org, name: string(record.GP) + "/" + string(org.ODSCode), ids: ids, fetcher: f, options: o}
}

// Name is the sector and the organisation, as ids and cursors know the source.
func (s *Source) Name() string { return s.name }

// carried are the kinds that GP Connect has a place for.
var carried = []fetch.Kind{
	fetch.Notes, fetch.Allergies, fetch.Medications, fetch.Problems, fetch.Immunisations, fetch.Results, fetch.UnmappedResults,
	fetch.Reports, fetch.VitalSigns, fetch.Consultations, fetch.Referrals, fetch.Contacts, fetch.CareTeam, fetch.Documents, fetch.DocumentContent,
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
func (s *Source) Read(ctx context.Context, asks []fetch.Ask) (map[fetch.Ask]fetch.Answer, error) {
	terms, ok := fetch.TermsFrom(ctx)
	if !ok {
		return nil, fmt.Errorf("%w: a read without the terms of its request", record.ErrInvalid)
	}
	screen, err := fhir.ScreenOf(terms)
	if err != nil {
		return nil, err
	}
	r := &reading{source: s, terms: terms, screen: screen, wants: map[record.NHSNumber]*want{}, charts: map[record.NHSNumber]*chart{}}
	for _, ask := range asks {
		r.want(ask)
	}
	for _, ask := range asks {
		if ask.Kind == fetch.Notes {
			r.wantNotes(ask)
		}
	}
	if err := r.fetch(ctx); err != nil {
		return nil, err
	}
	answers := make(map[fetch.Ask]fetch.Answer, len(asks))
	for _, ask := range asks {
		if answer, known := r.answer(ask); known && len(ask.Subjects.Patients) > 0 {
			answers[ask] = answer
		}
	}
	return answers, nil
}

// A want is what is asked of one patient.
type want struct {
	parts     parts
	documents bool
	content   string // the source's id of a document whose content is wanted
	born      string // as far as our register knows
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

func (r *reading) want(ask fetch.Ask) {
	needs := partsOf(ask.Kind)
	documents := ask.Kind == fetch.Documents || ask.Kind == fetch.DocumentContent
	if needs == 0 && !documents {
		return
	}
	for i := range ask.Subjects.Patients {
		w := r.wantOf(ask.Subjects, i)
		w.parts |= needs
		w.documents = w.documents || documents && r.source.options.Documents != nil
		if ask.Kind == fetch.DocumentContent {
			w.content = ask.Filter.SourceID
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
func (r *reading) wantNotes(ask fetch.Ask) {
	for i, patient := range ask.Subjects.Patients {
		if r.wants[patient] == nil {
			r.wantOf(ask.Subjects, i).parts = everything
		}
	}
}

// fetch asks for every patient. It is an error where the practice could be reached for
// none.
func (r *reading) fetch(ctx context.Context) error {
	ahead, cancel := fhir.Ahead(ctx)
	defer cancel()
	charts := make([]*chart, len(r.order))
	var group errgroup.Group
	group.SetLimit(r.source.options.Concurrency)
	for i, patient := range r.order {
		group.Go(func() error {
			charts[i] = r.source.chart(ahead, r, patient, r.wants[patient])
			return nil
		})
	}
	group.Wait()
	var failed []error
	for i, c := range charts {
		r.charts[r.order[i]] = c
		if c.err != nil {
			failed = append(failed, c.err)
		}
	}
	return fhir.Together(ctx, len(charts), failed)
}

func (s *Source) observe(ctx context.Context, kind fhir.EventKind, count int, where string) {
	s.tell(ctx, fhir.Event{Kind: kind, Count: count, Where: where})
}

func (s *Source) tell(ctx context.Context, e fhir.Event) {
	if s.options.Observe != nil && e.Count > 0 {
		s.options.Observe(ctx, e)
	}
}

// header is what the Spine Secure Proxy routes and audits by.
func (s *Source) header(ctx context.Context, interaction string) (http.Header, error) {
	h := http.Header{}
	h.Set("Ssp-TraceID", traceID())
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
