package resolvers

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/fetch"
)

// children says which child relations the selection below a field needs. It looks at
// names alone, whatever @skip or a type condition says: a child too many is read,
// never one too few. A single value is read for whatever stands for it, in any root, so what
// is selected below any field of its name counts.
func (q *request) children(kind fetch.Kind, f graphql.CollectedField, single string) fetch.Children {
	var mask fetch.Children
	children := fetch.ChildFields[kind]
	if len(children) == 0 {
		return 0
	}
	names := q.namesBelow(f, single)
	for bit, fields := range children {
		if slices.ContainsFunc(fields, func(name string) bool { return names[name] }) {
			mask |= 1 << bit
		}
	}
	return mask
}

// belowKey is under which a document keeps the names below one of its fields, or below all
// fields of a name.
type belowKey struct {
	field *ast.Field
	every string
}

// namesBelow are the names below a field; below every field of a name where one is given. A document keeps those of a
// field that stands alone under its key, and of every field: variables decide nothing in them.
func (q *request) namesBelow(f graphql.CollectedField, every string) map[string]bool {
	key := belowKey{field: f.Field}
	if every != "" {
		key = belowKey{every: every}
	}
	fixed := q.kept != nil && (every != "" || len(f.Selections) == len(f.Field.SelectionSet))
	if fixed {
		if names, known := q.kept.Load(key); known {
			return names.(map[string]bool)
		}
	}
	names := map[string]bool{}
	if every != "" {
		for _, o := range q.op.Doc.Operations {
			namesBelowEvery(every, o.SelectionSet, q.op.Doc, names)
		}
		for _, fragment := range q.op.Doc.Fragments {
			namesBelowEvery(every, fragment.SelectionSet, q.op.Doc, names)
		}
	} else {
		namesIn(f.Selections, q.op.Doc, names, map[string]bool{})
	}
	if fixed {
		q.kept.Store(key, names)
	}
	return names
}

// namesBelowEvery are the names below the fields of a name that stand in a selection; not in the fragments it spreads.
func namesBelowEvery(name string, selection ast.SelectionSet, doc *ast.QueryDocument, names map[string]bool) {
	for _, s := range selection {
		switch s := s.(type) {
		case *ast.Field:
			if s.Name == name {
				namesIn(s.SelectionSet, doc, names, map[string]bool{})
			}
			namesBelowEvery(name, s.SelectionSet, doc, names)
		case *ast.InlineFragment:
			namesBelowEvery(name, s.SelectionSet, doc, names)
		}
	}
}

func namesIn(selection ast.SelectionSet, doc *ast.QueryDocument, names, seen map[string]bool) {
	for _, s := range selection {
		switch s := s.(type) {
		case *ast.Field:
			names[s.Name] = true
			namesIn(s.SelectionSet, doc, names, seen)
		case *ast.InlineFragment:
			namesIn(s.SelectionSet, doc, names, seen)
		case *ast.FragmentSpread:
			if seen[s.Name] {
				continue
			}
			seen[s.Name] = true
			if fragment := doc.Fragments.ForName(s.Name); fragment != nil {
				namesIn(fragment.SelectionSet, doc, names, seen)
			}
		}
	}
}
