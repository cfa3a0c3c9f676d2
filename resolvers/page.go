package resolvers

import (
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// The directions of a list.
const (
	newestFirst  = 1
	soonestFirst = -1
)

// A standing is an item of a list with its place in the order, which is looked up once.
type standing[I any] struct {
	item  I
	entry record.RecordItem
	stand record.Stand
}

// order compares entries: undated ones come last in either direction, ties go by id.
func (a standing[I]) order(b standing[I], direction int) int {
	s := a.stand.Compare(b.stand)
	switch {
	case s == 0:
		return strings.Compare(string(record.Envelope(a.entry).ID), string(record.Envelope(b.entry).ID))
	case !a.stand.Dated() || !b.stand.Dated():
		return s
	}
	return direction * s
}

// sort sorts the entries; those of one source usually arrive sorted. Two entries with the same date and id count as a
// gap (pending): if a page ends between them, the next one begins after both.
func (g *gathering[I]) sort(direction int) {
	if len(g.items) < 2 {
		return
	}
	var room [shortList]standing[I]
	all, ordered := room[:0], true
	for i, item := range g.items {
		entry := g.Entry(item)
		all = append(all, standing[I]{item, entry, entry.Stand()})
		if i > 0 {
			way := all[i-1].order(all[i], direction)
			ordered, g.pending = ordered && way <= 0, g.pending || way == 0
		}
	}
	if ordered {
		return
	}
	slices.SortFunc(all, func(a, b standing[I]) int { return a.order(b, direction) })
	for i := range all {
		g.items[i] = all[i].item
		g.pending = g.pending || i > 0 && all[i-1].order(all[i], direction) == 0
	}
}

// shortList is the most entries that are sorted in a fixed buffer.
const shortList = 16

// page sorts a gathering and cuts it to the page that was asked for.
func page[I any](g *gathering[I]) (*record.Connection[I], error) {
	if g.planned == nil || g.planned.first == 0 {
		return &record.Connection[I]{Status: g.status(), RestartAdvised: g.returned}, nil
	}
	direction := newestFirst
	if g.soonest() {
		direction = soonestFirst
	}
	g.sort(direction)
	c := &record.Connection[I]{Status: g.status(), RestartAdvised: g.returned}
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
	c.PageInfo.Length = len(items)
	c.PageInfo.Cursors = func(i int) string { return g.cursorOf(g.Entry(items[i])) }
	return c, nil
}

// soonest reports whether the list runs soonest first, as appointments still to come do.
func (g *gathering[I]) soonest() bool {
	return len(g.planned.wants) > 0 && g.planned.wants[0].kind == fetch.Upcoming
}
