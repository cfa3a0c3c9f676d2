package audit

import (
	"slices"
	"time"

	"carerecord/internal/record"
)

// midnight is the beginning of the day in London, so many days on.
func midnight(at time.Time, days int) time.Time {
	y, m, d := at.In(record.London).Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, record.London)
}

// month is the beginning of the month in London, so many months on.
func month(at time.Time, months int) time.Time {
	y, m, _ := at.In(record.London).Date()
	return time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, record.London)
}

// evening is the day on which the night began that a moment lies in, and whether it
// lies in one. Nights are by the clock on the wall, so that one in March is an hour
// shorter and one in October an hour longer.
func (t *Thresholds) evening(at time.Time) (day time.Time, night bool) {
	switch hour := at.In(record.London).Hour(); {
	case hour >= t.NightFrom:
		return midnight(at, 0), true
	case hour < t.NightTo:
		return midnight(at, -1), true
	}
	return time.Time{}, false
}

func atHour(day time.Time, hour int) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, hour, 0, 0, 0, record.London)
}

// works reports whether a day in London is worked: no weekend, no bank holiday in
// England and none of Holidays.
func (t *Thresholds) works(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday &&
		!bankHoliday(day) && !slices.Contains(t.Holidays, record.Today(day))
}

// bankHoliday is about weekdays: Banking and Financial Dealings Act 1971, schedule 1,
// with what has been proclaimed every year since 1978. Days of one year only are
// Thresholds.Holidays.
func bankHoliday(day time.Time) bool {
	y, m, d := day.Date()
	monday := day.Weekday() == time.Monday
	switch {
	case m == time.January && (d == 1 || monday && d <= 3):
		return true // New Year's Day, or the Monday after
	case m == time.May && monday && (d <= 7 || d >= 25), m == time.August && monday && d >= 25:
		return true
	case m == time.December && (d == 25 || d == 26):
		return true
	case m == time.December && (d == 27 || d == 28):
		return monday || day.Weekday() == time.Tuesday // for those that fell on a weekend
	}
	good, easterMonday := easter(y, -2), easter(y, 1)
	return m == good.Month() && d == good.Day() || m == easterMonday.Month() && d == easterMonday.Day()
}

// easter is a day counted from Easter Sunday, by Gauss's rule for 1900 to 2099.
func easter(year, days int) time.Time {
	a := year % 19
	moon := (19*a + 24) % 30
	if moon == 29 || moon == 28 && a > 10 {
		moon--
	}
	sunday := (2*(year%4) + 4*(year%7) + 6*moon + 5) % 7
	return time.Date(year, time.March, 22+moon+sunday+days, 0, 0, 0, 0, record.London)
}
