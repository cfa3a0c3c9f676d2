// Package sample holds made-up residents with records in every sector: one for
// each state a front end must handle, and two hundred more with ordinary lives.
//
// Nobody here exists. Dates move with the day they are asked for, so that a
// demonstration always has appointments to come and medicines to run out; the
// same day gives the same people.
package sample

import (
	"fmt"
	"time"

	"carerecord/internal/load"
)

// Residents is everyone in the sample as of a day: the scenarios in the order of
// their numbers, then Synthea's people, completed. Four of these have opted out and
// one is restricted, beside the two scenarios.
func Residents(today time.Time) ([]load.Person, error) {
	people, err := Synthea(today)
	if err != nil {
		return nil, fmt.Errorf("read the sample's people: %w", err)
	}
	for i := range people {
		complete(&people[i], today)
	}
	restrict(&people[restrictedPlace])
	for n := 1; n <= optedOutMost; n++ {
		people[n*optedOutEvery].OptedOutFrom = dayOf(today).plus(-90 * n).Time
	}
	return append(Scenarios(today), people...), nil
}

// Where in Synthea's people the few stand who may not be shown.
const (
	restrictedPlace = 29
	optedOutEvery   = 40
	optedOutMost    = 4
)

// restrict marks a person as restricted, in the demographics too.
func restrict(p *load.Person) {
	p.Restricted = true
	for _, row := range p.Rows[demographics] {
		if row.Relation == "person" {
			row.Columns["restricted"] = true
		}
	}
}
