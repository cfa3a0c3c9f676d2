package fhir

import "slices"

// charges are the roles that are responsible for an encounter (HL7 v3 ParticipationType), most responsible
// first: the attender, the consultant, the primary and the secondary performer.
var charges = []string{"ATND", "CON", "PPRF", "SPRF"}

// bystanders are the participants of an encounter who are not responsible for it: those who referred,
// admitted or discharged the person, came with them, speak for them or are to be called (HL7 v3
// ParticipationType, FHIR participant-type).
var bystanders = []string{"REF", "REFB", "REFT", "ADM", "DIS", "ESC", "CALLBCK", "INF", "WIT", "translator", "emergency"}

// Charge ranks a participant with these types by responsibility for the encounter, 0 being the most
// responsible. It returns false for a bystander. A participant of unknown or no type comes last.
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

// GivenBy returns those who may have given a vaccine, by their functions (HL7 v2 table 0443): first those
// recorded as administering it (AP), never those who only ordered it (OP).
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
