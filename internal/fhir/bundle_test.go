package fhir_test

import (
	"testing"

	"carerecord/internal/fhir"
)

// A bundle that says there are some and gives none is no answer that there are none.
func TestACountWithoutEntries(t *testing.T) {
	tests := []struct {
		name   string
		rest   string
		broken int
	}{
		{"some, and none is there", `,"total":3`, 1},
		{"some, and an empty list", `,"total":3,"entry":[]`, 1},
		{"a count that is none", `,"total":"many"`, 1},
		{"none", `,"total":0`, 0},
		{"not said", ``, 0},
		{"null", `,"total":null`, 0},
		{"on the next page", `,"total":3,"link":[{"relation":"next","url":"https://trust.example/next"}]`, 0},
		{"more than there are", `,"total":3,"entry":[{"resource":{"resourceType":"Condition","id":"1"}}]`, 0}, // some servers count before they filter
		{"one that is no resource", `,"total":1,"entry":[{}]`, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bundle, err := fhir.ParseBundle([]byte(`{"resourceType":"Bundle","type":"searchset"` + test.rest + `}`))
			if err != nil || bundle.Broken != test.broken {
				t.Errorf("%+v, %v", bundle, err)
			}
		})
	}
}

// A label that does not say how confidential something is counts as one that says it is.
func TestLabels(t *testing.T) {
	const v3 = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
	for name, test := range map[string]struct {
		labels string
		want   bool
	}{
		"none":                         {`[]`, false},
		"normal":                       {`[{"system":"` + v3 + `","code":"N"}]`, false},
		"low, in STU3's system":        {`[{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"L"}]`, false},
		"of something else":            {`[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"}]`, false},
		"restricted":                   {`[{"system":"` + v3 + `","code":"R"}]`, true},
		"in a small letter":            {`[{"system":"` + v3 + `","code":"r"}]`, true},
		"with a space":                 {`[{"code":"V "}]`, true},
		"of a letter of another width": {`[{"code":"Ｖ"}]`, true},
		"beside another":               {`[{"system":"` + v3 + `","code":"N"},{"code":"hiv"}]`, true},
		"no level there is":            {`[{"system":"` + v3 + `","code":"REDACTED"}]`, true},
		"by an object identifier":      {`[{"system":"urn:oid:2.16.840.1.113883.5.25","code":"secret"}]`, true},
		"words alone":                  {`[{"display":"restricted"}]`, true},
		"nothing":                      {`[{}]`, true},
		"null":                         {`[null]`, true},
	} {
		t.Run(name, func(t *testing.T) {
			r, ok := fhir.ParseResource([]byte(`{"resourceType":"Condition","id":"1","meta":{"security":` + test.labels + `}}`))
			if !ok || r.Confidential() != test.want {
				t.Errorf("%+v", r)
			}
			labels := []fhir.Concept{}
			for _, label := range r.Security {
				labels = append(labels, fhir.Concept{Coding: []fhir.Coding{label}})
			}
			if fhir.Restricted(labels) != test.want {
				t.Error("of a document it is another")
			}
		})
	}
	if !fhir.Restricted([]fhir.Concept{{Text: "restricted"}}) {
		t.Error("a label in words alone is passed by")
	}
}
