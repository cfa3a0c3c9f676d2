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
	AsNeeded *bool    // nil where some of them say so and others do not: those say it in words
}

// TakingOf puts instructions together in their turn, whatever order they came in: those of one turn
// apply together, and the turns one after another.
func TakingOf(list []Dosage) (t Taking) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Dosage) int { return cmp.Compare(a.Turn(), b.Turn()) })
	differ := routesDiffer(list)
	asNeeded, needsDiffer := AsNeeded(list)
	t.AsNeeded = asNeeded
	for i := range list {
		d := &list[i]
		if t.Route.Empty() && !differ {
			t.Route = d.Route
		}
		text := strings.ReplaceAll(Joined(". ", d.LinesAmong(needsDiffer)...), ".. ", ". ")
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

// AsNeeded reports whether a medicine is taken only if it is needed, nil where nobody says or
// instructions differ in that, and whether they differ. An instruction that says nothing at all does
// not count.
func AsNeeded(list []Dosage) (needed *bool, differ bool) {
	said := false
	for i := range list {
		one := list[i].IfNeeded()
		switch {
		case one == nil && len(list[i].Lines()) == 0:
		case !said:
			needed, said = one, true
		case needed == nil || one == nil || *needed != *one:
			differ = differ || needed != one
		}
	}
	if differ {
		needed = nil
	}
	return needed, differ
}

// LinesAmong are the lines of one of several instructions. Where not all of those are as needed, one
// that is says so itself.
func (d *Dosage) LinesAmong(needsDiffer bool) []string {
	const words = "as needed"
	lines := d.Lines()
	says := func(line string) bool { return Mentions(line, words) }
	if needed := d.IfNeeded(); needsDiffer && needed != nil && *needed && !slices.ContainsFunc(lines, says) {
		lines[0] = Joined(", ", strings.TrimSuffix(lines[0], "."), words)
	}
	return lines
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
