package consent

import "carerecord/internal/record"

// The values of requestedBy in the contract: who may ask for an objection or its
// withdrawal.
const (
	BySelf     = "SELF"
	ByParent   = "PARENT"
	ByGuardian = "GUARDIAN"
	ByAttorney = "ATTORNEY"
	ByDeputy   = "DEPUTY"
)

// Askers lists all of them.
var Askers = []string{BySelf, ByParent, ByGuardian, ByAttorney, ByDeputy}

// Asking says whether somebody may ask for a patient and, if not, what stands in
// the way. The zero value is no answer and permits nothing.
type Asking string

// The answers.
const (
	AskingAllowed             Asking = "ALLOWED"
	AskingUnknownRole         Asking = "UNKNOWN_ROLE"              // not one of Askers
	AskingNeedsRepresentative Asking = "REPRESENTATIVE_NEEDED"     // someone else asks and is not named
	AskingNeedsNone           Asking = "REPRESENTATIVE_NOT_WANTED" // someone is named, and the patient asks
	AskingNeedsEvidence       Asking = "EVIDENCE_NEEDED"           // an attorney or a deputy must bring evidence
	AskingTooYoung            Asking = "TOO_YOUNG"                 // a child of this age does not ask alone, and has no attorney
	AskingOwnChoice           Asking = "OWN_CHOICE"                // the young person must ask, or there must be evidence that they cannot
	AskingAdult               Asking = "ADULT"                     // parents and guardians no longer ask
	AskingAgeUnknown          Asking = "AGE_UNKNOWN"               // the answer depends on an age that is not known
	AskingAgeDisputed         Asking = "AGE_DISPUTED"              // the person's numbers have birth dates that lead to different answers
)

// MayAsk says whether somebody may ask for a patient born on a date, on a day in London.
// The rules are those of the national data opt-out and of the London portal (OwnChoiceAge).
// AdultAccessAge is where a parent's word ends.
//
//   - Below OwnChoiceAge a child does not ask alone; a parent, a guardian or a deputy does.
//   - From OwnChoiceAge a person asks alone, with no test of competence. A parent
//     or guardian asks only with evidence that the young person cannot.
//   - From AdultAccessAge parents and guardians do not ask.
//   - An attorney asks only for someone of OwnChoiceAge or more. Attorneys and
//     deputies bring evidence at any age.
//
// If the date of birth allows two answers, or is not a date up to that day, the answer is
// AskingAgeUnknown.
func (p *Policy) MayAsk(by string, who *Representative, born record.PartialDate, on record.Date) Asking {
	if answer := represented(by, who); answer != AskingAllowed || by == ByDeputy {
		return answer
	}
	if record.Birthday(born, 0) == "" || on == "" || born.First() > on { // a date that does not exist counts as unknown
		return AskingAgeUnknown
	}
	evidence := who != nil && who.Evidence != ""
	youngest, _ := record.Age(record.PartialDate(born.Last()), on) // negative if the last day that it can mean is still to come
	oldest, _ := record.Age(record.PartialDate(born.First()), on)
	if answer := p.atAge(by, evidence, max(youngest, 0)); answer == p.atAge(by, evidence, oldest) {
		return answer
	}
	return AskingAgeUnknown
}

// represented checks what does not depend on an age: who asks, and how the representative
// is named.
func represented(by string, who *Representative) Asking {
	switch by {
	case BySelf:
		if who != nil {
			return AskingNeedsNone
		}
		return AskingAllowed
	case ByParent, ByGuardian, ByAttorney, ByDeputy:
		if who == nil || who.Name == "" || who.Relationship == "" {
			return AskingNeedsRepresentative
		}
		if (by == ByAttorney || by == ByDeputy) && who.Evidence == "" {
			return AskingNeedsEvidence
		}
		return AskingAllowed
	}
	return AskingUnknownRole
}

func (p *Policy) atAge(by string, evidence bool, age int) Asking {
	ownChoice := age >= p.OwnChoiceAge
	switch {
	case (by == BySelf || by == ByAttorney) && !ownChoice:
		return AskingTooYoung
	case by == BySelf || by == ByAttorney:
		return AskingAllowed
	case age >= p.AdultAccessAge:
		return AskingAdult
	case ownChoice && !evidence:
		return AskingOwnChoice
	}
	return AskingAllowed
}
