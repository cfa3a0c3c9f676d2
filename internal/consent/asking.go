package consent

import "carerecord/internal/record"

// Who may ask for an objection or its withdrawal, as the contract has it.
const (
	BySelf     = "SELF"
	ByParent   = "PARENT"
	ByGuardian = "GUARDIAN"
	ByAttorney = "ATTORNEY"
	ByDeputy   = "DEPUTY"
)

// Askers are all of them.
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
	AskingNeedsEvidence       Asking = "EVIDENCE_NEEDED"           // what they say they are needs a paper
	AskingTooYoung            Asking = "TOO_YOUNG"                 // a child of this age does not ask alone, and has no attorney
	AskingOwnChoice           Asking = "OWN_CHOICE"                // the young person asks, or evidence that they cannot
	AskingAdult               Asking = "ADULT"                     // parents and guardians no longer ask
	AskingAgeUnknown          Asking = "AGE_UNKNOWN"               // the answer hangs on an age that is not known
	AskingAgeDisputed         Asking = "AGE_DISPUTED"              // the person's numbers have birth dates that leave two answers
)

// MayAsk says whether somebody may ask for a patient born on a date, on a day in
// London. The rules are those of the national data opt-out and of the London
// portal (OwnChoiceAge), and AdultAccessAge for where a parent's word ends:
//
//   - below OwnChoiceAge a child does not ask alone; a parent, a guardian or a deputy does;
//   - from OwnChoiceAge a person asks alone, with no test of competence; a parent
//     or guardian only with evidence that the young person cannot;
//   - from AdultAccessAge parents and guardians do not ask;
//   - an attorney is for someone of OwnChoiceAge or more, and attorneys and
//     deputies bring evidence at any age.
//
// Where the date of birth leaves two answers, the answer is AskingAgeUnknown.
func (p *Policy) MayAsk(by string, who *Representative, born record.PartialDate, on record.Date) Asking {
	if answer := represented(by, who); answer != AskingAllowed || by == ByDeputy {
		return answer
	}
	if record.Birthday(born, 0) == "" || on == "" || born.First() > on { // a date that does not exist is none
		return AskingAgeUnknown
	}
	evidence := who != nil && who.Evidence != ""
	youngest, _ := record.Age(record.PartialDate(born.Last()), on) // 0 where a year of birth has days to come
	oldest, _ := record.Age(record.PartialDate(born.First()), on)
	if answer := p.atAge(by, evidence, max(youngest, 0)); answer == p.atAge(by, evidence, oldest) {
		return answer
	}
	return AskingAgeUnknown
}

// represented is what can be said without an age.
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
