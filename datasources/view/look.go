package view

import (
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A look is the second check against the exclusion list; SQL was the first, with the same list. Every code and text of
// a row is checked as it is decoded. A column whose value equals the previous row's is not checked again.
type look struct {
	screen fetch.Screen  // nil for no look
	clean  *fetch.Screen // the same, for codes to say who found nothing in them; nil until one does
	listed bool          // something that was read is on its list
	texts  some          // the columns whose texts were looked at
}

// begin starts a look with a screen. organisation is shown with entries that name none.
func (l *look) begin(screen fetch.Screen, organisation *record.Organisation) {
	*l = look{screen: screen}
	l.words(organisation.Name)
}

// saw reports whether a column's present text was looked at.
func (l *look) saw(column int) bool { return l.texts&(1<<column) != 0 }

// code looks at a code, and reports whether it was looked at, now or before, and is not excluded.
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

// words looks at a text that is not a column's value as it stands.
func (l *look) words(text string) {
	if l.screen != nil {
		l.listed = l.listed || l.screen.Words(text)
	}
}

// of is the screen that the rows were looked at with, for Answer.Screened: nil if anything was on its list, so that the
// resolvers look at each entry to find out which.
func (l *look) of() fetch.Screen {
	if l.listed {
		return nil
	}
	return l.screen
}
