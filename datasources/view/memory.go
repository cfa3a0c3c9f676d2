package view

import (
	"strings"
	"sync"
	"sync/atomic"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/slab"
)

// A memory holds what the entries of a wave consist of: many small values in few allocations. It lives as long as any
// of them is referenced, which is until the request is answered.
type memory struct {
	*columns
	texts         texts
	codes         slab.Of[readCode]
	practitioners slab.Of[record.Practitioner]
	organisations slab.Of[record.Organisation]
	values        slab.Of[record.Value]
	ranges        slab.Of[record.ReferenceRange]
}

// columns cache, by column, the last value that was kept and what was made from it and the columns after it. Systems,
// organisations and statuses are the same in most rows.
type columns struct {
	text  [mostColumns]string
	value [mostColumns]string // of a list of values, where the column is of one, as it stands and was found there; of one statement
	made  [mostColumns]made
	seen  [1 << seenBits]string // texts of any column that were looked at, in which nothing was found
}

// seenBits is the number of bits of a text's place in seen. A text longer than longestSeen bytes has none.
const (
	seenBits    = 8
	longestSeen = 64
)

// made is what was last made from a column and those after it.
type made struct {
	code         *readCode
	practitioner *record.Practitioner
	organisation *record.Organisation
	named        [2]string // as the organisation is
}

// rows is a pool of columns, cleared because they held somebody's data.
var rows = sync.Pool{New: func() any { return new(columns) }}

// sizes are how many bytes of text, and how many codes, practitioners, values and ranges, entries take.
type sizes [5]int

func (m *memory) sizes() sizes {
	return sizes{m.texts.written, m.codes.Made(), m.practitioners.Made(), m.values.Made(), m.ranges.Made()}
}

// expect reserves what will be needed.
func (m *memory) expect(s sizes) {
	m.texts.expect(s[0])
	m.codes.Expect(min(s[1], mostGrown))
	m.practitioners.Expect(min(s[2], mostGrown))
	m.values.Expect(min(s[3], mostGrown))
	m.ranges.Expect(min(s[4], mostGrown))
}

// A usual is how much memory the entries of one kind took last time, for each hundred patients.
type usual struct {
	rows  atomic.Int64
	sizes [len(sizes{})]atomic.Int64
}

// variants is the number of ways in which lists of one kind differ in size: with and without a status, whole or a page.
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

// saw records what the entries of a number of patients took, from the sizes before and after.
func (u *usual) saw(patients int, before, after sizes) {
	for i := range u.sizes {
		note(&u.sizes[i], byHundred(after[i]-before[i], patients))
	}
}

// sawRows records how many entries a number of patients had.
func (u *usual) sawRows(rows, patients int) { note(&u.rows, byHundred(rows, patients)) }

// note replaces a number only if it differs clearly: a value written by every read is fetched again by every processor.
func note(kept *atomic.Int64, n int64) {
	if before := kept.Load(); n-before > before/8 || before-n > before/8 {
		kept.Store(n)
	}
}

// add adds the estimate for a number of patients.
func (u *usual) add(to *sizes, patients int) {
	for i := range u.sizes {
		to[i] += int(u.sizes[i].Load()) * patients / 100
	}
}

func byHundred(n, patients int) int64 { return int64((n*100 + patients - 1) / patients) }

// texts is an append-only buffer of strings. A string cut from it stays valid whatever is appended.
type texts struct {
	strings.Builder
	size    int
	written int
}

// The least and the most bytes reserved for texts at once.
const (
	leastTexts = 2 << 10
	mostTexts  = 64 << 10

	mostExpected = 4 << 20 // before any of it came
)

// room makes room for a number of contiguous bytes, and returns where they will begin.
func (t *texts) room(bytes int) int {
	if t.Cap()-t.Len() < bytes {
		t.size = min(max(leastTexts, 2*t.size), mostTexts)
		t.Builder = strings.Builder{}
		t.Grow(max(t.size, bytes))
	}
	t.written += bytes
	return t.Len()
}

// expect makes the next allocation large enough for a number of bytes.
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
