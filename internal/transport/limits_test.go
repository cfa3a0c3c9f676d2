package transport

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// bombs are the documents that hold a plain server for seconds.
func bombs() map[string]string {
	fragments := func(n int, first, each string) string {
		var b strings.Builder
		b.WriteString("{ patient(nhsNumber: \"9990000018\") { " + first + " } }")
		for i := range n {
			fmt.Fprintf(&b, " fragment F%d on Patient { %s }", i, strings.ReplaceAll(each, "NEXT", fmt.Sprintf("F%d", i+1)))
		}
		fmt.Fprintf(&b, " fragment F%d on Patient { id }", n)
		return b.String()
	}
	numbered := func(n int, pattern string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, pattern+" ", i)
		}
		return b.String()
	}
	return map[string]string{
		"24 fragments, each twice in the next":   fragments(24, "...F0", "...NEXT ...NEXT"),
		"28 fragments, each twice in the next":   fragments(28, "...F0", "a: self { ...NEXT } b: self { ...NEXT }"),
		"a chain of 2,000 fragments":             fragments(2000, "...F0", "...NEXT"),
		"a cycle":                                `{ ...A } fragment A on Query { wide { ...B } } fragment B on Query { wide { ...A } }`,
		"500 repeats of a field":                 "{ " + strings.Repeat("__typename ", 500) + "}",
		"3,000 repeats of a field":               "{ " + strings.Repeat("__typename ", 3000) + "}",
		"1,000 repeats of a field":               "{ " + strings.Repeat("__typename ", 1000) + "}",
		"2,000 repeats of a field":               "{ " + strings.Repeat("__typename ", 2000) + "}",
		"26 levels of fragments, three in each":  fragments(26, "...F0", "...NEXT self { ...NEXT } friends { ...NEXT }"),
		"a list of 100 KB within lists":          "query ($f: Filter = {any: [" + strings.Repeat("{any: [", 2000) + strings.Repeat("]}", 2000) + "]}) { search(filter: $f) { id } }",
		"10,000 repeats of a field":              "{ " + strings.Repeat("__typename ", 10000) + "}",
		"repeats of repeats":                     "{ " + strings.Repeat("patient(nhsNumber: \"9990000018\") { "+strings.Repeat("self { "+strings.Repeat("id ", 16)+"} ", 8)+"} ", 8) + "}",
		"3,000 with a directive":                 "{ " + strings.Repeat("x: __typename @include(if: true) ", 3000) + "}",
		"500 directives on a field":              "{ __typename " + strings.Repeat("@include(if: true) ", 500) + "}",
		"20,000 aliases":                         "{ " + numbered(20000, "a%d: __typename") + "}",
		"150 aliases of the schema":              "{ " + numbered(150, "a%d: __schema { types { name } }") + "}",
		"5,000 unknown directives":               "{ __typename " + numbered(5000, "@d%d") + "}",
		"5,000 unknown arguments":                "{ __typename(" + numbered(5000, "a%d: 1") + ") }",
		"5,000 unknown variables":                "query (" + numbered(5000, "$v%d: Int") + ") { __typename }",
		"5,000 unknown fields":                   "{ " + numbered(5000, "f%d") + "}",
		"a field name of 200 KB":                 "{ " + strings.Repeat("n", 200<<10) + " }",
		"a nested list of 200 KB":                "{ search(text: " + strings.Repeat("[", 100<<10) + strings.Repeat("]", 100<<10) + ") { id } }",
		"900 nested lists":                       "{ search(text: " + strings.Repeat("[", 900) + strings.Repeat("]", 900) + ") { id } }",
		"a wide list":                            "{ search(text: [" + strings.Repeat("1,", 100<<10) + "]) { id } }",
		"selections nested 100,000 deep":         strings.Repeat("{a", 100000),
		"selections nested 900 deep":             strings.Repeat("{wide", 900) + strings.Repeat("}", 900),
		"a comment of 200 KB":                    "{ __typename } #" + strings.Repeat("c", 200<<10),
		"100,000 comments":                       "{ __typename } " + strings.Repeat("#\n", 100000),
		"beginnings of escapes":                  "{ __typename } #" + strings.Repeat(`\u{`, 60<<10),
		"a long escape, again and again":         "{ __typename } #" + strings.Repeat(`\u{0000000000000000000`, 10<<10),
		"percents":                               "{ __typename } #" + strings.Repeat("%2", 110<<10),
		"percents of percents":                   "{ __typename } #" + strings.Repeat("%25", 80<<10),
		"groups of a number":                     "{ __typename } #" + strings.Repeat("999 000 0019 ", 18<<10),
		"1,000 operations":                       numbered(1000, "query Q%d { ...F }") + "fragment F on Query { " + strings.Repeat("__typename ", 16) + "}",
		"a string of 200 KB":                     `{ search(text: "` + strings.Repeat("s", 200<<10) + `") { id } }`,
		"a spread 2,000 times":                   "{ " + strings.Repeat("...F ", 2000) + "} fragment F on Query { __typename }",
		"inline fragments nested 400 deep":       strings.Repeat("{ ... ", 400) + "{ __typename }" + strings.Repeat("}", 400),
		"a token of 200 KB of digits":            "{ search(first: " + strings.Repeat("9", 200<<10) + ") { id } }",
		"1,200 input fields of one name":         "{ search(filter: {" + strings.Repeat("first: 1 ", 1200) + "}) { id } }",
		"16 repeats with 80 arguments of a name": "{ " + strings.Repeat("search("+strings.Repeat("first: 1 ", 80)+") { id } ", 16) + "}",
	}
}

// budget is what a bomb may cost. It is 15 ms of CPU on an idle machine, which
// the median is held to; the race detector and a busy machine are allowed for.
const budget = 15 * time.Millisecond

func TestBombs(t *testing.T) {
	for name, query := range bombs() {
		t.Run(name, func(t *testing.T) {
			h := New(new(small), Options{})
			text := body(query, nil)
			best, size := time.Hour, 0
			for range 5 {
				start := cpu()
				out := send(t, h, post(text))
				best, size = min(best, cpu()-start), out.Body.Len()
			}
			t.Logf("%v, %d bytes", best, size)
			if best > budget*slack {
				t.Errorf("took %v", best)
			}
			if size > 16<<10 {
				t.Errorf("the answer has %d bytes", size)
			}
		})
	}
}

// Whatever is sent again and again, no more is kept of it than the documents that hold.
func TestBombsLeaveNothing(t *testing.T) {
	h := New(new(small), Options{})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	round := func() {
		for name, query := range bombs() {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			h.ServeHTTP(httptest.NewRecorder(), post(body(query, nil)))
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > bombMemory {
				t.Errorf("%s: allocated %d bytes", name, n)
			}
		}
	}
	round()
	before := heap()
	for range 3 {
		round()
	}
	if after := heap(); after > before+2<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
}

// The dearest documents that the limits let through must be cheap to validate too.
func TestTheWorstThatPasses(t *testing.T) {
	var fields, many strings.Builder
	for i := range 16 {
		fmt.Fprintf(&fields, "k%d: self { %s } ", i, strings.Repeat("id name ward ", 5))
	}
	for i := range 58 {
		fmt.Fprintf(&many, "fragment F%d on Patient { ...F%d id name ward self { id name } friends { id ...F%d } } ", i, i+1, 58)
	}
	many.WriteString("fragment F58 on Patient { id name ward }")
	var operations strings.Builder
	for i := range 20 {
		fmt.Fprintf(&operations, "query Q%d { ...F } ", i)
	}
	var conflicts, unknown strings.Builder
	for i := range 16 {
		conflicts.WriteString("wide { ")
		for j := range 30 {
			fmt.Fprintf(&conflicts, "f%d(x: %d) ", j, i)
		}
		conflicts.WriteString("} ")
	}
	for i := range 250 {
		fmt.Fprintf(&unknown, "u%d ", i)
	}
	interfaces := "{ wide { dated { ...F0 } } } "
	for i := range 4 {
		interfaces += fmt.Sprintf("fragment F%d on Dated { id related { ... on Stay { ...F%d } ... on Letter { ...F%d } ... on Dated { ...F%d } } } ", i, i+1, i+1, i+1)
	}
	interfaces += "fragment F4 on Dated { id on }"
	worst := map[string]string{
		"interfaces":        interfaces,
		"inline fragments":  "{ wide { dated { " + strings.Repeat("... on Item { ... on Dated { ... { __typename } } } ", 16) + strings.Repeat("... on Stay { ... on Item { ", 200) + "tags" + strings.Repeat("} }", 200) + "} } }",
		"many aliases":      "{ wide { things { ... on Stay { " + numberedAliases(50) + "} ... on Letter { " + numberedAliases(50) + "} } } }",
		"conflicts":         "{ " + conflicts.String() + "}",
		"unknown fields":    operations.String() + "fragment F on Query { wide { " + unknown.String() + "} }",
		"repeats":           `{ patient(nhsNumber: "1") { ` + fields.String() + `} }`,
		"repeats in a row":  "{ " + strings.Repeat(`wide { `+strings.Repeat("self { friends { id name } } ", 4)+"} ", 4) + "}",
		"fragments":         `{ patient(nhsNumber: "1") { ...F0 } } ` + many.String(),
		"operations":        operations.String() + "fragment F on Query { wide { " + strings.Repeat("self { id friends { name } } ", 16) + "} }",
		"arguments":         "{ " + strings.Repeat("wide(a: 1, b: 2, c: 3) { id } ", 16) + "}",
		"unknown names":     "{ " + strings.Repeat("wide { nothing none } ", 16) + "}",
		"unknown arguments": "{ wide(" + strings.Repeat("x: 1 ", 1200) + ") { id } }",
	}
	for name, query := range worst {
		t.Run(name, func(t *testing.T) {
			h := New(new(small), Options{})
			best := time.Hour
			var out reply
			for range 5 {
				start := cpu()
				out = send(t, h, post(body(query, nil)))
				best = min(best, cpu()-start)
			}
			t.Logf("%v, %d bytes, %s", best, out.Body.Len(), out.code())
			if best > budget*slack {
				t.Errorf("took %v", best)
			}
		})
	}
}

func numberedAliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: related { id tags } ", i)
	}
	return b.String()
}

// What a request says beside its document must be cheap to refuse too.
func TestBombsOfBodies(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, members := range map[string]string{
		"20,000 members nobody knows": many(20000, `,"x%d":0`),
		"one of them 40,000 times":    strings.Repeat(`,"x":0`, 40000),
		"extensions 15,000 times":     strings.Repeat(`,"extensions":{}`, 15000),
		"extensions of 80,000 values": `,"extensions":{"a":[` + strings.Repeat("{},", 80000) + `{}]}`,
		"extensions 9,000 deep":       `,"extensions":{"a":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`,
		"a member of 80,000 values":   `,"x":[` + strings.Repeat("{},", 80000) + `{}]`,
		"variables nobody asks for":   `,"variables":{"a":[` + strings.Repeat("1,", 110<<10) + `1]}`,
		"20,000 variables":            `,"variables":{"a":1` + many(20000, `,"v%d":0`) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			h := New(new(small), Options{})
			best, size := time.Hour, 0
			for range 5 {
				start := cpu()
				out := httptest.NewRecorder()
				h.ServeHTTP(out, post(`{"query":"{ __typename }"`+members+`}`))
				best, size = min(best, cpu()-start), out.Body.Len()
			}
			t.Logf("%v, %d bytes", best, size)
			if best > budget*slack || size > 1<<10 {
				t.Errorf("took %v and answered with %d bytes", best, size)
			}
		})
	}
}

func TestBombsOfVariables(t *testing.T) {
	query := `query ($n: [NHSNumber!]!, $f: Filter) { patients(nhsNumbers: $n) { id } search(filter: $f) { id } }`
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format+",", i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	for name, variables := range map[string]string{
		"2,400 bad numbers":       `{"n":[` + many(2400, `"9990000%d"`) + `]}`,
		"5,000 bad numbers":       `{"n":[` + many(5000, `"9990000%d"`) + `]}`,
		"20,000 numbers":          `{"n":[` + strings.TrimSuffix(strings.Repeat(`"9990000018",`, 19000), ",") + `]}`,
		"lists 9,000 deep":        `{"n":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`,
		"lists 100,000 deep":      `{"n":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + `}`,
		"objects 9,000 deep":      `{"n":[],"f":` + strings.Repeat(`{"not":`, 9000) + "1" + strings.Repeat("}", 9000) + `}`,
		"4,000 unknown fields":    `{"n":[],"f":{` + many(4000, `"x%d":1`) + `}}`,
		"10,000 unknown names":    `{"n":[],` + many(10000, `"v%d":1`) + `}`,
		"1,200 bad dates":         `{"n":[],"f":{"any":[` + strings.TrimSuffix(strings.Repeat(`{"since":"yesterday"},`, 1200), ",") + `]}}`,
		"a number of 200 KB":      `{"n":[],"f":{"first":` + strings.Repeat("9", 200<<10) + `}}`,
		"a text of 200 KB":        `{"n":["` + strings.Repeat("9", 200<<10) + `"]}`,
		"a name of 200 KB":        `{"n":[],"f":{"` + strings.Repeat("x", 200<<10) + `":1}}`,
		"escapes of 200 KB":       `{"n":["` + strings.Repeat(`\u0039`, 34000) + `"]}`,
		"a member 20,000 times":   `{"n":[],"f":{` + strings.TrimSuffix(strings.Repeat(`"first":1,`, 20000), ",") + `}}`,
		"white space of 200 KB":   `{"n":[]` + strings.Repeat(" ", 200<<10) + `}`,
		"half a character, often": `{"n":["` + strings.Repeat(`\ud800`, 34000) + `"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			h := New(new(small), Options{})
			text, _ := json.Marshal(query)
			best, size := time.Hour, 0
			for range 5 {
				start := cpu()
				out := httptest.NewRecorder()
				h.ServeHTTP(out, post(`{"query":`+string(text)+`,"variables":`+variables+`}`))
				best, size = min(best, cpu()-start), out.Body.Len()
			}
			t.Logf("%v, %d bytes", best, size)
			if best > budget*slack {
				t.Errorf("took %v", best)
			}
			if size > 16<<10 && name != "2,400 bad numbers" { // of which each is named
				t.Errorf("the answer has %d bytes", size)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	aliases := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "a%d: id ", i)
		}
		return b.String()
	}
	nest := func(n int) string { return strings.Repeat("{ self ", n-2) + "{ id }" + strings.Repeat("}", n-2) }
	tests := []struct{ name, query, code string }{
		{"16 repeats", "{ " + strings.Repeat("__typename ", 16) + "}", ""},
		{"17 repeats", "{ " + strings.Repeat("__typename ", 17) + "}", QueryTooCostly},
		{"17 repeats by merging", "{ " + strings.Repeat("wide { id id } ", 9) + "}", QueryTooCostly},
		{"17 repeats by fragments", "{ wide { ...F ...G } } fragment F on Patient { " + strings.Repeat("id ", 9) + "} fragment G on Patient { " + strings.Repeat("id ", 8) + "}", QueryTooCostly},
		{"a fragment twice is one", "{ wide { ...F ...F } } fragment F on Patient { " + strings.Repeat("id ", 9) + "}", ""},
		{"100 aliases", "{ wide { " + aliases(100) + "} }", ""},
		{"101 aliases", "{ wide { " + aliases(101) + "} }", QueryTooLarge},
		{"depth of 20", "{ wide " + nest(20) + " }", ""},
		{"depth of 21", "{ wide " + nest(21) + " }", QueryTooCostly},
		{"depth by fragments", "{ wide { ...F } } fragment F on Patient " + nest(12) + " fragment G on Query { wide { friends { friends { friends { friends { friends { friends { friends { friends { ...F } } } } } } } } } }", ValidationFailed},
		{"21 root fields", "{ ...F ...G } fragment F on Query { " + strings.Repeat("__typename ", 11) + "} fragment G on Query { " + strings.Repeat("waits ", 10) + "}", QueryTooCostly},
		{"6 lists within each other", "{ wide { friends { friends { friends { friends { friends { tags } } } } } } }", ""},
		{"7 lists within each other", "{ wide { friends { friends { friends { friends { friends { friends { tags } } } } } } } }", QueryTooCostly},
		{"7 lists by fragments", "{ wide { ...F } } fragment F on Patient { friends { friends { friends { ...G } } } } fragment G on Patient { self { friends { friends { ... on Patient { things { ... on Stay { rooms { id } } } } } } } }", QueryTooCostly},
		{"7 objects within each other are no lists", "{ wide { self { self { self { self { self { self { self { id } } } } } } } } }", ""},
		{"20 root fields", "{ " + numbered(20, "a%d: __typename ") + "}", ""},
		{"21 root fields of one operation", "{ " + numbered(21, "a%d: __typename ") + "}", QueryTooCostly},
		{"the schema twice", "{ a: __schema { __typename } b: __schema { __typename } }", QueryTooCostly},
		{"the schema twice by a fragment", "{ a: __schema { __typename } ...F } fragment F on Query { b: __schema { __typename } }", QueryTooCostly},
		{"the schema once, by one who may not", "{ a: __schema { __typename } }", ValidationFailed},
		{"59 inline fragments within each other", "{ " + strings.Repeat("... { ", 59) + "__typename" + strings.Repeat(" }", 60), ""},
		{"60 inline fragments within each other", "{ " + strings.Repeat("... { ", 60) + "__typename" + strings.Repeat(" }", 61), QueryTooCostly},
		{"7 lists by inline fragments", "{ wide { friends { ... { friends { friends { friends { friends { ... { friends { tags } } } } } } } } } }", QueryTooCostly},
		{"what is not there is no list", "{ wide { friends { friends { friends { friends { friends { friends { nothing { id } } } } } } } } }", ValidationFailed},
		{"17 repeats in a fragment that nobody uses", "{ __typename } fragment F on Patient { " + strings.Repeat("id ", 17) + "}", QueryTooCostly},
		{"17 repeats in an inline fragment", "{ wide { ... { " + strings.Repeat("id ", 17) + "} } }", QueryTooCostly},
		{"a second fragment of a name", "{ ...F } fragment F on Query { " + numbered(21, "a%d: __typename ") + "} fragment F on Query { __typename }", QueryTooCostly},
		{"61 directives", "{ " + strings.Repeat("... @include(if: true) { __typename } ", 61) + "}", QueryTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			es := new(small)
			if out := send(t, New(es, Options{Limits: Limits{Cost: maxCost}}), post(body(test.query, nil))); out.code() != test.code {
				t.Errorf("got %q: %s", out.code(), out.Body)
			}
		})
	}
}

func numbered(n int, pattern string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, pattern, i)
	}
	return b.String()
}

// What a document may have so many of it may have anywhere, and one more nowhere.
func TestLimitsThatAreCounted(t *testing.T) {
	const deep = `{not: {not: {not: {numbers: ["9990000018"]}}}}`
	for _, test := range []struct {
		name   string
		limits Limits // that the query just keeps
		less   func(*Limits)
		query  string
		code   string
	}{
		{"operations", Limits{Operations: 2}, func(l *Limits) { l.Operations-- }, "query A { __typename } query B { __typename }", QueryTooLarge},
		{"fragments", Limits{Fragments: 2}, func(l *Limits) { l.Fragments-- }, "query A { ...F ...G } fragment F on Query { __typename } fragment G on Query { __typename }", QueryTooLarge},
		{"spreads", Limits{Spreads: 3}, func(l *Limits) { l.Spreads-- }, "query A { ...F ... { ...F } } fragment F on Query { ...G } fragment G on Query { __typename }", QueryTooLarge},
		{"variables", Limits{Variables: 2}, func(l *Limits) { l.Variables-- }, "query A($a: Int, $b: Int) { wide(a: $a, b: $b) { id } }", QueryTooLarge},
		{"fields", Limits{Fields: 7}, func(l *Limits) { l.Fields-- }, "query A { wide { ...F ...F } } fragment F on Patient { id name }", QueryTooCostly},
		{"directives of an operation", Limits{Directives: 2}, func(l *Limits) { l.Directives-- }, "query A @tag @tag { __typename }", QueryTooLarge},
		{"directives of a variable", Limits{Directives: 2}, func(l *Limits) { l.Directives-- }, "query A($a: Int @tag @tag) { wide(a: $a) { id } }", QueryTooLarge},
		{"directives of a field", Limits{Directives: 2}, func(l *Limits) { l.Directives-- }, "query A { __typename @tag @tag }", QueryTooLarge},
		{"directives of an inline fragment", Limits{Directives: 2}, func(l *Limits) { l.Directives-- }, "query A { ... @tag @tag { __typename } }", QueryTooLarge},
		{"directives of a spread", Limits{Directives: 2}, func(l *Limits) { l.Directives-- }, "query A { ...F @tag @tag } fragment F on Query { __typename }", QueryTooLarge},
		{"directives of a fragment", Limits{Directives: 2}, func(l *Limits) { l.Directives-- }, "query A { ...F } fragment F on Query @tag @tag { __typename }", QueryTooLarge},
		{"directives of all of them", Limits{Directives: 6}, func(l *Limits) { l.Directives-- },
			"query A($a: Int @tag) @tag { ...F @tag ... @tag { wide(a: $a) @tag { id } } } fragment F on Query @tag { __typename }", QueryTooLarge},
		{"the depth of an argument", Limits{InputDepth: 5}, func(l *Limits) { l.InputDepth-- }, "query A { search(filter: " + deep + ") { id } }", QueryTooLarge},
		{"the depth of a default", Limits{InputDepth: 5}, func(l *Limits) { l.InputDepth-- }, "query A($f: Filter = " + deep + ") { search(filter: $f) { id } }", QueryTooLarge},
		{"the depth in a directive", Limits{InputDepth: 5}, func(l *Limits) { l.InputDepth-- }, "query A { __typename @tag(by: " + deep + ") }", QueryTooLarge},
	} {
		for _, code := range []string{"", test.code} {
			es := new(small)
			h := New(es, Options{Limits: test.limits})
			out := send(t, h, post(fmt.Sprintf(`{"query":%q,"operationName":"A"}`, test.query)))
			if out.code() != code || (es.executed.Load() == 0) != (code != "") {
				t.Errorf("%s, within %+v: got %s", test.name, test.limits, out.Body)
			}
			test.less(&test.limits)
		}
	}
}

func TestDepthIsCountedThroughFragments(t *testing.T) {
	query := "{ wide { ...F } } fragment F on Patient { self { ...G } } fragment G on Patient { self { id } }"
	for depth, code := range map[int]string{4: "", 3: QueryTooCostly} {
		out := send(t, New(new(small), Options{Limits: Limits{Depth: depth}}), post(body(query, nil)))
		if out.code() != code {
			t.Errorf("depth %d: got %q", depth, out.code())
		}
	}
}

// published are the files of the published operations: those of the project, and those
// that a later schema will answer.
func published(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"../../operations/*.graphql", "testdata/operations/*.graphql"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("there are no operations as %s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	return files
}

// Every published operation passes at a third of the limits, and at half the depths.
func TestPublishedOperationsPass(t *testing.T) {
	third := defaultLimits
	for _, limit := range []*int{&third.Tokens, &third.Spreads, &third.Aliases, &third.Fields, &third.Repeats} {
		*limit /= 3
	}
	third.Depth /= 2
	third.Lists /= 2
	for _, file := range published(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: string(text)}, third.Tokens)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		if err := third.check(publishedSchema(t), doc); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
}
