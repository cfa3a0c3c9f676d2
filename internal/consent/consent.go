// Package consent decides who may see a patient's record, and what of it.
//
// A request passes through it in four steps: Policy.Classes refuses a role that
// reads no records before anything is looked up, Store.Facts reads what is known
// of all its patients in one round trip, Decide answers for each of them, and
// Grants carries the permissions to the loaders. Whatever is missing, malformed
// or late is a denial.
package consent

import (
	"errors"

	"carerecord/internal/record"
)

// The kinds of refusal. That a patient is not found is record.ErrNotFound.
var (
	// ErrForbidden says the role reads no records, or its purpose does not fit it.
	ErrForbidden = errors.New("role may not do this")
	// ErrNoCareRelationship says the organisation has no relationship with the patient and the principal no grant.
	ErrNoCareRelationship = errors.New("no care relationship")
	// ErrWithheld says the patient objected to the joined-up record.
	ErrWithheld = errors.New("record withheld")
	// ErrUnavailable says whether the patient may be shown could not be established.
	ErrUnavailable = errors.New("consent unavailable")
)

// Outcome says whether a patient is shown and, if not, which refusal it is. The
// zero value is no outcome and shows nothing.
type Outcome string

// The outcomes, in the contract's order. The texts stand in the audit trail.
const (
	Forbidden          Outcome = "FORBIDDEN"
	NoCareRelationship Outcome = "NO_CARE_RELATIONSHIP"
	NotFound           Outcome = "NOT_FOUND"
	Withheld           Outcome = "WITHHELD"
	Unavailable        Outcome = "UNAVAILABLE"
	Shown              Outcome = "SHOWN"
)

// Err is the kind of error an outcome is, nil for Shown only.
func (o Outcome) Err() error {
	switch o {
	case Shown:
		return nil
	case Forbidden:
		return ErrForbidden
	case NoCareRelationship:
		return ErrNoCareRelationship
	case NotFound:
		return record.ErrNotFound
	case Withheld:
		return ErrWithheld
	}
	return ErrUnavailable
}

// State is an answer that may be impossible to establish. The zero value is
// Unknown, which is never taken for No.
type State uint8

// The states.
const (
	Unknown State = iota
	No
	Yes
)

// String is the state's name.
func (s State) String() string {
	switch s {
	case No:
		return "no"
	case Yes:
		return "yes"
	}
	return "unknown"
}
