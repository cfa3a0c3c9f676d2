package ukcore

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A letter is an STU3 document: its Composition, and what came with it.
type letter struct {
	of    *fhir.Resource
	all   []fhir.Resource
	about composition
	text  string
}

type composition struct {
	Status, Title, Date, Confidentiality string
	Type, Class                          *fhir.Concept
	Subject, Custodian                   fhir.Reference
	Author                               references
	Section                              []section
}

type section struct {
	Title   string
	Text    struct{ Div string }
	Section []section
}

// readLetters asks for the STU3 documents of the person. What is coded in them is not
// taken out: their entries are of another version, and the letter says the same in words.
func (c *chart) readLetters(ctx context.Context) {
	documents := c.source.options.Documents
	request := fhir.Request{Path: "Bundle", Patient: c.number, Query: url.Values{
		"type": {"document"}, "composition.patient.identifier": {fhir.NHSNumberSystem + "|" + string(c.number)},
	}}
	if fhir.IsWhole(documents) {
		request = fhir.Request{Path: "Patient/$document", Patient: c.number}
	}
	bundle, err := fhir.Search(ctx, documents, request)
	var answer *fhir.StatusError
	if errors.As(err, &answer) && errors.Is(err, record.ErrNotFound) && answer.Has("PATIENT_NOT_FOUND") {
		return
	}
	if err == nil && !bundle.OfVersion("STU3") {
		err = malformed("of another version of FHIR")
	}
	if err == nil {
		err = c.takeLetters(ctx, bundle)
	}
	c.lettersErr = c.source.outcome(ctx, cmp.Or(err, c.lettersErr), "Bundle")
}

// takeLetters takes the documents of an answer apart: one is the answer itself, or stands
// in it, or there are several whose resources were put together.
func (c *chart) takeLetters(ctx context.Context, bundle *fhir.Bundle) error {
	if bundle.Broken > 0 {
		c.lettersErr = malformed("documents that cannot be read")
	}
	if bundle.Confidential && bundle.Type == "document" { // whichever of its parts that means
		c.lettersConfidential++
		return nil
	}
	var loose []fhir.Resource
	for i := range bundle.Resources {
		r := &bundle.Resources[i]
		if r.Type == "OperationOutcome" && isIncomplete(r.Raw) {
			c.lettersErr = malformed("documents of which not all came")
		}
		if r.Type != "Bundle" {
			loose = append(loose, *r)
			continue
		}
		inside, err := fhir.ParseBundle(r.Raw)
		if err != nil || inside.Type != "document" || !inside.OfVersion("STU3") {
			c.lettersErr = malformed("a document that cannot be read")
			continue
		}
		if r.Confidential() {
			c.lettersConfidential++
			continue
		}
		if inside.Broken > 0 { // what it was cannot be told, nor whether all of it may be shown
			c.lettersErr = malformed("a document of which a part cannot be read")
			continue
		}
		if err := c.takeLetter(ctx, inside.Resources); err != nil {
			return err
		}
	}
	return c.takeLetter(ctx, loose)
}

// takeLetter takes the Compositions of a document that are about the person.
func (c *chart) takeLetter(ctx context.Context, all []fhir.Resource) error {
	for i := range all {
		if all[i].Type != "Composition" {
			continue
		}
		l := letter{of: &all[i], all: all}
		if json.Unmarshal(all[i].Raw, &l.about) != nil || all[i].ID == "" {
			c.lettersErr = malformed("a document that cannot be read")
			continue
		}
		subject := l.at(l.about.Subject)
		var x struct{ BirthDate string }
		switch number, ok := numberOf(subject); {
		case !ok:
			c.lettersErr = malformed("a document that does not say whose it is")
			continue
		case number != c.number:
			c.source.Observe(ctx, fhir.Foreign, 1, "Composition")
			c.lettersErr = malformed("a document about somebody else")
			continue
		case json.Unmarshal(subject.Raw, &x) != nil:
			return malformed("a Patient that cannot be read")
		}
		if same, err := fhir.SameBirth(x.BirthDate, c.born); err != nil {
			return err
		} else if !same {
			return errors.Join(record.ErrIdentity, errors.New("the trust's document has another birth date"))
		}
		if withdrawn(l.about.Status) {
			continue
		}
		l.text = textOf(l.about.Section)
		if !c.hidesLetter(&l) {
			c.letters = append(c.letters, l)
		}
	}
	return nil
}

func numberOf(r *fhir.Resource) (record.NHSNumber, bool) {
	if r == nil {
		return "", false
	}
	return r.NHSNumber()
}

// at is what a reference in a document points at: by its address or by the id in it.
func (l *letter) at(ref fhir.Reference) *fhir.Resource {
	id := strings.TrimPrefix(ref.Reference, "urn:uuid:")
	id = id[strings.LastIndexByte(id, '/')+1:]
	for i := range l.all {
		if r := &l.all[i]; ref.Reference != "" && (r.FullURL == ref.Reference || strings.EqualFold(r.ID, id)) {
			return r
		}
	}
	return nil
}

// hidesLetter reports whether a document may not be shown: what it says of one thing
// cannot be parted from the rest, so a code or word anywhere in it hides all of it.
func (c *chart) hidesLetter(l *letter) bool {
	if level := l.about.Confidentiality; level != "" && (fhir.Coding{System: "v3-Confidentiality", Code: level}).Confidential() || l.of.Confidential() {
		c.lettersConfidential++
		return true
	}
	var around []fhir.Resource
	if compositions := slices.DeleteFunc(slices.Clone(l.all), func(r fhir.Resource) bool { return r.Type != "Composition" }); len(compositions) == 1 {
		around = l.all
	} else { // whose the others are cannot be told
		around = l.reached()
	}
	for i := range around {
		if around[i].ConfidentialWithin() || c.screen.HidesResource(&around[i], apart[around[i].Type]...) {
			return true
		}
	}
	return c.screen.Words(l.text) || c.screen.Letter([]byte(marked(l.about.Section)))
}

// reached are the Composition and what it refers to, in any number of steps.
func (l *letter) reached() []fhir.Resource {
	around, seen := []fhir.Resource{*l.of}, map[*fhir.Resource]bool{l.of: true}
	for i := 0; i < len(around); i++ {
		for _, to := range fhir.References(around[i].Raw) {
			if r := l.at(fhir.Reference{Reference: to}); r != nil && !seen[r] && r.Type != "Composition" {
				seen[r] = true
				around = append(around, *r)
			}
		}
	}
	return around
}

var tags = regexp.MustCompile(`<[^>]*>`)

// marked is what sections say, with their tags.
func marked(sections []section) string {
	var b strings.Builder
	for _, s := range sections {
		b.WriteString(s.Text.Div + "\n" + marked(s.Section))
	}
	return b.String()
}

// readLettersOf makes documents of the letters.
func (c *chart) readLettersOf() {
	for i := range c.letters {
		l := &c.letters[i]
		item, e := c.item(fetch.Documents, l.of, "letter."+l.of.ID)
		author := l.author()
		item.Provenance.RecordedAt, item.Provenance.RecordedAtPrecision = e.Moment(l.about.Date)
		item.Provenance.RecordedBy = author
		kind := l.about.Type
		if kind.Empty() {
			kind = &fhir.Concept{Text: "Document"}
		}
		size := len(l.text)
		d := record.Document{
			Item: item, Kind: e.Code(kind), Status: letterStatus(l.about.Status), Author: author,
			ContentType: "text/plain", Size: &size,
		}
		d.Title = record.Text(cmp.Or(l.about.Title, d.Kind.Display))
		d.WrittenAt, d.WrittenAtPrecision = e.Moment(l.about.Date)
		if put(c, &c.documents, d, e) && slices.Contains(c.wanted, d.Provenance.SourceID) {
			c.contents = append(c.contents, record.DocumentContent{Document: d, Text: record.Text(l.text)})
		}
	}
}

// author is the first professional among those who wrote it.
func (l *letter) author() *record.Practitioner {
	for _, ref := range l.about.Author {
		p := record.Practitioner{Name: record.Text(ref.Display)}
		r := l.at(ref)
		if r != nil && r.Type == "PractitionerRole" {
			var role practitionerRole
			if json.Unmarshal(r.Raw, &role) == nil {
				p.Role = record.Text(wordsOf(role.Code))
				r = l.at(role.Practitioner)
			}
		}
		if r != nil && r.Type == "Practitioner" {
			var x struct{ Name fhir.OneOrMore[fhir.Name] }
			if json.Unmarshal(r.Raw, &x) == nil && usual(x.Name) != "" {
				p.Name = record.Text(usual(x.Name))
			}
		}
		if p != (record.Practitioner{}) {
			return &p
		}
	}
	return nil
}

func letterStatus(status string) record.DocumentStatus {
	return fhir.Mapped(map[string]record.DocumentStatus{
		"preliminary": record.DocumentStatusPreliminary, "final": record.DocumentStatusFinal, "amended": record.DocumentStatusAmended,
	}, status, record.DocumentStatusUnknown)
}

// textOf is what the sections of a document say, without the tags.
func textOf(sections []section) string {
	var parts []string
	for _, s := range sections {
		said := []string{}
		for _, text := range []string{s.Title, untagged(s.Text.Div), textOf(s.Section)} {
			if text != "" {
				said = append(said, text)
			}
		}
		if len(said) > 0 {
			parts = append(parts, strings.Join(said, "\n"))
		}
	}
	return strings.Join(parts, "\n\n")
}

// inline are the elements that do not end a line.
var inline = map[string]bool{"a": true, "b": true, "i": true, "em": true, "strong": true, "span": true, "sub": true, "sup": true, "small": true, "u": true, "code": true}

// untagged is the text of a narrative (XHTML), a line for each block and a colon behind
// the head of a row. What is no XHTML is read without whatever stands in angle brackets.
func untagged(div string) string {
	var b strings.Builder
	d := xml.NewDecoder(strings.NewReader(div))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return squeezed(tags.ReplaceAllString(div, "\n"))
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "script" || t.Name.Local == "style" {
				depth++
			}
			b.WriteString(gapOf(t.Name.Local, ""))
		case xml.EndElement:
			if t.Name.Local == "script" || t.Name.Local == "style" {
				depth--
			}
			b.WriteString(gapOf(t.Name.Local, ": "))
		case xml.CharData:
			if depth == 0 {
				b.WriteString(strings.Map(visible, string(t)))
			}
		}
	}
	return squeezed(b.String())
}

// visible makes a space of what ends a line, and leaves out what is not seen.
func visible(r rune) rune {
	switch r {
	case '\n', '\r', '\t':
		return ' '
	case '\u00AD', '\u200B', '\u200C', '\u200D', '\u2060', '\uFEFF':
		return -1
	}
	return r
}

// gapOf is what stands in the place of a tag; head is that behind the head of a row.
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

// squeezed is a text without empty lines and spaces that stand twice.
func squeezed(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && line != ":" {
			lines = append(lines, strings.TrimSpace(strings.ReplaceAll(line, " :", ":")))
		}
	}
	return strings.Join(lines, "\n")
}
