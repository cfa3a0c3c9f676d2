package view

import (
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/codesystem"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// rowsOf are the answers of a pipeline: the rows of each statement.
type rowsOf struct {
	statements [][][][]byte
	rows       [][][]byte
}

func (r *rowsOf) Next() error {
	r.rows, r.statements = r.statements[0], r.statements[1:]
	return nil
}

func (r *rowsOf) Row() (values [][]byte, err error) {
	if len(r.rows) > 0 {
		values, r.rows = r.rows[0], r.rows[1:]
	}
	return values, nil
}

// columnsFor are random values of these types, of which there are few, and more or fewer nulls.
func columnsFor(dice *rand.Rand, types []uint32) [][]byte {
	texts := []string{"", "a", "b", "2020-01-02", "2021", "7.5", "ACTIVE", "http://snomed.info/sct", "RAL"}
	values, filled := make([][]byte, len(types)), 1+dice.IntN(9)
	for i, of := range types {
		if dice.IntN(10) >= filled {
			continue
		}
		switch of {
		case pgtype.Int8OID:
			values[i] = binary.BigEndian.AppendUint64(nil, 1)
		case pgtype.TextOID:
			values[i] = []byte(texts[dice.IntN(len(texts))])
		case pgtype.TimestamptzOID:
			values[i] = binary.BigEndian.AppendUint64(nil, uint64(dice.IntN(2))*1e9)
		case pgtype.BoolOID:
			values[i] = []byte{byte(dice.IntN(2))}
		case pgtype.Int4OID:
			values[i] = binary.BigEndian.AppendUint32(nil, uint32(dice.IntN(2)))
		case pgtype.TextArrayOID:
			values[i] = []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25}
		}
	}
	return values
}

// What is kept of the row before, or of another statement's, changes nothing of what is read of a row.
func TestARowIsReadAsIfItWereTheFirst(t *testing.T) {
	source := &Source{Sector: record.Acute, Org: &record.Organisation{ODSCode: "RAL", Name: "A trust"}, name: "ACUTE/RAL",
		ids: record.NewIdentifier([]byte("row")), sites: map[[2]string]*record.Organisation{}, usual: map[fetch.Kind]*[variants]usual{}}
	var kinds []fetch.Kind
	for kind := range all {
		if kind != fetch.Persons {
			kinds, source.usual[kind] = append(kinds, kind), new([variants]usual)
		}
	}
	dice := rand.New(rand.NewPCG(1, 2))
	subjects := &fetch.Subjects{Patients: []record.NHSNumber{"9990000018"}}
	read := func(w *wave, kind fetch.Kind, rows [][][]byte) fetch.Answer {
		ask := &fetch.Ask{Kind: kind, Subjects: subjects}
		answer, _, err := all[kind].collect(w, &rowsOf{statements: [][][][]byte{rows}}, &job{ask: ask, usual: source.usually(ask)})
		if err != nil {
			t.Fatal(kind, err)
		}
		return answer
	}
	found := 0
	for range 1000 {
		through := &wave{source: source, memory: memory{columns: new(columns)}}
		for range 6 {
			kind := kinds[dice.IntN(len(kinds))]
			types := all[kind].describe(source)[0]
			var rows [][][]byte
			row := columnsFor(dice, types)
			for range dice.IntN(8) {
				if next := columnsFor(dice, types); dice.IntN(4) == 0 { // now and then all is other
					row = next
				} else { // else a few columns are
					row = append([][]byte(nil), row...)
					for range dice.IntN(4) {
						i := dice.IntN(len(row))
						row[i] = next[i]
					}
				}
				row[0], row[1] = binary.BigEndian.AppendUint64(nil, 1), []byte(strconv.Itoa(len(rows)))
				rows = append(rows, row)
			}
			together, next := reflect.ValueOf(read(through, kind, rows).Rows).Elem().FieldByName("Items"), 0
			for i, row := range rows {
				alone := reflect.ValueOf(read(&wave{source: source, memory: memory{columns: new(columns)}}, kind, [][][]byte{row}).Rows).Elem().FieldByName("Items")
				if alone.Len() == 0 { // it cannot be read
					continue
				}
				if found++; next >= together.Len() {
					t.Fatalf("%s: row %d is missing", kind, i)
				}
				if diff := cmp.Diff(alone.Index(0).Interface(), together.Index(next).Interface()); diff != "" {
					t.Fatalf("%s: row %d alone and among others: %s", kind, i, diff)
				}
				next++
			}
			if next != together.Len() {
				t.Fatalf("%s: %d rows can be read alone, %d together", kind, next, together.Len())
			}
		}
	}
	if found < 4000 {
		t.Errorf("only %d rows can be read", found)
	}
}

// A list in which entries that cannot be read took the place of others is read again for as many as were asked for, not for as
// many as it was read for the second time: that would go on to the end of everybody's list.
func TestWhatTookThePlaceOfOthersIsReadOnce(t *testing.T) {
	source := &Source{Sector: record.Acute, Org: &record.Organisation{ODSCode: "RAL", Name: "A trust"}, name: "ACUTE/RAL",
		ids: record.NewIdentifier([]byte("row")), sites: map[[2]string]*record.Organisation{}, usual: map[fetch.Kind]*[variants]usual{fetch.Results: new([variants]usual)}}
	types := all[fetch.Results].describe(source)[0]
	ask := &fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{First: 6}, Subjects: &fetch.Subjects{Patients: []record.NHSNumber{"9990000018"}}}
	for _, test := range []struct {
		read, rows, unreadable int
		again                  bool
	}{
		{6, 6, 0, false}, {6, 6, 1, true}, {6, 5, 1, false}, {6, 7, 1, false}, {12, 12, 1, false}, {12, 12, 6, false}, {12, 12, 7, true}, {12, 11, 7, false},
	} {
		rows := make([][][]byte, test.rows)
		for i := range rows {
			rows[i] = make([][]byte, len(types))
			rows[i][0], rows[i][1] = binary.BigEndian.AppendUint64(nil, 1), []byte(strconv.Itoa(i))
			if i >= test.unreadable {
				rows[i][11] = []byte("A test") // test_display
			}
		}
		w := &wave{source: source, memory: memory{columns: new(columns)}}
		answer, again, err := all[fetch.Results].collect(w, &rowsOf{statements: [][][][]byte{rows}}, &job{ask: ask, usual: source.usually(ask), first: test.read})
		if err != nil {
			t.Fatal(err)
		}
		if n := fetch.RowsOf[record.Result](answer).Count(0); n != test.rows-test.unreadable || again != test.again {
			t.Errorf("%+v: %d can be read, and again %t", test, n, again)
		}
	}
}

// A number is what JSON takes for one, without an exponent and in the range of a double.
func TestDecimals(t *testing.T) {
	for _, text := range []string{"0", "-0", "7.5", ".5", "5.", "-.5", "-", ".", "-.", "", "--1", "1-", "1.2.3", "1e5", "NaN", "Infinity", "0x10", "1_000", " 1", "1 ", "+1", "٣",
		"00012", "-01", "0.5", "-0.5", "10", "-12.50", strings.Repeat("9", 300)} {
		if want := json.Valid([]byte(text)) && text != "" && strings.Trim(text, "-0123456789.") == ""; isDecimal(text) != want {
			t.Errorf("%q: %t, want %t", text, isDecimal(text), want)
		}
	}
	if isDecimal(strings.Repeat("9", 400)) {
		t.Error("a number that no double holds")
	}
}

// Every moment that RFC 3339 can write is read, and no other.
func TestMoments(t *testing.T) {
	for _, at := range []time.Time{
		time.Date(0, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC), time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC),
		time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		micros := at.UnixMicro() - time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
		r := &row{kind: "moment", memory: &memory{columns: new(columns)}}
		r.load([][]byte{binary.BigEndian.AppendUint64(nil, uint64(micros))})
		got := r.Time()
		if readable := at.Year() >= 1 && at.Year() <= 9999 && !at.IsZero(); (r.err == nil) != readable || readable && !got.Equal(at) {
			t.Errorf("%s is read as %s, %v", at, got, r.err)
		}
	}
}

// No view has more columns than a row can have, and a row that has them cannot be read.
func TestColumns(t *testing.T) {
	source := &Source{Org: &record.Organisation{}}
	for _, reads := range []map[fetch.Kind]read{all, adult} {
		for kind, read := range reads {
			for _, types := range read.describe(source) {
				if len(types)-1 > mostColumns {
					t.Errorf("%s has %d columns", kind, len(types)-1)
				}
			}
		}
	}
	r := &row{kind: "wide", memory: &memory{columns: new(columns)}}
	wide := make([][]byte, mostColumns+1)
	for i := range wide {
		wide[i] = []byte("a")
	}
	if r.load(wide); r.err == nil || r.Text() != "" {
		t.Error("a row that is too wide is read")
	}
	if r.load(wide[:mostColumns]); r.err != nil {
		t.Error("a row that is as wide as may be is not read")
	}
}

func (e *entries[T, P]) scanned(r *row, statement int) {
	var x T
	scan := e.view.scan
	switch {
	case statement > 0 && statement <= len(e.children): // behind them stand the shorter one and the brief one
		e.view.children[statement-1].add(r, func(string) *T { return &x })
		return
	case statement == len(e.children)+2:
		scan = e.view.brief.scan
	}
	r.Item(envelopeOf[T, P](&x))
	scan(r, &x)
}

func (persons) scanned(r *row, statement int) {
	if statement > 0 {
		scanTelecom(r)
		return
	}
	scanPerson(r)
}

// Whatever stands in its columns, null or as in the row before, every column of a row is read once.
func TestEveryColumnIsRead(t *testing.T) {
	source := &Source{Sector: record.SocialCare, Org: &record.Organisation{ODSCode: "L1"}, ids: record.NewIdentifier([]byte("row")), sites: map[[2]string]*record.Organisation{}}
	dice := rand.New(rand.NewPCG(3, 4))
	for _, reads := range []map[fetch.Kind]read{all, adult} {
		for kind, read := range reads {
			for statement, types := range read.describe(source) {
				r := &row{source: source, kind: string(kind), patient: "9990000018", memory: &memory{columns: new(columns)}}
				values := columnsFor(dice, types[1:])
				for range 400 {
					if next := columnsFor(dice, types[1:]); dice.IntN(2) == 0 {
						values = next
					}
					r.load(values)
					read.(interface{ scanned(*row, int) }).scanned(r, statement)
					if r.next != len(r.cells) {
						t.Fatalf("%s, statement %d: %d of %d columns are read of %q", kind, statement, r.next, len(r.cells), values)
					}
				}
			}
		}
	}
}

// TestHints: what has none of the hints is no URI of a large system.
func TestHints(t *testing.T) {
	uris := 0
	for _, system := range codesystem.All {
		for _, pattern := range system.Names {
			if !strings.HasPrefix(pattern, "http") {
				if strings.HasPrefix("http", pattern[:1]) {
					t.Errorf("%s may be like a URI", pattern)
				}
				continue
			}
			uris++
			if !slices.ContainsFunc(hints[:], func(hint string) bool { return strings.Contains(pattern, hint) }) {
				t.Errorf("%s has no hint", pattern)
			}
		}
	}
	if uris < len(hints) {
		t.Errorf("%d patterns for URIs", uris)
	}
}
