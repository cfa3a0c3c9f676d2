package transport

import (
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// literals is what an operation contains, whatever its variables.
type literals struct {
	errors     gqlerror.List // about invalid literals
	introspect bool          // __schema or __type is selected
	text       bool          // a string literal is present
	needed     []string      // nullable variables in non-null positions
	cost       cost
}

// literalReader walks one operation of a validated document, each of its fragments once.
type literalReader struct {
	literals
	schema  *ast.Schema
	scalars map[string]Scalar
	given   ast.VariableDefinitionList // the operation's; another operation may define other ones for the same fragment
	opened  map[*ast.FragmentDefinition]bool
}

func readLiterals(schema *ast.Schema, scalars map[string]Scalar, op *ast.OperationDefinition) literals {
	r := &literalReader{schema: schema, scalars: scalars, given: op.VariableDefinitions, opened: map[*ast.FragmentDefinition]bool{}}
	for _, v := range op.VariableDefinitions {
		if v.DefaultValue != nil {
			r.value(position{name: "$" + v.Variable}, v.Type, v.DefaultValue)
		}
	}
	r.directives(op.Directives)
	r.selections(op.SelectionSet)
	return r.literals
}

func (r *literalReader) selections(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			r.field(s)
		case *ast.InlineFragment:
			r.directives(s.Directives)
			r.selections(s.SelectionSet)
		case *ast.FragmentSpread:
			r.directives(s.Directives)
			if !r.opened[s.Definition] {
				r.opened[s.Definition] = true
				r.directives(s.Definition.Directives)
				r.selections(s.Definition.SelectionSet)
			}
		}
	}
}

func (r *literalReader) field(f *ast.Field) {
	r.introspect = r.introspect || f.Name == "__schema" || f.Name == "__type"
	r.arguments(f.Name, f.Definition.Arguments, f.Arguments)
	r.directives(f.Directives)
	r.selections(f.SelectionSet)
}

func (r *literalReader) directives(directives ast.DirectiveList) {
	for _, d := range directives {
		r.arguments("@"+d.Name, d.Definition.Arguments, d.Arguments)
	}
}

func (r *literalReader) arguments(owner string, definitions ast.ArgumentDefinitionList, arguments ast.ArgumentList) {
	for _, a := range arguments {
		r.value(position{name: owner + "." + a.Name}, definitions.ForName(a.Name).Type, a.Value)
	}
}

// value checks a literal against the type at its position. Validation has checked its shape, but neither custom
// scalars nor the range of Int.
func (r *literalReader) value(at position, t *ast.Type, v *ast.Value) {
	r.text = r.text || v.Kind == ast.StringValue || v.Kind == ast.BlockValue
	switch {
	case v.Kind == ast.Variable:
		if given := r.given.ForName(v.Raw); t.NonNull && given != nil && !given.Type.NonNull && !slices.Contains(r.needed, v.Raw) {
			r.needed = append(r.needed, v.Raw)
		}
	case v.Kind == ast.NullValue:
	case t.Elem != nil && v.Kind == ast.ListValue:
		for i, child := range v.Children {
			r.value(position{above: &at, index: i}, t.Elem, child.Value)
		}
	case t.Elem != nil:
		r.value(at, t.Elem, v)
	case v.Kind == ast.ObjectValue && r.schema.Types[t.NamedType].Kind == ast.InputObject:
		r.fields(at, r.schema.Types[t.NamedType], v)
	default:
		r.leaf(at, t.NamedType, v)
	}
}

func (r *literalReader) fields(at position, definition *ast.Definition, v *ast.Value) {
	for _, child := range v.Children {
		r.value(position{above: &at, name: child.Name}, definition.Fields.ForName(child.Name).Type, child.Value)
	}
}

func (r *literalReader) leaf(at position, name string, v *ast.Value) {
	if name == "Int" && v.Kind == ast.IntValue {
		if _, err := strconv.ParseInt(v.Raw, 10, 32); err != nil {
			r.report(wrongValue(at, "is not a 32-bit integer"), v)
		}
		return
	}
	scalar, ok := r.scalars[name]
	if !ok {
		return
	}
	var given any
	if v.Kind == ast.StringValue || v.Kind == ast.BlockValue {
		given = v.Raw
	}
	if err := scalar.Check(given); err != nil {
		r.report(scalar.refusal(at, err), v)
	}
}

func (r *literalReader) report(e *gqlerror.Error, v *ast.Value) {
	e.Locations = []gqlerror.Location{{Line: v.Position.Line, Column: v.Position.Column}}
	r.errors = append(r.errors, e)
}
