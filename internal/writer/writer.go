// Package writer writes GraphQL answers with plans that are compiled once per document, in place of gqlgen's
// executor.
//
// The executor starts a goroutine for each element of a list, and allocates a context for each field and a map
// for each object. A plan holds the fields of a selection in their order; code that a gqlgen plugin generates
// from the schema (gqlgenplugin) appends them to one buffer. Resolvers need no change: the generated code calls
// them one after another, with the arguments that gqlgen would give them and a context that is made once per
// field.
//
// gqlgen still answers what the generated code does not write, such as introspection and mutations. Both give
// the same bytes, which tests compare, except for panics, text that is not UTF-8, and resolvers that ask where
// they are: decision 0019 says what differs.
//
// A server needs what the generated code offers (NewWriter, Pooled, Plan and Release), KeptWithDocument unless it
// caches documents itself, and perhaps WithLayouts. Everything else that is exported is for the generated code.
// The README shows how to generate and how to serve.
package writer

import (
	"context"
	"io"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// A Writer holds the answer of one root field while it is written. A value that cannot be written becomes null and the
// function that wrote it returns false, so that its parent can become null in turn if the schema requires a value.
type Writer struct {
	buf   []byte // the value, from lead on
	lead  int    // room for what stands before the value in the data
	ctx   context.Context
	op    *graphql.OperationContext
	path  []step
	plan  *Root
	bound []Bound

	layouts  *Layouts // nil without WithLayouts
	layout   *Layout
	elements int // of the value, if it is a list; otherwise 1
}

// step is an element of a path: a field, or an index of a list.
type step struct {
	field *Field
	index int
}

// Bound is a field with a resolver in one request: what its resolver is called with, whatever the object. The
// FieldContext of Ctx is a direct child of the root field's, without the fields in between.
type Bound struct {
	Ctx   context.Context
	Args  map[string]any
	Ready bool
	err   error
}

var writers = sync.Pool{New: func() any { return new(Writer) }}

// New returns a writer for the root field of ctx. It makes room by what the elements of the plan's last value took, and
// elements is how many this one has; 1 if it is not a list.
func New(ctx context.Context, plan *Root, elements int) *Writer {
	w := writers.Get().(*Writer)
	w.ctx, w.op, w.plan = ctx, graphql.GetOperationContext(ctx), plan
	w.path, w.elements = w.path[:0], elements
	w.buf, w.lead = append(withRoom(taken(), len(blank)+plan.usual.bytes.of(elements, pooledRoom(maxReleased))), blank[:]...), len(blank)
	if cap(w.bound) < plan.resolvers {
		w.bound = make([]Bound, plan.resolvers)
	}
	w.bound = w.bound[:plan.resolvers]
	clear(w.bound)
	if w.layouts = LayoutsFrom(ctx); w.layouts != nil {
		w.layout = layouts.Get().(*Layout)
		w.layout.objects = withRoom(w.layout.objects, plan.usual.objects.of(elements, pooledRoom(maxPooledObjects)))
		w.layout.members = withRoom(w.layout.members, plan.usual.members.of(elements, pooledRoom(maxPooledMembers)))
	}
	return w
}

// pooledRoom is the most room that withRoom makes memory for without exceeding what is pooled.
func pooledRoom(most int) int { return most - most/8 }

// withRoom returns an empty list with room for so many; in new memory, with an eighth more, if it has less.
func withRoom[T any](list []T, room int) []T {
	if cap(list) < room {
		return make([]T, 0, room+room/8)
	}
	return list[:0]
}

// Answer returns what was written, for gqlgen to marshal once. The writer must not be used again. A root field
// that became null is graphql.Null, because gqlgen compares with it.
func (w *Writer) Answer(ok bool) graphql.Marshaler {
	if !ok {
		w.release()
		return graphql.Null
	}
	u := &w.plan.usual
	u.bytes.saw(len(w.buf)-w.lead, w.elements)
	if w.layout != nil {
		u.objects.saw(len(w.layout.objects), w.elements)
		u.members.saw(len(w.layout.members), w.elements)
	}
	return &answer{w}
}

// answer returns its writer to the pool when it is marshalled. It drops the writer first, because the writer
// then belongs to another request.
type answer struct{ writer *Writer }

func (a *answer) MarshalGQL(to io.Writer) {
	w := a.writer
	if w == nil {
		panic("writer: an answer was marshalled twice; its memory is another answer's by now")
	}
	a.writer = nil
	if before, ok := to.(interface{ Len() int }); ok && w.layouts != nil {
		w.layouts.keep(w.layout, before.Len(), len(w.buf)-w.lead)
		w.layout = nil
	}
	if d, ok := to.(*data); !ok || !d.adopt(w) {
		to.Write(w.buf[w.lead:])
	}
	w.release()
}

func (w *Writer) release() {
	Release(w.buf)
	w.buf = nil
	w.ctx, w.op, w.plan = nil, nil, nil
	if w.layout != nil {
		w.layout.release()
	}
	w.layouts, w.layout = nil, nil
	clear(w.bound[:cap(w.bound)])
	clear(w.path[:cap(w.path)])
	writers.Put(w)
}

// Write appends JSON, for marshalers that want an io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.buf = append(w.buf, p...)
	return len(p), nil
}

// WriteString appends JSON.
func (w *Writer) WriteString(s string) (int, error) {
	w.buf = append(w.buf, s...)
	return len(s), nil
}

// AvailableBuffer returns the room after what has been written, for marshalers that append to it and Write the
// result, as with bytes.Buffer.
func (w *Writer) AvailableBuffer() []byte { return w.buf[len(w.buf):] }

// Len returns the number of bytes written: a position to pass to Close and CloseList.
func (w *Writer) Len() int { return len(w.buf) }

// Open begins an object, and returns what Key and Close need.
func (w *Writer) Open(p *Plan) (o int) {
	if w.layout != nil {
		o = w.layout.open(p, len(w.buf)-w.lead)
	}
	w.buf = append(w.buf, '{')
	return o
}

// Key begins the ith field of an object.
func (w *Writer) Key(o, i int, f *Field) {
	if i > 0 {
		w.buf = append(w.buf, ',')
	}
	if w.layout != nil {
		w.layout.key(o, i, len(w.buf)-w.lead)
	}
	w.buf = append(w.buf, f.key...)
}

// Close ends an object that began at from. If a non-null field is null, the whole object is.
func (w *Writer) Close(o, from int, ok bool) bool {
	if !ok {
		return w.cut(from)
	}
	w.buf = append(w.buf, '}')
	if w.layout != nil {
		w.layout.close(o, len(w.buf)-w.lead)
	}
	return true
}

// OpenList begins a list.
func (w *Writer) OpenList() {
	w.buf = append(w.buf, '[')
	w.path = append(w.path, step{})
}

// Element begins the ith element.
func (w *Writer) Element(i int) {
	if i > 0 {
		w.buf = append(w.buf, ',')
	}
	w.path[len(w.path)-1].index = i
}

// CloseList ends a list that began at from, like Close.
func (w *Writer) CloseList(from int, ok bool) bool {
	w.path = w.path[:len(w.path)-1]
	if ok {
		w.buf = append(w.buf, ']')
		return true
	}
	return w.cut(from)
}

func (w *Writer) cut(from int) bool {
	if w.layout != nil {
		w.layout.cut(from - w.lead)
	}
	w.buf = append(w.buf[:from], "null"...)
	return false
}

// Enter and Leave surround the value of a field below which an error can occur.
func (w *Writer) Enter(f *Field) { w.path = append(w.path, step{field: f}) }

// Leave ends what Enter began.
func (w *Writer) Leave() { w.path = w.path[:len(w.path)-1] }

// Null writes null where the schema allows it.
func (w *Writer) Null() bool {
	w.buf = append(w.buf, "null"...)
	return false
}

// Missing writes null for a non-null field, and reports the error.
func (w *Writer) Missing() bool {
	graphql.AddErrorf(w.here(), "the requested element is null which the schema does not allow")
	return w.Null()
}

// Nothing is Missing for a field that is an interface, which gqlgen reports in other words.
func (w *Writer) Nothing() bool {
	graphql.AddErrorf(w.here(), "must not be null")
	return w.Null()
}

// Int writes a number.
func (w *Writer) Int(n int64) { w.buf = strconv.AppendInt(w.buf, n, 10) }

// Boolean writes true or false.
func (w *Writer) Boolean(b bool) { w.buf = strconv.AppendBool(w.buf, b) }

// Bound returns what the resolver of a field is called with in this request. Bind must fill it unless it is
// Ready.
func (w *Writer) Bound(f *Field) *Bound { return &w.bound[f.slot] }

// Bind fills a Bound. read reads the arguments; nil if the field has none. Arguments without variables are
// cached with the plan and must not be modified.
func (w *Writer) Bind(b *Bound, f *Field, object string, read func(context.Context, map[string]any) (map[string]any, error)) {
	fc := &graphql.FieldContext{Object: object, Field: f.collected, IsMethod: true, IsResolver: true}
	b.Ready, b.Ctx = true, graphql.WithFieldContext(w.ctx, fc)
	if read == nil {
		return
	}
	kept := &w.plan.arguments[f.slot]
	if before := kept.Load(); before != nil {
		fc.Args = *before
	} else if fc.Args, b.err = read(b.Ctx, f.collected.ArgumentMap(w.op.Variables)); f.fixed && b.err == nil {
		args := fc.Args // without the context, which knows the patient
		kept.Store(&args)
	}
	b.Args = fc.Args
}

// Unread reports whether a field's arguments could not be read. If so it writes null.
func (w *Writer) Unread(b *Bound) bool {
	if b.err == nil {
		return false
	}
	w.op.Error(w.here(), b.err)
	w.Null()
	return true
}

// Failed writes null for a field whose resolver failed.
func (w *Writer) Failed(err error) bool {
	ctx := w.here()
	w.op.Error(ctx, graphql.AddFieldLocationToError(ctx, err))
	return w.Null()
}

// Recover is deferred around a field with a resolver. A panic becomes an error of the field, which becomes null as if
// nothing of it had been written.
func (w *Writer) Recover(from, depth int, ok *bool) {
	if r := recover(); r != nil {
		w.path = w.path[:depth]
		ctx := w.here()
		w.op.Error(ctx, w.op.Recover(ctx, r))
		*ok = w.cut(from)
	}
}

// Depth returns the length of the path, for Recover.
func (w *Writer) Depth() int { return len(w.path) }

// here returns a context with the path of the value being written, as gqlgen's executor would have it: for
// errors, not for resolvers.
func (w *Writer) here() context.Context {
	ctx := w.ctx
	for _, s := range w.path {
		fc := &graphql.FieldContext{}
		if s.field != nil {
			fc.Field = s.field.collected
		} else {
			index := s.index
			fc.Index = &index
		}
		ctx = graphql.WithFieldContext(ctx, fc)
	}
	return ctx
}
