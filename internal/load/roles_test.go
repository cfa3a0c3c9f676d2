package load_test

import (
	"strings"
	"testing"

	"carerecord/internal/load"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
)

// Who has charge of an encounter, gave a vaccine or prescribed a medicine is told by their role, and not by who is named first.
func TestWhoDidWhat(t *testing.T) {
	as := func(role, name, more string) string {
		return `{"type":[{"coding":[{"code":"` + role + `"}]}],"individual":{"display":"` + name + `"}` + more + `}`
	}
	attended := func(id, participants string) string {
		return strings.Replace(encounter(id, "Patient/a", "EMER"), `"type":[`, `"participant":[`+participants+`],"type":[`, 1)
	}
	given := func(id, performers string) string {
		return about("Immunization", id, `,"status":"completed","vaccineCode":{"text":"`+id+`"},"performer":[`+performers+`]`)
	}
	const orders, gives = `{"function":{"coding":[{"code":"OP"}]},"actor":{"display":"Dr Order"}}`, `{"function":{"coding":[{"code":"AP"}]},"actor":{"display":"Nurse Give"}}`
	s := open(t)
	s.load(t, folder(t, ofA(
		attended("e", as("REF", "Referrer", "")+`,{"individual":{"display":"Untyped"}},`+as("SPRF", "Second", "")+","+as("ATND", "Former", `,"period":{"end":"2019-12-31"}`)),
		attended("f", as("REF", "Referrer", "")), attended("g", as("translator", "Interpreter", "")+","+as("ATND", "Attending", `,"period":{"end":"2030"}`)),
		given("ordered", orders), given("given", orders+","+gives), given("by anybody", `{"actor":{"display":"Nurse"}}`),
		about("MedicationStatement", "m", `,"status":"active","effectiveDateTime":"2020-01-03","medicationCodeableConcept":{"text":"told of"},"informationSource":{"display":"Pharmacist"}`),
		about("Procedure", "p", `,"status":"completed","performedDateTime":"2020-06-30T23:30:00Z","code":{"text":"Scope"}`))), load.Options{})
	if d := cmp.Diff([]string{"Attending", "Second", "nobody"}, s.texts(t, record.Acute, `SELECT coalesce(clinician_name, 'nobody') FROM attendance`)); d != "" {
		t.Error(d)
	}
	for sql, want := range map[string][]string{
		`SELECT concat_ws('|', vaccine_display, given_by_name) FROM immunisation`:                        {"by anybody|Nurse", "given|Nurse Give", "ordered"},
		`SELECT concat_ws('|', medicine_display, prescriber_name) FROM medication`:                       {"told of"},
		`SELECT performed_on || ' ' || (performed_at AT TIME ZONE 'Europe/London')::date FROM procedure`: {"2020-07-01 2020-07-01"},
	} {
		if d := cmp.Diff(want, s.everywhere(t, sql, clinical...)); d != "" {
			t.Errorf("%s: %s", sql, d)
		}
	}
}
