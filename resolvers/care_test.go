package resolvers_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/datasources/acute"
	"carerecord/datasources/demographics"
	"carerecord/datasources/gp"
	"carerecord/datasources/mentalhealth"
	"carerecord/datasources/socialcare"
	"carerecord/datasources/view"
	"carerecord/graph"
	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/auth/authtest"
	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/load"
	"carerecord/internal/organisation"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/internal/store"
	"carerecord/internal/transport"
	"carerecord/migrations"
	"carerecord/resolvers"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(300) // otherwise an eighth of the time goes to it
	pgtest.Main(m)
}

// TestCare asks for the residents of the scenarios. Starting every source takes longer than all the questions, so they
// share one set.
func TestCare(t *testing.T) {
	t.Parallel()
	wires := wired(t)
	c := newCareOver(t, 1, sample.Scenarios(now)) // on each connection every statement is planned once
	for _, test := range []struct {
		name string
		run  func(*testing.T, *care)
	}{
		{"answers", testAnswers},
		{"who is shown", testShown},
		{"rights", testRights},
		{"documents", testDocuments},
		{"pages", testLongList},
		{"plan", testWholeSchema},
		{"over FHIR", testFHIR}, // before anybody objects
		{"trail", testTrail},
		{"duties", testDuties},
		{"as if they had never been", testNeverBeen}, // it takes rows away
		{"found by the second look alone", testSecondLook},
		{"round trips", func(t *testing.T, c *care) { testRoundTrips(t, c, wires) }}, // it brings five hundred people
	} {
		t.Run(test.name, func(t *testing.T) {
			c.reset(t)
			test.run(t, c)
		})
	}
}

// now is the moment at which every test asks: answers hold no other date.
var now = time.Date(2026, 6, 15, 10, 30, 0, 0, time.UTC)

// A care is the whole of it: every source a database of its own, the service's own
// database, and the graph over HTTP.
type care struct {
	t       testing.TB
	service *pgtest.Database
	pool    *pgxpool.Pool
	dbs     map[load.Source]*pgtest.Database
	owners  map[load.Source]*pgxpool.Pool // of the tables of the sources
	facts   *consent.Store
	sources []resolvers.Source
	options resolvers.Options
	issuer  *authtest.Issuer
	handler http.Handler
	limits  transport.Limits
	use     []graphql.HandlerExtension // beside those of the service
	stock   http.Handler               // the same where gqlgen's own executor writes every answer
	// trusting is the same where one text is trusted and nothing else is answered.
	trusting func(text string) http.Handler
	warm     []func(context.Context) error // every connection of a source, told what is never shown

	mu     sync.Mutex
	down   map[string]error // by source name
	reads  map[string]int   // how often a source was read for anybody
	since  int              // how often that was asked: reads of requests from before it do not count
	alarms []resolvers.Alarm
}

// reset makes a care new for another test.
func (c *care) reset(t *testing.T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t, c.down, c.reads, c.alarms = t, map[string]error{}, map[string]int{}, nil
}

// with is the same sources under other options.
func (c *care) with(t *testing.T, change func(*resolvers.Options)) *care {
	other := &care{t: t, service: c.service, pool: c.pool, dbs: c.dbs, owners: c.owners, facts: c.facts, warm: c.warm, issuer: c.issuer, options: c.options, down: map[string]error{}, reads: map[string]int{}}
	other.options.Sources = slices.Clone(c.options.Sources)
	for i := range other.options.Sources {
		s := &other.options.Sources[i]
		s.Read = other.counted(s.Name, s.Read)
	}
	other.options.Observe = other.observe
	change(&other.options)
	other.serve()
	return other
}

// observe keeps the alarms.
func (c *care) observe(_ context.Context, o resolvers.Observation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o.Err != nil && testing.Verbose() {
		c.t.Logf("%s %s: %v", o.Source, o.Alarm, o.Err)
	}
	if o.Alarm != "" {
		c.alarms = append(c.alarms, o.Alarm)
	}
}

// quiet fails the test where an alarm was raised.
func (c *care) quiet(t testing.TB) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.alarms) > 0 {
		t.Errorf("alarms: %v", c.alarms)
	}
	c.alarms = nil
}

// alarmed fails the test where other alarms than these were raised, in any order and
// however often each.
func (c *care) alarmed(t testing.TB, want ...resolvers.Alarm) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	got := slices.Compact(slices.Sorted(slices.Values(c.alarms)))
	if !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("alarms %v, want %v", got, want)
	}
	c.alarms = nil
}

// read is how often any source was read since it was last asked.
func (c *care) read() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, reads := range c.reads {
		n += reads
	}
	clear(c.reads)
	c.since++
	return n
}

// sinceKey is under which a request carries since when it is counted: what it began and nobody waits for may be read when
// it is over.
type sinceKey struct{}

func (c *care) counting(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		since := c.since
		c.mu.Unlock()
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), sinceKey{}, since)))
	})
}

// readFor is how often sources were read for somebody who was answered so, but for the question to demographics whether
// it restricts them, where another answer would tell that there is such a person.
func (c *care) readFor(code string) int {
	if code == "RECORD_WITHHELD" || code == "CONSENT_UNAVAILABLE" {
		return c.readRecords()
	}
	return c.read()
}

// readRecords is how often sources were read since the last time, but for demographics,
// which is asked of every patient who is shown whether it restricts them.
func (c *care) readRecords() int {
	c.mu.Lock()
	for name := range c.reads {
		if strings.HasPrefix(name, "DEMOGRAPHICS/") {
			delete(c.reads, name)
		}
	}
	c.mu.Unlock()
	return c.read()
}

// clocked is an issuer whose tokens are of the moment of the tests.
func clocked(t testing.TB) *authtest.Issuer {
	issuer := authtest.New(t)
	issuer.Now = func() time.Time { return now }
	return issuer
}

// views are the source views by sector, and how a source of it is opened.
var views = map[record.Sector]struct {
	sql  string
	open func(*record.Organisation, string, *record.Identifier) (*view.Source, error)
}{
	record.Demographics: {demographics.Views, demographics.Open},
	record.Acute:        {acute.Views, acute.Open},
	record.GP:           {gp.Views, gp.Open},
	record.MentalHealth: {mentalhealth.Views, mentalhealth.Open},
	record.SocialCare:   {socialcare.Views, socialcare.Open},
}

// through is the way to a database: straight, unless a test counts what goes there.
var through = func(_ testing.TB, _, dsn string) string { return dsn }

// newCare brings up sources with people in them. Each has few connections, since one takes
// PostgreSQL a tenth of a second to prepare and most tests ask little at once.
func newCare(t testing.TB, people []load.Person, changes ...func(*care)) *care {
	t.Helper()
	return newCareOver(t, usualConnections, people, changes...)
}

// connectionsOf is the end of a source's DSN.
func connectionsOf(n int) string { return fmt.Sprintf("&pool_max_conns=%d", n) }

const usualConnections = 2

// newCareOver is newCare with so many connections to each source.
func newCareOver(t testing.TB, connections int, people []load.Person, changes ...func(*care)) *care {
	t.Helper()
	c := &care{t: t, owners: map[load.Source]*pgxpool.Pool{}, dbs: map[load.Source]*pgtest.Database{}, down: map[string]error{}, reads: map[string]int{}, issuer: clocked(t)}
	c.service = pgtest.Template(t, "service", func(dsn string) error {
		conn, err := pgx.Connect(context.Background(), dsn)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		return migrations.Apply(context.Background(), conn)
	})
	pool, err := consent.Open(t.Context(), through(t, "service", c.service.DSN("")), consent.Prepare, audit.Prepare)
	check(t, err)
	t.Cleanup(pool.Close)
	c.pool = pool
	// The database leaves out relationships that are long past by its own clock; the
	// tests have another, so the store is to look far back. The decision is not.
	far := consent.Default()
	far.StayAfterDays = 10_000
	facts := consent.NewStore(pool, far)
	trail, err := audit.Open(t.Context(), pool, audit.Options{AllowVolatile: true, Timeout: time.Minute})
	check(t, err)
	t.Cleanup(func() { trail.Close(context.Background()) })
	identifier := record.NewIdentifier([]byte("a secret of the tests"))
	for _, source := range load.Sources() {
		v := views[source.Sector]
		db := pgtest.Template(t, strings.ToLower(string(source.Sector)), func(dsn string) error {
			conn, err := pgx.Connect(context.Background(), dsn)
			if err != nil {
				return err
			}
			defer conn.Close(context.Background())
			_, err = conn.Exec(context.Background(), v.sql)
			return err
		})
		c.dbs[source] = db
		c.owners[source] = db.Pool(t)
		org := &record.Organisation{ODSCode: record.Text(source.ODS), Name: load.OrganisationName(source.ODS)}
		s, err := v.open(org, through(t, string(source.Sector)+"/"+source.ODS, db.DSN(db.Reader(t))+connectionsOf(connections)), identifier)
		check(t, err)
		t.Cleanup(s.Close)
		check(t, s.Warm(t.Context()))
		c.warm = append(c.warm, s.Warm)
		for kind, err := range s.Broken() {
			t.Errorf("%s: %s: %v", s.Name(), kind, err)
		}
		c.sources = append(c.sources, resolvers.Source{
			Name: s.Name(), Sector: s.Sector, Organisation: org, Kind: record.SourceSQL, Kinds: s.Kinds(), Read: c.counted(s.Name(), s.Read), Deadline: time.Minute,
		})
	}
	c.options = resolvers.Options{
		Sources: c.sources, Facts: fixedClock{facts}, Trail: trail, Register: store.Over(pool, facts, trail), Policy: consent.Default(), Directory: organisation.Default(),
		Exclusions: exclusion.Default(), Identifier: identifier, CursorKey: []byte("a cursor key of the tests"),
		Observe: c.observe,
		Now:     func() time.Time { return now },
		Kept:    transport.Kept,
		Digest:  transport.Digest,
	}
	c.facts = facts
	c.load(t, people)
	for _, change := range changes {
		change(c)
	}
	c.serve()
	return c
}

// load writes people whom no source knows yet.
func (c *care) load(t testing.TB, people []load.Person) {
	t.Helper()
	writer := load.NewWriter(c.owners, c.facts)
	writer.Fresh = true
	refused, err := writer.Write(t.Context(), people)
	check(t, err)
	if len(refused) > 0 {
		t.Fatalf("people were refused: %v", refused)
	}
}

func (c *care) serve() {
	root := resolvers.New(c.options)
	schema := root.Schema()
	verifier := c.issuer.Verifier()
	options := func(use ...graphql.HandlerExtension) transport.Options {
		use = append(use, c.use...)
		return transport.Options{
			Begin: root.Begin, Check: root.Check, Extensions: root.Extensions, ErrorPresenter: root.Present, Limits: c.limits, Use: use,
			OnInternal: func(_ context.Context, err error) { c.t.Errorf("internal: %v", err) },
		}
	}
	serve := func(schema graphql.ExecutableSchema, options transport.Options) http.Handler {
		return c.counting(auth.Require(verifier, transport.New(schema, options), func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusUnauthorized)
		}))
	}
	writer := graph.NewWriter(schema, transport.Kept)
	compiled := options(writer)
	compiled.Release = graph.Release
	c.handler, c.stock = serve(graph.Pooled(schema), compiled), serve(schema, options())
	var mu sync.Mutex
	trusting := map[string]http.Handler{}
	c.trusting = func(text string) http.Handler {
		mu.Lock()
		defer mu.Unlock()
		if trusting[text] == nil {
			only := compiled
			only.OnlyTrusted, only.Trusted = true, transport.NewTrusted(schema.Schema(), only)
			only.Begin = func(ctx context.Context) context.Context {
				ctx = root.Begin(ctx)
				resolvers.OfDocument(ctx, trustedName, trustedApp)
				return ctx
			}
			p, err := only.Trusted.Prepare(transport.TrustedDocument{IDs: []string{documentID(text)}, Name: trustedName, App: trustedApp, Text: text, Plan: graph.Plan})
			check(c.t, err)
			check(c.t, only.Trusted.Add(p))
			trusting[text] = serve(graph.Pooled(schema), only)
		}
		return trusting[text]
	}
}

// What the trusted documents of the tests are called.
const trustedName, trustedApp = "of-the-tests", "tests"

// documentID is the id of a trusted document.
func documentID(text string) string {
	digest := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(digest[:])
}

// counted counts a source's reads and fails those of one that is down.
func (c *care) counted(name string, read fetch.Func[*fetch.Ask, fetch.Answer]) fetch.Func[*fetch.Ask, fetch.Answer] {
	return func(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
		c.mu.Lock()
		if since, ok := ctx.Value(sinceKey{}).(int); !ok || since == c.since {
			c.reads[name]++
		}
		err := c.down[name]
		c.mu.Unlock()
		if err != nil {
			return nil, err
		}
		return read(ctx, asks)
	}
}

// fixedClock answers as if the service's database had the clock of the tests.
type fixedClock struct{ *consent.Store }

func (f fixedClock) Facts(ctx context.Context, p auth.Principal, lineage []string, numbers []record.NHSNumber) (map[record.NHSNumber]consent.Facts, error) {
	facts, err := f.Store.Facts(ctx, p, lineage, numbers)
	for number, fact := range facts {
		fact.ReadAt = now
		facts[number] = fact
	}
	return facts, err
}

// answer is what came back over HTTP.
type answer struct {
	Status     int
	Body       []byte
	Data       map[string]any   `json:"data"`
	Errors     []map[string]any `json:"errors"`
	Extensions struct {
		Gaps       []map[string]any `json:"gaps"`
		BreakGlass []map[string]any `json:"breakGlass"`
	} `json:"extensions"`
}

// ask sends a query as a persona of an organisation; "" for the persona's own.
func (c *care) ask(t testing.TB, persona, org, query string, variables any) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	check(t, err)
	return c.post(t, c.token(t, persona, org), body)
}

// post sends a body as it is.
func (c *care) post(t testing.TB, token string, body []byte) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	a := answer{Status: w.Code, Body: w.Body.Bytes()}
	if err := json.Unmarshal(a.Body, &a); err != nil {
		t.Fatalf("%d %s: %v", a.Status, a.Body, err)
	}
	return a
}

func (c *care) token(t testing.TB, persona, org string) string {
	t.Helper()
	p, err := auth.FindPersona(persona)
	check(t, err)
	if org == "" {
		org = p.Org
	}
	return c.issuer.Token(map[string]any{"sub": "test-" + persona, "name": p.Staff, "org": org, "role": string(p.Role), "purpose": string(p.Purpose)})
}

// at follows keys and indices into an answer.
func at(t testing.TB, value any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := value.(map[string]any)
			if !ok {
				t.Fatalf("no %q in %v", step, value)
			}
			value = m[step]
		case int:
			l, ok := value.([]any)
			if !ok || step >= len(l) {
				t.Fatalf("no %d in %v", step, value)
			}
			value = l[step]
		}
	}
	return value
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
