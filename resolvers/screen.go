package resolvers

import (
	"context"
	"sync"

	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/record"
)

// showable is the second check of every entry, after the source's own: nothing that
// is never shown, no child named as a contact or carer, nothing of adult social care
// from before the 18th birthday. An entry that fails it should not have come; it is
// dropped, and the alarm is raised.
func (q *request) showable(ctx context.Context, entry record.RecordItem, grant consent.Grant) bool {
	l := lookAt(q.filter)
	defer l.end()
	return q.showableBy(ctx, l, entry, grant)
}

// showableBy is showable with a look that is used for one entry after another.
func (q *request) showableBy(ctx context.Context, l *look, entry record.RecordItem, grant consent.Grant) bool {
	if l.shows(entry) && !namesChild(entry) && ofAdulthood(entry, grant) {
		return true
	}
	q.alarm(ctx, AlarmDropped, nil)
	return false
}

// A look at entries. It is used again, since what a call of an interface is given would
// else be made anew for every entry.
type look struct {
	filter *exclusion.Filter
	shown  bool
	at     int             // of the codes of the entry
	seen   [8]*record.Code // that may be shown, by where they stood in entries before: many share one
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

// lookAt begins to look at entries, until end.
func lookAt(filter *exclusion.Filter) *look {
	l := lookers.Get().(*look)
	l.filter = filter
	return l
}

func (l *look) end() {
	l.filter = nil
	clear(l.seen[:])
	lookers.Put(l)
}

// shows reports whether no code and no word of an entry is one that is never shown.
func (l *look) shows(entry record.RecordItem) bool {
	l.shown, l.at = true, 0
	entry.Codes(l.code)
	entry.Words(l.word)
	return l.shown
}

// narrow is an entry without what is of another class than its own, where the role or the
// break-glass grant does not reach it: the discharge summary that a stay names. It leaves the
// entry as it is, which other fields hold too.
func narrow[I any](entry I, grant consent.Grant) I {
	stay, ok := any(entry).(*record.Stay)
	if !ok || stay.Summary == nil || grant.Allows(record.ClassDocuments) {
		return entry
	}
	narrowed := *stay
	narrowed.Summary = nil
	return any(&narrowed).(I)
}

// namesChild reports whether an entry names somebody who is known to be a child.
func namesChild(entry record.RecordItem) bool {
	switch x := entry.(type) {
	case *record.Contact:
		return x.Under18 != nil && *x.Under18
	case *record.Carer:
		return x.Under18 != nil && *x.Under18
	}
	return false
}

// ofAdulthood reports whether an entry of adult social care concerns a time from the
// 18th birthday on; entries of other sectors may concern any time.
func ofAdulthood(entry record.RecordItem, grant consent.Grant) bool {
	item := record.Envelope(entry)
	if item.Provenance.Sector != record.SocialCare {
		return true
	}
	if !grant.Adult() || grant.AdultFrom() == "" {
		return false
	}
	day := entry.Stand().Day().First()
	if day == "" && !item.Provenance.RecordedAt.IsZero() {
		day = record.Today(item.Provenance.RecordedAt.Time)
	}
	return day != "" && day >= grant.AdultFrom()
}
