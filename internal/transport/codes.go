package transport

import (
	"net/http"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The error codes that this package itself uses.
const (
	BadUserInput     = "BAD_USER_INPUT"
	InvalidNHSNumber = "INVALID_NHS_NUMBER"
	ParseFailed      = "GRAPHQL_PARSE_FAILED"
	ValidationFailed = "GRAPHQL_VALIDATION_FAILED"
	QueryTooLarge    = "QUERY_TOO_LARGE"
	QueryTooCostly   = "QUERY_TOO_COSTLY"
	SourceTimeout    = "SOURCE_TIMEOUT"
	Internal         = "INTERNAL"

	DocumentNotTrusted = "DOCUMENT_NOT_TRUSTED"
)

// codes is the closed list of the contract. An error with any other code becomes INTERNAL.
var codes = map[string]bool{
	BadUserInput: true, InvalidNHSNumber: true, ParseFailed: true, ValidationFailed: true,
	QueryTooLarge: true, QueryTooCostly: true, SourceTimeout: true, Internal: true,
	"UNAUTHENTICATED": true, "FORBIDDEN": true, "PATIENT_NOT_FOUND": true, "RECORD_WITHHELD": true,
	"NO_CARE_RELATIONSHIP": true, "SOURCE_UNAVAILABLE": true, "CONSENT_UNAVAILABLE": true,
	"AUDIT_UNAVAILABLE": true, DocumentNotTrusted: true,
}

// refusal is an answer without data.
type refusal struct {
	// status is 0 for a well-formed request that is refused with GraphQL errors; the media type of the answer
	// then decides the status.
	status int
	allow  string
	errors gqlerror.List
}

// refuse returns a refusal with an HTTP status and one error.
func refuse(status int, code, message string) *refusal {
	return &refusal{status: status, errors: gqlerror.List{coded(code, message)}}
}

// decline returns a refusal of a well-formed request with GraphQL errors.
func decline(errs ...*gqlerror.Error) *refusal { return &refusal{errors: errs} }

func badRequest(message string) *refusal {
	return refuse(http.StatusBadRequest, BadUserInput, message)
}

// coded returns an error with a code.
func coded(code, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": code}}
}

// codeOf returns the code of an error, or "".
func codeOf(e *gqlerror.Error) string {
	code, _ := e.Extensions["code"].(string)
	return code
}
