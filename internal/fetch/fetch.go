// Package fetch gives every read of a source one shape: many keys in, a map out, one round trip.
//
// A request plans everything it needs of a source as Asks, and the source answers them together. Limits, names and
// batching are functions over Func, each written once.
package fetch

import (
	"context"
	"time"

	"carerecord/internal/record"
)

// A Func reads the values of many keys in one round trip. A key that has nothing
// to read is absent from the map; that is not an error.
type Func[K comparable, V any] func(ctx context.Context, keys []K) (map[K]V, error)

// Kind names what is read: a relation of the source views, or a reading of one.
type Kind string

// Ask is one typed request to a source for a set of patients. Fields that need the same data of the same patients share
// one Ask. It is identified by its address and may be held by many at once, so do not modify it: make another.
type Ask struct {
	Kind     Kind
	Class    record.Class // the class under which it is asked; a source ignores it
	Filter   Filter
	Children Children
	Subjects *Subjects
}

// Children says which child relations of an entry are wanted, one bit each, in the order of ChildFields.
type Children uint8

// Filter narrows an Ask. The zero value asks for everything.
type Filter struct {
	Status   string      // a filter's GraphQL value: ACTIVE, ENDED, CURRENT, PAST, ALL; of stays CURRENT, ENDED
	Since    record.Date // taken on or after this day
	Codes    string      // any of these codes, as "system|code" joined by tabs
	When     When        // before or after now
	Orgs     string      // recorded by any of these organisations, ODS codes joined by tabs
	SourceID string      // the entry with this id of the source's own
	Source   string      // with SourceID: the only source that is asked, by name
	First    int         // how many entries at the least, where there are as many; 0 for all
	After    Position    // only entries that stand at or after this position
	Brief    bool        // of stays: nothing is wanted but when they ended and their classification, so the source may leave out the rest
}

// When says on which side of now an entry must stand.
type When uint8

// The sides of now.
const (
	Always When = iota
	UpToNow
	FromNow
)

// Position is a place in a list that runs newest first, undated entries last: the date of the last entry of a page. The
// zero value is the beginning.
type Position struct {
	Set bool
	On  string    // of a list ordered by PartialDate; "" for undated
	At  time.Time // of a list ordered by DateTime; zero for undated
}

// Subjects are the patients of an Ask, each once.
type Subjects struct {
	Patients  []record.NHSNumber
	Numbers   []string   // the same as digits, for a driver that would print the mask
	AdultFrom []string   // the 18th birthday of each, YYYY-MM-DD; "" where unknown
	Born      []string   // the birth date of each as far as our register knows it; "" where it does not
	KnownAt   [][]string // ODS codes of the organisations that each has or had a relationship with
	Index     map[record.NHSNumber]int
}

// Terms are what holds for every read of a request.
type Terms struct {
	ExcludedCodes []byte    // JSON object whose keys are "system|code"; not changed as long as it is used
	ExcludedWords string    // PostgreSQL advanced regular expression, matched without case
	ExcludedStems string    // a shorter one that is true wherever ExcludedWords is; "" for none
	Specialties   []string  // treatment functions that are never shown
	Screen        Screen    // the same list, to look at what was read; nil where nobody need
	Now           time.Time // the moment of the request
}

// A Screen says whether something that was read is excluded. Compare screens with ==: the same list is the same
// pointer.
type Screen interface {
	// Coded reports whether a code is on the list, or the words it is shown with.
	Coded(system, code, display string) bool
	// Words reports whether a text has a word or phrase that is on the list.
	Words(text string) bool
}

// A List is the exclusion list as reads need it; see Terms.
type List interface {
	Screen
	Codes() []byte
	Pattern() string
	Stems() string
	Specialties() []string
}

// TermsOf are the terms of a request that began now, with its exclusion list.
func TermsOf(list List, now time.Time) *Terms {
	return &Terms{
		ExcludedCodes: list.Codes(), ExcludedWords: list.Pattern(), ExcludedStems: list.Stems(), Specialties: list.Specialties(), Screen: list, Now: now,
	}
}

type termsKey struct{}

// WithTerms adds the terms of a request to a context.
func WithTerms(ctx context.Context, terms *Terms) context.Context {
	return context.WithValue(ctx, termsKey{}, terms)
}

// TermsFrom returns the terms of the request. A source must answer record.ErrInvalid without them, rather than read
// without exclusions.
func TermsFrom(ctx context.Context) (*Terms, bool) {
	terms, ok := ctx.Value(termsKey{}).(*Terms)
	return terms, ok && terms != nil
}

// Answer is a source's answer to one Ask: rows of one Go type, by subject.
type Answer struct {
	Rows       Table       // *Rows[T]; nil for none
	Unreadable []bool      // by subject: an entry could not be read; nil when none
	Before     []int32     // by subject: how many entries stand before the first that could not be read; nil where that is not known
	Truncated  []bool      // by subject: there were more entries than the cap; nil when none
	Errs       []error     // by subject: the source did not answer for this one; nil when it did for all
	Absent     []bool      // by subject: the source says that it holds nothing at all of this one; nil when of none
	Skipped    []time.Time // by subject: not asked, because the source said so then; zero for those that were; nil when all were
	Screened   Screen      // the source looked at each entry as it was read, and none has anything of this list; nil where whoever shows them must look
	Err        error       // this Ask alone failed, for example because the source lacks the view
}

// Rows are entries by subject: those of subject i are Items[Starts[i]:Starts[i+1]].
type Rows[T any] struct {
	Items  []T
	Starts []int32
}

// Of is the entries of a subject.
func (r *Rows[T]) Of(subject int) []T {
	if r == nil || subject < 0 || subject+1 >= len(r.Starts) {
		return nil
	}
	return r.Items[r.Starts[subject]:r.Starts[subject+1]]
}

// A Table is a *Rows[T], whatever T is.
type Table interface {
	Count(subject int) int     // how many entries a subject has
	Spread(places []int) Table // with subject places[i] at place i, and nothing where that is negative
}

// RowsOf is the answer's entries as T; nil when it holds none of that type.
func RowsOf[T any](a Answer) *Rows[T] {
	rows, _ := a.Rows.(*Rows[T])
	return rows
}

// Count is how many entries a subject has.
func (r *Rows[T]) Count(subject int) int { return len(r.Of(subject)) }

// Spread moves each subject to another place: subject i of the result, a *Rows[T], is subject places[i] of r, in the
// same order, and has no entries if that is negative.
func (r *Rows[T]) Spread(places []int) Table {
	starts := make([]int32, len(places)+1)
	for i, place := range places {
		starts[i+1] = starts[i]
		if place >= 0 && place+1 < len(r.Starts) {
			starts[i+1] = r.Starts[place+1]
		}
	}
	return &Rows[T]{Items: r.Items, Starts: starts}
}
