package gqlgenplugin_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"

	_ "carerecord/internal/writer" // the toy's tests run it
	"carerecord/internal/writer/gqlgenplugin"
)

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
	text, err := p.Code(built(t, c))
	return string(text), err
}

// built is what gqlgen makes of a configuration before anything is generated.
func built(t *testing.T, c *config.Config) *codegen.Data {
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
	return data
}

func toySchema(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/toy/schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The toy is generated, and its own tests are run with what that gave: they compare the answers with gqlgen's.
func TestTheToy(t *testing.T) {
	dir := t.TempDir()
	c := toyConfig(t, toySchema(t), "")
	c.Exec.Filename = filepath.Join(dir, "schema.generated.go")
	data := built(t, c)
	if err := errors.Join(codegen.GenerateCode(data), plugin("shelf", "shelves").GenerateCode(data)); err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, name := range []string{"schema.generated.go", "writer.generated.go"} {
		there, err := filepath.Abs(filepath.Join("testdata/toy/graph", name))
		if err != nil {
			t.Fatal(err)
		}
		replace[there] = filepath.Join(dir, name)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"toy.go", "toy_test.go"} { // so that this test is run again where they change
		if _, err := os.ReadFile(filepath.Join("testdata/toy", name)); err != nil {
			t.Fatal(err)
		}
	}
	said, err := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-vet=off", "-overlay", path, "./testdata/toy").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, said)
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
			"there is no root field shelf: Options.Roots are fields of Query",
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

// A root field is written once, however often it is named.
func TestARootFieldTwice(t *testing.T) {
	_, err := code(t, plugin("shelf", "shelves", "shelf"), toyConfig(t, toySchema(t), ""))
	if err == nil || err.Error() != "the root field shelf is in Options.Roots twice" {
		t.Errorf("%v", err)
	}
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
