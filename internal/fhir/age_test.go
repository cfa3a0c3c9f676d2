package fhir_test

import (
	"encoding/json"
	"testing"

	"carerecord/internal/fhir"
)

// An age below 18, or one that may be, wherever it stands.
func TestOfChildhood(t *testing.T) {
	for raw, want := range map[string]bool{
		`{}`: false,
		`{"onsetAge":{"value":9,"unit":"years","code":"a"}}`:                                            true,
		`{"onsetAge":{"value":18,"unit":"years","code":"a"}}`:                                           false,
		`{"onsetAge":{"value":17.9,"code":"a"}}`:                                                        true,
		`{"abatementAge":{"value":17,"unit":" Years "}}`:                                                true,
		`{"abatementAge":{"value":40,"unit":" Years "}}`:                                                false,
		`{"onsetAge":{"value":215,"code":"mo"}}`:                                                        true,
		`{"onsetAge":{"value":216,"code":"mo"}}`:                                                        false,
		`{"onsetAge":{"value":900,"code":"wk"}}`:                                                        true,
		`{"onsetAge":{"value":1000,"code":"wk"}}`:                                                       false,
		`{"onsetAge":{"value":6000,"code":"d"}}`:                                                        true,
		`{"onsetAge":{"value":7000,"code":"d"}}`:                                                        false,
		`{"onsetAge":{"value":40,"code":"h"}}`:                                                          true,
		`{"onsetAge":{"value":40}}`:                                                                     true,
		`{"onsetAge":{"value":40,"comparator":"<","code":"a"}}`:                                         true,
		`{"onsetAge":{"value":40,"comparator":">","code":"a"}}`:                                         false,
		`{"onsetAge":{"code":"a"}}`:                                                                     false,
		`{"onsetAge":null}`:                                                                             false,
		`{"onsetAge":"nine"}`:                                                                           true,
		`{"onsetRange":{"low":{"value":9,"code":"a"},"high":{"value":40,"code":"a"}}}`:                  true,
		`{"onsetRange":{"low":{"value":20,"code":"a"},"high":{"value":40,"code":"a"}}}`:                 false,
		`{"onsetRange":{"high":{"value":40,"code":"a"}}}`:                                               true,
		`{"onsetRange":{"low":{"value":20,"code":"a"}}}`:                                                false,
		`{"abatementRange":{"low":{"value":9,"code":"a"}}}`:                                             true,
		`{"valueRange":{"low":{"value":9,"unit":"mmol/L"}}}`:                                            false,
		`{"extension":[{"url":"x"},{"url":"y","valueAge":{"value":9,"code":"a"}}]}`:                     true,
		`{"extension":[{"url":"y","valueAge":{"value":40,"code":"a"}}]}`:                                false,
		`{"extension":[{"url":"x","extension":[{"url":"y","valueAge":{"value":9,"code":"a"}}]}]}`:       true,
		`{"stage":[{"age":{"value":9,"code":"a"}}]}`:                                                    true,
		`{"language":"en","onsetAge":{"value":40,"code":"a"},"dosage":[{"value":1}],"text":"Age\": 9"}`: false,
	} {
		if got := fhir.OfChildhood(json.RawMessage(raw)); got != want {
			t.Errorf("%s: %t", raw, got)
		}
	}
}
