package gpconnect

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type documentReference struct {
	Status, DocStatus string
	Type, Class       *fhir.Concept
	Created, Indexed  string
	Author            references
	Description       string
	Content           []struct{ Attachment attachment }
	Context           struct{ PracticeSetting *fhir.Concept }

	undisclosed string // warning that it must not be disclosed to the patient; "" if it may be
}

type attachment struct {
	ContentType, Title, URL string
	Size                    json.Number
}

// readDocument adds one entry for each content of a document.
func (c *chart) readDocument(r *fhir.Resource) {
	x, ok := fhir.Decode[documentReference](r, c.cannotRead)
	if !ok || x.Status == mistake || x.DocStatus == mistake {
		return
	}
	x.undisclosed = r.Undisclosed()
	contents := x.Content
	if len(contents) == 0 {
		contents = append(contents, struct{ Attachment attachment }{}) // the entry still says that there is a document
	}
	for i := range contents {
		id := r.ID
		if i > 0 {
			id += ".part" + strconv.Itoa(i+1)
		}
		c.addDocument(id, &x, &contents[i].Attachment)
	}
}

func (c *chart) addDocument(id string, x *documentReference, a *attachment) {
	item, e := c.item(fetch.Documents, id)
	e.recorded(&item, x.Indexed, x.Author...)
	d := record.Document{Item: item, Status: fhir.DocumentStatus(x.Status, x.DocStatus), Author: c.who(x.Author...), Specialty: x.Context.PracticeSetting.Ptr(), Description: fhir.Notes(nil, x.undisclosed, x.Description)}
	for _, kind := range []*fhir.Concept{x.Type, x.Class, {Text: "Document"}} {
		if code, ok := kind.Record(); ok {
			d.Kind = code
			break
		}
	}
	d.WrittenAt, d.WrittenAtPrecision = e.Moment(x.Created, x.Indexed)
	c.addresses[item.Provenance.SourceID] = a.URL
	d.Title, d.ContentType = record.Text(a.Title), record.Text(a.ContentType)
	if size, err := strconv.Atoi(a.Size.String()); err == nil && size >= 0 {
		d.Size = &size
	}
	d.Title = record.Text(firstOf(string(d.Title), x.Description, d.Kind.Display))
	put(c, &c.documents, d, e)
}

// readDocuments asks the practice's document endpoint who the patient is there, then for the documents. A
// failure concerns only the documents, unless the number belongs to somebody else there.
func (c *chart) readDocuments(ctx context.Context, w *want) {
	if _, c.documentsErr = c.source.outcome(ctx, c.searchDocuments(ctx, w)); errors.Is(c.documentsErr, record.ErrIdentity) {
		c.err = c.documentsErr
	}
}

func (c *chart) searchDocuments(ctx context.Context, w *want) error {
	s := c.source
	header, err := s.header(ctx, findPatient)
	if err != nil {
		return err
	}
	found, err := fhir.Search(ctx, s.options.Documents, fhir.Request{Path: "Patient", Header: header, Patient: c.patient,
		Query: url.Values{"identifier": {fhir.NHSNumberSystem + "|" + string(c.patient)}}})
	if err != nil {
		return err
	}
	if len(found.Resources) == 0 && found.Broken == 0 {
		return nil // the practice knows nobody with that number
	}
	d := newChart(s, c.screen, c.patient, c.born)
	d.today = c.today
	if err := d.identify(found); err != nil {
		c.foreign["Patient"] += d.foreign["Patient"]
		c.confidential += d.confidential
		return err
	}
	if !plainID.MatchString(d.self.ID) {
		return fhir.Malformedf("an id that is not FHIR's")
	}
	if header, err = s.header(ctx, findDocuments); err != nil {
		return err
	}
	bundle, err := fhir.Search(ctx, s.options.Documents, fhir.Request{Path: "Patient/" + d.self.ID + "/DocumentReference", Header: header, Patient: c.patient,
		Query: url.Values{"_include": {"DocumentReference:subject:Patient", "DocumentReference:author:Organization", "DocumentReference:author:Practitioner"}}})
	if err != nil {
		return err
	}
	return c.takeDocuments(ctx, d, bundle, w)
}

// plainID matches a FHIR id that does not begin with a dot: "." and ".." would be steps in a URL path.
var plainID = regexp.MustCompile(`^[A-Za-z0-9-][A-Za-z0-9.-]{0,63}$`)

// takeDocuments reads the documents of a search and the contents that are wanted. A document is the
// patient's if it refers to the Patient found before. One that refers to nobody is the patient's too,
// unless the answer has other Patients.
func (c *chart) takeDocuments(ctx context.Context, d *chart, bundle *fhir.Bundle, w *want) error {
	if !bundle.OfVersion("STU3") {
		return fhir.Malformedf("of another version of FHIR")
	}
	d.unreadable[fetch.Documents] += bundle.Broken
	d.leaveUnreadable(bundle)
	for i := range bundle.Resources {
		if r := &bundle.Resources[i]; r.Type == "Patient" && r.Key() != d.self.Key() {
			d.patients++
		}
	}
	for i := range bundle.Resources {
		r := &bundle.Resources[i]
		switch {
		case r.Type == "Patient" && r.Key() == d.self.Key():
			if number, ok := r.NHSNumber(); !ok || number != c.patient {
				c.foreign["Patient"]++
				return fhir.Malformedf("documents of a Patient who became another")
			}
			if r.Confidential() {
				c.confidential++
				return nil // as for a patient whom the practice does not know
			}
			if err := r.CheckBirth(c.born, "the practice"); err != nil {
				return err
			}
			continue
		case r.Type == "OperationOutcome" && fhir.IsIncomplete(r.Raw):
			d.cannotRead("DocumentReference")
			continue
		case !d.name(r) && r.Type == "DocumentReference":
			d.cannotRead(r.Type)
			continue
		}
		if d.belongs(r) {
			d.keep(r)
		}
	}
	d.screenAll()
	for _, r := range d.resources {
		if r.Type == "DocumentReference" && !d.hidden[r.Key()] && c.byKey[r.Key()] == nil {
			d.readDocument(r)
		}
	}
	c.documents = append(c.documents, d.documents...)
	c.confidential += d.confidential
	for kind, n := range d.unreadable {
		c.unreadable[kind] += n
	}
	for resource, n := range d.foreign {
		c.foreign[resource] += n
	}
	for i := range c.documents {
		document := &c.documents[i]
		if id := document.Provenance.SourceID; slices.Contains(w.contents, id) {
			_, c.contentErrs[id] = c.source.outcome(ctx, c.readContent(ctx, d, document))
		}
	}
	return nil
}

// readContent reads the content of a document that may be shown. It leaves out content that must not be
// shown itself.
func (c *chart) readContent(ctx context.Context, d *chart, document *record.Document) error {
	address := cmp.Or(d.addresses[document.Provenance.SourceID], c.addresses[document.Provenance.SourceID])
	if address == "" {
		return fmt.Errorf("%w: a document without the address of what it says", record.ErrNotServed)
	}
	header, err := c.source.header(ctx, readBinary)
	if err != nil {
		return err
	}
	data, err := c.source.options.Documents.Fetch(ctx, fhir.Request{Link: address, Header: header, Patient: c.patient})
	if err != nil {
		return err
	}
	var binary struct {
		ResourceType, Content, Data string // STU3's member is content, R4's data
		SecurityContext             *fhir.Reference
	}
	of, ok := fhir.ParseResource(data)
	if !ok || json.Unmarshal(data, &binary) != nil || binary.ResourceType != "Binary" {
		return fhir.Malformedf("not a Binary")
	}
	if of.Confidential() {
		c.confidential++
		return nil
	}
	if to := binary.SecurityContext; to != nil && fhir.TypeOf(fhir.KeyOf(to.Reference)) == "Patient" && d.whose(to) != own {
		return fhir.Malformedf("content of somebody else")
	}
	raw, err := base64.StdEncoding.DecodeString(binary.Content + binary.Data)
	if err != nil {
		return fhir.Malformedf("content that is not in base64")
	}
	if c.screen.Letter(raw) {
		return nil
	}
	content := record.DocumentContent{Document: *document}
	content.Text, content.Base64 = fhir.ContentOf(raw)
	if said := of.Undisclosed(); !strings.HasPrefix(string(content.Description), said) {
		content.Description = fhir.Notes(nil, said, string(content.Description))
	}
	c.contents = append(c.contents, content)
	return nil
}
