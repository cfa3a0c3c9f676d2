package transport

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

const (
	goodNumber  = "9990000018"
	wrongNumber = "9990000019"
)

func messages(out reply) []string {
	texts := make([]string, 0, len(out.Errors))
	for _, e := range out.Errors {
		texts = append(texts, codeOf(e)+" "+e.Message)
	}
	return texts
}

func TestValuesAreCheckedBeforeExecution(t *testing.T) {
	const notNumber = " is not a valid NHS number: a string of ten digits of which the last must fit the others."
	const byFilter = `query ($f: Filter) { search(filter: $f) { id } }`
	tests := []struct {
		name, query, variables string
		want                   []string
	}{
		{"a good number in each way it is written", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { id } }`, `{"n":["9990000018","999 000 0018","999-000-0018"]}`, nil},
		{"one for each bad position", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { id } }`,
			`{"n":["9990000018","9990000019",9990000018,"x",{"a":1}]}`,
			[]string{"INVALID_NHS_NUMBER $n[1]" + notNumber, "INVALID_NHS_NUMBER $n[2]" + notNumber, "INVALID_NHS_NUMBER $n[3]" + notNumber, "INVALID_NHS_NUMBER $n[4]" + notNumber}},
		{"a single value for a list", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { id } }`, `{"n":"9990000019"}`, []string{"INVALID_NHS_NUMBER $n" + notNumber}},
		{"in input objects", byFilter, `{"f":{"any":[{},{"not":{"numbers":["9990000018","9990000019"]}}]}}`,
			[]string{"INVALID_NHS_NUMBER $f.any[1].not.numbers[1]" + notNumber}},
		{"a literal", `{ patient(nhsNumber: "9990000019") { id } }`, `{}`, []string{"INVALID_NHS_NUMBER patient.nhsNumber" + notNumber}},
		{"a literal without quotes", `{ patient(nhsNumber: 9990000018) { id } }`, `{}`, []string{"INVALID_NHS_NUMBER patient.nhsNumber" + notNumber}},
		{"literals in a fragment", `{ ...F } fragment F on Query { search(filter: {any: [{numbers: ["9990000018", "9990000019"]}]}) { id } }`, `{}`,
			[]string{"INVALID_NHS_NUMBER search.filter.any[0].numbers[1]" + notNumber}},
		{"a default", `query ($n: NHSNumber! = "9990000019") { patient(nhsNumber: $n) { id } }`, `{"n":"9990000018"}`, []string{"INVALID_NHS_NUMBER $n" + notNumber}},
		{"dates", byFilter, `{"f":{"since":"2026-02-30","born":"2026-1","at":"2026-03-01"}}`, []string{
			"BAD_USER_INPUT $f.at cannot be read: a DateTime is written as 2026-03-01T09:30:00Z, with its offset.",
			"BAD_USER_INPUT $f.born cannot be read: a PartialDate is written as 2026, 2026-03 or 2026-03-01.",
			"BAD_USER_INPUT $f.since cannot be read: a Date is written as 2026-03-01.",
		}},
		{"good dates", byFilter, `{"f":{"since":"2026-02-28","born":"2026","at":"2026-03-01T10:00:00+01:00"}}`, nil},
		{"a literal date", `{ search(filter: {since: "schizophrenia"}) { id } }`, `{}`, []string{"BAD_USER_INPUT search.filter.since cannot be read: a Date is written as 2026-03-01."}},
		{"missing", `query ($n: Int!) { search(first: $n) { id } }`, `{}`, []string{"BAD_USER_INPUT $n must be given."}},
		{"null", `query ($n: Int!) { search(first: $n) { id } }`, `{"n":null}`, []string{"BAD_USER_INPUT $n must not be null."}},
		{"text for a number", `query ($n: Int!) { search(first: $n) { id } }`, `{"n":"5"}`, []string{"BAD_USER_INPUT $n is not a 32-bit integer."}},
		{"a number too large", `query ($n: Int!) { search(first: $n) { id } }`, `{"n":9990000018}`, []string{"BAD_USER_INPUT $n is not a 32-bit integer."}},
		{"a literal too large", `{ search(first: 9990000018) { id } }`, `{}`, []string{"BAD_USER_INPUT search.first is not a 32-bit integer."}},
		{"a whole number with a point", `query ($n: Int!) { search(first: $n) { id } }`, `{"n":5.0}`, nil},
		{"a number too large for a float", `query ($n: Float!) { search(ratio: $n) { id } }`, `{"n":1e999}`, []string{"BAD_USER_INPUT $n is not a number."}},
		{"a number for text", `query ($n: String!) { search(text: $n) { id } }`, `{"n":9990000018}`, []string{"BAD_USER_INPUT $n is not a string."}},
		{"an enum in other letters", `query ($n: Order) { search(order: $n) { id } }`, `{"n":"name"}`, []string{"BAD_USER_INPUT $n is not a value of Order."}},
		{"an object for an enum", `query ($n: Order) { search(order: $n) { id } }`, `{"n":{}}`, []string{"BAD_USER_INPUT $n is not a value of Order."}},
		{"text for an object", byFilter, `{"f":"9990000018"}`, []string{"BAD_USER_INPUT $f must be an object of type Filter."}},
		{"an unknown field", byFilter, `{"f":{"x9990000018":1,"text":"schizophrenia"}}`,
			[]string{"BAD_USER_INPUT $f.text is not defined by type Filter.", "BAD_USER_INPUT $f.x########## is not defined by type Filter."}},
		{"null in a list", byFilter, `{"f":{"any":[null]}}`, []string{"BAD_USER_INPUT $f.any[0] must not be null."}},
		{"two of one", `query ($c: Choice) { search(choice: $c) { id } }`, `{"c":{"id":"1","name":"2"}}`, []string{"BAD_USER_INPUT $c must have exactly one field, which is not null."}},
		{"one of one", `query ($c: Choice) { search(choice: $c) { id } }`, `{"c":{"id":1}}`, nil},
		{"an identifier that is no whole number", `query ($c: Choice) { search(choice: $c) { id } }`, `{"c":{"id":1.5}}`, []string{"BAD_USER_INPUT $c.id is neither a string nor a whole number."}},
		{"a value for nothing", `{ __typename }`, `{"n":"9990000019"}`, nil},
		{"nested too deep", byFilter, `{"f":` + strings.Repeat(`{"not":`, 40) + `{}` + strings.Repeat(`}`, 41), []string{"QUERY_TOO_LARGE The variables hold too many values, or nest them too deep."}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			es := new(small)
			out := send(t, New(es, Options{}), post(body(test.query, json.RawMessage(test.variables))))
			if got := messages(out); !slices.Equal(got, test.want) && len(got)+len(test.want) > 0 {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			if ran := es.executed.Load() > 0; ran != (test.want == nil) || (out.Data != nil) != ran {
				t.Errorf("executed %t: %s", ran, out.Body)
			}
			for _, leak := range []string{goodNumber, wrongNumber, "schizo", "json.", "map["} {
				if strings.Contains(out.Body.String(), leak) {
					t.Errorf("the answer holds %q: %s", leak, out.Body)
				}
			}
		})
	}
}

func TestBadNumbersAreNeverCapped(t *testing.T) {
	numbers := slices.Repeat([]string{wrongNumber}, 700)
	query := `query Round($nhsNumbers: [NHSNumber!]!) { patients(nhsNumbers: $nhsNumbers) { id } }`
	out := send(t, New(new(small), Options{}), post(body(query, map[string]any{"nhsNumbers": numbers})))
	if len(out.Errors) != 700 || !strings.HasPrefix(out.Errors[10].Message, "$nhsNumbers[10] ") {
		t.Errorf("got %d errors, the eleventh %v", len(out.Errors), out.Errors[10])
	}
	out = send(t, New(new(small), Options{}), post(body(query, map[string]any{"nhsNumbers": slices.Repeat(numbers, 10)})))
	if len(out.Errors) != 1 || out.code() != QueryTooLarge {
		t.Errorf("7,000 values: got %d errors", len(out.Errors))
	}
}

func TestWrongShapesAreCapped(t *testing.T) {
	query := `query ($f: Filter) { search(filter: $f) { id } }`
	entries := slices.Repeat([]any{map[string]any{"first": "x"}}, 200)
	out := send(t, New(new(small), Options{}), post(body(query, map[string]any{"f": map[string]any{"any": entries}})))
	if len(out.Errors) != maxErrors {
		t.Errorf("got %d errors", len(out.Errors))
	}
}

func TestOnlyNumbersOfPatientsAreNotCapped(t *testing.T) {
	query := `query ($a: Filter, $n: [NHSNumber!]!) { search(filter: $a) { id } patients(nhsNumbers: $n) { id } }`
	dates := slices.Repeat([]any{map[string]any{"since": "yesterday"}}, 200)
	literals := `{ search(filter: {any: [` + strings.Repeat(`{since: "yesterday"}, `, 200) + `]}) { id } }`
	out := send(t, New(new(small), Options{}), post(body(query, map[string]any{"a": map[string]any{"any": dates}, "n": slices.Repeat([]string{wrongNumber}, 200)})))
	if len(out.Errors) != maxErrors+200 {
		t.Errorf("got %d errors of variables", len(out.Errors))
	}
	out = send(t, New(new(small), Options{}), post(body(literals, nil)))
	if len(out.Errors) != maxErrors {
		t.Errorf("got %d errors of literals", len(out.Errors))
	}
}

func TestIntegersReachTheResolverAsGiven(t *testing.T) {
	es := new(small)
	query := `query ($f: Filter, $n: Int, $r: Float) { search(filter: $f, first: $n, ratio: $r) { id } }`
	out := send(t, New(es, Options{}), post(body(query, json.RawMessage(`{"f":{"first":3.0},"n":2147483647,"r":0.5}`))))
	arguments := es.seen.Load().(map[string]any)
	filter, _ := arguments["filter"].(map[string]any)
	if out.Code != 200 || arguments["first"] != int64(2147483647) || filter["first"] != int64(3) || arguments["ratio"] != 0.5 {
		t.Errorf("got %#v", arguments)
	}
}

func TestADocumentWithANumberIsNotKept(t *testing.T) {
	h := New(new(small), Options{}).(*handler)
	for _, query := range []string{
		`{ patient(nhsNumber: "9990000018") { id } }`,
		`{ patient(nhsNumber: "\u0039990000018") { id } }`,
		`{ __typename } # 999 000 0018`,
		`{ patient(nhsNumber: "9990000019") { id } }`,
		`{ nothing }`,
		`{ __typename` + strings.Repeat(" ", maxKept) + `}`,
	} {
		send(t, h, post(body(query, nil)))
	}
	if h.documents.Len() != 0 {
		t.Errorf("kept %q", h.documents.Keys())
	}
	send(t, h, post(body(`{ __typename }`, nil)))
	if h.documents.Len() != 1 {
		t.Error("an ordinary document is not kept")
	}
}

func TestMessagesOfValidationHoldNoValues(t *testing.T) {
	tests := []struct{ query, want string }{
		{`{ search(first: "schizophrenia") { id } }`, "Int cannot represent non-integer value."},
		{`{ search(text: 9990000018) { id } }`, "String cannot represent a non string value."},
		{`{ search(text: schizophrenia) { id } }`, "String cannot represent a non string value."},
		{`{ search(order: schizophrenia) { id } }`, `The value does not exist in "Order" enum.`},
		{`{ search(order: "x\" does not exist in \"schizophrenia") { id } }`, `Enum "Order" cannot represent non-enum value.`},
		{`{ search(ratio: {a: ", found schizophrenia value: schizophrenia"}) { id } }`, `Field "a" is not defined by type "Float".`},
		{`{ search(filter: "schizophrenia, found ") { id } }`, `Expected value of type "Filter".`},
		{`{ patient(nhsNumber: null) { id } }`, `Expected value of type "NHSNumber!".`},
		{`{ search(filter: {schizo9990000018: 1}) { id } }`, `Field "schizo##########" is not defined by type "Filter".`},
		{`{ p9990000018 }`, `Cannot query field "p##########" on type "Query".`},
		{`{ p_999_000_0018 }`, `Cannot query field "p_###_###_####" on type "Query".`},
		{`{ patiant }`, `Cannot query field "patiant" on type "Query".`},
		{`{ ` + strings.Repeat("n", 500<<0) + ` }`, `Cannot query field "` + strings.Repeat("n", 64) + `…" on type "Query".`},
		{`{ search(lext: "schizophrenia") { id } }`, `Unknown argument "lext" on field "Query.search".`},
		{`{ search }`, `Field "search" of type "[Patient!]!" must have a selection of subfields.`},
		{`{ ...F } fragment F on Patiant { id }`, `Unknown type "Patiant".`},
		{`query ($n: Int) { search(text: $n) { id } }`, `Variable "$n" of type "Int" used in position expecting type "String".`},
		{`{ a: search(text: "schizophrenia") { id } a: search(text: "b") { id } }`,
			`Fields "a" conflict because they have differing arguments. Use different aliases on the fields to fetch both if this was intentional.`},
		{`{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }`, `Cannot spread fragment "F" within itself.`},
	}
	for _, test := range tests {
		out := send(t, New(new(small), Options{}), post(body(test.query, nil)))
		if out.code() != ValidationFailed || !slices.Contains(messages(out), ValidationFailed+" "+test.want) {
			t.Errorf("%s\ngot  %s\nwant %s", test.query, strings.Join(messages(out), "\n     "), test.want)
		}
		for _, leak := range []string{"9990000018", "schizophrenia", "Did you mean"} {
			if strings.Contains(out.Body.String(), leak) {
				t.Errorf("%s: the answer holds %q: %s", test.query, leak, out.Body)
			}
		}
	}
}

func TestMessagesOfTheParserHoldNothingOfTheText(t *testing.T) {
	for _, query := range []string{
		`{ search(text: "9990000018 schizophrenia" 9990000018) }`, `{ search(text: schizophrenia schizophrenia) }`, `{ 9990000018x }`, `{ "schizophrenia" }`,
		`{ search(text: "\uzzzz schizophrenia") }`, `{ search(text: "\q schizophrenia") }`, `{ search(text: "schizophrenia) }`, `schizophrenia { a }`, `{ a } schizophrenia`,
		`{ a(b: """schizophrenia""" """schizophrenia""") }`, `query ($a: schizophrenia!!) { a }`, `{ a @include(if: "schizophrenia" }`, `fragment on on schizophrenia { a }`, `{ a ? }`, `{ a(b: 099) }`, `{ é }`,
	} {
		out := send(t, New(new(small), Options{}), post(body(query, nil)))
		if out.code() != ParseFailed || strings.Contains(out.Body.String(), "9990000018") || strings.Contains(out.Body.String(), "schizophrenia") {
			t.Errorf("%s: got %s", query, out.Body)
		}
	}
}

// Commas within texts are no values.
func TestCommas(t *testing.T) {
	for text, want := range map[string]int{
		`{}`: 0, `{"a":1}`: 0, `{"a":1,"b":[1,2,3]}`: 3, `{"a,b":"c,d"}`: 0, `{"a":"\",\"","b":"\\","c":1}`: 2, `[["x","y"],["z"]]`: 2,
	} {
		if got := commas([]byte(text)); got != want {
			t.Errorf("%s: %d commas, want %d", text, got, want)
		}
	}
}
