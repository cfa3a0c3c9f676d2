package consent

import (
	"time"

	"carerecord/internal/record"
)

// RequestWorkingDays is how many working days after the day it came a request may
// wait: one of Monday is late when Wednesday is over.
const RequestWorkingDays = 2

// RequestDue is when a request that came at a moment begins to be late.
func RequestDue(received time.Time) time.Time {
	day := midnight(received)
	for range RequestWorkingDays {
		day = step(day, 1)
	}
	return next(day, 1)
}

// overdueBefore is the moment before which a request came that is late now.
func overdueBefore(now time.Time) time.Time {
	day := midnight(now)
	for range RequestWorkingDays {
		day = step(day, -1)
	}
	return day
}

// step is the next working day in a direction.
func step(day time.Time, direction int) time.Time {
	for day = next(day, direction); !record.IsWorkingDay(day); day = next(day, direction) {
	}
	return day
}

func next(day time.Time, days int) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, record.London)
}

func midnight(at time.Time) time.Time { return next(at.In(record.London), 0) }
