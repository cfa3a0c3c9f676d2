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
// England and none of Holidays, for those of one year only.
func (t *Thresholds) works(day time.Time) bool {
	return record.IsWorkingDay(day) && !slices.Contains(t.Holidays, record.Today(day))
}
