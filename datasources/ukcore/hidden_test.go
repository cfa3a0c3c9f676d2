package ukcore_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// hiv is a problem that is never shown.
const hiv = `{"coding":[{"system":"http://snomed.info/sct","code":"86406008","display":"Human immunodeficiency virus infection"}]}`

func about1(resource, id, more string) string {
	return fmt.Sprintf(`{"resourceType":%q,"id":%q,"subject":{"reference":"Patient/1"},"status":"finished"%s}`, resource, id, more)
}

// What is never shown is not shown, nor what hangs on it; what stands beside it is.
func TestHidden(t *testing.T) {
	open1 := about1("Condition", "ok", `,"code":{"text":"Asthma"}`)
	visit := about1("Encounter", "e", `,"class":{"code":"AMB"},"period":{"start":"2026-01-01"}`)
	for name, c := range map[string]struct {
		kind fetch.Kind
		held []string
		want string // source ids, in any order of the list
	}{
		"an excluded code": {fetch.Problems, []string{open1, about1("Condition", "c", `,"code":`+hiv)}, "ok"},
		"an excluded code in a place the record has none for": {fetch.Problems, []string{open1, about1("Condition", "c", `,"code":{"text":"Cough"},"evidence":[{"code":[`+hiv+`]}]`)}, "ok"},
		"a restricted label": {fetch.Problems, []string{open1, about1("Condition", "c", `,"code":{"text":"Cough"},"meta":{"security":[{"code":"R"}]}`)}, "ok"},
		"what was recorded for a hidden reason": {fetch.Procedures, []string{
			about1("Encounter", "e", `,"class":{"code":"AMB"},"reasonCode":[`+hiv+`]`),
			about1("Procedure", "p", `,"code":{"text":"Blood taken"},"encounter":{"reference":"Encounter/e"}`), about1("Procedure", "ok", `,"code":{"text":"X"}`)}, "ok"},
		"what was recorded where a hidden diagnosis was made": {fetch.Procedures, []string{
			about1("Encounter", "e", `,"class":{"code":"AMB"},"diagnosis":[{"condition":{"reference":"Condition/c"}}]`), about1("Condition", "c", `,"code":`+hiv),
			about1("Procedure", "p", `,"code":{"text":"Blood taken"},"encounter":{"reference":"Encounter/e"}`)}, ""},
		"a medicine for a hidden problem": {fetch.Medications, []string{about1("Condition", "c", `,"code":`+hiv),
			about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"},"reasonReference":[{"reference":"Condition/c"}]`)}, ""},
		"an order that a hidden statement is based on": {fetch.Medications, []string{about1("Condition", "c", `,"code":`+hiv),
			about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"}`),
			about1("MedicationStatement", "s", `,"medicationCodeableConcept":{"text":"Tablets"},"basedOn":[{"reference":"MedicationRequest/m"}],"reasonReference":[{"reference":"Condition/c"}]`)}, ""},
		"an order that was dispensed for a hidden reason": {fetch.Medications, []string{
			about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"}`), about1("MedicationRequest", "ok", `,"intent":"order","medicationCodeableConcept":{"text":"Others"}`),
			about1("MedicationDispense", "d", `,"medicationCodeableConcept":`+hiv+`,"authorizingPrescription":[{"reference":"MedicationRequest/m"}]`)}, "ok"},
		"an order that was given for a hidden reason": {fetch.Medications, []string{
			about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"}`),
			about1("MedicationAdministration", "a", `,"medicationCodeableConcept":{"text":"Tablets"},"request":{"reference":"MedicationRequest/m"},"reasonCode":[`+hiv+`]`)}, ""},
		"an order that a hidden one renews": {fetch.Medications, []string{
			about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"}`),
			about1("MedicationRequest", "n", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"},"reasonCode":[`+hiv+`],"priorPrescription":{"reference":"MedicationRequest/m"}`)}, ""},
		"a hidden medicine by reference": {fetch.Medications, []string{`{"resourceType":"Medication","id":"x","code":` + hiv + `}`,
			about1("MedicationRequest", "m", `,"intent":"order","medicationReference":{"reference":"Medication/x","display":"Tablets"}`)}, ""},
		"an encounter for a hidden reason": {fetch.Attendances, []string{about1("Encounter", "f", `,"class":{"code":"EMER"},"reasonCode":[`+hiv+`]`), visit}, "e"},
		"an attendance at a hidden clinic": {fetch.Attendances, []string{`{"resourceType":"Location","id":"l","name":"Sexual health clinic"}`,
			about1("Encounter", "f", `,"class":{"code":"AMB"},"location":[{"location":{"reference":"Location/l"}}]`), visit}, "e"},
		"a hidden specialty": {fetch.Attendances, []string{
			about1("Encounter", "f", `,"class":{"code":"AMB"},"serviceType":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCode","code":"360","display":"Clinic"}]}`), visit}, "e"},
		"an appointment in a hidden clinic": {fetch.Appointments, []string{
			`{"resourceType":"Appointment","id":"a","status":"booked","participant":[{"actor":{"reference":"Patient/1"}},{"actor":{"reference":"HealthcareService/9","display":"HIV clinic"}}]}`,
			`{"resourceType":"Appointment","id":"ok","status":"booked","participant":[{"actor":{"reference":"Patient/1"}}]}`}, "ok"},
		"results of a hidden report": {fetch.Results, []string{about1("DiagnosticReport", "r", `,"code":`+hiv+`,"result":[{"reference":"Observation/o"}]`),
			about1("Observation", "o", `,"code":{"text":"CD4 count"},"valueQuantity":{"value":500}`), about1("Observation", "ok", `,"code":{"text":"Sodium"}`)}, "ok"},
		"a report of which nothing else is left": {fetch.Reports, []string{about1("DiagnosticReport", "r", `,"code":{"text":"Serology"},"conclusion":"Positive","result":[{"reference":"Observation/o"}]`),
			about1("Observation", "o", `,"code":`+hiv)}, ""},
		"what a document says": {fetch.Documents, []string{about1("DocumentReference", "d", `,"content":[{"attachment":{"contentType":"text/html","data":"`+base64.StdEncoding.EncodeToString([]byte("<p>Seen in the H<b>IV</b> clinic</p>"))+`"}}]`),
			about1("DocumentReference", "ok", `,"content":[{"attachment":{"contentType":"text/html","data":"`+base64.StdEncoding.EncodeToString([]byte("<p>Well</p>"))+`"}}]`)}, "ok"},
		"a form with an excluded answer": {fetch.AdvanceCare, []string{about1("QuestionnaireResponse", "q", `,"item":[{"text":"CPR","answer":[{"valueString":"No"}]},{"text":"Problems","answer":[{"valueString":"HIV"}]}]`),
			about1("QuestionnaireResponse", "r", `,"item":[{"text":"Problems","answer":[{"valueString":"HIV"}]}]`), about1("QuestionnaireResponse", "ok", `,"item":[{"text":"CPR","answer":[{"valueString":"No"}]}]`)}, "ok"},
		"a form of an excluded name": {fetch.AdvanceCare, []string{about1("QuestionnaireResponse", "q", `,"questionnaire":"https://trust/Questionnaire/1","_questionnaire":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/display","valueString":"HIV clinic: CPR"}]},"item":[{"text":"CPR","answer":[{"valueString":"No"}]}]`),
			about1("QuestionnaireResponse", "r", `,"questionnaire":"https://trust/Questionnaire/HIV-clinic","item":[{"text":"CPR","answer":[{"valueString":"No"}]}]`)}, ""},
		"a form filled in at an encounter for a hidden reason": {fetch.AdvanceCare, []string{about1("Encounter", "e", `,"class":{"code":"AMB"},"reasonCode":[`+hiv+`]`),
			about1("QuestionnaireResponse", "q", `,"encounter":{"reference":"Encounter/e"},"item":[{"text":"CPR","answer":[{"valueString":"No"}]}]`)}, ""},
		"a confidential document": {fetch.Documents, []string{about1("DocumentReference", "d", `,"securityLabel":[{"coding":[{"code":"V"}]}],"content":[{"attachment":{"title":"x"}}]`)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, append([]string{patientOf("1", someone)}, c.held...)...).source(t, record.Acute, ukcore.Options{})
			a, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
			if err != nil || a.Unreadable != nil {
				t.Fatal(a.Unreadable, err)
			}
			var got []string
			for _, x := range entriesOf(a, 0) {
				got = append(got, record.Envelope(x).Provenance.SourceID)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%v came, not %q", got, c.want)
			}
		})
	}
}

// The words of a report go with the part of it that is hidden; what else it holds stays.
func TestAReportWithAHiddenPart(t *testing.T) {
	s := open(t, patientOf("1", someone), about1("DiagnosticReport", "r", `,"code":{"text":"Bloods"},"conclusion":"Positive","result":[{"reference":"Observation/o"},{"reference":"Observation/p"}]`),
		about1("Observation", "o", `,"code":`+hiv), about1("Observation", "p", `,"code":{"text":"Sodium"}`)).source(t, record.Acute, ukcore.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Reports, Subjects: subjects(someone)})
	if got := lines(a); err != nil || len(got) != 1 || strings.Contains(got[0], "Positive") {
		t.Errorf("%v, %v", got, err)
	}
}

// A place the person went to that may not be shown is left out of a stay; the stay stands.
func TestAMaskedDestination(t *testing.T) {
	s := open(t, patientOf("1", someone), about1("Encounter", "s", `,"class":{"code":"IMP"},"period":{"end":"2026-11-05T10:00:00Z"},"hospitalization":{"dischargeDisposition":{"text":"HIV hospice"},"admitSource":{"text":"Home"}}`)).source(t, record.Acute, ukcore.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Stays, Subjects: subjects(someone)})
	if got := lines(a); err != nil || len(got) != 1 || got[0] != "s · DischargedAt: 2026-11-05T10:00 · AdmissionSource: Home" {
		t.Errorf("%q, %v", got, err)
	}
}

// A letter of which any part may not be shown is not shown.
func TestAHiddenLetter(t *testing.T) {
	for said, want := range map[string]int{"Well": 1, "Attends the HIV clinic": 0, "H<b>IV</b> positive": 0, "Well. <s>H</s>IV positive": 0, "<del>Attends the HIV clinic</del>": 0, "<s>Attends the clinic</s>": 1,
		`<img src="#a" alt="HIV test"/>`: 0, `<img src="#a" alt="ECG"/>`: 1, `\u0001<img alt='HIV test'/>`: 0} {
		div := strings.ReplaceAll(`<div xmlns='http://www.w3.org/1999/xhtml'><p>`+said+`</p></div>`, `"`, `\"`)
		letter := `{"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"urn:uuid:c","resource":{"resourceType":"Composition","id":"c","status":"final","type":{"text":"Letter"},"title":"Letter","date":"2026-01-01","subject":{"reference":"urn:uuid:1"},"section":[{"title":"Summary","text":{"div":"` + div + `"}}]}},{"fullUrl":"urn:uuid:1","resource":` + patientOf("1", someone) + `}]}`
		s := ukcore.Open(record.Acute, here, nil, ids, ukcore.Options{Documents: whole{someone: letter}})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
		if got := lines(a); err != nil || len(got) != want {
			t.Errorf("%s: %v, %v", said, got, err)
		}
	}
}
