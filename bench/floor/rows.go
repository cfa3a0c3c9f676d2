package floor

import (
	"encoding/binary"
	"strings"
	"time"

	"carerecord/internal/record"
)

// A row is the columns of one entry, taken over in one piece.
type row struct {
	text    string
	ends    []int32 // of each column in text; -1-end for null
	from    *rows
	patient record.NHSNumber
	id      record.ID // once it is needed
}

// rows are the rows of one result: those of the ith patient begin at starts[i].
type rows struct {
	source *source
	kind   string // the relation's name, as ids have it
	into   int
	items  []row
	starts []int32
	ends   []int32 // of all rows
}

func (r *rows) of(subject int) []row {
	if r.starts == nil || subject < 0 {
		return nil
	}
	return r.items[r.starts[subject]:r.starts[subject+1]]
}

func (r *rows) row(values [][]byte, patient record.NHSNumber) row {
	size := 0
	for _, value := range values {
		size += len(value)
	}
	var text strings.Builder
	text.Grow(size)
	first := len(r.ends)
	for _, value := range values {
		text.Write(value)
		end := int32(text.Len())
		if value == nil {
			end = -1 - end
		}
		r.ends = append(r.ends, end)
	}
	return row{text: text.String(), ends: r.ends[first:len(r.ends):len(r.ends)], from: r, patient: patient}
}

// get is the ith column; "" for null.
func (r *row) get(i int) string {
	end := r.ends[i]
	if end < 0 {
		return ""
	}
	start := int32(0)
	if i > 0 {
		if start = r.ends[i-1]; start < 0 {
			start = -1 - start
		}
	}
	return r.text[start:end]
}

// never is a moment that is not recorded.
const never = -1 << 63

// moment is a timestamptz column in microseconds since 1970.
func (r *row) moment(i int) int64 {
	raw := r.get(i)
	if len(raw) != 8 {
		return never
	}
	return int64(binary.BigEndian.Uint64([]byte(raw))) + epoch
}

func (r *row) yes(i int) bool { return r.get(i) == "\x01" }

// whole is an integer column.
func (r *row) whole(i int) (n int, known bool) {
	raw := r.get(i)
	if len(raw) != 4 {
		return 0, false
	}
	return int(int32(binary.BigEndian.Uint32([]byte(raw)))), true
}

// list is a text array column.
func (r *row) list(i int) (texts []string) {
	raw := r.get(i)
	if len(raw) < 20 {
		return nil
	}
	for raw = raw[20:]; len(raw) >= 4; {
		n := int(binary.BigEndian.Uint32([]byte(raw[:4])))
		texts, raw = append(texts, raw[4:4+n]), raw[4+n:]
	}
	return texts
}

// identify is the id of an entry, made once.
func (r *row) identify(ids *record.Identifier) record.ID {
	if r.id == "" {
		if r.from.kind == "document" {
			r.id = ids.Document(r.from.source.name, r.patient, r.get(0))
		} else {
			r.id = ids.Item(r.from.source.name, r.from.kind, r.patient, r.get(0))
		}
	}
	return r.id
}

func inLondon(micros int64) time.Time { return time.UnixMicro(micros).In(record.London) }

// newerMoment orders by a moment, newest first, those without one last.
func newerMoment(a, b int64) int {
	switch {
	case a == b:
		return 0
	case a > b: // never is the least
		return -1
	}
	return 1
}

// newerDay orders by a day as far as it is known, newest first, those without one last:
// by the first day it can mean, and then the better known one first.
func newerDay(a, b string) int {
	if len(a) == len(b) || a == "" || b == "" {
		return strings.Compare(b, a)
	}
	if c := strings.Compare(string(record.PartialDate(b).First()), string(record.PartialDate(a).First())); c != 0 {
		return c
	}
	return len(b) - len(a)
}
