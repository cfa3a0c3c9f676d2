package transport

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// repeats counts how often a response key occurs in one place of the answer, with fragments expanded and equal
// places merged: validation compares these occurrences pair by pair. The number of fields, which is already
// checked, bounds the steps.
type repeats struct {
	fragments map[string]*ast.FragmentDefinition
	limit     int
}

func (l Limits) checkRepeats(w *walk, doc *ast.QueryDocument) *gqlerror.Error {
	r := repeats{w.fragments, l.Repeats}
	for _, op := range doc.Operations {
		if r.within([]ast.SelectionSet{op.SelectionSet}) {
			return tooCostly("repeats a field too often")
		}
	}
	for _, fragment := range doc.Fragments {
		if r.within([]ast.SelectionSet{fragment.SelectionSet}) {
			return tooCostly("repeats a field too often")
		}
	}
	return nil
}

// place is one response key: how often it is selected, and with which selection sets.
type place struct {
	count int
	below []ast.SelectionSet
}

// within reports whether a key repeats too often in the merged selection sets or below them.
func (r repeats) within(sets []ast.SelectionSet) bool {
	places := map[string]*place{}
	opened := map[string]bool{}
	for _, set := range sets {
		if r.collect(set, places, opened) {
			return true
		}
	}
	for _, p := range places {
		if len(p.below) > 0 && r.within(p.below) {
			return true
		}
	}
	return false
}

func (r repeats) collect(set ast.SelectionSet, places map[string]*place, opened map[string]bool) bool {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if r.add(s, places) {
				return true
			}
		case *ast.InlineFragment:
			if r.collect(s.SelectionSet, places, opened) {
				return true
			}
		case *ast.FragmentSpread:
			definition := r.fragments[s.Name]
			if definition == nil || opened[s.Name] {
				continue
			}
			opened[s.Name] = true
			if r.collect(definition.SelectionSet, places, opened) {
				return true
			}
		}
	}
	return false
}

func (r repeats) add(f *ast.Field, places map[string]*place) bool {
	p := places[f.Alias] // the field's name if it has no alias
	if p == nil {
		p = &place{}
		places[f.Alias] = p
	}
	p.count++
	if len(f.SelectionSet) > 0 {
		p.below = append(p.below, f.SelectionSet)
	}
	return p.count > r.limit
}
