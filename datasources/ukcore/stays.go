package ukcore

import (
	"slices"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

func (c *chart) addStay(v *visit) {
	item, e := c.item(fetch.Stays, v.of, v.of.ID)
	s := record.Stay{
		Item: item, AdmissionMethod: v.concept("AdmissionMethod").Ptr(), DischargeMethod: v.concept("DischargeMethod").Ptr(),
		AdmissionSource: c.masked(v.Hospitalization.AdmitSource), DischargeDestination: c.masked(v.Hospitalization.DischargeDisposition),
		Specialty: v.ServiceType.Ptr(), Reason: v.reason(e), Consultant: e.inCharge(v), LegalStatusOnAdmission: v.legalStatus(),
	}
	s.AdmittedAt, s.AdmittedAtPrecision = e.Moment(v.Period.Start)
	s.DischargedAt, s.DischargedAtPrecision = e.Moment(v.Period.End)
	e.ends(v.Status == "finished", !s.DischargedAt.IsZero())
	if s.Reason == nil {
		s.Reason = fhir.FirstOf(v.Type) // "Admission to surgical department"
	}
	s.Summary = c.summaryOf(v)
	lacks := c.wards(&s, v, e)
	all := []codedVisit{{visit: v, e: e}}
	for _, part := range v.parts {
		within := &envelope{chart: c, kind: e.kind, of: part.of}
		p := part.episode(within)
		e.Note(within.Err)
		if c.shownCodes(p.Codes, p.Words) {
			s.Episodes, all = append(s.Episodes, p), append(all, codedVisit{part, within, p.StartedAt})
			lacks = lacks || within.lacksReason()
		}
	}
	slices.SortStableFunc(all[1:], byStart)
	s.Diagnoses, s.Procedures = diagnoses(all), procedures(all)
	if put(c, &c.stays, s, e) && lacks {
		c.incomplete(e.kind)
	}
}

// legalStatus is UK Core's legal status extension: the status on admission, or without a context.
func (v *visit) legalStatus() *record.Code {
	for _, e := range slices.Concat(fhir.All(v.Extension, "LegalStatus"), fhir.All(v.Hospitalization.Extension, "LegalStatus")) {
		context := inner(&e, "legalStatusContext")
		if said := inner(&e, "legalStatusClassification"); said != nil && (context == nil || context.ValueCodeableConcept.First() == "admission") {
			return said.ValueCodeableConcept.Ptr()
		}
	}
	return nil
}

// wards reads the locations of a stay. The current or last ward is the one with an active status, otherwise
// the last that was not left. A ward that was left at an unknown time during a current stay would read as
// if the person were still there, so it is left out, and lacks is true.
func (c *chart) wards(s *record.Stay, v *visit, e *envelope) (lacks bool) {
	surest := 0
	for i := range v.Location {
		at := &v.Location[i]
		name := e.place(at.Location)
		if name == "" || at.Status == "planned" || at.Status == "reserved" {
			continue
		}
		w := record.WardStay{Ward: record.Text(name), Site: c.siteOf(at.Location, e)}
		w.StartedAt, w.StartedAtPrecision = e.Moment(at.Period.Start)
		w.EndedAt, w.EndedAtPrecision = e.Moment(at.Period.End)
		if c.shownCodes(w.Codes, w.Words) {
			if at.Status == "completed" && w.EndedAt.IsZero() && v.goesOn(c.now) {
				lacks = true
				continue
			}
			s.WardStays = append(s.WardStays, w)
			if sure := at.surety(&w); sure >= surest {
				s.Ward, s.Site, surest = w.Ward, w.Site, sure
			}
		}
	}
	if s.Site == nil {
		s.Site = e.organisation(v.ServiceProvider)
	}
	return lacks
}

// surety ranks how likely it is that the person is still at a place, or was there last.
func (at *whereabouts) surety(w *record.WardStay) int {
	switch {
	case at.Status == "completed", !w.EndedAt.IsZero():
		return 0
	case at.Status == "active":
		return 2
	}
	return 1
}

// siteOf returns the organisation that manages a location.
func (c *chart) siteOf(ref fhir.Reference, e *envelope) *record.Organisation {
	if r := e.at(ref); r != nil && r.Type == "Location" {
		x, _ := known[site](c, r)
		return e.organisation(x.ManagingOrganization)
	}
	return nil
}

func (v *visit) episode(e *envelope) record.Episode {
	p := record.Episode{Specialty: v.ServiceType.Ptr(), Consultant: e.inCharge(v)}
	p.StartedAt, p.StartedAtPrecision = e.Moment(v.Period.Start)
	p.EndedAt, p.EndedAtPrecision = e.Moment(v.Period.End)
	return p
}

// A codedVisit is a stay or one of its episodes, at which diagnoses and procedures are coded.
type codedVisit struct {
	*visit
	e    *envelope
	from record.DateTime
}

// byStart orders episodes by their start, undated ones last.
func byStart(a, b codedVisit) int {
	switch {
	case a.from.IsZero() && !b.from.IsZero():
		return 1
	case b.from.IsZero() && !a.from.IsZero():
		return -1
	}
	return a.from.Compare(b.from.Time)
}

// diagnoses are those of a stay, then those of its episodes, each once: the NHS codes them for each
// consultant episode.
func diagnoses(visits []codedVisit) []record.StayDiagnosis {
	var all []record.StayDiagnosis
	seen := map[string]bool{}
	for _, v := range visits {
		for _, code := range v.ranked(v.e, seen) {
			rank := len(all) + 1
			all = append(all, record.StayDiagnosis{Diagnosis: *code, Rank: &rank})
		}
	}
	return all
}

// procedures are those of a stay, then those of its episodes.
func procedures(visits []codedVisit) []record.StayProcedure {
	var all []record.StayProcedure
	for _, v := range visits {
		for _, f := range v.findings {
			if f.procedure != nil {
				rank := len(all) + 1
				all = append(all, record.StayProcedure{Procedure: *f.procedure, PerformedOn: f.on, Rank: &rank})
			}
		}
	}
	return all
}
