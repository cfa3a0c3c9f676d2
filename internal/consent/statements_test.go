package consent_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
)

// faulty is a store whose statements can be made to fail one by one.
func faulty(t testing.TB, db *pgtest.Database) *consent.Store {
	t.Helper()
	config, err := consent.Config(db.DSN(""), consent.Prepare)
	if err != nil {
		t.Fatal(err)
	}
	return consent.NewStore(pgtest.Faulty(t, config), consent.Default())
}

// Whichever statement fails, nothing is read in part, and no change is said to be made.
func TestNoStatementFailsUnnoticed(t *testing.T) {
	db := database(t)
	store := faulty(t, db)
	people := make([]consent.Person, 1000)
	for i := range people {
		people[i] = person(record.NHSNumber(fmt.Sprintf("9991%06d", i)))
	}
	put(t, store, consent.Load{People: []consent.Person{person(one), person(two)}, Directives: []consent.Directive{objection(one, time.Now().AddDate(0, 0, -1))}})
	add(t, store, asked("KEPT-0001"), forChild("KEPT-0002"))
	waiting, _, err := store.Requests(t.Context(), consent.RequestFilter{})
	if err != nil {
		t.Fatal(err)
	}
	turn := 0
	back := consent.Withdrawal{RequestedBy: consent.BySelf}
	for name, do := range map[string]func(context.Context) error{
		"numbers":    func(ctx context.Context) error { _, err := store.Numbers(ctx, one); return err },
		"directives": func(ctx context.Context) error { _, err := store.Directives(ctx, one); return err },
		"requests": func(ctx context.Context) error {
			_, _, err := store.Requests(ctx, consent.RequestFilter{})
			return err
		},
		"request":        func(ctx context.Context) error { _, err := store.Request(ctx, waiting[0].ID); return err },
		"overdue":        func(ctx context.Context) error { _, _, err := store.Overdue(ctx, time.Now()); return err },
		"adding":         func(ctx context.Context) error { return store.AddRequest(ctx, asked("KEPT-0003")) },
		"a grant":        func(ctx context.Context) error { _, err := store.Break(ctx, glass(one)); return err },
		"putting people": func(ctx context.Context) error { return store.Put(ctx, consent.Load{People: people}) },
		"putting the rest": func(ctx context.Context) error {
			return store.Put(ctx, consent.Load{
				Directives: []consent.Directive{objection(two, noon)}, Relationships: []consent.Relationship{stay(one, "RAL")},
				PlanningObjections: []consent.PlanningObjection{{Patient: one, Kind: consent.Type1, EffectiveFrom: noon}},
			})
		},
		"an objection that stands": func(ctx context.Context) error {
			_, _, err := store.RecordOptOut(ctx, objection(one, time.Time{}))
			return err
		},
		"an objection and its withdrawal": func(ctx context.Context) error {
			_, _, err := store.RecordOptOut(ctx, objection(three, time.Time{}))
			if err != nil {
				return err
			}
			if _, err = store.WithdrawOptOut(ctx, three, back); errors.Is(err, record.ErrNotFound) {
				return nil // closed the last time, when the answer was cut off
			}
			return err
		},
		"a decision": func(ctx context.Context) error {
			turn++
			reference := fmt.Sprintf("TURN-%04d", turn)
			add(t, store, asked(reference))
			open, _, err := store.Requests(t.Context(), consent.RequestFilter{Reference: reference})
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = store.DecideRequest(ctx, open[0].ID, consent.RequestDecision{Status: consent.RequestRefused, DecidedBy: officer, Note: "no"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { pgtest.Faults(t, do, consent.ErrUnavailable) })
	}
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// What is put is one question for each table that has rows, and one more where there is much.
func TestHowMuchIsPut(t *testing.T) {
	store := faulty(t, database(t))
	statements := func(n int) int {
		load := consent.Load{Relationships: []consent.Relationship{stay(one, "RAL")}}
		for i := range n - 1 {
			load.People = append(load.People, person(record.NHSNumber(fmt.Sprintf("9991%06d", i))))
		}
		ctx, counted := pgtest.Counting(t.Context())
		if err := store.Put(ctx, load); err != nil {
			t.Fatal(err)
		}
		return counted()
	}
	few, tables := statements(999), 2
	if want := 2 + 3*tables; few != want {
		t.Errorf("%d statements for %d tables, want %d", few, tables, want)
	}
	if many := statements(1000); many != few+1 {
		t.Errorf("%d statements for a thousand, %d for fewer", many, few)
	}
	if nothing, empty := statements(1), 2+3; nothing != empty {
		t.Errorf("%d statements for one row, want %d", nothing, empty)
	}
}

func TestTheIDOfAnObjectionIsKept(t *testing.T) {
	store, _ := open(t, database(t))
	given := objection(one, noon)
	given.ID = "00000000-0000-4000-8000-000000000007"
	put(t, store, consent.Load{Directives: []consent.Directive{given}})
	if got, err := store.Directives(t.Context(), one); err != nil || len(got) != 1 || got[0].ID != given.ID {
		t.Errorf("%+v, %v", got, err)
	}
}

// A store works on a pool that prepares nothing, and says why one cannot be worked with.
func TestAStoreThatIsNotPrepared(t *testing.T) {
	db := database(t)
	store := consent.NewStore(db.Pool(t), consent.Default())
	put(t, store, consent.Load{People: []consent.Person{person(one)}, Relationships: []consent.Relationship{stay(one, "RAL")}})
	if got := decide(t, store, one); got[0] != consent.Shown {
		t.Error(got)
	}
	db.Exec(t, `ALTER TABLE consent.relationship RENAME TO elsewhere`)
	const undefined = "42P01"
	fresh := consent.NewStore(db.PoolAs(t, ""), consent.Default())
	facts, err := fresh.Facts(t.Context(), doctor, nil, []record.NHSNumber{one})
	if !errors.Is(err, consent.ErrUnavailable) || !strings.Contains(err.Error(), undefined) || !facts[one].Unavailable {
		t.Errorf("%+v, %v", facts[one], err)
	}
}

func TestFactsForSomebodyWhoHasGone(t *testing.T) {
	store, _ := open(t, database(t))
	gone, leave := context.WithCancel(t.Context())
	leave()
	facts, err := store.Facts(gone, doctor, nil, []record.NHSNumber{one})
	if !errors.Is(err, consent.ErrUnavailable) || !errors.Is(err, context.Canceled) || !facts[one].Unavailable {
		t.Errorf("%+v, %v", facts[one], err)
	}
}

// What names no request and no objection names none, and nothing is decided by it.
func TestIDsThatAreNone(t *testing.T) {
	store, _ := open(t, database(t))
	add(t, store, forChild("KEPT-0001"))
	waiting, _, err := store.Requests(t.Context(), consent.RequestFilter{})
	if err != nil {
		t.Fatal(err)
	}
	dashless := strings.ReplaceAll(waiting[0].ID, "-", "")
	refuse := consent.RequestDecision{Status: consent.RequestRefused, DecidedBy: officer, Note: "no"}
	for _, id := range []string{"", "x", strings.Repeat("z", 36), dashless, dashless + "    "} {
		if _, err := store.Request(t.Context(), id); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
		if _, decided, err := store.DecideRequest(t.Context(), id, refuse); decided || !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%q: decided %t, %v", id, decided, err)
		}
		place := &consent.RequestPlace{ReceivedAt: noon, ID: id}
		for _, f := range []consent.RequestFilter{{After: place}, {Before: place}} {
			if page, _, err := store.Requests(t.Context(), f); !errors.Is(err, record.ErrInvalid) {
				t.Errorf("%q: a page of %d, %v", id, len(page), err)
			}
		}
		if id == "" {
			continue
		}
		accept := consent.RequestDecision{Status: consent.RequestAccepted, DecidedBy: officer, DirectiveID: id}
		if _, decided, err := store.DecideRequest(t.Context(), waiting[0].ID, accept); decided || !errors.Is(err, record.ErrInvalid) || errors.Is(err, consent.ErrUnavailable) {
			t.Errorf("accepted with the objection %q: %t, %v", id, decided, err)
		}
	}
	if r, err := store.Request(t.Context(), waiting[0].ID); err != nil || r.Status != consent.RequestWaiting {
		t.Errorf("%s, %v", r.Status, err)
	}
}

// A database that does not answer costs nothing once it was tried.
func TestAPoolThatWasNotOpened(t *testing.T) {
	pools := func() int {
		var b strings.Builder
		if err := pprof.Lookup("goroutine").WriteTo(&b, 2); err != nil {
			t.Fatal(err)
		}
		return strings.Count(b.String(), "backgroundHealthCheck(")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	before := pools()
	for range 3 {
		if _, err := consent.Open(t.Context(), "postgres://service@"+listener.Addr().String()+"/none"); !errors.Is(err, consent.ErrUnavailable) {
			t.Error(err)
		}
	}
	left := func() bool { return pools() > before }
	for end := time.Now().Add(time.Minute); left() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if left() {
		t.Errorf("%d pools are left", pools()-before)
	}
	open(t, database(t))
	for end := time.Now().Add(time.Minute); pools() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("pools are not counted")
		}
	}
}
