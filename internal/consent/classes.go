package consent

import (
	"encoding/json"
	"iter"
	"math/bits"
	"strings"

	"carerecord/internal/record"
)

// ClassSet is a set of data classes. It is comparable. The zero value is empty. A
// set that holds a wider class always holds the narrower ones as well.
type ClassSet struct{ bits uint64 }

// wider holds, for each narrower right, the class that implies it.
var wider = map[record.Class]record.Class{
	record.ClassCurrentMedications: record.ClassMedications,
	record.ClassActiveProblems:     record.ClassProblems,
	record.ClassOwnAppointments:    record.ClassAppointments,
	record.ClassStaySummary:        record.ClassStays,
	record.ClassMentalHealthPlans:  record.ClassMentalHealth,
}

// Implies reports whether a class includes a narrower one.
func Implies(wide, narrow record.Class) bool { return wide != "" && wider[narrow] == wide }

var (
	bitOf    = make(map[record.Class]uint64, len(record.Classes)) // the bit of each class
	withThat = make(map[record.Class]uint64, len(record.Classes)) // the bits of a class and of what it implies
)

// AllClasses holds every class.
var AllClasses = func() (all ClassSet) {
	for i, class := range record.Classes {
		bitOf[class] = 1 << i
		withThat[class] |= 1 << i
	}
	for narrow, wide := range wider {
		withThat[wide] |= bitOf[narrow]
	}
	return ClassSetOf(record.Classes...)
}()

// ClassSetOf returns the set of some classes and of the narrower ones that they
// imply. A value that is not a class adds nothing.
func ClassSetOf(classes ...record.Class) ClassSet {
	var set ClassSet
	for _, class := range classes {
		set.bits |= withThat[class]
	}
	return set
}

// Has reports whether the set holds the class. A value that is not a class is in
// no set.
func (s ClassSet) Has(class record.Class) bool { return s.bits&bitOf[class] != 0 }

// IsEmpty reports whether the set holds nothing.
func (s ClassSet) IsEmpty() bool { return s.bits == 0 }

// Len returns the number of classes in the set.
func (s ClassSet) Len() int { return bits.OnesCount64(s.bits) }

// Union returns the classes that either set holds.
func (s ClassSet) Union(other ClassSet) ClassSet { return ClassSet{s.bits | other.bits} }

// Intersect returns the classes that both sets hold.
func (s ClassSet) Intersect(other ClassSet) ClassSet { return ClassSet{s.bits & other.bits} }

// Without returns every class that is not in the set: what a role's answers leave
// out.
func (s ClassSet) Without() ClassSet { return ClassSet{AllClasses.bits &^ s.bits} }

// All ranges over the classes in the contract's order.
func (s ClassSet) All() iter.Seq[record.Class] {
	return func(yield func(record.Class) bool) {
		for i, class := range record.Classes {
			if s.bits&(1<<i) != 0 && !yield(class) {
				return
			}
		}
	}
}

// Classes lists the classes in the contract's order; empty, not nil, for none.
func (s ClassSet) Classes() []record.Class {
	classes := make([]record.Class, 0, s.Len())
	for class := range s.All() {
		classes = append(classes, class)
	}
	return classes
}

// String lists the names, joined by commas.
func (s ClassSet) String() string {
	var b strings.Builder
	for class := range s.All() {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(class))
	}
	return b.String()
}

// MarshalJSON writes the names as a list.
func (s ClassSet) MarshalJSON() ([]byte, error) { return json.Marshal(s.Classes()) }
