package transport

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// document is a validated document with what is known of its operations.
type document struct {
	ast        *ast.QueryDocument
	operations map[*ast.OperationDefinition]literals
	numbered   bool // a person's number stands in it
	telling    bool // a value stands in it that a plain hash of the text could be guessed from
	digest     string
	kept       sync.Map
	trusted    *Prepared // whose document it is; nil for one that came as text
}

// maxKept is the longest text that is kept as a key of the documents.
const maxKept = 32 << 10

// document parses and validates a text, or finds it done before. One with a
// person's number in it is asked once, and the number must not stay in memory. Who may
// read the schema is told what a wrong name may have been meant for.
func (h *handler) document(ctx context.Context, text string) (*document, gqlerror.List) {
	if doc, ok := h.documents.Get(text); ok {
		return doc, nil
	}
	doc, errs := h.prepare(text)
	if len(errs) > 0 {
		if h.options.Introspection(ctx) {
			errs = h.suggest(text, errs)
		}
		return nil, errs
	}
	if doc.keeps(text) {
		h.documents.Add(strings.Clone(text), doc)
	}
	return doc, nil
}

// keeps reports whether a document may be kept by its text.
func (d *document) keeps(text string) bool { return len(text) <= maxKept && d.sound() && !d.numbered }

// preparer makes documents of texts, within limits.
type preparer struct {
	schema  *ast.Schema
	sizes   *schemaSizes
	limits  Limits
	scalars map[string]Scalar
}

// preparer is that of a schema, with all options filled.
func (o Options) preparer(schema *ast.Schema) preparer {
	return preparer{schema, sizesOf(schema), o.Limits, o.Scalars}
}

func (p preparer) prepare(text string) (*document, gqlerror.List) {
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, p.limits.Tokens)
	if err != nil {
		return nil, gqlerror.List{parseError(err, p.limits.Tokens)}
	}
	if len(parsed.Operations) == 0 {
		return nil, gqlerror.List{coded(ValidationFailed, "The document holds no operation.")}
	}
	if err := p.limits.check(p.schema, parsed); err != nil {
		return nil, gqlerror.List{err}
	}
	if errs := validator.ValidateWithRules(p.schema, parsed, plainRules()); len(errs) > 0 {
		return nil, validationErrors(errs)
	}
	adapt(parsed)
	doc := &document{ast: parsed, operations: make(map[*ast.OperationDefinition]literals, len(parsed.Operations))}
	for _, op := range parsed.Operations {
		found := readLiterals(p.schema, p.scalars, op)
		var ok bool
		if found.cost, ok = price(p.schema, p.sizes, p.limits, op); !ok {
			return nil, gqlerror.List{tooCostly("asks for too much of too many types")}
		}
		doc.operations[op] = found
	}
	doc.numbered = numberIn(text)
	doc.telling = doc.numbered || doc.hasText()
	sum := sha256.Sum256([]byte(text))
	doc.digest = hex.EncodeToString(sum[:])
	return doc, nil
}

// sound says whether every literal of the document can be read.
func (d *document) sound() bool {
	for _, found := range d.operations {
		if len(found.errors) > 0 {
			return false
		}
	}
	return true
}

// hasText says whether a text stands in the document as a value.
func (d *document) hasText() bool {
	for _, found := range d.operations {
		if found.text {
			return true
		}
	}
	return false
}

// plainRules are the rules of validation that suggest nothing: a suggestion names
// what the schema holds to someone who may not read the schema.
func plainRules() *rules.Rules {
	r := rules.NewDefaultRules()
	r.ReplaceRule(rules.FieldsOnCorrectTypeRule.Name, rules.FieldsOnCorrectTypeRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.ScalarLeafsRule.Name, rules.ScalarLeafsRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc)
	return r
}

// Names are compared with those of the schema within these bounds: a caller can have that
// done to thousands of names at once.
const (
	longestSuggested = 8 << 10 // bytes of a text
	mostSuggested    = 3       // errors
)

// suggest is the errors of a text's validation once more, with the names that may have
// been meant, where they are few.
func (p preparer) suggest(text string, errs gqlerror.List) gqlerror.List {
	if len(text) > longestSuggested || len(errs) > mostSuggested || errs[0].Extensions["code"] != ValidationFailed {
		return errs
	}
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, p.limits.Tokens)
	if err != nil || len(parsed.Operations) == 0 || p.limits.check(p.schema, parsed) != nil {
		return errs
	}
	r := plainRules()
	r.ReplaceRule(rules.FieldsOnCorrectTypeRule.Name, rules.FieldsOnCorrectTypeRule.RuleFunc)
	r.ReplaceRule(rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRule.RuleFunc)
	r.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRule.RuleFunc)
	return validationErrors(validator.ValidateWithRules(p.schema, parsed, r))
}

// adapt makes a validated document fit for gqlgen's executor.
//
// It takes every @defer out, so that all of the answer comes in one piece. A first
// part that lacks the deferred fields reads as a record without them. And it takes
// out which type each field was found in, by which gqlgen tells fields of one key
// apart: what two interfaces ask of one object would be written twice.
func adapt(doc *ast.QueryDocument) {
	for _, op := range doc.Operations {
		adaptSelections(op.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		adaptSelections(fragment.SelectionSet)
	}
}

func adaptSelections(selections ast.SelectionSet) {
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			s.ObjectDefinition = nil
			adaptSelections(s.SelectionSet)
		case *ast.InlineFragment:
			s.Directives = withoutDefer(s.Directives)
			adaptSelections(s.SelectionSet)
		case *ast.FragmentSpread:
			s.Directives = withoutDefer(s.Directives)
		}
	}
}

func withoutDefer(directives ast.DirectiveList) ast.DirectiveList {
	return slices.DeleteFunc(directives, func(d *ast.Directive) bool { return d.Name == "defer" })
}

// documentKey is where a context holds the document of its request.
type documentKey struct{}

// prepared gives gqlgen's executor the document that this package parsed and
// validated, in the place of its cache, so that it does neither again.
type prepared struct{}

func (prepared) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	doc, ok := ctx.Value(documentKey{}).(*document)
	if !ok {
		return nil, false
	}
	return doc.ast, true
}

func (prepared) Add(context.Context, string, *ast.QueryDocument) {}

// Digest is the SHA-256 of the text of the document, in hexadecimal. Outside a request it is "".
func Digest(ctx context.Context) string {
	if doc, ok := ctx.Value(documentKey{}).(*document); ok {
		return doc.digest
	}
	return ""
}

// Kept is a place for what is worked out once for a document, such as the plan of
// a writer. It lives as long as the document is kept. Outside a request it is nil.
func Kept(ctx context.Context) *sync.Map {
	if doc, ok := ctx.Value(documentKey{}).(*document); ok {
		return &doc.kept
	}
	return nil
}
