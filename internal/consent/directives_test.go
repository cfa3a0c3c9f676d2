package consent_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// Who may not ask is told what to do, and nothing is written.
func TestWhoMayNotAskIsTold(t *testing.T) {
	store, _ := open(t, database(t))
	aged := func(number record.NHSNumber, years int) consent.Person {
		p := person(number)
		p.Born = record.PartialDate(record.Today(time.Now().AddDate(-years, 0, -1)))
		return p
	}
	ageless := person(other)
	ageless.Born = ""
	put(t, store, consent.Load{
		People:     []consent.Person{aged(one, 40), aged(two, 14), aged(three, 5), ageless},
		Directives: []consent.Directive{objection(one, time.Now().AddDate(0, 0, -1)), objection(two, time.Now().AddDate(0, 0, -1)), objection(three, time.Now().AddDate(0, 0, -1)), objection(other, time.Now().AddDate(0, 0, -1))},
	})
	rae := &consent.Representative{Name: "Rae Example", Relationship: "mother"}
	for _, c := range []struct {
		name       string
		of         record.NHSNumber
		by         string
		who        *consent.Representative
		says       string // of an objection
		saysOfBack string // of its withdrawal
	}{
		{"a parent of an adult", one, consent.ByParent, rae, "from 16 parents and guardians do not ask", "from 16 parents"},
		{"a parent of a young person", two, consent.ByParent, rae, "from 13 a young person asks", "from 13 a young person"},
		{"a child alone", three, consent.BySelf, nil, "a child under 13 does not ask alone", "a child under 13"},
		{"a parent who is not named", three, consent.ByParent, nil, "name the representative", "name the representative"},
		{"somebody who names another", one, consent.BySelf, rae, "leave out the representative", "leave out the representative"},
		{"a deputy without evidence", one, consent.ByDeputy, rae, "showed as evidence", "showed as evidence"},
		{"a neighbour", one, "NEIGHBOUR", rae, "requestedBy is SELF", "requestedBy is SELF"},
		{"a parent, the age not known", other, consent.ByParent, rae, "", "how old the person is"},
		{"a guardian, the age not known", other, consent.ByGuardian, rae, "", "how old the person is"},
		{"alone, the age not known", other, consent.BySelf, nil, "", ""},
	} {
		told := func(what, says string, err error) {
			t.Helper()
			if (err == nil) != (says == "") || err != nil && (!errors.Is(err, record.ErrInvalid) || errors.Is(err, consent.ErrUnavailable) || !strings.Contains(err.Error(), says)) {
				t.Errorf("%s, %s: error %v, want %q", c.name, what, err, says)
			}
		}
		before, err := store.Directives(t.Context(), c.of)
		if err != nil {
			t.Fatal(err)
		}
		d := objection(c.of, time.Time{})
		d.RequestedBy, d.Representative = c.by, c.who
		_, created, err := store.RecordOptOut(t.Context(), d)
		told("an objection", c.says, err)
		if created {
			t.Errorf("%s: created", c.name)
		}
		_, err = store.WithdrawOptOut(t.Context(), c.of, consent.Withdrawal{Channel: "PAPER_FORM", RequestedBy: c.by, Representative: c.who})
		told("its withdrawal", c.saysOfBack, err)
		after, err := store.Directives(t.Context(), c.of)
		if err != nil || len(after) != len(before) || c.saysOfBack != "" && len(after) > 0 && !after[0].WithdrawnAt.IsZero() {
			t.Errorf("%s: from %+v to %+v, %v", c.name, before, after, err)
		}
	}
}

// An objection of somebody whom nobody is shown is taken as one of nobody, whatever their age has to say: not even a
// refusal tells that there is such a person.
func TestAnObjectionTellsNobodyWhoIsNotShown(t *testing.T) {
	rae := &consent.Representative{Name: "Rae Example", Relationship: "mother"}
	child := record.PartialDate(record.Today(time.Now().AddDate(-5, 0, 0)))
	for name, hide := range map[string]func(old, current *consent.Person){
		"restricted":                      func(old, _ *consent.Person) { old.Restricted = consent.Yes },
		"restricted under another number": func(_, current *consent.Person) { current.Restricted = consent.Yes },
		"perhaps restricted":              func(old, _ *consent.Person) { old.Restricted = consent.Unknown },
		"invalidated":                     func(old, _ *consent.Person) { old.Invalidated = true },
		"superseded by one invalidated":   func(_, current *consent.Person) { current.Invalidated = true },
		"superseded in a circle":          func(_, current *consent.Person) { current.SupersededBy = one },
		"shown":                           nil,
	} {
		t.Run(name, func(t *testing.T) {
			store, _ := open(t, database(t))
			for _, c := range []struct {
				born record.PartialDate
				by   string
				who  *consent.Representative
			}{{"1980-01-01", consent.ByParent, rae}, {child, consent.BySelf, nil}} {
				old, current := person(one), person(two)
				old.SupersededBy, old.Born, current.Born = two, c.born, c.born
				if hide != nil {
					hide(&old, &current)
				}
				put(t, store, consent.Load{People: []consent.Person{old, current}})
				d := objection(one, time.Time{})
				d.RequestedBy, d.Representative = c.by, c.who
				if _, _, err := store.RecordOptOut(t.Context(), d); (err == nil) != (hide != nil) {
					t.Errorf("%s: %v", c.by, err)
				}
				d.Representative = &consent.Representative{}
				if _, _, err := store.RecordOptOut(t.Context(), d); !errors.Is(err, record.ErrInvalid) {
					t.Errorf("%s, wrongly represented: %v", c.by, err)
				}
			}
		})
	}
}

func TestTheLatestObjectionIsReturned(t *testing.T) {
	store, _ := open(t, database(t))
	first, second, third := objection(one, time.Now().AddDate(0, 0, -3)), objection(one, time.Now().AddDate(0, 0, -1)), objection(one, time.Now().AddDate(0, 0, -2))
	put(t, store, consent.Load{People: []consent.Person{person(one)}, Directives: []consent.Directive{first, second, third}})
	standing, created, err := store.RecordOptOut(t.Context(), objection(one, time.Time{}))
	if err != nil || created || !standing.EffectiveFrom.Equal(second.EffectiveFrom.Truncate(time.Microsecond)) {
		t.Errorf("standing since %s, created %t, %v", standing.EffectiveFrom, created, err)
	}
	closed, err := store.WithdrawOptOut(t.Context(), one, consent.Withdrawal{RequestedBy: consent.BySelf})
	if err != nil || closed.ID != standing.ID {
		t.Errorf("closed that of %s, %v", closed.EffectiveFrom, err)
	}
	if got := decide(t, store, one); got[0] != consent.NoCareRelationship {
		t.Error(got)
	}
	history, err := store.Directives(t.Context(), one)
	if err != nil || len(history) != 3 || slices.ContainsFunc(history, func(d consent.Directive) bool { return d.WithdrawnAt.IsZero() }) {
		t.Errorf("%+v, %v", history, err)
	}
}

// An objection that is known to end does not stand for one that has none: whoever opts out anew is
// not shown when the first one ends.
func TestAnObjectionThatEndsDoesNotStandForOneThatDoesNot(t *testing.T) {
	store, _ := open(t, database(t))
	ending := objection(one, time.Now().Add(-time.Hour))
	ending.WithdrawnAt = time.Now().Add(time.Hour)
	put(t, store, consent.Load{People: []consent.Person{person(one)}, Directives: []consent.Directive{ending}, Relationships: []consent.Relationship{stay(one, "RAL")}})
	before := standing(t, store, one)
	if got := before(ending.WithdrawnAt); got != consent.Shown {
		t.Fatalf("at its end: %s", got)
	}
	anew, created, err := store.RecordOptOut(t.Context(), objection(one, time.Time{}))
	if err != nil || !created || !anew.WithdrawnAt.IsZero() || !anew.InForce(anew.ReadAt) {
		t.Errorf("%+v, created %t, %v", anew, created, err)
	}
	if again, created, err := store.RecordOptOut(t.Context(), objection(one, time.Time{})); err != nil || created || again.ID != anew.ID {
		t.Errorf("recorded twice: %+v, created %t, %v", again, created, err)
	}
	after := standing(t, store, one)
	for _, at := range []time.Time{anew.ReadAt, ending.WithdrawnAt, ending.WithdrawnAt.AddDate(1, 0, 0)} {
		if got := after(at); got != consent.Withheld {
			t.Errorf("at %s: %s", at, got)
		}
	}
}

// Whatever withholds, or is to, is taken back under any number of the person, once, and gives the
// person a new version; what has ended stays as it was.
func TestWhatWithholdsOrWillIsTakenBack(t *testing.T) {
	hour := time.Hour
	for _, c := range []struct {
		name        string
		from, until time.Duration // from now; 0 for no end
		now, later  consent.Outcome
		closed      bool
	}{
		{"in force", -hour, 0, consent.Withheld, consent.Withheld, true},
		{"in force until later", -hour, 2 * hour, consent.Withheld, consent.Withheld, true},
		{"to begin", hour, 0, consent.Shown, consent.Withheld, true},
		{"to begin and to end", hour, 2 * hour, consent.Shown, consent.Withheld, true},
		{"ended", -2 * hour, -hour, consent.Shown, consent.Shown, false},
		{"taken back before it begins", hour, hour, consent.Shown, consent.Shown, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, _ := open(t, database(t))
			gone, d := person(one), objection(one, time.Now().Add(c.from))
			gone.SupersededBy = two
			if c.until != 0 {
				d.WithdrawnAt = d.EffectiveFrom.Add(c.until - c.from)
			}
			put(t, store, consent.Load{People: []consent.Person{gone, person(two)}, Directives: []consent.Directive{d}, Relationships: []consent.Relationship{stay(two, "RAL")}})
			soon := time.Now().Add(hour + time.Minute)
			facts, before := standing(t, store, two), versionOf(t, store, two)
			if now, later := facts(time.Now()), facts(soon); now != c.now || later != c.later {
				t.Fatalf("before: %s, then %s", now, later)
			}
			was, err := store.Directives(t.Context(), two)
			if err != nil {
				t.Fatal(err)
			}
			back, err := store.WithdrawOptOut(t.Context(), two, consent.Withdrawal{Channel: "PAPER_FORM", RequestedBy: consent.BySelf, Note: "by post"})
			is, failed := store.Directives(t.Context(), one)
			if failed != nil || len(is) != 1 {
				t.Fatal(is, failed)
			}
			if !c.closed {
				is[0].ReadAt = was[0].ReadAt
				if diff := cmp.Diff(was, is); !errors.Is(err, record.ErrNotFound) || diff != "" || versionOf(t, store, two) != before {
					t.Errorf("error %v, %s", err, diff)
				}
				return
			}
			if err != nil || back.ID != was[0].ID || !back.Withdrawn(back.ReadAt) || !is[0].Withdrawn(is[0].ReadAt) || is[0].Withdrawal.Note != "by post" || is[0].InForce(soon) {
				t.Errorf("%v: %+v, then %+v", err, back, is[0])
			}
			facts = standing(t, store, two)
			if now, later := facts(time.Now()), facts(soon); now != consent.Shown || later != consent.Shown {
				t.Errorf("taken back: %s, then %s", now, later)
			}
			if versionOf(t, store, two) <= before {
				t.Error("the version is the same")
			}
			if _, err := store.WithdrawOptOut(t.Context(), one, consent.Withdrawal{RequestedBy: consent.BySelf}); !errors.Is(err, record.ErrNotFound) {
				t.Errorf("taken back twice: %v", err)
			}
			// The feed that says the same again opens and closes nothing.
			put(t, store, consent.Load{Directives: []consent.Directive{d}})
			if got := standing(t, store, two)(soon); got != consent.Shown {
				t.Errorf("put again: %s", got)
			}
		})
	}
}

// A feed that puts off an end which is still to come, or takes it away, is heard: whoever objects is not shown when the first end
// has come. Said again it changes nothing, and it opens nothing that was taken back.
func TestAnEndThatAFeedPutsOff(t *testing.T) {
	hour := time.Hour
	for name, c := range map[string]struct {
		ends      []time.Duration // as the feed says, one after another; 0 for none
		withheld  []time.Duration // from now
		shownFrom time.Duration
	}{
		"taken away":             {[]time.Duration{hour, 0}, []time.Duration{0, hour, 9 * hour}, 0},
		"later":                  {[]time.Duration{hour, 3 * hour}, []time.Duration{0, hour, 2 * hour}, 3 * hour},
		"later, then taken away": {[]time.Duration{hour, 3 * hour, 0}, []time.Duration{0, hour, 3 * hour, 9 * hour}, 0},
		"earlier":                {[]time.Duration{3 * hour, hour}, []time.Duration{0, 2 * hour}, 3 * hour},
		"ended, and none":        {[]time.Duration{-time.Minute, 0}, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			store, _ := open(t, database(t))
			now := time.Now().Truncate(time.Microsecond)
			put(t, store, consent.Load{People: []consent.Person{person(one)}, Relationships: []consent.Relationship{stay(one, "RAL")}})
			var version int64
			for _, end := range append(c.ends, c.ends[len(c.ends)-1]) {
				d := objection(one, now.Add(-hour))
				if end != 0 {
					d.WithdrawnAt = now.Add(end)
				}
				version = versionOf(t, store, one)
				put(t, store, consent.Load{Directives: []consent.Directive{d}})
			}
			if versionOf(t, store, one) != version {
				t.Error("said again it gives a new version")
			}
			facts := standing(t, store, one)
			for _, in := range c.withheld {
				if got := facts(now.Add(in)); got != consent.Withheld {
					t.Errorf("in %s: %s", in, got)
				}
			}
			if c.shownFrom != 0 && facts(now.Add(c.shownFrom)) != consent.Shown {
				t.Errorf("in %s: %s", c.shownFrom, facts(now.Add(c.shownFrom)))
			}
			if c.withheld == nil {
				return
			}
			if _, err := store.WithdrawOptOut(t.Context(), one, consent.Withdrawal{RequestedBy: consent.BySelf}); err != nil {
				t.Fatal(err)
			}
			put(t, store, consent.Load{Directives: []consent.Directive{objection(one, now.Add(-hour))}})
			facts = standing(t, store, one)
			for _, in := range []time.Duration{time.Minute, hour, 2 * hour, 9 * hour} {
				if got := facts(now.Add(in)); got != consent.Shown {
					t.Errorf("taken back, in %s: %s", in, got)
				}
			}
		})
	}
}

// Several are taken back at once, and the latest is returned with the ids of the others, in whatever order they came.
func TestAllThatIsInForceOrToBeginIsTakenBack(t *testing.T) {
	for i := range 3 {
		store, _ := open(t, database(t))
		ending, coming := objection(one, time.Now().Add(-time.Hour)), objection(one, time.Now().Add(time.Hour))
		ending.WithdrawnAt = time.Now().Add(time.Minute)
		all := []consent.Directive{ending, coming, objection(one, time.Now().Add(-time.Minute))}
		put(t, store, consent.Load{People: []consent.Person{person(one)}, Relationships: []consent.Relationship{stay(one, "RAL")}})
		for k := range all {
			put(t, store, consent.Load{Directives: []consent.Directive{all[(i+k)%3]}})
		}
		latest, err := store.WithdrawOptOut(t.Context(), one, consent.Withdrawal{RequestedBy: consent.BySelf})
		if err != nil || !latest.EffectiveFrom.Equal(coming.EffectiveFrom.Truncate(time.Microsecond)) {
			t.Errorf("%+v, %v", latest, err)
		}
		ended, err := store.Directives(t.Context(), one)
		if err != nil || len(ended) != 3 || !slices.Equal(latest.EndedToo, []string{ended[1].ID, ended[2].ID}) {
			t.Errorf("with %q, of %+v, %v", latest.EndedToo, ended, err)
		}
		after := standing(t, store, one)
		for _, in := range []time.Duration{0, 30 * time.Second, 2 * time.Hour} {
			if got := after(time.Now().Add(in)); got != consent.Shown {
				t.Errorf("after %s: %s", in, got)
			}
		}
	}
}

// What is so of an objection at a moment: it holds, it is withdrawn, or it is still to begin.
func TestWhatIsSoOfAnObjection(t *testing.T) {
	hour := time.Hour
	for _, c := range []struct {
		name             string
		from, until      time.Duration // from now; 0 for no end
		holds, withdrawn bool
	}{
		{"without an end", -hour, 0, true, false},
		{"it begins now", 0, 0, true, false},
		{"it ends later", -hour, hour, true, false},
		{"it ended", -2 * hour, -hour, false, true},
		{"it ends now", -hour, 1, true, false},
		{"it ended just now", -hour, -1, false, true},
		{"it is to begin", hour, 0, false, false},
		{"it is to begin and to end", hour, 2 * hour, false, false},
		{"taken back before it begins", hour, hour, false, true},
	} {
		d := consent.Directive{EffectiveFrom: noon.Add(c.from)}
		if c.until != 0 {
			d.WithdrawnAt = noon.Add(c.until)
		}
		if holds, withdrawn := d.InForce(noon), d.Withdrawn(noon); holds != c.holds || withdrawn != c.withdrawn {
			t.Errorf("%s: it holds %t, withdrawn %t", c.name, holds, withdrawn)
		}
	}
	ends := consent.Directive{EffectiveFrom: noon.Add(-hour), WithdrawnAt: noon}
	if ends.InForce(noon) || !ends.Withdrawn(noon) {
		t.Error("it holds at its end")
	}
}

// Where the birth dates under a person's numbers leave two answers, the stricter holds: an
// objection is taken, its withdrawal is not.
func TestBirthDatesThatDisagree(t *testing.T) {
	aged := func(years int) record.PartialDate {
		return record.PartialDate(record.Today(time.Now().AddDate(-years, 0, -1)))
	}
	rae := &consent.Representative{Name: "Rae Example", Relationship: "mother"}
	attorney := &consent.Representative{Name: "Rae Example", Relationship: "daughter", Evidence: "LPA seen"}
	for _, c := range []struct {
		name         string
		old, current record.PartialDate
		by           string
		who          *consent.Representative
		says         string // of an objection
		saysOfBack   string // of its withdrawal
	}{
		{"a parent of a child who is an adult under an old number", "1980-01-01", aged(5), consent.ByParent, rae, "", "disagree"},
		{"a guardian of an adult who is a child under an old number", aged(5), "1980-01-01", consent.ByGuardian, rae, "", "disagree"},
		{"a parent of a child who is a young person under an old number", aged(14), aged(5), consent.ByParent, rae, "", "disagree"},
		{"alone, a child under an old number", aged(5), "1980-01-01", consent.BySelf, nil, "", "disagree"},
		{"an attorney of a child under an old number", aged(5), "1980-01-01", consent.ByAttorney, attorney, "", "disagree"},
		{"a deputy", aged(5), "1980-01-01", consent.ByDeputy, attorney, "", ""},
		{"a parent of a child under both", aged(4), aged(5), consent.ByParent, rae, "", ""},
		{"a parent of an adult under both", "1970-01-01", "1980-01-01", consent.ByParent, rae, "from 16 parents", "from 16 parents"},
		{"alone, an adult under both", "1970-01-01", "1980-01-01", consent.BySelf, nil, "", ""},
		{"a parent of a child whose old number has no date", "", aged(5), consent.ByParent, rae, "", ""},
		{"a parent of a child whose old number has a date that does not exist", "2020-02-31", aged(5), consent.ByParent, rae, "", "disagree"},
		{"alone, an old number with a date that does not exist", "2020-02-31", "1980-01-01", consent.BySelf, nil, "", ""},
		{"a parent where both have dates that do not exist", "2020-02-31", "2020-02-30", consent.ByParent, rae, "", "how old the person is"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, _ := open(t, database(t))
			old, current := person(one), person(two)
			old.SupersededBy, old.Born, current.Born = two, c.old, c.current
			put(t, store, consent.Load{People: []consent.Person{old, current}, Directives: []consent.Directive{objection(two, time.Now().Add(-time.Hour))}, Relationships: []consent.Relationship{stay(two, "RAL")}})
			for _, number := range []record.NHSNumber{one, two} {
				d := objection(number, time.Time{})
				d.RequestedBy, d.Representative = c.by, c.who
				if _, _, err := store.RecordOptOut(t.Context(), d); (err == nil) != (c.says == "") || err != nil && (!errors.Is(err, record.ErrInvalid) || !strings.Contains(err.Error(), c.says)) {
					t.Errorf("an objection: error %v, want %q", err, c.says)
				}
			}
			_, err := store.WithdrawOptOut(t.Context(), two, consent.Withdrawal{RequestedBy: c.by, Representative: c.who})
			if (err == nil) != (c.saysOfBack == "") || err != nil && (!errors.Is(err, record.ErrInvalid) || !strings.Contains(err.Error(), c.saysOfBack)) {
				t.Errorf("its withdrawal: error %v, want %q", err, c.saysOfBack)
			}
			if got := decide(t, store, two)[0]; (got == consent.Withheld) != (c.saysOfBack != "") {
				t.Errorf("then %s", got)
			}
		})
	}
}

// standing is the outcome for a number at a moment, by what is known of it now.
func standing(t testing.TB, store *consent.Store, number record.NHSNumber) func(time.Time) consent.Outcome {
	t.Helper()
	facts, err := store.Facts(t.Context(), doctor, []string{"RAL"}, []record.NHSNumber{number})
	if err != nil {
		t.Fatal(err)
	}
	return func(at time.Time) consent.Outcome {
		return consent.Decide(doctor, facts[number], consent.Default(), []string{"RAL"}, at).Outcome
	}
}

func versionOf(t testing.TB, store *consent.Store, number record.NHSNumber) int64 {
	t.Helper()
	facts, err := store.Facts(t.Context(), doctor, []string{"RAL"}, []record.NHSNumber{number})
	if err != nil {
		t.Fatal(err)
	}
	return facts[number].Version
}

func TestNumbersOfAPerson(t *testing.T) {
	store, _ := open(t, database(t))
	gone := person(one)
	gone.SupersededBy = two
	put(t, store, consent.Load{People: []consent.Person{gone, person(two), person(three)}})
	for asked, want := range map[record.NHSNumber][]record.NHSNumber{one: {one, two}, two: {one, two}, three: {three}, other: {other}} {
		if got, err := store.Numbers(t.Context(), asked); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d numbers, want %d, %v", len(got), len(want), err)
		}
	}
}

func TestTheDayAnObjectionCame(t *testing.T) {
	store, _ := open(t, database(t))
	given, taken := objection(one, time.Date(2026, 6, 8, 23, 30, 0, 0, time.UTC)), objection(two, time.Date(2026, 6, 8, 23, 30, 0, 0, time.UTC))
	given.ReceivedOn = "2026-06-01"
	put(t, store, consent.Load{Directives: []consent.Directive{given, taken}})
	for number, want := range map[record.NHSNumber]record.Date{one: "2026-06-01", two: "2026-06-09"} {
		if got, err := store.Directives(t.Context(), number); err != nil || got[0].ReceivedOn != want {
			t.Errorf("%s, want %s, %v", got[0].ReceivedOn, want, err)
		}
	}
}

// What is to be done in the same transaction is done, or nothing is, and its error is its own.
func TestWhatBelongsToAChange(t *testing.T) {
	refused := errors.New("the event could not be written")
	for name, change := range map[string]func(*consent.Store, func() error) error{
		"recording": func(s *consent.Store, then func() error) error {
			_, _, err := s.RecordOptOut(context.Background(), objection(one, time.Time{}), func(pgx.Tx, consent.Directive) error { return then() })
			return err
		},
		"recording what stands": func(s *consent.Store, then func() error) error {
			_, _, err := s.RecordOptOut(context.Background(), objection(two, time.Time{}), func(pgx.Tx, consent.Directive) error { return then() })
			return err
		},
		"withdrawing": func(s *consent.Store, then func() error) error {
			_, err := s.WithdrawOptOut(context.Background(), two, consent.Withdrawal{RequestedBy: consent.BySelf}, func(pgx.Tx, consent.Directive) error { return then() })
			return err
		},
		"breaking the glass": func(s *consent.Store, then func() error) error {
			_, err := s.Break(context.Background(), glass(one), func(pgx.Tx, consent.BreakGlassGrant) error { return then() })
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := database(t)
			store, _ := open(t, db)
			put(t, store, consent.Load{People: []consent.Person{person(one), person(two)}, Directives: []consent.Directive{objection(two, time.Now().AddDate(0, 0, -1))}})
			if err := change(store, func() error { return refused }); !errors.Is(err, refused) || errors.Is(err, consent.ErrUnavailable) {
				t.Errorf("error %v, want its own", err)
			}
			var changed int
			err := db.Pool(t).QueryRow(t.Context(), `SELECT (SELECT count(*) FROM consent.directive WHERE nhs_number = '9990000018' OR withdrawn_at IS NOT NULL)
				+ (SELECT count(*) FROM consent.break_glass_grant)`).Scan(&changed)
			if err != nil || changed != 0 {
				t.Errorf("%d changes without their event, %v", changed, err)
			}
			done := 0
			if err := change(store, func() error { done++; return nil }); err != nil || done != 1 {
				t.Errorf("done %d times, %v", done, err)
			}
		})
	}
}

func glass(number record.NHSNumber) consent.BreakGlassGrant {
	return consent.BreakGlassGrant{Subject: "u1", Org: "RAL", Patient: number, Classes: consent.ClassSetOf(record.ClassAllergies), Reason: "EMERGENCY"}
}

func TestAGrantOpensSomething(t *testing.T) {
	store, _ := open(t, database(t))
	g := glass(one)
	g.Classes = consent.ClassSet{}
	if _, err := store.Break(t.Context(), g); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("error %v, want ErrInvalid", err)
	}
	made, err := store.Break(t.Context(), glass(one))
	if err != nil || made.ID == "" || made.ExpiresAt.Sub(made.GrantedAt) != consent.Default().GrantLives() {
		t.Errorf("%+v, %v", made, err)
	}
}

// Whatever fails in the register is ErrUnavailable and says nothing of a person, and a
// change that fails changes nothing.
// Whoever takes grant after grant has the latest twenty: with the notes of all, every
// event of a record's use would be as long as they like.
func TestTheLatestGrantsCount(t *testing.T) {
	store, _ := open(t, database(t))
	put(t, store, consent.Load{People: []consent.Person{person(one)}})
	taken := make([]string, 25)
	for i := range taken {
		made, err := store.Break(t.Context(), glass(one))
		if err != nil {
			t.Fatal(err)
		}
		taken[i] = made.ID
	}
	facts, err := store.Facts(t.Context(), doctor, []string{"RAL"}, []record.NHSNumber{one})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, grant := range facts[one].Grants {
		found = append(found, grant.ID)
	}
	latest := slices.Sorted(slices.Values(taken[5:]))
	if slices.Sort(found); !slices.Equal(found, latest) {
		t.Errorf("%d grants, want the latest %d", len(found), len(latest))
	}
}

func TestTheRegisterThatFails(t *testing.T) {
	operations := map[string]func(context.Context, *consent.Store) error{
		"numbers":    func(ctx context.Context, s *consent.Store) error { _, err := s.Numbers(ctx, one); return err },
		"directives": func(ctx context.Context, s *consent.Store) error { _, err := s.Directives(ctx, one); return err },
		"recording": func(ctx context.Context, s *consent.Store) error {
			_, _, err := s.RecordOptOut(ctx, objection(one, time.Time{}))
			return err
		},
		"recording for another": func(ctx context.Context, s *consent.Store) error {
			_, _, err := s.RecordOptOut(ctx, objection(two, time.Time{}))
			return err
		},
		"withdrawing": func(ctx context.Context, s *consent.Store) error {
			_, err := s.WithdrawOptOut(ctx, one, consent.Withdrawal{RequestedBy: consent.BySelf})
			return err
		},
		"breaking the glass": func(ctx context.Context, s *consent.Store) error { _, err := s.Break(ctx, glass(one)); return err },
		"putting": func(ctx context.Context, s *consent.Store) error {
			return s.Put(ctx, consent.Load{People: []consent.Person{person(two)}, Directives: []consent.Directive{objection(two, time.Now())}})
		},
		"facts": func(ctx context.Context, s *consent.Store) error {
			_, err := s.Facts(ctx, doctor, []string{"RAL"}, []record.NHSNumber{one})
			return err
		},
		"adding a request": func(ctx context.Context, s *consent.Store) error { return s.AddRequest(ctx, asked("FAIL-0001")) },
		"requests": func(ctx context.Context, s *consent.Store) error {
			_, _, err := s.Requests(ctx, consent.RequestFilter{})
			return err
		},
		"overdue": func(ctx context.Context, s *consent.Store) error { _, _, err := s.Overdue(ctx, time.Now()); return err },
	}
	all := []string{"numbers", "directives", "recording", "recording for another", "withdrawing", "breaking the glass", "putting", "facts", "adding a request", "requests", "overdue"}
	for _, c := range []struct {
		name     string
		sabotage string
		fail     []string
	}{
		{"the tables are gone", `ALTER TABLE consent.person RENAME TO a; ALTER TABLE consent.directive RENAME TO b; ALTER TABLE consent.break_glass_grant RENAME TO c;
			ALTER TABLE consent.opt_out_request RENAME TO d`, all},
		{"the numbers cannot be followed", `DROP FUNCTION consent.linked CASCADE`, []string{"numbers", "directives", "recording", "recording for another", "withdrawing"}},
		{"the dates of birth are gone", `ALTER TABLE consent.person RENAME born_on TO elsewhere`, []string{"recording", "recording for another", "withdrawing", "putting", "facts"}},
		{"an objection cannot be read", `ALTER TABLE consent.directive ALTER channel DROP NOT NULL; ALTER TABLE consent.directive DISABLE TRIGGER directive_kept;
			UPDATE consent.directive SET channel = NULL; ALTER TABLE consent.directive ENABLE TRIGGER directive_kept`, []string{"directives", "recording", "withdrawing"}},
		{"a refusal names somebody", `CREATE FUNCTION consent.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'of Ada, %', to_json(NEW); END $$;
			CREATE TRIGGER a_tell BEFORE INSERT OR UPDATE ON consent.directive FOR EACH ROW EXECUTE FUNCTION consent.tell();
			CREATE TRIGGER a_tell BEFORE INSERT OR UPDATE ON consent.opt_out_request FOR EACH ROW EXECUTE FUNCTION consent.tell()`,
			[]string{"recording for another", "withdrawing", "putting", "adding a request"}},
		{"nobody may write", `REVOKE INSERT, UPDATE ON ALL TABLES IN SCHEMA consent FROM carerecord_service`,
			[]string{"recording for another", "withdrawing", "breaking the glass", "putting", "adding a request"}},
		{"what is written does not come back", `CREATE FUNCTION consent.spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
			CREATE TRIGGER a_spoil BEFORE INSERT OR UPDATE ON consent.directive FOR EACH ROW EXECUTE FUNCTION consent.spoil();
			CREATE TRIGGER a_spoil BEFORE INSERT OR UPDATE ON consent.break_glass_grant FOR EACH ROW EXECUTE FUNCTION consent.spoil()`,
			[]string{"recording for another", "breaking the glass"}},
		{"a request cannot be read", `INSERT INTO consent.opt_out_request (reference, kind, language, name, born_on, postcode, requested_by)
			VALUES ('SPOILT-01', 'OPT_OUT', 'en', 'N', '1950-01-01', 'N1', 'SELF'); ALTER TABLE consent.opt_out_request ALTER name DROP NOT NULL;
			ALTER TABLE consent.opt_out_request DISABLE TRIGGER opt_out_request_kept; UPDATE consent.opt_out_request SET name = NULL`, []string{"requests"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := database(t)
			store, _ := open(t, db)
			put(t, store, consent.Load{People: []consent.Person{person(one)}, Directives: []consent.Directive{objection(one, time.Now().AddDate(0, 0, -1))}})
			db.Exec(t, c.sabotage)
			before := register(t, db)
			for _, name := range c.fail {
				err := operations[name](t.Context(), store)
				if !errors.Is(err, consent.ErrUnavailable) || strings.Contains(err.Error(), "999") || strings.Contains(err.Error(), "Ada") {
					t.Errorf("%s: error %v, want ErrUnavailable", name, err)
				}
			}
			if after := register(t, db); after != before {
				t.Errorf("what failed changed the register from %s to %s", before, after)
			}
		})
	}
	store, pool := open(t, database(t))
	pool.Close()
	for name, operation := range operations {
		if err := operation(t.Context(), store); !errors.Is(err, consent.ErrUnavailable) {
			t.Errorf("%s without a connection: error %v, want ErrUnavailable", name, err)
		}
	}
}

// register is what is in it, in short; "" where it is not there.
func register(t *testing.T, db *pgtest.Database) (rows string) {
	t.Helper()
	_ = db.Pool(t).QueryRow(t.Context(), `SELECT concat_ws(' ', (SELECT count(*) FROM consent.person), (SELECT count(*) FROM consent.directive),
		(SELECT count(*) FROM consent.directive WHERE withdrawn_at IS NOT NULL), (SELECT count(*) FROM consent.break_glass_grant),
		(SELECT count(*) FROM consent.opt_out_request))`).Scan(&rows)
	return rows
}
