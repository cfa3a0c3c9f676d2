package interweave

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// An envelope is what an entry needs while it is read: its kind, the dates and ages in its resource, and the
// first value that could not be read. The caller checks Err once, at the end.
type envelope struct {
	fhir.EntryReader
	kind  fetch.Kind
	dates []record.PartialDate // dates in the resource, apart from those of names, addresses and the like
	young bool                 // the resource states an age of childhood
}

// item returns the record.Item of an entry, with its provenance and the id derived from the source's id,
// and the entry's envelope. If two entries of a kind have the same id, the later one gets another.
func (c *chart) item(kind fetch.Kind, r *fhir.Resource, part string) (record.Item, *envelope) {
	item := c.source.Item(kind, c.patient, c.ids.Once(kind, r.ID+part))
	tagged(&item.Provenance, r)
	return item, &envelope{kind: kind, dates: fhir.Dates(r.Raw, "name", "address", "telecom", "identifier", "birthDate", "contact"), young: fhir.OfChildhood(r.Raw)}
}

// tagged sets what Interweave's tags say about where a resource comes from: the organisation that recorded
// it and its system.
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

// recorded sets when and by whom an entry was recorded.
func (c *chart) recorded(item *record.Item, e *envelope, at string, by ...fhir.Reference) {
	item.Provenance.RecordedAt, item.Provenance.RecordedAtPrecision = e.Moment(at)
	item.Provenance.RecordedBy = c.who(by...)
}

// grownUp reports whether every date of an entry is on or after the 18th birthday and no age in it is below
// 18. An entry without a date may be older.
func (e *envelope) grownUp(adultFrom record.Date) bool {
	before := func(on record.PartialDate) bool { return on.First() < adultFrom }
	return !e.young && len(e.dates) > 0 && !slices.ContainsFunc(e.dates, before)
}

// oldest returns the earliest date that the resource names, by which the entry is looked at again if demographics has a later birth
// date than our register.
func (e *envelope) oldest() record.PartialDate { return slices.Min(e.dates) }

// over marks an entry as unreadable if it is over and does not say since when: it would look current.
func (e *envelope) over(is bool, ended record.PartialDate, today record.Date) {
	if is && (ended == "" || ended.First() > today) {
		e.Note(fhir.Malformedf("what is over, of which it is not said when it ended"))
	}
}

// put adds an entry if its own codes and words and its dates allow it to be shown. An entry with a value
// that could not be read is left out, and its kind is incomplete.
func put[T any, P fhir.Entry[T]](c *chart, list *[]T, x T, e *envelope) {
	switch {
	case !c.screen.Shows(P(&x)):
	case e.Err != nil:
		c.unreadable[e.kind]++
		if e.kind == fetch.Appointments {
			c.unreadable[fetch.Upcoming]++
		}
	case e.grownUp(c.want.adultFrom):
		record.Envelope(P(&x)).Oldest = e.oldest()
		*list = append(*list, x)
	}
}

// who returns the first professional that the references name; nil if they name none.
func (c *chart) who(refs ...fhir.Reference) *record.Practitioner {
	for _, ref := range refs {
		if p := c.professional(ref); p != nil {
			return p
		}
	}
	return nil
}

func (c *chart) professional(ref fhir.Reference) *record.Practitioner {
	key := fhir.KeyOf(ref.Reference)
	if kind := fhir.TypeOf(key); kind != "Practitioner" && kind != "PractitionerRole" || c.hidden[key] {
		return nil
	}
	p := record.Practitioner{Name: record.Text(ref.Display)}
	r := c.resource(ref)
	if r != nil && r.Type == "PractitionerRole" {
		x, _ := fhir.Decode[struct {
			Practitioner fhir.Reference
			Code         []fhir.Concept
		}](r, c.cannotRead)
		if code := fhir.FirstOf(x.Code); code != nil {
			p.Role = record.Text(code.Display)
		}
		if p.Name == "" {
			p.Name = record.Text(x.Practitioner.Display)
		}
		r = c.resource(x.Practitioner)
	}
	if r != nil && r.Type == "Practitioner" {
		x, _ := fhir.Decode[struct{ Name []fhir.Name }](r, c.cannotRead)
		p.Name = cmp.Or(c.named(x.Name), p.Name)
	}
	if p == (record.Practitioner{}) {
		return nil
	}
	return &p
}

// A place is an organisation, a team or a location.
type place struct {
	Name    string
	Telecom []fhir.ContactPoint
}

// place returns the organisation, team or location that a reference means. If that did not come, it returns
// the words of the reference. For a reference to a person it returns nothing.
func (c *chart) place(ref fhir.Reference) place {
	switch fhir.TypeOf(fhir.KeyOf(ref.Reference)) {
	case "Practitioner", "PractitionerRole", "Patient", "RelatedPerson":
		return place{}
	}
	if r := c.resource(ref); r != nil {
		if x, ok := fhir.Decode[place](r, c.cannotRead); ok && x.Name != "" {
			return x
		}
	}
	return place{Name: ref.Display}
}

// phone returns the first telephone number that is valid today; "" if there is none.
func (c *chart) phone(e *envelope, list []fhir.ContactPoint) record.Text {
	return c.reached(e, list, "phone")
}

func (c *chart) reached(e *envelope, list []fhir.ContactPoint, system string) record.Text {
	for _, t := range list {
		if t.System == system && t.Value != "" && t.Use != "old" && c.holds(e, t.Period) {
			return record.Text(t.Value)
		}
	}
	return ""
}
