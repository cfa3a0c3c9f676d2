package locator

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A clinic is a source in memory: it knows some patients, and counts who is asked for.
type clinic struct {
	knows map[record.NHSNumber]int // entries of each
	fails map[record.NHSNumber]error
	err   error
	reads int
	asked map[record.NHSNumber]int
}

func (c *clinic) Read(_ context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
	c.reads++
	if c.err != nil {
		return nil, c.err
	}
	answers := map[*fetch.Ask]fetch.Answer{}
	for _, ask := range asks {
		n := len(ask.Subjects.Patients)
		a := fetch.Answer{Absent: make([]bool, n), Errs: make([]error, n), Unreadable: make([]bool, n)}
		rows := &fetch.Rows[record.NHSNumber]{Starts: []int32{0}}
		for i, patient := range ask.Subjects.Patients {
			c.asked[patient]++
			entries, known := c.knows[patient]
			rows.Items = append(rows.Items, slices.Repeat([]record.NHSNumber{patient}, entries)...)
			rows.Starts = append(rows.Starts, int32(len(rows.Items)))
			a.Absent[i], a.Errs[i] = !known, c.fails[patient]
		}
		a.Rows = rows
		answers[ask] = a
	}
	return answers, nil
}

func subjects(knownAt map[record.NHSNumber][]string, patients ...record.NHSNumber) *fetch.Subjects {
	s := &fetch.Subjects{Index: map[record.NHSNumber]int{}}
	for i, patient := range patients {
		s.Index[patient] = i
		s.Patients, s.Numbers = append(s.Patients, patient), append(s.Numbers, string(patient))
		s.AdultFrom, s.Born, s.KnownAt = append(s.AdultFrom, "2000-01-01"), append(s.Born, "1982-01-01"), append(s.KnownAt, knownAt[patient])
	}
	return s
}

// A room is a clinic behind a locator, with a clock.
type room struct {
	*clinic
	now  time.Time
	read Func
}

func open() *room {
	r := &room{clinic: &clinic{knows: map[record.NHSNumber]int{}, fails: map[record.NHSNumber]error{}, asked: map[record.NHSNumber]int{}}, now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	r.read = Wrap(r.Read, Options{Age: time.Minute, Codes: []string{"F83999", "F83998"}, Now: func() time.Time { return r.now }})
	return r
}

func (r *room) ask(t *testing.T, s *fetch.Subjects) fetch.Answer {
	t.Helper()
	ask := &fetch.Ask{Kind: fetch.Allergies, Subjects: s}
	answers, err := r.read(t.Context(), []*fetch.Ask{ask})
	if err != nil {
		t.Fatal(err)
	}
	if ask.Subjects != s {
		t.Error("the ask was changed, which others may hold")
	}
	a, ok := answers[ask]
	if !ok {
		t.Fatal("an ask without an answer")
	}
	return a
}

func TestAPatientWhoIsNotKnownIsNotAskedForAgain(t *testing.T) {
	r := open()
	r.knows["b"] = 2
	said := r.now
	if a := r.ask(t, subjects(nil, "a", "b")); a.Skipped != nil || !a.Absent[0] || a.Absent[1] {
		t.Errorf("at first: %+v", a)
	}
	r.now = r.now.Add(59 * time.Second)
	a := r.ask(t, subjects(nil, "a", "b"))
	if r.asked["a"] != 1 || r.asked["b"] != 2 {
		t.Errorf("asked for %v", r.asked)
	}
	if !a.Skipped[0].Equal(said) || !a.Skipped[1].IsZero() || !a.Absent[0] || a.Absent[1] {
		t.Errorf("then: %+v", a)
	}
	if rows := fetch.RowsOf[record.NHSNumber](a); len(rows.Of(0)) != 0 || !slices.Equal(rows.Of(1), []record.NHSNumber{"b", "b"}) {
		t.Errorf("rows %+v", rows)
	}
	if reads := r.reads; len(r.ask(t, subjects(nil, "a")).Absent) != 1 || r.reads != reads {
		t.Error("the source was read for nobody")
	}
	r.now = said.Add(time.Minute)
	if a := r.ask(t, subjects(nil, "a", "b")); a.Skipped != nil || r.asked["a"] != 2 {
		t.Errorf("the source's word was taken for true at its age: %+v", a)
	}
}

// What the source said does not count beside a failure or a relationship, nor before it
// was said.
func TestWordsThatDoNotCount(t *testing.T) {
	nothing := func(*room) {}
	for name, test := range map[string]struct {
		before, between func(*room)
		knownAt         []string
		asks            int
	}{
		"it counts":                             {nothing, nothing, nil, 1},
		"a relationship":                        {nothing, nothing, []string{"RAL", "F83999"}, 2},
		"a relationship with a predecessor":     {nothing, nothing, []string{"F83998"}, 2},
		"a relationship with another":           {nothing, nothing, []string{"F83997"}, 1},
		"a clock that was set back":             {nothing, func(r *room) { r.now = r.now.Add(-time.Second) }, nil, 2},
		"a failure for the patient beside it":   {func(r *room) { r.fails["a"] = record.ErrTimeout }, nothing, nil, 2},
		"a failure for another beside it":       {func(r *room) { r.fails["b"] = record.ErrTimeout }, nothing, nil, 1},
		"an entry that appeared, while it does": {nothing, func(r *room) { r.knows["a"] = 1 }, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r, knownAt := open(), map[record.NHSNumber][]string{"a": test.knownAt}
			test.before(r)
			r.ask(t, subjects(knownAt, "a", "b"))
			test.between(r)
			r.ask(t, subjects(knownAt, "a", "b"))
			if r.asked["a"] != test.asks {
				t.Errorf("asked %d times, want %d", r.asked["a"], test.asks)
			}
		})
	}
}

// Of what the source was not asked for it said nothing.
func TestAWordIsForWhatWasAsked(t *testing.T) {
	r := open()
	read := func(kinds ...fetch.Kind) {
		t.Helper()
		asks := make([]*fetch.Ask, len(kinds))
		for i, kind := range kinds {
			asks[i] = &fetch.Ask{Kind: kind, Subjects: subjects(nil, "a")}
		}
		if answers, err := r.read(t.Context(), asks); err != nil || len(answers) != len(asks) {
			t.Fatal(len(answers), err)
		}
	}
	for _, step := range []struct {
		kinds []fetch.Kind
		asked int
	}{
		{[]fetch.Kind{fetch.Allergies}, 1}, {[]fetch.Kind{fetch.Allergies}, 1}, {[]fetch.Kind{fetch.Documents}, 2}, {[]fetch.Kind{fetch.Allergies, fetch.Documents}, 2},
		{[]fetch.Kind{fetch.Allergies, fetch.Problems}, 4}, {[]fetch.Kind{fetch.Problems}, 4},
	} {
		if read(step.kinds...); r.asked["a"] != step.asked {
			t.Errorf("%v: asked %d times, want %d", step.kinds, r.asked["a"], step.asked)
		}
	}
}

func TestAFailedReadTeachesNothing(t *testing.T) {
	r := open()
	r.err = errors.New("the line is dead")
	if _, err := r.read(t.Context(), []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(nil, "a")}}); !errors.Is(err, r.err) {
		t.Errorf("got %v", err)
	}
	r.err = nil
	if a := r.ask(t, subjects(nil, "a")); a.Skipped != nil {
		t.Errorf("got %+v", a)
	}
}

// A read that fails as a whole makes an older word worth nothing, of those who were asked for and of
// nobody else.
func TestAFailedReadForgetsAnOlderWord(t *testing.T) {
	r := open()
	r.ask(t, subjects(nil, "a", "b"))
	r.now = r.now.Add(time.Second)
	r.err = errors.New("the line is dead")
	of, beside := subjects(nil, "a"), subjects(nil, "b")
	if _, err := r.read(t.Context(), []*fetch.Ask{{Kind: fetch.Allergies, Subjects: of}, {Kind: fetch.Documents, Subjects: of}, {Kind: fetch.Allergies, Subjects: beside}}); !errors.Is(err, r.err) {
		t.Fatalf("got %v", err)
	}
	r.now, r.err = r.now.Add(time.Second), nil
	if a := r.ask(t, subjects(nil, "a", "b")); a.Skipped == nil || !a.Skipped[0].IsZero() || a.Skipped[1].IsZero() || r.asked["a"] != 2 || r.asked["b"] != 1 {
		t.Errorf("asked for %v: %+v", r.asked, a)
	}
	if r.ask(t, subjects(nil, "a")); r.asked["a"] != 2 {
		t.Error("a word that follows a failure does not count")
	}
}

// Whatever the order of reads and of changes at the source, no entry that was there for
// longer than the age is missing, and none is ever at another's place.
func TestNothingIsHiddenForLongerThanTheAge(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	patients := []record.NHSNumber{"a", "b", "c", "d", "e"}
	for range 300 {
		r, appeared := open(), map[record.NHSNumber]time.Time{}
		for range 60 {
			r.now = r.now.Add(time.Duration(random.IntN(30)) * time.Second)
			patient := patients[random.IntN(len(patients))]
			if _, known := r.knows[patient]; !known && random.IntN(3) == 0 {
				r.knows[patient], appeared[patient] = 1+random.IntN(3), r.now
			}
			some := slices.Clone(patients)
			random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
			some = some[:1+random.IntN(len(some))]
			a := r.ask(t, subjects(nil, some...))
			rows := fetch.RowsOf[record.NHSNumber](a)
			for i, patient := range some {
				entries := rows.Of(i)
				if slices.ContainsFunc(entries, func(of record.NHSNumber) bool { return of != patient }) {
					t.Fatalf("entries %v for %s", entries, patient)
				}
				if since, there := appeared[patient]; there && len(entries) != r.knows[patient] && r.now.Sub(since) >= time.Minute {
					t.Fatalf("%d entries of %s after %s", len(entries), patient, r.now.Sub(since))
				}
				if len(entries) == 0 && r.knows[patient] > 0 && (a.Skipped == nil || a.Skipped[i].IsZero()) {
					t.Fatal("entries are missing and the patient is not said to be left out")
				}
			}
		}
	}
}

// Sets that several asks share are cut once, each ask has its own answer, and one
// without an answer of the source has none here.
func TestAsksKeepTheirAnswers(t *testing.T) {
	r := open()
	r.knows["b"] = 1
	r.ask(t, subjects(nil, "a", "b"))
	both, one := subjects(nil, "a", "b"), subjects(nil, "a")
	asks := []*fetch.Ask{{Kind: fetch.Allergies, Subjects: both}, {Kind: fetch.Problems, Subjects: both}, {Kind: fetch.Problems, Subjects: one}}
	answers, err := r.read(t.Context(), asks)
	if err != nil || len(answers) != 3 {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	for ask := range maps.Keys(answers) {
		if !slices.Contains(asks, ask) {
			t.Errorf("an answer to %v, which was not asked", ask)
		}
	}
	deaf := Wrap(func(context.Context, []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
		return map[*fetch.Ask]fetch.Answer{}, nil
	}, Options{Age: time.Minute})
	if answers, err := deaf(t.Context(), asks); err != nil || len(answers) != 0 {
		t.Errorf("%d answers, %v", len(answers), err)
	}
}

// A question that was asked before a patient came, and answered after they were found, or
// after another about them failed, says nothing of them.
func TestALateWordDoesNotCount(t *testing.T) {
	for name, between := range map[string]func(*testing.T, *room, record.NHSNumber){
		"an entry": func(t *testing.T, r *room, patient record.NHSNumber) {
			r.knows[patient] = 1
			if n := count(r.ask(t, subjects(nil, patient)), 0); n != 1 {
				t.Fatalf("%d entries", n)
			}
		},
		"a failure": func(t *testing.T, r *room, patient record.NHSNumber) {
			r.knows[patient], r.err = 1, errors.New("the line is dead")
			if _, err := r.read(t.Context(), []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(nil, patient)}}); err == nil {
				t.Fatal("it answered")
			}
			r.err = nil
		},
	} {
		t.Run(name, func(t *testing.T) { lateWord(t, between) })
	}
}

func lateWord(t *testing.T, between func(*testing.T, *room, record.NHSNumber)) {
	r, patient := open(), record.NHSNumber("9990000018")
	hold, asked := make(chan struct{}), make(chan struct{})
	slow := true
	read := Wrap(func(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
		answers, err := r.Read(ctx, asks)
		if slow {
			slow = false
			close(asked)
			<-hold
		}
		return answers, err
	}, Options{Age: time.Minute, Now: func() time.Time { return r.now }})
	r.read = read
	done := make(chan struct{})
	go func() { defer close(done); r.ask(t, subjects(nil, patient)) }()
	<-asked
	r.now = r.now.Add(time.Second)
	between(t, r, patient)
	close(hold)
	<-done
	r.now = r.now.Add(time.Second)
	if n := count(r.ask(t, subjects(nil, patient)), 0); n != 1 {
		t.Errorf("%d entries of somebody who was found", n)
	}
}
