package pds

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// contact is a contact in a Patient, or a RelatedPerson.
type contact struct {
	ID           string
	Active       *bool
	Patient      fhir.Reference
	Relationship []fhir.Concept
	BirthDate    string
	Period       fhir.Period
	Telecom      []fhir.ContactPoint
	Address      fhir.OneOrMore[fhir.Address]
	Name         fhir.OneOrMore[name]
}

// readPatientContacts reads the contacts in the Patient.
func (f *file) readPatientContacts(list []json.RawMessage) {
	for i, raw := range list {
		if f.reading.screen.Hides(raw) {
			continue
		}
		var x contact
		if json.Unmarshal(raw, &x) != nil {
			f.unreadable[fetch.Contacts]++
			continue
		}
		f.putContact(cmp.Or(x.ID, "contact."+strconv.Itoa(i+1)), &x)
	}
}

// related reads the related persons. PDS knows the patient by now, so "not found" does not mean that there
// are none.
func (f *file) related(ctx context.Context) error {
	err := f.source.outcome(ctx, f.readRelated(ctx))
	if err == errUnknown || err == errInvalidated {
		return fmt.Errorf("%w: PDS has no related persons to read", record.ErrUnavailable)
	}
	return err
}

// readRelated fetches the related persons and keeps those of the patient.
func (f *file) readRelated(ctx context.Context) error {
	data, err := f.reading.ask(ctx, "Patient/"+string(f.patient)+"/RelatedPerson", f.patient)
	if err != nil {
		return err
	}
	if fhir.IsOutcome(data) {
		return &fhir.StatusError{Status: 200, Codes: fhir.Codes(data), Kind: record.ErrMalformed}
	}
	bundle, err := relatedIn(data)
	if err != nil {
		return err
	}
	f.unreadable[fetch.Contacts] += bundle.Broken
	seen := map[string]string{}
	for i := range bundle.Resources {
		r := &bundle.Resources[i]
		if r.Type != "RelatedPerson" {
			if r.Type == "OperationOutcome" {
				f.unreadable[fetch.Contacts]++ // it says that something is missing
			}
			continue
		}
		if raw, twice := seen[r.ID]; twice && raw == string(r.Raw) {
			continue
		} else if twice { // both are shown, as neither can be preferred
			f.unreadable[fetch.Contacts]++
		}
		seen[r.ID] = string(r.Raw)
		f.readRelatedPerson(r)
	}
	return nil
}

// relatedIn parses the answer as a Bundle.
func relatedIn(data []byte) (*fhir.Bundle, error) {
	bundle, err := fhir.ParseWhole(data)
	switch {
	case err != nil:
		return nil, err
	case bundle.Next != "":
		return nil, fhir.Malformedf("related persons on further pages")
	case !bundle.OfVersion("R4"):
		return nil, fhir.Malformedf("of another version of FHIR")
	}
	return bundle, nil
}

func (f *file) readRelatedPerson(r *fhir.Resource) {
	if r.ConfidentialWithin() {
		f.confidential++
		return
	}
	if f.reading.screen.Hides(r.Raw, "patient") {
		return
	}
	var x contact
	if json.Unmarshal(r.Raw, &x) != nil || r.ID == "" || len(r.Raw) > maxPatient {
		f.unreadable[fetch.Contacts]++
		return
	}
	switch f.whose(r, x.Patient) {
	case others:
		f.foreign["RelatedPerson"]++
		f.unreadable[fetch.Contacts]++
	case nobodys:
		f.unreadable[fetch.Contacts]++
	default:
		f.putContact(r.ID, &x)
	}
}

type owner int

const (
	nobodys owner = iota // names nobody
	own
	others
)

// whose returns whose related person r is. The reference, which PDS may leave empty, and the fullUrl must
// not name anybody else.
func (f *file) whose(r *fhir.Resource, ref fhir.Reference) owner {
	said := []string{}
	if ref.Identifier != nil && ref.Identifier.System == fhir.NHSNumberSystem {
		said = append(said, ref.Identifier.Value)
	}
	if id, ok := strings.CutPrefix(ref.Key(), "Patient/"); ok {
		said = append(said, id)
	}
	if before, _, ok := strings.Cut(r.FullURL, "/RelatedPerson/"); ok {
		said = append(said, before[strings.LastIndexByte(before, '/')+1:])
	}
	verdict := nobodys
	for _, id := range said {
		if id != string(f.patient) {
			return others
		}
		verdict = own
	}
	return verdict
}

// contactRoles maps relationships to the role of a contact, by the end of the code system's URL. It leaves
// out guardian and parent: those of an adult need not have parental responsibility.
var contactRoles = map[string]map[string]record.ContactRole{
	"0131":     {"C": record.ContactRoleEmergencyContact, "EP": record.ContactRoleEmergencyContact, "N": record.ContactRoleNextOfKin},
	"RoleCode": {"NOK": record.ContactRoleNextOfKin, "ECON": record.ContactRoleEmergencyContact, "CAREGIVER": record.ContactRoleCarer},
}

// putContact adds a contact who is current, not a child, and may be shown.
func (f *file) putContact(id string, x *contact) {
	if x.Active != nil && !*x.Active || !f.holds(fetch.Contacts, x.Period) {
		return
	}
	born, err := fhir.Day(x.BirthDate)
	if err != nil { // may be a child
		f.unreadable[fetch.Contacts]++
		return
	}
	since, _ := fhir.Day(x.Period.Start) // holds has checked it
	c := record.Contact{Item: f.item(fetch.Contacts, id), Since: since, Under18: fhir.Under18(born, f.reading.today)}
	if c.Under18 != nil && *c.Under18 {
		return
	}
	if n := f.name(fetch.Contacts, x.Name); n != nil {
		c.Name = n.Full
	}
	f.relate(&c, x.Relationship)
	f.reach(&c, x)
	if f.reading.screen.Shows(&c) {
		f.contacts = append(f.contacts, c)
	}
}

func (f *file) relate(c *record.Contact, relationships []fhir.Concept) {
	for i := range relationships {
		said := &relationships[i]
		if c.Relationship == "" {
			c.Relationship, c.RelationshipCode = record.Text(said.Words()), said.Ptr()
		}
		for _, coding := range said.Coding {
			for system, roles := range contactRoles {
				if role, ok := roles[coding.Code]; ok && strings.HasSuffix(coding.System, system) && !slices.Contains(c.Roles, role) {
					c.Roles = append(c.Roles, role)
				}
			}
		}
	}
}

// reach sets how the contact can be reached today.
func (f *file) reach(c *record.Contact, x *contact) {
	for _, t := range x.Telecom {
		switch {
		case t.Use == "old", !f.holds(fetch.Contacts, t.Period):
		case t.System == "email" && c.Email == "":
			c.Email = record.Text(t.Value)
		case t.System == "phone" && c.Phone == "":
			c.Phone = record.Text(t.Value)
		}
	}
	for i := range x.Address {
		if a := &x.Address[i]; c.Address == "" && a.Use != "old" && f.holds(fetch.Contacts, a.Period) {
			c.Address = record.Text(a.Line())
		}
	}
}
