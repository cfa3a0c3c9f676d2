package view

import (
	"cmp"
	"fmt"
	"strings"
)

// subjects numbers the patients of an Ask from 1, so that a row names its patient without repeating the NHS number.
const subjects = "unnest(:patients, :adult_from) WITH ORDINALITY AS p(nhs_number, adult_from, n)"

// isMoment reports whether the list is ordered by a timestamptz column.
func (v view[T, P]) isMoment() bool { return strings.HasSuffix(v.newest, "_at") || v.newest == "at" }

// side keeps the rows on the asked side of now. Rows whose date is invalid stay, to be reported as unreadable. An entry of which
// only the day, month or year is known stands on both sides of a now within it.
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

// stands is the date by which entries are ordered. An empty text is null.
func (v view[T, P]) stands(alias string) string {
	if v.isMoment() {
		return alias + "." + v.newest
	}
	return fmt.Sprintf("nullif(%s.%s, '')", alias, v.newest)
}

// page is the condition for rows at or after a position, and the limit: as many rows as asked for, beyond those that share the
// position's date.
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

// from is the patients and what is computed once for each of them.
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
			from += fmt.Sprintf("\nCROSS JOIN LATERAL (SELECT coalesce(max(s.discharged_at), supplied.at) AS at FROM %s s WHERE :status IN ('CURRENT', 'PAST') AND s.nhs_number = p.nhs_number AND s.discharged_at <= :now AND s.discharged_at > coalesce(supplied.at, '-infinity') AND %s\n\t\tAND %s) latest",
				stayView.name, noSession, notHidden("s.id", stays, stays+1, stays+2))
		}
	}
	return from
}

// noSession is true of a stay s that is no record.Stay.Session: a day case or dialysis.
const noSession = "(btrim(s.patient_classification_code) IN ('2', '3', '4')) IS NOT TRUE"

// conditions are what a row must fulfil to be returned.
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

// selection is the lateral query for one patient's rows. It has WITH TIES because entries of one date are ordered by an id that
// the source does not know.
func (v view[T, P]) selection(columns string) string {
	page, limit := v.page()
	order := "DESC NULLS LAST"
	if v.soonest {
		order = "ASC NULLS LAST"
	}
	return fmt.Sprintf("SELECT * FROM (\n\tSELECT %s\n\tFROM %s v\n\tWHERE %s\n\t\tAND %s\n\tORDER BY %s %s\n\tFETCH FIRST %s ROWS WITH TIES) ties LIMIT %d",
		columns, v.name, v.conditions(), page, v.stands("v"), order, limit, maxRows+1)
}

// rowsSQL is the statement for the entries, with what the statements for their parts need if it has parts.
func (v view[T, P]) rowsSQL() string {
	with, rows := v.parted()
	if len(v.children) > 0 {
		return with + ",\n" + chosen(rows)
	}
	return with + "\n" + rows
}

// firstSQL is the same for a first page without parts and without a filter by code, as most asks are. PostgreSQL sets up every
// node of a plan each time a statement runs, including those that a parameter switches off, which is half the cost of a short
// statement. Constants instead of parameters remove them from the plan.
func (v view[T, P]) firstSQL() string {
	with, rows := v.parted()
	return onlyFirst.Replace(with + "\n" + rows)
}

var onlyFirst = strings.NewReplacer(":paged", "false", ":after_on", "NULL::text", ":after_at", "NULL::timestamptz", ":parts", "0", ":codes", "NULL::text[]")

// parted is the query for the entries, and the CTEs before it.
func (v view[T, P]) parted() (with, rows string) {
	columns := prefixed("v", strings.Split(envelope, ", "), "")
	if !v.bare { // without its id an entry cannot be read, and leaves a gap
		columns[0] = "CASE WHEN v.confidential IS NOT NULL THEN v.id END AS id"
	}
	for _, column := range strings.Split(strings.Join(strings.Fields(cmp.Or(v.only, v.columns)), " "), ", ") {
		columns = append(columns, v.column(column))
	}
	rows = fmt.Sprintf("SELECT p.n, v.*\n%s\nCROSS JOIN LATERAL (%s) v", v.from(), v.selection(strings.Join(columns, ", ")))
	if v.bare {
		return "", rows
	}
	with = withTerms(v.group, v.trials)
	if others := v.others(); len(others) > 0 || len(v.children) > 0 {
		with += ",\n" + hiddenOf(gated(v.trials), others)
	}
	return with, rows
}

// column is the expression for a column of v: null if the code is masked, or if it refers to a row that is not shown.
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

// childSQL is the statement for parts of the entries that were just read, without the hidden ones: see parts.go.
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
