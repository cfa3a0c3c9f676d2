package gpconnect

import (
	"context"
	"errors"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// errNotHeld means that the practice holds nothing about the patient.
var errNotHeld = errors.New("not held by the practice")

// outcomes maps GP Connect's error codes to what they mean here. docs/decisions/0014-fhir-sources.md has
// the table with the reasons. A code that is not listed means what its status means.
var outcomes = map[string]error{
	"PATIENT_NOT_FOUND": errNotHeld, // the answer for restricted people too, who must look no different
	"NO_RECORD_FOUND":   errNotHeld,

	"NO_PATIENT_CONSENT":           record.ErrRefused, // a dissent at the practice must not look like "none recorded"
	"NO_ORGANISATIONAL_CONSENT":    record.ErrRefused,
	"NO_RELATIONSHIP":              record.ErrRefused,
	"ACCESS_DENIED":                record.ErrRefused,
	"ACCESS_DENIED_SSL":            record.ErrRefused,
	"ASID_CHECK_FAILED":            record.ErrRefused,
	"INVALID_PATIENT_DEMOGRAPHICS": record.ErrRefused, // the practice's own trace failed, so it does not say who this is

	"INVALID_NHS_NUMBER": record.ErrMalformed, // we send only checked numbers, so one side is wrong
	"INVALID_IDENTIFIER": record.ErrMalformed,
	"INVALID_PARAMETER":  record.ErrMalformed,
	"INVALID_RESOURCE":   record.ErrMalformed,
	"BAD_REQUEST":        record.ErrMalformed,

	"REFERENCE_NOT_FOUND":   record.ErrUnavailable,
	"NOT_IMPLEMENTED":       record.ErrUnavailable,
	"INTERNAL_SERVER_ERROR": record.ErrUnavailable,
}

// outcome returns what a failure means. held is false if the practice holds nothing about the patient;
// meaning is then nil.
func (s *Source) outcome(ctx context.Context, err error) (held bool, meaning error) {
	if meaning = s.Outcome(ctx, err, "GP Connect", meaningOf, errNotHeld); meaning == errNotHeld {
		return false, nil
	}
	return true, meaning
}

// meaningOf returns the first code of an outcome that is listed and is not errNotHeld, and what it means.
// If there is none, the status decides. A 404 or 410 means that the practice holds nothing only if a code
// says so.
func meaningOf(answer *fhir.StatusError) (code string, kind error) {
	nothing := false
	for _, c := range answer.Codes {
		switch meant, known := outcomes[c]; {
		case meant == errNotHeld:
			nothing = true
		case known:
			return c, meant
		}
	}
	switch {
	case nothing && errors.Is(answer.Kind, record.ErrNotFound):
		return "", errNotHeld
	case errors.Is(answer.Kind, record.ErrNotFound): // the address was not found, not the patient: it is wrong
		return "", record.ErrUnavailable
	}
	return "", answer.Kind
}
