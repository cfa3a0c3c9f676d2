package fhir_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
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
		{"one that is a list", `,"total":1,"entry":[["resource",{"resourceType":"Flag"}]]`, 1},
		{"one whose resource is a list", `,"total":1,"entry":[{"resource":["resourceType","Flag"]}]`, 1},
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
			asDocument, err := json.Marshal(labels)
			if err != nil {
				t.Fatal(err)
			}
			r, ok = fhir.ParseResource([]byte(`{"resourceType":"DocumentReference","id":"1","securityLabel":` + string(asDocument) + `}`))
			if !ok || r.Confidential() != test.want {
				t.Errorf("of a document: %+v", r)
			}
		})
	}
}

// A document bears labels of its own besides, and so does a consent, as codings in STU3. What cannot be read of them may say that it is restricted.
func TestLabelsOfADocument(t *testing.T) {
	for label, want := range map[string]struct{ ok, confidential bool }{
		`[{"coding":[{"code":"N"}]}]`:                                                   {true, false},
		`{"coding":[{"code":"N"}]}`:                                                     {true, false},
		`{"coding":[{"code":"R"}]}`:                                                     {true, true},
		`[{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"N"}]`:              {true, false},
		`[{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"N"},{"code":"V"}]`: {true, true},
		`{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"REDACTED"}`:         {true, true},
		`[{"coding":[{"code":"N"}]},{"coding":[{"code":"R"}]}]`:                         {true, true},
		`[{"coding":[{"code":"N"},{"code":"R"}]}]`:                                      {true, true},
		`[{"text":"restricted"}]`:                                                       {true, true},
		`[{}]`:                                                                          {true, true},
		`null`:                                                                          {true, false},
		`[]`:                                                                            {true, false},
		`"R"`:                                                                           {false, true},
		`[7]`:                                                                           {false, true},
	} {
		for _, name := range []string{"securityLabel", "SecurityLabel"} {
			r, ok := fhir.ParseResource([]byte(`{"resourceType":"DocumentReference","id":"1","` + name + `":` + label + `}`))
			if ok != want.ok || r.Confidential() != want.confidential || r.Type != "DocumentReference" || r.ID != "1" {
				t.Errorf("%s %s: %v, %+v", name, label, ok, r)
			}
		}
	}
}

// A label on a resource within another is as good as its own, and what cannot be read of one may be a label.
func TestLabelsWithin(t *testing.T) {
	for contained, want := range map[string]bool{
		`[]`: false,
		`[{"id":"x"},{"resourceType":"Basic","meta":{"profile":["x"]}}]`:                         false,
		`[{"resourceType":"Basic","meta":{"security":[{"code":"N"}]}}]`:                          false,
		`[{"resourceType":"Basic"},{"resourceType":"Basic","meta":{"security":[{"code":"R"}]}}]`: true,
		`[{"resourceType":"DocumentReference","securityLabel":[{"coding":[{"code":"V"}]}]}]`:     true,
		`[{"resourceType":"DocumentReference","securityLabel":"V"}]`:                             true,
		`[{"resourceType":"Basic","meta":7}]`:                                                    true,
		`[{"meta":{"security":[{"code":"R"}]}}]`:                                                 true,
		`{"id":"x"}`:                                                                             true,
		`7`:                                                                                      true,
	} {
		r, _ := fhir.ParseResource([]byte(`{"resourceType":"Condition","id":"1","contained":` + contained + `}`))
		if r.ConfidentialWithin() != want || r.Confidential() {
			t.Errorf("%s: %v", contained, !want)
		}
		r, _ = fhir.ParseResource([]byte(`{"resourceType":"Condition","id":"1","meta":{"security":[{"code":"R"}]},"contained":` + contained + `}`))
		if !r.ConfidentialWithin() {
			t.Errorf("%s hides the label around it", contained)
		}
	}
	if r, _ := fhir.ParseResource([]byte(`{"resourceType":"Condition","id":"1"}`)); r.ConfidentialWithin() {
		t.Error("nothing within is a label")
	}
}

// What cannot be read of a bundle as a whole leaves nothing of it: half an answer must not
// pass for a whole one.
func TestBundlesThatCannotBeRead(t *testing.T) {
	if b, err := fhir.ParseBundle([]byte(`{"resourceType":"Parameters","type":"searchset"}`)); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("no Bundle: %v, %v", b, err)
	}
	for name, rest := range map[string]string{
		"a label that is none":                `,"type":"searchset","meta":{"security":"R"}`,
		"no type":                             ``,
		"entries that are a number":           `,"type":"searchset","entry":7`,
		"entries that are a text":             `,"type":"searchset","entry":"none"`,
		"entries that are a text with an end": `,"type":"searchset","entry":"none]"`,
		"entries that are a truth":            `,"type":"searchset","entry":true`,
		"entries that are an object":          `,"type":"searchset","entry":{"resource":{"resourceType":"Flag"}}`,
		"entries that end in another way":     `,"type":"searchset","entry":[{}}`,
		"links that are a number":             `,"type":"searchset","link":7`,
		"a link whose address is none":        `,"type":"searchset","link":[{"relation":"next","url":7}]`,
		"a link to nowhere":                   `,"type":"searchset","link":[{"relation":"next"}]`,
		"links to two places":                 `,"type":"searchset","link":[{"relation":"next","url":"a"},{"relation":"next","url":"b"}]`,
		"more entries than may be":            `,"type":"searchset","entry":[{}` + strings.Repeat(`,{}`, fhir.MaxEntries) + `]`,
	} {
		if b, err := fhir.ParseBundle([]byte(`{"resourceType":"Bundle"` + rest + `}`)); !errors.Is(err, record.ErrMalformed) {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
	many, err := fhir.ParseBundle([]byte(`{"resourceType":"Bundle","type":"searchset","entry":[{}` + strings.Repeat(`,{}`, fhir.MaxEntries-1) + `]}`))
	if err != nil || many.Broken != fhir.MaxEntries {
		t.Errorf("as many as may be: %v", err)
	}
}

func TestWhereABundleGoesOn(t *testing.T) {
	for links, want := range map[string]string{
		`{"relation":"self","url":"here"}`:                                          "",
		`{"relation":"self","url":"here"},{"relation":"next","url":"there"}`:        "there",
		`{"relation":"next","url":"there"},{"relation":"last","url":"end"}`:         "there",
		`{"relation":"next","url":"there"},{"relation":"next","url":"there"}`:       "there",
		`{"relation":"next","url":"there"},{"relation":"self"},{"relation":"prev"}`: "there",
	} {
		b, err := fhir.ParseBundle([]byte(`{"resourceType":"Bundle","type":"searchset","link":[` + links + `]}`))
		if err != nil || b.Next != want {
			t.Errorf("%s: %v, %v", links, b, err)
		}
	}
}

// Companions of what was searched for do not make up for what is missing of it.
func TestCompanionsAreNoMatches(t *testing.T) {
	for name, c := range map[string]struct {
		entry                 string
		matches, broken, lost int
	}{
		"a match":                       {`{"resource":{"resourceType":"Flag"},"search":{"mode":"match"}}`, 1, 0, 0},
		"one of which it is not said":   {`{"resource":{"resourceType":"Flag"}}`, 1, 0, 0},
		"a companion":                   {`{"resource":{"resourceType":"Flag"},"search":{"mode":"include"}}`, 0, 1, 1},
		"a word on the search":          {`{"resource":{"resourceType":"Basic"},"search":{"mode":"outcome"}}`, 0, 1, 1},
		"the same without its mode":     {`{"resource":{"resourceType":"OperationOutcome"}}`, 0, 1, 1},
		"one that cannot be read":       {`{"resource":{"resourceType":"Flag","meta":7},"search":{"mode":"match"}}`, 1, 1, 0},
		"a companion that cannot":       {`{"resource":{"resourceType":"Flag","meta":7},"search":{"mode":"include"}}`, 0, 2, 1},
		"one that does not say of what": {`{"resource":{"id":"1"}}`, 0, 1, 1},
	} {
		data := `{"resourceType":"Bundle","type":"searchset","total":1,"entry":[` + c.entry + `]}`
		b, err := fhir.Search(t.Context(), said(data), fhir.Request{Path: "Flag"})
		if err != nil || b.Matches != c.matches || b.Broken != c.broken || b.Lost() != c.lost {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}

// What cannot be read hides what refers to it, where it says what it is.
func TestUnreadableEntriesAreRestricted(t *testing.T) {
	b, err := fhir.ParseBundle([]byte(`{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"urn:1","resource":{"resourceType":"Flag","id":"1","meta":{"security":7}}},{"resource":{"id":"2"}},{}]}`))
	if err != nil || b.Broken != 3 || len(b.Unreadable) != 1 || b.Unreadable[0].Key() != "Flag/1" || b.Unreadable[0].FullURL != "urn:1" || !b.Unreadable[0].Confidential() {
		t.Errorf("%+v, %v", b, err)
	}
}

// A label on any of the pages is one on all that was found.
func TestALabelOnAPage(t *testing.T) {
	const label = `"meta":{"security":[{"code":"R"}]},`
	for _, c := range []struct {
		first, second string
		want          bool
	}{{label, "", true}, {"", label, true}, {label, label, true}, {"", "", false}} {
		b, err := fhir.Search(t.Context(), book{
			"":     `{` + c.first + `"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"more"}]}`,
			"more": `{` + c.second + `"resourceType":"Bundle","type":"searchset"}`,
		}, fhir.Request{Path: "Flag"})
		if err != nil || b.Confidential != c.want {
			t.Errorf("%+v: %v, %v", c, b, err)
		}
	}
}

// counted answers each link with the page that a function makes of how many came before.
type counted struct {
	n    int
	page func(n int) (string, error)
}

func (c *counted) Fetch(context.Context, fhir.Request) ([]byte, error) {
	c.n++
	text, err := c.page(c.n - 1)
	return []byte(text), err
}

func TestPagesAreBounded(t *testing.T) {
	page := func(next string, entries int) string {
		link := ""
		if next != "" {
			link = `{"relation":"next","url":"` + next + `"}`
		}
		all := strings.TrimSuffix(strings.Repeat(`{"resource":{"resourceType":"A"}},`, entries), ",")
		return `{"resourceType":"Bundle","type":"searchset","link":[` + link + `],"entry":[` + all + `]}`
	}
	last := func(pages int, then string) func(n int) (string, error) {
		return func(n int) (string, error) {
			if n == pages-1 {
				return page(then, 1), nil
			}
			return page(fmt.Sprint(n), 1), nil
		}
	}
	for name, c := range map[string]struct {
		page    func(n int) (string, error)
		fetches int
		err     error
	}{
		"as many pages as may be":      {last(fhir.MaxPages, ""), fhir.MaxPages, nil},
		"more":                         {last(fhir.MaxPages+1, ""), fhir.MaxPages, record.ErrMalformed},
		"a circle of one":              {func(int) (string, error) { return page("a", 1), nil }, 2, record.ErrMalformed},
		"a circle of two":              {func(n int) (string, error) { return page(fmt.Sprint(n%2), 1), nil }, 3, record.ErrMalformed},
		"a page that does not come":    {func(n int) (string, error) { return page("a", 1), []error{nil, record.ErrTimeout}[n] }, 2, record.ErrTimeout},
		"a first that does not come":   {func(int) (string, error) { return "", record.ErrRefused }, 1, record.ErrRefused},
		"as many entries as may be":    {func(n int) (string, error) { return page([]string{"a", ""}[n], fhir.MaxEntries/2), nil }, 2, nil},
		"one entry more on both pages": {func(n int) (string, error) { return page([]string{"a", ""}[n], fhir.MaxEntries/2+n), nil }, 2, record.ErrMalformed},
	} {
		source := &counted{page: c.page}
		_, err := fhir.Search(t.Context(), source, fhir.Request{Path: "A"})
		if source.n != c.fetches || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %d fetches, %v", name, source.n, err)
		}
	}
}

// Only what a specification names in capitals is taken from an outcome: the rest could be
// about somebody.
func TestCodesOfAnOutcome(t *testing.T) {
	outcome := func(kind string, codes ...string) string {
		var all []string
		for _, code := range codes {
			all = append(all, `{"details":{"coding":[{"code":"`+code+`"}]}}`)
		}
		return `{"resourceType":"` + kind + `","issue":[` + strings.Join(all, ",") + `]}`
	}
	letters := strings.Repeat("X", 64)
	for name, c := range map[string]struct {
		data string
		want []string
	}{
		"two, one of them twice":     {outcome("OperationOutcome", "NO_RECORD_FOUND", "AB", "AB"), []string{"NO_RECORD_FOUND", "AB"}},
		"a letter alone":             {outcome("OperationOutcome", "A"), nil},
		"none":                       {outcome("OperationOutcome", ""), nil},
		"words":                      {outcome("OperationOutcome", "Rosalind Ash", "NO RECORD", "9990000018"), nil},
		"as long as may be":          {outcome("OperationOutcome", letters, letters+"X"), []string{letters}},
		"no more than eight":         {outcome("OperationOutcome", "AA", "AB", "AC", "AD", "AE", "AF", "AG", "AH", "AI", "AJ"), strings.Fields("AA AB AC AD AE AF AG AH")},
		"of another resource":        {outcome("Patient", "NO_RECORD_FOUND"), nil},
		"one that cannot be read":    {`{"resourceType":"OperationOutcome","issue":[{"details":{"coding":[{"code":"AB"}]}},7]}`, nil},
		"another that cannot either": {`{"resourceType":"Patient","issue":[7]}`, nil},
		"nothing":                    {``, nil},
	} {
		if got := fhir.Codes([]byte(c.data)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// An outcome says by its codes that an answer is not all, whatever its severity, or by its severity.
func TestOutcomesThatSayThatSomethingIsMissing(t *testing.T) {
	for issue, want := range map[string]bool{
		`[{"severity":"warning","code":"incomplete"}]`: true, `[{"severity":"warning","code":"timeout"}]`: true, `[{"severity":"warning","code":"throttled"}]`: true,
		`[{"severity":"warning","code":"too-costly"}]`: true, `[{"severity":"warning","code":"exception"}]`: true, `[{"severity":"information","code":"transient"}]`: true,
		`[{"severity":"error","code":"informational"}]`: true, `[{"severity":"fatal"}]`: true, `[{"severity":"information"},{"code":"incomplete"}]`: true, `[{"severity":5}]`: true, `7`: true,
		`[{"severity":"warning","code":"suppressed"}]`: false, `[{"severity":"information","code":"informational"}]`: false, `[]`: false,
	} {
		if got := fhir.IsIncomplete([]byte(`{"resourceType":"OperationOutcome","issue":` + issue + `}`)); got != want {
			t.Errorf("%s: %t", issue, got)
		}
	}
}

// What is no object, or is cut short, has no members beyond it.
func TestMembers(t *testing.T) {
	const whole = `{"a": [1, {"b":"x,\"]"}], "c" :true ,"d":"y","e":{}}`
	all := func(data string) (names []string) {
		for name, value := range fhir.Members(slices.Clip(json.RawMessage(data))) {
			if !json.Valid(value) {
				t.Errorf("%s: %s is %s", data, name, value)
			}
			names = append(names, name)
		}
		return names
	}
	for i := range len(whole) + 1 {
		if got := all(whole[:i]); i == len(whole) && len(got) != 4 || !slices.Equal(got, []string{"a", "c", "d", "e"}[:len(got)]) {
			t.Errorf("%s: %v", whole[:i], got)
		}
	}
	for _, data := range []string{`["a","b"]`, `"a"`, `7`, `{7:"a","b":1}`, `{}`, ` `, `{]`} {
		if got := all(data); len(got) > 0 {
			t.Errorf("%s: %v", data, got)
		}
	}
}

func TestElements(t *testing.T) {
	for data, want := range map[string]int{
		`[]`: 0, ` [ ] `: 0, `[1]`: 1, `[1,2]`: 2, `[ {"a":[1,2]} , "x]" ,null ]`: 3,
		`[1,2`: -1, `[`: -1, `[1,`: -1, `["x`: -1, `[{`: -1, `[}`: -1, `{}`: -1, `7`: -1, `"x]"`: -1, ``: -1,
	} {
		all, ok := fhir.Elements(slices.Clip(json.RawMessage(data)))
		if ok != (want >= 0) || ok && len(all) != want || !ok && all != nil {
			t.Errorf("%s: %s, %v", data, all, ok)
		}
		for _, one := range all {
			if !json.Valid(one) {
				t.Errorf("%s: %s", data, one)
			}
		}
	}
}

// The label on a bundle is the highest of its entries': where one of them bears it, the others
// do not; where none does, nobody knows which is meant.
func TestALabelOnABundle(t *testing.T) {
	const label = `"meta":{"security":[{"code":"R"}]},`
	for _, c := range []struct{ bundle, first, want string }{
		{"", "", "false false"}, {"", label, "true false"}, {label, label, "true false"}, {label, "", "true true"},
	} {
		b, err := fhir.ParseBundle([]byte(`{` + c.bundle + `"resourceType":"Bundle","type":"searchset","entry":[{"resource":{` + c.first + `"resourceType":"Flag","id":"1"}},{"resource":{"resourceType":"Flag","id":"2"}}]}`))
		if err != nil || fmt.Sprint(b.Resources[0].Confidential(), b.Resources[1].Confidential()) != c.want || b.Confidential != (c.bundle != "") {
			t.Errorf("%+v: %+v, %v", c, b, err)
		}
	}
}

// What could not be read is told, whatever a bundle counts.
func TestWhatABundleLacks(t *testing.T) {
	const flag = `{"resource":{"resourceType":"Flag"}}`
	for rest, broken := range map[string]int{
		`"entry":[{},` + flag + `]`: 1, `"total":1,"entry":[{},` + flag + `]`: 1, `"total":2,"entry":[{},` + flag + `]`: 1, `"total":9,"entry":[{},` + flag + `]`: 8, `"total":1,"entry":[` + flag + `]`: 0,
		`"total":0,"entry":[` + flag + `]`: 0, `"total":99999999999999999999,"entry":[` + flag + `]`: fhir.MaxPages*fhir.MaxEntries - 1,
	} {
		bundle := `{"resourceType":"Bundle","type":"searchset",` + rest + `}`
		if b, err := fhir.Search(t.Context(), said(bundle), fhir.Request{Path: "Flag"}); err != nil || b.Broken != broken {
			t.Errorf("%s: %+v, %v", rest, b, err)
		}
		if b, err := fhir.ParseWhole([]byte(bundle)); err != nil || b.Broken != broken {
			t.Errorf("%s, all at once: %+v, %v", rest, b, err)
		}
	}
	if b, err := fhir.ParseWhole([]byte(`{"resourceType":"Flag"}`)); b != nil || !errors.Is(err, record.ErrMalformed) {
		t.Errorf("no bundle: %+v, %v", b, err)
	}
}

func TestResourcesOfAnotherVersion(t *testing.T) {
	for profiles, want := range map[string]string{
		``: "true true", `"https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"`: "false true", `"https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-Patient-1"`: "true false",
		`"http://hl7.org/fhir/4.0/x"`: "false true", `"http://hl7.org/fhir/3.0/x"`: "true false", `"urn:x","https://fhir.nhs.uk/R4/x"`: "false true",
	} {
		b, err := fhir.ParseBundle([]byte(`{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Flag"}},{"resource":{"resourceType":"Patient","meta":{"profile":[` + profiles + `]}}}]}`))
		if err != nil || fmt.Sprint(b.OfVersion("STU3"), b.OfVersion("R4")) != want {
			t.Errorf("%s: %v, %v", profiles, b, err)
		}
	}
}

func TestKeys(t *testing.T) {
	for reference, want := range map[string][2]string{
		"Patient/1": {"Patient/1", "Patient"}, "https://trust.example/fhir/Patient/1/_history/7": {"Patient/1", "Patient"}, " Patient/1/ ": {"Patient/1", "Patient"},
		"Patient/1#part": {"Patient/1", "Patient"}, "Patient/1?a=b/c": {"Patient/1", "Patient"}, "#part": {"#part", ""}, "urn:uuid:12": {"urn:uuid:12", ""}, "": {"", ""},
	} {
		if key := fhir.KeyOf(reference); key != want[0] || fhir.TypeOf(key) != want[1] {
			t.Errorf("%q: %q of %q", reference, key, fhir.TypeOf(key))
		}
	}
	for id, want := range map[string]bool{"a-1.B": true, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false, "": false, "a/b": false, "a b": false} {
		if fhir.IsPlainID(id) != want {
			t.Errorf("%q is %v", id, !want)
		}
	}
}
