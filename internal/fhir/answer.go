package fhir

import (
	"context"
	"fmt"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// TermsFrom are the terms of a read, and what they say is never shown.
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

// Each asks for patients one by one, so many at once. failed is why the source did not
// answer for one; the error is that of a source that could be reached for none, as
// Together has it.
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

// Answers answers each ask that is of anybody; answer is false for a kind that the source
// does not have.
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
