package resolvers_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A caller who looks up too many patients in vain is throttled before anything is decided or read, whoever they ask
// for. Asking for the same patients again does not count.
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

// Concurrent requests look up no more patients in vain than sequential ones would.
func TestLookUpsInVainAtOnce(t *testing.T) {
	const limit, each, requests = 10, 5, 20
	base, facts, _ := newFakes(t, newFake(record.GP, "F83004"))
	facts.knows = func(f *consent.Facts) { f.Relationships = nil }
	slow := &slowFacts{register: facts}
	c := base.with(t, func(o *resolvers.Options) { o.InVain, o.Facts = limit, slow })
	c.limits.Concurrent = requests
	c.serve()
	codes := make([]string, requests)
	var all sync.WaitGroup
	for i := range requests {
		all.Go(func() {
			var numbers []record.NHSNumber
			for n := range each {
				numbers = append(numbers, number(i*each+n))
			}
			a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { refusal { code } } }`, several(numbers...))
			if len(a.Errors) > 0 {
				codes[i] = coded(t, a)
			}
		})
	}
	all.Wait()
	slices.Sort(codes)
	if got := slices.Index(codes, "QUERY_TOO_COSTLY"); got != limit/each || slow.asked.Load() != limit {
		t.Errorf("%d requests were answered, %d patients looked up: %q", got, slow.asked.Load(), codes)
	}
}

// If one request looks up more patients in vain than there are places, it is refused as a whole, including the patients
// who would be shown, and all places are taken. How many patients it may ask for is not limited by this.
func TestLookUpsInVainOfOneRequest(t *testing.T) {
	const query = `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { refusal { code } patient { problems { state } } } }`
	base, facts, trail := newFakes(t, newFake(record.GP, "F83004"))
	facts.knows = func(f *consent.Facts) {
		if !slices.Contains([]record.NHSNumber{number(0), number(1), number(2), number(3), number(4)}, f.Asked) {
			f.Known = false
		}
	}
	refused := func(answers string) int { return strings.Count(answers, "PATIENT_NOT_FOUND") }
	for _, test := range []struct {
		name    string
		asked   [][]int
		refused []int // how many patients of each request; below nought for the request
	}{
		{"many who are shown", [][]int{{0, 1, 2, 3, 4}, {9}}, []int{0, 1}},
		{"as many as there are places for", [][]int{{0, 1, 9, 10, 11}, {0}}, []int{3, -1}},
		{"one more", [][]int{{0, 1, 9, 10, 11, 12}, {0}}, []int{-1, -1}},
		{"more than are left", [][]int{{9, 10}, {0, 11, 12}, {0}}, []int{2, -1, -1}},
		{"the same again, and as many as are left", [][]int{{9, 10}, {0, 9, 10, 11}, {0}}, []int{2, 3, -1}},
		{"as many as are left, and the same again", [][]int{{9, 10}, {0, 11, 9, 10}, {0}}, []int{2, 3, -1}},
		{"the same again alone", [][]int{{9, 10}, {0, 9, 10, 9}, {0, 1, 2, 3}}, []int{2, 3, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := base.with(t, func(o *resolvers.Options) { o.InVain = 3 })
			for i, asked := range test.asked {
				var numbers []record.NHSNumber
				for _, n := range asked {
					numbers = append(numbers, number(n))
				}
				written, read := len(trail.entries), c.reads["GP/F83004"]
				a := c.ask(t, "gp", "", query, several(numbers...))
				if test.refused[i] >= 0 {
					if len(a.Errors) > 0 || refused(string(a.Body)) != test.refused[i] {
						t.Errorf("request %d: %s", i+1, a.Body)
					}
					continue
				}
				if got := coded(t, a); got != "QUERY_TOO_COSTLY" || a.Data["patients"] != nil || refused(string(a.Body)) > 0 {
					t.Errorf("request %d: %s", i+1, a.Body)
				}
				if i > 0 && i == len(test.asked)-1 && c.reads["GP/F83004"] != read { // whom demographics restricts is known once it was asked
					t.Errorf("request %d: a source was asked", i+1)
				}
				for n, entry := range trail.entries[written:] {
					if entry.Outcome != audit.Rejected || entry.Patient != numbers[n] || len(entry.Classes)+len(entry.Sources) > 0 {
						t.Errorf("request %d: the event %+v", i+1, entry)
					}
				}
				if len(trail.entries) != written+len(numbers) {
					t.Errorf("request %d: %d events", i+1, len(trail.entries)-written)
				}
			}
		})
	}
}

// slowFacts takes its time, so that look-ups meet.
type slowFacts struct {
	*register
	asked atomic.Int64
}

func (s *slowFacts) Facts(ctx context.Context, p auth.Principal, lineage []string, numbers []record.NHSNumber) (map[record.NHSNumber]consent.Facts, error) {
	s.asked.Add(int64(len(numbers)))
	time.Sleep(20 * time.Millisecond)
	return s.register.Facts(ctx, p, lineage, numbers)
}

// A look-up without a free place waits for those under way, which release the places of patients not looked up in vain.
// It waits no longer than its request lives.
func TestPlacesAreGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle, p := resolvers.NewThrottle(3), auth.Principal{Subject: "s", Org: "F83004"}
		ten := func() []record.NHSNumber {
			var numbers []record.NHSNumber
			for n := range 10 {
				numbers = append(numbers, number(n))
			}
			return numbers
		}()
		first, _ := throttle.Admit(t.Context(), p, 3, now)
		admitted := make(chan bool, 1)
		wait := func(ctx context.Context, vain ...record.NHSNumber) {
			go func() {
				settle, ok := throttle.Admit(ctx, p, 2, now)
				if ok {
					settle(vain)
				}
				admitted <- ok
			}()
			synctest.Wait()
		}
		wait(t.Context(), ten[0])
		if len(admitted) > 0 {
			t.Fatal("it did not wait")
		}
		if somebody, ok := throttle.Admit(t.Context(), auth.Principal{Subject: "other", Org: "F83004"}, 3, now); !ok {
			t.Error("somebody else is held up")
		} else {
			somebody(nil)
		}
		first(nil) // nobody in vain
		if !<-admitted || throttle.Counted(p) != 1 || throttle.UnderWay() != 0 {
			t.Errorf("%d counted, %d under way", throttle.Counted(p), throttle.UnderWay())
		}
		small, _ := throttle.Admit(t.Context(), p, 1, now)
		beside, ok := throttle.Admit(t.Context(), p, 1, now)
		if !ok {
			t.Error("there was a place")
		}
		ctx, leave := context.WithCancel(t.Context())
		wait(ctx)
		leave()
		if <-admitted {
			t.Error("it did not leave with its client")
		}
		small(ten[1:2])
		wait(t.Context(), ten[3])
		beside(ten[2:3])
		if <-admitted || throttle.Counted(p) != 3 || throttle.UnderWay() != 0 {
			t.Errorf("beyond the limit: %d counted, %d under way", throttle.Counted(p), throttle.UnderWay())
		}
		if settle, ok := throttle.Admit(t.Context(), p, 500, now.Add(time.Hour)); !ok {
			t.Error("an hour later")
		} else if settle(ten) || throttle.Counted(p) != 3 {
			t.Errorf("%d counted of ten", throttle.Counted(p))
		}
	})
}
