package interweave

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strconv"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type documentReference struct {
	Status, DocStatus, Date, Description string
	Type                                 *fhir.Concept
	Category                             []fhir.Concept
	Author                               []fhir.Reference
	Content                              []struct{ Attachment attachment }
	Context                              struct{ PracticeSetting *fhir.Concept }
}

type attachment struct {
	ContentType, Title, URL, Data, Creation string
	Size                                    json.Number
}

// readDocument adds one entry for each content of a document (Interweave-DocumentReference).
func (c *chart) readDocument(r *fhir.Resource) {
	x, ok := fhir.Decode[documentReference](r, c.cannotRead)
	if !ok || x.Status == mistake || x.DocStatus == mistake {
		return
	}
	contents := x.Content
	if len(contents) == 0 {
		contents = append(contents, struct{ Attachment attachment }{}) // the entry still says that there is a document
	}
	for i := range contents {
		part := ""
		if i > 0 {
			part = ".part" + strconv.Itoa(i+1)
		}
		c.addDocument(r, part, &x, &contents[i].Attachment)
	}
}

func (c *chart) addDocument(r *fhir.Resource, part string, x *documentReference, a *attachment) {
	if raw, _ := base64.StdEncoding.DecodeString(a.Data); c.screen.Letter(raw) { // content that is not text is not checked yet
		return
	}
	item, e := c.item(fetch.Documents, r, part)
	c.recorded(&item, e, x.Date, x.Author...)
	d := record.Document{Item: item, Kind: e.Code(x.Type, first(x.Category), &fhir.Concept{Text: "Document"}), Status: fhir.DocumentStatus(x.Status, x.DocStatus), Author: c.who(x.Author...),
		Specialty: x.Context.PracticeSetting.Ptr(), Description: record.Text(x.Description)}
	d.Title, d.ContentType = record.Text(a.Title), record.Text(a.ContentType)
	if size, err := strconv.Atoi(a.Size.String()); err == nil && size >= 0 {
		d.Size = &size
	}
	d.WrittenAt, d.WrittenAtPrecision = e.Moment(a.Creation, x.Date)
	for _, title := range []string{x.Description, d.Kind.Display} {
		if d.Title == "" {
			d.Title = record.Text(title)
		}
	}
	c.attached[d.Provenance.SourceID] = *a
	put(c, &c.documents, d, e)
}

// readContent reads the content of a document that may be shown. It leaves out content that must not be
// shown itself. The fetcher refuses a URL that leads away from the council.
func (c *chart) readContent(ctx context.Context, document *record.Document) error {
	raw, err := c.contentOf(ctx, c.attached[document.Provenance.SourceID])
	if err != nil || raw == nil || c.screen.Letter(raw) {
		return err
	}
	content := record.DocumentContent{Document: *document}
	content.Text, content.Base64 = fhir.ContentOf(raw)
	c.contents = append(c.contents, content)
	return nil
}

var relative = regexp.MustCompile(`^Binary/[A-Za-z0-9][A-Za-z0-9.-]{0,63}$`)

// contentOf returns the content in an attachment, or at its URL; nil if it must not be shown.
func (c *chart) contentOf(ctx context.Context, a attachment) ([]byte, error) {
	encoded := a.Data
	if encoded == "" && a.URL != "" {
		request := fhir.Request{Link: a.URL, Patient: c.patient}
		if relative.MatchString(a.URL) { // relative to the council's base
			request.Link, request.Path = "", a.URL
		}
		data, err := inTurn(ctx, c.reading, func() ([]byte, error) { return c.source.Fetcher.Fetch(ctx, request) })
		if err != nil {
			return nil, err
		}
		var binary struct {
			ResourceType, Data string
			SecurityContext    fhir.Reference
		}
		r, ok := fhir.ParseResource(data)
		if !ok || json.Unmarshal(data, &binary) != nil || binary.ResourceType != "Binary" {
			return nil, fhir.Malformedf("not a Binary")
		}
		if r.Confidential() {
			c.confidential++
			return nil, nil
		}
		if to := binary.SecurityContext; fhir.TypeOf(fhir.KeyOf(to.Reference)) == "Patient" && c.whose(&to) != ours {
			return nil, fhir.Malformedf("content of somebody else")
		}
		encoded = binary.Data
	}
	if encoded == "" {
		return nil, fhir.Malformedf("a document without content")
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fhir.Malformedf("content that is not in base64")
	}
	return raw, nil
}
