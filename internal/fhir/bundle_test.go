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
