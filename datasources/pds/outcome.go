package pds

import (
	"context"
	"errors"
	"net/http"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

var (
	// errUnknown means that PDS does not know the number.
	errUnknown = errors.New("unknown to PDS")
	// errInvalidated means that the number no longer identifies one person.
	errInvalidated = errors.New("invalidated in PDS")
)

// outcomes maps PDS's codes. A code that is not listed means what its status means.
var outcomes = map[string]error{
	"RESOURCE_NOT_FOUND":   errUnknown,
	"PATIENT_NOT_FOUND":    errUnknown, // from a folder that stands in for PDS
	"INVALIDATED_RESOURCE": errInvalidated,

	"ACCESS_DENIED":    record.ErrRefused,
	"INVALID_METHOD":   record.ErrRefused, // our application may not do this
	"FORBIDDEN_UPDATE": record.ErrRefused,

	"INVALID_RESOURCE_ID":       record.ErrMalformed, // we send only valid numbers, so one side is wrong
	"INVALID_VALUE":             record.ErrMalformed,
	"MISSING_VALUE":             record.ErrMalformed,
	"ADDITIONAL_PROPERTIES":     record.ErrMalformed,
	"PRECONDITION_FAILED":       record.ErrMalformed,
	"INVALID_SEARCH_DATA":       record.ErrMalformed,
	"TOO_FEW_VALUES_SUBMITTED":  record.ErrMalformed,
	"TOO_MANY_VALUES_SUBMITTED": record.ErrMalformed,
	"TOO_MANY_MATCHES":          record.ErrMalformed, // we ask by number

	"UNSUPPORTED_SERVICE": record.ErrUnavailable,
}

func isTooMany(err error) bool {
	var answer *fhir.StatusError
	return errors.As(err, &answer) && answer.Status == http.StatusTooManyRequests
}

// outcome maps a failure to what it means; nil stays nil.
func (s *Source) outcome(ctx context.Context, err error) error {
	return s.Outcome(ctx, err, "PDS", meaningOf, errUnknown, errInvalidated)
}

// meaningOf returns the decisive code of an outcome and its kind of error. A number is unknown or
// invalidated only if the status is not found (404 or 410) and no other known code contradicts it.
func meaningOf(answer *fhir.StatusError) (code string, kind error) {
	var nobody error
	for _, c := range answer.Codes {
		switch meant, known := outcomes[c]; {
		case !known:
		case meant == errInvalidated, meant == errUnknown && nobody == nil:
			nobody = meant
		case meant != errUnknown:
			return c, meant
		}
	}
	switch {
	case !errors.Is(answer.Kind, record.ErrNotFound):
		return "", answer.Kind
	case nobody != nil:
		return "", nobody
	}
	return "", record.ErrUnavailable // the address was not found, rather than the patient
}
