package gpconnect_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

// A made-up record: every resource of it is a resource of one patient, and the lists of
// all parts are there.
func madeUp(resources ...string) string {
	all := []string{
		`{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}]}`,
	}
	for _, list := range []string{"886921000000105", "1103671000000101", "933361000000108", "717711000000103", "1149501000000101", "1102181000000102", "826501000000100", "887191000000108", "792931000000107"} {
		all = append(all, `{"resourceType":"List","code":{"coding":[{"code":"`+list+`"}]},"subject":{"reference":"Patient/p"}}`)
	}
	for _, r := range append(all[:len(all):len(all)], resources...)[len(all):] {
		all = append(all, strings.Replace(r, `"me":0`, `"subject":{"reference":"Patient/p"}`, 1))
	}
	return fhirtest.Bundle("collection", all...)
}

// listed is a code of the list of what is never shown.
func listed(t testing.TB) string {
	t.Helper()
	var keys map[string]int
	if err := json.Unmarshal(exclusion.Default().For("TREAT").Codes(), &keys); err != nil {
		t.Fatal(err)
	}
	for key := range keys {
		if code, ok := strings.CutPrefix(key, "http://snomed.info/sct|"); ok {
			return code
		}
	}
	t.Fatal("the list has no code of SNOMED CT")
	return ""
}

// What is never shown is gone before anything is counted, with what hangs on it; each
// has its twin, the same record about something ordinary, in which all is shown.
func TestWhatIsNeverShownIsGone(t *testing.T) {
	secret := `{"coding":[{"system":"http://snomed.info/sct","code":"` + listed(t) + `","display":"A finding"}]}`
	plain := `{"coding":[{"system":"http://snomed.info/sct","code":"195967001","display":"Asthma"}]}`
	hiv, asthma := `{"text":"HIV clinic"}`, `{"text":"Asthma clinic"}`
	for name, c := range map[string]struct {
		record func(code, words string) string
		kind   fetch.Kind
		shown  int // of the twin
		left   int // where it is secret
	}{
		"a problem by its code": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Condition","id":"1","me":0,"code":` + code + `}`)
		}, fetch.Problems, 1, 0},
		"a problem by its third code": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Condition","id":"1","me":0,"code":{"coding":[{"display":"a"},{"display":"b"},` + strings.TrimSuffix(strings.TrimPrefix(code, `{"coding":[`), `]}`) + `]}}`)
		}, fetch.Problems, 1, 0},
		"a note the record has no place for": {func(_, words string) string {
			return madeUp(`{"resourceType":"MedicationStatement","id":"1","me":0,"medicationCodeableConcept":{"text":"x"},"note":[` + words + `]}`)
		}, fetch.Medications, 1, 0},
		"a medicine of a problem": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Condition","id":"1","me":0,"code":`+code+`,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedClinicalContent-1","valueReference":{"reference":"MedicationRequest/plan"}}]}`,
				`{"resourceType":"MedicationRequest","id":"plan","intent":"plan","me":0,"medicationCodeableConcept":{"text":"x"}}`,
				`{"resourceType":"MedicationStatement","id":"2","me":0,"medicationCodeableConcept":{"text":"x"},"basedOn":[{"reference":"MedicationRequest/plan"}]}`)
		}, fetch.Medications, 1, 0},
		"a plan of a statement that a problem names": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Condition","id":"1","me":0,"code":`+code+`,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedClinicalContent-1","valueReference":{"reference":"MedicationStatement/2"}}]}`,
				`{"resourceType":"MedicationRequest","id":"plan","intent":"plan","me":0,"medicationCodeableConcept":{"text":"x"}}`,
				`{"resourceType":"MedicationRequest","id":"issue","intent":"order","me":0,"medicationCodeableConcept":{"text":"x"},"basedOn":[{"reference":"MedicationRequest/plan"}]}`,
				`{"resourceType":"MedicationStatement","id":"2","me":0,"medicationCodeableConcept":{"text":"x"},"basedOn":[{"reference":"MedicationRequest/plan"}]}`)
		}, fetch.Medications, 1, 0},
		"a plan of which an issue names what is never shown": {func(code, _ string) string {
			return madeUp(`{"resourceType":"MedicationRequest","id":"plan","intent":"plan","me":0,"medicationCodeableConcept":{"text":"x"}}`,
				`{"resourceType":"MedicationRequest","id":"issue","intent":"order","me":0,"medicationCodeableConcept":{"text":"x"},"reasonCode":[`+code+`],"basedOn":[{"reference":"MedicationRequest/plan"}]}`,
				`{"resourceType":"MedicationStatement","id":"2","me":0,"medicationCodeableConcept":{"text":"x"},"basedOn":[{"reference":"MedicationRequest/plan"}]}`)
		}, fetch.Medications, 1, 0},
		"a medicine for a version of a problem": {func(code, _ string) string {
			return madeUp(problem(code, ""), medicine(`{"reference":"Condition/1/_history/2"}`))
		}, fetch.Medications, 1, 0},
		"a medicine for a problem by the address of its entry": {func(code, _ string) string {
			return madeUp(`{"fullUrl":"urn:uuid:4f1e","resource":`+problem(code, "")+`}`, medicine(`{"reference":"urn:uuid:4f1e"}`))
		}, fetch.Medications, 1, 0},
		"a medicine for a problem by identifier": {func(code, _ string) string {
			return madeUp(problem(code, `,"identifier":[{"system":"https://practice.example/problems","value":"17"}]`),
				medicine(`{"identifier":{"system":"https://practice.example/problems","value":"17"}}`))
		}, fetch.Medications, 1, 0},
		"a vaccine of an encounter by identifier, for a reason": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Encounter","id":"e","me":0,"identifier":[{"system":"https://practice.example/visits","value":"3"}],"reason":[`+code+`]}`,
				`{"resourceType":"Immunization","id":"i","patient":{"reference":"Patient/p"},"status":"completed","vaccineCode":{"text":"Influenza"},"encounter":{"identifier":{"system":"https://practice.example/visits","value":"3"}}}`)
		}, fetch.Immunisations, 1, 0},
		"a vaccine of a maker by identifier": {func(_, words string) string {
			return madeUp(`{"resourceType":"Organization","id":"o","identifier":[{"system":"https://practice.example/makers","value":"3"}],"type":[`+words+`]}`,
				`{"resourceType":"Immunization","id":"i","patient":{"reference":"Patient/p"},"status":"completed","vaccineCode":{"text":"Influenza"},"manufacturer":{"identifier":{"system":"https://practice.example/makers","value":"3"}}}`)
		}, fetch.Immunisations, 1, 0},
		"a referral that goes with a problem by identifier": {func(code, _ string) string {
			return madeUp(problem(code, `,"identifier":[{"system":"https://practice.example/problems","value":"17"}]`),
				`{"resourceType":"ReferralRequest","id":"r","me":0,"description":"Please see","supportingInfo":[{"identifier":{"system":"https://practice.example/problems","value":"17"}}]}`)
		}, fetch.Referrals, 1, 0},
		"not a consultation, whose list a problem links by identifier": {func(code, _ string) string {
			return madeUp(problem(code, `,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedClinicalContent-1","valueReference":{"identifier":{"system":"https://practice.example/lists","value":"17"}}}]`),
				surgery, cough, strings.Replace(rootOf("Observation/1"), `"id":"root"`, `"id":"root","identifier":[{"system":"https://practice.example/lists","value":"17"}]`, 1))
		}, "sections", 1, 1},
		"a medicine that a problem links by identifier": {func(code, _ string) string {
			return madeUp(problem(code, `,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedClinicalContent-1","valueReference":{"identifier":{"system":"https://practice.example/medicines","value":"17"}}}]`),
				strings.Replace(medicine(`{"display":"x"}`), `"id":"m"`, `"id":"m","identifier":[{"system":"https://practice.example/medicines","value":"17"}]`, 1))
		}, fetch.Medications, 1, 0},
		"a medicine by the Medication": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Medication","id":"m","code":`+code+`}`, `{"resourceType":"MedicationStatement","id":"2","me":0,"medicationReference":{"reference":"Medication/m"}}`)
		}, fetch.Medications, 1, 0},
		"an issue with its note": {func(_, words string) string {
			return madeUp(`{"resourceType":"MedicationStatement","id":"1","me":0,"medicationCodeableConcept":{"text":"x"},"basedOn":[{"reference":"MedicationRequest/plan"}]}`,
				`{"resourceType":"MedicationRequest","id":"plan","intent":"plan","me":0,"medicationCodeableConcept":{"text":"x"}}`,
				`{"resourceType":"MedicationRequest","id":"order","intent":"order","me":0,"basedOn":[{"reference":"MedicationRequest/plan"}],"medicationCodeableConcept":{"text":"x"},"note":[`+words+`]}`)
		}, "issues", 1, 0},
		"a result of a laboratory": {func(_, words string) string {
			return madeUp(`{"resourceType":"Organization","id":"lab","name":`+strings.TrimSuffix(strings.TrimPrefix(words, `{"text":`), "}")+`}`,
				`{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Test"},"performer":[{"reference":"Organization/lab"}]}`)
		}, fetch.Results, 1, 0},
		"a result of a group": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Observation","id":"1","me":0,"code":`+code+`,"related":[{"type":"has-member","target":{"reference":"Observation/2"}}]}`, `{"resourceType":"Observation","id":"2","me":0,"code":{"text":"Test"}}`)
		}, fetch.Results, 2, 0},
		"a result of an encounter's reason": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Encounter","id":"e","me":0,"reason":[`+code+`]}`, `{"resourceType":"Observation","id":"2","me":0,"code":{"text":"Test"},"context":{"reference":"Encounter/e"}}`)
		}, fetch.Results, 1, 0},
		"a part of a result": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Panel"},"component":[{"code":` + code + `},{"code":{"text":"Other"}}]}`)
		}, "components", 2, 1},
		"a reaction of an allergy": {func(code, _ string) string {
			return madeUp(`{"resourceType":"AllergyIntolerance","id":"1","patient":{"reference":"Patient/p"},"code":{"text":"Nuts"},"reaction":[{"manifestation":[` + code + `]}]}`)
		}, "reactions", 1, 0},
		"a report of what is hidden alone": {func(code, _ string) string {
			return madeUp(`{"resourceType":"DiagnosticReport","id":"1","me":0,"code":{"text":"Report"},"conclusion":"reactive","result":[{"reference":"Observation/2"}]}`, `{"resourceType":"Observation","id":"2","me":0,"code":`+code+`}`)
		}, fetch.Reports, 1, 0},
		"the conclusion of a report that holds more": {func(code, _ string) string {
			return madeUp(`{"resourceType":"DiagnosticReport","id":"1","me":0,"code":{"text":"Report"},"conclusion":"reactive","result":[{"reference":"Observation/2"},{"reference":"Observation/3"}]}`,
				`{"resourceType":"Observation","id":"2","me":0,"code":`+code+`}`, `{"resourceType":"Observation","id":"3","me":0,"code":{"text":"Test"}}`)
		}, "conclusions", 1, 0},
		"what a professional of a clinic wrote": {func(_, words string) string {
			return madeUp(`{"resourceType":"Practitioner","id":"d","name":[{"family":"Doe"}]}`, `{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/d"},"code":[`+words+`]}`,
				`{"resourceType":"Condition","id":"1","me":0,"code":{"text":"x"},"asserter":{"reference":"Practitioner/d"}}`)
		}, fetch.Problems, 1, 0},
		"what a professional wrote whose role is at a clinic": {func(_, words string) string {
			return madeUp(`{"resourceType":"Organization","id":"o","name":`+words[len(`{"text":`):],
				`{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/d"},"organization":{"reference":"Organization/o"}}`,
				`{"resourceType":"Condition","id":"1","me":0,"code":{"text":"x"},"asserter":{"reference":"Practitioner/d"}}`)
		}, fetch.Problems, 1, 0},
		"a professional by what else they wrote": {func(_, words string) string {
			return madeUp(`{"resourceType":"Practitioner","id":"d","name":[{"family":"Doe"}],"qualification":[{"code":`+words+`}]}`, `{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/d"}}`,
				`{"resourceType":"Condition","id":"1","me":0,"code":{"text":"x"},"asserter":{"reference":"PractitionerRole/r"}}`)
		}, fetch.Problems, 1, 0},
		"a result of an encounter's reason in words": {func(_, words string) string {
			return madeUp(`{"resourceType":"Encounter","id":"e","me":0,"reason":[`+words+`]}`, `{"resourceType":"Observation","id":"2","me":0,"code":{"text":"Test"},"context":{"reference":"Encounter/e"}}`)
		}, fetch.Results, 1, 0},
		"a result of an encounter about a problem": {func(code, _ string) string {
			return madeUp(problem(code, ""), `{"resourceType":"Encounter","id":"e","me":0,"diagnosis":[{"condition":{"reference":"Condition/1"}}]}`,
				`{"resourceType":"Observation","id":"2","me":0,"code":{"text":"Test"},"context":{"reference":"Encounter/e"}}`)
		}, fetch.Results, 1, 0},
		"a problem of an encounter's reason": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Encounter","id":"e","me":0,"reason":[`+code+`]}`, problem(`{"text":"x"}`, `,"context":{"reference":"Encounter/e"}`))
		}, fetch.Problems, 1, 0},
		"a problem that is linked to an encounter of such a reason": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Encounter","id":"e","me":0,"reason":[`+code+`]}`,
				problem(`{"text":"x"}`, `,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedClinicalContent-1","valueReference":{"reference":"Encounter/e"}}]`))
		}, fetch.Problems, 1, 1},
		"a result of an encounter with a professional of a clinic": {func(_, words string) string {
			return madeUp(`{"resourceType":"Practitioner","id":"d","qualification":[{"code":`+words+`}]}`, `{"resourceType":"Encounter","id":"e","me":0,"participant":[{"individual":{"reference":"Practitioner/d"}}]}`,
				`{"resourceType":"Observation","id":"2","me":0,"code":{"text":"Test"},"context":{"reference":"Encounter/e"}}`)
		}, fetch.Results, 1, 1},
		"what is done where such a professional works": {func(_, words string) string {
			return madeUp(`{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/d"},"organization":{"reference":"Organization/o"},"code":[`+words+`]}`, `{"resourceType":"Organization","id":"o","name":"The Practice"}`,
				`{"resourceType":"Observation","id":"2","me":0,"code":{"text":"Test"},"performer":[{"reference":"Organization/o"}]}`)
		}, fetch.Results, 1, 1},
		"a problem that a consultation is about": {func(_, words string) string {
			return madeUp(`{"resourceType":"Encounter","id":"e","me":0,"type":[`+words+`]}`,
				problem(`{"text":"x"}`, `,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-ActualProblem-1","valueReference":{"reference":"Encounter/e"}}]`))
		}, fetch.Problems, 1, 1},
		"a problem for which somebody is referred": {func(_, words string) string {
			return madeUp(problem(`{"text":"x"}`, ""), `{"resourceType":"ReferralRequest","id":"2","me":0,"reasonCode":[`+words+`],"reasonReference":[{"reference":"Condition/1"}]}`)
		}, fetch.Problems, 1, 1},
		"a problem for which something is taken": {func(code, _ string) string {
			return madeUp(problem(`{"text":"x"}`, ""), strings.Replace(medicine(`{"reference":"Condition/1"}`), `{"text":"x"}`, code, 1))
		}, fetch.Problems, 1, 1},
		"a medicine for which something is measured": {func(code, _ string) string {
			return madeUp(`{"resourceType":"MedicationRequest","id":"p","intent":"plan","me":0,"medicationCodeableConcept":{"text":"x"}}`,
				`{"resourceType":"Observation","id":"2","me":0,"code":`+code+`,"basedOn":[{"reference":"MedicationRequest/p"}]}`)
		}, fetch.Medications, 1, 1},
		"a problem that is linked to words": {func(_, _ string) string {
			return madeUp(problem(`{"text":"x"}`, `,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedProblemHeader-1","extension":[{"url":"target","valueString":"x"}]},
				{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedClinicalContent-1","valueString":"x"}]`))
		}, fetch.Problems, 1, 1},
		"a medicine of the same identifier as a problem": {func(code, _ string) string {
			const same = `,"identifier":[{"system":"https://practice.example/entries","value":"17"}]`
			return madeUp(problem(code, same), strings.Replace(medicine(`{"display":"x"}`), `"id":"m"`, `"id":"m"`+same, 1))
		}, fetch.Medications, 1, 1},
		"a problem of somebody of such a name": {func(_, words string) string {
			return madeUp(`{"resourceType":"Condition","id":"1","code":{"text":"x"},"subject":{"reference":"Patient/p","display":` + words[len(`{"text":`):] + `}`)
		}, fetch.Problems, 1, 1},
		"a consultation about a problem": {func(code, _ string) string {
			return madeUp(problem(code, ""), `{"resourceType":"Encounter","id":"e","me":0,"diagnosis":[{"condition":{"reference":"Condition/1"}}]}`)
		}, fetch.Consultations, 1, 0},
		"a result of a report": {func(_, words string) string {
			return madeUp(`{"resourceType":"DiagnosticReport","id":"1","me":0,"code":`+words+`,"result":[{"reference":"Observation/2"}]}`, `{"resourceType":"Observation","id":"2","me":0,"code":{"text":"Test"}}`)
		}, fetch.Results, 1, 0},
		"a result derived from another": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Observation","id":"1","me":0,"code":`+code+`}`, `{"resourceType":"Observation","id":"2","me":0,"code":{"text":"Test"},"related":[{"type":"derived-from","target":{"reference":"Observation/1"}}]}`)
		}, fetch.Results, 2, 0},
		"what another is derived from": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Test"}}`, `{"resourceType":"Observation","id":"2","me":0,"code":`+code+`,"related":[{"type":"derived-from","target":{"reference":"Observation/1"}}]}`)
		}, fetch.Results, 2, 1},
		"an allergy that has ended, of a professional": {func(_, words string) string {
			return madeUp(`{"resourceType":"Practitioner","id":"d","name":[{"family":"Doe"}],"qualification":[{"code":`+words+`}]}`,
				`{"resourceType":"List","me":0,"code":{"coding":[{"code":"1103671000000101"}]},"contained":[{"resourceType":"AllergyIntolerance","id":"c","patient":{"reference":"Patient/p"},"clinicalStatus":"resolved","code":{"text":"Latex"},"recorder":{"reference":"Practitioner/d"}}]}`)
		}, fetch.Allergies, 1, 0},
		"a contact by what there is no place for": {func(code, _ string) string {
			return strings.Replace(madeUp(), `"resourceType":"Patient",`, `"resourceType":"Patient","contact":[{"name":{"family":"Roe"},"relationship":[{"coding":[{"display":"Friend"}]}],"organization":{"extension":[{"valueCodeableConcept":`+code+`}]}}],`, 1)
		}, fetch.Contacts, 1, 0},
		"a part of a vital sign": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Observation","id":"1","me":0,"code":{"coding":[{"system":"http://snomed.info/sct","code":"75367002","display":"Blood pressure"}]},"component":[{"code":` + code + `},{"code":{"text":"Other"}}]}`)
		}, "parts", 2, 1},
		"in a consultation, a part of a finding": {func(code, _ string) string {
			return held(`{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Panel"},"component":[{"code":` + strings.Replace(code, `A finding`, `Part`, 1) + `,"valueString":"a value"}]}`)
		}, "a value", 1, 0},
		"in a consultation, what is concluded of a result": {func(code, _ string) string {
			return held(`{"resourceType":"DiagnosticReport","id":"1","me":0,"code":{"text":"Report"},"conclusion":"a value","result":[{"reference":"Observation/2"},{"reference":"Observation/3"}]}`,
				`{"resourceType":"Observation","id":"2","me":0,"code":`+code+`}`, `{"resourceType":"Observation","id":"3","me":0,"code":{"text":"Test"}}`)
		}, "a value", 1, 0},
		"in a consultation, a report of what is hidden alone": {func(code, _ string) string {
			return held(`{"resourceType":"DiagnosticReport","id":"1","me":0,"code":{"text":"a value"},"result":[{"reference":"Observation/2"}]}`,
				`{"resourceType":"Observation","id":"2","me":0,"code":`+code+`}`)
		}, "a value", 1, 0},
		"a consultation by its kind": {func(_, words string) string {
			return madeUp(`{"resourceType":"Encounter","id":"e","me":0,"type":[` + words + `]}`)
		}, fetch.Consultations, 1, 0},
		"a consultation of which nothing remains": {func(code, _ string) string { return consultation(code, "") }, fetch.Consultations, 1, 0},
		"the notes of a topic":                    {func(code, _ string) string { return consultation(code, `,{"item":{"reference":"Observation/3"}}`) }, "sections", 3, 1},
		"a topic of a problem": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Condition","id":"c","me":0,"code":`+code+`}`, `{"resourceType":"Encounter","id":"e","me":0,"type":[{"text":"Surgery"}]}`,
				`{"resourceType":"List","id":"root","me":0,"encounter":{"reference":"Encounter/e"},"code":{"coding":[{"code":"325851000000107"}]},"entry":[{"item":{"reference":"List/t"}},{"item":{"reference":"Observation/2"}}]}`,
				`{"resourceType":"List","id":"t","me":0,"title":"Topic","code":{"coding":[{"code":"25851000000105"}]},"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedProblemHeader-1","extension":[{"url":"target","valueReference":{"reference":"Condition/c"}}]}],"entry":[{"item":{"reference":"Observation/1"}}]}`,
				`{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Cough"}}`, `{"resourceType":"Observation","id":"2","me":0,"code":{"text":"Fever"}}`)
		}, "sections", 2, 1},
		"a referral by its words": {func(_, words string) string {
			return madeUp(`{"resourceType":"ReferralRequest","id":"1","me":0,"reasonCode":[` + words + `]}`)
		}, fetch.Referrals, 1, 0},
		"a document by its kind": {func(_, words string) string {
			return madeUp(`{"resourceType":"DocumentReference","id":"1","me":0,"type":` + words + `}`)
		}, fetch.Documents, 1, 0},
		"a vaccine": {func(code, _ string) string {
			return madeUp(`{"resourceType":"Immunization","id":"1","patient":{"reference":"Patient/p"},"vaccineCode":` + code + `}`)
		}, fetch.Immunisations, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if n := counted(t, c.record(plain, asthma), c.kind); n != c.shown {
				t.Errorf("the twin shows %d", n)
			}
			if n := counted(t, c.record(secret, hiv), c.kind); n != c.left {
				t.Errorf("%d are shown", n)
			}
		})
	}
}

// problem is the first problem of a record.
func problem(code, more string) string {
	return `{"resourceType":"Condition","id":"1","me":0,"code":` + code + more + `}`
}

// medicine is one that is taken for a reason.
func medicine(reason string) string {
	return `{"resourceType":"MedicationStatement","id":"m","me":0,"status":"active","medicationCodeableConcept":{"text":"x"},"reasonReference":[` + reason + `]}`
}

// held is a record with a consultation about the first of its resources.
func held(about string, more ...string) string {
	id := regexp.MustCompile(`"resourceType":"(\w+)","id":"(\w+)"`).FindStringSubmatch(about)
	return madeUp(append(more, about, `{"resourceType":"Encounter","id":"e","me":0,"type":[{"text":"Surgery"}]}`,
		`{"resourceType":"List","id":"root","me":0,"encounter":{"reference":"Encounter/e"},"code":{"coding":[{"code":"325851000000107"}]},"entry":[{"item":{"reference":"`+id[1]+`/`+id[2]+`"}}]}`)...)
}

func consultation(code, more string) string {
	return madeUp(`{"resourceType":"Encounter","id":"e","me":0,"type":[{"text":"Surgery"}]}`,
		`{"resourceType":"List","id":"root","me":0,"encounter":{"reference":"Encounter/e"},"code":{"coding":[{"code":"325851000000107"}]},"entry":[{"item":{"reference":"List/t"}}]}`,
		`{"resourceType":"List","id":"t","me":0,"title":"Topic","code":{"coding":[{"code":"25851000000105"}]},"entry":[{"item":{"reference":"Observation/1"}},{"item":{"reference":"Observation/2"}}`+more+`]}`,
		`{"resourceType":"Observation","id":"1","me":0,"code":`+code+`}`,
		`{"resourceType":"Observation","id":"2","me":0,"code":{"coding":[{"system":"http://snomed.info/sct","code":"37331000000100","display":"Comment note"}]},"comment":"talked about it"}`,
		`{"resourceType":"Observation","id":"3","me":0,"code":{"text":"Cough"}}`)
}

// counted is how many of a kind, or of a part of one, a record shows. Whatever is hidden
// leaves no mark.
func counted(t *testing.T, data string, kind fetch.Kind) (n int) {
	t.Helper()
	s := gpconnect.Open(practice, fixed(data), ids, gpconnect.Options{Migrate: true})
	got, err := read(t, s, someone)
	if err != nil {
		t.Fatal(err)
	}
	for kind, answer := range got {
		if answer.Unreadable != nil {
			t.Errorf("%s is incomplete", kind)
		}
	}
	switch kind {
	case "issues":
		for _, m := range fetch.RowsOf[record.Medication](got[fetch.Medications]).Items {
			n += len(m.Issues)
		}
	case "components":
		for _, r := range fetch.RowsOf[record.Result](got[fetch.Results]).Items {
			n += len(r.Components)
		}
	case "parts":
		for _, v := range fetch.RowsOf[record.VitalSign](got[fetch.VitalSigns]).Items {
			n += len(v.Components)
		}
	case "a value":
		n = strings.Count(strings.Join(linesOf(got[fetch.Consultations]), "\n"), string(kind))
	case "reactions":
		for _, a := range fetch.RowsOf[record.Allergy](got[fetch.Allergies]).Items {
			n += len(a.ReactionDetails)
		}
	case "conclusions":
		for _, r := range fetch.RowsOf[record.Report](got[fetch.Reports]).Items {
			if r.Conclusion != "" {
				n++
			}
		}
	case "sections":
		for _, k := range fetch.RowsOf[record.Consultation](got[fetch.Consultations]).Items {
			n += len(k.Sections)
		}
	default:
		for _, line := range linesOf(got[kind]) {
			if !strings.HasPrefix(line, "    ") {
				n++
			}
		}
	}
	return n
}

// First counts only what may be shown.
func TestALimitCountsWhatIsShown(t *testing.T) {
	var resources []string
	for i := range 10 {
		words := "Asthma"
		if i%2 == 0 {
			words = "HIV clinic"
		}
		resources = append(resources, fmt.Sprintf(`{"resourceType":"Condition","id":"%d","me":0,"code":{"text":%q},"onsetDateTime":"2020-01-%02d"}`, i, words, 31-i))
	}
	s := gpconnect.Open(practice, fixed(madeUp(resources...)), ids, gpconnect.Options{Migrate: true})
	got, err := one(t, s, &fetch.Ask{Kind: fetch.Problems, Filter: fetch.Filter{First: 3}, Subjects: subjects(someone)})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range fetch.RowsOf[record.Problem](got).Items {
		all = append(all, p.Provenance.SourceID)
	}
	if strings.Join(all, " ") != "1 3 5" {
		t.Error(all)
	}
}

// warns is a list's warning, and warning a list that says no more.
func warns(code string) string {
	return `"extension":[{"url":"https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-ListWarningCode-1","valueCode":"` + code + `"}]`
}

func warning(list, code string) string {
	return `{"resourceType":"List","code":{"coding":[{"code":"` + list + `"}]},"me":0,"date":"2026-11-20T10:00:00+00:00",` + warns(code) + `}`
}

// The warnings of the lists are notes of their classes; confidential items leave none.
func TestListsSayWhatTheyLack(t *testing.T) {
	none := func(code, more string) string {
		return `{"resourceType":"AllergyIntolerance","id":"n","patient":{"reference":"Patient/p"},"assertedDate":"2020-05-05","code":{"coding":[{"system":"http://snomed.info/sct","code":"` + code + `","display":"No known allergy"}]}` + more + `}`
	}
	for name, c := range map[string]struct{ resource, want string }{
		"in transit":                {warning("886921000000105", "data-in-transit"), "ALLERGIES IN_TRANSIT"},
		"ended ones in transit":     {warning("1103671000000101", "data-in-transit"), "ALLERGIES IN_TRANSIT"},
		"waiting to be filed":       {warning("887191000000108", "data-awaiting-filing"), "RESULTS AWAITING_FILING"},
		"uncategorised":             {warning("826501000000100", "data-in-transit"), "RESULTS IN_TRANSIT, VITAL_SIGNS IN_TRANSIT"},
		"confidential":              {warning("717711000000103", "confidential-items"), ""},
		"of a list we do not know":  {warning("1", "data-in-transit"), ""},
		"another warning":           {warning("717711000000103", "something-new"), ""},
		"no known allergies":        {none("716186003", ""), "ALLERGIES NONE_KNOWN"},
		"none, and it stands":       {none("716186003", `,"clinicalStatus":"active"`), "ALLERGIES NONE_KNOWN"},
		"none, but no longer":       {none("716186003", `,"clinicalStatus":"resolved"`), ""},
		"none, withdrawn":           {none("716186003", `,"verificationStatus":"entered-in-error"`), ""},
		"an empty list is not none": {`{"resourceType":"List","code":{"coding":[{"code":"886921000000105"}]},"me":0,"emptyReason":{"coding":[{"code":"no-content-recorded"}]}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s := gpconnect.Open(practice, fixed(madeUp(c.resource)), ids, gpconnect.Options{Migrate: true, SourceOptions: seen.Options()})
			got, err := read(t, s, someone)
			if err != nil {
				t.Fatal(err)
			}
			var notes []string
			for _, n := range fetch.RowsOf[record.ListNote](got[fetch.Notes]).Items {
				notes = append(notes, string(n.Class)+" "+string(n.Note))
				if n.Note == record.NoteNoneKnown && n.Provenance.RecordedAt.IsZero() {
					t.Error("a statement of none without its date")
				}
			}
			if all := strings.Join(notes, ", "); all != c.want {
				t.Errorf("%q, want %q", all, c.want)
			}
			if strings.Contains(c.resource, "confidential") != (seen.Count("confidential record") == 1) {
				t.Errorf("observed %v", seen.Lines())
			}
			if n := fetch.RowsOf[record.Allergy](got[fetch.Allergies]).Count(0); n != 0 {
				t.Errorf("%d allergies", n)
			}
		})
	}
}

// A repeat whose authorisation lapsed is still taken until the practice says otherwise;
// a course is over when it has ended.
func TestALapsedRepeatIsStillTaken(t *testing.T) {
	medicine := func(id, status, kind, end string) []string {
		return []string{
			`{"resourceType":"MedicationStatement","id":"` + id + `","me":0,"status":"` + status + `","medicationCodeableConcept":{"text":"x"},"basedOn":[{"reference":"MedicationRequest/` + id + `-plan"}],"effectivePeriod":{"start":"2018-01-01","end":"` + end + `"}}`,
			`{"resourceType":"MedicationRequest","id":"` + id + `-plan","intent":"plan","me":0,"medicationCodeableConcept":{"text":"x"},"extension":[{"url":"https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-PrescriptionType-1","valueCodeableConcept":{"coding":[{"code":"` + kind + `"}]}}]}`,
		}
	}
	var all []string
	for _, m := range [][]string{medicine("repeat", "active", "repeat", "2018-12-14"), medicine("stopped", "stopped", "repeat", "2018-12-14"), medicine("course", "active", "acute", "2018-02-01"), medicine("odd", "whatever", "whatever", "")} {
		all = append(all, m...)
	}
	s := gpconnect.Open(practice, fixed(madeUp(all...)), ids, gpconnect.Options{Migrate: true})
	for filter, want := range map[string]string{"CURRENT": "repeat odd", "PAST": "stopped course", "": "repeat stopped course odd"} {
		got, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: filter}, Subjects: subjects(someone)})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range fetch.RowsOf[record.Medication](got).Items {
			names = append(names, m.Provenance.SourceID)
			if m.Provenance.SourceID == "repeat" && (m.EndedOn != "" || m.ReviewDueOn != "2018-12-14") {
				t.Errorf("ended %s, review %s", m.EndedOn, m.ReviewDueOn)
			}
		}
		if strings.Join(names, " ") != want {
			t.Errorf("%q: %v", filter, names)
		}
	}
}

// What many bear and many refer to costs as much as there are of them, and not as many times as each may mean each; nor does
// what lists name beside much that is left out.
func TestWhatManyReferTo(t *testing.T) {
	for name, of := range map[string]func(i int) []string{
		"an identifier": func(i int) []string {
			return []string{fmt.Sprintf(`{"resourceType":"Organization","id":"%d","identifier":[{"system":"https://x","value":"1"}],"partOf":{"identifier":{"system":"https://x","value":"1"}}}`, i)}
		},
		"an address": func(i int) []string {
			return []string{fmt.Sprintf(`{"fullUrl":"urn:uuid:4f1e","resource":{"resourceType":"Condition","id":"%d","me":0,"evidence":[{"detail":[{"reference":"urn:uuid:4f1e"}]}]}}`, i)}
		},
		"a problem": func(i int) []string {
			return []string{`{"fullUrl":"urn:uuid:4f1e","resource":` + strings.Replace(problem(`{"text":"x"}`, `,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedClinicalContent-1","valueReference":{"reference":"urn:uuid:4f1e"}}]`), `"1"`, fmt.Sprintf(`"%d"`, i), 1) + `}`}
		},
		"what did not come": func(i int) []string {
			return []string{fmt.Sprintf(`{"resourceType":"Condition","id":"%0100d","subject":{"reference":"Patient/%d"}}`, i, i), listOf("717711000000103", fmt.Sprintf(`"id":"%d"`, i), "Condition/none")}
		},
	} {
		taken := func(n int) uint64 {
			var held []string
			for i := range n {
				held = append(held, of(i)...)
			}
			s := gpconnect.Open(practice, fixed(madeUp(held...)), ids, gpconnect.Options{})
			return fhirtest.Allocated(func() {
				if _, err := one(t, s, &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(someone)}); err != nil {
					t.Fatal(err)
				}
			})
		}
		taken(1) // what is made once
		if once, twice := taken(500), taken(1000); twice > 3*once {
			t.Errorf("%s: %d bytes, %d for twice as many", name, once, twice)
		}
	}
}
