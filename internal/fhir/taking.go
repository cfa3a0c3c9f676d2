package fhir

import (
	"cmp"
	"slices"
	"strings"
)

// A Taking says how a medicine is taken, according to all of its instructions together.
type Taking struct {
	Words    string
	Route    *Concept // nil if there are several; each instruction then names its own
	AsNeeded *bool    // nil if the instructions differ; those that are as needed then say so in words
}

// TakingOf combines instructions in the order of their sequence numbers. Those with the same number apply
// together, the numbers one after another.
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
		if route := d.Route.Words(); differ && !Mentions(text, route) { // no route applies to all
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

// AsNeeded reports whether a medicine is taken only as needed (nil if unstated, or if instructions differ)
// and whether they differ. An instruction that says nothing at all does not count.
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

// LinesAmong returns the lines of one of several instructions. If only some of them are as needed, this one
// says so when it is.
func (d *Dosage) LinesAmong(needsDiffer bool) []string {
	const words = "as needed"
	lines := d.Lines()
	says := func(line string) bool { return Mentions(line, words) }
	if needed := d.IfNeeded(); needsDiffer && needed != nil && *needed && !slices.ContainsFunc(lines, says) {
		lines[0] = Joined(", ", strings.TrimSuffix(lines[0], "."), words)
	}
	return lines
}

// routesDiffer reports whether the instructions name more than one route.
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
