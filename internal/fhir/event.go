package fhir

import "regexp"

// An Event is something to be counted. It holds no content and names nobody.
type Event struct {
	Kind  EventKind
	Count int
	Where string // a resource type, a list or a code of an outcome
	Err   error  // what was wrong, where that is known
}

var plainPlace = regexp.MustCompile(`^[A-Za-z0-9_ -]{0,64}$`)

// Place is Where as it may be logged: a source can call its resources anything.
func (e Event) Place() string {
	if !plainPlace.MatchString(e.Where) {
		return "other"
	}
	return e.Where
}

// EventKind is what happened.
type EventKind string

// The kinds of event. Foreign, Malformed and Mismatched are alarms.
const (
	Foreign      EventKind = "foreign"      // resources of somebody else, dropped
	Malformed    EventKind = "malformed"    // an answer that could not be used
	Mismatched   EventKind = "mismatched"   // a person who is somebody else in our register
	Unreadable   EventKind = "unreadable"   // entries that could not be read, left out
	Confidential EventKind = "confidential" // lists or entries marked confidential by the source
	Refused      EventKind = "refused"      // the source does not answer for the patient
	Unanswered   EventKind = "unanswered"   // a part that was asked for and did not come
)

// IsAlarm reports whether somebody must look at once.
func (k EventKind) IsAlarm() bool { return k == Foreign || k == Malformed || k == Mismatched }
