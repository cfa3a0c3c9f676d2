package load_test

import (
	"slices"
	"strings"
	"testing"

	"carerecord/internal/load"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
)

// What is confidential, a mistake, refuted or not done is told of by nothing else.
func TestWhatMayNotBeToldOf(t *testing.T) {
	finding := func(id, more string) string {
		return about("Condition", id, atE+`,"code":{"text":"SECRET `+id+`"},"onsetDateTime":"2020-01-02"`+more)
	}
	verified := func(as string) string { return `,"verificationStatus":{"coding":[{"code":"` + as + `"}]}` }
	procedure := func(id, status, more string) string {
		return about("Procedure", id, atE+`,"status":"`+status+`","performedDateTime":"2020-01-03","code":{"text":"`+id+`"}`+more)
	}
	goal := func(id, more string) string {
		return about("Goal", id, `,"description":{"text":"`+id+`"}`+more)
	}
	because := func(of string) string {
		return `,"reasonReference":[{"reference":"` + of + `","display":"SECRET in words"}]`
	}
	medicine := func(id, more string) string {
		return about("MedicationRequest", id, atE+`,"status":"active","intent":"order","authoredOn":"2020-01-03","medicationCodeableConcept":{"text":"`+id+`"}`+more)
	}
	s := open(t)
	r := s.load(t, folder(t, ofA(stayE, finding("sealed", restricted+`,"identifier":[{"system":"urn:x","value":"7"}]`), finding("mistake", verified("entered-in-error")), finding("refuted", verified("refuted")),
		finding("in capitals", `,"verificationStatus":{"coding":[{"code":"local"},{"code":"Entered-In-Error"}]}`), strings.Replace(finding("open", ""), "SECRET ", "", 1),
		about("Observation", "o", atE+`,"status":"entered-in-error","code":{"text":"SECRET count"},"valueString":"1"`),
		procedure("SECRET sealed", "completed", restricted), procedure("SECRET not done", "not-done", ""), procedure("SECRET mistake", "entered-in-error", ""), procedure("SECRET planned", "preparation", ""),
		procedure("done", "completed", because("Condition/mistake")), procedure("scope", "in-progress", because("Observation/o")),
		procedure("because of what is sealed", "completed", because("Condition/sealed")),
		medicine("tablet", because("Condition/mistake")), medicine("syrup", because("Condition/refuted")), medicine("drops", because("urn:uuid:in capitals")),
		medicine("because of what is sealed", `,"reasonReference":[{"identifier":{"system":"urn:x","value":"7"},"display":"SECRET in words"}]`),
		goal("SECRET goal", restricted+`,"lifecycleStatus":"active"`), goal("SECRET mistake", `,"lifecycleStatus":"entered-in-error"`), goal("walk", `,"lifecycleStatus":"active"`),
		about("CarePlan", "k", atE+`,"status":"active","intent":"plan","category":[{"text":"Plan"}],"period":{"start":"2020-01-02"},"addresses":[{"reference":"Condition/mistake","display":"SECRET in words"},{"reference":"Condition/open"}],"goal":[{"reference":"Goal/SECRET goal"},{"reference":"Goal/SECRET mistake"},{"reference":"Goal/walk"}],"activity":[{"detail":{"status":"entered-in-error","description":"SECRET activity"}},{"reference":{"reference":"Procedure/SECRET sealed","display":"SECRET in words"}},{"detail":{"status":"in-progress","description":"swim"}}]`),
		about("CarePlan", "l", atE+`,"status":"active","intent":"plan","category":[{"text":"of what is sealed"}],"period":{"start":"2020-01-02"},"addresses":[{"reference":"Condition/sealed"}]`),
	)), load.Options{})
	for sql, want := range map[string][]string{
		`SELECT diagnosis_display FROM stay_diagnosis`:                                                        {"open"},
		`SELECT procedure_display FROM stay_procedure`:                                                        {"done", "scope"},
		`SELECT concat_ws(': ', procedure_display, reason_display) FROM procedure WHERE reason_display <> ''`: nil,
		`SELECT concat_ws(': ', medicine_display, reason_display) FROM medication WHERE reason_display <> ''`: nil,
		`SELECT concat_ws(': ', kind_display, addresses_display) FROM care_plan WHERE NOT confidential`:       {"Plan: open"},
		`SELECT goal_display FROM care_plan_goal`:                                                             {"walk"},
		`SELECT activity_display FROM care_plan_activity`:                                                     {"swim"},
	} {
		sectors := clinical
		if strings.Contains(sql, "stay") {
			sectors = []record.Sector{record.Acute}
		}
		if d := cmp.Diff(want, s.everywhere(t, sql, sectors...)); d != "" {
			t.Errorf("%s: %s", sql, d)
		}
	}
	shown := s.shown(t)["A"]
	for _, text := range shown {
		if strings.Contains(text, "SECRET") && !strings.Contains(text, "not done") && !strings.Contains(text, "planned") || strings.Contains(text, "sealed") {
			t.Errorf("%s is shown", text)
		}
	}
	for _, text := range []string{"tablet", "syrup", "drops", "done", "scope", "open", "Plan"} {
		if !slices.ContainsFunc(shown, func(s string) bool { return strings.HasSuffix(s, ": "+text) }) {
			t.Errorf("%s is not shown: %q", text, shown)
		}
	}
	if r.Left[load.Left{Type: "Goal", Reason: "may not be told of"}] != 2 || r.Left[load.Left{Type: "CarePlan", Reason: "an activity that may not be told of (the plan is loaded without it)"}] != 2 {
		t.Error(r)
	}
}

// A statement of none counts while it stands and may be told.
func TestAStatementOfNoneThatDoesNotStand(t *testing.T) {
	none := func(more string) string {
		return about("AllergyIntolerance", "n", more+`,"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003","display":"No known allergy"}]},"recordedDate":"2020-01-02"`)
	}
	verified := func(as string) string { return `,"verificationStatus":{"coding":[{"code":"` + as + `"}]}` }
	is := func(as string) string { return `,"clinicalStatus":{"coding":[{"code":"` + as + `"}]}` }
	cases := map[string]struct {
		more   string
		stands bool
	}{
		"stands":              {verified("confirmed") + is("active"), true},
		"says nothing":        {"", true},
		"withdrawn":           {verified("entered-in-error"), false},
		"withdrawn elsewhere": {`,"verificationStatus":{"coding":[{"code":"local"},{"code":"entered-in-error"}]}`, false},
		"refuted":             {verified("refuted"), false},
		"refuted in words":    {`,"verificationStatus":{"text":"Refuted"}`, false},
		"over":                {is("resolved"), false},
		"no longer so":        {is("inactive"), false},
		"confidential":        {restricted, false},
	}
	people, want := map[string][]string{}, []string(nil)
	for name, c := range cases {
		if people[name] = []string{none(c.more)}; c.stands {
			want = append(want, name)
		}
	}
	s := open(t)
	s.load(t, folder(t, ofEach(people)), load.Options{})
	nameOf := map[string]string{}
	for _, person := range s.texts(t, record.Demographics, `SELECT nhs_number || name_family FROM person`) {
		nameOf[person[:10]] = person[10:]
	}
	var got []string
	for _, number := range s.everywhere(t, `SELECT nhs_number FROM list_note WHERE class = 'ALLERGIES' AND note = 'NONE_KNOWN'`, clinical...) {
		got = append(got, nameOf[number])
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := s.everywhere(t, `SELECT substance_display FROM allergy`, clinical...); len(got) > 0 {
		t.Errorf("%q is an allergy", got)
	}
}
