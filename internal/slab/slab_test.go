package slab_test

import (
	"testing"

	"carerecord/internal/slab"
)

func TestOf(t *testing.T) {
	var s slab.Of[int]
	s.Expect(3)
	var all []*int
	for i := range 200 {
		all = append(all, s.Put(i))
	}
	three := s.Slice(3)
	if grown := append(three, 9); &grown[0] == &three[0] {
		t.Error("what is appended stands where the next thing will")
	}
	if next := s.Put(7); *next != 7 || three[2] != 0 {
		t.Error("two things in one place")
	}
	for i, p := range all {
		if *p != i {
			t.Errorf("the %d. is %d", i, *p)
		}
	}
	if long := s.Slice(1000); len(long) != 1000 {
		t.Errorf("%d instead of 1000", len(long))
	}
	if n := testing.AllocsPerRun(10, func() {
		var s slab.Of[int]
		s.Expect(100)
		for range 100 {
			s.Put(1)
		}
	}); n > 1 {
		t.Errorf("%v pieces for what was expected", n)
	}
}
