package gpconnect_test

import (
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A usual GP who did not come, or has no name, is a gap; one who may not be shown is nobody, whatever the reference calls them.
func TestTheUsualGP(t *testing.T) {
	doctor := func(more string) string { return `{"resourceType":"Practitioner","id":"d"` + more + `}` }
	role := func(words string) string {
		return `{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/d","display":"Dr Doe"},"code":[{"text":"` + words + `"}]}`
	}
	const hidden = "Sexual health adviser"
	for name, c := range map[string]struct {
		reference string
		with      []string
		want      string
		whole     bool
	}{
		"by a name":            {`{"reference":"Practitioner/d"}`, []string{doctor(`,"name":[{"use":"old","family":"Former"},{"family":"Doe"}]`)}, "Doe", true},
		"in words":             {`{"reference":"Practitioner/d","display":"Dr Doe"}`, nil, "Dr Doe", true},
		"who did not come":     {`{"reference":"Practitioner/d"}`, nil, "", false},
		"who is kept back":     {`{"reference":"Practitioner/d"}`, []string{warning("717711000000103", "confidential-items")}, "", true},
		"who is on their way":  {`{"reference":"Practitioner/d"}`, []string{warning("717711000000103", "data-in-transit")}, "", false},
		"without a name":       {`{"reference":"Practitioner/d"}`, []string{doctor("")}, "", false},
		"an organisation":      {`{"reference":"Organization/o"}`, nil, "", true},
		"of a role":            {`{"reference":"Practitioner/d","display":"Dr Doe"}`, []string{doctor(""), role("General practitioner")}, "Dr Doe", true},
		"of a hidden role":     {`{"reference":"Practitioner/d","display":"Dr Doe"}`, []string{doctor(""), role(hidden)}, "", true},
		"by a hidden role":     {`{"reference":"PractitionerRole/r","display":"Dr Doe"}`, []string{doctor(""), role(hidden)}, "", true},
		"in hidden words":      {`{"reference":"Practitioner/x","display":"HIV nurse"}`, nil, "", true},
		"hidden by themselves": {`{"reference":"Practitioner/d","display":"Dr Doe"}`, []string{doctor(`,"qualification":[{"code":{"text":"` + hidden + `"}}]`)}, "", true},
		"hidden, by a role":    {`{"reference":"PractitionerRole/r"}`, []string{doctor(`,"qualification":[{"code":{"text":"` + hidden + `"}}]`), role("General practitioner")}, "", true},
	} {
		d := strings.Replace(madeUp(c.with...), `"resourceType":"Patient",`, `"resourceType":"Patient","generalPractitioner":[`+c.reference+`],`, 1)
		a := asked(t, d, fetch.CareTeam)
		var got string
		for _, m := range fetch.RowsOf[record.CareTeamMember](a).Of(0) {
			got += string(m.Name)
		}
		if got != c.want || isWhole(a) != c.whole {
			t.Errorf("%s: %q, whole: %t", name, got, isWhole(a))
		}
	}
}

// Where the usual GP works is told, unless the practice keeps it back.
func TestWhereTheUsualGPWorks(t *testing.T) {
	for meta, want := range map[string]string{``: "The Practice", `"meta":{"security":[{"code":"R"}]},`: ""} {
		d := strings.Replace(madeUp(`{"resourceType":"Organization",`+meta+`"id":"o","name":"The Practice"}`), `"resourceType":"Patient",`,
			`"resourceType":"Patient","generalPractitioner":[{"display":"Dr Doe"}],"managingOrganization":{"reference":"Organization/o"},`, 1)
		for _, m := range fetch.RowsOf[record.CareTeamMember](asked(t, d, fetch.CareTeam)).Of(0) {
			if got := m.Organisation; m.Name != "Dr Doe" || m.Role != "Usual GP" || (got == nil) != (want == "") || got != nil && got.Name != want {
				t.Errorf("%s: %+v", meta, m)
			}
		}
	}
}
