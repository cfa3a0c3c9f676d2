package view

import (
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A look is the second check against the list of what is never shown: SQL was the first, with the same list. Every code and text
// of a row is tried as it is decoded. A column whose value equals that of the row before is not tried again.
type look struct {
	screen fetch.Screen  // nil for no look
	clean  *fetch.Screen // the same, for codes to say who found nothing in them; nil until one does
	listed bool          // something that was read is on its list
	texts  some          // the columns whose texts were looked at
}

// begin looks with a screen from now on. Entries that name no organisation are shown with this one.
func (l *look) begin(screen fetch.Screen, organisation *record.Organisation) {
	*l = look{screen: screen}
	l.words(organisation.Name)
}

// saw reports whether the text that stands in a column was looked at.
func (l *look) saw(column int) bool { return l.texts&(1<<column) != 0 }

// code looks at a code, and reports whether it did, now or before, and found nothing.
func (l *look) code(c *readCode) bool {
	if l.screen == nil || l.listed {
		return false
	}
	if c.foundBy(l.screen) {
		return true
	}
	if l.screen.Coded(string(c.System), string(c.Code.Code), c.display) {
		l.listed = true
		return false
	}
	if l.clean == nil {
		l.clean = new(l.screen)
	}
	c.clean.Store(l.clean)
	return true
}

// words looks at a text that stands in no column as it is.
func (l *look) words(text string) {
	if l.screen != nil {
		l.listed = l.listed || l.screen.Words(text)
	}
}

// of is the screen for an answer to say that it was looked at with: nil where anything is on its list, so that whoever shows
// the entries finds out which.
func (l *look) of() fetch.Screen {
	if l.listed {
		return nil
	}
	return l.screen
}
