package gpconnect_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What becomes of statements, plans and issues, and what is told of each medicine.
func TestWhatBecomesOfAMedicine(t *testing.T) {
	const (
		named = `,"medicationCodeableConcept":{"text":"Aspirin"}`
		on    = `,"basedOn":[{"reference":"MedicationRequest/p"}]`
		gpc   = `https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-`
	)
	statement := func(more string) string { return `{"resourceType":"MedicationStatement","id":"s","me":0` + more + `}` }
	plan := func(more string) string {
		return `{"resourceType":"MedicationRequest","id":"p","intent":"plan","me":0` + more + `}`
	}
	order := func(id, more string) string {
		return `{"resourceType":"MedicationRequest","id":"` + id + `","intent":"order","me":0` + more + `}`
	}
	kind := func(code string) string {
		return `{"url":"` + gpc + `PrescriptionType-1","valueCodeableConcept":{"coding":[{"code":"` + code + `"}]}}`
	}
	medication := func(more string) string {
		return `{"resourceType":"Medication","id":"m","code":{"text":"Warfarin"}` + more + `}`
	}
	for name, c := range map[string]struct {
		held  []string
		want  string
		whole bool
	}{
		"a statement":                 {[]string{statement(named + `,"status":"active"`)}, "Aspirin · UNKNOWN · STATEMENT · ACTIVE · issues:", true},
		"a plan":                      {[]string{plan(named + `,"status":"active","authoredOn":"2026-01-02"`)}, "2026-01-02 · Aspirin · UNKNOWN · PLAN · ACTIVE · issues:", true},
		"an order":                    {[]string{order("o", named+on+`,"status":"completed"`)}, "Aspirin · UNKNOWN · ORDER · COMPLETED · issues:", true},
		"an order of a plan":          {[]string{plan(named), order("o", named+on+`,"authoredOn":"2026-01-02","status":"completed"`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · issues: 2026-01-02 COMPLETED", true},
		"an order of none":            {[]string{plan(named), order("o", named)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · issues:; Aspirin · UNKNOWN · ORDER · UNKNOWN · issues:", true},
		"all of them":                 {[]string{statement(named + on), plan(named), order("o", named+on+`,"authoredOn":"2026-01-02"`), order("q", named+on+`,"dispenseRequest":{"validityPeriod":{"start":"2026-02-03"},"quantity":{"value":28,"unit":"tablet"}}`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · issues: 2026-02-03 28 tablet UNKNOWN; 2026-01-02 UNKNOWN", true},
		"a plan twice":                {[]string{statement(named + `,"basedOn":[{"reference":"MedicationRequest/p"},{"reference":"MedicationRequest/p"}]`), plan(named), order("o", named+on+`,"authoredOn":"2026-01-02"`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · issues: 2026-01-02 UNKNOWN", true},
		"two statements of a plan":    {[]string{statement(named + on), strings.Replace(statement(named+on), `"id":"s"`, `"id":"t"`, 1), plan(named), order("o", named+on+`,"authoredOn":"2026-01-02"`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · issues: 2026-01-02 UNKNOWN; Aspirin · UNKNOWN · PLAN · UNKNOWN · issues: 2026-01-02 UNKNOWN", true},
		"two plans":                   {[]string{statement(named + `,"basedOn":[{"reference":"MedicationRequest/p"},{"reference":"MedicationRequest/q"}]`), plan(named + `,"dosageInstruction":[{"text":"One"}]`), strings.Replace(plan(named+`,"dosageInstruction":[{"text":"Two"}]`), `"id":"p"`, `"id":"q"`, 1), order("o", named+strings.Replace(on, "/p", "/q", 1)+`,"authoredOn":"2026-01-02"`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · One · issues: 2026-01-02 UNKNOWN", true},
		"a statement withdrawn":       {[]string{statement(named + on + `,"status":"entered-in-error"`), plan(named), order("o", named+on)}, "", true},
		"a plan withdrawn":            {[]string{statement(named + on), plan(named + `,"status":"entered-in-error"`), order("o", named+on+`,"authoredOn":"2026-01-02"`)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · issues: 2026-01-02 UNKNOWN", true},
		"an order withdrawn":          {[]string{plan(named), order("o", named+on+`,"status":"entered-in-error"`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · issues:", true},
		"a plan that did not come":    {[]string{statement(named + on)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · issues:", false},
		"a plan by an identifier":     {[]string{statement(named + `,"basedOn":[{"identifier":{"system":"https://x","value":"1"}}]`)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · issues:", false},
		"a plan by its address":       {[]string{statement(named + `,"basedOn":[{"reference":"urn:uuid:4f1e"}]`)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · issues:", false},
		"a plan in words":             {[]string{statement(named + `,"basedOn":[{"display":"the plan"}]`)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · issues:", true},
		"a plan that is kept back":    {[]string{statement(named + on), warning("933361000000108", "confidential-items")}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · issues:", true},
		"a plan on its way":           {[]string{statement(named + on), warning("933361000000108", "data-in-transit")}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · issues:", false},
		"a plan that is no medicine":  {[]string{statement(named + `,"basedOn":[{"reference":"CarePlan/p"}]`)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · issues:", true},
		"withdrawn, and its plan":     {[]string{statement(named + on + `,"status":"entered-in-error"`)}, "", true},
		"a plan beyond reading":       {[]string{statement(named + on), plan(named + `,"status":5`)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · issues:", false},
		"a statement beyond it":       {[]string{statement(named + on + `,"status":5`), plan(named)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · issues:", false},
		"a statement alone beyond it": {[]string{statement(named + `,"status":5`)}, "", false},
		"no longer taken":             {[]string{statement(named + `,"status":"active","taken":"n"`)}, "Aspirin · UNKNOWN · STATEMENT · STOPPED · issues:", true},
		"from one day to other":       {[]string{statement(named + `,"effectivePeriod":{"start":"2026-01-01","end":"2026-02-01"}`)}, "2026-01-01 · to 2026-02-01 · Aspirin · UNKNOWN · STATEMENT · UNKNOWN · issues:", true},
		"named by the plan":           {[]string{statement(on), plan(named)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · issues:", true},
		"by a Medication":             {[]string{statement(`,"medicationReference":{"reference":"Medication/m"}`), medication("")}, "Warfarin · UNKNOWN · STATEMENT · UNKNOWN · issues:", true},
		"by that of the plan":         {[]string{statement(on), plan(`,"medicationReference":{"reference":"Medication/m"}`), medication("")}, "Warfarin · UNKNOWN · PLAN · UNKNOWN · issues:", true},
		"by one withdrawn":            {[]string{statement(`,"medicationReference":{"reference":"Medication/m"}`), medication(`,"status":"entered-in-error"`)}, "", false},
		"by one beyond reading":       {[]string{statement(`,"medicationReference":{"reference":"Medication/m"}`), medication(`,"status":5`)}, "", false},
		"by what is none":             {[]string{statement(`,"medicationReference":{"reference":"Organization/m","display":"Warfarin"}`), `{"resourceType":"Organization","id":"m","code":{"text":"x"}}`}, "Warfarin · UNKNOWN · STATEMENT · UNKNOWN · issues:", true},
		"by one that is missing":      {[]string{statement(`,"medicationReference":{"reference":"Medication/m"}`)}, "", false},
		"in words":                    {[]string{statement(`,"medicationReference":{"display":"Warfarin"}`)}, "Warfarin · UNKNOWN · STATEMENT · UNKNOWN · issues:", true},
		"in words of the plan":        {[]string{statement(on), plan(`,"medicationReference":{"display":"Warfarin"}`)}, "Warfarin · UNKNOWN · PLAN · UNKNOWN · issues:", true},

		"how it is taken":           {[]string{statement(named + `,"dosage":[{"text":"One","patientInstruction":"with food"},{"text":"Two"}]`)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · One with food Two · issues:", true},
		"how the plan has it":       {[]string{statement(named + on + `,"dosage":[{}]`), plan(named + `,"dosageInstruction":[{"text":"One"}]`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · One · issues:", true},
		"how each has it":           {[]string{statement(named + on + `,"dosage":[{"text":"Two"}]`), plan(named + `,"dosageInstruction":[{"text":"One"}]`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · Two · issues: · Dosage of the authorisation: One", true},
		"how each has it, the same": {[]string{statement(named + on + `,"dosage":[{"text":"Take  ONE."}]`), plan(named + `,"dosageInstruction":[{"text":"take one"}]`), order("o", named+on+`,"dosageInstruction":[{"text":"Take one ."}]`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · Take ONE. · issues: UNKNOWN", true},
		"how the last issue has it": {[]string{statement(named + on + `,"dosage":[{"text":"Two"}]`), plan(named + `,"dosageInstruction":[{"text":"One","patientInstruction":"with food"}]`), order("o", named+on+`,"authoredOn":"2026-01-02","dosageInstruction":[{"text":"Four"}]`), order("q", named+on+`,"authoredOn":"2026-02-03","dosageInstruction":[{"text":"Three"}]`), order("r", named+on+`,"authoredOn":"2026-01-04","dosageInstruction":[{"text":"Five"}]`)},
			"Aspirin · UNKNOWN · PLAN · UNKNOWN · Two · issues: 2026-02-03 UNKNOWN; 2026-01-04 UNKNOWN; 2026-01-02 UNKNOWN · Dosage of the authorisation: One; with food Dosage of the last issue: Three", true},
		"how another plan has it":   {[]string{statement(named + on + `,"dosage":[{"text":"Two"}]`), plan(named + `,"dosageInstruction":[{"text":"One by mouth","asNeededBoolean":true,"route":{"text":"Oral"}},{"text":"One","asNeededBoolean":true,"route":{"text":"Oral"}}]`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · Two · issues: · Dosage of the authorisation: One by mouth; One, as needed, Oral", true},
		"how it and the plan do":    {[]string{statement(named + on + `,"dosage":[{"text":"Two"}],"note":[{"text":"Ask"}]`), plan(named + `,"dosageInstruction":[{"text":"One"}]`), order("o", named+on+`,"dosageInstruction":[{"text":"one."}]`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · Two · issues: UNKNOWN · Dosage of the authorisation: One Ask", true},
		"how an issue alone has it": {[]string{plan(named), order("o", named+on+`,"dosageInstruction":[{"text":"One"}]`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · issues: UNKNOWN · Dosage of the last issue: One", true},
		"how it is taken by turns":  {[]string{plan(named + `,"dosageInstruction":[{"sequence":2,"text":"Two"},{"sequence":1,"text":"One"},{"sequence":2},{"sequence":2,"text":"Three"}]`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · One then Two Three · issues:", true},
		"a dose in structure":       {[]string{statement(named + `,"dosage":[{"doseQuantity":{"value":10,"unit":"mg"},"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"wk"}},"additionalInstruction":[{"text":"Never daily"}],"maxDosePerAdministration":{"value":10,"unit":"mg"},"maxDosePerLifetime":{"value":1,"unit":"g"}}]`)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · 10 mg, 1 × in 1 weeks, no more at a time than 10 mg, and more that is not shown here Never daily · issues:", true},
		"an instruction beside it":  {[]string{statement(named + `,"dosage":[{"text":"One tablet","additionalInstruction":[{"text":"Never daily"}]}]`)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · One tablet Never daily · issues:", true},
		"a dose that is none":       {[]string{statement(named + `,"dosage":[{"doseQuantity":"10 mg"}]`)}, "", false},
		"how much":                  {[]string{plan(named + `,"dispenseRequest":{"quantity":{"value":28,"unit":"tablet"}}`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · 28 tablet · issues:", true},
		"how much in words":         {[]string{plan(named + `,"dispenseRequest":{"quantity":{"extension":[{"url":"` + gpc + `MedicationQuantityText-1","valueString":"one box"}]}}`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · one box · issues:", true},
		"how much in words, twice":  {[]string{plan(named + `,"dispenseRequest":{"quantity":{"value":28,"unit":"tablet","extension":[{"url":"` + gpc + `MedicationQuantityText-1","valueString":"one box"}]}}`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · 28 tablet · issues:", true},
		"how much, without words":   {[]string{plan(named + `,"dispenseRequest":{"quantity":{"unit":"tablet","extension":[{"url":"` + gpc + `MedicationQuantityText-1"}]}}`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · issues:", true},
		"by whom":                   {[]string{plan(named + `,"requester":{"agent":{"display":"Dr Doe"}}`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · by Dr Doe · issues:", true},

		"its kind":                  {[]string{plan(named + `,"extension":[` + kind("repeat") + `]`)}, "Aspirin · REPEAT · PLAN · UNKNOWN · issues:", true},
		"the kind of an issue":      {[]string{plan(named + `,"extension":[` + kind("else") + `]`), order("o", named+on+`,"authoredOn":"2026-01-02","extension":[`+kind("acute")+`]`)}, "Aspirin · ACUTE · PLAN · UNKNOWN · issues: 2026-01-02 UNKNOWN", true},
		"when it was last issued":   {[]string{statement(named + `,"extension":[{"url":"` + gpc + `MedicationStatementLastIssueDate-1","valueDateTime":"2026-03-04"}]`)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · last 2026-03-04 · issues:", true},
		"where it is prescribed":    {[]string{statement(named + `,"extension":[{"url":"` + gpc + `PrescribingAgency-1","valueCodeableConcept":{"text":"Hospital"}}]`)}, "Aspirin · UNKNOWN · STATEMENT · UNKNOWN · Hospital · issues:", true},
		"why it was stopped":        {[]string{plan(named + `,"extension":[{"url":"` + gpc + `MedicationStatusReason-1","extension":[{"url":"statusReason","valueCodeableConcept":{"text":"Rash"}}]}]`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · Rash · issues:", true},
		"stopped, nobody says why":  {[]string{plan(named + `,"extension":[{"url":"` + gpc + `MedicationStatusReason-1","extension":[{"url":"statusChangeDate","valueDateTime":"2026-01-01"}]}]`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · issues:", true},
		"how often it may be given": {[]string{plan(named + `,"extension":[{"url":"` + gpc + `MedicationRepeatInformation-2","extension":[{"url":"numberOfRepeatPrescriptionsAllowed","valuePositiveInt":6},{"url":"numberOfRepeatPrescriptionsIssued","valueUnsignedInt":2},{"url":"authorisationExpiryDate","valueDateTime":"2026-09-01"}]}]`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · review 2026-09-01 · 6 · 2 · issues:", true},
		"until some day":            {[]string{plan(named + `,"extension":[{"url":"` + gpc + `MedicationRepeatInformation-2","extension":[{"url":"numberOfRepeatPrescriptionsAllowed","valuePositiveInt":6}]}]`)}, "Aspirin · UNKNOWN · PLAN · UNKNOWN · 6 · issues:", true},
		"reviewed before its end":   {[]string{statement(named + on + `,"status":"active","effectivePeriod":{"end":"2026-12-01"}`), plan(named + `,"extension":[` + kind("repeat-dispensing") + `,{"url":"` + gpc + `MedicationRepeatInformation-2","extension":[{"url":"authorisationExpiryDate","valueDateTime":"2026-09-01"}]}]`)}, "Aspirin · REPEAT_DISPENSING · PLAN · ACTIVE · review 2026-09-01 · issues:", true},
	} {
		t.Run(name, func(t *testing.T) {
			a := asked(t, madeUp(c.held...), fetch.Medications)
			if got := strings.Join(linesOf(a), "; "); got != c.want || isWhole(a) != c.whole {
				t.Errorf("%q, want %q; whole: %t", got, c.want, isWhole(a))
			}
		})
	}
	a := asked(t, madeUp(statement(named+on+`,"dateAsserted":"2026-01-05","reasonCode":[{"text":"Pain"}],"dosage":[{"asNeededBoolean":true,"route":{"text":"Oral"}},{"route":{"text":"Nasal"}}]`),
		plan(named+`,"authoredOn":"2026-01-01","recorder":{"display":"Dr Doe"},"requester":{"agent":{"display":"Dr Roe"}},"dosageInstruction":[{"route":{"text":"Other"}}]`)), fetch.Medications)
	for _, m := range fetch.RowsOf[record.Medication](a).Of(0) {
		if got := line(at(m.Provenance.RecordedAt), who(m.Provenance.RecordedBy), code(m.Reason), code(m.Route), m.AsNeeded != nil && *m.AsNeeded); got != "2026-01-05T00:00 · by Dr Doe · Pain · Oral · true" {
			t.Error(got)
		}
	}
}

// Whether a medicine is taken only if it is needed is said by the statement, where it says anything. Of instructions that differ in it
// each says its own.
func TestAMedicineThatIsTakenIfNeeded(t *testing.T) {
	for name, c := range map[string]struct{ stated, planned, want, dosage string }{
		"one of several":       {`{"text":"30 mg","asNeededBoolean":false},{"text":"10 mg.","asNeededBoolean":true},{"asNeededBoolean":false}`, `{"asNeededBoolean":true}`, "null", "30 mg\n10 mg, as needed"},
		"one, the others not":  {`{"text":"30 mg"},{"sequence":1,"text":"10 mg","asNeededCodeableConcept":{"text":"pain"}}`, `{}`, "null", "30 mg\nthen 10 mg\nas needed: pain"},
		"for a reason":         {`{"asNeededCodeableConcept":{"text":"pain"}}`, `{}`, "true", "as needed: pain"},
		"not so":               {`{"asNeededBoolean":false},{}`, `{}`, "false", ""},
		"by the plan":          {`{}`, `{"asNeededBoolean":true}`, "true", "as needed"},
		"by each":              {`{"asNeededBoolean":false}`, `{"asNeededBoolean":true}`, "false", "as needed"},
		"by a plan like it":    {`{"text":"One."}`, `{"text":"one","asNeededBoolean":true}`, "true", "One."},
		"by another plan":      {`{"text":"One"}`, `{"text":"Two","asNeededBoolean":true}`, "null", "One"},
		"by a plan of only it": {`{"text":"One"}`, `{"asNeededBoolean":true}`, "true", "One"},
		"by none":              {`{}`, `{}`, "null", ""},
	} {
		a := asked(t, madeUp(`{"resourceType":"MedicationStatement","id":"s","me":0,"basedOn":[{"reference":"MedicationRequest/p"}],"medicationCodeableConcept":{"text":"Aspirin"},"dosage":[`+c.stated+`]}`,
			`{"resourceType":"MedicationRequest","id":"p","intent":"plan","me":0,"dosageInstruction":[`+c.planned+`]}`), fetch.Medications)
		for _, m := range fetch.RowsOf[record.Medication](a).Of(0) {
			if got, _ := json.Marshal(m.AsNeeded); string(got) != c.want || string(m.Dosage) != c.dosage {
				t.Errorf("%s: %s, %q", name, got, m.Dosage)
			}
		}
		if a.Rows.Count(0) != 1 {
			t.Errorf("%s: %d", name, a.Rows.Count(0))
		}
	}
}

// Many statements of one plan with many issues cost as much as there are of them: beyond what any record has, those that lack issues are a gap.
func TestManyStatementsOfOnePlan(t *testing.T) {
	for n, want := range map[int]struct {
		issues int
		whole  bool
	}{100: {100 * 100, true}, 101: {100 * 101, false}, 2000: {6 * 2000, false}} {
		held := []string{`{"resourceType":"MedicationRequest","id":"p","me":0,"intent":"plan","status":"active"}`}
		for i := range n {
			held = append(held, fmt.Sprintf(`{"resourceType":"MedicationStatement","id":"s%d","me":0,"medicationCodeableConcept":{"text":"X"},"basedOn":[{"reference":"MedicationRequest/p"}]}`, i),
				fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"o%d","me":0,"intent":"order","basedOn":[{"reference":"MedicationRequest/p"}]}`, i))
		}
		a, issues := asked(t, madeUp(held...), fetch.Medications), 0
		for _, m := range fetch.RowsOf[record.Medication](a).Of(0) {
			issues += len(m.Issues)
		}
		if a.Rows.Count(0) != n || issues != want.issues || isWhole(a) != want.whole {
			t.Errorf("%d medicines, %d issues, whole: %t", a.Rows.Count(0), issues, isWhole(a))
		}
	}
}
