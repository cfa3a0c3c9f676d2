package fhir_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func on(day string) record.DateTime { return record.At(record.Date(day).Midnight()) }

func TestPickNarrowsAsTheViewsDo(t *testing.T) {
	allergy := func(id string, x record.Allergy) record.Allergy {
		x.Provenance.SourceID = id
		return x
	}
	medicine := func(id string, x record.Medication) record.Medication {
		x.Provenance.SourceID = id
		return x
	}
	allergies := []record.Allergy{
		allergy("stands", record.Allergy{Status: record.AllergyStatusActive}), allergy("unknown", record.Allergy{Status: record.AllergyStatusUnknown}),
		allergy("resolved", record.Allergy{Status: record.AllergyStatusResolved}), allergy("ended", record.Allergy{Status: record.AllergyStatusActive, EndedOn: "2026-11-24"}),
		allergy("ends today", record.Allergy{EndedOn: "2026-11-25"}), allergy("ends this year", record.Allergy{EndedOn: "2026"}),
	}
	medicines := []record.Medication{
		medicine("repeat", record.Medication{Kind: record.MedicationKindRepeat, Status: record.MedicationStatusActive, StartedOn: "2010"}),
		medicine("unknown", record.Medication{Status: record.MedicationStatusUnknown}),
		medicine("stopped", record.Medication{Status: record.MedicationStatusStopped}),
		medicine("course", record.Medication{Kind: record.MedicationKindAcute, StartedOn: "2026-10-28"}),
		medicine("course over", record.Medication{Kind: record.MedicationKindAcute, StartedOn: "2026-10-27"}),
		medicine("issued again", record.Medication{Kind: record.MedicationKindAcute, StartedOn: "2026-01-01", LastIssuedOn: "2026-10-28"}),
		medicine("issued long ago", record.Medication{Kind: record.MedicationKindAcute, StartedOn: "2026-01-01", LastIssuedOn: "2026-10-27"}),
		medicine("course with its end", record.Medication{Kind: record.MedicationKindAcute, StartedOn: "2026-01-01", EndedOn: "2026-12"}),
		medicine("last discharge", record.Medication{Kind: record.MedicationKindDischarge, DischargedAt: on("2026-11-01")}),
		medicine("discharge before", record.Medication{Kind: record.MedicationKindDischarge, DischargedAt: on("2026-10-31")}),
		medicine("discharge in the month of the last", record.Medication{Kind: record.MedicationKindDischarge, DischargedAt: on("2026-11-01"), DischargedAtPrecision: record.PrecisionMonth}),
		medicine("discharge in a month before", record.Medication{Kind: record.MedicationKindDischarge, DischargedAt: on("2026-10-01"), DischargedAtPrecision: record.PrecisionMonth}),
		medicine("discharge in a year", record.Medication{Kind: record.MedicationKindDischarge, DischargedAt: on("2026-01-01"), DischargedAtPrecision: record.PrecisionYear}),
		medicine("discharge in a year before", record.Medication{Kind: record.MedicationKindDischarge, DischargedAt: on("2025-01-01"), DischargedAtPrecision: record.PrecisionYear}),
		medicine("discharge to come", record.Medication{Kind: record.MedicationKindDischarge, DischargedAt: on("2026-12-01")}),
		medicine("discharge unknown", record.Medication{Kind: record.MedicationKindDischarge}),
		medicine("stay later", record.Medication{Kind: record.MedicationKindInpatient, DischargedAt: on("2026-11-20")}),
		medicine("to leave", record.Medication{Kind: record.MedicationKindInpatient, DischargedAt: on("2026-11-26")}),
		medicine("on the ward", record.Medication{Kind: record.MedicationKindInpatient, StartedOn: "2026-10-28"}),
		medicine("on the ward before", record.Medication{Kind: record.MedicationKindInpatient, StartedOn: "2026-10-27"}),
		medicine("over", record.Medication{Kind: record.MedicationKindRepeat, StartedOn: "2026-11", EndedOn: "2026-11-24"}),
		medicine("completed", record.Medication{Status: record.MedicationStatusCompleted}),
		medicine("cancelled", record.Medication{Status: record.MedicationStatusCancelled}),
		medicine("delayed", record.Medication{Kind: record.MedicationKindDelayed, StartedOn: "2026-10"}),
		medicine("delayed before", record.Medication{Kind: record.MedicationKindDelayed, StartedOn: "2026-09"}),
	}
	ids := func(list any) string {
		var all []string
		switch list := list.(type) {
		case []record.Allergy:
			for _, x := range list {
				all = append(all, x.Provenance.SourceID)
			}
		case []record.Medication:
			for _, x := range list {
				all = append(all, x.Provenance.SourceID)
			}
		}
		return strings.Join(all, ", ")
	}
	terms := &fetch.Terms{Now: noon}
	for filter, want := range map[string]string{
		"ACTIVE": "stands, unknown, ends today, ends this year", "ENDED": "resolved, ended", "": "stands, unknown, resolved, ended, ends today, ends this year",
	} {
		got, _ := fhir.Pick(&fetch.Ask{Kind: fetch.Allergies, Filter: fetch.Filter{Status: filter}}, terms, "X26", allergies)
		if ids(got) != want {
			t.Errorf("%q: %s", filter, ids(got))
		}
	}
	for filter, want := range map[string]string{
		"CURRENT": "course, on the ward, delayed, issued again, course with its end, repeat, unknown, last discharge, discharge in the month of the last, discharge in a year, discharge to come, discharge unknown, to leave",
		"PAST":    "over, course over, on the ward before, delayed before, issued long ago, stopped, discharge before, discharge in a month before, discharge in a year before, stay later, completed, cancelled",
	} {
		got, _ := fhir.Pick(&fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: filter}}, terms, "X26", medicines)
		if ids(got) != want {
			t.Errorf("%q: %s", filter, ids(got))
		}
	}
}

func TestPickTakesResultsByCodeAndDay(t *testing.T) {
	result := func(id, system, code, taken string) record.Result {
		r := record.Result{Test: record.Code{System: record.Text(system), Code: record.Text(code), Display: "x"}}
		if taken != "" {
			r.TakenAt = on(taken)
		}
		r.Provenance.SourceID = id
		return r
	}
	original := result("by its original", "local", "L1", "2026-01-03")
	original.Test.Original = &record.Code{System: "http://loinc.org", Code: "1"}
	results := []record.Result{
		result("a", "http://loinc.org", "1", "2026-01-01"), result("b", "http://loinc.org", "2", "2026-01-02"), original, result("local", "local", "L2", "2026-01-04"), result("undated", "http://loinc.org", "1", ""),
	}
	for name, c := range map[string]struct {
		ask  *fetch.Ask
		want string
	}{
		"a code":          {&fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{Codes: "http://loinc.org|1\tx|9"}}, "by its original a undated"},
		"what is none":    {&fetch.Ask{Kind: fetch.UnmappedResults, Filter: fetch.Filter{Codes: "http://loinc.org|1"}}, "local"},
		"since":           {&fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{Since: "2026-01-03"}}, "local by its original undated"},
		"up to now":       {&fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{When: fetch.UpToNow}}, "local by its original b a undated"},
		"from now on":     {&fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{When: fetch.FromNow}}, ""},
		"two":             {&fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{First: 2}}, "local by its original"},
		"from a position": {&fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{First: 1, After: fetch.Position{Set: true, At: on("2026-01-03").Time}}}, "by its original b"},
		"undated ones":    {&fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{First: 1, After: fetch.Position{Set: true}}}, "undated"},
	} {
		got, cut := fhir.Pick(c.ask, &fetch.Terms{Now: noon}, "X26", results)
		var all []string
		for _, x := range got {
			all = append(all, x.Provenance.SourceID)
		}
		if strings.Join(all, " ") != c.want || cut {
			t.Errorf("%s: %v %v", name, all, cut)
		}
	}
}

// Walking the pages gives every entry once, ties and undated ones too, and none before
// its turn.
func TestPagesHoldEveryEntry(t *testing.T) {
	var problems []record.Problem
	for i := range 60 {
		p := record.Problem{OnsetOn: record.PartialDate([]string{"2026-03-01", "2026-03", "2026", "2020-05-05", ""}[i%5])}
		p.Provenance.SourceID = fmt.Sprint(i)
		problems = append(problems, p)
	}
	seen := map[string]bool{}
	position := fetch.Position{}
	for range 10 {
		got, _ := fhir.Pick(&fetch.Ask{Kind: fetch.Problems, Filter: fetch.Filter{First: 7, After: position}}, &fetch.Terms{Now: noon}, "X26", problems)
		for _, x := range got {
			seen[x.Provenance.SourceID] = true
		}
		last := got[len(got)-1]
		position = fetch.Position{Set: true, On: string(last.OnsetOn)}
		if last.OnsetOn == "" {
			break
		}
	}
	if len(seen) != len(problems) {
		t.Errorf("%d of %d", len(seen), len(problems))
	}
}

func TestMoreThanFitsIsTruncated(t *testing.T) {
	problems := make([]record.Problem, 2001)
	for i := range problems {
		problems[i].OnsetOn = record.PartialDate(fmt.Sprintf("%04d-01-01", 1+i))
	}
	if got, cut := fhir.Pick(&fetch.Ask{Kind: fetch.Problems}, &fetch.Terms{Now: noon}, "X26", problems); !cut || len(got) < 2000 {
		t.Errorf("%d, %v", len(got), cut)
	}
	if got, cut := fhir.Pick(&fetch.Ask{Kind: fetch.Problems}, &fetch.Terms{Now: noon}, "X26", problems[:2000]); cut || len(got) != 2000 {
		t.Errorf("%d, %v", len(got), cut)
	}
}

// labels are the ids of entries, in their order.
func labels[T any, P fhir.Entry[T]](entries []T) string {
	var all []string
	for i := range entries {
		all = append(all, string(record.Envelope(P(&entries[i])).Provenance.SourceID))
	}
	return strings.Join(all, ", ")
}

func TestPickTellsPastProblems(t *testing.T) {
	problem := func(id string, status record.ProblemStatus, ended record.PartialDate) record.Problem {
		x := record.Problem{Status: status, EndedOn: ended}
		x.Provenance.SourceID = id
		return x
	}
	problems := []record.Problem{
		problem("active", record.ProblemStatusActive, ""), problem("again", record.ProblemStatusRecurrence, ""), problem("unknown", record.ProblemStatusUnknown, ""), problem("ends today", record.ProblemStatusActive, "2026-11-25"),
		problem("ends this month", record.ProblemStatusActive, "2026-11"), problem("inactive", record.ProblemStatusInactive, ""), problem("resolved", record.ProblemStatusResolved, ""),
		problem("remission", record.ProblemStatusRemission, ""), problem("ended", record.ProblemStatusActive, "2026-11-24"), problem("ended in a month", record.ProblemStatusActive, "2026-10"),
	}
	for status, want := range map[string]string{
		"ACTIVE": "active, again, unknown, ends today, ends this month", "PAST": "inactive, resolved, remission, ended, ended in a month",
	} {
		if got, _ := fhir.Pick(&fetch.Ask{Kind: fetch.Problems, Filter: fetch.Filter{Status: status}}, &fetch.Terms{Now: noon}, "X26", problems); labels(got) != want {
			t.Errorf("%s: %s", status, labels(got))
		}
	}
}

func TestPickTellsStays(t *testing.T) {
	stay := func(id string, discharged record.DateTime, known record.Precision) record.Stay {
		x := record.Stay{DischargedAt: discharged, DischargedAtPrecision: known}
		x.Provenance.SourceID = id
		return x
	}
	stays := []record.Stay{
		stay("here", record.DateTime{}, ""), stay("leaves", record.At(noon.Add(time.Second)), record.PrecisionTime), stay("leaves today", on("2026-11-25"), record.PrecisionDay),
		stay("left", record.At(noon), record.PrecisionTime), stay("left yesterday", on("2026-11-24"), record.PrecisionDay),
	}
	for status, want := range map[string]string{"CURRENT": "here, leaves, leaves today", "ENDED": "left, left yesterday", "": "here, leaves, leaves today, left, left yesterday"} {
		if got, _ := fhir.Pick(&fetch.Ask{Kind: fetch.Stays, Filter: fetch.Filter{Status: status}}, &fetch.Terms{Now: noon}, "X26", stays); labels(got) != want {
			t.Errorf("%s: %s", status, labels(got))
		}
	}
}

// A result that was not said to be taken was taken before it was issued.
func TestPickTakesResultsByTheirIssue(t *testing.T) {
	result := func(id, taken, issued string, test record.Code) record.Result {
		x := record.Result{Test: test}
		x.Provenance.SourceID = id
		if taken != "" {
			x.TakenAt = on(taken)
		}
		if issued != "" {
			x.IssuedAt = on(issued)
		}
		return x
	}
	known := func(id string, precision record.Precision, from string) record.Result {
		x := result(id, from, "", record.Code{Display: "x"})
		x.TakenAtPrecision = precision
		return x
	}
	since := []record.Result{
		known("in the year", record.PrecisionYear, "2026-01-01"), known("in the year before", record.PrecisionYear, "2025-01-01"), known("in the month", record.PrecisionMonth, "2026-06-01"),
		known("in the month before", record.PrecisionMonth, "2026-05-01"), known("on the day before", record.PrecisionDay, "2026-06-14"), known("on the day", record.PrecisionDay, "2026-06-15"),
		known("at its first moment", record.PrecisionTime, "2026-06-15"), known("a moment before", record.PrecisionTime, "2026-06-14"),
	}
	if got, _ := fhir.Pick(&fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{Since: "2026-06-15"}}, &fetch.Terms{Now: noon}, "X26", since); labels(got) != "on the day, at its first moment, in the month, in the year" {
		t.Errorf("since a day, of what is known by month or year: %s", labels(got))
	}
	results := []record.Result{
		result("taken before, issued since", "2026-01-02", "2026-01-04", record.Code{System: "s", Code: "1"}), result("issued before", "", "2026-01-02", record.Code{System: "s", Code: "2"}),
		result("issued since", "", "2026-01-03", record.Code{System: "s"}), result("neither", "", "", record.Code{Display: "x"}),
	}
	for name, c := range map[string]struct {
		ask  fetch.Ask
		want string
	}{
		"since":                {fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{Since: "2026-01-03"}}, "issued since, neither"},
		"unmapped":             {fetch.Ask{Kind: fetch.UnmappedResults, Filter: fetch.Filter{Codes: "s|9"}}, "issued since, neither"},
		"unmapped since":       {fetch.Ask{Kind: fetch.UnmappedResults, Filter: fetch.Filter{Codes: "t|9", Since: "2026-01-03"}}, "issued since, neither"},
		"of a code":            {fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{Codes: "s|1\ts|2"}}, "taken before, issued since, issued before"},
		"of a code, and since": {fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{Codes: "s|1\ts|2", Since: "2026-01-03"}}, ""},
		"of no code":           {fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{Codes: "s|"}}, ""},
	} {
		if got, _ := fhir.Pick(&c.ask, &fetch.Terms{Now: noon}, "X26", results); labels(got) != c.want {
			t.Errorf("%s: %s", name, labels(got))
		}
	}
	signs := []record.VitalSign{{Sign: record.Code{System: "s", Code: "1"}, TakenAt: on("2026-01-02")}, {Sign: record.Code{System: "s", Code: "2"}, TakenAt: on("2026-01-03")}}
	for filter, want := range map[fetch.Filter]int{{}: 2, {Codes: "s|1"}: 1, {Since: "2026-01-03"}: 1, {Codes: "s|1", Since: "2026-01-03"}: 0} {
		if got, _ := fhir.Pick(&fetch.Ask{Kind: fetch.VitalSigns, Filter: filter}, &fetch.Terms{Now: noon}, "X26", signs); len(got) != want {
			t.Errorf("%+v: %d vital signs", filter, len(got))
		}
	}
}

// A trust's appointments are its own at whatever site; a practice's are those of its number.
func TestPickTakesAppointmentsOfOrganisations(t *testing.T) {
	appointment := func(id string, sector record.Sector, organisation *record.Organisation) record.Appointment {
		x := record.Appointment{StartsAt: on("2026-11-26"), StartsAtPrecision: record.PrecisionDay}
		x.Provenance = record.Provenance{SourceID: id, Sector: sector, Organisation: organisation}
		return x
	}
	practice := &record.Organisation{ODSCode: "F83001"}
	appointments := []record.Appointment{
		appointment("at a practice", record.GP, practice), appointment("at one without its number", record.GP, &record.Organisation{Name: "x"}), appointment("at one not named", record.GP, nil),
		appointment("of a trust", record.Acute, practice), appointment("of a trust not named", record.Acute, nil),
	}
	for orgs, want := range map[string]string{
		"":            "at a practice, at one without its number, at one not named, of a trust, of a trust not named",
		"F83001":      "at a practice",
		"X26":         "at one without its number, at one not named, of a trust, of a trust not named",
		"X26\tF83001": "at a practice, at one without its number, at one not named, of a trust, of a trust not named",
		"X2":          "",
	} {
		for _, kind := range []fetch.Kind{fetch.Appointments, fetch.Upcoming} {
			if got, _ := fhir.Pick(&fetch.Ask{Kind: kind, Filter: fetch.Filter{Orgs: orgs}}, &fetch.Terms{Now: noon}, "X26", appointments); labels(got) != want {
				t.Errorf("%s of %q: %s", kind, orgs, labels(got))
			}
		}
	}
}

// moments are those round the now of the tests, and of each on which side of it it stands.
var moments = []struct {
	id             string
	at             record.DateTime
	known          record.Precision
	before, toCome bool
}{
	{"before", record.At(noon.Add(-time.Second)), record.PrecisionTime, true, false},
	{"now", record.At(noon), record.PrecisionTime, true, true},
	{"after", record.At(noon.Add(time.Second)), record.PrecisionTime, false, true},
	{"midnight", on("2026-11-25"), record.PrecisionTime, true, false},
	{"today", on("2026-11-25"), record.PrecisionDay, true, true},
	{"yesterday", on("2026-11-24"), record.PrecisionDay, true, false},
	{"tomorrow", on("2026-11-26"), record.PrecisionDay, false, true},
	{"this month", on("2026-11-01"), record.PrecisionMonth, true, true},
	{"last month", on("2026-10-01"), record.PrecisionMonth, true, false},
	{"this year", on("2026-01-01"), record.PrecisionYear, true, true},
	{"last year", on("2025-01-01"), record.PrecisionYear, true, false},
	{"undated", record.DateTime{}, "", true, false},
}

// sides tries entries of a kind, made of a moment, on both sides of now.
func sides[T any, P fhir.Entry[T]](t *testing.T, kind fetch.Kind, of func(at record.DateTime, known record.Precision) T) {
	t.Helper()
	for _, m := range moments {
		if m.at.IsZero() && kind == fetch.Appointments { // it waits for a date
			m.before, m.toCome = false, true
		}
		for when, want := range map[fetch.When]bool{fetch.Always: true, fetch.UpToNow: m.before, fetch.FromNow: m.toCome} {
			got, _ := fhir.Pick[T, P](&fetch.Ask{Kind: kind, Filter: fetch.Filter{When: when}}, &fetch.Terms{Now: noon}, "X26", []T{of(m.at, m.known)})
			if (len(got) == 1) != want {
				t.Errorf("%s, %s, side %d: %v", kind, m.id, when, !want)
			}
		}
	}
}

func TestPickTakesOneSideOfNow(t *testing.T) {
	sides(t, fetch.Results, func(at record.DateTime, known record.Precision) record.Result {
		return record.Result{TakenAt: at, TakenAtPrecision: known}
	})
	sides(t, fetch.Reports, func(at record.DateTime, known record.Precision) record.Report {
		return record.Report{TakenAt: at, TakenAtPrecision: known}
	})
	sides(t, fetch.VitalSigns, func(at record.DateTime, known record.Precision) record.VitalSign {
		return record.VitalSign{TakenAt: at, TakenAtPrecision: known}
	})
	sides(t, fetch.Appointments, func(at record.DateTime, known record.Precision) record.Appointment {
		return record.Appointment{StartsAt: at, StartsAtPrecision: known}
	})
	sides(t, fetch.Documents, func(at record.DateTime, known record.Precision) record.Document {
		return record.Document{WrittenAt: at, WrittenAtPrecision: known}
	})
	sides(t, fetch.Consultations, func(at record.DateTime, known record.Precision) record.Consultation {
		return record.Consultation{HeldAt: at, HeldAtPrecision: known}
	})
	sides(t, fetch.Stays, func(at record.DateTime, known record.Precision) record.Stay {
		return record.Stay{AdmittedAt: at, AdmittedAtPrecision: known}
	})
	sides(t, fetch.Attendances, func(at record.DateTime, known record.Precision) record.Attendance {
		return record.Attendance{ArrivedAt: at, ArrivedAtPrecision: known}
	})
	sides(t, fetch.CareContacts, func(at record.DateTime, known record.Precision) record.CareContact {
		return record.CareContact{HeldAt: at, HeldAtPrecision: known}
	})
	for _, m := range moments {
		appointment := []record.Appointment{{StartsAt: m.at, StartsAtPrecision: m.known}}
		want := m.toCome || m.at.IsZero()
		if got, _ := fhir.Pick(&fetch.Ask{Kind: fetch.Upcoming}, &fetch.Terms{Now: noon}, "X26", appointment); (len(got) == 1) != want {
			t.Errorf("upcoming, %s: %v", m.id, !want)
		}
	}
	allergy := []record.Allergy{{Item: record.Item{Provenance: record.Provenance{RecordedAt: on("2026-11-25")}}}}
	if got, _ := fhir.Pick(&fetch.Ask{Kind: fetch.Allergies, Filter: fetch.Filter{When: fetch.FromNow}}, &fetch.Terms{Now: noon}, "X26", allergy); len(got) != 0 {
		t.Error("an allergy recorded this morning is to come")
	}
	for onset, want := range map[record.PartialDate][2]bool{
		"2026-11-24": {true, false}, "2026-11-25": {true, true}, "2026-11-26": {false, true}, "2026-11": {true, true}, "2026-10": {true, false},
		"2026-12": {false, true}, "2026": {true, true}, "2025": {true, false}, "2027": {false, true}, "": {true, false},
	} {
		for i, when := range []fetch.When{fetch.UpToNow, fetch.FromNow} {
			got, _ := fhir.Pick(&fetch.Ask{Kind: fetch.Problems, Filter: fetch.Filter{When: when}}, &fetch.Terms{Now: noon}, "X26", []record.Problem{{OnsetOn: onset}})
			if (len(got) == 1) != want[i] {
				t.Errorf("a problem since %q, side %d: %v", onset, when, !want[i])
			}
		}
	}
}

// An appointment without a date waits for one, unless it is over, and stands with those that are past then.
func TestAnAppointmentWithoutADate(t *testing.T) {
	for status, over := range map[record.AppointmentStatus]bool{
		record.AppointmentStatusWaitlist: false, record.AppointmentStatusProposed: false, record.AppointmentStatusPending: false, record.AppointmentStatusBooked: false, record.AppointmentStatusUnknown: false, "": false,
		record.AppointmentStatusFulfilled: true, record.AppointmentStatusCancelled: true, record.AppointmentStatusDidNotAttend: true,
	} {
		for ask, want := range map[*fetch.Ask]bool{
			{Kind: fetch.Upcoming, Filter: fetch.Filter{When: fetch.FromNow}}: !over, {Kind: fetch.Appointments, Filter: fetch.Filter{When: fetch.UpToNow}}: over, {Kind: fetch.Appointments}: true,
		} {
			if got, _ := fhir.Pick(ask, &fetch.Terms{Now: noon}, "X26", []record.Appointment{{Status: status}}); (len(got) == 1) != want {
				t.Errorf("%s, of %s on side %d: %v", status, ask.Kind, ask.Filter.When, !want)
			}
		}
	}
}

// A panel is asked for by the codes of its parts too, and what cannot be compared may be one of them.
func TestPickLooksIntoPanels(t *testing.T) {
	code := func(system, code string) record.Code {
		return record.Code{System: record.Text(system), Code: record.Text(code)}
	}
	pressure := record.VitalSign{Sign: code("s", "bp"), Components: []record.VitalSignComponent{{Sign: code("s", "diastolic")}, {Sign: code("l", "8480-6")}}}
	panel := record.Result{Test: code("s", "panel"), Components: []record.ResultComponent{{Test: code("s", "sodium")}, {Test: record.Code{System: "lab", Code: "CREA", Original: &record.Code{System: "l", Code: "2160-0"}}}}}
	for codes, want := range map[string][4]int{ // signs, results, and those of each that cannot be compared
		"l|8480-6": {1, 0, 1, 1}, "l|2160-0": {0, 1, 1, 1}, "s|sodium": {0, 1, 1, 1}, "s|bp": {1, 0, 1, 1}, "s|other": {0, 0, 1, 1}, "x|1": {0, 0, 1, 1}, "s|1\tl|1": {0, 0, 0, 0},
	} {
		filter := fetch.Filter{Codes: codes}
		var got [4]int
		for i, kind := range []fetch.Kind{fetch.VitalSigns, fetch.Results, fetch.UnmappedVitalSigns, fetch.UnmappedResults} {
			if i%2 == 0 {
				picked, _ := fhir.Pick(&fetch.Ask{Kind: kind, Filter: filter}, &fetch.Terms{Now: noon}, "X26", []record.VitalSign{pressure})
				got[i] = len(picked)
			} else {
				picked, _ := fhir.Pick(&fetch.Ask{Kind: kind, Filter: filter}, &fetch.Terms{Now: noon}, "X26", []record.Result{panel})
				got[i] = len(picked)
			}
		}
		if got != want {
			t.Errorf("%q: %v, want %v", codes, got, want)
		}
	}
}

// A page goes on from a position with what shares its date, which whoever asks has in part,
// and as many besides as are asked for.
func TestPickGoesOnFromAPosition(t *testing.T) {
	var problems []record.Problem
	var appointments []record.Appointment
	for _, id := range []string{"2026-03-01 a", "2026-03-01 b", "2026-03 c", "2026-02-01 d", "2026-02-01 e", "2026-01-01 f", " g", " h"} {
		day, _, _ := strings.Cut(id, " ")
		p := record.Problem{OnsetOn: record.PartialDate(day)}
		p.Provenance.SourceID = id[len(id)-1:]
		problems = append(problems, p)
		a := record.Appointment{}
		if len(day) == len(time.DateOnly) {
			a.StartsAt = record.At(on(day).AddDate(1, 0, 0))
		}
		a.Provenance.SourceID = id[len(id)-1:]
		appointments = append(appointments, a)
	}
	at := func(day string) time.Time { return on(day).Time }
	for name, c := range map[string]struct {
		after                 fetch.Position
		first                 int
		problems              string
		appointments, soonest string
	}{
		"the beginning":          {fetch.Position{}, 1, "a, b", "a, b", "f"},
		"all that share a date":  {fetch.Position{}, 4, "a, b, c, d, e", "a, b, d, e", "f, d, e, a, b"},
		"as many as there are":   {fetch.Position{}, 8, "a, b, c, d, e, f, g, h", "a, b, d, e, f, c, g, h", "f, d, e, a, b, c, g, h"},
		"all":                    {fetch.Position{}, 0, "a, b, c, d, e, f, g, h", "a, b, d, e, f, c, g, h", "f, d, e, a, b, c, g, h"},
		"the first date":         {fetch.Position{Set: true, On: "2026-03-01", At: at("2027-03-01")}, 1, "a, b, c", "a, b, d, e", "a, b, c, g, h"},
		"a date of two":          {fetch.Position{Set: true, On: "2026-02-01", At: at("2027-02-01")}, 1, "d, e, f", "d, e, f", "d, e, a, b"},
		"a date of no entry":     {fetch.Position{Set: true, On: "2026-01-15", At: at("2027-01-15")}, 1, "f", "f", "d, e"},
		"the last date":          {fetch.Position{Set: true, On: "2026-01-01", At: at("2027-01-01")}, 1, "f, g, h", "f, c, g, h", "f, d, e"},
		"among the undated ones": {fetch.Position{Set: true}, 1, "g, h", "c, g, h", "c, g, h"},
	} {
		filter := fetch.Filter{First: c.first, After: c.after}
		ofProblems := filter
		ofProblems.After.At = time.Time{}
		ofAppointments := filter
		ofAppointments.After.On = ""
		if got, cut := fhir.Pick(&fetch.Ask{Kind: fetch.Problems, Filter: ofProblems}, &fetch.Terms{Now: noon}, "X26", problems); labels(got) != c.problems || cut {
			t.Errorf("problems from %s: %s", name, labels(got))
		}
		if got, cut := fhir.Pick(&fetch.Ask{Kind: fetch.Appointments, Filter: ofAppointments}, &fetch.Terms{Now: noon}, "X26", appointments); labels(got) != c.appointments || cut {
			t.Errorf("appointments from %s: %s", name, labels(got))
		}
		if got, cut := fhir.Pick(&fetch.Ask{Kind: fetch.Upcoming, Filter: ofAppointments}, &fetch.Terms{Now: noon}, "X26", appointments); labels(got) != c.soonest || cut {
			t.Errorf("what is to come from %s: %s", name, labels(got))
		}
	}
}

// More of one date than one answer may hold are truncated, however few were asked for.
func TestMoreOfOneDateThanFits(t *testing.T) {
	problems := make([]record.Problem, 10_001)
	ask := &fetch.Ask{Kind: fetch.Problems, Filter: fetch.Filter{First: 1}}
	if got, cut := fhir.Pick(ask, &fetch.Terms{Now: noon}, "X26", problems); !cut || len(got) != 10_000 {
		t.Errorf("%d, %v", len(got), cut)
	}
	if got, cut := fhir.Pick(ask, &fetch.Terms{Now: noon}, "X26", problems[:10_000]); cut || len(got) != 10_000 {
		t.Errorf("%d, %v", len(got), cut)
	}
}

func TestPickTakesTheDocumentAskedFor(t *testing.T) {
	documents := make([]record.DocumentContent, 2)
	documents[0].Provenance.SourceID, documents[1].Provenance.SourceID = "a", "b"
	if got, _ := fhir.Pick(&fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: "b"}}, &fetch.Terms{Now: noon}, "X26", documents); labels(got) != "b" {
		t.Error(labels(got))
	}
}
