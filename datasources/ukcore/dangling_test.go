package ukcore_test

import (
	"fmt"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// reasoned are entries of each kind that says what it is for.
var reasoned = map[string]struct {
	kind fetch.Kind
	held string // with a place for the reason
}{
	"a medicine":     {fetch.Medications, about1("MedicationRequest", "x", tablets+`,"reasonReference":[%s]`)},
	"a procedure":    {fetch.Procedures, about1("Procedure", "x", `,"code":{"text":"Biopsy"},"reasonReference":[%s]`)},
	"a vaccine":      {fetch.Immunisations, about1("Immunization", "x", `,"vaccineCode":{"text":"Influenza"},"occurrenceDateTime":"2026-01-01","reasonReference":[%s]`)},
	"a referral":     {fetch.Referrals, about1("ServiceRequest", "x", `,"intent":"order","code":{"text":"Referral"},"category":[{"coding":[{"code":"3457005"}]}],"reasonReference":[%s]`)},
	"a stay":         {fetch.Stays, about1("Encounter", "x", `,"class":{"code":"IMP"},"period":{"end":"2026-11-05T10:00:00Z"},"reasonReference":[%s]`)},
	"a diagnosis":    {fetch.Attendances, about1("Encounter", "x", `,"class":{"code":"EMER"},"diagnosis":[{"condition":%s}]`)},
	"an appointment": {fetch.Appointments, `{"resourceType":"Appointment","id":"x","status":"booked","start":"2026-12-01T10:00:00Z","end":"2026-12-01T10:30:00Z","participant":[{"actor":{"reference":"Patient/1"},"status":"accepted"}],"reasonReference":[%s]}`},
	"a plan":         {fetch.CarePlans, about1("CarePlan", "x", `,"intent":"plan","title":"Plan","addresses":[%s]`)},
}

// What an entry is for may be such as is never shown. Where the trust refers to it and does
// not give it, the entry is shown by what it says itself and its list is not whole.
func TestAReasonThatDoesNotCome(t *testing.T) {
	for name, c := range reasoned {
		for reason, whole := range map[string]bool{
			`{"reference":"Condition/c"}`:                           true,
			`{"reference":"Condition/none"}`:                        false,
			`{"reference":"Observation/none"}`:                      false,
			`{"reference":"https://elsewhere.example/Condition/1"}`: false,
			`{"identifier":{"system":"https://trust","value":"7"}}`: false,
			`{"identifier":{"system":"https://trust","value":"8"}}`: true,
			`{"display":"Cough"}`:                                   true,
		} {
			t.Run(name+" for "+reason, func(t *testing.T) {
				held := c.held
				if strings.Contains(held, "%s") {
					held = fmt.Sprintf(held, reason)
				}
				s := open(t, patientOf("1", someone), about1("Condition", "c", `,"identifier":[{"system":"https://trust","value":"8"}],"code":{"text":"Asthma"}`), held).source(t, record.Acute, ukcore.Options{})
				a, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
				if err != nil || idsOf(a, 0) != "x" || (a.Unreadable == nil || !a.Unreadable[0]) != whole {
					t.Errorf("%q, incomplete %v, %v", idsOf(a, 0), a.Unreadable, err)
				}
			})
		}
	}
	gone := about1("MedicationRequest", "x", strings.Replace(tablets, `"intent"`, `"reasonReference":[{"reference":"Condition/none"}],"note":[{"text":"HIV clinic"}],"intent"`, 1))
	a, err := one(t, open(t, patientOf("1", someone), gone).source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Medications, Subjects: subjects(someone)})
	if err != nil || a.Unreadable != nil || idsOf(a, 0) != "" {
		t.Errorf("what is never shown leaves a mark: %+v, %v", a, err)
	}
}

// What an entry is for, and was withdrawn, is no reason, not even in the words of who refers to
// it; the next is one. What was not done leaves a gap.
func TestAReasonThatWasWithdrawn(t *testing.T) {
	verified := func(as string) string {
		return `"code":{"text":"Lung cancer"},"verificationStatus":{"coding":[{"code":"` + as + `"}]}`
	}
	const byIdentifier = `{"identifier":{"system":"https://trust","value":"8"},"display":"Lung cancer"}`
	for name, c := range map[string]struct {
		reason, of string
		says       bool
		whole      bool
	}{
		"confirmed":                {`{"reference":"Condition/c"}`, verified("confirmed"), true, true},
		"a mistake":                {`{"reference":"Condition/c","display":"Lung cancer"}`, verified("entered-in-error"), false, true},
		"refuted":                  {`{"reference":"Condition/c","display":"Lung cancer"}`, verified("refuted"), false, true},
		"refuted, by identifier":   {byIdentifier, verified("refuted"), false, true},
		"confirmed, by identifier": {byIdentifier, verified("confirmed"), true, true},
		"a mistake by its status":  {`{"reference":"Condition/c","display":"Lung cancer"}`, `"code":{"text":"Lung cancer"},"status":"entered-in-error"`, false, true},
		"not done":                 {`{"reference":"Condition/c","display":"Lung cancer"}`, `"code":{"text":"Lung cancer"},"status":"not-done"`, false, false},
		"that cannot be read":      {`{"reference":"Condition/c","display":"Lung cancer"}`, `"code":{"text":"Lung cancer"},"status":7`, false, false},
	} {
		for kind, x := range reasoned {
			held := fmt.Sprintf(x.held, c.reason)
			of := `{"resourceType":"Condition","id":"c","identifier":[{"system":"https://trust","value":"8"}],"subject":{"reference":"Patient/1"},` + c.of + `}`
			a := readOf(t, x.kind, of, held)
			if got := strings.Join(lines(a), "\n"); strings.Contains(got, "cancer") != c.says || idsOf(a, 0) != "x" || isWhole(a) != c.whole {
				t.Errorf("%s for what is %s: %q, whole %t", kind, name, got, isWhole(a))
			}
		}
	}
	refuted := about1("Condition", "c", `,`+verified("refuted"))
	a := readOf(t, fetch.Medications, refuted, about1("Condition", "d", `,"code":{"text":"Asthma"}`), about1("MedicationRequest", "x", tablets+`,"reasonReference":[{"reference":"Condition/c"},{"reference":"Condition/d"}]`))
	if got := strings.Join(lines(a), "\n"); !strings.Contains(got, "Reason: Asthma") {
		t.Errorf("the next: %q", got)
	}
	a = readOf(t, fetch.Medications, about1("Condition", "c", `,`+verified("confirmed")), about1("Condition", "d", `,"identifier":[{"system":"https://trust","value":"8"}],"code":{"text":"Asthma"}`),
		about1("MedicationRequest", "x", tablets+`,"reasonReference":[{"reference":"Condition/c","identifier":{"system":"https://trust","value":"8"}}]`))
	if got := strings.Join(lines(a), "\n"); !strings.Contains(got, "Reason: Lung cancer") {
		t.Errorf("beside another that bears its identifier: %q", got)
	}
}
