package view

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

// entries is the read of a view: the statement for its rows, one for each of its children and, if it has children, a shorter
// one for a first page without them. If few of its columns are sometimes enough, there is a brief one for these.
type entries[T any, P entry[T]] struct {
	view     view[T, P]
	rows     statement
	first    *statement // nil if there is none
	brief    *statement // nil if there is none
	children []statement
	apart    *statement // tries its texts, if they are tried for this kind alone
}

// of compiles the statements of a view.
func of[T any, P entry[T]](kind fetch.Kind, v view[T, P]) read {
	v.entry = !v.bare
	if !v.bare {
		v.group = groupOf(kind)
		v.trials = v.findTrials()
	}
	e := &entries[T, P]{view: v, rows: compile(string(kind), v.rowsSQL()), apart: wordsOf(kind, v.trials)}
	if len(v.children) > 0 {
		first := compile(string(kind)+" first", v.firstSQL())
		e.first = &first
	}
	if v.brief != nil {
		brief := compile(string(kind)+" brief", v.briefly().firstSQL())
		e.brief = &brief
	}
	for i, c := range v.children {
		e.children = append(e.children, compile(string(kind)+"."+c.relation.name, v.childSQL(i)))
	}
	return e
}

func (e *entries[T, P]) statements() []statement {
	all := append([]statement{e.rows}, e.children...)
	for _, other := range []*statement{e.first, e.brief} {
		if other != nil {
			all = append(all, *other)
		}
	}
	return all
}

func (e *entries[T, P]) trials() []trial { return e.view.trials }

func (e *entries[T, P]) wordsStatement() *statement { return e.apart }

func (e *entries[T, P]) describe(s *Source) [][]uint32 {
	ofRow := func(read func(*row)) []uint32 {
		types := []uint32{pgtype.Int8OID}
		read(&row{source: s, types: &types})
		return types
	}
	ofEntry := func(scan func(*row, *T)) []uint32 {
		return ofRow(func(r *row) {
			var x T
			r.Item(envelopeOf[T, P](&x))
			scan(r, &x)
		})
	}
	rows := ofEntry(e.view.scan)
	described := [][]uint32{rows}
	for _, c := range e.view.children {
		described = append(described, ofRow(func(r *row) { c.add(r, func(string) *T { return nil }) }))
	}
	if e.first != nil {
		described = append(described, rows)
	}
	if e.brief != nil {
		described = append(described, ofEntry(e.view.brief.scan))
	}
	return described
}

func (e *entries[T, P]) queue(batch *postgres.Batch, a *asked) {
	switch {
	case e.isBrief(a.Ask):
		e.brief.queue(batch, a)
		return
	case e.first != nil && isFirst(a.Ask):
		e.first.queue(batch, a)
		return
	}
	e.rows.queue(batch, a)
	for i := range e.children {
		if a.Children&(1<<i) != 0 {
			e.children[i].queue(batch, a)
		}
	}
}

// isFirst reports whether an ask is for a first page without parts and without a filter by code.
func isFirst(a *fetch.Ask) bool {
	return a.Children == 0 && !a.Filter.After.Set && a.Filter.Codes == ""
}

// isBrief reports whether an ask is answered by the brief statement.
func (e *entries[T, P]) isBrief(a *fetch.Ask) bool {
	return e.brief != nil && a.Filter.Brief && isFirst(a)
}

func (e *entries[T, P]) collect(w *wave, results postgres.Results, j *job) (fetch.Answer, bool, error) {
	ask := j.read()
	c := collector[T, P]{tally: w.tally(ask), row: w.begin(e.view.name), items: room[T](j.usual, ask)}
	if !e.view.bare {
		c.row.look.begin(w.screen, w.source.Org)
		c.row.look.clean = w.clean // made for a kind before
	}
	scan := e.view.scan
	if e.isBrief(ask) {
		scan = e.view.brief.scan
	}
	if err := each(results, c.row, func(subject int) { c.add(subject, scan) }, ask); err != nil {
		return fetch.Answer{}, false, err
	}
	w.owner = c.owner // room for the next
	j.usual.sawRows(len(c.items), len(ask.Subjects.Patients))
	short := c.short(j.ask.Filter.First, e.view.stoodAt)
	for i := range e.children {
		if ask.Children&(1<<i) == 0 {
			continue
		}
		c.row.kind = e.view.children[i].relation.name
		c.parts = nil
		add := e.view.children[i].add
		if err := each(results, c.row, func(subject int) { c.addChild(subject, add) }, ask); err != nil {
			return fetch.Answer{}, false, err
		}
	}
	answer := c.answer()
	answer.Screened, w.clean = c.row.look.of(), c.row.look.clean
	return answer, short, nil
}

// each reads the next result of a pipeline row by row.
func each(results postgres.Results, r *row, visit func(subject int), ask *fetch.Ask) error {
	if err := results.Next(); err != nil {
		return err
	}
	r.statement()
	for {
		values, err := results.Row()
		if err != nil || values == nil {
			return err
		}
		if values[0] == nil { // of nobody: it stands where there are no rows
			continue
		}
		subject := int(binary.BigEndian.Uint64(values[0])) - 1
		if subject < 0 || subject >= len(ask.Subjects.Patients) {
			return fmt.Errorf("%w: a row of nobody", postgres.ErrMalformed)
		}
		r.patient = ask.Subjects.Patients[subject]
		r.load(values[1:])
		visit(subject)
	}
}

// A collector gathers entries by subject. The lateral join returns rows subject by subject; if they come otherwise, they are
// sorted at the end.
type collector[T any, P entry[T]] struct {
	tally
	row     *row
	items   []T
	index   map[entryKey]int // made for children
	find    func(id string) *T
	subject int     // whose entries find searches
	parts   []int32 // by entry: the number of rows of the child relation being read
}

// A tally counts what came of an ask, by subject.
type tally struct {
	ask        *fetch.Ask
	owner      []int32 // the subject of each entry
	perSubject []int32 // number of entries, from index 1 on
	unreadable []bool
	before     []int32 // number of entries before the first unreadable one
	cut        []bool  // an entry has more parts than are read
	lost       []int32 // number of unreadable entries
}

// mostGrown bounds the memory reserved for rows that may not come.
const mostGrown = 10_000

// room reserves memory for the usual number of rows, and a little more.
func room[T any](u *usual, ask *fetch.Ask) []T {
	rows := int(u.rows.Load()) * len(ask.Subjects.Patients) / 100
	if rows == 0 {
		return nil
	}
	return make([]T, 0, min(rows+rows/8+1, mostGrown))
}

func (c *collector[T, P]) add(subject int, scan func(*row, *T)) {
	last := len(c.items)
	if last == cap(c.items) {
		c.items = slices.Grow(c.items, 1)
	}
	c.items = c.items[:last+1] // where it stays: an entry by itself would be a piece of memory
	x := &c.items[last]
	c.row.Item(envelopeOf[T, P](x))
	scan(c.row, x)
	if c.row.end(); c.row.err != nil {
		clear(c.items[last:])
		c.items = c.items[:last]
		c.lose(subject)
		return
	}
	c.owner = append(c.owner, int32(subject))
	c.perSubject[subject+1]++
}

// lose notes an entry that could not be read.
func (c *tally) lose(subject int) {
	c.mark(subject, c.perSubject[subject+1])
	if c.lost == nil {
		c.lost = make([]int32, len(c.ask.Subjects.Patients))
	}
	c.lost[subject]++
}

func (c *collector[T, P]) addChild(subject int, add func(*row, func(string) *T)) {
	if c.index == nil {
		c.index = make(map[entryKey]int, len(c.items))
		for i := range c.items {
			key := entryKey{c.owner[i], envelopeOf[T, P](&c.items[i]).Provenance.SourceID}
			if _, twice := c.index[key]; twice { // whose the parts are cannot be told
				c.mark(int(c.owner[i]), 0)
				i = ofNone
			}
			c.index[key] = i
		}
		c.find = c.parent
	}
	if c.parts == nil {
		c.parts = make([]int32, len(c.items))
	}
	c.subject = subject
	add(c.row, c.find)
	if c.row.end(); c.row.err != nil {
		c.mark(subject, 0) // of which entry it is a part cannot be told
	}
}

// parent is the entry with a source id of the subject whose part is read; nil where there is
// none, or it has enough.
func (c *collector[T, P]) parent(id string) *T {
	i, ok := c.index[entryKey{int32(c.subject), id}]
	if !ok || i == ofNone {
		return nil
	}
	if c.parts[i]++; c.parts[i] > maxRows {
		if c.cut == nil {
			c.cut = make([]bool, len(c.ask.Subjects.Patients))
		}
		c.cut[c.subject] = true
		return nil
	}
	return &c.items[i]
}

// ofNone is the entry of an id that several have.
const ofNone = -1

// An entryKey is an entry of a subject by its source's id.
type entryKey struct {
	subject int32
	id      string
}

// mark notes that something of a subject could not be read, behind so many entries.
func (c *tally) mark(subject int, before int32) {
	if c.unreadable == nil {
		c.unreadable, c.before = make([]bool, len(c.ask.Subjects.Patients)), make([]int32, len(c.ask.Subjects.Patients))
	}
	if !c.unreadable[subject] || before < c.before[subject] {
		c.unreadable[subject], c.before[subject] = true, before
	}
}

// short reports whether a subject has fewer entries than were asked for only
// because some could not be read. The list may have been read for more than that,
// after it was short the first time.
func (c *collector[T, P]) short(first int, stoodAt func(record.RecordItem, fetch.Position) bool) bool {
	after := c.ask.Filter.After
	for i, lost := range c.lost {
		have := int(c.perSubject[i+1])
		if lost == 0 || have+int(lost) < c.ask.Filter.First {
			continue
		}
		if after.Set { // those of its date may have been on the page before
			for k := range c.items {
				if int(c.owner[k]) == i && stoodAt(P(&c.items[k]), after) {
					have--
				}
			}
		}
		if have < first {
			return true
		}
	}
	return false
}

// stoodAt reports whether an entry is of the date of a position.
func (v view[T, P]) stoodAt(x record.RecordItem, p fetch.Position) bool {
	stand := x.Stand()
	switch {
	case !stand.Dated():
		return v.isMoment() && p.At.IsZero() || !v.isMoment() && p.On == ""
	case v.isMoment():
		return stand.At().Equal(p.At)
	}
	return string(stand.Day()) == p.On
}

// answer puts the entries in order of subject and notes who has more than fits.
func (c *collector[T, P]) answer() fetch.Answer {
	answer := c.tally.answer()
	rows := &fetch.Rows[T]{Items: c.items, Starts: c.perSubject}
	if !inOrder(c.owner) {
		rows.Items = make([]T, len(c.items))
		next := append([]int32(nil), rows.Starts...)
		for i, item := range c.items {
			rows.Items[next[c.owner[i]]] = item
			next[c.owner[i]]++
		}
	}
	answer.Rows = rows
	return answer
}

// answer is all of an answer but its rows, whose beginnings perSubject says from now on.
func (c *tally) answer() fetch.Answer {
	answer := fetch.Answer{Unreadable: c.unreadable, Before: c.before, Truncated: c.truncated()}
	for i := 1; i < len(c.perSubject); i++ {
		c.perSubject[i] += c.perSubject[i-1]
	}
	return answer
}

func (c *tally) truncated() (truncated []bool) {
	for i := range c.ask.Subjects.Patients {
		n := int(c.perSubject[i+1])
		if c.lost != nil {
			n += int(c.lost[i])
		}
		if n <= maxRows && (c.ask.Filter.First > 0 || n <= maxEntries) && (c.cut == nil || !c.cut[i]) {
			continue
		}
		if truncated == nil {
			truncated = make([]bool, len(c.ask.Subjects.Patients))
		}
		truncated[i] = true
	}
	return truncated
}

func inOrder(owner []int32) bool {
	for i := 1; i < len(owner); i++ {
		if owner[i] < owner[i-1] {
			return false
		}
	}
	return true
}
