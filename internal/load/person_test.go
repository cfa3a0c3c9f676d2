package load_test

import (
	"strings"
	"testing"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// Whom a person once had for a contact, and by what they were once reached or known, is not what holds today.
func TestWhatHeldOnceDoesNotHoldNow(t *testing.T) {
	identified := func(more string) string { return `,"identifier":[` + more + `]` }
	number := func(use, value string) string {
		return `{"use":"` + use + `","system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + value + `"}`
	}
	phones := `"telecom":[{"system":"phone","value":"1","use":"old"},{"system":"phone","value":"2","period":{"end":"2001-01-01"}},{"system":"phone","value":"3","period":{"start":"2001","end":"2999"}}]`
	s := open(t)
	r := s.load(t, folder(t, map[string]string{"a.json": bundle(patient("a", "A", identified(number("old", "9990300003")+","+number("official", "9990300011"))+`,`+phones+
		`,"address":[{"use":"old","line":["Before"],"postalCode":"SW1A 1AA"},{"line":["Ended"],"postalCode":"SW1A 1AA","period":{"end":"2001"}},{"line":["Now"],"postalCode":"SW1A 1AA"}]`+
		`,"contact":[{"name":{"family":"Former"},"period":{"end":"2010-01-01"}},{"name":{"family":"Present"},"period":{"start":"2010-01-01"}},{"name":{"family":"Unreadable"},"period":{"end":"soon"}}]`),
		about("RelatedPerson", "r1", `,"active":false,"name":[{"family":"Inactive"}]`),
		about("RelatedPerson", "r2", `,"name":[{"family":"Ended"}],"period":{"end":"2005-01-01"}`),
		about("RelatedPerson", "r3", `,"active":true,"name":[{"use":"old","family":"Maiden"},{"family":"Married"}],"address":[{"use":"old","text":"Before"},{"text":"Here"}],`+phones))}), load.Options{})
	for sql, want := range map[string]string{
		`SELECT concat_ws(' ', name, phone, address) FROM contact`: "Married 3 Here;Present",
		`SELECT value FROM telecom`:                                "3",
		`SELECT nhs_number || address_lines[1] FROM person`:        "9990300011Now",
	} {
		if got := strings.Join(s.texts(t, record.Demographics, sql), ";"); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
	for left, n := range map[load.Left]int{
		{Type: "RelatedPerson", Reason: "is no contact now"}:                                  2,
		{Type: "Patient", Reason: "a contact who is none now (the person is loaded without)"}: 2,
	} {
		if r.Left[left] != n {
			t.Errorf("%v: %d, want %d", left, r.Left[left], n)
		}
	}
	// Which of two numbers is theirs cannot be told: the person gets one that is free.
	for name, of := range map[string]struct{ identifiers, names, number, family string }{
		"two numbers":      {number("official", "9990300003") + "," + number("official", "9990300011"), `{"family":"B"}`, "", "B"},
		"one number twice": {number("usual", "9990300003") + "," + number("official", "9990300003"), `{"family":"B"}`, "9990300003", "B"},
		"only an old one":  {number("old", "9990300003"), `{"family":"B"}`, "", "B"},
		"an ended name":    {number("usual", "9990300003"), `{"use":"usual","family":"B","period":{"end":"2001"}},{"family":"C"}`, "9990300003", "C"},
		"no other name":    {number("usual", "9990300003"), `{"use":"old","family":"B"}`, "9990300003", "B"},
	} {
		s = open(t)
		s.load(t, folder(t, map[string]string{"b.json": bundle(`{"resourceType":"Patient","id":"b","birthDate":"1950-05-05","name":[` + of.names + `]` + identified(of.identifiers) + `}`)}), load.Options{})
		got := s.texts(t, record.Demographics, `SELECT nhs_number || name_family FROM person`)
		if len(got) != 1 || got[0][10:] != of.family || (of.number != "" && got[0][:10] != of.number) || (of.number == "" && (strings.HasPrefix(got[0], "9990300003") || strings.HasPrefix(got[0], "9990300011"))) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
