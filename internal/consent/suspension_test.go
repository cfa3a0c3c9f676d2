package consent

import (
	"strings"
	"testing"
	"time"
)

// In a suspension objections do not apply, to the second; whatever else withholds a
// record still does.
func TestSuspension(t *testing.T) {
	suspended := Default()
	suspended.Suspensions = []Suspension{{From: noon, To: noon.Add(time.Hour), Authority: "Notice 1", Evidence: "register, page 3"}}
	objects := func(change func(*Facts)) Facts {
		f := with(fine(), registered("RAL"))
		f.OptOuts = []Interval{{From: noon.AddDate(-1, 0, 0)}}
		change(&f)
		return f
	}
	nothing := func(*Facts) {}
	for _, test := range []struct {
		name   string
		facts  Facts
		policy *Policy
		at     time.Time
		want   Outcome
	}{
		{"by default there is none", objects(nothing), Default(), noon, Withheld},
		{"just before it", objects(nothing), suspended, noon.Add(-time.Second), Withheld},
		{"when it begins", objects(nothing), suspended, noon, Shown},
		{"its last second", objects(nothing), suspended, noon.Add(time.Hour - time.Second), Shown},
		{"when it has ended", objects(nothing), suspended, noon.Add(time.Hour), Withheld},
		{"a restricted person", objects(func(f *Facts) { f.Restricted = Yes }), suspended, noon, NotFound},
		{"perhaps a restricted person", objects(func(f *Facts) { f.Restricted = Unknown }), suspended, noon, Unavailable},
		{"an invalidated number", objects(func(f *Facts) { f.Invalidated = true }), suspended, noon, NotFound},
		{"nobody in care", objects(func(f *Facts) { f.Relationships = nil }), suspended, noon, NoCareRelationship},
		{"objections that are not known", with(Facts{Asked: fine().Asked, Current: fine().Current, Known: true, Restricted: No}, registered("RAL")), suspended, noon, Unavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Decide(gp(), test.facts, test.policy, []string{"RAL"}, test.at)
			if got.Outcome != test.want || (got.Suspension == "Notice 1") != (test.want == Shown) {
				t.Errorf("%s (%q), want %s", got.Outcome, got.Suspension, test.want)
			}
		})
	}
	f := with(fine(), registered("RAL"))
	if got := Decide(gp(), f, suspended, []string{"RAL"}, noon); got.Suspension != "" {
		t.Error("somebody who has not objected needs no suspension")
	}
}

func TestSuspensionsNeedEvidence(t *testing.T) {
	_, err := LoadPolicy(strings.NewReader(`{"version": "1", "suspensions": [
		{"from": "2020-03-20T00:00:00Z", "authority": "a"}, {"from": "2020-03-20T00:00:00Z", "to": "2020-03-20T00:00:00Z", "evidence": "e"}]}`))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"suspension 1 needs from and to", "suspension 1 needs an authority", "suspension 2 needs from and to", "suspension 2 needs an authority"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

// A suspension of objections is for direct care: it opens nobody who is not in care, by a break-glass grant either.
func TestASuspensionIsNotForBreakGlass(t *testing.T) {
	policy := Default()
	policy.Suspensions = []Suspension{{From: noon.Add(-time.Hour), To: noon.Add(time.Hour), Authority: "Notice 1", Evidence: "register, page 3"}}
	f := fine()
	f.Relationships, f.OptOuts = nil, []Interval{{From: noon.AddDate(-1, 0, 0)}}
	p := gp()
	f.Grants = []BreakGlassGrant{{ID: "g", Subject: p.Subject, Org: p.Org, Patient: f.Asked, Classes: AllClasses, Reason: "COURT_ORDER", GrantedAt: noon.Add(-time.Minute), ExpiresAt: noon.Add(time.Minute)}}
	if got := Decide(p, f, policy, []string{p.Org}, noon).Outcome; got != Withheld {
		t.Errorf("glass: %s, want %s", got, Withheld)
	}
}

// What is shown under a suspension is decided so, and its event names the authority: an objection that begins on the way is not.
func TestAnObjectionThatBeginsInASuspension(t *testing.T) {
	policy := Default()
	policy.Suspensions = []Suspension{{From: noon.Add(-time.Hour), To: noon.Add(time.Hour), Authority: "Notice 1", Evidence: "register, page 3"}}
	f := with(fine(), registered("RAL"))
	f.OptOuts = []Interval{{From: noon.Add(time.Second)}}
	d := Decide(gp(), f, policy, []string{"RAL"}, noon)
	if got := d.Still(f, policy, []string{"RAL"}, noon.Add(2*time.Second)); got == Shown && d.Suspension == "" {
		t.Errorf("%s under a suspension that the decision does not name", got)
	}
}
