package pds_test

import (
	"strings"
	"testing"

	"carerecord/datasources/pds"
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

func TestHowAContactIsReached(t *testing.T) {
	k := related(someone, `"id":"1"`, `"name":[{"use":"usual","family":"Roe"}]`, `"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0131","code":"N","display":"Next-of-Kin"}]},{"coding":[{"system":"https://x.test","code":"C"}]}]`,
		`"telecom":[{"system":"phone","value":"1","period":{"end":"2020-01-01"}},{"system":"phone","value":"2"},{"system":"email","value":"a@example.test"}]`,
		`"address":[{"line":["9 Old"],"period":{"end":"2020-01-01"}},{"line":["1 New"]}]`, `"period":{"start":"2020-05-01"}`)
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
