package load_test

import (
	"slices"
	"testing"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// Of several ranges the limits are those of the normal one, and of several interpretations the gravest stands; what
// else is said stands in words.
func TestWhatAValueIsReadAgainst(t *testing.T) {
	result := func(id, more string) string {
		return `{"resourceType":"Observation","id":"` + id + `","status":"final","subject":{"reference":"Patient/a"},"encounter":{"reference":"Encounter/ea"},"category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"` + id +
			`"},"effectiveDateTime":"2020-01-02T09:00:00Z","valueQuantity":{"value":7,"unit":"mmol/L"}` + more + `}`
	}
	const (
		target   = `{"low":{"value":1},"high":{"value":2},"type":{"text":"treatment"}}`
		normal   = `{"low":{"value":3.50},"high":{"value":5},"text":"3.50 to 5"}`
		says     = `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"`
		low, bad = says + `N","display":"Normal"}]}`, says + `HH","display":"Critical high"}]}`
	)
	s := open(t)
	s.load(t, folder(t, map[string]string{"a.json": bundle(patient("a", "A", ""), encounter("ea", "Patient/a", "AMB"),
		result("bare", ""), result("one", `,"referenceRange":[`+normal+`],"interpretation":[`+bad+`]`),
		result("two", `,"referenceRange":[`+target+`,`+normal+`],"interpretation":[`+low+`,`+bad+`],"note":[{"text":"seen"}]`),
		result("other", `,"referenceRange":[{"low":{"value":63,"unit":"mg/dL"},"high":{"value":90,"unit":"mg/dL"}}]`),
		result("part", `,"component":[{"code":{"text":"P"},"valueString":"x","referenceRange":[`+target+`,`+normal+`]}]`))}), load.Options{})
	for sql, want := range map[string][]string{
		`SELECT concat_ws('|', test_display, reference_range_low::text, reference_range_high::text, reference_range_text, interpretation_code, interpretation_display, comment) FROM result`: {
			"bare", "one|3.50|5|3.50 to 5|HH|Critical high", "other|63 mg/dL to 90 mg/dL", "part", "two|3.50|5|treatment: 1 to 2; 3.50 to 5|HH|Critical high|seen\nInterpretation also: Normal"},
		`SELECT concat_ws('|', test_display, reference_range_low::text, reference_range_high::text) FROM result_component`: {"P|3.50|5"},
	} {
		var got []string
		for _, sector := range []record.Sector{record.GP, record.Acute} {
			got = append(got, s.texts(t, sector, sql)...)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}
