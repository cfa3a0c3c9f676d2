package consent

import (
	"slices"
	"strings"

	"carerecord/internal/auth"
)

// Needs is what a GraphQL document asks for. It is the same for every caller and for all
// variables.
type Needs struct {
	Classes ClassSet
	Duties  []Duty
	Records bool // whether it asks for patients' records, of any class
}

// ForPurpose returns what all roles with a purpose may do together. For a purpose that no
// role has, it returns no classes and no duties.
func (p *Policy) ForPurpose(purpose auth.Purpose) Rights {
	rights := Rights{Purposes: []auth.Purpose{purpose}}
	for _, of := range p.roles {
		if !slices.Contains(of.Purposes, purpose) {
			continue
		}
		rights.Classes = rights.Classes.Union(of.Classes)
		for _, duty := range of.Duties {
			if !slices.Contains(rights.Duties, duty) {
				rights.Duties = append(rights.Duties, duty)
			}
		}
	}
	slices.Sort(rights.Duties)
	return rights
}

// KnownPurpose reports whether a purpose exists.
func KnownPurpose(purpose auth.Purpose) bool { return slices.Contains(purposes, purpose) }

// Minus returns the classes of the set that the other does not hold.
func (s ClassSet) Minus(other ClassSet) ClassSet { return ClassSet{s.bits &^ other.bits} }

// Widest returns the set without the classes that a wider class in it implies.
func (s ClassSet) Widest() ClassSet {
	for narrow, wide := range wider {
		if s.Has(wide) {
			s.bits &^= bitOf[narrow]
		}
	}
	return s
}

// PurposeNames lists all purposes, separated by commas.
func PurposeNames() string {
	names := make([]string, len(purposes))
	for i, purpose := range purposes {
		names[i] = string(purpose)
	}
	return strings.Join(names, ", ")
}
