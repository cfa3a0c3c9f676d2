package consent

import (
	"testing"
	"time"

	"carerecord/internal/record"
)

// The bank holidays of England and Wales as published on gov.uk.
var published = map[int][]string{
	2024: {"01-01", "03-29", "04-01", "05-06", "05-27", "08-26", "12-25", "12-26"},
	2025: {"01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"},
	2026: {"01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"},
	2027: {"01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"},
	2021: {"01-01", "04-02", "04-05", "05-03", "05-31", "08-30", "12-27", "12-28"},
	2017: {"01-02", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"},
	2016: {"01-01", "03-25", "03-28", "05-02", "05-30", "08-29", "12-26", "12-27"},
}

func TestBankHolidays(t *testing.T) {
	for year, days := range published {
		holidays := map[string]bool{}
		for _, day := range days {
			holidays[day] = true
		}
		for day := time.Date(year, 1, 1, 0, 0, 0, 0, record.London); day.Year() == year; day = next(day, 1) {
			weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
			if want := !weekend && !holidays[day.Format("01-02")]; workingDay(day) != want {
				t.Errorf("%s: working day %t, want %t", day.Format(time.DateOnly), !want, want)
			}
		}
	}
}

func TestRequestDue(t *testing.T) {
	for _, tt := range []struct{ name, received, due string }{
		{"of a Monday, when Wednesday is over", "2026-03-09T10:00:00Z", "2026-03-12T00:00:00Z"},
		{"of a Friday, when Tuesday is over", "2026-03-06T23:59:59Z", "2026-03-11T00:00:00Z"},
		{"of a Saturday, when Tuesday is over", "2026-03-07T00:00:00Z", "2026-03-11T00:00:00Z"},
		{"of Maundy Thursday, over Easter", "2026-04-02T12:00:00Z", "2026-04-08T23:00:00Z"},
		{"of Christmas Eve", "2026-12-24T12:00:00Z", "2026-12-31T00:00:00Z"},
		{"late in the evening in summer, which is the next day in London", "2026-06-08T23:30:00Z", "2026-06-11T23:00:00Z"},
		{"before the clocks go forward", "2026-03-27T12:00:00Z", "2026-03-31T23:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			received, _ := time.Parse(time.RFC3339, tt.received)
			want, _ := time.Parse(time.RFC3339, tt.due)
			if got := RequestDue(received); !got.Equal(want) {
				t.Errorf("due %s, want %s", got.UTC(), want)
			}
		})
	}
}

func TestOverdueIsPastDue(t *testing.T) {
	start := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
	for hour := 0; hour < 24*40; hour += 5 {
		received := start.Add(time.Duration(hour) * time.Hour)
		due := RequestDue(received)
		for _, now := range []time.Time{received, due.Add(-time.Second), due, due.Add(time.Hour), due.AddDate(0, 0, 3)} {
			if got, want := received.Before(overdueBefore(now)), !now.Before(due); got != want {
				t.Fatalf("received %s, due %s, at %s: overdue %t", received, due, now, got)
			}
		}
	}
}
