package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Whether a row is shown also depends on rows of other relations: a main diagnosis hides its stay, a hidden report its results,
// a hidden stay the medicines given during it; nothing refers to what is hidden, and a hidden discharge is not the latest. And
// the parts of an entry are read by statements of their own. So the statement for the entries judges all these rows too, once
// and by one rule (the CTE hidden). If parts are asked for, it records in settings of its transaction:
//
//   - carerecord.chosen: for each patient, the ids of the entries that were read;
//   - carerecord.hidden: for each patient, the parts that may not be shown.
//
// The statements for the parts follow it in the pipeline and have no rule of their own. They see the same rows, because a
// pipeline is one transaction with one snapshot. If it is not, nothing is recorded and they fail, as they do without the
// statement before them.

// Numbers of the relations that are judged beside the view's own. A part has the number of its bit in Ask.Children.
const (
	stays      = 50 // followed by their main diagnosis and procedure
	references = 60 // one for each column that refers to another relation
	discharges = 70
	masks      = 80 // one for each code that is left out by itself
)

// An other is a relation, beside the view's own, whose rows are judged.
type other struct {
	relation
	number int
	by     string // the column with the id of the entry that a row is, or belongs to
	where  string // which of its rows, as a condition over h; all if empty
}

// masking is the relation reduced to one of its codes.
func (r relation) masking(code string) relation {
	return relation{name: r.name, columns: code + "_code " + code + "_display", codes: []string{code}, texts: []string{code + "_display"}}
}

// others are the relations that the statement for the entries judges.
func (v view[T, P]) others() (all []other) {
	for i, c := range v.children {
		where := trial{part: i, byCodes: v.byParts && i == 0}.where()
		if slices.Contains(v.mains, i) {
			where = fmt.Sprintf("(%s OR %s)", where, c.isMain())
		}
		all = append(all, other{c.relation, i, "parent_id", where})
	}
	const listed = ":status IN ('CURRENT', 'PAST')"
	if v.latest {
		all = append(all, other{v.relation, discharges, "id", listed + " AND h.kind = 'DISCHARGE' AND isfinite(h.discharged_at) AND h.discharged_at <= :now"})
	}
	if v.ofStays() {
		all = append(all, other{entryOf(stayView.relation), stays, "id", ""})
		for i, main := range stayView.mains {
			all = append(all, other{stayView.children[main].relation, stays + 1 + i, "parent_id", stayView.children[main].isMain()})
		}
	}
	for _, column := range v.referring() {
		all = append(all, other{referred(v.refers[column]), v.reference(column), "id", ""})
	}
	for i, code := range v.masked {
		all = append(all, other{v.masking(code), masks + i, "id", ""})
	}
	return slices.DeleteFunc(all, func(o other) bool {
		return !o.entry && len(o.codes) == 0 && len(o.shownTexts("h")) == 0 && len(o.plainlyShown("h")) == 0
	})
}

// findTrials are the relations whose texts are tried before the entries are read.
func (v view[T, P]) findTrials() []trial {
	all := []trial{newTrial(v.relation, -1, false)}
	for _, o := range v.others() {
		if slices.ContainsFunc(all, func(t trial) bool { return t.name == o.name }) {
			continue
		}
		part, byCodes := -1, false
		if o.number < len(v.children) && !slices.Contains(v.mains, o.number) {
			part, byCodes = o.number, v.byParts && o.number == 0
		}
		all = append(all, newTrial(o.relation, part, byCodes))
	}
	return slices.DeleteFunc(all, func(t trial) bool { return t.said() == "" })
}

// A hanging is a relation that the entries of a view depend on: an entry is hidden with the row it depends on.
type hanging struct {
	relation
	numbers []int  // of its rows and its main parts, among the relations that are judged
	on      string // which row t the entry v depends on
}

// onStay makes entries depend on the stay t for which a condition holds.
func onStay(on string) []hanging {
	return []hanging{{stayView.relation, []int{stays, stays + 1, stays + 2}, on}}
}

// ofStays reports whether the view's entries depend on stays, which are then judged too.
func (v view[T, P]) ofStays() bool {
	return slices.ContainsFunc(v.hangs, func(h hanging) bool { return h.name == stayView.name })
}

// condition is true of a row that depends on nothing hidden. A row that was entered in error hides nothing, and neither does
// one whose confidential is null.
func (h hanging) condition(alias string) string {
	stands := "t.entered_in_error IS NOT TRUE AND t.confidential IS NOT NULL"
	if h.selects("status") {
		stands += " AND " + fmt.Sprintf(noMistake, "t.status")
	}
	return fmt.Sprintf("NOT EXISTS (SELECT FROM hidden h JOIN %s t ON t.nhs_number = p.nhs_number AND t.id = h.entry WHERE h.n = p.n AND (%s) AND %s AND %s)", h.name, among(h.numbers), strings.ReplaceAll(h.on, "v.", alias+"."), stands)
}

// isMain is true of an entry's main diagnosis or procedure, and of one that might be it: some systems rank from zero, some from
// two.
func (r relation) isMain() string {
	return fmt.Sprintf("((coalesce(h.rank, h.position) > 1) IS NOT TRUE OR NOT EXISTS (SELECT FROM %s x WHERE x.nhs_number = p.nhs_number AND x.parent_id = h.parent_id AND coalesce(x.rank, x.position) < coalesce(h.rank, h.position)))", r.name)
}

// referring are the columns that refer to rows of other relations, sorted.
func (v view[T, P]) referring() []string { return slices.Sorted(maps.Keys(v.refers)) }

// reference is the number of the relation that a column refers to.
func (v view[T, P]) reference(column string) int {
	return references + slices.Index(v.referring(), column)
}

// referred is a relation that rows may refer to.
func referred(name string) relation {
	if name == documentView.name {
		return entryOf(documentView.relation)
	}
	return entryOf(reportView.relation)
}

func entryOf(r relation) relation {
	r.entry = true
	return r
}

// hiddenOf is the CTE of those rows of these relations that may not be shown.
func hiddenOf(gated string, others []other) string {
	if len(others) == 0 {
		return "hidden AS (SELECT 0::bigint AS n, 0 AS part, '' AS entry, 0 AS position WHERE false)"
	}
	var arms []string
	links := ""
	for _, o := range others {
		position, main, linked := "NULL::int", "false", "NULL::text[]"
		if o.by == "parent_id" {
			position = "h.position"
		}
		if o.entry {
			linked, links = "h.linked_codes", "k.links"
		}
		if o.selects("rank") {
			main = o.isMain()
		}
		barred := "false"
		plainly := o.plainlyShown("h")
		if o.entry { // a confidential entry tells nothing about others
			plainly = append(plainly, "h.confidential IS FALSE")
		}
		if len(plainly) > 0 {
			barred = "NOT (" + strings.Join(plainly, " AND ") + ")"
		}
		systems, codes := "NULL::text[]", "NULL::text[]"
		if s, c := o.coded("h"); len(c) > 0 {
			systems, codes = arrayOf(s), arrayOf(c)
		}
		said := "NULL"
		if words := o.shownTexts("h"); len(words) > 0 {
			said = fmt.Sprintf("CASE WHEN gate.suspect THEN %s END", joined(words))
		}
		arm := fmt.Sprintf("SELECT %d AS part, coalesce(h.%s, '') AS entry, %s AS position, %s AS main, %s AS barred, %s AS systems, %s AS codes, %s AS links, %s AS said\n\t\tFROM %s h WHERE h.nhs_number = p.nhs_number",
			o.number, o.by, position, main, barred, systems, codes, linked, said, o.name)
		if o.where != "" {
			arm += " AND " + o.where
		}
		arms = append(arms, arm)
	}
	return fmt.Sprintf("hidden AS MATERIALIZED (SELECT p.n, k.part, k.entry, k.position, k.main\n\t%s\nCROSS JOIN LATERAL (%s OFFSET 0) k\n\tWHERE k.barred OR %s IS TRUE OR %s)",
		gated, strings.Join(arms, "\n\tUNION ALL "), wordsHidden("k.said"), codesHidden("k.systems", "k.codes", links))
}

// notHidden is true of an entry that is not among the hidden rows of these relations, nor hidden by its main part among them.
func notHidden(id string, numbers ...int) string {
	return fmt.Sprintf("NOT EXISTS (SELECT FROM hidden h WHERE h.n = p.n AND h.entry = coalesce(%s, '') AND (%s))", id, among(numbers))
}

// among is true of a hidden row h of these relations; of a part only if it is the main one.
func among(numbers []int) string {
	var any []string
	for _, number := range numbers {
		condition := fmt.Sprintf("h.part = %d", number)
		if number < stays || number > stays && number < references { // a part
			condition += " AND h.main"
		}
		any = append(any, condition)
	}
	return strings.Join(any, " OR ")
}

// chosen is the statement for entries that also records what the statements for their parts need. Without entries it returns
// one row that is nobody's, so that the record is made in any case.
func chosen(rows string) string {
	return fmt.Sprintf("chosen AS MATERIALIZED (%s)\nSELECT v.* FROM (SELECT "+leave+") d LEFT JOIN chosen v ON true", rows, stays)
}

const leave = `CASE WHEN :parts <> 0 THEN set_config('carerecord.chosen', ` + inOneSnapshot + `(SELECT array_agg(c.ids ORDER BY p.n)::text
	FROM p LEFT JOIN (SELECT v.n, array_agg(v.id)::text AS ids FROM chosen v GROUP BY v.n) c USING (n)) END, true) END,
	CASE WHEN :parts <> 0 THEN set_config('carerecord.hidden', ` + inOneSnapshot + `(SELECT array_agg(c.parts ORDER BY p.n)::text
	FROM p LEFT JOIN (SELECT h.n, array_agg(concat(h.part, ' ', h.position, ' ', h.entry))::text AS parts FROM hidden h WHERE h.part < %d GROUP BY h.n) c USING (n)) END, true) END`

const inOneSnapshot = `CASE WHEN current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN `

// chosenBefore is the patients with the entries that the statement before it read.
const chosenBefore = `FROM unnest(:patients, :adult_from, current_setting('carerecord.chosen')::text[], current_setting('carerecord.hidden')::text[])
	WITH ORDINALITY AS p(nhs_number, adult_from, chosen, hidden, n)
CROSS JOIN LATERAL unnest(p.chosen::text[]) AS v(id)`

// partShown is true of a part c that is not hidden.
func partShown(number int) string {
	return fmt.Sprintf("(p.hidden IS NULL OR concat(%d, ' ', c.position, ' ', c.parent_id) <> ALL (p.hidden::text[]))", number)
}

func arrayOf(expressions []string) string { return "ARRAY[" + strings.Join(expressions, ", ") + "]" }

// joined is texts as one, separated by a sign that no phrase matches across.
func joined(texts []string) string { return "concat_ws(' · ', " + strings.Join(texts, ", ") + ")" }
