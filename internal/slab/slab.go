// Package slab makes many things of one type in few pieces of memory.
package slab

// Of makes things of type T. They live as long as one made in the same piece is used. The
// zero value is ready; it is not safe for several goroutines at once.
type Of[T any] struct {
	free []T
	size int
	made int
}

// The least and the most that is made at once.
const (
	least = 4
	most  = 64
)

// Put makes one thing.
func (s *Of[T]) Put(x T) *T {
	p := &s.Slice(1)[0]
	*p = x
	return p
}

// Slice makes n zero values in a row. Appending to it copies it.
func (s *Of[T]) Slice(n int) []T {
	if len(s.free) < n {
		s.size = min(max(least, 2*s.size), most)
		s.free = make([]T, max(s.size, n))
	}
	made := s.free[:n:n]
	s.free, s.made = s.free[n:], s.made+n
	return made
}

// Made is how many things were made.
func (s *Of[T]) Made() int { return s.made }

// Expect makes the next piece large enough for n things.
func (s *Of[T]) Expect(n int) {
	if len(s.free) < n {
		s.free = make([]T, n)
	}
}
