package resolvers

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// list answers a list field with entries of one type.
func list[T any, P pointer[T]](ctx context.Context, patient *record.Patient) (*record.List[*T], error) {
	var g gathering[*T]
	g.gather(ctx, patient, typed[T, P]{})
	g.sort(newestFirst)
	return &record.List[*T]{Status: g.status(), Nodes: g.items, NoneKnownBy: g.noneKnownBy}, nil
}

// connection answers a paged field with entries of one type.
func connection[T any, P pointer[T]](ctx context.Context, patient *record.Patient) (*record.Connection[*T], error) {
	g := new(gathering[*T])
	g.gather(ctx, patient, typed[T, P]{})
	return page(g)
}

// merged answers a paged field with entries of several types.
func merged[I record.RecordItem](ctx context.Context, patient *record.Patient) (*record.Connection[I], error) {
	g := new(gathering[I])
	g.gather(ctx, patient, mixed[I]{})
	return page(g)
}

// A gathering is what the sources hold for one field of one patient, and what they lack.
type gathering[I any] struct {
	reader[I]
	request     *request
	planned     *planned
	grant       consent.Grant
	subjects    *fetch.Subjects // among which the patient was looked up last
	at          int             // where that is
	items       []I
	permitted   bool // under at least one part
	leftOut     []record.Class
	gaps        []record.Gap
	none        bool // a source states that there are none
	noneKnownBy []record.Provenance
	pending     bool // a gap without a source that can be named
	returned    bool // a source missing on an earlier page has answered now
	more        bool // a source may hold more than was read for the page
}

// gather collects a field's entries from every source that was asked for them.
func (g *gathering[I]) gather(ctx context.Context, patient *record.Patient, from reader[I]) {
	q := current(ctx)
	fc := graphql.GetFieldContext(ctx)
	g.collect(ctx, q, q.planned.fields[fc.Field.Field], patient, from)
}

func (g *gathering[I]) collect(ctx context.Context, q *request, p *planned, patient *record.Patient, from reader[I]) {
	g.reader, g.request, g.planned = from, q, p
	grant, granted := q.grants.For(patient.NHSNumber)
	if p == nil || !granted {
		q.alarm(ctx, AlarmUnplanned, fetch.ErrUnplanned)
		g.permitted, g.pending = true, true
		return
	}
	g.grant = grant
	for i := range p.wants {
		w := &p.wants[i]
		if w.only != "" && w.only != patient.NHSNumber {
			continue
		}
		if !grant.Allows(w.class) {
			g.leaveOut(w.part.class)
			continue
		}
		if len(w.sectors) == 0 { // none of those that were asked for holds any
			continue
		}
		g.permitted = true
		for _, sector := range w.sectors {
			collectSector(ctx, g, w, sector)
		}
	}
	if len(g.leftOut) == 0 { // nothing was refused, even where none of the sectors that were asked for holds any
		g.permitted = true
	}
	if p.cursor != nil {
		g.carryOver()
	}
}

func collectSector[I any](ctx context.Context, g *gathering[I], w *want, sector record.Sector) {
	q := g.request
	if sector == record.SocialCare && !g.grant.Adult() {
		return // of children there is nothing, whatever a source holds
	}
	if len(q.root.bySector[sector]) == 0 {
		g.gap(record.Gap{Sector: sector, Reason: record.Unavailable})
		return
	}
	at := q.asked(w, sector)
	subject := g.subject(at)
	for _, i := range q.root.bySector[sector] {
		if w.filter.Source != "" && w.filter.Source != q.root.Sources[i].Name {
			continue
		}
		if subject < 0 {
			q.alarm(ctx, AlarmUnplanned, fetch.ErrUnplanned)
			g.sourceGap(i, record.Unavailable)
			continue
		}
		collectSource(ctx, g, w, i, at, subject)
	}
}

// collectSource takes one source's entries, and its failures as gaps.
func collectSource[I any](ctx context.Context, g *gathering[I], w *want, source, at, subject int) {
	q := g.request
	load := q.loads[source]
	answer, answered := q.answer(source, at)
	switch {
	case load == nil || load.err == nil && !answered: // what it does not publish it may still hold
		g.sourceGap(source, record.Unavailable)
		return
	case load.err != nil:
		g.sourceGap(source, record.ReasonOf(load.err))
		return
	case g.failed(source, answer, subject):
		return
	}
	if answer.Truncated != nil && answer.Truncated[subject] {
		g.sourceGap(source, record.Truncated)
	}
	found := g.Read(ctx, w.kind, answer, subject)
	readable := g.readable(w, answer, subject, found)
	whole := false
	shown := found[:0]
	l := q.lookAt(answer)
	for i, item := range found {
		entry := g.Entry(item)
		if entry != nil && !q.showable(ctx, l, entry, g.grant) {
			continue
		}
		if shown = append(shown, narrow(item, g.grant)); len(shown) == w.filter.First && i < readable {
			whole = entry.Stand().Compare(g.Entry(found[readable-1]).Stand()) != 0
		}
	}
	l.end()
	if !whole {
		g.unreadable(source, answer, subject)
	}
	if rows := answer.Rows; rows != nil && rows.Count(subject) >= q.asks[at].Filter.First && len(shown) < rows.Count(subject) && (len(shown) < w.filter.First || w.filter.After.Set) {
		g.hole(source)
	}
	if g.items == nil {
		g.items = shown
	} else {
		g.items = append(g.items, shown...)
	}
	g.notes(w, source)
	g.uncomparable(ctx, w, source)
}

// subject is the index of the patient among those of a reading; negative if it has none or only others. Most readings
// share their subjects, so the last look-up is cached.
func (g *gathering[I]) subject(at int) int {
	if g.request.ofNobody(at) {
		return -1
	}
	if of := g.request.asks[at].Subjects; of != g.subjects {
		g.subjects, g.at = of, g.request.subject(at, g.grant.Patient())
	}
	return g.at
}

// hole notes that entries were dropped from a list of which the source may hold more. What is behind them was not read,
// so the list is neither empty nor at its end.
func (g *gathering[I]) hole(source int) {
	g.sourceGap(source, record.Truncated)
	g.more = true
}

// readable is how many entries stand before the first that could not be read, if that is known and the list was read
// for another field that takes more: a field all of whose entries stand before it lacks nothing. Entries with the date
// at which the field ends count as one.
func (g *gathering[I]) readable(w *want, answer fetch.Answer, subject int, found []I) int {
	if answer.Before == nil || w.filter.First == 0 || w.filter.After.Set {
		return 0
	}
	k := int(answer.Before[subject])
	if k > len(found) || len(found) != answer.Rows.Count(subject) { // a reader that leaves entries out does not say where they stood
		return 0
	}
	return k
}

// unreadable notes that an entry could not be read.
func (g *gathering[I]) unreadable(source int, answer fetch.Answer, subject int) {
	if answer.Unreadable != nil && subject >= 0 && answer.Unreadable[subject] {
		g.sourceGap(source, record.PartlyUnreadable)
	}
}

// failed notes an answer that could not be read, and reports whether it is one.
func (g *gathering[I]) failed(source int, answer fetch.Answer, subject int) bool {
	err := answer.Err
	if err == nil && answer.Errs != nil && subject >= 0 {
		err = answer.Errs[subject]
	}
	if err != nil {
		g.sourceGap(source, record.ReasonOf(err))
		return true
	}
	return false
}

// notes takes a source's statements about a whole class: that there is none, for the class of the list; that something
// is on its way, for every class under which such entries appear. If a practice's record is in transit, it is missing
// from all of its lists.
func (g *gathering[I]) notes(w *want, source int) {
	q := g.request
	at := q.planned.notesAt[place(q.root.Sources[source].Sector == record.SocialCare)] - 1
	answer, _ := q.answer(source, at)
	subject := g.subject(at)
	if g.failed(source, answer, subject) { // then it cannot be said that nothing is on its way
		return
	}
	g.unreadable(source, answer, subject)
	notes := fetch.RowsOf[record.ListNote](answer).Of(subject)
	for i := range notes {
		note := &notes[i]
		if (note.Note == record.NoteNoneKnown || !note.Provenance.RecordedAt.IsZero()) && !ofAdulthood(note, g.grant) {
			continue // a warning without a date is of today
		}
		if note.Note == record.NoteNoneKnown {
			if note.Class == "" || note.Class != g.planned.noneOf || !g.grant.Allows(w.class) || q.namesHidden(&note.Provenance) {
				continue
			}
			g.none = true
			g.noneKnownBy = append(g.noneKnownBy, note.Provenance)
		} else if reason := warnings[note.Note]; reason != "" && (slices.Contains(classesOf[w.kind], note.Class) || transferred(&q.root.Sources[source], note.Note)) {
			g.sourceGap(source, reason)
		}
	}
}

// warnings maps a source's notes to gaps.
var warnings = map[record.NoteKind]record.GapReason{record.NoteInTransit: record.InTransit, record.NoteAwaitingFiling: record.AwaitingFiling}

// transferred reports whether a note concerns the whole record, whatever class it names: between practices a record
// moves as one (GP2GP), but a practice may name only some lists.
func transferred(s *Source, note record.NoteKind) bool {
	return note == record.NoteInTransit && s.Sector == record.GP
}

// uncomparable notes entries that could not be compared with the code asked for.
func (g *gathering[I]) uncomparable(ctx context.Context, w *want, source int) {
	others, ok := g.planned.uncomparable(*w)
	if !ok {
		return
	}
	at := g.request.asked(&others, g.request.root.Sources[source].Sector)
	answer, answered := g.request.answer(source, at)
	if !answered { // a source that cannot tell which they are may hold some
		g.sourceGap(source, record.Unavailable)
		return
	}
	subject := g.subject(at)
	if g.failed(source, answer, subject) {
		return
	}
	g.unreadable(source, answer, subject)
	l := g.request.lookAt(answer)
	defer l.end()
	found := g.Read(ctx, others.kind, answer, subject)
	for _, item := range found {
		if g.request.showable(ctx, l, g.Entry(item), g.grant) {
			g.sourceGap(source, record.Unmapped)
			return
		}
	}
	if len(found) >= others.filter.First { // of those behind what was dropped nothing is known
		g.sourceGap(source, record.Truncated)
	}
}

func (g *gathering[I]) leaveOut(class record.Class) {
	if !slices.Contains(g.leftOut, class) {
		g.leftOut = append(g.leftOut, class)
	}
}

func (g *gathering[I]) sourceGap(source int, reason record.GapReason) {
	s := &g.request.root.Sources[source]
	g.gap(record.Gap{Sector: s.Sector, Organisation: s.Organisation, Reason: reason})
}

func (g *gathering[I]) gap(gap record.Gap) {
	if !slices.Contains(g.gaps, gap) {
		g.gaps = append(g.gaps, gap)
		g.request.gaps.add(gap)
	}
}

// carryOver keeps the gaps of earlier pages, including those without a source, and notes when their sources answer
// again.
func (g *gathering[I]) carryOver() {
	g.pending = g.pending || g.planned.cursor.Pending
	for _, missing := range g.planned.cursor.Gaps {
		for i := range g.request.root.Sources {
			s := &g.request.root.Sources[i]
			if s.Name != missing.Source {
				continue
			}
			gap := record.Gap{Sector: s.Sector, Organisation: s.Organisation, Reason: missing.Reason}
			if failure(missing.Reason) && !slices.ContainsFunc(g.gaps, func(now record.Gap) bool {
				return now.Organisation == gap.Organisation && now.Sector == gap.Sector && failure(now.Reason)
			}) {
				g.returned = true
			}
			g.gap(gap)
		}
	}
}

// failure reports whether a gap means that a source did not answer at all.
func failure(reason record.GapReason) bool {
	switch reason {
	case record.TimedOut, record.Unavailable, record.Refused, record.Malformed, record.IdentityMismatch:
		return true
	}
	return false
}

// status is what the list says about itself.
func (g *gathering[I]) status() record.Status {
	s := record.Status{Gaps: g.gaps, LeftOut: g.leftOut}
	if !g.permitted {
		s.State = record.NotPermitted
		return s
	}
	found := len(g.items) > 0 || g.planned != nil && g.planned.cursor != nil
	missing := len(g.gaps) > 0 || g.pending
	s.State = record.Describe(found, missing, g.none && !g.narrowed())
	s.Complete = !missing
	return s
}

// narrowed reports whether a filter narrows the list beyond what is current or active.
func (g *gathering[I]) narrowed() bool {
	for i := range g.planned.wants {
		f := &g.planned.wants[i].filter
		if f.Codes != "" || f.Since != "" || f.When != fetch.Always || f.Orgs != "" || f.Status != "" && f.Status != "ACTIVE" && f.Status != "CURRENT" && f.Status != "ALL" {
			return true
		}
	}
	return false
}
