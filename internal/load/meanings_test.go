package load_test

import (
	"slices"
	"testing"

	"carerecord/internal/load"
)

// What an entry means is neither lost nor turned where the record has no place of its own for it: it stands in words, or the entry is
// left out and told of.
func TestMeaningsAreKept(t *testing.T) {
	found := func(name, more string) string {
		return about("Observation", name, atE+`,"status":"final","code":{"text":"`+name+`"}`+more)
	}
	picture := `,"presentedForm":[{"contentType":"application/pdf","data":"JVBERi0x"}]`
	report := func(status string) string {
		return about("DiagnosticReport", status, atE+`,"status":"`+status+`","code":{"text":"`+status+`"}`+picture)
	}
	s := open(t)
	r := s.load(t, folder(t, ofA(encounter("e", "Patient/a", "AMB"),
		found("fetus", `,"focus":[{"reference":"Patient/fetus"}],"valueString":"Trisomy"`), found("own", `,"focus":[{"reference":"Patient/a"}],"valueString":"1"`),
		found("curve", `,"valueSampledData":{"origin":{"value":0},"period":1,"dimensions":1,"data":"1 2"}`),
		found("up to", `,"valueRange":{"high":{"value":5,"unit":"mg"}}`), found("from", `,"valueRange":{"low":{"value":5,"unit":"mg"}}`),
		found("culture", `,"component":[{"code":{"text":"Flucloxacillin"},"interpretation":[{"text":"Resistant"}]},{"code":{"text":"Count"},"valueQuantity":{"value":5},"interpretation":[{"text":"High"}]},{"code":`+hiv+`,"interpretation":[{"text":"Positive"}]}]`),
		report("preliminary"), report("final"), report("corrected"),
		about("CareTeam", "t1", `,"status":"inactive","participant":[{"member":{"display":"Dr Inactive"}},{"member":{"display":"Dr Ended"},"period":{"end":"2019"}}]`),
		about("CareTeam", "t2", `,"status":"inactive","participant":[{"member":{"display":"Dr Former"}}]`),
		about("CareTeam", "t3", `,"status":"proposed","participant":[{"member":{"display":"Dr Proposed"}}]`),
		about("CareTeam", "t4", `,"status":"active","participant":[{"member":{"display":"Dr Present"}}]`),
		about("AllergyIntolerance", "a", `,"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Peanut"},"reaction":[{"description":"Intensive care","severity":"severe","manifestation":[{"text":"Rash"}],"note":[{"text":"twice"}]},{"description":"Swelling","manifestation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-NullFlavor","code":"UNK"}]}]}]`),
		about("Condition", "c", atE+`,"code":{"text":"Cancer"},"stage":[{"summary":{"text":"IV"},"type":{"text":"Clinical"}}]`),
		about("Procedure", "p", atE+`,"status":"completed","performedDateTime":"2020-01-02","code":{"text":"Scope"},"complication":[{"text":"Perforation"},{"text":"Bleeding"}],"followUp":[{"text":"Review"}]`),
		about("ServiceRequest", "s", atE+`,"status":"active","intent":"proposal","code":{"text":"Chemotherapy"},"authoredOn":"2020-01-02"`),
		found("fever", `,"valueString":"39"`),
		about("Immunization", "i", atE+`,"status":"completed","vaccineCode":{"text":"MMR"},"reaction":[{"date":"2020-01-03","detail":{"display":"Anaphylaxis"}},{"detail":{"reference":"Observation/fever"}}]`))), load.Options{})
	for sql, want := range map[string][]string{
		`SELECT concat_ws('|', test_display, value_text) FROM result WHERE test_display <> 'fever'`: {"culture", "curve|Recorded as a curve or a picture, which is not shown here", "from|from 5 mg", "own|1", "up to|up to 5 mg"},
		`SELECT concat_ws('|', test_display, value_text) FROM result_component`:                     {"Count|5, High", "Disorder|Positive", "Flucloxacillin|Resistant"},
		`SELECT concat_ws(' ', title, status) FROM document`:                                        {"corrected AMENDED", "final FINAL", "preliminary PRELIMINARY"},
		`SELECT concat_ws(' until ', name, ended_on) FROM care_team_member`:                         {"Dr Ended until 2019", "Dr Present"},
		`SELECT note FROM allergy`:                           {"Reaction: Intensive care\ntwice"},
		`SELECT manifestation_display FROM allergy_reaction`: {"Rash", "Swelling"},
		`SELECT note FROM problem`:                           {"Stage: Clinical: IV"},
		`SELECT note FROM procedure`:                         {"Complications: Perforation, Bleeding\nTo follow: Review"},
		`SELECT note FROM referral`:                          {"Only proposed"},
		`SELECT note FROM immunisation`:                      {"Reaction: Anaphylaxis, 2020-01-03\nReaction: fever"},
	} {
		if got := s.everywhere(t, sql, clinical...); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	for _, left := range []load.Left{{Type: "Observation", Reason: "is of another than the patient, such as an unborn child"}, {Type: "CareTeam", Reason: "is over and does not say when"},
		{Type: "CareTeam", Reason: "is only proposed"}, {Type: "CareTeam", Reason: "a member of a team that is over, which does not say when (the others are loaded)"}} {
		if r.Left[left] != 1 {
			t.Errorf("%v is not told of\n%s", left, r)
		}
	}
}

// When something was, and what a goal is, stand in words where they are no date and no quantity: a problem that ended at an age would
// read as if it went on, and a target without its range as if there were none.
func TestWhatIsNoDateAndNoQuantity(t *testing.T) {
	years := func(n string) string { return `{"value":` + n + `,"unit":"years"}` }
	goal := func(id, detail string) string {
		return about("Goal", id, `,"lifecycleStatus":"active","description":{"text":"`+id+`"},"target":[{"measure":{"text":"HbA1c"},`+detail+`}]`)
	}
	s := open(t)
	s.load(t, folder(t, ofA(encounter("e", "Patient/a", "AMB"),
		about("Condition", "c1", atE+`,"code":{"text":"Asthma"},"onsetAge":`+years("5")+`,"abatementAge":`+years("12")),
		about("Condition", "c2", atE+`,"code":{"text":"Eczema"},"onsetString":"as a child","abatementRange":{"low":`+years("20")+`,"high":`+years("30")+`}`),
		about("Procedure", "p", atE+`,"status":"completed","code":{"text":"Scope"},"performedAge":`+years("40")),
		about("AllergyIntolerance", "a", `,"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Peanut"},"onsetAge":`+years("3")),
		about("Immunization", "i", atE+`,"status":"completed","vaccineCode":{"text":"BCG"},"occurrenceString":"at school"`),
		goal("range", `"detailRange":{"low":{"value":48,"unit":"mmol/mol"},"high":{"value":58,"unit":"mmol/mol"}}`), goal("code", `"detailCodeableConcept":{"text":"Normal"}`), goal("number", `"detailInteger":50`),
		about("CarePlan", "k", atE+`,"status":"active","intent":"plan","category":[{"text":"Plan"}],"period":{"start":"2020-01-02"},"goal":[{"reference":"Goal/range"},{"reference":"Goal/code"},{"reference":"Goal/number"}]`))), load.Options{})
	for sql, want := range map[string][]string{
		`SELECT concat_ws('|', problem_display, note) FROM problem`: {"Asthma|Onset: age 5 years\nEnded: age 12 years", "Eczema|Onset: as a child\nEnded: age 20 years to 30 years"},
		`SELECT note FROM procedure`:                                {"Performed: age 40 years"},
		`SELECT note FROM allergy`:                                  {"Onset: age 3 years"},
		`SELECT note FROM immunisation`:                             {"Given: at school"},
		`SELECT target FROM care_plan_goal`:                         {"HbA1c 48 mmol/mol to 58 mmol/mol", "HbA1c 50", "HbA1c Normal"},
	} {
		if got := s.everywhere(t, sql, clinical...); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}
