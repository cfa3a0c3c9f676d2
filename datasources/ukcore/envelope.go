package ukcore

import (
	"cmp"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// An envelope is the context in which one entry is read: its chart, kind and resource, and the first value
// that could not be read. The caller checks Err once, at the end.
type envelope struct {
	fhir.EntryReader
	chart *chart
	kind  fetch.Kind
	of    *fhir.Resource
}

// item returns the envelope of an entry: its provenance, and an id derived from the source's id. If two
// entries share an id, the later gets another.
func (c *chart) item(kind fetch.Kind, r *fhir.Resource, id string) (record.Item, *envelope) {
	return c.source.Item(kind, c.number, c.ids.Once(kind, id)), &envelope{chart: c, kind: kind, of: r}
}

// recorded sets when and by whom an entry was recorded.
func (e *envelope) recorded(item *record.Item, at string, by ...fhir.Reference) {
	item.Provenance.RecordedAt, item.Provenance.RecordedAtPrecision = e.Moment(at)
	item.Provenance.RecordedBy = e.who(by...)
}

// ends notes an error if something is over without an end date. The record has no status for it, so it
// would read as current.
func (e *envelope) ends(over, ended bool) {
	if over && !ended {
		e.Note(fhir.Malformedf("what is over, of which it is not said when it ended"))
	}
}

// at returns the target of a reference, which may be a contained resource; nil if it did not come or must
// not be shown.
func (e *envelope) at(ref fhir.Reference) *fhir.Resource {
	id, inside := strings.CutPrefix(ref.Reference, "#")
	if !inside {
		return e.chart.resource(ref)
	}
	return e.chart.within(e.of)[id]
}

// who returns the first professional among the references; nil if there is none.
func (e *envelope) who(refs ...fhir.Reference) *record.Practitioner {
	for _, ref := range refs {
		if p := e.professional(ref); p != nil {
			return p
		}
	}
	return nil
}

func (e *envelope) professional(ref fhir.Reference) *record.Practitioner {
	r, role, roleKnown := e.at(ref), practitionerRole{}, false
	if r != nil && r.Type == "PractitionerRole" {
		role, roleKnown = known[practitionerRole](e.chart, r)
		if role.Practitioner.Display == "" {
			role.Practitioner.Display = ref.Display
		}
		ref = role.Practitioner
		r = e.at(ref)
	}
	if e.chart.isHidden(ref.Reference) {
		ref.Display = "" // hide the display name too
	}
	if t := fhir.TypeOf(fhir.KeyOf(ref.Reference)); r == nil && !roleKnown && t != "" && t != "Practitioner" && t != "PractitionerRole" || r != nil && r.Type != "Practitioner" {
		return nil
	}
	p := record.Practitioner{Name: record.Text(ref.Display)}
	if r != nil {
		x, _ := known[person](e.chart, r)
		if name := usual(x.Name, e.chart.today); name != "" {
			p.Name = record.Text(name)
		}
		p.Role = record.Text(e.chart.pool.roles[r.Key()])
	}
	if len(role.Code) > 0 && role.Code[0].Words() != "" {
		p.Role = record.Text(role.Code[0].Words())
	}
	if p == (record.Practitioner{}) {
		return nil
	}
	return &p
}

// performer returns the first professional, or the first organisation if there is none.
func (e *envelope) performer(refs ...fhir.Reference) *record.Practitioner {
	if who := e.who(refs...); who != nil {
		return who
	}
	if name := e.place(refs...); name != "" {
		return &record.Practitioner{Name: record.Text(name)}
	}
	return nil
}

// place returns the name of the first organisation, location, service or team; "" if there is none.
func (e *envelope) place(refs ...fhir.Reference) string {
	for _, ref := range refs {
		if e.chart.isHidden(ref.Reference) {
			continue
		}
		switch r := e.at(ref); {
		case r == nil && ref.Display != "" && fhir.TypeOf(fhir.KeyOf(ref.Reference)) != "Patient" && fhir.TypeOf(fhir.KeyOf(ref.Reference)) != "RelatedPerson":
			return ref.Display
		case r == nil:
		case r.Type == "Organization", r.Type == "Location", r.Type == "HealthcareService", r.Type == "CareTeam":
			if x, ok := known[site](e.chart, r); ok && cmp.Or(x.Name, ref.Display) != "" {
				return cmp.Or(x.Name, ref.Display)
			}
		}
	}
	return ""
}

// organisation returns the first organisation with a name or ODS code; nil if there is none.
func (e *envelope) organisation(refs ...fhir.Reference) *record.Organisation {
	for _, ref := range refs {
		o := record.Organisation{Name: ref.Display}
		switch r := e.at(ref); {
		case r != nil && r.Type == "PractitionerRole":
			role, _ := known[practitionerRole](e.chart, r)
			if at := e.organisation(role.Organization); at != nil {
				return at
			}
			continue
		case r != nil && (r.Type == "Organization" || r.Type == "Location"):
			x, _ := known[site](e.chart, r)
			o = record.Organisation{ODSCode: x.code(), Name: x.Name}
		case r != nil, fhir.TypeOf(fhir.KeyOf(ref.Reference)) != "" && fhir.TypeOf(fhir.KeyOf(ref.Reference)) != "Organization":
			continue
		case ref.Identifier != nil && ref.Identifier.System == fhir.ODSCode:
			o.ODSCode = record.Text(ref.Identifier.Value)
		}
		if o.Name == "" {
			o.Name = string(o.ODSCode)
		}
		if o.Name != "" {
			return &o
		}
	}
	return nil
}

// reasons are the members that name what an entry is for.
var reasons = []string{"reasonReference", "diagnosis", "addresses"}

// lacksReason reports whether the resource refers to a reason that did not come. A trust may withhold what
// is never shown, but not what resulted from it.
func (e *envelope) lacksReason() bool {
	for name, raw := range fhir.Members(e.of.Raw) {
		if !named(name, reasons) {
			continue
		}
		for _, to := range fhir.References(raw) {
			if e.at(fhir.Reference{Reference: to}) == nil && !e.chart.isHidden(to) {
				return true
			}
		}
		for _, id := range fhir.Logical(raw) {
			if !e.chart.borne[id] {
				return true
			}
		}
	}
	return false
}

// A referent is the target of a reference: what it is, and whether it is in force.
type referent struct {
	Status                   string
	VerificationStatus, Code *fhir.Concept
	Medicine                 *fhir.Concept `json:"medicationCodeableConcept"`
	DoNotPerform             bool
}

func (x *referent) withdrawn() bool {
	return withdrawn(x.Status) || x.VerificationStatus.Says("entered-in-error", "refuted")
}

// code is the referent's code; nil if it has none.
func (x *referent) code() *record.Code { return certain(x.Code.Ptr(), x.VerificationStatus) }

// certain returns a code with its certainty. Where the record has no place for that, an unconfirmed finding
// gets a qualifying word before its name and loses its code: a code on its own would assert the finding.
func certain(code *record.Code, verification *fhir.Concept) *record.Code {
	switch {
	case code == nil:
	case verification.Says("differential"):
		return &record.Code{Display: "Differential: " + code.Display}
	case verification.Says("provisional", "unconfirmed"):
		return &record.Code{Display: "Suspected: " + code.Display}
	}
	return code
}

// referent returns the target of a reference, also if only an identifier names it, and whether it stands.
// If it does not, the display text of the reference does not either.
//   - A target that did not come stands, but nothing is known about it.
//   - A withdrawn target does not stand.
//   - One that must not be done, was not done or cannot be read does not stand, and leaves a gap.
//   - A target that must not be shown has already hidden the entry.
func (e *envelope) referent(ref fhir.Reference) (x referent, stands bool) {
	r := e.at(ref)
	for _, id := range ref.Identifiers() {
		if r == nil {
			r = e.chart.bearer("", id)
		}
	}
	if r == nil {
		return x, true
	}
	x, ok := known[referent](e.chart, r)
	switch {
	case ok && x.withdrawn():
		return x, false
	case !ok, x.DoNotPerform, x.Status == "not-done":
		e.chart.incomplete(e.kind)
		return x, false
	}
	return x, true
}

// reason is what something is for: a code, or the problem or finding that it refers to.
func (e *envelope) reason(codes []fhir.Concept, refs []fhir.Reference) *record.Code {
	if code := fhir.FirstOf(codes); code != nil {
		return code
	}
	for _, ref := range refs {
		x, stands := e.referent(ref)
		switch {
		case !stands:
		case x.code() != nil:
			return x.code()
		case ref.Display != "":
			return certain(&record.Code{Display: ref.Display}, x.VerificationStatus)
		}
	}
	return nil
}

const siteCode = "https://fhir.nhs.uk/Id/ods-site-code"

type person struct{ Name []fhir.Name }

// usual returns the name that a person goes by today, or a former one if there is none.
func usual(names []fhir.Name, today record.Date) string {
	for _, use := range []string{"usual", "official"} {
		for i := range names {
			if names[i].Use == use && names[i].Full() != "" && !names[i].Former(today) {
				return names[i].Full()
			}
		}
	}
	former := ""
	for i := range names {
		full := names[i].Full()
		if full != "" && !names[i].Former(today) {
			return full
		}
		former = cmp.Or(former, full)
	}
	return former
}

type site struct {
	Name                 string
	Identifier           []fhir.Identifier
	ManagingOrganization fhir.Reference
}

// code is the ODS code of an organisation or site.
func (s *site) code() record.Text {
	for _, id := range s.Identifier {
		if id.System == fhir.ODSCode || id.System == siteCode {
			return record.Text(id.Value)
		}
	}
	return ""
}

type practitionerRole struct {
	Practitioner, Organization fhir.Reference
	Code                       []fhir.Concept
}
