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

// document is a validated document with what is known about its operations.
type document struct {
	ast        *ast.QueryDocument
	operations map[*ast.OperationDefinition]literals
	numbered   bool // its text contains an NHS number
	telling    bool // its text contains a string literal or an NHS number, which a plain hash would let others guess
	digest     string
	kept       sync.Map
	trusted    *Prepared // the trusted document it belongs to; nil for a document sent as text
}

// maxKept is the longest text, in bytes, that is cached.
const maxKept = 32 << 10

// document parses and validates a text, or returns it from the cache. A text with an NHS number is not cached:
// it is asked once, and the number must not stay in memory. Callers who may read the schema get suggestions for
// misspelt names.
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

// keeps reports whether the document may be cached under its text.
func (d *document) keeps(text string) bool { return len(text) <= maxKept && d.sound() && !d.numbered }

// preparer turns texts into documents, within limits.
type preparer struct {
	schema  *ast.Schema
	sizes   *schemaSizes
	limits  Limits
	scalars map[string]Scalar
}

// preparer returns the preparer of a schema. All options must be filled.
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

// sound reports whether every literal of the document is valid.
func (d *document) sound() bool {
	for _, found := range d.operations {
		if len(found.errors) > 0 {
			return false
		}
	}
	return true
}

// hasText reports whether the document contains a string literal.
func (d *document) hasText() bool {
	for _, found := range d.operations {
		if found.text {
			return true
		}
	}
	return false
}

// plainRules returns the validation rules without suggestions: a suggestion reveals names of the schema to
// callers who may not read it.
func plainRules() *rules.Rules {
	r := rules.NewDefaultRules()
	r.ReplaceRule(rules.FieldsOnCorrectTypeRule.Name, rules.FieldsOnCorrectTypeRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.ScalarLeafsRule.Name, rules.ScalarLeafsRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc)
	return r
}

// Bounds on comparing names with those of the schema: a caller could send thousands of names at once.
const (
	longestSuggested = 8 << 10 // bytes of the text
	mostSuggested    = 3       // errors
)

// suggest validates the text again and returns its errors with suggestions for misspelt names. Beyond the
// bounds above it returns errs.
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

// adapt prepares a validated document for gqlgen's executor.
//
// It removes every @defer, so that the answer comes in one piece: a first part without the deferred fields
// would read as a record without them. It also clears the type in which each field was found. gqlgen tells
// fields of one response key apart by that type: of a field that two interfaces select of one object it would
// write what the first selects and leave out what the second does.
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

// documentKey is the context key of the request's document.
type documentKey struct{}

// prepared stands in for gqlgen's query cache. It returns the document that this package has parsed and
// validated, so that the executor does neither again.
type prepared struct{}

func (prepared) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	doc, ok := ctx.Value(documentKey{}).(*document)
	if !ok {
		return nil, false
	}
	return doc.ast, true
}

func (prepared) Add(context.Context, string, *ast.QueryDocument) {}

// Digest returns the SHA-256 of the document's text, in hexadecimal; "" outside a request.
func Digest(ctx context.Context) string {
	if doc, ok := ctx.Value(documentKey{}).(*document); ok {
		return doc.digest
	}
	return ""
}

// Kept returns a map for what is worked out once per document, such as a writer's plan. It lives as long as the
// document is cached. Outside a request it is nil.
func Kept(ctx context.Context) *sync.Map {
	if doc, ok := ctx.Value(documentKey{}).(*document); ok {
		return &doc.kept
	}
	return nil
}
