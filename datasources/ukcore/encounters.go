package ukcore

import (
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
	Diagnosis       []struct {
		Condition fhir.Reference
		Rank      json.Number
	}
	Participant []struct {
		Individual fhir.Reference
	}
	Hospitalization struct {
		AdmitSource, DischargeDisposition *fhir.Concept
		Extension                         []fhir.Extension
	}
	Location []struct {
		Location fhir.Reference
		Status   string
		Period   fhir.Period
	}
	ServiceProvider fhir.Reference
	Extension       []fhir.Extension
}

// A visit is an encounter with what was found and done at it.
type visit struct {
	encounter
	of       *fhir.Resource
	bed      bool
	ended    record.DateTime
	endedOn  record.Precision
	findings []finding
	parts    []*visit // consultant episodes of a stay
}

type finding struct {
	diagnosis, procedure *record.Code
	on                   record.PartialDate
	key                  string
}

// beds are the classes of encounter (HL7 v3 ActCode) with a bed, and types that some
// systems class otherwise: admission to a hospice, to a nursing facility.
var (
	beds     = []string{"IMP", "ACUTE", "NONAC", "OBSENC", "SS"}
	bedTypes = []string{"305336008", "449411000124106"}
)

func (c *chart) readVisit(r *fhir.Resource) {
	x, ok := decode[encounter](c, r)
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

// deepest is how many encounters may be part of one another.
const deepest = 8

// goesOn reports whether it has not ended. Where only the day, the month or the year of the
// end is known, it lasts until that is over.
func (v *visit) goesOn(now time.Time) bool {
	if v.ended.IsZero() {
		return v.Status != "finished"
	}
	return !record.Over(v.ended, v.endedOn, now)
}

// visitAt is the encounter that a reference points at; nil where it stands on another server.
func (c *chart) visitAt(ref fhir.Reference) *visit {
	if r := c.find(ref.Reference); r != nil && r.MayBe(ref.Reference) {
		return c.visits[r.Key()]
	}
	return nil
}

// stayOf is the stay that something happened at; nil where it was none.
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

// foundAt notes a diagnosis or procedure for the encounter it was recorded at.
func (c *chart) foundAt(ref fhir.Reference, f finding) {
	if v := c.visitAt(ref); v != nil {
		v.findings = append(v.findings, f)
	}
}

// readVisits makes stays, attendances and contacts of the encounters. Those that are only
// planned are appointments, and those within a stay its episodes.
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

// above is the stay that an encounter is an episode of, if only of an episode; nil where it
// is of none, or of one that is part of itself.
func (c *chart) above(v *visit) (stay *visit) {
	at := v
	for range deepest + 1 {
		up := c.visitAt(at.PartOf)
		if up == nil || !up.bed || up.Status == "planned" { // what is planned has no parts yet
			return stay
		}
		stay, at = up, up
	}
	return nil
}

// kind is what kind of encounter it is.
func (v *visit) kind() *record.Code {
	if code := fhir.FirstOf(v.Type); code != nil {
		return code
	}
	return coded(v.Class)
}

func (v *visit) people() []fhir.Reference {
	refs := make([]fhir.Reference, len(v.Participant))
	for i, p := range v.Participant {
		refs[i] = p.Individual
	}
	return refs
}

// reasons are why it took place, what was diagnosed among them.
func (v *visit) reason(e *envelope) *record.Code {
	refs := slices.Clone(v.ReasonReference)
	for _, d := range v.Diagnosis {
		refs = append(refs, d.Condition)
	}
	return e.reason(v.ReasonCode, refs)
}

// concept is an extension of the encounter or of its admission.
func (v *visit) concept(name string) *fhir.Concept {
	if x := extended(v.Extension, name); x != nil {
		return x
	}
	return extended(v.Hospitalization.Extension, name)
}

// ranked are the diagnoses that the encounter lists, in its order, and those that say they
// were made at it.
func (v *visit) ranked(e *envelope) []*record.Code {
	var codes []*record.Code
	seen := map[string]bool{}
	listed := slices.Clone(v.Diagnosis)
	slices.SortStableFunc(listed, func(a, b struct {
		Condition fhir.Reference
		Rank      json.Number
	}) int {
		i, j := number(a.Rank), number(b.Rank)
		if i == nil || j == nil {
			return 0
		}
		return *i - *j
	})
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
	return codes
}
