package consent

import (
	"cmp"
	"slices"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/record"
)

// Decision is what a principal may see of one patient, or why they see nothing.
type Decision struct {
	Outcome Outcome
	Asked   record.NHSNumber // the number asked for
	Patient record.NHSNumber // the number the person has now; Asked if that is not known

	Classes       ClassSet    // what may be seen; empty unless Shown
	Adult         bool        // 18 or over, now or at death; false if the age is unknown
	AdultFrom     record.Date // the 18th birthday; "" if unknown
	Died          time.Time   // zero while alive
	DiedPrecision record.Precision
	Born          record.PartialDate // as far as it is known
	KnownAt       []string           // the organisations that the patient has or had a relationship with

	Relationship Kind              // why the patient is in care; "" if only grants open the record
	BreakGlass   bool              // grants replace the missing relationship
	Glass        []BreakGlassGrant // those grants, the latest first
	Suspension   string            // the authority of the suspension of objections that shows the patient; "" without one
	Version      int64             // of the facts that the decision rests on; the audit trail checks it again
}

// Err returns nil for a patient who is shown, otherwise the kind of refusal.
func (d Decision) Err() error { return d.Outcome.Err() }

// Lapsed reports whether the decision rests on grants that no longer open, together, all that it
// opened. at is a later moment by the same clock as the moment of the decision.
func (d Decision) Lapsed(at time.Time) bool {
	if !d.BreakGlass {
		return false
	}
	var open ClassSet
	for _, grant := range d.Glass {
		if at.Before(grant.ExpiresAt) {
			open = open.Union(grant.Classes)
		}
	}
	return open.Intersect(d.Classes) != d.Classes
}

// Still returns the outcome of the decision at a later moment, by the same clock and from the same
// facts. By then an objection dated ahead may have begun, or a relationship or a suspension of
// objections may have ended. The outcome is Shown as long as the decision stands. Whether its
// grants still stand is for Lapsed to say.
func (d Decision) Still(f Facts, policy *Policy, lineage []string, at time.Time) Outcome {
	if d.Outcome != Shown {
		return d.Outcome
	}
	if !d.BreakGlass && inCare(f, policy, lineage, at) == "" {
		return NoCareRelationship
	}
	outcome := whether(f, at)
	if _, suspended := policy.suspended(at); suspended && d.Suspension != "" && outcome == Withheld {
		outcome = whether(f.withoutOptOuts(), at)
	}
	return outcome
}

// Decide decides what p may see of one patient at a moment: which classes, or why none. lineage is
// the principal's organisation and those that it succeeded (organisation.Directory.Lineage). Pass
// f.ReadAt as the moment, so that an objection recorded by the database's clock is never in the
// future.
func Decide(p auth.Principal, f Facts, policy *Policy, lineage []string, at time.Time) Decision {
	decision := Decision{Asked: f.Asked, Patient: f.Current}
	if decision.Patient == "" {
		decision.Patient = f.Asked
	}
	classes, reads := policy.Classes(p)
	if !reads {
		decision.Outcome = Forbidden
		return decision
	}
	if f.Unavailable {
		decision.Outcome = Unavailable
		return decision
	}
	decision.Relationship = inCare(f, policy, lineage, at)
	if decision.Relationship == "" {
		decision.Glass, classes = liveGrants(p, f, policy, classes, at)
		if len(decision.Glass) == 0 {
			decision.Outcome = NoCareRelationship
			return decision
		}
		decision.BreakGlass = true
	}
	decision.Outcome = whether(f, at)
	if suspension, ok := policy.suspended(at); ok && !decision.BreakGlass && decision.Outcome == Withheld {
		if decision.Outcome = whether(f.withoutOptOuts(), at); decision.Outcome == Shown {
			decision.Suspension = suspension.Authority
		}
	}
	if decision.Outcome != Shown {
		return decision
	}
	decision.Classes = classes
	decision.Version = f.Version
	decision.Born, decision.KnownAt = f.Born, f.KnownAt
	decision.Died, decision.DiedPrecision = f.Died, f.DiedPrecision
	decision.AdultFrom = adultFrom(f, policy)
	decision.Adult = isAdult(decision.AdultFrom, f.Died, at)
	return decision
}

// whether returns the outcome for a patient who is in care. An objection in force withholds the
// record even if it is not known whether the patient is restricted.
func whether(f Facts, at time.Time) Outcome {
	switch optedOut := optedOut(f, at); {
	case f.Restricted == Yes || !f.Known || f.Invalidated:
		return NotFound
	case optedOut == Yes:
		return Withheld
	case f.Restricted != No || optedOut != No:
		return Unavailable
	}
	return Shown
}

// optedOut says whether an objection is in force. One that ends before it
// begins contradicts itself and counts as in force.
func optedOut(f Facts, at time.Time) State {
	for _, objection := range f.OptOuts {
		if objection.contradictsItself() || objection.Holds(at) {
			return Yes
		}
	}
	if !f.OptOutKnown {
		return Unknown
	}
	return No
}

// inCare returns the kind of relationship that is in force, or was at death: the first in the order
// of kinds, "" for none.
func inCare(f Facts, policy *Policy, lineage []string, at time.Time) Kind {
	found := Kind("")
	for _, r := range f.Relationships {
		if !slices.Contains(lineage, r.Org) || found != "" && slices.Index(kinds, r.Kind) >= slices.Index(kinds, found) {
			continue
		}
		if r.stands(policy, at) || r.stoodAtDeath(f, policy, at) {
			found = r.Kind
		}
	}
	return found
}

// stands reports whether the relationship is in force at a moment.
func (r Relationship) stands(policy *Policy, at time.Time) bool {
	return r.standsWithin(policy, at, at, at)
}

// stoodAtDeath reports whether the patient is dead and the relationship was in force when they
// died. A relationship that ended with the death was still in force. If only the day of death is
// known, any moment of that day counts.
func (r Relationship) stoodAtDeath(f Facts, policy *Policy, at time.Time) bool {
	if f.Died.IsZero() || at.Before(f.Died) {
		return false
	}
	first, last := f.Died, f.Died
	if f.DiedPrecision == record.PrecisionDay {
		day := record.Today(f.Died)
		first, last = day.Midnight(), addDays(day.Midnight(), 1).Add(-time.Nanosecond)
	}
	return r.standsWithin(policy, first, last, first.Add(-time.Nanosecond))
}

// standsWithin reports whether the relationship is in force at some moment from first to last. All
// kinds but a Stay end just before EndedAt, so that EndedAt must come after ended.
func (r Relationship) standsWithin(policy *Policy, first, last, ended time.Time) bool {
	open := r.EndedAt.IsZero()
	switch r.Kind {
	case RegisteredPractice, AllocatedWorker:
		return !r.StartedAt.After(last) && (open || r.EndedAt.After(ended))
	case Referral:
		touched := r.TouchedAt
		if touched.IsZero() {
			touched = r.StartedAt
		}
		return !r.StartedAt.After(last) && (open || r.EndedAt.After(ended)) &&
			!addDays(touched, policy.ReferralTouchedDays).Before(first)
	case Stay:
		return !r.StartedAt.After(last) && (open || !addDays(r.EndedAt, policy.StayAfterDays).Before(first))
	case Appointment:
		return (open || r.EndedAt.After(ended)) &&
			!addDays(r.StartedAt, -policy.AppointmentAheadDays).After(last) &&
			!addDays(r.StartedAt, policy.AppointmentBackDays).Before(first)
	}
	return false
}

// addDays adds calendar days in London. The time of day stays the same even if the clocks change in
// between.
func addDays(t time.Time, days int) time.Time { return t.In(record.London).AddDate(0, 0, days) }

// liveGrants returns the principal's grants at the same organisation that are in force and open
// something that their role may see, the latest first. It also returns the classes that these
// grants open together.
func liveGrants(p auth.Principal, f Facts, policy *Policy, classes ClassSet, at time.Time) (live []BreakGlassGrant, opened ClassSet) {
	if !policy.May(p, BreakGlass) {
		return nil, opened
	}
	for _, grant := range f.Grants {
		if grant.Subject != p.Subject || grant.Org != p.Org || at.Before(grant.GrantedAt) || !at.Before(grant.ExpiresAt) {
			continue
		}
		if cut := grant.Classes.Intersect(classes); !cut.IsEmpty() {
			live, opened = append(live, grant), opened.Union(cut)
		}
	}
	slices.SortFunc(live, func(a, b BreakGlassGrant) int {
		return cmp.Or(b.GrantedAt.Compare(a.GrantedAt), cmp.Compare(a.ID, b.ID))
	})
	return live, opened
}

// adultFrom returns the 18th birthday (Policy.AdultAge), "" if it is not known. If superseded
// numbers have other birth dates, the latest birthday counts, because it hides the most of a
// childhood. If one of these dates does not exist, the birthday is not known.
func adultFrom(f Facts, policy *Policy) record.Date {
	from := record.Birthday(f.Born, policy.AdultAge)
	if from == "" {
		return ""
	}
	for _, born := range f.BornOtherwise {
		other := record.Birthday(born, policy.AdultAge)
		if other == "" {
			return ""
		}
		from = max(from, other)
	}
	return from
}

func isAdult(from record.Date, died, at time.Time) bool {
	if !died.IsZero() && died.Before(at) {
		at = died
	}
	return from != "" && record.Today(at) >= from
}
