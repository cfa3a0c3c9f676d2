package transport

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Limits bound a document before any work that costs more than reading it. A limit of 0 means the default. The
// defaults are several times what the largest published operation needs: 833 tokens, 73 spreads, a depth of 6.
type Limits struct {
	Tokens     int // tokens of the document
	Operations int // operations in the document
	Fragments  int // fragment definitions in the document
	Spreads    int // fragment spreads in the document
	Aliases    int // aliased fields in the document
	Directives int // directives in the document
	Variables  int // variables of an operation
	RootFields int // root fields of an operation, fragments expanded
	Depth      int // nesting depth of fields, fragments expanded
	Lists      int // nesting depth of lists, fragments expanded
	Fields     int // fields of all operations and fragments, fragments expanded at every use
	Repeats    int // uses of one response key in one place
	InputDepth int // nesting depth of lists and objects in a value
	Values     int // values in the variables of a request
	Cost       int // values that the answer could hold; see cost.go
	Concurrent int // concurrent requests of one principal
}

var defaultLimits = Limits{
	Tokens: 4000, Operations: 20, Fragments: 60, Spreads: 400, Aliases: 100, Directives: 60, Variables: 60,
	RootFields: 20, Depth: 20, Lists: 6, Fields: 6000, Repeats: 16, InputDepth: 16, Values: 2500,
	Cost: 3_000_000, Concurrent: 20,
}

func (l Limits) filled() Limits {
	fill := func(value *int, standard int) {
		if *value <= 0 {
			*value = standard
		}
	}
	d := defaultLimits
	fill(&l.Tokens, d.Tokens)
	fill(&l.Operations, d.Operations)
	fill(&l.Fragments, d.Fragments)
	fill(&l.Spreads, d.Spreads)
	fill(&l.Aliases, d.Aliases)
	fill(&l.Directives, d.Directives)
	fill(&l.Variables, d.Variables)
	fill(&l.RootFields, d.RootFields)
	fill(&l.Depth, d.Depth)
	fill(&l.Lists, d.Lists)
	fill(&l.Fields, d.Fields)
	fill(&l.Repeats, d.Repeats)
	fill(&l.InputDepth, d.InputDepth)
	fill(&l.Values, d.Values)
	fill(&l.Cost, d.Cost)
	fill(&l.Concurrent, d.Concurrent)
	return l
}

// check walks a document that is parsed but not validated: names may be missing, duplicated or circular. It
// walks every fragment once, however often it is used.
func (l Limits) check(schema *ast.Schema, doc *ast.QueryDocument) *gqlerror.Error {
	switch {
	case len(doc.Operations) > l.Operations:
		return tooLarge(l.Operations, "operations")
	case len(doc.Fragments) > l.Fragments:
		return tooLarge(l.Fragments, "fragments (limits.fragments)")
	}
	w := newWalk(l, schema, doc)
	total := size{}
	for _, fragment := range doc.Fragments {
		total = total.beside(w.fragment(fragment.Name))
	}
	for _, op := range doc.Operations {
		total = total.beside(w.operation(op))
	}
	if total.fields > l.Fields {
		w.fail(tooCostly("asks for too many fields, its fragments opened"))
	}
	if w.err != nil {
		return w.err
	}
	return l.checkRepeats(w, doc)
}

func tooLarge(limit int, what string) *gqlerror.Error {
	return coded(QueryTooLarge, fmt.Sprintf("The query has more than %d %s; split it.", limit, what))
}

func tooCostly(what string) *gqlerror.Error {
	return coded(QueryTooCostly, "The query "+what+"; ask for less at once.")
}
