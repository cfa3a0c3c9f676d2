package interweave

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/kinship"
	"carerecord/internal/record"
)

// A related is a RelatedPerson (Interweave-RelatedPerson).
type related struct {
	Active       *bool
	Relationship []fhir.Concept
	Name         []fhir.Name
	Telecom      []fhir.ContactPoint
	BirthDate    string
	Address      []fhir.Address
	Period       fhir.Period
	Extension    []struct {
		URL       string
		Extension []struct {
			URL                  string
			ValueCodeableConcept *fhir.Concept
			ValuePeriod          fhir.Period
		}
	}
}

// A role is what a related person does for the person, and when.
type role struct {
	code, words string
	period      fhir.Period
}

func (x *related) roles() []role {
	var roles []role
	for _, outer := range x.Extension {
		if fhir.In([]fhir.Extension{{URL: outer.URL}}, "SocialCareSupportRole") == nil {
			continue
		}
		var one role
		for _, inner := range outer.Extension {
			switch inner.URL {
			case "supportRoleType":
				one.code, one.words = inner.ValueCodeableConcept.First(), inner.ValueCodeableConcept.Words()
			case "supportRolePeriod":
				one.period = inner.ValuePeriod
			}
		}
		roles = append(roles, one)
	}
	for i := range x.Relationship {
		if x.Relationship[i].First() == "CAREGIVER" { // HL7 v3 RoleCode
			roles = append(roles, role{code: "CAR", words: x.Relationship[i].Words(), period: x.Period})
		}
	}
	return roles
}

// readRelated adds a contact, and a carer if the person is one. It adds nobody who is or may be under 18.
func (c *chart) readRelated(r *fhir.Resource) {
	x, ok := fhir.Decode[related](r, c.cannotRead)
	if !ok {
		return
	}
	born, err := fhir.Day(x.BirthDate)
	if err != nil { // they may be a child
		c.cannotRead(r.Type)
		return
	}
	under18 := fhir.Under18(born, c.reading.today)
	roles := x.roles()
	if under18 != nil && *under18 || under18 == nil && maybeChild(&x, roles) {
		return
	}
	c.readContact(r, &x, roles, under18)
	c.readCarer(r, &x, roles, under18)
}

// contactRoles are Interweave's support roles. A lasting power of attorney is not among them, because it
// does not state what it covers; the note has it in words.
var contactRoles = map[string]record.ContactRole{
	"NOK": record.ContactRoleNextOfKin, "EC": record.ContactRoleEmergencyContact, "MC": record.ContactRoleMainCarer, "CAR": record.ContactRoleCarer,
	"IC": record.ContactRoleCarer, "HM": record.ContactRoleHouseholdMember, "ADV": record.ContactRoleAdvocate,
}

func (c *chart) readContact(r *fhir.Resource, x *related, roles []role, under18 *bool) {
	if x.Active != nil && !*x.Active {
		return
	}
	item, e := c.item(fetch.Contacts, r, "")
	if !c.holds(e, x.Period) {
		return
	}
	k := record.Contact{Item: item, Name: c.named(x.Name), Phone: c.phone(e, x.Telecom), Email: c.reached(e, x.Telecom, "email"), Since: e.Day(x.Period.Start), Under18: under18}
	said := first(x.Relationship)
	k.Relationship, k.RelationshipCode = record.Text(said.Words()), said.Ptr()
	var notes []string
	for _, one := range roles {
		if !c.holds(e, one.period) {
			continue
		}
		as, known := contactRoles[one.code]
		if !known {
			as = record.ContactRoleOther
			notes = append(notes, one.words)
		}
		if !slices.Contains(k.Roles, as) {
			k.Roles = append(k.Roles, as)
		}
	}
	k.Note = fhir.Notes(nil, notes...)
	for i := range x.Address {
		if a := &x.Address[i]; k.Address == "" && a.Use != "old" && c.holds(e, a.Period) {
			k.Address = record.Text(a.Line())
		}
	}
	put(c, &c.contacts, k, e)
}

// carerRoles are the support roles of unpaid carers.
var carerRoles = map[string]bool{"MC": true, "CAR": true, "IC": true}

func (c *chart) readCarer(r *fhir.Resource, x *related, roles []role, under18 *bool) {
	if !slices.ContainsFunc(roles, func(one role) bool { return carerRoles[one.code] }) {
		return
	}
	item, e := c.item(fetch.Carers, r, "")
	caring := c.caring(e, roles)
	if caring == nil { // they have not begun to care
		return
	}
	k := record.Carer{Item: item, Name: c.named(x.Name), Relationship: record.Text(first(x.Relationship).Words()), Phone: c.phone(e, x.Telecom), Under18: under18,
		Since: e.Day(caring.period.Start, x.Period.Start), EndedOn: e.Day(caring.period.End, x.Period.End)}
	gone := x.Active != nil && !*x.Active
	if gone && k.EndedOn == "" {
		return // no longer a carer, and since when is unknown
	}
	if caring.code == "MC" {
		k.MainCarer = yes()
	}
	if !gone && slices.ContainsFunc(roles, func(one role) bool { return one.code == "HM" && c.holds(e, one.period) && c.holds(e, x.Period) }) {
		k.LivesWith = yes()
	}
	put(c, &c.carers, k, e)
}

// caring returns the role in which somebody cares today, the main carer's before others. If they stopped,
// it is the role that ended last; nil if none has begun.
func (c *chart) caring(e *envelope, roles []role) *role {
	var is, was *role
	for i := range roles {
		one := &roles[i]
		if !carerRoles[one.code] {
			continue
		}
		switch over, _ := one.period.Over(c.reading.today); {
		case c.holds(e, one.period):
			if is == nil || one.code == "MC" {
				is = one
			}
		case over && (was == nil || e.Day(was.period.End) < e.Day(one.period.End)):
			was = one
		}
	}
	return cmp.Or(is, was)
}

// readPatient adds the contacts in the Patient. The person's own details come from demographics.
func (c *chart) readPatient(self *fhir.Resource) {
	x, _ := fhir.Decode[struct{ Contact []json.RawMessage }](self, c.cannotRead)
	for i, raw := range x.Contact {
		one := &fhir.Resource{Type: "Patient", ID: self.ID + ".contact." + strconv.Itoa(i+1), Raw: raw}
		if c.screen.Hides(raw) {
			continue
		}
		y, ok := fhir.Decode[struct {
			Relationship []fhir.Concept
			Name         fhir.Name
			Telecom      []fhir.ContactPoint
			Address      fhir.Address
			Period       fhir.Period
		}](one, c.cannotRead)
		if !ok {
			continue
		}
		k := related{Relationship: y.Relationship, Name: []fhir.Name{y.Name}, Telecom: y.Telecom, Address: []fhir.Address{y.Address}, Period: y.Period}
		var roles []role
		for _, said := range y.Relationship {
			for _, coding := range said.Coding {
				if as, known := ofPatient[coding.Code]; known {
					roles = append(roles, role{code: as})
				}
			}
		}
		if !maybeChild(&k, nil) {
			c.readContact(one, &k, roles, nil)
		}
	}
}

// ofPatient are the support roles of contacts that stand in the Patient (HL7 v2 table 0131).
var ofPatient = map[string]string{"N": "NOK", "C": "EC", "EP": "EC"}

// holds reports whether a period holds today; one that cannot be read fails the entry.
func (c *chart) holds(e *envelope, p fhir.Period) bool {
	begun, err := p.Begun(c.reading.today)
	e.Note(err)
	over, err := p.Over(c.reading.today)
	e.Note(err)
	return e.Err != nil || begun && !over
}

// named returns the name that somebody goes by today. If there is none, it returns another that is not
// marked old, because everybody has a name.
func (c *chart) named(names []fhir.Name) record.Text {
	another := ""
	for i := range names {
		full := names[i].Full()
		if full != "" && !names[i].Former(c.reading.today) {
			return record.Text(full)
		}
		if names[i].Use != "old" {
			another = cmp.Or(another, full)
		}
	}
	return record.Text(another)
}

func yes() *bool {
	is := true
	return &is
}

// dependants are the roles of people who depend on the person or are cared for by them.
var dependants = []string{"DEP", "CF"}

// maybeChild reports whether somebody of unknown age may be a child: adult social care names no such
// people.
func maybeChild(x *related, roles []role) bool {
	for _, said := range x.Relationship {
		if kinship.Said(said.Text) {
			return true
		}
		for _, coding := range said.Coding {
			if kinship.Said(coding.Display) || kinship.Coded(coding.Code, said.Text, coding.Display) {
				return true
			}
		}
	}
	return slices.ContainsFunc(roles, func(one role) bool { return kinship.Said(one.words) || slices.Contains(dependants, one.code) })
}
