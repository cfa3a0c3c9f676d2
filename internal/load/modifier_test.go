package load_test

import (
	"slices"
	"strings"
	"testing"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// What FHIR says may turn the meaning of an entry round is heeded; whose record has something of the kind that is not known here
// is left out whole, as whose record cannot be read (https://hl7.org/fhir/R4/conformance-rules.html#isModifier).
func TestWhatTurnsAMeaningRound(t *testing.T) {
	about := func(kind, id, patient, more string) string {
		return `{"resourceType":"` + kind + `","id":"` + id + `","status":"active","subject":{"reference":"Patient/` + patient + `"},"patient":{"reference":"Patient/` + patient + `"},"encounter":{"reference":"Encounter/e` + patient + `"}` + more + `}`
	}
	of := func(patientID string, more ...string) string {
		return bundle(append([]string{patient(patientID, strings.ToUpper(patientID), ""), encounter("e"+patientID, "Patient/"+patientID, "AMB")}, more...)...)
	}
	negated := `,"modifierExtension":[{"url":"https://x.example/negated","valueBoolean":true}]`
	angina := about("Condition", "c", "b", `,"code":{"text":"Angina"}`+negated)
	dir := folder(t, map[string]string{
		"a.json": of("a",
			about("MedicationRequest", "m1", "a", `,"intent":"order","authoredOn":"2020-01-02","doNotPerform":true,"medicationCodeableConcept":{"text":"Warfarin"}`),
			about("MedicationRequest", "m2", "a", `,"intent":"order","authoredOn":"2020-01-02","doNotPerform":false,"medicationCodeableConcept":{"text":"Aspirin"}`),
			about("ServiceRequest", "s", "a", `,"intent":"order","authoredOn":"2020-01-02","doNotPerform":true,"code":{"text":"Physiotherapy"}`),
			about("CarePlan", "p", "a", `,"intent":"plan","title":"Plan","category":[{"text":"Plan"}],"period":{"start":"2020-01-02"},"activity":[{"detail":{"status":"in-progress","description":"Walk"}},{"detail":{"doNotPerform":true,"description":"Lift"}}]`),
			about("Immunization", "i1", "a", `,"occurrenceDateTime":"2020-01-02","vaccineCode":{"text":"MMR"},"isSubpotent":true,"subpotentReason":[{"text":"cold chain break"}]`),
			about("Immunization", "i2", "a", `,"occurrenceDateTime":"2020-01-02","vaccineCode":{"text":"Influenza"}`)),
		"b.json":   of("b", angina),
		"c.json":   strings.Replace(of("c"), `"type"`, `"implicitRules":"https://x.example/rules","type"`, 1),
		"d.json":   strings.Replace(of("d"), `{"resource":`, `{"modifierExtension":[{"url":"https://x.example/negated"}],"resource":`, 1),
		"e.ndjson": lines(patient("e", "E", ""), encounter("ee", "Patient/e", "AMB"), strings.ReplaceAll(angina, `/b"`, `/e"`)),
	})
	s := open(t)
	r := s.load(t, dir, load.Options{})
	if got := s.families(t); !slices.Equal(got, []string{"A"}) {
		t.Errorf("loaded %v\n%s", got, r)
	}
	for reason, kinds := range map[string][]string{
		"says what is not to be done":                                        {"MedicationRequest", "ServiceRequest"},
		"an activity that is not to be done (the plan is loaded without it)": {"CarePlan"},
		"part of the person's record cannot be read":                         {"Condition"},
	} {
		for _, kind := range kinds {
			if r.Left[load.Left{Type: kind, Reason: reason}] == 0 {
				t.Errorf("%s: %s is not told\n%s", kind, reason, r)
			}
		}
	}
	for sql, want := range map[string][]string{
		`SELECT medicine_display FROM medication`:                                                 {"Aspirin"},
		`SELECT id FROM referral`:                                                                 nil,
		`SELECT activity_display FROM care_plan_activity`:                                         {"Walk"},
		`SELECT vaccine_display || ': ' || coalesce(status_reason_display, '') FROM immunisation`: {"Influenza: ", "MMR: Subpotent dose: cold chain break"},
	} {
		var got []string
		for _, sector := range []record.Sector{record.GP, record.Acute} {
			got = append(got, s.texts(t, sector, sql)...)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}
