package consent

import (
	"slices"
	"strings"

	"carerecord/internal/auth"
)

// Needs are what a document asks for, whoever asks and whatever its variables are.
type Needs struct {
	Classes ClassSet
	Duties  []Duty
	Records bool // it asks for patients' records, of whatever class
}

// ForPurpose is what the roles of a purpose may do, taken together; nothing for a purpose
// that no role has.
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

// KnownPurpose reports whether there is such a purpose.
func KnownPurpose(purpose auth.Purpose) bool { return slices.Contains(purposes, purpose) }

// Minus is what a set holds that the other does not.
func (s ClassSet) Minus(other ClassSet) ClassSet { return ClassSet{s.bits &^ other.bits} }

// Widest is the set without the classes that a wider one in it implies.
func (s ClassSet) Widest() ClassSet {
	for narrow, wide := range wider {
		if s.Has(wide) {
			s.bits &^= bitOf[narrow]
		}
	}
	return s
}

// PurposeNames lists the purposes there are.
func PurposeNames() string {
	names := make([]string, len(purposes))
	for i, purpose := range purposes {
		names[i] = string(purpose)
	}
	return strings.Join(names, ", ")
}
