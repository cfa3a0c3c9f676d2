package resolvers

import (
	"context"
	"slices"
	"sync"

	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/kinship"
	"carerecord/internal/record"
)

// showable is the second check of every entry, after the source's own: nothing excluded, no child named as a contact or
// carer, nothing of adult social care from before the 18th birthday. An entry that fails it should not have arrived: it
// is dropped, and an alarm is raised. The look must be the one for the entry's answer; see lookAt.
func (q *request) showable(ctx context.Context, l *look, entry record.RecordItem, grant consent.Grant) bool {
	if l.shows(entry) && !namesChild(entry) && ofAdulthood(entry, grant) {
		return true
	}
	q.alarm(ctx, AlarmDropped, nil)
	return false
}

// A look checks entries against the exclusion list. Looks are pooled: code and word are passed to interface methods,
// and would otherwise be allocated for every entry.
type look struct {
	filter *exclusion.Filter
	shown  bool
	at     int               // position among the codes of the entry
	seen   [8]*record.Code   // codes of earlier entries that may be shown, by position: many entries share one
	from   record.Provenance // of an earlier entry, whose names may be shown
	code   func(*record.Code)
	word   func(string)
}

var lookers = sync.Pool{New: func() any {
	l := new(look)
	l.code = func(code *record.Code) {
		at := l.at
		l.at++
		if code == nil || !l.shown || at < len(l.seen) && l.seen[at] == code {
			return
		}
		for c := code; c != nil; c = c.Original {
			l.shown = l.shown && !l.filter.Coded(string(c.System), string(c.Code), c.Display)
		}
		if l.shown && at < len(l.seen) {
			l.seen[at] = code
		}
	}
	l.word = func(text string) { l.shown = l.shown && (text == "" || !l.filter.Words(text)) }
	return l
}}

// lookAt returns the look for the entries of an answer; call end when done with it. It is nil, which shows everything,
// if the source has checked the entries against the same list as it read them.
func (q *request) lookAt(answer fetch.Answer) *look {
	if answer.Screened == fetch.Screen(q.filter) {
		return nil
	}
	return lookBy(q.filter)
}

func lookBy(filter *exclusion.Filter) *look {
	l := lookers.Get().(*look)
	l.filter = filter
	return l
}

func (l *look) end() {
	if l == nil {
		return
	}
	l.filter = nil
	clear(l.seen[:])
	l.from = record.Provenance{}
	lookers.Put(l)
}

// shows reports whether no code and no word of an entry, or of its provenance, is excluded.
func (l *look) shows(entry record.RecordItem) bool {
	if l == nil {
		return true
	}
	l.shown, l.at = true, 0
	entry.Codes(l.code)
	entry.Words(l.word)
	from := &record.Envelope(entry).Provenance
	if from.SourceSystem != l.from.SourceSystem || from.Organisation != l.from.Organisation || from.RecordedBy != l.from.RecordedBy { // most share them
		if from.Words(l.word); l.shown {
			l.from.SourceSystem, l.from.Organisation, l.from.RecordedBy = from.SourceSystem, from.Organisation, from.RecordedBy
		}
	}
	return l.shown
}

// namesHidden reports whether a name in a provenance is excluded. A statement that there are no allergies, made by an
// excluded clinic, would reveal that the person was there; the list is then as if nobody had made the statement.
func (q *request) namesHidden(p *record.Provenance) (hidden bool) {
	p.Words(func(text string) { hidden = hidden || q.filter.Words(text) })
	return hidden
}

// mask removes from a person what gives away excluded information: an address in a prison, or a clinic as the practice.
// As with the place a stay came from, nothing shows that it was removed.
func (q *request) mask(p *record.Person) {
	if a := p.Address; a != nil && (slices.ContainsFunc(a.Lines, q.filter.Words) || q.filter.Words(string(a.Borough))) {
		p.Address = nil
	}
	if practice := p.RegisteredPractice; practice != nil && (q.filter.Words(practice.Name) || q.filter.Words(string(practice.ODSCode))) {
		p.RegisteredPractice = nil
	}
	for _, code := range [...]**record.Code{&p.NHSNumberStatus, &p.EthnicCategory, &p.PreferredLanguage, &p.MaritalStatus} {
		if c := *code; c != nil && q.filter.Coded(string(c.System), string(c.Code), c.Display) {
			*code = nil
		}
	}
}

// narrow returns an entry without what belongs to another class that the grant does not allow: the discharge summary
// that a stay names; and a plan of adult social care without its parts from before the 18th birthday. It changes a copy,
// because other fields share the entry.
func narrow[I any](entry I, grant consent.Grant) I {
	switch x := any(entry).(type) {
	case *record.Stay:
		if x.Summary != nil && !grant.Allows(record.ClassDocuments) {
			narrowed := *x
			narrowed.Summary = nil
			return any(&narrowed).(I)
		}
	case *record.CarePlan:
		if x.Provenance.Sector == record.SocialCare {
			return any(x.SinceAdult(grant.AdultFrom())).(I)
		}
	}
	return entry
}

// namesChild reports whether an entry names somebody who is known to be a child. In adult social care this includes
// somebody of unknown age whose relationship says that they may be one.
func namesChild(entry record.RecordItem) bool {
	switch x := entry.(type) {
	case *record.Contact:
		code := record.Code{}
		if x.RelationshipCode != nil {
			code = *x.RelationshipCode
		}
		return isChild(x.Under18, x.Provenance.Sector, string(x.Relationship), code.Display, string(code.Code))
	case *record.Carer:
		return isChild(x.Under18, x.Provenance.Sector, string(x.Relationship))
	}
	return false
}

func isChild(under18 *bool, sector record.Sector, said ...string) bool {
	if under18 != nil || sector != record.SocialCare {
		return under18 != nil && *under18
	}
	return kinship.Coded(said...) || slices.ContainsFunc(said, func(text string) bool { return kinship.Said(exclusion.AsSeen(text)) })
}

// ofAdulthood reports whether an entry of adult social care concerns a time on or after the 18th birthday; false if
// that or the entry's day is unknown. Entries of other sectors may concern any time. A source goes by the birthday in our
// register; this goes by the later one in demographics as well (see checkBirths).
func ofAdulthood(entry record.RecordItem, grant consent.Grant) bool {
	if record.Envelope(entry).Provenance.Sector != record.SocialCare {
		return true
	}
	return grant.Adult() && record.OfAdulthood(entry, grant.AdultFrom())
}
