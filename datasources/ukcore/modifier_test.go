package ukcore_test

import (
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What FHIR says may turn the meaning of an entry round is heeded, or the entry is not shown and its list is not whole
// (https://hl7.org/fhir/R4/conformance-rules.html#isModifier).
func TestWhatTurnsAMeaningRound(t *testing.T) {
	const unknown = `,"modifierExtension":[{"url":"https://trust.example/negated","valueBoolean":true}]`
	team := func(name string) string {
		return `{"resourceType":"CareTeam","id":"t","status":"active","subject":{"reference":"Patient/1"},"participant":[{"member":{"reference":"Practitioner/g"}}]},{"resourceType":"Practitioner","id":"g","name":` + name + `}`
	}
	for name, c := range map[string]struct {
		kind  fetch.Kind
		held  []string
		says  string // in all there is; "" for no entry
		not   string
		whole bool
	}{
		"a modifier extension":        {fetch.Problems, []string{about1("Condition", "c", `,"code":{"text":"Angina"}`+unknown)}, "", "", false},
		"a medicine not to be given":  {fetch.Medications, []string{about1("MedicationRequest", "m", `,"intent":"order","doNotPerform":true,"medicationCodeableConcept":{"text":"Warfarin"}`)}, "", "", true},
		"a medicine that is proposed": {fetch.Medications, []string{about1("MedicationRequest", "m", `,"intent":"proposal","medicationCodeableConcept":{"text":"Warfarin"}`)}, "Only proposed", "ORDER", true},
		"one of several":              {fetch.Medications, []string{about1("MedicationRequest", "m", `,"intent":"option","medicationCodeableConcept":{"text":"Warfarin"}`)}, "Only proposed", "ORDER", true},
		"a referral that is proposed": {fetch.Referrals, []string{about1("ServiceRequest", "s", `,"intent":"proposal","code":{"text":"Physiotherapy"}`)}, "Only proposed", "", true},
		"a referral":                  {fetch.Referrals, []string{about1("ServiceRequest", "s", `,"intent":"order","code":{"text":"Physiotherapy"}`)}, "Physiotherapy", "proposed", true},
		"nobody to be referred":       {fetch.Referrals, []string{about1("ServiceRequest", "s", `,"intent":"order","doNotPerform":true,"code":{"text":"Physiotherapy"}`)}, "", "", true},
		"an activity not to be done":  {fetch.CarePlans, []string{about1("CarePlan", "p", `,"intent":"plan","title":"Plan","activity":[{"detail":{"status":"in-progress","description":"Walk"}},{"detail":{"status":"in-progress","doNotPerform":true,"description":"Lift"}}]`)}, "Walk", "Lift", false},
		"a plan that is proposed":     {fetch.CarePlans, []string{about1("CarePlan", "p", `,"intent":"proposal","title":"Plan","note":[{"text":"Ask first"}]`)}, "[Note, Only proposed Ask first]", "", true},
		"one of several plans":        {fetch.CarePlans, []string{about1("CarePlan", "p", `,"intent":"option","title":"Plan"`)}, "[Note, Only proposed]", "", true},
		"a plan":                      {fetch.CarePlans, []string{about1("CarePlan", "p", `,"intent":"plan","title":"Plan"`)}, "Plan", "proposed", true},
		"an activity that may be begun": {fetch.CarePlans, []string{about1("CarePlan", "p", `,"intent":"plan","title":"Plan","activity":[{"reference":{"reference":"ServiceRequest/s"}}]`),
			strings.Replace(about1("ServiceRequest", "s", `,"intent":"order","code":{"text":"Chemotherapy"}`), "finished", "active", 1)}, "[Chemotherapy, UNKNOWN]", "", true},
		"an activity to be done": {fetch.CarePlans, []string{about1("CarePlan", "p", `,"intent":"plan","title":"Plan","activity":[{"reference":{"reference":"ServiceRequest/s"}}]`),
			strings.Replace(about1("ServiceRequest", "s", `,"intent":"order","code":{"text":"Chemotherapy"}`), "finished", "revoked", 1)}, "[Chemotherapy, STOPPED]", "", true},
		"one whose request was withdrawn": {fetch.CarePlans, []string{about1("CarePlan", "p", `,"intent":"plan","title":"Plan","activity":[{"reference":{"reference":"ServiceRequest/s","display":"Chemotherapy"}}]`),
			strings.Replace(about1("ServiceRequest", "s", `,"intent":"order","code":{"text":"Chemotherapy"}`), "finished", "entered-in-error", 1)}, "Plan", "Chemotherapy", true},
		"one whose request is not to be done": {fetch.CarePlans, []string{about1("CarePlan", "p", `,"intent":"plan","title":"Plan","activity":[{"reference":{"reference":"ServiceRequest/s","display":"Chemotherapy"}}]`),
			about1("ServiceRequest", "s", `,"intent":"order","doNotPerform":true,"code":{"text":"Chemotherapy"}`)}, "Plan", "Chemotherapy", false},
		"one that was a mistake":       {fetch.CarePlans, []string{about1("CarePlan", "p", `,"intent":"plan","title":"Plan","activity":[{"detail":{"status":"entered-in-error","description":"Lift"}}]`)}, "Plan", "Lift", true},
		"a dose that does not protect": {fetch.Immunisations, []string{about1("Immunization", "i", `,"vaccineCode":{"text":"MMR"},"occurrenceDateTime":"2026-01-01","isSubpotent":true,"subpotentReason":[{"text":"cold chain break"}]`)}, "Subpotent dose: cold chain break", "", true},
		"one that nobody says why":     {fetch.Immunisations, []string{about1("Immunization", "i", `,"vaccineCode":{"text":"MMR"},"occurrenceDateTime":"2026-01-01","isSubpotent":true`)}, "Subpotent dose", "Subpotent dose:", true},
		"a dose like others":           {fetch.Immunisations, []string{about1("Immunization", "i", `,"vaccineCode":{"text":"MMR"},"occurrenceDateTime":"2026-01-01","isSubpotent":false`)}, "MMR", "Subpotent", true},
		"a medicine in error": {fetch.Medications, []string{about1("MedicationRequest", "m", `,"intent":"order","medicationReference":{"reference":"Medication/x"}`),
			`{"resourceType":"Medication","id":"x","status":"entered-in-error","code":{"text":"Warfarin"}}`}, "", "", false},
		"numbers and addresses of once": {fetch.Contacts, []string{`{"resourceType":"RelatedPerson","id":"r","patient":{"reference":"Patient/1"},"name":[{"family":"Roe"}],
			"telecom":[{"system":"phone","use":"old","value":"01632960001"},{"system":"phone","value":"01632960002"},{"system":"email","use":"old","value":"a@example.test"}],
			"address":[{"use":"old","line":["9 Old"]},{"use":"home","line":["1 New"]}]}`}, "01632960002", "01632960001", true},
		"a contact no longer":          {fetch.Contacts, []string{`{"resourceType":"RelatedPerson","id":"r","active":false,"patient":{"reference":"Patient/1"},"name":[{"family":"Roe"}]}`}, "", "", true},
		"a name of once":               {fetch.CareTeam, strings.SplitAfter(team(`[{"use":"old","family":"Former"},{"use":"maiden","family":"Now"}]`), "]},"), "Now", "Former", true},
		"a name of once, and no other": {fetch.CareTeam, strings.SplitAfter(team(`[{"use":"old","family":"Former"}]`), "]},"), "Former", "Now", true},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range c.held {
				c.held[i] = strings.TrimSuffix(c.held[i], ",")
			}
			a := readOf(t, c.kind, c.held...)
			if isWhole(a) != c.whole {
				t.Errorf("whole: %t", isWhole(a))
			}
			all := strings.Join(lines(a), "\n")
			if (all == "") != (c.says == "") || !strings.Contains(all, c.says) || c.not != "" && strings.Contains(all, c.not) {
				t.Errorf("%q", all)
			}
			if c.kind == fetch.Contacts && slices.ContainsFunc(entriesOf(a, 0), func(x record.RecordItem) bool {
				k := x.(*record.Contact)
				return k.Email != "" || k.Address != "1 New"
			}) {
				t.Errorf("reached as they were: %q", all)
			}
		})
	}
}

// A coordinator of whom nobody says who they are is a gap; one who may not be shown is none.
func TestACoordinatorWhoDidNotCome(t *testing.T) {
	const hidden = `{"resourceType":"Practitioner","id":"g","qualification":[{"code":{"text":"HIV nurse"}}]}`
	for name, c := range map[string]struct {
		manager string
		with    []string
		shown   int
		whole   bool
	}{
		"by name":          {`{"reference":"Practitioner/g","display":"Ann"}`, nil, 1, true},
		"who did not come": {`{"reference":"Practitioner/g"}`, nil, 0, false},
		"without a name":   {`{"reference":"Practitioner/g"}`, []string{`{"resourceType":"Practitioner","id":"g"}`}, 0, false},
		"nobody":           {`{}`, nil, 0, true},
		"hidden":           {`{"reference":"Practitioner/g"}`, []string{hidden}, 0, true},
	} {
		held := append(c.with, patientOf("1", someone), `{"resourceType":"EpisodeOfCare","id":"e","status":"active","patient":{"reference":"Patient/1"},"careManager":`+c.manager+`}`)
		a, err := one(t, open(t, held...).source(t, record.MentalHealth, ukcore.Options{}), &fetch.Ask{Kind: fetch.CareCoordinators, Subjects: subjects(someone)})
		if err != nil || len(entriesOf(a, 0)) != c.shown || isWhole(a) != c.whole {
			t.Errorf("%s: %v, %d, whole: %t", name, err, len(entriesOf(a, 0)), isWhole(a))
		}
	}
}

// Among the procedures of a stay, which have no status there, are those that were done.
func TestWhatWasDoneAtAStay(t *testing.T) {
	for status, c := range map[string]struct{ shown, whole bool }{
		"completed": {true, true}, "in-progress": {true, true}, "not-done": {false, true}, "preparation": {false, true},
		"stopped": {false, false}, "on-hold": {false, false}, "unknown": {false, false}, "entered-in-error": {false, true},
	} {
		a := readOf(t, fetch.Stays, about1("Encounter", "e", `,"class":{"code":"IMP"},"period":{"start":"2026-01-01T10:00:00Z","end":"2026-01-05T10:00:00Z"}`),
			strings.Replace(about1("Procedure", "p", `,"code":{"text":"Appendicectomy"},"encounter":{"reference":"Encounter/e"}`), "finished", status, 1))
		if got := strings.Join(lines(a), "\n"); strings.Contains(got, "Appendicectomy") != c.shown || isWhole(a) != c.whole {
			t.Errorf("%s: %q, whole %t", status, got, isWhole(a))
		}
	}
}

// What was found of somebody else, such as an unborn child, does not read as the person's own.
func TestOfWhomItWasFound(t *testing.T) {
	for kind, category := range map[fetch.Kind]string{fetch.Results: "laboratory", fetch.VitalSigns: "vital-signs", fetch.Assessments: "survey"} {
		for focus, shown := range map[string]bool{
			`[]`: true, `[{"reference":"Patient/1"}]`: true, `[{"reference":"RelatedPerson/b"}]`: false, `[{"display":"Fetus"}]`: false,
			`[{"reference":"Patient/1"},{"reference":"Patient/2"}]`: false, `[{"reference":"https://elsewhere.example/Patient/1"}]`: false,
		} {
			held := about1("Observation", "o", `,"category":[{"coding":[{"code":"`+category+`"}]}],"code":{"text":"Heart rate"},"valueInteger":150,"focus":`+focus)
			baby := `{"resourceType":"RelatedPerson","id":"b","patient":{"reference":"Patient/1"}}`
			s := ukcore.Open(record.MentalHealth, here, whole{someone: collection(patientOf("1", someone), held, baby)}, ids, ukcore.Options{})
			a, err := one(t, s, &fetch.Ask{Kind: kind, Subjects: subjects(someone)})
			if err != nil || (len(entriesOf(a, 0)) == 1) != shown || isWhole(a) != shown {
				t.Errorf("%s of %s: %q, whole %t, %v", kind, focus, lines(a), isWhole(a), err)
			}
		}
	}
}

// What is over and does not say when it ended is a gap where the record has no status: it would
// read as if it went on. What is only proposed or planned is not there yet.
func TestWhatIsOver(t *testing.T) {
	of := func(resource, status, more string) string {
		return strings.Replace(about1(resource, "x", more), "finished", status, 1)
	}
	const flag, team, use = `,"category":[{"coding":[{"code":"NRAF"}]}],"code":{"text":"Large print"}`, `,"name":"Team","participant":[{"member":{"display":"Dr Who"}}]`, `,"device":{"reference":"Device/d"}`
	pacemaker := func(status string) string {
		return `{"resourceType":"Device","id":"d","patient":{"reference":"Patient/1"},"type":{"text":"Pacemaker"},"status":"` + status + `"}`
	}
	const ended = `,"period":{"end":"2026-11-05"}`
	for name, c := range map[string]struct {
		kind  fetch.Kind
		held  []string
		says  string // "" for no entry
		whole bool
	}{
		"a stay that is over":                {fetch.Stays, []string{of("Encounter", "finished", `,"class":{"code":"IMP"}`)}, "", false},
		"a stay until a day":                 {fetch.Stays, []string{of("Encounter", "finished", `,"class":{"code":"IMP"}`+ended)}, "DischargedAt: 2026-11-05", true},
		"a stay that goes on":                {fetch.Stays, []string{of("Encounter", "in-progress", `,"class":{"code":"IMP"}`)}, "x", true},
		"an adjustment that is over":         {fetch.Needs, []string{of("Flag", "inactive", flag)}, "", false},
		"an adjustment until a day":          {fetch.Needs, []string{of("Flag", "inactive", flag+ended)}, "EndedOn: 2026-11-05", true},
		"an adjustment that goes on":         {fetch.Needs, []string{of("Flag", "active", flag)}, "Large print", true},
		"a team that is over":                {fetch.CareTeam, []string{of("CareTeam", "inactive", team)}, "", false},
		"a team until a day":                 {fetch.CareTeam, []string{of("CareTeam", "inactive", team+ended)}, "EndedOn: 2026-11-05", true},
		"a team that is proposed":            {fetch.CareTeam, []string{of("CareTeam", "proposed", team)}, "", true},
		"a team that goes on":                {fetch.CareTeam, []string{of("CareTeam", "active", team)}, "Dr Who", true},
		"a coordinator who is none any more": {fetch.CareCoordinators, []string{of("EpisodeOfCare", "finished", `,"careManager":{"display":"Ann"}`)}, "", false},
		"a coordinator until a day":          {fetch.CareCoordinators, []string{of("EpisodeOfCare", "finished", `,"careManager":{"display":"Ann"}`+ended)}, "EndedOn: 2026-11-05", true},
		"a coordinator to come":              {fetch.CareCoordinators, []string{of("EpisodeOfCare", "planned", `,"careManager":{"display":"Ann"}`)}, "", true},
		"a coordinator":                      {fetch.CareCoordinators, []string{of("EpisodeOfCare", "active", `,"careManager":{"display":"Ann"}`)}, "Ann", true},
		"a device no longer used":            {fetch.Devices, []string{pacemaker("active"), of("DeviceUseStatement", "completed", use)}, "Status: COMPLETED", true},
		"a device in use":                    {fetch.Devices, []string{pacemaker("active"), of("DeviceUseStatement", "active", use)}, "Status: IN_PROGRESS", true},
		"a device in use again": {fetch.Devices, []string{pacemaker("active"), of("DeviceUseStatement", "active", use), strings.Replace(of("DeviceUseStatement", "completed", use), `"x"`, `"y"`, 1)},
			"Status: IN_PROGRESS", true},
		"a device that works no more":         {fetch.Devices, []string{pacemaker("inactive"), of("DeviceUseStatement", "active", use)}, "Status: COMPLETED", true},
		"a device of which nobody says":       {fetch.Devices, []string{pacemaker("active")}, "Status: IN_PROGRESS", true},
		"a device whose use nobody knows":     {fetch.Devices, []string{pacemaker("active"), of("DeviceUseStatement", "unknown", use)}, "Status: IN_PROGRESS", true},
		"a device of no status, used no more": {fetch.Devices, []string{pacemaker("unknown"), of("DeviceUseStatement", "stopped", use)}, "Status: STOPPED", true},
	} {
		s := ukcore.Open(record.MentalHealth, here, whole{someone: collection(append(c.held, patientOf("1", someone))...)}, ids, ukcore.Options{})
		a, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
		got := strings.Join(lines(a), "\n")
		if err != nil || (got == "") != (c.says == "") || !strings.Contains(got, c.says) || isWhole(a) != c.whole {
			t.Errorf("%s: %q, whole %t, %v", name, got, isWhole(a), err)
		}
	}
}

// A specimen that was a mistake is none, and of one that cannot be read it is not told that it is any.
func TestASpecimenThatWasAMistake(t *testing.T) {
	for status, c := range map[string]struct{ shown, whole bool }{`"available"`: {true, true}, `"entered-in-error"`: {false, true}, `7`: {false, false}} {
		held := about1("Observation", "o", `,"code":{"text":"Potassium"},"valueQuantity":{"value":7.1},"specimen":{"reference":"Specimen/s","display":"Serum"}`)
		a := readOf(t, fetch.Results, held, `{"resourceType":"Specimen","id":"s","subject":{"reference":"Patient/1"},"status":`+status+`,"type":{"text":"Serum"}}`)
		if got := strings.Join(lines(a), "\n"); strings.Contains(got, "Serum") != c.shown || !strings.Contains(got, "Potassium") || isWhole(a) != c.whole {
			t.Errorf("%s: %q, whole %t", status, got, isWhole(a))
		}
	}
}

// What is not confirmed says so where the record has no place for how sure it is, and has no code, which would say that it is so.
func TestWhatIsNotCertain(t *testing.T) {
	visit := func(class, more string) string {
		return about1("Encounter", "e", `,"class":{"code":"`+class+`"},"period":{"start":"2026-01-01","end":"2026-01-02"}`+more)
	}
	condition := func(status, more string) string {
		return about1("Condition", "c", `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"59282003","display":"Pulmonary embolism"}]},"verificationStatus":{"coding":[{"code":"local"},{"code":"`+status+`"}]}`+more)
	}
	const listed = `,"diagnosis":[{"condition":{"reference":"Condition/c"}}]`
	const at = `,"encounter":{"reference":"Encounter/e"}`
	for name, c := range map[string]struct {
		kind fetch.Kind
		held []string
		says string
	}{
		"a stay":                   {fetch.Stays, []string{visit("IMP", listed), condition("differential", "")}, "Reason: Differential: Pulmonary embolism · Diagnoses: [Differential: Pulmonary embolism, 1]"},
		"a provisional one":        {fetch.Stays, []string{visit("IMP", listed), condition("provisional", "")}, "Reason: Suspected: Pulmonary embolism · Diagnoses: [Suspected: Pulmonary embolism, 1]"},
		"one that is confirmed":    {fetch.Stays, []string{visit("IMP", listed), condition("confirmed", "")}, "Reason: 59282003 Pulmonary embolism · Diagnoses: [59282003 Pulmonary embolism, 1]"},
		"one found at a stay":      {fetch.Stays, []string{visit("IMP", ""), condition("unconfirmed", at)}, "Diagnoses: [Suspected: Pulmonary embolism, 1]"},
		"an attendance":            {fetch.Attendances, []string{visit("EMER", listed), condition("unconfirmed", "")}, "Complaint: Suspected: Pulmonary embolism · Diagnoses: [Suspected: Pulmonary embolism, 1]"},
		"one found at an attended": {fetch.Attendances, []string{visit("EMER", ""), condition("differential", at)}, "Diagnoses: [Differential: Pulmonary embolism, 1]"},
		"a reason":                 {fetch.Medications, []string{about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Warfarin"},"reasonReference":[{"reference":"Condition/c"}]`), condition("differential", "")}, "Reason: Differential: Pulmonary embolism"},
		"a reason in other words": {fetch.Medications, []string{about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Warfarin"},"reasonReference":[{"reference":"Condition/c","display":"Embolism"}]`),
			about1("Condition", "c", `,"verificationStatus":{"coding":[{"code":"provisional"}]}`)}, "Reason: Suspected: Embolism"},
		"the problem itself": {fetch.Problems, []string{condition("differential", "")}, "Problem: 59282003 Pulmonary embolism · Kind: PROBLEM · Status: UNKNOWN · Verification: DIFFERENTIAL"},
	} {
		a := readOf(t, c.kind, c.held...)
		if all := strings.Join(lines(a), "\n"); !strings.HasSuffix(all, c.says) {
			t.Errorf("%s: %q", name, all)
		}
	}
}
