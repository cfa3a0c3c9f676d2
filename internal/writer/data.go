package writer

import (
	"sync"
	"sync/atomic"
)

// data is what the data of an answer is written to. It takes over the buffer of the first root field that a Writer wrote,
// so that a long value is not copied.
type data struct {
	text []byte
	head [len(blank)]byte // where the text stands as long as it is short
}

func newData() *data {
	d := new(data)
	d.text = d.head[:0]
	return d
}

// blank is the room that a Writer leaves before its value for the brace and the name of the root field.
var blank [64]byte

// Len returns the number of bytes written.
func (d *data) Len() int { return len(d.text) }

// Write implements io.Writer.
func (d *data) Write(p []byte) (int, error) {
	if cap(d.text) == len(d.head) && len(d.text)+len(p) > len(d.head) {
		d.text = append(taken(), d.text...)
	}
	d.text = append(d.text, p...)
	return len(p), nil
}

// adopt takes the buffer of a writer, with its value, behind what was written before; false if there is no room for that.
func (d *data) adopt(w *Writer) bool {
	n := len(d.text)
	if n > w.lead {
		return false
	}
	text := w.buf[w.lead-n:]
	copy(text, d.text)
	d.text, w.buf = text, nil
	return true
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// taken returns an empty buffer from the pool.
func taken() []byte { return (*buffers.Get().(*[]byte))[:0] }

// The least and the largest buffer that is pooled.
const (
	minReleased = 1 << 10
	maxReleased = 8 << 20
)

// Release returns the data of a response to the pool. Call it once nobody holds the data any more: another
// answer overwrites it. Calling it is optional.
func Release(data []byte) {
	if minReleased <= cap(data) && cap(data) <= maxReleased {
		buffers.Put(&data)
	}
}

// usual is what a root field's value took the last time.
type usual struct{ bytes, objects, members amount }

// An amount is what each element of a value took, in 256ths; zero if there was none.
type amount struct{ each atomic.Int64 }

// saw notes what a value of so many elements took.
func (a *amount) saw(taken, elements int) {
	if elements > 0 {
		a.each.Store(int64(taken) << 8 / int64(elements))
	}
}

// of is what so many elements took the last time, but at most a limit.
func (a *amount) of(elements, limit int) int {
	return min(int(a.each.Load()*int64(elements)>>8), limit)
}
