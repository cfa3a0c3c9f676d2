package audit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/auth"

	"github.com/google/go-cmp/cmp"
)

// written is what reached a trail, and how it answers.
type written struct {
	mu     sync.Mutex
	writes [][]audit.Entry
	err    error
	after  int // so many writes err does not hold
	failed []error
}

func (w *written) record(_ context.Context, entries []audit.Entry) ([]audit.Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil && len(w.writes) >= w.after {
		return nil, w.err
	}
	w.writes = append(w.writes, entries)
	return make([]audit.Result, len(entries)), nil
}

func (w *written) told(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = append(w.failed, err)
}

func (w *written) events() (events []audit.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, entries := range w.writes {
		for _, entry := range entries {
			events = append(events, entry.Event)
		}
	}
	return events
}

func refusal(subject, code, request string) audit.Refusal {
	return audit.Refusal{
		Who: audit.Who{Subject: subject, Organisation: "RAL", Role: auth.HospitalDoctor}, Purpose: auth.Treatment, Code: code, RequestID: request,
		Client: audit.Client{Address: "192.0.2.1"},
	}
}

func closed(t *testing.T, r *audit.Refusals) {
	t.Helper()
	if err := r.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestRefusalsAreCountedByPersonAndReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w written
		r := audit.NewRefusals(w.record, w.told)
		began := time.Now()
		r.Count(refusal("a", "QUERY_TOO_LARGE", "r1"))
		time.Sleep(20 * time.Second)
		r.Count(refusal("b", "QUERY_TOO_LARGE", "r2"))
		r.Count(refusal("a", "QUERY_TOO_LARGE", "r3"))
		time.Sleep(time.Second)
		r.Count(refusal("a", "BAD_USER_INPUT", "r4"))
		time.Sleep(38 * time.Second)
		if n := len(w.events()); n > 0 {
			t.Fatalf("%d events before the minute is over", n)
		}
		time.Sleep(2 * time.Second)
		event := func(subject, code, request string, times int, first, last time.Duration) audit.Event {
			one := refusal(subject, code, request)
			return audit.Event{
				Action: audit.Reject, Who: one.Who, Purpose: one.Purpose, Client: one.Client, RequestID: request, Outcome: audit.Rejected, ReceivedAt: began.Add(first),
				Note: fmt.Sprintf("%s; requests: %d; last: %s", code, times, began.Add(last).UTC().Format(time.RFC3339)),
			}
		}
		want := []audit.Event{
			event("a", "QUERY_TOO_LARGE", "r1", 2, 0, 20*time.Second),
			event("b", "QUERY_TOO_LARGE", "r2", 1, 20*time.Second, 20*time.Second),
			event("a", "BAD_USER_INPUT", "r4", 1, 21*time.Second, 21*time.Second),
		}
		if diff := cmp.Diff(want, w.events()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(5 * time.Minute)
		if len(w.writes) != 1 || len(w.failed) > 0 {
			t.Errorf("%d writes, though nothing more was refused; told %v", len(w.writes), w.failed)
		}
		r.Count(refusal("a", "QUERY_TOO_LARGE", "r5"))
		closed(t, r)
		if events := w.events(); len(events) != 4 || !strings.Contains(events[3].Note, "requests: 1;") {
			t.Errorf("closing wrote %+v", events)
		}
	})
}

// However many people are refused however often, an interval adds a bounded number of
// events in small writes, and none is left uncounted.
func TestRefusalsDoNotFloodTheTrail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w written
		r := audit.NewRefusals(w.record, w.told)
		for i := range 3000 {
			r.Count(refusal(fmt.Sprint("person ", i%700), "QUERY_TOO_LARGE", "r"))
		}
		r.Count(refusal("", "QUERY_TOO_LARGE", "r"))
		closed(t, r)
		events, total := w.events(), 0
		for _, e := range events {
			var n int
			if _, err := fmt.Sscanf(e.Note[strings.Index(e.Note, "requests: "):], "requests: %d;", &n); err != nil {
				t.Fatal(e.Note, err)
			}
			total += n
		}
		if len(events) != 501 || total != 3001 {
			t.Errorf("%d events of %d requests", len(events), total)
		}
		if last := events[len(events)-1]; last.Who != (audit.Who{}) || last.RequestID != "" || !strings.HasPrefix(last.Note, "of more people than are told apart; ") {
			t.Errorf("the rest is %+v", last)
		}
		for _, entries := range w.writes {
			if len(entries) > 100 {
				t.Errorf("%d events in one write", len(entries))
			}
		}
	})
}

func TestRefusalsThatCannotBeWrittenAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := written{err: audit.ErrUnavailable, after: 1}
		r := audit.NewRefusals(w.record, w.told)
		for i := range 150 {
			r.Count(refusal(fmt.Sprintf("person %03d", i), "QUERY_TOO_LARGE", "r1"))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Minute)
		if len(w.events()) != 100 || len(w.failed) != 1 || !errors.Is(w.failed[0], audit.ErrUnavailable) {
			t.Fatalf("%d events, told %v", len(w.events()), w.failed)
		}
		r.Count(refusal("person 149", "QUERY_TOO_LARGE", "r2"))
		w.mu.Lock()
		w.err = nil
		w.mu.Unlock()
		time.Sleep(time.Minute)
		events := w.events()
		if len(events) != 150 || events[149].Who.Subject != "person 149" || events[149].RequestID != "r1" || !strings.Contains(events[149].Note, "requests: 2;") {
			t.Errorf("%d events, the last %+v", len(events), events[len(events)-1])
		}
		w.mu.Lock()
		w.err, w.after = audit.ErrUnavailable, 0
		w.mu.Unlock()
		r.Count(refusal("a", "QUERY_TOO_LARGE", "r3"))
		if err := r.Close(context.Background()); !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("closed with %v", err)
		}
	})
}

// A write that fails while somebody is refused again, or while the trail is closed, loses
// nothing: the event says until when, and the closing waits to write it.
func TestRefusalsDuringAWriteThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w written
		failing := true
		slow := func(ctx context.Context, entries []audit.Entry) ([]audit.Result, error) {
			time.Sleep(2 * time.Second)
			if failing {
				failing = false
				return nil, audit.ErrUnavailable
			}
			return w.record(ctx, entries)
		}
		r := audit.NewRefusals(slow, w.told)
		r.Count(refusal("a", "QUERY_TOO_LARGE", "r1"))
		time.Sleep(61 * time.Second) // it is being written
		r.Count(refusal("a", "QUERY_TOO_LARGE", "r2"))
		last := time.Now()
		closed(t, r)
		if events := w.events(); len(events) != 1 || events[0].RequestID != "r1" || !strings.Contains(events[0].Note, "requests: 2; last: "+last.UTC().Format(time.RFC3339)) {
			t.Errorf("%+v", events)
		}
	})
}

// A trail that hangs holds up neither whoever is refused nor, for long, the closing.
func TestRefusalsWaitForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := func(ctx context.Context, _ []audit.Entry) ([]audit.Result, error) {
			<-ctx.Done()
			return nil, audit.ErrUnavailable
		}
		var w written
		r := audit.NewRefusals(hangs, w.told)
		r.Count(refusal("a", "QUERY_TOO_LARGE", "r1"))
		time.Sleep(61 * time.Second)
		began := time.Now()
		r.Count(refusal("a", "QUERY_TOO_LARGE", "r2"))
		if took := time.Since(began); took != 0 {
			t.Errorf("counting took %v", took)
		}
		if err := r.Close(context.Background()); err == nil || time.Since(began) > 10*time.Second {
			t.Errorf("closed with %v after %v", err, time.Since(began))
		}
	})
}

func TestRefusalsStandInTheChain(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	r := audit.NewRefusals(trail.Record, func(err error) { t.Error(err) })
	r.Count(refusal("a", "QUERY_TOO_LARGE", "r1"))
	mustRecord(t, trail, entries(1))
	closed(t, r)
	if report, said := verify(t, db); !report.Holds() || report.Events != 2 {
		t.Errorf("%+v\n%s", report, said)
	}
	lines, err := audit.Events(t.Context(), pool(t, db), audit.Filter{Actions: []audit.Action{audit.Reject}, Limit: 10})
	if err != nil || len(lines) != 1 || lines[0].Who.Subject != "a" || lines[0].Patient != "" || lines[0].Outcome != audit.Rejected || !strings.HasPrefix(lines[0].Note, "QUERY_TOO_LARGE; requests: 1; last: 2") {
		t.Errorf("%+v, %v", lines, err)
	}
}
