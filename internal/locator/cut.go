package locator

import (
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A cut is a set of subjects without those whom the source is not asked about.
type cut struct {
	all, left *fetch.Subjects
	places    []int       // for each of all: its index in left; -1 if the source is not asked about it
	skipped   []time.Time // for each of all: when the source said that it holds nothing; nil if it is asked about all
}

// take makes left and places from all and skipped.
func (c *cut) take() {
	c.places = make([]int, len(c.all.Patients))
	c.left = &fetch.Subjects{Index: map[record.NHSNumber]int{}}
	for i, patient := range c.all.Patients {
		if !c.skipped[i].IsZero() {
			c.places[i] = -1
			continue
		}
		c.places[i] = len(c.left.Patients)
		c.left.Index[patient] = len(c.left.Patients)
		c.left.Patients = append(c.left.Patients, patient)
		c.left.Numbers = appendOf(c.left.Numbers, c.all.Numbers, i)
		c.left.AdultFrom = appendOf(c.left.AdultFrom, c.all.AdultFrom, i)
		c.left.Born = appendOf(c.left.Born, c.all.Born, i)
		c.left.KnownAt = appendOf(c.left.KnownAt, c.all.KnownAt, i)
	}
}

func appendOf[T any](left, all []T, i int) []T {
	if i >= len(all) {
		return left
	}
	return append(left, all[i])
}

// restore turns an answer for left into one for all. For those whom the source was not asked about, it says
// that the source holds nothing, and when the source said so.
func (c *cut) restore(a fetch.Answer) fetch.Answer {
	if c.skipped == nil {
		return a
	}
	if a.Rows != nil {
		a.Rows = a.Rows.Spread(c.places)
	}
	a.Unreadable, a.Before, a.Truncated, a.Errs = spread(a.Unreadable, c.places), spread(a.Before, c.places), spread(a.Truncated, c.places), spread(a.Errs, c.places)
	absent := spread(a.Absent, c.places)
	if absent == nil {
		absent = make([]bool, len(c.places))
	}
	for i, place := range c.places {
		absent[i] = absent[i] || place < 0
	}
	a.Absent, a.Skipped = absent, c.skipped
	return a
}

func spread[T any](marks []T, places []int) []T {
	if marks == nil {
		return nil
	}
	all := make([]T, len(places))
	for i, place := range places {
		if place >= 0 {
			all[i] = marks[place]
		}
	}
	return all
}
