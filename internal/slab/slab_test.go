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
	for name, test := range map[string]struct {
		expected []int
		pieces   float64
	}{
		"what was expected":              {[]int{100}, 1},
		"what was expected twice":        {[]int{100, 100}, 1},
		"less expected than there is":    {[]int{100, 10}, 1},
		"more expected than there is":    {[]int{10, 100}, 2},
		"what nobody expected, doubling": {nil, 5}, // 4, 8, 16, 32 and 64
	} {
		if n := testing.AllocsPerRun(10, func() {
			var s slab.Of[int]
			for _, n := range test.expected {
				s.Expect(n)
			}
			for range 100 {
				s.Put(1)
			}
		}); n != test.pieces {
			t.Errorf("%s: %v pieces, want %v", name, n, test.pieces)
		}
	}
}
