package gpconnect

import (
	"cmp"
	"fmt"
	"slices"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// answer answers an ask from the charts; false for a kind that general practice does not have.
func (r *reading) answer(ask *fetch.Ask) (fetch.Answer, bool) {
	switch ask.Kind {
	case fetch.Notes:
		return answer(r, ask, func(c *chart) []record.ListNote { return c.notes }), true
	case fetch.Allergies:
		return answer(r, ask, func(c *chart) []record.Allergy { return c.allergies }), true
	case fetch.Medications:
		return answer(r, ask, func(c *chart) []record.Medication { return c.medications }), true
	case fetch.Problems:
		return answer(r, ask, func(c *chart) []record.Problem { return c.problems }), true
	case fetch.Immunisations:
		return answer(r, ask, func(c *chart) []record.Immunisation { return c.immunisations }), true
	case fetch.Results, fetch.UnmappedResults:
		return answer(r, ask, func(c *chart) []record.Result { return c.results }), true
	case fetch.Reports:
		return answer(r, ask, func(c *chart) []record.Report { return c.reports }), true
	case fetch.VitalSigns, fetch.UnmappedVitalSigns:
		return answer(r, ask, func(c *chart) []record.VitalSign { return c.vitals }), true
	case fetch.Consultations:
		return answer(r, ask, func(c *chart) []record.Consultation { return c.consultations }), true
	case fetch.Referrals:
		return answer(r, ask, func(c *chart) []record.Referral { return c.referrals }), true
	case fetch.Contacts:
		return answer(r, ask, func(c *chart) []record.Contact { return c.contacts }), true
	case fetch.CareTeam:
		return answer(r, ask, func(c *chart) []record.CareTeamMember { return c.team }), true
	case fetch.Documents, fetch.DocumentContent:
		return r.documents(ask), true
	}
	if slices.Contains(withheld, ask.Kind) {
		return fetch.Answer{Err: fmt.Errorf("%w: GP Connect does not carry %s", record.ErrNotServed, ask.Kind)}, true
	}
	return fetch.Answer{}, false
}

// documents answers an ask for documents or their content. It is an error if these are not requested from
// the practice at all.
func (r *reading) documents(ask *fetch.Ask) fetch.Answer {
	if r.source.options.Documents == nil && (!r.source.options.Migrate || ask.Kind == fetch.DocumentContent) {
		return fetch.Answer{Err: fmt.Errorf("%w: no document endpoint is configured for the practice", record.ErrNotServed)}
	}
	if ask.Kind == fetch.DocumentContent {
		return answer(r, ask, func(c *chart) []record.DocumentContent { return c.contents })
	}
	return answer(r, ask, func(c *chart) []record.Document { return c.documents })
}

// answer answers an ask with what it wants of each patient's entries. of returns the entries of a chart.
func answer[T any, P fhir.Entry[T]](r *reading, ask *fetch.Ask, of func(*chart) []T) fetch.Answer {
	return fhir.Answer[T, P](&r.source.Base, r.terms, ask, func(_ int, patient record.NHSNumber) fhir.Said[T] {
		c := r.charts[patient]
		switch {
		case c == nil:
			return fhir.Said[T]{Err: fmt.Errorf("%w: not asked for", record.ErrUnavailable)}
		case c.failed(ask) != nil:
			return fhir.Said[T]{Err: c.failed(ask)}
		}
		absent := c.absent && r.asked(patient) && len(c.documents) == 0 && c.documentsErr == nil
		return fhir.Said[T]{Entries: of(c), Absent: absent, Unreadable: !absent && !c.complete(ask)}
	})
}

// asked reports whether the practice was also asked for the patient's documents, if they have an endpoint
// of their own. A practice that was not asked has not said that it holds nothing at all.
func (r *reading) asked(patient record.NHSNumber) bool {
	return r.source.options.Documents == nil || r.wants[patient].documents
}

// failed returns why the practice did not answer an ask for the patient; nil if it answered, even in part.
func (c *chart) failed(ask *fetch.Ask) error {
	switch {
	case c.err != nil:
		return c.err
	case ask.Kind == fetch.Documents && len(c.documents) == 0:
		return c.documentsErr
	case ask.Kind == fetch.DocumentContent:
		return cmp.Or(c.documentsErr, c.contentErrs[ask.Filter.SourceID])
	}
	return nil
}
