package fhir

import (
	"slices"
	"strings"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Limits of one patient's list, the same as in SQL sources.
const (
	maxRows    = 10_000
	maxEntries = 2000
)

// Course is for how many days after its start or last issue an acute medicine without an end date counts as
// current.
const Course = 28

// An Entry is a pointer to a record type.
type Entry[T any] interface {
	*T
	record.RecordItem
}

// Pick selects what an ask wants from one patient's entries, as the SQL of the views does with rows. It
// filters and sorts them newest first (Upcoming: soonest first), starts at the position, and returns the
// number asked for plus those that share the date of the last. All entries must be allowed to be shown.
// truncated says that there were more than the limits allow.
func Pick[T any, P Entry[T]](ask *fetch.Ask, terms *fetch.Terms, ownODS string, entries []T) (picked []T, truncated bool) {
	n := narrower{ask: ask, now: terms.Now, today: string(record.Today(terms.Now)), own: ownODS}
	n.course = string(record.Today(terms.Now.In(record.London).AddDate(0, 0, -Course)))
	for i := range entries {
		n.look(P(&entries[i]))
	}
	for i := range entries {
		if entry := P(&entries[i]); n.wants(entry) && n.onSide(entry) {
			picked = append(picked, entries[i])
		}
	}
	soonest := ask.Kind == fetch.Upcoming
	slices.SortStableFunc(picked, func(a, b T) int { return order(P(&a), P(&b), soonest) })
	if ask.Filter.After.Set {
		picked = slices.DeleteFunc(picked, func(x T) bool { return n.before(P(&x), soonest) })
	}
	return cut[T, P](n, picked)
}

// order sorts by date, and undated entries last in either direction.
func order(a, b record.RecordItem, soonest bool) int {
	s, t := a.Stand(), b.Stand()
	if soonest && s.Dated() && t.Dated() {
		return t.Compare(s)
	}
	return s.Compare(t)
}

// cut takes the number wanted and all entries that share the date of the last one. Entries that share the
// date of the position do not count towards the number.
func cut[T any, P Entry[T]](n narrower, picked []T) ([]T, bool) {
	limit := n.ask.Filter.First
	if limit == 0 {
		limit = maxEntries + 1
	}
	if n.ask.Filter.After.Set {
		for i := range picked {
			if n.atPosition(P(&picked[i])) {
				limit++
			}
		}
	}
	end := min(limit, len(picked))
	for end < len(picked) && P(&picked[end]).Stand().Compare(P(&picked[limit-1]).Stand()) == 0 {
		end++
	}
	picked = picked[:end]
	truncated := len(picked) > maxRows || n.ask.Filter.First == 0 && len(picked) > maxEntries
	return picked[:min(len(picked), maxRows)], truncated
}

// A narrower holds the conditions of an ask at one moment.
type narrower struct {
	ask           *fetch.Ask
	now           time.Time
	today, course string
	own           string
	latest        time.Time // the latest discharge at which medicines were supplied
}

// look collects from one entry what others are judged by: the latest discharge at which medicines were
// supplied.
func (n *narrower) look(entry record.RecordItem) {
	if x, ok := entry.(*record.Medication); ok && x.Kind == record.MedicationKindDischarge && x.DischargedAt.After(n.latest) && !x.DischargedAt.After(n.now) {
		n.latest = x.DischargedAt.Time
	}
}

// wants reports whether an entry passes the filter of its kind.
func (n *narrower) wants(entry record.RecordItem) bool {
	f := n.ask.Filter
	switch x := entry.(type) {
	case *record.Allergy:
		ended := n.over(x.EndedOn) || x.Status == record.AllergyStatusInactive || x.Status == record.AllergyStatusResolved
		return status(f.Status, "ACTIVE", "ENDED", ended)
	case *record.Problem:
		past := n.over(x.EndedOn) || x.Status == record.ProblemStatusInactive || x.Status == record.ProblemStatusResolved || x.Status == record.ProblemStatusRemission
		return status(f.Status, "ACTIVE", "PAST", past)
	case *record.Medication:
		return status(f.Status, "CURRENT", "PAST", n.past(x))
	case *record.Result:
		taken, known := x.TakenAt, x.TakenAtPrecision
		if taken.IsZero() {
			taken, known = x.IssuedAt, x.IssuedAtPrecision
		}
		tests := []*record.Code{&x.Test}
		for i := range x.Components {
			tests = append(tests, &x.Components[i].Test)
		}
		return n.since(taken, known) && n.measures(tests)
	case *record.VitalSign:
		signs := []*record.Code{&x.Sign}
		for i := range x.Components {
			signs = append(signs, &x.Components[i].Sign)
		}
		return n.since(x.TakenAt, x.TakenAtPrecision) && n.measures(signs)
	case *record.Appointment:
		return n.of(x) && (n.ask.Kind != fetch.Upcoming || n.toCome(x.StartsAt, x.StartsAtPrecision) || waits(x))
	case *record.Stay:
		return status(f.Status, "CURRENT", "ENDED", record.Over(x.DischargedAt, x.DischargedAtPrecision, n.now))
	case *record.DocumentContent:
		return x.Provenance.SourceID == f.SourceID
	}
	return true
}

// status applies a filter with two values, open and closed. Any other filter passes everything.
func status(filter, open, closed string, isClosed bool) bool {
	return filter != open && filter != closed || (filter == closed) == isClosed
}

// over reports whether a date lies before today, to the precision it has.
func (n *narrower) over(on record.PartialDate) bool { return before(string(on), n.today) }

// before compares a date with a day, to the precision of the date.
func before(on, day string) bool { return on != "" && on < day[:min(len(on), len(day))] }

func (n *narrower) past(x *record.Medication) bool {
	if n.over(x.EndedOn) {
		return true
	}
	switch x.Status {
	case record.MedicationStatusCompleted, record.MedicationStatusStopped, record.MedicationStatusCancelled:
		return true
	}
	courseOver := x.EndedOn == "" && before(string(x.StartedOn), n.course) && (x.LastIssuedOn == "" || before(string(x.LastIssuedOn), n.course))
	switch x.Kind {
	case record.MedicationKindAcute, record.MedicationKindDelayed:
		return courseOver
	case record.MedicationKindInpatient:
		if !x.DischargedAt.IsZero() {
			return !x.DischargedAt.After(n.now)
		}
		return courseOver
	case record.MedicationKindDischarge:
		return x.SuppliedBefore(n.latest)
	}
	return false
}

// since keeps what was taken on or after the day in the filter, or may have been: an entry without a date,
// or one of which only the month or year is known while that was not over by then.
func (n *narrower) since(taken record.DateTime, known record.Precision) bool {
	if n.ask.Filter.Since == "" || taken.IsZero() {
		return true
	}
	from := n.ask.Filter.Since.Midnight()
	return !taken.Before(from) || !record.Over(taken, known, from)
}

// measures reports whether an entry, or a part of its panel, has a code that is asked for. For the unmapped
// kinds it reports whether one of them is in no comparable code system.
func (n *narrower) measures(codes []*record.Code) bool {
	switch n.ask.Kind {
	case fetch.UnmappedResults, fetch.UnmappedVitalSigns:
		return slices.ContainsFunc(codes, n.unmapped)
	}
	return slices.ContainsFunc(codes, n.coded)
}

func (n *narrower) coded(code *record.Code) bool {
	return n.ask.Filter.Codes == "" || n.anyCode(code, func(asked, own string) bool { return asked == own })
}

// unmapped reports whether neither the code nor its originals belong to a system that is asked for.
func (n *narrower) unmapped(code *record.Code) bool {
	return !n.anyCode(code, func(asked, own string) bool { return cutCode(asked) == cutCode(own) })
}

func (n *narrower) anyCode(code *record.Code, same func(asked, own string) bool) bool {
	for ; code != nil; code = code.Original {
		if code.Code == "" {
			continue
		}
		for asked := range strings.SplitSeq(n.ask.Filter.Codes, "\t") {
			if same(asked, string(code.System)+"|"+string(code.Code)) {
				return true
			}
		}
	}
	return false
}

func cutCode(key string) string { return key[:max(strings.LastIndexByte(key, '|'), 0)] }

func (n *narrower) of(x *record.Appointment) bool {
	if n.ask.Filter.Orgs == "" {
		return true
	}
	own := n.own
	if x.Provenance.Sector == record.GP && x.Provenance.Organisation != nil && x.Provenance.Organisation.ODSCode != "" {
		own = string(x.Provenance.Organisation.ODSCode) // a practice system hosts many practices
	}
	return slices.Contains(strings.Split(n.ask.Filter.Orgs, "\t"), strings.ToUpper(strings.TrimSpace(own)))
}

// toCome reports whether a time is now or later, or may be. If only the day, month or year is known, it may
// be until that is over.
func (n *narrower) toCome(at record.DateTime, precision record.Precision) bool {
	return !at.Before(n.now) || !at.IsZero() && !record.Over(at, precision, n.now)
}

// waits reports whether an appointment waits for a date: it has none and is not over.
func waits(x *record.Appointment) bool {
	switch x.Status {
	case record.AppointmentStatusFulfilled, record.AppointmentStatusCancelled, record.AppointmentStatusDidNotAttend:
		return false
	}
	return x.StartsAt.IsZero()
}

// onSide applies the side of now that the filter asks for. An entry known only to the day, month or year is
// on both sides while that lasts.
func (n *narrower) onSide(entry record.RecordItem) bool {
	stand := entry.Stand()
	if x, ok := entry.(*record.Appointment); ok && waits(x) {
		return n.ask.Filter.When != fetch.UpToNow
	}
	switch n.ask.Filter.When {
	case fetch.UpToNow:
		return !stand.At().After(n.now)
	case fetch.FromNow:
		if stand.Length > len(n.today) {
			return n.toCome(stand.At(), precisionOf(entry))
		}
		return stand.Dated() && string(stand.Day()) >= n.today[:stand.Length]
	}
	return true
}

// precisionOf returns the precision of the time by which an entry is ordered.
func precisionOf(entry record.RecordItem) record.Precision {
	switch x := entry.(type) {
	case *record.Result:
		return x.TakenAtPrecision
	case *record.Report:
		return x.TakenAtPrecision
	case *record.VitalSign:
		return x.TakenAtPrecision
	case *record.Appointment:
		return x.StartsAtPrecision
	case *record.Document:
		return x.WrittenAtPrecision
	case *record.Consultation:
		return x.HeldAtPrecision
	case *record.Stay:
		return x.AdmittedAtPrecision
	case *record.Attendance:
		return x.ArrivedAtPrecision
	case *record.CareContact:
		return x.HeldAtPrecision
	}
	return record.PrecisionTime
}

// before reports whether an entry comes before the position, that is on pages already read. Undated entries
// come after all others.
func (n *narrower) before(entry record.RecordItem, soonest bool) bool {
	stand, after := entry.Stand(), n.ask.Filter.After
	if !after.At.IsZero() {
		if soonest {
			return stand.Dated() && stand.At().Before(after.At)
		}
		return stand.At().After(after.At)
	}
	return string(stand.Day()) > after.On // true of every date if the position is among the undated
}

func (n *narrower) atPosition(entry record.RecordItem) bool {
	stand, after := entry.Stand(), n.ask.Filter.After
	if !after.At.IsZero() {
		return stand.At().Equal(after.At)
	}
	return string(stand.Day()) == after.On
}

// Rows joins the entries of several subjects into one list.
func Rows[T any](bySubject [][]T) *fetch.Rows[T] {
	rows := &fetch.Rows[T]{Starts: make([]int32, len(bySubject)+1)}
	for i, entries := range bySubject {
		rows.Items = append(rows.Items, entries...)
		rows.Starts[i+1] = int32(len(rows.Items))
	}
	return rows
}
