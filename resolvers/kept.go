package resolvers

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// planKey is where a document keeps the plan of an operation. A nil plan means that it differs from request to request
// and is not kept.
type planKey struct{ operation *ast.OperationDefinition }

// keptPlan returns the plan that the document caches, or nil; keep then caches the one that the caller makes. It
// applies only if somebody is shown under every root (everywhere), because a plan leaves out roots that show nobody. A
// plan does not depend on who the patients are, what may be read of them, or the time.
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

// steady reports whether a selection uses no variables other than for the numbers of the patients. seen holds the
// fragments already visited.
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

// ofWhom reports whether an argument selects the patients, rather than what is read of them.
func ofWhom(f *ast.Field, a *ast.Argument) bool {
	return f.Name == "patient" && a.Name == "nhsNumber" || f.Name == "patients" && a.Name == "nhsNumbers"
}

func varied(directives ast.DirectiveList) bool {
	return slices.ContainsFunc(directives, func(d *ast.Directive) bool {
		return slices.ContainsFunc(d.Arguments, func(a *ast.Argument) bool { return variableIn(a.Value) })
	})
}
