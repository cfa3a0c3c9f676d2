package ukcore_test

import (
	"fmt"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What an entry is for may be such as is never shown. Where the trust refers to it and does
// not give it, the entry is shown by what it says itself and its list is not whole.
func TestAReasonThatDoesNotCome(t *testing.T) {
	medicine := `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"}`
	kinds := map[string]struct {
		kind fetch.Kind
		held string // with a place for the reason
	}{
		"a medicine":     {fetch.Medications, about1("MedicationRequest", "x", medicine+`,"reasonReference":[%s]`)},
		"a procedure":    {fetch.Procedures, about1("Procedure", "x", `,"code":{"text":"Biopsy"},"reasonReference":[%s]`)},
		"a vaccine":      {fetch.Immunisations, about1("Immunization", "x", `,"vaccineCode":{"text":"Influenza"},"occurrenceDateTime":"2026-01-01","reasonReference":[%s]`)},
		"a referral":     {fetch.Referrals, about1("ServiceRequest", "x", `,"intent":"order","code":{"text":"Referral"},"category":[{"coding":[{"code":"3457005"}]}],"reasonReference":[%s]`)},
		"a stay":         {fetch.Stays, about1("Encounter", "x", `,"class":{"code":"IMP"},"reasonReference":[%s]`)},
		"a diagnosis":    {fetch.Attendances, about1("Encounter", "x", `,"class":{"code":"EMER"},"diagnosis":[{"condition":%s}]`)},
		"an appointment": {fetch.Appointments, `{"resourceType":"Appointment","id":"x","status":"booked","start":"2026-12-01T10:00:00Z","end":"2026-12-01T10:30:00Z","participant":[{"actor":{"reference":"Patient/1"},"status":"accepted"}],"reasonReference":[%s]}`},
		"a plan":         {fetch.CarePlans, about1("CarePlan", "x", `,"intent":"plan","title":"Plan","addresses":[%s]`)},
	}
	for name, c := range kinds {
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
	gone := about1("MedicationRequest", "x", strings.Replace(medicine, `"intent"`, `"reasonReference":[{"reference":"Condition/none"}],"note":[{"text":"HIV clinic"}],"intent"`, 1))
	a, err := one(t, open(t, patientOf("1", someone), gone).source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Medications, Subjects: subjects(someone)})
	if err != nil || a.Unreadable != nil || idsOf(a, 0) != "" {
		t.Errorf("what is never shown leaves a mark: %+v, %v", a, err)
	}
}
