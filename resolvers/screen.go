package resolvers

import (
	"context"

	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// showable is the second check of every entry, after the source's own: nothing that
// is never shown, no child named as a contact or carer, nothing of adult social care
// from before the 18th birthday. An entry that fails it should not have come; it is
// dropped, and the alarm is raised.
func (q *request) showable(ctx context.Context, entry record.RecordItem, grant consent.Grant) bool {
	shown := true
	entry.Codes(func(code *record.Code) {
		for ; code != nil; code = code.Original {
			shown = shown && !q.filter.Code(string(code.System), string(code.Code)) && !q.filter.Words(code.Display)
		}
	})
	entry.Words(func(text string) {
		shown = shown && (text == "" || !q.filter.Words(text))
	})
	if shown && !namesChild(entry) && ofAdulthood(entry, grant) {
		return true
	}
	q.alarm(ctx, AlarmDropped, nil)
	return false
}

// narrow takes out of an entry what is of another class than its own, where the role or
// the break-glass grant does not reach it: the discharge summary that a stay names.
func narrow(entry any, grant consent.Grant) {
	if stay, ok := entry.(*record.Stay); ok && !grant.Allows(record.ClassDocuments) {
		stay.Summary = nil
	}
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
