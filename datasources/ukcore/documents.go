package ukcore

import (
	"context"
	"encoding/base64"
	"encoding/json"
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
	Type              *fhir.Concept
	Category          []fhir.Concept
	Date              string
	Author            references
	Description       string
	Content           []struct{ Attachment attachment }
	Context           struct {
		Encounter       references
		PracticeSetting *fhir.Concept
		Period          fhir.Period
	}
}

type attachment struct {
	ContentType, Title, URL, Creation string
	Data                              string
	Size                              json.Number
}

func (a *attachment) isPlain() bool { return strings.HasPrefix(a.ContentType, "text/plain") }

// content returns the content in the attachment itself; false if it is elsewhere.
func (a *attachment) content() ([]byte, bool) {
	if a.Data == "" {
		return nil, false
	}
	raw, err := base64.StdEncoding.DecodeString(a.Data)
	return raw, err == nil
}

// readDocument makes one entry of each content of a document.
func (c *chart) readDocument(r *fhir.Resource) {
	x, ok := fhir.Decode[documentReference](r, c.cannotRead)
	if !ok || withdrawn(x.Status) || withdrawn(x.DocStatus) {
		return
	}
	kind := &fhir.Concept{Text: "Document"}
	for _, concept := range append([]fhir.Concept{conceptOf(x.Type)}, x.Category...) {
		if !concept.Empty() {
			kind = &concept
			break
		}
	}
	for i := range x.Content {
		a := &x.Content[i].Attachment
		id := r.ID
		if i > 0 {
			id += ".part" + strconv.Itoa(i+1)
		}
		item, e := c.item(fetch.Documents, r, id)
		e.recorded(&item, x.Date, x.Author...)
		d := record.Document{Item: item, Kind: e.Code(kind), Status: fhir.DocumentStatus(x.Status, x.DocStatus), Author: e.performer(x.Author...), Specialty: x.Context.PracticeSetting.Ptr(), Description: record.Text(x.Description)}
		d.WrittenAt, d.WrittenAtPrecision = e.Moment(x.Date, a.Creation, x.Context.Period.Start)
		c.addDocument(d, a, e)
	}
	if len(x.Content) == 0 {
		c.cannotRead(r.Type)
	}
}

func conceptOf(c *fhir.Concept) fhir.Concept {
	if c == nil {
		return fhir.Concept{}
	}
	return *c
}

// addForms makes documents of those presented forms of a report that are not plain text.
func (c *chart) addForms(r *fhir.Resource, x *diagnosticReport) {
	for i := range x.PresentedForm {
		a := &x.PresentedForm[i]
		if a.isPlain() {
			continue
		}
		item, e := c.item(fetch.Documents, r, r.ID+".form"+strconv.Itoa(i+1))
		e.recorded(&item, x.Issued)
		d := record.Document{Item: item, Kind: e.Code(x.Code), Status: record.DocumentStatusFinal, Author: x.performer(e)}
		if x.Status == "preliminary" || x.Status == "partial" || x.Status == "registered" {
			d.Status = record.DocumentStatusPreliminary
		}
		d.WrittenAt, d.WrittenAtPrecision = e.Moment(a.Creation, x.Issued, x.EffectiveDateTime, x.EffectivePeriod.Start)
		c.addDocument(d, a, e)
	}
}

// addDocument adds a document that may be shown. If its content is wanted, it adds that too, or notes where
// it is.
func (c *chart) addDocument(d record.Document, a *attachment, e *envelope) {
	d.Title, d.ContentType, d.Size = record.Text(a.Title), record.Text(a.ContentType), number(a.Size)
	if d.Title == "" {
		d.Title = d.Description
	}
	if d.Title == "" {
		d.Title = record.Text(d.Kind.Display)
	}
	raw, inside := a.content()
	if a.Data != "" && !inside {
		e.Note(fhir.Malformedf("content that is not in base64"))
	}
	if inside {
		size := len(raw)
		d.Size = &size
		if c.screen.Letter(raw) { // binary content has not been checked before
			return
		}
	}
	id := d.Provenance.SourceID
	if !put(c, &c.documents, d, e) || !slices.Contains(c.wanted, id) {
		return
	}
	if inside {
		c.addContent(d, raw)
		return
	}
	c.attached[id] = *a
}

func (c *chart) addContent(d record.Document, raw []byte) {
	content := record.DocumentContent{Document: d}
	content.Text, content.Base64 = fhir.ContentOf(raw)
	c.contents = append(c.contents, content)
}

// dischargeSummary is the SNOMED CT document type of a discharge summary.
const dischargeSummary = "373942005"

// summaryOf returns the discharge summary of a stay; nil if none came.
func (c *chart) summaryOf(v *visit) *record.DocumentReference {
	if c.summaries == nil {
		c.summaries = c.readSummaries()
	}
	return c.summaries[v]
}

// readSummaries returns the first visible discharge summary of each stay.
func (c *chart) readSummaries() map[*visit]*record.DocumentReference {
	shown := map[string]*record.Document{}
	for i := range c.documents {
		shown[c.documents[i].Provenance.SourceID] = &c.documents[i]
	}
	all := map[*visit]*record.DocumentReference{}
	c.each("DocumentReference", func(c *chart, r *fhir.Resource) {
		x, _ := fhir.Decode[documentReference](r, c.cannotRead)
		d := shown[r.ID]
		if d == nil || !hasCode([]fhir.Concept{conceptOf(x.Type)}, dischargeSummary) {
			return
		}
		for _, ref := range x.Context.Encounter {
			if v := c.visitAt(ref); v != nil && all[v] == nil {
				all[v] = &record.DocumentReference{ID: d.ID, Title: d.Title, WrittenAt: d.WrittenAt, WrittenAtPrecision: d.WrittenAtPrecision}
			}
		}
	})
	return all
}

// contents fetches the wanted document contents that are outside their documents.
func (r *reading) contents(ctx context.Context) {
	group := r.group()
	for _, c := range r.charts {
		group.Go(func() error {
			for i := range c.documents {
				d := &c.documents[i]
				if a, wanted := c.attached[d.Provenance.SourceID]; wanted {
					c.contentErrs[d.Provenance.SourceID] = c.source.outcome(ctx, c.readContent(ctx, *d, a.URL), "Binary")
				}
			}
			return nil
		})
	}
	group.Wait()
}

// readContent reads the Binary with a document's content, from the answer or from its address. If a Binary
// in the answer must not be shown, its document is already hidden (linkContents).
func (c *chart) readContent(ctx context.Context, d record.Document, address string) error {
	var data []byte
	switch r := c.find(address); {
	case address == "":
		return fhir.Malformedf("a document without content")
	case r != nil && r.Type == "Binary" && r.MayBe(address):
		data = r.Raw
	default:
		var err error
		if data, err = c.source.Fetcher.Fetch(ctx, addressed(address, c.number)); err != nil {
			return err
		}
	}
	var binary struct {
		ResourceType, Data string
		SecurityContext    fhir.Reference
	}
	r, ok := fhir.ParseResource(data)
	if !ok || json.Unmarshal(data, &binary) != nil || binary.ResourceType != "Binary" {
		return fhir.Malformedf("not a Binary")
	}
	if r.Confidential() {
		c.confidential++
		return nil
	}
	if to := binary.SecurityContext; fhir.TypeOf(fhir.KeyOf(to.Reference)) == "Patient" && !slices.ContainsFunc(c.self, func(p *fhir.Resource) bool { return p.Key() == fhir.KeyOf(to.Reference) }) {
		return fhir.Malformedf("content of somebody else")
	}
	raw, err := base64.StdEncoding.DecodeString(binary.Data)
	switch {
	case err != nil:
		return fhir.Malformedf("content that is not in base64")
	case !c.screen.Letter(raw):
		c.addContent(d, raw)
	}
	return nil
}

// plainBinary matches a relative reference to a Binary on the same server.
var plainBinary = regexp.MustCompile(`^Binary/[A-Za-z0-9-][A-Za-z0-9.-]{0,63}$`)

// addressed returns the request for an address: a path below the base, or a link, which the client checks
// against the base.
func addressed(address string, number record.NHSNumber) fhir.Request {
	if plainBinary.MatchString(address) {
		return fhir.Request{Path: address, Patient: number}
	}
	return fhir.Request{Link: address, Patient: number}
}
