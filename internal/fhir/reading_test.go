package fhir_test

import (
	"context"
	"encoding/json"
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

// The failure of the only patient is the failure of the read, as it is.
func TestTheOnlyFailure(t *testing.T) {
	failure := &fhir.StatusError{Status: 503, Kind: record.ErrUnavailable}
	if err := fhir.Together(t.Context(), 1, []error{failure}); err != failure {
		t.Error(err)
	}
}

// A birth date that cannot be read does not tell whose the record is.
func TestBirthDatesOfPatients(t *testing.T) {
	for born, want := range map[string]error{`"1960-03-02"`: nil, `null`: nil, `"1960"`: nil, `"1960-03-03"`: record.ErrIdentity, `7`: record.ErrMalformed, `["1960-03-02"]`: record.ErrMalformed, `"unknown"`: record.ErrMalformed} {
		r, _ := fhir.ParseResource([]byte(`{"resourceType":"Patient","birthDate":` + born + `}`))
		if err := r.CheckBirth("1960-03-02", "a"); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v", born, err)
		}
	}
}

func TestOneOrMore(t *testing.T) {
	for text, want := range map[string]string{`{"a":"x"}`: "x", `[{"a":"x"}]`: "x", `[{"a":"x"},{"a":"y"}]`: "x y", `[]`: "", `null`: "", `{"a":7}`: "no", `[{"a":7}]`: "no", `"x"`: "no"} {
		var list struct {
			L fhir.OneOrMore[struct{ A string }]
		}
		got := []string{}
		if err := json.Unmarshal([]byte(`{"l":`+text+`}`), &list); err != nil {
			got = append(got, "no")
		} else {
			for _, one := range list.L {
				got = append(got, one.A)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// What goes wrong in one of several things at once is told by whoever waits for them, and
// ends nothing else.
func TestGroup(t *testing.T) {
	var calm fhir.Group
	calm.Go(func() error { return nil })
	calm.Go(func() error { return record.ErrTimeout })
	if err := calm.Wait(); !errors.Is(err, record.ErrTimeout) {
		t.Errorf("one that failed: %v", err)
	}
	var panicked any
	done := false
	func() {
		defer func() { panicked = recover() }()
		var group fhir.Group
		group.SetLimit(1) // one after another
		group.Go(func() error { return nil })
		group.Go(func() error { panic("first") })
		group.Go(func() error { panic("second") })
		group.Go(func() error { done = true; return nil })
		t.Errorf("one that panicked: %v", group.Wait())
	}()
	if panicked != "first" || !done {
		t.Errorf("%v, %v", panicked, done)
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

func TestEventsThatAreAlarms(t *testing.T) {
	for kind, alarm := range map[fhir.EventKind]bool{
		fhir.Foreign: true, fhir.Malformed: true, fhir.Mismatched: true,
		fhir.Unreadable: false, fhir.Confidential: false, fhir.Refused: false, fhir.Unanswered: false, fhir.Superseded: false,
	} {
		if kind.IsAlarm() != alarm {
			t.Errorf("%s: %v", kind, !alarm)
		}
	}
}
