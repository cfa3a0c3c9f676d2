package pds_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carerecord/datasources/pds"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What a person is called, where they live and how they are reached is what holds today.
func TestWhatHoldsToday(t *testing.T) {
	for name, c := range map[string]struct {
		members string
		want    string // in the person's line
		not     string
	}{
		"the name that holds, not a later one": {`"name":[{"use":"usual","family":"Later","period":{"start":"2025-07-01"}},{"use":"usual","family":"Now","period":{"start":"2020-01-01"}}]`, "Now", "Later"},
		"the latest, where none holds":         {`"name":[{"use":"usual","family":"Old","period":{"end":"2001-01-01"}},{"use":"usual","family":"Last","period":{"start":"2002-01-01","end":"2003-01-01"}}]`, "Last", "Old"},
		"no earlier and no false name":         {`"name":[{"use":"old","family":"Old"},{"use":"nickname","family":"Nick"},{"use":"usual","family":"Now"}]`, "Now", "Nick"},
		"the name as it is written":            {`"name":[{"use":"usual","text":"Ann R. Roe","family":"Roe"}]`, "Ann R. Roe", "-"},
		"a home, not where they stay":          {`"address":[{"use":"temp","line":["9 Stay"]},{"use":"home","line":["1 Home"],"city":"London"}]`, "1 Home, London", "9 Stay"},
		"a home in words":                      {`"address":[{"use":"home","text":"The boat"}]`, "The boat", "-"},
		"the first home that says where":       {`"address":[{"use":"home"},{"use":"home","line":["1 Home"],"text":"Elsewhere"}]`, "1 Home, ", "Elsewhere, "},
		"a home by its postcode alone":         {`"address":[{"use":"home","postalCode":"E1 1AA"},{"use":"home","line":["2 Later"]}]`, "E1 1AA", "2 Later, "},
		"the practice of today":                {`"generalPractitioner":[{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"F83001","period":{"end":"2025-05-31"}}},{"display":"New","identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"F83002"}}]`, "practice F83002", "F83001"},
		"a number of today":                    {`"telecom":[{"system":"phone","value":"1","use":"old"},{"system":"pager","value":"22","use":"work"},{"system":"sms","value":"33","period":{"start":"2025-06-02"}}]`, "OTHER 22 WORK", "33"},
		"a gender nobody knows":                {`"gender":"x"`, "UNKNOWN", "-"},
		"a death at a moment":                  {`"deceasedDateTime":"2024-07-01T09:30:00+01:00"`, "died 2024-07-01T09:30 TIME", "-"},
		"a death in a year":                    {`"deceasedDateTime":"2024"`, "YEAR", "-"},
		"an ethnic category and a language":    {`"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory","valueCodeableConcept":{"text":"x"}},{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSCommunication","extension":[{"url":"language","valueCodeableConcept":{"text":"Somali"}}]}]`, "speaks Somali", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, person(someone, c.members))}, pds.Options{})
			got, err := read(t, s, subjects("", someone))
			if err != nil || len(persons(got, 0)) != 1 {
				t.Fatal(err)
			}
			if said := personLine(&persons(got, 0)[0]); !strings.Contains(said, c.want) || strings.Contains(said, c.not+" ") || strings.Contains(said, c.not+"|") {
				t.Errorf("%q", said)
			}
		})
	}
}

// What is said of a person is whole, and what says nothing is nowhere.
func TestWhoAPersonIs(t *testing.T) {
	const extension, verification = `{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-`, `"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus","valueCodeableConcept":{"coding":[{"code":"`
	members := []string{
		`"name":[{"use":"usual","prefix":["Ms"],"given":["Ann","Rose"],"family":"Roe","suffix":["OBE"]}]`, `"gender":"female"`, `"birthDate":"1965-11-15"`,
		`"address":[{"use":"home","line":[" 1 Home ",""],"city":"London","district":"Barnet","postalCode":"E1 1AA"}]`,
		`"telecom":[{"system":"phone","use":"home"},{"system":"phone","value":"01632960587","use":"home"}]`,
		`"generalPractitioner":[{"identifier":{"system":"https://x.test","value":"1"}},{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code"}},{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"F83001"}}]`,
		`"maritalStatus":{"text":"Married"}`,
		`"extension":[` + extension + `NHSCommunication","extension":[{"url":"language","valueCodeableConcept":{"text":"Somali"}}]},` + extension + `EthnicCategory","valueCodeableConcept":{"text":"Irish"}}]`,
	}
	numbered := strings.Replace(person(someone, members...), `"identifier":[{`, `"identifier":[{"system":"https://x.test","value":"2",`+verification+`02"}]}}]},{`+verification+`01"}]}}],`, 1)
	whole := record.Person{
		Name:        &record.HumanName{Full: "Ms Ann Rose Roe OBE", Prefix: "Ms", Given: []string{"Ann", "Rose"}, Family: "Roe", Suffix: "OBE"},
		DateOfBirth: "1965-11-15", Gender: "FEMALE", Address: &record.Address{Lines: []string{"1 Home", "London", "Barnet"}, Postcode: "E1 1AA"},
		Telecom: []record.ContactPoint{{System: "PHONE", Value: "01632960587", Use: "HOME"}}, RegisteredPractice: &record.Organisation{ODSCode: "F83001", Name: "F83001"},
		EthnicCategory: &record.Code{Display: "Irish"}, PreferredLanguage: &record.Code{Display: "Somali"}, MaritalStatus: &record.Code{Display: "Married"}, NHSNumberStatus: &record.Code{Code: "01", Display: "01"},
	}
	for name, c := range map[string]struct {
		body string
		want record.Person
	}{
		"all that PDS says":         {numbered, whole},
		"nothing":                   {person(someone), record.Person{}},
		"nothing, in empty members": {person(someone, `"name":[{"use":"usual"}]`, `"address":[{"use":"home"}]`, `"telecom":[{"system":"phone"}]`, `"extension":[]`), record.Person{}},
		"a practice and its name": {person(someone, `"generalPractitioner":[{"display":"The Surgery","identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"F83001"}}]`),
			record.Person{RegisteredPractice: &record.Organisation{ODSCode: "F83001", Name: "The Surgery"}}},
	} {
		s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, c.body)}, pds.Options{})
		of := subjects("", someone)
		of.Born = nil // our register need not know when anybody was born
		got, err := read(t, s, of)
		if err != nil || len(persons(got, 0)) != 1 {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(c.want, persons(got, 0)[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Of the contacts in a Patient those that may not be shown do not come, and one that cannot
// be read is a gap in the contacts alone.
func TestContactsInAPatient(t *testing.T) {
	s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, person(someone, `"contact":[{"name":{"family":"Poe"},"extension":[{"url":"x","valueString":"HIV clinic"}]},
		{"name":{"family":"Roe"}},{"id":"C3","name":{"given":["Sexual"],"family":"Health"}},{"name":7}]`))}, pds.Options{})
	got, err := read(t, s, subjects("", someone))
	if err != nil || len(persons(got, 0)) != 1 || marked(got[fetch.Persons].Unreadable, 0) {
		t.Fatal(err, got[fetch.Persons])
	}
	if list := contacts(got, 0); len(list) != 1 || list[0].Name != "Roe" || list[0].Provenance.SourceID != "contact.2" || !marked(got[fetch.Contacts].Unreadable, 0) {
		t.Errorf("%+v, unreadable %v", list, got[fetch.Contacts].Unreadable)
	}
}

// What is larger than any Patient or related person is not read.
func TestHowLargeAPersonMayBe(t *testing.T) {
	const most = 1 << 20
	padded := func(body string, size int) string {
		const pad = `,"language":""}`
		return strings.TrimSuffix(body, "}") + strings.Replace(pad, `""`, `"`+strings.Repeat("x", size-len(body)-len(pad)+1)+`"`, 1)
	}
	for _, c := range []struct {
		patient, related int
		person, contact  bool
	}{{most, most, true, true}, {most + 1, most, false, false}, {most, most + 1, true, false}} {
		s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, padded(person(someone), c.patient)), relatedPath(someone): respond(200, bundle(padded(related(someone, `"id":"1"`), c.related)))}, pds.Options{})
		got, err := read(t, s, subjects("", someone))
		if err != nil || (len(persons(got, 0)) == 1) != c.person || (len(contacts(got, 0)) == 1) != c.contact {
			t.Errorf("%d and %d bytes: %v, %d persons, %d contacts", c.patient, c.related, err, len(persons(got, 0)), len(contacts(got, 0)))
		}
		if !c.person && failure(got[fetch.Persons], 0) == nil || c.person && marked(got[fetch.Contacts].Unreadable, 0) == c.contact {
			t.Errorf("%d and %d bytes: nothing tells what is not there", c.patient, c.related)
		}
	}
}

func TestHowAContactIsReached(t *testing.T) {
	k := related(someone, `"id":"1"`, `"name":[{"use":"usual","family":"Roe"}]`, `"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0131","code":"N","display":"Next-of-Kin"},{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"NOK"}]},{"coding":[{"system":"https://x.test","code":"C"}]}]`,
		`"telecom":[{"system":"phone","value":"1","period":{"end":"2020-01-01"}},{"system":"fax","value":"4"},{"system":"phone","value":"2"},{"system":"phone","value":"3"},{"system":"email","value":"a@example.test"},{"system":"fax","value":"5"},{"system":"email","value":"b@example.test"}]`,
		`"address":[{"line":["9 Old"],"period":{"end":"2020-01-01"}},{"line":["1 New"]},{"line":["2 Later"]},{"use":"old","line":["8 Older"]},{"line":["7 Old"],"period":{"end":"2020-01-01"}}]`, `"period":{"start":"2020-05-01"}`)
	s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, person(someone)), relatedPath(someone): respond(200, bundle(k, k))}, pds.Options{})
	got, err := read(t, s, subjects("", someone))
	if err != nil || len(contacts(got, 0)) != 1 {
		t.Fatalf("%v, %d contacts", err, len(contacts(got, 0)))
	}
	c := contacts(got, 0)[0]
	if line := contactLine(&c); line != "Roe · Next-of-Kin · [NEXT_OF_KIN] · 2 · a@example.test · 1 New · since 2020-05-01" {
		t.Error(line)
	}
	if c.Under18 != nil || c.Provenance.Sector != record.Demographics || c.RelationshipCode == nil {
		t.Errorf("%+v", c)
	}
}
