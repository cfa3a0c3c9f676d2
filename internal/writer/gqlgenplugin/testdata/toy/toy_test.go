package toy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"carerecord/internal/writer/gqlgenplugin/testdata/toy"
	"carerecord/internal/writer/gqlgenplugin/testdata/toy/graph" // TestTheToy generates it
)

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

const everything = `id name note grid sparse base { __typename ... on Named { name } } top { ...T } things { ...T } named { __typename name ... on Shelf { note } } lamp { lit name } spare { ...T } shade { name } colour colours hue front { ...T } stack { ...T } flicker { name } books { ...T } } }
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

// A method that may return nothing is called once for an answer: what it returns may differ the next time.
func TestMethodsAreCalledOnce(t *testing.T) {
	s := full()
	stock, written, _ := answers(t, resolvers{shelf: s}, pass, `{ shelf { hue flicker { name } front { __typename } stack { __typename } } }`)
	if stock != written || s.Calls != 3*4 {
		t.Errorf("four methods were called %d times for three answers\ngqlgen  %s\nwritten %s", s.Calls, stock, written)
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

// What is deferred gqlgen answers, with the rest of its root field, and in as many responses, pooled or not.
func TestDeferredFieldsAreLeftToGqlgen(t *testing.T) {
	es := graph.NewExecutableSchema(graph.Config{Resolvers: resolvers{shelf: full()}, Directives: graph.DirectiveRoot{Guard: func(ctx context.Context, _ any, next graphql.Resolver) (any, error) { return next(ctx) }}})
	x := graph.NewWriter(es, func(context.Context) *sync.Map { return nil })
	for _, query := range []string{
		`{ shelf { name ... @defer(label: "later") { books(first: 1) { name } } } }`,
		`{ shelves { id ...F } } fragment F on Shelf { name ...G @defer(label: "later") } fragment G on Shelf { books(first: 1) { name } }`,
	} {
		stock := responses(t, executor.New(es), query)
		for name, es := range map[string]graphql.ExecutableSchema{"as it is": es, "pooled": graph.Pooled(es)} {
			e := executor.New(es)
			e.Use(x)
			if written := responses(t, e, query); written != stock || !strings.Contains(stock, `"label":"later"`) {
				t.Errorf("%s, %s\ngqlgen  %s\nwritten %s", name, query, stock, written)
			}
		}
	}
}

// responses are all responses to a query, the first one first.
func responses(t *testing.T, e *executor.Executor, query string) string {
	t.Helper()
	op, errs := e.CreateOperationContext(graphql.StartOperationTrace(t.Context()), &graphql.RawParams{Query: query})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var all []string
	for answer, ctx := e.DispatchOperation(graphql.StartOperationTrace(t.Context()), op); ; {
		response := answer(ctx)
		if response == nil {
			slices.Sort(all[1:])
			return strings.Join(all, "\n")
		}
		if len(all) > 0 {
			response.HasNext = nil // of what comes in no order
		}
		text, _ := json.Marshal(response)
		all = append(all, string(text))
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
