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

// What was not done is not told as done: a resident who reads that it was written down believes
// that they have opted out. Nor is it said why, unless that is so.
func TestWhatWasNotDoneIsNotToldAsDone(t *testing.T) {
	told := func(e audit.Event) string {
		var b bytes.Buffer
		e.Who = doctor
		if err := Report(&b, of(line(1, now, e)), resident, names, now); err != nil {
			t.Fatal(err)
		}
		_, entry, _ := strings.Cut(strings.Join(strings.Fields(b.String()), " "), "NHS Foundation Trust, ")
		entry, _, _ = strings.Cut(entry, " That is all")
		return entry
	}
	var asked []string
	for action, words := range map[audit.Action][2]string{
		audit.RecordOptOut:        {"wrote down that you opted out", "asked to write down that you opted out"},
		audit.WithdrawOptOut:      {"wrote down that you changed your mind about opting out", "asked to write down that you changed your mind about opting out"},
		audit.ReadOptOuts:         {"looked at whether you opted out", "asked to look at whether you opted out"},
		audit.ReadOptOutRequests:  {"looked at a request to opt out in your name, or compared it with your details", "asked to look at a request to opt out in your name, or to compare it with your details"},
		audit.DecideOptOutRequest: {"decided on a request to opt out", "asked to decide on a request to opt out"},
		audit.ReadTrail:           {"looked at who had asked for your record", "asked to look at who had asked for your record"},
		audit.KeepTrail:           {"wrote out who had asked for your record", "asked to write out who had asked for your record"},
	} {
		if got, want := told(audit.Event{Action: action, Outcome: audit.Done}), words[0]+". What came of it: it was done."; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		for outcome, why := range map[audit.Outcome]string{
			audit.Forbidden: "it was not done: their role may not do this", audit.Rejected: "it was not done: it could not be done as they asked",
			audit.NotFound: "it was not done: there was nothing on record to do it to", audit.Unavailable: "it was not done: what it needs could not be looked up",
			"SOMETHING_NEW": "something new",
		} {
			if got, want := told(audit.Event{Action: action, Outcome: outcome}), words[1]+". What came of it: "+why+"."; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
		asked = append(asked, string(action))
	}
	if len(asked)+1 != len(duties) { // and break-glass
		t.Errorf("of the duties only %v", asked)
	}
	glass := &audit.Glass{Reason: "EMERGENCY"}
	allergies := []record.Class{record.ClassAllergies}
	const opens, reason = "asked to open your record without a check that they are part of your care.", "you needed care at once. The privacy officer sees this. "
	for _, tt := range []struct {
		name  string
		event audit.Event
		want  string
	}{
		{"a grant", audit.Event{Action: audit.BreakGlass, Outcome: audit.Done, Glass: glass, Classes: allergies},
			opens + " What they were allowed to look at: allergies. They gave as the reason: " + reason + "What came of it: they were allowed to, for a short time."},
		{"a grant that was not given", audit.Event{Action: audit.BreakGlass, Outcome: audit.Rejected, Glass: glass, Classes: allergies},
			opens + " What they asked to look at: allergies. They gave as the reason: " + reason + "What came of it: it was not done: it could not be done as they asked."},
		{"a role that takes none", audit.Event{Action: audit.BreakGlass, Outcome: audit.Forbidden}, opens + " What came of it: it was not done: their role may not do this."},
		{"its use", audit.Event{Action: audit.Read, Outcome: audit.Shown, Glass: glass},
			"asked for your record. They were not part of your care and gave as the reason: " + reason + "What came of it: it was shown to them."},
		{"a role that sees no records", audit.Event{Action: audit.Read, Outcome: audit.Forbidden}, "asked for your record. What came of it: nothing was shown: their role may not see records."},
		{"a question that was loaded and could not be run", audit.Event{Action: audit.Read, Outcome: audit.Rejected, Classes: allergies},
			"asked for your record. What was loaded, and then not shown: allergies. What came of it: nothing was shown: the request could not be run."},
		{"a role that has no list", audit.Event{Action: audit.List, Outcome: audit.Forbidden}, "asked for a list of people that you were on. What came of it: nothing was shown: their role may not do this."},
		{"a list", audit.Event{Action: audit.List, Outcome: audit.Done, Classes: allergies}, "asked for a list of people that you were on. What was looked at: allergies. What came of it: it was done."},
		{"a list without an opted-out person", audit.Event{Action: audit.List, Outcome: audit.Withheld}, "asked for a list of people that you were on. What came of it: nothing was shown: you had opted out."},
	} {
		if got := told(tt.event); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
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
