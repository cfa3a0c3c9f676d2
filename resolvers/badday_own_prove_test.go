//go:build prove

package resolvers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/sample"
	"carerecord/resolvers"
)

// events is the trail, oldest first, read without the proxy.
func (d *badDay) events(t *testing.T) []audit.Line {
	t.Helper()
	lines, err := audit.Events(t.Context(), d.service.Pool(t), audit.Filter{Limit: 1_000_000})
	check(t, err)
	slices.Reverse(lines)
	return lines
}

// testOwnDatabase: whenever our own database goes away or hangs, nothing is disclosed, no
// source is read for want of a decision, and it all comes back by itself.
func testOwnDatabase(t *testing.T, d *badDay) {
	const (
		decision = "CONSENT_UNAVAILABLE"
		trail    = "AUDIT_UNAVAILABLE"
	)
	wire := d.wires["service"]
	hangsLater := d.with(t, func(o *resolvers.Options) {
		read := o.Sources[0].Read
		o.Sources[0].Read = func(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
			wire.Swallow(true)
			return read(ctx, asks)
		}
	})
	for _, test := range []struct {
		name    string
		care    *care
		happens func()
		over    func()
		want    string
		written int           // how many events stay although nothing was disclosed
		within  time.Duration // of the limits for a decision and for writing
	}{
		{"gone before the decision", d.care, wire.Down, nil, decision, 0, time.Second},
		{"cut off before the decision", d.care, func() { wire.CutBefore(1) }, nil, decision, 0, time.Second},
		{"cut off when it has decided", d.care, func() { wire.CutAfter(1) }, nil, decision, 0, time.Second},
		{"cut off before the event is written", d.care, func() { wire.CutBefore(2) }, nil, trail, 0, time.Second},
		{"cut off when the event is written", d.care, func() { wire.CutAfter(2) }, nil, trail, 1, time.Second},
		{"hangs before the decision", d.care, func() { wire.Swallow(true) }, func() { wire.Swallow(false) }, decision, 0, 7 * time.Second},
		{"hangs after the decision", hangsLater, func() {}, func() { wire.Swallow(false) }, trail, 0, 5 * time.Second},
		{"its connections are forgotten", d.care, func() { wire.Swallow(true) }, wire.Strand, decision, 0, 7 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			d.reset(t)
			hangsLater.reset(t)
			for shape, ask := range map[string]func() (answer, string){
				"one": func() (answer, string) {
					a := test.care.ask(t, "gp", "", single, one(sample.Whole))
					return a, code(t, a)
				},
				"list": func() (answer, string) {
					a := test.care.ask(t, "gp", "", many, several(sample.Whole))
					return a, refusals(t, a)[0]
				},
			} {
				if test.over != nil && shape == "one" {
					continue // it takes its time
				}
				for range 3 { // both round trips on connections that are open
					d.ask(t, "gp", "", single, one(sample.Whole))
				}
				events, reads := len(d.events(t)), d.sourceSyncs()
				test.happens()
				t.Cleanup(func() { wire.Swallow(false) })
				began := time.Now()
				a, got := ask()
				took := time.Since(began)
				if test.over == nil {
					wire.Up(t)
				} else {
					test.over()
				}
				if got != test.want || strings.Contains(string(a.Body), "allergies") || strings.Contains(string(a.Body), "full") {
					t.Errorf("%s: %q, want %q: %s", shape, got, test.want, a.Body)
				}
				if took > test.within+2*time.Second {
					t.Errorf("%s: the answer took %v", shape, took)
				}
				if n := d.sourceSyncs() - reads; test.want == decision && n > 0 {
					t.Errorf("%s: %d round trips to sources without a decision", shape, n)
				}
				if n := len(d.events(t)) - events; n != test.written {
					t.Errorf("%s: %d events, want %d", shape, n, test.written)
				}
				d.comesBack(t)
				t.Logf("%s: %s after %v", shape, got, took.Round(time.Millisecond))
			}
			test.care.alarmed(t, map[string][]resolvers.Alarm{
				decision: {resolvers.AlarmAudit, resolvers.AlarmConsent}, trail: {resolvers.AlarmAudit},
			}[test.want]...)
		})
	}
}

// comesBack waits until records are shown again. What is asked in between may be refused.
func (d *badDay) comesBack(t *testing.T) {
	t.Helper()
	quiet := d.with(t, func(*resolvers.Options) {})
	began := time.Now()
	for refused := 0; ; refused++ {
		if code(t, quiet.ask(t, "gp", "", single, one(sample.Whole))) == "" {
			t.Logf("shown again after %v and %d refusals", time.Since(began).Round(time.Millisecond), refused)
			return
		}
		if time.Since(began) > 2*recoverWithin {
			t.Fatalf("nothing is shown %v after it came back", 2*recoverWithin)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// testOwnDatabaseUnderLoad cuts our own database off at any moment while clients ask:
// what was disclosed has its event.
func testOwnDatabaseUnderLoad(t *testing.T, d *badDay) {
	wire := d.wires["service"]
	c := d.with(t, func(*resolvers.Options) {})
	var mu sync.Mutex
	var disclosed []string
	refused := 0
	ctx, stop := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	token := c.token(t, "gp", "")
	for client := range 4 {
		asking.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprintf("Client%dAsk%d", client, n)
				w := &ward{token: token}
				w.body, _ = json.Marshal(map[string]any{"query": strings.Replace(single, "query", "query "+name, 1), "variables": one(sample.Whole)})
				a := c.handle(w)
				mu.Lock()
				if strings.Contains(a, `"allergies"`) {
					disclosed = append(disclosed, name)
				} else if refused++; !strings.Contains(a, `"data":{"patient":null}`) || !strings.Contains(a, "_UNAVAILABLE") {
					t.Errorf("neither a record nor a refusal: %s", a)
				}
				mu.Unlock()
			}
		})
	}
	shown := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(disclosed)
	}
	for i := range 12 {
		before := shown()
		for end := time.Now().Add(time.Minute); shown() < before+10 && time.Now().Before(end); {
			wire.Up(t) // a cut may come late
			time.Sleep(time.Millisecond)
		}
		switch i % 3 {
		case 0:
			wire.CutBefore(1 + i%5)
		case 1:
			wire.CutAfter(1 + i%4)
		default:
			wire.Down()
		}
		time.Sleep(100 * time.Millisecond)
		wire.Up(t)
	}
	stop()
	asking.Wait()
	written := map[string]bool{}
	for _, line := range d.events(t) {
		written[line.Operation.Name] = written[line.Operation.Name] || line.Outcome == audit.Shown && line.Patient == sample.Whole
	}
	for _, name := range disclosed {
		if !written[name] {
			t.Errorf("%s disclosed without an event", name)
		}
	}
	if len(disclosed) < 100 || refused == 0 {
		t.Errorf("%d disclosed, %d refused", len(disclosed), refused)
	}
	d.comesBack(t)
	d.holds(t)
	t.Logf("%d disclosed, %d refused", len(disclosed), refused)
}

// holds fails the test where the trail does not hold, and gives how many events it has.
func (d *badDay) holds(t *testing.T) int64 {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.service.DSN(""))
	check(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	report, err := audit.Proof{}.Verify(t.Context(), conn, io.Discard)
	check(t, err)
	if !report.Holds() || report.Sequence != report.Events {
		t.Errorf("%+v", report)
	}
	return report.Events
}

// testTwoInstances has two servers, each with connections and a trail of its own, answer
// at once from one own database.
func testTwoInstances(t *testing.T, d *badDay) {
	before := d.holds(t)
	instances := []*care{d.with(t, func(*resolvers.Options) {}), d.with(t, func(o *resolvers.Options) {
		pool, err := consent.Open(t.Context(), d.service.DSN(""), consent.Prepare, audit.Prepare)
		check(t, err)
		t.Cleanup(pool.Close)
		far := consent.Default()
		far.StayAfterDays = 10_000
		trail, err := audit.Open(t.Context(), pool, audit.Options{AllowVolatile: true})
		check(t, err)
		t.Cleanup(func() { trail.Close(context.Background()) })
		o.Facts, o.Trail = fixedClock{consent.NewStore(pool, far)}, trail
	})}
	const clients, times, patients = 3, 20, 5
	var all sync.WaitGroup
	for i, c := range instances {
		w := c.round(t, strings.Replace(wardList(t), "WardList", fmt.Sprintf("Instance%d", i), 1), patients)
		for range clients {
			all.Go(func() {
				for range times {
					if _, err := w.ask(); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	all.Wait()
	if n, want := d.holds(t)-before, int64(len(instances)*clients*times*patients); n != want {
		t.Errorf("%d events, want %d", n, want)
	}
	lines := d.events(t)[before:]
	turns := 0
	for i, l := range lines {
		if l.Sequence != before+int64(i)+1 {
			t.Fatalf("event %d has the number %d", before+int64(i)+1, l.Sequence)
		}
		if i > 0 && l.Operation.Name != lines[i-1].Operation.Name {
			turns++
		}
	}
	if turns < times {
		t.Errorf("the instances took turns only %d times", turns)
	}
}
