package view

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"

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

// Report is the report an entry belongs to.
func (r *row) Report() *record.ReportReference {
	if r.empty(2) {
		return nil
	}
	id, title := r.symbol(), r.Text()
	if id == "" {
		return nil
	}
	return &record.ReportReference{ID: r.source.ids.Item(r.source.name, "report", r.patient, id), Title: record.Text(title)}
}

// Summary is the document an entry refers to.
func (r *row) Summary() *record.DocumentReference {
	if r.empty(3) {
		return nil
	}
	id, title, at := r.symbol(), r.Text(), r.Time()
	if id == "" {
		return nil
	}
	return &record.DocumentReference{ID: r.source.ids.Document(r.source.name, r.patient, id), Title: record.Text(title), WrittenAt: at}
}

// envelope is the columns every entry begins with, after the subject's number.
const envelope = "id, source_system, organisation_ods, organisation_name, recorded_at, recorded_at_day_only, recorded_by_name, recorded_by_role"

// Item reads the envelope.
func (r *row) Item(item *record.Item) {
	r.id = r.symbol()
	if r.id == "" {
		r.fail("an entry without its id")
	}
	p := &item.Provenance
	p.Sector, p.SourceID, p.SourceSystem = r.source.Sector, r.id, record.Text(r.Text())
	p.Organisation = r.recordedBy()
	p.RecordedAt, p.RecordedAtPrecision = r.Moment()
	p.RecordedBy = r.Practitioner()
	switch {
	case r.types != nil:
	case r.kind == "document":
		item.ID = r.source.ids.Document(r.source.name, r.patient, r.id)
	default:
		var id [32]byte
		item.ID = record.ID(r.texts.keep(r.source.ids.AppendItem(id[:0], r.source.name, r.kind, r.patient, r.id)))
	}
}

// recordedBy is the organisation that recorded an entry: the source's own where none is named.
func (r *row) recordedBy() *record.Organisation {
	if r.empty(2) {
		return r.source.Org
	}
	if m, ok := r.again(2); ok {
		return m.organisation
	}
	first := r.next
	org := r.source.organisation(r.Text(), r.Text())
	if r.types == nil && first < r.width {
		r.made[first].organisation, r.made[first].row = org, r.rows
	}
	return org
}

// Content is a document's content: as text where it is, whatever its label, else in base64.
func (r *row) Content() (text, encoded record.Text) {
	raw, ok := r.value(pgtype.ByteaOID)
	if !ok {
		return "", ""
	}
	if !strings.HasPrefix(raw, "%PDF") && utf8.ValidString(raw) && !strings.Contains(raw, "\x00") {
		r.look.words(raw)
		return record.Text(raw), ""
	}
	return "", record.Text(base64.StdEncoding.EncodeToString([]byte(raw)))
}
