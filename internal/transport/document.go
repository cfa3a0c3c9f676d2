package transport

import (
	"context"
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
	kept       sync.Map
}

// maxKept is the longest text that is kept as a key of the documents.
const maxKept = 32 << 10

// document parses and validates a text, or finds it done before. One with a
// person's number in it is asked once, and the number must not stay in memory.
func (h *handler) document(text string) (*document, gqlerror.List) {
	if doc, ok := h.documents.Get(text); ok {
		return doc, nil
	}
	doc, errs := h.prepare(text)
	if len(errs) == 0 && len(text) <= maxKept && doc.sound() && !numberIn(text) {
		h.documents.Add(strings.Clone(text), doc)
	}
	return doc, errs
}

func (h *handler) prepare(text string) (*document, gqlerror.List) {
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, h.options.Limits.Tokens)
	if err != nil {
		return nil, gqlerror.List{parseError(err)}
	}
	if len(parsed.Operations) == 0 {
		return nil, gqlerror.List{coded(ValidationFailed, "The document holds no operation.")}
	}
	if err := h.options.Limits.check(parsed); err != nil {
		return nil, gqlerror.List{err}
	}
	schema := h.schema.Schema()
	if errs := validator.ValidateWithRules(schema, parsed, plainRules()); len(errs) > 0 {
		return nil, validationErrors(errs)
	}
	undefer(parsed)
	doc := &document{ast: parsed, operations: make(map[*ast.OperationDefinition]literals, len(parsed.Operations))}
	for _, op := range parsed.Operations {
		doc.operations[op] = readLiterals(schema, h.options.Scalars, op)
	}
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

// undefer takes every @defer out, so that all of the answer comes in one piece. A
// first part that lacks the deferred fields reads as a record without them.
func undefer(doc *ast.QueryDocument) {
	for _, op := range doc.Operations {
		undeferSelections(op.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		undeferSelections(fragment.SelectionSet)
	}
}

func undeferSelections(selections ast.SelectionSet) {
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			undeferSelections(s.SelectionSet)
		case *ast.InlineFragment:
			s.Directives = withoutDefer(s.Directives)
			undeferSelections(s.SelectionSet)
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

// Kept is a place for what is worked out once for a document, such as the plan of
// a writer. It lives as long as the document is kept. Outside a request it is nil.
func Kept(ctx context.Context) *sync.Map {
	if doc, ok := ctx.Value(documentKey{}).(*document); ok {
		return &doc.kept
	}
	return nil
}
