package sourcetest

import (
	"fmt"
	"testing"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// feeds: what files and messages leave in columns, and what sources break of what they promise, hides nothing less and loses nothing.
func (s *suite) feeds(t *testing.T) {
	if s.tries(fetch.Appointments) {
		s.treatmentFunctionsAsFound(t)
	}
	if s.tries(fetch.Allergies) {
		p := patient()
		s.insert(t, "allergy", s.entry(fetch.Allergies, p, "confirmed").with(row{"verification": quote("CONFIRMED")}),
			s.entry(fetch.Allergies, p, "refuted").with(row{"verification": quote("REFUTED\r")}), s.entry(fetch.Allergies, p, "mistaken").with(row{"verification": quote("entered-in-error\r")}))
		equal(t, "allergies", s.shown(t, fetch.Allergies, p), []string{"confirmed"})
	}
	if s.tries(fetch.Immunisations) {
		p := patient()
		s.insert(t, "immunisation", s.entry(fetch.Immunisations, p, "given"), s.entry(fetch.Immunisations, p, "not given").with(row{"status": quote("NOT_DONE\r")}))
		equal(t, "immunisations", s.shown(t, fetch.Immunisations, p), []string{"given"})
	}
	if s.tries(fetch.Medications) {
		s.daysOfACourse(t)
	}
	if s.tries(fetch.Results) {
		s.resultsBehindUnreadableOnes(t)
		s.boundsInText(t)
		s.twinsWithParts(t)
	}
	if s.tries(fetch.Medications) && s.tries(fetch.Stays) {
		p := patient()
		s.insert(t, "stay", s.entry(fetch.Stays, p, "over").with(row{"admitted_at": quote("2025-01-01T10:00Z"), "discharged_at": quote("2025-01-09T10:00Z")}),
			s.entry(fetch.Stays, p, "to come").with(row{"admitted_at": quote("2026-12-20T07:00Z"), "discharged_at": "null"}))
		s.insert(t, "medication", s.entry(fetch.Medications, p, "on a ward in 2025").with(medicine("INPATIENT", "2025-01-02", "", "")).with(row{"discharge_id": "null"}))
		equal(t, "in use of who is to be admitted", s.read(t, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(p)}).ids(0), []string{})
	}
	if s.tries(fetch.Medications) && s.tries(fetch.Stays) {
		s.sessions(t)
	}
	if s.h.Adults && s.tries(fetch.Services) {
		s.endsOfAdulthood(t)
	}
}

// treatmentFunctionsAsFound: with white space round them or their name behind them, and in words, treatment functions hide.
func (s *suite) treatmentFunctionsAsFound(t *testing.T) {
	p := patient()
	of := func(id string, key, code string) row {
		return s.entry(fetch.Appointments, p, id).with(row{"specialty_key": key, "specialty_system": quote("urn:local"), "specialty_code": code})
	}
	s.insert(t, "appointment", of("plain", "null", "null"),
		of("a line's end", quote("360\r"), "null"), of("a tab", quote("\t360"), "null"), of("a line's end in the code", "null", quote("360\r")),
		of("with its name", quote("360 Genitourinary Medicine"), "null"), of("by its name", quote("Genitourinary medicine"), "null"))
	equal(t, "appointments by treatment function", s.shown(t, fetch.Appointments, p), []string{"plain"})
}

// sessions: what was supplied at a discharge stays in use through day cases and dialysis at which nothing is supplied, and not beyond the
// next ordinary stay.
func (s *suite) sessions(t *testing.T) {
	for code, want := range map[string][]string{"'1'": {}, "null": {}, "'2'": {"a"}, "'3'": {"a"}, "'4 '": {"a"}} {
		p := patient()
		s.insert(t, "stay", s.entry(fetch.Stays, p, "ordinary").with(row{"admitted_at": quote("2026-03-01T10:00Z"), "discharged_at": quote("2026-03-09T10:00Z"), "patient_classification_code": quote("1")}),
			s.entry(fetch.Stays, p, "later").with(row{"admitted_at": quote("2026-03-12T08:00Z"), "discharged_at": quote("2026-03-12T14:00Z"), "patient_classification_code": code}))
		s.insert(t, "medication", s.entry(fetch.Medications, p, "a").with(medicine("DISCHARGE", "2026-03-09", "", "")).with(row{"discharge_id": quote("ordinary"), "discharged_at": quote("2026-03-09T10:00Z")}))
		equal(t, "in use after a stay of the kind "+code, s.read(t, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(p)}).ids(0), want)
	}
}

// daysOfACourse: twenty-eight days are those of the calendar in London, whatever the clocks do.
func (s *suite) daysOfACourse(t *testing.T) {
	p := patient()
	s.insert(t, "medication", s.entry(fetch.Medications, p, "of the 13th").with(medicine("ACUTE", "2026-10-13", "", "")), s.entry(fetch.Medications, p, "of the 12th").with(medicine("ACUTE", "2026-10-12", "", "")))
	for _, hour := range []int{22, 23} {
		with := *terms
		with.Now = time.Date(2026, 11, 10, hour, 30, 0, 0, time.UTC)
		ask := &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(p)}
		answers, err := s.source.Read(fetch.WithTerms(t.Context(), &with), []*fetch.Ask{ask})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, with.Now.String(), (answer{entries: entries(answers[ask])}).ids(0), []string{"of the 13th"})
	}
}

// resultsBehindUnreadableOnes: a page that begins behind entries of one moment is filled with what stands behind those that cannot be read.
func (s *suite) resultsBehindUnreadableOnes(t *testing.T) {
	p := patient()
	nothing := row{"test_system": "null", "test_code": "null", "test_display": "null", "test_original_system": "null", "test_original_code": "null", "test_original_display": "null"}
	var rows []row
	for i := range 5 {
		rows = append(rows, s.entry(fetch.Results, p, fmt.Sprint("together ", i)).with(row{"taken_at": quote("2026-05-02T10:00:00Z")}),
			s.entry(fetch.Results, p, fmt.Sprint("earlier ", i)).with(row{"taken_at": quote(fmt.Sprintf("2026-04-0%dT10:00:00Z", 9-i))}))
	}
	for i := range 3 {
		rows = append(rows, s.entry(fetch.Results, p, fmt.Sprint("unreadable ", i)).with(row{"taken_at": quote(fmt.Sprintf("2026-05-01T0%d:00:00Z", 9-i))}).with(nothing))
	}
	s.insert(t, "result", rows...)
	equal(t, "results by two", s.walk(t, fetch.Results, p, 2), s.walk(t, fetch.Results, p, 1000))
}

// boundsInText: what the text says is a bound is no quantity.
func (s *suite) boundsInText(t *testing.T) {
	p := patient()
	s.insert(t, "result", s.entry(fetch.Results, p, "egfr").with(row{"value_text": quote(">90 mL/min"), "value_quantity": "90", "value_comparator": "null", "value_limit": "null", "value_unit": quote("mL/min"),
		"value_code_system": "null", "value_code": "null", "value_code_display": "null"}))
	if v := s.read(t, &fetch.Ask{Kind: fetch.Results, Subjects: subjects(p)}).entries[0][0].(*record.Result).Value; v.Quantity != "" || v.Comparator != ">" || v.Limit != "90" {
		t.Errorf("%+v", v)
	}
}

// twinsWithParts: of two entries under one id it cannot be told whose the parts are, which is a gap.
func (s *suite) twinsWithParts(t *testing.T) {
	p := patient()
	s.exec(t, "DROP INDEX result_id")
	defer s.exec(t, "CREATE INDEX result_id ON result (nhs_number, id)")
	s.insert(t, "result", s.entry(fetch.Results, p, "sample").with(row{"test_display": quote("Blood pressure")}), s.entry(fetch.Results, p, "sample").with(row{"test_display": quote("Urea and electrolytes")}))
	s.insert(t, "result_component", partOf(p, "sample", 1), partOf(p, "sample", 2))
	a := s.read(t, &fetch.Ask{Kind: fetch.Results, Children: 1, Subjects: subjects(p)})
	if a.Unreadable == nil || !a.Unreadable[0] {
		t.Error("two results under one id, and no gap")
	}
	for _, x := range a.entries[0] {
		if n := len(x.(*record.Result).Components); n > 0 {
			t.Errorf("%s has %d parts", x.(*record.Result).Test.Display, n)
		}
	}
}

// endsOfAdulthood: what has no date but an end is read by nobody, since the second look does not take an end for a time.
func (s *suite) endsOfAdulthood(t *testing.T) {
	p := patient()
	r := s.entry(fetch.Services, p, "ended")
	for _, c := range s.table(fetch.Services).columns {
		if c.isDate() || c.isMoment() {
			r[c.name] = "null"
		}
	}
	s.insert(t, "service", r.with(row{"ended_on": quote("2026-01-01")}))
	equal(t, "services with an end alone", s.read(t, &fetch.Ask{Kind: fetch.Services, Subjects: subjects(p)}).ids(0), []string{})
}
