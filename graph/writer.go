package graph

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/writer"
)

// Writer answers the root fields that can be written with compiled plans; give it to the
// executor as an extension. What cannot be written, gqlgen answers.
type Writer struct {
	schema *executableSchema
	place  func(context.Context) *sync.Map
}

// NewWriter makes a Writer for a schema that NewExecutableSchema made. place is where
// plans are kept for as long as their document is; where it gives nil a plan is made for
// the request.
func NewWriter(schema graphql.ExecutableSchema, place func(context.Context) *sync.Map) *Writer {
	return &Writer{schema: schema.(*executableSchema), place: place}
}

// writing is one root field being written.
type writing struct {
	*writer.Writer
	ec *executionContext
}

// ExtensionName is for gqlgen's messages.
func (*Writer) ExtensionName() string { return "Writer" }

// Validate accepts every schema.
func (*Writer) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptField writes what the resolver of a root field returned, or leaves it to
// gqlgen.
func (x *Writer) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	value, err := next(ctx)
	field := graphql.GetFieldContext(ctx)
	if err != nil || field == nil || field.Object != "Query" || graphql.GetOperationContext(ctx).Operation.Operation != ast.Query {
		return value, err
	}
	op := graphql.GetOperationContext(ctx)
	plan, ok := written.Root(op, x.place(ctx), field.Object, field.Field)
	if !ok {
		return value, nil
	}
	w := writing{writer.New(ctx, plan), newExecutionContext(op, x.schema, nil)}
	return w.Answer(w.writeRoot(plan.Field, value)), nil
}

// Plan makes the plans of a document before the first request, and keeps them where
// NewWriter's place will give them.
func Plan(doc *ast.QueryDocument, kept *sync.Map) { written.Prepare(doc, kept, "Query") }
