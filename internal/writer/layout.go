package writer

import (
	"bytes"
	"context"
	"math"
	"sync"
)

// Layouts record where the members of an answer are, for code that needs them in another order.
type Layouts struct{ all []*Layout }

type layoutsKey struct{}

// WithLayouts returns a context in which Writers record layouts.
func WithLayouts(ctx context.Context) context.Context {
	return context.WithValue(ctx, layoutsKey{}, new(Layouts))
}

// LayoutsFrom returns the layouts of the request, complete once its answer is; nil without WithLayouts.
func LayoutsFrom(ctx context.Context) *Layouts {
	l, _ := ctx.Value(layoutsKey{}).(*Layouts)
	return l
}

// All returns the layouts of the root fields that were written, in the order of the data. Root fields that
// gqlgen answered have none.
func (l *Layouts) All() []*Layout {
	if l == nil {
		return nil
	}
	return l.all
}

// Release returns the layouts to their pool. They must not be used again.
func (l *Layouts) Release() {
	if l == nil {
		return
	}
	for _, layout := range l.all {
		layout.release()
	}
	l.all = nil
}

// A Layout records the objects of one root field and their members.
type Layout struct {
	start, end int // of the value, in the data
	objects    []object
	members    []uint32 // where each member begins
	first      []uint32 // while sorting: for each member of the objects being sorted, the first object in or after it
}

// An object is recorded before the objects in it.
type object struct {
	plan       *Plan
	start, end uint32 // relative to the root field's value
	next       uint32 // the first object after those in it
	member     uint32 // its first member; its members are contiguous
}

var layouts = sync.Pool{New: func() any { return new(Layout) }}

// The most objects, and members of them, that a pooled layout has room for.
const (
	maxPooledObjects = 128 << 10
	maxPooledMembers = 8 * maxPooledObjects
)

func (l *Layout) release() {
	if cap(l.objects) > maxPooledObjects || cap(l.members) > maxPooledMembers {
		return
	}
	clear(l.objects) // so that plans are freed with their document
	l.objects, l.members = l.objects[:0], l.members[:0]
	layouts.Put(l)
}

// open records the beginning of an object, and returns its index.
func (l *Layout) open(p *Plan, at int) int {
	l.objects = append(l.objects, object{plan: p, start: uint32(at), member: uint32(len(l.members))})
	l.members = append(l.members, zeros[:min(len(p.Fields), len(zeros))]...)
	for range len(p.Fields) - len(zeros) {
		l.members = append(l.members, 0)
	}
	return len(l.objects) - 1
}

// zeros are the members of most objects before they are written.
var zeros [32]uint32

func (l *Layout) key(o, i, at int) { l.members[int(l.objects[o].member)+i] = uint32(at) }

func (l *Layout) close(o, at int) {
	l.objects[o].end, l.objects[o].next = uint32(at), uint32(len(l.objects))
}

// cut removes what was recorded at or after a position.
func (l *Layout) cut(from int) {
	k := len(l.objects)
	for k > 0 && l.objects[k-1].start >= uint32(from) {
		k--
	}
	if k < len(l.objects) {
		l.members = l.members[:l.objects[k].member]
		clear(l.objects[k:])
		l.objects = l.objects[:k]
	}
}

// keep adds the layout of a value that starts at a position of the data.
func (l *Layouts) keep(layout *Layout, start, size int) {
	if size > math.MaxUint32 {
		layout.release()
		return
	}
	layout.start, layout.end = start, start+size
	l.all = append(l.all, layout)
}

// Span returns the range of the root field's value in the data.
func (l *Layout) Span() (start, end int) { return l.start, l.end }

// Sorted appends the value to out, with the members of every object sorted by name, bytewise. data is the
// answer's data. other appends a range of data that may have to be written differently: it is called for every
// leaf except true, false, null and strings without escapes.
func (l *Layout) Sorted(out, data []byte, other func(out []byte, from, to int) ([]byte, error)) ([]byte, error) {
	s := sorting{layout: l, text: data[l.start:l.end], out: out, other: other}
	s.plain = bytes.IndexByte(s.text, '\\') < 0
	l.first = l.first[:0]
	err := s.between(0, uint32(len(s.text)), 0)
	return s.out, err
}

type sorting struct {
	layout *Layout
	text   []byte
	plain  bool // the text has no escapes at all
	out    []byte
	other  func(out []byte, from, to int) ([]byte, error)
}

// between appends a range of the data with the objects in it sorted; the first of them is k or comes after it.
func (s *sorting) between(from, to, k uint32) error {
	for k < uint32(len(s.layout.objects)) && s.layout.objects[k].start < to {
		o := &s.layout.objects[k]
		s.out = append(s.out, s.text[from:o.start]...)
		if err := s.object(k); err != nil {
			return err
		}
		from, k = o.end, o.next
	}
	s.out = append(s.out, s.text[from:to]...)
	return nil
}

func (s *sorting) object(k uint32) error {
	o := &s.layout.objects[k]
	base := len(s.layout.first)
	if !o.plan.leaves {
		s.enclosed(k)
	}
	s.out = append(s.out, '{')
	for n := range o.plan.Fields {
		if n > 0 {
			s.out = append(s.out, ',')
		}
		i := n
		if o.plan.order != nil {
			i = int(o.plan.order[n])
		}
		from, to := s.member(o, i)
		var err error
		if f := &o.plan.Fields[i]; f.leaf() {
			err = s.leaf(from, from+uint32(len(f.key)), to)
		} else {
			err = s.between(from, to, s.layout.first[base+i])
		}
		if err != nil {
			return err
		}
	}
	s.out = append(s.out, '}')
	s.layout.first = s.layout.first[:base]
	return nil
}

// enclosed finds the first object in each member of object k.
func (s *sorting) enclosed(k uint32) {
	o, within := &s.layout.objects[k], k+1
	for i := range o.plan.Fields {
		s.layout.first = append(s.layout.first, within)
		_, to := s.member(o, i)
		for within < o.next && s.layout.objects[within].start < to {
			within = s.layout.objects[within].next
		}
	}
}

// member returns the range of a member, with its name and without a comma.
func (s *sorting) member(o *object, i int) (from, to uint32) {
	members := s.layout.members[o.member:][:len(o.plan.Fields)]
	if i+1 < len(members) {
		return members[i], members[i+1] - 1
	}
	return members[i], o.end - 1
}

// leaf appends a leaf, whose value begins at a position.
func (s *sorting) leaf(from, value, to uint32) error {
	switch s.text[value] {
	case '"':
		if s.plain || bytes.IndexByte(s.text[value:to], '\\') < 0 {
			s.out = append(s.out, s.text[from:to]...)
			return nil
		}
	case 't', 'f', 'n':
		s.out = append(s.out, s.text[from:to]...)
		return nil
	}
	s.out = append(s.out, s.text[from:value]...)
	var err error
	s.out, err = s.other(s.out, s.layout.start+int(value), s.layout.start+int(to))
	return err
}
