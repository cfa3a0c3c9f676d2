package resolvers_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A record shown under a break-glass grant is shown until the grant ends, to the second, and not after, even if the
// sources or the trail answered before that.
func TestGlassThatEndsOnTheWay(t *testing.T) {
	allergies, problems := consent.ClassSetOf(record.ClassAllergies), consent.ClassSetOf(record.ClassProblems)
	both := allergies.Union(problems)
	grant := func(id string, classes consent.ClassSet, left time.Duration) consent.BreakGlassGrant {
		return consent.BreakGlassGrant{
			ID: id, Subject: "test-gp", Org: "F83999", Patient: number(1), Classes: classes, Reason: "EMERGENCY", Note: "collapsed",
			GrantedAt: now.Add(left - 30*time.Minute), ExpiresAt: now.Add(left),
		}
	}
	for _, test := range []struct {
		name             string
		grants           []consent.BreakGlassGrant
		inCare           bool
		reading, writing time.Duration // what the sources take, and the trail
		shown            bool
		event            audit.Outcome
	}{
		{"it lives", []consent.BreakGlassGrant{grant("a", allergies, time.Minute)}, false, 59 * time.Second, 999 * time.Millisecond, true, audit.Shown},
		{"it ends while sources answer", []consent.BreakGlassGrant{grant("a", allergies, time.Second)}, false, time.Second, 0, false, audit.NoCareRelationship},
		{"it ends while the trail is written", []consent.BreakGlassGrant{grant("a", allergies, time.Second)}, false, 0, time.Second, false, audit.Shown},
		{"another opens the same", []consent.BreakGlassGrant{grant("a", allergies, time.Second), grant("b", allergies, time.Minute)}, false, time.Second, 0, true, audit.Shown},
		{"another opens more", []consent.BreakGlassGrant{grant("a", allergies, time.Second), grant("b", both, time.Minute)}, false, time.Second, 0, true, audit.Shown},
		{"another opens less", []consent.BreakGlassGrant{grant("a", both, time.Second), grant("b", problems, time.Minute)}, false, time.Second, 0, false, audit.NoCareRelationship},
		{"others open it together", []consent.BreakGlassGrant{grant("a", both, time.Second), grant("b", problems, time.Minute), grant("c", allergies, time.Minute)}, false, time.Second, 0, true, audit.Shown},
		{"all end", []consent.BreakGlassGrant{grant("a", both, time.Second), grant("b", both, 2*time.Second)}, false, 2 * time.Second, 0, false, audit.NoCareRelationship},
		{"it is not needed", []consent.BreakGlassGrant{grant("a", allergies, time.Second)}, true, time.Minute, time.Minute, true, audit.Shown},
	} {
		for _, ahead := range []time.Duration{0, time.Hour, -time.Hour} { // of our own clock, by that of our own database
			clock := now.Add(-ahead)
			gp := newFake(record.GP, "F83004")
			gp.answers[fetch.Allergies] = func(ask *fetch.Ask) fetch.Answer {
				clock = clock.Add(test.reading)
				return always(record.Allergy{Item: gp.item("1")})(ask)
			}
			base, facts, trail := newFakes(t, gp)
			facts.knows = func(f *consent.Facts) {
				if f.Asked == number(2) {
					return
				}
				f.Grants = test.grants
				if !test.inCare {
					f.Relationships = nil
				}
			}
			c := base.with(t, func(o *resolvers.Options) {
				o.Now = func() time.Time { return clock }
				o.Trail = slowly{trail, func() { clock = clock.Add(test.writing) }}
			})
			a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { refusal { code } patient { allergies { nodes { id } } } } }`, several(number(1), number(2)))
			want := []string{"NO_CARE_RELATIONSHIP", ""}
			if test.shown {
				want[0] = ""
			}
			if got := refusals(t, a); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q: %s", test.name, got, want, a.Body)
			}
			if noted := strings.Contains(string(a.Body), `"breakGlass"`); noted != (test.shown && !test.inCare) {
				t.Errorf("%s: %s", test.name, a.Body)
			}
			if len(trail.entries) != 2 || trail.entries[0].Outcome != test.event || (trail.entries[0].Glass == nil) != test.inCare || trail.entries[1].Outcome != audit.Shown {
				t.Errorf("%s: the events: %+v", test.name, trail.entries)
			}
			c.quiet(t)
		}
	}
}

// slowly is a trail whose writing takes its time.
type slowly struct {
	*ledger
	takes func()
}

func (s slowly) Record(ctx context.Context, entries []audit.Entry) ([]audit.Result, error) {
	results, err := s.ledger.Record(ctx, entries)
	s.takes()
	return results, err
}

// A grant lists the classes that were named; where the role may not see all of one, the narrower part of it.
func TestWhatAGrantIsSaidToOpen(t *testing.T) {
	current, all := record.ClassCurrentMedications, record.ClassMedications
	for _, test := range []struct{ asked, granted, want []record.Class }{
		{[]record.Class{all}, []record.Class{all}, []record.Class{all}},
		{[]record.Class{all}, []record.Class{current}, []record.Class{current}},
		{[]record.Class{all, current}, []record.Class{all}, []record.Class{all, current}},
		{[]record.Class{current}, []record.Class{all}, []record.Class{current}},
		{[]record.Class{record.ClassAllergies}, []record.Class{current}, []record.Class{}},
	} {
		got := resolvers.Named(test.asked, consent.ClassSetOf(test.granted...))
		slices.Sort(got)
		slices.Sort(test.want)
		if !slices.Equal(got, test.want) {
			t.Errorf("of %v %v: %v, want %v", test.asked, test.granted, got, test.want)
		}
	}
}
