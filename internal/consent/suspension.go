package consent

import (
	"fmt"
	"time"
)

// Suspension is a period in which, by law, objections to the joined-up record do not
// apply to direct care. It happened from 20 March 2020 (notice under regulation 3(4) of
// the Control of Patient Information Regulations 2002). A suspension opens nothing else:
// no restricted record, and no record of a patient who is not in care. Objections stay
// in the register all the time, and apply again when it ends.
type Suspension struct {
	From, To  time.Time // until just before To
	Authority string    // the instrument and who issued it
	Evidence  string    // where it can be read
}

func (s Suspension) faults(place int) (faults []error) {
	if s.From.IsZero() || !s.To.After(s.From) {
		faults = append(faults, fmt.Errorf("suspension %d needs from and to, as 2020-03-20T00:00:00Z, and must end after it begins", place))
	}
	if s.Authority == "" || s.Evidence == "" {
		faults = append(faults, fmt.Errorf("suspension %d needs an authority and evidence", place))
	}
	return faults
}

// suspended returns the suspension in force at a moment, and whether there is one.
func (p *Policy) suspended(at time.Time) (Suspension, bool) {
	if p == nil {
		return Suspension{}, false
	}
	for _, s := range p.Suspensions {
		if (Interval{s.From, s.To}).Holds(at) {
			return s, true
		}
	}
	return Suspension{}, false
}
