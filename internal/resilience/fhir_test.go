package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
	"carerecord/internal/resilience"
)

func reading(t *testing.T) context.Context { return fetch.WithTerms(t.Context(), terms()) }

// terms are made once: the list of what is never shown is long.
var terms = sync.OnceValue(func() *fetch.Terms {
	f := exclusion.Default().For("TREAT")
	return &fetch.Terms{
		ExcludedCodes: f.Codes(), ExcludedWords: f.Pattern(), ExcludedStems: f.Stems(), Specialties: f.Specialties(),
		Now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
	}
})

// A practice is a GP Connect endpoint that holds two patients.
type practice struct {
	address string
	hangs   atomic.Bool // it answers nobody, for ever

	mu    sync.Mutex
	conns map[net.Conn]http.ConnState
}

var (
	ofTwo = &fetch.Subjects{
		Patients: []record.NHSNumber{"9990000018", "9990000026"}, Numbers: []string{"9990000018", "9990000026"},
		AdultFrom: []string{"2000-01-01", "2000-01-01"}, Index: map[record.NHSNumber]int{"9990000018": 0, "9990000026": 1},
	}
	asksOfTwo = []*fetch.Ask{{Kind: fetch.Allergies, Subjects: ofTwo}, {Kind: fetch.Notes, Subjects: ofTwo}}
)

const (
	practiceConnections = 8
	practiceAllergies   = 40
)

func newPractice(t *testing.T) *practice {
	t.Helper()
	p := &practice{conns: map[net.Conn]http.ConnState{}}
	server := httptest.NewUnstartedServer(p)
	server.Config.ConnState = p.notes
	server.Start()
	t.Cleanup(server.Close)
	p.address = server.Listener.Addr().String()
	return p
}

func (p *practice) notes(c net.Conn, state http.ConnState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = state
	if state == http.StateClosed {
		delete(p.conns, c)
	}
}

// connections are those that are open, and those of them on which an answer is due.
func (p *practice) connections() (open, active int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, state := range p.conns {
		if state == http.StateActive {
			active++
		}
	}
	return len(p.conns), active
}

// source reads the practice by an address that leads to it. rest ends the connections
// that wait for a request.
func (p *practice) source(t *testing.T, address string) (s *gpconnect.Source, rest func()) {
	t.Helper()
	client, err := fhir.NewClient("http://"+address+"/fhir", fhir.Options{Version: "3.0", MaxConns: practiceConnections})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	org := &record.Organisation{ODSCode: "F83001", Name: "The Practice"}
	return gpconnect.Open(org, client, record.NewIdentifier([]byte("a secret of the tests")), gpconnect.Options{}), client.Close
}

func (p *practice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has gone
	}
	if p.hangs.Load() {
		<-r.Context().Done()
		return
	}
	for _, patient := range []string{"9990000018", "9990000026"} {
		if strings.Contains(string(body), patient) {
			w.Header().Set("Content-Type", "application/fhir+json")
			io.WriteString(w, structured(patient))
		}
	}
}

// structured is a record with allergies only.
func structured(patient string) string {
	var b strings.Builder
	b.WriteString(`{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + patient + `"}]}}`)
	for _, list := range []string{"886921000000105", "1103671000000101", "717711000000103"} {
		b.WriteString(`,{"resource":{"resourceType":"List","status":"current","mode":"snapshot","code":{"coding":[{"system":"http://snomed.info/sct","code":"` + list + `"}]},"subject":{"reference":"Patient/p"}}}`)
	}
	for i := range practiceAllergies {
		fmt.Fprintf(&b, `,{"resource":{"resourceType":"AllergyIntolerance","id":"a%d","patient":{"reference":"Patient/p"},"clinicalStatus":"active","verificationStatus":"confirmed","code":{"text":"Nut number %d of %s"},"assertedDate":"2020-01-01","note":[{"text":"%s"}]}}`,
			i, i, patient[8:], strings.Repeat("Read and noted here. ", 10))
	}
	b.WriteString("]}")
	return b.String()
}

// allRight fails the test where an answer is neither right nor said to be missing, and
// reports whether it is right as a whole.
func allRight(t *testing.T, want, got resilience.Answers) bool {
	t.Helper()
	whole := true
	for ask, w := range want {
		g, there := got[ask]
		for i := range ask.Subjects.Patients {
			if g.Errs != nil && g.Errs[i] != nil {
				whole = false
				continue
			}
			if diff := cmp.Diff(rowsOf(w, i), rowsOf(g, i)); !there || g.Err != nil || diff != "" {
				t.Errorf("an answer that is not right, %v:\n%s", g.Err, diff)
			}
		}
	}
	return whole
}

// rowsOf are the entries of a subject, of the kinds that these tests ask for.
func rowsOf(a fetch.Answer, i int) any {
	switch rows := a.Rows.(type) {
	case *fetch.Rows[record.Allergy]:
		return rows.Of(i)
	case *fetch.Rows[record.Alert]:
		return rows.Of(i)
	case *fetch.Rows[record.Need]:
		return rows.Of(i)
	case *fetch.Rows[record.ListNote]:
		return rows.Of(i)
	}
	return a.Rows
}

// One practice hangs for ever: who reads another practice waits for none of its reads, and a thousand of them leave nothing behind
// and end at their deadline each.
func TestAFHIRSourceThatHangsForEver(t *testing.T) {
	hung, well := newPractice(t), newPractice(t)
	const deadline, reads, callers = 300 * time.Millisecond, 1000, 100
	seen, others := &events{}, &events{}
	source, rest := hung.source(t, hung.address)
	wellSource, restWell := well.source(t, well.address)
	bare := fetch.Within(deadline, source.Read) // with nobody to turn reads away
	guarded := resilience.Wrap(source.Read, resilience.Options{Deadline: deadline, OpenFor: time.Millisecond, Observe: seen.saw})
	other := resilience.Wrap(wellSource.Read, resilience.Options{Deadline: time.Minute, Observe: others.saw})
	want, err := other.Read(reading(t), asksOfTwo)
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, other, want, 50)
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		restWell() // how many connections it has is chance
		if open, _ := well.connections(); open == 0 || time.Now().After(end) {
			break
		}
	}
	before := runtime.NumGoroutine()
	hung.hangs.Store(true)

	held, release := context.WithCancel(reading(t))
	patient := resilience.Wrap(source.Read, resilience.Options{Deadline: time.Hour, Concurrency: callers})
	var holding sync.WaitGroup
	for range callers {
		holding.Go(func() { _, _ = patient.Read(held, asksOfTwo) })
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, active := hung.connections(); active == practiceConnections || time.Now().After(end) {
			break
		}
	}
	readAll(t, other, want, 50) // it comes to its end, so it waits for none of those, which have none
	if n := patient.State().InFlight; n != callers {
		t.Errorf("%d of %d reads were under way beside it", n, callers)
	}
	release()
	holding.Wait()

	var all sync.WaitGroup
	ended := make(chan struct{})
	for i := range callers {
		all.Go(func() {
			for range reads / callers {
				read := bare
				if i%10 == 0 {
					read = guarded.Read
				}
				began := time.Now()
				_, err := read(reading(t), asksOfTwo)
				if took := time.Since(began); !errors.Is(err, record.ErrTimeout) && !errors.Is(err, record.ErrUnavailable) || took > deadline+slack {
					t.Errorf("%v after %v", err, took)
				}
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	go func() { all.Wait(); close(ended) }()
	readAll(t, other, want, 50)
	<-ended
	t.Logf("%d timed out or were turned away at once (%v)", reads, seen.count)
	if len(others.count) > 0 || other.State().InFlight != 0 {
		t.Errorf("the other: %v, %+v", others.count, other.State())
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		rest() // one that was dialled for a reader who had left waits for the next
		restWell()
		open, active := hung.connections()
		after := runtime.NumGoroutine()
		if guarded.State().InFlight == 0 && active == 0 && open == 0 && after <= before {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d reads under way, %d connections, %d active; %d goroutines before, %d after", guarded.State().InFlight, open, active, before, after)
		}
	}
	hung.hangs.Store(false)
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		answers, err := guarded.Read(reading(t), asksOfTwo)
		if err == nil && allRight(t, want, answers) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("it answers again, and is not read: %v, %+v", err, guarded.State())
		}
	}
}

// readAll reads so many times, one after the other, and gives the median.
func readAll(t *testing.T, g *resilience.Guarded, want resilience.Answers, reads int) time.Duration {
	t.Helper()
	took := make([]time.Duration, reads)
	for i := range took {
		began := time.Now()
		answers, err := g.Read(reading(t), asksOfTwo)
		took[i] = time.Since(began)
		if err != nil || !allRight(t, want, answers) {
			t.Fatalf("%v", err)
		}
	}
	slices.Sort(took)
	return took[reads/2]
}

// slack is for a machine that has other work; the tests on a clock of their own allow
// none.
const slack = 20 * time.Second
