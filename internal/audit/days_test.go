package audit

import (
	"testing"
	"time"

	"carerecord/internal/record"
)

// As published at gov.uk/bank-holidays for England and Wales.
func TestBankHolidays(t *testing.T) {
	published := map[record.Date]bool{}
	for _, day := range []record.Date{
		"2024-01-01", "2024-03-29", "2024-04-01", "2024-05-06", "2024-05-27", "2024-08-26", "2024-12-25", "2024-12-26",
		"2025-01-01", "2025-04-18", "2025-04-21", "2025-05-05", "2025-05-26", "2025-08-25", "2025-12-25", "2025-12-26",
		"2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28",
		"2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30", "2027-12-27", "2027-12-28",
	} {
		published[day] = true
	}
	var thresholds Thresholds
	for at := time.Date(2024, 1, 1, 12, 0, 0, 0, record.London); at.Year() < 2028; at = midnight(at, 1) {
		weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
		if day := record.Today(at); thresholds.works(at) == (weekend || published[day]) {
			t.Errorf("%s: works is %t", day, thresholds.works(at))
		}
	}
}
