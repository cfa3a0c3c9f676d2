package ukcore

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type encounter struct {
	Status          string
	Class           fhir.Coding
	Type            []fhir.Concept
	ServiceType     *fhir.Concept
	Priority        *fhir.Concept
	Period          fhir.Period
	Appointment     references
	PartOf          fhir.Reference
	ReasonCode      []fhir.Concept
	ReasonReference references
	Diagnosis       []encounterDiagnosis
	Participant     []encounterParticipant
	Hospitalization struct {
		AdmitSource, DischargeDisposition *fhir.Concept
		Extension                         []fhir.Extension
	}
	Location        []whereabouts
	ServiceProvider fhir.Reference
	Extension       []fhir.Extension
}

// An encounterDiagnosis is a diagnosis that an encounter lists.
type encounterDiagnosis struct {
	Condition fhir.Reference
	Rank      json.Number
}

// An encounterParticipant is a person who took part in an encounter, with their role and period.
type encounterParticipant struct {
	Type       []fhir.Concept
	Period     fhir.Period
	Individual fhir.Reference
}

// whereabouts is a location of an encounter and its period.
type whereabouts struct {
	Location fhir.Reference
	Status   string
	Period   fhir.Period
}

// A visit is an encounter with the diagnoses and procedures recorded at it.
type visit struct {
	encounter
	of       *fhir.Resource
	bed      bool
	ended    record.DateTime
	endedOn  record.Precision
	findings []finding
	parts    []*visit // episodes of a stay
}

type finding struct {
	diagnosis, procedure *record.Code
	on                   record.PartialDate
	key                  string
}

// beds are the encounter classes with a bed (HL7 v3 ActCode). bedTypes are types to which some systems give
// another class: admission to a hospice, and to a nursing facility.
var (
	beds     = []string{"IMP", "ACUTE", "NONAC", "OBSENC", "SS"}
	bedTypes = []string{"305336008", "449411000124106"}
)

func (c *chart) readVisit(r *fhir.Resource) {
	x, ok := fhir.Decode[encounter](r, c.cannotRead)
	if !ok || withdrawn(x.Status) || x.Status == "cancelled" {
		return
	}
	v := &visit{encounter: x, of: r, bed: slices.Contains(beds, x.Class.Code) || hasCode(x.Type, bedTypes...)}
	v.ended, v.endedOn, _ = fhir.Moment(x.Period.End)
	c.allVisits = append(c.allVisits, v)
	if c.visits[r.Key()] == nil {
		c.visits[r.Key()] = v
	}
}

// deepest is how many levels of partOf are followed.
const deepest = 8

// goesOn reports whether the encounter has not ended. An end known only to the day, month or year is not
// reached until that is over.
func (v *visit) goesOn(now time.Time) bool {
	if v.ended.IsZero() {
		return v.Status != "finished"
	}
	return !record.Over(v.ended, v.endedOn, now)
}

// visitAt returns the encounter that a reference points at; nil if it is on another server or did not come.
func (c *chart) visitAt(ref fhir.Reference) *visit {
	if r := c.find(ref.Reference); r != nil && r.MayBe(ref.Reference) {
		return c.visits[r.Key()]
	}
	return nil
}

// stayOf returns the stay at which something happened; nil if there is none.
func (c *chart) stayOf(refs ...fhir.Reference) *visit {
	for _, ref := range refs {
		v := c.visitAt(ref)
		for depth := 0; v != nil && depth < deepest; depth++ {
			if v.bed && c.visitAt(v.PartOf) == nil {
				return v
			}
			v = c.visitAt(v.PartOf)
		}
	}
	return nil
}

// foundAt records a diagnosis or procedure at its encounter.
func (c *chart) foundAt(ref fhir.Reference, f finding) {
	if v := c.visitAt(ref); v != nil {
		v.findings = append(v.findings, f)
	}
}

// readVisits turns encounters into stays, attendances and contacts. Planned ones become appointments, and
// those within a stay its episodes.
func (c *chart) readVisits() {
	for _, v := range c.allVisits {
		if above := c.above(v); above != nil {
			above.parts = append(above.parts, v)
		}
	}
	for _, v := range c.allVisits {
		switch {
		case v.Status == "planned":
			c.addPlanned(v)
		case c.above(v) != nil:
		case v.bed:
			c.addStay(v)
		case c.source.Sector == record.MentalHealth:
			c.addContact(v)
		default:
			c.addAttendance(v)
		}
	}
}

// above returns the outermost stay that an encounter is part of, directly or through an episode; nil if
// there is none or the encounter is part of itself.
func (c *chart) above(v *visit) (stay *visit) {
	at := v
	for range deepest + 1 {
		up := c.visitAt(at.PartOf)
		if up == nil || !up.bed || up.Status == "planned" { // a planned stay has no parts yet
			return stay
		}
		stay, at = up, up
	}
	return nil
}

// kind is the encounter's first type, or its class.
func (v *visit) kind() *record.Code {
	if code := fhir.FirstOf(v.Type); code != nil {
		return code
	}
	return coded(v.Class)
}

// inCharge returns who is responsible for an encounter, or was when it ended. That need not be the
// participant named first.
func (e *envelope) inCharge(v *visit) *record.Practitioner {
	var list []encounterParticipant
	for _, p := range v.Participant {
		if _, has := fhir.Charge(p.Type); has && e.isThere(p.Period, v) {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b encounterParticipant) int {
		i, _ := fhir.Charge(a.Type)
		j, _ := fhir.Charge(b.Type)
		return i - j
	})
	refs := make([]fhir.Reference, len(list))
	for i := range list {
		refs[i] = list[i].Individual
	}
	return e.who(refs...)
}

// isThere reports whether a participation is current, or lasted until the encounter ended.
func (e *envelope) isThere(p fhir.Period, v *visit) bool {
	begins, _ := e.Moment(p.Start)
	ends, known := e.Moment(p.End)
	switch {
	case v.Status == "planned":
		return true
	case v.goesOn(e.chart.now):
		return !begins.After(e.chart.now) && !record.Over(ends, known, e.chart.now)
	}
	return v.ended.IsZero() || ends.Equal(v.ended.Time) || !record.Over(ends, known, v.ended.Time)
}

// reason is why the encounter took place, which includes its diagnoses.
func (v *visit) reason(e *envelope) *record.Code {
	refs := slices.Clone(v.ReasonReference)
	for _, d := range v.Diagnosis {
		refs = append(refs, d.Condition)
	}
	return e.reason(v.ReasonCode, refs)
}

// concept returns the value of an extension of the encounter or its admission.
func (v *visit) concept(name string) *fhir.Concept {
	if x := extended(v.Extension, name); x != nil {
		return x
	}
	return extended(v.Hospitalization.Extension, name)
}

// ranked returns the diagnoses that the encounter lists, by rank, and those recorded at it, but for those
// seen before. A diagnosis without a rank keeps its place.
func (v *visit) ranked(e *envelope, seen map[string]bool) []*record.Code {
	var codes []*record.Code
	listed := slices.Clone(v.Diagnosis)
	var places []int // of those with a rank
	var sorted []encounterDiagnosis
	for i, d := range listed {
		if number(d.Rank) != nil {
			places, sorted = append(places, i), append(sorted, d)
		}
	}
	slices.SortStableFunc(sorted, func(a, b encounterDiagnosis) int { return cmp.Compare(*number(a.Rank), *number(b.Rank)) })
	for i, place := range places {
		listed[place] = sorted[i]
	}
	for _, d := range listed {
		key := e.chart.keyAt(d.Condition.Reference)
		r := e.at(d.Condition)
		if r == nil || r.Type != "Condition" || seen[key] {
			continue
		}
		if x, stands := e.referent(d.Condition); stands && x.code() != nil {
			seen[key] = true
			codes = append(codes, x.code())
		}
	}
	for _, f := range v.findings {
		if f.diagnosis != nil && !seen[f.key] {
			codes = append(codes, f.diagnosis)
		}
	}
	for _, f := range v.findings {
		if f.diagnosis != nil { // after the loop: two under one key both count
			seen[f.key] = true
		}
	}
	return codes
}
