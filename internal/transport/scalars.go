package transport

import (
	"errors"
	"strings"

	"carerecord/internal/record"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Scalar checks the values of a custom scalar before anything is executed.
type Scalar struct {
	// Code is the error code of an invalid value.
	Code string
	// Words follow the position of an invalid value in the message; if empty, Check's reason does.
	Words string
	// Check returns an error for an invalid value, as decoded from JSON. The error wraps record.ErrInvalid and
	// does not repeat the value.
	Check func(value any) error
}

// scalars are the custom scalars of the schema.
var scalars = map[string]Scalar{
	"NHSNumber": {
		Code:  InvalidNHSNumber,
		Words: "is not a valid NHS number: ten digits, in a string, of which the last must fit the others; they may stand as 3, 3 and 4",
		Check: readable[record.NHSNumber],
	},
	"Date":        {Code: BadUserInput, Check: readable[record.Date]},
	"PartialDate": {Code: BadUserInput, Check: readable[record.PartialDate]},
	"DateTime":    {Code: BadUserInput, Check: readable[record.DateTime]},
}

// readable returns an error if a value cannot be read as T.
func readable[T any, P interface {
	*T
	UnmarshalGQL(v any) error
}](value any) error {
	var t T
	return P(&t).UnmarshalGQL(value)
}

// refusal returns the error for an invalid value at a position.
func (s Scalar) refusal(at position, err error) *gqlerror.Error {
	words := s.Words
	if words == "" {
		words = "cannot be read"
		if errors.Is(err, record.ErrInvalid) {
			words += ": " + strings.TrimPrefix(err.Error(), record.ErrInvalid.Error()+": ")
		}
	}
	return placed(s.Code, at, words)
}

// placed returns an error about the value at a position.
func placed(code string, at position, words string) *gqlerror.Error {
	return coded(code, at.String()+" "+words+".")
}

func wrongValue(at position, words string) *gqlerror.Error { return placed(BadUserInput, at, words) }
