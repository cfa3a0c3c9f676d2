package ukcore

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// contact is a contact in a Patient, or a RelatedPerson.
type contact struct {
	Active       *bool
	Relationship []fhir.Concept
	BirthDate    string
	Period       fhir.Period
	Name         fhir.OneOrMore[fhir.Name]
	Telecom      []fhir.ContactPoint
	Address      fhir.OneOrMore[fhir.Address]
}

// readPatients reads contacts and needs from the Patients. Who the person is comes from demographics.
func (c *chart) readPatients() {
	for _, p := range c.self {
		x, ok := fhir.Decode[struct {
			Contact       []json.RawMessage
			Communication []struct {
				Language  *fhir.Concept
				Preferred bool
			}
			Extension []fhir.Extension
		}](p, c.cannotRead)
		if !ok {
			continue
		}
		for i, raw := range x.Contact {
			var k contact
			switch {
			case c.hides(raw):
			case json.Unmarshal(raw, &k) != nil:
				c.incomplete(fetch.Contacts)
			default:
				c.addContactPerson(p, p.ID+"."+strconv.Itoa(i+1), &k)
			}
		}
		if i := fhir.In(x.Extension, "patient-interpreterRequired"); i != nil && i.ValueBoolean != nil && *i.ValueBoolean {
			language := ""
			for _, l := range x.Communication {
				if language == "" || l.Preferred {
					language = l.Language.Words()
				}
			}
			item, e := c.item(fetch.Needs, p, p.ID+".interpreter")
			put(c, &c.needs, record.Need{
				Item: item, Kind: record.Code{System: "http://snomed.info/sct", Code: "315594003", Display: "Interpreter needed"},
				Category: record.NeedCategoryInterpreter, Detail: record.Text(language),
			}, e)
		}
		c.readPreference(p, fhir.In(x.Extension, "ContactPreference"))
	}
}

// readPreference reads the formats and means by which the person wants to be contacted.
func (c *chart) readPreference(p *fhir.Resource, preference *fhir.Extension) {
	for _, asked := range preferences {
		part := inner(preference, asked.name)
		if part == nil {
			continue
		}
		if code, ok := part.ValueCodeableConcept.Record(); ok {
			item, e := c.item(fetch.Needs, p, p.ID+"."+asked.name)
			put(c, &c.needs, record.Need{Item: item, Kind: code, Category: record.NeedCategoryCommunication, Detail: asked.detail}, e)
		}
	}
}

var preferences = []struct {
	name   string
	detail record.Text
}{
	{"PreferredWrittenCommunicationFormat", "Preferred format of what is written"},
	{"PreferredContactMethod", "Preferred way of contact"},
}

func (c *chart) readRelated(r *fhir.Resource) {
	if x, ok := fhir.Decode[contact](r, c.cannotRead); ok {
		c.addContactPerson(r, r.ID, &x)
	}
}

// contactRoles maps relationships to the role of a contact (HL7 v2 table 0131, HL7 v3 RoleCode, and words).
var contactRoles = map[string]record.ContactRole{
	"C": record.ContactRoleEmergencyContact, "EP": record.ContactRoleEmergencyContact, "ECON": record.ContactRoleEmergencyContact,
	"N": record.ContactRoleNextOfKin, "NOK": record.ContactRoleNextOfKin, "CAREGIVER": record.ContactRoleCarer,
	"next of kin": record.ContactRoleNextOfKin, "emergency contact": record.ContactRoleEmergencyContact, "carer": record.ContactRoleCarer,
	"main carer": record.ContactRoleMainCarer,
}

// addContactPerson adds a contact who is current and not a child.
func (c *chart) addContactPerson(r *fhir.Resource, id string, x *contact) {
	item, e := c.item(fetch.Contacts, r, id)
	holds, err := c.holds(x.Period)
	e.Note(err)
	k := record.Contact{Item: item, Name: record.Text(usual(x.Name, c.today)), Since: e.Day(x.Period.Start), Under18: fhir.Under18(e.Day(x.BirthDate), c.today)}
	if x.Active != nil && !*x.Active || err == nil && !holds || k.Under18 != nil && *k.Under18 {
		return
	}
	for i := range x.Relationship {
		said := &x.Relationship[i]
		if k.Relationship == "" {
			k.Relationship, k.RelationshipCode = record.Text(said.Words()), said.Ptr()
		}
		for _, code := range append([]fhir.Coding{{Code: strings.ToLower(said.Words())}}, said.Coding...) {
			if role, ok := contactRoles[code.Code]; ok && !slices.Contains(k.Roles, role) {
				k.Roles = append(k.Roles, role)
			}
		}
	}
	c.reach(&k, x)
	put(c, &c.contacts, k, e)
}

// holds reports whether a period includes today. An unreadable period is an error.
func (c *chart) holds(p fhir.Period) (bool, error) {
	begun, err := p.Begun(c.today)
	over, more := p.Over(c.today)
	return begun && !over, cmp.Or(err, more)
}

// reach sets how a contact can be reached today.
func (c *chart) reach(k *record.Contact, x *contact) {
	for _, t := range x.Telecom {
		holds, err := c.holds(t.Period)
		switch {
		case !holds || err != nil || t.Use == "old":
		case t.System == "email" && k.Email == "":
			k.Email = record.Text(t.Value)
		case t.System == "phone" && k.Phone == "":
			k.Phone = record.Text(t.Value)
		}
	}
	for i := range x.Address {
		a := &x.Address[i]
		if holds, err := c.holds(a.Period); k.Address == "" && holds && err == nil && a.Use != "old" {
			k.Address = record.Text(a.Line())
		}
	}
}

type flag struct {
	Status   string
	Category []fhir.Concept
	Code     *fhir.Concept
	Period   fhir.Period
	Author   fhir.Reference
}

// adjustments are the flag categories of reasonable adjustments (the national Reasonable Adjustment Flag).
var adjustments = []string{"NRAF", "reasonable-adjustment"}

// readFlag reads an alert or a reasonable adjustment.
func (c *chart) readFlag(r *fhir.Resource) {
	x, ok := fhir.Decode[flag](r, c.cannotRead)
	if !ok || withdrawn(x.Status) {
		return
	}
	if hasCode(x.Category, adjustments...) {
		item, e := c.item(fetch.Needs, r, r.ID)
		e.recorded(&item, "", x.Author)
		n := record.Need{
			Item: item, Kind: e.Code(x.Code), Category: record.NeedCategoryReasonableAdjustment, Since: e.Day(x.Period.Start), EndedOn: e.Day(x.Period.End),
		}
		further := slices.DeleteFunc(slices.Clone(x.Category), func(k fhir.Concept) bool { return hasCode([]fhir.Concept{k}, adjustments...) })
		n.Detail = record.Text(wordsOf(further))
		e.ends(x.Status == "inactive", n.EndedOn != "")
		put(c, &c.needs, n, e)
		return
	}
	item, e := c.item(fetch.Alerts, r, r.ID)
	e.recorded(&item, "", x.Author)
	a := record.Alert{
		Item: item, Kind: e.Code(x.Code), Since: e.Day(x.Period.Start), EndedOn: e.Day(x.Period.End),
		Status: fhir.Mapped(eventStatuses, x.Status, record.EventStatusUnknown),
	}
	for _, words := range []string{x.Code.Words(), wordsOf(x.Category)} {
		if words != a.Kind.Display && words != string(a.Note) {
			a.Note = fhir.Notes(nil, string(a.Note), words)
		}
	}
	put(c, &c.alerts, a, e)
}

type consent struct {
	Status, DateTime string
	Scope            *fhir.Concept
	Category         []fhir.Concept
	Performer        references
	Provision        struct {
		Type   string
		Period fhir.Period
		Code   []fhir.Concept

		Provision []json.RawMessage // exceptions
	}
}

// directives are the consent categories of advance decisions (HL7 consentcategorycodes, LOINC).
var directives = []string{"acd", "dnr", "polst", "hcd", "emrgonly", "42348-3", "81334-5"}

// isGeneral reports whether a category does not say what was decided in advance (HL7 consentcategorycodes,
// LOINC).
func isGeneral(category fhir.Coding) bool {
	return slices.Contains([]string{"acd", "hcd", "42348-3", "81334-5", "59284-0", "57016-8", "64292-6"}, category.Code)
}

// tells returns how much a category tells of what was decided: an order the most, then any that is not
// general, then a general one, then one without words.
func tells(category *fhir.Concept) int {
	switch {
	case category.Says("dnr", "polst", "emrgonly"):
		return 3
	case category.Words() == "":
		return 0
	case len(category.Coding) > 0 && !slices.ContainsFunc(category.Coding, func(c fhir.Coding) bool { return !isGeneral(c) }):
		return 1
	}
	return 2
}

// kind returns the category that tells most of what was decided, or the scope if there is none, and the
// others.
func (x *consent) kind() (kind *fhir.Concept, others []fhir.Concept) {
	if len(x.Category) == 0 {
		return x.Scope, nil
	}
	best := 0
	for i := range x.Category {
		if tells(&x.Category[i]) > tells(&x.Category[best]) {
			best = i
		}
	}
	others = slices.Delete(slices.Clone(x.Category), best, best+1)
	kind = &fhir.Concept{Text: x.Category[best].Text}
	for _, coding := range x.Category[best].Coding {
		if tells(&x.Category[best]) > 1 && isGeneral(coding) {
			others = append(others, fhir.Concept{Coding: []fhir.Coding{coding}})
		} else {
			kind.Coding = append(kind.Coding, coding)
		}
	}
	return kind, others
}

// readConsent reads advance decisions. It ignores consents to data sharing and to research.
func (c *chart) readConsent(r *fhir.Resource) {
	x, ok := fhir.Decode[consent](r, c.cannotRead)
	if !ok || withdrawn(x.Status) || x.Scope.First() != "adr" && !hasCode(x.Category, directives...) {
		return
	}
	item, e := c.item(fetch.AdvanceCare, r, r.ID)
	e.recorded(&item, x.DateTime, x.Performer...)
	kind, others := x.kind()
	decision := strings.TrimSpace(wordsOf(x.Provision.Code))
	switch {
	case x.Provision.Type == "deny" && decision != "":
		decision = "Refused: " + decision
	case x.Provision.Type == "deny", x.Provision.Type != "" && x.Provision.Type != "permit" && x.Provision.Type != "deny", len(x.Provision.Provision) > 0:
		c.cannotRead(r.Type) // what is agreed to and what is not is unclear
		return
	}
	put(c, &c.advance, record.AdvanceDecision{
		Item: item, Kind: e.Code(kind), Decision: fhir.Notes(nil, decision, fhir.Prefixed("Category: ", wordsOf(others))),
		Status: fhir.Mapped(eventStatuses, x.Status, record.EventStatusUnknown), DecidedOn: e.Day(x.DateTime), EndedOn: e.Day(x.Provision.Period.End), Author: e.who(x.Performer...),
	}, e)
}
