package sourcetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// written: what sources write otherwise than they were asked to is hidden, read or a gap all the same.
func (s *suite) written(t *testing.T) {
	if s.tries(fetch.Problems) {
		s.writtenProblems(t)
	}
	if s.tries(fetch.Appointments) {
		p := patient()
		s.insert(t, "appointment",
			s.entry(fetch.Appointments, p, "key").with(row{"specialty_key": quote("360 ")}),
			s.entry(fetch.Appointments, p, "code").with(row{"specialty_system": quote("urn:local"), "specialty_code": quote("360 ")}),
			s.entry(fetch.Appointments, p, "words in a code").with(row{"reason_system": quote("urn:local"), "reason_code": quote("HIV-FU"), "reason_display": quote("Follow-up")}),
			s.entry(fetch.Appointments, p, "and blank words").with(row{"reason_system": quote("urn:local"), "reason_code": quote("HIV-FU"), "reason_display": quote(" ")}))
		equal(t, "appointments", s.shown(t, fetch.Appointments, p), []string{})
		s.insert(t, "appointment", s.entry(fetch.Appointments, p, "null").with(row{"organisation_ods": "null", "organisation_name": "null"}), s.entry(fetch.Appointments, p, "empty").with(row{"organisation_ods": "''", "organisation_name": "''"}))
		own := s.read(t, &fetch.Ask{Kind: fetch.Appointments, Filter: fetch.Filter{Orgs: "X26"}, Subjects: subjects(p)}).ids(0)
		slices.Sort(own)
		equal(t, "the source's own appointments", own, []string{"empty", "null"})
	}
	if s.tries(fetch.Immunisations) {
		p := patient()
		var rows []row
		for _, status := range []string{"NOT_DONE", "not_done", "not-done", "NOT-DONE", "Not done", "REJECTED", "rejected ", "CANCELLED", "Cancelled\r"} {
			rows = append(rows, s.entry(fetch.Immunisations, p, status).with(row{"status": quote(status)}))
		}
		s.insert(t, "immunisation", rows...)
		equal(t, "vaccines that were not given", s.shown(t, fetch.Immunisations, p), []string{})
	}
	if s.tries(fetch.Results) {
		p := patient()
		s.insert(t, "result", s.entry(fetch.Results, p, "padded").with(row{"test_system": quote("http://loinc.org"), "test_code": quote("4548-4 ")}))
		equal(t, "results of a code that was asked for", s.read(t, &fetch.Ask{Kind: fetch.Results, Filter: fetch.Filter{Codes: "http://loinc.org|4548-4"}, Subjects: subjects(p)}).ids(0), []string{"padded"})
	}
	if s.tries(fetch.Documents) {
		s.disguisedBeside(t)
		p := patient()
		var rows []row
		for _, text := range []string{
			"ID345678 known to the HIV clinic", "RIFFAT KHAN known to the HIV clinic", "GIF8 HIV", `{\rtf1\ansi Known to the HIV clinic}`, `{\rtf1\ansi Seen by the sexual\par health clinic}`,
			`{\rtf1\ansi in {\b foster} \b0 care}`, `{\rtf1\ansi known H\-IV}`, `<p>in foster&nbsp;care</p>`, `in foster&#160;care`, `<p>H&shy;IV</p>`, `<b>H</b>IV`,
			`<p>&#72;IV</p>`, `&#x48;&#X49;&#086;`, `<p>&#072&#73;V</p>`, `known to the H&#173;&#8203;IV clinic`, `&#65320;IV`, `in foster&#32;care`,
			`{\rtf1\ansi \'48IV}`, `{\rtf1\ansi \u72?IV}`, `{\rtf1\ansi \u72 ?\'49\u86?}`, `{\rtf1\ansi H\u-216?IV \u72?IV}`,
		} {
			rows = append(rows, s.entry(fetch.Documents, p, text).with(row{"content": "convert_to(" + quote(text) + ", 'UTF8')"}))
		}
		rows = append(rows, s.entry(fetch.Documents, p, "a picture").with(row{"content": `'\x89504e470d0a1a0a00484956'::bytea`}), s.entry(fetch.Documents, p, "a letter").with(row{"content": `'Well & fit <3'::bytea`}))
		for i, text := range []string{`&#;&#0;&#55296;&#1114112;&#x110000;&#99999999;&#xD800;&#x; well`, `{\rtf1\uc1 \u55296?\u-99999?\u0?\u\'zz\' well}`} {
			rows = append(rows, s.entry(fetch.Documents, p, fmt.Sprint("numbers of no letter ", i)).with(row{"content": "convert_to(" + quote(text) + ", 'UTF8')"}))
		}
		s.insert(t, "document", rows...)
		equal(t, "documents", s.shown(t, fetch.Documents, p), []string{"a letter", "a picture", "numbers of no letter 0", "numbers of no letter 1"})
	}
	if s.tries(fetch.Stays) {
		s.placesInHospital(t)
	}
	if s.tries(fetch.Medications) {
		s.writtenMedicines(t)
	}
	s.impossibleDays(t)
	if s.h.Adults {
		s.childrenByCode(t)
		s.datesOfAdults(t)
	}
}

func (s *suite) writtenProblems(t *testing.T) {
	p := patient()
	var rows []row
	for _, space := range []string{"\t", "\r", "\n", " \r\n"} {
		rows = append(rows, s.entry(fetch.Problems, p, fmt.Sprintf("code %q", space)).with(row{"problem_system": quote(secretSystem), "problem_code": quote(secretCode + space)}),
			s.entry(fetch.Problems, p, fmt.Sprintf("code alone %q", space)).with(row{"problem_system": "null", "problem_code": quote(space + "B20.1" + space)}),
			s.entry(fetch.Problems, p, fmt.Sprintf("link %q", space)).with(row{"linked_codes": "ARRAY[" + quote(secretSystem+"|"+secretCode+space) + "]"}))
	}
	for _, word := range []string{"ENTERED IN ERROR", "entered-in-error ", "Entered in error", "EnteredInError", "entered_in_error"} {
		rows = append(rows, s.entry(fetch.Problems, p, "status "+word).with(row{"status": quote(word)}), s.entry(fetch.Problems, p, "verification "+word).with(row{"verification": quote(word)}))
	}
	for _, word := range []string{"Refuted", "refuted "} {
		rows = append(rows, s.entry(fetch.Problems, p, word).with(row{"verification": quote(word)}))
	}
	s.insert(t, "problem", rows...)
	equal(t, "problems", s.shown(t, fetch.Problems, p), []string{})

	undated := patient()
	rows = nil
	for i := range 4 {
		rows = append(rows, s.entry(fetch.Problems, undated, fmt.Sprint("empty", i)).with(row{"onset_on": "''"}), s.entry(fetch.Problems, undated, fmt.Sprint("null", i)).with(row{"onset_on": "null"}))
	}
	s.insert(t, "problem", rows...)
	whole := s.walk(t, fetch.Problems, undated, 1000)
	for _, n := range []int{1, 2, 3} {
		equal(t, fmt.Sprint("undated problems by ", n), s.walk(t, fetch.Problems, undated, n), whole)
	}

	for _, date := range []string{"0000-00-00", "00/00/0000", "31/12/2020", "01/12/2030", "2026-13-01", " "} {
		p := patient()
		s.insert(t, "problem", s.entry(fetch.Problems, p, "ended").with(row{"status": quote("ACTIVE"), "ended_on": quote(date)}), s.entry(fetch.Problems, p, "began").with(row{"onset_on": quote(date)}))
		for _, filter := range []fetch.Filter{{Status: "ACTIVE"}, {Status: "ALL"}, {When: fetch.UpToNow, First: 10}, {When: fetch.FromNow, First: 10}} {
			if a := s.read(t, &fetch.Ask{Kind: fetch.Problems, Filter: filter, Subjects: subjects(p)}); a.Unreadable == nil {
				t.Errorf("problems with the date %q, %+v: %v without a gap", date, filter, a.ids(0))
			}
		}
	}
}

// disguisedBeside: what is hidden of one patient for a disguised word hides nothing of another that only has the same
// unusual character.
func (s *suite) disguisedBeside(t *testing.T) {
	p, q := patient(), patient()
	pad := ""
	for range 20 {
		pad += "The patient was reviewed today and is well. "
	}
	content := func(text string) row { return row{"content": "convert_to(" + quote(text) + ", 'UTF8')"} }
	foot := "This letter was sent by the Example Hospital Trust\u2122 and is confidential to the person named in it; do not copy or forward."
	s.insert(t, "document", s.entry(fetch.Documents, p, "hidden").with(content(pad+foot+pad+"Known to the H\u00adIV clinic. "+pad)),
		s.entry(fetch.Documents, p, "shown").with(content("Another matter. "+pad+foot)), s.entry(fetch.Documents, q, "shown").with(content("Another matter. "+pad+foot)))
	equal(t, "documents beside a hidden one", s.shown(t, fetch.Documents, p), []string{"shown"})
	equal(t, "documents of another patient", s.read(t, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(p, q)}).ids(1), []string{"shown"})
	s.disguisedAtTheEdge(t, pad)
}

// disguisedAtTheEdge: where a long text stands last in its row, what joins it to another row's is none of the row's own.
func (s *suite) disguisedAtTheEdge(t *testing.T, pad string) {
	for kind, column := range map[fetch.Kind]string{fetch.Documents: "content", fetch.Reports: "conclusion"} {
		if !s.publishes(kind) {
			continue
		}
		alone := row{}
		for _, c := range s.table(kind).columns { // no words behind it
			if c.kind == "text" && c.name != "id" && c.name != "nhs_number" && !strings.HasPrefix(c.name, "kind_") {
				alone[c.name] = "null"
			}
		}
		said := quote(pad + "Known to the H\u00adIV clinic")
		if kind == fetch.Documents {
			said = "convert_to(" + said + ", 'UTF8')"
		}
		p := patient()
		s.insert(t, relation(kind), s.entry(kind, p, "before"), s.entry(kind, p, "hidden").with(alone).with(row{column: said}), s.entry(kind, p, "behind"))
		equal(t, string(kind)+" beside one with a disguised word at its end", s.shown(t, kind, p), []string{"before", "behind"})
	}
}

func (s *suite) placesInHospital(t *testing.T) {
	p := patient()
	place := func(id, system, words string) row {
		return s.entry(fetch.Stays, p, id).with(row{"admission_source_system": system, "admission_source_code": quote("66"), "admission_source_display": words})
	}
	s.insert(t, "stay", place("nulls", "null", "null"), place("empty system", "''", "null"), place("empty words", "null", "''"), place("both empty", "''", "''"), place("blank", "' '", "null"))
	for _, x := range s.read(t, &fetch.Ask{Kind: fetch.Stays, Subjects: subjects(p)}).entries[0] {
		if got := x.(*record.Stay).AdmissionSource; got != nil {
			t.Errorf("%s: admitted from %+v", sourceID(x), *got)
		}
	}
	if !s.publishes(fetch.Medications) {
		return
	}
	for _, hidden := range []bool{false, true} { // a medicine of the ward tells of no stay that is hidden
		p := patient()
		s.insert(t, "medication", s.entry(fetch.Medications, p, "of the ward").with(medicine("INPATIENT", "2026-09-01", "ACTIVE", "")).with(row{"discharged_at": "null", "discharge_id": "null"}))
		if hidden {
			s.insert(t, "stay", s.entry(fetch.Stays, p, "s").with(row{"admitted_at": quote("2026-09-01T00:00Z"), "discharged_at": "null", "confidential": "true"}))
		}
		equal(t, fmt.Sprintf("medicines in use, beside a hidden stay: %t", hidden), s.read(t, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(p)}).ids(0), []string{})
	}
}

func (s *suite) writtenMedicines(t *testing.T) {
	current := func(p record.NHSNumber) []string {
		a := s.read(t, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(p)})
		ids := a.ids(0)
		slices.Sort(ids)
		return ids
	}
	p := patient()
	s.insert(t, "medication", s.entry(fetch.Medications, p, "null").with(medicine("ACUTE", "2019-01-01", "UNKNOWN", "")), s.entry(fetch.Medications, p, "empty").with(medicine("ACUTE", "2019-01-01", "UNKNOWN", "")).with(row{"ended_on": "''"}))
	equal(t, "acute courses without an end", current(p), []string{})
	q := patient()
	s.insert(t, "medication", s.entry(fetch.Medications, q, "latest").with(medicine("DISCHARGE", "2026-09-20", "ACTIVE", "")).with(row{"discharged_at": quote("2026-09-20T10:00Z")}),
		s.entry(fetch.Medications, q, "to come").with(medicine("DISCHARGE", "2026-09-20", "ACTIVE", "")).with(row{"discharged_at": quote("2062-11-20T10:00Z")}))
	equal(t, "medicines beside a discharge that has not been", current(q), []string{"latest", "to come"})
}

// childrenByCode: no child is named as a contact, however the relationship is written.
func (s *suite) childrenByCode(t *testing.T) {
	if !s.publishes(fetch.Contacts) {
		return
	}
	p := patient()
	contact := func(id, relationship, system, code, display string) row {
		return s.entry(fetch.Contacts, p, id).with(row{"under_18": "null", "relationship": relationship, "relationship_code_system": system, "relationship_code_code": code, "relationship_code_display": display})
	}
	s.insert(t, "contact", contact("a code in words", "null", "'urn:local'", quote("Daughter"), "null"), contact("beside empty words", "''", "'urn:local'", quote("SON (12)"), "''"),
		contact("small letters", "null", "'urn:local'", quote("dau"), "null"), contact("padded", "null", "null", quote("SON "), quote("Relative")), contact("STPDAU", "null", "null", quote("STPDAU"), "null"),
		contact("beside other words", "null", "'urn:local'", quote("Daughter"), quote("Relative")), contact("in one word", quote("FOSTER_CHILD"), "null", "null", "null"),
		contact("numbered", quote("Son1"), "null", "null", "null"), contact("a daughter", "null", quote("http://snomed.info/sct"), quote("66089001"), "null"), contact("a daughter beside other words", "null", quote("http://snomed.info/sct"), quote("66089001"), quote("Relative")),
		contact("a number alone", "null", quote("http://snomed.info/sct"), quote("4711"), "' '"), contact("young", quote("Young carer"), "null", "null", "null"), contact("a husband", "null", quote("http://snomed.info/sct"), quote("127849001"), "null"),
		contact("a number beside words", "null", quote("http://snomed.info/sct"), quote("4711"), quote("Aunt")), contact("a partner", quote("Partner"), "null", "null", "null"))
	equal(t, "contacts", s.shown(t, fetch.Contacts, p), []string{"a husband", "a number beside words", "a partner"})
}

// impossibleDays: a day that no calendar has stands on no side of today. Under whichever status, the entry leaves a gap.
func (s *suite) impossibleDays(t *testing.T) {
	current := []string{"CURRENT", "PAST"}
	for _, c := range []struct {
		kind     fetch.Kind
		row      row
		statuses []string
	}{
		{fetch.Allergies, status("ACTIVE", "2026-02-30"), []string{"ACTIVE", "ENDED"}}, {fetch.Problems, status("ACTIVE", "2026-06-31"), []string{"ACTIVE", "PAST"}}, {fetch.Problems, status("ACTIVE", "2026-02-29"), []string{"ACTIVE", "PAST"}},
		{fetch.Medications, medicine("REPEAT", "2026-01-01", "ACTIVE", "2026-02-30"), current}, {fetch.Medications, medicine("ACUTE", "2026-09-31", "ACTIVE", ""), current}, {fetch.Medications, medicine("REPEAT", "2026-01-01", "ACTIVE", "2027-02-30"), current},
		{fetch.Medications, medicine("ACUTE", "2026-01-01", "ACTIVE", "").with(row{"last_issued_on": quote("2026-02-30")}), current},
	} {
		if !s.tries(c.kind) {
			continue
		}
		p, leap := patient(), patient()
		s.insert(t, relation(c.kind), s.entry(c.kind, p, "x").with(c.row), s.entry(c.kind, leap, "x").with(c.row).with(row{"ended_on": quote("2024-02-29")}))
		for _, status := range c.statuses {
			a := s.read(t, &fetch.Ask{Kind: c.kind, Filter: fetch.Filter{Status: status}, Subjects: subjects(p, leap)})
			leapsToo := c.row["started_on"] == quote("2026-09-31") || c.row["last_issued_on"] != "" // whose own day is another
			if !slices.Equal(a.Unreadable, []bool{true, leapsToo}) {
				t.Errorf("%s %v under %s: %q, unreadable %v", c.kind, c.row, status, a.ids(0), a.Unreadable)
			}
		}
	}
}

// datesOfAdults: what is no date does not make an entry vanish as one of childhood.
func (s *suite) datesOfAdults(t *testing.T) {
	for _, date := range []string{"01/02/2020", "31/12/2020", "20200102", "Jan 2020", "0000-00-00"} {
		p := patient()
		s.insert(t, "support_reason", s.entry(fetch.SupportReasons, p, "e").with(row{"started_on": quote("2020-01-02"), "ended_on": quote(date), "recorded_at": quote("2020-01-02T10:00Z")}))
		if a := s.read(t, &fetch.Ask{Kind: fetch.SupportReasons, Subjects: subjects(p)}); a.Unreadable == nil {
			t.Errorf("a support reason that ended on %q: %v without a gap", date, a.ids(0))
		}
	}
	for _, at := range []string{"10000-01-01", "0044-03-15 BC", "infinity", "-infinity"} {
		p := patient()
		s.insert(t, "support_reason", s.entry(fetch.SupportReasons, p, "e").with(row{"started_on": quote("2020-01-02"), "ended_on": "null", "recorded_at": quote(at)}))
		if a := s.read(t, &fetch.Ask{Kind: fetch.SupportReasons, Subjects: subjects(p)}); a.Unreadable == nil {
			t.Errorf("a support reason that was recorded at %s: %v without a gap", at, a.ids(0))
		}
	}
}
