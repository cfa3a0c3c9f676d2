package record

import "slices"

// OfAdulthood reports whether an entry of adult social care concerns a time from the 18th birthday on, as the statements of
// SQL sources have it: none of its dates can mean a day before it, neither its own nor that of its recording, and either when
// it was or when it was recorded is known. An entry of a type that has no Earliest is none of adult social care.
func OfAdulthood(entry RecordItem, from Date) bool {
	dated, ok := entry.(interface{ Earliest() PartialDate })
	if !ok || from == "" {
		return false
	}
	item := entry.item()
	if item.Provenance.RecordedAt.IsZero() && !entry.Stand().Dated() {
		return false
	}
	return earliest(dated.Earliest(), item.Oldest, dayIn(item.Provenance.RecordedAt)).First() >= from
}

// SinceAdult is a plan of adult social care without the parts that have a date before the 18th birthday; the plan itself if
// none has.
func (x *CarePlan) SinceAdult(from Date) *CarePlan {
	goal := func(g CarePlanGoal) bool { return g.DueOn != "" && g.DueOn.First() < from }
	agreement := func(a CarePlanAgreement) bool { return !a.AgreedAt.IsZero() && Today(a.AgreedAt.Time) < from }
	if !slices.ContainsFunc(x.Goals, goal) && !slices.ContainsFunc(x.Agreements, agreement) {
		return x
	}
	y := *x
	y.Goals, y.Agreements = slices.DeleteFunc(slices.Clone(x.Goals), goal), slices.DeleteFunc(slices.Clone(x.Agreements), agreement)
	return &y
}

// earliest is the date that can mean the earliest day; "" of none. As they are written dates are in the order of those days.
func earliest(dates ...PartialDate) (first PartialDate) {
	for _, date := range dates {
		if date != "" && (first == "" || date < first) {
			first = date
		}
	}
	return first
}

// dayIn is the day in London of a moment.
func dayIn(at DateTime) PartialDate {
	if at.IsZero() {
		return ""
	}
	return PartialDate(Today(at.Time))
}
