package writer

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// An Extension answers the root fields of queries that the generated code can write. Register it with the executor.
// gqlgen answers everything else.
type Extension struct {
	schema Schema
	query  string
	kept   func(context.Context) *sync.Map
	write  RootFunc
}

// A RootFunc writes the value of a root field. ok is false if the value becomes null. known is false if the value is
// not of the field's type; gqlgen answers then.
type RootFunc func(op *graphql.OperationContext, w *Writer, f *Field, value any) (ok, known bool)

// NewExtension is called by the generated code; its NewWriter documents kept. query is the name of the query type.
func NewExtension(schema Schema, query string, kept func(context.Context) *sync.Map, write RootFunc) *Extension {
	if kept == nil {
		kept = func(context.Context) *sync.Map { return nil }
	}
	return &Extension{schema, query, kept, write}
}

// ExtensionName implements graphql.HandlerExtension.
func (*Extension) ExtensionName() string { return "Writer" }

// Validate implements graphql.HandlerExtension. It accepts every schema.
func (*Extension) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptField writes what the resolver of a root field returned, or leaves it to gqlgen.
func (x *Extension) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	value, err := next(ctx)
	field := graphql.GetFieldContext(ctx)
	if err != nil || field == nil || field.Object != x.query || graphql.GetOperationContext(ctx).Operation.Operation != ast.Query {
		return value, err
	}
	op := graphql.GetOperationContext(ctx)
	plan, ok := x.schema.Root(op, x.kept(ctx), field.Object, field.Field)
	if !ok {
		return value, nil
	}
	w := New(ctx, plan, elementsOf(value))
	ok, known := x.write(op, w, plan.Field, value)
	if answer := w.Answer(ok && known); known {
		return answer, nil
	}
	return value, nil
}

// elementsOf returns the length of a list; 1 for any other value.
func elementsOf(value any) int {
	if v := reflect.ValueOf(value); v.Kind() == reflect.Slice {
		return v.Len()
	}
	return 1
}

// Pooled wraps a schema so that answers to queries are written to pooled buffers, which Release returns. query executes
// a query as the schema would.
func Pooled(schema graphql.ExecutableSchema, query func(context.Context, *graphql.OperationContext) graphql.Marshaler) graphql.ExecutableSchema {
	return pooled{schema, query}
}

type pooled struct {
	graphql.ExecutableSchema
	query func(context.Context, *graphql.OperationContext) graphql.Marshaler
}

// Exec executes an operation as gqlgen does, except for where a query's answer is written. What may come in several
// responses, a document with @defer, is the schema's.
func (s pooled) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation != ast.Query || deferred(op.Doc, op.Operation) {
		return s.ExecutableSchema.Exec(ctx)
	}
	answered := false
	return func(ctx context.Context) *graphql.Response {
		if answered {
			return nil
		}
		answered = true
		d := newData()
		s.query(ctx, op).MarshalGQL(d)
		return &graphql.Response{Data: d.text}
	}
}

// deferred reports whether anything of an operation, or any fragment beside it, is deferred.
func deferred(doc *ast.QueryDocument, op *ast.OperationDefinition) bool {
	return defers(op.SelectionSet) || slices.ContainsFunc(doc.Fragments, func(f *ast.FragmentDefinition) bool { return defers(f.SelectionSet) })
}

func defers(set ast.SelectionSet) bool {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if defers(s.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if s.Directives.ForName("defer") != nil || defers(s.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if s.Directives.ForName("defer") != nil {
				return true
			}
		}
	}
	return false
}
