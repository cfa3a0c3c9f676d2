package view

import (
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What entries are written with: harmless texts, those that are never shown, and two that only are together.
var (
	harmless   = []string{"", "a", "Ann Ordinary", "2020-01-02", "7.5", "ACTIVE", "<", "http://snomed.info/sct", "22298006", string(record.AboutMeHeadingMostImportant)}
	neverShown = []string{"86406008", "Seen at the HIV clinic", "Sexual health"}
	halves     = []string{"sexual", "health"}
)

// A writer of rows, of which some say what is never shown.
type writer struct {
	dice  *rand.Rand
	dirty int  // how many of a hundred texts say it
	said  bool // one does
}

func (w *writer) text() []byte {
	if w.dice.IntN(100) >= w.dirty {
		return []byte(harmless[w.dice.IntN(len(harmless))])
	}
	w.said = true
	some := neverShown
	if w.dice.IntN(2) == 0 {
		some = halves
	}
	return []byte(some[w.dice.IntN(len(some))])
}

// A shape is what the columns of a statement must be like, that its rows can be read.
type shape struct {
	types  []uint32
	needed []bool     // by column: not null
	only   [][]string // by column: nothing else; all texts where there are none
}

// shapeOf finds out by trying, with what says of a row whether it can be read.
func shapeOf(t *testing.T, types []uint32, readable func(row [][]byte) bool) shape {
	s := shape{types, make([]bool, len(types)), make([][]string, len(types))}
	base := make([][]byte, len(types))
	base[0], base[1] = binary.BigEndian.AppendUint64(nil, 1), []byte("0")
	with := func(at int, text string) [][]byte {
		row := append([][]byte(nil), base...)
		row[at] = []byte(text)
		return row
	}
	for at := 2; at < len(types) && !readable(base); at++ {
		for _, text := range harmless {
			if types[at] == pgtype.TextOID && readable(with(at, text)) {
				base, s.needed[at] = with(at, text), true
				break
			}
		}
	}
	if !readable(base) {
		t.Fatal("no row can be read")
	}
	for at := 2; at < len(types); at++ {
		if types[at] != pgtype.TextOID || readable(with(at, neverShown[1])) {
			continue
		}
		s.only[at] = []string{}
		for _, text := range harmless {
			if readable(with(at, text)) {
				s.only[at] = append(s.only[at], text)
			}
		}
	}
	return s
}

func (w *writer) columns(s shape) [][]byte {
	values, filled := columnsFor(w.dice, s.types), 3+w.dice.IntN(7)
	for at, of := range s.types {
		switch {
		case of == pgtype.ByteaOID:
			values[at] = w.text()
		case of != pgtype.TextOID:
		case !s.needed[at] && w.dice.IntN(10) >= filled:
			values[at] = nil
		case s.only[at] == nil:
			if values[at] = w.text(); s.needed[at] && len(values[at]) == 0 {
				values[at] = []byte("a")
			}
		default:
			values[at] = []byte(s.only[at][w.dice.IntN(len(s.only[at]))])
		}
	}
	return values
}

// rows are rows one after another of which each is another, or the one before but for a few columns.
func (w *writer) rows(s shape, id func(i int) string) (rows [][][]byte) {
	row := w.columns(s)
	for i := range w.dice.IntN(8) {
		if next := w.columns(s); w.dice.IntN(4) == 0 {
			row = next
		} else {
			row = append([][]byte(nil), row...)
			for range w.dice.IntN(4) {
				at := w.dice.IntN(len(row))
				row[at] = next[at]
			}
		}
		row[0], row[1] = binary.BigEndian.AppendUint64(nil, 1), []byte(id(i))
		rows = append(rows, row)
	}
	return rows
}

// hides reports whether an entry has anything that is never shown, by all it carries.
func hides(filter *exclusion.Filter, entry record.RecordItem) (hidden bool) {
	entry.Codes(func(code *record.Code) {
		for ; code != nil; code = code.Original {
			hidden = hidden || filter.Coded(string(code.System), string(code.Code), code.Display)
		}
	})
	words := func(text string) { hidden = hidden || filter.Words(text) }
	entry.Words(words)
	record.Envelope(entry).Provenance.Words(words)
	return hidden
}

// An answer that is said to be looked at has nothing in any entry or part that a look at the whole would find.
func TestWhatIsReadIsLookedAt(t *testing.T) {
	filter := exclusion.Default().For("TREAT")
	dice := rand.New(rand.NewPCG(3, 4))
	subjects := &fetch.Subjects{Patients: []record.NHSNumber{"9990000018"}}
	for _, reads := range []map[fetch.Kind]read{all, adult} {
		for kind, r := range reads {
			if kind == fetch.Persons || kind == fetch.Notes {
				continue
			}
			read := func(name string, statements [][][][]byte) fetch.Answer {
				source := &Source{Sector: record.Acute, Org: &record.Organisation{ODSCode: "RAL", Name: name}, name: "ACUTE/RAL",
					ids: record.NewIdentifier([]byte("row")), sites: map[[2]string]*record.Organisation{}, usual: map[fetch.Kind]*[variants]usual{kind: new([variants]usual)}}
				ask := &fetch.Ask{Kind: kind, Subjects: subjects, Children: 1<<(len(statements)-1) - 1}
				answer, _, err := r.collect(&wave{source: source, screen: filter, memory: memory{columns: new(columns)}}, &rowsOf{statements: statements}, &job{ask: ask, usual: source.usually(ask)})
				if err != nil {
					t.Fatal(kind, err)
				}
				return answer
			}
			var shapes []shape
			described := r.describe(&Source{Org: &record.Organisation{}})
			if parts := len(fetch.ChildFields[kind]); parts > 0 {
				described = described[:1+parts] // the shorter statement for the entries gives the same rows, and the brief one less of them
			}
			for at, types := range described {
				shapes = append(shapes, shapeOf(t, types, func(row [][]byte) bool {
					statements := make([][][][]byte, len(described))
					statements[at] = [][][]byte{row}
					return read("A trust", statements).Unreadable == nil
				}))
			}
			hidden, screened := 0, 0
			check := func(name string, statements [][][][]byte, harmless bool) {
				answer, hide := read(name, statements), false
				items := reflect.ValueOf(answer.Rows).Elem().FieldByName("Items")
				for i := range items.Len() {
					hide = hide || hides(filter, items.Index(i).Addr().Interface().(record.RecordItem))
				}
				switch {
				case hide && answer.Screened != nil:
					t.Fatalf("%s: an answer with what is never shown is said to be looked at: %v", kind, items)
				case harmless && answer.Screened != fetch.Screen(filter):
					t.Fatalf("%s: an answer without it is not", kind)
				case hide:
					hidden++
				case answer.Screened != nil && items.Len() > 0:
					screened++
				}
			}
			w := &writer{dice: dice}
			for statement, s := range shapes { // each column by itself, and each code
				for at := 2; at < len(s.types); at++ {
					for _, columns := range [][]string{{neverShown[1]}, {"", neverShown[0]}, {"http://snomed.info/sct", neverShown[0], "a"}} {
						statements := make([][][][]byte, len(shapes))
						for i, s := range shapes {
							row := w.columns(s)
							row[0], row[1] = binary.BigEndian.AppendUint64(nil, 1), []byte("0")
							statements[i] = [][][]byte{row}
						}
						for i, text := range columns {
							if at+i < len(s.types) && s.types[at+i] == pgtype.TextOID {
								statements[statement][0][at+i] = []byte(text)
							}
						}
						check("A trust", statements, false)
					}
				}
			}
			for round := range 200 {
				name := "A trust"
				if dice.IntN(50) == 0 {
					name = "The HIV clinic"
				}
				w := &writer{dice: dice, dirty: round % 4}
				statements := [][][][]byte{w.rows(shapes[0], strconv.Itoa)}
				entries := len(statements[0])
				for _, s := range shapes[1:] {
					statements = append(statements, w.rows(s, func(int) string { return strconv.Itoa(dice.IntN(entries + 1)) }))
				}
				check(name, statements, !w.said && name == "A trust")
			}
			if hidden < 5 || screened < 100 {
				t.Errorf("%s: %d answers with what is never shown, %d looked at", kind, hidden, screened)
			}
		}
	}
}

// counted is a list with one word on it and one code, which counts what is looked at.
type counted struct{ words, codes int }

func (c *counted) Words(text string) bool { c.words++; return text == "listed" }

func (c *counted) Coded(_, code, display string) bool {
	c.codes++
	return code == "listed" || display == "listed"
}

// What stands as it stood in the row before is looked at once, and nothing that changed is passed over.
func TestALookIsTakenOnce(t *testing.T) {
	type rows = [][]string
	const null = "-"
	for name, test := range map[string]struct {
		statements   []rows // of two texts and a code
		words, codes int    // that are looked at
		listed       bool
	}{
		"one row":                              {[]rows{{{"a", "b", "s", "1", "One"}}}, 2, 1, false},
		"the same again":                       {[]rows{{{"a", "b", "s", "1", "One"}, {"a", "b", "s", "1", "One"}}}, 2, 1, false},
		"another text":                         {[]rows{{{"a", "b", "s", "1", "One"}, {"a", "c", "s", "1", "One"}}}, 3, 1, false},
		"a text that is listed":                {[]rows{{{"a", "b", "s", "1", "One"}, {"a", "listed", "s", "1", "One"}}}, 3, 1, true},
		"nothing more is looked at after it":   {[]rows{{{"listed", "b", "s", "1", "One"}, {"a", "c", "s", "2", "Two"}}}, 1, 0, true},
		"another system":                       {[]rows{{{"a", "b", "s", "1", "One"}, {"a", "b", "t", "1", "One"}}}, 2, 2, false},
		"another code":                         {[]rows{{{"a", "b", "s", "1", "One"}, {"a", "b", "s", "listed", "One"}}}, 2, 2, true},
		"other words":                          {[]rows{{{"a", "b", "s", "1", "One"}, {"a", "b", "s", "1", "listed"}}}, 2, 2, true},
		"a code without a system":              {[]rows{{{"a", "b", "s", "1", "One"}, {"a", "b", null, "1", "One"}}}, 2, 2, false},
		"a text after null":                    {[]rows{{{"a", "b", null, null, null}, {null, null, null, null, null}, {"a", "listed", null, null, null}}}, 3, 0, true},
		"a text again after null":              {[]rows{{{"a", "b", null, null, null}, {null, null, null, null, null}, {"a", "b", null, null, null}}}, 2, 0, false},
		"a code after null":                    {[]rows{{{"a", "b", "s", "1", "One"}, {"a", "b", null, null, null}, {"a", "b", "s", "1", "One"}}}, 2, 1, false},
		"no texts and no code":                 {[]rows{{{null, "", null, "", null}}}, 0, 0, false},
		"the same of another statement":        {[]rows{{{"a", "b", "s", "1", "One"}}, {{"a", "b", "s", "1", "One"}}}, 2, 1, false},
		"the same in another column":           {[]rows{{{"a", "a", "s", "1", "One"}, {"b", "a", "s", "1", "One"}, {"a", "b", "s", "1", "One"}}}, 2, 1, false},
		"a text that another statement listed": {[]rows{{{"listed", "b", "s", "1", "One"}}, {{"a", "b", "s", "1", "One"}}}, 1, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			list := &counted{}
			r := &row{source: &Source{}, memory: &memory{columns: new(columns)}}
			r.look.begin(list, &record.Organisation{Name: "A trust"})
			for _, rows := range test.statements {
				r.statement()
				for _, texts := range rows {
					values := make([][]byte, len(texts))
					for i, text := range texts {
						if text != null {
							values[i] = []byte(text)
						}
					}
					r.load(values)
					r.Text()
					r.Text()
					r.plainCode()
				}
			}
			if list.words != test.words+1 || list.codes != test.codes || r.look.listed != test.listed { // and the name of the trust
				t.Errorf("%d texts and %d codes are looked at, listed: %t", list.words-1, list.codes, r.look.listed)
			}
			if screened := r.look.of() == fetch.Screen(list); screened == test.listed {
				t.Errorf("said to be looked at: %t", screened)
			}
		})
	}
	list := &counted{}
	l := look{listed: true, texts: 7}
	if l.begin(list, &record.Organisation{Name: "a"}); l.of() != fetch.Screen(list) || l.texts != 0 {
		t.Error("a look begins as another ended")
	}
	if l.begin(list, &record.Organisation{Name: "listed"}); l.of() != nil {
		t.Error("the source's own name is not looked at")
	}
	l.begin(nil, &record.Organisation{Name: "listed"})
	l.words("listed")
	l.code(&readCode{Code: record.Code{Code: "listed"}})
	if l.of() != nil || l.listed {
		t.Error("without a screen something is looked at")
	}
}

// Rows with fewer or more columns leave nothing behind by which the next is taken for looked at.
func TestALookIsOfWhatWasRead(t *testing.T) {
	filter := exclusion.Default().For("TREAT")
	text := func(values ...string) (row [][]byte) {
		for _, v := range values {
			row = append(row, []byte(v))
		}
		return row
	}
	for name, rows := range map[string][][][]byte{
		"the second of two":             {text("a", "b"), text("a", "HIV clinic")},
		"after a row that was cut":      {text("a", "HIV clinic")[:1], text("a", "HIV clinic")},
		"after a row with more columns": {text("a", "b", "HIV clinic"), text("a", "HIV clinic")},
		"after null":                    {text("a", "b"), {[]byte("a"), nil}, text("a", "HIV clinic")},
		"a long text":                   {text("a", "HIV clinic"+strings.Repeat(" and so on", 9))},
	} {
		r := &row{source: &Source{Org: &record.Organisation{}}, kind: "text", memory: &memory{columns: new(columns)}}
		r.look.begin(filter, r.source.Org)
		for _, values := range rows {
			r.load(values)
			r.Text()
			r.Text()
			r.end()
		}
		if !r.look.listed {
			t.Errorf("%s is not looked at", name)
		}
	}
	r := &row{source: &Source{Org: &record.Organisation{}}, kind: "code", memory: &memory{columns: new(columns)}}
	r.look.begin(filter, r.source.Org)
	for _, values := range [][][]byte{text("x", "1", "One"), {nil, nil, nil}, text("http://snomed.info/sct", "1", "One"), text("http://snomed.info/sct", "86406008", "One")} {
		r.load(values)
		if r.CodePtr(); r.look.listed {
			break
		}
	}
	if !r.look.listed {
		t.Error("a code of which only the number changed is not looked at")
	}
}

// What one list found nothing in is looked at by another, in whatever request it was read before.
func TestACodeIsLookedAtByEveryList(t *testing.T) {
	one, other := &counted{}, &counted{}
	codes.place([]byte("1"), []byte("One")).Store(nil)
	for i, list := range []*counted{one, one, other, one, one} {
		r := &row{source: &Source{}, memory: &memory{columns: new(columns)}}
		r.look.begin(list, &record.Organisation{Name: "A trust"})
		r.load([][]byte{[]byte("urn:by-every-list"), []byte("1"), []byte("One")})
		if r.plainCode(); r.look.of() != fetch.Screen(list) {
			t.Errorf("reading %d is not looked at", i)
		}
	}
	if one.codes != 2 || other.codes != 1 { // whose turn it was before is forgotten
		t.Errorf("looked at %d times by one list and %d times by the other", one.codes, other.codes)
	}
}

// Nothing is kept beyond a request of what has no code, or is long: its words may be somebody's own. Nor what nobody looked
// at, or what is on the list.
func TestWhatTheBookKeeps(t *testing.T) {
	for name, test := range map[string]struct {
		system, code, display string
		kept                  bool
	}{
		"a code":            {"urn:kept", "1", "One", true},
		"without words":     {"urn:kept", "2", "", true},
		"without a system":  {"", "3", "Three", false},
		"words alone":       {"urn:kept", "", "Four", false},
		"long words":        {"urn:kept", "5", strings.Repeat("x", longestCode), false},
		"as long as may be": {"urn:kept", "6", strings.Repeat("x", longestCode-len("urn:kept6")), true},
		"on the list":       {"urn:kept", "listed", "Seven", false},
		"listed words":      {"urn:kept", "8", "listed", false},
	} {
		for _, looks := range []bool{false, true} {
			codes.place([]byte(test.code), []byte(test.display)).Store(nil)
			r := &row{source: &Source{}, kind: "kept", memory: &memory{columns: new(columns)}}
			if looks {
				r.look.begin(&counted{}, &record.Organisation{Name: "A trust"})
			}
			cells := cells(test.system, test.code, test.display)
			for range 2 {
				r.load(cells)
				if c := r.readCode(); !c.is(cells[0], cells[1], cells[2]) {
					t.Errorf("%s is read as %v", name, c.Code)
				}
			}
			kept := codes.place(cells[1], cells[2]).Load()
			if (kept != nil) != (test.kept && looks) || kept != nil && !kept.is(cells[0], cells[1], cells[2]) {
				t.Errorf("%s, looked at: %t: kept is %v", name, looks, kept)
			}
		}
	}
}

// A text is looked at whatever was read of it where nobody looked, or somebody found something: without a list, as a symbol, by a look that has ended.
func TestATextIsLookedAtWhereverItStoodBefore(t *testing.T) {
	org := &record.Organisation{Name: "A trust"}
	for name, before := range map[string]func(r *row, list fetch.Screen){
		"without a list": func(r *row, _ fetch.Screen) {
			r.look = look{}
			r.Text()
		},
		"found": func(r *row, list fetch.Screen) {
			r.look.begin(list, org)
			r.Text()
		},
		"a symbol behind a text": func(r *row, list fetch.Screen) {
			r.look.begin(list, org)
			r.load(cells("harmless"))
			r.Text()
			r.load(cells("listed"))
			r.symbol()
		},
	} {
		for place, row2 := range map[string][][]byte{"in its column": cells("listed"), "in another": cells("harmless", "listed")} {
			r := &row{source: &Source{}, memory: &memory{columns: new(columns)}}
			list := &counted{}
			r.statement()
			r.load(cells("listed"))
			before(r, list)
			if name != "a symbol behind a text" {
				r.look.begin(list, org)
				r.statement()
			}
			r.load(row2)
			for range row2 {
				r.Text()
			}
			if !r.look.listed {
				t.Errorf("%s, %s: it is not looked at", name, place)
			}
		}
	}
}

// A code is looked at where it stood in its column before, too: without a list, or by a look that had found something already.
func TestACodeIsLookedAtWhereItStoodBefore(t *testing.T) {
	org := &record.Organisation{Name: "A trust"}
	for name, before := range map[string]func(l *look, list fetch.Screen){
		"without a list": func(l *look, _ fetch.Screen) { *l = look{} },
		"behind a find":  func(l *look, list fetch.Screen) { l.begin(list, org); l.words("listed") },
	} {
		r := &row{source: &Source{}, memory: &memory{columns: new(columns)}}
		list := &counted{}
		before(&r.look, list)
		for range 2 {
			r.load(cells("urn:before", "listed", "Words"))
			r.readCode()
			r.look.begin(list, org)
		}
		r.load(cells("urn:before", "listed", "Words"))
		if r.readCode(); !r.look.listed {
			t.Errorf("%s: it is not looked at", name)
		}
	}
}

// The content of a document is looked at, as text.
func TestContentIsLookedAt(t *testing.T) {
	for content, listed := range map[string]bool{"listed": true, "harmless": false, "%PDF listed": false} {
		r := &row{source: &Source{}, memory: &memory{columns: new(columns)}}
		r.look.begin(&counted{}, &record.Organisation{Name: "A trust"})
		r.load(cells(content))
		if r.Content(); r.look.listed != listed {
			t.Errorf("%q: found is %t", content, r.look.listed)
		}
	}
}
