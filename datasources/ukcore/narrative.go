package ukcore

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"regexp"
	"strings"

	"carerecord/internal/fhir"
)

// A section is a part of a document: its narrative, and whether there is more.
type section struct {
	Title       string
	Text        struct{ Div string }
	Entry       []json.RawMessage
	EmptyReason *fhir.Concept
	Section     []section
}

var tags = regexp.MustCompile(`<[^>]*>`)

// marked is the narrative of all sections, with its tags.
func marked(sections []section) string {
	var b strings.Builder
	for _, s := range sections {
		b.WriteString(s.Text.Div + "\n" + marked(s.Section))
	}
	return b.String()
}

// textOf is the text of all sections, without tags.
func textOf(sections []section) string {
	var parts []string
	for _, s := range sections {
		parts = append(parts, fhir.Joined("\n", s.Title, s.words(), textOf(s.Section)))
	}
	return fhir.Joined("\n\n", parts...)
}

// words is the text of a section. If there is none, it says why the section is empty, or that it has
// entries that are not shown: a bare title would read as if there were nothing.
func (s *section) words() string {
	if text := untagged(s.Text.Div); text != "" {
		return text
	}
	more := ""
	if len(s.Entry) > 0 {
		more = "There are entries that are not shown here"
	}
	return fhir.Joined("\n", fhir.Prefixed("Nothing is written here: ", s.EmptyReason.Words()), more)
}

// inline are the elements that do not end a line.
var inline = map[string]bool{"a": true, "b": true, "i": true, "em": true, "strong": true, "span": true, "sub": true, "sup": true, "s": true, "strike": true, "del": true, "small": true, "u": true, "code": true}

// untagged is the text of an XHTML narrative, with a line for each block and a colon after a row header. If
// the narrative is not XHTML, each tag is replaced by its mark or a line break.
func untagged(div string) string {
	var b strings.Builder
	d := xml.NewDecoder(strings.NewReader(div))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var behind []string // closing marks of the open elements
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return squeezed(tags.ReplaceAllStringFunc(div, markOf))
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "script" || t.Name.Local == "style" {
				depth++
			}
			before, after := marksOf(t)
			b.WriteString(gapOf(t.Name.Local, "") + before)
			behind = append(behind, after)
		case xml.EndElement:
			if t.Name.Local == "script" || t.Name.Local == "style" {
				depth--
			}
			last := len(behind) - 1
			b.WriteString(behind[last] + gapOf(t.Name.Local, ": "))
			behind = behind[:last]
		case xml.CharData:
			if depth == 0 {
				b.WriteString(strings.Map(visible, string(t)))
			}
		}
	}
	return squeezed(b.String())
}

// marks are written before and after text whose position or strike-through carries meaning: 10 with a
// superscript 9 is not 109, and struck-out text does not apply.
var marks = []struct {
	elements              []string
	style, before, behind string
}{
	{[]string{"s", "strike", "del"}, "line-through", "[struck out: ", "]"},
	{[]string{"sup"}, "vertical-align:super", "^", ""},
	{[]string{"sub"}, "vertical-align:sub", "_", ""},
}

// marksOf returns the marks of an element, from its name and style.
func marksOf(element xml.StartElement) (before, behind string) {
	style := strings.ToLower(strings.Join(strings.Fields(attribute(element, "style")), ""))
	if strings.EqualFold(element.Name.Local, "img") {
		before = pictureOf(attribute(element, "alt"))
	}
	for _, m := range marks {
		if named(element.Name.Local, m.elements) || strings.Contains(style, m.style) {
			before, behind = before+m.before, m.behind+behind
		}
	}
	return before, behind
}

// attribute returns the value of an element's attribute.
func attribute(element xml.StartElement, name string) string {
	said := ""
	for _, a := range element.Attr {
		if strings.EqualFold(a.Name.Local, name) {
			said += a.Value
		}
	}
	return said
}

// pictureOf says that there is a picture, and of what. Without it the section would read as if it were
// empty.
func pictureOf(alt string) string {
	return "[" + fhir.Joined(": ", "picture", strings.TrimSpace(strings.Map(visible, alt))) + "]"
}

// An img tag and its alternative text, in a narrative that is not XHTML.
var (
	picture     = regexp.MustCompile(`(?i)^<img\b`)
	alternative = regexp.MustCompile(`(?i)\salt\s*=\s*(?:"([^"]*)"|'([^']*)')`)
)

// markOf returns the mark of a tag, or the end of a line.
func markOf(tag string) string {
	if picture.MatchString(tag) {
		alt := append(alternative.FindStringSubmatch(tag), "", "", "")
		return "\n" + pictureOf(html.UnescapeString(alt[1]+alt[2])) + "\n"
	}
	name, isEnd := strings.CutPrefix(strings.Trim(tag, "<>"), "/")
	name, _, _ = strings.Cut(name, " ")
	for _, m := range marks {
		switch {
		case !named(name, m.elements):
		case isEnd:
			return m.behind
		default:
			return m.before
		}
	}
	return "\n"
}

// visible maps line breaks and tabs to spaces and drops invisible characters.
func visible(r rune) rune {
	switch r {
	case '\n', '\r', '\t':
		return ' '
	case '\u00AD', '\u200B', '\u200C', '\u200D', '\u2060', '\uFEFF':
		return -1
	}
	return r
}

// gapOf returns what replaces a tag; head is used for a row header.
func gapOf(element, head string) string {
	switch {
	case inline[element]:
		return ""
	case element == "th":
		return head
	case element == "td":
		return " "
	}
	return "\n"
}

// squeezed removes empty lines and repeated spaces.
func squeezed(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && line != ":" {
			lines = append(lines, strings.TrimSpace(strings.ReplaceAll(line, " :", ":")))
		}
	}
	return strings.Join(lines, "\n")
}
