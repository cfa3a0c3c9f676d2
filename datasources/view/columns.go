package view

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/record"
)

// symbol is a text column that is none to read: an id, a date, a state; "" for null.
func (r *row) symbol() string {
	text, _ := r.value(pgtype.TextOID)
	return text
}

// Text is a text column; "" for null.
func (r *row) Text() string {
	at := r.next
	text := r.symbol()
	r.look.text(at, text)
	return text
}

// Code is a code that must be there.
func (r *row) Code() record.Code {
	code := r.plainCode()
	if code.Display == "" {
		r.fail("a code without words")
	}
	return code
}

func (r *row) plainCode() record.Code {
	first := r.next
	code := record.Code{System: record.Text(r.symbol()), Code: record.Text(r.symbol()), Display: r.symbol()}
	if code != (record.Code{}) {
		r.look.code(first, code)
	}
	if code.Display == "" {
		code.Display = string(code.Code)
	}
	return code
}

// CodePtr is a code that may be missing.
func (r *row) CodePtr() *record.Code {
	if r.empty(3) {
		return nil
	}
	if m, ok := r.again(3); ok {
		return m.code
	}
	first := r.next
	code := r.plainCode()
	if code.Display == "" {
		return nil
	}
	return r.code(first, code)
}

// code is a code that begins in a column: that of the row before where it is the same.
func (r *row) code(first int, code record.Code) *record.Code {
	m := &r.made[first]
	if m.code == nil || *m.code != code {
		m.code = r.codes.Put(code)
	}
	m.row = r.rows
	return m.code
}

// MappedCode is a code that must be there, with the source's own code beside it.
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

// epoch is where PostgreSQL counts its microseconds from; lastMoment is the last of the years that are written with
// four digits, and firstMoment stands for none.
var (
	epoch       = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	firstMoment = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	lastMoment  = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() - 1
)

// Time is a moment; zero for null. An infinite one cannot be read.
func (r *row) Time() record.DateTime {
	raw, ok := r.value(pgtype.TimestamptzOID)
	if !ok {
		return record.DateTime{}
	}
	if len(raw) != 8 {
		r.fail("a moment of the wrong length")
		return record.DateTime{}
	}
	micros := int64(binary.BigEndian.Uint64([]byte(raw)))
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

// Moment is a moment with what is known of it.
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
	raw, ok := r.value(pgtype.BoolOID)
	switch {
	case !ok:
		return nil
	case raw == "\x01":
		return &yes
	}
	return &no
}

// Int is a whole number; nil for null.
func (r *row) Int() *int {
	raw, ok := r.value(pgtype.Int4OID)
	if !ok {
		return nil
	}
	if len(raw) != 4 {
		r.fail("a whole number of the wrong length")
		return nil
	}
	n := int(int32(binary.BigEndian.Uint32([]byte(raw))))
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

// isDecimal reports whether a text is a number without an exponent that a float64 can hold.
func isDecimal(text string) bool {
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
	return digits > 0 && digits <= 300 && points <= 1
}

// Practitioner is a professional; nil where neither name nor role is known.
func (r *row) Practitioner() *record.Practitioner {
	if r.empty(2) {
		return nil
	}
	if m, ok := r.again(2); ok {
		return m.practitioner
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
	m.row = r.rows
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
	raw, ok := r.value(pgtype.TextArrayOID)
	if !ok {
		return nil
	}
	texts, err := textArray(raw)
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
