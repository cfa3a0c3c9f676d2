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
