package fhir

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// TermsFrom are the terms of a read, and a Screen of what they say is never shown.
func TermsFrom(ctx context.Context) (*fetch.Terms, *Screen, error) {
	terms, ok := fetch.TermsFrom(ctx)
	if !ok {
		return nil, nil, fmt.Errorf("%w: a read without the terms of its request", record.ErrInvalid)
	}
	screen, err := ScreenOf(terms)
	if err != nil {
		return nil, nil, err
	}
	return terms, screen, nil
}

// Each asks for patients one by one, at most atOnce of them at a time. failed is why the source did not
// answer for one. The error is that of Together: of a source that could be reached for no patient.
func Each[T any](ctx context.Context, atOnce int, patients []record.NHSNumber, ask func(context.Context, record.NHSNumber) T, failed func(T) error) (map[record.NHSNumber]T, error) {
	ahead, cancel := Ahead(ctx)
	defer cancel()
	said := make([]T, len(patients))
	var group Group
	group.SetLimit(atOnce)
	for i, patient := range patients {
		group.Go(func() error {
			said[i] = ask(ahead, patient)
			return nil
		})
	}
	group.Wait()
	var errs []error
	all := make(map[record.NHSNumber]T, len(patients))
	for i, one := range said {
		all[patients[i]] = one
		if err := failed(one); err != nil {
			errs = append(errs, err)
		}
	}
	return all, Together(ctx, len(patients), errs)
}

// One part in keptPart of the time that is left, and keptMost at the most, is kept for putting answers
// together.
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

// Together is the error of a whole read of so many patients, of whom some failed; nil where each is to
// be told their own. A read fails as a whole only where the source could be reached for no patient: one
// that refuses, or answers with what cannot be read, is there. ctx is the reader's.
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

// Answers answers each ask that is of some patient; answer is false for a kind that the source does not
// have.
func Answers(asks []*fetch.Ask, answer func(*fetch.Ask) (fetch.Answer, bool)) map[*fetch.Ask]fetch.Answer {
	answers := make(map[*fetch.Ask]fetch.Answer, len(asks))
	for _, ask := range asks {
		if len(ask.Subjects.Patients) == 0 {
			continue
		}
		if a, known := answer(ask); known {
			answers[ask] = a
		}
	}
	return answers
}

// Said is what a source says to an ask of one subject: all its entries of the kind, or why
// it did not answer.
type Said[T any] struct {
	Entries    []T
	Err        error
	Absent     bool // it holds nothing at all of the person
	Unreadable bool // there is more of the kind than could be read
}

// Answer picks from what is said of each subject what the ask wants.
func Answer[T any, P Entry[T]](b *Base, terms *fetch.Terms, ask *fetch.Ask, of func(subject int, patient record.NHSNumber) Said[T]) fetch.Answer {
	var a fetch.Answer
	n := len(ask.Subjects.Patients)
	rows := make([][]T, n)
	for i, patient := range ask.Subjects.Patients {
		said := of(i, patient)
		if said.Err != nil {
			Mark(&a.Errs, n, i, said.Err)
			continue
		}
		if said.Absent {
			Mark(&a.Absent, n, i, true)
		}
		if said.Unreadable {
			Mark(&a.Unreadable, n, i, true)
		}
		picked, truncated := Pick[T, P](ask, terms, string(b.Org.ODSCode), said.Entries)
		if rows[i] = picked; truncated {
			Mark(&a.Truncated, n, i, true)
		}
	}
	a.Rows = Rows(rows)
	return a
}

// Mark marks one of n subjects.
func Mark[T any](marks *[]T, n, i int, mark T) {
	if *marks == nil {
		*marks = make([]T, n)
	}
	(*marks)[i] = mark
}
