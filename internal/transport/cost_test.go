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
func costOf(t testing.TB, schema *ast.Schema, query, variables string) int64 {
	t.Helper()
	doc := gqlparser.MustLoadQueryWithRules(schema, query, nil)
	c, ok := price(schema, sizesOf(schema), defaultLimits, doc.Operations[0])
	if !ok {
		t.Fatal("the cost could not be worked out")
	}
	var given map[string]any
	if variables != "" {
		in := json.NewDecoder(strings.NewReader(variables))
		in.UseNumber()
		if err := in.Decode(&given); err != nil {
			t.Fatal(err)
		}
	}
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

func TestTooDear(t *testing.T) {
	h := New(new(small), Options{Limits: Limits{Cost: 100}})
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
		if code != "" && !strings.Contains(out.Errors[0].Message, "102 values, and 100") {
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
