// Package interweave reads a council's adult social care record over the profiles of the
// Yorkshire and Humber shared care record (Interweave, FHIR R4): assessments, requests,
// services, support reasons, equipment, flags, the people around the person, appointments
// and documents.
//
// Nothing is asked or shown of a child, nor of whoever may be one, and nothing of an
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

// Options are what a council's endpoint needs besides its address.
type Options = fhir.SourceOptions

// Source is one council.
type Source struct{ fhir.Base }

// Open makes the source of one council.
func Open(org *record.Organisation, f fhir.Fetcher, ids *record.Identifier, o Options) *Source {
	return &Source{fhir.NewBase(record.SocialCare, org, f, ids, o, "Interweave")}
}

// besides is searched for with every kind whose entries may refer to an assessment: what hangs on one
// that is never shown is not shown either.
const besides = "Task"

// searched are the types of resource that a kind is read from, and besides.
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

// withheld are the kinds that councils hold and Interweave has no profile for. They are
// offered and always fail: a council that was not asked for its reviews must not look
// like one that has none.
var withheld = []fetch.Kind{
	fetch.Referrals, fetch.CarePlans, fetch.Needs, fetch.AdvanceCare, fetch.AllocatedWorkers, fetch.Circumstances, fetch.Reviews, fetch.AboutMe, fetch.LegalMeasures,
}

// Kinds lists what the source can be asked.
func (s *Source) Kinds() []fetch.Kind {
	kinds := slices.Clone(withheld)
	for kind := range searched {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// Read answers all asks: for each adult one call to find them, then one for each type of
// resource, all at once up to the bound. Each patient for whom the council did not answer
// has an error in the answer; where it could be reached for none, the read is an error.
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

// A want is what is asked of one adult.
type want struct {
	types     map[string]bool
	contents  []string // the source's ids of documents whose content is wanted
	born      string   // as far as our register knows
	adultFrom record.Date
}

// A reading is one Read on its way.
type reading struct {
	source *Source
	terms  *fetch.Terms
	screen *fhir.Screen
	today  record.Date
	order  []record.NHSNumber
	wants  map[record.NHSNumber]*want
	charts map[record.NHSNumber]*chart // of adults of whom anything is asked
	turns  chan struct{}               // one for each question under way
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

// isAdult reports whether a subject is known to be of age today. Nothing is asked of
// anybody else.
func (r *reading) isAdult(subjects *fetch.Subjects, i int) bool {
	if i >= len(subjects.AdultFrom) {
		return false
	}
	from, err := record.ParseDate(subjects.AdultFrom[i])
	return err == nil && from <= r.today
}

// inTurn asks when a question may be asked, for as long as anybody waits for its answer.
func inTurn[T any](ctx context.Context, r *reading, ask func() (T, error)) (answer T, err error) {
	select {
	case r.turns <- struct{}{}:
		defer func() { <-r.turns }()
		return ask()
	case <-ctx.Done():
		return answer, record.ErrTimeout // where nobody waits any more, Read says so itself
	}
}

// ask asks one thing and reads the pages of its answer.
func (r *reading) ask(ctx context.Context, request fhir.Request) (*fhir.Bundle, error) {
	request.Header = http.Header{"X-Request-Id": {fhir.RequestID()}}
	return inTurn(ctx, r, func() (*fhir.Bundle, error) { return fhir.Search(ctx, r.source.Fetcher, request) })
}
