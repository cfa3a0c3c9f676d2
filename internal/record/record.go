// Package record holds the words of the joined-up record: who a resident is, the
// items each sector writes about them, and how a list says what it lacks.
//
// Names are FHIR's for clinical records and the NHS data dictionary's where FHIR
// has none (spell, attendance, care contact; request, assessment, service).
// It imports nothing of ours. Types bind to the GraphQL schema field by field,
// so nothing converts between two copies of a record.
package record

import (
	"context"
	"errors"
	"fmt"
)

// The kinds of failure a read can end with. An adapter turns whatever happened
// into one of them, or into a Gap.
var (
	// ErrInvalid says the input cannot be what it claims to be.
	ErrInvalid = errors.New("invalid input")
	// ErrNotFound says the thing asked for by id is not there, or may not be shown.
	ErrNotFound = errors.New("not found")
	// ErrUnavailable says a source could not be read.
	ErrUnavailable = errors.New("source unavailable")

	// ErrNotServed says that a source that can be reached has no way to tell of what was asked:
	// unavailable to whoever asks, and no sign of a source that is down.
	ErrNotServed = fmt.Errorf("%w: not served", ErrUnavailable)
	// ErrRefused says a source does not let us in, or does not let us read.
	ErrRefused = errors.New("source refused")
	// ErrMalformed says a source answered with something other than it promises.
	ErrMalformed = errors.New("source malformed")
	// ErrTimeout says a source did not answer within its deadline.
	ErrTimeout = errors.New("source timed out")
	// ErrIdentity says a source means somebody else by the number than demographics.
	ErrIdentity = errors.New("source means somebody else")
)

// ReasonOf is the gap that a failed read leaves.
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
