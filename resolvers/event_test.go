package resolvers_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A patient's event records whose record it was and under which number, why it was shown and on which version of
// consent, what was read, and how each source answered. The event of a refusal names no sources.
func TestWhatAnEventSays(t *testing.T) {
	gp, hospital := newFake(record.GP, "F83999"), newFake(record.Acute, "RAL")
	gp.answers[fetch.Allergies] = always(record.Allergy{Item: gp.item("1")}, record.Allergy{Item: gp.item("2")})
	hospital.err = record.ErrTimeout
	c, facts, trail := newFakes(t, gp, hospital)
	taken := func(id, note string, at time.Time) consent.BreakGlassGrant {
		return consent.BreakGlassGrant{ID: id, Subject: "test-gp", Org: "F83999", Patient: number(3), Classes: consent.AllClasses, Reason: "STATUTE", Note: note, GrantedAt: at, ExpiresAt: now.Add(time.Minute)}
	}
	facts.knows = func(f *consent.Facts) {
		f.Version = 7
		switch f.Asked {
		case number(2):
			f.Current = number(5)
		case number(3):
			f.Relationships, f.Grants = nil, []consent.BreakGlassGrant{taken("g-1", "first", now.Add(-time.Minute)), taken("g-2", "second", now)}
		case number(4):
			f.OptOuts = []consent.Interval{{From: now.AddDate(-1, 0, 0)}}
		}
	}
	a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { id allergies { nodes { id } } results { state } } } }`, several(number(1), number(2), number(3), number(4)))
	if len(a.Errors) > 0 || len(trail.entries) != 4 {
		t.Fatalf("%d events, %s", len(trail.entries), a.Body)
	}
	sources := []audit.Source{{Sector: record.GP, Organisation: "F83999", State: "ANSWERED"}, {Sector: record.Acute, Organisation: "RAL", State: "TIMED_OUT"}}
	classes := []record.Class{record.ClassAllergies, record.ClassResults}
	for i, want := range []audit.Event{
		{Patient: number(1), Outcome: audit.Shown, Relationship: "REGISTERED_PRACTICE", ConsentVersion: 7, Classes: classes, Sources: sources},
		{Patient: number(5), Asked: number(2), Outcome: audit.Shown, Relationship: "REGISTERED_PRACTICE", ConsentVersion: 7, Classes: classes, Sources: sources},
		{Patient: number(3), Outcome: audit.Shown, ConsentVersion: 7, Classes: classes, Sources: sources, Glass: &audit.Glass{GrantID: "g-2 g-1", Reason: "STATUTE", Note: "second; first"}},
		{Patient: number(4), Outcome: audit.Withheld, Relationship: "REGISTERED_PRACTICE"},
	} {
		e := trail.entries[i]
		if e.Patient != want.Patient || e.Asked != want.Asked || e.Outcome != want.Outcome || e.Relationship != want.Relationship || e.ConsentVersion != want.ConsentVersion || e.Recheck != want.ConsentVersion || e.Note != "" {
			t.Errorf("event %d: %+v", i, e)
		}
		if !slices.Equal(e.Classes, want.Classes) || !slices.Equal(e.Sources, want.Sources) || (e.Glass == nil) != (want.Glass == nil) || e.Glass != nil && *e.Glass != *want.Glass {
			t.Errorf("event %d: %v %v %+v", i, e.Classes, e.Sources, e.Glass)
		}
		if want.Classes == nil {
			if len(e.Sectors) > 0 || len(e.Counts) > 0 {
				t.Errorf("a refusal says what was read: %+v", e)
			}
			continue
		}
		if !slices.Equal(e.Sectors, []record.Sector{record.GP, record.Acute}) || !slices.Equal(e.Counts, []audit.Count{{Class: record.ClassAllergies, Items: 2}, {Class: record.ClassResults}}) {
			t.Errorf("event %d: %v %v", i, e.Sectors, e.Counts)
		}
	}
}

// The event of every patient repeats the name of the operation: a name as long as a request would write hundreds of
// megabytes.
func TestTheTrailKeepsTheBeginningOfALongName(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"WardList", "WardList"},
		{strings.Repeat("n", 100), strings.Repeat("n", 100)},
		{strings.Repeat("n", 101), strings.Repeat("n", 100) + "…"},
		{strings.Repeat("n", 200_000), strings.Repeat("n", 100) + "…"},
	} {
		c, _, trail := newFakes(t, newFake(record.GP, "F83999"))
		a := c.ask(t, "gp", "", "query "+test.name+" ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { refusal { code } } }", several(number(1), number(2)))
		if len(a.Errors) > 0 || len(trail.entries) != 2 {
			t.Fatalf("%d events, %s", len(trail.entries), a.Body)
		}
		for _, e := range trail.entries {
			if e.Operation.Name != test.want {
				t.Errorf("a name of %d letters is kept in %d", len(test.name), len(e.Operation.Name))
			}
		}
	}
}

func TestASuspensionStandsInTheEvent(t *testing.T) {
	base, facts, trail := newFakes(t, newFake(record.GP, "F83999"))
	facts.knows = func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: now.AddDate(-1, 0, 0)}} }
	c := base.with(t, func(o *resolvers.Options) {
		o.Policy = consent.Default()
		o.Policy.Suspensions = []consent.Suspension{{From: now.AddDate(0, 0, -1), To: now.AddDate(0, 0, 1), Authority: "Notice 1", Evidence: "page 3"}}
	})
	if got := code(t, c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { id } }`, one(number(1)))); got != "" {
		t.Fatal(got)
	}
	if e := trail.entries[0]; e.Outcome != audit.Shown || e.Note != "objections suspended: Notice 1" {
		t.Errorf("%+v", e)
	}
}

// viewer says who the caller is and names their organisation. serviceSources lists sources in the order of the sectors,
// and none that was not asked is UP.
func TestViewerAndSources(t *testing.T) {
	hospital, gp, trust := newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S")
	hospital.err = record.ErrTimeout
	base, _, _ := newFakes(t, hospital, gp, trust)
	c := base.with(t, func(o *resolvers.Options) {
		o.Sources[1].Health = func() record.SourceHealth { return record.SourceHealth{Breaker: "OPEN"} }
	})
	a := c.ask(t, "opt-out-officer", "", `{ viewer { name role classes organisation { odsCode name } } }`, nil)
	if at(t, a.Data, "viewer", "organisation", "name") != "NHS West and North London Integrated Care Board" || fmt.Sprint(at(t, a.Data, "viewer", "classes")) != "[]" || at(t, a.Data, "viewer", "role") != "OPT_OUT_OFFICER" {
		t.Errorf("%s", a.Body)
	}
	const states = `{ serviceSources { sector state lastAnsweredAt breaker } }`
	seen := func() (list []string) {
		t.Helper()
		for _, s := range at(t, c.ask(t, "developer", "", states, nil).Data, "serviceSources").([]any) {
			list = append(list, fmt.Sprint(at(t, s, "sector"), " ", at(t, s, "state"), " ", at(t, s, "lastAnsweredAt") != nil, " ", at(t, s, "breaker")))
		}
		return list
	}
	before := seen()
	c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { acute { stays { state } } gp { consultations { state } } } }`, one(number(1)))
	after := seen()
	t.Logf("%q then %q", before, after)
	for i, want := range []struct{ sector, before, after string }{{"ACUTE", "UNTRIED false CLOSED", "DOWN false CLOSED"}, {"GP", "UNTRIED false OPEN", "UP true OPEN"}, {"MENTAL_HEALTH", "UNTRIED false CLOSED", "UNTRIED false CLOSED"}} {
		if !slices.Contains(before, want.sector+" "+want.before) || !slices.Contains(after, want.sector+" "+want.after) {
			t.Errorf("source %d: %q, then %q", i, before, after)
		}
	}
}

// A single number where a list is asked for counts as a list of one. A list without patient in its selection is still
// decided and recorded.
func TestListsOfNumbers(t *testing.T) {
	c, facts, trail := newFakes(t, newFake(record.GP, "F83999"))
	facts.knows = func(f *consent.Facts) {
		if f.Asked == number(2) {
			f.Relationships = nil
		}
	}
	for name, query := range map[string]string{
		"one number": fmt.Sprintf(`{ patients(nhsNumbers: "%s") { nhsNumber refusal { code } } }`, str(2)),
		"a list":     fmt.Sprintf(`{ patients(nhsNumbers: ["%s"]) { nhsNumber refusal { code } } }`, str(2)),
	} {
		trail.entries = nil
		a := c.ask(t, "gp", "", query, nil)
		if at(t, a.Data, "patients", 0, "refusal", "code") != "NO_CARE_RELATIONSHIP" || len(trail.entries) != 1 || trail.entries[0].Outcome != audit.NoCareRelationship {
			t.Errorf("%s: %s, %+v", name, a.Body, trail.entries)
		}
	}
}

// An operation that refuses somebody for want of a care relationship or a record takes a whole step. One that refuses
// nobody does not wait.
func TestRefusalsTakeAStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base, facts, _ := newFakes(t, newFake(record.GP, "F83999"))
		const step = 20 * time.Millisecond
		c := base.with(t, func(o *resolvers.Options) { o.Refusals = step })
		for name, test := range map[string]struct {
			knows func(*consent.Facts)
			want  time.Duration
		}{
			"shown": {nil, 0}, "withheld": {func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: now}} }, 0},
			"not in care": {func(f *consent.Facts) { f.Relationships = nil }, step}, "restricted": {func(f *consent.Facts) { f.Restricted = consent.Yes }, step},
		} {
			facts.knows = test.knows
			began := time.Now()
			c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { id } }`, str(1)), nil)
			if took := time.Since(began); took != test.want {
				t.Errorf("%s: %s, want %s", name, took, test.want)
			}
		}
	})
}

// The refusal of a patient whom only demographics restricts takes as long as that of somebody for whom demographics is
// not read, and is not delayed by the other sources. An operation that shows somebody does not wait for demographics.
func TestRefusalsTakeAsLongAsDemographics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const step, slow = 20 * time.Millisecond, time.Second
		restricted := func(ps ...record.NHSNumber) func(*fetch.Ask) fetch.Answer {
			return holds(func(_ *fetch.Ask, patient record.NHSNumber) []record.Person {
				return []record.Person{{Restricted: slices.Contains(ps, patient)}}
			})
		}
		spine, local, unasked, gp := newFake(record.Demographics, "X26"), newFake(record.Demographics, "RRV"), newFake(record.Demographics, "RAL"), newFake(record.GP, "F83999")
		gp.in(conditions[0])
		base, facts, _ := newFakes(t, spine, local, unasked, gp)
		facts.knows = func(f *consent.Facts) {
			f.Known = f.Asked != number(3)
			if f.Asked == number(4) {
				f.Relationships = nil
			}
			if f.Asked == number(7) || f.Asked == number(8) {
				f.OptOuts = []consent.Interval{{From: now}}
			}
		}
		takes := map[string]time.Duration{"DEMOGRAPHICS/X26": 50 * time.Millisecond, "DEMOGRAPHICS/RRV": 30 * time.Millisecond, "GP/F83999": slow}
		c := base.with(t, func(o *resolvers.Options) {
			o.Refusals = step
			for i := range o.Sources {
				s := &o.Sources[i]
				read := s.Read
				if s.Name == unasked.name() {
					s.Kinds = nil
				}
				s.Read = func(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
					if s.Name == unasked.name() {
						t.Error("a source that does not say who a patient is was asked")
					}
					select {
					case <-time.After(takes[s.Name]):
						return read(ctx, asks)
					case <-ctx.Done():
						return nil, ctx.Err()
					}
				}
			}
		})
		expect := func(what, selection string, want time.Duration, code string, patients ...int) {
			t.Helper()
			var numbers []record.NHSNumber
			for _, n := range patients {
				numbers = append(numbers, number(n))
			}
			began := time.Now()
			a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { refusal { code } patient { `+selection+` } } }`, several(numbers...))
			took := time.Since(began)
			synctest.Wait() // reads that were left behind look at takes
			got, _ := at(t, a.Data, "patients", 0, "refusal").(map[string]any)
			if took != want || code == "" && got != nil || code != "" && got["code"] != code {
				t.Errorf("%s: %s, want %s; %s", what, took, want, a.Body)
			}
		}
		const all, none = "problems { state }", "PATIENT_NOT_FOUND"
		for source, other := range map[*fake]*fake{spine: local, local: spine} {
			spine.answers[fetch.Persons], local.answers[fetch.Persons] = restricted(), restricted()
			source.answers[fetch.Persons] = restricted(number(1), number(2), number(7))
			takes[spine.name()] = 50 * time.Millisecond
			expect("restricted", all, 3*step, none, 1)
			expect("nobody", all, 3*step, none, 3)
			expect("not in care", all, 3*step, "NO_CARE_RELATIONSHIP", 4)
			expect("restricted, and little asked", "id", 3*step, none, 1)
			expect("restricted, in a faulty question", "results(first: 0) { state }", 3*step, none, 1)
			other.err = record.ErrUnavailable
			expect("restricted, and another cannot say", all, 3*step, none, 1)
			other.err = nil
			expect("two who are restricted", all, 3*step, none, 1, 2)
			expect("restricted, and nobody", all, 3*step, none, 1, 3)
			expect("restricted and opted out", all, 3*step, none, 7)
			expect("restricted and opted out, in a faulty question", "results(first: 0) { state }", 3*step, none, 7)
			expect("restricted, and restricted and opted out", all, 3*step, none, 1, 7)
			expect("restricted, and opted out", all, 3*step, none, 1, 8)
			expect("nobody, and opted out", all, 3*step, none, 3, 8)
			expect("opted out", all, 50*time.Millisecond, "RECORD_WITHHELD", 8)
			expect("shown", all, slow, "", 5)
			expect("restricted and opted out, and one who is shown", all, slow+step, none, 7, 5)
			expect("restricted, and one who is shown", all, slow+step, none, 1, 5)
			expect("nobody, and one who is shown", all, slow+step, none, 3, 5)
			takes[spine.name()] = 0
			expect("restricted, quickly for once", all, 3*step, none, 1)
			expect("restricted and opted out, quickly for once", all, 3*step, none, 7)
			expect("nobody, and one who is shown, quickly", "id", 2*step, none, 3, 5)
			for range 20 {
				expect("two who are shown", "id", 30*time.Millisecond, "", 5, 6)
			}
			expect("nobody, after lists", all, 3*step, none, 3)
			for range 64 {
				expect("shown", "id", 30*time.Millisecond, "", 5)
			}
			takes[spine.name()] = 70 * time.Millisecond
			expect("two who are shown, slowly", "id", 70*time.Millisecond, "", 5, 6)
			takes[spine.name()] = 0
			expect("nobody, when demographics is quick", all, 2*step, none, 3)
			expect("restricted, when demographics is quick", all, 2*step, none, 1)
		}
	})
}

// An event names a sector with several sources once, and each of its sources.
func TestASectorStandsOnceInTheEvent(t *testing.T) {
	c, _, trail := newFakes(t, newFake(record.GP, "F83999"), newFake(record.GP, "F83004"), newFake(record.Acute, "RAL"))
	c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { allergies { state } } }`, one(number(1)))
	if e := trail.entries; len(e) != 1 || !slices.Equal(e[0].Sectors, []record.Sector{record.GP, record.Acute}) || len(e[0].Sources) != 3 {
		t.Errorf("%+v", e)
	}
}

// Age is at death for the dead, and not known without a date of birth.
func TestAgeAtDeath(t *testing.T) {
	source := newFake(record.Demographics, "RRV")
	c, _, _ := newFakes(t, source)
	for want, p := range map[string]record.Person{
		"76": {DateOfBirth: "1950-02-03"}, "50": {DateOfBirth: "1950-02-03", DeceasedAt: record.At(time.Date(2000, 2, 3, 12, 0, 0, 0, time.UTC))}, "<nil>": {},
	} {
		source.answers[fetch.Persons] = always(p)
		if a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { age } }`, str(1)), nil); fmt.Sprint(at(t, a.Data, "patient", "age")) != want {
			t.Errorf("%s, want %s", a.Body, want)
		}
	}
}

// If anything about a patient changes before the trail is written, nothing of them is shown. The reason is that of a
// fresh decision; if that would still show them, that permission cannot be established.
func TestWithheldAtTheLastMoment(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*consent.Facts)
		want   string
	}{
		"an objection":             {func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: now}} }, "RECORD_WITHHELD"},
		"restricted":               {func(f *consent.Facts) { f.Restricted = consent.Yes }, "PATIENT_NOT_FOUND"},
		"no longer in care":        {func(f *consent.Facts) { f.Relationships = nil }, "NO_CARE_RELATIONSHIP"},
		"an appointment elsewhere": {func(*consent.Facts) {}, "CONSENT_UNAVAILABLE"},
		"perhaps an objection":     {func(f *consent.Facts) { f.OptOutKnown = false }, "CONSENT_UNAVAILABLE"},
		"facts of somebody else":   {func(f *consent.Facts) { f.Asked, f.OptOuts = number(9), []consent.Interval{{From: now}} }, "CONSENT_UNAVAILABLE"},
		"by the register's clock": {func(f *consent.Facts) {
			f.ReadAt, f.OptOuts = now.Add(time.Hour), []consent.Interval{{From: now.Add(time.Minute)}}
		}, "RECORD_WITHHELD"},
		"by a clock that tells no time": {func(f *consent.Facts) { f.ReadAt, f.OptOuts = time.Time{}, []consent.Interval{{From: now}} }, "RECORD_WITHHELD"},
	} {
		c, facts, trail := newFakes(t, newFake(record.GP, "F83999"))
		facts.knows = func(f *consent.Facts) {
			if facts.calls > 1 {
				test.change(f)
			}
		}
		trail.changed = map[record.NHSNumber]bool{number(1): true}
		a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { id } refusal { code } } }`, several(number(1), number(2)))
		if at(t, a.Data, "patients", 0, "refusal", "code") != test.want || at(t, a.Data, "patients", 0, "patient") != nil || at(t, a.Data, "patients", 1, "patient") == nil {
			t.Errorf("%s: %s", name, a.Body)
		}
		if facts.calls != 2 {
			t.Errorf("%s: %d look-ups", name, facts.calls)
		}
	}
	c, facts, trail := newFakes(t, newFake(record.GP, "F83999"))
	facts.knows = func(*consent.Facts) { facts.err = consent.ErrUnavailable } // from the second time on
	trail.changed = map[record.NHSNumber]bool{number(1): true}
	if a := c.ask(t, "gp", "", single, one(number(1))); code(t, a) != "CONSENT_UNAVAILABLE" {
		t.Errorf("a register that is gone: %s", a.Body)
	}
	c.alarmed(t, resolvers.AlarmConsent)
}

// A record that a break-glass grant opens is flagged with each grant, once however often it is asked for, in the order
// of the patients. A patient in care is not flagged, nor is a refused one.
func TestGlassIsFlagged(t *testing.T) {
	c, facts, trail := newFakes(t, newFake(record.GP, "F83999"))
	facts.knows = func(f *consent.Facts) {
		if f.Asked == number(1) {
			return
		}
		if f.Asked == number(5) {
			f.Current = number(2)
		}
		f.Relationships = nil
		for i := range 2 {
			f.Grants = append(f.Grants, consent.BreakGlassGrant{ID: fmt.Sprint("g-", i), Subject: "test-gp", Org: "F83999", Patient: f.Current, Classes: consent.AllClasses,
				Reason: []string{"EMERGENCY", "STATUTE"}[i], GrantedAt: now.Add(-time.Duration(i) * time.Minute), ExpiresAt: now.Add(time.Duration(29-i) * time.Minute)})
		}
	}
	trail.changed = map[record.NHSNumber]bool{number(4): true}
	a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { id } } }`, several(number(1), number(2), number(3), number(4), number(5), number(2)))
	var got []string
	for _, flag := range a.Extensions.BreakGlass {
		got = append(got, fmt.Sprint(flag["patientId"], " ", flag["reason"], " ", flag["expiresAt"]))
	}
	var want []string
	for _, at := range []int{1, 2} {
		id := fmt.Sprint(patientID(t, a, at))
		want = append(want, id+" EMERGENCY 2026-06-15T11:59:00+01:00", id+" STATUTE 2026-06-15T11:58:00+01:00")
	}
	if patientID(t, a, 1) > patientID(t, a, 2) {
		want = append(want[2:], want[:2]...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func patientID(t *testing.T, a answer, position int) string {
	t.Helper()
	return at(t, a.Data, "patients", position, "patient", "id").(string)
}

// The event names the operation of the document that ran.
func TestTheOperationIsNamed(t *testing.T) {
	c, d, _ := newDesk(t)
	for query, want := range map[string]string{`query One { accessAlerts { kind } }`: "One", `{ accessAlerts { kind } }`: ""} {
		c.ask(t, "privacy-officer", "", query, nil)
		if _, events := d.done(); len(events) != 1 || events[0].Operation.Name != want {
			t.Errorf("%+v, want %q", events, want)
		}
	}
}

// A person's own details count as read only if they were asked for and may be seen.
func TestTheTrailCountsWhoSomebodyIs(t *testing.T) {
	spine, gp := newFake(record.Demographics, "X26"), newFake(record.GP, "F83999")
	spine.answers[fetch.Persons] = always(record.Person{Name: &record.HumanName{Full: "Mr A"}, DateOfBirth: "1950-02-03"})
	c, facts, l := newFakes(t, spine, gp)
	c.ask(t, "gp", "", `query ($a: NHSNumber!, $b: NHSNumber!) { a: patient(nhsNumber: $a) { id } b: patient(nhsNumber: $b) { name { full } } }`, map[string]any{"a": str(1), "b": str(2)})
	if len(l.entries) != 2 || len(l.entries[0].Classes) != 0 || !slices.Equal(l.entries[1].Classes, []record.Class{record.ClassDemographics}) {
		t.Errorf("a name of one of two: %+v", l.entries)
	}
	facts.knows = func(f *consent.Facts) {
		f.Relationships = nil
		f.Grants = []consent.BreakGlassGrant{{ID: "a", Subject: "test-gp", Org: "F83999", Patient: f.Asked, Classes: consent.ClassSetOf(record.ClassAllergies), Reason: "EMERGENCY", Note: "collapsed",
			GrantedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Minute)}}
	}
	l.entries = nil
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { name { full } demographics { state } allergies { state } } }`, one(number(1)))
	if at(t, a.Data, "patient", "demographics", "state") != "NOT_PERMITTED" {
		t.Errorf("%s", a.Body)
	}
	if len(l.entries) != 1 || !slices.Equal(l.entries[0].Classes, []record.Class{record.ClassAllergies}) {
		t.Errorf("under a grant for allergies: %+v", l.entries)
	}
}
