package interweave_test

import (
	"strings"
	"testing"

	"carerecord/datasources/interweave"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Who and where come from what the references point at, else from their own words.
func TestWhoAndWhere(t *testing.T) {
	ann := `{"resourceType":"Practitioner","id":"a","name":[{"use":"old","family":"Former"},{"family":"Worker","given":["Ann"]}]}`
	post := `{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/a","display":"A. Worker"},"code":[{"text":"Social worker"}]}`
	team := `{"resourceType":"Organization","id":"o","name":"East team","telecom":[{"system":"phone","value":"01632960001","use":"old"},{"system":"phone","value":"01632960002"}]}`
	service := func(manager string) string {
		return of("EpisodeOfCare", `"id":"1"`, `"status":"active"`, `"type":[{"text":"Home support"}]`, since, `"careManager":`+manager, `"managingOrganization":{"reference":"Organization/o","display":"A team"}`)
	}
	for name, c := range map[string]struct {
		manager string
		with    []string
		want    record.CareTeamMember
	}{
		"a professional":              {`{"reference":"Practitioner/a","display":"A. Worker"}`, []string{ann, team}, record.CareTeamMember{Name: "Ann Worker", Team: "East team", Phone: "01632960002"}},
		"one in a role":               {`{"reference":"PractitionerRole/r"}`, []string{ann, post, team}, record.CareTeamMember{Name: "Ann Worker", Role: "Social worker", Team: "East team", Phone: "01632960002"}},
		"a role alone":                {`{"reference":"PractitionerRole/r"}`, []string{post}, record.CareTeamMember{Name: "A. Worker", Role: "Social worker", Team: "A team"}},
		"a role of no code":           {`{"reference":"PractitionerRole/r"}`, []string{strings.Replace(post, `"code"`, `"x"`, 1)}, record.CareTeamMember{Name: "A. Worker", Team: "A team"}},
		"as the service calls them":   {`{"reference":"PractitionerRole/r","display":"Ann W."}`, []string{post}, record.CareTeamMember{Name: "Ann W.", Role: "Social worker", Team: "A team"}},
		"a team of no name":           {`{"reference":"Practitioner/a"}`, []string{ann, strings.Replace(team, `"name"`, `"x"`, 1)}, record.CareTeamMember{Name: "Ann Worker", Team: "A team"}},
		"a team that cannot be read":  {`{"reference":"Practitioner/a"}`, []string{ann, strings.Replace(team, `"telecom":[`, `"telecom":[7,`, 1)}, record.CareTeamMember{Name: "Ann Worker", Team: "A team"}},
		"one who did not come":        {`{"reference":"Practitioner/a","display":"A. Worker"}`, nil, record.CareTeamMember{Name: "A. Worker", Team: "A team"}},
		"one who did not come, named": {`{"reference":"https://x.test/fhir/Practitioner/z","display":"Z."}`, []string{ann}, record.CareTeamMember{Name: "Z.", Team: "A team"}},
	} {
		t.Run(name, func(t *testing.T) {
			answers := map[string]answer{"Patient": respond(200, bundle(patient(someone))), "EpisodeOfCare": respond(200, bundle(append(c.with, service(c.manager))...))}
			s, _ := serve(t, answers, interweave.Options{})
			got, err := one(t, s, &fetch.Ask{Kind: fetch.CareTeam})
			list := fetch.RowsOf[record.CareTeamMember](got).Of(0)
			if err != nil || len(list) != 1 {
				t.Fatalf("%v, %+v", err, list)
			}
			if m := list[0]; m.Name != c.want.Name || m.Role != c.want.Role || m.Team != c.want.Team || m.Phone != c.want.Phone {
				t.Errorf("%s (%s) of %s, %s", m.Name, m.Role, m.Team, m.Phone)
			}
		})
	}
	nobody, _ := serve(t, map[string]answer{"Patient": respond(200, bundle(patient(someone))), "EpisodeOfCare": respond(200, bundle(service(`{"reference":"Practitioner/a"}`)))}, interweave.Options{})
	if got, err := one(t, nobody, &fetch.Ask{Kind: fetch.CareTeam}); err != nil || len(entries(got, 0)) != 0 {
		t.Errorf("nobody named: %v, %d of the team", err, len(entries(got, 0)))
	}
}

// A name somebody had once is theirs only where there is no other.
func TestANameOfAnotherTime(t *testing.T) {
	for names, want := range map[string]record.Text{
		`{"text":"Ann Former","period":{"end":"2011-01-01"}},{"text":"Ann Present","period":{"start":"2011-01-02"}}`: "Ann Present",
		`{"text":"Ann Former","period":{"end":"2011-01-01"}},{"use":"old","text":"Ann Older"}`:                       "Ann Former",
		`{"use":"old","text":"Ann Older"}`: "",
	} {
		s, _ := holding(t, nil, of("RelatedPerson", `"id":"r"`, `"name":[`+names+`]`, `"birthDate":"1960-01-01"`, `"period":{"start":"2026-01-01"}`))
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Contacts})
		if err != nil || len(entries(a, 0)) != 1 {
			t.Fatal(err, len(entries(a, 0)))
		}
		if k := entries(a, 0)[0].(*record.Contact); k.Name != want {
			t.Errorf("%s: %s", names, k.Name)
		}
	}
}

// What stands on another server is not what has the same type and id here: its words stand. What is hidden here hides what
// names it there.
func TestWhatStandsOnAnotherServer(t *testing.T) {
	service := func(at string) string {
		return of("EpisodeOfCare", `"id":"1"`, `"status":"active"`, `"type":[{"text":"Home support"}]`, `"period":{"start":"2026-01-01"}`,
			`"managingOrganization":{"reference":"`+at+`Organization/o","display":"Bluebird Care"}`, `"careManager":{"reference":"`+at+`Practitioner/d","display":"Ann There"}`)
	}
	include := func(resource string) string {
		r := strings.Split(resource, `"`)
		return `{"fullUrl":"https://council.example/fhir/` + r[3] + `/` + r[7] + `","search":{"mode":"include"},"resource":` + resource + `}`
	}
	for name, c := range map[string]struct{ at, organisation, provider, manager string }{
		"here":                    {"https://council.example/fhir/", "Sunrise Homes", "Sunrise Homes", "Bob Here"},
		"here, by type and id":    {"", "Sunrise Homes", "Sunrise Homes", "Bob Here"},
		"there":                   {"https://other.example/fhir/", "Sunrise Homes", "Bluebird Care", "Ann There"},
		"there, and hidden here":  {"https://other.example/fhir/", "Sexual health clinic", "", ""},
		"here, and hidden so too": {"", "Sexual health clinic", "", ""},
	} {
		s, _ := serve(t, map[string]answer{
			"Patient": respond(200, bundle(patient(someone, `"birthDate":"`+born+`"`))),
			"EpisodeOfCare": respond(200, bundle(service(c.at), include(`{"resourceType":"Organization","id":"o","name":"`+c.organisation+`"}`),
				include(`{"resourceType":"Practitioner","id":"d","name":[{"text":"Bob Here"}]}`)))}, interweave.Options{})
		var provider, manager string
		services, err := one(t, s, &fetch.Ask{Kind: fetch.Services})
		for _, x := range entries(services, 0) {
			provider += string(x.(*record.SocialCareService).Provider)
		}
		team, otherErr := one(t, s, &fetch.Ask{Kind: fetch.CareTeam})
		for _, x := range entries(team, 0) {
			manager += string(x.(*record.CareTeamMember).Name)
		}
		if err != nil || otherErr != nil || provider != c.provider || manager != c.manager {
			t.Errorf("%s: provided by %q, managed by %q, %v, %v", name, provider, manager, err, otherErr)
		}
	}
}
