package resolvers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/datasources/gpconnect"
	"carerecord/datasources/interweave"
	"carerecord/datasources/pds"
	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
	"carerecord/internal/load"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/internal/transport"
	"carerecord/resolvers"
)

// testFHIR gives the residents of the scenarios another set of sources, over FHIR, and asks
// both the same.
func testFHIR(t *testing.T, c *care) {
	w := newWorlds(t, c, sample.Scenarios(now))
	t.Run("what is never shown is there", func(t *testing.T) { w.holdsHidden(t) })
	t.Run("the same record", func(t *testing.T) { w.same(t, differences) })
	t.Run("both in one request", func(t *testing.T) { w.mixed(t) })
}

// hiddenWords are in what is never shown of the resident Sensitive and in nothing else.
var hiddenWords = append([]string{"Atorvastatin 10mg", "Folic acid"}, sensitiveWords...)

// holdsHidden: the sources hold what they must not show, so that it is missing in the
// answers because it was taken out.
func (w *worlds) holdsHidden(t *testing.T) {
	said := map[record.NHSNumber]string{}
	for _, source := range load.Sources() {
		for i := range w.people {
			data, err := fhirtest.Record(source, &w.people[i])
			check(t, err)
			documents, err := fhirtest.Documents(source, &w.people[i])
			check(t, err)
			said[w.people[i].Number] += string(source.Sector) + string(data) + string(documents)
		}
	}
	for number, texts := range map[record.NHSNumber][]string{
		sample.Sensitive:  append([]string{`"code":"R"`}, hiddenWords...),
		sample.Child:      {"SOCIAL_CARE", "Harbour Short Breaks", "Child and family assessment"},
		sample.GrownUp:    {"Child and family assessment", "764161000000107"},
		sample.WithChild:  {"Tabitha Housego", "Jonah Housego"},
		sample.Restricted: {`"code":"R","display":"restricted"`},
		sample.OptedOut:   {"GP", "ACUTE"},
	} {
		for _, text := range texts {
			if !strings.Contains(said[number], text) {
				t.Errorf("no source holds %q of ...%s", text, number[6:])
			}
		}
	}
}

// worlds are the same residents over SQL and over FHIR.
type worlds struct {
	sql, fhir *care
	people    []load.Person
	mu        sync.Mutex
	events    map[string]int // what the adapters noticed
	servers   map[load.Source]*fhirtest.Server
}

// unlimited lets every query through, whatever it costs.
var unlimited = transport.Limits{Tokens: 1e6, Aliases: 1e6, Fields: 1e6, Spreads: 1e6, Fragments: 1e6, Directives: 1e6, RootFields: 1e6, Depth: 100, Lists: 100, Repeats: 1e6, Cost: 1e9}

// newWorlds makes them of what holds the people over SQL.
func newWorlds(t *testing.T, c *care, people []load.Person) *worlds {
	t.Helper()
	w := &worlds{sql: c.with(t, func(*resolvers.Options) {}), people: people, events: map[string]int{}, servers: map[load.Source]*fhirtest.Server{}}
	w.sql.limits = unlimited
	w.sql.serve()
	var sources []resolvers.Source
	for i, source := range load.Sources() {
		sources = append(sources, w.source(t, w.sql.options.Sources[i], source, w.served(t, source)))
	}
	w.fhir = w.sql.with(t, func(o *resolvers.Options) { o.Sources = sources })
	w.fhir.limits = unlimited
	w.fhir.serve()
	return w
}

// An endpoint is how a source is reached: its records, and its documents where they stand
// elsewhere.
type endpoint struct{ at, documents fhir.Fetcher }

// served writes what a source holds and serves it over HTTP.
func (w *worlds) served(t *testing.T, source load.Source) endpoint {
	version := map[bool]string{true: "3.0", false: "4.0"}[source.Sector == record.GP]
	client := func(write func(load.Source, *load.Person) ([]byte, error)) (*fhirtest.Server, *fhir.Client) {
		records := map[record.NHSNumber][]byte{}
		for i := range w.people {
			data, err := write(source, &w.people[i])
			check(t, err)
			if data != nil {
				records[w.people[i].Number] = data
			}
		}
		server, err := fhirtest.NewServer(records)
		check(t, err)
		s := httptest.NewServer(server)
		t.Cleanup(s.Close)
		c, err := fhir.NewClient(s.URL, fhir.Options{Version: version})
		check(t, err)
		t.Cleanup(c.Close)
		return server, c
	}
	var e endpoint
	w.servers[source], e.at = client(fhirtest.Record)
	if source.Sector == record.GP {
		_, e.documents = client(fhirtest.Documents)
	}
	return e
}

// source is a source over FHIR in the place of one over SQL. A practice system stands for
// all its practices, as it does over SQL, so that ids and pages are the same.
func (w *worlds) source(t *testing.T, over resolvers.Source, source load.Source, e endpoint) resolvers.Source {
	org, ids := over.Organisation, w.sql.options.Identifier
	var read fetch.Func[*fetch.Ask, fetch.Answer]
	var kinds []fetch.Kind
	o := fhir.SourceOptions{Observe: w.observe}
	switch source.Sector {
	case record.Demographics:
		s := pds.Open(org, e.at, ids, o)
		read, kinds = s.Read, s.Kinds()
	case record.GP:
		s := gpconnect.Open(org, e.at, ids, gpconnect.Options{Documents: e.documents, SourceOptions: o})
		read, kinds = s.Read, s.Kinds()
	case record.SocialCare:
		s := interweave.Open(org, e.at, ids, o)
		read, kinds = s.Read, s.Kinds()
	default: // every second trust takes batches
		s := ukcore.Open(source.Sector, org, e.at, ids, ukcore.Options{Batch: len(source.ODS)%2 == 1, SourceOptions: o})
		read, kinds = s.Read, s.Kinds()
	}
	if !slices.Equal(kinds, slices.Sorted(slices.Values(over.Kinds))) {
		t.Errorf("%s: kinds %v over FHIR, %v over SQL", over.Name, kinds, over.Kinds)
	}
	return resolvers.Source{Name: over.Name, Sector: source.Sector, Organisation: org, Kind: record.SourceFHIR, Kinds: kinds, Read: read, Deadline: time.Minute}
}

func (w *worlds) observe(_ context.Context, e fhir.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events[string(e.Kind)+" "+e.Place()]++
}

// firsts are the sizes of the contract's pages. The longest are asked for instead: where a
// profile lacks a kind, a short page of a merged list holds other entries.
var firsts = regexp.MustCompile(`first: \d+|\$first: Int = \d+`)

// questions are the contract's operations and a query of every field of the schema.
func (w *worlds) questions(t *testing.T) map[string]string {
	queries := map[string]string{}
	for _, name := range []string{"full-record", "needs-and-contacts", "patient-summary", "timeline", "ward-list", "slow-source", "result-trend", "document"} {
		data, err := os.ReadFile(filepath.Join("..", "operations", name+".graphql"))
		check(t, err)
		queries[name] = firsts.ReplaceAllStringFunc(string(data), func(first string) string {
			return first[:strings.LastIndexByte(first, ' ')] + " 200"
		})
	}
	m := &matrix{care: w.sql, schema: schemaOf(w.sql)}
	all := allOf(m, "Patient")
	for owner, field := range sectorFields {
		all += field + " { " + allOf(m, owner) + " }\n"
	}
	queries["everything"] = "query ($nhsNumber: NHSNumber!) { patient(nhsNumber: $nhsNumber) { " + all + " } }"
	return queries
}

// allOf selects every field of a type, but for those that need an argument of their own
// and the sectors' objects.
func allOf(m *matrix, owner string) string {
	var b strings.Builder
	for _, f := range m.schema.Types[owner].Fields {
		needy := slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil })
		if needy || strings.HasPrefix(f.Name, "__") || sectorFields[f.Type.Name()] != "" {
			continue
		}
		b.WriteString(f.Name + pageOf(f, "") + m.below(f.Type, []string{owner + "." + f.Name}) + "\n")
	}
	return b.String()
}

// asking is who asks what: the widest roles everything, the others what they open first.
var asking = []struct {
	persona string
	queries []string
}{
	{"gp", []string{"everything", "patient-summary", "ward-list", "document"}},
	{"gp", []string{"full-record", "needs-and-contacts", "timeline", "slow-source", "result-trend"}},
	{"social-worker", []string{"full-record", "needs-and-contacts", "timeline"}},
	{"mental-health-nurse", []string{"full-record", "slow-source"}},
	{"hospital-doctor", []string{"patient-summary", "ward-list"}},
	{"receptionist", []string{"patient-summary", "full-record"}},
	{"care-manager", []string{"full-record"}},
}

// toldToAll are the residents of whom everybody asks: one with much, one who was a child, one
// of whom much is hidden, a child, two who are shown to nobody, and one whose record is on its way.
var toldToAll = []record.NHSNumber{sample.Whole, sample.GrownUp, sample.Sensitive, sample.Child, sample.OptedOut, sample.Restricted, sample.InTransit}

// likeOthers are residents whose records differ as others do. They are for make prove.
var likeOthers = []record.NHSNumber{sample.LongList, sample.Superseding, sample.Deceased, sample.NotInCare}

// trended are the tests whose trend is asked for.
var trended = []map[string]string{
	{"system": "http://snomed.info/sct", "code": "999791000000106"}, // HbA1c
	{"system": "http://snomed.info/sct", "code": "165581004"},       // INR
	{"system": "http://snomed.info/sct", "code": "1000731000000107"},
}

// same asks both worlds. The first questions are asked of nearly everybody.
func (w *worlds) same(t *testing.T, table table) {
	c := newComparison(t, w, table)
	queries := w.questions(t)
	for n, who := range asking {
		for i := range w.people {
			p := &w.people[i]
			if !everyQuestion && (n > 0 && !slices.Contains(toldToAll, p.Number) || slices.Contains(likeOthers, p.Number)) {
				continue
			}
			for _, name := range who.queries {
				for _, variables := range w.variables(t, name, p, c) {
					c.compare(t, who.persona, "", name, queries[name], variables)
				}
			}
		}
	}
	c.finish(t)
	w.sound(t)
}

// variables are those an operation is asked with for a resident.
func (w *worlds) variables(t *testing.T, name string, p *load.Person, c *comparison) []map[string]any {
	number := string(p.Number)
	switch name {
	case "ward-list":
		return []map[string]any{{"nhsNumbers": []string{number}}}
	case "result-trend":
		var all []map[string]any
		for _, test := range trended {
			all = append(all, map[string]any{"nhsNumber": number, "test": test, "first": 200})
		}
		return all
	case "document":
		var all []map[string]any
		for _, id := range c.documents(p) {
			all = append(all, map[string]any{"nhsNumber": number, "id": id})
		}
		return all
	}
	return []map[string]any{{"nhsNumber": number}}
}

// sound fails the test where an adapter noticed what must not be in these records.
func (w *worlds) sound(t *testing.T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, n := range w.events {
		if kind, where, _ := strings.Cut(key, " "); kind != string(fhir.Confidential) && !(kind == string(fhir.Unreadable) && where == string(fetch.Problems)) {
			t.Errorf("%d times %s", n, key)
		}
	}
	for source, server := range w.servers {
		if server.Requests.Load() == 0 {
			t.Errorf("%s %s was never asked", source.Sector, source.ODS)
		}
	}
}

// mixed asks hospitals and councils over SQL, and practices and mental health trusts over
// FHIR out of a folder, in one request.
func (w *worlds) mixed(t *testing.T) {
	over := map[record.Sector]bool{record.GP: true, record.MentalHealth: true}
	mixed := w.sql.with(t, func(o *resolvers.Options) {
		for i, source := range load.Sources() {
			if over[source.Sector] {
				o.Sources[i] = w.source(t, w.sql.options.Sources[i], source, w.folder(t, source))
			}
		}
	})
	mixed.limits = unlimited
	mixed.serve()
	one := &worlds{sql: w.sql, fhir: mixed, people: w.people}
	queries := one.questions(t)
	c := newComparison(t, one, differences)
	for i := range w.people {
		if number := w.people[i].Number; everyQuestion || slices.Contains(toldToAll, number) {
			for _, name := range []string{"full-record", "patient-summary", "timeline"} {
				c.compare(t, "gp", "", name, queries[name], map[string]any{"nhsNumber": string(number)})
			}
		}
	}
	c.report(t)
	for key := range c.used {
		if sector := key[:strings.IndexAny(key, " .")]; !over[record.Sector(sector)] {
			t.Errorf("%s differs, and is over SQL on both sides", key)
		}
	}
	a := mixed.ask(t, "gp", "", queries["full-record"], map[string]any{"nhsNumber": string(sample.Whole)})
	found := map[string]int{}
	for _, sector := range record.Sectors[1:] {
		found[string(sector)] = strings.Count(string(a.Body), fmt.Sprintf(`"provenance":{"sector":%q`, sector))
		if found[string(sector)] == 0 {
			t.Errorf("nothing of %s in one request", sector)
		}
	}
	t.Logf("entries by sector: %v", found)
}

// folder is a source out of a folder.
func (w *worlds) folder(t *testing.T, source load.Source) endpoint {
	open := func(write func(load.Source, *load.Person) ([]byte, error)) *fhir.Folder {
		dir := t.TempDir()
		for i := range w.people {
			data, err := write(source, &w.people[i])
			check(t, err)
			if data != nil {
				check(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.json", i)), data, 0o600))
			}
		}
		folder, err := fhir.OpenFolder(dir)
		check(t, err)
		t.Cleanup(func() { folder.Close() })
		if len(folder.Left) > 0 {
			t.Errorf("left out of the folder of %s: %v", source.ODS, folder.Left)
		}
		return folder
	}
	e := endpoint{at: open(fhirtest.Record)}
	if source.Sector == record.GP {
		e.documents = open(fhirtest.Documents)
	}
	return e
}

// decoded is the data of an answer; the test fails where there were errors.
func decoded(t *testing.T, a answer) (data map[string]any) {
	t.Helper()
	if len(a.Errors) > 0 {
		return map[string]any{"errors": a.Errors}
	}
	check(t, json.Unmarshal(a.Body, &struct {
		Data *map[string]any `json:"data"`
	}{&data}))
	return data
}
