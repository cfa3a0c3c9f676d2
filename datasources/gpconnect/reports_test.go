package gpconnect_test

import (
	"fmt"
	"strings"
	"testing"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What a report says and which results are of it: title and words of each report, then each result with its category and the title of its report.
func TestWhatBelongsToAReport(t *testing.T) {
	report := func(more string, results ...string) string {
		for i := range results {
			results[i] = `{"reference":"` + results[i] + `"}`
		}
		return `{"resourceType":"DiagnosticReport","id":"r","me":0,"code":{"text":"Report"},"result":[` + strings.Join(results, ",") + `]` + more + `}`
	}
	result := func(id, more string) string {
		return `{"resourceType":"Observation","id":"` + id + `","me":0,"code":{"text":"Test ` + id + `"}` + more + `}`
	}
	related := func(kind, to string) string {
		return `,"related":[{"type":"` + kind + `","target":{"reference":"Observation/` + to + `"}}]`
	}
	note := `{"resourceType":"Observation","id":"n","me":0,"code":` + comment + `,"comment":"Repeat soon"}`
	request := func(more string) string {
		return `{"resourceType":"ProcedureRequest","id":"q","me":0` + more + `}`
	}
	ownEntry := problem(`{"text":"Asthma"}`, `,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-ActualProblem-1","valueReference":{"reference":"Observation/1"}}]`)
	const based = `,"basedOn":[{"reference":"ProcedureRequest/q"}]`
	for name, c := range map[string]struct {
		held []string
		want string
		gaps string // of reports, results and vital signs
	}{
		"a result":               {[]string{report("", "Observation/1"), result("1", "")}, "Report: ; Test 1 LABORATORY Report", ""},
		"none":                   {[]string{report(`,"conclusion":"Normal"`), result("1", "")}, "Report: Normal; Test 1 OTHER -", ""},
		"one that did not come":  {[]string{report("", "Observation/1", "Observation/2"), result("1", "")}, "Report: ; Test 1 LABORATORY Report", "results"},
		"one that is kept back":  {[]string{report("", "Observation/1", "Observation/2"), result("1", ""), warning("887191000000108", "confidential-items")}, "Report: ; Test 1 LABORATORY Report", ""},
		"one, of all the rest":   {[]string{report("", "Observation/1", "Observation/2"), result("1", ""), warning("826501000000100", "confidential-items")}, "Report: ; Test 1 LABORATORY Report", ""},
		"one, beside problems":   {[]string{report("", "Observation/1", "Observation/2"), result("1", ""), warning("717711000000103", "confidential-items")}, "Report: ; Test 1 LABORATORY Report", "results"},
		"one that is hidden":     {[]string{report(`,"conclusion":"Normal"`, "Observation/1", "Observation/2"), result("1", ""), `{"resourceType":"Observation","id":"2","me":0,"code":` + rHIV + `}`}, "Report: ; Test 1 LABORATORY Report", ""},
		"one that was withdrawn": {[]string{report("", "Observation/1"), result("1", `,"status":"entered-in-error"`)}, "Report: ", ""},
		"one that was cancelled": {[]string{report("", "Observation/1"), result("1", `,"status":"cancelled"`)}, "Report: ", ""},
		"one beyond reading":     {[]string{report("", "Observation/1"), result("1", `,"status":5`)}, "Report: ", "results signs"},
		"one that is too large":  {[]string{report("", "Observation/1"), result("1", `,"comment":"`+strings.Repeat("x", 1<<20)+`"`)}, "Report: ", "results signs"},
		"words instead of one":   {[]string{strings.Replace(report("", "x"), `"reference"`, `"display"`, 1)}, "Report: ", ""},
		"a group": {[]string{report("", "Observation/1"), result("1", related("has-member", "2")), result("2", related("has-member", "1"))},
			"Report: ; Test 1 LABORATORY Report; Test 2 LABORATORY Report", ""},
		"what one is derived from":       {[]string{report("", "Observation/1"), result("1", related("derived-from", "2")), result("2", "")}, "Report: ; Test 1 LABORATORY Report; Test 2 OTHER -", ""},
		"what one replaces":              {[]string{report("", "Observation/1"), result("1", related("replaces", "2")), result("2", "")}, "Report: ; Test 1 LABORATORY Report; Test 2 OTHER - Obsolete: another observation replaces it", ""},
		"what one replaces, hidden":      {[]string{report(`,"conclusion":"Normal"`, "Observation/1"), result("1", related("replaces", "2")), `{"resourceType":"Observation","id":"2","me":0,"code":` + rHIV + `}`}, "Report: ; Test 1 LABORATORY Report", ""},
		"what one replaced, missing":     {[]string{report("", "Observation/1"), result("1", related("replaces", "2"))}, "Report: ; Test 1 LABORATORY Report", ""},
		"what one that is gone replaces": {[]string{result("1", `,"status":"entered-in-error"`+related("replaces", "2")), result("2", "")}, "Test 2 OTHER -", ""},
		"what one is a sequel to":        {[]string{report("", "Observation/1"), result("1", related("sequel-to", "2")), result("2", "")}, "Report: ; Test 1 LABORATORY Report; Test 2 OTHER -", ""},
		"a note":                         {[]string{report(`,"conclusion":"Normal"`, "Observation/n"), note}, "Report: Normal Repeat soon", ""},
		"a diagnosis":                    {[]string{report(`,"codedDiagnosis":[{"text":"Anaemia"}]`)}, "Report: Anaemia", ""},
		"of a report that is withdrawn":  {[]string{report(`,"status":"entered-in-error"`, "Observation/1"), result("1", "")}, "Test 1 LABORATORY -", ""},
		"of a report that is cancelled":  {[]string{report(`,"status":"cancelled"`, "Observation/1"), result("1", "")}, "Test 1 LABORATORY -", ""},
		"of a report of no date":         {[]string{report(`,"issued":"2026-02-31"`, "Observation/1"), result("1", "")}, "Test 1 LABORATORY -", "reports"},
		"of a report beyond reading":     {[]string{report(`,"status":5`, "Observation/1"), result("1", "")}, "Test 1 OTHER -", "reports"},
		"as a laboratory says":           {[]string{result("1", `,"category":[{"coding":[{"code":"laboratory"}]}]`)}, "Test 1 LABORATORY -", ""},

		"when, and by whom":           {[]string{report(`,"issued":"2026-01-03T10:00:00+00:00","performer":[{"actor":{"display":"Dr Doe"}},{"actor":{"display":"Dr Roe"}}]`)}, "Report: 2026-01-03T10:00 Dr Doe", ""},
		"what was asked for":          {[]string{report(based), request(`,"code":{"text":"Full blood count"},"requester":{"agent":{"display":"Dr Roe"}}`)}, "Full blood count: for Dr Roe", ""},
		"asked for, nobody says what": {[]string{report(based + `,"performer":[{"actor":{"display":"Dr Roe (OrderingParty)"}}]`), request("")}, "Report: for Dr Roe", ""},
		"asked for, beyond reading":   {[]string{report(based), request(`,"requester":5,"code":{"text":"Full blood count"}`)}, "Report: ", ""},
		"based on something else":     {[]string{report(strings.Replace(based, "ProcedureRequest/q", "Observation/1", 1)), result("1", "")}, "Report: ; Test 1 OTHER -", ""},
		"based on what did not come":  {[]string{report(based)}, "Report: ", ""},

		"a note of a consultation":             {[]string{surgery, strings.Replace(note, `"me":0`, `"me":0,"context":{"reference":"Encounter/e"}`, 1)}, "", ""},
		"a note of one that did not come":      {[]string{strings.Replace(note, `"me":0`, `"me":0,"context":{"reference":"Encounter/e"}`, 1)}, "37331000000100 OTHER - Repeat soon", ""},
		"a note in the list of a consultation": {[]string{surgery, rootOf("Observation/n"), note}, "", ""},
		"the entry of a problem":               {[]string{result("1", ""), ownEntry}, "", ""},
		"one with a value":                     {[]string{result("1", `,"valueQuantity":{"value":97}`), ownEntry}, "Test 1 OTHER -", ""},
		"one with a reason why it has none":    {[]string{result("1", `,"dataAbsentReason":{"coding":[{"code":"error"}]}`), ownEntry}, "Test 1 OTHER -", ""},
		"one with parts":                       {[]string{result("1", `,"component":[{"code":{"text":"Trimethoprim"},"interpretation":{"text":"Resistant"}}]`), ownEntry}, "Test 1 OTHER - Trimethoprim: Resistant", ""},
		"one that is only interpreted":         {[]string{result("1", `,"interpretation":{"text":"Abnormal"}`), ownEntry}, "Test 1 OTHER -", ""},
		"one of a report":                      {[]string{report("", "Observation/1"), result("1", ""), ownEntry}, "Report: ; Test 1 LABORATORY Report", ""},
		"one with a value, of a report":        {[]string{report("", "Observation/1"), result("1", `,"valueQuantity":{"value":97}`), ownEntry}, "Report: ; Test 1 LABORATORY Report", ""},
		"two problems under one id":            {[]string{result("1", ""), problem(`{"text":"Asthma"}`, ""), problem(`{"text":"Eczema"}`, "")}, "Test 1 OTHER -", ""},
		"the entry of a problem in words": {[]string{result("1", ""), problem(`{"text":"Asthma"}`, `,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-ActualProblem-1","valueString":"x"}]`)},
			"Test 1 OTHER -", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := gpconnect.Open(practice, fixed(madeUp(c.held...)), ids, gpconnect.Options{Migrate: true})
			got, err := read(t, s, someone)
			if err != nil {
				t.Fatal(err)
			}
			var said, gaps []string
			for _, r := range fetch.RowsOf[record.Report](got[fetch.Reports]).Of(0) {
				words := []string{string(r.Conclusion), at(r.Provenance.RecordedAt)}
				if p := r.Provenance.RecordedBy; p != nil {
					words = append(words, string(p.Name))
				}
				if r.Requester != nil {
					words = append(words, "for "+string(r.Requester.Name))
				}
				said = append(said, string(r.Title)+": "+strings.Join(strings.Fields(strings.Join(words, " ")), " "))
			}
			for _, r := range fetch.RowsOf[record.Result](got[fetch.Results]).Of(0) {
				of := "-"
				if r.Report != nil {
					of = string(r.Report.Title)
				}
				said = append(said, strings.TrimSpace(fmt.Sprint(r.Test.Display, " ", r.Category, " ", of, " ", r.Comment)))
			}
			for _, part := range []struct {
				name string
				kind fetch.Kind
			}{{"reports", fetch.Reports}, {"results", fetch.Results}, {"signs", fetch.VitalSigns}} {
				if !isWhole(got[part.kind]) {
					gaps = append(gaps, part.name)
				}
			}
			if all := strings.Join(said, "; "); all != c.want || strings.Join(gaps, " ") != c.gaps {
				t.Errorf("%q, want %q; gaps %v", all, c.want, gaps)
			}
		})
	}
}

// When a result and a vital sign were recorded, and by whom.
func TestWhenAResultWasRecorded(t *testing.T) {
	for kind, code := range map[fetch.Kind]string{fetch.Results: `{"text":"Test"}`, fetch.VitalSigns: `{"coding":[{"code":"27113001","display":"Body weight"}]}`} {
		a := asked(t, madeUp(`{"resourceType":"Observation","id":"1","me":0,"issued":"2026-01-02T10:00:00+00:00","performer":[{"display":"Dr Doe"}],"code":`+code+`}`), kind)
		var p record.Provenance
		for _, x := range entries(a) {
			p = record.Envelope(x).Provenance
		}
		if at(p.RecordedAt) != "2026-01-02T10:00" || who(p.RecordedBy) != "by Dr Doe" {
			t.Errorf("%s: %s %s", kind, at(p.RecordedAt), who(p.RecordedBy))
		}
	}
}

// A vaccine that was given, by whom, and who recorded it when; one that was not given is in no list.
func TestAVaccineThatWasGiven(t *testing.T) {
	by := func(role, name string) string {
		return `{"role":{"coding":[{"code":"` + role + `"}]},"actor":{"display":"` + name + `"}}`
	}
	for name, c := range map[string]struct {
		more, want string
		whole      bool
	}{
		"given":                  {`"status":"completed"`, "Influenza", true},
		"withdrawn":              {`"status":"entered-in-error"`, "", true},
		"not given":              {`"status":"completed","notGiven":true`, "", true},
		"beyond reading":         {`"status":5`, "", false},
		"recorded":               {`"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-DateRecorded-1","valueDateTime":"2026-01-02"}]`, "2026-01-02T00:00 Influenza", true},
		"by two":                 {`"practitioner":[` + by("AP", "Dr Doe") + `,` + by("EP", "Dr Roe") + `]`, "Influenza given by Dr Doe recorded by Dr Roe", true},
		"by whom it was ordered": {`"practitioner":[` + by("OP", "Dr Doe") + `]`, "Influenza", true},
		"for a reason":           {`"explanation":{"reason":[{"text":"Immunisation due"},{},{"text":"Asthma"}]},"note":[{"text":"Sore arm"}]`, "Influenza Reason: Immunisation due, Asthma\nSore arm", true},
		"for no reason":          {`"explanation":{"reason":[{}]}`, "Influenza", true},
		"by who has no role":     {`"practitioner":[{"actor":{"display":"Dr Doe"}}]`, "Influenza given by Dr Doe recorded by Dr Doe", true},
	} {
		a := asked(t, madeUp(`{"resourceType":"Immunization","id":"i","patient":{"reference":"Patient/p"},"vaccineCode":{"text":"Influenza"},`+c.more+`}`), fetch.Immunisations)
		var said []string
		for _, i := range fetch.RowsOf[record.Immunisation](a).Of(0) {
			said = append(said, at(i.Provenance.RecordedAt), i.Vaccine.Display)
			if i.GivenBy != nil {
				said = append(said, "given", who(i.GivenBy))
			}
			if p := i.Provenance.RecordedBy; p != nil {
				said = append(said, "recorded", who(p))
			}
			said = append(said, string(i.Note))
		}
		if got := strings.TrimSpace(strings.Join(said, " ")); got != c.want || isWhole(a) != c.whole {
			t.Errorf("%s: %q, whole: %t", name, got, isWhole(a))
		}
	}
}

// How severe a problem is, by code or in words, which stand in the note where they are others; where nobody says, nothing is told.
func TestHowSevereAProblemIs(t *testing.T) {
	for said, want := range map[string]struct {
		severity record.Severity
		note     record.Text
	}{
		``: {}, `,"severity":{}`: {}, `,"severity":{"text":"Severe"}`: {record.SeveritySevere, ""}, `,"severity":{"coding":[{"code":"24484000"}],"text":"x"}`: {record.SeveritySevere, ""},
		`,"severity":{"text":"odd"}`: {record.SeverityUnknown, "Severity: odd"},
		`,"severity":{"coding":[{"system":"http://snomed.info/sct","code":"442452003","display":"Life threatening severity"}]}`: {record.SeverityUnknown, "Severity: Life threatening severity"},
	} {
		for _, p := range fetch.RowsOf[record.Problem](asked(t, madeUp(problem(`{"text":"Asthma"}`, said)), fetch.Problems)).Of(0) {
			if p.Severity != want.severity || p.Note != want.note {
				t.Errorf("%s: %s %q", said, p.Severity, p.Note)
			}
		}
	}
}

// What is written of a problem's own entry stands in the problem's note, once.
func TestWhatIsWrittenOfTheEntryOfAProblem(t *testing.T) {
	for name, c := range map[string]struct{ observation, problem, want string }{
		"nothing":              {``, `,"note":[{"text":"Since school"}]`, "Since school"},
		"words":                {`,"comment":"Worse in winter"`, `,"note":[{"text":"Since school"}]`, "Since school\nWorse in winter"},
		"the same":             {`,"comment":"Since school\nEpisodicity : First"`, `,"note":[{"text":"Since school,Health Admin Problem"}]`, "Since school,Health Admin Problem\nEpisodicity : First"},
		"less than the note":   {`,"comment":"asthma"`, `,"note":[{"text":"No asthma"}]`, "No asthma\nasthma"},
		"that it is secret":    {`,"comment":"Told us","meta":{"security":[{"code":"NOPAT"}]}`, ``, notForThem + "\nTold us"},
		"that both are secret": {`,"meta":{"security":[{"code":"NOPAT"}]}`, `,"meta":{"security":[{"code":"NOPAT"}]}`, notForThem},
		"beside a value":       {`,"comment":"Told us","valueString":"x"`, ``, ""},
	} {
		a := asked(t, madeUp(`{"resourceType":"Observation","id":"o","me":0,"code":{"text":"Asthma"}`+c.observation+`}`,
			problem(`{"text":"Asthma"}`, c.problem+`,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-ActualProblem-1","valueReference":{"reference":"Observation/o"}}]`)), fetch.Problems)
		for _, p := range fetch.RowsOf[record.Problem](a).Of(0) {
			if string(p.Note) != c.want {
				t.Errorf("%s: %q", name, p.Note)
			}
		}
		if a.Rows.Count(0) != 1 || !isWhole(a) {
			t.Errorf("%s: %d, whole: %t", name, a.Rows.Count(0), isWhole(a))
		}
	}
}

// Who wrote something: a professional by their name of today and their role, however they are referred to.
func TestWhoWroteIt(t *testing.T) {
	const doe = `{"resourceType":"Practitioner","id":"d","name":[{"use":"old","family":"Former"},{},{"family":"Doe"},{"family":"Other"}]}`
	role := func(code string) string {
		return `{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/d"},"code":[` + code + `]}`
	}
	for name, c := range map[string]struct {
		ref  string
		with []string
		want string
	}{
		"by name":                       {`"reference":"Practitioner/d"`, []string{doe}, "Doe|"},
		"by name, whatever it says":     {`"reference":"Practitioner/d","display":"Dr D"`, []string{doe}, "Doe|"},
		"by identifier":                 {`"identifier":{"system":"https://fhir.nhs.uk/Id/sds-user-id","value":"7"}`, []string{strings.Replace(doe, `"id"`, `"identifier":[{"system":"https://fhir.nhs.uk/Id/sds-user-id","value":"7"}],"id"`, 1)}, "Doe|"},
		"with a role":                   {`"reference":"Practitioner/d"`, []string{doe, role(`{},{"text":"General practitioner"},{"text":"Trainer"}`)}, "Doe|General practitioner"},
		"with two":                      {`"reference":"Practitioner/d"`, []string{doe, role(`{"text":"General practitioner"}`), strings.Replace(role(`{"text":"Trainer"}`), `"r"`, `"s"`, 1)}, "Doe|General practitioner"},
		"by a role":                     {`"reference":"PractitionerRole/r"`, []string{doe, role(`{"text":"General practitioner"}`)}, "Doe|General practitioner"},
		"by a role of who did not come": {`"reference":"PractitionerRole/r"`, []string{strings.Replace(role(""), `"practitioner":{`, `"practitioner":{"display":"Dr Roe",`, 1)}, "Dr Roe|"},
		"by a role that is nobody's":    {`"reference":"PractitionerRole/r","display":"Dr Doe"`, []string{`{"resourceType":"PractitionerRole","id":"r","code":[{"text":"Nurse"}]}`}, ""},
		"in words":                      {`"display":"Dr Doe"`, nil, "Dr Doe|"},
		"in words, who did not come":    {`"reference":"Practitioner/d","display":"Dr Doe"`, nil, "Dr Doe|"},
		"an organisation":               {`"reference":"Organization/o","display":"The Practice"`, []string{`{"resourceType":"Organization","id":"o","name":"The Practice"}`}, ""},
		"one that did not come":         {`"reference":"Organization/o","display":"The Practice"`, nil, ""},
		"a role that did not come":      {`"reference":"PractitionerRole/r","display":"Dr Doe"`, nil, "Dr Doe|"},
		"by an address, did not come":   {`"reference":"urn:uuid:4f1e","display":"Dr Doe"`, nil, "Dr Doe|"},
		"nobody":                        {`"reference":"Practitioner/d"`, nil, ""},
		"of a role alone":               {`"reference":"Practitioner/d"`, []string{`{"resourceType":"Practitioner","id":"d"}`, role(`{"text":"Nurse"}`)}, "|Nurse"},
		"hidden, in words":              {`"reference":"Practitioner/d","display":"Dr Doe"`, []string{`{"resourceType":"Practitioner","id":"d","meta":{"security":[{"code":"R"}]}}`}, "hidden"},
	} {
		t.Run(name, func(t *testing.T) {
			a := asked(t, madeUp(append(c.with, problem(`{"text":"Asthma"}`, `,"assertedDate":"2026-01-02","asserter":{`+c.ref+`}`))...), fetch.Problems)
			got := "hidden"
			for _, p := range fetch.RowsOf[record.Problem](a).Of(0) {
				if who(p.Provenance.RecordedBy) != who(p.AssertedBy) || at(p.Provenance.RecordedAt) != "2026-01-02T00:00" {
					t.Errorf("recorded %+v", p.Provenance)
				}
				if got = ""; p.AssertedBy != nil {
					got = string(p.AssertedBy.Name + "|" + p.AssertedBy.Role)
				}
			}
			if got != c.want || !isWhole(a) {
				t.Errorf("%q, whole: %t", got, isWhole(a))
			}
		})
	}
}

// Two who are meant by their identifiers alone are not taken for each other.
func TestWhoeverWroteIt(t *testing.T) {
	const system = `"system":"https://fhir.nhs.uk/Id/sds-user-id","value":`
	var held []string
	for _, id := range []string{"1", "2"} {
		held = append(held, `{"resourceType":"Practitioner","id":"`+id+`","identifier":[{`+system+`"`+id+`"}],"name":[{"family":"Doe `+id+`"}]}`,
			strings.Replace(problem(`{"text":"`+id+`"}`, `,"asserter":{"identifier":{`+system+`"`+id+`"}}`), `"id":"1"`, `"id":"`+id+`"`, 1))
	}
	for _, p := range fetch.RowsOf[record.Problem](asked(t, madeUp(held...), fetch.Problems)).Of(0) {
		if p.AssertedBy == nil || string(p.AssertedBy.Name) != "Doe "+p.Problem.Display {
			t.Errorf("%s: %+v", p.Problem.Display, p.AssertedBy)
		}
	}
}

// Where a referral goes and comes from: an organisation by code and name, a service by its name or in words, a professional.
func TestWhereAReferralGoes(t *testing.T) {
	organisation := func(id, more string) string { return `{"resourceType":"Organization","id":"` + id + `"` + more + `}` }
	const ods = `,"identifier":[{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"RAL01"},{"system":"https://x","value":"Z"}]`
	for name, c := range map[string]struct {
		more string
		with []string
		want string // from, to, team, note
	}{
		"nowhere":                       {`"priority":"routine"`, nil, "|||"},
		"an organisation":               {`"recipient":[{"reference":"Organization/o"}]`, []string{organisation("o", ods+`,"name":"The Hospital"`)}, "|RAL01 The Hospital||"},
		"one of no name":                {`"recipient":[{"reference":"Organization/o"}]`, []string{organisation("o", ods)}, "|RAL01 RAL01||"},
		"one of neither":                {`"recipient":[{"reference":"Organization/o"},{"reference":"Organization/q"}]`, []string{organisation("o", ""), organisation("q", `,"name":"The Hospital"`)}, "| The Hospital||"},
		"one that did not come":         {`"recipient":[{"reference":"Organization/o"}]`, nil, "|||"},
		"a service":                     {`"recipient":[{"reference":"HealthcareService/s"}]`, []string{`{"resourceType":"HealthcareService","id":"s","name":"Cardiology"}`}, "||Cardiology|"},
		"an organisation and a service": {`"recipient":[{"reference":"Organization/o"},{"reference":"HealthcareService/s"}]`, []string{organisation("o", `,"name":"The Hospital"`), `{"resourceType":"HealthcareService","id":"s","name":"Cardiology"}`}, "| The Hospital|Cardiology|"},
		"a professional":                {`"description":"Please see","recipient":[{"reference":"Practitioner/d"}]`, []string{`{"resourceType":"Practitioner","id":"d","name":[{"family":"Doe"}]}`}, "|||Please see For: Doe"},
		"from an organisation":          {`"requester":{"agent":{"reference":"Organization/o"}}`, []string{organisation("o", `,"name":"The Practice"`)}, " The Practice|||"},
		"on behalf of another":          {`"requester":{"agent":{"reference":"Organization/o"},"onBehalfOf":{"reference":"Organization/q"}}`, []string{organisation("o", `,"name":"One"`), organisation("q", `,"name":"Other"`)}, " Other|||"},
	} {
		t.Run(name, func(t *testing.T) {
			a := asked(t, madeUp(append(c.with, `{"resourceType":"ReferralRequest","id":"1","me":0,`+c.more+`}`)...), fetch.Referrals)
			place := func(o *record.Organisation) string {
				if o == nil {
					return ""
				}
				return string(o.ODSCode) + " " + o.Name
			}
			for _, r := range fetch.RowsOf[record.Referral](a).Of(0) {
				got := place(r.From) + "|" + place(r.To) + "|" + string(r.Team) + "|" + strings.Join(strings.Fields(string(r.Note)), " ")
				if got != c.want {
					t.Errorf("%q, want %q", got, c.want)
				}
			}
			if a.Rows.Count(0) != 1 || !isWhole(a) {
				t.Errorf("%d, whole: %t", a.Rows.Count(0), isWhole(a))
			}
		})
	}
	for status, shown := range map[string]int{"active": 1, "entered-in-error": 0} {
		a := asked(t, madeUp(`{"resourceType":"ReferralRequest","id":"1","me":0,"authoredOn":"2026-01-02","requester":{"agent":{"display":"Dr Doe"}},"status":"`+status+`"}`), fetch.Referrals)
		if a.Rows.Count(0) != shown {
			t.Errorf("%s: %d", status, a.Rows.Count(0))
		}
		for _, r := range fetch.RowsOf[record.Referral](a).Of(0) {
			if p := r.Provenance; at(p.RecordedAt) != "2026-01-02T00:00" || who(p.RecordedBy) != "by Dr Doe" {
				t.Errorf("recorded %s %s", at(p.RecordedAt), who(p.RecordedBy))
			}
		}
	}
}

// What is told of a contact: their name and relationship, their roles, the first telephone and e-mail of today.
func TestWhatIsToldOfAContact(t *testing.T) {
	self := strings.Replace(self, `"id"`, `"contact":[{"name":{"family":"Roe"},"relationship":[{},{"text":"Next of kin"},{"text":"Main carer"},{"text":"Friend"},{"coding":[{"system":"http://hl7.org/fhir/v2/0131","code":"N","display":"Next-of-Kin"}]},{"coding":[{"code":"C","display":"Emergency Contact"}]}],
		"telecom":[{"system":"fax","value":"0"},{"system":"email","value":"a@example.org"},{"system":"email","value":"b@example.org"},{"system":"phone","value":"1"},{"system":"phone","value":"2"},{"system":"email","value":"c@example.org"}]}],"id"`, 1)
	a := asked(t, strings.Replace(madeUp(), `{"resourceType":"Patient","id":"p",`, strings.Split(self, `"identifier"`)[0], 1), fetch.Contacts)
	for _, k := range fetch.RowsOf[record.Contact](a).Of(0) {
		if got := fmt.Sprint(k.Name, "|", k.Relationship, "|", k.Roles, "|", k.Phone, "|", k.Email); got != "Roe|Next of kin|[NEXT_OF_KIN MAIN_CARER EMERGENCY_CONTACT]|1|a@example.org" {
			t.Error(got)
		}
	}
	if a.Rows.Count(0) != 1 || !isWhole(a) {
		t.Errorf("%d, whole: %t", a.Rows.Count(0), isWhole(a))
	}
	for _, beyond := range []string{`"contact":5`, `"contact":[{"name":{"family":"Roe"},"telecom":5}]`} {
		if a := asked(t, strings.Replace(madeUp(), `"id":"p",`, `"id":"p",`+beyond+`,`, 1), fetch.Contacts); isWhole(a) || a.Rows.Count(0) > 0 {
			t.Errorf("%s: %d, whole: %t", beyond, a.Rows.Count(0), isWhole(a))
		}
	}
}
