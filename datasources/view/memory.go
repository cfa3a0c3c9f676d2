package view

import (
	"strings"

	"carerecord/internal/record"
	"carerecord/internal/slab"
)

// A memory is what the entries of a wave are made in: many small things in few pieces. They
// live as long as one of them is used, which is until the request is answered.
type memory struct {
	ends          []int // where each value of the row that is read ends in its text; -1-end for null
	texts         texts
	codes         slab.Of[record.Code]
	practitioners slab.Of[record.Practitioner]
	organisations slab.Of[record.Organisation]
	values        slab.Of[record.Value]
	ranges        slab.Of[record.ReferenceRange]
}

// texts are written one behind another. What was cut out of them stays as it is, whatever is
// written behind it.
type texts struct {
	strings.Builder
	size int
}

// The least and the most that is set aside for texts at once.
const (
	leastTexts = 2 << 10
	mostTexts  = 64 << 10
)

// room makes room for so many bytes in one piece, and says where they will begin.
func (t *texts) room(bytes int) int {
	if t.Cap()-t.Len() < bytes {
		t.size = min(max(leastTexts, 2*t.size), mostTexts)
		t.Builder = strings.Builder{}
		t.Grow(max(t.size, bytes))
	}
	return t.Len()
}

// keep is a copy of b as a string.
func (t *texts) keep(b []byte) string {
	from := t.room(len(b))
	t.Write(b)
	return t.String()[from:]
}
