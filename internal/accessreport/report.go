// Package accessreport tells a resident in plain words who asked for their record.
package accessreport

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/record"
)

// width is how long lines are.
const width = 92

// Resident is whom a report is for.
type Resident struct {
	Number record.NHSNumber
	Since  time.Time // from when on events are kept (audit.Since); the zero time where there are none of anybody
}

// Report writes who asked for a resident's record, in the order of lines (audit.Lines
// of all the resident's numbers, the latest first). organisation is the name behind an
// ODS code, "" where it is not known. If lines ends with an error the report says that
// it is not complete, and the error is returned.
func Report(w io.Writer, lines iter.Seq2[audit.Line, error], r Resident, organisation func(ods string) string, now time.Time) error {
	p := printer{w: bufio.NewWriter(w), organisation: organisation}
	p.head(r, now)
	n := 0
	for line, err := range lines {
		if err != nil {
			p.paragraph("", "THIS REPORT IS NOT COMPLETE. The rest could not be read. Make it again; do not rely on this one.")
			p.w.Flush()
			return err
		}
		n++
		p.entry(n, line)
	}
	p.foot(n, r)
	return p.w.Flush()
}

type printer struct {
	w            *bufio.Writer
	organisation func(ods string) string
}

func (p *printer) head(r Resident, now time.Time) {
	p.paragraph("", "WHO ASKED FOR YOUR JOINED-UP RECORD")
	p.paragraph("", fmt.Sprintf("NHS number %s. Made on %s.", spaced(r.Number), moment(now)))
	p.paragraph("", "This lists every time somebody asked for your joined-up health and care record, the latest first. "+
		"It also lists when they were shown nothing, and when somebody looked at your choice to opt out, changed it or tried to.")
	p.paragraph("", "What was looked at means what was loaded for them. They may not have read all of it.")
	p.paragraph("", "It does not list who looked at your notes inside one organisation's own system, such as your practice's. "+
		"Ask that organisation about those.")
	p.paragraph("", "If something here surprises you, ask the privacy officer of the organisation that is named with it.")
}

func (p *printer) foot(n int, r Resident) {
	switch kept := kept(r.Since); {
	case n == 0 && r.Since.IsZero():
		p.paragraph("", "Nothing is recorded yet, about you or anybody else. So this cannot say that nobody asked.")
	case n == 0:
		p.paragraph("", "Nobody has asked for your joined-up record "+kept+". What was before then is not kept here.")
	case n == 1:
		p.paragraph("", "That is all: once "+kept+". What was before then is not kept here.")
	default:
		p.paragraph("", fmt.Sprintf("That is all: %d times %s. What was before then is not kept here.", n, kept))
	}
}

func kept(since time.Time) string { return "since " + moment(since) }

func (p *printer) entry(n int, l audit.Line) {
	p.line("", fmt.Sprintf("%d. %s", n, moment(l.RecordedAt)))
	p.line("   ", p.who(l)+" "+did(l)+".")
	if why := why(l); why != "" {
		p.line("   ", "Why: "+why+".")
	}
	if l.Asked != "" {
		p.line("   ", "They asked under an earlier NHS number of yours.")
	}
	if len(l.Classes) > 0 {
		p.line("   ", seen(l)+": "+joined(classes, l.Classes)+".")
	}
	if len(l.Sectors) > 0 {
		p.line("   ", "Where it came from: "+joined(sectors, l.Sectors)+".")
	}
	if l.Glass != nil {
		p.line("   ", glass(l)+word(reasons, l.Glass.Reason)+". The privacy officer sees this.")
	}
	if authority, suspended := strings.CutPrefix(l.Note, audit.Suspended); suspended {
		p.line("   ", "You had opted out. At the time the law had this not count: "+authority+".")
	}
	p.line("   ", "What came of it: "+outcome(l)+".")
	p.w.WriteByte('\n')
}

// who is the person with their role and organisation, as they were at the time.
func (p *printer) who(l audit.Line) string {
	parts := []string{l.Who.Name}
	if l.Who.Name == "" {
		parts[0] = "Somebody whose name is not recorded"
	}
	if l.Who.Role != "" {
		parts = append(parts, word(roles, string(l.Who.Role)))
	}
	if ods := l.Who.Organisation; ods != "" {
		name := p.organisation(ods)
		if name == "" {
			name = "organisation " + ods
		}
		parts = append(parts, name)
	}
	if len(parts) == 1 {
		return parts[0] // whom nothing is added to takes no comma
	}
	return strings.Join(parts, ", ") + ","
}

func why(l audit.Line) string {
	var parts []string
	if l.Purpose != "" {
		parts = append(parts, word(purposes, string(l.Purpose)))
	}
	if l.Relationship != "" {
		parts = append(parts, word(relationships, l.Relationship))
	}
	return strings.Join(parts, "; ")
}

// did is what was done, or asked for where it was not.
func did(l audit.Line) string {
	if duty, ok := duties[l.Action]; ok && l.Outcome != audit.Done {
		return "asked to " + duty
	}
	return word(actions, l.Action)
}

// glass begins what a break-glass grant says. When one is taken nobody is looked up; when
// it is used there was no care relationship.
func glass(l audit.Line) string {
	if l.Action == audit.BreakGlass {
		return "They gave as the reason: "
	}
	return "They were not part of your care and gave as the reason: "
}

// seen is what the classes of an event are. Nothing is loaded yet when a record is
// opened, and what was loaded was not always shown.
func seen(l audit.Line) string {
	switch {
	case l.Action == audit.BreakGlass && l.Outcome == audit.Done:
		return "What they were allowed to look at"
	case l.Action == audit.BreakGlass:
		return "What they asked to look at"
	case l.Outcome != audit.Shown && l.Outcome != audit.Done:
		return "What was loaded, and then not shown"
	}
	return "What was looked at"
}

func outcome(l audit.Line) string {
	_, duty := duties[l.Action]
	why, known := hindrances[l.Outcome]
	switch {
	case l.Action == audit.BreakGlass && l.Outcome == audit.Done:
		return "they were allowed to, for a short time"
	case duty && known:
		return "it was not done: " + why
	case l.Outcome == audit.Forbidden && l.Action != audit.Read:
		return "nothing was shown: " + why
	}
	return word(outcomes, l.Outcome)
}

func joined[K ~string](words map[K]string, codes []K) string {
	texts := make([]string, len(codes))
	for i, code := range codes {
		texts[i] = word(words, code)
	}
	return strings.Join(texts, ", ")
}

// moment is a time as it is said in London.
func moment(at time.Time) string {
	return at.In(record.London).Format("Monday 2 January 2006 at 15:04")
}

// spaced is a number as it is printed on letters.
func spaced(n record.NHSNumber) string {
	if digits := string(n); len(digits) == 10 {
		return digits[:3] + " " + digits[3:6] + " " + digits[6:]
	}
	return string(n)
}

func (p *printer) paragraph(indent, text string) {
	p.line(indent, text)
	p.w.WriteByte('\n')
}

// line writes a text, broken between words. Names come from tokens, so what steers a
// terminal is left out.
func (p *printer) line(indent, text string) {
	column, below := 0, ""
	if indent != "" {
		below = indent + "  "
	}
	for i, word := range strings.Fields(strings.Map(printable, text)) {
		switch {
		case i == 0:
			column, _ = p.w.WriteString(indent)
		case column+1+len([]rune(word)) > width:
			p.w.WriteString("\n" + below)
			column = len(below)
		default:
			p.w.WriteByte(' ')
			column++
		}
		p.w.WriteString(word)
		column += len([]rune(word))
	}
	p.w.WriteByte('\n')
}

func printable(r rune) rune {
	if r < ' ' || r >= 0x7F && r < 0xA0 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
		return ' '
	}
	return r
}
