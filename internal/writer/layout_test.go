package writer

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

func fieldOf(alias string, below *Plan) Field {
	key, _ := json.Marshal(alias)
	return Field{key: string(key) + ":", Below: below, collected: graphql.CollectedField{Field: &ast.Field{Alias: alias, Name: alias}}}
}

// planOf is a plan with its fields as they are asked for: each a name, or a name with what is below it.
func planOf(fields ...Field) *Plan {
	p := &Plan{Fields: fields}
	p.sort()
	return p
}

// asItIs writes what a layout leaves to others.
func asItIs(data []byte) func([]byte, int, int) ([]byte, error) {
	return func(out []byte, from, to int) ([]byte, error) { return append(out, data[from:to]...), nil }
}

func laidOut(t *testing.T, w *Writer, before string) (*Layout, []byte) {
	t.Helper()
	var all Layouts
	all.keep(w.layout, len(before), len(w.buf))
	if len(all.All()) != 1 {
		t.Fatal("no layout is kept")
	}
	return all.all[0], []byte(before + string(w.buf) + "}")
}

// Members of objects within members, of lists, of nothing and beside what was cut come in the order of their names.
func TestSorted(t *testing.T) {
	leaf := planOf(fieldOf("y", nil), fieldOf("x", nil))
	plan := planOf(fieldOf("list", leaf), fieldOf("b", nil), fieldOf("none", leaf), fieldOf("a", leaf), fieldOf("cut", leaf))
	w := &Writer{layout: new(Layout)}
	object := func(y, x int64) {
		from, o := w.Len(), w.Open(leaf)
		w.Key(o, 0, &leaf.Fields[0])
		w.Int(y)
		w.Key(o, 1, &leaf.Fields[1])
		w.Int(x)
		w.Close(o, from, true)
	}
	o := w.Open(plan)
	for i := range plan.Fields {
		f := &plan.Fields[i]
		w.Key(o, i, f)
		switch f.collected.Alias {
		case "list":
			from := w.Len()
			w.OpenList()
			for i := range 3 {
				w.Element(i)
				object(int64(i), 9)
			}
			w.CloseList(from, true)
		case "a":
			object(5, 6)
		case "b":
			w.String("a \"quoted\" text")
		case "none":
			w.Null()
		case "cut":
			from, below := w.Len(), w.Open(leaf)
			w.Key(below, 0, &leaf.Fields[0])
			object(1, 2) // whatever stood there
			w.Close(below, from, false)
		}
	}
	w.Close(o, 0, true)
	layout, data := laidOut(t, w, `{"root":`)
	const want = `{"a":{"x":6,"y":5},"b":"a \"quoted\" text","cut":null,"list":[{"x":9,"y":0},{"x":9,"y":1},{"x":9,"y":2}],"none":null}`
	for range 2 {
		if got, err := layout.Sorted(nil, data, asItIs(data)); err != nil || string(got) != want {
			t.Errorf("%s, %v\nwant %s", got, err, want)
		}
	}
	if start, end := layout.Span(); string(data[start:end]) != string(w.buf) {
		t.Errorf("it spans %s", data[start:end])
	}
	broken := errors.New("broken")
	for _, number := range []string{`6`, `2`, `"a \"quoted\" text"`} { // in an object, in a list, in the object itself
		_, err := layout.Sorted(nil, data, func(out []byte, from, to int) ([]byte, error) {
			if string(data[from:to]) == number {
				return nil, broken
			}
			return out, nil
		})
		if err != broken {
			t.Errorf("where %s cannot be written: %v", number, err)
		}
	}
}

// What is given back is empty, and given back once.
func TestLayoutsAreGivenBack(t *testing.T) {
	var none *Layouts
	none.Release()
	if none.All() != nil || LayoutsFrom(t.Context()) != nil {
		t.Error("layouts that nobody asked for")
	}
	kept, huge := &Layout{objects: []object{{plan: new(Plan)}}, members: []uint32{1}}, &Layout{objects: []object{{plan: new(Plan)}}}
	all := LayoutsFrom(WithLayouts(t.Context()))
	all.keep(kept, 1, math.MaxUint32)
	all.keep(huge, 1, math.MaxUint32+1)
	if len(all.All()) != 1 || all.All()[0] != kept || len(huge.objects) != 0 {
		t.Errorf("%d layouts are kept", len(all.All()))
	}
	all.Release()
	if len(all.All()) != 0 || len(kept.objects)+len(kept.members) != 0 || kept.objects[:1][0].plan != nil {
		t.Errorf("%+v is left of what was given back", kept)
	}
}

// A field whose resolver panics is null, wherever it was in its value, and what was noted of that is forgotten.
func TestRecover(t *testing.T) {
	var said []string
	ctx := graphql.WithResponseContext(t.Context(), func(_ context.Context, err error) *gqlerror.Error {
		said = append(said, err.Error())
		return &gqlerror.Error{Message: err.Error()}
	}, func(context.Context, any) error { return errors.New("recovered") })
	op := &graphql.OperationContext{RecoverFunc: func(context.Context, any) error { return errors.New("recovered") }}
	ctx = graphql.WithOperationContext(ctx, op)
	leaf := planOf(fieldOf("y", nil))
	w := &Writer{ctx: ctx, op: op, layout: new(Layout), path: []step{{field: &leaf.Fields[0]}}}
	w.buf = append(w.buf, `{"document":`...)
	write := func() (ok bool) {
		defer w.Recover(w.Len(), w.Depth(), &ok)
		ok = true
		w.OpenList()
		w.Element(0)
		o := w.Open(leaf)
		w.Key(o, 0, &leaf.Fields[0])
		w.Enter(&leaf.Fields[0])
		panic("something of ours broke")
	}
	if ok := write(); ok || string(w.buf) != `{"document":null` || len(w.path) != 1 || len(w.layout.objects) != 0 || len(said) != 1 || said[0] != "input: y recovered" {
		t.Errorf("%t, %s, path %v, %d objects, said %q", ok, w.buf, w.path, len(w.layout.objects), said)
	}
	for i, null := range []func() bool{w.Missing, w.Nothing} {
		if from := w.Len(); null() || string(w.buf[from:]) != "null" || len(said) != 2+i {
			t.Errorf("what the schema does not allow is written %s, and said %q", w.buf[from:], said)
		}
	}
	said = said[:1]
	b := &Bound{}
	w.plan = &Root{arguments: make([]atomic.Pointer[map[string]any], 1)}
	f := leaf.Fields[0]
	w.Bind(b, &f, "Patient", func(context.Context, map[string]any) (map[string]any, error) { return nil, errors.New("no such date") })
	if from := w.Len(); !w.Unread(b) || string(w.buf[from:]) != "null" || len(said) != 2 || !strings.Contains(said[1], "no such date") {
		t.Errorf("arguments that cannot be read: %s, said %q", w.buf, said)
	}
}

// Nothing of one request is in the next that takes the same memory.
func TestAWriterIsGivenBackEmpty(t *testing.T) {
	ctx := graphql.WithOperationContext(WithLayouts(t.Context()), &graphql.OperationContext{})
	w := New(ctx, &Root{resolvers: 2}, 1)
	if w.layout == nil {
		t.Fatal("nothing is noted")
	}
	w.Bound(&Field{slot: 1}).Args = map[string]any{"nhsNumber": "9990000018"}
	w.Enter(&Field{})
	bound, path := w.bound, w.path[:1]
	w.Leave()
	w.Answer(false)
	if unnoted := new(Writer); unnoted.Close(unnoted.Open(&Plan{}), 0, false) || string(unnoted.buf) != "null" {
		t.Errorf("where nothing is noted: %s", unnoted.buf)
	}
	if w.layout != nil || w.layouts != nil || w.ctx != nil || w.op != nil || w.plan != nil || bound[1].Args != nil || path[0].field != nil {
		t.Errorf("%+v, %+v, %+v", w, bound, path)
	}
}
