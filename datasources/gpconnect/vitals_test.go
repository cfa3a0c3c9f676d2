package gpconnect_test

import (
	"testing"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What is measured is a vital sign by its code or by its category, and a result of a
// laboratory in no case.
func TestVitalSignsByCodeAndCategory(t *testing.T) {
	const (
		weight = `{"coding":[{"system":"http://snomed.info/sct","code":"27113001","display":"Body weight"}]}`
		loinc  = `{"coding":[{"system":"http://loinc.org","code":"29463-7","display":"Body weight"}]}`
		vitals = `,"category":[{"coding":[{"system":"http://hl7.org/fhir/observation-category","code":"vital-signs"}]}]`
		lab    = `,"category":[{"coding":[{"system":"http://hl7.org/fhir/observation-category","code":"laboratory"}]}]`
	)
	for name, c := range map[string]struct {
		code, category string
		vitals         int
		with           []string
	}{
		"a code of the list":                     {weight, "", 1, nil},
		"another code":                           {loinc, "", 0, nil},
		"another code in the category":           {loinc, vitals, 1, nil},
		"a code of the list from the laboratory": {weight, lab, 0, nil},
		"a code of the list, and a problem":      {weight, "", 1, []string{problem(`{"text":"Obesity"}`, `,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-ActualProblem-1","valueReference":{"reference":"Observation/1"}}]`)}},
	} {
		t.Run(name, func(t *testing.T) {
			body := madeUp(append(c.with, `{"resourceType":"Observation","id":"1","me":0,"status":"final","code":`+c.code+c.category+`,"valueQuantity":{"value":70,"unit":"kg"}}`)...)
			s := gpconnect.Open(practice, fixed(body), ids, gpconnect.Options{})
			got, err := read(t, s, someone)
			if err != nil {
				t.Fatal(err)
			}
			if n := fetch.RowsOf[record.VitalSign](got[fetch.VitalSigns]).Count(0); n != c.vitals {
				t.Errorf("%d vital signs", n)
			}
			if n := fetch.RowsOf[record.Result](got[fetch.Results]).Count(0); n != 1-c.vitals {
				t.Errorf("%d results", n)
			}
		})
	}
}

// The ranges of the parts of a vital sign stand beside the whole, each with its name.
func TestRangesOfPartsOfAVitalSign(t *testing.T) {
	a := asked(t, madeUp(`{"resourceType":"Observation","id":"1","me":0,"status":"final","code":{"coding":[{"system":"http://snomed.info/sct","code":"75367002","display":"Blood pressure"}]},"comment":"Sitting","component":[`+
		`{"code":{"text":"Systolic"},"valueQuantity":{"value":95,"unit":"mmHg"},"referenceRange":[{"low":{"value":88,"unit":"mmHg"},"high":{"value":92,"unit":"mmHg"}}]},{"code":{"text":"Diastolic"}},{"referenceRange":[{"text":"x"}],"code":{"text":"HIV test"}}]}`), fetch.VitalSigns)
	for _, v := range fetch.RowsOf[record.VitalSign](a).Of(0) {
		if want := record.Text("Sitting\nSystolic reference range: 88 mmHg to 92 mmHg"); v.Comment != want {
			t.Errorf("%q, want %q", v.Comment, want)
		}
	}
	if a.Rows.Count(0) != 1 {
		t.Error(a.Rows.Count(0))
	}
}
