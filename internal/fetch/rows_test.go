package fetch_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Entries are their subject's alone: nobody else's, and nothing for a subject there is not.
func TestRowsAreTheirSubjects(t *testing.T) {
	rows := &fetch.Rows[string]{Items: []string{"a", "b", "c"}, Starts: []int32{0, 2, 2, 3}}
	for subject, want := range map[int][]string{-1: nil, 0: {"a", "b"}, 1: {}, 2: {"c"}, 3: nil, 4: nil} {
		if got := rows.Of(subject); !slices.Equal(got, want) || rows.Count(subject) != len(want) {
			t.Errorf("subject %d: %q, want %q", subject, got, want)
		}
	}
	if got := (*fetch.Rows[string])(nil).Of(0); got != nil {
		t.Errorf("of no rows: %q", got)
	}
	if fetch.RowsOf[int](fetch.Answer{Rows: rows}) != nil || fetch.RowsOf[string](fetch.Answer{Rows: rows}) != rows {
		t.Error("rows of another type")
	}
}

func TestRowsAtOtherPlaces(t *testing.T) {
	rows := &fetch.Rows[string]{Items: []string{"a", "b", "c"}, Starts: []int32{0, 1, 3}}
	spread := rows.Spread([]int{-1, 0, -1, 1, 2}).(*fetch.Rows[string])
	for subject, want := range [][]string{nil, {"a"}, nil, {"b", "c"}, nil} {
		if got := spread.Of(subject); !slices.Equal(got, want) {
			t.Errorf("subject %d: %q, want %q", subject, got, want)
		}
	}
}

// list is what is never shown, in the tests.
type list struct{ _ byte }

func (*list) Coded(_, code, _ string) bool { return code == "hidden" }
func (*list) Words(text string) bool       { return text == "hidden" }
func (*list) Codes() []byte                { return []byte("{}") }
func (*list) Pattern() string              { return "pattern" }
func (*list) Stems() string                { return "stems" }
func (*list) Specialties() []string        { return []string{"specialty"} }

func TestTermsOfAList(t *testing.T) {
	never, now := new(list), time.Now()
	got := fetch.TermsOf(never, now)
	if string(got.ExcludedCodes) != "{}" || got.ExcludedWords != "pattern" || got.ExcludedStems != "stems" || !slices.Equal(got.Specialties, []string{"specialty"}) ||
		got.Screen != fetch.Screen(never) || !got.Now.Equal(now) {
		t.Errorf("%+v", got)
	}
}

// Without terms nothing is read.
func TestTermsThatAreMissing(t *testing.T) {
	if _, ok := fetch.TermsFrom(t.Context()); ok {
		t.Error("a bare context has terms")
	}
	if _, ok := fetch.TermsFrom(fetch.WithTerms(t.Context(), nil)); ok {
		t.Error("no terms are terms")
	}
	terms := &fetch.Terms{Now: time.Now()}
	if got, ok := fetch.TermsFrom(fetch.WithTerms(t.Context(), terms)); !ok || got != terms {
		t.Error("the terms are not there")
	}
}

func TestAPanicInABatchIsAnError(t *testing.T) {
	loader := fetch.NewLoader(t.Context(), []int{1}, func(context.Context, []int) (map[int]int, error) { panic("9990000018") })
	got, err := loader.Load(t.Context(), 1)()
	if !errors.Is(err, record.ErrUnavailable) || err.Error() != record.ErrUnavailable.Error()+": panic in a read: string" || got != 0 {
		t.Errorf("%d, %v", got, err)
	}
}

// What ends a read is told apart: the time is over, or nobody waits any more. The read is
// told to end either way, and when it has answered.
func TestHowAReadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := fetch.Within(time.Second, func(context.Context, []int) (map[int]int, error) {
			time.Sleep(time.Minute)
			return nil, nil
		})
		if _, err := slow(t.Context(), nil); !errors.Is(err, record.ErrTimeout) {
			t.Errorf("beyond its time: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		if _, err := slow(ctx, nil); !errors.Is(err, context.Canceled) || errors.Is(err, record.ErrTimeout) {
			t.Errorf("nobody waits: %v", err)
		}
		read := make(chan context.Context, 1)
		quick := fetch.Within(time.Hour, func(ctx context.Context, _ []int) (map[int]int, error) { read <- ctx; return nil, nil })
		if _, err := quick(t.Context(), nil); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Minute)
		if under := <-read; under.Err() == nil {
			t.Error("the context of a read that has answered is left open")
		}
	})
}
