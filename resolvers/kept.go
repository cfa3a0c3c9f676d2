package resolvers

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// planKey is where a document keeps the plan of an operation. A nil plan means that it differs from request to request
// and is not kept.
type planKey struct{ operation *ast.OperationDefinition }

// keptPlan is the plan that the document keeps; nil where it keeps none, and then one that
// is made is given to keep. It is for requests in which somebody is shown under every root:
// nothing is planned of the others. Who they are, what may be read of them and what time it
// is are the request's.
func (q *request) keptPlan(everywhere bool) (p *plan, keep func(*plan)) {
	if q.kept == nil || !everywhere {
		return nil, func(*plan) {}
	}
	key := planKey{q.op.Operation}
	if kept, known := q.kept.Load(key); known {
		return kept.(*plan), func(*plan) {}
	}
	return nil, func(p *plan) {
		if p.particular || !steady(q.op.Operation.SelectionSet, map[*ast.FragmentDefinition]bool{}) {
			p = nil
		}
		q.kept.Store(key, p)
	}
}

// steady reports whether no variable stands in a selection, but for the numbers of the
// patients. seen are the fragments that were looked into.
func steady(set ast.SelectionSet, seen map[*ast.FragmentDefinition]bool) bool {
	return !slices.ContainsFunc(set, func(selection ast.Selection) bool {
		switch s := selection.(type) {
		case *ast.Field:
			return varied(s.Directives) || slices.ContainsFunc(s.Arguments, func(a *ast.Argument) bool { return !ofWhom(s, a) && variableIn(a.Value) }) || !steady(s.SelectionSet, seen)
		case *ast.InlineFragment:
			return varied(s.Directives) || !steady(s.SelectionSet, seen)
		case *ast.FragmentSpread:
			if varied(s.Directives) || seen[s.Definition] {
				return varied(s.Directives)
			}
			seen[s.Definition] = true
			return !steady(s.Definition.SelectionSet, seen)
		}
		return true
	})
}

// ofWhom reports whether an argument says of which patients something is asked, and not what.
func ofWhom(f *ast.Field, a *ast.Argument) bool {
	return f.Name == "patient" && a.Name == "nhsNumber" || f.Name == "patients" && a.Name == "nhsNumbers"
}

func varied(directives ast.DirectiveList) bool {
	return slices.ContainsFunc(directives, func(d *ast.Directive) bool {
		return slices.ContainsFunc(d.Arguments, func(a *ast.Argument) bool { return variableIn(a.Value) })
	})
}
