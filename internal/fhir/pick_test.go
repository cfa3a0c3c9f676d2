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
		medicine("course with its end", record.Medication{Kind: record.MedicationKindAcute, StartedOn: "2026-01-01", EndedOn: "2026-12"}),
		medicine("last discharge", record.Medication{Kind: record.MedicationKindDischarge, DischargedAt: on("2026-11-01")}),
		medicine("discharge before", record.Medication{Kind: record.MedicationKindDischarge, DischargedAt: on("2026-10-31")}),
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
		"CURRENT": "course, course with its end, repeat, unknown, last discharge", "PAST": "course over, stopped, discharge before",
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
