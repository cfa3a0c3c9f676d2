package transport

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Trusted holds documents that are parsed, validated, priced and planned before the first request, and that
// requests name by documentId. Add them before New: it must not change while it serves.
type Trusted struct {
	preparer
	documents map[string]*Prepared // by id
}

// TrustedDocument is a document to register. The limits apply to a request that names it as to one that sends
// its text.
type TrustedDocument struct {
	IDs       []string // by which requests may name it
	Name, App string   // for the log and the trail
	Text      string
	// Refuse returns an error if the caller may not use the document; nil allows everyone.
	Refuse func(ctx context.Context) *gqlerror.Error
	// Plan does work in advance and stores it in kept, which Kept returns in every request; optional.
	Plan func(doc *ast.QueryDocument, kept *sync.Map)
}

// Prepared is a trusted document that is ready to be answered.
type Prepared struct {
	TrustedDocument
	doc *document
}

// AST returns the validated document, which must not be changed.
func (p *Prepared) AST() *ast.QueryDocument { return p.doc.ast }

// NewTrusted returns an empty set of documents with the limits of options.
func NewTrusted(schema *ast.Schema, options Options) *Trusted {
	return &Trusted{options.filled().preparer(schema), map[string]*Prepared{}}
}

// Prepare parses, validates, prices and plans a document. Requests cannot name it until it is added. The error
// lists everything that is wrong with it, including that it could never be answered within the limits.
func (t *Trusted) Prepare(d TrustedDocument) (*Prepared, error) {
	doc, errs := t.prepare(d.Text)
	if len(errs) == 0 {
		errs = t.faults(doc)
	}
	if len(errs) > 0 {
		return nil, joined(errs)
	}
	p := &Prepared{d, doc}
	doc.trusted = p
	if d.Plan != nil {
		d.Plan(doc.ast, &doc.kept)
	}
	return p, nil
}

// Add lets requests name a document. It returns an error if another document has one of its ids.
func (t *Trusted) Add(p *Prepared) error {
	for _, id := range p.IDs {
		if t.documents[id] != nil {
			return fmt.Errorf("another document has the id %s; give each its own", id)
		}
	}
	for _, id := range p.IDs {
		t.documents[id] = p
	}
	return nil
}

// Len returns the number of documents.
func (t *Trusted) Len() int {
	different := map[*Prepared]bool{}
	for _, d := range t.documents {
		different[d] = true
	}
	return len(different)
}

// faults returns errors that would otherwise show only in a request: an NHS number in the text, invalid
// literals, and a cost above the limit before any variable raises it.
func (t *Trusted) faults(doc *document) (errs gqlerror.List) {
	if doc.numbered {
		errs = append(errs, coded(BadUserInput, "An NHS number stands in the document; ask for it by a variable."))
	}
	for _, op := range doc.ast.Operations {
		errs = append(errs, doc.operations[op].errors...)
		if err := t.tooDear(doc, op, nil); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// joined joins errors, each with its line.
func joined(errs gqlerror.List) error {
	all := make([]error, len(errs))
	for i, e := range errs {
		all[i] = errors.New(e.Message)
		if len(e.Locations) > 0 {
			all[i] = fmt.Errorf("line %d: %s", e.Locations[0].Line, e.Message)
		}
	}
	return errors.Join(all...)
}

const (
	onlyTrusted = "This service answers registered documents only. Have the document registered (documents/ in the service's repository), and send its documentId in place of the query."
	unknownID   = "No document is registered under this documentId. Send sha256: and the SHA-256 of the registered text, or its name; a document that was just added needs a restart of the service."
)

// find returns the document that a request names. Its text becomes the request's query, so that receipt and
// trail are those of the text.
func (t *Trusted) find(ctx context.Context, params *parameters, a *answer) (*document, *refusal) {
	var d *Prepared
	if t != nil {
		d = t.documents[params.id]
	}
	if d == nil {
		return nil, decline(coded(DocumentNotTrusted, unknownID))
	}
	a.document, a.app = d.Name, d.App
	if d.Refuse != nil {
		if err := d.Refuse(ctx); err != nil {
			return nil, decline(err)
		}
	}
	params.Query = d.Text
	return d.doc, nil
}

// without returns a query string without the parameter that names a trusted document.
func (t *Trusted) without(query string) string {
	if t == nil {
		return query
	}
	var rest []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		id, _ := url.QueryUnescape(value) // "" if malformed, which is no id
		if name != "documentId" || t.documents[id] == nil {
			rest = append(rest, pair)
		}
	}
	return strings.Join(rest, "&")
}

// TrustedOf returns the name and the app of the trusted document that a request names; "" for a document that
// was sent as text.
func TrustedOf(ctx context.Context) (name, app string) {
	doc, ok := ctx.Value(documentKey{}).(*document)
	if !ok || doc.trusted == nil {
		return "", ""
	}
	return doc.trusted.Name, doc.trusted.App
}
