package audit

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// whole is an event of which everything is known.
func whole() Line {
	return Line{Sequence: 7, RecordedAt: time.Date(2026, 3, 11, 12, 0, 0, 5, time.FixedZone("", 3600)), Decided: Shown, Event: Event{
		Action: Read, Who: Who{Subject: "u1", Name: "Dr Harry Ward (demo)", Role: auth.HospitalDoctor, Organisation: "RAL", TokenID: "t-1"},
		Patient: "9990000018", Asked: "9990000026", Operation: Operation{Name: "FullRecord", SHA256: "0a0b", Document: "full-record-1", App: "ward-screen"},
		Classes: []record.Class{record.ClassAllergies, record.ClassResults}, Sectors: []record.Sector{record.Acute},
		Sources: []Source{{record.Acute, "RAL", "ANSWERED"}, {record.GP, "F83999", "TIMED_OUT"}}, Counts: []Count{{record.ClassAllergies, 3}},
		Purpose: auth.EmergencyTreatment, Relationship: "STAY", Glass: &Glass{GrantID: "g-1", Reason: "EMERGENCY", Note: "unconscious in resus"},
		Client: Client{Device: "ward-3", Application: "viewer", Address: "192.0.2.1"}, Outcome: Shown, ConsentVersion: 12, PolicyVersion: "2026-04-01", RequestID: "r-1", Note: "a note",
	}}
}

// lines is what an event becomes in FHIR, each line by line.
func lines(t *testing.T, s Site, l Line) (all [][]string) {
	t.Helper()
	for _, e := range s.auditEvents(l, "c0de") {
		text, err := json.MarshalIndent(e, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.Split(string(text), "\n"))
	}
	return all
}

// compared is the lines that only one of two has.
func compared(was, is []string) (text string) {
	for _, line := range was {
		if i := slices.Index(is, line); i >= 0 {
			is = slices.Delete(is, i, i+1)
			continue
		}
		text += "-" + line + "\n"
	}
	for _, line := range is {
		text += "+" + line + "\n"
	}
	return text
}

// An event in FHIR is as it is in the golden file, which a reader of FHIR can check: one in
// full, and of others the lines that differ.
func TestEventsInFHIR(t *testing.T) {
	site := Site{Name: "records.example", Address: "https://records.example/graphql"}
	full := lines(t, site, whole())
	got := ""
	for _, each := range full {
		got += strings.Join(each, "\n") + "\n"
	}
	differ := func(name string, s Site, l Line) {
		more := lines(t, s, l)
		got += "\n== " + name + "\n"
		for i, was := range full {
			if i == len(more) {
				got += "no decision\n"
				break
			}
			got += compared(was, more[i])
		}
	}
	for _, c := range []struct {
		without string
		change  func(*Line)
	}{
		{"a patient", func(l *Line) { l.Patient = "" }},
		{"an address", func(l *Line) { l.Client.Address = "" }},
		{"a device", func(l *Line) { l.Client.Device = "" }},
		{"an application", func(l *Line) { l.Client.Application = "" }},
		{"a token", func(l *Line) { l.Who.TokenID = "" }},
		{"a person", func(l *Line) { l.Who.Subject = "" }},
		{"an organisation", func(l *Line) { l.Who.Organisation = "" }},
		{"a role", func(l *Line) { l.Who.Role = "" }},
		{"a purpose", func(l *Line) { l.Purpose = "" }},
		{"the purpose of an emergency, but with its grant", func(l *Line) { l.Purpose = auth.Treatment }},
		{"an emergency at all", func(l *Line) { l.Purpose, l.Glass.Reason = auth.Treatment, "COURT_ORDER" }},
		{"a request", func(l *Line) { l.RequestID = "" }},
		{"break-glass", func(l *Line) { l.Glass = nil }},
		{"a relationship", func(l *Line) { l.Relationship = "" }},
		{"a relationship or break-glass", func(l *Line) { l.Relationship, l.Glass = "", nil }},
		{"anything", func(l *Line) { l.Event = Event{Action: Read, Outcome: Shown} }},
	} {
		l := whole()
		c.change(&l)
		differ("without "+c.without, site, l)
	}
	differ("a site without a name", Site{Address: site.Address}, whole())
	differ("a site without an address", Site{Name: site.Name}, whole())
	for _, outcome := range []Outcome{Done, Forbidden, NoCareRelationship, NotFound, Withheld, WithheldChanged, Unavailable, Rejected, "SOMETHING_NEW"} {
		l := whole()
		l.Outcome = outcome
		differ("outcome "+string(outcome), site, l)
	}
	for _, action := range []Action{List, Planning, Subscribe, Reject, ReadOptOuts, ReadOptOutRequests, RecordOptOut, WithdrawOptOut, DecideOptOutRequest, BreakGlass, ReadTrail, KeepTrail, "SOMETHING_NEW"} {
		l := whole()
		l.Action = action
		differ("action "+string(action), site, l)
	}
	removed := whole()
	removed.Action, removed.Who = KeepTrail, Who{}
	differ("the trail by itself", site, removed)
	golden := filepath.Join("testdata", "fhir.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}
