package view

import (
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A look is taken at all that entries are made of, as it is read and whatever is made of it: SQL has judged it already, by the same list,
// and this is the second check. What stands in a column as it stood in the row before was looked at there.
type look struct {
	screen fetch.Screen // nil for no look
	listed bool         // something that was read is on its list
	texts  some         // the columns whose texts were looked at
	codes  some         // those with which a code begins that was looked at
}

// begin looks with a screen from now on. Entries that name no organisation are shown with this one.
func (l *look) begin(screen fetch.Screen, organisation *record.Organisation) {
	*l = look{screen: screen}
	l.words(organisation.Name)
}

// statement goes to the rows of another statement, which have columns of their own.
func (l *look) statement() { l.texts, l.codes = 0, 0 }

// row goes to another row. A text stands in its column until there is another, over nulls too; a code is of three columns.
func (l *look) row(other, same some) {
	l.texts &^= other
	l.codes &= same & (same >> 1) & (same >> 2)
}

// text looks at the text of a column.
func (l *look) text(column int, text string) {
	if text == "" || l.texts.has(column, 1) {
		return
	}
	l.words(text)
	l.texts |= 1 << column
}

// code looks at a code that begins in a column.
func (l *look) code(column int, code record.Code) {
	if l.screen == nil || l.codes.has(column, 1) {
		return
	}
	l.listed = l.listed || l.screen.Coded(string(code.System), string(code.Code), code.Display)
	l.codes |= 1 << column
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
