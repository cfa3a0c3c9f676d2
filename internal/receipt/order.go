package receipt

import (
	"bytes"
	"errors"
	"slices"
	"sync"
)

// shape is the names of an object as they came, and their sorted order. Most objects of a list share one shape,
// which is sorted once.
type shape struct {
	names  []member
	order  []int
	sorted bool
}

// order sorts the members of the object that has just ended.
func (c *canonical) order(members []member) error {
	s := &c.shapes[(7*len(members)+members[0].length)%len(c.shapes)]
	if !c.has(s, members) {
		if err := c.learn(s, members); err != nil {
			return err
		}
	}
	if s.sorted {
		return nil
	}
	start := members[0].start
	c.moved = append(c.moved[:0], c.out[start:]...)
	c.out = c.out[:start]
	for _, i := range s.order {
		c.out = append(c.out, c.moved[members[i].start-start:members[i].end-start]...)
		c.out = append(c.out, ',')
	}
	c.out[len(c.out)-1] = '}'
	return nil
}

// has reports whether an object has this shape.
func (c *canonical) has(s *shape, members []member) bool {
	if len(s.names) != len(members) {
		return false
	}
	for i := range members {
		if !bytes.Equal(c.name(s.names[i]), c.name(members[i])) {
			return false
		}
	}
	return true
}

// learn makes the shape that of an object. A duplicate name is an error.
func (c *canonical) learn(s *shape, members []member) error {
	s.names, s.order = s.names[:0], s.order[:0]
	for i := range members {
		s.order = append(s.order, i)
	}
	compare := func(i, j int) int { return compareNames(c.name(members[i]), c.name(members[j])) }
	if s.sorted = slices.IsSortedFunc(s.order, compare); !s.sorted {
		slices.SortFunc(s.order, compare)
	}
	for i := 1; i < len(s.order); i++ {
		if compare(s.order[i-1], s.order[i]) == 0 {
			return errors.New("the JSON has a member twice in one object, so that it can be read in two ways")
		}
	}
	s.names = append(s.names, members...)
	return nil
}

var working = sync.Pool{New: func() any { return new(canonical) }}

// maxPooled is the most memory, in bytes, that is kept for the next answer: enough for a ward list of five
// hundred patients.
const maxPooled = 8 << 20

// take returns empty working memory for one canonical form.
func take() *canonical {
	c := working.Get().(*canonical)
	c.at, c.out, c.members, c.names = 0, c.out[:0], c.members[:0], c.names[:0]
	for i := range c.shapes {
		c.shapes[i].names = c.shapes[i].names[:0]
	}
	return c
}

// release returns the memory to the pool, without the text.
func (c *canonical) release() {
	if c.in, c.parts = nil, nil; cap(c.out)+cap(c.moved) <= maxPooled {
		working.Put(c)
	}
}
