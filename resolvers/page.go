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
	if s := a.Stand().Compare(b.Stand()); s != 0 {
		if a.Stand().At.IsZero() || b.Stand().At.IsZero() {
			return s
		}
		return direction * s
	}
	return strings.Compare(string(record.Envelope(a).ID), string(record.Envelope(b).ID))
}

func (g *gathering[I]) sort(direction int) {
	slices.SortFunc(g.items, func(a, b I) int { return order(g.Entry(a), g.Entry(b), direction) })
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
