package sourcetest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// badRows are rows that cannot be read, from the DDL.
func (t *table) badRows() []change {
	var all []change
	hidden := []string{"recorded_at_day_only"}
	for _, c := range t.columns {
		switch {
		case slices.Contains(hidden, c.name):
		case c.isDate():
			for _, date := range []string{"2026-02-30", "2026-13", "26", "03/2024", "2024-03-01T00:00:00Z", "9999-99"} {
				all = append(all, change{c.name + " " + date, row{c.name: quote(date)}})
			}
		case c.isMoment():
			all = append(all, change{c.name + " infinite", row{c.name: "'infinity'"}})
		case c.kind == "numeric" && c.name != "value_limit":
			all = append(all, change{c.name + " NaN", row{c.name: "'NaN'"}})
		case strings.HasSuffix(c.name, "_display") && strings.Contains(c.comment, "required"):
			code := strings.TrimSuffix(c.name, "_display")
			r := row{c.name: "null", code + "_code": "null"}
			if t.has(code + "_original_display") {
				r[code+"_original_display"], r[code+"_original_code"] = "null", "null"
			}
			all = append(all, change{"NULL " + c.name, r})
		}
	}
	return all
}

// unreadable: an entry that is not what the view promises is left out, its patient's
// list says so, and all other entries and patients are there. Pages stay full.
func (s *suite) unreadable(t *testing.T) {
	for _, kind := range s.whole {
		rel := s.table(kind)
		bad := rel.badRows()
		if len(bad) == 0 {
			t.Errorf("%s: no way to be unreadable was found in the DDL", kind)
		}
		good := patient()
		all := []record.NHSNumber{good}
		rows := []row{s.entry(kind, good, "ok")}
		for _, b := range bad {
			if s.datedOut(kind, b) {
				continue
			}
			p := patient()
			all = append(all, p)
			bad := s.entry(kind, p, "bad").with(b.row)
			switch kind {
			case fetch.UnmappedResults:
				bad = bad.with(row{"test_system": "null", "test_code": "null"})
			case fetch.UnmappedVitalSigns:
				bad = bad.with(row{"sign_system": "null", "sign_code": "null"})
			}
			if kind == fetch.DocumentContent { // one document is asked for; this patient has no other
				bad["id"] = quote("ok")
			} else {
				rows = append(rows, s.entry(kind, p, "ok"))
			}
			rows = append(rows, bad)
		}
		if len(all) == 1 {
			continue // all its ways keep a row out of the read
		}
		s.insert(t, rel.name, rows...)
		ask := &fetch.Ask{Kind: kind, Subjects: subjects(all...)}
		want := []string{"ok"}
		if kind == fetch.DocumentContent {
			ask.Filter.SourceID, want = "ok", []string{}
		}
		a := s.read(t, ask)
		if a.Unreadable == nil || a.Unreadable[0] {
			t.Errorf("%s: unreadable %v", kind, a.Unreadable)
			continue
		}
		equal(t, string(kind), a.ids(0), []string{"ok"})
		i := 0
		for _, b := range bad {
			if s.datedOut(kind, b) {
				continue
			}
			i++
			if !a.Unreadable[i] {
				t.Errorf("%s: %s was read without a word", kind, b.what)
			}
			equal(t, fmt.Sprintf("%s beside %s", kind, b.what), a.ids(i), want)
		}
		s.fullPages(t, kind)
	}
}

// datedOut reports whether a bad date keeps a row out of the read in the first place.
func (s *suite) datedOut(kind fetch.Kind, b change) bool {
	if s.h.Adults && kind == fetch.Notes {
		return true // its only date tells whether it may be read
	}
	if s.h.Adults {
		// A date that cannot be told from one in childhood counts as one.
		for name, value := range b.row {
			if c := column(s.column(kind, name)); c.isMoment() && value != "'infinity'" {
				return true
			} else if c.isDate() && strings.Trim(value, "'") < "2000" {
				return true
			}
		}
	}
	return false
}

func (s *suite) column(kind fetch.Kind, name string) column {
	rel := s.table(kind)
	return rel.columns[slices.IndexFunc(rel.columns, func(c column) bool { return c.name == name })]
}

// fullPages: entries that cannot be read do not take the place of others.
func (s *suite) fullPages(t *testing.T, kind fetch.Kind) {
	rel := s.table(kind)
	b := slices.IndexFunc(rel.badRows(), func(b change) bool { return strings.HasPrefix(b.what, "NULL ") })
	if b < 0 || kind == fetch.DocumentContent {
		return
	}
	p := patient()
	var rows []row
	var want []string
	for i := range 20 {
		bad := s.entry(kind, p, fmt.Sprint("bad", i)).with(rel.badRows()[b].row)
		good := s.entry(kind, p, fmt.Sprint("ok", i))
		late, early := fmt.Sprintf("2026-05-%02d", 28-i), fmt.Sprintf("2025-05-%02d", 28-i)
		if kind == fetch.Upcoming {
			early, late = fmt.Sprintf("2027-01-%02d", i+1), fmt.Sprintf("2026-12-%02d", i+1)
		}
		bad[rel.newest], good[rel.newest] = quote(late), quote(early)
		rows = append(rows, bad, good)
		want = append(want, fmt.Sprint("ok", i))
	}
	s.insert(t, rel.name, rows...)
	for _, first := range []int{1, 3, 20, 50} {
		a := s.read(t, &fetch.Ask{Kind: kind, Filter: fetch.Filter{First: first}, Subjects: subjects(p)})
		if len(a.entries[0]) < min(first, 20) || a.Unreadable == nil {
			t.Errorf("%s: %d entries of at least %d, unreadable %v", kind, len(a.entries[0]), first, a.Unreadable)
			continue
		}
		equal(t, string(kind), a.ids(0)[:min(first, 20)], want[:min(first, 20)])
	}
	equal(t, string(kind)+" by 3", s.walk(t, kind, p, 3), want)
	s.farDown(t, kind, rel.badRows()[b].row)
}

// farDown: how many entries stand before the first that cannot be read is told, for whoever takes no more.
func (s *suite) farDown(t *testing.T, kind fetch.Kind, bad row) {
	rel, p := s.table(kind), patient()
	var rows []row
	for i := range 8 {
		entry := s.entry(kind, p, fmt.Sprint("at", i))
		if i == 3 || i == 5 {
			entry = entry.with(bad)
		}
		day := fmt.Sprintf("2026-05-%02d", 28-i)
		if kind == fetch.Upcoming {
			day = fmt.Sprintf("2027-01-%02d", i+1)
		}
		entry[rel.newest] = quote(day)
		rows = append(rows, entry)
	}
	s.insert(t, rel.name, rows...)
	for _, first := range []int{0, 4, 8} {
		a := s.read(t, &fetch.Ask{Kind: kind, Filter: fetch.Filter{First: first}, Subjects: subjects(patient(), p)})
		if !slices.Equal(a.Before, []int32{0, 3}) || !slices.Equal(a.Unreadable, []bool{false, true}) {
			t.Errorf("%s: of the first %d, unreadable %v, before it %d", kind, first, a.Unreadable, a.Before)
		}
	}
	if a := s.read(t, &fetch.Ask{Kind: kind, Filter: fetch.Filter{First: 3}, Subjects: subjects(p)}); a.Unreadable != nil || a.Before != nil {
		t.Errorf("%s: of the first 3, unreadable %v, before it %d", kind, a.Unreadable, a.Before)
	}
}

// values: what was measured comes as the source wrote it.
func (s *suite) values(t *testing.T) {
	for _, kind := range []fetch.Kind{fetch.Results, fetch.VitalSigns} {
		if !s.publishes(kind) {
			continue
		}
		none := row{"value_text": "null", "value_quantity": "null", "value_comparator": "null", "value_limit": "null", "value_unit": "null",
			"value_code_system": "null", "value_code": "null", "value_code_display": "null", "value_absent_reason": "null"}
		p := patient()
		cases := []struct {
			id   string
			row  row
			want *record.Value
		}{
			{"number", row{"value_text": quote("7.50 mmol/L"), "value_quantity": "7.50", "value_unit": quote("mmol/L")}, &record.Value{Text: "7.50 mmol/L", Quantity: "7.50", Unit: "mmol/L"}},
			{"negative", row{"value_quantity": "-0.10"}, &record.Value{Quantity: "-0.10"}},
			{"large", row{"value_quantity": "123456789012345678901234567890.123"}, &record.Value{Quantity: "123456789012345678901234567890.123"}},
			{"below", row{"value_text": quote("<3"), "value_quantity": "3", "value_comparator": quote("<"), "value_limit": "3"}, &record.Value{Text: "<3", Comparator: "<", Limit: "3"}},
			{"at least", row{"value_text": quote(">=90"), "value_comparator": quote(">="), "value_limit": "90"}, &record.Value{Text: ">=90", Comparator: ">=", Limit: "90"}},
			{"below, said in words alone", row{"value_text": quote("<3"), "value_comparator": quote("<")}, &record.Value{Text: "<3", Comparator: "<", Limit: "3"}},
			{"above, with a unit", row{"value_text": quote("> 90 mL/min"), "value_quantity": "90", "value_comparator": quote("gt")}, &record.Value{Text: "> 90 mL/min", Comparator: ">", Limit: "90"}},
			{"about", row{"value_text": quote("about 3"), "value_quantity": "3", "value_comparator": quote("about"), "value_limit": "3"}, &record.Value{Text: "about 3"}},
			{"two bounds", row{"value_text": quote("<3 or >5"), "value_comparator": quote("<")}, &record.Value{Text: "<3 or >5"}},
			{"no words", row{"value_quantity": "3", "value_comparator": quote("<"), "value_unit": quote("mmol/L")}, &record.Value{Comparator: "<", Limit: "3", Unit: "mmol/L"}},
			{"below, with the sign beside", row{"value_text": quote("3.0 mg/L"), "value_quantity": "3.0", "value_comparator": quote("<"), "value_unit": quote("mg/L")}, &record.Value{Text: "<3.0 mg/L", Comparator: "<", Limit: "3.0", Unit: "mg/L"}},
			{"below, the number in words alone", row{"value_text": quote("3"), "value_comparator": quote("<")}, &record.Value{Text: "<3", Comparator: "<", Limit: "3"}},
			{"at most, in another sign", row{"value_text": quote("5"), "value_comparator": quote(" ≤"), "value_limit": "5"}, &record.Value{Text: "≤5", Comparator: "<=", Limit: "5"}},
			{"below, in words", row{"value_text": quote("5"), "value_comparator": quote("less than"), "value_limit": "5"}, &record.Value{Text: "less than 5"}},
			{"as much", row{"value_text": quote("5"), "value_quantity": "5", "value_comparator": quote("=")}, &record.Value{Text: "5", Quantity: "5"}},
			{"below a power", row{"value_text": quote("<10^5 cfu/mL"), "value_comparator": quote("<")}, &record.Value{Text: "<10^5 cfu/mL"}},
			{"of a count", row{"value_text": quote("<0.1 x10^9/L"), "value_unit": quote("10*9/L")}, &record.Value{Text: "<0.1 x10^9/L", Comparator: "<", Limit: "0.1", Unit: "10*9/L"}},
			{"of a count, by the number alone", row{"value_text": quote("<0.1 x10^9/L")}, &record.Value{Text: "<0.1 x10^9/L"}},
			{"coded", row{"value_code_system": quote("http://snomed.info/sct"), "value_code": quote("260385009"), "value_code_display": quote("Negative")}, &record.Value{Coded: &record.Code{System: "http://snomed.info/sct", Code: "260385009", Display: "Negative"}}},
			{"text", row{"value_text": quote("Trace")}, &record.Value{Text: "Trace"}},
			{"absent", row{"value_absent_reason": quote("not-performed")}, &record.Value{AbsentReason: "NOT_PERFORMED"}},
			{"absent for another reason", row{"value_absent_reason": quote("lost")}, &record.Value{AbsentReason: "UNKNOWN"}},
			{"none", row{}, nil},
		}
		var rows []row
		for _, c := range cases {
			rows = append(rows, s.entry(kind, p, c.id).with(none).with(c.row))
		}
		s.insert(t, relation(kind), rows...)
		a := s.read(t, &fetch.Ask{Kind: kind, Subjects: subjects(p)})
		if a.Unreadable != nil {
			t.Errorf("%s: some could not be read", kind)
		}
		got := map[string]*record.Value{}
		for _, x := range a.entries[0] {
			got[sourceID(x)], _ = reflect.ValueOf(x).Elem().FieldByName("Value").Interface().(*record.Value)
		}
		for _, c := range cases {
			if !reflect.DeepEqual(got[c.id], c.want) {
				t.Errorf("%s, %s: %+v, want %+v", kind, c.id, got[c.id], c.want)
			}
		}
	}
}
