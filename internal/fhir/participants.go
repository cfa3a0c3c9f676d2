package fhir

import "slices"

// charges are the roles in which somebody has charge of an encounter (HL7 v3 ParticipationType), in the
// order of their charge: the attender first.
var charges = []string{"ATND", "CON", "PPRF", "SPRF"}

// bystanders are the roles of an encounter in which nobody has charge of it: who sent the person or let them in or out, came with
// them, speaks for them, or is to be called (HL7 v3 ParticipationType, FHIR participant-type).
var bystanders = []string{"REF", "REFB", "REFT", "ADM", "DIS", "ESC", "CALLBCK", "INF", "WIT", "translator", "emergency"}

// Charge ranks a participant of these types by their charge of an encounter, from 0 for who has most;
// false where they have none. One whose type is not known, or not said, comes last.
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

// GivenBy are those of several who may have given a vaccine, by their functions (HL7 v2 table 0443):
// who is said to have given it (AP) first, and never who only ordered it (OP).
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
