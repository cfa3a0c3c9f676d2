package interweave

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// An envelope is what every entry needs while it is read: who it is of, when it can have
// been, and the first value that could not be read. The caller asks once, at the end.
type envelope struct {
	kind  fetch.Kind
	dates []record.PartialDate // every date the resource names
	err   error
}

// item is the envelope of an entry: its id, made from its source's, and where it comes
// from. Of two entries with one id the later gets another.
func (c *chart) item(kind fetch.Kind, r *fhir.Resource, part string) (record.Item, *envelope) {
	sourceID := r.ID + part
	c.ids[string(kind)+sourceID]++
	if n := c.ids[string(kind)+sourceID]; n > 1 {
		sourceID += "." + strconv.Itoa(n)
	}
	s := c.source
	item := record.Item{Provenance: record.Provenance{Sector: s.Sector, Organisation: s.Org, SourceSystem: record.Text(s.options.System), SourceID: sourceID}}
	tagged(&item.Provenance, r)
	if kind == fetch.Documents || kind == fetch.DocumentContent {
		item.ID = s.ids.Document(s.name, c.patient, sourceID)
	} else {
		item.ID = s.ids.Item(s.name, string(kind), c.patient, sourceID)
	}
	return item, &envelope{kind: kind, dates: fhir.Dates(r.Raw, "name", "address", "telecom", "identifier", "birthDate", "contact")}
}

// tagged notes what the tags of Interweave say of where a resource comes from: the
// organisation that recorded it, and its system.
func tagged(from *record.Provenance, r *fhir.Resource) {
	var meta struct{ Tag []fhir.Coding }
	if json.Unmarshal(fhir.Member(r.Raw, "meta"), &meta) != nil {
		return
	}
	for _, tag := range meta.Tag {
		switch {
		case strings.HasSuffix(tag.System, "/Provenance") && tag.Code != "" && tag.Code != string(from.Organisation.ODSCode):
			from.Organisation = &record.Organisation{ODSCode: record.Text(tag.Code), Name: cmp.Or(tag.Display, tag.Code)}
		case strings.HasSuffix(tag.System, "/Source") && tag.Display != "":
			from.SourceSystem = record.Text(tag.Display)
		}
	}
}

// moment reads the first of several dates or dateTimes that is there.
func (e *envelope) moment(texts ...string) (record.DateTime, record.Precision) {
	for _, text := range texts {
		if text == "" {
			continue
		}
		at, precision, err := fhir.Moment(text)
		e.note(err)
		if err == nil {
			e.dates = append(e.dates, record.PartialDate(record.Today(at.Time)))
		}
		return at, precision
	}
	return record.DateTime{}, ""
}

// day reads the first of several dates that is there, as far as it is known.
func (e *envelope) day(texts ...string) record.PartialDate {
	for _, text := range texts {
		if text == "" {
			continue
		}
		on, err := fhir.Day(text)
		e.note(err)
		e.dates = append(e.dates, on)
		return on
	}
	return ""
}

func (e *envelope) note(err error) {
	if e.err == nil {
		e.err = err
	}
}

// code is a concept that must be there.
func (e *envelope) code(concepts ...*fhir.Concept) record.Code {
	for _, concept := range concepts {
		if code, ok := concept.Record(); ok {
			return code
		}
	}
	e.note(malformed("a code without words"))
	return record.Code{}
}

// recorded sets when and by whom an entry was recorded.
func (c *chart) recorded(item *record.Item, e *envelope, at string, by ...fhir.Reference) {
	item.Provenance.RecordedAt, item.Provenance.RecordedAtPrecision = e.moment(at)
	item.Provenance.RecordedBy = c.who(by...)
}

// grownUp reports whether all that an entry names came after the 18th birthday. One
// without a date may be of before.
func (e *envelope) grownUp(adultFrom record.Date) bool {
	dated := false
	for _, on := range e.dates {
		if on == "" {
			continue
		}
		if dated = true; on.First() < adultFrom {
			return false
		}
	}
	return dated
}

// put adds an entry that may be shown by what it carries itself and by when it was. An
// entry of which a value could not be read is left out and its kind is incomplete.
func put[T any, P fhir.Entry[T]](c *chart, list *[]T, x T, e *envelope) {
	switch {
	case !c.screen.Shows(P(&x)):
	case e.err != nil:
		c.unreadable[e.kind]++
		if e.kind == fetch.Appointments {
			c.unreadable[fetch.Upcoming]++
		}
	case e.grownUp(c.want.adultFrom):
		*list = append(*list, x)
	}
}

// who is the first professional among references; nil where none is named.
func (c *chart) who(refs ...fhir.Reference) *record.Practitioner {
	for _, ref := range refs {
		if p := c.professional(ref); p != nil {
			return p
		}
	}
	return nil
}

func (c *chart) professional(ref fhir.Reference) *record.Practitioner {
	key := keyOf(ref.Reference)
	if kind := typeOf(key); kind != "Practitioner" && kind != "PractitionerRole" || c.hidden[key] {
		return nil
	}
	p := record.Practitioner{Name: record.Text(ref.Display)}
	r := c.resource(ref)
	if r != nil && r.Type == "PractitionerRole" {
		x, _ := decode[struct {
			Practitioner fhir.Reference
			Code         []fhir.Concept
		}](c, r)
		if code := fhir.FirstOf(x.Code); code != nil {
			p.Role = record.Text(code.Display)
		}
		if p.Name == "" {
			p.Name = record.Text(x.Practitioner.Display)
		}
		r = c.resource(x.Practitioner)
	}
	if r != nil && r.Type == "Practitioner" {
		x, _ := decode[struct{ Name []fhir.Name }](c, r)
		if len(x.Name) > 0 && x.Name[0].Full() != "" {
			p.Name = record.Text(x.Name[0].Full())
		}
	}
	if p == (record.Practitioner{}) {
		return nil
	}
	return &p
}

// A place is an organisation, a team or a location.
type place struct {
	Name       string
	Identifier []fhir.Identifier
	Telecom    []fhir.ContactPoint
}

// place is what a reference that names no professional says of where; false where it
// says nothing.
func (c *chart) place(ref fhir.Reference) (place, bool) {
	key := keyOf(ref.Reference)
	if kind := typeOf(key); c.hidden[key] || kind == "Practitioner" || kind == "PractitionerRole" || kind == "Patient" || kind == "RelatedPerson" {
		return place{}, false
	}
	x := place{Name: ref.Display}
	if r := c.resource(ref); r != nil {
		if y, ok := decode[place](c, r); ok && y.Name != "" {
			x = y
		}
	}
	if ref.Identifier != nil {
		x.Identifier = append(x.Identifier, *ref.Identifier)
	}
	return x, x.Name != ""
}

// phone is the first telephone number; "" where there is none.
func phone(list []fhir.ContactPoint) record.Text { return reached(list, "phone") }

func reached(list []fhir.ContactPoint, system string) record.Text {
	for _, t := range list {
		if t.System == system && t.Value != "" && t.Use != "old" {
			return record.Text(t.Value)
		}
	}
	return ""
}
