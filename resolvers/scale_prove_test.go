//go:build prove

package resolvers_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/internal/load"
	"carerecord/internal/pgtest"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/resolvers"
)

// reached is the care with its sources reached in another way. Whoever waits for them has
// a minute: the machine may be busy.
func (c *care) reached(t *testing.T, way func(of load.Source, dsn string) string) *care {
	t.Helper()
	return c.with(t, func(o *resolvers.Options) {
		for i := range o.Sources {
			s := &o.Sources[i]
			of := load.Source{Sector: s.Sector, ODS: string(s.Organisation.ODSCode)}
			db := c.dbs[of]
			opened, err := views[s.Sector].open(s.Organisation, way(of, db.DSN(db.Reader(t))+connectionsOf(usualConnections)), o.Identifier)
			check(t, err)
			t.Cleanup(opened.Close)
			check(t, opened.Warm(withTerms()))
			for kind, err := range opened.Broken() {
				t.Errorf("%s: %s: %v", opened.Name(), kind, err)
			}
			s.Read, s.Deadline = opened.Read, time.Minute
		}
	})
}

// A question and who asks it.
type question struct {
	name, persona, query string
	variables            map[string]any
}

// recordQuestions are the full record of every resident of the scenarios and the ward list of
// them all, as those ask who see most.
func recordQuestions(t *testing.T) (all []question) {
	t.Helper()
	var numbers []string
	for _, p := range sample.Scenarios(now) {
		numbers = append(numbers, string(p.Number))
	}
	for _, persona := range []string{"gp", "hospital-doctor"} {
		for _, n := range numbers {
			all = append(all, question{"full record " + n[7:], persona, operation(t, "full-record"), map[string]any{"nhsNumber": n}})
		}
		all = append(all, question{"ward list", persona, operation(t, "ward-list"), map[string]any{"nhsNumbers": numbers}})
	}
	return all
}

// data is the data of the answer, as it came, with the errors. On a machine that is busy
// our own database may be late, which is not the question here: then it is asked again.
func (c *care) data(t *testing.T, q question) string {
	t.Helper()
	for again := 0; ; again++ {
		var raw struct{ Data, Errors json.RawMessage }
		check(t, json.Unmarshal(c.ask(t, q.persona, "", q.query, q.variables).Body, &raw))
		late := strings.Contains(string(raw.Data)+string(raw.Errors), "CONSENT_UNAVAILABLE")
		if !late || again == 10 {
			return string(raw.Data) + string(raw.Errors)
		}
	}
}

// sameBytes asks both cares every question, the second one by eight callers at once, and fails
// the test where any answer differs in a byte.
func sameBytes(t *testing.T, straight, other *care) {
	t.Helper()
	all := recordQuestions(t)
	want := make([]string, len(all))
	shown := 0
	for i, q := range all {
		want[i] = straight.data(t, q)
		if strings.Contains(want[i], `"state":"RECORDED"`) {
			shown++
		}
		for _, hidden := range []string{"HIV", "sexual health"} {
			if strings.Contains(want[i], hidden) {
				t.Errorf("%s: %s is shown", q.name, hidden)
			}
		}
	}
	var asking sync.WaitGroup
	for caller := range 8 {
		asking.Go(func() {
			for i := range all {
				if i = (i + caller) % len(all); i%4 != caller%4 {
					continue // every question is asked by two, each in its turn
				}
				if got := other.data(t, all[i]); got != want[i] {
					t.Errorf("%s as %s: %d bytes that differ from the %d of the straight way", all[i].name, all[i].persona, len(got), len(want[i]))
				}
			}
		})
	}
	asking.Wait()
	t.Logf("%d questions, %d of them with entries, by 8 callers at once: no byte differs", len(all), shown)
	if shown < 20 {
		t.Errorf("only %d answers show anything", shown)
	}
}

// compared says what a way costs beside another, the same questions in turn.
func compared(t *testing.T, what string, straight, other *care, cpu func() time.Duration) {
	t.Helper()
	all := recordQuestions(t)
	ward, whole := all[len(all)-1], all[0]
	for _, q := range []question{whole, ward} {
		var times, spent [2][]time.Duration
		for round := range 20 {
			for i, c := range []*care{straight, other} {
				before, began := cpu(), time.Now()
				c.data(t, q)
				if round < 3 {
					continue // warm-up
				}
				times[i], spent[i] = append(times[i], time.Since(began)), append(spent[i], cpu()-before)
			}
		}
		p50 := func(d []time.Duration) time.Duration {
			slices.Sort(d)
			return d[len(d)/2]
		}
		mean := func(d []time.Duration) (sum time.Duration) {
			for _, x := range d {
				sum += x
			}
			return sum / time.Duration(len(d))
		}
		t.Logf("%s, %s: p50 %v straight, %v so (%.2f); CPU of PostgreSQL %v straight, %v so (%.2f)", q.name, what,
			p50(times[0]).Round(100*time.Microsecond), p50(times[1]).Round(100*time.Microsecond), float64(p50(times[1]))/float64(p50(times[0])),
			mean(spent[0]).Round(100*time.Microsecond), mean(spent[1]).Round(100*time.Microsecond), float64(mean(spent[1]))/float64(mean(spent[0])))
	}
}

// cpuOf is the processor time that a PostgreSQL's processes have had, those that ended
// included, as Linux counts it: in hundredths of a second.
func cpuOf(t *testing.T, postmaster int) func() time.Duration {
	t.Helper()
	main := strconv.Itoa(postmaster)
	return func() (sum time.Duration) {
		stats, err := filepath.Glob("/proc/[0-9]*/stat")
		check(t, err)
		for _, file := range stats {
			content, err := os.ReadFile(file)
			if err != nil {
				continue // it ended meanwhile
			}
			_, after, _ := strings.Cut(string(content), ") ")
			fields := strings.Fields(after)
			used := fields[11:13] // user and system
			switch main {
			case strings.Split(file, "/")[2]:
				used = fields[11:15] // and of children that ended
			case fields[1]: // its child
			default:
				continue
			}
			for _, text := range used {
				ticks, err := strconv.Atoi(text)
				check(t, err)
				sum += time.Duration(ticks) * 10 * time.Millisecond
			}
		}
		return sum
	}
}

// TestPgBouncer reads through a PgBouncer in transaction mode with two connections for each source: everybody gets the
// same answer as over direct connections. While it is killed there are gaps; once it is back there are none.
func TestPgBouncer(t *testing.T) {
	c := newCare(t, sample.Scenarios(now))
	bouncer := pgtest.NewBouncer(t, c.service, 2)
	straight := c.reached(t, func(_ load.Source, dsn string) string { return dsn })
	through := c.reached(t, func(_ load.Source, dsn string) string {
		return bouncer.DSN(strings.Replace(dsn, "pool_max_conns=2", "pool_max_conns=8", 1)) + "&" + postgres.ByTransaction
	})
	sameBytes(t, straight, through)
	compared(t, "through PgBouncer", straight, through, cpuOf(t, c.service.PID(t)))

	q := question{"full record", "gp", operation(t, "full-record"), map[string]any{"nhsNumber": string(sample.Whole)}}
	healthy := through.data(t, q)
	for range 3 {
		var asking sync.WaitGroup
		for range 4 {
			asking.Go(func() {
				for range 5 {
					through.wholeOrGaps(t, q, healthy)
				}
			})
		}
		time.Sleep(50 * time.Millisecond)
		bouncer.Kill()
		asking.Wait()
		if through.wholeOrGaps(t, q, healthy) {
			t.Error("whole without a pooler")
		}
		bouncer.Start(t)
		began := time.Now()
		for !through.wholeOrGaps(t, q, healthy) {
			if time.Since(began) > 2*recoverWithin {
				t.Fatalf("not whole %v after the pooler is back", time.Since(began))
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Logf("whole again %v after the pooler is back", time.Since(began).Round(time.Millisecond))
	}
	sameBytes(t, straight, through)
}

// wholeOrGaps asks and reports whether the answer is whole. One that is not must name its
// gaps and must not say of anything that there is none.
func (c *care) wholeOrGaps(t *testing.T, q question, healthy string) bool {
	t.Helper()
	a := c.ask(t, q.persona, "", q.query, q.variables)
	var raw struct{ Data json.RawMessage }
	check(t, json.Unmarshal(a.Body, &raw))
	if string(raw.Data) == healthy && len(a.Extensions.Gaps) == 0 {
		return true
	}
	if len(a.Errors) > 0 || len(a.Extensions.Gaps) == 0 {
		t.Errorf("not whole, and no gap is named: %v", a.Errors)
	}
	missing := map[string]bool{}
	for _, gap := range a.Extensions.Gaps {
		missing[fmt.Sprint(gap["sector"])] = true
	}
	for _, l := range []struct {
		path   []any
		sector record.Sector
	}{{[]any{"allergies"}, record.GP}, {[]any{"allergies"}, record.Acute}, {[]any{"medications"}, record.GP}, {[]any{"acute", "stays"}, record.Acute}, {[]any{"socialCare", "services"}, record.SocialCare}} {
		list := at(t, a.Data, append([]any{"patient"}, l.path...)...).(map[string]any)
		if missing[string(l.sector)] && (list["complete"] != false || len(list["gaps"].([]any)) == 0) {
			t.Errorf("%v does not say that %s is missing: %v, %v", l.path, l.sector, list["state"], list["complete"])
		}
	}
	return false
}
