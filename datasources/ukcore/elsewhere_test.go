package ukcore_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What stands on another server is not what has the same type and id here: its words stand, or there is a gap. What is
// hidden here hides what may mean it all the same.
func TestWhatStandsOnAnotherServer(t *testing.T) {
	at := func(resource string) string {
		r := strings.Split(resource, `"`)
		return `{"fullUrl":"https://trust.example/fhir/` + r[3] + `/` + r[7] + `","resource":` + resource + `}`
	}
	order := func(reference string) string {
		return about1("MedicationRequest", "m", `,"intent":"order","medicationReference":{"reference":"`+reference+`","display":"Warfarin"}`)
	}
	const aspirin = `{"resourceType":"Medication","id":"x","code":{"text":"Aspirin"}}`
	angina := about1("Condition", "c", `,"code":{"text":"Angina"}`)
	because := about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Warfarin"},"reasonReference":[{"reference":"https://gp.example/fhir/Condition/c","display":"Atrial fibrillation"}]`)
	inpatient := about1("Encounter", "e", `,"class":{"code":"IMP"},"period":{"start":"2026-01-01","end":"2026-01-02"}`)
	panel := about1("DiagnosticReport", "r", `,"code":{"text":"Bloods"},"conclusion":"Reactive","result":[{"reference":"https://laboratory.example/fhir/Observation/o"}]`)
	for name, c := range map[string]struct {
		kind  fetch.Kind
		held  []string
		says  string
		not   string
		whole bool
	}{
		"a medicine":                         {fetch.Medications, []string{at(aspirin), order("https://pharmacy.example/fhir/Medication/x")}, "Medicine: Warfarin", "Aspirin", true},
		"a medicine of this one":             {fetch.Medications, []string{at(aspirin), order("https://trust.example/fhir/Medication/x/_history/2")}, "Medicine: Aspirin", "Warfarin", true},
		"a medicine of this one, by its id":  {fetch.Medications, []string{at(aspirin), order("Medication/x")}, "Medicine: Aspirin", "Warfarin", true},
		"a medicine that says not where":     {fetch.Medications, []string{aspirin, order("https://trust.example/fhir/Medication/x")}, "Medicine: Aspirin", "Warfarin", true},
		"a medicine without words":           {fetch.Medications, []string{at(aspirin), strings.Replace(order("https://pharmacy.example/fhir/Medication/x"), `,"display":"Warfarin"`, "", 1)}, "", "m ·", false},
		"a medicine that is hidden here":     {fetch.Medications, []string{at(`{"resourceType":"Medication","id":"x","code":` + hiv + `}`), order("https://pharmacy.example/fhir/Medication/x")}, "", "m ·", true},
		"a reason":                           {fetch.Medications, []string{at(angina), because}, "Reason: Atrial fibrillation", "Angina", false},
		"a reason that is hidden here":       {fetch.Medications, []string{at(about1("Condition", "c", `,"code":`+hiv)), because}, "", "m ·", true},
		"a diagnosis of a stay":              {fetch.Stays, []string{at(inpatient), about1("Condition", "c", `,"code":{"text":"Angina"},"encounter":{"reference":"https://gp.example/fhir/Encounter/e"}`)}, "AdmittedAt", "Angina", true},
		"a diagnosis of a stay of this one":  {fetch.Stays, []string{at(inpatient), about1("Condition", "c", `,"code":{"text":"Angina"},"encounter":{"reference":"https://trust.example/fhir/Encounter/e"}`)}, "Diagnoses: [Angina, 1]", "somewhere", true},
		"a result of a report":               {fetch.Results, []string{at(about1("Observation", "o", `,"code":{"text":"Sodium"}`)), panel}, "Sodium", "Bloods", false},
		"a result that is hidden here":       {fetch.Reports, []string{at(about1("Observation", "o", `,"code":`+hiv)), panel}, "", "Reactive", true},
		"a goal":                             {fetch.CarePlans, []string{at(`{"resourceType":"Goal","id":"g","lifecycleStatus":"active","description":{"text":"Walk"},"subject":{"reference":"Patient/1"}}`), about1("CarePlan", "p", `,"title":"Plan","goal":[{"reference":"https://gp.example/fhir/Goal/g","display":"Swim"}]`)}, "Swim", "Walk", false},
		"the use of a device":                {fetch.Devices, []string{at(`{"resourceType":"Device","id":"d","patient":{"reference":"Patient/1"},"status":"active","type":{"text":"Pacemaker"}}`), about1("DeviceUseStatement", "u", `,"device":{"reference":"https://gp.example/fhir/Device/d","display":"Stent"},"recordedOn":"2020-01-01"`)}, "Device: Stent", "Pacemaker · Status: COMPLETED", true},
		"an appointment for what is planned": {fetch.Appointments, []string{at(`{"resourceType":"Appointment","id":"a","status":"booked","start":"2027-01-01","participant":[{"actor":{"reference":"Patient/1"}}]}`), strings.Replace(about1("Encounter", "e", `,"class":{"code":"AMB","display":"Clinic"},"appointment":[{"reference":"https://gp.example/fhir/Appointment/a"}]`), "finished", "planned", 1)}, "Kind: AMB Clinic", "somewhere", true},
		"what a professional is": {fetch.Problems, []string{at(`{"resourceType":"Practitioner","id":"d","name":[{"text":"Dr Here"}]}`), `{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"https://gp.example/fhir/Practitioner/d"},"code":[{"text":"Surgeon"}]}`,
			about1("Condition", "c", `,"code":{"text":"Angina"},"asserter":{"reference":"Practitioner/d"}`)}, "AssertedBy: Dr Here", "Surgeon", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := ukcore.Open(record.Acute, here, whole{someone: collection(append(c.held, patientOf("1", someone))...)}, ids, ukcore.Options{})
			a, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
			if all := strings.Join(lines(a), "\n"); err != nil || !strings.Contains(all, c.says) || strings.Contains(all, c.not) || isWhole(a) != c.whole {
				t.Errorf("%q, whole: %t, %v", all, isWhole(a), err)
			}
		})
	}
}

// What a document says on another server is not what has the same id here.
func TestWhatADocumentSaysOnAnotherServer(t *testing.T) {
	binary := func(text string) string {
		return `{"resourceType":"Binary","id":"b","data":"` + base64.StdEncoding.EncodeToString([]byte(text)) + `"}`
	}
	for name, c := range map[string]struct{ address, want string }{
		"of this one":     {"https://trust.example/fhir/Binary/b", "Of this one"},
		"of another":      {"https://gp.example/fhir/Binary/b", ""},
		"of one unstated": {"Binary/b", "Of this one"},
	} {
		s := ukcore.Open(record.Acute, here, whole{someone: collection(patientOf("1", someone), `{"fullUrl":"https://trust.example/fhir/Binary/b","resource":`+binary("Of this one")+`}`,
			about1("DocumentReference", "d", `,"content":[{"attachment":{"contentType":"text/plain","url":"`+c.address+`"}}]`))}, ids, ukcore.Options{})
		a, _ := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: "d"}})
		got := ""
		for _, x := range fetch.RowsOf[record.DocumentContent](a).Of(0) {
			got += string(x.Text)
		}
		if got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Whose a letter is, and who wrote it, is not said by what has the same id on another server.
func TestWhomALetterNamesOnAnotherServer(t *testing.T) {
	for name, c := range map[string]struct{ patient, author, want string }{
		"of this one":         {"https://trust.example/fhir/Patient/1", "https://trust.example/fhir/Practitioner/p", "Author: Dr Here"},
		"its author":          {"https://trust.example/fhir/Patient/1", "https://gp.example/fhir/Practitioner/p", "Author: Dr Display"},
		"whom it is of":       {"https://gp.example/fhir/Patient/1", "https://trust.example/fhir/Practitioner/p", ""},
		"by type and id only": {"Patient/1", "Practitioner/p", "Author: Dr Here"},
	} {
		letter := strings.Replace(composed("l", `,"author":[{"reference":"`+c.author+`","display":"Dr Display"}]`), `"Patient/1"`, `"`+c.patient+`"`, 1)
		s := ukcore.Open(record.Acute, here, nil, ids, ukcore.Options{Documents: letterbox(fhirMeta("document", "", letter, `{"fullUrl":"https://trust.example/fhir/Patient/1","resource":`+patientOf("1", someone)+`}`,
			`{"fullUrl":"https://trust.example/fhir/Practitioner/p","resource":{"resourceType":"Practitioner","id":"p","name":[{"text":"Dr Here"}]}}`))})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
		if all := strings.Join(lines(a), "\n"); (all == "") != (c.want == "") || !strings.Contains(all, c.want) || (isWhole(a) && err == nil) != (c.want != "") {
			t.Errorf("%s: %q, whole: %t, %v", name, all, isWhole(a), err)
		}
	}
}
