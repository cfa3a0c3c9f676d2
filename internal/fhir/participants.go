package fhir

import "slices"

// charges are the roles in which somebody has charge of an encounter (HL7 v3 ParticipationType), the first of them first.
var charges = []string{"ATND", "CON", "PPRF", "SPRF"}

// bystanders are the roles of an encounter in which nobody has charge of it: who sent the person or let them in or out, came with
// them, speaks for them, or is to be called (HL7 v3 ParticipationType, FHIR participant-type).
var bystanders = []string{"REF", "REFB", "REFT", "ADM", "DIS", "ESC", "CALLBCK", "INF", "WIT", "translator", "emergency"}

// Charge is how far a participant of these types has charge of an encounter, the least first; false where they have none. One
// whose type is not known, or not said, comes last.
func Charge(types []Concept) (rank int, has bool) {
	says := func(codes ...string) bool {
		return slices.ContainsFunc(types, func(c Concept) bool { return c.Says(codes...) })
	}
	for i, role := range charges {
		if says(role) {
			return i, true
		}
	}
	return len(charges), !says(bystanders...)
}

// GivenBy are those who may have given a vaccine, of several by their functions (HL7 v2 0443): who is said to have given it
// first, and never who only ordered it.
func GivenBy[T any](list []T, function func(*T) *Concept) (actors []*T) {
	var others []*T
	for i := range list {
		switch f := function(&list[i]); {
		case f.Says("AP"):
			actors = append(actors, &list[i])
		case !f.Says("OP"):
			others = append(others, &list[i])
		}
	}
	return append(actors, others...)
}
