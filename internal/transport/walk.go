package transport

import (
	"fmt"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// size is the size of a selection set with its fragments expanded.
type size struct {
	depth, lists, fields, top, schemas int
}

// beside returns the size of two sibling selections. Sums are capped, so that fragments that double each other
// do not overflow.
func (s size) beside(o size) size {
	const bound = 1 << 30
	return size{
		depth:   max(s.depth, o.depth),
		lists:   max(s.lists, o.lists),
		fields:  min(s.fields+o.fields, bound),
		top:     min(s.top+o.top, bound),
		schemas: min(s.schemas+o.schemas, bound),
	}
}

// walk measures a document, each fragment once.
type walk struct {
	limits    Limits
	schema    *ast.Schema
	fragments map[string]*ast.FragmentDefinition
	sizes     map[string]*size // nil while a fragment is being sized
	err       *gqlerror.Error

	spreads, aliases, directives int
}

func newWalk(l Limits, schema *ast.Schema, doc *ast.QueryDocument) *walk {
	w := &walk{limits: l, schema: schema, fragments: make(map[string]*ast.FragmentDefinition, len(doc.Fragments))}
	w.sizes = make(map[string]*size, len(doc.Fragments))
	for _, fragment := range doc.Fragments {
		if _, ok := w.fragments[fragment.Name]; !ok {
			w.fragments[fragment.Name] = fragment // the first of a name counts, as in validation
		}
	}
	return w
}

// fail keeps the first error.
func (w *walk) fail(err *gqlerror.Error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *walk) operation(op *ast.OperationDefinition) size {
	w.count(&w.directives, len(op.Directives), w.limits.Directives, "directives")
	if len(op.VariableDefinitions) > w.limits.Variables {
		w.fail(tooLarge(w.limits.Variables, "variables"))
	}
	for _, v := range op.VariableDefinitions {
		w.count(&w.directives, len(v.Directives), w.limits.Directives, "directives")
		w.value(v.DefaultValue, 0)
	}
	s := w.selections(w.root(op.Operation), op.SelectionSet, 0)
	switch {
	case s.depth > w.limits.Depth:
		w.fail(tooCostly(fmt.Sprintf("goes deeper than %d fields (limits.depth)", w.limits.Depth)))
	case s.lists > w.limits.Lists:
		w.fail(tooCostly(fmt.Sprintf("asks for more than %d lists within each other (limits.lists)", w.limits.Lists)))
	case s.top > w.limits.RootFields:
		w.fail(tooCostly(fmt.Sprintf("has more than %d fields at its top (limits.root-fields)", w.limits.RootFields)))
	case s.schemas > 1:
		w.fail(tooCostly("asks for __schema more than once"))
	}
	return s
}

// root returns the root type of an operation; nil if the schema has none.
func (w *walk) root(operation ast.Operation) *ast.Definition {
	switch operation {
	case ast.Query:
		return w.schema.Query
	case ast.Mutation:
		return w.schema.Mutation
	case ast.Subscription:
		return w.schema.Subscription
	}
	return nil
}

// count adds to a count of the document and checks its limit.
func (w *walk) count(count *int, n, limit int, what string) {
	if *count += n; *count > limit {
		w.fail(tooLarge(limit, what))
	}
}

// selections measures a selection set. parent is nil if the schema does not have the type or field. level stops
// the walk in a document nested deeper than any that could pass.
func (w *walk) selections(parent *ast.Definition, set ast.SelectionSet, level int) (total size) {
	if level > 3*w.limits.Depth {
		w.fail(tooCostly(fmt.Sprintf("goes deeper than %d fields (limits.depth)", w.limits.Depth)))
	}
	for _, selection := range set {
		if w.err != nil {
			return total
		}
		total = total.beside(w.selection(parent, selection, level))
	}
	return total
}

func (w *walk) selection(parent *ast.Definition, selection ast.Selection, level int) size {
	switch s := selection.(type) {
	case *ast.Field:
		return w.field(parent, s, level)
	case *ast.InlineFragment:
		w.directiveList(s.Directives)
		if s.TypeCondition != "" {
			parent = w.schema.Types[s.TypeCondition]
		}
		return w.selections(parent, s.SelectionSet, level+1)
	case *ast.FragmentSpread:
		w.count(&w.spreads, 1, w.limits.Spreads, "fragment spreads (limits.spreads)")
		w.directiveList(s.Directives)
		return w.fragment(s.Name)
	}
	return size{}
}

func (w *walk) field(parent *ast.Definition, f *ast.Field, level int) size {
	if f.Alias != f.Name { // the parser repeats the name as the alias where none is given
		w.count(&w.aliases, 1, w.limits.Aliases, "aliases (limits.aliases)")
	}
	w.directiveList(f.Directives)
	w.arguments(f.Arguments)
	below, isList := w.fieldType(parent, f.Name)
	s := w.selections(below, f.SelectionSet, level+1)
	s.depth++
	if isList {
		s.lists++
	}
	s.fields++
	s.top = 1
	if f.Name == "__schema" {
		s.schemas++
	}
	return s
}

// fieldType returns the type of a field's values, and whether the field is a list.
func (w *walk) fieldType(parent *ast.Definition, name string) (below *ast.Definition, isList bool) {
	if parent == nil {
		return nil, false
	}
	definition := parent.Fields.ForName(name)
	if definition == nil {
		return nil, false
	}
	return w.schema.Types[definition.Type.Name()], definition.Type.Elem != nil
}

// fragment measures a fragment at its first use. It refuses a fragment that uses itself, since no later step
// could walk it.
func (w *walk) fragment(name string) size {
	if s, ok := w.sizes[name]; ok {
		if s == nil {
			w.fail(coded(ValidationFailed, "Cannot spread fragment "+strconv.Quote(safeName(name))+" within itself."))
			return size{}
		}
		return *s
	}
	definition, ok := w.fragments[name]
	if !ok {
		return size{} // validation reports it
	}
	w.sizes[name] = nil
	w.directiveList(definition.Directives)
	s := w.selections(w.schema.Types[definition.TypeCondition], definition.SelectionSet, 0)
	w.sizes[name] = &s
	return s
}

func (w *walk) directiveList(directives ast.DirectiveList) {
	w.count(&w.directives, len(directives), w.limits.Directives, "directives")
	for _, d := range directives {
		w.arguments(d.Arguments)
	}
}

func (w *walk) arguments(arguments ast.ArgumentList) {
	for _, a := range arguments {
		w.value(a.Value, 0)
	}
}

func (w *walk) value(v *ast.Value, depth int) {
	if v == nil || w.err != nil {
		return
	}
	if depth > w.limits.InputDepth {
		w.fail(coded(QueryTooLarge, "A value in the query is nested too deep."))
		return
	}
	for _, child := range v.Children {
		w.value(child.Value, depth+1)
	}
}
