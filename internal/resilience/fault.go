package resilience

import (
	"errors"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// faultOf returns why a read failed as a whole; nil if it did not. That is its error or, if none of its
// asks reached the source, the error of one of them. Notes, in which a source speaks of whole classes, do
// not count.
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

// isDown reports whether an error means that the source does not answer. A source that refuses, or sends
// something unreadable, does answer. If it were not asked, nobody would learn why, and its sound views
// would be lost with the broken one.
func isDown(err error) bool {
	return err != nil && !errors.Is(err, record.ErrRefused) && !errors.Is(err, record.ErrMalformed) && !errors.Is(err, record.ErrInvalid) && !errors.Is(err, record.ErrNotServed)
}
