package view

import (
	"errors"
	"fmt"

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
	cells   [][]byte // as the driver gives them: good until the next row
	next    int
	err     error
	types   *[]uint32 // when describing: the types that would be read

	look look

	*memory // of the wave; nil when describing
}

// some of a row's columns.
type some uint64

// mostColumns is how many a row may have.
const mostColumns = 64

// statement goes to the rows of another statement, whose columns have values of other lists.
func (r *row) statement() { clear(r.value[:]) }

// load goes to another row.
func (r *row) load(values [][]byte) {
	r.cells, r.next, r.err = values, 0, nil
	if len(values) > mostColumns {
		r.fail("the row has too many columns")
		r.cells = nil
	}
}

// end fails a row of which not every column was read: what was read would belong to others.
func (r *row) end() {
	if r.next != len(r.cells) {
		r.fail("columns are left over")
	}
}

// empty reports whether the next columns are all null, and passes them by if so.
func (r *row) empty(columns int) bool {
	end := r.next + columns
	if end > len(r.cells) { // when describing there are none
		return false
	}
	for _, value := range r.cells[r.next:end] {
		if value != nil {
			return false
		}
	}
	r.next = end
	return true
}

// raw is the next column's bytes, good until the next row; nil for null.
func (r *row) raw(oid uint32) []byte {
	if r.types != nil {
		*r.types = append(*r.types, oid)
		return nil
	}
	i := r.next
	r.next++
	if i >= len(r.cells) {
		r.fail("a column is missing")
		return nil
	}
	return r.cells[i]
}

func (r *row) fail(why string) {
	if r.err == nil && r.types == nil {
		r.err = fmt.Errorf("%w: column %d of %s: %s", errUnreadable, r.next, r.kind, why)
	}
}
