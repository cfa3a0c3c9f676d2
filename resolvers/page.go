package resolvers

import (
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// The ways round in which entries stand.
const (
	newestFirst  = 1
	soonestFirst = -1
)

// order orders entries; undated ones last whichever way round, ties by id.
func order(a, b record.RecordItem, direction int) int {
	return orderStanding(a, b, a.Stand(), b.Stand(), direction)
}

// orderStanding is order where it is known where they stand: a date is looked up in the calendar for it.
func orderStanding(a, b record.RecordItem, standsA, standsB record.Stand, direction int) int {
	s := standsA.Compare(standsB)
	switch {
	case s == 0:
		return strings.Compare(string(record.Envelope(a).ID), string(record.Envelope(b).ID))
	case standsA.At.IsZero() || standsB.At.IsZero():
		return s
	}
	return direction * s
}

// sort puts the entries in order. Those of one source mostly came so.
func (g *gathering[I]) sort(direction int) {
	if !g.inOrder(direction) {
		slices.SortFunc(g.items, func(a, b I) int { return order(g.Entry(a), g.Entry(b), direction) })
	}
}

func (g *gathering[I]) inOrder(direction int) bool {
	var before record.RecordItem
	var stood record.Stand
	for i, item := range g.items {
		entry := g.Entry(item)
		stands := entry.Stand()
		if i > 0 && orderStanding(before, entry, stood, stands, direction) > 0 {
			return false
		}
		before, stood = entry, stands
	}
	return true
}

// page cuts a gathering to the page asked for.
func page[I any](g *gathering[I]) (*record.Connection[I], error) {
	c := &record.Connection[I]{Status: g.status(), RestartAdvised: g.returned}
	if g.planned == nil || g.planned.first == 0 {
		c.Nodes = []I{}
		return c, nil
	}
	direction := newestFirst
	if g.soonest() {
		direction = soonestFirst
	}
	g.sort(direction)
	items := g.items
	if after := g.planned.cursor; after != nil {
		items = slices.DeleteFunc(items, func(item I) bool { return !after.precedes(g.Entry(item), direction) })
		c.PageInfo.HasPreviousPage = true
	}
	if len(items) > g.planned.first {
		items, c.PageInfo.HasNextPage = items[:g.planned.first], true
	}
	c.PageInfo.HasNextPage = c.PageInfo.HasNextPage || g.more && len(items) > 0
	c.Nodes = items
	if c.Nodes == nil {
		c.Nodes = []I{}
	}
	c.PageInfo.Length = len(items)
	c.PageInfo.Cursors = func(i int) string { return g.cursorOf(g.Entry(items[i])) }
	return c, nil
}

// soonest reports whether the list runs the other way: appointments still to come.
func (g *gathering[I]) soonest() bool {
	return len(g.planned.wants) > 0 && g.planned.wants[0].kind == fetch.Upcoming
}
