package fhir

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"carerecord/internal/record"
)

// SameBirth reports whether two birth dates can be one person's: they agree as far as
// both are known. One that is "" is not known. theirs is as the source wrote it; one
// that is no date is record.ErrMalformed, since then it cannot be said whose the record is.
func SameBirth(theirs, ours string) (bool, error) {
	on, err := Day(theirs)
	if err != nil {
		return false, err
	}
	n := min(len(on), len(ours))
	return string(on)[:n] == ours[:n], nil
}

// BirthDate is the birth date of a Patient as it is written; false where it cannot be read.
func (r *Resource) BirthDate() (string, bool) {
	var x struct{ BirthDate string }
	if json.Unmarshal(r.Raw, &x) != nil {
		return "", false
	}
	return x.BirthDate, true
}

// CheckBirth reports, as record.ErrIdentity, that a source has another birth date of the
// person than our register, which has born: a number alone may have been mistyped.
func (r *Resource) CheckBirth(born, source string) error {
	theirs, ok := r.BirthDate()
	if !ok {
		return Malformedf("a Patient that cannot be read")
	}
	same, err := SameBirth(theirs, born)
	if err == nil && !same {
		err = fmt.Errorf("%w: %s has another birth date", record.ErrIdentity, source)
	}
	return err
}

// A part of the time that is left, and how much of it at the most, is kept for putting
// answers together.
const (
	keptPart = 20
	keptMost = 50 * time.Millisecond
)

// Ahead ends a little before its parent does, so that a source which answered for some
// of many patients can still say what it has, and for whom it has none.
func Ahead(ctx context.Context) (context.Context, context.CancelFunc) {
	ends, bounded := ctx.Deadline()
	if !bounded {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, ends.Add(-min(time.Until(ends)/keptPart, keptMost)))
}

// Together is the error of a read in which patients failed one by one, of so many; nil
// where each is to be told its own. Only a source that could be reached for nobody has
// failed as a whole: one that refuses, or answers with what cannot be read, is there.
// ctx is the reader's.
func Together(ctx context.Context, patients int, failed []error) error {
	if err := ctx.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if len(failed) == 0 || len(failed) < patients || slices.ContainsFunc(failed, answered) {
		return nil
	}
	switch {
	case len(failed) == 1:
		return failed[0]
	case !slices.ContainsFunc(failed, func(err error) bool { return !errors.Is(err, record.ErrTimeout) }):
		return fmt.Errorf("%w: no answer in time for any of %d patients", record.ErrTimeout, len(failed))
	}
	return fmt.Errorf("%w: no answer for any of %d patients", record.ErrUnavailable, len(failed))
}

// answered reports whether a failure came from the source itself.
func answered(err error) bool {
	return errors.Is(err, record.ErrRefused) || errors.Is(err, record.ErrMalformed) || errors.Is(err, record.ErrIdentity) || errors.Is(err, record.ErrNotFound)
}
