package pds_test

import (
	"strings"
	"testing"

	"carerecord/datasources/pds"
	"carerecord/internal/fetch"
)

// What is not known here may turn the meaning of a Patient or a related person round: neither is read, and none of it is whole.
func TestWhatTurnsAMeaningRound(t *testing.T) {
	const unknown = `"modifierExtension":[{"url":"https://pds.example/negated","valueBoolean":true}]`
	for name, c := range map[string]struct {
		patient, related string
		persons          bool
	}{
		"of the patient":        {person(someone, unknown), bundle(), false},
		"of one of their names": {person(someone, `"name":[{"use":"usual","family":"Roe"}]`, `"contact":[{`+unknown+`}]`), bundle(), false},
		"of a related person":   {person(someone), bundle(related(someone, `"id":"1"`, `"name":[{"use":"usual","family":"Roe"}]`, unknown)), true},
	} {
		s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, c.patient), relatedPath(someone): respond(200, c.related)}, pds.Options{})
		got, err := read(t, s, subjects("", someone))
		if (err == nil && len(persons(got, 0)) == 1) != c.persons {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (len(contacts(got, 0)) > 0 || failure(got[fetch.Contacts], 0) == nil && !marked(got[fetch.Contacts].Unreadable, 0)) {
			t.Errorf("%s: %d contacts, and whole", name, len(contacts(got, 0)))
		}
	}
}

// A contact is not reached where they were once.
func TestNumbersAndAddressesOfOnce(t *testing.T) {
	k := related(someone, `"id":"1"`, `"name":[{"use":"usual","family":"Roe"}]`, `"telecom":[{"system":"phone","use":"old","value":"1"},{"system":"phone","value":"2"}]`, `"address":[{"use":"old","line":["9 Old"]},{"line":["1 New"]}]`)
	s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, person(someone)), relatedPath(someone): respond(200, bundle(k))}, pds.Options{})
	got, err := read(t, s, subjects("", someone))
	if err != nil || len(contacts(got, 0)) != 1 {
		t.Fatal(err)
	}
	if said := contactLine(&contacts(got, 0)[0]); !strings.Contains(said, " 2 ") || !strings.Contains(said, "1 New") {
		t.Error(said)
	}
}
