package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/graph"
)

// A tally counts what is in the answers that were compared. As an extension of an executor
// it learns what was asked; a place in a document counts where there is an object to answer
// it of.
type tally struct {
	schema   *ast.Schema
	asked    *graphql.OperationContext
	answers  int
	features map[string]int // answers with each
	cases    map[string]int // values that are not null, by object type and field
	members  map[string]int // objects, by interface and member

	conditions map[string]int // objects in which a fragment on an interface held, by interface
}

func newTally(schema *ast.Schema) *tally {
	return &tally{schema: schema, features: map[string]int{}, cases: map[string]int{}, members: map[string]int{}, conditions: map[string]int{}}
}

func (*tally) ExtensionName() string                   { return "Tally" }
func (*tally) Validate(graphql.ExecutableSchema) error { return nil }
func (y *tally) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	y.asked = graphql.GetOperationContext(ctx)
	return next(ctx)
}

// add counts what is in the answer to what was asked last.
func (y *tally) add(t *testing.T, answer []byte) {
	t.Helper()
	y.answers++
	var a struct {
		Data   map[string]any
		Errors []struct{ Path []any }
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	c := count{tally: y, seen: map[string]bool{}, sets: map[ast.Selection]bool{}}
	if a.Data == nil {
		c.seen[noData] = true
	} else {
		c.object("Query", y.asked.Operation.SelectionSet, a.Data)
	}
	for _, e := range a.Errors {
		c.seen[anError] = true
		if above(a.Data, e.Path) {
			c.seen[bubbling] = true
		}
	}
	for feature := range c.seen {
		y.features[feature]++
	}
}

// above reports whether what became null is not what an error is of, but stands above it.
func above(data any, path []any) bool {
	for _, step := range path {
		switch v := data.(type) {
		case map[string]any:
			if v == nil {
				return true
			}
			key, _ := step.(string)
			data = v[key]
		case []any:
			data = v[int(step.(float64))]
		default:
			return true
		}
	}
	return false
}

// A count is of one answer.
type count struct {
	*tally
	seen map[string]bool
	sets map[ast.Selection]bool // by the first of each
}

// object counts the fields of an object, and the features of what selects them.
func (c *count) object(name string, set ast.SelectionSet, object map[string]any) {
	if len(set) == 0 {
		return
	}
	satisfies := append([]string{name}, c.schema.Types[name].Interfaces...)
	if !c.sets[set[0]] {
		c.sets[set[0]] = true
		keys, arguments := map[string]int{}, map[string]map[string]bool{}
		c.selections(satisfies, set, func(f *ast.Field) {
			if keys[f.Alias]++; keys[f.Alias] == 2 {
				c.seen[merged] = true
				if len(f.SelectionSet) > 0 {
					c.seen[mergedObjects] = true
				}
			}
			if arguments[f.Name] == nil {
				arguments[f.Name] = map[string]bool{}
			}
			arguments[f.Name][fmt.Sprint(f.ArgumentMap(c.asked.Variables))] = true
			if len(arguments[f.Name]) == 2 {
				c.seen[otherArguments] = true
			}
		})
	}
	for _, f := range graphql.CollectFields(c.asked, set, satisfies) {
		var t *ast.Type
		if f.Name != "__typename" {
			t = f.Definition.Type
		}
		if c.value(t, f.Selections, object[f.Alias]) {
			c.cases[name+"."+f.Name]++
		}
	}
}

// value counts what is in a value, and reports whether anything in it is not null.
func (c *count) value(t *ast.Type, set ast.SelectionSet, value any) (some bool) {
	switch value := value.(type) {
	case nil:
		return false
	case []any:
		for _, v := range value {
			some = c.value(t.Elem, set, v) || some
		}
		return some
	case map[string]any:
		name := t.NamedType
		if c.schema.Types[name].IsAbstractType() {
			member, told := value["__typename"].(string)
			if !told {
				return true
			}
			c.members[name+" as "+member]++
			name = member
		}
		c.object(name, set, value)
	}
	return true
}

// selections notes the features of a selection, and gives all fields that are selected.
func (c *count) selections(satisfies []string, set ast.SelectionSet, field func(*ast.Field)) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if !c.included(s.Directives) {
				continue
			}
			if s.Alias != s.Name {
				c.seen[alias] = true
			}
			if slices.ContainsFunc(s.Arguments, func(a *ast.Argument) bool { return varies(a.Value) }) {
				c.seen[variableArgument] = true
			}
			if s.Name == "__typename" {
				c.seen[typename] = true
			}
			field(s)
		case *ast.InlineFragment:
			if c.included(s.Directives) && (s.TypeCondition == "" || slices.Contains(satisfies, s.TypeCondition)) {
				c.seen[inlineFragment] = true
				c.onInterface(s.TypeCondition, s.ObjectDefinition)
				c.selections(satisfies, s.SelectionSet, field)
			}
		case *ast.FragmentSpread:
			if c.included(s.Directives) && slices.Contains(satisfies, s.Definition.TypeCondition) {
				c.seen[namedFragment] = true
				c.onInterface(s.Definition.TypeCondition, s.ObjectDefinition)
				c.selections(satisfies, s.Definition.SelectionSet, field)
			}
		}
	}
}

// varies reports whether a variable stands in a value.
func varies(v *ast.Value) bool {
	return v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(c *ast.ChildValue) bool { return varies(c.Value) })
}

// onInterface notes a fragment on an interface that is not the type it stands in.
func (c *count) onInterface(condition string, in *ast.Definition) {
	if condition != "" && condition != in.Name && c.schema.Types[condition].IsAbstractType() {
		c.seen[interfaceFragment] = true
		c.conditions[condition]++
	}
}

// included notes what skips or includes, and reports what comes of it.
func (c *count) included(directives ast.DirectiveList) bool {
	included := true
	for _, d := range directives {
		v := d.Arguments.ForName("if").Value
		chosen, _ := v.Value(c.asked.Variables)
		c.seen[fmt.Sprintf("@%s(if: %t)", d.Name, chosen)] = true
		if v.Kind == ast.Variable {
			c.seen[variableCondition] = true
		}
		included = included && chosen == (d.Name == "include")
	}
	return included
}

// The features that are counted, beside the four of @skip and @include.
const (
	alias             = "alias"
	typename          = "__typename"
	namedFragment     = "named fragment"
	inlineFragment    = "inline fragment"
	interfaceFragment = "fragment on an interface in another type"
	variableCondition = "condition of a variable"
	merged            = "merged fields"
	mergedObjects     = "merged objects"
	otherArguments    = "the same field with other arguments"
	variableArgument  = "argument of a variable"
	anError           = "error"
	bubbling          = "null above its error"
	noData            = "null for everything"
)

// floors are in how many answers of a thousand each feature must be.
var floors = map[string]int{
	alias: 400, typename: 300, namedFragment: 200, inlineFragment: 200, variableCondition: 200,
	"@skip(if: true)": 150, "@skip(if: false)": 150, "@include(if: true)": 150, "@include(if: false)": 150,
	merged: 250, mergedObjects: 200, otherArguments: 60, anError: 100, bubbling: 100, noData: 20,
	interfaceFragment: 60, variableArgument: 200,
}

// mostNoData is how many answers in a thousand may have no data: they show little.
const mostNoData = 200

// enough wants each feature in its part of the answers so far.
func (y *tally) enough(t *testing.T) {
	t.Helper()
	for _, feature := range slices.Sorted(maps.Keys(floors)) {
		t.Logf("%s: %d", feature, y.features[feature])
		if least := floors[feature] * y.answers / 1_000; y.features[feature] < least {
			t.Errorf("%s: in %d of %d answers, and should be in %d", feature, y.features[feature], y.answers, least)
		}
	}
	if n := y.features[noData]; n > mostNoData*y.answers/1_000 {
		t.Errorf("%d of %d answers have no data", n, y.answers)
	}
}

// complete wants its part of each member of each interface and of each interface that a fragment
// is on, and a value of each field of each object.
func (y *tally) complete(t *testing.T, documents int) {
	t.Helper()
	cases, least := 0, max(1, documents/500)
	for name, known := range graph.Written() {
		for _, member := range known.Members {
			n := y.members[name+" as "+member]
			t.Logf("%s as %s: %d", name, member, n)
			if n < least {
				t.Errorf("%s as %s: written %d times, and should be %d times", name, member, n, least)
			}
		}
		for field := range known.Fields {
			cases++
			if at := name + "." + field; y.cases[at] == 0 {
				t.Errorf("no value of %s was written", at)
			}
		}
		if at := name + ".__typename"; len(known.Fields) > 0 && y.cases[at] == 0 {
			t.Errorf("%s was not written", at)
		}
	}
	for name, def := range y.schema.Types {
		if n := y.conditions[name]; def.IsAbstractType() {
			t.Logf("fragments on %s: %d", name, n)
			if n < least {
				t.Errorf("a fragment on %s held for %d objects, and should for %d", name, n, least)
			}
		}
	}
	fewest := slices.MinFunc(slices.Collect(maps.Keys(y.cases)), func(a, b string) int { return y.cases[a] - y.cases[b] })
	t.Logf("%d fields, the fewest values of %s: %d", cases, fewest, y.cases[fewest])
}
