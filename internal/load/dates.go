package load

import (
	"time"

	"carerecord/internal/record"
)

// stamp is a FHIR date, dateTime or instant, moved by the person's shift.
type stamp struct {
	at  time.Time // the moment, or midnight in London of the first day it can mean
	day bool      // no time of day is known
	on  string    // the date as the source wrote it, as far as it is known
}

func (s stamp) zero() bool { return s.at.IsZero() }

// shown is the stamp with the day on which a moment is shown, that in London, for where both stand beside each other.
func (s stamp) shown() stamp {
	if !s.day && !s.zero() {
		s.on = string(record.Today(s.at))
	}
	return s
}

// String is a date as far as it is known, or a moment.
func (s stamp) String() string {
	if s.day || s.zero() {
		return s.on
	}
	return s.at.Format(time.RFC3339)
}

// parseStamp reads a FHIR date, dateTime or instant and moves it by whole days.
// The calendar day of a moment is the one its source wrote, in its own offset.
// What cannot be read is zero, and false unless it is absent.
func parseStamp(text string, days int) (stamp, bool) {
	if text == "" {
		return stamp{}, true
	}
	if len(text) > len(time.DateOnly) {
		return parseMoment(text, days)
	}
	date, err := record.ParsePartialDate(text)
	if err != nil {
		return stamp{}, false
	}
	first, err := time.ParseInLocation(time.DateOnly, string(date.First()), record.London)
	if err != nil {
		return stamp{}, false
	}
	if days != 0 {
		first = first.AddDate(0, 0, days)
		date = record.PartialDate(first.Format(time.DateOnly)[:len(date)])
	}
	return stamp{at: first, day: true, on: string(date)}, true
}

func parseMoment(text string, days int) (stamp, bool) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		// Some systems leave the offset out; theirs is local time.
		at, err = time.ParseInLocation("2006-01-02T15:04:05.999999999", text, record.London)
	}
	if err != nil || at.Year() < 1 || at.Year() > 9999 {
		return stamp{}, false
	}
	on := text[:len(time.DateOnly)]
	if days != 0 {
		at = at.AddDate(0, 0, days)
		on = at.Format(time.DateOnly)
	}
	return stamp{at: at, on: on}, true
}

// weeksTo is how many days, a whole number of weeks, bring a day to just before
// another, so that weekdays stand. Days are YYYY-MM-DD.
func weeksTo(from, to string) int {
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil {
		return 0
	}
	days := int(b.Sub(a).Hours() / 24)
	weeks := days / 7
	if days < 0 && days%7 != 0 {
		weeks--
	}
	return weeks * 7
}

// shiftTo is the number of days, whole weeks, that bring a person's last
// encounter to within two months before today, with nothing that has happened
// still to come.
func (d *dossier) shiftTo(number record.NHSNumber, today time.Time) int {
	last, latest := d.lastDates()
	if last == "" {
		return 0
	}
	day := string(record.Today(today))
	back := int(hash("recent", string(number)) % 56)
	target, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0
	}
	shift := weeksTo(last, target.AddDate(0, 0, -back-1).Format(time.DateOnly))
	if most := weeksTo(latest, target.AddDate(0, 0, -1).Format(time.DateOnly)); shift > most {
		return most
	}
	return shift
}

// lastDates are the day of the last encounter and of the last thing that happened.
func (d *dossier) lastDates() (encounter, any string) {
	later := func(day *string, text string) {
		if len(text) >= len(time.DateOnly) && text[:len(time.DateOnly)] > *day {
			*day = text[:len(time.DateOnly)]
		}
	}
	for i := range d.encounters {
		later(&encounter, d.encounters[i].Period.Start)
		later(&any, d.encounters[i].Period.End)
	}
	for i := range d.observations {
		later(&any, d.observations[i].EffectiveDateTime)
		later(&any, d.observations[i].Issued)
	}
	for i := range d.conditions {
		later(&any, d.conditions[i].RecordedDate)
		later(&any, d.conditions[i].AbatementDateTime)
	}
	for i := range d.procedures {
		later(&any, d.procedures[i].PerformedPeriod.End)
	}
	for i := range d.medications {
		later(&any, d.medications[i].AuthoredOn)
	}
	for i := range d.immunizations {
		later(&any, d.immunizations[i].OccurrenceDateTime)
	}
	later(&any, encounter)
	later(&any, d.patient.DeceasedDateTime)
	return encounter, any
}
