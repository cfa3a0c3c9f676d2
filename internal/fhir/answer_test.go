package fhir_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

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

// The failure of the only patient is the failure of the read, as it is.
func TestTheOnlyFailure(t *testing.T) {
	failure := &fhir.StatusError{Status: 503, Kind: record.ErrUnavailable}
	if err := fhir.Together(t.Context(), 1, []error{failure}); err != failure {
		t.Error(err)
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
