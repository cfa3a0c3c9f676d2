package pds

import (
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type patient struct {
	Identifier []struct {
		System, Value string
		Extension     []fhir.Extension
	}
	Name                []name
	Gender, BirthDate   string
	DeceasedDateTime    string
	DeceasedBoolean     bool
	Address             []fhir.Address
	Telecom             []fhir.ContactPoint
	GeneralPractitioner []organisationReference
	MaritalStatus       *fhir.Concept
	Extension           []fhir.Extension
	Contact             []json.RawMessage
}

type name struct {
	Use, Text, Family     string
	Given, Prefix, Suffix []string
	Period                fhir.Period
}

type organisationReference struct {
	Display    string
	Identifier struct {
		System, Value string
		Period        fhir.Period
	}
}

// take reads the Patient of an unrestricted person.
func (f *file) take(self *fhir.Resource) error {
	var x patient
	if json.Unmarshal(self.Raw, &x) != nil {
		return fhir.Malformedf("a Patient that cannot be read")
	}
	f.readPerson(&x)
	f.readPatientContacts(x.Contact)
	f.readNeeds(x.Extension)
	return nil
}

func (f *file) readPerson(x *patient) {
	p := &f.person
	p.NHSNumberStatus = numberStatus(x)
	p.Name = f.name(fetch.Persons, x.Name)
	p.DateOfBirth, _ = fhir.Day(x.BirthDate) // CheckBirth has read it
	p.Gender = genders[x.Gender]
	if x.Gender != "" && p.Gender == "" {
		p.Gender = "UNKNOWN"
	}
	f.readDeath(x)
	p.Address = f.home(x.Address)
	p.Telecom = f.telecom(x.Telecom)
	p.RegisteredPractice = f.practice(x.GeneralPractitioner)
	p.MaritalStatus = x.MaritalStatus.Ptr()
	if e := fhir.In(x.Extension, "EthnicCategory"); e != nil {
		p.EthnicCategory = e.ValueCodeableConcept.Ptr()
	}
	if e := fhir.In(x.Extension, "NHSCommunication"); e != nil {
		p.PreferredLanguage = conceptIn(e.Extension, "language").Ptr()
	}
}

var genders = map[string]record.Text{"male": "MALE", "female": "FEMALE", "other": "OTHER", "unknown": "UNKNOWN"}

func numberStatus(x *patient) *record.Code {
	for _, id := range x.Identifier {
		if id.System == fhir.NHSNumberSystem {
			return conceptIn(id.Extension, "NHSNumberVerificationStatus").Ptr()
		}
	}
	return nil
}

// conceptIn returns the concept of an extension within another; nil if there is none.
func conceptIn(extensions []fhir.Extension, name string) *fhir.Concept {
	if e := fhir.In(extensions, name); e != nil {
		return e.ValueCodeableConcept
	}
	return nil
}

// holds reports whether a period includes today. An unreadable period does not, and makes the kind
// incomplete.
func (f *file) holds(kind fetch.Kind, p fhir.Period) bool {
	begun, err := p.Begun(f.reading.today)
	over, errEnd := p.Over(f.reading.today)
	if err != nil || errEnd != nil {
		f.unreadable[kind]++
		return false
	}
	return begun && !over
}

// name returns the usual name: the latest that is current, or the latest of all, since a person has a name
// even if no period says so.
func (f *file) name(kind fetch.Kind, names []name) *record.HumanName {
	usual := slices.DeleteFunc(slices.Clone(names), func(n name) bool { return n.Use != "usual" && n.Use != "official" && n.Use != "" })
	slices.SortStableFunc(usual, func(a, b name) int { return strings.Compare(b.Period.Start, a.Period.Start) })
	if len(usual) == 0 {
		return nil
	}
	n := &usual[max(slices.IndexFunc(usual, func(n name) bool { return f.holds(kind, n.Period) }), 0)]
	full := n.Text
	if full == "" {
		full = joined(slices.Concat(n.Prefix, n.Given, []string{n.Family}, n.Suffix))
	}
	if full == "" {
		return nil
	}
	return &record.HumanName{Full: record.Text(full), Prefix: record.Text(joined(n.Prefix)), Given: n.Given, Family: record.Text(n.Family), Suffix: record.Text(joined(n.Suffix))}
}

func joined(parts []string) string {
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// midnight is the time that PDS writes if it knows only the day of a death.
const midnight = "T00:00:00+00:00"

func (f *file) readDeath(x *patient) {
	text, dayOnly := strings.CutSuffix(x.DeceasedDateTime, midnight)
	at, precision, err := fhir.Moment(text)
	if err != nil || text == "" && (x.DeceasedBoolean || dayOnly) { // dead, but the record needs a date to say so
		f.unreadable[fetch.Persons]++
		return
	}
	f.person.DeceasedAt, f.person.DeceasedAtPrecision = at, precision
}

// home returns the current home address; nil if there is none. PDS does not know boroughs.
func (f *file) home(addresses []fhir.Address) *record.Address {
	for _, a := range addresses {
		if a.Use != "home" || !f.holds(fetch.Persons, a.Period) {
			continue
		}
		home := &record.Address{Postcode: record.Text(a.PostalCode)}
		for _, line := range append(slices.Clone(a.Lines), a.City, a.District) {
			if line = strings.TrimSpace(line); line != "" {
				home.Lines = append(home.Lines, line)
			}
		}
		if len(home.Lines) == 0 && a.Text != "" {
			home.Lines = []string{a.Text}
		}
		if len(home.Lines) > 0 || home.Postcode != "" {
			return home
		}
	}
	return nil
}

var (
	telecomSystems = map[string]record.Text{"phone": "PHONE", "email": "EMAIL", "sms": "SMS", "fax": "FAX"}
	telecomUses    = map[string]record.Text{"home": "HOME", "work": "WORK", "mobile": "MOBILE", "temp": "TEMP"}
)

// telecom returns the current contact points.
func (f *file) telecom(list []fhir.ContactPoint) []record.ContactPoint {
	var points []record.ContactPoint
	for _, t := range list {
		if t.Value == "" || t.Use == "old" || !f.holds(fetch.Persons, t.Period) {
			continue
		}
		system := telecomSystems[t.System]
		if system == "" {
			system = "OTHER"
		}
		points = append(points, record.ContactPoint{System: system, Value: record.Text(t.Value), Use: telecomUses[t.Use]})
	}
	return points
}

const odsCode = "https://fhir.nhs.uk/Id/ods-organization-code"

// practice returns the registered practice. PDS gives only its ODS code.
func (f *file) practice(list []organisationReference) *record.Organisation {
	for _, ref := range list {
		id := ref.Identifier
		if id.System != odsCode || id.Value == "" || !f.holds(fetch.Persons, id.Period) {
			continue
		}
		name := ref.Display
		if name == "" {
			name = id.Value
		}
		return &record.Organisation{ODSCode: record.Text(id.Value), Name: name}
	}
	return nil
}
