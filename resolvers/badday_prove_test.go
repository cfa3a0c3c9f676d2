//go:build prove

package resolvers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/internal/load"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/internal/wiretest"
	"carerecord/resolvers"
)

// TestBadDays exposes the graph to failures while a ward list is read: sources and our own database go away, hang and
// come back, over real connections. Starting everything takes longer than most questions, so the cases share one setup.
func TestBadDays(t *testing.T) {
	wires := wired(t)
	patient := func(c *care) { // the machine may be busy, and then nothing is to time out
		for i := range c.options.Sources {
			c.options.Sources[i].Deadline = time.Minute
		}
	}
	d := &badDay{care: newCareOver(t, 8, append(crowd(inWard, 10), sample.Scenarios(now)...), patient), wires: wires}
	warm(t, d.care)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *badDay)
	}{
		{"each source goes away in turn", testSourcesGoAway},
		{"a source hangs", testSourceHangs},
		{"a network forgets its connections", testForgottenConnections},
		{"a source is down when the server starts", testDownAtStart},
		{"nobody who is not shown is read of", testNoReadOfWhoIsNotShown},
		{"our own database goes away", testOwnDatabase},
		{"our own database goes away under load", testOwnDatabaseUnderLoad},
		{"two instances write one trail", testTwoInstances},
	} {
		t.Run(test.name, func(t *testing.T) {
			d.reset(t)
			test.run(t, d)
		})
	}
}

// inWard is how many lie in the ward; ten of them have a record in every sector.
const inWard = 50

// A badDay is a care whose databases are all behind proxies.
type badDay struct {
	*care
	wires map[string]*wiretest.Proxy
}

// source is the place of a sector's source that knows the residents of the ward.
func (d *badDay) source(t *testing.T, sector record.Sector) int {
	t.Helper()
	most, at := 0, -1
	resident := sample.Scenarios(now)[0]
	for i, s := range d.options.Sources {
		n := len(resident.Rows[load.Source{Sector: s.Sector, ODS: string(s.Organisation.ODSCode)}])
		if s.Sector == sector && n > most {
			most, at = n, i
		}
	}
	if at < 0 {
		t.Fatalf("no source of %s knows the residents", sector)
	}
	return at
}

// wire is the proxy before a source.
func (d *badDay) wire(source int) *wiretest.Proxy { return d.wires[d.options.Sources[source].Name] }

// A ward is who asks for a list of residents over HTTP, again and again.
type ward struct {
	url, token string
	client     *http.Client
	body       []byte

	mu      sync.Mutex
	answers map[string]string // each body once
}

// round makes a ward that asks for the first n residents.
func (c *care) round(t *testing.T, query string, n int) *ward {
	t.Helper()
	server := httptest.NewServer(c.handler)
	t.Cleanup(server.Close)
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = string(numberOf(i))
	}
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"nhsNumbers": numbers}})
	check(t, err)
	client := server.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 100
	client.Timeout = time.Minute
	return &ward{url: server.URL, token: c.token(t, "gp", ""), client: client, body: body, answers: map[string]string{}}
}

// A reply is what came back and when it was asked for.
type reply struct {
	body         string
	asked, given time.Time
}

func (r reply) took() time.Duration { return r.given.Sub(r.asked) }

// ask asks once.
func (w *ward) ask() (reply, error) {
	r := reply{asked: time.Now()}
	request, err := http.NewRequest(http.MethodPost, w.url, bytes.NewReader(w.body))
	if err != nil {
		return r, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+w.token)
	response, err := w.client.Do(request)
	if err != nil {
		return r, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	r.given = time.Now()
	if err != nil || response.StatusCode != http.StatusOK {
		return r, fmt.Errorf("status %d: %w", response.StatusCode, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	text, known := w.answers[string(body)]
	if !known {
		text = string(body)
		w.answers[text] = text
	}
	r.body = text
	return r, nil
}

// handle answers a ward without a network in between.
func (c *care) handle(w *ward) string {
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(w.body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+w.token)
	answer := httptest.NewRecorder()
	c.handler.ServeHTTP(answer, r)
	return answer.Body.String()
}

// must asks once and fails the test where nothing comes back.
func (w *ward) must(t *testing.T) reply {
	t.Helper()
	r, err := w.ask()
	check(t, err)
	return r
}

// clients are several who ask until they are told to stop.
type clients struct {
	stop    context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	replies []reply
	err     error
}

// start lets n clients ask.
func (w *ward) start(t *testing.T, n int) *clients {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &clients{stop: cancel}
	for range n {
		c.running.Go(func() {
			for ctx.Err() == nil {
				r, err := w.ask()
				c.mu.Lock()
				c.replies, c.err = append(c.replies, r), errors.Join(c.err, err)
				c.mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	t.Cleanup(func() { c.end() })
	return c
}

// end waits for the last replies and gives them all.
func (c *clients) end() ([]reply, error) {
	c.stop()
	c.running.Wait()
	return c.replies, c.err
}

// until waits until n replies fit.
func (c *clients) until(t *testing.T, n int, fits func(reply) bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		c.mu.Lock()
		have, failed := 0, c.err
		for _, r := range c.replies {
			if fits(r) {
				have++
			}
		}
		c.mu.Unlock()
		if failed != nil {
			t.Fatal(failed)
		}
		if have >= n {
			return
		}
	}
	t.Fatal("no such answer came")
}

func askedAfter(at time.Time) func(reply) bool {
	return func(r reply) bool { return r.asked.After(at) }
}

// wardList is the contract's, with the organisations by which gaps are told apart.
func wardList(t *testing.T) string {
	t.Helper()
	query := operation(t, "ward-list")
	const gaps = "gaps { sector reason }"
	if strings.Count(query, gaps) != len(wardLists) {
		t.Fatalf("a ward list of other lists: %s", query)
	}
	return strings.ReplaceAll(query, gaps, "gaps { sector organisation { odsCode } reason }")
}

// wardLists are the lists of a ward list, how long their pages are, and who holds them.
var wardLists = []struct {
	path    []any
	page    int // 0 for one that is not paged
	sectors []record.Sector
}{
	{[]any{"allergies"}, 0, []record.Sector{record.Acute, record.GP, record.MentalHealth}},
	{[]any{"medications"}, 0, []record.Sector{record.Acute, record.GP, record.MentalHealth}},
	{[]any{"problems"}, 0, []record.Sector{record.Acute, record.GP, record.MentalHealth}},
	{[]any{"results"}, 5, []record.Sector{record.Acute, record.GP, record.MentalHealth}},
	{[]any{"acute", "stays"}, 1, []record.Sector{record.Acute}},
	{[]any{"socialCare", "services"}, 0, []record.Sector{record.SocialCare}},
}

// longest asks for the longest pages that there are.
var longest = strings.NewReplacer("first: 5", "first: 200", "first: 1)", "first: 200)")

// idsOf are the ids of all entries that a source has of the residents: what it gives
// where it is the only one.
func (d *badDay) idsOf(t *testing.T, source int) map[any]bool {
	t.Helper()
	alone := d.with(t, func(o *resolvers.Options) { o.Sources = o.Sources[source : source+1] })
	ids := map[any]bool{}
	for _, patient := range patientsOf(t, alone.round(t, longest.Replace(wardList(t)), inWard).must(t).body) {
		for _, l := range wardLists {
			for _, node := range at(t, patient, append(slices.Clone(l.path), "nodes")...).([]any) {
				ids[at(t, node, "id")] = true
			}
		}
	}
	return ids
}

// parsed is a body without errors.
func parsed(t *testing.T, body string) answer {
	t.Helper()
	var a answer
	check(t, json.Unmarshal([]byte(body), &a))
	if len(a.Errors) > 0 || a.Data == nil || strings.Contains(body, `"errors"`) {
		t.Fatalf("errors: %v", a.Errors)
	}
	return a
}

func patientsOf(t *testing.T, body string) (patients []any) {
	t.Helper()
	for _, entry := range at(t, parsed(t, body).Data, "patients").([]any) {
		if at(t, entry, "refusal") != nil {
			t.Fatalf("refused: %v", at(t, entry, "refusal"))
		}
		patients = append(patients, at(t, entry, "patient"))
	}
	return patients
}

// gapOf is the gap that a source leaves, as a list names it.
func gapOf(s resolvers.Source, reason record.GapReason) map[string]any {
	return map[string]any{"sector": string(s.Sector), "organisation": map[string]any{"odsCode": string(s.Organisation.ODSCode)}, "reason": string(reason)}
}

// noted checks that the extensions name one gap, and that one once.
func noted(t *testing.T, a answer, s resolvers.Source, reason record.GapReason) {
	t.Helper()
	want := map[string]any{"sector": string(s.Sector), "reason": string(reason),
		"organisation": map[string]any{"odsCode": string(s.Organisation.ODSCode), "name": s.Organisation.Name}}
	if got := a.Extensions.Gaps; len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(want) {
		t.Errorf("extensions.gaps %v, want %v", got, want)
	}
}

// lacks checks a ward list from which a source is missing against the ones in which
// nothing is: healthy as it is asked for, whole with the longest pages.
func lacks(t *testing.T, body, healthy, whole string, s resolvers.Source, ids map[any]bool, reason record.GapReason) {
	t.Helper()
	noted(t, parsed(t, body), s, reason)
	got, well, all := patientsOf(t, body), patientsOf(t, healthy), patientsOf(t, whole)
	missed := 0
	for i := range got {
		for _, l := range wardLists {
			have, want := at(t, got[i], l.path...).(map[string]any), maps.Clone(at(t, well[i], l.path...).(map[string]any))
			if slices.Contains(l.sectors, s.Sector) {
				left := slices.DeleteFunc(slices.Clone(at(t, all[i], append(slices.Clone(l.path), "nodes")...).([]any)), func(node any) bool { return ids[at(t, node, "id")] })
				missed += len(at(t, all[i], append(slices.Clone(l.path), "nodes")...).([]any)) - len(left)
				want["state"], want["complete"], want["gaps"] = "UNKNOWN", false, []any{gapOf(s, reason)}
				if len(left) > 0 {
					want["state"] = "RECORDED"
				}
				if l.page > 0 && len(left) > l.page {
					left = left[:l.page]
				}
				want["nodes"] = left
			}
			if have, want := text(t, have), text(t, want); have != want {
				t.Fatalf("%v of resident %d without %s:\n%s\nwant\n%s", l.path, i, s.Name, have, want)
			}
		}
		for _, own := range []string{"id", "name", "age"} {
			have, want := at(t, got[i], own), at(t, well[i], own)
			if s.Sector == record.Demographics && own != "id" {
				want = nil
				missed++
			}
			if text(t, have) != text(t, want) {
				t.Fatalf("%s of resident %d without %s: %v, want %v", own, i, s.Name, have, want)
			}
		}
	}
	if missed == 0 {
		t.Errorf("nothing of %s was to be missed", s.Name)
	}
}

func text(t *testing.T, value any) string {
	t.Helper()
	content, err := json.Marshal(value)
	check(t, err)
	return string(content)
}
