package fhir

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// KeyOf returns the type and id at the end of a reference, without its version; the whole of a URN.
func KeyOf(reference string) string {
	reference, _, _ = strings.Cut(strings.TrimSpace(reference), "/_history/")
	if i := strings.IndexAny(reference, "#?"); i > 0 {
		reference = reference[:i]
	}
	return Reference{Reference: strings.TrimRight(reference, "/")}.Key()
}

// TypeOf returns the type in a key; "" if it has none.
func TypeOf(key string) string {
	kind, _, found := strings.Cut(key, "/")
	if !found {
		return ""
	}
	return kind
}

var plainID = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)

// IsPlainID reports whether id is a valid FHIR id.
func IsPlainID(id string) bool { return plainID.MatchString(id) }

// OneOrMore is a list that some systems, or versions of FHIR, write as a single object.
type OneOrMore[T any] []T

// UnmarshalJSON reads a list or a single object.
func (l *OneOrMore[T]) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("{")) {
		*l = make(OneOrMore[T], 1)
		return json.Unmarshal(data, &(*l)[0])
	}
	return json.Unmarshal(data, (*[]T)(l))
}
