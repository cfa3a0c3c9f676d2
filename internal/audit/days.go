package audit

import (
	"slices"
	"time"

	"carerecord/internal/record"
)

// midnight returns the start of the day in London, moved by a number of days.
func midnight(at time.Time, days int) time.Time {
	y, m, d := at.In(record.London).Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, record.London)
}

// month returns the start of the month in London, moved by a number of months.
func month(at time.Time, months int) time.Time {
	y, m, _ := at.In(record.London).Date()
	return time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, record.London)
}

// evening returns the day on which the night of a moment began, and whether the
// moment is in a night. Nights follow local time: the night of the clock change is
// an hour shorter in March and an hour longer in October.
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

// works reports whether a day in London is a working day: no weekend, no bank
// holiday in England and none of Holidays, which are dates of one year only.
func (t *Thresholds) works(day time.Time) bool {
	return record.IsWorkingDay(day) && !slices.Contains(t.Holidays, record.Today(day))
}
