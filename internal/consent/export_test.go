package consent

import "time"

// InForce reports whether the objection holds at a moment.
func (d Directive) InForce(at time.Time) bool {
	return Interval{d.EffectiveFrom, d.WithdrawnAt}.Holds(at)
}
