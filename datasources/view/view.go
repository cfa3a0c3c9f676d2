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
	"carerecord/internal/record"
)

// A relation is a table or view of a source and what is read of it.
type relation struct {
	name    string
	columns string            // as selected, in the order in which scan reads them
	codes   []string          // columns that hold codes: kind stands for kind_system and kind_code; a ! that the names differ
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

// words splits a list of names.
func words(list string) []string { return strings.Fields(list) }

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
	stays    bool   // the source has stays: theirs are discharges too
	latest   bool   // where refers to the latest shown discharge, as latest.at
	adults   bool   // the children's rule holds
	mains    []int  // children whose first row hides the entry where it may not be shown
	scan     func(*row) T
	children []child[T]
}

// A child is a relation whose rows belong to the entries of a view.
type child[T any] struct {
	name string // of the field
	relation
	add func(r *row, parent func(id string) *T)
}

// childOf makes a child from how a row is read and where it goes.
func childOf[T, C any](name string, rel relation, scan func(*row) C, add func(*T, C)) child[T] {
	return child[T]{name: name, relation: rel, add: func(r *row, parent func(string) *T) {
		id := r.Text()
		value := scan(r)
		if p := parent(id); p != nil && r.err == nil {
			add(p, value)
		}
	}}
}

// maxRows bounds what one patient can make a read carry, when more entries than any
// list should have stand at one date.
const maxRows = 10_000

// maxEntries is how many entries of one kind one patient's list carries at the most.
// Beyond it the list is TRUNCATED.
const maxEntries = 2000

// Parameters by name. A statement is sent only those it names.
var parameters = map[string]func(*asked) any{
	"patients":    func(a *asked) any { return a.patients },
	"adult_from":  func(a *asked) any { return a.adultFrom },
	"specialties": func(a *asked) any { return a.specialties },
	"limit":       func(a *asked) any { return limit(a.Ask) },
	"paged":       func(a *asked) any { return a.Filter.After.Set },
	"after_on":    func(a *asked) any { return orNull(a.Filter.After.On) },
	"after_at":    func(a *asked) any { return timeOrNull(a.Filter.After) },
	"status":      func(a *asked) any { return a.Filter.Status },
	"since":       func(a *asked) any { return orNull(string(a.Filter.Since)) },
	"since_at":    func(a *asked) any { return sinceAt(a.Ask) },
	"codes":       func(a *asked) any { return listOrNull(a.Filter.Codes) },
	"orgs":        func(a *asked) any { return listOrNull(a.Filter.Orgs) },
	"hosts":       func(a *asked) any { return a.source.Sector == record.GP }, // several organisations' rows
	"own":         func(a *asked) any { return string(a.source.Org.ODSCode) },
	"when":        func(a *asked) any { return int32(a.Filter.When) },
	"source_id":   func(a *asked) any { return a.Filter.SourceID },
	"midnight":    func(a *asked) any { return a.midnight },
	"now":         func(a *asked) any { return a.now },
	"today":       func(a *asked) any { return a.today },
	"course":      func(a *asked) any { return a.course },
}

// asked is an Ask of a source with the values that are the same for all of a request,
// made once: each is sent with most statements.
type asked struct {
	fetch.Ask
	source                                    *Source
	specialties, now, midnight, today, course any
	patients, adultFrom                       any
	of                                        *fetch.Subjects // whose the last two are
}

func newAsked(source *Source, terms *fetch.Terms) *asked {
	today := record.Today(terms.Now)
	return &asked{
		source: source, specialties: arrayLiteral(terms.Specialties), now: momentLiteral(terms.Now), midnight: momentLiteral(today.Midnight()), today: string(today),
		course: string(record.Today(terms.Now.AddDate(0, 0, -course))),
	}
}

// about turns to another Ask of the same request.
func (a *asked) about(ask fetch.Ask) *asked {
	if a.Ask = ask; a.of != ask.Subjects {
		a.of, a.patients, a.adultFrom = ask.Subjects, arrayLiteral(ask.Subjects.Numbers), arrayLiteral(ask.Subjects.AdultFrom)
	}
	return a
}

// arrayLiteral is PostgreSQL's literal of an array. As an array of Go strings each of them
// would cost memory, in each statement anew.
func arrayLiteral(values []string) string {
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
	return string(append(literal, '}'))
}

// momentLiteral is PostgreSQL's literal of a moment, to the microsecond as it keeps them.
func momentLiteral(at time.Time) string {
	return at.UTC().Truncate(time.Microsecond).Format("2006-01-02T15:04:05.999999Z07:00")
}

// course is how many days an acute medicine counts as current where no end is recorded.
const course = 28

// types are the parameters' PostgreSQL types.
var types = map[string]string{
	"patients": "text[]", "adult_from": "text[]", "specialties": "text[]", "limit": "int", "paged": "bool",
	"after_on": "text", "after_at": "timestamptz", "status": "text", "since": "text", "since_at": "timestamptz", "codes": "text[]", "orgs": "text[]",
	"when": "int", "own": "text", "hosts": "bool", "source_id": "text", "now": "timestamptz", "midnight": "timestamptz", "today": "text", "course": "text",
}

func limit(a fetch.Ask) int32 {
	if a.Filter.First > 0 {
		return int32(a.Filter.First)
	}
	return maxEntries + 1
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func listOrNull(joined string) any {
	if joined == "" {
		return nil
	}
	return strings.Split(joined, "\t")
}

func timeOrNull(p fetch.Position) any {
	if !p.Set || p.At.IsZero() {
		return nil
	}
	return p.At
}

func sinceAt(a fetch.Ask) any {
	if a.Filter.Since == "" {
		return nil
	}
	return a.Filter.Since.Midnight()
}

// A statement is SQL with numbered parameters and the names of their values.
type statement struct {
	name      string
	sql       string
	arguments []string
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
		parameter := after[:end]
		if parameters[parameter] == nil {
			panic("unknown parameter :" + parameter + " in the statement " + name)
		}
		if numbers[parameter] == 0 {
			s.arguments = append(s.arguments, parameter)
			numbers[parameter] = len(s.arguments)
		}
		fmt.Fprintf(&b, "$%d::%s", numbers[parameter], types[parameter])
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

func (s statement) values(a *asked) []any {
	values := make([]any, len(s.arguments))
	for i, name := range s.arguments {
		values[i] = parameters[name](a)
	}
	return values
}

// envelopeOf is the envelope of an entry.
func envelopeOf[T any, P entry[T]](x *T) *record.Item { return record.Envelope(P(x)) }
