package floor

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"carerecord/internal/record"
)

// out is the answer while it is written.
type out struct{ b []byte }

var outs = sync.Pool{New: func() any { return &out{b: make([]byte, 0, 64<<10)} }}

// maxKept is the largest buffer that is kept for another answer.
const maxKept = 16 << 20

func takeOut() *out {
	o := outs.Get().(*out)
	o.b = o.b[:0]
	return o
}

func (o *out) release() {
	if cap(o.b) <= maxKept {
		outs.Put(o)
	}
}

func (o *out) raw(text string) { o.b = append(o.b, text...) }

// text is a string; null where it is empty.
func (o *out) text(value string) {
	if value == "" {
		o.raw("null")
		return
	}
	o.b = record.AppendJSON(o.b, value)
}

// number is digits as they are; null where there are none.
func (o *out) number(digits string) {
	if digits == "" {
		digits = "null"
	}
	o.raw(digits)
}

func (o *out) whole(n int, known bool) {
	if !known {
		o.raw("null")
		return
	}
	o.b = strconv.AppendInt(o.b, int64(n), 10)
}

func (o *out) moment(micros int64) {
	if micros == never {
		o.raw("null")
		return
	}
	o.time(time.UnixMicro(micros))
}

func (o *out) time(at time.Time) {
	o.b = append(o.b, '"')
	o.b = at.In(record.London).AppendFormat(o.b, time.RFC3339Nano)
	o.b = append(o.b, '"')
}

func (o *out) yes(is bool) { o.b = strconv.AppendBool(o.b, is) }

// enum is a value of a closed list, UNKNOWN where it is none of them.
func (o *out) enum(value, known string) {
	for found := range strings.SplitSeq(known, " ") {
		if found == value {
			o.text(value)
			return
		}
	}
	o.raw(`"UNKNOWN"`)
}

// code is a code of three columns from i on; null where it has no words.
func (o *out) code(r *row, i int) {
	if r.get(i+2) == "" {
		o.raw("null")
		return
	}
	o.raw(`{"system":`)
	o.text(r.get(i))
	o.raw(`,"code":`)
	o.text(r.get(i + 1))
	o.raw(`,"display":`)
	o.text(r.get(i + 2))
	o.raw(`}`)
}

// shortCode is the same without the system.
func (o *out) shortCode(r *row, i int) {
	o.raw(`{"code":`)
	o.text(r.get(i + 1))
	o.raw(`,"display":`)
	o.text(r.get(i + 2))
	o.raw(`}`)
}

// words is the words of a code alone.
func (o *out) words(r *row, i int) {
	if r.get(i+2) == "" {
		o.raw("null")
		return
	}
	o.raw(`{"display":`)
	o.text(r.get(i + 2))
	o.raw(`}`)
}

func (o *out) organisation(ods, name string) {
	o.raw(`{"odsCode":`)
	o.text(ods)
	o.raw(`,"name":`)
	o.text(name)
	o.raw(`}`)
}

// provenance is where an entry comes from.
func (o *out) provenance(r *row) {
	at := r.from.source
	o.raw(`{"sector":"`)
	o.raw(string(at.sector))
	o.raw(`","organisation":`)
	switch ods, name := r.get(2), r.get(3); {
	case ods == "" && name == "" || ods == string(at.org.ODSCode):
		o.organisation(string(at.org.ODSCode), at.org.Name)
	case name == "":
		o.organisation(ods, ods)
	default:
		o.organisation(ods, name)
	}
	o.raw(`,"sourceSystem":`)
	o.text(r.get(1))
	o.raw(`,"sourceId":`)
	o.text(r.get(0))
	o.raw(`,"recordedAt":`)
	o.moment(r.moment(4))
	o.raw(`}`)
}

// textAs is a text or a day under a name; null where it is empty.
func (o *out) textAs(name, value string) {
	o.raw(`,"`)
	o.raw(name)
	o.raw(`":`)
	o.text(value)
}

func (o *out) momentAs(name string, micros int64) {
	o.raw(`,"`)
	o.raw(name)
	o.raw(`":`)
	o.moment(micros)
}

func (o *out) codeAs(name string, r *row, i int) {
	o.raw(`,"`)
	o.raw(name)
	o.raw(`":`)
	o.code(r, i)
}
