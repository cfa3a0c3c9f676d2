package sourcetest

import (
	"slices"
	"testing"

	"carerecord/datasources/acute"
	"carerecord/datasources/demographics"
	"carerecord/datasources/gp"
	"carerecord/datasources/mentalhealth"
	"carerecord/datasources/socialcare"
	"carerecord/datasources/view"
	"carerecord/internal/fetch"
)

// sectors are the sources that there are, in the order in which a kind is theirs to try
// out to its end.
var sectors = []Harness{
	{Views: gp.Views, Open: gp.Open},
	{Views: acute.Views, Open: acute.Open},
	{Views: mentalhealth.Views, Open: mentalhealth.Open},
	{Views: socialcare.Views, Open: socialcare.Open, Adults: true},
	{Views: demographics.Views, Open: demographics.Open},
}

// distinct are the kinds that no sector before this one reads by the very same statements
// from relations of the very same DDL. Of the others that sector's suite shows what this
// one would: thousands of rows need not be read twice for it.
func (s *suite) distinct(t testing.TB) []fetch.Kind {
	t.Helper()
	kinds := s.kinds()
	for _, h := range sectors {
		if h.Views == s.h.Views {
			break
		}
		if earlier := s.of(t, h); sameRelations(s.tables, parse(h.Views)) {
			kinds = slices.DeleteFunc(kinds, func(kind fetch.Kind) bool { return s.source.ReadsAs(earlier, kind) })
		}
	}
	return kinds
}

// of is the source of another sector, which is not read.
func (s *suite) of(t testing.TB, h Harness) *view.Source {
	t.Helper()
	source, err := h.Open(org, s.db.DSN(s.role), ids)
	if err != nil {
		t.Fatal(err)
	}
	source.Close()
	return source
}

// sameRelations reports whether those of the same name have the same columns and indexes.
func sameRelations(one, other map[string]*table) bool {
	for name, rel := range one {
		if other[name] != nil && other[name].ddl != rel.ddl {
			return false
		}
	}
	return true
}
