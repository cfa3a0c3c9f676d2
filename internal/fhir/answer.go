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

// TermsFrom returns the terms of the read in ctx and the Screen of their exclusion list. A context without
// terms is record.ErrInvalid.
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

// Each calls ask for every patient, at most atOnce of them concurrently, and returns the answers by
// patient. failed returns why an answer failed, or nil. The error is that of Together: the source could be
// reached for no patient.
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

// Ahead keeps back 1/keptPart of the remaining time, and at most keptMost, to assemble the answers.
const (
	keptPart = 20
	keptMost = 50 * time.Millisecond
)

// Ahead returns a context that ends slightly before its parent, so that a source which answered for some of
// the patients still has time to return what it has and to name the patients it could not answer for.
func Ahead(ctx context.Context) (context.Context, context.CancelFunc) {
	ends, bounded := ctx.Deadline()
	if !bounded {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, ends.Add(-min(time.Until(ends)/keptPart, keptMost)))
}

// Together is the error of a whole read of that many patients, some of which failed; nil if each patient
// gets an error of their own instead. A read fails as a whole only if the source could be reached for no
// patient at all: a source that refuses, or sends something unreadable, was reached. ctx is the caller's.
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

// answered reports whether the failure is an answer of the source itself.
func answered(err error) bool {
	return errors.Is(err, record.ErrRefused) || errors.Is(err, record.ErrMalformed) || errors.Is(err, record.ErrIdentity) || errors.Is(err, record.ErrNotFound)
}

// Answers calls answer for every ask that has patients. answer returns false for a kind that the source
// does not have; such an ask gets no answer.
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

// Said is what a source says about one subject: all its entries of one kind, or why it did not answer.
type Said[T any] struct {
	Entries    []T
	Err        error
	Absent     bool // the source holds nothing at all about the person
	Unreadable bool // some entries of the kind could not be read
}

// Answer builds the answer to an ask. of returns what the source says about each subject; Pick narrows it
// to what the ask wants.
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

// Mark sets the mark of subject i of n. It allocates the list on first use.
func Mark[T any](marks *[]T, n, i int, mark T) {
	if *marks == nil {
		*marks = make([]T, n)
	}
	(*marks)[i] = mark
}
