package interweave

import (
	"fmt"
	"slices"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// answer answers an ask from the charts; false for a kind that councils do not have.
func (r *reading) answer(ask *fetch.Ask) (fetch.Answer, bool) {
	switch ask.Kind {
	case fetch.Notes: // Interweave has no lists, so nothing is said about a whole one
		return fetch.Answer{Rows: fhir.Rows(make([][]record.ListNote, len(ask.Subjects.Patients)))}, true
	case fetch.Alerts:
		return answer(r, ask, func(c *chart) []record.Alert { return c.alerts }), true
	case fetch.Safeguarding:
		return answer(r, ask, func(c *chart) []record.SafeguardingConcern { return c.concerns }), true
	case fetch.Appointments, fetch.Upcoming:
		return answer(r, ask, func(c *chart) []record.Appointment { return c.appointments }), true
	case fetch.Documents:
		return answer(r, ask, func(c *chart) []record.Document { return c.documents }), true
	case fetch.DocumentContent:
		return answer(r, ask, func(c *chart) []record.DocumentContent { return c.contents }), true
	case fetch.CareTeam:
		return answer(r, ask, func(c *chart) []record.CareTeamMember { return c.team }), true
	case fetch.Contacts:
		return answer(r, ask, func(c *chart) []record.Contact { return c.contacts }), true
	case fetch.Carers:
		return answer(r, ask, func(c *chart) []record.Carer { return c.carers }), true
	case fetch.SupportReasons:
		return answer(r, ask, func(c *chart) []record.SupportReason { return c.reasons }), true
	case fetch.Services:
		return answer(r, ask, func(c *chart) []record.SocialCareService { return c.services }), true
	case fetch.SocialCareAssessments:
		return answer(r, ask, func(c *chart) []record.SocialCareAssessment { return c.assessments }), true
	case fetch.Requests:
		return answer(r, ask, func(c *chart) []record.SocialCareRequest { return c.requests }), true
	case fetch.Equipment:
		return answer(r, ask, func(c *chart) []record.Equipment { return c.equipment }), true
	}
	if slices.Contains(withheld, ask.Kind) {
		return fetch.Answer{Err: fmt.Errorf("%w: Interweave does not carry %s", record.ErrNotServed, ask.Kind)}, true
	}
	return fetch.Answer{}, false
}

// answer answers an ask with what it wants of each adult's entries. The answer is the same for everybody
// who is not known to be an adult: no entries.
func answer[T any, P fhir.Entry[T]](r *reading, ask *fetch.Ask, of func(*chart) []T) fetch.Answer {
	return fhir.Answer[T, P](&r.source.Base, r.terms, ask, func(i int, patient record.NHSNumber) fhir.Said[T] {
		c := r.charts[patient]
		switch {
		case c == nil || !r.isAdult(ask.Subjects, i):
			return fhir.Said[T]{}
		case c.failure(ask) != nil:
			return fhir.Said[T]{Err: c.failure(ask)}
		case c.absent:
			return fhir.Said[T]{Absent: true}
		}
		// Interweave has not defined care teams, so there may be more of them.
		partly := c.unreadable[ask.Kind] > 0 || c.partly > 0 || ask.Kind == fetch.CareTeam
		return fhir.Said[T]{Entries: of(c), Unreadable: partly}
	})
}

// failure returns why the council did not answer an ask for the patient; nil if it answered, even in part.
func (c *chart) failure(ask *fetch.Ask) error {
	if c.err != nil {
		return c.err
	}
	for _, kind := range searched[ask.Kind] {
		if err := c.failed[kind]; err != nil {
			return err
		}
	}
	return c.contentErrs[ask.Filter.SourceID] // only asks for content name a document
}
