package accessreport

import (
	"bytes"
	"errors"
	"flag"
	"io"
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
			Classes: []record.Class{record.ClassDemographics, record.ClassAllergies, record.ClassMedications},
			Glass:   &audit.Glass{GrantID: "g", Reason: "EMERGENCY", Note: "unconscious in resus, neighbour named"}}),
		line(70, time.Date(2026, 3, 29, 0, 59, 0, 0, time.UTC), audit.Event{Action: audit.Read, Who: doctor, Purpose: auth.Treatment, Outcome: audit.Shown, Relationship: "STAY",
			Asked: "9990000026", Classes: record.Classes, Sectors: record.Sectors}),
		line(65, time.Date(2026, 2, 4, 9, 0, 0, 0, time.UTC), audit.Event{Action: audit.Read, Who: doctor, Purpose: auth.Treatment, Outcome: audit.WithheldChanged,
			Relationship: "STAY", Classes: []record.Class{record.ClassAllergies}, Sectors: []record.Sector{record.GP}}),
		line(64, time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC), audit.Event{Action: audit.ReadTrail, Who: audit.Who{Subject: "operator", Name: "An operator of the service"}, Outcome: audit.Done}),
		line(60, time.Date(2026, 2, 3, 9, 0, 0, 0, time.UTC), audit.Event{Action: audit.Read, Outcome: audit.NoCareRelationship, Purpose: auth.Treatment,
			Who: audit.Who{Subject: "u2", Name: "Eve\x1b[2J\nFake line", Role: "NEW_ROLE", Organisation: "X99"}}),
		line(50, time.Date(2026, 2, 2, 9, 0, 0, 0, time.UTC), audit.Event{Action: audit.RecordOptOut, Who: officer, Purpose: auth.PatientAdministration, Outcome: audit.Done}),
		line(45, time.Date(2026, 1, 20, 9, 0, 0, 0, time.UTC), audit.Event{Action: audit.Read, Who: doctor, Purpose: auth.Treatment, Outcome: audit.Shown,
			Relationship: "STAY", Classes: []record.Class{record.ClassAllergies}, Sectors: []record.Sector{record.GP}, Note: audit.Suspended + "notice under regulation 3(4)"}),
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
}

// full is a disk with room for so many bytes.
type full int

func (f *full) Write(b []byte) (int, error) {
	if *f -= full(len(b)); *f < 0 {
		return 0, io.ErrShortWrite
	}
	return len(b), nil
}

func TestAReportThatCannotBeWrittenIsAnError(t *testing.T) {
	for room := range full(3) {
		room *= 500
		if err := Report(&room, of(history()...), resident, names, now); !errors.Is(err, io.ErrShortWrite) {
			t.Error(err)
		}
	}
}

func TestHowOftenAndSinceWhen(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []audit.Line
		since time.Time
		want  string
	}{
		{"an empty trail", nil, time.Time{}, "Nothing is recorded yet, about you or anybody else. So this cannot say that nobody asked."},
		{"nobody", nil, resident.Since, "Nobody has asked for your joined-up record since Monday 5 January 2026 at 09:00."},
		{"once", history()[:1], resident.Since, "That is all: once since Monday 5 January 2026 at 09:00."},
		{"twice", history()[:2], resident.Since, "That is all: 2 times since Monday 5 January 2026 at 09:00."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Report(&b, of(tt.lines...), Resident{resident.Number, tt.since}, names, now); err != nil {
				t.Fatal(err)
			}
			paragraphs := strings.Split(strings.TrimSpace(b.String()), "\n\n")
			if last := strings.Join(strings.Fields(paragraphs[len(paragraphs)-1]), " "); !strings.HasPrefix(last, tt.want) {
				t.Errorf("%q, want %q", last, tt.want)
			}
		})
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct{ name, got, want string }{
		{"a number", spaced("9990000018"), "999 000 0018"},
		{"no number", spaced(""), ""},
		{"a relationship without a purpose", why(audit.Line{Event: audit.Event{Relationship: "REFERRAL"}}), "you were referred to them"},
		{"what steers a terminal or turns writing round", strings.Map(printable, "\x00a\x1fb\x7fc\u0080d\u009fe\u202af\u202eg\u2066h\u2069"), " a b c d e f g h "},
		{"what stands beside it", strings.Map(printable, " ~\u00a0\u2029\u202f\u2065\u206a"), " ~\u00a0\u2029\u202f\u2065\u206a"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
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
