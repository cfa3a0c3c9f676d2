package sourcetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/datasources/view"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A Filled source has entries of every kind for many patients.
type Filled struct {
	Source   *view.Source
	Subjects *fetch.Subjects
	Terms    *fetch.Terms
	DSN      string // of the role that may only SELECT
	Admin    *pgxpool.Pool
}

// Fill makes a source that holds n entries of every relation, each with one of its
// parts, for each of some patients, in the order of the patients. Their words are
// ordinary and differ.
func Fill(t testing.TB, h Harness, patients, n int) Filled {
	t.Helper()
	s := newSuite(t, h)
	var all []record.NHSNumber
	for range patients {
		all = append(all, patient())
	}
	first := strings.TrimPrefix(string(all[0]), "999")
	for _, rel := range s.tables {
		r := row{"nhs_number": fmt.Sprintf("'999' || lpad((%s + p)::text, 7, '0')", strings.TrimLeft(first, "0"))}
		switch {
		case rel.has("parent_id"):
			r["parent_id"], r["position"] = "'e' || i", "1"
		case rel.has("id"):
			r["id"] = "'e' || i"
		case rel.has("position"):
			r["position"] = "i"
		}
		for _, c := range rel.columns {
			switch {
			case c.name == rel.newest && c.kind == "text":
				r[c.name] = "to_char('2020-01-01'::date + i * 30, 'YYYY-MM-DD')"
			case c.name == rel.newest:
				r[c.name] = "'2020-01-01'::timestamptz + i * interval '30 days'"
			case c.isWords(rel) && r[c.name] == "" && c.kind == "text":
				r[c.name] = fmt.Sprintf("'%s, part ' || i %% 7", []string{"Community nursing", "Left lower leg", "Reviewed at home", "Clinic four"}[len(c.name)%4])
			}
		}
		rows := n
		if !rel.has("id") && !rel.has("parent_id") {
			rows = 1
		}
		var names []string
		for _, c := range rel.columns {
			names = append(names, c.name)
		}
		if _, err := s.admin.Exec(t.Context(), fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM generate_series(0, %d) p, generate_series(1, %d) i ORDER BY p, i; ",
			rel.name, strings.Join(names, ", "), strings.Join(rel.sql(r), ", "), patients-1, rows)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.admin.Exec(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	return Filled{Source: s.source, Subjects: subjects(all...), Terms: terms, DSN: s.db.DSN(s.role), Admin: s.admin}
}
