package gpconnect

import (
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// An envelope is what an entry needs while it is read: its patient's chart, its kind, and the first value
// that could not be read. The caller checks Err once, at the end.
type envelope struct {
	fhir.EntryReader
	chart *chart
	kind  fetch.Kind
}

// item returns the record.Item of an entry, with its provenance and the id derived from the source's id,
// and the entry's envelope. If two entries of a kind have the same id, the later one gets another.
func (c *chart) item(kind fetch.Kind, sourceID string) (record.Item, *envelope) {
	return c.source.Item(kind, c.patient, c.ids.Once(kind, sourceID)), &envelope{chart: c, kind: kind}
}

// recorded sets when and by whom an entry was recorded.
func (e *envelope) recorded(item *record.Item, at string, by ...fhir.Reference) {
	item.Provenance.RecordedAt, item.Provenance.RecordedAtPrecision = e.Moment(at)
	item.Provenance.RecordedBy = e.chart.who(by...)
}

// who returns the first professional that the references name; nil if they name none.
func (c *chart) who(refs ...fhir.Reference) *record.Practitioner {
	for _, ref := range refs {
		if p := c.practitioner(ref); p != nil {
			return p
		}
	}
	return nil
}

func (c *chart) practitioner(ref fhir.Reference) *record.Practitioner {
	key := c.keyOf(ref) + "\x00" + ref.Display
	p, known := c.people[key]
	if !known {
		p = c.professional(ref)
		c.people[key] = p
	}
	return p
}

func (c *chart) professional(ref fhir.Reference) *record.Practitioner {
	r := c.resource(ref)
	if r != nil && r.Type == "PractitionerRole" {
		role, _ := fhir.Decode[practitionerRole](r, c.cannotRead)
		ref = role.Practitioner
		r = c.resource(ref)
	}
	kind := fhir.TypeOf(fhir.KeyOf(ref.Reference))
	if c.hidden[c.keyOf(ref)] || r != nil && r.Type != "Practitioner" || r == nil && kind != "" && kind != "Practitioner" && kind != "PractitionerRole" {
		return nil
	}
	p := record.Practitioner{Name: record.Text(ref.Display)}
	if r != nil {
		x, _ := fhir.Decode[named](r, c.cannotRead)
		for i := range x.Name {
			if full := x.Name[i].Full(); full != "" && !x.Name[i].Former(c.today) {
				p.Name = record.Text(full)
				break
			}
		}
		p.Role = record.Text(c.roles[r.Key()])
	}
	if p.Name == "" && p.Role == "" {
		return nil
	}
	return &p
}

// place returns the name of the first organisation, location or service that the references name; "" if
// they name none.
func (c *chart) place(refs ...fhir.Reference) string {
	for _, ref := range refs {
		switch r := c.resource(ref); {
		case r == nil && ref.Display != "" && !c.hidden[c.keyOf(ref)]:
			return ref.Display
		case r != nil && (r.Type == "Organization" || r.Type == "Location" || r.Type == "HealthcareService"):
			x, _ := fhir.Decode[place](r, c.cannotRead)
			return x.Name
		}
	}
	return ""
}

// organisation returns the name and ODS code of the first organisation among the references that has one or
// the other; nil if there is none.
func (c *chart) organisation(refs ...fhir.Reference) *record.Organisation {
	for _, ref := range refs {
		r := c.resource(ref)
		if r == nil || r.Type != "Organization" {
			continue
		}
		x, _ := fhir.Decode[place](r, c.cannotRead)
		o := record.Organisation{Name: x.Name}
		for _, id := range x.Identifier {
			if id.System == fhir.ODSCode {
				o.ODSCode = record.Text(id.Value)
			}
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

type named struct{ Name []fhir.Name }

type place struct {
	Name       string
	Identifier []fhir.Identifier
}

type practitionerRole struct {
	Practitioner fhir.Reference
	Code         []fhir.Concept
}
