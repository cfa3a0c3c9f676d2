// Package view reads source views: the documented relations that every sector's
// database team maps its own system to (views.sql in each sector's folder).
//
// A view is a relation, its columns in the order in which they are read, and the
// columns that could give away something that is never shown. The statements are
// put together from that, so no read can forget the exclusions.
package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

// A relation is a table or view of a source, and what is read from it.
type relation struct {
	name    string
	columns string            // as selected, in the order in which scan reads them
	only    string            // those of them that are selected; "" for all
	codes   []string          // columns that hold codes: "kind" means kind_system and kind_code; "value_code!" that value_code is the code itself, of value_code_system
	texts   []string          // columns that hold words
	masked  []string          // codes that are left out by themselves where they are on the list: the place a stay came from says nothing about the stay
	refers  map[string]string // columns that hold the id of a row of another relation: left out where that row may not be shown
	entry   bool              // its rows carry the envelope of an entry
}

// list is the names of the columns.
func (r relation) list() []string {
	names := strings.Fields(strings.ReplaceAll(r.columns, ",", " "))
	for i, name := range names {
		names[i], _, _ = strings.Cut(name, "::")
	}
	return names
}

func (r relation) selects(column string) bool { return slices.Contains(r.list(), column) }

// names splits a space-separated list.
func names(list string) []string { return strings.Fields(list) }

// entry is a pointer to a record type: what a view's rows become.
type entry[T any] interface {
	*T
	record.RecordItem
}

// A view is a relation of entries, newest first.
type view[T any, P entry[T]] struct {
	relation
	newest   string // the column by which it is ordered
	soonest  bool   // the other way round
	bare     bool   // a relation that holds nothing to exclude and no envelope flags
	where    string // what rows must fulfil besides, over v
	hangs    []hanging
	byParts  bool    // rows are also chosen by the codes of their first parts
	waits    string  // undated rows of which this is true are to come
	latest   bool    // where refers to the latest shown discharge, as latest.at
	adults   bool    // the children's rule holds
	mains    []int   // children whose first row hides the entry where it may not be shown
	group    string  // with which its words are tried
	trials   []trial // whose words those are
	scan     func(*row, *T)
	children []child[T]
	brief    *brief[T] // nil if there is none
}

// A brief is what is read of a view's rows if an ask wants no more. The whole row is judged all the same.
type brief[T any] struct {
	columns string
	scan    func(*row, *T)
}

// briefly is the view with these columns only, of a first page without parts.
func (v view[T, P]) briefly() view[T, P] {
	v.only, v.scan = v.brief.columns, v.brief.scan
	v.masked, v.refers = nil, nil // which leave out columns, and never the row
	return v
}

// A child is a relation whose rows belong to the entries of a view.
type child[T any] struct {
	name string // of the field
	relation
	add func(r *row, parent func(id string) *T)
}

// childOf makes a child from how a row is decoded and where the value goes.
func childOf[T, C any](name string, rel relation, scan func(*row) C, add func(*T, C)) child[T] {
	return child[T]{name: name, relation: rel, add: func(r *row, parent func(string) *T) {
		id := r.symbol()
		value := scan(r)
		if p := parent(id); p != nil && r.err == nil {
			add(p, value)
		}
	}}
}

// maxRows bounds the rows of one patient in one read, even if more entries than any list should have share one date.
const maxRows = 10_000

// maxEntries is the most entries of one kind in one patient's list. Beyond it the list is TRUNCATED.
const maxEntries = 2000

// A parameter is a named parameter of statements: its PostgreSQL type, and its value for an ask.
type parameter struct {
	sqlType string
	value   func(*asked) postgres.Value
}

// parameters by name. A statement is sent only those it names.
var parameters = map[string]parameter{
	"patients":    {"text[]", func(a *asked) postgres.Value { return a.patients }},
	"adult_from":  {"text[]", func(a *asked) postgres.Value { return a.adultFrom }},
	"specialties": {"text[]", func(a *asked) postgres.Value { return a.specialties }},
	"limit":       {"int", func(a *asked) postgres.Value { return limit(a.Ask) }},
	"paged":       {"bool", func(a *asked) postgres.Value { return postgres.Bool(a.Filter.After.Set) }},
	"after_on":    {"text", func(a *asked) postgres.Value { return postgres.TextOrNull(a.Filter.After.On) }},
	"after_at":    {"timestamptz", func(a *asked) postgres.Value { return afterAt(a.Filter.After) }},
	"status":      {"text", func(a *asked) postgres.Value { return postgres.Text(a.Filter.Status) }},
	"since":       {"text", func(a *asked) postgres.Value { return postgres.TextOrNull(string(a.Filter.Since)) }},
	"since_at":    {"timestamptz", func(a *asked) postgres.Value { return sinceAt(a.Ask) }},
	"codes":       {"text[]", func(a *asked) postgres.Value { return listOrNull(a.Filter.Codes) }},
	"orgs":        {"text[]", func(a *asked) postgres.Value { return listOrNull(a.Filter.Orgs) }},
	"hosts":       {"bool", func(a *asked) postgres.Value { return postgres.Bool(a.source.Sector == record.GP) }}, // several organisations' rows
	"own":         {"text", func(a *asked) postgres.Value { return postgres.Text(string(a.source.Org.ODSCode)) }},
	"when":        {"int", func(a *asked) postgres.Value { return postgres.Int(int(a.Filter.When)) }},
	"source_id":   {"text", func(a *asked) postgres.Value { return postgres.Text(a.Filter.SourceID) }},
	"midnight":    {"timestamptz", func(a *asked) postgres.Value { return a.midnight }},
	"now":         {"timestamptz", func(a *asked) postgres.Value { return a.now }},
	"today":       {"text", func(a *asked) postgres.Value { return a.today }},
	"course":      {"text", func(a *asked) postgres.Value { return a.course }},
	"parts":       {"int", func(a *asked) postgres.Value { return postgres.Int(int(a.Children)) }},
	"set":         {"text", func(a *asked) postgres.Value { return postgres.Int(a.set) }},
	"tried":       {"text[]", func(a *asked) postgres.Value { return a.keys }},
}

// asked is an Ask with the values that all asks of a request share: they are encoded once and sent with most
// statements.
type asked struct {
	*fetch.Ask
	source                                    *Source
	specialties, now, midnight, today, course postgres.Value
	written
	before []written      // the other sets of patients
	sets   int            // that there were
	keys   postgres.Value // relations whose words are tried
}

// written is a set of patients encoded as parameters.
type written struct {
	of                  *fetch.Subjects
	patients, adultFrom postgres.Value
	set                 int // which of them it is
}

func newAsked(source *Source, terms *fetch.Terms) *asked {
	today := record.Today(terms.Now)
	return &asked{
		source: source, specialties: array(terms.Specialties), now: moment(terms.Now), midnight: moment(today.Midnight()), today: postgres.Text(string(today)),
		course: postgres.Text(string(record.Today(terms.Now.In(record.London).AddDate(0, 0, -course)))),
	}
}

// about switches to another Ask of the same request.
func (a *asked) about(ask *fetch.Ask) *asked {
	a.Ask = ask
	if a.of == ask.Subjects {
		return a
	}
	a.before = append(a.before, a.written)
	for _, w := range a.before {
		if w.of == ask.Subjects {
			a.written = w
			return a
		}
	}
	a.sets++
	a.written = written{ask.Subjects, array(ask.Subjects.Numbers), array(ask.Subjects.AdultFrom), a.sets}
	return a
}

// array encodes a text[].
func array(values []string) postgres.Value {
	size := 2
	for _, value := range values {
		size += len(value) + 3
	}
	literal := append(make([]byte, 0, size), '{')
	for i, value := range values {
		if i > 0 {
			literal = append(literal, ',')
		}
		literal = append(literal, '"')
		for _, c := range []byte(value) {
			if c == '"' || c == '\\' {
				literal = append(literal, '\\')
			}
			literal = append(literal, c)
		}
		literal = append(literal, '"')
	}
	return postgres.Text(string(append(literal, '}')))
}

// moment encodes a timestamptz, truncated to PostgreSQL's microseconds.
func moment(at time.Time) postgres.Value {
	return postgres.Text(at.UTC().Truncate(time.Microsecond).Format("2006-01-02T15:04:05.999999Z07:00"))
}

// course is for how many days an acute medicine without a recorded end counts as current.
const course = 28

func limit(a *fetch.Ask) postgres.Value {
	if a.Filter.First > 0 {
		return postgres.Int(a.Filter.First)
	}
	return allEntries
}

// allEntries is one more than a list holds.
var allEntries = postgres.Int(maxEntries + 1)

func listOrNull(joined string) postgres.Value {
	if joined == "" {
		return postgres.Value{}
	}
	return array(strings.Split(joined, "\t"))
}

func afterAt(p fetch.Position) postgres.Value {
	if !p.Set || p.At.IsZero() {
		return postgres.Value{}
	}
	return moment(p.At)
}

func sinceAt(a *fetch.Ask) postgres.Value {
	if a.Filter.Since == "" {
		return postgres.Value{}
	}
	return moment(a.Filter.Since.Midnight())
}

// A statement is SQL with numbered parameters, and the names of their values.
type statement struct {
	name      string
	sql       string
	arguments []string
	values    []func(*asked) postgres.Value // of the arguments
}

// compile numbers the parameters written as :name.
func compile(name, sql string) statement {
	s := statement{name: name}
	numbers := map[string]int{}
	var b strings.Builder
	for {
		before, after, found := cutParameter(sql)
		b.WriteString(before)
		if !found {
			break
		}
		end := strings.IndexFunc(after, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') })
		if end < 0 {
			end = len(after)
		}
		argument := after[:end]
		p, known := parameters[argument]
		if !known {
			panic("unknown parameter :" + argument + " in the statement " + name)
		}
		if numbers[argument] == 0 {
			s.arguments = append(s.arguments, argument)
			s.values = append(s.values, p.value)
			numbers[argument] = len(s.arguments)
		}
		fmt.Fprintf(&b, "$%d::%s", numbers[argument], p.sqlType)
		sql = after[end:]
	}
	s.sql = b.String()
	return s
}

// cutParameter finds the next :name that is not a ::cast nor part of a literal.
func cutParameter(sql string) (before, after string, found bool) {
	literal := false
	for i := 0; i+1 < len(sql); i++ {
		if sql[i] == '\'' {
			literal = !literal
		}
		if literal || sql[i] != ':' {
			continue
		}
		if sql[i+1] == ':' {
			i++
			continue
		}
		return sql[:i], sql[i+1:], true
	}
	return sql, "", false
}

// queue adds the statement to a batch, with its values for an Ask.
func (s *statement) queue(batch *postgres.Batch, a *asked) {
	var room [32]postgres.Value
	values := room[:0]
	for _, value := range s.values {
		values = append(values, value(a))
	}
	batch.Queue(s.name, values...)
}

// envelopeOf is the envelope of an entry.
func envelopeOf[T any, P entry[T]](x *T) *record.Item { return record.Envelope(P(x)) }
