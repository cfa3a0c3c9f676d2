package transport

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/gqlerror"
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
	const notNumber = " is not a valid NHS number: ten digits, in a string, of which the last must fit the others; they may stand as 3, 3 and 4."
	const byFilter = `query ($f: Filter) { search(filter: $f) { id } }`
	const byRange = `query ($r: Range) { search(range: $r) { id } }`
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
		{"null for a condition", `query ($c: Boolean = true) { search(first: 5) { id @include(if: $c) } }`, `{"c":null}`, []string{"BAD_USER_INPUT $c must not be null."}},
		{"null for two conditions", `query ($c: Boolean = true) { ...F @skip(if: $c) search(first: 5) { id @include(if: $c) } } fragment F on Query { __typename }`, `{"c":null}`,
			[]string{"BAD_USER_INPUT $c must not be null."}},
		{"a condition that is left out", `query ($c: Boolean = true) { search(first: 5) { id @include(if: $c) } }`, `{}`, nil},
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
		{"a name of an enum", `query ($n: Order) { search(order: $n) { id } }`, `{"n":"NAME"}`, nil},
		{"null where it may be", `query ($n: Int, $f: Filter) { search(first: $n, filter: $f) { id } }`, `{"n":null,"f":{"not":null}}`, nil},
		{"none of one", `query ($c: Choice) { search(choice: $c) { id } }`, `{"c":{}}`, []string{"BAD_USER_INPUT $c must have exactly one field, which is not null."}},
		{"null of one", `query ($c: Choice) { search(choice: $c) { id } }`, `{"c":{"id":null}}`, []string{"BAD_USER_INPUT $c must have exactly one field, which is not null."}},
		{"an identifier that is neither", `query ($c: Choice) { search(choice: $c) { id } }`, `{"c":{"id":true}}`, []string{"BAD_USER_INPUT $c.id is neither a string nor a whole number."}},
		{"no truth", `query ($b: Boolean!) { __typename @include(if: $b) }`, `{"b":"true"}`, []string{"BAD_USER_INPUT $b is neither true nor false."}},
		{"a field that has a default", byRange, `{"r":{"from":1}}`, nil},
		{"a field that must be given", byRange, `{"r":{"to":1}}`, []string{"BAD_USER_INPUT $r.from must be given."}},
		{"null for a field with a default", byRange, `{"r":{"from":1,"to":null}}`, []string{"BAD_USER_INPUT $r.to must not be null."}},
		{"a literal that stands for a list", `{ patients(nhsNumbers: "9990000019") { id } }`, `{}`, []string{"INVALID_NHS_NUMBER patients.nhsNumbers" + notNumber}},
		{"a list for one literal", `{ patient(nhsNumber: ["9990000018"]) { id } }`, `{}`, []string{"INVALID_NHS_NUMBER patient.nhsNumber" + notNumber}},
		{"an object for one literal", `{ patient(nhsNumber: {a: "9990000018"}) { id } }`, `{}`, []string{"INVALID_NHS_NUMBER patient.nhsNumber" + notNumber}},
		{"a literal further down", `{ wide { items(first: 9990000018) { total } } }`, `{}`, []string{"BAD_USER_INPUT items.first is not a 32-bit integer."}},
		{"a literal of a fragment that is spread twice", `{ ...F ...F } fragment F on Query { patient(nhsNumber: "9990000019") { id } }`, `{}`, []string{"INVALID_NHS_NUMBER patient.nhsNumber" + notNumber}},
		{"at a query", `query @tag(of: "9990000019") { __typename }`, `{}`, []string{"INVALID_NHS_NUMBER @tag.of" + notNumber}},
		{"at a field", `{ __typename @tag(of: "9990000019") }`, `{}`, []string{"INVALID_NHS_NUMBER @tag.of" + notNumber}},
		{"at an inline fragment", `{ ... @tag(of: "9990000019") { __typename } }`, `{}`, []string{"INVALID_NHS_NUMBER @tag.of" + notNumber}},
		{"at a spread", `{ ...F @tag(of: "9990000019") } fragment F on Query { __typename }`, `{}`, []string{"INVALID_NHS_NUMBER @tag.of" + notNumber}},
		{"at a fragment", `{ ...F } fragment F on Query @tag(of: "9990000019") { __typename }`, `{}`, []string{"INVALID_NHS_NUMBER @tag.of" + notNumber}},
		{"as deep as may be", byFilter, `{"f":` + strings.Repeat(`{"not":`, 15) + `{"numbers":[]}` + strings.Repeat(`}`, 16), nil},
		{"one deeper", byFilter, `{"f":` + strings.Repeat(`{"not":`, 15) + `{"numbers":["9990000018"]}` + strings.Repeat(`}`, 16), []string{"QUERY_TOO_LARGE The variables hold too many values, or nest them too deep."}},
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

// A fragment has the variables of the operation that is asked, whatever another one says of them.
func TestNullInAFragmentOfTwoOperations(t *testing.T) {
	const document = `query A($c: Boolean = true) { ...F } query B($c: Boolean!) { ...F } fragment F on Query { search(first: 5) { id @include(if: $c) } }`
	for _, operation := range []string{"A", "B"} {
		text, err := json.Marshal(map[string]any{"query": document, "operationName": operation, "variables": map[string]any{"c": nil}})
		if err != nil {
			t.Fatal(err)
		}
		out := send(t, New(new(small), Options{}), post(string(text)))
		if got := messages(out); !slices.Equal(got, []string{"BAD_USER_INPUT $c must not be null."}) {
			t.Errorf("%s: %s", operation, got)
		}
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

func numberedNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "n%d ", i)
	}
	return b.String()
}

func TestWrongShapesAreCapped(t *testing.T) {
	query := `query ($f: Filter) { search(filter: $f) { id } }`
	for n, last := range map[int]string{maxErrors: "$f.any[49].first is not a 32-bit integer.", maxErrors + 1: "There are more errors of this kind, which are left out."} {
		entries := slices.Repeat([]any{map[string]any{"first": "x"}}, n)
		out := send(t, New(new(small), Options{}), post(body(query, map[string]any{"f": map[string]any{"any": entries}})))
		if len(out.Errors) != maxErrors || !slices.ContainsFunc(out.Errors, func(e *gqlerror.Error) bool { return e.Message == last && codeOf(e) == BadUserInput }) {
			t.Errorf("%d errors: got %d of them, %s", n, len(out.Errors), out.Body)
		}
	}
	out := send(t, New(new(small), Options{}), post(body("{ wide { "+numberedNames(60)+"} }", nil)))
	if more := out.Errors[len(out.Errors)-1]; len(out.Errors) != maxErrors || len(more.Locations) > 0 || !strings.HasPrefix(more.Message, "There are more") {
		t.Errorf("got %d errors of validation, the last %v", len(out.Errors), more)
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
	if out.Code != 200 || len(filter) != 1 || arguments["first"] != int64(2147483647) || filter["first"] != int64(3) || arguments["ratio"] != 0.5 {
		t.Errorf("got %#v", arguments)
	}
}

// A whole number is read as it is written, up to where JavaScript's numbers have no gaps where it is written with a point.
func TestWholeNumbers(t *testing.T) {
	for text, want := range map[string]int64{
		"5": 5, "-5": -5, "5.0": 5, "5e0": 5, "9007199254740993": 9007199254740993, "-9007199254740993": -9007199254740993,
		"9007199254740992.0": 1 << 53, "-9007199254740992.0": -1 << 53,
	} {
		if got, ok := wholeNumber(json.Number(text)); !ok || got != want {
			t.Errorf("%s: got %d", text, got)
		}
	}
	for _, text := range []string{"", "5.5", "1e999", "9007199254740994.0", "-9007199254740994.0", "9223372036854775808"} {
		if got, ok := wholeNumber(json.Number(text)); ok {
			t.Errorf("%s: got %d", text, got)
		}
	}
}

func TestHowManyValuesMayBeGiven(t *testing.T) {
	h := New(new(small), Options{Limits: Limits{Values: 5}})
	query := `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { id } }`
	for n, code := range map[int]string{4: "", 5: QueryTooLarge} { // the list counts as one
		if out := send(t, h, post(body(query, map[string]any{"n": slices.Repeat([]string{goodNumber}, n)}))); out.code() != code {
			t.Errorf("%d numbers: got %s", n, out.Body)
		}
	}
}

// Variables that the operation does not define are read by nobody, but a receipt is over all that was sent.
func TestVariablesThatNobodyReads(t *testing.T) {
	graph := new(small)
	h := New(graph, Options{Limits: Limits{Values: 40}})
	for extra, code := range map[string]string{
		`1`: "", `"text"`: "", `{"a":[1,null,true,{"b":"c"}]}`: "", `1e308`: "",
		`1e999`: BadUserInput, `[1,[-1e999]]`: BadUserInput, `{"a":{"b":1e999}}`: BadUserInput,
		strings.Repeat("[", 1100) + strings.Repeat("]", 1100): QueryTooLarge,
	} {
		text := `{"query":"query ($n: NHSNumber!) { patient(nhsNumber: $n) { id } }","variables":{"n":"` + goodNumber + `","unused":` + extra + `}}`
		if out := send(t, h, post(text)); out.code() != code {
			t.Errorf("%.40s: %s", extra, out.Body)
		} else if code == BadUserInput && !strings.Contains(out.Body.String(), "$unused") {
			t.Errorf("%.40s: it is not said where: %s", extra, out.Body)
		}
	}
}

// A scalar that says more than it may is not repeated.
func TestScalarsOfOthers(t *testing.T) {
	h := New(new(small), Options{Scalars: map[string]Scalar{
		"Date":     {Code: BadUserInput, Check: func(any) error { return errors.New("schizophrenia") }},
		"DateTime": {Code: BadUserInput, Words: "is no moment", Check: func(any) error { return errors.New("schizophrenia") }},
	}})
	out := send(t, h, post(body(`{ search(filter: {since: "x", at: "x", numbers: ["1"]}) { id } }`, nil)))
	if got, want := strings.Join(messages(out), ""), "BAD_USER_INPUT search.filter.since cannot be read.BAD_USER_INPUT search.filter.at is no moment."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if at := out.Errors[0].Locations; len(at) != 1 || at[0].Line != 1 || at[0].Column != 27 {
		t.Errorf("it stands at %v", at)
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
	send(t, h, post(body(`{ __typename `+strings.Repeat(" ", maxKept-len(`{ __typename }`))+`}`, nil)))
	if h.documents.Len() != 2 {
		t.Error("an ordinary document is not kept")
	}
}

func TestMessagesOfValidationHoldNoValues(t *testing.T) {
	tests := []struct{ query, want string }{
		{`{ search(first: "schizophrenia") { id } }`, "Int cannot represent non-integer value."},
		{`{ search(text: 9990000018) { id } }`, "String cannot represent a non string value."},
		{`{ search(text: schizophrenia) { id } }`, "String cannot represent a non string value."},
		{`{ search(order: schizophrenia) { id } }`, `The value does not exist in "Order" enum.`},
		{`{ search(order: NAMES) { id } }`, `The value does not exist in "Order" enum.`},
		{`{ search(filter: {sinc: "2026-01-01"}) { id } }`, `Field "sinc" is not defined by type "Filter".`},
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
		{`{ ...Nothing }`, `Unknown fragment "Nothing".`},
		{`{ search(order: """x" does not exist in "schizophrenia""") { id } }`, `Enum "Order" cannot represent non-enum value.`},
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

// What is not there is refused by validation wherever it stands, so that nobody behind it meets it.
func TestWhatIsNotThere(t *testing.T) {
	for _, query := range []string{
		`query @nothing { __typename }`, `query ($a: Int @nothing) { wide(a: $a) { id } }`, `{ __typename @nothing }`, `{ ... @nothing { __typename } }`, `{ ...F @nothing } fragment F on Query { __typename }`,
		`{ ...F } fragment F on Query @nothing { __typename }`, `query @tag(nothing: 1) { __typename }`, `{ __typename @tag(nothing: "x") }`, `{ ...F } fragment F on Query @tag(nothing: 1) { __typename }`,
		`{ __typename(nothing: 1) }`, `{ wide(nothing: 1) { id } }`, `{ wide { nothing } }`, `{ wide { __schema { __typename } } }`, `{ search(filter: {nothing: 1}) { id } }`, `{ search(filter: {any: [{not: {nothing: 1}}]}) { id } }`,
		`query ($f: Filter = {nothing: 1}) { search(filter: $f) { id } }`, `query ($f: Nothing = {a: 1}) { __typename }`, `{ __typename @tag(by: {nothing: 1}) }`, `{ ...F }`, `{ ... on Nothing { __typename } }`,
		`mutation { nothing(text: "x") }`, `subscription { nothing }`,
	} {
		if out := send(t, New(new(small), Options{}), post(body(query, nil))); out.code() != ValidationFailed {
			t.Errorf("%s: got %s", query, out.Body)
		}
	}
}

// What the parser says is said as far as it is the parser's own.
func TestMessagesOfTheParser(t *testing.T) {
	for query, want := range map[string]string{
		`{`:                               "GRAPHQL_PARSE_FAILED Expected Name, found the end of the document.",
		`{ a(b: schizophrenia schizo }`:   "GRAPHQL_PARSE_FAILED Expected :, found }.",
		`schizophrenia { a }`:             "GRAPHQL_PARSE_FAILED Unexpected Name.",
		`{ a(b: "\q schizophrenia`:        "GRAPHQL_PARSE_FAILED Unexpected text that is no string, number, name or sign (is a quotation mark missing?).",
		`{ a(b: 099) }`:                   "GRAPHQL_PARSE_FAILED Unexpected text that is no string, number, name or sign (is a quotation mark missing?).",
		`{ 9990000018 }`:                  "GRAPHQL_PARSE_FAILED Expected Name, found Int.",
		`query ($a: Int!!) { a }`:         "GRAPHQL_PARSE_FAILED Expected $, found !.",
		`{ ... on ... }`:                  "GRAPHQL_PARSE_FAILED Expected Name, found ....",
		`{}`:                              "GRAPHQL_PARSE_FAILED expected at least one definition, found }.",
		strings.Repeat("{a", 1500):        "QUERY_TOO_COSTLY The query goes too deep; ask for less at once.",
		"{ " + strings.Repeat("a ", 4000): "QUERY_TOO_LARGE The query has more than 4000 words and signs (limits.tokens); split it.",
	} {
		out := send(t, New(new(small), Options{}), post(body(query, nil)))
		if got := messages(out); len(got) != 1 || got[0] != want {
			t.Errorf("%.60s: got %v, want %s", query, got, want)
		}
	}
	for _, err := range []error{errors.New("schizophrenia"), gqlerror.Errorf("schizophrenia")} {
		if got := parseError(err, 4000); codeOf(got) != ParseFailed || got.Message != "The document cannot be parsed." {
			t.Errorf("an error of another kind: got %v", got)
		}
	}
	for message, want := range map[string]string{
		"schizophrenia is no value": "A value does not fit its type.",
		`Enum "Order" cannot represent value: "x" does not exist in "schizophrenia"`: `Enum "Order" cannot represent value.`,
	} {
		if got := valueWords(message); got != want {
			t.Errorf("a message of another kind: got %s", got)
		}
	}
}

// Names are cut, and digits in them masked, from a length on; so is what is said.
func TestSafeNames(t *testing.T) {
	long, message := strings.Repeat("n", maxName), strings.Repeat("no ", maxMessage/3)+"n"
	for text, want := range map[string]string{
		"patient1": "patient1", "n12345": "n12345", "n123456": "n######", "123456": "######", "n_1_2_3_4_5_6": "n_#_#_#_#_#_#", "abcdefgh": "abcdefgh", "a 123 456": "a 123 456",
		long: long, long + "n": long + "…", message: message, message + "n": message + "…",
		strings.Repeat("n", 100*maxMessage) + "é": long + "…",
	} {
		if got := safeNames(text); got != want {
			t.Errorf("%.80s: got %s", text, got)
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
