package transport

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// stepsPerField bounds the work of pricing an operation: how often, on average, each field that a document may
// have is visited. Abstract types need more than one visit. The largest published operation takes 654 steps.
const stepsPerField = 4

// pricer works out the cost of one operation of a validated document.
type pricer struct {
	schema *ast.Schema
	sizes  *schemaSizes
	cost   cost
	ids    map[*ast.Field]uint64
	priced map[nodeKey]int // nodes by their keys
	steps  int
	most   int // the limit of steps
}

// within is what surrounds an object, as far as the lengths of its lists depend on it.
type within struct {
	paged   bool // the object is a connection with "first"
	page    listLength
	listing bool // the object is reached through the list of all types
}

// nodeKey identifies a node.
type nodeKey struct {
	object string
	group  string // its fields, by their ids
	within
}

// price returns the cost of an operation; false if pricing it takes too many steps.
func price(schema *ast.Schema, sizes *schemaSizes, limits Limits, op *ast.OperationDefinition) (cost, bool) {
	p := &pricer{schema: schema, sizes: sizes, most: stepsPerField * limits.Fields, ids: map[*ast.Field]uint64{}, priced: map[nodeKey]int{}}
	p.cost.defaults = map[string]*ast.Value{}
	for _, v := range op.VariableDefinitions {
		p.cost.defaults[v.Variable] = v.DefaultValue
	}
	root := map[ast.Operation]*ast.Definition{ast.Query: schema.Query, ast.Mutation: schema.Mutation, ast.Subscription: schema.Subscription}[op.Operation]
	p.object(root, []*ast.Field{{SelectionSet: op.SelectionSet}}, within{})
	return p.cost, p.steps <= p.most
}

// object prices what a group of fields with one response key selects of an object type. It returns the index of
// the node.
func (p *pricer) object(definition *ast.Definition, group []*ast.Field, in within) int {
	key := p.key(definition, group, in)
	if node, ok := p.priced[key]; ok {
		return node
	}
	node := costNode{}
	keys := selected{definition: definition, schema: p.schema, groups: map[string][]*ast.Field{}, opened: map[*ast.FragmentDefinition]bool{}}
	for _, f := range group {
		keys.collect(f.SelectionSet)
	}
	p.steps += keys.steps
	for _, name := range keys.order {
		p.field(&node, definition, keys.groups[name], in)
	}
	p.cost.nodes = append(p.cost.nodes, node)
	p.priced[key] = len(p.cost.nodes) - 1
	return len(p.cost.nodes) - 1
}

// key returns the key of a node.
func (p *pricer) key(definition *ast.Definition, group []*ast.Field, in within) nodeKey {
	var ids []byte
	for _, f := range group {
		id, ok := p.ids[f]
		if !ok {
			id = uint64(len(p.ids))
			p.ids[f] = id
		}
		ids = binary.AppendUvarint(ids, id)
	}
	return nodeKey{definition.Name, string(ids), in}
}

// field adds the cost of an object's field to its node.
func (p *pricer) field(node *costNode, parent *ast.Definition, group []*ast.Field, in within) {
	f := group[0]
	definition := parent.Fields.ForName(f.Name)
	if definition == nil { // __typename
		node.values++
		return
	}
	length := p.length(parent, definition, f, in)
	below := within{listing: parent.Name == "__Schema" && f.Name == "types" || in.listing && parent.Name == "__Type" && f.Name == "fields"}
	if definition.Type.Elem == nil {
		below.page, below.paged = p.page(definition, f)
	}
	of := p.objects(p.schema.Types[definition.Type.Name()], group, below)
	if each, fixed := p.dearest(of); fixed && length.variable == "" {
		node.values = min(node.values+times(length.length, 1+each), maxCost)
		return
	}
	node.parts = append(node.parts, costPart{length, of})
}

// dearest returns the cost of the most expensive of some nodes; false if it depends on variables.
func (p *pricer) dearest(of []int) (each int64, fixed bool) {
	for _, i := range of {
		if len(p.cost.nodes[i].parts) > 0 {
			return 0, false
		}
		each = max(each, p.cost.nodes[i].values)
	}
	return each, true
}

// objects prices each object type that a field may hold; nil for a leaf.
func (p *pricer) objects(definition *ast.Definition, group []*ast.Field, in within) []int {
	switch definition.Kind {
	case ast.Object:
		return []int{p.object(definition, group, in)}
	case ast.Interface, ast.Union:
		var nodes []int
		for _, possible := range p.schema.GetPossibleTypes(definition) {
			if possible.Kind == ast.Object && p.steps <= p.most {
				nodes = append(nodes, p.object(possible, group, in))
			}
		}
		return nodes
	}
	return nil
}

// length returns the number of values of a field; for a list of lists, the product of the lengths.
func (p *pricer) length(parent *ast.Definition, definition *ast.FieldDefinition, f *ast.Field, in within) listLength {
	if definition.Type.Elem == nil {
		return listLength{length: 1}
	}
	if strings.HasPrefix(parent.Name, "__") {
		return listLength{length: p.sizes.of(parent.Name, f.Name, in.listing)}
	}
	inner := int64(1)
	for t := definition.Type.Elem; t.Elem != nil; t = t.Elem {
		inner *= listSize
	}
	if own, ok := p.page(definition, f); ok && inner == 1 {
		return own
	}
	if in.paged && inner == 1 && (f.Name == "nodes" || f.Name == "edges") {
		return in.page
	}
	for _, a := range definition.Arguments {
		if a.Type.Elem != nil && a.Type.NonNull && inner == 1 {
			return argumentLength(listLength{entries: true, length: listSize}, a, f)
		}
	}
	return listLength{length: inner * listSize}
}

// page returns the number of entries of a field with a "first" argument; false for a field without one.
func (p *pricer) page(definition *ast.FieldDefinition, f *ast.Field) (listLength, bool) {
	first := definition.Arguments.ForName("first")
	if first == nil || first.Type.NamedType != "Int" {
		return listLength{}, false
	}
	return argumentLength(listLength{length: listSize}, first, f), true
}

// argumentLength returns the length that an argument gives.
func argumentLength(l listLength, definition *ast.ArgumentDefinition, f *ast.Field) listLength {
	l.length = literalLength(l, definition.DefaultValue)
	given := f.Arguments.ForName(definition.Name)
	switch {
	case given == nil:
	case given.Value.Kind == ast.Variable:
		l.variable = given.Value.Raw
	default:
		l.length = literalLength(l, given.Value)
	}
	return l
}

// literalLength returns the length that a literal gives; l.length if it gives none.
func literalLength(l listLength, v *ast.Value) int64 {
	switch {
	case v == nil || v.Kind == ast.NullValue:
		return l.length
	case l.entries && v.Kind == ast.ListValue:
		return int64(len(v.Children))
	case l.entries:
		return 1
	}
	n, err := strconv.ParseInt(v.Raw, 10, 64)
	if err != nil {
		return l.length
	}
	return bounded(n)
}

// selected groups the fields that are selected of an object type by response key.
type selected struct {
	definition *ast.Definition
	schema     *ast.Schema
	order      []string
	groups     map[string][]*ast.Field
	opened     map[*ast.FragmentDefinition]bool
	steps      int
}

func (s *selected) collect(set ast.SelectionSet) {
	s.steps += len(set)
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			if s.groups[selection.Alias] == nil {
				s.order = append(s.order, selection.Alias)
			}
			s.groups[selection.Alias] = append(s.groups[selection.Alias], selection)
		case *ast.InlineFragment:
			if s.is(selection.TypeCondition) {
				s.collect(selection.SelectionSet)
			}
		case *ast.FragmentSpread:
			if fragment := selection.Definition; !s.opened[fragment] && s.is(fragment.TypeCondition) {
				s.opened[fragment] = true
				s.collect(fragment.SelectionSet)
			}
		}
	}
}

// is reports whether objects of the type satisfy a type condition.
func (s *selected) is(condition string) bool {
	if condition == "" || condition == s.definition.Name {
		return true
	}
	for _, implemented := range s.schema.GetImplements(s.definition) {
		if implemented.Name == condition {
			return true
		}
	}
	return false
}
