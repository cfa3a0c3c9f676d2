// Package fhir reads FHIR sources, STU3 and R4: a client that trusts nothing it is
// sent, a folder that stands for one, and what adapters share in reading resources.
//
// Whatever a source answers is checked before it is decoded: its size, that it is
// UTF-8 and JSON, how deep it goes and that no member stands twice. Errors say what
// kind of failure it was and where, never what the answer held, nor whose it was.
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

// A Fetcher asks a FHIR source one thing. The answer is JSON that has been checked.
//
// Errors are record.ErrRefused, ErrNotFound, ErrUnavailable, ErrTimeout or
// ErrMalformed, the context's own where nobody waits any more, or a *StatusError
// that wraps one of them.
type Fetcher interface {
	Fetch(ctx context.Context, r Request) ([]byte, error)
}

// A Request is one thing asked: a read or a search where there is no body, an
// operation where there is one.
type Request struct {
	Path   string      // below the base, as Patient/$gpc.getstructuredrecord
	Query  url.Values  // of a search
	Body   []byte      // JSON; makes it a POST
	Header http.Header // besides those of the client
	Link   string      // instead of Path and Query: the next page, as the source wrote it

	Patient record.NHSNumber // whose record is asked; a folder answers by it, the client does not send it
}

// A StatusError is an answer that is not success, with the codes of its
// OperationOutcome.
type StatusError struct {
	Status int
	Codes  []string // details codes, in capitals as the specifications write them
	Kind   error    // one of record's kinds
}

// Error says the status and the codes.
func (e *StatusError) Error() string {
	if len(e.Codes) == 0 {
		return fmt.Sprintf("%v: status %d", e.Kind, e.Status)
	}
	return fmt.Sprintf("%v: status %d %v", e.Kind, e.Status, e.Codes)
}

// Unwrap is the kind.
func (e *StatusError) Unwrap() error { return e.Kind }

// Has reports whether the outcome has one of the codes.
func (e *StatusError) Has(codes ...string) bool {
	return slices.ContainsFunc(e.Codes, func(code string) bool { return slices.Contains(codes, code) })
}

// ErrGarbled is the record.ErrMalformed of an answer that came, calls itself FHIR and cannot
// be taken apart: what it says of the patient is not known.
var ErrGarbled = errors.New("an answer that cannot be taken apart")

// A garbled error is an ErrGarbled, besides what it wraps.
type garbled struct{ error }

func (g garbled) Is(target error) bool { return target == ErrGarbled }
func (g garbled) Unwrap() error        { return g.error }

// Decode reads a resource as T; false where it is not what it claims to be. That leaves the
// kinds of its type incomplete, and cannotRead is told the type.
func Decode[T any](r *Resource, cannotRead func(resourceType string)) (x T, ok bool) {
	if json.Unmarshal(r.Raw, &x) != nil {
		cannotRead(r.Type)
		return x, false
	}
	return x, true
}

// kindOf is what a status means where its outcome says no more.
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
	return record.ErrMalformed // it did not understand us, or we do not understand it
}
