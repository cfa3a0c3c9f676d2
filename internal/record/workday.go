package record

import "time"

// IsWorkingDay reports whether a moment is on a working day in London: one that is neither
// at a weekend nor a bank holiday in England. It does not know a holiday that was proclaimed
// for one year only.
func IsWorkingDay(at time.Time) bool {
	y, m, d := at.In(London).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, London)
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday && !bankHoliday(day)
}

// bankHoliday reports whether a day outside a weekend is a bank holiday in England. The
// rules are those of the Banking and Financial Dealings Act 1971, schedule 1, with the days
// appointed by proclamation since 1978 (the first Monday in May, and substitutes for New
// Year's Day).
func bankHoliday(day time.Time) bool {
	y, m, d := day.Date()
	monday := day.Weekday() == time.Monday
	switch m {
	case time.January:
		return d == 1 || monday && d <= 3
	case time.March, time.April:
		easter := easterSunday(y)
		return day.Equal(easter.AddDate(0, 0, -2)) || day.Equal(easter.AddDate(0, 0, 1))
	case time.May:
		return monday && (d <= 7 || d > 31-7)
	case time.August:
		return monday && d > 31-7
	case time.December:
		// Each of the 25th and 26th that falls on a weekend moves to the next free weekday.
		return d >= 25 && (d <= 26 || d <= 28 && (monday || day.Weekday() == time.Tuesday))
	}
	return false
}

// easterSunday returns Easter Sunday by the anonymous Gregorian computus (Nature, 20 April
// 1876).
func easterSunday(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, London)
}
