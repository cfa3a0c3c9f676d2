package ukcore

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A letter is an STU3 document: its Composition and the resources that came with it.
type letter struct {
	of    *fhir.Resource
	all   []fhir.Resource
	named map[string][]*fhir.Resource // by fullUrl, by type and id, and by id
	alone bool                        // there is no other Composition
	about composition
	text  string
}

type composition struct {
	Status, Title, Date, Confidentiality string
	Type                                 *fhir.Concept
	Subject                              fhir.Reference
	Author                               references
	Section                              []section
}

type section struct {
	Title       string
	Text        struct{ Div string }
	Entry       []json.RawMessage
	EmptyReason *fhir.Concept
	Section     []section
}

// readLetters fetches the patient's STU3 documents. It does not extract their coded entries: these are of
// another version of FHIR, and the letter says the same in words.
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
		err = fhir.Malformedf("of another version of FHIR")
	}
	if err == nil {
		err = c.takeLetters(ctx, bundle)
	}
	c.lettersErr = c.source.outcome(ctx, cmp.Or(err, c.lettersErr), "Bundle")
}

// takeLetters reads the documents in an answer. The answer is a document, contains document Bundles, or is
// a single Bundle of the resources of several documents.
func (c *chart) takeLetters(ctx context.Context, bundle *fhir.Bundle) error {
	if bundle.Broken > 0 {
		c.lettersErr = fhir.Malformedf("documents that cannot be read")
	}
	if bundle.Confidential && bundle.Type == "document" { // whichever part the label is about
		c.lettersConfidential++
		return nil
	}
	var loose []fhir.Resource
	for i := range bundle.Resources {
		r := &bundle.Resources[i]
		if r.Type == "OperationOutcome" && fhir.IsIncomplete(r.Raw) {
			c.lettersErr = fhir.Malformedf("documents of which not all came")
		}
		if r.Type != "Bundle" {
			loose = append(loose, *r)
			continue
		}
		inside, err := fhir.ParseBundle(r.Raw)
		if err != nil || inside.Type != "document" || !inside.OfVersion("STU3") {
			c.lettersErr = fhir.Malformedf("a document that cannot be read")
			continue
		}
		if r.Confidential() {
			c.lettersConfidential++
			continue
		}
		if inside.Broken > 0 { // it may be something that must not be shown
			c.lettersErr = fhir.Malformedf("a document of which a part cannot be read")
			continue
		}
		if err := c.takeLetter(ctx, inside.Resources); err != nil {
			return err
		}
	}
	return c.takeLetter(ctx, loose)
}

// takeLetter reads those Compositions of a document that are about the patient.
func (c *chart) takeLetter(ctx context.Context, all []fhir.Resource) error {
	named, compositions := namesOf(all), 0
	for i := range all {
		if all[i].Type == "Composition" {
			compositions++
		}
	}
	for i := range all {
		if all[i].Type != "Composition" {
			continue
		}
		l := letter{of: &all[i], all: all, named: named, alone: compositions == 1}
		if json.Unmarshal(all[i].Raw, &l.about) != nil || all[i].ID == "" {
			c.lettersErr = fhir.Malformedf("a document that cannot be read")
			continue
		}
		subject := l.at(l.about.Subject)
		var x struct{ BirthDate string }
		switch number, ok := numberOf(subject); {
		case !ok:
			c.lettersErr = fhir.Malformedf("a document that does not say whose it is")
			continue
		case number != c.number:
			c.source.Observe(ctx, fhir.Foreign, 1, "Composition")
			c.lettersErr = fhir.Malformedf("a document about somebody else")
			continue
		case json.Unmarshal(subject.Raw, &x) != nil:
			return fhir.Malformedf("a Patient that cannot be read")
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

// namesOf indexes resources by how others in a document may refer to them.
func namesOf(all []fhir.Resource) map[string][]*fhir.Resource {
	named := map[string][]*fhir.Resource{}
	for i := range all {
		r := &all[i]
		for _, name := range []string{r.FullURL, strings.ToLower(r.Key()), strings.ToLower(r.ID)} {
			named[name] = append(named[name], r)
		}
	}
	delete(named, "") // of resources without a fullUrl or id
	return named
}

// at returns the target of a reference in a document; nil if it did not come or is on another server.
func (l *letter) at(ref fhir.Reference) *fhir.Resource {
	for _, r := range l.meant(ref.Reference) {
		if r.MayBe(ref.Reference) {
			return r
		}
	}
	return nil
}

// meant returns everything that a reference in a document may mean: by its URL, by the type and id in it,
// or by the id if it names no type.
func (l *letter) meant(reference string) []*fhir.Resource {
	return slices.Concat(l.named[reference], l.named[strings.TrimPrefix(strings.ToLower(fhir.KeyOf(reference)), "urn:uuid:")])
}

// hidesLetter reports whether a document must not be shown. Its statements cannot be separated, so one
// excluded code or word anywhere in it hides all of it.
func (c *chart) hidesLetter(l *letter) bool {
	if level := l.about.Confidentiality; level != "" && (fhir.Coding{System: "v3-Confidentiality", Code: level}).Confidential() || l.of.Confidential() {
		c.lettersConfidential++
		return true
	}
	var around []fhir.Resource
	if l.alone {
		around = l.all
	} else { // the other resources may belong to any Composition
		around = l.reached()
	}
	for i := range around {
		if around[i].ConfidentialWithin() || c.screen.HidesResource(&around[i], apart[around[i].Type]...) {
			return true
		}
	}
	return c.screen.Words(l.text) || c.screen.Letter([]byte(marked(l.about.Section)))
}

// reached returns the Composition and everything that it refers to, directly or indirectly.
func (l *letter) reached() []fhir.Resource {
	around, seen := []fhir.Resource{*l.of}, map[*fhir.Resource]bool{l.of: true}
	for i := 0; i < len(around); i++ {
		for _, to := range fhir.References(around[i].Raw) {
			all := l.meant(to)
			if len(all) == 0 { // it may mean any resource with that id
				key := strings.ToLower(fhir.KeyOf(to))
				all = l.named[key[strings.LastIndexByte(key, '/')+1:]]
			}
			for _, r := range all {
				if !seen[r] && r.Type != "Composition" {
					seen[r] = true
					around = append(around, *r)
				}
			}
		}
	}
	return around
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

// readLettersOf adds a document for each letter.
func (c *chart) readLettersOf() {
	for i := range c.letters {
		l := &c.letters[i]
		item, e := c.item(fetch.Documents, l.of, "letter."+l.of.ID)
		author := l.author(c.today)
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

// author returns the first author with a name or role.
func (l *letter) author(today record.Date) *record.Practitioner {
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
			if json.Unmarshal(r.Raw, &x) == nil {
				p.Name = record.Text(cmp.Or(usual(x.Name, today), string(p.Name)))
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
