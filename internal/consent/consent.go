// Package consent decides who may see a patient's record, and what of it.
//
// A request goes through four steps. Policy.Classes refuses a role that reads no records before anything is looked
// up. Store.Facts reads what is known of all patients of the request in one round trip. Decide decides for each of
// them. Grants passes the permissions on to the loaders. Whatever is missing, malformed or late is a denial.
package consent

import (
	"errors"

	"carerecord/internal/record"
)

// The kinds of refusal. For a patient who is not found it is record.ErrNotFound.
var (
	// ErrForbidden says that the role reads no records, or is unknown, or that the purpose does not fit the role.
	// It is also the error for a principal without a subject or an organisation.
	ErrForbidden = errors.New("role may not do this")
	// ErrNoCareRelationship says that the organisation has no relationship with the patient, and the principal no
	// grant.
	ErrNoCareRelationship = errors.New("no care relationship")
	// ErrWithheld says that the patient objected to the joined-up record.
	ErrWithheld = errors.New("record withheld")
	// ErrUnavailable says that we could not establish whether the patient may be shown. It is also the error of
	// every other read or write of consent that fails.
	ErrUnavailable = errors.New("consent unavailable")
)

// Outcome says whether a patient is shown and, if not, which refusal it is. The
// zero value is no outcome and shows nothing.
type Outcome string

// The outcomes, in the contract's order. The audit trail stores these texts.
const (
	Forbidden          Outcome = "FORBIDDEN"
	NoCareRelationship Outcome = "NO_CARE_RELATIONSHIP"
	NotFound           Outcome = "NOT_FOUND"
	Withheld           Outcome = "WITHHELD"
	Unavailable        Outcome = "UNAVAILABLE"
	Shown              Outcome = "SHOWN"
)

// Err returns the error of an outcome, nil only for Shown. A value that is none of the outcomes gives
// ErrUnavailable.
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

// State is the answer to a yes-or-no question, or Unknown. Unknown is the zero value and is never treated as No.
type State uint8

// The states.
const (
	Unknown State = iota
	No
	Yes
)

// String returns the name of the state.
func (s State) String() string {
	switch s {
	case No:
		return "no"
	case Yes:
		return "yes"
	}
	return "unknown"
}
