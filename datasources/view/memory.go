package view

import (
	"strings"
	"sync"
	"sync/atomic"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/slab"
)

// A memory is what the entries of a wave are made in: many small things in few pieces. They
// live as long as one of them is used, which is until the request is answered.
type memory struct {
	*columns
	texts         texts
	codes         slab.Of[readCode]
	practitioners slab.Of[record.Practitioner]
	organisations slab.Of[record.Organisation]
	values        slab.Of[record.Value]
	ranges        slab.Of[record.ReferenceRange]
}

// columns are what was last kept of each column and made of it and those after it, in any row: what comes again is kept once.
// Systems, organisations and states are the same in most rows.
type columns struct {
	text  [mostColumns]string
	value [mostColumns]string // of a list of values, where the column is of one, as it stands and was found there; of one statement
	made  [mostColumns]made
	seen  [1 << seenBits]string // texts of any column that were looked at, in which nothing was found
}

// seenBits are those of the number of a text's place; longestSeen is how long one may be to have one, in bytes.
const (
	seenBits    = 8
	longestSeen = 64
)

// made is what was last made of a column and those after it.
type made struct {
	code         *readCode
	practitioner *record.Practitioner
	organisation *record.Organisation
	named        [2]string // as the organisation is
}

// rows are columns to read rows into, of waves that are over: empty, since what stood in them was somebody's.
var rows = sync.Pool{New: func() any { return new(columns) }}

// sizes are how many bytes of text, codes, practitioners, values and ranges entries take.
type sizes [5]int

func (m *memory) sizes() sizes {
	return sizes{m.texts.written, m.codes.Made(), m.practitioners.Made(), m.values.Made(), m.ranges.Made()}
}

// expect sets aside what will be needed.
func (m *memory) expect(s sizes) {
	m.texts.expect(s[0])
	m.codes.Expect(min(s[1], mostGrown))
	m.practitioners.Expect(min(s[2], mostGrown))
	m.values.Expect(min(s[3], mostGrown))
	m.ranges.Expect(min(s[4], mostGrown))
}

// A usual is what the entries of one kind took the last time, by the hundred patients.
type usual struct {
	rows  atomic.Int64
	sizes [len(sizes{})]atomic.Int64
}

// variants are the lists of one kind that differ in size: with a status or without, whole or so many entries.
const variants = 4

// usually is what answers to such asks took.
func (s *Source) usually(ask *fetch.Ask) *usual {
	variant := 0
	if ask.Filter.Status != "" {
		variant = 1
	}
	if ask.Filter.First > 0 {
		variant += 2
	}
	return &s.usual[ask.Kind][variant]
}

// saw notes what the entries of so many patients took, from before to after.
func (u *usual) saw(patients int, before, after sizes) {
	for i := range u.sizes {
		note(&u.sizes[i], byHundred(after[i]-before[i], patients))
	}
}

// sawRows notes how many entries so many patients had.
func (u *usual) sawRows(rows, patients int) { note(&u.rows, byHundred(rows, patients)) }

// note keeps a number in the place of one that is not nearly the same: what every read writes, every processor
// must fetch again.
func note(kept *atomic.Int64, n int64) {
	if before := kept.Load(); n-before > before/8 || before-n > before/8 {
		kept.Store(n)
	}
}

// add adds what those of so many patients will take, or about that.
func (u *usual) add(to *sizes, patients int) {
	for i := range u.sizes {
		to[i] += int(u.sizes[i].Load()) * patients / 100
	}
}

func byHundred(n, patients int) int64 { return int64((n*100 + patients - 1) / patients) }

// texts are written one behind another. What was cut out of them stays as it is, whatever is
// written behind it.
type texts struct {
	strings.Builder
	size    int
	written int
}

// The least and the most that is set aside for texts at once.
const (
	leastTexts = 2 << 10
	mostTexts  = 64 << 10

	mostExpected = 4 << 20 // before any of it came
)

// room makes room for so many bytes in one piece, and says where they will begin.
func (t *texts) room(bytes int) int {
	if t.Cap()-t.Len() < bytes {
		t.size = min(max(leastTexts, 2*t.size), mostTexts)
		t.Builder = strings.Builder{}
		t.Grow(max(t.size, bytes))
	}
	t.written += bytes
	return t.Len()
}

// expect makes the next piece large enough for so many bytes.
func (t *texts) expect(bytes int) {
	if bytes = min(bytes, mostExpected); t.Cap() == 0 && bytes > 0 {
		t.Grow(bytes + bytes/16)
	}
}

// keep is a copy of b as a string.
func (t *texts) keep(b []byte) string {
	from := t.room(len(b))
	t.Write(b)
	return t.String()[from:]
}
