package transport

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// choices are a fuzzer's bytes, each of which chooses something. When they are
// used up, the first of everything is chosen.
type choices []byte

func (c *choices) of(n int) int {
	if len(*c) == 0 {
		return 0
	}
	chosen := int((*c)[0]) % n
	*c = (*c)[1:]
	return chosen
}

// typed writes a valid document of the test schema, as the choices say.
type typed struct {
	choices
	fragments []string // the types of the fragments
	plain     bool     // without @skip and @include
}

// document is a query with its fragments, of which each spreads only later ones.
func (g *typed) document() string {
	conditions := []string{"Patient", "Item", "Dated", "Stay", "Letter", "Found", "ItemConnection", "Query"}
	for range g.of(6) {
		g.fragments = append(g.fragments, conditions[g.of(len(conditions))])
	}
	var b strings.Builder
	b.WriteString("query ($yes: Boolean = true, $no: Boolean = false, $n: [NHSNumber!]!, $five: Int = 5, $six: Int!) " + g.selections("Query", 0, 0))
	for i, condition := range g.fragments {
		fmt.Fprintf(&b, " fragment F%d on %s %s", i, condition, g.selections(condition, i+1, 2))
	}
	return b.String()
}

// selections never ends up empty, and goes no deeper when the choices are used up.
func (g *typed) selections(name string, fragment, depth int) string {
	var b strings.Builder
	b.WriteString("{ __typename ")
	for n := g.of(5); n > 0 && depth < 9; n-- {
		b.WriteString(g.selection(name, fragment, depth) + " ")
	}
	b.WriteString("}")
	return b.String()
}

func (g *typed) selection(name string, fragment, depth int) string {
	switch g.of(6) {
	case 0:
		possible := testSchema.PossibleTypes[name]
		condition := possible[g.of(len(possible))].Name
		if abstract := testSchema.Implements[condition]; len(abstract) > 0 && g.of(2) == 1 {
			condition = abstract[g.of(len(abstract))].Name
		}
		return "... on " + condition + g.directive() + " " + g.selections(condition, fragment, depth+1)
	case 1:
		if fragment < len(g.fragments) {
			spread := fragment + g.of(len(g.fragments)-fragment)
			if overlaps(name, g.fragments[spread]) {
				return fmt.Sprintf("...F%d%s", spread, g.directive())
			}
		}
	}
	fields := testSchema.Types[name].Fields
	if len(fields) == 0 {
		return "__typename"
	}
	return g.field(fields[g.of(len(fields))], fragment, depth)
}

func overlaps(a, b string) bool {
	for _, x := range testSchema.PossibleTypes[a] {
		for _, y := range testSchema.PossibleTypes[b] {
			if x == y {
				return true
			}
		}
	}
	return false
}

// arguments are what a field may be given, by the suffix of its alias, so that one
// key never has two meanings.
var arguments = map[string][]string{
	"patient": {`(nhsNumber: "9990000018")`}, "patients": {"(nhsNumbers: $n)", `(nhsNumbers: ["9990000018", "9990000026"])`, `(nhsNumbers: "9990000018")`},
	"search": {"", "(first: $five)", "(first: 0)", "(first: $six)"}, "items": {"", "(first: $six)", "(first: 9)", "(first: $five)"}, "dated": {"", "(first: 2)", "(first: $six)", "(first: null)"},
}

func (g *typed) field(f *ast.FieldDefinition, fragment, depth int) string {
	if strings.HasPrefix(f.Name, "__") {
		return "__typename"
	}
	text := f.Name
	if known := arguments[f.Name]; known != nil {
		i := g.of(len(known))
		text = fmt.Sprintf("%s%d: %s%s", f.Name, i, f.Name, known[i])
	}
	text += g.directive()
	switch testSchema.Types[f.Type.Name()].Kind {
	case ast.Object, ast.Interface, ast.Union:
		return text + " " + g.selections(f.Type.Name(), fragment, depth+1)
	}
	return text
}

func (g *typed) directive() string {
	all := []string{"", "", "", "", " @include(if: $yes)", " @include(if: $no)", " @skip(if: $yes)", " @skip(if: false)"}
	if g.plain {
		return ""
	}
	return all[g.of(len(all))]
}

// loose writes a document that need not be valid, with as much of anything as the
// choices say.
type loose struct {
	choices
	left int // bytes, roughly
}

func (g *loose) document() string {
	g.left = []int{1 << 10, 4 << 10, 12 << 10, 12 << 10, 40 << 10, 240 << 10}[g.of(6)]
	var b strings.Builder
	for i := range 1 + g.of(2)*g.many() {
		if g.left < 0 {
			break
		}
		name := []string{"", "query Q", fmt.Sprintf("query Q%d", i), "mutation", "subscription"}[g.of(5)]
		b.WriteString(g.spend(name+g.variables(name)) + g.set(0) + " ")
	}
	fragments := g.many()
	for i := range fragments {
		if g.left < 0 {
			break
		}
		condition := []string{"Patient", "Item", "Dated", "Query", "Nothing"}[g.of(5)]
		b.WriteString(g.spend(fmt.Sprintf("fragment F%d on %s ", i, condition)) + strings.ReplaceAll(g.set(1), "NEXT", fmt.Sprint(i+1)) + " ")
	}
	return b.String()
}

func (g *loose) spend(text string) string {
	g.left -= len(text)
	return text
}

// many is seldom much.
func (g *loose) many() int {
	return []int{0, 1, 2, 3, 8, 16, 25, 60, 200, 1000, 4000}[g.of(11)]
}

func (g *loose) variables(name string) string {
	if name == "" || g.of(3) > 0 {
		return ""
	}
	var b strings.Builder
	for i := range g.many() {
		fmt.Fprintf(&b, "$v%d: %s ", i%max(1, g.many()), []string{"Int", "[NHSNumber!]!", "Filter = {any: [{}]}", "Nothing", "Int = 1 @d"}[g.of(5)])
	}
	return "(" + b.String() + "$w: Int)"
}

func (g *loose) set(depth int) string {
	var b strings.Builder
	b.WriteString(g.spend("{ __typename "))
	for range g.of(6) {
		if g.left < 0 || depth > 40 {
			break
		}
		b.WriteString(g.repeated(g.selection(depth)))
	}
	return b.String() + "} "
}

// repeated writes a text several times, under one key or under many.
func (g *loose) repeated(text string) string {
	n := g.many()
	if g.of(3) > 0 {
		n = 1
	}
	numbered := g.of(2) == 1 && !strings.HasPrefix(text, ".")
	var b strings.Builder
	b.WriteString(text + " ")
	for i := 1; i < n && g.left > 0; i++ {
		if numbered {
			fmt.Fprintf(&b, "a%d: ", i)
		}
		b.WriteString(g.spend(text + " "))
	}
	return b.String()
}

func (g *loose) selection(depth int) string {
	switch g.of(5) {
	case 0:
		return g.spend("...F" + []string{"NEXT", "0", "1", "7", "NEXT"}[g.of(5)] + g.directives())
	case 1:
		return g.spend("... "+[]string{"", "on Patient", "on Item", "on Query", "on Nothing"}[g.of(5)]+g.directives()) + " " + g.set(depth+1)
	case 2:
		return g.spend([]string{"id", "name", "__typename", "nothing", "tags"}[g.of(5)] + g.values() + g.directives())
	}
	name := []string{"wide", "self", "friends", "items", "dated", "things", "nodes", "__schema", "__type", "types", "fields", "search", "patient"}[g.of(13)]
	return g.spend(name+g.values()+g.directives()) + " " + g.set(depth+1)
}

func (g *loose) directives() string {
	if g.of(4) > 0 {
		return ""
	}
	one := []string{" @include(if: true)", " @skip(if: $v0)", " @d", " @defer", " @include"}[g.of(5)]
	return strings.Repeat(one, g.times(one))
}

// times is how often a text may be written.
func (g *loose) times(text string) int {
	return max(1, min(g.many(), g.left/len(text)))
}

func (g *loose) values() string {
	if g.of(3) > 0 {
		return ""
	}
	value := []string{"1", "$v0", `"s"`, "{x: 1}", "[1, 2]", "9990000018", "null",
		"[" + strings.Repeat("{any: []},", g.times("{any: []},")) + "]", nested("[", "]", g.times("[]")), nested("{not: ", "}", g.times("{not: }"))}[g.of(10)]
	argument := []string{"first", "filter", "nhsNumber", "a", "text"}[g.of(5)] + ": " + value + " "
	return "(" + strings.Repeat(argument, g.times(argument)) + ")"
}

func nested(open, end string, n int) string {
	return strings.Repeat(open, n) + "1" + strings.Repeat(end, n)
}
