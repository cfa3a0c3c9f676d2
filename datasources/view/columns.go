package view

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/record"
)

// symbol is a text column that is not prose (an id, a date, a number); "" for null.
func (r *row) symbol() string {
	at := r.next
	raw := r.raw(pgtype.TextOID)
	if len(raw) == 0 {
		return ""
	}
	if r.text[at] != string(raw) {
		r.text[at] = r.texts.keep(raw)
		r.look.texts &^= 1 << at // whoever read a text there looked at another
	}
	return r.text[at]
}

// Text is a text column; "" for null.
func (r *row) Text() string {
	at := r.next
	raw := r.raw(pgtype.TextOID)
	if len(raw) == 0 {
		return ""
	}
	if r.text[at] == string(raw) && r.look.saw(at) {
		return r.text[at]
	}
	r.text[at] = r.looked(raw)
	r.look.texts |= 1 << at
	return r.text[at]
}

// looked keeps a text and looks at it. A text that occurs in other columns and rows of the wave is kept, and looked at,
// once.
func (r *row) looked(raw []byte) string {
	if r.look.screen == nil || len(raw) > longestSeen {
		text := r.texts.keep(raw)
		r.look.words(text)
		return text
	}
	place := &r.seen[maphash.Bytes(seed, raw)>>(64-seenBits)]
	if *place == string(raw) {
		return *place
	}
	text := r.texts.keep(raw)
	if r.look.words(text); !r.look.listed {
		*place = text
	}
	return text
}

// readCode is a code of three columns; nil if they are empty.
func (r *row) readCode() *readCode {
	if r.empty(3) {
		return nil
	}
	first := r.next
	system, code, display := r.raw(pgtype.TextOID), r.raw(pgtype.TextOID), r.raw(pgtype.TextOID)
	if len(system)+len(code)+len(display) == 0 {
		return nil
	}
	m := &r.made[first]
	if m.code != nil && m.code.is(system, code, display) {
		r.look.code(m.code)
		return m.code
	}
	var place *atomic.Pointer[readCode]
	m.code, place = r.codeOf(system, code, display)
	if r.look.code(m.code) && place != nil {
		place.Store(m.code.kept())
	}
	return m.code
}

// Code is a mandatory code.
func (r *row) Code() record.Code {
	code := r.plainCode()
	if code.Display == "" {
		r.fail("a code without words")
	}
	return code
}

func (r *row) plainCode() record.Code {
	if c := r.readCode(); c != nil {
		return c.Code
	}
	return record.Code{}
}

// CodePtr is an optional code. It is shared: do not modify it.
func (r *row) CodePtr() *record.Code {
	c := r.readCode()
	if c == nil || c.Display == "" {
		return nil
	}
	return &c.Code
}

// MappedCode is a mandatory code with the source's own code beside it.
func (r *row) MappedCode() record.Code {
	code := r.plainCode()
	code.Original = r.CodePtr()
	if code.Display == "" && code.Original != nil {
		code.Display = code.Original.Display
	}
	if code.Display == "" {
		r.fail("a code without words")
	}
	return code
}

// PartialDate is a date as far as it is known.
func (r *row) PartialDate() record.PartialDate {
	text := r.symbol()
	if text == "" {
		return ""
	}
	date, err := record.ParsePartialDate(text)
	if err != nil {
		r.fail("a date that does not exist")
	}
	return date
}

// epoch is PostgreSQL's epoch in microseconds. lastMoment is the end of the last year with four digits; firstMoment
// means that there is none.
var (
	epoch       = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	firstMoment = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	lastMoment  = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() - 1
)

// Time is a moment; zero for null. An infinite one is unreadable.
func (r *row) Time() record.DateTime {
	raw := r.raw(pgtype.TimestamptzOID)
	if raw == nil {
		return record.DateTime{}
	}
	if len(raw) != 8 {
		r.fail("a moment of the wrong length")
		return record.DateTime{}
	}
	micros := int64(binary.BigEndian.Uint64(raw))
	if micros == pgtypeInfinity || micros == pgtypeNegativeInfinity {
		r.fail("an infinite moment")
		return record.DateTime{}
	}
	if micros += epoch; micros <= firstMoment || micros > lastMoment {
		r.fail("a moment that RFC 3339 cannot write")
	}
	return record.At(time.UnixMicro(micros).UTC())
}

const (
	pgtypeInfinity         = 1<<63 - 1
	pgtypeNegativeInfinity = -1 << 63
)

// Moment is a moment and its precision.
func (r *row) Moment() (record.DateTime, record.Precision) {
	if r.empty(2) {
		return record.DateTime{}, ""
	}
	at, dayOnly := r.Time(), r.Bool()
	switch {
	case at.IsZero():
		return at, ""
	case dayOnly != nil && *dayOnly:
		return at, record.PrecisionDay
	}
	return at, record.PrecisionTime
}

var yes, no = true, false

// Bool is a boolean; nil for null.
func (r *row) Bool() *bool {
	raw := r.raw(pgtype.BoolOID)
	switch {
	case raw == nil:
		return nil
	case string(raw) == "\x01":
		return &yes
	}
	return &no
}

// Int is a whole number; nil for null.
func (r *row) Int() *int {
	raw := r.raw(pgtype.Int4OID)
	if raw == nil {
		return nil
	}
	if len(raw) != 4 {
		r.fail("a whole number of the wrong length")
		return nil
	}
	n := int(int32(binary.BigEndian.Uint32(raw)))
	return &n
}

// Decimal is a number with its digits as written; numeric columns are selected as text.
func (r *row) Decimal() record.Decimal {
	text := r.symbol()
	if text == "" {
		return ""
	}
	if !isDecimal(text) {
		r.fail("something that is not a number")
		return ""
	}
	return record.Decimal(text)
}

// isDecimal reports whether a text is a number as JSON writes one, without an exponent, that a float64 can hold.
func isDecimal(text string) bool {
	if whole, rest, _ := strings.Cut(strings.TrimPrefix(text, "-"), "."); whole == "" || len(whole) > 1 && whole[0] == '0' || rest == "" && strings.HasSuffix(text, ".") {
		return false
	}
	digits, points := 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			digits++
		case c == '.':
			points++
		case c != '-' || i > 0:
			return false
		}
	}
	return digits <= 300 && points <= 1
}

// Practitioner is a professional; nil where neither name nor role is known.
func (r *row) Practitioner() *record.Practitioner {
	if r.empty(2) {
		return nil
	}
	first := r.next
	name, role := r.Text(), r.Text()
	if name == "" && role == "" {
		return nil
	}
	m, practitioner := &r.made[first], record.Practitioner{Name: record.Text(name), Role: record.Text(role)}
	if m.practitioner == nil || *m.practitioner != practitioner {
		m.practitioner = r.practitioners.Put(practitioner)
	}
	return m.practitioner
}

// Organisation is an organisation; nil where none is named.
func (r *row) Organisation() *record.Organisation {
	ods, name := r.Text(), r.Text()
	if ods == "" && name == "" {
		return nil
	}
	if name == "" {
		name = ods
	}
	return r.organisations.Put(record.Organisation{ODSCode: record.Text(ods), Name: name})
}

// Texts is a one-dimensional text array.
func (r *row) Texts() []string {
	raw := r.raw(pgtype.TextArrayOID)
	if raw == nil {
		return nil
	}
	texts, err := textArray(r.texts.keep(raw))
	if err != nil {
		r.fail(err.Error())
	}
	return texts
}

// textArray reads PostgreSQL's binary form: dimensions, flags, element type, then
// per dimension size and lower bound, then per element its length and bytes.
func textArray(raw string) ([]string, error) {
	word := func() (n int32, ok bool) {
		if len(raw) < 4 {
			return 0, false
		}
		n = int32(binary.BigEndian.Uint32([]byte(raw[:4])))
		raw = raw[4:]
		return n, true
	}
	dimensions, ok := word()
	if !ok || dimensions > 1 {
		return nil, errors.New("an array that is no list")
	}
	if dimensions == 0 {
		return nil, nil
	}
	word()
	word()
	size, ok := word()
	word()
	if !ok || size < 0 || int(size) > len(raw) {
		return nil, errors.New("an array of the wrong size")
	}
	texts := make([]string, 0, size)
	for range size {
		n, ok := word()
		if !ok || int(n) > len(raw) {
			return nil, errors.New("an array that ends too soon")
		}
		if n >= 0 {
			texts = append(texts, raw[:n])
			raw = raw[n:]
		}
	}
	return texts, nil
}
