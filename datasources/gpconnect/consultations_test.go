package gpconnect_test

import (
	"strings"
	"testing"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

const (
	surgery = `{"resourceType":"Encounter","id":"e","me":0,"type":[{"text":"Surgery"}]}`
	cough   = `{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Cough"}}`
	fever   = `{"resourceType":"Observation","id":"2","me":0,"code":{"text":"Fever"}}`
	comment = `{"coding":[{"system":"http://snomed.info/sct","code":"37331000000100"}]}`

	consultationList, topicList, headingList = "325851000000107", "25851000000105", "24781000000107"
)

// listOf is a list of a consultation.
func listOf(code, more string, items ...string) string {
	for i := range items {
		items[i] = `{"item":{"reference":"` + items[i] + `"}}`
	}
	return `{"resourceType":"List","me":0,"code":{"coding":[{"code":"` + code + `"}]},` + more + `,"entry":[` + strings.Join(items, ",") + `]}`
}

// rootOf is the list of the consultation.
func rootOf(items ...string) string {
	return listOf(consultationList, `"id":"root","encounter":{"reference":"Encounter/e"}`, items...)
}

// What a consultation shows of what it names, under which heading, and whether that is all.
func TestWhatAConsultationNames(t *testing.T) {
	about := func(resource, reference string) []string { return []string{surgery, resource, rootOf(reference)} }
	const document = `{"resourceType":"DocumentReference","id":"d","me":0,"status":"current","type":{"text":"Letter"},"description":"From the clinic"`
	for name, c := range map[string]struct {
		held  []string
		want  string
		whole bool
	}{
		"a finding":                       {about(cough, "Observation/1"), "Notes: Cough", true},
		"a document":                      {about(document+`}`, "DocumentReference/d"), "Notes: Letter From the clinic", true},
		"a document that is labelled":     {about(document+`,"securityLabel":[{"coding":[{"code":"R"}]}]}`, "DocumentReference/d"), "", true},
		"a document by its label in part": {about(document+`,"securityLabel":{"coding":[{"code":"N"}]}}`, "DocumentReference/d"), "Surgery", false},
		"a document of a hidden clinic":   {about(document+`,"context":{"practiceSetting":{"coding":[{"code":"a"},{"code":"360"}]}}}`, "DocumentReference/d"), "", true},
		"a document that was withdrawn":   {about(document+`,"docStatus":"entered-in-error"}`, "DocumentReference/d"), "Surgery", true},
		"a vaccine":                       {about(`{"resourceType":"Immunization","id":"i","patient":{"reference":"Patient/p"},"status":"completed","vaccineCode":{"text":"Influenza"}}`, "Immunization/i"), "Notes: Influenza", true},
		"a vaccine that was not given":    {about(`{"resourceType":"Immunization","id":"i","patient":{"reference":"Patient/p"},"status":"completed","notGiven":true,"vaccineCode":{"text":"Influenza"}}`, "Immunization/i"), "Surgery", true},
		"a referral":                      {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"description":"Please see"}`, "ReferralRequest/r"), "Notes: Please see", true},
		"a referral to a hidden clinic":   {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"description":"Please see","specialty":{"coding":[{"code":"360"}]}}`, "ReferralRequest/r"), "", true},
		"a report":                        {about(`{"resourceType":"DiagnosticReport","id":"r","me":0,"code":{"text":"Report"},"conclusion":"Normal"}`, "DiagnosticReport/r"), "Notes: Report Normal", true},
		"what did not come":               {about(cough, "Observation/7"), "Surgery", false},
		"what cannot be read":             {about(`{"resourceType":"ProcedureRequest","id":"q","me":0,"code":5}`, "ProcedureRequest/q"), "Surgery", false},
		"what was withdrawn":              {about(`{"resourceType":"Observation","id":"1","me":0,"status":"entered-in-error","code":{"text":"Cough"}}`, "Observation/1"), "Surgery", true},
		"words that may not be shown":     {about(cough, "Seen at the HIV clinic"), "", true},
		"a referral that cannot be read":  {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"description":"Please see","specialty":[{"coding":[{"code":"360"}]}]}`, "ReferralRequest/r"), "Surgery", false},
		"words instead of an entry":       {about(cough, "See the letter"), "Notes: See the letter", true},

		"a topic and a heading": {[]string{surgery, cough, fever, rootOf("List/t", "Observation/2"), listOf(topicList, `"id":"t","title":"Chest"`, "List/h"), listOf(headingList, `"id":"h","title":"History"`, "Observation/1")},
			"Chest: History: Cough; Notes: Fever", true},
		"a list twice": {[]string{surgery, cough, rootOf("List/t", "List/t"), listOf(topicList, `"id":"t","title":"Chest"`, "Observation/1")}, "Chest: Cough", true},
		"lists in a circle": {[]string{surgery, cough, rootOf("List/t"), listOf(topicList, `"id":"t","title":"Chest"`, "List/h"), listOf(headingList, `"id":"h","title":"Chest"`, "List/t", "Observation/1")},
			"Chest: Cough", true},
		"lists too deep": {[]string{surgery, cough, fever, rootOf("List/1", "Observation/2"), listOf(topicList, `"id":"1","title":"a"`, "List/2"), listOf(headingList, `"id":"2","title":"b"`, "List/3"),
			listOf(headingList, `"id":"3","title":"c"`, "List/4"), listOf(headingList, `"id":"4","title":"d"`, "Observation/1")}, "Notes: Fever", false},
		"two lists":            {[]string{surgery, cough, fever, rootOf("Observation/1"), strings.Replace(rootOf("Observation/2"), "root", "other", 1)}, "Notes: Cough; Notes: Fever", true},
		"two lists without id": {[]string{surgery, cough, fever, strings.Replace(rootOf("Observation/1"), `"id":"root",`, "", 1), strings.Replace(rootOf("Observation/2"), `"id":"root",`, "", 1)}, "Notes: Cough; Notes: Fever", true},
		"two lists of one id":  {[]string{surgery, cough, fever, rootOf("Observation/1"), rootOf("Observation/2")}, "Notes: Cough", false},
		"a list that is confidential, without an id": {[]string{surgery, cough, strings.Replace(rootOf("Observation/1"), `"id":"root"`, `"meta":{"security":[{"code":"R"}]}`, 1)},
			"Surgery", true},
		"a list that cannot be read":                      {[]string{surgery, cough, strings.Replace(rootOf("Observation/1"), `"entry":`, `"title":5,"entry":`, 1)}, "Surgery", false},
		"a list of a consultation that did not come":      {[]string{cough, rootOf("Observation/1")}, "", false},
		"a list of a consultation that may not be shown":  {[]string{strings.Replace(surgery, "Surgery", "HIV clinic", 1), cough, rootOf("Observation/1")}, "", true},
		"a list of a consultation that could not be read": {[]string{strings.Replace(surgery, `"id":"e"`, `"id":"e","period":5`, 1), cough, rootOf("Observation/1")}, "", false},
		"what a professional of no address wrote beside a report that is hidden": {[]string{surgery, `{"resourceType":"DiagnosticReport","id":"r","me":0,"code":{"text":"HIV test"},"result":[{"display":"Test"}]}`,
			strings.Replace(rootOf("x"), `{"reference":"x"}`, `{"display":"Cough"}`, 1)}, "Notes: Cough", true},
	} {
		t.Run(name, func(t *testing.T) {
			a := asked(t, madeUp(c.held...), fetch.Consultations)
			var said []string
			for _, k := range fetch.RowsOf[record.Consultation](a).Of(0) {
				if len(k.Sections) == 0 {
					said = append(said, k.Kind.Display)
				}
				for _, s := range k.Sections {
					said = append(said, strings.TrimSpace(s.Heading+": "+strings.TrimSpace(code(s.Entry)+" "+string(s.Text))))
				}
			}
			if got := strings.Join(said, "; "); got != c.want || isWhole(a) != c.whole {
				t.Errorf("%q, whole: %t", got, isWhole(a))
			}
		})
	}
}

// Words beside a finding tell of it: those of a topic go where one of its entries may not be shown, whatever hides it, and those of another stay.
func TestTheNotesOfATopic(t *testing.T) {
	s := gpconnect.Open(practice, fixed(madeUp(surgery, strings.Replace(cough, `"text":"Cough"`, `"text":"HIV test"`, 1), fever,
		`{"resourceType":"Observation","id":"3","me":0,"code":`+comment+`,"comment":"talked about it"}`, `{"resourceType":"Observation","id":"4","me":0,"code":`+comment+`,"comment":"slept well"}`,
		rootOf("List/t", "List/u"), listOf(topicList, `"id":"t","title":"One"`, "Observation/1", "Observation/2", "Observation/3"), listOf(topicList, `"id":"u","title":"Two"`, "Observation/4"))), ids, gpconnect.Options{Migrate: true})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Consultations, Subjects: subjects(someone)})
	if lines := strings.Join(linesOf(a), "\n"); err != nil || !strings.Contains(lines, "One · Fever") || !strings.Contains(lines, "Two · slept well") || strings.Contains(lines, "talked") {
		t.Errorf("%s, %v", lines, err)
	}
}
