package gpconnect

import (
	"context"
	"errors"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// errNotHeld: the practice holds nothing of the patient.
var errNotHeld = errors.New("not held by the practice")

// outcomes are what GP Connect's codes mean here; docs/decisions/0014 has the table
// with the reasons. Codes that are not listed mean what their status means.
var outcomes = map[string]error{
	"PATIENT_NOT_FOUND": errNotHeld, // restricted people answer so too, and must not be told from it
	"NO_RECORD_FOUND":   errNotHeld,

	"NO_PATIENT_CONSENT":           record.ErrRefused, // a dissent at the practice must not read as "none recorded"
	"NO_ORGANISATIONAL_CONSENT":    record.ErrRefused,
	"NO_RELATIONSHIP":              record.ErrRefused,
	"ACCESS_DENIED":                record.ErrRefused,
	"ACCESS_DENIED_SSL":            record.ErrRefused,
	"ASID_CHECK_FAILED":            record.ErrRefused,
	"INVALID_PATIENT_DEMOGRAPHICS": record.ErrRefused, // the practice's own trace failed: it will not say who this is

	"INVALID_NHS_NUMBER": record.ErrMalformed, // we send checked numbers only, so one side is wrong
	"INVALID_IDENTIFIER": record.ErrMalformed,
	"INVALID_PARAMETER":  record.ErrMalformed,
	"INVALID_RESOURCE":   record.ErrMalformed,
	"BAD_REQUEST":        record.ErrMalformed,

	"REFERENCE_NOT_FOUND":   record.ErrUnavailable,
	"NOT_IMPLEMENTED":       record.ErrUnavailable,
	"INTERNAL_SERVER_ERROR": record.ErrUnavailable,
}

// outcome turns a failure into what it means: held is false for a practice that holds
// nothing of the patient.
func (s *Source) outcome(ctx context.Context, err error) (held bool, meaning error) {
	if meaning = s.Outcome(ctx, err, "GP Connect", meaningOf, errNotHeld); meaning == errNotHeld {
		return false, nil
	}
	return true, meaning
}

// meaningOf is the gravest of an outcome's codes: only an answer that says nothing but
// "not found" means that the practice holds nothing.
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
	case errors.Is(answer.Kind, record.ErrNotFound): // of what we asked, not of whom: a wrong address
		return "", record.ErrUnavailable
	}
	return "", answer.Kind
}
