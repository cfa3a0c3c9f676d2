package writer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// asked is a context in which a root field is asked for.
func asked(t *testing.T, operation ast.Operation, object, name string) context.Context {
	t.Helper()
	field := graphql.CollectedField{Field: &ast.Field{Alias: name, Name: name}}
	op := &graphql.OperationContext{Doc: &ast.QueryDocument{}, Operation: &ast.OperationDefinition{Operation: operation}}
	return graphql.WithFieldContext(graphql.WithOperationContext(t.Context(), op), &graphql.FieldContext{Object: object, Field: field})
}

// The extension writes the root fields of queries that it knows, if their values are of the field's type, and nothing else.
func TestWhatTheExtensionWrites(t *testing.T) {
	schema := Schema{"Query": {Satisfies: []string{"Query"}, Fields: map[string]Known{"number": {ID: 1}}}}
	x := NewExtension(schema, "Query", nil, func(_ *graphql.OperationContext, w *Writer, f *Field, value any) (ok, known bool) {
		n, is := value.(int64)
		if !is || f.ID != 1 {
			return true, false
		}
		w.Int(n)
		return n != 0, true
	})
	if x.ExtensionName() == "" || x.Validate(nil) != nil {
		t.Error("gqlgen does not accept it")
	}
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		ctx    context.Context
		value  any
		err    error
		writes string
	}{
		"a field that is known":      {asked(t, ast.Query, "Query", "number"), int64(7), nil, "7"},
		"a value that comes to null": {asked(t, ast.Query, "Query", "number"), int64(0), nil, "null"},
		"a value of another type":    {asked(t, ast.Query, "Query", "number"), "7", nil, ""},
		"no value":                   {asked(t, ast.Query, "Query", "number"), nil, nil, ""},
		"a field that failed":        {asked(t, ast.Query, "Query", "number"), int64(7), broken, ""},
		"a field that is not known":  {asked(t, ast.Query, "Query", "other"), int64(7), nil, ""},
		"a field of another type":    {asked(t, ast.Query, "Shelf", "number"), int64(7), nil, ""},
		"a mutation":                 {asked(t, ast.Mutation, "Query", "number"), int64(7), nil, ""},
		"no field":                   {t.Context(), int64(7), nil, ""},
	} {
		got, err := x.InterceptField(c.ctx, func(context.Context) (any, error) { return c.value, c.err })
		if err != c.err {
			t.Errorf("%s: %v", name, err)
		}
		var b bytes.Buffer
		if m, is := got.(graphql.Marshaler); is {
			m.MarshalGQL(&b)
		} else if got != c.value {
			t.Errorf("%s becomes %v", name, got)
		}
		if b.String() != c.writes {
			t.Errorf("%s is written %q", name, b.String())
		}
	}
}

type schemaOf struct {
	graphql.ExecutableSchema
	answer graphql.ResponseHandler
}

func (s schemaOf) Exec(context.Context) graphql.ResponseHandler { return s.answer }

// Queries are answered once, into buffers that others had before if those are not too large; what is no query is the schema's.
func TestPooled(t *testing.T) {
	others := &graphql.Response{}
	asks := 0
	s := Pooled(schemaOf{answer: func(context.Context) *graphql.Response { return others }}, func(context.Context, *graphql.OperationContext) graphql.Marshaler {
		asks++
		return graphql.WriterFunc(func(w io.Writer) { fmt.Fprint(w, strings.Repeat("x", 100+asks%5), asks) })
	})
	if got := s.Exec(asked(t, ast.Mutation, "", ""))(t.Context()); got != others {
		t.Errorf("a mutation is answered with %v", got)
	}
	later := asked(t, ast.Query, "", "")
	graphql.GetOperationContext(later).Doc.Fragments = ast.FragmentDefinitionList{{Name: "F", SelectionSet: ast.SelectionSet{
		&ast.InlineFragment{SelectionSet: ast.SelectionSet{&ast.Field{SelectionSet: ast.SelectionSet{&ast.FragmentSpread{Directives: ast.DirectiveList{{Name: "defer"}}}}}}},
	}}}
	if got := s.Exec(later)(later); got != others {
		t.Errorf("what is deferred is answered with %v", got)
	}
	ctx := asked(t, ast.Query, "", "")
	used := func(size int) bool {
		for range 20 { // the pool may lose some
			Release(make([]byte, 9, size))
			answer := s.Exec(ctx)
			got := answer(ctx)
			if want := fmt.Sprint(strings.Repeat("x", 100+asks%5), asks); string(got.Data) != want {
				t.Fatalf("%s, want %s", got.Data, want)
			}
			if answer(ctx) != nil {
				t.Fatal("there is a second answer")
			}
			if cap(got.Data) == size {
				return true
			}
		}
		return false
	}
	Release(nil)
	for size, want := range map[int]bool{4 << 10: true, maxReleased: true, maxReleased + 1: false} {
		if used(size) != want {
			t.Errorf("a buffer of %d bytes that was given back is another answer's: %t", size, !want)
		}
	}
}
