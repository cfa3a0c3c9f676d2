package writer

import (
	"bytes"
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// An Extension answers the root fields of queries that can be written. Give it to the
// executor. What cannot be written, gqlgen answers.
type Extension struct {
	schema Schema
	query  string
	kept   func(context.Context) *sync.Map
	write  RootFunc
}

// A RootFunc writes the value of a root field; ok is false where it comes to null, and known
// false where it is not of the field's type: gqlgen answers then.
type RootFunc func(op *graphql.OperationContext, w *Writer, f *Field, value any) (ok, known bool)

// NewExtension is for the generated code, whose NewWriter says what kept is. query is the
// name of the query type.
func NewExtension(schema Schema, query string, kept func(context.Context) *sync.Map, write RootFunc) *Extension {
	return &Extension{schema, query, kept, write}
}

// ExtensionName is for gqlgen's messages.
func (*Extension) ExtensionName() string { return "Writer" }

// Validate accepts every schema.
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
	w := New(ctx, plan)
	ok, known := x.write(op, w, plan.Field, value)
	if answer := w.Answer(ok && known); known {
		return answer, nil
	}
	return value, nil
}

// Pooled is a schema whose answers to queries stand in buffers that Release takes back. query
// executes one, as the schema would.
func Pooled(schema graphql.ExecutableSchema, query func(context.Context, *graphql.OperationContext) graphql.Marshaler) graphql.ExecutableSchema {
	return pooled{schema, query}
}

type pooled struct {
	graphql.ExecutableSchema
	query func(context.Context, *graphql.OperationContext) graphql.Marshaler
}

// Exec is gqlgen's, but for where a query is written to. It gives one answer: a document with
// @defer must not come here.
func (s pooled) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation != ast.Query {
		return s.ExecutableSchema.Exec(ctx)
	}
	answered := false
	return func(ctx context.Context) *graphql.Response {
		if answered {
			return nil
		}
		answered = true
		buffer := bytes.NewBuffer((*buffers.Get().(*[]byte))[:0])
		s.query(ctx, op).MarshalGQL(buffer)
		return &graphql.Response{Data: buffer.Bytes()}
	}
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxReleased is the largest buffer that is kept for another answer.
const maxReleased = 8 << 20

// Release takes the data of an answer back once nobody holds it any more: it becomes another
// answer's. Data that is never given back is no fault.
func Release(data []byte) {
	if cap(data) <= maxReleased {
		buffers.Put(&data)
	}
}
