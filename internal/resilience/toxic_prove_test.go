//go:build prove

package resilience_test

import (
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"carerecord/datasources/socialcare"
	"carerecord/internal/fetch"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/internal/resilience"
	"carerecord/internal/wiretest"
)

func TestMain(m *testing.M) {
	zerolog.SetGlobalLevel(zerolog.Disabled) // some toxics have a log of their own
	pgtest.Main(m)
}

// A line is a source behind a proxy that spoils the connection.
type line struct {
	proxy *toxiproxy.Proxy
	reads fetch.Func[*fetch.Ask, fetch.Answer]
	asks  []*fetch.Ask
	want  resilience.Answers
	open  func(t *testing.T) (connections, active int) // as the source's own server counts them
	most  int                                          // connections
	rest  func()                                       // ends those that wait for a read; nil where they stay

	deadline time.Duration
	guarded  *resilience.Guarded
	seen     *events
}

const poolSize = 8

// guard begins anew with a source that has not been read.
func (l *line) guard(deadline time.Duration) {
	l.deadline, l.seen = deadline, &events{}
	l.guarded = resilience.Wrap(l.reads, resilience.Options{Deadline: deadline, Concurrency: 32, OpenFor: 100 * time.Millisecond, Observe: l.seen.saw})
}

// behind starts a proxy in front of an address.
func (l *line) behind(t *testing.T, address string) {
	t.Helper()
	l.proxy = toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop()),
		"source", "127.0.0.1:0", address)
	if err := l.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.proxy.Stop)
}

// newLine is a council's database. No two alerts are of one day: entries of a day come in any order.
func newLine(t *testing.T) *line {
	t.Helper()
	db := pgtest.New(t)
	db.Exec(t, socialcare.Views)
	db.Exec(t, `
		INSERT INTO alert (nhs_number, id, kind_system, kind_code, kind_display, note, since, status)
		SELECT '9990000018', 'alert-' || n, 'http://snomed.info/sct', '225915006', 'At risk of falls', repeat('Uses a frame indoors. ', 8), to_char(date '2026-01-01' + n, 'YYYY-MM-DD'), 'IN_PROGRESS'
		FROM generate_series(1, 100) n;
		INSERT INTO alert (nhs_number, id, kind_system, kind_code, kind_display, since, status)
		VALUES ('9990000026', 'one', 'http://snomed.info/sct', '225915006', 'At risk of falls', '2026', 'IN_PROGRESS')`)
	admin, role := db.Pool(t), db.Reader(t)
	l := &line{most: poolSize, open: func(t *testing.T) (connections, active int) {
		if err := admin.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE state = 'active') FROM pg_stat_activity WHERE usename = $1`, role).Scan(&connections, &active); err != nil {
			t.Fatal(err)
		}
		return connections, active
	}}
	wire := wiretest.NewTCP(t, db.DSN(role)) // the server is on a socket, which the proxy cannot reach
	address, err := url.Parse(wire.DSN())
	if err != nil {
		t.Fatal(err)
	}
	l.behind(t, address.Host)
	address.Host = l.proxy.Listen

	source, err := socialcare.Open(&record.Organisation{ODSCode: "X26", Name: "The Council"}, address.String(), record.NewIdentifier([]byte("a secret of the tests")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	l.reads = source.Read
	if err := source.Warm(reading(t)); err != nil {
		t.Fatal(err)
	}
	of := &fetch.Subjects{
		Patients: []record.NHSNumber{"9990000018", "9990000026"}, Numbers: []string{"9990000018", "9990000026"},
		AdultFrom: []string{"2000-01-01", "2000-01-01"}, Index: map[record.NHSNumber]int{"9990000018": 0, "9990000026": 1},
	}
	l.asks = []*fetch.Ask{{Kind: fetch.Alerts, Subjects: of}, {Kind: fetch.Needs, Subjects: of}}
	if l.want, err = source.Read(reading(t), l.asks); err != nil {
		t.Fatal(err)
	}
	rows := fetch.RowsOf[record.Alert](l.want[l.asks[0]])
	if rows.Count(0) != 100 || rows.Count(1) != 1 {
		t.Fatalf("%d and %d alerts", rows.Count(0), rows.Count(1))
	}
	return l
}

// poison adds a toxic to what the server says.
func (l *line) poison(t *testing.T, kind, attributes string) {
	t.Helper()
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(`{"type": %q, "attributes": %s}`, kind, attributes))); err != nil {
		t.Fatal(err)
	}
}

// tally is how the reads of a while ended.
type tally struct {
	mu       sync.Mutex
	took     []time.Duration
	answered int
	errors   map[string]int
}

// read reads once, and fails the test where the answer is neither right nor an error
// of a known kind within the deadline.
func (l *line) read(t *testing.T, y *tally) {
	began := time.Now()
	answers, err := l.guarded.Read(reading(t), l.asks)
	took := time.Since(began)
	y.mu.Lock()
	defer y.mu.Unlock()
	y.took = append(y.took, took)
	switch {
	case err == nil:
		if allRight(t, l.want, answers) {
			y.answered++
		} else {
			y.errors["in part"]++
		}
	case errors.Is(err, record.ErrTimeout):
		y.errors["timed out"]++
	case errors.Is(err, resilience.ErrOpen):
		y.errors["open"]++
	case errors.Is(err, resilience.ErrFull):
		y.errors["full"]++
	case errors.Is(err, record.ErrUnavailable):
		y.errors["unavailable"]++
	default:
		t.Errorf("an error of no known kind: %v", err)
	}
}

// callers are a dozen at once, for a while.
func (l *line) callers(t *testing.T, long time.Duration) *tally {
	t.Helper()
	y := &tally{errors: map[string]int{}}
	var all sync.WaitGroup
	for end, i := time.Now().Add(long), 0; i < 12; i++ {
		all.Go(func() {
			for time.Now().Before(end) {
				l.read(t, y)
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	all.Wait()
	slices.Sort(y.took)
	longest := y.took[len(y.took)-1]
	t.Logf("%d reads: %d right, %v; median %v, longest %v; %v", len(y.took), y.answered, y.errors, y.took[len(y.took)/2].Round(time.Microsecond), longest.Round(time.Millisecond), l.guarded.State().Breaker)
	if longest > l.deadline+slack {
		t.Errorf("a read took %v", longest)
	}
	return y
}

// recovers waits until twenty reads in a row are answered.
func (l *line) recovers(t *testing.T) {
	t.Helper()
	began := time.Now()
	y := &tally{errors: map[string]int{}}
	for row := 0; row < 20; {
		before := y.answered
		l.read(t, y)
		if row++; y.answered == before {
			row = 0
			time.Sleep(10 * time.Millisecond)
		}
		if time.Since(began) > 10*time.Second {
			t.Fatalf("not whole again after %v: %v, %+v", time.Since(began), y.errors, l.guarded.State())
		}
	}
	t.Logf("whole again after %v", time.Since(began).Round(time.Millisecond))
}

// settles waits until nothing is under way any more, here or at the server.
func (l *line) settles(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		connections, active := l.open(t)
		if l.guarded.State().InFlight == 0 && connections <= l.most && active == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d reads under way, %d connections, %d of them active", l.guarded.State().InFlight, connections, active)
		}
	}
}

func TestPostgreSQLOnABadLine(t *testing.T) { newLine(t).isBad(t) }

func TestFHIROnABadLine(t *testing.T) { newFHIRLine(t).isBad(t) }

// newFHIRLine is a practice's GP Connect endpoint.
func newFHIRLine(t *testing.T) *line {
	t.Helper()
	p := newPractice(t)
	l := &line{most: practiceConnections, open: func(*testing.T) (connections, active int) { return p.connections() }}
	l.behind(t, p.address)
	source, rest := p.source(t, l.proxy.Listen)
	l.reads, l.asks, l.rest = source.Read, asksOfTwo, rest
	var err error
	if l.want, err = l.reads(reading(t), l.asks); err != nil {
		t.Fatal(err)
	}
	if rows := fetch.RowsOf[record.Allergy](l.want[l.asks[0]]); rows.Count(0) != practiceAllergies || rows.Count(1) != practiceAllergies {
		t.Fatalf("%d and %d allergies", rows.Count(0), rows.Count(1))
	}
	return l
}

// isBad puts the line through every way in which it can be bad.
func (l *line) isBad(t *testing.T) {
	before := l.goroutines()
	const short, long = 300 * time.Millisecond, 3 * time.Second
	for _, test := range []struct {
		name             string
		toxic, with      string
		deadline         time.Duration
		allRight, noneIs bool
	}{
		{"latency within the deadline", "latency", `{"latency": 40, "jitter": 20}`, long, true, false},
		{"latency beyond it", "latency", `{"latency": 2000}`, short, false, true},
		{"black hole", "timeout", `{"timeout": 0}`, short, false, true},
		{"cut after a moment", "timeout", `{"timeout": 50}`, short, false, true},
		{"reset", "reset_peer", `{"timeout": 0}`, short, false, true},
		{"reset after a moment", "reset_peer", `{"timeout": 50}`, short, false, false},
		{"slow close", "slow_close", `{"delay": 1000}`, long, true, false},
		{"in small pieces", "slicer", `{"average_size": 256, "size_variation": 128, "delay": 10}`, long, true, false},
		{"trickle", "slicer", `{"average_size": 64, "size_variation": 32, "delay": 20000}`, short, false, true},
		{"narrow", "bandwidth", `{"rate": 4}`, short, false, true},
		{"ends in the middle of an answer", "limit_data", `{"bytes": 1500}`, short, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			l.guard(test.deadline)
			l.poison(t, test.toxic, test.with)
			y := l.callers(t, time.Second)
			if test.allRight && y.answered != len(y.took) || test.noneIs && y.answered != 0 {
				t.Errorf("%d of %d reads right", y.answered, len(y.took))
			}
			if test.noneIs && l.seen.of(resilience.Opened) == 0 {
				t.Errorf("it was never left alone: %v", l.seen.count)
			}
			l.proxy.Toxics.ResetToxics(t.Context())
			l.recovers(t)
			l.settles(t)
		})
	}
	t.Run("it flaps", l.flaps)
	after := l.goroutines()
	for end := time.Now().Add(10 * time.Second); after > before && time.Now().Before(end); after = l.goroutines() {
		time.Sleep(10 * time.Millisecond)
	}
	if t.Logf("%d goroutines before, %d after", before, after); after > before {
		t.Error("some are left")
	}
}

// goroutines are how many there are when nothing is read, but for the proxy's own: it
// forgets some of a link that was cut.
func (l *line) goroutines() (n int) {
	if l.rest != nil {
		l.rest()
		time.Sleep(50 * time.Millisecond) // for both ends to notice
	}
	all := make([]byte, 4<<20)
	for stack := range strings.SplitSeq(string(all[:runtime.Stack(all, true)]), "\n\n") {
		if !strings.Contains(stack, "Shopify/toxiproxy") {
			n++
		}
	}
	return n
}

func (l *line) flaps(t *testing.T) {
	l.guard(time.Second)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(700 * time.Millisecond):
			}
			l.proxy.Stop()
			time.Sleep(300 * time.Millisecond)
			if err := l.proxy.Start(); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	y := l.callers(t, 4*time.Second)
	close(stop)
	<-stopped
	if retries := l.seen.of(resilience.Retried); y.answered == 0 || y.answered == len(y.took) || retries > len(y.took)/10+10 {
		t.Errorf("%d of %d right, %v", y.answered, len(y.took), l.seen.count)
	}
	t.Logf("%v", l.seen.count)
	l.recovers(t)
	l.settles(t)
}
