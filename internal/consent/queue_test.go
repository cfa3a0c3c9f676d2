package consent_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/record"

	"github.com/jackc/pgx/v5"
)

// A page holds what was asked for and no more, and says rightly whether there is more.
func TestPagesOfTheQueue(t *testing.T) {
	store, _ := open(t, database(t))
	for i := range 4 {
		add(t, store, asked(fmt.Sprintf("SIZE-%04d", i)))
	}
	all, _, err := store.Requests(t.Context(), consent.RequestFilter{Limit: 200})
	if err != nil || len(all) != 4 {
		t.Fatalf("%d of 4, %v", len(all), err)
	}
	for limit, want := range map[int]bool{3: true, 4: false, 5: false} {
		if page, more, err := store.Requests(t.Context(), consent.RequestFilter{Limit: limit}); err != nil || more != want || len(page) != min(limit, 4) {
			t.Errorf("a page of %d: %d, more %t, %v", limit, len(page), more, err)
		}
	}
	refuse := consent.RequestDecision{Status: consent.RequestRefused, DecidedBy: officer, Note: "no"}
	if _, _, err := store.DecideRequest(t.Context(), all[0].ID, refuse); err != nil {
		t.Fatal(err)
	}
	for status, want := range map[consent.RequestStatus]int{"": 4, consent.RequestWaiting: 3, consent.RequestRefused: 1, consent.RequestAccepted: 0} {
		if page, _, err := store.Requests(t.Context(), consent.RequestFilter{Status: status}); err != nil || len(page) != want {
			t.Errorf("%q: %d, want %d, %v", status, len(page), want, err)
		}
	}
	fault := errors.New("the event could not be written")
	if _, decided, err := store.DecideRequest(t.Context(), all[1].ID, refuse, func(pgx.Tx, consent.OptOutRequest) error { return fault }); !errors.Is(err, fault) || decided {
		t.Errorf("decided %t without its event: %v", decided, err)
	}
	if r, err := store.Request(t.Context(), all[1].ID); err != nil || r.Status != consent.RequestWaiting {
		t.Errorf("%s, %v", r.Status, err)
	}
	for _, id := range []string{"x", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"} {
		if _, _, err := store.DecideRequest(t.Context(), id, refuse); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("id %q: %v", id, err)
		}
		if _, err := store.Request(t.Context(), id); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("id %q: %v", id, err)
		}
	}
}

func TestBoundsOfARequest(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*consent.OptOutRequest)
		good   bool
	}{
		"born on the first day": {func(r *consent.OptOutRequest) { r.BirthDate = "1850-01-01" }, true},
		"born before it":        {func(r *consent.OptOutRequest) { r.BirthDate = "1849-12-31" }, false},
		"joiners":               {func(r *consent.OptOutRequest) { r.Name = "র\u200cা\u200dক" }, true},
		"turned at once":        {func(r *consent.OptOutRequest) { r.Name = "\u202eAda" }, false},
		"a neighbour, named": {func(r *consent.OptOutRequest) {
			r.RequestedBy, r.Representative = "NEIGHBOUR", &consent.Representative{Name: "R", Relationship: "r"}
		}, false},
	} {
		r := asked("BOUND-0001")
		c.change(&r)
		if err := r.Check(); (err == nil) != c.good || err != nil && !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Objections to planning are kept, and direct care never asks for them.
func TestObjectionsToPlanningAreKept(t *testing.T) {
	store, pool := open(t, database(t))
	load := consent.Load{PlanningObjections: []consent.PlanningObjection{{Patient: one, Kind: consent.Type1, EffectiveFrom: time.Now()}, {Patient: two, Kind: consent.NationalDataOptOut, EffectiveFrom: time.Now()}}}
	put(t, store, load)
	put(t, store, load)
	var n int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM consent.planning_objection`).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d, %v", n, err)
	}
}

// Nobody's lineage is nobody's relationship, and no error.
func TestFactsWithoutALineage(t *testing.T) {
	store, _ := open(t, database(t))
	put(t, store, consent.Load{People: []consent.Person{person(one)}, Relationships: []consent.Relationship{stay(one, "RAL")}})
	facts, err := store.Facts(t.Context(), doctor, nil, []record.NHSNumber{one})
	if err != nil || !facts[one].Known || len(facts[one].Relationships) != 0 {
		t.Errorf("%+v, %v", facts[one], err)
	}
}
