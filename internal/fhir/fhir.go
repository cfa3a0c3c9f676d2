// Package fhir reads FHIR sources, STU3 and R4. It has a client that trusts nothing it receives, a folder
// that stands in for a source, and the code that adapters share to read resources.
//
// Every answer is checked before it is decoded: its size, that it is UTF-8 and JSON, its nesting depth, and
// that no member is duplicated. Errors state the kind of failure and where it occurred. They never contain
// anything of the answer or identify the patient.
package fhir

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"carerecord/internal/record"
)

// A Fetcher sends one request to a FHIR source. The answer is JSON that has passed Check.
//
// Errors are record.ErrRefused, ErrNotFound, ErrUnavailable, ErrTimeout or ErrMalformed, the context's own
// error if the caller no longer waits, or a *StatusError that wraps one of them.
type Fetcher interface {
	Fetch(ctx context.Context, r Request) ([]byte, error)
}

// A Request is one request to a source: a read or a search without a body, an operation with one.
type Request struct {
	Path   string      // below the base, such as Patient/$gpc.getstructuredrecord
	Query  url.Values  // of a search
	Body   []byte      // JSON; makes the request a POST
	Header http.Header // in addition to the client's
	Link   string      // replaces Path and Query: a link as the source wrote it, such as the next page

	Patient record.NHSNumber // whose record is requested; a Folder answers by it, a Client does not send it
}

// A StatusError is an unsuccessful answer, with the codes of its OperationOutcome.
type StatusError struct {
	Status int
	Codes  []string // details codes, in capitals as the specifications write them
	Kind   error    // one of the errors of package record
}

// Error returns the kind, the status and the codes.
func (e *StatusError) Error() string {
	if len(e.Codes) == 0 {
		return fmt.Sprintf("%v: status %d", e.Kind, e.Status)
	}
	return fmt.Sprintf("%v: status %d %v", e.Kind, e.Status, e.Codes)
}

// Unwrap returns the kind.
func (e *StatusError) Unwrap() error { return e.Kind }

// Has reports whether the outcome has one of the codes.
func (e *StatusError) Has(codes ...string) bool {
	return slices.ContainsFunc(e.Codes, func(code string) bool { return slices.Contains(codes, code) })
}

// ErrGarbled marks a record.ErrMalformed of an answer that arrived but cannot be parsed: what it says about
// the patient is unknown.
var ErrGarbled = errors.New("an answer that cannot be taken apart")

// A garbled error is ErrGarbled in addition to what it wraps.
type garbled struct{ error }

func (g garbled) Is(target error) bool { return target == ErrGarbled }
func (g garbled) Unwrap() error        { return g.error }

// Decode decodes a resource as T; false if it does not fit. The kinds that need that type are then
// incomplete, so Decode calls cannotRead with the type.
func Decode[T any](r *Resource, cannotRead func(resourceType string)) (x T, ok bool) {
	if json.Unmarshal(r.Raw, &x) != nil {
		cannotRead(r.Type)
		return x, false
	}
	return x, true
}

// kindOf is the kind of error of a status whose outcome says no more.
func kindOf(status int) error {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return record.ErrRefused
	case status == http.StatusNotFound, status == http.StatusGone:
		return record.ErrNotFound
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		return record.ErrTimeout
	case status == http.StatusTooManyRequests, status >= 500, status >= 300 && status < 400:
		return record.ErrUnavailable
	}
	return record.ErrMalformed // we do not understand each other
}
