package sourcetest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A filterCase is rows of one patient and which of them filters show.
type filterCase struct {
	kind fetch.Kind
	rows map[string]row
	want map[fetch.Filter][]string
}

func dated(column, day string) row { return row{column: quote(day)} }

func status(status, ended string) row {
	r := row{"status": "null", "ended_on": "null"}
	if status != "" {
		r["status"] = quote(status)
	}
	if ended != "" {
		r["ended_on"] = quote(ended)
	}
	return r
}

// medicine is one that began on a day, with a kind, a status and an end.
func medicine(kind, began, state, ended string) row {
	r := status(state, ended).with(row{"kind": "null", "started_on": "null", "discharged_at": "null"})
	if kind != "" {
		r["kind"] = quote(kind)
	}
	if began != "" {
		r["started_on"] = quote(began)
	}
	return r
}

var filterCases = []filterCase{{
	kind: fetch.Allergies,
	rows: map[string]row{
		"active": status("ACTIVE", ""), "unknown": status("UNKNOWN", ""), "unsaid": status("", ""), "ends today": status("ACTIVE", "2026-11-25"), "ends this year": status("ACTIVE", "2026"),
		"unconfirmed": status("ACTIVE", "").with(row{"verification": quote("UNCONFIRMED")}),
		"resolved":    status("RESOLVED", ""), "inactive": status("INACTIVE", ""), "ended": status("ACTIVE", "2026-11-24"), "ended last month": status("", "2026-10"),
		"refuted": status("ACTIVE", "").with(row{"verification": quote("REFUTED")}), "refuted too": status("RESOLVED", "").with(row{"verification": quote("refuted")}),
	},
	want: map[fetch.Filter][]string{
		{Status: "ACTIVE"}: {"active", "ends this year", "ends today", "unconfirmed", "unknown", "unsaid"},
		{Status: "ENDED"}:  {"ended", "ended last month", "inactive", "resolved"},
		{Status: "ALL"}:    {"active", "ended", "ended last month", "ends this year", "ends today", "inactive", "resolved", "unconfirmed", "unknown", "unsaid"},
		{}:                 {"active", "ended", "ended last month", "ends this year", "ends today", "inactive", "resolved", "unconfirmed", "unknown", "unsaid"},
	},
}, {
	kind: fetch.Problems,
	rows: map[string]row{
		"active": status("ACTIVE", ""), "relapse": status("RELAPSE", ""), "unsaid": status("", ""), "unknown": status("UNKNOWN", ""),
		"resolved": status("RESOLVED", ""), "remission": status("REMISSION", ""), "ended": status("ACTIVE", "2025"),
		"refuted": status("ACTIVE", "").with(row{"verification": quote("REFUTED")}),
	},
	want: map[fetch.Filter][]string{
		{Status: "ACTIVE"}: {"active", "relapse", "unknown", "unsaid"},
		{Status: "PAST"}:   {"ended", "remission", "resolved"},
		{}:                 {"active", "ended", "relapse", "remission", "resolved", "unknown", "unsaid"},
	},
}, {
	kind: fetch.Medications,
	rows: map[string]row{
		"repeat": medicine("REPEAT", "2019-01-01", "ACTIVE", ""), "repeat ends today": medicine("REPEAT", "2019-01-01", "ACTIVE", "2026-11-25"),
		"repeat ended": medicine("REPEAT", "2019-01-01", "ACTIVE", "2026-11-24"), "repeat stopped": medicine("REPEAT", "2019-01-01", "STOPPED", ""),
		"acute 28 days": medicine("ACUTE", "2026-10-28", "ACTIVE", ""), "acute 29 days": medicine("ACUTE", "2026-10-27", "ACTIVE", ""),
		"acute this month": medicine("ACUTE", "2026-10", "ACTIVE", ""), "acute with an end": medicine("ACUTE", "2026-01-01", "ACTIVE", "2026-12-31"),
		"acute with no dates": medicine("ACUTE", "", "ACTIVE", ""), "unknown": medicine("UNKNOWN", "2019-01-01", "UNKNOWN", ""), "unsaid": medicine("", "", "", ""),
		"on hold": medicine("REPEAT", "2019-01-01", "ON_HOLD", ""), "completed": medicine("ACUTE", "2026-11-20", "COMPLETED", ""), "cancelled": medicine("REPEAT", "2026-11-20", "CANCELLED", ""),
		"latest discharge":           medicine("DISCHARGE", "2026-05-01", "", "").with(row{"discharged_at": quote("2026-05-01T10:00Z")}),
		"latest discharge, ended":    medicine("DISCHARGE", "2026-05-01", "", "2026-05-14").with(row{"discharged_at": quote("2026-05-01T10:00Z")}),
		"earlier discharge":          medicine("DISCHARGE", "2026-04-01", "", "").with(row{"discharged_at": quote("2026-04-01T10:00Z")}),
		"discharge of unknown date":  medicine("DISCHARGE", "2026-04-01", "", ""),
		"hidden later discharge":     medicine("DISCHARGE", "2026-06-01", "", "").with(row{"discharged_at": quote("2026-06-01T10:00Z"), "dosage": quote("One daily, HIV clinic")}),
		"sealed later discharge":     medicine("DISCHARGE", "2026-06-02", "", "").with(row{"discharged_at": quote("2026-06-02T10:00Z"), "confidential": "true"}),
		"withdrawn later discharge":  medicine("DISCHARGE", "2026-06-03", "", "").with(row{"discharged_at": quote("2026-06-03T10:00Z"), "entered_in_error": "true"}),
		"issued 28 days ago":         medicine("ACUTE", "2026-01-01", "ACTIVE", "").with(row{"last_issued_on": quote("2026-10-28")}),
		"issued 29 days ago":         medicine("ACUTE", "2026-01-01", "ACTIVE", "").with(row{"last_issued_on": quote("2026-10-27")}),
		"issued and ended":           medicine("ACUTE", "2026-01-01", "ACTIVE", "2026-01-31").with(row{"last_issued_on": quote("2026-11-20")}),
		"delayed":                    medicine("DELAYED", "2026-11-20", "ACTIVE", ""),
		"delayed 29 days":            medicine("DELAYED", "2026-10-27", "ACTIVE", ""),
		"inpatient 28 days":          medicine("INPATIENT", "2026-10-28", "ACTIVE", ""),
		"inpatient 29 days":          medicine("INPATIENT", "2026-10-27", "ACTIVE", ""),
		"inpatient, left":            medicine("INPATIENT", "2026-11-20", "ACTIVE", "").with(row{"discharged_at": quote("2026-11-24T10:00Z")}),
		"inpatient, ended":           medicine("INPATIENT", "2026-11-20", "ACTIVE", "2026-11-22"),
		"repeat dispensing, intends": medicine("REPEAT_DISPENSING", "2026-12-20", "INTENDED", ""),
	},
	want: map[fetch.Filter][]string{
		{Status: "CURRENT"}: {"acute 28 days", "acute this month", "acute with an end", "acute with no dates", "delayed", "discharge of unknown date", "inpatient 28 days", "issued 28 days ago", "latest discharge", "on hold", "repeat",
			"repeat dispensing, intends", "repeat ends today", "unknown", "unsaid"},
		{Status: "PAST"}: {"acute 29 days", "cancelled", "completed", "delayed 29 days", "earlier discharge", "inpatient 29 days", "inpatient, ended", "inpatient, left", "issued 29 days ago", "issued and ended", "latest discharge, ended", "repeat ended", "repeat stopped"},
		{}: {"acute 28 days", "acute 29 days", "acute this month", "acute with an end", "acute with no dates", "cancelled", "completed", "delayed", "delayed 29 days", "discharge of unknown date", "earlier discharge",
			"inpatient 28 days", "inpatient 29 days", "inpatient, ended", "inpatient, left", "issued 28 days ago", "issued 29 days ago", "issued and ended", "latest discharge", "latest discharge, ended", "on hold", "repeat", "repeat dispensing, intends", "repeat ended", "repeat ends today", "repeat stopped", "unknown", "unsaid"},
	},
}, {
	kind: fetch.Results,
	rows: map[string]row{
		"mapped":    {"test_system": quote("http://snomed.info/sct"), "test_code": quote("1000731000000107"), "taken_at": quote("2026-03-01T00:00:00Z")},
		"original":  {"test_original_system": quote("urn:lab"), "test_original_code": quote("CREA"), "taken_at": quote("2026-02-28T23:59:59Z")},
		"loinc":     {"test_system": quote("http://loinc.org"), "test_code": quote("2160-0"), "taken_at": "null"},
		"local":     {"test_system": quote("urn:lab"), "test_code": quote("CREA")},
		"cancelled": {"test_system": quote("http://snomed.info/sct"), "test_code": quote("1000731000000107"), "status": quote("CANCELLED")},
		"final":     {"status": quote("FINAL")}, "unknown": {"status": quote("WHATEVER")},
		"issued":  {"taken_at": "null", "issued_at": quote("2026-03-01T00:00:00Z")},
		"undated": {"taken_at": "null", "issued_at": "null"},
	},
	want: map[fetch.Filter][]string{
		{Codes: "http://snomed.info/sct|1000731000000107"}:                                    {"mapped"},
		{Codes: "urn:lab|CREA"}:                                                               {"local", "original"},
		{Codes: "http://snomed.info/sct|1000731000000107\thttp://loinc.org|2160-0"}:           {"loinc", "mapped"},
		{Codes: "http://loinc.org|1000731000000107"}:                                          {},
		{Since: "2026-03-01"}:                                                                 {"issued", "mapped", "undated"},
		{Since: "2026-02-28", Codes: "urn:lab|CREA\thttp://snomed.info/sct|1000731000000107"}: {"mapped", "original"},
		{}: {"final", "issued", "local", "loinc", "mapped", "original", "undated", "unknown"},
	},
}, {
	kind: fetch.UnmappedResults,
	rows: map[string]row{
		"no code": {"test_system": "null", "test_code": "null"}, "local": {"test_system": quote("urn:lab"), "test_code": quote("CREA")},
		"mapped": {"test_system": quote("http://snomed.info/sct"), "test_code": quote("1000731000000107")}, "loinc": {"test_system": quote("http://loinc.org"), "test_code": quote("2160-0")},
		"early": {"test_system": "null", "test_code": "null", "taken_at": quote("2020-01-01")}, "cancelled": {"test_system": "null", "test_code": "null", "status": quote("cancelled")},
	},
	want: map[fetch.Filter][]string{
		{Codes: "http://snomed.info/sct|1\thttp://loinc.org|2"}:                      {"early", "local", "no code"},
		{Codes: "http://snomed.info/sct|1\thttp://loinc.org|2", Since: "2024-01-01"}: {"local", "no code"},
		{Codes: "http://snomed.info/sct|1"}:                                          {"early", "local", "loinc", "no code"},
		{Codes: "urn:lab|UREA"}:                                                      {"early", "loinc", "mapped", "no code"},
	},
}, {
	kind: fetch.UnmappedVitalSigns,
	rows: map[string]row{
		"no code": {"sign_system": "null", "sign_code": "null"}, "local": {"sign_system": quote("urn:ward"), "sign_code": quote("WEIGHT")},
		"snomed": {"sign_system": quote("http://snomed.info/sct"), "sign_code": quote("27113001")}, "no date": {"sign_system": "null", "sign_code": "null", "taken_at": quote("0001-01-01")},
		"early": {"sign_system": "null", "sign_code": "null", "taken_at": quote("2020-01-01")}, "cancelled": {"sign_system": "null", "sign_code": "null", "status": quote("cancelled")},
	},
	want: map[fetch.Filter][]string{
		{Codes: "http://snomed.info/sct|1"}:                      {"early", "local", "no code"},
		{Codes: "http://snomed.info/sct|1", Since: "2024-01-01"}: {"local", "no code"},
		{Codes: "urn:ward|HEIGHT"}:                               {"early", "no code", "snomed"},
	},
}, {
	kind: fetch.VitalSigns,
	rows: map[string]row{
		"pressure": {"sign_system": quote("http://snomed.info/sct"), "sign_code": quote("75367002"), "taken_at": quote("2026-03-01T00:00:00Z")},
		"weight":   {"sign_system": quote("http://snomed.info/sct"), "sign_code": quote("27113001")}, "undated": {"taken_at": "null"}, "cancelled": {"status": quote("CANCELLED")},
	},
	want: map[fetch.Filter][]string{{Codes: "http://snomed.info/sct|75367002"}: {"pressure"}, {Since: "2026-01-01"}: {"pressure", "undated"}, {}: {"pressure", "undated", "weight"}},
}, {
	kind: fetch.Appointments,
	rows: map[string]row{
		"own": {"organisation_ods": "null", "starts_at": quote("2026-12-01T09:00Z")}, "named": {"organisation_ods": quote("X26")}, "elsewhere": {"organisation_ods": quote("RAL")},
	},
	want: map[fetch.Filter][]string{{}: {"elsewhere", "named", "own"}, {Orgs: "X26"}: {"named", "own"}, {Orgs: "RAL\tRRV"}: {"elsewhere"}, {Orgs: "RRV"}: {}},
}, {
	kind: fetch.Upcoming,
	rows: map[string]row{
		"now": dated("starts_at", "2026-11-25T12:00:00Z"), "gone": dated("starts_at", "2026-11-25T11:59:59Z"), "undated": {"starts_at": "null"},
		"waiting": {"starts_at": "null", "status": quote("WAITLIST")}, "over": {"starts_at": "null", "status": quote("CANCELLED")},
		"today":     {"starts_at": quote("2026-11-25T00:00:00Z"), "starts_at_day_only": "true"},
		"yesterday": {"starts_at": quote("2026-11-24T00:00:00Z"), "starts_at_day_only": "true"},
		"elsewhere": {"starts_at": quote("2027-01-01T09:00Z"), "organisation_ods": quote("RAL")},
	},
	want: map[fetch.Filter][]string{{}: {"elsewhere", "now", "today", "undated", "waiting"}, {Orgs: "X26"}: {"now", "today", "undated", "waiting"}},
}, {
	kind: fetch.Stays,
	rows: map[string]row{
		"here": {"discharged_at": "null"}, "leaves later": {"discharged_at": quote("2026-11-25T18:00Z")}, "left": {"discharged_at": quote("2026-11-25T11:00Z")},
		"leaves today": {"discharged_at": quote("2026-11-25T00:00Z"), "discharged_at_day_only": "true"}, "left yesterday": {"discharged_at": quote("2026-11-24T00:00Z"), "discharged_at_day_only": "true"},
	},
	want: map[fetch.Filter][]string{{Status: "CURRENT"}: {"here", "leaves later", "leaves today"}, {}: {"here", "leaves later", "leaves today", "left", "left yesterday"}},
}, {
	kind: fetch.Contacts,
	rows: map[string]row{"adult": {"under_18": "false"}, "child": {"under_18": "true"}},
	want: map[fetch.Filter][]string{{}: {"adult"}},
}}

// filters: each shows what the contract says, and no more.
func (s *suite) filters(t *testing.T) {
	for _, c := range filterCases {
		if !s.publishes(c.kind) {
			continue
		}
		p := patient()
		var rows []row
		for id, r := range c.rows {
			rows = append(rows, s.entry(c.kind, p, id).with(r))
		}
		s.insert(t, relation(c.kind), rows...)
		for filter, want := range c.want {
			if filter.Orgs != "" && s.source.Sector != record.GP {
				if want = nil; strings.Contains(filter.Orgs, "X26") {
					want = c.want[fetch.Filter{}] // its own, at whatever site
				}
			}
			got := s.read(t, &fetch.Ask{Kind: c.kind, Filter: filter, Subjects: subjects(p)}).ids(0)
			slices.Sort(got)
			equal(t, fmt.Sprintf("%s %+v", c.kind, filter), got, want)
		}
	}
	s.content(t)
	s.medicinesOfStays(t)
	s.panels(t)
	s.noMoments(t)
	s.warnings(t)
	s.comparable(t)
}

// panels: what is measured may be a part of an entry, which is found by the part's code as well; a part that may not be
// shown finds nothing, and one that cannot be compared makes its entry one that cannot.
func (s *suite) panels(t *testing.T) {
	for kind, c := range map[fetch.Kind]struct {
		column string
		others fetch.Kind
	}{fetch.Results: {"test", fetch.UnmappedResults}, fetch.VitalSigns: {"sign", fetch.UnmappedVitalSigns}} {
		if !s.publishes(kind) {
			continue
		}
		p, theirs := patient(), patient()
		coded := func(system, code string) row {
			return row{c.column + "_system": quote(system), c.column + "_code": quote(code), c.column + "_original_system": "null", c.column + "_original_code": "null"}
		}
		var entries, parts []row
		for i, part := range []row{coded("http://loinc.org", "8480-6"), coded("http://loinc.org", "8462-4"), coded("urn:ward", "SYS"), coded(secretSystem, secretCode), coded("http://loinc.org", "8480-6").with(row{"value_text": quote(secretWords)}),
			coded("urn:ward", "SYS").with(row{c.column + "_original_system": quote("http://loinc.org"), c.column + "_original_code": quote(" 8480-6 ")})} {
			id := quote(fmt.Sprint(i))
			entries = append(entries, s.entry(kind, p, fmt.Sprint(i)).with(coded("http://loinc.org", "panel")))
			parts = append(parts, part.with(row{"nhs_number": quote(string(p)), "parent_id": id, "position": "1"}), coded("http://loinc.org", "8480-6").with(row{"nhs_number": quote(string(theirs)), "parent_id": id, "position": "1"}))
		}
		s.insert(t, string(kind), entries...)
		s.insert(t, string(kind)+"_component", parts...)
		for codes, want := range map[string][2][]string{
			"http://loinc.org|8480-6": {{"0", "5"}, {"2"}}, "http://loinc.org|8462-4": {{"1"}, {"2"}}, "urn:ward|SYS": {{"2", "5"}, {"0", "1", "2", "3", "4", "5"}}, "http://loinc.org|panel": {{"0", "1", "2", "3", "4", "5"}, {"2"}},
			secretSystem + "|" + secretCode: {nil, {"0", "1", "2", "3", "4", "5"}}, "http://loinc.org|other": {nil, {"2"}},
		} {
			for i, kind := range []fetch.Kind{kind, c.others} {
				for _, children := range []fetch.Children{0, 1} {
					got := s.read(t, &fetch.Ask{Kind: kind, Children: children, Filter: fetch.Filter{Codes: codes}, Subjects: subjects(p)}).ids(0)
					slices.Sort(got)
					equal(t, fmt.Sprintf("panels, %s of %s with %d", kind, codes, children), got, want[i])
				}
			}
		}
	}
}

// comparable: what is no code of a system, since nothing or another sign stands there, equals none that is asked for, and says so.
func (s *suite) comparable(t *testing.T) {
	for kind, c := range map[fetch.Kind]struct {
		column string
		others fetch.Kind
	}{fetch.Results: {"test", fetch.UnmappedResults}, fetch.VitalSigns: {"sign", fetch.UnmappedVitalSigns}} {
		if !s.publishes(kind) {
			continue
		}
		p := patient()
		var entries []row
		for _, code := range []string{" ", "", "2160-0\u00a0", "2160-0\u200b", "2160-0 "} {
			for _, column := range []string{c.column, c.column + "_original"} {
				r := row{c.column + "_system": "null", c.column + "_code": "null", c.column + "_original_system": "null", c.column + "_original_code": "null"}
				entries = append(entries, s.entry(kind, p, fmt.Sprintf("%s %q", column, code)).with(r).with(row{column + "_system": quote("http://loinc.org"), column + "_code": quote(code)}))
			}
		}
		s.insert(t, string(kind), entries...)
		filter := fetch.Filter{Codes: "http://loinc.org|2160-0"}
		found, others := s.read(t, &fetch.Ask{Kind: kind, Filter: filter, Subjects: subjects(p)}).ids(0), s.read(t, &fetch.Ask{Kind: c.others, Filter: filter, Subjects: subjects(p)}).ids(0)
		if len(found) != 2 || len(others) != len(entries)-2 {
			t.Errorf("%s: %q are found, and %q cannot be compared", kind, found, others)
		}
	}
}

// noMoments: what stands where a moment belongs and is none stands on no side of anything: however the list is narrowed, the
// entry leaves a gap.
func (s *suite) noMoments(t *testing.T) {
	for _, c := range []struct {
		kind    fetch.Kind
		column  string
		filters []fetch.Filter
	}{
		{fetch.Stays, "discharged_at", []fetch.Filter{{Status: "CURRENT"}, {Status: "ENDED"}}},
		{fetch.Medications, "discharged_at", []fetch.Filter{{Status: "CURRENT"}, {Status: "PAST"}}},
		{fetch.Upcoming, "starts_at", []fetch.Filter{{When: fetch.FromNow}}},
		{fetch.Appointments, "starts_at", []fetch.Filter{{When: fetch.UpToNow}, {When: fetch.FromNow}}},
		{fetch.Results, "taken_at", []fetch.Filter{{Since: "2026-01-01"}}},
		{fetch.VitalSigns, "taken_at", []fetch.Filter{{Since: "2026-01-01"}}},
	} {
		if !s.publishes(c.kind) || s.h.Adults { // of whom it cannot be said whether they were a child then
			continue
		}
		for _, none := range []string{"-infinity", "infinity", "0001-01-01T00:00:00Z"} {
			p := patient()
			s.insert(t, relation(c.kind), s.entry(c.kind, p, "none").with(row{c.column: quote(none)}))
			for _, filter := range c.filters {
				if a := s.read(t, &fetch.Ask{Kind: c.kind, Filter: filter, Subjects: subjects(p)}); len(a.entries[0]) != 0 || a.Unreadable == nil || !a.Unreadable[0] {
					t.Errorf("%s of %s %s, %+v: %d entries, unreadable %v", c.kind, c.column, none, filter, len(a.entries[0]), a.Unreadable)
				}
			}
		}
		p := patient()
		s.insert(t, relation(c.kind), s.entry(c.kind, p, "never over").with(row{c.column: quote("9999-12-31T00:00:00Z")}))
		if a := s.read(t, &fetch.Ask{Kind: c.kind, Subjects: subjects(p)}); len(a.entries[0]) != 1 || a.Unreadable != nil {
			t.Errorf("%s until the last day there is: %d entries, unreadable %v", c.kind, len(a.entries[0]), a.Unreadable)
		}
	}
}

// warnings are read however they are spelled, and without a date; one that cannot be read is a gap. That there is nothing
// needs a date where it could be of childhood.
func (s *suite) warnings(t *testing.T) {
	if !s.publishes(fetch.Notes) {
		return
	}
	for name, c := range map[string]struct {
		class, note, at string
		want            string // "" for a gap, - for nothing
	}{
		"as it is written": {"SOCIAL_CARE", "IN_TRANSIT", "2026-05-01", "SOCIAL_CARE IN_TRANSIT"}, "in words": {"care plans", " awaiting filing", "2026-05-01", "CARE_PLANS AWAITING_FILING"},
		"with hyphens": {"Care-Team", "In-Transit", "2026-05-01", "CARE_TEAM IN_TRANSIT"}, "of nothing": {"ALLERGIES", "none known", "2026-05-01", "ALLERGIES NONE_KNOWN"},
		"of a class there is not": {"SHOES", "IN_TRANSIT", "2026-05-01", ""}, "nothing of it": {"SHOES", "NONE_KNOWN", "2026-05-01", " NONE_KNOWN"}, "of something else": {"ALLERGIES", "LOST", "2026-05-01", ""},
		"without a date": {"ALLERGIES", "in transit", "", "ALLERGIES IN_TRANSIT"}, "of nothing without a date": {"ALLERGIES", "none known", "", "ALLERGIES NONE_KNOWN"}, "of something else without a date": {"ALLERGIES", "LOST", "", ""},
	} {
		p, at := patient(), "null"
		if c.at != "" {
			at = quote(c.at)
		} else if s.h.Adults && c.note == "none known" {
			c.want = "-"
		}
		s.insert(t, "list_note", row{"nhs_number": quote(string(p)), "id": quote("n"), "class": quote(c.class), "note": quote(c.note), "recorded_at": at})
		a := s.read(t, &fetch.Ask{Kind: fetch.Notes, Subjects: subjects(p)})
		got := "-"
		if a.Unreadable != nil {
			got = ""
		}
		for _, x := range a.entries[0] {
			note := x.(*record.ListNote)
			got = string(note.Class) + " " + string(note.Note)
		}
		if got != c.want || len(a.entries[0]) > 1 {
			t.Errorf("a warning %s: %q, want %q", name, got, c.want)
		}
	}
}

// medicinesOfStays: where the source knows the stays, their ends tell which medicines
// are of the latest discharge, and which of a stay that is over.
func (s *suite) medicinesOfStays(t *testing.T) {
	if !s.publishes(fetch.Stays) || !s.publishes(fetch.Medications) {
		return
	}
	supplied := func(p record.NHSNumber, id, kind, stay, at string) row {
		return s.entry(fetch.Medications, p, id).with(medicine(kind, "2026-11-01", "", "")).with(row{"discharge_id": stay, "discharged_at": at})
	}
	stay := func(p record.NHSNumber, id, ended string) row {
		return s.entry(fetch.Stays, p, id).with(row{"discharged_at": ended})
	}
	later, hidden, same := patient(), patient(), patient()
	s.insert(t, "stay", stay(later, "s1", quote("2026-05-01T10:00Z")), stay(later, "s2", quote("2026-08-01T10:00Z")), stay(later, "s3", "null"),
		stay(hidden, "s1", quote("2026-05-01T10:00Z")), stay(hidden, "s2", quote("2026-08-01T10:00Z")).with(row{"confidential": "true"}),
		stay(hidden, "s3", quote("2026-08-02T10:00Z")), stay(same, "s1", quote("2026-05-01T18:00Z")))
	s.insert(t, "stay_diagnosis", row{"nhs_number": quote(string(hidden)), "parent_id": quote("s3"), "position": "1", "diagnosis_system": quote(secretSystem), "diagnosis_code": quote(secretCode)})
	for _, p := range []record.NHSNumber{later, hidden, same} {
		s.insert(t, "medication", supplied(p, "home", "DISCHARGE", quote("s1"), quote("2026-05-01T10:00Z")),
			supplied(p, "of the ended", "INPATIENT", quote("s1"), "null"), supplied(p, "of the present", "INPATIENT", quote("s3"), "null"))
	}
	for p, want := range map[record.NHSNumber][]string{later: {"of the present"}, hidden: {"home"}, same: {"home", "of the present"}} {
		a := s.read(t, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(p)})
		got := a.ids(0)
		slices.Sort(got)
		equal(t, "medicines beside stays", got, want)
	}
	beside := patient()
	s.insert(t, "stay", stay(beside, "s1", quote("2026-05-01T10:00Z")), stay(beside, "s2", quote("2026-08-01T10:00Z")).with(row{"confidential": "true"}))
	s.insert(t, "medication", supplied(beside, "home", "DISCHARGE", quote("s1"), quote("2026-05-01T10:00Z")), supplied(beside, "of the hidden", "DISCHARGE", quote("s2"), quote("2026-08-01T10:00Z")))
	for status, want := range map[string][]string{"": {"home"}, "CURRENT": {"home"}, "PAST": {}} {
		equal(t, "medicines beside those of a hidden stay, "+status, s.read(t, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: status}, Subjects: subjects(beside)}).ids(0), want)
	}
	a := s.read(t, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(same)})
	for _, x := range a.entries[0] {
		if m := x.(*record.Medication); m.DischargedAt.IsZero() == (m.Kind == record.MedicationKindDischarge) {
			t.Errorf("%s was supplied at %v", sourceID(x), m.DischargedAt)
		}
	}
}

// content: text as it is, anything else in base64.
func (s *suite) content(t *testing.T) {
	if !s.publishes(fetch.DocumentContent) {
		return
	}
	p := patient()
	s.insert(t, "document",
		s.entry(fetch.DocumentContent, p, "text").with(row{"content": `convert_to('Reviewed — well', 'UTF8')`}),
		s.entry(fetch.DocumentContent, p, "letter called a pdf").with(row{"content": `convert_to('Well', 'UTF8')`, "content_type": quote("application/pdf")}),
		s.entry(fetch.DocumentContent, p, "pdf called a letter").with(row{"content": `'%PDF-1.7'::bytea`}),
		s.entry(fetch.DocumentContent, p, "pdf").with(row{"content": `'\x25504446ff00'::bytea`, "content_type": quote("application/pdf")}),
		s.entry(fetch.DocumentContent, p, "not utf-8").with(row{"content": `'\x416dff'::bytea`}),
		s.entry(fetch.DocumentContent, p, "zero byte").with(row{"content": `'\x41006d'::bytea`}),
		s.entry(fetch.DocumentContent, p, "none").with(row{"content": "null"}))
	for id, want := range map[string][2]record.Text{
		"letter called a pdf": {"Well", ""}, "pdf called a letter": {"", record.Text(base64.StdEncoding.EncodeToString([]byte("%PDF-1.7")))},
		"text": {"Reviewed — well", ""}, "pdf": {"", record.Text(base64.StdEncoding.EncodeToString([]byte("%PDF\xff\x00")))},
		"not utf-8": {"", record.Text(base64.StdEncoding.EncodeToString([]byte("Am\xff")))}, "none": {"", ""},
		"zero byte": {"", record.Text(base64.StdEncoding.EncodeToString([]byte("A\x00m")))},
	} {
		a := s.read(t, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: id}, Subjects: subjects(p)})
		if len(a.entries[0]) != 1 {
			t.Errorf("%s: %d documents", id, len(a.entries[0]))
			continue
		}
		x := a.entries[0][0].(*record.DocumentContent)
		if x.Text != want[0] || x.Base64 != want[1] {
			t.Errorf("%s: %q, %q", id, x.Text, x.Base64)
		}
	}
	if got := s.shown(t, fetch.DocumentContent, p, "no such id"); len(got) != 0 {
		t.Errorf("an unknown document: %v", got)
	}
}
