package resolvers_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// A rewriter says the same thing in other words: other aliases, fragments of both kinds,
// @include, @skip and @defer that change nothing, root fields split in two, and fields that
// are asked for and then left out.
type rewriter struct {
	chance *rand.Rand
	schema *ast.Schema
	doc    *ast.QueryDocument
	names  int
}

func (r *rewriter) name(prefix string) string {
	r.names++
	return fmt.Sprintf("%s%d", prefix, r.names)
}

func (r *rewriter) one(of int) bool { return r.chance.IntN(of) == 0 }

// rewrite is another document for the same question.
func rewrite(t testing.TB, schema *ast.Schema, text string, chance *rand.Rand) string {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	check(t, err)
	r := &rewriter{chance: chance, schema: schema, doc: doc}
	fragments := doc.Fragments
	for _, op := range doc.Operations {
		op.VariableDefinitions = append(op.VariableDefinitions, boolean("yes", true), boolean("no", false))
		op.SelectionSet = r.selections(r.split(op.SelectionSet), schema.Query)
		op.SelectionSet = append(op.SelectionSet, used())
	}
	for _, fragment := range fragments {
		fragment.SelectionSet = r.selections(fragment.SelectionSet, schema.Types[fragment.TypeCondition])
	}
	var b strings.Builder
	formatter.NewFormatter(&b).FormatQueryDocument(doc)
	return b.String()
}

func boolean(name string, value bool) *ast.VariableDefinition {
	return &ast.VariableDefinition{Variable: name, Type: ast.NonNullNamedType("Boolean", nil), DefaultValue: &ast.Value{Kind: ast.BooleanValue, Raw: fmt.Sprint(value)}}
}

// used asks for nothing, and uses both variables.
func used() ast.Selection {
	return &ast.Field{Alias: "unused", Name: "__typename", Directives: ast.DirectiveList{when("include", "no"), when("skip", "yes")}}
}

func when(directive, variable string) *ast.Directive {
	return &ast.Directive{Name: directive, Arguments: ast.ArgumentList{{Name: "if", Value: &ast.Value{Kind: ast.Variable, Raw: variable}}}}
}

// kept are directives that leave a selection in.
func (r *rewriter) kept() ast.DirectiveList {
	switch r.chance.IntN(4) {
	case 0:
		return ast.DirectiveList{when("include", "yes")}
	case 1:
		return ast.DirectiveList{when("skip", "no")}
	case 2:
		return ast.DirectiveList{when("skip", "no"), when("include", "yes")}
	}
	return nil
}

// split asks by two root fields for what one asked for.
func (r *rewriter) split(set ast.SelectionSet) ast.SelectionSet {
	var all ast.SelectionSet
	for _, s := range set {
		f, ok := s.(*ast.Field)
		if !ok || f.Name != "patient" || len(f.SelectionSet) < 2 || r.one(3) {
			all = append(all, s)
			continue
		}
		other := *f
		other.Alias = r.name("half")
		cut := 1 + r.chance.IntN(len(f.SelectionSet)-1)
		other.SelectionSet = slices.Clone(f.SelectionSet[cut:])
		f.SelectionSet = f.SelectionSet[:cut]
		all = append(all, f, &other)
	}
	return all
}

func (r *rewriter) selections(set ast.SelectionSet, parent *ast.Definition) ast.SelectionSet {
	var all ast.SelectionSet
	for _, s := range set {
		all = append(all, r.selection(s, parent))
		if f, ok := s.(*ast.Field); ok && r.one(5) {
			left := *f
			left.Alias, left.Directives = r.name("never"), ast.DirectiveList{when("include", "no")}
			all = append(all, &left)
		}
	}
	if len(all) > 1 && r.one(3) {
		r.chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	if len(all) > 0 && r.one(3) {
		return ast.SelectionSet{r.fragment(all, parent)}
	}
	return all
}

func (r *rewriter) selection(s ast.Selection, parent *ast.Definition) ast.Selection {
	switch s := s.(type) {
	case *ast.Field:
		definition := parent.Fields.ForName(s.Name)
		if definition == nil {
			return s
		}
		s.SelectionSet = r.selections(s.SelectionSet, r.schema.Types[definition.Type.Name()])
		if r.one(2) {
			s.Alias = r.name("a")
		}
		s.Directives = append(s.Directives, r.kept()...)
		if r.one(4) {
			return r.fragment(ast.SelectionSet{s}, parent)
		}
	case *ast.InlineFragment:
		on := parent
		if s.TypeCondition != "" {
			on = r.schema.Types[s.TypeCondition]
		}
		s.SelectionSet = r.selections(s.SelectionSet, on)
	}
	return s
}

// fragment puts selections into a fragment of either kind.
func (r *rewriter) fragment(set ast.SelectionSet, parent *ast.Definition) ast.Selection {
	directives := r.kept()
	switch r.chance.IntN(4) {
	case 0:
		return &ast.InlineFragment{SelectionSet: set, Directives: ast.DirectiveList{when("include", "yes")}}
	case 1:
		return &ast.InlineFragment{TypeCondition: parent.Name, SelectionSet: set, Directives: directives}
	case 2:
		if parent.Name != "Query" {
			return &ast.InlineFragment{TypeCondition: parent.Name, SelectionSet: set, Directives: ast.DirectiveList{{Name: "defer"}}}
		}
	}
	name := r.name("F")
	r.doc.Fragments = append(r.doc.Fragments, &ast.FragmentDefinition{Name: name, TypeCondition: parent.Name, SelectionSet: set})
	return &ast.FragmentSpread{Name: name, Directives: directives}
}

// A verdict is what matters of an answer and its events, whatever its shape: what came of
// every patient, which markers, which states lists had.
type verdict struct {
	codes, markers, states, events string
}

func (m *matrix) verdict(t testing.TB, c caller, query string, variables any) verdict {
	t.Helper()
	m.ledger.entries = nil
	a := transports[0].send(t, m.care, m.token(c), query, variables)
	var decoded any
	check(t, json.Unmarshal(a.Body.Bytes(), &decoded))
	codes, states := map[string]bool{}, map[string]bool{}
	visitAll(decoded, func(value any) {
		text, _ := value.(string)
		switch {
		case slices.Contains([]string{"FORBIDDEN", "NO_CARE_RELATIONSHIP", "PATIENT_NOT_FOUND", "RECORD_WITHHELD", "CONSENT_UNAVAILABLE", "AUDIT_UNAVAILABLE"}, text):
			codes[text] = true
		case slices.Contains([]string{"NOT_PERMITTED", "NONE_RECORDED", "NONE_KNOWN", "UNKNOWN", "RECORDED"}, text):
			states[text] = true
		}
	})
	events := map[string]bool{}
	for _, entry := range m.ledger.entries {
		events[fmt.Sprint(string(entry.Patient), entry.Outcome, entry.Classes, entry.Counts, entry.Sectors)] = true
	}
	if len(events) != len(m.ledger.entries) {
		t.Errorf("%d events for %d patients", len(m.ledger.entries), len(events))
	}
	return verdict{fmt.Sprint(keysOf(codes)), fmt.Sprint(keysOf(m.in(a.Body.Bytes()))), fmt.Sprint(keysOf(states)), fmt.Sprint(keysOf(events))}
}

// visitAll visits every single value, under whatever key it stands.
func visitAll(value any, visit func(any)) {
	switch v := value.(type) {
	case map[string]any:
		for _, member := range v {
			visitAll(member, visit)
		}
	case []any:
		for _, member := range v {
			visitAll(member, visit)
		}
	default:
		visit(v)
	}
}

// Trap 4: rewriting a query with aliases, fragments, conditions and split roots changes neither the verdict nor the
// visible set nor the events, for every operation of the contract that reads records.
func TestTrap04RewritingChangesNothing(t *testing.T) {
	m := newMatrix(t)
	rounds := rewritings()
	if wholeMatrix {
		rounds = 200
	}
	numbers := []string{string(number(1)), string(number(2)), string(number(1))}
	variables := map[string]any{
		"nhsNumber": string(number(1)), "nhsNumbers": numbers, "first": 20, "after": nil, "since": "2020-01-01", "yes": true, "no": false,
		"id": string(m.options.Identifier.Document("GP/F83999", number(1), "1")), "test": map[string]any{"system": "http://snomed.info/sct", "code": "1000651000000109"},
	}
	asked := 0
	for _, name := range contractOperations(t) {
		text := operation(t, name)
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		check(t, err)
		if slices.ContainsFunc(doc.Operations, func(op *ast.OperationDefinition) bool {
			return op.Operation != ast.Query || len(doc.Operations) != 1 || slices.ContainsFunc(op.SelectionSet, func(s ast.Selection) bool {
				f, ok := s.(*ast.Field)
				return ok && rootFields["Query."+f.Name] != "record"
			})
		}) {
			continue // duties stand in no tree of classes: TestMatrixOfDuties
		}
		given := map[string]any{}
		for _, v := range doc.Operations[0].VariableDefinitions {
			if value, known := variables[v.Variable]; known {
				given[v.Variable] = value
			} else if v.Type.NonNull && v.DefaultValue == nil {
				t.Fatalf("%s: no value for $%s", name, v.Variable)
			}
		}
		for i, c := range callers(t, m.tables) {
			for _, s := range []state{patientStates[0], patientStates[1], patientStates[9], patientStates[16]} {
				if i > 6 && s.name != patientStates[0].name {
					continue
				}
				e := m.expect(c, s, relations[0])
				m.enter(e)
				want := m.verdict(t, c, text, given)
				for round := range rounds {
					seed := uint64(round)
					rewritten := rewrite(t, m.schema, text, rand.New(rand.NewPCG(seed, 4)))
					both := maps.Clone(given)
					both["yes"], both["no"] = true, false
					got := m.verdict(t, c, rewritten, both)
					asked++
					if got != want {
						t.Fatalf("%s, %s, seed %d:\n%+v\nwant\n%+v\n%s", name, e, seed, got, want, rewritten)
					}
				}
			}
		}
	}
	if asked < 100 {
		t.Errorf("%d questions", asked)
	}
	t.Logf("%d questions", asked)
}
