// Package interweave reads a council's adult social care record over the FHIR R4 profiles of the Yorkshire
// and Humber shared care record (Interweave): assessments, requests, services, support reasons, equipment,
// flags, the people around the person, appointments and documents.
//
// Nothing is requested or shown about a child or about anybody who may be one. Nothing is shown of an
// adult's time before the 18th birthday.
package interweave

import (
	"context"
	"net/http"
	"slices"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// Options are the settings of a council's endpoint besides its address.
type Options = fhir.SourceOptions

// Source is one council.
type Source struct{ fhir.Base }

// Open returns the source of one council.
func Open(org *record.Organisation, f fhir.Fetcher, ids *record.Identifier, o Options) *Source {
	return &Source{fhir.NewBase(record.SocialCare, org, f, ids, o, "Interweave")}
}

// besides is searched for with several kinds because their entries may refer to an assessment. What depends
// on an assessment that is never shown is not shown either. For all other kinds follow requests the
// assessments that they refer to.
const besides = "Task"

// searched are the resource types that a kind is read from, and besides.
var searched = map[fetch.Kind][]string{
	fetch.Notes:                 {},
	fetch.Alerts:                {"Flag"},
	fetch.Appointments:          {"Appointment"},
	fetch.Upcoming:              {"Appointment"},
	fetch.Documents:             {"DocumentReference"},
	fetch.DocumentContent:       {"DocumentReference"},
	fetch.CareTeam:              {"EpisodeOfCare", "CareTeam", besides},
	fetch.Contacts:              {"RelatedPerson"},
	fetch.SupportReasons:        {"Condition", besides},
	fetch.Services:              {"EpisodeOfCare", besides},
	fetch.SocialCareAssessments: {"Task"},
	fetch.Requests:              {"ServiceRequest"},
	fetch.Equipment:             {"DeviceRequest"},
	fetch.Carers:                {"RelatedPerson"},
	fetch.Safeguarding:          {"Flag", "ServiceRequest", besides},
}

// withheld are the kinds that councils hold but Interweave has no profile for. The source offers them and
// answers each with an error: a council that was not asked for its reviews must not look like one that has
// none.
var withheld = []fetch.Kind{
	fetch.Referrals, fetch.CarePlans, fetch.Needs, fetch.AdvanceCare, fetch.AllocatedWorkers, fetch.Circumstances, fetch.Reviews, fetch.AboutMe, fetch.LegalMeasures,
}

// Kinds returns what the source can be asked.
func (s *Source) Kinds() []fetch.Kind {
	kinds := slices.Clone(withheld)
	for kind := range searched {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// Read answers all asks, with up to Concurrency requests at a time. For each adult, it searches for the
// Patient, then for each resource type that is wanted, then for what the resources found refer to. It also
// reads the content of documents that is wanted. A patient for whom the council did not answer has an error
// in every answer. If the council could be reached for no patient, Read fails.
func (s *Source) Read(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
	terms, screen, err := fhir.TermsFrom(ctx)
	if err != nil {
		return nil, err
	}
	r := &reading{source: s, terms: terms, screen: screen, today: record.Today(terms.Now), wants: map[record.NHSNumber]*want{}, turns: make(chan struct{}, s.Concurrency())}
	for _, ask := range asks {
		r.want(ask)
	}
	r.charts, err = fhir.Each(ctx, s.Concurrency(), r.order, r.chart, func(c *chart) error { return c.err })
	if err != nil {
		return nil, err
	}
	return fhir.Answers(asks, r.answer), nil
}

// A want is what the asks want of one adult.
type want struct {
	types     map[string]bool
	contents  []string // source ids of the documents whose content is wanted
	born      string   // birth date, as far as our register knows it
	adultFrom record.Date
}

// A reading is one Read in progress.
type reading struct {
	source *Source
	terms  *fetch.Terms
	screen *fhir.Screen
	today  record.Date
	order  []record.NHSNumber
	wants  map[record.NHSNumber]*want
	charts map[record.NHSNumber]*chart // of the adults of whom something is wanted
	turns  chan struct{}               // holds one element for each request in progress
}

func (r *reading) want(ask *fetch.Ask) {
	for i, patient := range ask.Subjects.Patients {
		if len(searched[ask.Kind]) == 0 || !r.isAdult(ask.Subjects, i) {
			continue
		}
		w := r.wants[patient]
		if w == nil {
			w = &want{types: map[string]bool{}}
			r.wants[patient] = w
			r.order = append(r.order, patient)
		}
		w.adultFrom = max(w.adultFrom, record.Date(ask.Subjects.AdultFrom[i]))
		if i < len(ask.Subjects.Born) {
			w.born = ask.Subjects.Born[i]
		}
		for _, kind := range searched[ask.Kind] {
			w.types[kind] = true
		}
		if ask.Kind == fetch.DocumentContent {
			w.contents = append(w.contents, ask.Filter.SourceID)
		}
	}
}

// isAdult reports whether a subject is known to be at least 18 today. Nothing is requested about anybody
// else.
func (r *reading) isAdult(subjects *fetch.Subjects, i int) bool {
	if i >= len(subjects.AdultFrom) {
		return false
	}
	from, err := record.ParseDate(subjects.AdultFrom[i])
	return err == nil && from <= r.today
}

// inTurn calls ask as soon as another request may be sent, unless ctx ends before.
func inTurn[T any](ctx context.Context, r *reading, ask func() (T, error)) (answer T, err error) {
	select {
	case r.turns <- struct{}{}:
		defer func() { <-r.turns }()
		return ask()
	case <-ctx.Done():
		return answer, record.ErrTimeout // if the caller cancelled, Read itself reports that
	}
}

// ask sends one search and reads all pages of its answer.
func (r *reading) ask(ctx context.Context, request fhir.Request) (*fhir.Bundle, error) {
	request.Header = http.Header{"X-Request-Id": {fhir.RequestID()}}
	return inTurn(ctx, r, func() (*fhir.Bundle, error) { return fhir.Search(ctx, r.source.Fetcher, request) })
}
