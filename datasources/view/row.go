package view

import (
	"errors"
	"fmt"
	"math/bits"

	"carerecord/internal/record"
)

// errUnreadable says an entry is not what the view's columns promise.
var errUnreadable = errors.New("entry cannot be read")

// A row reads the columns of one entry in order. The first column that cannot be
// read is remembered, and the rest come out empty; the caller asks err once.
type row struct {
	source  *Source
	kind    string
	patient record.NHSNumber
	id      string
	width   int // how many columns it has
	next    int
	err     error
	same    some      // of its columns: as in the row before
	types   *[]uint32 // when describing: the types that would be read

	look look

	*memory // of the wave; nil when describing
}

// some of a row's columns.
type some uint64

// mostColumns is how many a row may have.
const mostColumns = 64

// has reports whether so many columns in a row are all among them.
func (s some) has(first, columns int) bool {
	all := some(1<<columns-1) << first
	return s&all == all
}

// load takes the values of a row over from the driver's buffer. What stands in a column as it stood in the row before
// is kept once: systems, organisations and states are the same in most rows.
func (r *row) load(values [][]byte) {
	r.width, r.next, r.err = len(values), 0, nil
	r.rows++
	if len(values) > mostColumns {
		r.fail("the row has too many columns")
		r.width, values = 0, nil
	}
	var null, other some
	size := 0
	for i, v := range values {
		if v == nil {
			null |= 1 << i
		} else if r.text[i] != string(v) {
			other |= 1 << i
			size += len(v)
		}
	}
	all := some(1)<<len(values) - 1
	r.same = all &^ other &^ (null ^ r.null)
	r.null = null
	r.look.row(other, r.same)
	if other == 0 {
		return
	}
	from := r.texts.room(size)
	for left := other; left != 0; left &= left - 1 {
		r.texts.Write(values[bits.TrailingZeros64(uint64(left))])
	}
	text := r.texts.String()
	for left := other; left != 0; left &= left - 1 {
		i := bits.TrailingZeros64(uint64(left))
		to := from + len(values[i])
		r.text[i], from = text[from:to], to
	}
}

// end fails a row of which not every column was read: what was read would belong to others.
func (r *row) end() {
	if r.next != r.width {
		r.fail("columns are left over")
	}
}

// empty reports whether the next columns are all null, and passes them by if so.
func (r *row) empty(columns int) bool {
	if r.types != nil || !r.null.has(r.next, columns) {
		return false
	}
	r.next += columns
	return true
}

// again is what the row before made of the next columns, which it passes by if they all are as they were there.
func (r *row) again(columns int) (*made, bool) {
	if !r.same.has(r.next, columns) {
		return nil, false
	}
	m := &r.made[r.next]
	if m.row != r.rows-1 {
		return nil, false
	}
	m.row = r.rows
	r.next += columns
	return m, true
}

// value is the next column's bytes and whether it is not null.
func (r *row) value(oid uint32) (string, bool) {
	if r.types != nil {
		*r.types = append(*r.types, oid)
		return "", false
	}
	i := r.next
	r.next++
	if i >= r.width {
		r.fail("a column is missing")
		return "", false
	}
	if r.null.has(i, 1) {
		return "", false
	}
	return r.text[i], true
}

func (r *row) fail(why string) {
	if r.err == nil && r.types == nil {
		r.err = fmt.Errorf("%w: column %d of %s: %s", errUnreadable, r.next, r.kind, why)
	}
}
