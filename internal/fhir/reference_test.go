package fhir_test

import (
	"encoding/json"
	"strings"
	"testing"

	"carerecord/internal/fhir"
)

func TestOneOrMore(t *testing.T) {
	for text, want := range map[string]string{`{"a":"x"}`: "x", `[{"a":"x"}]`: "x", `[{"a":"x"},{"a":"y"}]`: "x y", `[]`: "", `null`: "", `{"a":7}`: "no", `[{"a":7}]`: "no", `"x"`: "no"} {
		var list struct {
			L fhir.OneOrMore[struct{ A string }]
		}
		got := []string{}
		if err := json.Unmarshal([]byte(`{"l":`+text+`}`), &list); err != nil {
			got = append(got, "no")
		} else {
			for _, one := range list.L {
				got = append(got, one.A)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}
