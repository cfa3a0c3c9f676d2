//go:build prove

package resolvers_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/resolvers"
)

// recoverWithin is how soon what came back must be answered with again.
const recoverWithin = 10 * time.Second

// testSourcesGoAway takes down one source after the other while clients ask for the
// ward: every answer is whole but for that source, which is named, and it comes back.
func testSourcesGoAway(t *testing.T, d *badDay) {
	w := d.round(t, wardList(t), inWard)
	healthy := w.must(t).body
	whole := d.round(t, longest.Replace(wardList(t)), inWard).must(t).body
	if gaps := parsed(t, healthy).Extensions.Gaps; len(gaps) > 0 {
		t.Fatalf("gaps before anything happened: %v", gaps)
	}
	for _, sector := range record.Sectors {
		t.Run(string(sector), func(t *testing.T) {
			d.reset(t)
			source := d.source(t, sector)
			s, wire := d.options.Sources[source], d.wire(source)
			ids := d.idsOf(t, source)
			clients := w.start(t, 4)
			clients.until(t, 4, func(reply) bool { return true })
			wire.Down()
			down := time.Now()
			clients.until(t, 8, askedAfter(down))
			up := time.Now()
			wire.Up(t)
			clients.until(t, 1, func(r reply) bool { return r.asked.After(up) && r.body == healthy })
			back := time.Now()
			clients.until(t, 8, askedAfter(back))
			replies, err := clients.end()
			check(t, err)

			without, late := "", time.Duration(0)
			for _, r := range replies {
				switch {
				case r.body == healthy:
					if r.asked.After(down) && r.given.Before(up) {
						t.Error("an answer is whole while a source is down")
					}
				case without == "":
					without = r.body
					lacks(t, without, healthy, whole, s, ids, record.Unavailable)
				case r.body != without:
					lacks(t, r.body, healthy, whole, s, ids, record.Unavailable)
					t.Error("an answer says the same in other words")
				}
				if r.body != healthy && r.asked.After(up) {
					late = max(late, r.asked.Sub(up))
				}
			}
			if without == "" {
				t.Error("no answer lacks anything")
			}
			if back := back.Sub(up); back > recoverWithin || late > recoverWithin {
				t.Errorf("whole again after %v, and once more not after %v", back, late)
			}
			d.quiet(t)
			t.Logf("%s: %d answers, whole again after %v", s.Name, len(replies), back.Sub(up).Round(time.Millisecond))
		})
	}
}

// hangs is how many answers a source that hangs is met by.
const hangs = 1000

// patience is the deadline of the source that hangs.
const patience = 300 * time.Millisecond

// testSourceHangs has a hospital take everything and say nothing: the rest arrives at
// its deadline, nothing piles up, and who does not ask the hospital is not slowed down.
func testSourceHangs(t *testing.T, d *badDay) {
	source := d.source(t, record.Acute)
	wire := d.wire(source)
	c := d.with(t, func(o *resolvers.Options) { o.Sources[source].Deadline = patience })
	s := c.options.Sources[source]
	w := c.round(t, wardList(t), 1)
	elsewhere := c.round(t, `query ($nhsNumbers: [NHSNumber!]!) { patients(nhsNumbers: $nhsNumbers) { patient { name { full } gp { consultations { state nodes { id } } } } } }`, 1)
	healthy := w.must(t).body
	whole := c.round(t, longest.Replace(wardList(t)), 1).must(t).body
	ids := d.idsOf(t, source)

	both := func(n int) (asked, others []reply) {
		t.Helper()
		before := time.Now()
		clients, beside := w.start(t, hanging), elsewhere.start(t, 2)
		clients.until(t, n, askedAfter(before))
		asked, err := clients.end()
		check(t, err)
		others, err = beside.end()
		check(t, err)
		return asked, others
	}
	well, usual := both(100)
	settled := runtime.NumGoroutine()
	wire.Swallow(true)
	t.Cleanup(func() { wire.Swallow(false) })
	both(5 * hanging) // every connection has met it
	middle, lines := runtime.NumGoroutine(), wire.Lines()
	late, others := both(hangs)
	after, linesAfter := runtime.NumGoroutine(), wire.Lines()

	for _, r := range late {
		if r.body == late[0].body {
			continue
		}
		t.Fatalf("two answers in the same need differ:\n%s\n%s", r.body, late[0].body)
	}
	lacks(t, late[0].body, healthy, whole, s, ids, record.TimedOut)
	for _, share := range []float64{0.5, 0.95, 1} { // the machine may be busy with others
		p, work := quantile(late, share), quantile(well, share)
		if p < patience || p > patience+2*work+500*time.Millisecond {
			t.Errorf("the rest arrives after %v (%v), the deadline is %v and without it an answer took %v", p, share, patience, work)
		}
	}
	if before, p := quantile(usual, 0.95), quantile(others, 0.95); p > 10*max(before, 5*time.Millisecond) {
		t.Errorf("who does not ask the hospital waits %v (95%%), before %v", p, before)
	}
	if after > middle+20 || linesAfter > lines+2 {
		t.Errorf("%d goroutines and %d connections after %d answers, %d and %d before", after, linesAfter, len(late), middle, lines)
	}
	t.Logf("%d answers at %v (50%%), %v (95%%) and %v (all), without a deadline %v (95%%); beside them %v, before %v; goroutines %d, %d, %d; connections %d, %d", len(late),
		quantile(late, 0.5), quantile(late, 0.95), quantile(late, 1), quantile(well, 0.95), quantile(others, 0.95), quantile(usual, 0.95), settled, middle, after, lines, linesAfter)

	wire.Swallow(false)
	eventually(t, "the hospital answers again", w, healthy)
	for end := time.Now().Add(30 * time.Second); runtime.NumGoroutine() > settled+20; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("%d goroutines stay, %d before", runtime.NumGoroutine(), settled)
			break
		}
	}
	d.quiet(t)
}

// hanging is how many ask at once while a source hangs.
const hanging = 10

// quantile is how long a share of the replies took at most.
func quantile(replies []reply, share float64) time.Duration {
	times := make([]time.Duration, len(replies))
	for i, r := range replies {
		times[i] = r.took()
	}
	slices.Sort(times)
	return times[max(0, int(share*float64(len(times)))-1)]
}

// eventually waits until an answer is what it was.
func eventually(t *testing.T, what string, w *ward, healthy string) {
	t.Helper()
	began := time.Now()
	for end := began.Add(2 * recoverWithin); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if w.must(t).body == healthy {
			t.Logf("%s after %v", what, time.Since(began).Round(time.Millisecond))
			return
		}
	}
	t.Errorf("not within %v: %s", 2*recoverWithin, what)
}

// testForgottenConnections: no connection that was open or being made ever says anything
// again, as behind a firewall that lost its memory. New ones are served.
func testForgottenConnections(t *testing.T, d *badDay) {
	source := d.source(t, record.GP)
	wire := d.wire(source)
	c := d.with(t, func(o *resolvers.Options) { o.Sources[source].Deadline = patience })
	w := c.round(t, wardList(t), 1)
	healthy := w.must(t).body
	wire.Swallow(true)
	t.Cleanup(func() { wire.Swallow(false) })
	clients := w.start(t, hanging)
	clients.until(t, 4*hanging, func(r reply) bool { return r.body != healthy }) // every place in the pool is taken
	_, err := clients.end()
	check(t, err)
	wire.Strand()
	eventually(t, "the practice answers again", w, healthy)
	d.quiet(t)
}

// testDownAtStart opens sources of which one cannot be reached.
func testDownAtStart(t *testing.T, d *badDay) {
	healthy := d.round(t, wardList(t), inWard).must(t).body
	for _, sector := range record.Sectors {
		source := d.source(t, sector)
		s, wire := d.options.Sources[source], d.wire(source)
		wire.Down()
		opened, err := views[sector].open(s.Organisation, wire.DSN(), d.options.Identifier)
		check(t, err)
		t.Cleanup(opened.Close)
		c := d.with(t, func(o *resolvers.Options) { o.Sources[source].Read = opened.Read })
		w := c.round(t, wardList(t), inWard)
		for range 2 {
			a := parsed(t, w.must(t).body)
			noted(t, a, s, record.Unavailable)
		}
		wire.Up(t)
		eventually(t, s.Name+" is there", w, healthy)
	}
	d.quiet(t)
}

// testNoReadOfWhoIsNotShown counts on the wire what is asked of sources for those who
// are refused: nothing, but whether demographics restricts somebody in care who has opted out.
func testNoReadOfWhoIsNotShown(t *testing.T, d *badDay) {
	before := d.sourceSyncs()
	got := refusals(t, d.ask(t, "gp", "", many, several(sample.Restricted, sample.NotInCare, sample.Nobody)))
	if want := []string{"PATIENT_NOT_FOUND", "NO_CARE_RELATIONSHIP", "NO_CARE_RELATIONSHIP"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := code(t, d.ask(t, "developer", "", single, one(sample.Whole))); got != "FORBIDDEN" {
		t.Errorf("%q", got)
	}
	if after := d.sourceSyncs(); after != before {
		t.Errorf("%d round trips to sources", after-before)
	}
	demographics := d.wire(d.source(t, record.Demographics))
	asked := demographics.Count().Syncs()
	if got := code(t, d.ask(t, "gp", "", single, one(sample.OptedOut))); got != "RECORD_WITHHELD" {
		t.Errorf("%q", got)
	}
	if all, its := d.sourceSyncs()-before, demographics.Count().Syncs()-asked; all != 1 || its != 1 {
		t.Errorf("of who has opted out: %d round trips to sources, %d to demographics", all, its)
	}
	if d.ask(t, "gp", "", single, one(sample.Whole)); d.sourceSyncs() == before+1 {
		t.Error("a record that is shown took no round trip to any source")
	}
}

// sourceSyncs is how many round trips went to sources so far.
func (d *badDay) sourceSyncs() (sum int) {
	for name, n := range syncs(d.wires) {
		if name != "service" {
			sum += n
		}
	}
	return sum
}
