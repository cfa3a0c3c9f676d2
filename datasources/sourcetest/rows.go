package sourcetest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A table is a relation of the DDL.
type table struct {
	name    string
	columns []column
	newest  string // the column of the index by date
	ddl     string
}

type column struct {
	name, kind string
	required   bool
	values     []string // of a coded column
	comment    string
}

var (
	tablePattern  = regexp.MustCompile(`^CREATE TABLE IF NOT EXISTS (\w+) \(`)
	columnPattern = regexp.MustCompile(`^    (\w+) +(text\[\]|\w+)([^-]*)-- (.*)$`)
	indexPattern  = regexp.MustCompile(`^CREATE INDEX IF NOT EXISTS \w+_newest ON (\w+) \(nhs_number, (\w+) DESC NULLS LAST\)`)
	valuesPattern = regexp.MustCompile(`(?:One of|Of) ([A-Z0-9_, ]+)\.`)
)

// parse reads the DDL of a sector.
func parse(views string) map[string]*table {
	tables := map[string]*table{}
	var last *table
	for _, line := range strings.Split(views, "\n") {
		if m := tablePattern.FindStringSubmatch(line); m != nil {
			last = &table{name: m[1]}
			tables[m[1]] = last
		}
		if last != nil && line != "" && !strings.HasPrefix(line, "--") {
			last.ddl += line + "\n"
		}
		if m := indexPattern.FindStringSubmatch(line); m != nil {
			tables[m[1]].newest = m[2]
		}
		if m := columnPattern.FindStringSubmatch(line); m != nil && last != nil {
			c := column{name: m[1], kind: m[2], required: strings.Contains(m[3], "NOT NULL"), comment: m[4]}
			if v := valuesPattern.FindStringSubmatch(m[4]); v != nil {
				c.values = strings.Split(v[1], ", ")
			}
			last.columns = append(last.columns, c)
		}
	}
	if note := tables["list_note"]; note != nil {
		note.newest = "recorded_at" // few rows, no index
	}
	return tables
}

func (t *table) has(name string) bool {
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.name == name })
}

// isDate reports whether the column holds a PartialDate.
func (c column) isDate() bool { return c.kind == "text" && strings.Contains(c.comment, "YYYY-MM-DD") }

// isMoment reports whether the column holds a moment.
func (c column) isMoment() bool { return c.kind == "timestamptz" }

// isWords reports whether what the column holds is read out as words: text that is
// no identifier, code, date or coded value.
func (c column) isWords(t *table) bool {
	if c.kind != "text" || c.isDate() || c.values != nil {
		return false
	}
	switch c.name {
	case "nhs_number", "id", "parent_id", "specialty_key", "value_absent_reason":
		return false
	case "value_code":
		return false
	}
	for _, suffix := range []string{"_id", "_ods", "_code"} {
		if strings.HasSuffix(c.name, suffix) {
			return false
		}
	}
	if code, ok := strings.CutSuffix(c.name, "_system"); ok && c.name != "source_system" {
		return !t.has(code+"_code") && code != "value_code"
	}
	return true
}

// A row is the values of its columns as SQL; what it does not say is made up.
type row map[string]string

// with is the row with other values.
func (r row) with(changes row) row {
	r = maps.Clone(r)
	maps.Copy(r, changes)
	return r
}

// entry is an ordinary row of a kind that its read shows.
func (s *suite) entry(kind fetch.Kind, p record.NHSNumber, id string) row {
	r := row{"nhs_number": quote(string(p)), "id": quote(id)}
	switch kind {
	case fetch.Upcoming:
		r["starts_at"] = quote("2026-12-01T09:00:00Z")
	case fetch.UnmappedResults:
		r["test_system"], r["test_code"] = "null", "null"
	case fetch.UnmappedVitalSigns:
		r["sign_system"], r["sign_code"] = "null", "null"
	}
	return r
}

// plain are words that give nothing away.
const plain = "Left knee, reviewed at home"

// made is an ordinary value of a column.
func (c column) made(t *table) string {
	switch {
	case c.name == "nhs_number" || c.name == "id" || c.name == "parent_id":
		panic("a row of " + t.name + " without its " + c.name)
	case c.name == "position":
		return "1"
	case c.name == "rank" || c.name == "value_comparator" || c.name == "value_limit" || c.name == "linked_codes" || c.name == "value_absent_reason":
		return "null"
	case c.name == "specialty_key":
		return quote("300")
	case c.name == "class":
		return quote(string(record.ClassAllergies))
	case t.name == "list_note" && c.name == "note":
		return quote(string(record.NoteNoneKnown))
	case c.name == "content_type":
		return quote("text/plain")
	case strings.HasSuffix(c.name, "_ods"):
		return "null"
	case strings.HasSuffix(c.name, "_id"):
		return quote("other-1")
	case c.values != nil && c.kind == "text[]":
		return "ARRAY[" + quote(c.values[0]) + "]"
	case c.values != nil:
		return quote(c.values[0])
	case c.isDate():
		return quote("2024-03-01")
	case strings.HasSuffix(c.name, "_original_system"):
		return quote("urn:local")
	case c.kind == "text" && strings.HasSuffix(c.name, "_system") && c.name != "source_system":
		return quote("http://snomed.info/sct")
	case c.kind == "text" && (strings.HasSuffix(c.name, "_code") || c.name == "value_code"):
		return quote("271737000")
	case strings.HasSuffix(c.name, "_day_only"):
		return "false"
	}
	switch c.kind {
	case "text":
		return quote(plain)
	case "text[]":
		return "null"
	case "timestamptz":
		return quote("2024-03-01T09:30:00Z")
	case "integer":
		return "3"
	case "numeric":
		return "7.50"
	case "boolean":
		return "false"
	case "bytea":
		return `'Seen today.'::bytea`
	}
	panic("a column of type " + c.kind)
}

// insert writes rows of one relation.
func (s *suite) insert(t *testing.T, table string, rows ...row) {
	t.Helper()
	if len(rows) == 0 {
		return
	}
	rel := s.tables[table]
	var names []string
	for _, c := range rel.columns {
		names = append(names, c.name)
	}
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES ")
	for i, r := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + strings.Join(rel.sql(r), ", ") + ")")
	}
	s.exec(t, b.String())
}

func (t *table) sql(r row) []string {
	values := make([]string, len(t.columns))
	for i, c := range t.columns {
		if value, ok := r[c.name]; ok {
			values[i] = value
		} else {
			values[i] = c.made(t)
		}
	}
	for name := range r {
		if !t.has(name) {
			panic("no column " + name + " in " + t.name)
		}
	}
	return values
}
