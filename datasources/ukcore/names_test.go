package ukcore_test

import (
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Who did something, and where, is told as far as it came: by the resource itself, else by what
// it is called where it is referred to.
func TestWhoAndWhere(t *testing.T) {
	at := func(address, resource string) string {
		return `{"fullUrl":"` + address + `","resource":` + resource + `}`
	}
	const ods = `"identifier":[{"system":"https://trust/ids","value":"1"},{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"RAL26"}]`
	around := []string{
		`{"resourceType":"Practitioner","id":"dr","name":[{"text":""},{"text":"Who, Dr"},{"use":"official","text":"Doctor Who"},{"use":"usual"},{"use":"usual","text":"Dr Who"}]}`,
		`{"resourceType":"Practitioner","id":"official","name":[{"text":"No"},{"use":"official","text":"Dr No"}]}`,
		`{"resourceType":"Practitioner","id":"old","name":[{"use":"old","text":""},{"use":"old","text":"Dr Old"}]}`,
		`{"resourceType":"Practitioner","id":"nameless"}`,
		`{"resourceType":"Practitioner","id":"labelled","meta":{"security":[{"code":"R"}]},"name":[{"text":"Dr Hidden"}]}`,
		at("https://trust.example/people/7", `{"resourceType":"Practitioner","id":"far","name":[{"text":"Dr Far"}]}`),
		at("urn:uuid:u", `{"resourceType":"Practitioner","id":"u","name":[{"text":"Dr Urn"}]}`),
		`{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/gone","display":"Dr Gone"},"organization":{"reference":"Organization/o"},"code":[{"text":"Surgeon"}]}`,
		`{"resourceType":"PractitionerRole","id":"q","practitioner":{"reference":"https://trust.example/people/9"},"code":[{}]}`,
		`{"resourceType":"PractitionerRole","id":"h","practitioner":{"reference":"Practitioner/labelled","display":"Dr Hidden"},"code":[{"text":"Surgeon"}]}`,
		`{"resourceType":"PractitionerRole","id":"f","practitioner":{"reference":"Practitioner/far"},"code":[{},{"text":"Midwife"},{"text":"Nurse"}]}`,
		`{"resourceType":"Organization","id":"o","name":"The Laboratory",` + ods + `}`,
		`{"resourceType":"Organization","id":"site","identifier":[{"system":"https://fhir.nhs.uk/Id/ods-site-code","value":"RAL01"}]}`,
		`{"resourceType":"Location","id":"l","name":"Alder ward",` + strings.Replace(ods, "RAL26", "RAL02", 1) + `}`,
		`{"resourceType":"HealthcareService","id":"s","name":"Chest clinic"}`, `{"resourceType":"Location","id":"unnamed"}`,
		about1("CareTeam", "t", `,"name":"Red team"`),
		about1("CareTeam", "x", `,"name":"HIV team"`),
		about1("Condition", "asthma", `,"code":{"text":"Asthma"}`), about1("Condition", "unsaid", ""),
	}
	procedure := func(more string) string { return about1("Procedure", "x", `,"code":{"text":"Biopsy"}`+more) }
	referral := func(more string) string {
		return strings.Replace(about1("ServiceRequest", "x", `,"intent":"order","code":{"text":"Clinic"}`+more), "finished", "active", 1)
	}
	by := func(references ...string) string {
		actors := make([]string, len(references))
		for i, r := range references {
			actors[i] = `{"actor":` + r + `}`
		}
		return procedure(`,"performer":[` + strings.Join(actors, ",") + `]`)
	}
	to := func(references ...string) string {
		return referral(`,"performer":[` + strings.Join(references, ",") + `]`)
	}
	for name, c := range map[string]struct {
		kind fetch.Kind
		held string
		want string // what is said besides what every entry here says
	}{
		"by the usual name":                  {fetch.Procedures, by(`{"reference":"Practitioner/dr"}`), "Performer: Dr Who"},
		"by the official name":               {fetch.Procedures, by(`{"reference":"Practitioner/official"}`), "Performer: Dr No"},
		"by whatever name":                   {fetch.Procedures, by(`{"reference":"Practitioner/old"}`), "Performer: Dr Old"},
		"without a name there":               {fetch.Procedures, by(`{"reference":"Practitioner/nameless","display":"Dr Display"}`), "Performer: Dr Display"},
		"by a version":                       {fetch.Procedures, by(`{"reference":"Practitioner/dr/_history/2"}`), "Performer: Dr Who"},
		"by an address":                      {fetch.Procedures, by(`{"reference":"https://trust.example/people/7"}`), "Performer: Dr Far, Midwife"},
		"who did not come":                   {fetch.Procedures, by(`{"reference":"Practitioner/gone","display":"Dr Gone"}`), "Performer: Dr Gone"},
		"whose role did not come":            {fetch.Procedures, by(`{"reference":"PractitionerRole/gone","display":"Dr Gone"}`), "Performer: Dr Gone"},
		"in words":                           {fetch.Procedures, by(`{"display":"Dr Words"}`), "Performer: Dr Words"},
		"by a role":                          {fetch.Procedures, by(`{"reference":"PractitionerRole/r","display":"Somebody"}`), "Performer: Dr Gone, Surgeon"},
		"by a role that has no words":        {fetch.Procedures, by(`{"reference":"PractitionerRole/f"}`), "Performer: Dr Far, Midwife"},
		"by a role that names nobody":        {fetch.Procedures, by(`{"reference":"PractitionerRole/q","display":"Dr Display"}`), "Performer: Dr Display"},
		"by the role of one who is labelled": {fetch.Procedures, by(`{"reference":"PractitionerRole/h","display":"Dr Hidden"}`), "Performer: Surgeon"},
		"the second, after the person":       {fetch.Procedures, by(`{"reference":"Patient/1","display":"Somebody"}`, `{"reference":"Practitioner/dr"}`), "Performer: Dr Who"},
		"the second, after a place":          {fetch.Procedures, by(`{"reference":"Organization/o"}`, `{"reference":"Practitioner/dr"}`), "Performer: Dr Who"},
		"a place, after one without a name":  {fetch.Procedures, by(`{"reference":"Practitioner/nameless"}`, `{"reference":"Organization/o"}`), "Performer: The Laboratory"},
		"a place that did not come":          {fetch.Procedures, by(`{"reference":"Organization/gone","display":"A laboratory"}`), "Performer: A laboratory"},
		"nobody but the person":              {fetch.Procedures, by(`{"reference":"Patient/9","display":"Somebody"}`, `{"reference":"RelatedPerson/9","display":"Somebody"}`, `{"reference":"Patient/1"}`), ""},
		"a place that says nothing":          {fetch.Procedures, by(`{"reference":"Organization/gone"}`, `{"display":""}`), ""},
		"in a service":                       {fetch.Procedures, procedure(`,"location":{"reference":"HealthcareService/s"}`), "Location: Chest clinic"},
		"in a place without a name":          {fetch.Procedures, procedure(`,"location":{"reference":"Location/unnamed","display":"Ward 9"}`), "Location: Ward 9"},
		"by a place that says nothing":       {fetch.Procedures, by(`{"reference":"Location/unnamed"}`, `{"reference":"Organization/o"}`), "Performer: The Laboratory"},
		"in a place":                         {fetch.Procedures, procedure(`,"location":{"reference":"Location/l","display":"Somewhere"}`), "Location: Alder ward"},
		"by a team that is never shown":      {fetch.CarePlans, about1("CarePlan", "x", `,"intent":"plan","title":"Plan","careTeam":[{"reference":"CareTeam/x","display":"Blue team"}]`), ""},
		"by the team that is shown":          {fetch.CarePlans, about1("CarePlan", "x", `,"intent":"plan","title":"Plan","careTeam":[{"reference":"CareTeam/x","display":"Blue team"},{"reference":"CareTeam/t"}]`), "Team: Red team"},

		"from the organisation of a role":    {fetch.Referrals, referral(`,"requester":{"reference":"PractitionerRole/r"}`), "by Dr Gone, Surgeon · From: RAL26, The Laboratory · Referrer: Dr Gone, Surgeon"},
		"to an organisation":                 {fetch.Referrals, to(`{"reference":"Organization/o"}`), "To: RAL26, The Laboratory"},
		"to a site":                          {fetch.Referrals, to(`{"reference":"Organization/site"}`), "To: RAL01, RAL01"},
		"to a place":                         {fetch.Referrals, to(`{"reference":"Location/l"}`), "To: RAL02, Alder ward"},
		"to the second, behind a role":       {fetch.Referrals, to(`{"reference":"PractitionerRole/f"}`, `{"reference":"Organization/o"}`), "To: RAL26, The Laboratory · Note: For: Dr Far"},
		"to the second, behind what is none": {fetch.Referrals, to(`{"reference":"Practitioner/dr"}`, `{"reference":"Practitioner/gone","display":"Somebody"}`, `{"reference":"Organization/gone"}`, `{"reference":"Organization/o"}`), "To: RAL26, The Laboratory · Note: For: Dr Who"},
		"to an organisation in words":        {fetch.Referrals, to(`{"reference":"Organization/gone","display":"A hospital"}`), "To: A hospital"},
		"to an organisation by its code":     {fetch.Referrals, to(`{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"RAL26"}}`), "To: RAL26, RAL26"},
		"to one by another identifier":       {fetch.Referrals, to(`{"identifier":{"system":"https://trust/ids","value":"7"}}`), ""},
		"to somebody by an address":          {fetch.Referrals, to(`{"reference":"urn:uuid:u","display":"Somebody"}`), "Note: For: Dr Urn"},
		"to a team":                          {fetch.Referrals, to(`{"reference":"CareTeam/t"}`, `{"reference":"HealthcareService/s"}`), "Team: Red team"},
		"to a service":                       {fetch.Referrals, to(`{"reference":"Organization/o"}`, `{"reference":"HealthcareService/s"}`), "To: RAL26, The Laboratory · Team: Chest clinic"},

		"for a problem":               {fetch.Procedures, procedure(`,"reasonReference":[{"reference":"Condition/unsaid"},{"reference":"Condition/asthma","display":"A problem"}]`), "Reason: Asthma"},
		"for a problem in words":      {fetch.Procedures, procedure(`,"reasonReference":[{"reference":"Condition/unsaid","display":"A problem"}]`), "Reason: A problem"},
		"for what it says itself":     {fetch.Procedures, procedure(`,"reasonCode":[{"text":"Cough"}],"reasonReference":[{"reference":"Condition/asthma"}]`), "Reason: Cough"},
		"for a problem without words": {fetch.Procedures, procedure(`,"reasonReference":[{"reference":"Condition/unsaid"}]`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := ukcore.Open(record.Acute, here, whole{someone: collection(append([]string{patientOf("1", someone), c.held}, around...)...)}, ids, ukcore.Options{})
			a, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
			got := strings.Join(lines(a), "\n")
			for _, always := range []string{"x · ", "Procedure: Biopsy", "Status: COMPLETED", "Kind: Plan · Title: Plan", "Service: Clinic · Priority: UNKNOWN · Status: IN_PROGRESS"} {
				got = strings.Trim(strings.ReplaceAll(got, always, ""), " ·")
			}
			if got = strings.ReplaceAll(got, " ·  · ", " · "); err != nil || got != c.want {
				t.Errorf("%q, not %q, %v", got, c.want, err)
			}
		})
	}
}
