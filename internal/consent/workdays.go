package consent

import (
	"time"

	"carerecord/internal/record"
)

// RequestWorkingDays is how many working days a request may wait after the day on
// which it came. One that came on Monday is late when Wednesday is over.
const RequestWorkingDays = 2

// RequestDue returns the moment from which a request is late, by when it came:
// midnight in London.
func RequestDue(received time.Time) time.Time {
	day := midnight(received)
	for range RequestWorkingDays {
		day = step(day, 1)
	}
	return next(day, 1)
}

// overdueBefore returns a midnight in London. The requests that came before it
// are late now.
func overdueBefore(now time.Time) time.Time {
	day := midnight(now)
	for range RequestWorkingDays {
		day = step(day, -1)
	}
	return day
}

// step returns the next working day in a direction: 1 is forwards, -1 backwards.
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
