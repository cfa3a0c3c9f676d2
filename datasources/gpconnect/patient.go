package gpconnect

import (
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type patient struct {
	GeneralPractitioner  references
	ManagingOrganization fhir.Reference
	Contact              []struct {
		Relationship []fhir.Concept
		Name         fhir.Name
		Telecom      []fhir.ContactPoint
		Address      fhir.Address
		Period       fhir.Period
	}
}

// readPatient reads the contacts and the usual GP from the Patient. The person's own details come from
// demographics.
func (c *chart) readPatient() {
	x, ok := fhir.Decode[patient](c.self, c.cannotRead)
	if !ok {
		return
	}
	for _, ref := range x.GeneralPractitioner {
		who, key := c.practitioner(ref), c.keyOf(ref)
		if who == nil {
			// Practitioners are in no list. If the practice keeps something back, it may be this one.
			if kind := fhir.TypeOf(key); (kind == "Practitioner" || kind == "PractitionerRole") && !c.hidden[key] && len(c.keptBack) == 0 {
				c.unreadable[fetch.CareTeam]++ // somebody whose name did not come
			}
			continue
		}
		item, e := c.item(fetch.CareTeam, key)
		put(c, &c.team, record.CareTeamMember{Item: item, Name: who.Name, Role: record.Text(firstOf(string(who.Role), "Usual GP")),
			Organisation: c.organisation(x.ManagingOrganization)}, e)
	}
	parts := elementsOf(c.self.Raw, "contact")
	for i := range x.Contact {
		if i < len(parts) && c.screen.Hides(parts[i]) {
			continue
		}
		k := &x.Contact[i]
		item, e := c.item(fetch.Contacts, strconv.Itoa(i+1))
		if !c.holds(e, k.Period) {
			continue
		}
		contact := record.Contact{Item: item, Name: record.Text(k.Name.Full()), Since: e.Day(k.Period.Start)}
		for j := range k.Relationship {
			said := k.Relationship[j].Words()
			contact.Relationship = record.Text(firstOf(string(contact.Relationship), said))
			for _, as := range append([]fhir.Coding{{Code: strings.ToLower(said)}}, k.Relationship[j].Coding...) {
				if role, ok := contactRoles[as.Code]; ok && !slices.Contains(contact.Roles, role) {
					contact.Roles = append(contact.Roles, role)
				}
			}
		}
		for _, t := range k.Telecom {
			switch {
			case t.Use == "old" || !c.holds(e, t.Period):
			case t.System == "email" && contact.Email == "":
				contact.Email = record.Text(t.Value)
			case t.System == "phone" && contact.Phone == "":
				contact.Phone = record.Text(t.Value)
			}
		}
		if a := &k.Address; a.Use != "old" && c.holds(e, a.Period) {
			contact.Address = record.Text(a.Line())
		}
		put(c, &c.contacts, contact, e)
	}
}

// holds reports whether a period is not over; one that cannot be read fails the entry.
func (c *chart) holds(e *envelope, p fhir.Period) bool {
	over, err := p.Over(c.today)
	e.Note(err)
	return e.Err != nil || !over
}

// contactRoles maps relationships to the role of a contact (HL7 v2 table 0131, and words).
var contactRoles = map[string]record.ContactRole{
	"C": record.ContactRoleEmergencyContact, "EP": record.ContactRoleEmergencyContact, "N": record.ContactRoleNextOfKin,
	"next of kin": record.ContactRoleNextOfKin, "emergency contact": record.ContactRoleEmergencyContact, "carer": record.ContactRoleCarer,
	"main carer": record.ContactRoleMainCarer,
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
