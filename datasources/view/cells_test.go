package view

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carerecord/internal/record"
)

// cells are the columns of a row: texts, what else stands in its binary form, and null for nothing.
func cells(values ...any) (row [][]byte) {
	for _, v := range values {
		switch v := v.(type) {
		case string:
			row = append(row, []byte(v))
		case []byte:
			row = append(row, v)
		default:
			row = append(row, nil)
		}
	}
	return row
}

var null any

func words32(ns ...uint32) (b []byte) {
	for _, n := range ns {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

// list is an array of texts as PostgreSQL sends it.
func list(texts ...string) []byte {
	b := words32(1, 0, 25, uint32(len(texts)), 1)
	for _, text := range texts {
		b = append(words32From(b, uint32(len(text))), text...)
	}
	return b
}

func words32From(b []byte, n uint32) []byte { return binary.BigEndian.AppendUint32(b, n) }

func momentOf(at time.Time) []byte { return microsOf(at.UnixMicro() - epoch) }

func microsOf(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// moment2 is what Moment reads.
type moment2 struct {
	At        time.Time
	Precision record.Precision
}

// content2 is what Content reads.
type content2 struct{ Text, Base64 record.Text }

// What each reader makes of its columns: rows one after another, as a statement gives them.
func TestWhatColumnsSay(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	org := &record.Organisation{ODSCode: "RAL", Name: "A trust"}
	code := func(system, code, display string) *record.Code {
		return &record.Code{System: record.Text(system), Code: record.Text(code), Display: display}
	}
	readers := map[string]func(*row) any{
		"text":         func(r *row) any { return r.Text() },
		"symbol":       func(r *row) any { return r.symbol() },
		"code":         func(r *row) any { return r.Code() },
		"optional":     func(r *row) any { return r.CodePtr() },
		"mapped":       func(r *row) any { return r.MappedCode() },
		"date":         func(r *row) any { return r.PartialDate() },
		"moment":       func(r *row) any { at, precision := r.Moment(); return moment2{at.Time, precision} },
		"yes or no":    func(r *row) any { return r.Bool() },
		"whole":        func(r *row) any { return r.Int() },
		"number":       func(r *row) any { return r.Decimal() },
		"practitioner": func(r *row) any { return r.Practitioner() },
		"organisation": func(r *row) any { return r.Organisation() },
		"recorded by":  func(r *row) any { return r.recordedBy() },
		"texts":        func(r *row) any { return r.Texts() },
		"severity":     func(r *row) any { return enum(r, severityValues, record.SeverityUnknown) },
		"note":         func(r *row) any { return required(r, noteValues) },
		"needs":        func(r *row) any { return enums(r, eligibleNeedValues) },
		"roles":        func(r *row) any { return enums(r, contactRoleValues) },
		"content":      func(r *row) any { text, encoded := r.Content(); return content2{text, encoded} },
	}
	const unreadable = "unreadable"
	severity, role := record.SeveritySevere, record.ContactRoleCarer
	for name, test := range map[string]struct {
		reader string
		rows   [][][]byte
		want   []any
	}{
		"texts":                        {"text", [][][]byte{cells("a"), cells(null), cells(""), cells("a"), cells("b")}, []any{"a", "", "", "a", "b"}},
		"symbols":                      {"symbol", [][][]byte{cells("a"), cells(null), cells("a"), cells("b")}, []any{"a", "", "a", "b"}},
		"a long text twice":            {"text", [][][]byte{cells(strings.Repeat("x", longestSeen+1)), cells("a"), cells(strings.Repeat("x", longestSeen+1))}, []any{strings.Repeat("x", longestSeen+1), "a", strings.Repeat("x", longestSeen+1)}},
		"a column that is missing":     {"text", [][][]byte{cells(), cells("a")}, []any{unreadable, "a"}},
		"a column too many":            {"text", [][][]byte{cells("a", "b"), cells("a")}, []any{unreadable, "a"}},
		"two columns of three":         {"optional", [][][]byte{cells(null, null)}, []any{unreadable}},
		"codes":                        {"code", [][][]byte{cells("s", "1", "One"), cells("s", "1", "One"), cells("s", "2", null)}, []any{*code("s", "1", "One"), *code("s", "1", "One"), *code("s", "2", "2")}},
		"a code without words":         {"code", [][][]byte{cells("s", null, null), cells(null, null, null), cells("", "", "")}, []any{unreadable, unreadable, unreadable}},
		"codes that may be missing":    {"optional", [][][]byte{cells("s", "1", "One"), cells(null, null, null), cells("", "", ""), cells("s", null, null), cells(null, null, "Words"), cells(null, "3", null)}, []any{code("s", "1", "One"), (*record.Code)(nil), (*record.Code)(nil), (*record.Code)(nil), code("", "", "Words"), code("", "3", "3")}},
		"a code by one column":         {"optional", [][][]byte{cells("s", "1", "One"), cells("t", "1", "One"), cells("t", "2", "One"), cells("t", "2", "Two")}, []any{code("s", "1", "One"), code("t", "1", "One"), code("t", "2", "One"), code("t", "2", "Two")}},
		"a mapped code":                {"mapped", [][][]byte{cells("s", "1", "One", null, null, null), cells("s", "1", "One", "o", "I", "Eins")}, []any{*code("s", "1", "One"), record.Code{System: "s", Code: "1", Display: "One", Original: code("o", "I", "Eins")}}},
		"the source's own words":       {"mapped", [][][]byte{cells(null, null, null, "o", "I", "Eins"), cells(null, null, null, null, null, null)}, []any{record.Code{Display: "Eins", Original: code("o", "I", "Eins")}, unreadable}},
		"dates":                        {"date", [][][]byte{cells("2026"), cells("2026-02"), cells("2026-02-03"), cells(null), cells("")}, []any{record.PartialDate("2026"), record.PartialDate("2026-02"), record.PartialDate("2026-02-03"), record.PartialDate(""), record.PartialDate("")}},
		"what is no date":              {"date", [][][]byte{cells("2026-02-30"), cells("soon"), cells("2026-02-28")}, []any{unreadable, unreadable, record.PartialDate("2026-02-28")}},
		"moments":                      {"moment", [][][]byte{cells(momentOf(at), []byte{0}), cells(momentOf(at), null), cells(momentOf(at), []byte{1}), cells(null, null), cells(null, []byte{1})}, []any{moment2{at, record.PrecisionTime}, moment2{at, record.PrecisionTime}, moment2{at, record.PrecisionDay}, moment2{}, moment2{}}},
		"what is no moment":            {"moment", [][][]byte{cells(microsOf(math.MaxInt64), null), cells(microsOf(math.MinInt64), null), cells("2026", null), cells([]byte{}, null)}, []any{unreadable, unreadable, unreadable, unreadable}},
		"yes and no":                   {"yes or no", [][][]byte{cells([]byte{1}), cells([]byte{0}), cells(null)}, []any{new(true), new(false), (*bool)(nil)}},
		"whole numbers":                {"whole", [][][]byte{cells(words32(7)), cells(words32(math.MaxUint32)), cells(null)}, []any{new(7), new(-1), (*int)(nil)}},
		"what is no whole number":      {"whole", [][][]byte{cells("12345"), cells("1")}, []any{unreadable, unreadable}},
		"numbers":                      {"number", [][][]byte{cells("7.50"), cells(null), cells("")}, []any{record.Decimal("7.50"), record.Decimal(""), record.Decimal("")}},
		"what is no number":            {"number", [][][]byte{cells("NaN"), cells("1e5")}, []any{unreadable, unreadable}},
		"practitioners":                {"practitioner", [][][]byte{cells("Ann", "Nurse"), cells("Ann", null), cells(null, "Nurse"), cells("Ann", "Nurse"), cells(null, null), cells("", "")}, []any{&record.Practitioner{Name: "Ann", Role: "Nurse"}, &record.Practitioner{Name: "Ann"}, &record.Practitioner{Role: "Nurse"}, &record.Practitioner{Name: "Ann", Role: "Nurse"}, (*record.Practitioner)(nil), (*record.Practitioner)(nil)}},
		"organisations":                {"organisation", [][][]byte{cells("RXX", "Another"), cells("RXX", null), cells(null, "Another"), cells(null, null)}, []any{&record.Organisation{ODSCode: "RXX", Name: "Another"}, &record.Organisation{ODSCode: "RXX", Name: "RXX"}, &record.Organisation{Name: "Another"}, (*record.Organisation)(nil)}},
		"who recorded it":              {"recorded by", [][][]byte{cells(null, null), cells("", ""), cells("RAL", "Called otherwise"), cells("RXX", "Another"), cells("RXX", "Another"), cells("RYY", "Another"), cells("RYY", null)}, []any{org, org, org, &record.Organisation{ODSCode: "RXX", Name: "Another"}, &record.Organisation{ODSCode: "RXX", Name: "Another"}, &record.Organisation{ODSCode: "RYY", Name: "Another"}, &record.Organisation{ODSCode: "RYY", Name: "RYY"}}},
		"lists of texts":               {"texts", [][][]byte{cells(list("a", "", "bc")), cells(words32(0, 0, 25)), cells(null), cells(list()), cells(list("a", ""))}, []any{[]string{"a", "", "bc"}, []string(nil), []string(nil), []string{}, []string{"a", ""}}},
		"a list with a null":           {"texts", [][][]byte{cells(append(words32(1, 1, 25, 2, 1), append(words32(math.MaxUint32), append(words32(1), 'a')...)...))}, []any{[]string{"a"}}},
		"what is no list":              {"texts", [][][]byte{cells([]byte{0, 0}), cells(words32(2, 0, 25, 1, 1)), cells(words32(1, 0, 25)), cells(words32(1, 0, 25, math.MaxUint32, 1)), cells(words32(1, 0, 25, 5, 1)), cells(words32(1, 0, 25, 1, 1, 5)), cells(append(words32(1, 0, 25, 2, 1, 4), "abcdef"...))}, []any{unreadable, unreadable, unreadable, unreadable, unreadable, unreadable, unreadable}},
		"values of a list":             {"severity", [][][]byte{cells(string(severity)), cells(string(severity)), cells(null), cells(""), cells("dire"), cells(string(severity)), cells("severe")}, []any{severity, severity, record.SeverityUnknown, record.SeverityUnknown, record.SeverityUnknown, severity, record.SeverityUnknown}},
		"a value that must be there":   {"note", [][][]byte{cells("none known"), cells("NONE_KNOWN"), cells("some"), cells(null)}, []any{record.NoteNoneKnown, record.NoteNoneKnown, unreadable, unreadable}},
		"lists of values":              {"needs", [][][]byte{cells(list("NUTRITION", "HYGIENE")), cells(null), cells(list("OTHERS"))}, []any{[]record.EligibleNeed{"NUTRITION", "HYGIENE"}, []record.EligibleNeed{}, unreadable}},
		"lists of values with another": {"roles", [][][]byte{cells(list(string(role), "FRIEND"))}, []any{[]record.ContactRole{role, record.ContactRoleOther}}},
		"content":                      {"content", [][][]byte{cells("A letter"), cells(""), cells(null), cells("%PDF-1.7"), cells("\xff\xfe"), cells("a\x00b")}, []any{content2{Text: "A letter"}, content2{}, content2{}, content2{Base64: "JVBERi0xLjc="}, content2{Base64: "//4="}, content2{Base64: "YQBi"}}},
	} {
		t.Run(name, func(t *testing.T) {
			source := &Source{Sector: record.Acute, Org: org, sites: map[[2]string]*record.Organisation{}}
			r := &row{source: source, kind: "cells", memory: &memory{columns: new(columns)}}
			r.statement()
			var before [][]byte
			for i, row := range test.rows {
				for _, cell := range before { // the driver's buffer is written over
					for k := range cell {
						cell[k] = '#'
					}
				}
				before = make([][]byte, len(row))
				for k, cell := range row {
					if cell != nil {
						before[k] = append([]byte{}, cell...)
					}
				}
				r.load(before)
				got := readers[test.reader](r)
				r.end()
				if r.err != nil {
					got = unreadable
				}
				if diff := cmp.Diff(test.want[i], got); diff != "" {
					t.Errorf("row %d: %s", i, diff)
				}
			}
		})
	}
}

// What was made of rows before stays as it is when the driver's buffer is written over.
func TestWhatIsKeptStays(t *testing.T) {
	r := &row{source: &Source{}, kind: "kept", memory: &memory{columns: new(columns)}}
	r.look.begin(&counted{}, &record.Organisation{Name: "A trust"})
	row := cells("a text", "a symbol", "urn:stays", "1", "One", "", "4", "Four", "Ann", "Nurse", list("x", "y"), "a letter")
	r.load(row)
	text, symbol, kept, own, who, texts := r.Text(), r.symbol(), r.CodePtr(), r.CodePtr(), r.Practitioner(), r.Texts()
	content, _ := r.Content()
	for _, cell := range row {
		for k := range cell {
			cell[k] = '#'
		}
	}
	got := []any{text, symbol, *kept, *own, *who, texts, content}
	want := []any{"a text", "a symbol", record.Code{System: "urn:stays", Code: "1", Display: "One"}, record.Code{Code: "4", Display: "Four"}, record.Practitioner{Name: "Ann", Role: "Nurse"}, []string{"x", "y"}, record.Text("a letter")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A value of one statement's list is none of another's, where both stand in one column.
func TestAValueIsOfItsStatement(t *testing.T) {
	r := &row{source: &Source{}, kind: "values", memory: &memory{columns: new(columns)}}
	for _, otherwise := range []record.Severity{"", record.SeverityUnknown} {
		r.statement()
		r.load(cells("SEVERE"))
		if got := enum(r, severityValues, otherwise); got != record.SeveritySevere {
			t.Errorf("it is %s", got)
		}
		r.statement()
		r.load(cells("SEVERE"))
		if got := enum(r, significanceValues, ""); got != "" {
			t.Errorf("another list has %s", got)
		}
	}
}

// The envelope of an entry, and what it refers to.
func TestEnvelopes(t *testing.T) {
	ids := record.NewIdentifier([]byte("cells"))
	org := &record.Organisation{ODSCode: "RAL", Name: "A trust"}
	source := &Source{Sector: record.Acute, Org: org, name: "ACUTE/RAL", ids: ids, sites: map[[2]string]*record.Organisation{}}
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	const patient = "9990000018"
	for kind, id := range map[string]record.ID{"result": ids.Item("ACUTE/RAL", "result", patient, "7"), "document": ids.Document("ACUTE/RAL", patient, "7")} {
		r := &row{source: source, kind: kind, patient: patient, memory: &memory{columns: new(columns)}}
		r.load(cells("7", "EPR", "RXX", "Another", momentOf(at), []byte{1}, "Ann", "Nurse"))
		var item record.Item
		r.Item(&item)
		r.end()
		want := record.Item{ID: id, Provenance: record.Provenance{Sector: record.Acute, Organisation: &record.Organisation{ODSCode: "RXX", Name: "Another"}, SourceSystem: "EPR", SourceID: "7",
			RecordedAt: record.At(at), RecordedAtPrecision: record.PrecisionDay, RecordedBy: &record.Practitioner{Name: "Ann", Role: "Nurse"}}}
		if diff := cmp.Diff(want, item); diff != "" || r.err != nil {
			t.Errorf("%s: %s %v", kind, diff, r.err)
		}
	}
	r := &row{source: source, kind: "result", patient: patient, memory: &memory{columns: new(columns)}}
	r.load(cells(null, "EPR", null, null, null, null, null, null))
	if r.Item(new(record.Item)); r.err == nil {
		t.Error("an entry without its id is read")
	}
	r.load(cells("8", "A report", null, "Alone", null, null))
	if diff := cmp.Diff([]*record.ReportReference{{ID: ids.Item("ACUTE/RAL", "report", patient, "8"), Title: "A report"}, nil, nil}, []*record.ReportReference{r.Report(), r.Report(), r.Report()}); diff != "" {
		t.Error(diff)
	}
	r.load(cells("9", "A summary", momentOf(at), "\x01", null, "Alone", null, null, null, null, null, null))
	if diff := cmp.Diff([]*record.DocumentReference{{ID: ids.Document("ACUTE/RAL", patient, "9"), Title: "A summary", WrittenAt: record.At(at), WrittenAtPrecision: record.PrecisionDay}, nil, nil}, []*record.DocumentReference{r.Summary(), r.Summary(), r.Summary()}); diff != "" {
		t.Error(diff)
	}
}
