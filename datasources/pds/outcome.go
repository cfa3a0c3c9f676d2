package pds

import (
	"context"
	"errors"
	"net/http"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

var (
	// errUnknown: PDS does not know the number.
	errUnknown = errors.New("unknown to PDS")
	// errInvalidated: the number stands for nobody any more, or for more than one.
	errInvalidated = errors.New("invalidated in PDS")
)

// outcomes are what PDS's codes mean here. Codes that are not listed mean what their
// status means.
var outcomes = map[string]error{
	"RESOURCE_NOT_FOUND":   errUnknown,
	"PATIENT_NOT_FOUND":    errUnknown, // of a folder that stands for PDS
	"INVALIDATED_RESOURCE": errInvalidated,

	"ACCESS_DENIED":    record.ErrRefused,
	"INVALID_METHOD":   record.ErrRefused, // our application may not do this
	"FORBIDDEN_UPDATE": record.ErrRefused,

	"INVALID_RESOURCE_ID":       record.ErrMalformed, // we send checked numbers only, so one side is wrong
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

// outcome turns a failure into what it means; nil is none.
func (s *Source) outcome(ctx context.Context, err error) error {
	return s.Outcome(ctx, err, "PDS", meaningOf, errUnknown, errInvalidated)
}

// meaningOf is the gravest of an outcome's codes. Only a 404 says that a number is
// unknown or invalidated, and only if it says nothing else.
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
	return "", record.ErrUnavailable // of what we asked, not of whom: a wrong address
}
