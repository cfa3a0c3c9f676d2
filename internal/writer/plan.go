package writer

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Schema is what the generated code can write, by type name.
type Schema map[string]*Type

// Type is an object type, or an interface or union with its member types.
type Type struct {
	Satisfies []string         // an object's own name and the names of its interfaces and unions
	Fields    map[string]Known // of an object
	Members   []string         // object types of an interface or union; Field.OneOf has the same order
}

// Known is a field that the generated code can write.
type Known struct {
	ID       int    // the field's number in its type
	Type     string // the composite type of its values; "" for a leaf
	Resolver bool
}

// A Plan is a selection on one object type.
type Plan struct {
	Fields []Field

	order  []int32 // of the fields by name; nil if they are sorted
	leaves bool    // no field has a selection set
}

// A Field is one response key of an object.
type Field struct {
	ID    int     // Known.ID, or 0 for __typename
	Below *Plan   // of an object type
	OneOf []*Plan // of an interface or a union, by member

	key       string // quoted, with a colon
	slot      int    // its number among the fields with resolvers
	fixed     bool   // no variable occurs in its arguments
	collected graphql.CollectedField
}

// leaf reports whether the field has no selection set.
func (f *Field) leaf() bool { return f.Below == nil && f.OneOf == nil }

// Root is the compiled plan of one root field.
type Root struct {
	Field     *Field
	resolvers int
	arguments []atomic.Pointer[map[string]any] // by slot; those of fixed fields, once read
	usual     usual
}

// typename is the index of __typename in every type.
const typename = 0

// compile returns the plan of a root field; false if the generated code cannot write all of it.
func (s Schema) compile(op *graphql.OperationContext, rootType string, field graphql.CollectedField) (*Root, bool) {
	c := compiler{schema: s, op: op}
	f, ok := c.field(s[rootType], field)
	if !ok {
		return nil, false
	}
	return &Root{Field: &f, resolvers: c.resolvers, arguments: make([]atomic.Pointer[map[string]any], c.resolvers)}, true
}

// A compiler makes one plan.
type compiler struct {
	schema    Schema
	op        *graphql.OperationContext
	resolvers int
}

func (c *compiler) field(of *Type, collected graphql.CollectedField) (Field, bool) {
	key, _ := json.Marshal(collected.Alias) // a name is always JSON
	f := Field{key: string(key) + ":", collected: collected}
	if collected.Name == "__typename" {
		f.ID = typename
		return f, true
	}
	known, ok := of.Fields[collected.Name]
	if !ok || len(collected.Deferrables) > 0 {
		return f, false
	}
	f.ID = known.ID
	if known.Resolver {
		f.slot, f.fixed = c.resolvers, !slices.ContainsFunc(collected.Arguments, func(a *ast.Argument) bool { return variable(a.Value) })
		c.resolvers++
	}
	if known.Type == "" {
		return f, true
	}
	below := c.schema[known.Type]
	if len(below.Members) == 0 {
		f.Below, ok = c.object(below, collected.Selections)
		return f, ok
	}
	f.OneOf = make([]*Plan, len(below.Members))
	for i, member := range below.Members {
		if f.OneOf[i], ok = c.object(c.schema[member], collected.Selections); !ok {
			return f, false
		}
	}
	return f, true
}

func (c *compiler) object(of *Type, selections ast.SelectionSet) (*Plan, bool) {
	fields := graphql.CollectFields(c.op, selections, of.Satisfies)
	plan := &Plan{Fields: make([]Field, len(fields))}
	keys := make(map[string]bool, len(fields))
	for i, collected := range fields {
		if keys[collected.Alias] {
			return nil, false // selected by two interfaces: gqlgen does not merge them, and writes the first
		}
		keys[collected.Alias] = true
		var ok bool
		if plan.Fields[i], ok = c.field(of, collected); !ok {
			return nil, false
		}
	}
	plan.sort()
	return plan, true
}

// sort computes the order of the fields by name. GraphQL names are ASCII.
func (p *Plan) sort() {
	p.leaves = !slices.ContainsFunc(p.Fields, func(f Field) bool { return !f.leaf() })
	name := func(i int32) string { return p.Fields[i].collected.Alias }
	order := make([]int32, len(p.Fields))
	for i := range order {
		order[i] = int32(i)
	}
	byName := func(i, j int32) int { return strings.Compare(name(i), name(j)) }
	if !slices.IsSortedFunc(order, byName) {
		slices.SortFunc(order, byName)
		p.order = order
	}
}

// Plans are the plans of one document. They are freed with it.
type Plans struct {
	mu         sync.Mutex
	conditions map[*ast.OperationDefinition][]string
	roots      map[planKey]*Root // nil for a root that cannot be written
}

// planKey identifies a plan: a root field of an operation, under one choice of the variables in @skip and @include.
// Operations of one document share fields through fragments, and each merges them with its own.
type planKey struct {
	operation *ast.OperationDefinition
	root      *ast.Field
	chosen    uint64
}

// Bounds of what is cached for a document: the variables in @skip and @include, the operations whose variables
// are known, and the plans. Beyond them the work is done for each request. They also bound a place that, by mistake,
// outlives its document.
const (
	maxConditions = 64
	maxOperations = 64
	maxPlans      = 64
)

type plansKey struct{}

// plansOf returns the plans of the document that is being executed; nil if place is nil.
func plansOf(place *sync.Map) *Plans {
	if place == nil {
		return nil
	}
	if found, ok := place.Load(plansKey{}); ok {
		return found.(*Plans)
	}
	found, _ := place.LoadOrStore(plansKey{}, &Plans{conditions: map[*ast.OperationDefinition][]string{}, roots: map[planKey]*Root{}})
	return found.(*Plans)
}

// Root returns the plan of a root field in a request; false if the generated code cannot write all of it.
func (s Schema) Root(op *graphql.OperationContext, place *sync.Map, rootType string, field graphql.CollectedField) (*Root, bool) {
	p := plansOf(place)
	if p == nil {
		return s.compile(op, rootType, field)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	names, known := p.conditions[op.Operation]
	if !known {
		if names = conditions(op); len(p.conditions) < maxOperations {
			p.conditions[op.Operation] = names
		}
	}
	chosen, ok := choice(names, op.Variables)
	if !ok {
		return s.compile(op, rootType, field)
	}
	key := planKey{op.Operation, field.Field, chosen}
	root, known := p.roots[key]
	if !known {
		root, _ = s.compile(op, rootType, field)
		if len(p.roots) < maxPlans {
			p.roots[key] = root
		}
	}
	return root, root != nil
}

// mostPrepared is the most variables for which Prepare compiles every choice: 2⁶ is maxPlans.
const mostPrepared = 6

// Prepare compiles the plans of a document's queries ahead of the first request, for every choice of the
// variables in @skip and @include. It skips queries with more than mostPrepared of them.
func (s Schema) Prepare(doc *ast.QueryDocument, place *sync.Map, rootType string) {
	for _, definition := range doc.Operations {
		if definition.Operation != ast.Query {
			continue
		}
		names := conditions(&graphql.OperationContext{Doc: doc, Operation: definition})
		if len(names) > mostPrepared {
			continue
		}
		for chosen := range 1 << len(names) {
			// A new context per choice, because gqlgen caches in it what it collected.
			op := &graphql.OperationContext{Doc: doc, Operation: definition, Variables: make(map[string]any, len(names))}
			for i, name := range names {
				op.Variables[name] = chosen&(1<<i) != 0
			}
			for _, field := range graphql.CollectFields(op, definition.SelectionSet, []string{rootType}) {
				s.Root(op, place, rootType, field)
			}
		}
	}
}

// Len returns the number of plans.
func (p *Plans) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.roots)
}

// choice returns which of the variables are true, as bits; false if 64 bits do not suffice or a value is no
// boolean.
func choice(names []string, values map[string]any) (chosen uint64, ok bool) {
	if len(names) > maxConditions {
		return 0, false
	}
	for i, name := range names {
		value, isBoolean := values[name].(bool)
		if !isBoolean {
			return 0, false
		}
		if value {
			chosen |= 1 << i
		}
	}
	return chosen, true
}

// conditions returns the variables of an operation that @skip and @include use.
func conditions(op *graphql.OperationContext) []string {
	c := conditional{doc: op.Doc, seen: map[string]bool{}}
	c.selections(op.Operation.SelectionSet)
	slices.Sort(c.names)
	return slices.Compact(c.names)
}

// conditional collects the variables in @skip and @include.
type conditional struct {
	doc   *ast.QueryDocument
	seen  map[string]bool
	names []string
}

func (c *conditional) selections(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			c.directives(s.Directives)
			c.selections(s.SelectionSet)
		case *ast.InlineFragment:
			c.directives(s.Directives)
			c.selections(s.SelectionSet)
		case *ast.FragmentSpread:
			c.directives(s.Directives)
			if fragment := c.doc.Fragments.ForName(s.Name); fragment != nil && !c.seen[s.Name] {
				c.seen[s.Name] = true
				c.selections(fragment.SelectionSet)
			}
		}
	}
}

// variable reports whether a value contains a variable.
func variable(v *ast.Value) bool {
	return v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(c *ast.ChildValue) bool { return variable(c.Value) })
}

func (c *conditional) directives(list ast.DirectiveList) {
	for _, d := range list {
		for _, argument := range d.Arguments {
			if argument.Value != nil && argument.Value.Kind == ast.Variable {
				c.names = append(c.names, argument.Value.Raw)
			}
		}
	}
}
