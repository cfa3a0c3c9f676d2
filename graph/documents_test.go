package graph_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// A drafter makes documents from the schema at random.
type drafter struct {
	schema    *ast.Schema
	r         *rand.Rand
	aliases   int
	fragments []string
	variables map[string]*ast.Type // nil where arguments are to have none
	declared  []string
	budget    int // of fields
}

// draft is a query of one to three root fields. values draws other values for its variables each time.
func draft(schema *ast.Schema, seed uint64) (document string, values func() map[string]any) {
	d := &drafter{schema: schema, r: rand.New(rand.NewPCG(seed, 7)), variables: map[string]*ast.Type{}, budget: 80}
	roots := []string{"patient", "patients", "patients", "viewer", "serviceSources", "__typename"}
	var body strings.Builder
	for range 1 + d.r.IntN(3) {
		root := roots[d.r.IntN(len(roots))]
		if root == "__typename" {
			fmt.Fprintf(&body, " %s: __typename", d.alias())
			continue
		}
		body.WriteString(d.field(schema.Query.Fields.ForName(root), 0, true))
	}
	text := "query"
	if len(d.declared) > 0 {
		text += " (" + strings.Join(d.declared, ", ") + ")"
	}
	return text + " {" + body.String() + " }\n" + strings.Join(d.fragments, "\n"), d.values
}

// values are values for the variables that were declared. One that may be null is left out at times.
func (d *drafter) values() map[string]any {
	values := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(d.variables)) {
		if t := d.variables[name]; t.NonNull || d.r.IntN(4) > 0 {
			values[name] = d.value(t)
		}
	}
	return values
}

func (d *drafter) alias() string {
	d.aliases++
	return fmt.Sprintf("a%d", d.aliases)
}

// selection is what is selected of a type. unique gives every field a key of its own, as
// fields of different types in one place must have.
func (d *drafter) selection(name string, depth int, unique bool) string {
	def := d.schema.Types[name]
	var b strings.Builder
	b.WriteString(" {")
	fields, wrote := d.fields(def, depth), false
	for range 2 + d.r.IntN(5) {
		if d.budget <= 0 || len(fields) == 0 {
			break
		}
		d.budget--
		b.WriteString(d.wrapped(name, d.field(fields[d.r.IntN(len(fields))], depth, unique)))
		wrote = true
	}
	if def.IsAbstractType() {
		for _, member := range d.schema.GetPossibleTypes(def) {
			if d.r.IntN(3) == 0 && d.budget > 0 {
				fmt.Fprintf(&b, " ... on %s%s%s", member.Name, d.condition(), d.selection(member.Name, depth+1, true))
			}
		}
	}
	for _, other := range d.interfaces(def) {
		if d.r.IntN(4) == 0 && d.budget > 0 {
			b.WriteString(d.byInterface(other, depth, unique || d.r.IntN(2) == 0))
		}
	}
	if d.r.IntN(20) == 0 {
		fmt.Fprintf(&b, " %s: __typename%s", d.alias(), d.condition())
	}
	if !wrote || def.IsAbstractType() || d.r.IntN(4) == 0 { // a tally wants to know the members
		b.WriteString(" __typename")
	}
	b.WriteString(" }")
	return b.String()
}

// fields are those of a type that are selected so deep.
func (d *drafter) fields(def *ast.Definition, depth int) (fields []*ast.FieldDefinition) {
	for _, f := range def.Fields {
		if !strings.HasPrefix(f.Name, "__") && (depth < 7 || d.schema.Types[f.Type.Name()].IsLeafType()) {
			fields = append(fields, f)
		}
	}
	return fields
}

// interfaces are those that a type, or an object that it can be, implements beside it.
func (d *drafter) interfaces(def *ast.Definition) (names []string) {
	for _, member := range d.schema.GetPossibleTypes(def) {
		for _, name := range member.Interfaces {
			if name != def.Name {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// byInterface selects what an object has as an interface.
func (d *drafter) byInterface(name string, depth int, unique bool) string {
	var b strings.Builder
	for fields := d.fields(d.schema.Types[name], depth); b.Len() == 0 || d.r.IntN(2) == 0; d.budget-- {
		b.WriteString(d.field(fields[d.r.IntN(len(fields))], depth, unique))
	}
	return d.fragment(name, b.String())
}

// fragment is one with a name, or without.
func (d *drafter) fragment(on, selected string) string {
	if d.r.IntN(2) == 0 {
		return fmt.Sprintf(" ... on %s%s {%s }", on, d.condition(), selected)
	}
	name := fmt.Sprintf("F%d", len(d.fragments))
	d.fragments = append(d.fragments, fmt.Sprintf("fragment %s on %s {%s }", name, on, selected))
	return strings.Repeat(" ..."+name+d.condition(), 1+d.r.IntN(2))
}

// wrapped puts a field into a fragment, now and then.
func (d *drafter) wrapped(typeName, field string) string {
	switch d.r.IntN(12) {
	case 0, 1:
		return d.fragment(typeName, field)
	case 2:
		return fmt.Sprintf(" ...%s {%s }", d.condition(), field)
	}
	return field
}

// field is a field, at times twice under one key with different selections, at times
// twice under different keys with different arguments.
func (d *drafter) field(f *ast.FieldDefinition, depth int, unique bool) string {
	arguments, key := d.arguments(f), f.Name
	if arguments != "" || unique || d.r.IntN(5) == 0 {
		key = d.alias() + ": " + f.Name
	}
	once := func() string {
		text := " " + key + arguments + d.condition()
		if !d.schema.Types[f.Type.Name()].IsLeafType() {
			text += d.selection(f.Type.Name(), depth+1, unique && depth > 0)
		}
		return text
	}
	text := once()
	if d.r.IntN(8) == 0 {
		text += once()
	}
	if arguments != "" && d.r.IntN(3) == 0 {
		arguments, key = d.arguments(f), d.alias()+": "+f.Name
		text += once()
	}
	return text
}

// condition is a directive, now and then, or both.
func (d *drafter) condition() string {
	switch d.r.IntN(16) {
	case 0:
		return d.directive("include")
	case 1:
		return d.directive("skip")
	case 2:
		if d.r.IntN(4) == 0 {
			return d.directive("include") + d.directive("skip")
		}
	}
	return ""
}

func (d *drafter) directive(name string) string {
	if d.r.IntN(2) == 0 {
		return fmt.Sprintf(" @%s(if: %t)", name, d.r.IntN(2) == 0)
	}
	return fmt.Sprintf(" @%s(if: %s)", name, d.variable(fmt.Sprintf("c%d", d.r.IntN(4)), ast.NonNullNamedType("Boolean", nil)))
}

// variable declares a variable, unless it is, and names it.
func (d *drafter) variable(name string, t *ast.Type) string {
	if d.variables[name] == nil {
		d.variables[name] = t
		d.declared = append(d.declared, fmt.Sprintf("$%s: %s", name, t))
	}
	return "$" + name
}

func (d *drafter) arguments(f *ast.FieldDefinition) string {
	var given []string
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil || d.r.IntN(2) == 0 {
			given = append(given, a.Name+": "+d.argument(a.Type))
		}
	}
	if len(given) == 0 {
		return ""
	}
	return "(" + strings.Join(given, ", ") + ")"
}

// argument is a value as a document has it, with a variable for it, or in it, at times.
func (d *drafter) argument(t *ast.Type) string {
	switch {
	case d.variables != nil && d.r.IntN(4) == 0:
		return d.variable(fmt.Sprintf("v%d", len(d.variables)), t)
	case !t.NonNull && d.r.IntN(6) == 0:
		return "null"
	case t.Elem != nil:
		elems := make([]string, 1+d.r.IntN(3))
		for i := range elems {
			elems[i] = d.argument(t.Elem)
		}
		return "[" + strings.Join(elems, ", ") + "]"
	}
	def := d.schema.Types[t.NamedType]
	if def.Kind == ast.InputObject {
		given := make([]string, len(def.Fields))
		for i, f := range def.Fields {
			given[i] = f.Name + ": " + d.argument(f.Type)
		}
		return "{" + strings.Join(given, ", ") + "}"
	}
	value := d.value(ast.NonNullNamedType(t.NamedType, nil))
	if text, is := value.(string); is && def.Kind != ast.Enum {
		return strconv.Quote(text)
	}
	return fmt.Sprint(value)
}

// value is a value of a type, as JSON has it.
func (d *drafter) value(t *ast.Type) any {
	switch {
	case !t.NonNull && d.r.IntN(6) == 0:
		return nil
	case t.Elem != nil:
		elems := make([]any, 1+d.r.IntN(3))
		for i := range elems {
			elems[i] = d.value(t.Elem)
		}
		return elems
	}
	def := d.schema.Types[t.NamedType]
	switch {
	case def.Kind == ast.Enum:
		return def.EnumValues[d.r.IntN(len(def.EnumValues))].Name
	case def.Kind == ast.InputObject:
		fields := map[string]any{}
		for _, f := range def.Fields {
			fields[f.Name] = d.value(f.Type)
		}
		return fields
	}
	switch t.NamedType {
	case "NHSNumber":
		return "9990000018"
	case "Int":
		return 1 + d.r.IntN(5)
	case "Boolean":
		return d.r.IntN(2) == 0
	case "Date":
		return "2020-02-03"
	}
	return []string{"a text", "http://snomed.info/sct", "1"}[d.r.IntN(3)]
}
