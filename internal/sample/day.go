package sample

import (
	"time"

	"carerecord/internal/record"
)

// A day is midnight in London.
type day struct{ time.Time }

func dayOf(t time.Time) day { return day{record.Today(t).Midnight()} }

func (d day) String() string { return d.Format(time.DateOnly) }

// month and year are the day as far as a source may know it.
func (d day) month() string { return d.Format("2006-01") }
func (d day) year() string  { return d.Format("2006") }

// at is a time of that day.
func (d day) at(hour, minute int) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), hour, minute, 0, 0, record.London)
}

// plus is the day some days later.
func (d day) plus(days int) day { return day{d.AddDate(0, 0, days)} }

// working is the day, or the Monday after where it falls on a weekend.
func (d day) working() day {
	switch d.Weekday() {
	case time.Saturday:
		return d.plus(2)
	case time.Sunday:
		return d.plus(1)
	}
	return d
}
