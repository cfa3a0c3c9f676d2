package graph_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// A drafter makes documents from the schema at random.
type drafter struct {
	schema    *ast.Schema
	r         *rand.Rand
	aliases   int
	fragments []string
	variables map[string]any
	declared  []string
	budget    int // of fields
}

// draft is a query of one to three root fields with its variables.
func draft(schema *ast.Schema, seed uint64) (string, map[string]any) {
	d := &drafter{schema: schema, r: rand.New(rand.NewPCG(seed, 7)), variables: map[string]any{}, budget: 80}
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
	return text + " {" + body.String() + " }\n" + strings.Join(d.fragments, "\n"), d.variables
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
	fields := make([]*ast.FieldDefinition, 0, len(def.Fields))
	for _, f := range def.Fields {
		if !strings.HasPrefix(f.Name, "__") && (depth < 7 || d.schema.Types[f.Type.Name()].IsLeafType()) {
			fields = append(fields, f)
		}
	}
	wrote := false
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
	if !wrote || def.IsAbstractType() || d.r.IntN(4) == 0 { // a tally wants to know the members
		b.WriteString(" __typename")
	}
	b.WriteString(" }")
	return b.String()
}

// wrapped puts a field into a fragment, now and then.
func (d *drafter) wrapped(typeName, field string) string {
	switch d.r.IntN(12) {
	case 0:
		return fmt.Sprintf(" ... on %s%s {%s }", typeName, d.condition(), field)
	case 1:
		return fmt.Sprintf(" ...%s {%s }", d.condition(), field)
	case 2:
		name := fmt.Sprintf("F%d", len(d.fragments))
		d.fragments = append(d.fragments, fmt.Sprintf("fragment %s on %s {%s }", name, typeName, field))
		return strings.Repeat(" ..."+name+d.condition(), 1+d.r.IntN(2))
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

// condition is a directive, now and then.
func (d *drafter) condition() string {
	if d.r.IntN(8) > 0 {
		return ""
	}
	name := []string{"include", "skip"}[d.r.IntN(2)]
	if d.r.IntN(2) == 0 {
		return fmt.Sprintf(" @%s(if: %t)", name, d.r.IntN(2) == 0)
	}
	variable := fmt.Sprintf("c%d", d.r.IntN(4))
	if _, known := d.variables[variable]; !known {
		d.variables[variable] = d.r.IntN(2) == 0
		d.declared = append(d.declared, "$"+variable+": Boolean!")
	}
	return fmt.Sprintf(" @%s(if: $%s)", name, variable)
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

func (d *drafter) argument(t *ast.Type) string {
	if !t.NonNull && d.r.IntN(6) == 0 {
		return "null"
	}
	if t.Elem != nil {
		elems := make([]string, 1+d.r.IntN(3))
		for i := range elems {
			elems[i] = d.argument(t.Elem)
		}
		return "[" + strings.Join(elems, ", ") + "]"
	}
	if values := d.schema.Types[t.NamedType].EnumValues; len(values) > 0 {
		return values[d.r.IntN(len(values))].Name
	}
	switch t.NamedType {
	case "NHSNumber":
		return `"9990000018"`
	case "Int":
		return fmt.Sprint(1 + d.r.IntN(5))
	case "Boolean":
		return fmt.Sprint(d.r.IntN(2) == 0)
	case "Date":
		return `"2020-02-03"`
	case "CodeInput":
		return `{system: "http://snomed.info/sct", code: "1"}`
	}
	return `"a text"`
}
