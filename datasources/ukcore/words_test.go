package ukcore_test

import (
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What the record has no place for stands in words: it must not read as if nothing were recorded.
func TestWhatStandsInWords(t *testing.T) {
	for name, c := range map[string]struct {
		kind fetch.Kind
		held string
		says []string
	}{
		"a problem by age": {fetch.Problems, about1("Condition", "c", `,"code":{"text":"Asthma"},"onsetAge":{"value":7,"unit":"years"},"abatementRange":{"low":{"value":17,"unit":"years"},"high":{"value":20,"unit":"years"}}`),
			[]string{"Onset: age 7 years", "Ended: age 17 years to 20 years"}},
		"an allergy by age":   {fetch.Allergies, `{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/1"},"code":{"text":"Nuts"},"onsetAge":{"value":2,"unit":"years"}}`, []string{"Onset: age 2 years"}},
		"an allergy in words": {fetch.Allergies, `{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/1"},"code":{"text":"Nuts"},"onsetString":"as a child"}`, []string{"as a child"}},
		"an operation by age": {fetch.Procedures, about1("Procedure", "p", `,"code":{"text":"Tonsillectomy"},"performedAge":{"value":5,"unit":"years"}`), []string{"Performed: age 5 years"}},
		"a result with several interpretations": {fetch.Results, about1("Observation", "o", `,"code":{"text":"Sodium"},"valueQuantity":{"value":118},"interpretation":[{"coding":[{"code":"L","display":"Low"}]},{"coding":[{"code":"LL","display":"Critical low"}]}]`),
			[]string{"Interpretation: LL Critical low", "Interpretation also: Low"}},
		"a sign with several interpretations": {fetch.VitalSigns, about1("Observation", "o", `,"category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Pulse"},"valueQuantity":{"value":31},"interpretation":[{"coding":[{"code":"L","display":"Low"}]},{"coding":[{"code":"LL","display":"Critical low"}]}]`),
			[]string{"LL Critical low"}},
		"a medicine with a note": {fetch.Medications, about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Warfarin"},"note":[{"text":"Decreased by the hospital"}]`), []string{"Decreased by the hospital"}},
		"a vaccine with a note":  {fetch.Immunisations, about1("Immunization", "i", `,"vaccineCode":{"text":"Flu"},"occurrenceDateTime":"2026-01-01","note":[{"text":"Sore arm"}]`), []string{"Sore arm"}},
		"what to do before an appointment": {fetch.Appointments, `{"resourceType":"Appointment","id":"a","status":"booked","start":"2026-12-01T10:00:00Z","description":"Gastroscopy","comment":"Lift is broken","patientInstruction":"Do not eat from midnight","participant":[{"actor":{"reference":"Patient/1"}}]}`,
			[]string{"Gastroscopy", "Lift is broken", "Do not eat from midnight"}},
		"what to do for a referral": {fetch.Referrals, about1("ServiceRequest", "s", `,"intent":"order","code":{"text":"Physiotherapy"},"patientInstruction":"Rest","note":[{"text":"Left knee"}]`), []string{"Left knee", "Rest"}},
		"a curve":                   {fetch.Results, about1("Observation", "o", `,"code":{"text":"ECG"},"valueSampledData":{"origin":{"value":0},"period":1,"dimensions":1}`), []string{"not shown here"}},
	} {
		all := strings.Join(lines(readOf(t, c.kind, c.held)), "\n")
		for _, says := range c.says {
			if !strings.Contains(all, says) {
				t.Errorf("%s: no %q in %q", name, says, all)
			}
		}
	}
}

// Every answer of a questionnaire is said, or that there is one.
func TestAnswers(t *testing.T) {
	held := `{"resourceType":"QuestionnaireResponse","id":"q","status":"completed","subject":{"reference":"Patient/1"},"authored":"2026-01-01","item":[
		{"text":"Sleep","answer":[{"valueCoding":{"code":"3","display":"Nearly every day"}}]},{"text":"Alone","answer":[{"valueBoolean":false}]},
		{"text":"Seen by","answer":[{"valueReference":{"reference":"Practitioner/g","display":"Ann"}}]},{"text":"Drawing","answer":[{"valueAttachment":{"contentType":"image/png"}}]},
		{"text":"Link","answer":[{"valueUri":"urn:x"}]},{"text":"Group","answer":[{"item":[{"text":"Score","answer":[{"valueInteger":9}]}]}]},{"text":"Not answered"}]}`
	a, err := one(t, open(t, patientOf("1", someone), held).source(t, record.MentalHealth, ukcore.Options{}), &fetch.Ask{Kind: fetch.Assessments, Subjects: subjects(someone)})
	if err != nil || len(entriesOf(a, 0)) != 1 {
		t.Fatal(err)
	}
	want := "Sleep: Nearly every day\nAlone: No\nSeen by: Ann\nDrawing: an answer that is not shown here\nLink: urn:x\nScore: 9"
	if got := entriesOf(a, 0)[0].(*record.MentalHealthAssessment).ScoreText; string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
}
