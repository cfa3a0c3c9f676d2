// Package record holds the types of the joined-up record: who a resident is, the items that
// each sector writes about them, and how a list says what it lacks.
//
// Names are FHIR's for clinical records, and the NHS Data Dictionary's where FHIR has none
// (spell, attendance, care contact; request, assessment, service). The package imports no other
// package of this module. Its types bind to the GraphQL schema field by field, so that nothing
// converts between two copies of a record.
package record

import (
	"context"
	"errors"
	"fmt"
)

// The kinds of failure with which a read can end. An adapter turns whatever happened into one
// of them, or into a Gap.
var (
	// ErrInvalid says that the input cannot be what it claims to be.
	ErrInvalid = errors.New("invalid input")
	// ErrNotFound says that what was asked for by ID does not exist, or may not be shown.
	ErrNotFound = errors.New("not found")
	// ErrUnavailable says that a source could not be read.
	ErrUnavailable = errors.New("source unavailable")

	// ErrNotServed says that a source can be reached but cannot answer what was asked. To the
	// caller the source is unavailable, but it is no sign that the source is down.
	ErrNotServed = fmt.Errorf("%w: not served", ErrUnavailable)
	// ErrRefused says that a source does not let us in, or does not let us read.
	ErrRefused = errors.New("source refused")
	// ErrMalformed says that a source did not answer in the form that it promises.
	ErrMalformed = errors.New("source malformed")
	// ErrTimeout says that a source did not answer within its deadline.
	ErrTimeout = errors.New("source timed out")
	// ErrIdentity says that a source and demographics mean different people by the same number.
	ErrIdentity = errors.New("source means somebody else")
)

// ReasonOf returns the reason of the gap that a failed read leaves: Unavailable if the error is
// none of the other kinds.
func ReasonOf(err error) GapReason {
	switch {
	case errors.Is(err, ErrIdentity):
		return IdentityMismatch
	case errors.Is(err, ErrMalformed):
		return Malformed
	case errors.Is(err, ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return TimedOut
	case errors.Is(err, ErrRefused):
		return Refused
	}
	return Unavailable
}
