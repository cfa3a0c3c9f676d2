package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// incoming is the messages of a server as they come. pgx takes each apart into a value of its own
// and reads 8 kB at a time; most of what comes here is rows, which are looked at once and given up.
// What it gives is good until the next message.
type incoming struct {
	from   io.Reader
	buffer []byte
	begin  int // of what was read and not given yet
	end    int
	values [][]byte // of the last row
}

// How large a buffer begins, and may be to be used again; and how many columns it has room for.
const (
	leastBuffer  = 32 << 10
	mostBuffer   = 256 << 10
	leastColumns = 64
)

// longest is the largest message: PostgreSQL's own bound of what it puts into one.
const longest = 1 << 30

var buffers = sync.Pool{New: func() any {
	return &incoming{buffer: make([]byte, leastBuffer), values: make([][]byte, 0, leastColumns)} // a row of no columns is not nil
}}

func from(r io.Reader) *incoming {
	in := buffers.Get().(*incoming)
	in.from, in.begin, in.end = r, 0, 0
	return in
}

// release gives the buffer back. What stands in it is written over.
func (in *incoming) release() {
	if len(in.buffer) > mostBuffer {
		return
	}
	in.from = nil
	buffers.Put(in)
}

// rest is how much came that no message was read of yet.
func (in *incoming) rest() int { return in.end - in.begin }

// message is the next message: its kind and what stands in it.
func (in *incoming) message() (kind byte, body []byte, err error) {
	const header = 5
	if err := in.fill(header); err != nil {
		return 0, nil, err
	}
	kind = in.buffer[in.begin]
	length := binary.BigEndian.Uint32(in.buffer[in.begin+1:]) + 1 // it counts itself and not the kind
	if length < header || length > longest {
		return 0, nil, fmt.Errorf("a message of %d bytes", length)
	}
	if err := in.fill(int(length)); err != nil {
		return 0, nil, err
	}
	body = in.buffer[in.begin+header : in.begin+int(length)]
	in.begin += int(length)
	return kind, body, nil
}

// fill reads until so many bytes stand together. The buffer grows by what has come, not by what
// is said to come.
func (in *incoming) fill(n int) error {
	for in.rest() < n {
		if in.begin > 0 && in.begin+n > len(in.buffer) {
			in.begin, in.end = 0, copy(in.buffer, in.buffer[in.begin:in.end])
		}
		if in.end == len(in.buffer) {
			in.buffer = append(in.buffer, make([]byte, len(in.buffer))...)
		}
		read, err := in.from.Read(in.buffer[in.end:])
		if in.end += read; err != nil && in.rest() < n {
			return err
		}
	}
	return nil
}

var errRow = errors.New("a row that is not as long as it says")

// row is the values of a DataRow message; nil for null.
func (in *incoming) row(body []byte) ([][]byte, error) {
	if len(body) < 2 {
		return nil, errRow
	}
	columns := int(binary.BigEndian.Uint16(body))
	if cap(in.values) < columns {
		in.values = make([][]byte, columns)
	}
	values, at := in.values[:columns], 2
	for i := range values {
		if len(body)-at < 4 {
			return nil, errRow
		}
		length := binary.BigEndian.Uint32(body[at:])
		at += 4
		if length == null {
			values[i] = nil
			continue
		}
		if uint64(length) > uint64(len(body)-at) {
			return nil, errRow
		}
		end := at + int(length)
		values[i], at = body[at:end:end], end
	}
	if at < len(body) {
		return nil, errRow
	}
	in.values = values
	return values, nil
}

// null is the length of a value that is null.
const null = 1<<32 - 1
