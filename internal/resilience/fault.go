package resilience

import (
	"errors"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// faultOf is why a read failed as a whole: its error, or that of its asks where none
// of them reached the source. What a source says of whole classes does not count.
func faultOf(answers Answers, err error) error {
	if err != nil {
		return err
	}
	var fault error
	for ask, answer := range answers {
		if ask.Kind == fetch.Notes {
			continue
		}
		if !isDown(answer.Err) {
			return nil
		}
		fault = answer.Err
	}
	return fault
}

// isDown reports whether an error says that the source does not answer. One that
// refuses, or answers with what cannot be read, does: leaving it alone would hide why,
// and would take its sound views with a broken one.
func isDown(err error) bool {
	return err != nil && !errors.Is(err, record.ErrRefused) && !errors.Is(err, record.ErrMalformed) && !errors.Is(err, record.ErrInvalid) && !errors.Is(err, record.ErrNotServed)
}
