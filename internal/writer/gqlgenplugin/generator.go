package gqlgenplugin

import (
	"bytes"
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

// A generator generates the code, each type once.
type generator struct {
	options  Options
	data     *codegen.Data
	objects  map[string]*codegen.Object
	packages map[string]string // import paths by package name
	lists    map[string]string // element types by the functions that write the lists
	named    map[string]string // what each function writes, by its name
	clash    error             // two packages with one name
	code     bytes.Buffer
	known    bytes.Buffer // entries of the Schema
	done     map[string]bool
}

// imported is what the generated file always imports, besides the runtime.
var imported = map[string]string{
	"context": "context",
	"fmt":     "fmt",
	"sync":    "sync",
	"graphql": "github.com/99designs/gqlgen/graphql",
	"ast":     "github.com/vektah/gqlparser/v2/ast",
}

func newGenerator(data *codegen.Data, o Options) *generator {
	g := &generator{
		options: o, data: data, objects: map[string]*codegen.Object{}, packages: maps.Clone(imported),
		lists: map[string]string{}, named: map[string]string{}, done: map[string]bool{},
	}
	g.packages["writer"] = o.Runtime
	for _, object := range data.Objects {
		g.objects[object.Name] = object
	}
	return g
}

func (g *generator) file() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// %s\n\npackage %s\n\nimport (\n\"context\"\n\"fmt\"\n\"sync\"\n\n", g.options.Header, g.data.Config.Exec.Package)
	fmt.Fprintf(&b, "%q\n%q\n\n", imported["graphql"], imported["ast"])
	for _, name := range slices.SortedFunc(maps.Keys(g.packages), func(a, b string) int { return strings.Compare(g.packages[a], g.packages[b]) }) {
		if path := g.packages[name]; path != imported[name] {
			if !strings.HasSuffix("/"+path, "/"+name) {
				fmt.Fprintf(&b, "%s ", name)
			}
			fmt.Fprintf(&b, "%q\n", path)
		}
	}
	b.WriteString(")\n\n")
	fmt.Fprintf(&b, hooks, g.data.QueryRoot.Name)
	fmt.Fprintf(&b, "// written is what answers can be written of.\nvar written = writer.Schema{\n%s}\n\n%s", g.known.Bytes(), g.code.Bytes())
	return b.Bytes()
}

// hooks is the code that needs unexported names of gqlgen's generated package.
const hooks = `// NewWriter answers the root fields that can be written with compiled plans; give it to the
// executor as an extension. schema is what NewExecutableSchema returned. kept returns where the
// plans of a request's document are kept, which must not outlive it: writer.KeptWithDocument()
// with gqlgen's query cache. If it is nil or returns nil, a plan is made for the request.
func NewWriter(schema graphql.ExecutableSchema, kept func(context.Context) *sync.Map) *writer.Extension {
	es := schema.(*executableSchema)
	return writer.NewExtension(written, %[1]q, kept, func(op *graphql.OperationContext, w *writer.Writer, f *writer.Field, v any) (ok, known bool) {
		return (&writing{w, newExecutionContext(op, es, nil)}).writeRoot(f, v)
	})
}

// Plan makes the plans of a validated document before the first request, in the map that
// NewWriter's kept will return for it.
func Plan(doc *ast.QueryDocument, kept *sync.Map) { written.Prepare(doc, kept, %[1]q) }

// Pooled returns a schema that writes answers to queries to buffers which Release takes back.
// schema is what NewExecutableSchema returned.
func Pooled(schema graphql.ExecutableSchema) graphql.ExecutableSchema {
	es := schema.(*executableSchema)
	return writer.Pooled(es, func(ctx context.Context, op *graphql.OperationContext) graphql.Marshaler {
		return newExecutionContext(op, es, nil)._%[1]s(ctx, op.Operation.SelectionSet)
	})
}

// Release takes back the data of a Pooled answer, once it is sent and nothing refers to it: it
// becomes another answer's. Calling it is optional.
func Release(data []byte) { writer.Release(data) }

// writing is one root field being written.
type writing struct {
	*writer.Writer
	ec *executionContext
}

`

// root generates the function for root fields and everything below them. gqlgen has called their resolvers and
// directives by then.
func (g *generator) root(names []string) error {
	g.named["writeRoot"] = "the root fields"
	query := g.data.QueryRoot
	var body, known bytes.Buffer
	for i, name := range names {
		at := slices.IndexFunc(query.Fields, func(f *codegen.Field) bool { return f.Name == name })
		if at < 0 {
			return fmt.Errorf("there is no root field %s: Options.Roots are fields of %s", name, query.Name)
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("the root field %s is in Options.Roots twice", name)
		}
		ref := query.Fields[at].TypeReference
		if g.data.Config.IsRoot(ref.Definition) {
			return &Refusal{query.Name + "." + name, "is a " + ref.Definition.Name + ", which gqlgen writes: leave it out of Options.Roots"}
		}
		statement, _, err := g.value(ref, "x", false)
		if err != nil {
			return fmt.Errorf("the root field %s cannot be written: %w", name, err)
		}
		fmt.Fprintf(&body, "case %d: // %s\nx, is := v.(%s)\nif !is {\nreturn false, false\n}\n%s\n", i+1, name, g.goType(ref.GO), statement)
		fmt.Fprintf(&known, "%q: {ID: %d, Type: %q},\n", name, i+1, g.below(ref))
	}
	fmt.Fprintf(&g.known, "%q: {Satisfies: []string{%q}, Fields: map[string]writer.Known{\n%s}},\n", query.Name, query.Name, known.Bytes())
	fmt.Fprintf(&g.code, "// writeRoot writes the value of a root field; ok is false where it comes to null, and known\n// false where it is not of the field's type.\nfunc (w *writing) writeRoot(f *writer.Field, v any) (ok, known bool) {\nok = true\nswitch f.ID {\n%sdefault:\npanic(fmt.Sprint(\"no root field \", f.ID))\n}\nreturn ok, true\n}\n\n", body.Bytes())
	return nil
}

// name reserves the name of a function for what it writes.
func (g *generator) name(function, what string) error {
	if before, taken := g.named[function]; taken && before != what {
		return fmt.Errorf("cannot be written: %s and %s would both be written by %s: rename one of them in the schema", before, what, function)
	}
	g.named[function] = what
	return nil
}

// below returns the name of the type below a field; "" for a leaf.
func (g *generator) below(ref *config.TypeReference) string {
	if ref.Definition.IsLeafType() {
		return ""
	}
	return ref.Definition.Name
}

// composite generates the function of a type once, unless it is a leaf.
func (g *generator) composite(ref *config.TypeReference) error {
	name := g.below(ref)
	if name == "" || g.done[name] {
		return nil
	}
	g.done[name] = true
	if err := g.name("write"+name, "the type "+name); err != nil {
		return at(name, err)
	}
	if i := g.data.Interfaces[name]; i != nil {
		return g.union(i)
	}
	return g.object(g.objects[name])
}

func (g *generator) object(o *codegen.Object) error {
	var body, known bytes.Buffer
	for i, field := range o.Fields {
		id := i + 1
		statement, err := g.field(o, field)
		if err != nil {
			return at(o.Name+"."+field.Name, err)
		}
		fmt.Fprintf(&body, "case %d: // %s\n%s\n", id, field.Name, statement)
		resolver := ""
		if field.IsResolver {
			resolver = ", Resolver: true"
		}
		below := ""
		if name := g.below(field.TypeReference); name != "" {
			below = fmt.Sprintf(", Type: %q", name)
		}
		fmt.Fprintf(&known, "%q: {ID: %d%s%s},\n", field.Name, id, below, resolver)
	}
	satisfies := []string{o.Name}
	for _, i := range o.Implements {
		satisfies = append(satisfies, i.Name)
	}
	fmt.Fprintf(&g.known, "%q: {Satisfies: %#v, Fields: map[string]writer.Known{\n%s}},\n", o.Name, satisfies, known.Bytes())
	fmt.Fprintf(&g.code, "func (w *writing) write%s(p *writer.Plan, v *%s) bool {\nfrom, ok := w.Len(), true\no := w.Open(p)\nfor i := range p.Fields {\nf := &p.Fields[i]\nw.Key(o, i, f)\nswitch f.ID {\ncase 0:\nw.String(%q)\n%sdefault:\npanic(fmt.Sprint(\"no field \", f.ID, \" of %s\"))\n}\n}\nreturn w.Close(o, from, ok)\n}\n\n",
		o.Name, g.goType(o.Type), o.Name, body.Bytes(), o.Name)
	return nil
}

// union generates the function of an interface or a union, which switches on the member type.
func (g *generator) union(i *codegen.Interface) error {
	var body bytes.Buffer
	members := make([]string, len(i.Implementors))
	for n, member := range i.Implementors {
		members[n] = member.Name
		if err := g.composite(&config.TypeReference{Definition: member.Definition}); err != nil {
			return err
		}
		pointer, isPointer := member.Type.(*types.Pointer)
		if !isPointer {
			return &Refusal{i.Name, fmt.Sprintf("has the member %s, and %s that is no pointer is one too, which the writer does not know: declare a method of the interface on the pointer", member.Name, member.Type)}
		}
		name := g.goType(pointer.Elem())
		fmt.Fprintf(&body, "case *%s:\nif v == nil {\nreturn w.Null()\n}\nreturn w.write%s(f.OneOf[%d], v)\n", name, member.Name, n)
	}
	fmt.Fprintf(&g.known, "%q: {Members: %#v},\n", i.Name, members)
	fmt.Fprintf(&g.code, "func (w *writing) write%s(f *writer.Field, v %s) bool {\nswitch v := v.(type) {\n%sdefault:\npanic(fmt.Sprintf(\"unexpected type %%T; members of %s are known only\", v))\n}\n}\n\n", i.Name, g.goType(i.Type), body.Bytes(), i.Name)
	return nil
}

// held refuses a value of a composite type whose Go type is not the one that the generated function takes.
func (g *generator) held(ref *config.TypeReference) error {
	name := g.below(ref)
	if name == "" || ref.GQL.Elem != nil {
		return nil
	}
	var want, is types.Type
	if i := g.data.Interfaces[name]; i != nil {
		want, is = i.Type, ref.GO
	} else {
		want, is = g.objects[name].Type, ref.GO
		if ref.IsPtr() {
			is = ref.Elem().GO
		}
	}
	if !types.Identical(want, is) {
		return fmt.Errorf("is a %s held by %s, which is elsewhere held by %s: bind it to one Go type", name, ref.GO, want)
	}
	if g.objects[name] != nil && config.IsNilable(want) {
		return fmt.Errorf("is a %s held by %s, which is no struct: bind it to one", name, want)
	}
	return nil
}

// field returns the statement that writes a field of v.
func (g *generator) field(o *codegen.Object, f *codegen.Field) (string, error) {
	if err := g.refuseField(f); err != nil {
		return "", err
	}
	if f.IsResolver {
		if err := g.resolver(o, f); err != nil {
			return "", err
		}
		call := fmt.Sprintf("w.%s(f, v)", resolverName(o, f))
		if f.TypeReference.GQL.NonNull {
			call = fmt.Sprintf("if !%s {\nok = false\n}", call)
		}
		return "w.Enter(f)\n" + call + "\nw.Leave()", nil
	}
	expression := "v." + f.GoFieldName
	if f.IsMethod() {
		expression += "()"
	}
	statement, fails, err := g.value(f.TypeReference, expression, f.IsMethod())
	if err != nil || !fails {
		return statement, err
	}
	return "w.Enter(f)\n" + statement + "\nw.Leave()", nil
}

func resolverName(o *codegen.Object, f *codegen.Field) string {
	return "resolve" + o.Name + strings.ToUpper(f.Name[:1]) + f.Name[1:]
}

// resolver generates the function that calls a field's resolver and writes the result.
func (g *generator) resolver(o *codegen.Object, f *codegen.Field) error {
	if err := g.name(resolverName(o, f), o.Name+"."+f.Name); err != nil {
		return err
	}
	statement, _, err := g.value(f.TypeReference, "x", false)
	if err != nil {
		return err
	}
	parameter, arguments, read := "", []string{"b.Ctx"}, "nil"
	if !o.Root {
		parameter = ", v *" + g.goType(o.Type)
		arguments = append(arguments, "v")
	}
	for _, argument := range f.Args {
		arguments = append(arguments, fmt.Sprintf("b.Args[%q].(%s)", argument.Name, g.goType(argument.TypeReference.GO)))
	}
	if len(f.Args) > 0 {
		read = "w.ec." + f.ArgsFunc()
	}
	fmt.Fprintf(&g.code, `func (w *writing) %s(f *writer.Field%s) (ok bool) {
	defer w.Recover(w.Len(), w.Depth(), &ok)
	b := w.Bound(f)
	if !b.Ready {
		w.Bind(b, f, %q, %s)
	}
	if w.Unread(b) {
		return false
	}
	x, err := w.ec.Resolvers.%s().%s(%s)
	if err != nil {
		return w.Failed(err)
	}
	ok = true
	%s
	return ok
}

`, resolverName(o, f), parameter, o.Name, read, o.Name, f.GoFieldName, strings.Join(arguments, ", "), statement)
	return nil
}

// value returns the statement that writes an expression. fails reports whether the statement may set ok to
// false, because a value is null that must not be.
func (g *generator) value(ref *config.TypeReference, expression string, call bool) (statement string, fails bool, err error) {
	if err := g.held(ref); err != nil {
		return "", false, err
	}
	if err := g.composite(ref); err != nil {
		return "", false, err
	}
	required := ref.GQL.NonNull
	isNil := fmt.Sprintf("if %s == nil", expression)
	once := func() { // a method is called once, as by gqlgen, and x is what it returned
		if call {
			isNil, expression = fmt.Sprintf("if x := %s; x == nil", expression), "x"
		}
	}
	or := func(test, write string, fallible bool) (string, bool, error) {
		switch {
		case test == "" && (!required || !fallible):
			return write, false, nil
		case test == "":
			return fmt.Sprintf("if !%s {\nok = false\n}", write), true, nil
		case !required:
			return fmt.Sprintf("%s {\nw.Null()\n} else {\n%s\n}", isNil, write), fallible, nil
		case fallible:
			return fmt.Sprintf("%s {\nok = w.Missing()\n} else if !%s {\nok = false\n}", isNil, write), true, nil
		}
		return fmt.Sprintf("%s {\nok = w.Missing()\n} else {\n%s\n}", isNil, write), true, nil
	}
	switch {
	case ref.GQL.Elem != nil:
		name, err := g.list(ref)
		if err != nil {
			return "", false, err
		}
		test := "nil"
		if required {
			test = "" // gqlgen writes [] for a nil slice
		} else {
			once()
		}
		s, _, err := or(test, fmt.Sprintf("w.%s(f, %s)", name, expression), true)
		return s, true, err
	case g.data.Interfaces[ref.Definition.Name] != nil:
		once()
		s, _, err := or("nil", fmt.Sprintf("w.write%s(f, %s)", ref.Definition.Name, expression), true)
		if expression != "v[i]" { // not an element of a list
			s = strings.Replace(s, "w.Missing()", "w.Nothing()", 1)
		}
		return s, true, err
	case g.below(ref) != "":
		if ref.IsPtr() {
			once()
			s, _, err := or("nil", fmt.Sprintf("w.write%s(f.Below, %s)", ref.Definition.Name, expression), true)
			return s, true, err
		}
		before := ""
		if call {
			before, expression = "x := "+expression+"\n", "x"
		}
		s, _, err := or("", fmt.Sprintf("w.write%s(f.Below, &%s)", ref.Definition.Name, expression), true)
		return before + s, true, err
	case ref.IsPtr():
		once()
		write, err := g.leaf(ref.Elem(), "*"+expression)
		if err != nil {
			return "", false, err
		}
		return or("nil", write, false)
	}
	write, err := g.leaf(ref, expression)
	return write, false, err
}

// leaf returns the statement that writes a scalar or an enum value.
func (g *generator) leaf(ref *config.TypeReference, expression string) (string, error) {
	name := ref.Definition.Name
	switch {
	case ref.IsContext:
		return "", fmt.Errorf("is a %s, whose marshaler wants a context, which the writer has not: give it one without", name)
	case config.IsNilable(ref.GO):
		return "", fmt.Errorf("is a %s held by %s, which may be nil and is no pointer, and that the writer does not know: bind it to another Go type", name, ref.GO)
	case ref.HasEnumValues():
		return "", fmt.Errorf("is a %s, whose values are bound one by one, which the writer does not know: bind it to a Go type with a marshaler", name)
	case ref.IsMarshaler:
		if strings.HasPrefix(expression, "*") {
			expression = "(" + expression + ")"
		}
		return expression + ".MarshalGQL(w)", nil
	case ref.Marshaler == nil:
		return "", fmt.Errorf("is a %s, which has no marshaler", name)
	}
	switch marshaler := ref.Marshaler.FullName(); marshaler {
	case "github.com/99designs/gqlgen/graphql.MarshalString", "github.com/99designs/gqlgen/graphql.MarshalID":
		if types.TypeString(ref.GO, nil) == "string" {
			return fmt.Sprintf("w.String(%s)", expression), nil
		}
		return fmt.Sprintf("w.String(string(%s))", expression), nil
	case "github.com/99designs/gqlgen/graphql.MarshalInt":
		return fmt.Sprintf("w.Int(int64(%s))", expression), nil
	case "github.com/99designs/gqlgen/graphql.MarshalBoolean":
		return fmt.Sprintf("w.Boolean(%s)", expression), nil
	default:
		return "", fmt.Errorf("is a %s, written by %s, which the writer does not know: bind it to a Go type with a method MarshalGQL", name, marshaler)
	}
}

// list generates the function for lists of one type, once.
func (g *generator) list(ref *config.TypeReference) (string, error) {
	if !ref.IsSlice() {
		return "", fmt.Errorf("is a list held by %s, which is no slice: bind it to one", ref.GO)
	}
	elem := ref.Elem()
	name := "list" + listed(elem.GQL)
	if elem.IsPtr() {
		name += "Pointers"
	}
	if err := g.name(name, "a list of "+elem.GQL.String()); err != nil {
		return "", err
	}
	held := types.TypeString(ref.GO, nil)
	if before, is := g.lists[name]; is && before != held {
		return "", fmt.Errorf("is a list of %s held by %s, and another is held by %s: hold both by one Go type", elem.GQL, held, before)
	} else if is {
		return name, nil
	}
	g.lists[name] = held
	statement, _, err := g.value(elem, "v[i]", false)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&g.code, "func (w *writing) %s(f *writer.Field, v %s) bool {\nfrom, ok := w.Len(), true\nw.OpenList()\nfor i := range v {\nw.Element(i)\n%s\n}\nreturn w.CloseList(from, ok)\n}\n\n", name, g.goType(ref.GO), statement)
	return name, nil
}

// listed returns a type as part of a function name, with its nullability.
func listed(t *ast.Type) string {
	name := t.NamedType
	if t.Elem != nil {
		name = listed(t.Elem) + "List"
	}
	if t.NonNull {
		name += "Required"
	}
	return name
}

// hidden are the names that the generated code uses for something other than packages.
var hidden = strings.Fields("any b bool err f from i int is known o ok p string v w writing written x")

// goType returns a type as the generated file names it, and records its import.
func (g *generator) goType(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		name, path := p.Name(), p.Path()
		if path == g.data.Config.Exec.ImportPath() {
			return ""
		}
		switch before, taken := g.packages[name]; {
		case slices.Contains(hidden, name):
			g.clash = fmt.Errorf("the package %s has a name that the generated code has for something else: rename it", path)
		case taken && before != path:
			g.clash = fmt.Errorf("the packages %s and %s have one name: rename one of them", before, path)
		}
		g.packages[name] = path
		return name
	})
}
