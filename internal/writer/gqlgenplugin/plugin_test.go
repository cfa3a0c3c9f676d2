package gqlgenplugin_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"carerecord/internal/writer/gqlgenplugin"
	"carerecord/internal/writer/gqlgenplugin/testdata/toy"
	"carerecord/internal/writer/gqlgenplugin/testdata/toy/graph"
)

var update = flag.Bool("update", false, "generate testdata/toy/graph; the other tests ask what was there before")

const here = "carerecord/internal/writer/gqlgenplugin/testdata/toy"

// toyConfig is gqlgen's for a schema that stands on package toy.
func toyConfig(t *testing.T, schema, more string) *config.Config {
	t.Helper()
	c, err := config.ReadConfig(strings.NewReader(`
schema: []
exec: {filename: testdata/toy/graph/schema.generated.go, package: graph}
omit_gqlgen_file_notice: true
omit_gqlgen_version_in_file_notice: true
omit_getters: true
omit_complexity: true
omit_root_models: true
skip_mod_tidy: true
autobind: [` + here + `]
` + cmp.Or(more, "models: {Shelf: {fields: {books: {resolver: true}}}}") + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	c.Model = config.PackageConfig{}
	c.Sources = []*ast.Source{{Name: "schema.graphqls", Input: schema}}
	return c
}

func plugin(roots ...string) *gqlgenplugin.Plugin {
	return gqlgenplugin.New(gqlgenplugin.Options{Roots: roots, Runtime: "carerecord/internal/writer"})
}

// code is what is generated for a schema.
func code(t *testing.T, p *gqlgenplugin.Plugin, c *config.Config) (string, error) {
	t.Helper()
	if err := c.LoadSchema(); err != nil {
		t.Fatal(err)
	}
	if err := c.Init(); err != nil {
		t.Fatal(err)
	}
	data, err := codegen.BuildData(c)
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.Code(data)
	return string(text), err
}

func toySchema(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/toy/schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The toy's code that the other tests compile is what is generated.
func TestTheToyIsGenerated(t *testing.T) {
	const file = "testdata/toy/graph/writer.generated.go"
	p := plugin("shelf", "shelves")
	if *update {
		if err := api.Generate(toyConfig(t, toySchema(t), ""), api.AddPlugin(p)); err != nil {
			t.Fatal(err)
		}
		files, _ := filepath.Glob("testdata/toy/graph/*.go")
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err == nil {
				text, err = format.Source(text)
			}
			if err == nil {
				err = os.WriteFile(name, text, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := code(t, p, toyConfig(t, toySchema(t), ""))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%s is not what is generated (%v); run the test with -update", file, err)
	}
}

// What is generated names the runtime and begins as the options say.
func TestOptions(t *testing.T) {
	o := gqlgenplugin.Options{Roots: []string{"shelf"}, Runtime: "example.org/fast/v2", Header: "Code generated for a test, DO NOT EDIT."}
	text, err := code(t, gqlgenplugin.New(o), toyConfig(t, toySchema(t), ""))
	if err != nil || !strings.HasPrefix(text, "// Code generated for a test, DO NOT EDIT.\n\npackage graph\n") || !strings.Contains(text, "\twriter \"example.org/fast/v2\"\n") {
		t.Errorf("%v\n%.600s", err, text)
	}
	for _, lacking := range []gqlgenplugin.Options{{Roots: o.Roots}, {Runtime: o.Runtime}} {
		if _, err := gqlgenplugin.New(lacking).Code(nil); err == nil {
			t.Errorf("%+v are enough", lacking)
		}
	}
}

// What gqlgen would do otherwise is refused, with the place and what to do about it.
func TestRefusals(t *testing.T) {
	const (
		secret = "directive @secret on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION\n"
		query  = "type Query { shelf: Shelf }\n"
		calls  = ", which gqlgen calls and the writer would not: "
		each   = ", which gqlgen calls for each value and the writer would not: "
		take   = "take it off, give it skip_runtime in gqlgen.yml if nothing has to run for it, or leave the root field out of Options.Roots"
		bound  = "models: {Query: {model: " + here + ".Other}}"
		below  = "the root field shelf cannot be written: "
	)
	for name, c := range map[string]struct{ schema, config, want string }{
		"a directive at a field": {
			secret + query + `type Shelf { name: String! @secret }`, "",
			below + "Shelf.name has the directive @secret" + calls + take,
		},
		"a directive at a field far below": {
			secret + query + `type Shelf { lamp: Lamp! things: [Thing!] } union Thing = Book | Lamp type Lamp { name: String! } type Book { sequel: Book pages: Int @secret }`, "",
			below + "Book.pages has the directive @secret" + calls + take,
		},
		"a directive at an object": {
			"directive @secret on OBJECT\n" + query + `type Shelf { lamp: Lamp! } type Lamp @secret { name: String! }`, "",
			below + "Shelf.lamp has the directive @secret by its type Lamp" + calls + take,
		},
		"a directive at an interface": {
			"directive @secret on INTERFACE | OBJECT\n" + query + `type Shelf { named: [Named] } interface Named @secret { name: String! } type Lamp implements Named { name: String! }`, "",
			below + "Shelf.named has the directive @secret by its type Named" + calls + take,
		},
		"a directive at an argument": {
			secret + query + `type Shelf { books(first: Int @secret): [Book!]! } type Book { name: String! }`, "",
			below + "Shelf.books has the directive @secret at its argument first" + each + take,
		},
		"a directive at a field of an argument": {
			secret + query + `type Shelf { books(like: Like): [Book!]! } input Like { name: String! @secret } type Book { name: String! }`, "",
			below + "Shelf.books has the argument like, of which Like.name has the directive @secret" + each + take,
		},
		"a directive at the type of an argument": {
			"directive @secret on INPUT_OBJECT\n" + query + `type Shelf { books(like: Like): [Book!]! } input Like @secret { name: String! } type Book { name: String! }`, "",
			below + "Shelf.books has the argument like, of which the type Like has the directive @secret" + each + take,
		},
		"a directive that a document may have at a field": {
			"directive @loud on FIELD\n" + query + `type Shelf { name: String! }`, "",
			"@loud may stand at a FIELD of a document, where gqlgen calls it and the writer would not: take the place out of its definition, or give it skip_runtime in gqlgen.yml if nothing has to run for it",
		},
		"a directive that a document may have at its operation": {
			"directive @loud on QUERY\n" + query + `type Shelf { name: String! }`, "",
			"@loud may stand at a QUERY of a document, where gqlgen calls it and the writer would not: take the place out of its definition, or give it skip_runtime in gqlgen.yml if nothing has to run for it",
		},
		"functions for methods": {
			query + `type Shelf { name: String! }`, "use_function_syntax_for_execution_context: true",
			"use_function_syntax_for_execution_context is set in gqlgen.yml, and the writer calls methods: take it off",
		},
		"panics that are not caught": {
			query + `type Shelf { name: String! }`, "omit_panic_handler: true",
			"omit_panic_handler is set in gqlgen.yml, and the writer makes a panic an error: take it off",
		},
		"an argument that is read with a context": {
			query + `type Shelf { books(first: Int, like: Like): Int } input Like { name: Deep } scalar Deep`,
			"models: {Like: {model: " + here + ".Likes}, Shelf: {fields: {books: {resolver: true}}}}",
			below + "Shelf.books has the argument like, of which Deep is read with a context, and what was read before may be given to another: give it an unmarshaler without",
		},
		"a root field that is not there": {
			`type Query { other: Int }`, "",
			"there is no root field shelf",
		},
		"the query type below a root field": {
			query + `type Shelf { query: Query }`, bound,
			below + "Shelf.query is a Query, which gqlgen writes: leave the root field above it out of Options.Roots",
		},
		"the query type as a root field": {
			`type Query { shelf: Query }`, bound,
			"Query.shelf is a Query, which gqlgen writes: leave it out of Options.Roots",
		},
		"a batch resolver": {
			query + `type Shelf { books: [Book!]! } type Book { name: String! }`, "models: {Shelf: {fields: {books: {batch: true}}}}",
			below + "Shelf.books has a batch resolver, which the writer does not call: give it a resolver for one value",
		},
		"arguments without a resolver": {
			query + `type Shelf { name(long: Boolean): String! }`, "",
			below + "Shelf.name has arguments and no resolver, so that the writer would not read them: give it a resolver",
		},
		"a method that may fail": {
			query + `type Shelf { odd: Odd } type Odd { checked: String }`, oddly,
			below + "Odd.checked is bound to something other than a variable, a method without context and error, or a resolver: give it a resolver",
		},
		"a method that may have nothing": {
			query + `type Shelf { odd: Odd } type Odd { maybe: String }`, oddly,
			below + "Odd.maybe is bound to something other than a variable, a method without context and error, or a resolver: give it a resolver",
		},
		"a method that tells whether there is a value": {
			query + `type Shelf { odd: Odd } type Odd { lit: Boolean }`, "autobind_getter_haser: true\n" + oddly + "}",
			below + "Odd.lit is null by HasLit, which the writer does not ask: switch autobind_getter_haser off for it",
		},
		"values bound one by one": {
			query + `type Shelf { odd: Odd } type Odd { kind: Kind } enum Kind { SPOTTED }`,
			oddly + ", Kind: {model: " + here + ".Spot, enum_values: {SPOTTED: {value: " + here + ".Spotted}}}",
			below + "Odd.kind is a Kind, whose values are bound one by one, which the writer does not know: bind it to a Go type with a marshaler",
		},
		"two fields with the name of one function": {
			query + `type Shelf { lampBooks: Int lamp: ShelfLamp } type ShelfLamp { books: Int }`,
			"models: {ShelfLamp: {model: " + here + ".Lamp, fields: {books: {resolver: true}}}, Shelf: {fields: {lampBooks: {resolver: true}}}}",
			below + "ShelfLamp.books cannot be written: Shelf.lampBooks and ShelfLamp.books would both be written by resolveShelfLampBooks: rename one of them in the schema",
		},
		"a marshaler with a context": {
			query + `type Shelf { odd: Odd } type Odd { count: Float }`, oddly,
			below + "Odd.count is a Float, whose marshaler wants a context, which the writer has not: give it one without",
		},
		"a marshaler that is not known": {
			query + `type Shelf { at: Time } scalar Time`, "models: {Shelf: {fields: {at: {resolver: true}}}, Time: {model: github.com/99designs/gqlgen/graphql.Time}}",
			below + "Shelf.at is a Time, written by github.com/99designs/gqlgen/graphql.MarshalTime, which the writer does not know: bind it to a Go type with a method MarshalGQL",
		},
		"a leaf that may be nil": {
			query + `type Shelf { all: Map } scalar Map`, "models: {Shelf: {fields: {all: {resolver: true}}}, Map: {model: github.com/99designs/gqlgen/graphql.Map}}",
			below + "Shelf.all is a Map held by map[string]any, which may be nil and is no pointer, and that the writer does not know: bind it to another Go type",
		},
		"a member without a pointer": {
			query + `type Shelf { stone: Stony } union Stony = Stone type Stone { name: String! }`, "models: {Shelf: {fields: {stone: {resolver: true}}}}",
			below + "Stony has the member Stone, and " + here + ".Stone that is no pointer is one too, which the writer does not know: declare a method of the interface on the pointer",
		},
		"two Go types for the elements of a list": {
			query + `type Shelf { odd: Odd } type Odd { points: [Point!] more: [Point!] } scalar Point`,
			oddly + ", Point: {model: [" + here + ".Point, " + here + ".Spot]}",
			below + "Odd.more is a list of Point! held by []" + here + ".Spot, and another is held by []" + here + ".Point: hold both by one Go type",
		},
		"a list that is no slice": {
			query + `type Shelf { odd: Odd } type Odd { held: [Int!] }`, oddly,
			below + "Odd.held is a list held by *[]int, which is no slice: bind it to one",
		},
		"two Go types for one object": {
			query + `type Shelf { odd: Odd } type Odd { spare: Book } type Book { name: String! }`,
			oddly + ", Book: {model: [" + here + ".Book, " + here + ".Other]}",
			below + "Odd.spare is a Book held by *" + here + ".Other, which is elsewhere held by " + here + ".Book: bind it to one Go type",
		},
		"an object that is no struct": {
			query + `type Shelf { book: Book } type Book { name: String! }`, "models: {Book: {model: \"map[string]any\"}, Shelf: {fields: {book: {resolver: true}}}}",
			below + "Shelf.book is a Book held by map[string]any, which is no struct: bind it to one",
		},
		"two packages of one name": {
			query + `type Shelf { books(a: Lamp): Int } input Lamp { name: String! }`, "models: {Lamp: {model: carerecord/internal/writer/gqlgenplugin/testdata/other/toy.Lamp}, Shelf: {fields: {books: {resolver: true}}}}",
			"the packages carerecord/internal/writer/gqlgenplugin/testdata/other/toy and " + here + " have one name: rename one of them",
		},
		"a package with the name of a variable": {
			query + `type Shelf { books(a: Lamp): Int } input Lamp { name: String! }`, "models: {Lamp: {model: carerecord/internal/writer/gqlgenplugin/testdata/v.Lamp}, Shelf: {fields: {books: {resolver: true}}}}",
			"the package carerecord/internal/writer/gqlgenplugin/testdata/v has a name that the generated code has for something else: rename it",
		},
		"a type with the name of a function": {
			query + `type Shelf { root: Root } type Root { name: String! }`, "models: {Root: {model: " + here + ".Lamp}, Shelf: {fields: {root: {resolver: true}}}}",
			below + "Root cannot be written: the root fields and the type Root would both be written by writeRoot: rename one of them in the schema",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := code(t, plugin("shelf"), toyConfig(t, c.schema, closed(c.config)))
			if err == nil {
				t.Fatal("it is generated")
			}
			if err.Error() != c.want {
				t.Errorf("%s\nwant %s", err, c.want)
			}
		})
	}
}

const oddly = "models: {Shelf: {fields: {odd: {resolver: true}}}"

// closed ends what oddly begins.
func closed(config string) string {
	if strings.HasPrefix(config, oddly) && strings.Count(config, "{") > strings.Count(config, "}") {
		return config + "}"
	}
	return config
}

// Directives that do nothing at run time, or that gqlgen calls before the writer is asked, are no reason to refuse.
func TestWhatIsNotRefused(t *testing.T) {
	for name, schema := range map[string]string{
		"deprecated and gqlgen's own": `
			directive @goField(forceResolver: Boolean, name: String) on INPUT_FIELD_DEFINITION | FIELD_DEFINITION
			type Query { shelf: Shelf } type Shelf { name: String! @deprecated id: ID! @goField(forceResolver: true) base: Name } scalar Name @specifiedBy(url: "https://example.org")`,
		"one of which nothing runs": `directive @quiet on FIELD_DEFINITION | OBJECT
			type Query { shelf: Shelf } type Shelf { name: String! @quiet }`,
		"one at the root field": `directive @secret on FIELD_DEFINITION
			type Query { shelf: Shelf @secret other: Int @secret } type Shelf { name: String! }`,
		"one at what is not written": `directive @secret on FIELD_DEFINITION
			type Query { shelf: Shelf other: Lamp } type Shelf { name: String! } type Lamp { name: String! @secret }`,
	} {
		t.Run(name, func(t *testing.T) {
			c := toyConfig(t, schema, "directives: {quiet: {skip_runtime: true}}\nmodels: {Name: {model: github.com/99designs/gqlgen/graphql.String}, Shelf: {fields: {base: {resolver: true}}}}")
			if _, err := code(t, plugin("shelf"), c); err != nil {
				t.Error(err)
			}
		})
	}
}

// resolvers answer with one shelf.
type resolvers struct {
	shelf *toy.Shelf
	asked func(context.Context) // by Books; nil for nothing
}

func (r resolvers) Query() graph.QueryResolver { return queries(r) }
func (r resolvers) Shelf() graph.ShelfResolver { return r }

type queries resolvers

func (q queries) Shelf(context.Context) (*toy.Shelf, error) { return q.shelf, nil }
func (q queries) Left(context.Context) (*toy.Shelf, error)  { return q.shelf, nil }
func (q queries) Shelves(context.Context) ([]*toy.Shelf, error) {
	return []*toy.Shelf{q.shelf, q.shelf}, nil
}

func (r resolvers) Books(ctx context.Context, s *toy.Shelf, first int, like *toy.Like) ([]*toy.Book, error) {
	if r.asked != nil {
		r.asked(ctx)
	}
	if like != nil {
		return nil, fmt.Errorf("no book is like %s", like.Name)
	}
	books := []*toy.Book{{Title: "of " + s.Name}, {Title: "a \"second\"", Pages: new(int), Sequel: &toy.Book{Title: "third"}}, nil}
	return books[:first], nil
}

// answers are what gqlgen and the writer say, and how many fields gqlgen resolved for the latter.
func answers(t *testing.T, r resolvers, guard func(context.Context, graphql.Resolver) (any, error), query string) (stock, written string, left int) {
	t.Helper()
	es := graph.NewExecutableSchema(graph.Config{Resolvers: r, Directives: graph.DirectiveRoot{Guard: func(ctx context.Context, _ any, next graphql.Resolver) (any, error) { return guard(ctx, next) }}})
	var kept sync.Map
	counted := &counter{}
	ask := func(es graphql.ExecutableSchema, use ...graphql.HandlerExtension) string {
		e := executor.New(es)
		e.Use(extension.Introspection{})
		for _, x := range use {
			e.Use(x)
		}
		ctx := graphql.StartOperationTrace(t.Context())
		op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: query})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		answer, ctx := e.DispatchOperation(ctx, op)
		response := answer(ctx)
		slices.SortFunc(response.Errors, func(a, b *gqlerror.Error) int { return strings.Compare(a.Error(), b.Error()) })
		text, err := json.Marshal(response)
		if err != nil {
			t.Fatal(err)
		}
		if answer(ctx) != nil {
			t.Error("there is a second answer")
		}
		return string(text)
	}
	stock = ask(es)
	x := graph.NewWriter(es, func(context.Context) *sync.Map { return &kept })
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		t.Fatal(err)
	}
	graph.Plan(doc, new(sync.Map))
	for range 2 {
		counted.fields = 0
		written = ask(graph.Pooled(es), x, counted)
	}
	return stock, written, counted.fields
}

type counter struct {
	mu     sync.Mutex
	fields int
}

func (*counter) ExtensionName() string                   { return "Counter" }
func (*counter) Validate(graphql.ExecutableSchema) error { return nil }
func (c *counter) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	c.mu.Lock()
	c.fields++
	c.mu.Unlock()
	return next(ctx)
}

func pass(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) }

const everything = `id name note grid sparse base { __typename ... on Named { name } } top { ...T } things { ...T } named { __typename name ... on Shelf { note } } lamp { lit name } spare { ...T } shade { name } colour colours books { ...T } } }
	fragment T on Thing { __typename ... on Book { name pages sequel { name sequel { name } } } ... on Lamp { lit } }`

func full() *toy.Shelf {
	lamp, book, note, one := &toy.Lamp{Name: "lamp", Lit: true}, &toy.Book{Title: "book"}, "a\nnote", 1
	red := toy.Colour(0xff0000)
	return &toy.Shelf{
		ID: "1", Name: "shelf", Note: &note, Grid: [][]int{{1, 2}, {}, nil}, Sparse: [][]*int{nil, {&one, nil}}, Base: lamp, Top: book,
		Things: []toy.Thing{book, lamp}, Named: []toy.Named{nil, lamp, (*toy.Book)(nil), &toy.Shelf{Name: "inner"}}, Lamp: lamp,
		Spare: *lamp, Colour: &red, Colours: []toy.Colour{red, 0},
	}
}

// The toy is written as gqlgen writes it, with nulls that make their parents null, and the writer writes it.
func TestTheToyIsWrittenAsByGqlgen(t *testing.T) {
	for name, change := range map[string]func(*toy.Shelf){
		"all is there":                      func(*toy.Shelf) {},
		"nothing is there that need not be": func(s *toy.Shelf) { *s = toy.Shelf{Base: s.Base, Lamp: s.Lamp} },
		"an object is null and must not be": func(s *toy.Shelf) { s.Lamp = nil },
		"a union is null and must not be":   func(s *toy.Shelf) { s.Base = nil },
		"a member is null and must not be":  func(s *toy.Shelf) { s.Things[1] = nil },
		"a member is nil of a type":         func(s *toy.Shelf) { s.Things[1] = (*toy.Lamp)(nil) },
		"a list is empty":                   func(s *toy.Shelf) { s.Things, s.Named = []toy.Thing{}, []toy.Named{} },
	} {
		for _, root := range []string{"shelf", "shelves"} {
			s := full()
			change(s)
			stock, written, left := answers(t, resolvers{shelf: s}, pass, "{ "+root+" { "+everything)
			if stock != written || left != 1 {
				t.Errorf("%s, %s: %d fields are gqlgen's\ngqlgen  %s\nwritten %s", name, root, left, stock, written)
			}
		}
	}
	for _, query := range []string{
		`{ shelf { books(first: 3) { name } } }`,               // an element is null
		`{ shelf { name books(like: {name: "x"}) { name } } }`, // a resolver fails
		`{ shelf { a: books(first: 0) { name } __typename } }`,
	} {
		if stock, written, left := answers(t, resolvers{shelf: full()}, pass, query); stock != written || left != 1 {
			t.Errorf("%s: %d fields are gqlgen's\ngqlgen  %s\nwritten %s", query, left, stock, written)
		}
	}
}

// What is not written gqlgen answers, beside what is.
func TestWhatGqlgenAnswers(t *testing.T) {
	for query, want := range map[string]int{
		`{ left { name } }`:                                2,
		`{ left { name } shelf { name } }`:                 3,
		`{ __schema { queryType { name } } }`:              3,
		`{ shelf { name } __type(name: "Lamp") { name } }`: 3,
	} {
		stock, written, left := answers(t, resolvers{shelf: full()}, pass, query)
		if stock != written || left != want {
			t.Errorf("%s: %d fields are gqlgen's, want %d\ngqlgen  %s\nwritten %s", query, left, want, stock, written)
		}
	}
}

// What is deferred gqlgen answers, with the rest of its root field.
func TestDeferredFieldsAreLeftToGqlgen(t *testing.T) {
	es := graph.NewExecutableSchema(graph.Config{Resolvers: resolvers{shelf: full()}, Directives: graph.DirectiveRoot{Guard: func(ctx context.Context, _ any, next graphql.Resolver) (any, error) { return next(ctx) }}})
	x := graph.NewWriter(es, func(context.Context) *sync.Map { return nil })
	var said []string
	for _, use := range [][]graphql.HandlerExtension{nil, {x}} {
		e := executor.New(es)
		for _, x := range use {
			e.Use(x)
		}
		op, errs := e.CreateOperationContext(graphql.StartOperationTrace(t.Context()), &graphql.RawParams{Query: `{ shelf { name ... @defer(label: "later") { books(first: 1) { name } } } }`})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		all := ""
		for answer, ctx := e.DispatchOperation(graphql.StartOperationTrace(t.Context()), op); ; {
			response := answer(ctx)
			if response == nil {
				break
			}
			text, _ := json.Marshal(response)
			all += string(text) + "\n"
		}
		said = append(said, all)
	}
	if said[0] != said[1] || !strings.Contains(said[0], `"label":"later"`) {
		t.Errorf("gqlgen  %s\nwritten %s", said[0], said[1])
	}
}

// A directive at a root field is called for it, whatever that returns.
func TestADirectiveAtARootFieldIsCalled(t *testing.T) {
	for name, guard := range map[string]func(context.Context, graphql.Resolver) (any, error){
		"it fails":                      func(context.Context, graphql.Resolver) (any, error) { return nil, errors.New("not for you") },
		"it returns nothing":            func(context.Context, graphql.Resolver) (any, error) { return nil, nil },
		"it returns another shelf":      func(context.Context, graphql.Resolver) (any, error) { return &toy.Shelf{Name: "other"}, nil },
		"it returns what is no shelf":   func(context.Context, graphql.Resolver) (any, error) { return 7, nil },
		"it returns what writes itself": func(context.Context, graphql.Resolver) (any, error) { return graphql.MarshalString("itself"), nil },
	} {
		called := 0
		stock, written, _ := answers(t, resolvers{shelf: full()}, func(ctx context.Context, next graphql.Resolver) (any, error) { called++; return guard(ctx, next) }, `{ shelf { name } }`)
		if stock != written || called != 3 {
			t.Errorf("%s: called %d times\ngqlgen  %s\nwritten %s", name, called, stock, written)
		}
	}
}

// A resolver below a list is not told where in it, and what panics is null from its resolver on.
func TestWhatDiffers(t *testing.T) {
	const query = `{ shelves { books(first: 1) { name } } }`
	var mu sync.Mutex
	paths := map[string]int{}
	answers(t, resolvers{full(), func(ctx context.Context) {
		mu.Lock()
		paths[graphql.GetPath(ctx).String()+" in "+graphql.GetFieldContext(ctx).Parent.Path().String()]++
		mu.Unlock()
	}}, pass, query)
	for path, times := range map[string]int{"shelves[0].books in shelves[0]": 1, "shelves[1].books in shelves[1]": 1, "shelves.books in shelves": 4} {
		if paths[path] != times {
			t.Errorf("%s: %d times, want %d, of %v", path, paths[path], times, paths)
		}
	}
	const panics = `{"errors":[{"message":"internal system error","path":["shelf"%s]}],"data":{"shelf":null}}`
	stock, written, _ := answers(t, resolvers{shelf: &toy.Shelf{Base: unknown{}}}, pass, `{ shelf { base { __typename } } }`)
	if stock != fmt.Sprintf(panics, `,"base"`) || written != fmt.Sprintf(panics, "") {
		t.Errorf("gqlgen  %s\nwritten %s", stock, written)
	}
}

// unknown is no member of Thing that the schema has.
type unknown struct{}

func (unknown) IsThing() {}
