package fhir

import (
	"cmp"
	"slices"
	"strings"
)

// A Taking is how a medicine is taken, by all of its instructions together.
type Taking struct {
	Words    string
	Route    *Concept // nil where they name several, of which each says its own
	AsNeeded *bool
}

// TakingOf puts instructions together in their turn, whatever order they came in: those of one turn hold together, and the others one
// after another.
func TakingOf(list []Dosage) (t Taking) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Dosage) int { return cmp.Compare(a.Turn(), b.Turn()) })
	differ := routesDiffer(list)
	for i := range list {
		d := &list[i]
		if needed := d.IfNeeded(); t.AsNeeded == nil || needed != nil && *needed { // one of several is enough
			t.AsNeeded = needed
		}
		if t.Route.Empty() && !differ {
			t.Route = d.Route
		}
		text := strings.ReplaceAll(Joined(". ", d.Lines()...), ".. ", ". ")
		if route := d.Route.Words(); differ && !Mentions(text, route) { // one of them is not that of all
			text = Joined(", ", strings.TrimSuffix(text, "."), route)
		}
		switch {
		case t.Words == "" || text == "":
			t.Words += text
		case d.Turn() > list[i-1].Turn():
			t.Words += "; then " + text
		default:
			t.Words += "; " + text
		}
	}
	return t
}

// routesDiffer reports whether instructions name more than one route.
func routesDiffer(list []Dosage) bool {
	first := ""
	for i := range list {
		route := list[i].Route.Words()
		if first != "" && route != "" && route != first {
			return true
		}
		first = cmp.Or(first, route)
	}
	return false
}
