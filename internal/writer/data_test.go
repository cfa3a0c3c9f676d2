package writer

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

// written is the answer of a root field with one object: {"b":text,"a":7}.
func written(ctx context.Context, plan *Plan, text string, elements int) (*Writer, graphql.Marshaler) {
	w := New(ctx, &Root{}, elements)
	from, o := w.Len(), w.Open(plan)
	w.Key(o, 0, &plan.Fields[0])
	w.String(text)
	w.Key(o, 1, &plan.Fields[1])
	w.Int(7)
	return w, w.Answer(w.Close(o, from, true))
}

// A value stands in the data where its writer put it, if there is room before it for what comes first, and is copied otherwise. Either
// way it is the same, and its members are found.
func TestDataTakesOverAValue(t *testing.T) {
	plan := planOf(fieldOf("b", nil), fieldOf("a", nil))
	const value, sorted = `{"b":"text","a":7}`, `{"a":7,"b":"text"}`
	for name, c := range map[string]struct {
		before string
		taken  bool
	}{
		"nothing before it":   {"", true},
		"a name":              {`{"patient":`, true},
		"as much as there is": {strings.Repeat("x", len(blank)), true},
		"more":                {strings.Repeat("x", len(blank)+1), false},
		"much more":           {strings.Repeat("x", 5000), false},
	} {
		ctx := graphql.WithOperationContext(WithLayouts(t.Context()), &graphql.OperationContext{})
		w, answer := written(ctx, plan, "text", 1)
		own, d := &w.buf[w.lead], newData()
		fmt.Fprint(d, c.before)
		answer.MarshalGQL(d)
		fmt.Fprint(d, "}")
		if string(d.text) != c.before+value+"}" {
			t.Errorf("%s: %s", name, d.text)
		}
		if taken := &d.text[len(c.before)] == own; taken != c.taken {
			t.Errorf("%s: the writer's own memory is the data's: %t", name, taken)
		}
		layouts := LayoutsFrom(ctx).All()
		if len(layouts) != 1 {
			t.Fatalf("%s: %d layouts", name, len(layouts))
		}
		if got, err := layouts[0].Sorted(nil, d.text, asItIs(d.text)); err != nil || string(got) != sorted {
			t.Errorf("%s: sorted %s, %v", name, got, err)
		}
	}
}

// Several values follow each other, in data and in any other writer.
func TestDataOfSeveralValues(t *testing.T) {
	plan := planOf(fieldOf("b", nil), fieldOf("a", nil))
	ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{})
	d, buffer := newData(), new(bytes.Buffer)
	want := ""
	for _, size := range []int{0, 3, 100, 5000} {
		text := strings.Repeat("x", size)
		for _, to := range []interface {
			Write([]byte) (int, error)
			Len() int
		}{d, buffer} {
			fmt.Fprint(to, `,"f":`)
			_, answer := written(ctx, plan, text, 1)
			answer.MarshalGQL(to)
		}
		want += `,"f":{"b":"` + text + `","a":7}`
		if string(d.text) != want || buffer.String() != want || d.Len() != len(want) {
			t.Fatalf("after a text of %d:\n%s and\n%s, want\n%s", size, d.text, buffer, want)
		}
	}
}

// A buffer that was given back twice would belong to two answers: a value that data took over is the data's alone.
func TestAValueIsGivenBackOnce(t *testing.T) {
	plan := planOf(fieldOf("b", nil), fieldOf("a", nil))
	ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{})
	w, value := written(ctx, plan, strings.Repeat("x", 4000), 1)
	d := newData()
	value.MarshalGQL(d)
	if w.buf != nil || value.(*answer).writer != nil {
		t.Error("the writer still has what data took over, or the answer has the writer")
	}
	kept := string(d.text)
	for range 50 {
		_, other := written(ctx, plan, strings.Repeat("y", 4000), 1)
		o := newData()
		other.MarshalGQL(o)
		Release(o.text)
	}
	if string(d.text) != kept {
		t.Error("another answer was written over an answer that nobody gave back")
	}
}

// Memory is made by what a plan's last value took for each element.
func TestRoomForAValue(t *testing.T) {
	ctx := graphql.WithOperationContext(WithLayouts(t.Context()), &graphql.OperationContext{})
	leaf := planOf(fieldOf("y", nil), fieldOf("x", nil))
	plan := &Root{}
	fill := func(elements int) {
		w := New(ctx, plan, elements)
		for range elements {
			from, o := w.Len(), w.Open(leaf)
			w.String(strings.Repeat("x", 998))
			w.Close(o, from, true)
		}
		w.Answer(true)
	}
	fill(0) // says nothing
	fill(10)
	w := New(ctx, plan, 4000)
	if bytes, objects, members := cap(w.buf), cap(w.layout.objects), cap(w.layout.members); bytes < 4000*1002 || objects < 4000 || members < 8000 {
		t.Errorf("room for %d bytes, %d objects and %d members", bytes, objects, members)
	}
	w.Answer(false) // nor does a value that is null
	if got := plan.usual.bytes.of(3, 10_000); got != 3*1002 {
		t.Errorf("three elements take %d bytes", got)
	}
	if got := plan.usual.bytes.of(1_000_000, maxReleased); got != maxReleased {
		t.Errorf("room for %d bytes", got)
	}
	w = New(ctx, plan, 100_000_000) // the most, which must be small enough for the pools
	if bytes, objects, members := cap(w.buf), cap(w.layout.objects), cap(w.layout.members); bytes < 7<<20 || bytes > maxReleased ||
		objects < 7*maxPooledObjects/8 || objects > maxPooledObjects || members < 7*maxPooledMembers/8 || members > maxPooledMembers {
		t.Errorf("room for %d bytes, %d objects and %d members", bytes, objects, members)
	}
	w.Answer(false)
	some := make([]int, 3, 10)
	if got := withRoom(some, 10); len(got) != 0 || cap(got) != 10 {
		t.Errorf("a list of %d with room for %d", len(got), cap(got))
	}
	if got := withRoom(some, 16); len(got) != 0 || cap(got) != 18 {
		t.Errorf("a list of %d with room for %d", len(got), cap(got))
	}
}

func TestElementsOf(t *testing.T) {
	for want, value := range map[int]any{0: []int{}, 3: []string{"a", "b", "c"}, 1: "text"} {
		if got := elementsOf(value); got != want {
			t.Errorf("%v has %d elements", value, got)
		}
	}
	if got := elementsOf(nil); got != 1 {
		t.Errorf("nothing has %d elements", got)
	}
}
