package record_test

import (
	"testing"
	"time"

	"carerecord/internal/record"
)

func TestAStayIsOfItsClassificationOrElseInpatient(t *testing.T) {
	dayCase := &record.Code{Code: "2", Display: "Day case admission"}
	if got := (&record.Stay{PatientClassification: dayCase}).Kind(); got != dayCase {
		t.Errorf("a day case is %v", got)
	}
	if got := (&record.Stay{}).Kind(); got == nil || got.Code != "IMP" || got.Display != "inpatient encounter" {
		t.Errorf("a stay without classification is %v", got)
	}
}

// Where the time of day is not known a length says nothing about the end.
func TestAContactEndsWhenItsLengthIsOver(t *testing.T) {
	at := record.At(time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC))
	hour, none := 60, 0
	for _, test := range []struct {
		name      string
		at        record.DateTime
		precision record.Precision
		minutes   *int
		want      record.DateTime
	}{
		{"an hour", at, record.PrecisionTime, &hour, record.At(at.Add(time.Hour))},
		{"no time", at, record.PrecisionTime, &none, at},
		{"of unknown length", at, record.PrecisionTime, nil, record.DateTime{}},
		{"of a day", at, record.PrecisionDay, &hour, record.DateTime{}},
		{"of a month", at, record.PrecisionMonth, &hour, record.DateTime{}},
		{"of a year", at, record.PrecisionYear, &hour, record.DateTime{}},
		{"of no date", record.DateTime{}, "", &hour, record.DateTime{}},
		{"of no date that is said to have a time", record.DateTime{}, record.PrecisionTime, &hour, record.DateTime{}},
	} {
		x := record.CareContact{HeldAt: test.at, HeldAtPrecision: test.precision, DurationMinutes: test.minutes}
		if got := x.EndedAt(); got != test.want {
			t.Errorf("%s: it ends at %v, want %v", test.name, got, test.want)
		}
		if known := x.EndedAtPrecision() == record.PrecisionTime; known == test.want.IsZero() {
			t.Errorf("%s: of its end is known %q", test.name, x.EndedAtPrecision())
		}
		if x.StartedAt() != test.at || x.StartedAtPrecision() != test.precision {
			t.Errorf("%s: it starts at %v (%s)", test.name, x.StartedAt(), x.StartedAtPrecision())
		}
	}
}

// A contact that did not take place says so in the words for its kind, once, and has no end.
func TestContactsThatDidNotTakePlace(t *testing.T) {
	minutes, at := 30, record.At(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	review := &record.Code{System: "http://snomed.info/sct", Code: "1", Display: "Review"}
	missed := &record.Code{Code: "3", Display: "Did not attend"}
	for _, test := range []struct {
		kind, attended, cancelled *record.Code
		want, headline            string
	}{
		{review, nil, nil, "Review", "Mental health contact: Review"},
		{review, &record.Code{Code: "5", Display: "Attended on time"}, nil, "Review", "Mental health contact: Review"},
		{review, missed, nil, "Did not attend: Review", "Mental health contact: Review (Did not attend)"},
		{nil, missed, nil, "Did not attend", "Mental health contact: Crisis team (Did not attend)"},
		{review, nil, &record.Code{Display: "Clinician unwell"}, "cancelled: Review", "Mental health contact: Review (cancelled)"},
	} {
		x := record.CareContact{HeldAt: at, HeldAtPrecision: record.PrecisionTime, DurationMinutes: &minutes, Kind: test.kind, Team: "Crisis team", Attended: test.attended, CancellationReason: test.cancelled}
		if got := x.Headline(); got != test.headline {
			t.Errorf("before: %q, want %q", got, test.headline)
		}
		x.SayUnheld()
		held := test.kind == x.Kind
		if x.Kind.Display != test.want || x.Headline() != test.headline || x.EndedAt().IsZero() == held || !held && (x.Kind.Original != test.kind || x.Kind.Code != "") {
			t.Errorf("%+v, %q, until %s; want %q and %q", x.Kind, x.Headline(), x.EndedAt(), test.want, test.headline)
		}
	}
}
