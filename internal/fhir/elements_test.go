package fhir_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

func TestCodes(t *testing.T) {
	for name, c := range map[string]struct{ concept, want string }{
		"SNOMED CT before the source's own":      {`{"coding":[{"system":"http://read.info/readv2","code":"A1","display":"old"},{"system":"http://snomed.info/sct","code":"1","display":"new"}]}`, "1 new (A1 old)"},
		"the words of the source beside":         {`{"coding":[{"system":"http://snomed.info/sct","code":"1","display":"new"}],"text":"as said"}`, "1 new ( as said)"},
		"the words written, of the source's own": {`{"coding":[{"system":"http://snomed.info/sct","code":"1","display":"new"},{"system":"x","code":"L","display":"l"}],"text":"as said"}`, "1 new (L as said)"},
		"words that a coding has too":            {`{"coding":[{"system":"http://snomed.info/sct","code":"1","display":"new"},{"system":"x","code":"L","display":"l"}],"text":" New "}`, "1 new (L l)"},
		"the same words":                         {`{"coding":[{"system":"http://snomed.info/sct","code":"1","display":"New"}],"text":"new"}`, "1 New"},
		"words alone":                            {`{"text":"as said"}`, " as said"},
		"a code without words":                   {`{"coding":[{"system":"x","code":"1"}]}`, "1 1"},
		"a code whose words are the text":        {`{"coding":[{"system":"x","code":"1"}],"text":"as said"}`, "1 as said"},
		"a degraded drug allergy":                {`{"coding":[{"system":"http://snomed.info/sct","code":"196461000000101","display":"Transfer-degraded drug allergy"}],"text":"Penicillin V"}`, "196461000000101 Penicillin V"},
		"degraded, with the old code's words":    {`{"coding":[{"system":"http://snomed.info/sct","code":"196411000000103","display":"Transfer-degraded record entry"},{"system":"x","code":"L","display":"What it was"}]}`, "196411000000103 What it was (L What it was)"},
		"a code with a blank before it":          {`{"coding":[{"system":"http://snomed.info/sct","code":" 86290005","display":"Respiratory rate"}]}`, "86290005 Respiratory rate"},
		"nothing":                                {`{}`, "none"},
		"a coding that is empty and no text":     {`{"coding":[{}]}`, "none"},
		"unknown, with what is known in words":   {`{"coding":[{"system":"http://hl7.org/fhir/v3/NullFlavor","code":"UNK"}],"text":"Pneumovax"}`, "UNK Pneumovax"},
		"a system alone, and a code":             {`{"coding":[{"system":"x"},{"code":"1","display":"new"}]}`, " new (1 new)"},
		"an edition of SNOMED CT in the address": {`{"coding":[{"system":"x","code":"L","display":"l"},{"system":"http://snomed.info/sct/83821000000107","code":"1","display":"new"}]}`, "1 new (L l)"},
	} {
		t.Run(name, func(t *testing.T) {
			var concept fhir.Concept
			if err := json.Unmarshal([]byte(c.concept), &concept); err != nil {
				t.Fatal(err)
			}
			code, ok := concept.Record()
			got := "none"
			if ok {
				got = string(code.Code) + " " + code.Display
				if code.Original != nil {
					got += " (" + string(code.Original.Code) + " " + code.Original.Display + ")"
				}
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]string{
		"": " ", "2026": "2026 YEAR", "2026-03": "2026-03 MONTH", "2026-03-01": "2026-03-01 DAY", "2026-03-01T09:30:00Z": "2026-03-01 TIME",
		"2026-03-01T23:30:00.123-05:00": "2026-03-01 TIME", "2019-05-01T10:38:00": "2019-05-01 TIME",
		" 2026-03\n": "2026-03 MONTH", " 2026-03-01T09:30:00Z ": "2026-03-01 TIME", " ": " ",
		"0001-06-01T00:00:00Z": "0001-06-01 TIME", "9999-06-01T00:00:00Z": "9999-06-01 TIME",
		"0001-01-01T00:00:30Z": "error", "0001-01-01T00:30:00+01:00": "error", "9999-12-31T23:30:00-01:00": "error",
		"19": "error", "2026-02-30": "error", "2026-13": "error", "2026-03-01T25:00:00Z": "error", "01/03/2026": "error", "yesterday": "error", "0000-00-00": "error",
	} {
		day, dayErr := fhir.Day(text)
		at, precision, err := fhir.Moment(text)
		got := string(day) + " " + string(precision)
		if dayErr != nil || err != nil {
			got = "error"
		}
		if got != want || (dayErr == nil) != (err == nil) || err != nil && !at.IsZero() {
			t.Errorf("%q: %q, want %q (%v, %v)", text, got, want, dayErr, err)
		}
	}
}

func TestValues(t *testing.T) {
	yes := record.Text("Yes")
	for text, want := range map[string]*record.Value{
		`{}`: nil,
		`{"valueQuantity":{"value":7.50,"unit":"mmol/L"}}`:                     {Text: "7.50 mmol/L", Quantity: "7.50", Unit: "mmol/L"},
		`{"valueQuantity":{"value":3,"comparator":"<","code":"mg"}}`:           {Text: "<3 mg", Comparator: "<", Limit: "3", Unit: "mg"},
		`{"valueQuantity":{"value":3,"comparator":"~","unit":"mg"}}`:           {Text: "~3 mg", Unit: "mg"},
		`{"valueQuantity":{"comparator":"<","unit":"mg"}}`:                     {Unit: "mg", AbsentReason: "UNKNOWN"},
		`{"valueString":"positive"}`:                                           {Text: "positive"},
		`{"valueBoolean":false}`:                                               {Text: "No"},
		`{"valueInteger":3}`:                                                   {Text: "3"},
		`{"valueTime":"10:30:00"}`:                                             {Text: "10:30:00"},
		`{"valueBoolean":true}`:                                                {Text: yes},
		`{"dataAbsentReason":{"coding":[{"code":"not-performed"}]}}`:           {AbsentReason: "NOT_PERFORMED"},
		`{"dataAbsentReason":{"coding":[{"code":"x"},{"code":"masked"}]}}`:     {AbsentReason: "MASKED"},
		`{"dataAbsentReason":{"text":"lost"}}`:                                 {AbsentReason: "UNKNOWN"},
		`{"valueRange":{"low":{"value":1,"unit":"g"},"high":{"value":2}}}`:     {Text: "1 g to 2"},
		`{"valueRatio":{"numerator":{"value":1},"denominator":{"value":128}}}`: {Text: "1 : 128"},
		`{"valueCodeableConcept":{"coding":[{"code":"1","display":"Trace"}]}}`: {Text: "Trace", Coded: &record.Code{Code: "1", Display: "Trace"}},
		`{"valuePeriod":{"start":"2026","end":"2027"}}`:                        {Text: "2026 to 2027"},
	} {
		var v fhir.Value
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		got := v.Record()
		switch {
		case got == nil || want == nil:
			if got != want {
				t.Errorf("%s: %+v", text, got)
			}
		case got.Coded != nil && want.Coded != nil && *got.Coded == *want.Coded:
			got.Coded, want.Coded = nil, nil
			fallthrough
		default:
			if *got != *want {
				t.Errorf("%s: %+v, want %+v", text, *got, *want)
			}
		}
	}
}

// The range against which a value is read is the normal one, wherever it stands; what others say is not lost.
func TestReferenceRanges(t *testing.T) {
	for name, c := range map[string]struct{ ranges, want string }{
		"none":                          {`[]`, "none"},
		"an empty one":                  {`[{}]`, "none"},
		"one":                           {`[{"low":{"value":3.5,"unit":"mmol/L"},"high":{"value":5.1}}]`, "3.5..5.1 "},
		"one with its words":            {`[{"low":{"value":3.5},"text":" 3.5 and more "}]`, "3.5.. 3.5 and more"},
		"one that is called normal":     {`[{"type":{"text":"Normal"},"high":{"value":5.1}}]`, "..5.1 "},
		"what a treatment aims at":      {`[{"type":{"coding":[{"code":"treatment","display":"Treatment range"}]},"low":{"value":2,"unit":"INR"},"high":{"value":3,"unit":"INR"}}]`, ".. Treatment range: 2 INR to 3 INR"},
		"for whom it holds":             {`[{"appliesTo":[{"text":"Pregnancy, first trimester"}],"low":{"value":0.1},"high":{"value":2.5}}]`, "0.1..2.5 Pregnancy, first trimester: 0.1 to 2.5"},
		"at which age":                  {`[{"age":{"high":{"value":28,"unit":"d"}},"high":{"value":2.5}}]`, "..2.5 age up to 28 d: up to 2.5"},
		"a normal range":                {`[{"type":{"text":"Normal range"},"low":{"value":1}}]`, "1.. "},
		"the normal one behind":         {`[{"type":{"text":"Equivocal"},"low":{"value":160},"high":{"value":200}},{"type":{"text":"Low"},"high":{"value":160}},{"type":{"coding":[{"code":"normal","display":"Normal"}]},"low":{"value":200},"high":{"value":800}}]`, "200..800 Equivocal: 160 to 200; Low: up to 160; Normal: 200 to 800"},
		"one for each of two":           {`[{"appliesTo":[{"text":"Female"}],"low":{"value":115}},{"appliesTo":[{"text":"Male"}],"low":{"value":130},"age":{"low":{"value":18,"unit":"years"}}}]`, ".. Female: from 115; Male, age from 18 years: from 130"},
		"two, one in its own words":     {`[{"low":{"value":1},"text":"more than 1"},{"type":{"text":"Low"},"high":{"value":1}}]`, "1.. more than 1; Low: up to 1"},
		"two of which one says nothing": {`[{"low":{"value":1}},{"type":{"text":"Low"}}]`, "1.. from 1"},
	} {
		var list []fhir.ReferenceRange
		if err := json.Unmarshal([]byte(c.ranges), &list); err != nil {
			t.Fatal(err)
		}
		got := "none"
		if r := new(fhir.Value).RangeOf(list); r != nil {
			got = string(r.Low) + ".." + string(r.High) + " " + string(r.Text)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Limits of another unit than the value's are told with their unit, and are no limits of it.
func TestRangesOfAnotherUnit(t *testing.T) {
	for name, c := range map[string]struct{ value, ranges, want string }{
		"the same":             {`{"unit":"g/L"}`, `[{"low":{"value":115,"unit":"g/l"},"high":{"value":165}}]`, "115..165 "},
		"the same by its code": {`{"unit":"g per L","code":"g/L"}`, `[{"low":{"value":115,"unit":"g/L","code":"g/L"}}]`, "115.. "},
		"of a value of none":   {`{}`, `[{"low":{"value":115,"unit":"g/L"}}]`, "115.. "},
		"another":              {`{"unit":"g/L"}`, `[{"low":{"value":11.5,"unit":"g/dL"},"high":{"value":16.5,"unit":"g/dL"}}]`, ".. 11.5 g/dL to 16.5 g/dL"},
		"another of one limit": {`{"unit":"g/L"}`, `[{"low":{"value":115},"high":{"value":16.5,"unit":"g/dL"}}]`, ".. 115 to 16.5 g/dL"},
		"another, with words":  {`{"unit":"g/L"}`, `[{"low":{"value":11.5,"unit":"g/dL"},"text":"above 11.5"}]`, ".. above 11.5 (from 11.5 g/dL)"},
		"another, of a code":   {`{"unit":"g/L","code":"g/L"}`, `[{"low":{"value":11.5,"code":"g/dL"}}]`, ".. from 11.5 g/dL"},
		"beside what is aimed": {`{"unit":"g/L"}`, `[{"low":{"value":115,"unit":"g/L"}},{"type":{"text":"Target"},"low":{"value":12,"unit":"g/dL"}}]`, "115.. from 115 g/L; Target: from 12 g/dL"},
	} {
		var v fhir.Value
		var list []fhir.ReferenceRange
		if err := errors.Join(json.Unmarshal([]byte(`{"valueQuantity":`+c.value+`}`), &v), json.Unmarshal([]byte(c.ranges), &list)); err != nil {
			t.Fatal(err)
		}
		r := v.RangeOf(list)
		if got := string(r.Low) + ".." + string(r.High) + " " + string(r.Text); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A number that no double holds stands in words.
func TestANumberBeyondADouble(t *testing.T) {
	for text, want := range map[string]record.Value{
		`{"valueQuantity":{"value":1e400,"unit":"x"}}`:                  {Text: "1e400 x", Unit: "x"},
		`{"valueQuantity":{"value":1e400,"unit":"x","comparator":"<"}}`: {Text: "<1e400 x", Unit: "x"},
		`{"valueQuantity":{"value":1e4,"unit":"x"}}`:                    {Text: "1e4 x", Quantity: "1e4", Unit: "x"},
	} {
		var v fhir.Value
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if got := v.Record(); *got != want {
			t.Errorf("%s: %+v, want %+v", text, *got, want)
		}
	}
	var limits []fhir.ReferenceRange
	if err := json.Unmarshal([]byte(`[{"low":{"value":1e400},"high":{"value":5}}]`), &limits); err != nil {
		t.Fatal(err)
	}
	if r := new(fhir.Value).RangeOf(limits); r.Low != "" || r.High != "5" {
		t.Errorf("%+v", r)
	}
}

// A value for which the record has no place is said to be there.
// A unit without a number says why there is none.
func TestAUnitAlone(t *testing.T) {
	for beside, want := range map[string]record.AbsentReason{
		"": "UNKNOWN",
		`,"_value":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"error"}]}`: "ERROR",
		`,"_value":{"extension":[{"url":"http://example.org/other","valueCode":"error"}]}`:                                   "UNKNOWN",
	} {
		var v fhir.Value
		if err := json.Unmarshal([]byte(`{"valueQuantity":{"unit":"mmol/L"`+beside+`}}`), &v); err != nil {
			t.Fatal(err)
		}
		if got := v.Record(); got == nil || got.Text != "" || got.Unit != "mmol/L" || got.AbsentReason != want {
			t.Errorf("%s: %+v", beside, got)
		}
	}
	if got := (&fhir.Value{ValueQuantity: &fhir.Quantity{}}).Record(); got != nil {
		t.Errorf("nothing at all: %+v", got)
	}
}

func TestAValueThatIsNotShown(t *testing.T) {
	for value, want := range map[string]string{
		`{"valueSampledData":{"origin":{"value":0}}}`:                                     "Recorded as a curve or a picture, which is not shown here",
		`{"valueAttachment":{"contentType":"image/png"}}`:                                 "Recorded as a curve or a picture, which is not shown here",
		`{"valueRange":{"low":{"value":1},"high":{"value":2,"unit":"x"}}}`:                "1 to 2 x",
		`{"valueRange":{"high":{"value":2,"unit":"x"}}}`:                                  "up to 2 x",
		`{"valueTime":"10:00:00"}`:                                                        "10:00:00",
		`{"valueQuantity":{"value":2.5,"system":"http://unitsofmeasure.org","code":"1"}}`: "2.5",
		`{"valueQuantity":{"value":2.5,"system":"http://unitsofmeasure.org","code":"%"}}`: "2.5 %",
	} {
		var v fhir.Value
		if err := json.Unmarshal([]byte(value), &v); err != nil {
			t.Fatal(err)
		}
		if got := v.Record(); got == nil || string(got.Text) != want {
			t.Errorf("%s: %+v", value, got)
		}
	}
}

func TestWholeNumbersOfExtensions(t *testing.T) {
	for text, want := range map[string]int{
		`{"valueInteger":0}`: 0, `{"valuePositiveInt":3,"valueInteger":4}`: 3, `{"valueUnsignedInt":1.5,"valueInteger":4}`: 4,
		`{"valueInteger":-1}`: -1, `{"valueInteger":1.5}`: -1, `{"valueString":"3"}`: -1, `null`: -1,
	} {
		var e *fhir.Extension
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		if got := e.Whole(); (got == nil) != (want < 0) || got != nil && *got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// Of several interpretations the gravest is the one that is shown, and the others are not lost.
func TestInterpretations(t *testing.T) {
	coded := func(codes ...string) string {
		var all []string
		for _, code := range codes {
			all = append(all, `{"coding":[{"code":"`+code+`"}]}`)
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	for list, want := range map[string]string{
		`[]`:                 "none",
		coded("N"):           "N",
		coded("H", "HH"):     "HH, Interpretation also: H",
		coded("N", "x", "l"): "l, Interpretation also: x, N",
		coded("H", "HX"):     "HX, Interpretation also: H",
		coded("N", "NEG"):    "N, Interpretation also: NEG",
		`[{"coding":[{"code":"N"}]},{"text":"Seen by the consultant"}]`:              "Seen by the consultant, Interpretation also: N",
		`[{},{"coding":[{"code":"N"}]}]`:                                             "N",
		`[{"coding":[{"code":"local"},{"code":"AA"}]},{"coding":[{"code":"H"}]},{}]`: "local, Interpretation also: H",
	} {
		var concepts []fhir.Concept
		if err := json.Unmarshal([]byte(list), &concepts); err != nil {
			t.Fatal(err)
		}
		gravest, more := fhir.Interpretation(concepts)
		got := "none"
		if gravest != nil {
			got = gravest.Display
		}
		if more != "" {
			got += ", " + more
		}
		if got != want {
			t.Errorf("%s: %q, want %q", list, got, want)
		}
	}
}

func TestAnAddressOfElsewhere(t *testing.T) {
	const here = "https://practice.example/fhir/Patient/1"
	for reference, elsewhere := range map[string]bool{
		"Patient/1": false, here: false, here + "/_history/2": false, "https://elsewhere.example/fhir/Patient/1": true, "https://elsewhere.example/fhir/Patient/1/_history/2": true,
	} {
		for _, own := range []string{here, here + "/_history/1"} {
			if got := fhir.Elsewhere(reference, own); got != elsewhere {
				t.Errorf("%s beside %s: %v", reference, own, got)
			}
		}
	}
}

// An onset, an end or a time of day of life that is no date is said in words.
func TestSpans(t *testing.T) {
	years := func(n string) *fhir.Quantity { return &fhir.Quantity{Value: json.Number(n), Unit: "years"} }
	for want, s := range map[string]fhir.Span{
		"":                                {},
		"Onset: as a child":               {Text: "as a child"},
		"Onset: age 45 years":             {Age: years("45"), Text: "as a child"},
		"Onset: age 40 years to 50 years": {Range: &fhir.Range{Low: years("40"), High: years("50")}},
		"Onset: yes, it is not said when": {IsOver: true, Age: &fhir.Quantity{}, Range: &fhir.Range{}},
		"Onset: in 2001":                  {IsOver: true, Text: "in 2001"},
	} {
		if got := s.Words("Onset"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTheFirstCodeThatIsKnown(t *testing.T) {
	known := map[string]string{"a": "A", "b": "B"}
	for name, c := range map[string]struct {
		concept *fhir.Concept
		want    string
	}{
		"nothing":    {nil, "none"},
		"none known": {&fhir.Concept{Coding: []fhir.Coding{{Code: "x"}}}, "none"},
		"the second": {&fhir.Concept{Coding: []fhir.Coding{{Code: "x"}, {Code: "b"}, {Code: "a"}}}, "B"},
	} {
		if got := fhir.MappedOf(known, c.concept, "none"); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// What is written of a reaction is called one beside what it showed itself by, and is not said twice.
func TestReactionsInWords(t *testing.T) {
	rash, unsaid := fhir.Concept{Text: "Rash"}, fhir.Concept{}
	for name, c := range map[string]struct {
		description   string
		manifestation []fhir.Concept
		notes         []fhir.Annotation
		want          string
	}{
		"nothing":               {"", []fhir.Concept{rash}, nil, ""},
		"by itself":             {"Swollen lips", nil, nil, "Swollen lips"},
		"beside another":        {"Swollen lips", []fhir.Concept{rash}, nil, "Reaction: Swollen lips"},
		"the same words":        {"rash", []fhir.Concept{rash}, nil, ""},
		"in place of one":       {"Swollen lips", []fhir.Concept{rash, unsaid}, nil, ""},
		"with notes":            {"Swollen lips", []fhir.Concept{rash}, []fhir.Annotation{{Text: "At school"}}, "Reaction: Swollen lips\nAt school"},
		"notes by themselves":   {"", nil, []fhir.Annotation{{Text: "At school"}}, "At school"},
		"notes, the same words": {"Rash", []fhir.Concept{rash}, []fhir.Annotation{{Text: "At school"}}, "At school"},
	} {
		if got := fhir.OfReaction(c.description, c.manifestation, c.notes); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What a reaction was to is said unless the allergy names it.
func TestCulpritsInWords(t *testing.T) {
	coded := func(code, text string) *fhir.Concept {
		return &fhir.Concept{Coding: []fhir.Coding{{System: "http://snomed.info/sct", Code: code, Display: "Display of " + code}}, Text: text}
	}
	unknown := fhir.Concept{Coding: []fhir.Coding{{System: "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", Code: "UNK", Display: "unknown"}}}
	for name, c := range map[string]struct {
		substance, allergy *fhir.Concept
		manifestations     []fhir.Concept
		want               string
	}{
		"nothing":                         {nil, coded("1", ""), nil, ""},
		"unknown":                         {&unknown, coded("1", ""), nil, ""},
		"unknown to the code":             {&fhir.Concept{Coding: unknown.Coding, Text: "Figs"}, coded("1", ""), nil, "Reaction to Figs"},
		"another":                         {coded("2", ""), coded("1", ""), nil, "Reaction to Display of 2"},
		"another of no code":              {&fhir.Concept{Coding: []fhir.Coding{{Display: "Figs"}}}, &fhir.Concept{Coding: []fhir.Coding{{Display: "Nuts"}}}, nil, "Reaction to Figs"},
		"of an allergy without a code":    {coded("1", ""), nil, nil, "Reaction to Display of 1"},
		"the same code":                   {coded("1", ""), coded("1", "Penicillins"), nil, ""},
		"the same code of another system": {coded("1", ""), &fhir.Concept{Coding: []fhir.Coding{{Code: "1"}}}, nil, "Reaction to Display of 1"},
		"the same words":                  {&fhir.Concept{Text: "penicillins"}, coded("1", "Penicillins"), nil, ""},
		"the same code in other words":    {coded("1", "Flucloxacillin"), coded("1", "Penicillins"), nil, "Reaction to Flucloxacillin"},
		"with how it showed itself":       {coded("2", "Figs"), coded("1", ""), []fhir.Concept{{Text: "Rash"}, unknown, {}, {Text: "Wheeze"}}, "Reaction to Figs: Rash, Wheeze"},
	} {
		if got := fhir.CulpritOf(c.substance, c.allergy, c.manifestations); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
