package ukcore_test

import (
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Diagnoses stand by their rank; one without a rank keeps its place among them.
func TestDiagnosesWithoutARank(t *testing.T) {
	for ranks, want := range map[string]string{"2 - 1": "c, b, a", "3 - 1 - 2": "c, b, e, d, a", "- 1": "a, b", "2 1 -": "b, a, c"} {
		var listed, resources []string
		for i, rank := range strings.Fields(ranks) {
			id := string(rune('a' + i))
			entry := `{"condition":{"reference":"Condition/` + id + `"}`
			if rank != "-" {
				entry += `,"rank":` + rank
			}
			listed, resources = append(listed, entry+"}"), append(resources, about1("Condition", id, `,"code":{"text":"`+id+`"}`))
		}
		resources = append(resources, patientOf("1", someone), about1("Encounter", "e", `,"class":{"code":"IMP"},"period":{"end":"2026-11-05T10:00:00Z"},"diagnosis":[`+strings.Join(listed, ",")+`]`))
		a, err := one(t, open(t, resources...).source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Stays, Subjects: subjects(someone)})
		var said []string
		for _, stay := range fetch.RowsOf[record.Stay](a).Of(0) {
			for _, d := range stay.Diagnoses {
				said = append(said, d.Diagnosis.Display)
			}
		}
		if got := strings.Join(said, ", "); err != nil || got != want {
			t.Errorf("%s: %q, want %q, %v", ranks, got, want, err)
		}
	}
}

// A diagnosis that stands inside its encounter is shown as one that stands by itself, and
// hides the encounter as one that does.
func TestDiagnosesInsideAnEncounter(t *testing.T) {
	visit := func(class, contained string) string {
		return about1("Encounter", "e", `,"class":{"code":"`+class+`"},"period":{"end":"2026-11-05T10:00:00Z"},"contained":[`+contained+`],"diagnosis":[{"condition":{"reference":"#c2"},"rank":2},{"condition":{"reference":"#c1"},"rank":1},{"condition":{"reference":"Condition/c3"},"rank":3}]`)
	}
	inside := func(id, more string) string {
		return `{"resourceType":"Condition","id":"` + id + `","subject":{"reference":"Patient/1"}` + more + `}`
	}
	gout := inside("c1", `,"code":{"text":"Gout"}`)
	for name, c := range map[string]struct {
		contained, want string
	}{
		"by their rank":               {inside("c2", `,"code":{"text":"Cough"}`) + "," + gout, "Gout, Cough, Asthma"},
		"two under one id":            {inside("c2", `,"code":{"text":"Cough"}`) + "," + inside("c2", `,"code":{"text":"Fever"}`) + "," + gout, "Gout, Cough, Asthma"},
		"refuted":                     {inside("c2", `,"code":{"text":"Cough"},"verificationStatus":{"coding":[{"code":"refuted"}]}`) + "," + gout, "Gout, Asthma"},
		"a mistake":                   {inside("c2", `,"code":{"text":"Cough"},"verificationStatus":{"coding":[{"code":"entered-in-error"}]}`) + "," + gout, "Gout, Asthma"},
		"of another type":             {strings.Replace(inside("c2", `,"code":{"text":"Cough"}`), "Condition", "Observation", 1) + "," + gout, "Gout, Asthma"},
		"such as is never shown":      {inside("c2", `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"86406008","display":"Infection"}]}`) + "," + gout, ""},
		"held confidential":           {inside("c2", `,"code":{"text":"Cough"},"meta":{"security":[{"code":"R"}]}`) + "," + gout, ""},
		"whose labels cannot be read": {inside("c2", `,"code":{"text":"Cough"},"meta":{"security":"R"}`) + "," + gout, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, patientOf("1", someone), about1("Condition", "c3", `,"code":{"text":"Asthma"}`), visit("IMP", c.contained)).source(t, record.Acute, ukcore.Options{})
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Stays, Subjects: subjects(someone)})
			var said []string
			for _, stay := range fetch.RowsOf[record.Stay](a).Of(0) {
				for i, d := range stay.Diagnoses {
					if said = append(said, d.Diagnosis.Display); *d.Rank != i+1 {
						t.Errorf("%s is of rank %d", d.Diagnosis.Display, *d.Rank)
					}
				}
			}
			if got := strings.Join(said, ", "); err != nil || got != c.want || c.want == "" && len(entriesOf(a, 0)) > 0 {
				t.Errorf("a stay: %q, %v", got, err)
			}
			s = open(t, patientOf("1", someone), about1("Condition", "c3", `,"code":{"text":"Asthma"}`), visit("EMER", c.contained)).source(t, record.Acute, ukcore.Options{})
			a, err = one(t, s, &fetch.Ask{Kind: fetch.Attendances, Subjects: subjects(someone)})
			said = nil
			for _, attendance := range fetch.RowsOf[record.Attendance](a).Of(0) {
				for _, d := range attendance.Diagnoses {
					said = append(said, d.Diagnosis.Display)
				}
			}
			if got := strings.Join(said, ", "); err != nil || got != c.want || c.want == "" && len(entriesOf(a, 0)) > 0 {
				t.Errorf("an attendance: %q, %v", got, err)
			}
		})
	}
}
