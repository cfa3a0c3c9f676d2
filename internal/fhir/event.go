package fhir

import (
	"regexp"
	"slices"
)

// An Event is something to be counted. It holds no content and identifies nobody.
type Event struct {
	Kind  EventKind
	Count int
	Where string // a resource type, a list or an outcome code
	Err   error  // the cause, if known
}

var plainPlace = regexp.MustCompile(`^[A-Za-z0-9_ -]{0,64}$`)

// Place is Where made safe for a log, since a source can give its resources any type.
func (e Event) Place() string {
	if !plainPlace.MatchString(e.Where) {
		return "other"
	}
	return e.Where
}

// EventKind is what happened.
type EventKind string

// The kinds of event.
const (
	Foreign      EventKind = "foreign"      // resources of another person, dropped
	Malformed    EventKind = "malformed"    // an answer that could not be used
	Mismatched   EventKind = "mismatched"   // the person has another identity in our register
	Unreadable   EventKind = "unreadable"   // entries that could not be read, left out
	Confidential EventKind = "confidential" // lists or entries that the source marks confidential
	Refused      EventKind = "refused"      // the source refuses to answer for the patient
	Unanswered   EventKind = "unanswered"   // a part was requested and did not come
)

// Alarms are the kinds that need immediate attention.
var Alarms = []EventKind{Foreign, Malformed, Mismatched}

// IsAlarm reports whether the event needs immediate attention.
func (k EventKind) IsAlarm() bool { return slices.Contains(Alarms, k) }
