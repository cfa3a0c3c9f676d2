package ukcore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
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
