package accessreport

import (
	"bytes"
	"errors"
	"flag"
	"iter"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden reports")

func names(ods string) string {
	return map[string]string{"RAL": "Royal Free London NHS Foundation Trust", "F83999": "Hollow Ponds Surgery (demo)"}[ods]
}

func of(lines ...audit.Line) iter.Seq2[audit.Line, error] {
	return func(yield func(audit.Line, error) bool) {
		for _, line := range lines {
			if !yield(line, nil) {
				return
			}
		}
	}
}

var (
	resident = Resident{Number: "9990000018", Since: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	now      = time.Date(2026, 4, 1, 11, 0, 0, 0, time.UTC)
	doctor   = audit.Who{Subject: "u1", Name: "Dr Harry Ward (demo)", Role: auth.HospitalDoctor, Organisation: "RAL"}
)

func line(sequence int64, at time.Time, e audit.Event) audit.Line {
	e.Patient = resident.Number
	return audit.Line{Event: e, Sequence: sequence, RecordedAt: at}
}

func history() []audit.Line {
	officer := audit.Who{Subject: "o1", Name: "Pat Choice (demo)", Role: auth.OptOutOfficer, Organisation: "QMJ"}
	return []audit.Line{
		line(90, time.Date(2026, 3, 31, 22, 30, 0, 0, time.UTC), audit.Event{Action: audit.Read, Who: doctor, Purpose: auth.EmergencyTreatment, Outcome: audit.Shown,
			Classes: []record.Class{record.ClassDemographics, record.ClassAllergies}, Sectors: []record.Sector{record.Acute},
			Glass: &audit.Glass{GrantID: "g", Reason: "EMERGENCY", Note: "unconscious in resus, neighbour named"}}),
		line(89, time.Date(2026, 3, 31, 22, 29, 0, 0, time.UTC), audit.Event{Action: audit.BreakGlass, Who: doctor, Purpose: auth.EmergencyTreatment, Outcome: audit.Done,
			Glass: &audit.Glass{GrantID: "g", Reason: "EMERGENCY", Note: "unconscious in resus, neighbour named"}}),
		line(70, time.Date(2026, 3, 29, 0, 59, 0, 0, time.UTC), audit.Event{Action: audit.Read, Who: doctor, Purpose: auth.Treatment, Outcome: audit.Shown, Relationship: "STAY",
			Asked: "9990000026", Classes: record.Classes, Sectors: record.Sectors}),
		line(60, time.Date(2026, 2, 3, 9, 0, 0, 0, time.UTC), audit.Event{Action: audit.Read, Outcome: audit.NoCareRelationship, Purpose: auth.Treatment,
			Who: audit.Who{Subject: "u2", Name: "Eve\x1b[2J\nFake line", Role: "NEW_ROLE", Organisation: "X99"}}),
		line(50, time.Date(2026, 2, 2, 9, 0, 0, 0, time.UTC), audit.Event{Action: audit.RecordOptOut, Who: officer, Purpose: auth.PatientAdministration, Outcome: audit.Done}),
		line(40, time.Date(2026, 1, 6, 9, 0, 0, 0, time.UTC), audit.Event{Action: audit.Read, Outcome: audit.Withheld, Who: audit.Who{Organisation: "F83999"}}),
	}
}

func TestReport(t *testing.T) {
	for name, lines := range map[string]iter.Seq2[audit.Line, error]{"history": of(history()...), "nobody": of()} {
		var b bytes.Buffer
		if err := Report(&b, lines, resident, names, now); err != nil {
			t.Fatal(err)
		}
		golden := "testdata/" + name + ".txt"
		if *update {
			if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Error(name, diff)
		}
		for _, hidden := range []string{"neighbour", "\x1b", "9990000018"} {
			if strings.Contains(b.String(), hidden) {
				t.Errorf("%s: %q is in it", name, hidden)
			}
		}
	}
}

func TestReportThatIsNotComplete(t *testing.T) {
	broken := errors.New("the trail cannot be read")
	lines := func(yield func(audit.Line, error) bool) {
		if yield(history()[0], nil) {
			yield(audit.Line{}, broken)
		}
	}
	var b bytes.Buffer
	err := Report(&b, lines, resident, names, now)
	if !errors.Is(err, broken) || !strings.Contains(b.String(), "NOT COMPLETE") || strings.Contains(b.String(), "That is all") {
		t.Error(err, b.String())
	}
	b.Reset()
	if err := Report(&b, of(), Resident{Number: resident.Number}, names, now); err != nil || strings.Contains(b.String(), "Nobody has asked") {
		t.Error("nothing recorded is said to be nobody: ", b.String())
	}
}

// counter counts what is written and keeps nothing.
type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

func TestReportNeedsLittleMemory(t *testing.T) {
	one := history()[2]
	lines := func(yield func(audit.Line, error) bool) {
		for range 100_000 {
			if !yield(one, nil) {
				return
			}
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var written counter
	if err := Report(&written, lines, resident, names, now); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 16<<20 || written < 50<<20 {
		t.Errorf("the heap grew by %d MB for %d MB", grown>>20, written>>20)
	}
}

func TestEverythingHasWords(t *testing.T) {
	for _, class := range record.Classes {
		if classes[class] == "" {
			t.Errorf("no words for %s", class)
		}
	}
	for _, sector := range record.Sectors {
		if sectors[sector] == "" {
			t.Errorf("no words for %s", sector)
		}
	}
}
