package resolvers

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// rootDuties maps root fields to the duty they require. patient and patients read records; anybody may ask for viewer
// and serviceSources.
var rootDuties = map[string]consent.Duty{
	"optOuts": consent.KeepOptOuts, "optOutRequests": consent.KeepOptOuts,
	"recordOptOut": consent.KeepOptOuts, "withdrawOptOut": consent.KeepOptOuts, "decideOptOutRequest": consent.KeepOptOuts,
	"accessLog": consent.ReadAccessLog, "accessAlerts": consent.ReadAccessLog,
	"breakGlass": consent.BreakGlass,
	"__schema":   consent.Develop, "__type": consent.Develop,
}

// Needs returns the most that a validated document can ask for: the classes of every field in it, ignoring @skip. A
// narrower class counts only if the document itself asks for it: a variable could have any value.
func Needs(schema *ast.Schema, doc *ast.QueryDocument) consent.Needs {
	n := needing{schema: schema, seen: map[opened]bool{}, classes: map[record.Class]bool{}}
	for _, op := range doc.Operations {
		n.root(op)
	}
	var classes []record.Class
	for class := range n.classes {
		classes = append(classes, class)
	}
	n.needs.Classes = consent.ClassSetOf(classes...)
	slices.Sort(n.needs.Duties)
	n.needs.Duties = slices.Compact(n.needs.Duties)
	return n.needs
}

// needing collects what one document needs.
type needing struct {
	schema  *ast.Schema
	seen    map[opened]bool
	classes map[record.Class]bool
	needs   consent.Needs
}

// opened is a fragment that was visited for an object type.
type opened struct {
	object   *ast.Definition
	fragment *ast.FragmentDefinition
}

func (n *needing) root(op *ast.OperationDefinition) {
	object := n.schema.Query
	if op.Operation == ast.Mutation {
		object = n.schema.Mutation
	}
	n.selections(object, op.SelectionSet)
}

// selections visits what is selected of an object type.
func (n *needing) selections(object *ast.Definition, set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			n.field(object, s)
		case *ast.InlineFragment:
			if n.is(object, s.TypeCondition) {
				n.selections(object, s.SelectionSet)
			}
		case *ast.FragmentSpread:
			as := opened{object, s.Definition}
			if !n.seen[as] && n.is(object, s.Definition.TypeCondition) {
				n.seen[as] = true
				n.selections(object, s.Definition.SelectionSet)
			}
		}
	}
}

// is reports whether an object type satisfies a type condition; "" is none.
func (n *needing) is(object *ast.Definition, of string) bool {
	return of == "" || of == object.Name || slices.ContainsFunc(n.schema.GetImplements(object), func(d *ast.Definition) bool { return d.Name == of })
}

func (n *needing) field(object *ast.Definition, f *ast.Field) {
	if object == n.schema.Query || object == n.schema.Mutation {
		n.ofRoot(f.Name)
	}
	definition := object.Fields.ForName(f.Name)
	if definition == nil { // __typename and the like
		return
	}
	if object.Name == "Stay" && f.Name == "summary" { // narrow requires this class for the summary
		n.classes[record.ClassDocuments] = true
	}
	for _, name := range readBy(object.Name, f.Name) {
		n.listed(name, definition, f)
	}
	for _, possible := range n.schema.GetPossibleTypes(n.schema.Types[definition.Type.Name()]) {
		n.selections(possible, f.SelectionSet)
	}
}

func (n *needing) ofRoot(name string) {
	if name == "patient" || name == "patients" {
		n.needs.Records = true
	}
	if duty, ok := rootDuties[name]; ok {
		n.needs.Duties = append(n.needs.Duties, duty)
	}
}

// readBy returns the coordinates in the table of fields that a field reads. The table need not have them: only fields
// of a patient or of a sector object are in it.
func readBy(object, name string) []string {
	if object == "Patient" && personal[name] {
		return []string{demographics}
	}
	if named := singles[object]; named != nil && ofSector[name] {
		return named
	}
	return []string{object + "." + name}
}

// listed adds the classes that a field of the table can disclose with its arguments.
func (n *needing) listed(coordinate string, definition *ast.FieldDefinition, f *ast.Field) {
	found := fields[coordinate] // has no parts if the table does not have it
	args := arguments{values: written(definition, f)}
	narrower := record.Class("")
	if found.class != nil {
		narrower = found.class(args)
	}
	only := sectorsAsked(args)
	for _, part := range found.parts {
		switch {
		case only != nil && len(intersect(part.sectors, only)) == 0:
		case narrower != "":
			n.classes[narrower] = true
		default:
			n.classes[part.class] = true
		}
	}
	if coordinate == "Patient.document" { // a council's letter has this class
		n.classes[record.ClassSocialCare] = true
	}
}

// written returns the arguments whose value is a literal in the document or a default in the schema, without those that
// contain a variable.
func written(definition *ast.FieldDefinition, f *ast.Field) map[string]any {
	values := map[string]any{}
	for _, a := range definition.Arguments {
		value := a.DefaultValue
		if given := f.Arguments.ForName(a.Name); given != nil {
			value = given.Value
		}
		if value == nil || variableIn(value) {
			continue
		}
		if v, err := value.Value(nil); err == nil {
			values[a.Name] = v
		}
	}
	return values
}

func variableIn(v *ast.Value) bool {
	return v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(child *ast.ChildValue) bool { return variableIn(child.Value) })
}
