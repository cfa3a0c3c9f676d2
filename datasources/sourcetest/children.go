package sourcetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// hiddenChildren: a part of an entry is hidden alone; a stay or attendance goes with
// its main diagnosis or procedure.
func (s *suite) hiddenChildren(t *testing.T) {
	for _, kind := range s.whole {
		for bit, fields := range fetch.ChildFields[kind] {
			child := s.childTable(kind, bit)
			if child == nil {
				t.Errorf("%s: no relation for %s in views.sql", kind, fields[0])
				continue
			}
			p, clean := patient(), patient()
			part := func(of record.NHSNumber, position int) row {
				return row{"nhs_number": quote(string(of)), "parent_id": quote("e"), "position": fmt.Sprint(position)}
			}
			s.insert(t, relation(kind), s.entry(kind, p, "e"), s.entry(kind, clean, "e"))
			parts := []row{part(p, 1), part(clean, 1)}
			for i, h := range child.hidings(nil) {
				parts = append(parts, part(p, i+2).with(h.row))
			}
			s.insert(t, child.name, parts...)
			a := s.read(t, &fetch.Ask{Kind: kind, Children: 1 << bit, Subjects: subjects(p, clean)})
			for i, entries := range a.entries {
				if len(entries) != 1 || childLen(entries[0], fields[0]) != 1 {
					t.Errorf("%s of patient %d: %d entries, %d %s", kind, i, len(entries), childLen(entries[0], fields[0]), fields[0])
				}
			}
			if a := s.read(t, &fetch.Ask{Kind: kind, Subjects: subjects(p)}); childLen(a.entries[0][0], fields[0]) != 0 {
				t.Errorf("%s: %s came without being asked for", kind, fields[0])
			}
			if child.has("rank") {
				s.hiddenMain(t, kind, child)
				s.ranks(t, kind, bit, child)
			}
			s.manyParts(t, kind, bit, child)
		}
	}
}

// ranks: what is hidden leaves no hole among them.
func (s *suite) ranks(t *testing.T, kind fetch.Kind, bit int, child *table) {
	p := patient()
	s.insert(t, relation(kind), s.entry(kind, p, "e"))
	var parts []row
	for i := range 5 {
		part := row{"nhs_number": quote(string(p)), "parent_id": quote("e"), "position": fmt.Sprint(i + 1), "rank": fmt.Sprint(i + 1)}
		if i == 1 || i == 2 {
			part = part.with(child.hidings(nil)[0].row)
		}
		parts = append(parts, part)
	}
	parts[4]["rank"] = "null"
	s.insert(t, child.name, parts...)
	a := s.read(t, &fetch.Ask{Kind: kind, Children: 1 << bit, Subjects: subjects(p)})
	var got []*int
	switch x := a.entries[0][0].(type) {
	case *record.Stay:
		for _, d := range x.Diagnoses {
			got = append(got, d.Rank)
		}
		for _, d := range x.Procedures {
			got = append(got, d.Rank)
		}
	case *record.Attendance:
		for _, d := range x.Diagnoses {
			got = append(got, d.Rank)
		}
	}
	if len(got) != 3 || *got[0] != 1 || *got[1] != 2 || got[2] != nil {
		t.Errorf("%s: the ranks of %s have holes: %v", kind, child.name, got)
	}
}

// manyParts: an entry with more parts than are read says that they are not all.
func (s *suite) manyParts(t *testing.T, kind fetch.Kind, bit int, child *table) {
	if kind == fetch.UnmappedResults || kind == fetch.UnmappedVitalSigns {
		return // the same parts as those of results and vital signs
	}
	p, few := patient(), patient()
	s.insert(t, relation(kind), s.entry(kind, p, "e"), s.entry(kind, few, "e"))
	r := row{"nhs_number": quote(string(p)), "parent_id": quote("e"), "position": "i"}
	var names []string
	for _, c := range child.columns {
		names = append(names, c.name)
	}
	insert := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM generate_series(1, ", child.name, strings.Join(names, ", "), strings.Join(child.sql(r), ", "))
	s.exec(t, insert+"10001) i")
	s.insert(t, child.name, row{"nhs_number": quote(string(few)), "parent_id": quote("e"), "position": "1"})
	a := s.read(t, &fetch.Ask{Kind: kind, Children: 1 << bit, Subjects: subjects(p, few)})
	if n := childLen(a.entries[0][0], fetch.ChildFields[kind][bit][0]); n != 10_000 || a.Truncated == nil || !a.Truncated[0] || a.Truncated[1] {
		t.Errorf("%s: %d %s, truncated %v", kind, n, child.name, a.Truncated)
	}
}

func (s *suite) hiddenMain(t *testing.T, kind fetch.Kind, child *table) {
	p := patient()
	entries, parts := []row{s.entry(kind, p, "plain")}, []row(nil)
	add := func(id string, changes row) {
		entries = append(entries, s.entry(kind, p, id))
		parts = append(parts, row{"nhs_number": quote(string(p)), "parent_id": quote(id), "position": "1"}.with(changes))
	}
	add("main is plain", row{"rank": "1"})
	for i, h := range child.hidings(nil) {
		add(fmt.Sprint("first, ", i, h.what), h.row)
		add(fmt.Sprint("ranked, ", i, h.what), h.with(row{"position": "5", "rank": "1"}))
		if i == 0 {
			for id, at := range map[string][2]row{
				"second is hidden": {{"rank": "1"}, {"rank": "2"}}, "second by its place is hidden": {{"position": "1"}, {"position": "2"}},
				"ranked from two": {{"rank": "3"}, {"rank": "2"}}, "placed from two": {{"position": "3"}, {"position": "2"}},
			} {
				add(id, at[0])
				add(id, h.with(row{"position": "7"}).with(at[1]))
				entries = entries[:len(entries)-1]
			}
			add("alone, ranked second", h.with(row{"rank": "2"}))
			add("ranked zero", h.with(row{"position": "5", "rank": "0"}))
			add("ranked below zero", h.with(row{"position": "5", "rank": "-1"}))
			add("first from zero", h.with(row{"position": "0"}))
			add("neither ranked nor placed", h.with(row{"position": "null"}))
		}
	}
	s.exec(t, "ALTER TABLE "+child.name+" ALTER COLUMN position DROP NOT NULL") // some views promise it and do not keep it
	s.insert(t, relation(kind), entries...)
	s.insert(t, child.name, parts...)
	equal(t, string(kind)+" by main "+child.name, s.shown(t, kind, p), []string{"main is plain", "plain", "second by its place is hidden", "second is hidden"})
}

// childTable is the relation of a kind's children, by the names of the DDL.
func (s *suite) childTable(kind fetch.Kind, bit int) *table {
	names := map[fetch.Kind][]string{
		fetch.Allergies: {"allergy_reaction"}, fetch.Medications: {"medication_issue"},
		fetch.Results: {"result_component"}, fetch.UnmappedResults: {"result_component"}, fetch.VitalSigns: {"vital_sign_component"}, fetch.UnmappedVitalSigns: {"vital_sign_component"},
		fetch.CarePlans:     {"care_plan_section", "care_plan_activity", "care_plan_goal", "care_plan_agreement"},
		fetch.Stays:         {"stay_diagnosis", "stay_procedure", "episode", "ward_stay"},
		fetch.Attendances:   {"attendance_diagnosis"},
		fetch.Consultations: {"consultation_section"}, fetch.CommunityTreatmentOrders: {"community_treatment_order_recall"},
	}[kind]
	if bit >= len(names) {
		return nil
	}
	return s.tables[names[bit]]
}

// tellsNothing reports whether a row that is hidden so says nothing of what hangs on it: it was a mistake.
func tellsNothing(h change) bool { return strings.Contains(h.what, "error") }

// hangingOnStays: what was given at a stay that may not be shown, and its summary, are not there either, whichever of its
// rows tells; a stay that was a mistake tells nothing, and one of which it is not said whether it is confidential may not.
func (s *suite) hangingOnStays(t *testing.T) {
	if !s.tries(fetch.Stays) {
		return
	}
	p, other := patient(), patient()
	var stays, medicines, documents []row
	var want []string
	put := func(id string, stay row, shown bool) {
		if shown {
			want = append(want, id)
		}
		stays = append(stays, row{"nhs_number": quote(string(p)), "id": quote(id), "summary_id": quote(id)}.with(stay))
		medicines = append(medicines, s.entry(fetch.Medications, p, id).with(row{"discharge_id": quote(id)}))
		documents = append(documents, s.entry(fetch.Documents, p, id).with(row{"content": `'\x68656c6c6f'`}))
	}
	for i, h := range append([]change{{"plain", row{}}}, s.tables["stay"].hidings(maskedCodes("stay"))...) {
		put(fmt.Sprint(i, " ", h.what), h.row, i == 0 || tellsNothing(h))
	}
	for i, part := range []struct {
		what, table, rank, position string
		secret, shown               bool
	}{
		{"main", "stay_diagnosis", "1", "1", true, false}, {"only", "stay_diagnosis", "2", "2", true, false}, {"first of no rank", "stay_diagnosis", "null", "1", true, false},
		{"procedure", "stay_procedure", "1", "1", true, false}, {"ordinary", "stay_diagnosis", "1", "1", false, true},
	} {
		id := fmt.Sprint("part ", i, " ", part.what)
		put(id, row{}, part.shown)
		code := strings.TrimPrefix(part.table, "stay_")
		r := row{"nhs_number": quote(string(p)), "parent_id": quote(id), "position": part.position, "rank": part.rank}
		if part.secret {
			r[code+"_system"], r[code+"_code"] = quote(secretSystem), quote(secretCode)
		}
		s.insert(t, part.table, r)
	}
	put("part behind another", row{}, true)
	for i, secret := range []row{nil, {"diagnosis_system": quote(secretSystem), "diagnosis_code": quote(secretCode)}} {
		s.insert(t, "stay_diagnosis", row{"nhs_number": quote(string(p)), "parent_id": quote("part behind another"), "position": fmt.Sprint(i + 1), "rank": fmt.Sprint(i + 1)}.with(secret))
	}
	put("of no stay", row{"id": quote("another")}, true)
	s.insert(t, "stay", append(stays, row{"nhs_number": quote(string(other)), "id": quote("of no stay"), "summary_id": quote("of no stay"), "specialty_key": quote("360")})...)
	s.insert(t, "medication", medicines...)
	s.insert(t, "document", documents...)
	slices.Sort(want)
	for _, kind := range []fetch.Kind{fetch.Medications, fetch.Documents} {
		got := s.read(t, &fetch.Ask{Kind: kind, Subjects: subjects(p)}).ids(0)
		slices.Sort(got)
		equal(t, string(kind)+" of stays", got, want)
	}
	for _, id := range []string{want[0], "part 0 main"} {
		got := s.read(t, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: id}, Subjects: subjects(p)}).ids(0)
		if (len(got) == 1) != (id == want[0]) {
			t.Errorf("the content of %q: %q", id, got)
		}
	}
}
