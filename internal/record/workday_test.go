package record_test

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
	2018: {"01-01", "03-30", "04-02", "05-07", "05-28", "08-27", "12-25", "12-26"},
	2017: {"01-02", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"},
	2016: {"01-01", "03-25", "03-28", "05-02", "05-30", "08-29", "12-26", "12-27"},
	2005: {"01-03", "03-25", "03-28", "05-02", "05-30", "08-29", "12-26", "12-27"},
}

func TestBankHolidays(t *testing.T) {
	for year, days := range published {
		holidays := map[string]bool{}
		for _, day := range days {
			holidays[day] = true
		}
		for day := time.Date(year, 1, 1, 0, 0, 0, 0, record.London); day.Year() == year; day = day.AddDate(0, 0, 1) {
			weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
			if want := !weekend && !holidays[day.Format("01-02")]; record.IsWorkingDay(day.Add(12*time.Hour)) != want {
				t.Errorf("%s: working day %t, want %t", day.Format(time.DateOnly), !want, want)
			}
		}
	}
}
