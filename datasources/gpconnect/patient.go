package gpconnect

import (
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
		Telecom      []struct{ System, Value string }
		Address      struct {
			Text           string
			Line           []string
			City, District string
			PostalCode     string
		}
	}
}

// readPatient takes the contacts and the usual GP from the Patient. Who the person is
// comes from demographics.
func (c *chart) readPatient() {
	x, ok := decode[patient](c, c.self)
	if !ok {
		return
	}
	for _, ref := range x.GeneralPractitioner {
		who := c.practitioner(ref)
		if who == nil {
			continue
		}
		item, e := c.item(fetch.CareTeam, keyOf(ref.Reference))
		put(c, &c.team, record.CareTeamMember{Item: item, Name: who.Name, Role: record.Text(firstOf(string(who.Role), "Usual GP")),
			Organisation: c.organisation(x.ManagingOrganization)}, e)
	}
	for i := range x.Contact {
		k := &x.Contact[i]
		item, e := c.item(fetch.Contacts, strconv.Itoa(i+1))
		contact := record.Contact{Item: item, Name: record.Text(k.Name.Full())}
		for j := range k.Relationship {
			said := k.Relationship[j].Words()
			contact.Relationship = record.Text(firstOf(string(contact.Relationship), said))
			if role, ok := contactRoles[strings.ToLower(said)]; ok {
				contact.Roles = append(contact.Roles, role)
			}
		}
		for _, t := range k.Telecom {
			switch {
			case t.System == "email" && contact.Email == "":
				contact.Email = record.Text(t.Value)
			case t.System == "phone" && contact.Phone == "":
				contact.Phone = record.Text(t.Value)
			}
		}
		a := k.Address
		contact.Address = record.Text(firstOf(a.Text, joined(append(a.Line, a.City, a.District, a.PostalCode))))
		put(c, &c.contacts, contact, e)
	}
}

var contactRoles = map[string]record.ContactRole{
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

func joined(parts []string) string {
	var said []string
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, ", ")
}
