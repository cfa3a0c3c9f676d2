package resolvers

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/fetch"
)

// children returns the child relations that the selection below a field needs. It compares names only, ignoring @skip
// and type conditions: it may read one relation too many, never one too few. single names a single value, or is "": one
// read serves that value under every root, so everything selected below any field of that name counts.
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

// belowKey is the key under which a document caches the names below one of its fields, or below all fields of a name.
type belowKey struct {
	field *ast.Field
	every string
}

// namesBelow returns the names below a field, or below every field called every unless that is "". The document caches
// the latter, and the former if no other field was merged into it: neither depends on variables.
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

// namesBelowEvery adds the names below every field called name in a selection. It does not follow fragment spreads.
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
