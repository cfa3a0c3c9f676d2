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

// Trusted are documents that were parsed, validated, priced and planned before the
// first request, and that a request names by documentId. Add before New: it does not
// change while it serves.
type Trusted struct {
	preparer
	documents map[string]*Prepared // by id
}

// TrustedDocument is one of them. The limits hold of a request that names it as of one
// that brings its text.
type TrustedDocument struct {
	IDs       []string // that it goes by
	Name, App string   // for the log and the trail
	Text      string
	// Refuse says why whoever asks may not ask this; nil refuses nobody.
	Refuse func(ctx context.Context) *gqlerror.Error
	// Plan works out what can be worked out before the first request and keeps it in
	// the place that Kept gives in each; nil for nothing.
	Plan func(doc *ast.QueryDocument, kept *sync.Map)
}

// Prepared is a trusted document that can be answered.
type Prepared struct {
	TrustedDocument
	doc *document
}

// AST is the document as it was validated. It is not changed.
func (p *Prepared) AST() *ast.QueryDocument { return p.doc.ast }

// NewTrusted holds no document yet. Its limits are those of options.
func NewTrusted(schema *ast.Schema, options Options) *Trusted {
	return &Trusted{options.filled().preparer(schema), map[string]*Prepared{}}
}

// Prepare parses, validates, prices and plans a document, which no request can name until
// it is added. The error says all that is wrong with it, or that it could never be answered
// within the limits.
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

// Add has requests name a document. The error says that another has one of its ids.
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

// Len is how many documents there are.
func (t *Trusted) Len() int {
	different := map[*Prepared]bool{}
	for _, d := range t.documents {
		different[d] = true
	}
	return len(different)
}

// faults are those that show when a document is asked for: values that cannot be read,
// and a cost beyond the limit before any variable makes it larger.
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

// joined are errors with the lines that they are in.
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

// find is the document that a request names. Its text becomes that of the request, so
// that receipt and trail are those of the text.
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

// without is an address without the parameter that names a trusted document.
func (t *Trusted) without(query string) string {
	if t == nil {
		return query
	}
	var rest []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		id, _ := url.QueryUnescape(value) // "" where it cannot be read, which is no id
		if name != "documentId" || t.documents[id] == nil {
			rest = append(rest, pair)
		}
	}
	return strings.Join(rest, "&")
}

// TrustedOf is the name and the app of the trusted document that a request names; ""
// for a document that came as text.
func TrustedOf(ctx context.Context) (name, app string) {
	doc, ok := ctx.Value(documentKey{}).(*document)
	if !ok || doc.trusted == nil {
		return "", ""
	}
	return doc.trusted.Name, doc.trusted.App
}
