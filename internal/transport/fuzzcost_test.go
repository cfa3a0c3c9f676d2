package transport

import (
	"math/rand/v2"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// counted counts what an answer holds, by the executor's own reading of the
// document, where every list is as long as it is taken to be.
type counted struct {
	op   *graphql.OperationContext
	pick func(possible []*ast.Definition) []*ast.Definition // the objects of a list of an abstract type
}

func (c counted) object(name string, set ast.SelectionSet, page int64) (total int64) {
	for _, field := range graphql.CollectFields(c.op, set, satisfies(name)) {
		definition := testSchema.Types[name].Fields.ForName(field.Name)
		if definition == nil {
			total++
			continue
		}
		total += c.field(definition, field, page)
	}
	return min(total, maxCost) // as the cost is
}

func (c counted) field(definition *ast.FieldDefinition, field graphql.CollectedField, page int64) int64 {
	arguments := field.ArgumentMap(c.op.Variables)
	first := int64(-1)
	if definition.Arguments.ForName("first") != nil {
		if first = listSize; arguments["first"] != nil {
			first = arguments["first"].(int64)
		}
	}
	dearest := int64(0)
	if possible := testSchema.PossibleTypes[definition.Type.Name()]; len(possible) > 0 {
		for _, object := range c.pick(possible) {
			dearest = max(dearest, c.object(object.Name, field.Selections, first))
		}
	}
	return c.length(definition, arguments, first, page) * (1 + dearest)
}

func (c counted) length(definition *ast.FieldDefinition, arguments map[string]any, first, page int64) int64 {
	switch numbers := arguments["nhsNumbers"].(type) {
	case []any:
		return int64(len(numbers))
	case string:
		return 1
	}
	switch {
	case definition.Type.Elem == nil:
		return 1
	case definition.Name == "pages":
		return listSize * listSize
	case first >= 0:
		return first
	case definition.Name == "nodes" || definition.Name == "edges":
		return page
	}
	return listSize
}

// FuzzCost holds the cost of a document to what its answer would hold: never less;
// and exactly that, where nothing is left out and every object is the dearest.
func FuzzCost(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		seed := make([]byte, 20+random.IntN(200))
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, chosen []byte) {
		for _, plain := range []bool{true, false} {
			g := typed{choices: chosen, plain: plain}
			text := g.document()
			r := plainRules()
			r.RemoveRule(rules.NoUnusedFragmentsRule.Name)
			r.RemoveRule(rules.NoUnusedVariablesRule.Name)
			doc, errs := gqlparser.LoadQueryWithRules(testSchema, text, r)
			if len(errs) > 0 {
				t.Fatalf("%s: %v", text, errs)
			}
			holdToCount(t, text, doc, plain, &g.choices)
		}
	})
}

func holdToCount(t *testing.T, text string, doc *ast.QueryDocument, plain bool, rest *choices) {
	t.Helper()
	adapt(doc)
	priced, ok := price(testSchema, sizesOf(testSchema), defaultLimits, doc.Operations[0])
	if !ok {
		t.Skip("too much to price")
	}
	given := map[string]any{"n": []any{"9990000018", "9990000026", "9990000034"}, "six": int64(6)}
	cost := priced.of(given)
	variables := map[string]any{"yes": true, "no": false, "five": int64(5), "six": int64(6), "n": given["n"]}
	c := counted{
		op:   &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: variables},
		pick: func(possible []*ast.Definition) []*ast.Definition { return possible },
	}
	if most := c.object("Query", doc.Operations[0].SelectionSet, -1); cost < most || plain && cost != most {
		t.Fatalf("the cost is %d, and the answer can hold %d: %s", cost, most, text)
	}
	c.pick = func(possible []*ast.Definition) []*ast.Definition {
		at := rest.of(len(possible))
		return possible[at : at+1]
	}
	if some := c.object("Query", doc.Operations[0].SelectionSet, -1); cost < some {
		t.Fatalf("the cost is %d, and an answer holds %d: %s", cost, some, text)
	}
}
