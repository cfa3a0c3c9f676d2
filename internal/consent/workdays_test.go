package consent

import (
	"testing"
	"time"
)

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
