package interweave

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// errUnknown means that the council knows nobody with the number.
var errUnknown = errors.New("unknown to the council")

// outcome returns what a failure means, and reports it to be counted; nil stays nil.
func (s *Source) outcome(ctx context.Context, err error) error {
	var answer *fhir.StatusError
	if errors.As(err, &answer) {
		err = meaningOf(answer)
	}
	kind, where := fhir.EventKind(""), "answer"
	switch {
	case errors.Is(err, record.ErrIdentity):
		kind, where = fhir.Mismatched, "birth date"
	case errors.Is(err, record.ErrMalformed):
		kind = fhir.Malformed
	case errors.Is(err, record.ErrRefused):
		kind = fhir.Refused
	default:
		return err
	}
	s.Tell(ctx, fhir.Event{Kind: kind, Count: 1, Where: where, Err: err})
	return err
}

// meaningOf returns what an unsuccessful answer means. An address or a type that is not found says nothing
// about the patient.
func meaningOf(answer *fhir.StatusError) error {
	kind := answer.Kind
	if errors.Is(kind, record.ErrNotFound) {
		if answer.Has("PATIENT_NOT_FOUND") { // from a folder that stands in for a council
			return errUnknown
		}
		kind = record.ErrNotServed
	}
	return fmt.Errorf("%w: the council answered %d", kind, answer.Status)
}

// partial returns what an outcome within an answer says is missing from it; nil if nothing is.
func partial(r *fhir.Resource) error {
	var x struct {
		Issue []struct{ Severity, Code string }
	}
	if json.Unmarshal(r.Raw, &x) != nil {
		return fhir.Malformedf("an outcome that cannot be read")
	}
	for _, issue := range x.Issue {
		switch {
		case issue.Severity == "information" || issue.Severity == "success":
		case issue.Code == "timeout":
			return fmt.Errorf("%w: the council did not find all in time", record.ErrTimeout)
		default:
			return fmt.Errorf("%w: the council did not find all", record.ErrUnavailable)
		}
	}
	return nil
}
