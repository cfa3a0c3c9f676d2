package sourcetest

import (
	"fmt"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// parts: those of an entry come with it whatever else is read beside it, whatever its id
// looks like, and hidden ones do not, whatever the source leaves out.
func (s *suite) parts(t *testing.T) {
	for _, kind := range s.whole {
		for bit := range fetch.ChildFields[kind] {
			child := s.childTable(kind, bit)
			s.partsOfTwoLists(t, kind, bit, child)
			s.partsByAnyID(t, kind, bit, child)
			s.partsWithoutPosition(t, kind, bit, child)
		}
	}
}

func partOf(p record.NHSNumber, id string, position int) row {
	return row{"nhs_number": quote(string(p)), "parent_id": quote(id), "position": fmt.Sprint(position)}
}

// partsOfTwoLists: two lists of one kind in one read have each their own entries' parts, and one
// without parts has none.
func (s *suite) partsOfTwoLists(t *testing.T, kind fetch.Kind, bit int, child *table) {
	field := fetch.ChildFields[kind][bit][0]
	p, q, none := patient(), patient(), patient()
	s.insert(t, relation(kind), s.entry(kind, p, "e"), s.entry(kind, q, "e"), s.entry(kind, q, "f"))
	s.insert(t, child.name, partOf(p, "e", 1), partOf(q, "e", 1), partOf(q, "e", 2), partOf(q, "f", 1))
	asks := []*fetch.Ask{
		{Kind: kind, Children: 1 << bit, Subjects: subjects(q)},
		{Kind: kind, Subjects: subjects(q)},
		{Kind: kind, Children: 1 << bit, Subjects: subjects(none)},
		{Kind: kind, Children: 1 << bit, Subjects: subjects(none, p)},
	}
	answers, err := s.source.Read(reading(t), asks)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{3, 0, 0, 1} {
		got := 0
		for _, list := range entries(answers[asks[i]]) {
			for _, x := range list {
				got += childLen(x, field)
			}
		}
		if got != want || answers[asks[i]].Err != nil {
			t.Errorf("%s: list %d has %d %s, want %d (%v)", kind, i, got, field, want, answers[asks[i]].Err)
		}
	}
}

// partsByAnyID: an id may look like anything.
func (s *suite) partsByAnyID(t *testing.T, kind fetch.Kind, bit int, child *table) {
	field := fetch.ChildFields[kind][bit][0]
	p := patient()
	hidings := child.hidings(nil)
	all := []string{"NULL", "null", "{}", `{"a",b}`, `a"b`, `a\b`, `a\\"`, "a b", " a ", "1 2", "é\n€", "a'b", "%s"}
	for _, id := range all {
		s.insert(t, relation(kind), s.entry(kind, p, id))
		s.insert(t, child.name, partOf(p, id, 2))
		if len(hidings) > 0 {
			s.insert(t, child.name, partOf(p, id, 3).with(hidings[0].row))
		}
	}
	a := s.read(t, &fetch.Ask{Kind: kind, Children: 1 << bit, Subjects: subjects(p)})
	if len(a.entries[0]) != len(all) {
		t.Errorf("%s: %d entries of %d", kind, len(a.entries[0]), len(all))
	}
	for _, x := range a.entries[0] {
		if n := childLen(x, field); n != 1 {
			t.Errorf("%s with the id %q has %d %s", kind, sourceID(x), n, field)
		}
	}
}

// partsWithoutPosition: a source may not say where a part stands, though it promised to. What is
// hidden is hidden.
func (s *suite) partsWithoutPosition(t *testing.T, kind fetch.Kind, bit int, child *table) {
	hidings := child.hidings(nil)
	if len(hidings) == 0 {
		return
	}
	field := fetch.ChildFields[kind][bit][0]
	s.exec(t, fmt.Sprintf("ALTER TABLE %s ALTER position DROP NOT NULL", child.name))
	p, clean := patient(), patient()
	s.insert(t, relation(kind), s.entry(kind, p, "e"), s.entry(kind, clean, "e"))
	nowhere, main := row{"position": "null"}, 0
	if child.has("rank") {
		nowhere["rank"] = "2" // behind the main one
		s.insert(t, child.name, partOf(p, "e", 1).with(row{"rank": "1"}), partOf(clean, "e", 1).with(row{"rank": "1"}))
		main = 1
	}
	s.insert(t, child.name, partOf(p, "e", 2).with(nowhere).with(hidings[0].row), partOf(clean, "e", 2).with(nowhere))
	a := s.read(t, &fetch.Ask{Kind: kind, Children: 1 << bit, Subjects: subjects(p, clean)})
	if hidden, shown := childLen(a.entries[0][0], field), childLen(a.entries[1][0], field); hidden != main || shown != main+1 {
		t.Errorf("%s: %d hidden %s and %d others", kind, hidden, field, shown)
	}
}
