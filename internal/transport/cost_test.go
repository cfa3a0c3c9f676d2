package transport

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// publishedSchema is the schema that the service has.
func publishedSchema(t *testing.T) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("../../schema/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatalf("there is no schema: %v", err)
	}
	var sources []*ast.Source
	for _, file := range files {
		sources = append(sources, &ast.Source{Name: file, Input: read(t, file)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// costOf is the cost of the first operation of a document.
func costOf(t testing.TB, schema *ast.Schema, query, values string) int64 {
	t.Helper()
	doc := gqlparser.MustLoadQueryWithRules(schema, query, nil)
	c, ok := price(schema, sizesOf(schema), defaultLimits, doc.Operations[0])
	if !ok {
		t.Fatal("the cost could not be worked out")
	}
	var given map[string]any
	if values != "" {
		in := json.NewDecoder(strings.NewReader(values))
		in.UseNumber()
		if err := in.Decode(&given); err != nil {
			t.Fatal(err)
		}
	}
	check := variables{schema: schema, scalars: scalars, limits: defaultLimits}
	check.check(doc.Operations[0], nil, given) // which makes integers of them
	return c.of(given)
}

func TestCost(t *testing.T) {
	const numbers = `{"n":["9990000018","9990000026","9990000034"]}`
	tests := []struct {
		name, query, variables string
		want                   int64
	}{
		{"an object and its values", `{ wide { id name } }`, "", 3},
		{"as many as the numbers", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { id } }`, numbers, 6},
		{"as many as the numbers that stand there", `{ patients(nhsNumbers: ["9990000018", "9990000026"]) { id } }`, "", 4},
		{"one number that stands for a list", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { id } }`, `{"n":"9990000018"}`, 2},
		{"null for a list that has a default", `query ($n: [NHSNumber!] = ["9990000018"]) { patients(nhsNumbers: $n) { id } }`, `{"n":null}`, listSize * 2},
		{"each alias counts", `query ($n: [NHSNumber!]!) { a: patients(nhsNumbers: $n) { id } b: patients(nhsNumbers: $n) { id } }`, numbers, 12},
		{"a list that nothing bounds", `{ wide { friends { id } } }`, "", 1 + listSize*2},
		{"a list in a list", `{ wide { friends { friends { id } } } }`, "", 1 + listSize*(1+listSize*2)},
		{"a list of values", `{ wide { tags } }`, "", 1 + listSize},
		{"a list of lists", `{ wide { things { ... on Letter { pages { id } } } } }`, "", 1 + listSize*(1+listSize*listSize*2)},
		{"the nodes of a page", `{ wide { items(first: 7) { total nodes { id } } } }`, "", 1 + 1 + 1 + 7*2},
		{"the edges of a page", `{ wide { items(first: 7) { edges { cursor node { id } } } } }`, "", 1 + 1 + 7*(1+1+1+1)},
		{"the page that comes without an argument", `{ wide { items { nodes { id } } } }`, "", 1 + 1 + 3*2},
		{"the page that a variable says", `query ($f: Int!) { wide { items(first: $f) { nodes { id } } } }`, `{"f":9}`, 1 + 1 + 9*2},
		{"the page that a variable says by default", `query ($f: Int = 5) { wide { items(first: $f) { nodes { id } } } }`, "", 1 + 1 + 5*2},
		{"the page where the variable is not given", `query ($f: Int!) { wide { items(first: $f) { nodes { id } } } }`, `{}`, 1 + 1 + 3*2},
		{"a page is not of the lists further down", `{ wide { items(first: 1) { nodes { ... on Stay { rooms { id } } } } } }`, "", 1 + 1 + 1 + listSize*2},
		{"a list that says its own length", `query ($f: Int) { wide { dated(first: $f) { id } } }`, `{"f":4}`, 1 + 4*2},
		{"a list that could say its own length", `query ($f: Int) { wide { dated(first: $f) { id } } }`, `{"f":null}`, 1 + listSize*2},
		{"a page of less than nothing", `{ wide { items(first: -5) { nodes { id } } } }`, "", 2},
		{"the same twice is once", `{ wide { id ...F } wide { ...F id } } fragment F on Patient { friends { id } friends { name } }`, "", 2 + listSize*3},
		{"the dearest object of an interface", `{ wide { dated(first: 1) { id ... on Stay { ward rooms { id } } ... on Letter { on } } } }`, "", 2 + 1 + 1 + listSize*2},
		{"the dearest object of a union", `{ wide { things { ... on Patient { id name ward } ... on Stay { id } } } }`, "", 1 + listSize*4},
		{"an interface within an interface", `{ wide { dated(first: 1) { ... on Item { id } id ... on Stay { id } } } }`, "", 3},
		{"what may be left out counts", `query ($no: Boolean = false) { wide { id @include(if: $no) name @skip(if: true) } }`, "", 3},
		{"a longer page than there is", `query ($f: Int!) { wide { a: items(first: 2147483647) { nodes { id } } b: items(first: $f) { nodes { id } } } }`, `{"f":201}`, 1 + 2*(1+maxPage*2)},
		{"more than can be counted", `{ wide ` + strings.Repeat("{ friends ", 12) + "{ id }" + strings.Repeat("}", 12) + ` }`, "", maxCost},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := costOf(t, testSchema, test.query, test.variables); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// A schema may hold longer lists than can be counted.
func TestACostThatOverflows(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { next: [[[[[[[[Query]]]]]]]] }`})
	if got := costOf(t, schema, `{ next { next { next { __typename } } } }`, ""); got != maxCost {
		t.Errorf("got %d, want %d", got, maxCost)
	}
}

// Lists whose length is said in ways that the service's own schema has not.
func TestLengthsOfLists(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query implements Paged {
			pages(first: Int): [Page!] named(first: Int): [String!] found(of: [Int!]): [Query] by(id: ID!): [Query] grid(of: [Int!]!): [[Query]]
			far(first: Int = 100): Page far2: Other last(first: String): [Query]
			any: Paged any2: [Paged!]
		}
		interface Paged { far(first: Int): Page }
		type Other implements Paged { far(first: Int = 2): Page }
		type Page { nodes: [Query] deep: [[Query]] }
	`})
	for _, test := range []struct {
		name, query, variables string
		want                   int64
	}{
		{"a page of values", `query ($f: Int) { named(first: $f) }`, `{"f":7}`, 7},
		{"a page is not of the nodes of its entries", `{ pages(first: 2) { nodes { __typename } } }`, "", 2 * (1 + listSize*2)},
		{"a page is not of a list of lists", `{ far { deep { __typename } } }`, "", 1 + listSize*listSize*2},
		{"a first that is no number", `{ last(first: "2") { __typename } }`, "", listSize * 2},
		{"a list that need not be given", `{ found(of: [1, 2]) { __typename } }`, "", listSize * 2},
		{"a value that is no list", `{ by(id: "1") { __typename } }`, "", listSize * 2},
		{"a list of lists by a list", `{ grid(of: [1, 2]) { __typename } }`, "", listSize * listSize * 2},
		{"one field with a default for each type", `{ far2 { ...F } ...F } fragment F on Paged { far { nodes { __typename } } }`, "", 1 + 1 + 2*2 + 1 + 100*2},
		{"one field in an interface", `{ any { far { nodes { __typename } } } }`, "", 1 + 1 + 100*2},
	} {
		if got := costOf(t, schema, test.query, test.variables); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
}

// The lists of the schema's own description are as long as the longest of them, and where all types are listed as long as they
// are on the average.
func TestLengthsOfTheSchemasLists(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		directive @wide(a: Int, b: Int, c: Int, d: Int, e: Int, f: Int, g: Int, h: Int) on QUERY | MUTATION
		directive @placed on QUERY | MUTATION | FIELD | FRAGMENT_DEFINITION | FRAGMENT_SPREAD | INLINE_FRAGMENT | VARIABLE_DEFINITION | SCHEMA | SCALAR | OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION | INTERFACE | UNION | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
		type Query implements A & B & C { a(x: Int, y: Int, z: Int): U b: E c: Int ` + numbered(40, "f%d(x: Int, y: Int): Int ") + ` }
		type T implements A { a(x: Int, y: Int, z: Int): U }
		interface A { a(x: Int, y: Int, z: Int): U }
		interface B { b: E }
		interface C { c: Int }
		union U = Query | T | V | W | X
		type V { v: Int } type W { w: Int } type X { x: Int }
		enum E { ` + numbered(30, "E%d ") + ` }
	`})
	lists := map[string]func(d *ast.Definition) int{
		"fields": func(d *ast.Definition) int { return len(d.Fields) }, "inputFields": func(d *ast.Definition) int { return len(d.Fields) },
		"interfaces": func(d *ast.Definition) int { return len(d.Interfaces) }, "enumValues": func(d *ast.Definition) int { return len(d.EnumValues) },
		"possibleTypes": func(d *ast.Definition) int { return len(schema.GetPossibleTypes(d)) },
	}
	const longest = 40 + 3 + 2 // fields of Query, __schema and __type among them
	average := func(n, of int) int64 { return int64((n + of - 1) / of) }
	types, directives := int64(len(schema.Types)), int64(len(schema.Directives))
	fields, arguments := 0, 0
	for name, list := range lists {
		most, all := 0, 0
		for _, definition := range schema.Types {
			most, all = max(most, list(definition)), all+list(definition)
		}
		if name == "fields" {
			fields = all
		}
		if got, want := costOf(t, schema, `{ __type(name: "Query") { `+name+` { name } } }`, ""), int64(1+most*2); got != want {
			t.Errorf("%s of a type: got %d, want %d", name, got, want)
		}
		if got, want := costOf(t, schema, `{ __schema { types { `+name+` { name } } } }`, ""), 1+types*(1+average(all, len(schema.Types))*2); got != want {
			t.Errorf("%s of all types: got %d, want %d", name, got, want)
		}
	}
	for _, definition := range schema.Types {
		for _, field := range definition.Fields {
			arguments += len(field.Arguments)
		}
	}
	perType, perField := average(fields, len(schema.Types)), average(arguments, fields)
	for _, test := range []struct {
		query string
		want  int64
	}{
		{`{ __schema { types { fields { args { name } } } } }`, 1 + types*(1+perType*(1+perField*2))},
		{`{ __schema { types { fields { name } } types { name } } }`, 1 + types*(2+perType*2)},
		{`{ __type(name: "Query") { fields { args { name } } } }`, 1 + longest*(1+8*2)},
		{`{ __schema { directives { name args { name } locations } } }`, 1 + directives*(1+1+8*2+18)},
		{`{ __schema { queryType { fields { name } } } }`, 1 + 1 + longest*2},
		{`{ __schema { types { ofType { fields { name } } } } }`, 1 + types*(1+1+longest*2)},
		{`{ __schema { types { interfaces { fields { name } } } } }`, 1 + types*(1+1*(1+longest*2))},
		{`{ __schema { types { fields { type { fields { name } } } } } }`, 1 + types*(1+perType*(1+1+longest*2))},
	} {
		if got := costOf(t, schema, test.query, ""); got != test.want {
			t.Errorf("%s: got %d, want %d", test.query, got, test.want)
		}
	}
	if got := sizesOf(schema).of("__Type", "unheardOf", false); got != listSize {
		t.Errorf("a list that is not known has %d entries", got)
	}
}

// What is counted once is looked at once for each type that it may be of, and those looks have a bound.
func TestTooMuchToPrice(t *testing.T) {
	nest := func(n int, before, within string) string {
		return before + strings.Repeat("{ ... ", n) + "{ " + within + " }" + strings.Repeat(" }", n)
	}
	for _, test := range []struct {
		name, query string
		fields      int // and four looks for each
		code        string
	}{
		{"40 looks", "{ wide { dated " + nest(18, "", "id") + " } }", 10, ""},
		{"42 looks", "{ wide { dated " + nest(19, "", "id") + " } }", 10, QueryTooCostly},
		{"12 looks", nest(8, "", "wide { dated { id } }"), 3, ""},
		{"12 looks before the objects of an interface are looked at", nest(10, "", "wide { dated { id } }"), 3, QueryTooCostly},
		{"what was looked at before", "{ wide { dated " + strings.Repeat("{ related { ... on Dated ", 6) + "{ id }" + strings.Repeat(" } }", 6) + " } }", 15, ""},
	} {
		es := new(small)
		out := send(t, New(es, Options{Limits: Limits{Fields: test.fields, Lists: 20, Cost: maxCost}}), post(body(test.query, nil)))
		if out.code() != test.code || (es.executed.Load() == 0) != (test.code != "") {
			t.Errorf("%s: %s", test.name, out.Body)
		}
	}
}

func TestTooDear(t *testing.T) {
	h := New(new(small), Options{Limits: Limits{Cost: 99}})
	query := `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { id name } }`
	for n, code := range map[int]string{33: "", 34: QueryTooCostly} {
		numbers := make([]string, n)
		for i := range numbers {
			numbers[i] = goodNumber
		}
		out := send(t, h, post(body(query, map[string]any{"n": numbers})))
		if out.code() != code {
			t.Errorf("%d patients: got %q: %s", n, out.code(), out.Body)
		}
		if code != "" && !strings.Contains(out.Errors[0].Message, "102 values, and 99 ") {
			t.Errorf("got %s", out.Body)
		}
	}
}

// The published operations, with a ward list of 500 patients, and what they cost.
// One that the schema cannot answer yet has no cost.
func TestPublishedOperationsAreNotDear(t *testing.T) {
	schema := publishedSchema(t)
	numbers := make([]any, 500)
	for i := range numbers {
		numbers[i] = goodNumber
	}
	priced := 0
	for _, file := range published(t) {
		doc, err := parser.ParseQuery(&ast.Source{Input: read(t, file)})
		if err != nil {
			t.Fatal(err)
		}
		if errs := validator.ValidateWithRules(schema, doc, plainRules()); len(errs) > 0 {
			t.Logf("%s cannot be answered yet", filepath.Base(file))
			continue
		}
		for _, op := range doc.Operations {
			c, ok := price(schema, sizesOf(schema), defaultLimits, op)
			total := c.of(map[string]any{"nhsNumbers": numbers})
			t.Logf("%s costs %d", op.Name, total)
			if priced++; !ok || total > int64(defaultLimits.Cost)/4 {
				t.Errorf("%s costs %d", op.Name, total)
			}
		}
	}
	if priced < 12 {
		t.Errorf("only %d operations have a cost", priced)
	}
}

// What tools ask of the schema is let through; what asks for all of it again and
// again is not.
func TestTheCostOfTheSchema(t *testing.T) {
	schema := publishedSchema(t)
	ref := "name"
	for range 9 {
		ref = "kind name ofType { " + ref + " }"
	}
	input := "name description type { " + ref + " } defaultValue isDeprecated deprecationReason"
	tools := "{ __schema { description queryType { name } mutationType { name } types { kind name description specifiedByURL fields(includeDeprecated: true) { name description args(includeDeprecated: true) { " + input +
		" } type { " + ref + " } isDeprecated deprecationReason } inputFields(includeDeprecated: true) { " + input + " } interfaces { " + ref + " } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { " + ref +
		" } } directives { name description isRepeatable locations args(includeDeprecated: true) { " + input + " } } } }"
	if got := costOf(t, schema, tools, ""); got > int64(defaultLimits.Cost)/2 {
		t.Errorf("what tools ask costs %d", got)
	}
	again := `{ __schema { types { fields { type { fields { name description isDeprecated args { name description defaultValue type { name kind ofType { name kind } } } type { name kind description ofType { name kind } } } } } } } }`
	if got := costOf(t, schema, again, ""); got <= int64(defaultLimits.Cost) {
		t.Errorf("all fields of the types of all fields cost %d", got)
	}
}

// BenchmarkCost is what the cost adds to a request whose document is kept.
func BenchmarkCost(b *testing.B) {
	doc := gqlparser.MustLoadQueryWithRules(testSchema, `query ($n: [NHSNumber!]!, $f: Int!) { patients(nhsNumbers: $n) { id items(first: $f) { nodes { id ... on Stay { rooms { id } } } } friends { dated { id related { id } } things { ... on Letter { pages { id } } } } } }`, nil)
	c, _ := price(testSchema, sizesOf(testSchema), defaultLimits, doc.Operations[0])
	variables := map[string]any{"n": make([]any, 500), "f": int64(50)}
	b.ReportAllocs()
	for b.Loop() {
		c.of(variables)
	}
}
