package resolvers_test

import (
	"fmt"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// Whoever looks up very many patients in vain waits: before anything is decided or read,
// whoever is asked for, and not for asking for the same ones again.
func TestLookUpsInVain(t *testing.T) {
	base, facts, trail := newFakes(t, newFake(record.GP, "F83004"))
	clock := now
	facts.knows = func(f *consent.Facts) {
		if f.Asked != number(1) {
			f.Relationships = nil
		}
	}
	c := base.with(t, func(o *resolvers.Options) {
		o.InVain = 3
		o.Now = func() time.Time { return clock }
	})
	ask := func(persona, org string, n int) string {
		return coded(t, c.ask(t, persona, org, fmt.Sprintf(`{ patient(nhsNumber: "%s") { id } }`, str(n)), nil))
	}
	for range 5 {
		if got := ask("gp", "", 2); got != "NO_CARE_RELATIONSHIP" {
			t.Fatalf("the same patient again: %q", got)
		}
	}
	ask("gp", "", 3)
	if got := ask("gp", "", 1); got != "" {
		t.Errorf("before the limit: %q", got)
	}
	ask("gp", "", 4)
	decided, written := facts.calls, len(trail.entries)
	for n := range 3 {
		if got := ask("gp", "", n+1); got != "QUERY_TOO_COSTLY" {
			t.Errorf("beyond the limit, patient %d: %q", n+1, got)
		}
	}
	if facts.calls != decided {
		t.Error("consent was read")
	}
	for _, entry := range trail.entries[written:] {
		if entry.Outcome != audit.Rejected || len(entry.Classes) > 0 {
			t.Errorf("the event: %+v", entry)
		}
	}
	if len(trail.entries) != written+3 {
		t.Errorf("%d events", len(trail.entries)-written)
	}
	if got := ask("gp", "F83999", 1); got != "QUERY_TOO_COSTLY" { // the persona's own organisation, named
		t.Errorf("the same person: %q", got)
	}
	if got := ask("hospital-doctor", "", 1); got != "" {
		t.Errorf("somebody else: %q", got)
	}
	clock = now.Add(time.Hour)
	if got := ask("gp", "", 1); got != "" {
		t.Errorf("an hour later: %q", got)
	}
	c.quiet(t)
}
