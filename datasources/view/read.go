package view

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

// subjects numbers the patients of an Ask from 1, so that a row says whose it is
// without repeating the number.
const subjects = "unnest(:patients, :adult_from) WITH ORDINALITY AS p(nhs_number, adult_from, n)"

// entries is the read of a view: the statement for its rows and one for each of
// its children.
type entries[T any, P entry[T]] struct {
	view     view[T, P]
	rows     statement
	children []statement
	apart    *statement // for their words, where these are tried for this kind alone
}

// of compiles a view under the name it is asked by.
func of[T any, P entry[T]](kind fetch.Kind, v view[T, P]) read {
	v.entry = !v.bare
	if !v.bare {
		v.group = groupOf(kind)
		v.trials = v.findTrials()
	}
	e := &entries[T, P]{view: v, rows: compile(string(kind), v.rowsSQL()), apart: wordsOf(kind, v.trials)}
	for i, c := range v.children {
		e.children = append(e.children, compile(string(kind)+"."+c.relation.name, v.childSQL(i)))
	}
	return e
}

// isMoment reports whether the list is ordered by a timestamptz column.
func (v view[T, P]) isMoment() bool { return strings.HasSuffix(v.newest, "_at") || v.newest == "at" }

// side leaves out what stands on the other side of now, but for what is no date: that is found to be
// unreadable. An entry of which only the
// day or less is known stands on both sides of the now it may fall together with.
func (v view[T, P]) side() string {
	upTo, from, none := "v.%[1]s <= left(:today, length(v.%[1]s))", "v.%[1]s >= left(:today, length(v.%[1]s))", "v.%[1]s !~ "+aDate
	if v.isMoment() {
		upTo, from, none = "v.%[1]s <= :now", "(v.%[1]s >= :now OR v.%[1]s_day_only AND v.%[1]s >= :midnight)", noMoment("v.%[1]s")
	}
	past := "v.%[1]s IS NULL"
	if v.waits != "" {
		past, from = "("+past+" AND NOT ("+v.waits+"))", from+" OR "+v.waits
	}
	return fmt.Sprintf("CASE :when WHEN 1 THEN "+past+" OR "+upTo+" OR "+none+" WHEN 2 THEN "+from+" OR "+none+" ELSE true END", v.newest)
}

// stands is the date by which entries are ordered: of a text, null where it is empty.
func (v view[T, P]) stands(alias string) string {
	if v.isMoment() {
		return alias + "." + v.newest
	}
	return fmt.Sprintf("nullif(%s.%s, '')", alias, v.newest)
}

// page is the condition for rows at or after a position, and how many are to be
// had beyond those that share its date.
func (v view[T, P]) page() (condition, limit string) {
	after := ":after_on"
	if v.isMoment() {
		after = ":after_at"
	}
	comparison := "<="
	if v.soonest {
		comparison = ">="
	}
	condition = fmt.Sprintf("(NOT :paged OR %[1]s IS NULL OR %[1]s %[2]s %[3]s)", v.stands("v"), comparison, after)
	limit = fmt.Sprintf("(:limit + CASE WHEN :paged THEN (SELECT count(*) FROM %[1]s x WHERE x.nhs_number = p.nhs_number AND %[2]s IS NOT DISTINCT FROM %[3]s) ELSE 0 END)",
		v.name, v.stands("x"), after)
	return condition, limit
}

// from is the subjects and what is worked out once for each of them.
func (v view[T, P]) from() string {
	if v.bare {
		return "FROM " + subjects
	}
	from := gated(v.trials)
	if v.latest {
		shown := notHidden("m.id", discharges)
		for _, h := range v.hangs {
			shown += "\n\t\tAND " + h.condition("m")
		}
		from += fmt.Sprintf("\nCROSS JOIN LATERAL (SELECT max(m.discharged_at) AS at FROM %s m WHERE :status IN ('CURRENT', 'PAST') AND m.nhs_number = p.nhs_number AND m.kind = 'DISCHARGE' AND isfinite(m.discharged_at) AND m.discharged_at <= :now\n\t\tAND %s) %s",
			v.name, shown, map[bool]string{false: "latest", true: "supplied"}[v.ofStays()])
		if v.ofStays() { // nobody need be supplied anything at a discharge
			from += fmt.Sprintf("\nCROSS JOIN LATERAL (SELECT coalesce(max(s.discharged_at), supplied.at) AS at FROM %s s WHERE :status IN ('CURRENT', 'PAST') AND s.nhs_number = p.nhs_number AND s.discharged_at <= :now AND s.discharged_at > coalesce(supplied.at, '-infinity')\n\t\tAND %s) latest",
				stayView.name, notHidden("s.id", stays, stays+1, stays+2))
		}
	}
	return from
}

// conditions are what a row must fulfil to be read out.
func (v view[T, P]) conditions() string {
	conditions := []string{"v.nhs_number = p.nhs_number", v.side()}
	if !v.bare {
		conditions = append(conditions, v.shown("v"))
	}
	if len(v.mains) > 0 {
		conditions = append(conditions, notHidden("v.id", v.mains...))
	}
	for _, h := range v.hangs {
		conditions = append(conditions, h.condition("v"))
	}
	if v.adults {
		grownUp := v.earliest("v") + " >= p.adult_from"
		if v.bare { // a warning without a date is of today; that there is nothing may be of childhood
			grownUp = "(" + relation{entry: true}.earliest("v") + " >= p.adult_from OR v.recorded_at IS NULL AND upper(translate(btrim(v.note), ' -', '__')) <> 'NONE_KNOWN')"
		}
		conditions = append(conditions, "p.adult_from <> ''", "p.adult_from <= :today", grownUp)
	}
	if v.adults && !v.bare { // the second look asks for a date that says so
		conditions = append(conditions, fmt.Sprintf("(%s IS NOT NULL OR v.recorded_at IS NOT NULL)", v.stands("v")))
	}
	if v.where != "" {
		conditions = append(conditions, v.where)
	}
	return strings.Join(conditions, "\n\t\tAND ")
}

// selection is the lateral query for one patient's rows. WITH TIES, because entries of
// one date are ordered by an id that the source does not know.
func (v view[T, P]) selection(columns string) string {
	page, limit := v.page()
	order := "DESC NULLS LAST"
	if v.soonest {
		order = "ASC NULLS LAST"
	}
	return fmt.Sprintf("SELECT * FROM (\n\tSELECT %s\n\tFROM %s v\n\tWHERE %s\n\t\tAND %s\n\tORDER BY %s %s\n\tFETCH FIRST %s ROWS WITH TIES) ties LIMIT %d",
		columns, v.name, v.conditions(), page, v.stands("v"), order, limit, maxRows+1)
}

func (v view[T, P]) rowsSQL() string {
	columns := prefixed("v", strings.Split(envelope, ", "), "")
	if !v.bare { // without its id an entry cannot be read, and leaves a gap
		columns[0] = "CASE WHEN v.confidential IS NOT NULL THEN v.id END AS id"
	}
	for _, column := range strings.Split(strings.Join(strings.Fields(v.columns), " "), ", ") {
		columns = append(columns, v.column(column))
	}
	rows := fmt.Sprintf("SELECT p.n, v.*\n%s\nCROSS JOIN LATERAL (%s) v", v.from(), v.selection(strings.Join(columns, ", ")))
	if v.bare {
		return rows
	}
	with := withTerms(v.group, v.trials)
	others := v.others()
	if len(others) > 0 || len(v.children) > 0 {
		with += ",\n" + hiddenOf(gated(v.trials), others)
	}
	if len(v.children) > 0 {
		return with + ",\n" + chosen(rows)
	}
	return with + "\n" + rows
}

// column is the expression of a column of v: itself, or null where it is masked or
// refers to what is not shown.
func (v view[T, P]) column(column string) string {
	if to := v.refers[column]; to != "" {
		return fmt.Sprintf("CASE WHEN EXISTS (SELECT FROM %[2]s t WHERE t.nhs_number = p.nhs_number AND t.id = v.%[1]s AND %[3]s) THEN v.%[1]s END AS %[1]s", column, to, notHidden("t.id", v.reference(column)))
	}
	for i, code := range v.masked {
		if rest, ok := strings.CutPrefix(column, code+"_"); ok && !strings.Contains(rest, "_") {
			return fmt.Sprintf("CASE WHEN btrim(concat(v.%[1]s_system, v.%[1]s_display)) <> '' AND %[3]s THEN v.%[2]s END AS %[2]s", code, column, notHidden("v.id", masks+i))
		}
	}
	return "v." + column
}

// childSQL is the parts of the entries that were read before them, but for those that are
// hidden: see parts.go.
func (v view[T, P]) childSQL(number int) string {
	c := v.children[number]
	columns := "c." + strings.ReplaceAll(strings.Join(strings.Fields(c.columns), " "), ", ", ", c.")
	if c.selects("rank") { // without the holes of what is not shown
		columns = strings.Replace(columns, "c.rank", "CASE WHEN c.rank IS NOT NULL THEN (dense_rank() OVER (ORDER BY c.rank))::int END AS rank", 1)
	}
	conditions := partShown(number)
	if earliest := c.earliest("c"); v.adults && earliest != "" {
		conditions += fmt.Sprintf("\n\tAND (%s < p.adult_from) IS NOT TRUE", earliest)
	}
	return fmt.Sprintf("SELECT p.n, c.*\n%s\nCROSS JOIN LATERAL (SELECT c.parent_id, %s\n\tFROM %s c WHERE c.nhs_number = p.nhs_number AND c.parent_id = v.id AND %s\n\tORDER BY c.position LIMIT %d) c",
		chosenBefore, columns, c.relation.name, conditions, maxRows+1)
}

func (e *entries[T, P]) statements() []statement {
	return append([]statement{e.rows}, e.children...)
}

func (e *entries[T, P]) trials() []trial { return e.view.trials }

func (e *entries[T, P]) words() *statement { return e.apart }

func (e *entries[T, P]) describe(s *Source) [][]uint32 {
	described := make([][]uint32, 1+len(e.children))
	for i := range described {
		types := []uint32{pgtype.Int8OID}
		r := &row{source: s, types: &types}
		if i == 0 {
			var x T
			r.Item(envelopeOf[T, P](&x))
			e.view.scan(r, &x)
		} else {
			e.view.children[i-1].add(r, func(string) *T { return nil })
		}
		described[i] = types
	}
	return described
}

func (e *entries[T, P]) queue(batch *postgres.Batch, a *asked) {
	e.rows.queue(batch, a)
	for i := range e.children {
		if a.Children&(1<<i) != 0 {
			e.children[i].queue(batch, a)
		}
	}
}

func (e *entries[T, P]) collect(w *wave, results postgres.Results, j *job) (fetch.Answer, bool, error) {
	ask := j.read()
	c := collector[T, P]{tally: w.tally(ask), row: w.begin(e.view.name), items: room[T](j.usual, ask)}
	if !e.view.bare {
		c.row.look.begin(w.screen, w.source.Org)
		c.row.look.clean = w.clean // made for a kind before
	}
	if err := each(results, c.row, func(subject int) { c.add(subject, e.view.scan) }, ask); err != nil {
		return fetch.Answer{}, false, err
	}
	w.owner = c.owner // room for the next
	j.usual.sawRows(len(c.items), len(ask.Subjects.Patients))
	short := c.short(e.view.stoodAt)
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

// A collector gathers entries by subject. Rows come subject by subject from the
// lateral join; where they do not, they are put in order at the end.
type collector[T any, P entry[T]] struct {
	tally
	row     *row
	items   []T
	index   map[entryKey]int // made for children
	find    func(id string) *T
	subject int     // that find looks for
	parts   []int32 // by entry: how many rows one of its child relations has
}

// A tally counts what came of an ask, by subject.
type tally struct {
	ask        *fetch.Ask
	owner      []int32 // by entry, whose it is
	perSubject []int32 // entries, from the second place on
	unreadable []bool
	before     []int32 // how many entries stand before the first that could not be read
	cut        []bool  // an entry has more parts than are read
	lost       []int32 // how many entries could not be read
}

// mostGrown bounds what is set aside for rows that may not come.
const mostGrown = 10_000

// room is set aside for what is usual, and a little more.
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
// because some could not be read.
func (c *collector[T, P]) short(stoodAt func(record.RecordItem, fetch.Position) bool) bool {
	after, first := c.ask.Filter.After, c.ask.Filter.First
	for i, lost := range c.lost {
		have := int(c.perSubject[i+1])
		if lost == 0 || have+int(lost) < first {
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
