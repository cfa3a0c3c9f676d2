package resolvers_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/load"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/internal/wiretest"
	"carerecord/resolvers"
)

// Whatever a question's shape and however many patients it names, it goes at most once
// to each source and at most twice to our own database. Counted on the wire.
func testRoundTrips(t *testing.T, shared *care, wires map[string]*wiretest.Proxy) {
	shared.load(t, crowd(500, 10))
	c := shared.with(t, func(*resolvers.Options) {})
	c.limits.Cost = 1 << 40 // the round trips of a question that is too dear would be none
	c.serve()
	warm(t, c)

	variables := func(n int) map[string]any {
		numbers := make([]string, n)
		for i := range numbers {
			numbers[i] = string(numberOf(i))
		}
		return map[string]any{"nhsNumber": numbers[0], "nhsNumbers": numbers, "id": "nothing",
			"test": map[string]any{"system": "http://loinc.org", "code": "4548-4"}}
	}
	trips := func(name, query string, n int) {
		t.Helper()
		before := syncs(wires)
		a := c.ask(t, "gp", "", query, variables(n))
		if len(a.Errors) > 0 || a.Data == nil {
			t.Errorf("%s of %d patients: %v", name, n, a.Errors)
		}
		for source, now := range syncs(wires) {
			most := 1
			if source == "service" {
				most = 2
			}
			if took := now - before[source]; took > most {
				t.Errorf("%s of %d patients: %d round trips to %s", name, n, took, source)
			}
		}
	}
	for _, name := range contractOperations(t) {
		if slices.Contains(ownDatabaseOnly, name) {
			continue
		}
		query := operation(t, name)
		if name == "ward-list" {
			for _, n := range []int{1, 10, 500} {
				trips(name, query, n)
			}
			continue
		}
		trips(name, query, 1)
		if plural, ok := forMany(query); ok {
			for _, n := range []int{10, crowded} {
				trips(name+" in a list", plural, n)
			}
		}
	}
	trips("many shapes", `query ($nhsNumber: NHSNumber!, $nhsNumbers: [NHSNumber!]!) {
		a: patient(nhsNumber: $nhsNumber) { r1: results(first: 1) { nodes { id } } r2: results(first: 7) { nodes { id components { value { text } } } } ...L }
		b: patient(nhsNumber: $nhsNumber) { ...L acute { stays(first: 3) { nodes { episodes { startedAt } } } } }
		patients(nhsNumbers: $nhsNumbers) { one: patient { ...L } two: patient { timeline(first: 4) { nodes { headline } } } }
		more: patients(nhsNumbers: $nhsNumbers) { patient { socialCare { state services { nodes { id } } } } }
	}
	fragment L on Patient { allergies { nodes { reactions { display } } } medications { state } current: medications(status: CURRENT) { state } mentalHealth { state legalStatuses { nodes { id } } } }`, 10)
	c.mu.Lock()
	c.down["ACUTE/RAL"] = record.ErrUnavailable
	c.mu.Unlock()
	trips("with a hospital down", operation(t, "ward-list"), 10)
}

// wired puts a proxy before every database that a care opens, by name.
func wired(t *testing.T) map[string]*wiretest.Proxy {
	t.Helper()
	wires := map[string]*wiretest.Proxy{}
	straight := through
	through = func(t testing.TB, name, dsn string) string {
		wires[name] = wiretest.New(t, dsn)
		return wires[name].DSN()
	}
	t.Cleanup(func() { through = straight })
	return wires
}

// syncs is how many round trips went through each proxy so far.
func syncs(wires map[string]*wiretest.Proxy) map[string]int {
	counts := map[string]int{}
	for name, wire := range wires {
		counts[name] = wire.Count().Syncs()
	}
	return counts
}

// ownDatabaseOnly are the operations that read no record: they go to no source.
var ownDatabaseOnly = []string{"access-log", "break-glass", "opt-out"}

// numberOf is the i-th number of a crowd.
func numberOf(i int) record.NHSNumber {
	for stem := 999_500_000 + i*10; ; stem++ {
		for check := range 10 {
			if n, err := record.ParseNHSNumber(fmt.Sprintf("%d%d", stem, check)); err == nil {
				return n
			}
		}
	}
}

// crowd is the reference resident n times, of whom some are whole and the others
// without clinical entries: what a round trip brings does not make another.
func crowd(n, whole int) []load.Person {
	resident := sample.Scenarios(now)[0]
	people := make([]load.Person, n)
	for i := range people {
		people[i] = resident
		people[i].Number = numberOf(i)
		people[i].Rows = map[load.Source][]load.Row{}
		for source, rows := range resident.Rows {
			if i >= whole && source.Sector != record.Demographics {
				continue
			}
			for _, row := range rows {
				columns := maps.Clone(row.Columns)
				columns["nhs_number"] = string(people[i].Number)
				people[i].Rows[source] = append(people[i].Rows[source], load.Row{Relation: row.Relation, Columns: columns})
			}
		}
	}
	return people
}

// warm makes every connection of every source and tells it what is never shown.
func warm(t testing.TB, c *care) {
	t.Helper()
	ctx := withTerms()
	for _, source := range c.warm {
		check(t, source(ctx))
	}
	// The service's own pool makes its connections as they are needed.
	for range 3 {
		c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { id } }`, map[string]any{"n": string(numberOf(0))})
	}
}

// withTerms is a context with the terms of treatment.
func withTerms() context.Context {
	filter := exclusion.Default().For("TREAT")
	return fetch.WithTerms(context.Background(), &fetch.Terms{ExcludedCodes: filter.Codes(), ExcludedWords: filter.Pattern(), ExcludedStems: filter.Stems(),
		Specialties: filter.Specialties(), Now: now})
}

// operation is an operation of the contract.
func operation(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("../operations/" + name + ".graphql")
	check(t, err)
	return string(text)
}

// contractOperations are the names of the operations.
func contractOperations(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../operations/*.graphql")
	check(t, err)
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(filepath.Base(file), ".graphql")
	}
	if !slices.Contains(names, "ward-list") || len(names) < 9 {
		t.Fatalf("%v", names)
	}
	return names
}

// forMany asks for a list what an operation asks of one patient.
func forMany(query string) (string, bool) {
	if !strings.Contains(query, "patient(nhsNumber: $nhsNumber) {") {
		return "", false
	}
	query = strings.Replace(query, "$nhsNumber: NHSNumber!", "$nhsNumbers: [NHSNumber!]!", 1)
	start := strings.Index(query, "patient(nhsNumber: $nhsNumber) {")
	depth, end := 0, -1
	for i := start; i < len(query); i++ {
		switch query[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				end = i
			}
		}
		if end >= 0 {
			break
		}
	}
	inner := strings.TrimPrefix(query[start:end+1], "patient(nhsNumber: $nhsNumber)")
	return query[:start] + "patients(nhsNumbers: $nhsNumbers) { patient " + inner + " }" + query[end+1:], true
}
