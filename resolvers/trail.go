package resolvers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// trail writes one event for every patient of the operation, and revokes the grant of those whose consent has changed
// since the decision or whose break-glass grants have expired. An error means that nothing is disclosed. A faulty
// request is recorded as rejected.
func (q *request) trail(ctx context.Context, planning error) error {
	numbers := q.numbers()
	q.lapse(numbers)
	entries := make([]audit.Entry, len(numbers))
	shared, counting := q.root.event(ctx, q, q.principal), &counting{}
	for i, number := range numbers {
		entries[i] = q.entry(shared, counting, number)
		if planning != nil {
			entries[i].Outcome, entries[i].Recheck = audit.Rejected, 0
		}
	}
	// The event is written even where the client has left or the deadline has come:
	// the sources have been read.
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	results, err := q.root.Trail.Record(writing, entries)
	if err != nil {
		q.alarm(ctx, AlarmAudit, err)
		return fmt.Errorf("%w: %w", audit.ErrUnavailable, err)
	}
	if len(results) != len(entries) {
		q.alarm(ctx, AlarmAudit, errResults)
		return errResults
	}
	var changed []record.NHSNumber
	for i, number := range numbers {
		if results[i].Withheld {
			changed = append(changed, number)
		}
	}
	q.decideAgain(writing, changed)
	q.lapse(numbers) // the writing took time; such an event stands there without a disclosure
	return nil
}

// decideAgain refuses the patients for whom something changed between the decision and their event, which says that
// they were not shown. The outcome is that of a fresh decision; if that would show them, no reason can be given, since
// the change may be anything, one more appointment for instance.
func (q *request) decideAgain(ctx context.Context, changed []record.NHSNumber) {
	if len(changed) == 0 {
		return
	}
	facts, err := q.root.Facts.Facts(ctx, q.principal, q.lineage, changed)
	if err != nil {
		q.alarm(ctx, AlarmConsent, err)
	}
	for _, number := range changed {
		outcome := consent.Unavailable
		if fact := facts[number]; err == nil && fact.Asked == number {
			at := fact.ReadAt
			if at.IsZero() {
				at = q.moment()
			}
			if again := consent.Decide(q.principal, fact, q.root.Policy, q.lineage, at).Outcome; again != consent.Shown {
				outcome = again
			}
		}
		patient := q.decisions[number].Patient
		for other, decision := range q.decisions { // under every number of theirs
			if decision.Patient == patient && decision.Outcome == consent.Shown {
				q.refuse(other, outcome)
			}
		}
	}
}

// lapse revokes what no longer holds by the clock: from the facts that were read, or because break-glass grants have
// expired since the decision. If one of several has expired and the others open less, the patient is refused whole;
// asked for again, the decision is made afresh.
func (q *request) lapse(numbers []record.NHSNumber) {
	now := q.moment()
	for _, number := range numbers {
		decision := q.decisions[number]
		if decision.Outcome != consent.Shown {
			continue
		}
		outcome := decision.Still(q.facts[number], q.root.Policy, q.lineage, now)
		if outcome == consent.Shown && decision.Lapsed(now) {
			outcome = consent.NoCareRelationship
		}
		if outcome != consent.Shown {
			q.refuse(number, outcome)
			if q.lapsed == nil {
				q.lapsed = map[record.NHSNumber]bool{}
			}
			q.lapsed[number] = true
		}
	}
}

// errResults says that the trail answered for other events than it was given.
var errResults = fmt.Errorf("%w: the answer does not fit the events", audit.ErrUnavailable)

// writeWithin bounds the write to the trail.
const writeWithin = 5 * time.Second

// numbers returns the numbers of the operation as asked, in order, each once.
func (q *request) numbers() []record.NHSNumber {
	var numbers []record.NHSNumber
	seen := map[record.NHSNumber]bool{}
	for _, root := range q.roots {
		for _, number := range root.numbers {
			if !seen[number] {
				seen[number] = true
				numbers = append(numbers, number)
			}
		}
	}
	return numbers
}

// entry is the event of one patient.
func (q *request) entry(shared audit.Event, c *counting, number record.NHSNumber) audit.Entry {
	decision := q.decisions[number]
	event := shared
	event.Patient, event.Asked = decision.Patient, ""
	if decision.Patient != number {
		event.Asked = number
	}
	event.Outcome = audit.Outcome(decision.Outcome)
	event.ConsentVersion = decision.Version
	event.Relationship = string(decision.Relationship)
	event.Glass, event.Note = glassOf(decision.Glass), suspensionNote(decision)
	_, granted := q.grants.For(decision.Patient)
	shown := granted && decision.Outcome == consent.Shown
	if !shown && !q.lapsed[number] {
		return audit.Entry{Event: event}
	}
	c.count(q, decision.Patient)
	event.Classes, event.Sectors, event.Counts, event.Sources = c.said.classes, c.said.sectors, c.said.counts, c.said.sources
	if !shown { // what was loaded, and then not shown
		return audit.Entry{Event: event}
	}
	return audit.Entry{Event: event, Recheck: decision.Version}
}

// glassOf is the latest of the break-glass grants that a decision is based on, with the reasons of all.
func glassOf(grants []consent.BreakGlassGrant) *audit.Glass {
	if len(grants) == 0 {
		return nil
	}
	ids, notes := make([]string, len(grants)), make([]string, len(grants))
	for i, grant := range grants {
		ids[i], notes[i] = grant.ID, grant.Note
	}
	return &audit.Glass{GrantID: strings.Join(ids, " "), Reason: grants[0].Reason, Note: strings.Join(notes, "; ")}
}

func suspensionNote(decision consent.Decision) string {
	if decision.Suspension == "" {
		return ""
	}
	return audit.Suspended + decision.Suspension
}

// A tally is what was read of a patient: the classes, the sectors, how many entries of each class the sources gave, and
// how each source that was asked answered.
type tally struct {
	classes []record.Class
	sectors []record.Sector
	counts  []audit.Count
	sources []audit.Source
}

// counting makes the tallies of one patient after another, and shares what is equal to the previous patient's.
type counting struct {
	now  tally // in memory that is used again
	said tally
}

func (c *counting) count(q *request, patient record.NHSNumber) {
	t := &c.now
	*t = tally{t.classes[:0], t.sectors[:0], t.counts[:0], t.sources[:0]}
	for i, load := range q.loads {
		if load != nil {
			t.addSource(q, &q.root.Sources[i], load, patient)
		}
	}
	slices.SortFunc(t.counts, func(a, b audit.Count) int { return strings.Compare(string(a.Class), string(b.Class)) })
	for _, count := range t.counts {
		t.classes = append(t.classes, count.Class)
	}
	c.said = tally{again(c.said.classes, t.classes), again(c.said.sectors, t.sectors), again(c.said.counts, t.counts), again(c.said.sources, t.sources)}
}

// again is the previous value if it is equal, and otherwise a copy of the new one.
func again[T comparable](before, now []T) []T {
	if slices.Equal(before, now) {
		return before
	}
	return slices.Clone(now)
}

func (t *tally) addSource(q *request, s *Source, load *load, patient record.NHSNumber) {
	if q.setAside(s, patient) {
		return
	}
	asked := false
	var subjects *fetch.Subjects // those of the Ask before
	subject := -1
	for at, k := range load.places {
		if k == 0 || !q.counts(load.asks[k-1], patient) {
			continue
		}
		ask := load.asks[k-1]
		if ask.Subjects != subjects {
			subjects, subject = ask.Subjects, index(ask, patient)
		}
		if subject < 0 {
			continue
		}
		asked = true
		reading := &q.planned.readings[at]
		if !reading.own || load.fuller(reading, at, patient) {
			t.add(ask.Class, 0)
			continue
		}
		t.add(ask.Class, load.items(at, patient))
		if n := q.summaries(load.answers[k-1], ask, subject); n > 0 {
			t.add(record.ClassDocuments, n)
		}
	}
	if !asked {
		return
	}
	if !slices.Contains(t.sectors, s.Sector) {
		t.sectors = append(t.sectors, s.Sector)
	}
	t.sources = append(t.sources, audit.Source{Sector: s.Sector, Organisation: string(s.Organisation.ODSCode), State: string(load.auditedState(patient))})
}

// items is how many entries of a patient were read for a reading.
func (l *load) items(at int, patient record.NHSNumber) int {
	k := l.places[at]
	if k == 0 || l.answers[k-1].Rows == nil {
		return 0
	}
	subject := index(l.asks[k-1], patient)
	if subject < 0 {
		return 0
	}
	return l.answers[k-1].Rows.Count(subject)
}

// fuller reports whether the source read more of the same list of a patient for another reading, or as much for an
// earlier one. What is read twice (of more and of fewer sectors, with and without parts, or for two roots) is shown
// once.
func (l *load) fuller(r *reading, at int, patient record.NHSNumber) bool {
	return slices.ContainsFunc(r.besides, func(other int) bool {
		more := l.items(other, patient) - l.items(at, patient)
		return l.places[other] > 0 && (more > 0 || more == 0 && other < at)
	})
}

// summaries is how many documents the stays of an answer name, if they were asked for and may be shown.
func (q *request) summaries(answer fetch.Answer, ask *fetch.Ask, subject int) (n int) {
	if ask.Class != record.ClassStays || !q.asksOf(q.planned.summaries, ask.Subjects.Patients[subject]) {
		return 0
	}
	if grant, _ := q.grants.For(ask.Subjects.Patients[subject]); !grant.Allows(record.ClassDocuments) {
		return 0
	}
	stays := fetch.RowsOf[record.Stay](answer).Of(subject)
	for i := range stays {
		if stays[i].Summary != nil {
			n++
		}
	}
	return n
}

func (t *tally) add(class record.Class, items int) {
	for i := range t.counts {
		if t.counts[i].Class == class {
			t.counts[i].Items += items
			return
		}
	}
	t.counts = append(t.counts, audit.Count{Class: class, Items: items})
}

// counts reports whether an Ask is of something that was asked for of a patient. Notes, and the person in demographics,
// are read for every patient.
func (q *request) counts(ask *fetch.Ask, patient record.NHSNumber) bool {
	switch ask.Kind {
	case fetch.Notes:
		return false
	case fetch.Persons:
		grant, _ := q.grants.For(patient)
		return grant.Allows(record.ClassDemographics) && q.asksOf(q.planned.personal, patient)
	}
	return true
}

// asksOf reports whether a root of a patient asks for something, given which roots do. Mostly all do, or none.
func (q *request) asksOf(asking []bool, patient record.NHSNumber) bool {
	if !slices.Contains(asking, false) {
		return true
	}
	for i, asks := range asking {
		if asks && slices.ContainsFunc(q.roots[i].numbers, func(number record.NHSNumber) bool { return q.decisions[number].Patient == patient }) {
			return true
		}
	}
	return false
}
