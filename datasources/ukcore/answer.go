package ukcore

import (
	"fmt"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// answer returns what the charts say to an ask; false for a kind that trusts of the sector do not have.
func (r *reading) answer(ask *fetch.Ask) (fetch.Answer, bool) {
	switch {
	case slices.Contains(withheld[r.source.Sector], ask.Kind):
		return fetch.Answer{Err: fmt.Errorf("%w: UK Core has no place for %s", record.ErrNotServed, ask.Kind)}, true
	case !r.source.offers(ask.Kind):
		return fetch.Answer{}, false
	case len(r.source.types(ask.Kind)) == 0 && (!isDocument(ask.Kind) || r.source.options.Documents == nil):
		return fetch.Answer{Err: fmt.Errorf("%w: the trust does not serve %s", record.ErrNotServed, ask.Kind)}, true
	}
	return pickers[ask.Kind](r, ask), true
}

// pickers answer an ask of each kind.
var pickers = map[fetch.Kind]func(*reading, *fetch.Ask) fetch.Answer{
	fetch.Notes:              picker(func(c *chart) []record.ListNote { return c.notes }),
	fetch.Alerts:             picker(func(c *chart) []record.Alert { return c.alerts }),
	fetch.Allergies:          picker(func(c *chart) []record.Allergy { return c.allergies }),
	fetch.Medications:        picker(func(c *chart) []record.Medication { return c.medications }),
	fetch.Problems:           picker(func(c *chart) []record.Problem { return c.problems }),
	fetch.Immunisations:      picker(func(c *chart) []record.Immunisation { return c.immunisations }),
	fetch.Procedures:         picker(func(c *chart) []record.Procedure { return c.procedures }),
	fetch.Devices:            picker(func(c *chart) []record.Device { return c.devices }),
	fetch.Results:            picker(func(c *chart) []record.Result { return c.results }),
	fetch.UnmappedResults:    picker(func(c *chart) []record.Result { return c.results }),
	fetch.Reports:            picker(func(c *chart) []record.Report { return c.reports }),
	fetch.VitalSigns:         picker(func(c *chart) []record.VitalSign { return c.vitals }),
	fetch.UnmappedVitalSigns: picker(func(c *chart) []record.VitalSign { return c.vitals }),
	fetch.Appointments:       picker(func(c *chart) []record.Appointment { return c.appointments }),
	fetch.Upcoming:           picker(func(c *chart) []record.Appointment { return c.appointments }),
	fetch.Documents:          picker(func(c *chart) []record.Document { return c.documents }),
	fetch.DocumentContent:    picker(func(c *chart) []record.DocumentContent { return c.contents }),
	fetch.Referrals:          picker(func(c *chart) []record.Referral { return c.referrals }),
	fetch.CarePlans:          picker(func(c *chart) []record.CarePlan { return c.plans }),
	fetch.CareTeam:           picker(func(c *chart) []record.CareTeamMember { return c.team }),
	fetch.Contacts:           picker(func(c *chart) []record.Contact { return c.contacts }),
	fetch.Needs:              picker(func(c *chart) []record.Need { return c.needs }),
	fetch.AdvanceCare:        picker(func(c *chart) []record.AdvanceDecision { return c.advance }),
	fetch.Stays:              picker(func(c *chart) []record.Stay { return c.stays }),
	fetch.Attendances:        picker(func(c *chart) []record.Attendance { return c.attendances }),
	fetch.Imaging:            picker(func(c *chart) []record.ImagingStudy { return c.imaging }),
	fetch.CareContacts:       picker(func(c *chart) []record.CareContact { return c.careContacts }),
	fetch.CareCoordinators:   picker(func(c *chart) []record.CareCoordinator { return c.coordinators }),
	fetch.Assessments:        picker(func(c *chart) []record.MentalHealthAssessment { return c.assessments }),
}

// picker returns a function that selects what an ask wants from each patient's entries.
func picker[T any, P fhir.Entry[T]](of func(*chart) []T) func(*reading, *fetch.Ask) fetch.Answer {
	return func(r *reading, ask *fetch.Ask) fetch.Answer {
		types := r.source.types(ask.Kind)
		a := fhir.Answer[T, P](&r.source.Base, r.terms, ask, func(_ int, patient record.NHSNumber) fhir.Said[T] {
			c := r.charts[patient]
			if err := c.failed(ask, types); err != nil {
				return fhir.Said[T]{Err: err}
			}
			absent := r.nothing(c)
			return fhir.Said[T]{Entries: of(c), Absent: absent, Unreadable: !absent && !c.complete(ask.Kind, types)}
		})
		if len(a.Errs) > 0 && !slices.Contains(a.Errs, nil) && !slices.ContainsFunc(ask.Subjects.Patients, func(p record.NHSNumber) bool { return r.charts[p].err != nil }) {
			return fetch.Answer{Err: a.Errs[0]} // the search failed, not the patients
		}
		return a
	}
}

// nothing reports whether the trust holds nothing at all about the person. If its documents are in another
// service that was not asked, that is unknown.
func (r *reading) nothing(c *chart) bool {
	asked := r.documents || r.source.options.Documents == nil
	return c.absent && asked && len(c.letters) == 0 && c.lettersErr == nil
}

// failed is why the trust did not answer an ask; nil if it answered, at least in part.
func (c *chart) failed(ask *fetch.Ask, types []string) error {
	err := c.failure(types, lesser[ask.Kind])
	switch {
	case err != nil && (!isDocument(ask.Kind) || !c.showsLetters()):
		return err
	case ask.Kind == fetch.Documents && len(c.documents) == 0, ask.Kind == fetch.DocumentContent && strings.HasPrefix(ask.Filter.SourceID, "letter.") && !c.says(ask.Filter.SourceID):
		return c.lettersErr
	}
	return c.contentErrs[ask.Filter.SourceID] // asks of other kinds name no document
}

// says reports whether the content of a document was read.
func (c *chart) says(id string) bool {
	return slices.ContainsFunc(c.contents, func(content record.DocumentContent) bool { return content.Provenance.SourceID == id })
}

// failure is why resources of these types, except one, could not be read; nil if they could.
func (c *chart) failure(types []string, except string) error {
	if c.err != nil {
		return c.err
	}
	for _, t := range types {
		if err := c.failures[t]; err != nil && t != except {
			return err
		}
	}
	return nil
}

// complete reports whether everything that the trust holds of a kind could be read.
func (c *chart) complete(kind fetch.Kind, types []string) bool {
	return c.unreadable[kind] == 0 && c.failure(types, "") == nil && (!isDocument(kind) || c.lettersErr == nil)
}
