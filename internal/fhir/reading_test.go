package fhir_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

func TestBirthDatesAgreeAsFarAsBothAreKnown(t *testing.T) {
	for _, c := range []struct {
		theirs, ours string
		same         bool
		err          error
	}{
		{"1960-03-02", "1960-03-02", true, nil}, {"", "1960-03-02", true, nil}, {"1960-03-02", "", true, nil}, {"", "", true, nil},
		{"1960", "1960-03-02", true, nil}, {"1960-03-02", "1960-03", true, nil}, {"1960-03-02T10:00:00Z", "1960-03-02", true, nil},
		{"1960-03-03", "1960-03-02", false, nil}, {"1961", "1960-03-02", false, nil}, {"1960-04-02", "1960-03", false, nil},
		{"1960-02-30", "1960-03-02", false, record.ErrMalformed}, {"second of March", "", false, record.ErrMalformed},
	} {
		same, err := fhir.SameBirth(c.theirs, c.ours)
		if same != c.same || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%q and %q: %v, %v", c.theirs, c.ours, same, err)
		}
	}
}

func TestPatientsThatFailed(t *testing.T) {
	down, late, refused, mismatched := record.ErrUnavailable, record.ErrTimeout, record.ErrRefused, record.ErrIdentity
	left, leave := context.WithCancel(t.Context())
	leave()
	for name, c := range map[string]struct {
		ctx      context.Context
		patients int
		failed   []error
		want     error
	}{
		"none":                              {t.Context(), 2, nil, nil},
		"nobody asked for":                  {t.Context(), 0, nil, nil},
		"one of two":                        {t.Context(), 2, []error{down}, nil},
		"both":                              {t.Context(), 2, []error{down, down}, down},
		"the only one":                      {t.Context(), 1, []error{late}, late},
		"both late":                         {t.Context(), 2, []error{late, late}, late},
		"one late, one not there":           {t.Context(), 2, []error{late, down}, down},
		"one refused, so the source is up":  {t.Context(), 2, []error{down, refused}, nil},
		"the only one refused":              {t.Context(), 1, []error{refused}, nil},
		"the only one malformed":            {t.Context(), 1, []error{record.ErrMalformed}, nil},
		"the only one is somebody else":     {t.Context(), 1, []error{mismatched}, nil},
		"one failed while its reader left":  {left, 1, []error{context.Canceled}, context.Canceled},
		"some failed while the reader left": {left, 2, []error{context.Canceled}, context.Canceled},
	} {
		if err := fhir.Together(c.ctx, c.patients, c.failed); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAheadLeavesTimeToAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for limit, kept := range map[time.Duration]time.Duration{200 * time.Millisecond: 10 * time.Millisecond, 10 * time.Second: 50 * time.Millisecond} {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			ahead, stop := fhir.Ahead(ctx)
			began := time.Now()
			<-ahead.Done()
			if took := time.Since(began); took != limit-kept || ctx.Err() != nil {
				t.Errorf("%v of %v", took, limit)
			}
			stop()
			cancel()
		}
		ahead, stop := fhir.Ahead(t.Context())
		defer stop()
		if _, bounded := ahead.Deadline(); bounded {
			t.Error("a reader without a deadline has one")
		}
	})
}

func TestWhereAnEventIsMayBeLogged(t *testing.T) {
	for where, want := range map[string]string{
		"Observation": "Observation", "birth date": "birth date", "NO_PATIENT_CONSENT": "NO_PATIENT_CONSENT", "886921000000105": "886921000000105", "": "",
		"Rosalind, 2 March": "other", "<b>": "other", strings.Repeat("x", 65): "other",
	} {
		if got := (fhir.Event{Where: where}).Place(); got != want {
			t.Errorf("%q: %q", where, got)
		}
	}
}
