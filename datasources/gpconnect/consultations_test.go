package gpconnect_test

import (
	"encoding/base64"
	"slices"
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

// note is an observation of a consultation that stands in none of its lists.
func note(code, encounter string) string {
	return `{"resourceType":"Observation","id":"n","me":0,"context":{"reference":"Encounter/` + encounter + `"},"code":` + code + `,"comment":"slept well"}`
}

// What a consultation shows of what it names, under which heading, and whether that is all.
func TestWhatAConsultationNames(t *testing.T) {
	about := func(resource, reference string) []string { return []string{surgery, resource, rootOf(reference)} }
	header := func(part string) string {
		return `"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedProblemHeader-1","extension":[` + part + `]}]`
	}
	hidden := strings.Replace(cough, "Cough", "HIV test", 1)
	beside := func(more string, result ...string) []string {
		return append(result, surgery, note(comment, "e"), `{"resourceType":"DiagnosticReport","id":"r","me":0,"code":{"text":"Report"},"conclusion":"Normal","result":[{"reference":"Observation/1"}]`+more+`}`,
			rootOf("List/t"), listOf(topicList, `"id":"t","title":"Topic"`, "DiagnosticReport/r", "Observation/n"))
	}
	const document = `{"resourceType":"DocumentReference","id":"d","me":0,"status":"current","type":{"text":"Letter"},"description":"From the clinic"`
	for name, c := range map[string]struct {
		held  []string
		want  string
		whole bool
	}{
		"a finding":                        {about(cough, "Observation/1"), "Notes: Cough", true},
		"a document":                       {about(document+`}`, "DocumentReference/d"), "Notes: Letter From the clinic", true},
		"a document that is labelled":      {about(document+`,"securityLabel":[{"coding":[{"code":"R"}]}]}`, "DocumentReference/d"), "", true},
		"a document that is labelled once": {about(document+`,"securityLabel":{"coding":[{"code":"N"}]}}`, "DocumentReference/d"), "Notes: Letter From the clinic", true},
		"a document by its label unread":   {about(document+`,"securityLabel":"N"}`, "DocumentReference/d"), "", false},
		"a document that says so":          {about(document+`,"content":[{"attachment":{"data":"`+base64.StdEncoding.EncodeToString([]byte("Seen at the HIV clinic"))+`"}}]}`, "DocumentReference/d"), "", true},
		"a document of a hidden clinic":    {about(document+`,"context":{"practiceSetting":{"coding":[{"code":"a"},{"code":"360"}]}}}`, "DocumentReference/d"), "", true},
		"a document that was withdrawn":    {about(document+`,"docStatus":"entered-in-error"}`, "DocumentReference/d"), "Surgery", true},
		"a vaccine":                        {about(`{"resourceType":"Immunization","id":"i","patient":{"reference":"Patient/p"},"status":"completed","vaccineCode":{"text":"Influenza"}}`, "Immunization/i"), "Notes: Influenza", true},
		"a vaccine that was not given":     {about(`{"resourceType":"Immunization","id":"i","patient":{"reference":"Patient/p"},"status":"completed","notGiven":true,"vaccineCode":{"text":"Influenza"}}`, "Immunization/i"), "Surgery", true},
		"a referral":                       {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"description":"Please see"}`, "ReferralRequest/r"), "Notes: Please see", true},
		"a referral with a label inside":   {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"description":"Please see","contained":[{"resourceType":"Basic","id":"b","meta":{"security":[{"code":"R"}]}}]}`, "ReferralRequest/r"), "", true},
		"a referral to a hidden clinic":    {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"description":"Please see","specialty":{"coding":[{"code":"360"}]}}`, "ReferralRequest/r"), "", true},
		"what a referral asks for":         {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"serviceRequested":[{"text":"Cardiology"},{}],"specialty":{"text":"Hearts"}}`, "ReferralRequest/r"), "Notes: Service requested: Cardiology, Hearts", true},
		"a referral that says nothing":     {about(`{"resourceType":"ReferralRequest","id":"r","me":0}`, "ReferralRequest/r"), "Surgery", false},
		"a vaccine that says nothing":      {about(`{"resourceType":"Immunization","id":"i","patient":{"reference":"Patient/p"}}`, "Immunization/i"), "Surgery", false},
		"a medicine that says nothing":     {about(`{"resourceType":"MedicationRequest","id":"m","me":0}`, "MedicationRequest/m"), "Surgery", false},
		"a document that says nothing":     {about(`{"resourceType":"DocumentReference","id":"d","me":0,"status":"current"}`, "DocumentReference/d"), "Surgery", false},
		"a template that says nothing":     {about(`{"resourceType":"QuestionnaireResponse","id":"q","me":0}`, "QuestionnaireResponse/q"), "Surgery", false},
		"a request that says nothing":      {about(`{"resourceType":"ProcedureRequest","id":"q","me":0,"doNotPerform":true}`, "ProcedureRequest/q"), "Surgery", false},
		"what a relative had":              {about(`{"resourceType":"FamilyMemberHistory","id":"f","patient":{"reference":"Patient/p"},"note":[{"text":"Heart attack"}]}`, "FamilyMemberHistory/f"), "Surgery", false},
		"what was dispensed":               {about(`{"resourceType":"MedicationDispense","id":"d","me":0,"medicationCodeableConcept":{"text":"Warfarin"},"note":[{"text":"two boxes"}]}`, "MedicationDispense/d"), "Surgery", false},
		"what was administered":            {about(`{"resourceType":"MedicationAdministration","id":"d","me":0,"medicationCodeableConcept":{"text":"Warfarin"},"note":[{"text":"one"}]}`, "MedicationAdministration/d"), "Surgery", false},
		"what resists an antibiotic":       {about(`{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Urine culture"},"component":[{"code":{"text":"Trimethoprim"},"interpretation":{"text":"Resistant"}},{"code":{"text":"HIV test"},"interpretation":{"text":"x"}}]}`, "Observation/1"), "Notes: Urine culture Trimethoprim: Resistant", true},
		"what is abnormal":                 {about(`{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Potassium"},"valueQuantity":{"value":7},"interpretation":{"text":"Abnormal"}}`, "Observation/1"), "Notes: Potassium 7\nInterpretation: Abnormal", true},
		"what was not measured":            {about(`{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Pulse"},"dataAbsentReason":{"text":"Refused"},"component":[{"code":{"text":"Left"},"dataAbsentReason":{"text":"No arm"}}]}`, "Observation/1"), "Notes: Pulse Refused\nLeft: No arm", true},
		"a finding that was cancelled":     {about(strings.Replace(cough, `"me":0`, `"me":0,"status":"cancelled"`, 1), "Observation/1"), "Surgery", true},
		"a report":                         {about(`{"resourceType":"DiagnosticReport","id":"r","me":0,"code":{"text":"Report"},"conclusion":"Normal"}`, "DiagnosticReport/r"), "Notes: Report Normal", true},
		"what did not come":                {about(cough, "Observation/7"), "Surgery", false},
		"what is kept back":                {append(about(cough, "Observation/7"), warning("826501000000100", "confidential-items")), "Surgery", true},
		"what a consultation keeps back":   {append(about(cough, "Observation/7"), warning("1149501000000101", "confidential-items")), "Surgery", true},
		"what did not come beside that":    {append(about(cough, "Observation/7"), warning("933361000000108", "confidential-items")), "Surgery", false},
		"what cannot be read":              {about(`{"resourceType":"ProcedureRequest","id":"q","me":0,"code":5}`, "ProcedureRequest/q"), "Surgery", false},
		"what was withdrawn":               {about(`{"resourceType":"Observation","id":"1","me":0,"status":"entered-in-error","code":{"text":"Cough"}}`, "Observation/1"), "Surgery", true},
		"words that may not be shown":      {about(cough, "Seen at the HIV clinic"), "", true},
		"a referral to hidden clinics":     {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"description":"Please see","specialty":[{"coding":[{"code":"360"}]}]}`, "ReferralRequest/r"), "", true},
		"a document that cannot be read":   {about(`{"resourceType":"DocumentReference","id":"r","me":0,"status":"current","type":{"text":"Letter"},"description":5}`, "DocumentReference/r"), "Surgery", false},
		"a referral that cannot be read":   {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"description":"Please see","reasonCode":5}`, "ReferralRequest/r"), "Surgery", false},
		"words instead of an entry":        {about(cough, "See the letter"), "Notes: See the letter", true},

		"a topic and a heading": {[]string{surgery, cough, fever, rootOf("List/t", "Observation/2"), listOf(topicList, `"id":"t","title":"Chest"`, "List/h"), listOf(headingList, `"id":"h","title":"History"`, "Observation/1")},
			"Chest: History: Cough; Notes: Fever", true},
		"a note beside the lists":                                {[]string{surgery, cough, note(comment, "e"), rootOf("Observation/1")}, "Notes: Cough; Notes: slept well", true},
		"a note beside those of another":                         {[]string{surgery, cough, note(comment, "x"), rootOf("Observation/1")}, "Notes: Cough", true},
		"a note in the lists":                                    {[]string{surgery, note(comment, "e"), rootOf("Observation/n")}, "Notes: slept well", true},
		"a finding beside the lists":                             {[]string{surgery, cough, note(`{"text":"Fever"}`, "e"), rootOf("Observation/1")}, "Notes: Cough", true},
		"a finding with a note of its own":                       {[]string{surgery, cough, strings.Replace(note(`{"text":"Fever"}`, "e"), `"me":0`, `"me":0,"component":[{"code":`+comment+`}]`, 1), rootOf("Observation/1")}, "Notes: Cough", true},
		"something else with the code of one":                    {[]string{surgery, cough, strings.Replace(note(comment, "e"), "Observation", "ProcedureRequest", 1), rootOf("Observation/1")}, "Notes: Cough", true},
		"a note of a topic that is not shown":                    {[]string{surgery, cough, problem(rHIV, ""), note(comment, "e"), rootOf("List/t", "Observation/1"), listOf(topicList, `"id":"t","title":"Topic",`+header(`{"url":"target","valueReference":{"reference":"Condition/1"}}`), "Observation/n")}, "Notes: Cough", true},
		"a note before a topic of which something is hidden":     {[]string{surgery, hidden, fever, note(comment, "e"), rootOf("Observation/n", "List/t"), listOf(topicList, `"id":"t","title":"Topic"`, "Observation/1", "Observation/2")}, "Notes: slept well; Topic: Fever", true},
		"a note after it":                                        {[]string{surgery, hidden, fever, note(comment, "e"), rootOf("List/t", "Observation/n"), listOf(topicList, `"id":"t","title":"Topic"`, "Observation/1", "Observation/2")}, "Topic: Fever; Notes: slept well", true},
		"a note beside a heading of which something is":          {[]string{surgery, hidden, fever, note(comment, "e"), rootOf("List/t"), listOf(topicList, `"id":"t","title":"Topic"`, "Observation/n", "List/h"), listOf(headingList, `"id":"h","title":"History"`, "Observation/1", "Observation/2")}, "Topic: History: Fever", true},
		"a topic alone that is not shown":                        {[]string{surgery, cough, problem(rHIV, ""), rootOf("List/t"), listOf(topicList, `"id":"t","title":"Topic",`+header(`{"url":"target","valueReference":{"reference":"Condition/1"}}`), "Observation/1")}, "", true},
		"a topic of no problem":                                  {[]string{surgery, cough, rootOf("List/t"), listOf(topicList, `"id":"t","title":"Topic",`+header(`{"url":"type","valueCode":"parent"}`), "Observation/1")}, "Topic: Cough", true},
		"a topic of a problem in words":                          {[]string{surgery, cough, rootOf("List/t"), listOf(topicList, `"id":"t","title":"Topic",`+header(`{"url":"target","valueString":"x"}`), "Observation/1")}, "Topic: Cough", true},
		"a note beside a heading that is not shown":              {[]string{surgery, fever, note(comment, "e"), rootOf("List/t"), listOf(topicList, `"id":"t","title":"Topic"`, "Observation/n", "Observation/2", "List/h"), listOf(headingList, `"id":"h","title":"HIV test"`)}, "Topic: Fever", true},
		"nothing instead of an entry":                            {[]string{surgery, strings.Replace(rootOf("x"), `"reference":"x"`, "", 1)}, "Surgery", true},
		"an identifier nobody bears":                             {[]string{surgery, strings.Replace(rootOf("x"), `"reference":"x"`, `"identifier":{"system":"https://practice.example/entries","value":"1"}`, 1)}, "Surgery", false},
		"a report that only has a conclusion, of what is hidden": {append(about(`{"resourceType":"DiagnosticReport","id":"r","me":0,"conclusion":"Normal","result":[{"reference":"Observation/1"},{"reference":"Observation/2"}]}`, "DiagnosticReport/r"), hidden, fever), "", true},
		"a note without words":                                   {[]string{surgery, strings.Replace(note(comment, "e"), "slept well", " ", 1), rootOf("Observation/n")}, "Surgery", true},
		"a note beside a report of what is hidden": {[]string{surgery, hidden, fever, note(comment, "e"), `{"resourceType":"DiagnosticReport","id":"r","me":0,"code":{"text":"Report"},"result":[{"reference":"Observation/1"},{"reference":"Observation/2"}]}`,
			rootOf("List/t"), listOf(topicList, `"id":"t","title":"Topic"`, "DiagnosticReport/r", "Observation/n")}, "Topic: Report", true},
		"a note beside a report that is cancelled":                 {beside(`,"status":"cancelled"`, cough), "Topic: slept well", true},
		"a note beside one that is cancelled, of what is hidden":   {beside(`,"status":"cancelled"`, hidden), "", true},
		"a note beside a report beyond reading":                    {beside(`,"issued":5`, cough), "Topic: Report; Topic: slept well", false},
		"a note beside one beyond reading, of what is hidden":      {beside(`,"issued":5`, hidden), "Topic: Report", false},
		"a note beside one beyond all reading, of what is hidden":  {beside(`,"status":5`, hidden), "", false},
		"a note beside one beyond reading, of a group with hidden": {beside(`,"issued":5`, `{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Panel"},"related":[{"type":"has-member","target":{"reference":"Observation/h"}}]}`, strings.Replace(hidden, `"1"`, `"h"`, 1)), "Topic: Report", false},
		"a note beside one of no date":                             {beside(`,"issued":"2026-02-31"`, cough), "Topic: Report Normal; Topic: slept well", true},
		"parts of a finding":                                       {about(`{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Panel"},"component":[{"code":{"text":"One"}},{"code":{"text":"Two"},"valueString":"high"}]}`, "Observation/1"), "Notes: Panel Two: high", true},
		"parts by another spelling":                                {about(`{"resourceType":"Observation","id":"1","me":0,"code":{"text":"Panel"},"Component":[{"code":{"text":"Two"},"valueString":"high"}]}`, "Observation/1"), "Notes: Panel Two: high", true},
		"a medicine":                                               {about(`{"resourceType":"MedicationStatement","id":"m","me":0,"medicationCodeableConcept":{"text":"Aspirin"}}`, "MedicationStatement/m"), "Notes: Aspirin", true},
		"a medicine and how it is taken":                           {about(`{"resourceType":"MedicationStatement","id":"m","me":0,"medicationCodeableConcept":{"text":"Aspirin"},"dosage":[{"doseQuantity":{"value":75,"unit":"mg"}},{"text":"at night"}]}`, "MedicationStatement/m"), "Notes: Aspirin 75 mg\nat night", true},
		"a medicine by its name":                                   {append(about(`{"resourceType":"MedicationRequest","id":"m","me":0,"medicationReference":{"reference":"Medication/a"},"dosageInstruction":[{"text":"One"}]}`, "MedicationRequest/m"), `{"resourceType":"Medication","id":"a","code":{"text":"Aspirin"}}`), "Notes: Aspirin One", true},
		"a medicine withdrawn":                                     {append(about(`{"resourceType":"MedicationRequest","id":"m","me":0,"medicationReference":{"reference":"Medication/a"},"dosageInstruction":[{"text":"One"}]}`, "MedicationRequest/m"), `{"resourceType":"Medication","id":"a","status":"entered-in-error","code":{"text":"Warfarin"}}`), "Surgery", false},
		"a medicine beyond reading":                                {append(about(`{"resourceType":"MedicationRequest","id":"m","me":0,"medicationReference":{"reference":"Medication/a"},"dosageInstruction":[{"text":"One"}]}`, "MedicationRequest/m"), `{"resourceType":"Medication","id":"a","status":5,"code":{"text":"Warfarin"}}`), "Surgery", false},
		"a medicine that is none":                                  {append(about(`{"resourceType":"MedicationRequest","id":"m","me":0,"medicationReference":{"reference":"Organization/a"},"dosageInstruction":[{"text":"One"}]}`, "MedicationRequest/m"), `{"resourceType":"Organization","id":"a","code":{"text":"Warfarin"}}`), "Notes: One", true},
		"a medicine of no name":                                    {about(`{"resourceType":"MedicationRequest","id":"m","me":0,"medicationReference":{"reference":"Medication/a"},"dosageInstruction":[{"text":"One"}]}`, "MedicationRequest/m"), "Notes: One", true},
		"a template": {append(about(`{"resourceType":"QuestionnaireResponse","id":"q","me":0,"item":[{"linkId":"Smoking","answer":[{"valueReference":{"reference":"Observation/1"}},{"valueString":"20 a day"},{"valueReference":{"reference":"Observation/1"}}]}]}`,
			"QuestionnaireResponse/q"), cough), "Notes: Smoking; Smoking: Cough; Smoking: 20 a day", true},
		"a template and its answer": {[]string{surgery, cough, `{"resourceType":"QuestionnaireResponse","id":"q","me":0,"item":[{"linkId":"Smoking","answer":[{"valueReference":{"reference":"Observation/1"}}]}]}`, rootOf("QuestionnaireResponse/q", "Observation/1")},
			"Notes: Smoking; Notes: Cough", true},
		"a note under a heading beside what is hidden": {[]string{surgery, hidden, fever, note(comment, "e"), rootOf("List/t"), listOf(topicList, `"id":"t","title":"Topic"`, "List/h", "Observation/1", "Observation/2"), listOf(headingList, `"id":"h","title":"History"`, "Observation/n")}, "Topic: Fever", true},
		"such words beside a finding":                  {[]string{surgery, fever, rootOf("Seen at the HIV clinic", "Observation/2")}, "Notes: Fever", true},
		"such words beside a note":                     {[]string{surgery, fever, note(comment, "e"), rootOf("List/t"), listOf(topicList, `"id":"t","title":"Topic"`, "Seen at the HIV clinic", "Observation/n", "Observation/2")}, "Topic: Fever", true},
		"cancelled":                                    {[]string{strings.Replace(surgery, `"me":0`, `"me":0,"status":"cancelled"`, 1), cough, rootOf("Observation/1")}, "", true},
		"withdrawn":                                    {[]string{strings.Replace(surgery, `"me":0`, `"me":0,"status":"entered-in-error"`, 1), cough, rootOf("Observation/1")}, "", true},
		"a list twice":                                 {[]string{surgery, cough, rootOf("List/t", "List/t"), listOf(topicList, `"id":"t","title":"Chest"`, "Observation/1")}, "Chest: Cough", true},
		"lists in a circle": {[]string{surgery, cough, rootOf("List/t"), listOf(topicList, `"id":"t","title":"Chest"`, "List/h"), listOf(headingList, `"id":"h","title":"Chest"`, "List/t", "Observation/1")},
			"Chest: Cough", true},
		"lists too deep": {[]string{surgery, cough, fever, rootOf("List/1", "Observation/2"), listOf(topicList, `"id":"1","title":"a"`, "List/2"), listOf(headingList, `"id":"2","title":"b"`, "List/3"),
			listOf(headingList, `"id":"3","title":"c"`, "List/4"), listOf(headingList, `"id":"4","title":"d"`, "Observation/1")}, "Notes: Fever", false},
		"two lists":            {[]string{surgery, cough, fever, rootOf("Observation/1"), strings.Replace(rootOf("Observation/2"), "root", "other", 1)}, "Notes: Cough; Notes: Fever", true},
		"two lists without id": {[]string{surgery, cough, fever, strings.Replace(rootOf("Observation/1"), `"id":"root",`, "", 1), strings.Replace(rootOf("Observation/2"), `"id":"root",`, "", 1)}, "Notes: Cough; Notes: Fever", true},
		"two lists of one id":  {[]string{surgery, cough, fever, rootOf("Observation/1"), rootOf("Observation/2")}, "Notes: Cough", false},
		"a list that is confidential, without an id": {[]string{surgery, cough, strings.Replace(rootOf("Observation/1"), `"id":"root"`, `"meta":{"security":[{"code":"R"}]}`, 1)},
			"Surgery", true},
		"a list that cannot be read":                                {[]string{surgery, cough, strings.Replace(rootOf("Observation/1"), `"entry":`, `"title":5,"entry":`, 1)}, "Surgery", false},
		"a list of a consultation that did not come":                {[]string{cough, rootOf("Observation/1")}, "", false},
		"a list of a consultation that is kept back":                {[]string{cough, rootOf("Observation/1"), warning("1149501000000101", "confidential-items")}, "", true},
		"a list of a consultation that keeps some back":             {[]string{cough, strings.Replace(rootOf("Observation/1"), `"me":0`, `"me":0,`+warns("confidential-items"), 1)}, "", true},
		"a list of one, where problems are kept back":               {[]string{cough, rootOf("Observation/1"), warning("717711000000103", "confidential-items")}, "", false},
		"a list of a consultation that may not be shown":            {[]string{strings.Replace(surgery, "Surgery", "HIV clinic", 1), cough, rootOf("Observation/1")}, "", true},
		"a list of a consultation that could not be read":           {[]string{strings.Replace(surgery, `"id":"e"`, `"id":"e","period":5`, 1), cough, rootOf("Observation/1")}, "", false},
		"a list that was withdrawn":                                 {[]string{surgery, cough, note(comment, "e"), strings.Replace(rootOf("Observation/1", "Observation/n"), `"me":0`, `"me":0,"status":"entered-in-error"`, 1)}, "Surgery", true},
		"a list that was withdrawn, of none that came":              {[]string{cough, strings.Replace(rootOf("Observation/1"), `"me":0`, `"me":0,"status":"entered-in-error"`, 1)}, "", true},
		"a list that was withdrawn, of what is hidden":              {[]string{surgery, hidden, note(comment, "e"), strings.Replace(rootOf("Observation/1"), `"me":0`, `"me":0,"status":"entered-in-error"`, 1)}, "", true},
		"a list that was withdrawn, of one twice":                   {[]string{surgery, strings.Replace(surgery, `"me":0`, `"me":0,"status":"finished"`, 1), cough, fever, strings.Replace(rootOf("Observation/1"), `"me":0`, `"me":0,"status":"entered-in-error"`, 1), strings.Replace(rootOf("Observation/2"), "root", "other", 1)}, "Notes: Fever; Notes: Fever", false},
		"a list that was withdrawn, of a topic of a hidden problem": {[]string{surgery, problem(rHIV, ""), cough, strings.Replace(rootOf("List/t"), `"me":0`, `"me":0,"status":"entered-in-error"`, 1), listOf(topicList, `"id":"t","title":"Topic",`+header(`{"url":"target","valueReference":{"reference":"Condition/1"}}`), "Observation/1")}, "", true},
		"a list that was withdrawn, of a topic of what is hidden":   {[]string{surgery, hidden, strings.Replace(rootOf("List/t"), `"me":0`, `"me":0,"status":"entered-in-error"`, 1), listOf(topicList, `"id":"t","title":"Topic"`, "Observation/1")}, "", true},
		"a topic that was withdrawn":                                {[]string{surgery, cough, fever, rootOf("List/t", "Observation/2"), listOf(topicList, `"id":"t","status":"entered-in-error","title":"Topic"`, "Observation/1")}, "Notes: Fever", true},
		"a topic that was withdrawn, of what is hidden":             {[]string{surgery, hidden, note(comment, "e"), rootOf("List/t", "Observation/n"), listOf(topicList, `"id":"t","status":"entered-in-error","title":"Topic"`, "Observation/1")}, "Notes: slept well", true},
		"a heading that was withdrawn, of what is hidden":           {[]string{surgery, hidden, fever, note(comment, "e"), rootOf("List/h", "Observation/n", "Observation/2"), listOf(headingList, `"id":"h","status":"entered-in-error","title":"History"`, "List/h", "Observation/1")}, "Notes: Fever", true},
		"a heading that was withdrawn, of a hidden problem":         {[]string{surgery, problem(rHIV, ""), fever, note(comment, "e"), rootOf("List/h", "Observation/n", "Observation/2"), listOf(headingList, `"id":"h","status":"entered-in-error",`+header(`{"url":"target","valueReference":{"reference":"Condition/1"}}`))}, "Notes: Fever", true},
		"an entry that was deleted":                                 {[]string{surgery, cough, fever, strings.Replace(rootOf("Observation/1", "Observation/2"), `{"item"`, `{"deleted":true,"item"`, 1)}, "Notes: Fever", true},
		"an entry that was deleted, and is hidden":                  {[]string{surgery, hidden, fever, note(comment, "e"), strings.Replace(rootOf("Observation/1", "Observation/2", "Observation/n"), `{"item"`, `{"deleted":true,"item"`, 1)}, "Notes: Fever", true},
		"an entry that was deleted, and added again":                {[]string{surgery, cough, strings.Replace(rootOf("List/t", "List/t"), `{"item"`, `{"deleted":true,"item"`, 1), listOf(topicList, `"id":"t","title":"Topic"`, "Observation/1")}, "Topic: Cough", true},
		"what is not to be done":                                    {about(`{"resourceType":"ProcedureRequest","id":"q","me":0,"doNotPerform":true,"code":{"text":"Resuscitation"}}`, "ProcedureRequest/q"), "Notes: Not to be done: Resuscitation", true},
		"what is not to be done, in words":                          {about(`{"resourceType":"ProcedureRequest","id":"q","me":0,"doNotPerform":true,"note":[{"text":"No resuscitation"}]}`, "ProcedureRequest/q"), "Notes: Not to be done No resuscitation", true},
		"what is not done":                                          {about(`{"resourceType":"Procedure","id":"q","me":0,"notDone":true,"code":{"text":"Biopsy"}}`, "Procedure/q"), "Notes: Not done: Biopsy", true},
		"what is not taken":                                         {about(`{"resourceType":"MedicationStatement","id":"m","me":0,"status":"active","taken":"n","medicationCodeableConcept":{"text":"Warfarin"}}`, "MedicationStatement/m"), "Notes: Not taken: Warfarin", true},
		"what is cancelled":                                         {about(`{"resourceType":"MedicationRequest","id":"m","me":0,"status":"cancelled","medicationCodeableConcept":{"coding":[{"code":"1","display":"Warfarin"}]}}`, "MedicationRequest/m"), "Notes: Cancelled: Warfarin", true},
		"what is stopped":                                           {about(`{"resourceType":"MedicationStatement","id":"m","me":0,"status":"stopped","taken":"unk","medicationCodeableConcept":{"text":"Warfarin"}}`, "MedicationStatement/m"), "Notes: Stopped: Warfarin", true},
		"what is on hold":                                           {about(`{"resourceType":"MedicationRequest","id":"m","me":0,"status":"on-hold","medicationCodeableConcept":{"text":"Warfarin"}}`, "MedicationRequest/m"), "Notes: On hold: Warfarin", true},
		"what is to be taken":                                       {about(`{"resourceType":"MedicationStatement","id":"m","me":0,"status":"intended","medicationCodeableConcept":{"text":"Warfarin"}}`, "MedicationStatement/m"), "Notes: Only planned: Warfarin", true},
		"what is stopped, and not taken":                            {about(`{"resourceType":"MedicationStatement","id":"m","me":0,"status":"stopped","taken":"n","medicationCodeableConcept":{"text":"Warfarin"}}`, "MedicationStatement/m"), "Notes: Not taken: Warfarin", true},
		"a referral that was cancelled":                             {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"status":"cancelled","reasonCode":[{"text":"Angina"}],"description":"Please see"}`, "ReferralRequest/r"), "Notes: Cancelled: Angina Please see", true},
		"one that was cancelled, in words":                          {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"status":"cancelled","description":"Please see"}`, "ReferralRequest/r"), "Notes: Cancelled Please see", true},
		"a referral that stands":                                    {about(`{"resourceType":"ReferralRequest","id":"r","me":0,"status":"active","reasonCode":[{"text":"Angina"}]}`, "ReferralRequest/r"), "Notes: Angina", true},
		"a request that was cancelled":                              {about(`{"resourceType":"ProcedureRequest","id":"q","me":0,"status":"cancelled","code":{"text":"X-ray"}}`, "ProcedureRequest/q"), "Notes: Cancelled: X-ray", true},
		"a procedure that was given up":                             {about(`{"resourceType":"Procedure","id":"q","me":0,"status":"aborted","code":{"text":"Biopsy"}}`, "Procedure/q"), "Notes: Given up: Biopsy", true},
		"a procedure that was done":                                 {about(`{"resourceType":"Procedure","id":"q","me":0,"status":"completed","code":{"text":"Biopsy"}}`, "Procedure/q"), "Notes: Biopsy", true},
		"a problem among others":                                    {about(`{"resourceType":"Condition","id":"c","me":0,"verificationStatus":"differential","code":{"text":"Angina"}}`, "Condition/c"), "Notes: Suspected: Angina", true},
		"a problem that is provisional":                             {about(`{"resourceType":"Condition","id":"c","me":0,"verificationStatus":"provisional","code":{"text":"Angina"}}`, "Condition/c"), "Notes: Suspected: Angina", true},
		"a problem that is confirmed":                               {about(`{"resourceType":"Condition","id":"c","me":0,"verificationStatus":"confirmed","code":{"text":"Angina"}}`, "Condition/c"), "Notes: Angina", true},
		"an allergy, as each is written":                            {about(`{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/p"},"verificationStatus":"unconfirmed","code":{"text":"Nuts"}}`, "AllergyIntolerance/a"), "Notes: Nuts", true},
		"a finding of another server":                               {about(cough, "https://other.example/fhir/Observation/1"), "Surgery", false},
		"one that is hidden here":                                   {about(hidden, "https://other.example/fhir/Observation/1"), "", true},
		"one of another server, kept back":                          {append(about(cough, "https://other.example/fhir/Observation/1"), warning("826501000000100", "confidential-items")), "Surgery", true},
		"what is taken":                                             {about(`{"resourceType":"MedicationStatement","id":"m","me":0,"status":"active","taken":"y","medicationCodeableConcept":{"text":"Warfarin"}}`, "MedicationStatement/m"), "Notes: Warfarin", true},
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

// What is told of a consultation: its kind and how it was held, when, where and by whom, and who recorded it when.
func TestWhatIsToldOfAConsultation(t *testing.T) {
	const root = `{"resourceType":"List","id":"root","subject":{"reference":"Patient/p"},"title":"Review","date":"2026-01-03","encounter":{"reference":"Encounter/e"},"code":{"coding":[{"code":"325851000000107"}]}}`
	who := func(role, name string) string {
		return `{"type":[{"coding":[{"code":"x"}]},{"coding":[{"code":"` + role + `"}]}],"individual":{"display":"` + name + `"}}`
	}
	for name, c := range map[string]struct {
		more  string
		lists []string
		want  string
	}{
		"nothing":             {``, nil, "Consultation UNKNOWN"},
		"its kind":            {`,"type":[{"text":"Clinic"},{"text":"Other"}]`, []string{root}, "Clinic UNKNOWN 2026-01-03T00:00"},
		"its title":           {`,"type":[{}]`, []string{root}, "Review UNKNOWN 2026-01-03T00:00"},
		"no title":            {``, []string{strings.Replace(root, `"title":"Review",`, "", 1)}, "Consultation UNKNOWN 2026-01-03T00:00"},
		"the first of two":    {``, []string{root, strings.NewReplacer("root", "other", "Review", "Other", "-03", "-04").Replace(root)}, "Review UNKNOWN 2026-01-03T00:00"},
		"by telephone":        {`,"type":[{"text":"Telephone encounter"}]`, nil, "Telephone encounter TELEPHONE"},
		"by e-mail":           {`,"type":[{"text":"E-mail"}]`, nil, "E-mail EMAIL"},
		"when":                {`,"period":{"start":"2026-01-02T10:00:00+00:00","end":"2026-01-02T10:10:00+00:00"}`, nil, "Consultation UNKNOWN from 2026-01-02T10:00 to 2026-01-02T10:10"},
		"where":               {`,"location":[{"location":{"reference":"Location/none"}},{"location":{"display":"Room 1"}},{"location":{"display":"Room 2"}}]`, nil, "Consultation UNKNOWN at Room 1"},
		"by whom":             {`,"participant":[` + who("REC", "Dr Roe") + `,` + who("PPRF", "Dr Doe") + `]`, []string{root}, "Review UNKNOWN 2026-01-03T00:00 by Dr Roe held by Dr Doe"},
		"by whom, not listed": {`,"participant":[` + who("REC", "Dr Roe") + `]`, nil, "Consultation UNKNOWN"},
	} {
		t.Run(name, func(t *testing.T) {
			a := asked(t, madeUp(append(c.lists, `{"resourceType":"Encounter","id":"e","me":0`+c.more+`}`)...), fetch.Consultations)
			for _, k := range fetch.RowsOf[record.Consultation](a).Of(0) {
				said := []string{k.Kind.Display, string(k.Medium), at(k.Provenance.RecordedAt)}
				if p := k.Provenance.RecordedBy; p != nil {
					said = append(said, "by", string(p.Name))
				}
				if !k.HeldAt.IsZero() {
					said = append(said, "from", at(k.HeldAt), "to", at(k.EndedAt))
				}
				if k.Location != "" {
					said = append(said, "at", string(k.Location))
				}
				if k.Clinician != nil {
					said = append(said, "held by", string(k.Clinician.Name))
				}
				if got := strings.Join(strings.Fields(strings.Join(said, " ")), " "); got != c.want {
					t.Errorf("%q, want %q", got, c.want)
				}
			}
			if a.Rows.Count(0) != 1 || !isWhole(a) {
				t.Errorf("%d, whole: %t", a.Rows.Count(0), isWhole(a))
			}
		})
	}
}

// Every answer of a template is told, however it is written, or that there is one.
func TestTheAnswersOfATemplate(t *testing.T) {
	for answer, want := range map[string]string{
		`"valueCoding":{"code":"1","display":"Smoker"}`: "Smoker", `"valueCoding":{"code":"1"}`: "1", `"valueDecimal":7.5`: "7.5", `"valueDate":"2026-01-02"`: "2026-01-02",
		`"valueUri":"urn:x"`: "urn:x", `"valueInteger":3`: "3", `"valueBoolean":false`: "No", `"valueTime":"10:00:00"`: "10:00:00", `"valueQuantity":{"value":20,"unit":"a day"}`: "20 a day",
		`"valueReference":{"display":"Ann"}`: "Ann", `"valueReference":{"reference":"Observation/1"}`: "Cough", `"valueAttachment":{"title":"x"}`: "Recorded as a curve or a picture, which is not shown here",
		`"valueMoney":{"value":1}`: "an answer that is not shown here", `"valueCoding":{}`: "an answer that is not shown here", `"valueReference":{"reference":"Observation/2"}`: "",
	} {
		said := func(item string) (all []string) {
			a := asked(t, madeUp(surgery, cough, strings.Replace(cough, `"1"`, `"2"`, 1), `{"resourceType":"QuestionnaireResponse","id":"q","me":0,"item":[`+item+`]}`, rootOf("QuestionnaireResponse/q", "Observation/2")), fetch.Consultations)
			for _, k := range fetch.RowsOf[record.Consultation](a).Of(0) {
				for _, s := range k.Sections {
					if s.Heading != "Notes" {
						all = append(all, strings.TrimSpace(s.Heading+" = "+strings.TrimSpace(code(s.Entry)+" "+string(s.Text))))
					}
				}
			}
			if !isWhole(a) {
				t.Errorf("%s: not whole", item)
			}
			return all
		}
		asks := func(name string) string { return `{"linkId":"` + name + `","answer":[{` + answer + `}]}` }
		for item, under := range map[string]string{
			asks("Q"): "Q", `{"linkId":"G","item":[` + asks("Q") + `]}`: "G: Q", `{"linkId":"G","item":[{"linkId":"H","item":[` + asks("Q") + `]}]}`: "G: H: Q",
			`{"linkId":"1","text":"Smoker?","answer":[{` + answer + `}]}`: "Smoker?",
			`{"linkId":"G","answer":[{"item":[` + asks("Q") + `]}]}`:      "G: Q",
		} {
			found := said(item)
			if got := found[max(len(found)-1, 0):]; want == "" && slices.ContainsFunc(found, func(s string) bool { return strings.HasPrefix(s, under+" =") }) || want != "" && strings.Join(got, "") != under+" = "+want {
				t.Errorf("%s: %q, want %q under %s", item, found, want, under)
			}
		}
	}
}
