package graph

import (
	"bytes"
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

// Pooled is a schema that NewExecutableSchema made, whose answers to queries stand in buffers
// that Release takes back.
func Pooled(schema graphql.ExecutableSchema) graphql.ExecutableSchema {
	return pooled{schema.(*executableSchema)}
}

type pooled struct{ *executableSchema }

// Exec is gqlgen's, but for where a query is written to. It gives one answer: the transport
// leaves no @defer in a document.
func (s pooled) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation != ast.Query {
		return s.executableSchema.Exec(ctx)
	}
	answered := false
	return func(ctx context.Context) *graphql.Response {
		if answered {
			return nil
		}
		answered = true
		ec := newExecutionContext(op, s.executableSchema, nil)
		buffer := bytes.NewBuffer((*buffers.Get().(*[]byte))[:0])
		ec._Query(ctx, op.Operation.SelectionSet).MarshalGQL(buffer)
		return &graphql.Response{Data: buffer.Bytes()}
	}
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxReleased is the largest buffer that is kept for another answer.
const maxReleased = 4 << 20

// Release takes the data of an answer back once nobody holds it any more: it becomes another
// answer's. Data that is never given back is no fault.
func Release(data []byte) {
	if cap(data) > 0 && cap(data) <= maxReleased {
		buffers.Put(&data)
	}
}
