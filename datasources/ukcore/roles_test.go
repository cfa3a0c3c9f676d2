package ukcore_test

import (
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Who has charge of an encounter is told by their role and by whether they have it still, or had when it ended; not by who is named
// first.
func TestWhoHasCharge(t *testing.T) {
	during := func(role, name, period string) string {
		return `{"type":[{"coding":[{"code":"` + role + `"}]}],"individual":{"display":"` + name + `"},"period":{` + period + `}}`
	}
	as := func(role, name string) string { return during(role, name, "") }
	const goesOn, over = `,"status":"in-progress"`, `,"status":"finished"`
	const untyped = `{"individual":{"display":"Untyped"}}`
	for name, c := range map[string]struct{ status, participants, want string }{
		"beside who sent them":           {goesOn, as("REF", "Referrer") + "," + as("ATND", "Attending"), "Attending"},
		"beside who let them out":        {over, as("DIS", "Discharger") + "," + as("CON", "Consultant"), "Consultant"},
		"beside who let them in":         {goesOn, as("ADM", "Admitter") + "," + as("PPRF", "Performer"), "Performer"},
		"beside who came with them":      {goesOn, as("ESC", "Escort") + "," + as("SPRF", "Second"), "Second"},
		"beside who interprets":          {goesOn, as("translator", "Interpreter") + "," + untyped, "Untyped"},
		"beside whom to call":            {goesOn, as("emergency", "Friend") + "," + as("CALLBCK", "Caller") + "," + as("x", "Someone"), "Someone"},
		"the roles in their order":       {goesOn, untyped + "," + as("SPRF", "Second") + "," + as("PPRF", "Performer") + "," + as("CON", "Consultant") + "," + as("ATND", "Attending"), "Attending"},
		"two roles of one":               {goesOn, untyped + `,{"type":[{"coding":[{"code":"ADM"}]},{"coding":[{"code":"ATND"}]}],"individual":{"display":"Attending"}}`, "Attending"},
		"nobody":                         {goesOn, as("REF", "Referrer") + "," + as("DIS", "Discharger"), ""},
		"after who handed over":          {goesOn, during("ATND", "Former", `"end":"2026-11-21"`) + "," + during("ATND", "Attending", `"start":"2026-11-21"`), "Attending"},
		"before who takes over":          {goesOn, during("ATND", "Next", `"start":"2026-12-01"`) + "," + as("SPRF", "Second"), "Second"},
		"when it ended":                  {over, during("ATND", "Former", `"end":"2026-11-21"`) + "," + during("ATND", "Attending", `"start":"2026-11-21","end":"2026-11-22T10:00:00Z"`), "Attending"},
		"when it ended, by days":         {over, during("ATND", "Former", `"end":"2026-11-21"`) + "," + during("ATND", "Attending", `"end":"2026-11-22"`), "Attending"},
		"of one that is planned, to end": {`,"status":"planned"`, during("ATND", "Attending", `"start":"2026-12-01","end":"2026-12-02"`), "Attending"},
	} {
		end := ""
		if c.status == over {
			end = `,"end":"2026-11-22T10:00:00Z"`
		}
		for class, kind := range map[string]fetch.Kind{"IMP": fetch.Stays, "EMER": fetch.Attendances} {
			if strings.Contains(c.status, "planned") {
				kind = fetch.Appointments
			}
			a := readOf(t, kind, strings.Replace(about1("Encounter", "e", `,"class":{"code":"`+class+`"},"period":{"start":"2026-11-20T10:00:00Z"`+end+`},"participant":[`+c.participants+`]`), `,"status":"finished"`, c.status, 1))
			var who *record.Practitioner
			switch x := entriesOf(a, 0)[0].(type) {
			case *record.Stay:
				who = x.Consultant
			case *record.Attendance:
				who = x.Clinician
			case *record.Appointment:
				who = x.Clinician
			}
			if who == nil && c.want != "" || who != nil && string(who.Name) != c.want {
				t.Errorf("%s, %s: %+v, not %s", name, class, who, c.want)
			}
		}
	}
	if a := readOf(t, fetch.Stays, about1("Encounter", "e", `,"class":{"code":"IMP"},"period":{"end":"2026-11-22"},"participant":[`+during("ATND", "Dr Who", `"end":"2026-02-31"`)+`]`)); isWhole(a) {
		t.Error("until a day that does not exist, and whole")
	}
}

// Who ordered a vaccine did not give it, and who told of a medicine did not prescribe it.
func TestWhoDidWhat(t *testing.T) {
	as := func(function, name string) string {
		return `{"function":{"coding":[{"code":"` + function + `"}]},"actor":{"display":"` + name + `"}}`
	}
	for performers, want := range map[string]string{
		as("OP", "Dr Order") + "," + as("AP", "Nurse Give"):                                       "Nurse Give",
		as("OP", "Dr Order") + `,{"actor":{"display":"Nurse Untyped"}},` + as("AP", "Nurse Give"): "Nurse Give",
		as("OP", "Dr Order") + `,{"actor":{"display":"Nurse Untyped"}}`:                           "Nurse Untyped",
		as("OP", "Dr Order"): "",
	} {
		a := readOf(t, fetch.Immunisations, about1("Immunization", "i", `,"vaccineCode":{"text":"MMR"},"performer":[`+performers+`]`))
		if by := entriesOf(a, 0)[0].(*record.Immunisation).GivenBy; by == nil && want != "" || by != nil && string(by.Name) != want {
			t.Errorf("%s: given by %+v", performers, by)
		}
	}
	a := readOf(t, fetch.Medications, about1("MedicationStatement", "m", `,"medicationCodeableConcept":{"text":"Warfarin"},"informationSource":{"reference":"Practitioner/p","display":"Pharmacist"}`))
	if m := entriesOf(a, 0)[0].(*record.Medication); m.Prescriber != nil || m.Provenance.RecordedBy == nil {
		t.Errorf("prescribed by %+v, recorded by %+v", m.Prescriber, m.Provenance.RecordedBy)
	}
}

// Who is to coordinate an episode that waits for its turn does not yet.
func TestACoordinatorToCome(t *testing.T) {
	for status, n := range map[string]int{"waitlist": 0, "planned": 0, "active": 1} {
		s := open(t, patientOf("1", someone), `{"resourceType":"EpisodeOfCare","id":"e","status":"`+status+`","patient":{"reference":"Patient/1"},"careManager":{"display":"Nurse Next"}}`)
		a, err := one(t, s.source(t, record.MentalHealth, ukcore.Options{}), &fetch.Ask{Kind: fetch.CareCoordinators, Subjects: subjects(someone)})
		if err != nil || len(entriesOf(a, 0)) != n {
			t.Errorf("%s: %q, %v", status, lines(a), err)
		}
	}
}

// A name somebody had once, or does not have yet, is theirs only where there is no other.
func TestANameOfAnotherTime(t *testing.T) {
	for names, want := range map[string]string{
		`{"use":"usual","text":"Ann Former","period":{"end":"2010-01-01"}},{"use":"usual","text":"Ann Present","period":{"start":"2010-01-02"}}`: "Ann Present",
		`{"use":"official","text":"Ann Former","period":{"end":"2010"}},{"text":"Ann Present"}`:                                                  "Ann Present",
		`{"text":"Ann To Be","period":{"start":"2030"}},{"text":"Ann Present"}`:                                                                  "Ann Present",
		`{"text":"Ann Perhaps","period":{"end":"2026-02-31"}},{"text":"Ann Present"}`:                                                            "Ann Present",
		`{"text":"Ann Former","period":{"end":"2010-01-01"}}`:                                                                                    "Ann Former",
	} {
		a := readOf(t, fetch.Contacts, `{"resourceType":"RelatedPerson","id":"r","patient":{"reference":"Patient/1"},"name":[`+names+`]}`)
		if k := entriesOf(a, 0)[0].(*record.Contact); string(k.Name) != want {
			t.Errorf("%s: %s", names, k.Name)
		}
	}
}
