package postgres

import (
	"encoding/binary"
	"math"
	"strconv"
	"sync"
)

// A Value is a parameter in PostgreSQL's text form. The zero value is null.
type Value struct {
	text  string
	there bool
}

// Text is a value of any type as it is written in a literal.
func Text(text string) Value { return Value{text, true} }

// TextOrNull is null for "".
func TextOrNull(text string) Value { return Value{text, text != ""} }

// Int is a whole number.
func Int(n int) Value { return Text(strconv.Itoa(n)) }

// Bool is a boolean.
func Bool(b bool) Value { return Text(strconv.FormatBool(b)) }

// String is the value's text; "" for null.
func (v Value) String() string { return v.text }

// Null reports whether the value is null.
func (v Value) Null() bool { return !v.there }

// A Batch is what one pipeline asks: prepared statements by name, with the values of
// their parameters. It is good only until the function that fills it returns.
type Batch struct {
	queries []query
	values  []Value // of all queries, one after another
	wire    []byte
}

type query struct {
	statement string
	end       int // of its values
}

// Queue adds a statement.
func (b *Batch) Queue(statement string, values ...Value) {
	b.values = append(b.values, values...)
	b.queries = append(b.queries, query{statement, len(b.values)})
}

// Len is how many statements are queued.
func (b *Batch) Len() int { return len(b.queries) }

// each visits what is queued.
func (b *Batch) each(visit func(statement string, values []Value) error) error {
	from := 0
	for _, q := range b.queries {
		if err := visit(q.statement, b.values[from:q.end]); err != nil {
			return err
		}
		from = q.end
	}
	return nil
}

// binaryResults asks for every column in its binary form.
var binaryResults = []int16{1}

// encode is the batch as messages: Bind and Execute of each statement, and one Sync.
func (b *Batch) encode() []byte {
	wire := b.wire[:0]
	_ = b.each(func(statement string, values []Value) error {
		begun := len(wire)
		wire = append(wire, 'B', 0, 0, 0, 0, 0) // its length follows; the portal without a name
		wire = append(append(wire, statement...), 0)
		wire = binary.BigEndian.AppendUint16(wire, 0) // every parameter is text
		wire = binary.BigEndian.AppendUint16(wire, uint16(len(values)))
		for _, v := range values {
			if v.Null() {
				wire = binary.BigEndian.AppendUint32(wire, math.MaxUint32)
				continue
			}
			wire = binary.BigEndian.AppendUint32(wire, uint32(len(v.text)))
			wire = append(wire, v.text...)
		}
		wire = binary.BigEndian.AppendUint16(wire, uint16(len(binaryResults)))
		wire = binary.BigEndian.AppendUint16(wire, uint16(binaryResults[0]))
		binary.BigEndian.PutUint32(wire[begun+1:], uint32(len(wire)-begun-1))
		wire = append(wire, 'E', 0, 0, 0, 9, 0, 0, 0, 0, 0) // that portal, all rows
		return nil
	})
	b.wire = append(wire, 'S', 0, 0, 0, 4)
	return b.wire
}

var batches = sync.Pool{New: func() any { return new(Batch) }}

// How large a batch may be to be used again: the bytes of its messages, and its values.
const (
	mostKept   = 256 << 10
	mostValues = 10_000
)

// release empties the batch, so that nothing of a patient is kept but bytes that are
// written over.
func (b *Batch) release() {
	if cap(b.wire) > mostKept || cap(b.values) > mostValues {
		return
	}
	clear(b.values)
	b.queries, b.values = b.queries[:0], b.values[:0]
	batches.Put(b)
}
