package resolvers_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/consent"
	"carerecord/internal/load"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/internal/transport"
	"carerecord/resolvers"
)

// sensitiveWords are what the rows of the resident Sensitive that are never shown have in
// them, written down by hand: the list of exclusions has no part in it.
var sensitiveWords = []string{"86406008", "HIV", "B20.6", "20447-9", "CD4", "Ian Charleson", "Bictegravir"}

// withoutSensitive is a person as if what is never shown had never been written: the rows
// themselves, and the parts of them.
func withoutSensitive(p load.Person) (stripped load.Person, removed int) {
	stripped = p
	stripped.Rows = map[load.Source][]load.Row{}
	gone := map[string]bool{}
	for source, rows := range p.Rows {
		for _, row := range rows {
			if isSensitive(row) {
				gone[fmt.Sprint(source, row.Columns["id"])] = true
			}
		}
	}
	for source, rows := range p.Rows {
		for _, row := range rows {
			part := isSensitive(row)
			for _, value := range row.Columns {
				if text, ok := value.(string); ok {
					part = part || gone[fmt.Sprint(source, text)]
				}
			}
			if part {
				removed++
				continue
			}
			stripped.Rows[source] = append(stripped.Rows[source], row)
		}
	}
	return stripped, removed
}

func isSensitive(row load.Row) bool {
	text := fmt.Sprint(slices.Collect(maps.Values(row.Columns))...)
	return row.Columns["confidential"] == true || row.Columns["specialty_code"] == "360" ||
		slices.ContainsFunc(sensitiveWords, func(word string) bool { return strings.Contains(text, word) })
}

// noConsent takes what a writer says of consent, which is what is there already.
type noConsent struct{}

func (noConsent) Put(context.Context, consent.Load) error { return nil }

// testSecondLook: what the second look alone finds, in a text that SQL does not read so, is dropped whatever of the entry is asked for: or
// two lists that ask for more and for less would tell which it was.
func testSecondLook(t *testing.T, c *care) {
	var owner *pgxpool.Pool
	for source, pool := range c.owners {
		var n int
		if source.Sector == record.GP {
			check(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM medication WHERE nhs_number = $1`, string(sample.Whole)).Scan(&n))
		}
		if n > 0 {
			owner = pool
		}
	}
	ids := func(selection string) (found []any) {
		t.Helper()
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+selection+` } }`, one(sample.Whole))
		if len(a.Errors) > 0 {
			t.Fatalf("%s", a.Body)
		}
		for _, node := range at(t, a.Data, "patient", "medications", "nodes").([]any) {
			found = append(found, at(t, node, "id"))
		}
		return found
	}
	asked := []string{
		`medications { nodes { id } }`, `medications { nodes { id note provenance { sector } } }`,
		`medications { nodes { id } } more: medications { nodes { id note } }`,
	}
	before := ids(asked[0])
	for _, column := range []string{"note", "recorded_by_name", "prescriber_name"} {
		var id, was string
		check(t, owner.QueryRow(t.Context(), `SELECT id, coalesce(`+column+`, '') FROM medication WHERE nhs_number = $1 ORDER BY id LIMIT 1`, string(sample.Whole)).Scan(&id, &was))
		write := func(text string) {
			_, err := owner.Exec(t.Context(), `UPDATE medication SET `+column+` = nullif($3, '') WHERE nhs_number = $1 AND id = $2`, string(sample.Whole), id, text)
			check(t, err)
		}
		write("Seen at the &#72;IV clinic")
		for _, selection := range asked {
			if found := ids(selection); len(found) != len(before)-1 {
				t.Errorf("%s: %d of %d medicines for %s", column, len(found), len(before), selection)
			}
		}
		write(was)
	}
	if found := ids(asked[0]); !equal(found, before) {
		t.Errorf("%v, and before %v", found, before)
	}
	c.alarmed(t, resolvers.AlarmDropped)
}

// Traps 10 and 11: what is never shown leaves no trace: every answer, every page of every
// length, with its cursors, is to the byte that of a store in which it had never been.
// testNeverBeen asks with the hidden rows in the sources, takes them out, and asks again.
func testNeverBeen(t *testing.T, shared *care) {
	c := shared.with(t, func(*resolvers.Options) {})
	c.limits = transport.Limits{Tokens: 1e6, Aliases: 1e6, Fields: 1e6, Spreads: 1e6, Fragments: 1e6, Directives: 1e6, RootFields: 1e6, Depth: 100, Lists: 100, Repeats: 1e6, Cost: 1e9}
	c.serve()
	people := sample.Scenarios(now)
	i := slices.IndexFunc(people, func(p load.Person) bool { return p.Number == sample.Sensitive })
	stripped, removed := withoutSensitive(people[i])
	if removed < 12 {
		t.Fatalf("%d rows are to be hidden", removed)
	}
	before := askAround(t, c)
	owners := map[load.Source]*pgxpool.Pool{}
	for source, db := range c.dbs {
		owners[source] = db.Pool(t)
	}
	write := func(person load.Person) {
		refused, err := load.NewWriter(owners, noConsent{}).Write(t.Context(), []load.Person{person})
		check(t, err)
		if len(refused) > 0 {
			t.Fatal(refused)
		}
	}
	letters := func() (n int) {
		check(t, owners[load.Source{Sector: record.Acute, ODS: "RAL"}].QueryRow(t.Context(), `SELECT count(*) FROM document WHERE nhs_number = $1 AND title = 'HIV clinic letter'`, string(sample.Sensitive)).Scan(&n))
		return n
	}
	there := letters()
	write(stripped)
	defer write(people[i])
	if there != 1 || letters() != 0 {
		t.Fatalf("%d hidden letters, %d where they never were", there, letters())
	}
	shown := 0
	for i, after := range askAround(t, c) {
		shown += len(after.answer)
		if i < len(before) && before[i] == after {
			continue
		}
		at := 0
		for i < len(before) && at < min(len(before[i].answer), len(after.answer)) && before[i].answer[at] == after.answer[at] {
			at++
		}
		t.Fatalf("%.200s: where they never were …%.300s\nwith them …%.300s", after.question, after.answer[max(0, at-80):], before[min(i, len(before)-1)].answer)
	}
	if len(before) < 50 || shown < 20_000 {
		t.Errorf("%d answers of %d bytes", len(before), shown)
	}
	c.quiet(t)
	t.Logf("%d answers, %d rows hidden", len(before), removed)
}

type asked struct{ question, answer string }

// askAround asks by every door, for every page, and by codes that are hidden and are not.
func askAround(t *testing.T, c *care) (all []asked) {
	t.Helper()
	ask := func(persona, query string, variables any) answer {
		a := c.ask(t, persona, "", query, variables)
		if len(a.Errors) > 0 {
			t.Errorf("%s: %v", query, a.Errors)
		}
		all = append(all, asked{persona + " " + query, string(a.Body)})
		return a
	}
	m := &matrix{care: c, tables: readTables(t), schema: schemaOf(c)}
	for _, persona := range []string{"gp", "social-worker", "receptionist"} {
		for _, s := range m.everything(true) {
			ask(persona, s.query, map[string]any{"n": string(sample.Sensitive), "l": []string{string(sample.Sensitive)}})
		}
	}
	for _, field := range slices.Sorted(slices.Values(resolvers.Paged())) {
		owner, name, _ := strings.Cut(field, ".")
		for first := 1; first <= 3; first++ {
			after := ""
			for pages := 0; pages < 50; pages++ {
				query := "query ($n: NHSNumber!) { patient(nhsNumber: $n) { " + within(owner, fmt.Sprintf("%s(first: %d%s) { state complete nodes { id } edges { cursor } gaps { sector reason } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } restartAdvised }", name, first, after)) + " } }"
				page := next(t, ask("gp", query, one(sample.Sensitive)), owner, name)
				if page == "" {
					break
				}
				after = fmt.Sprintf(", after: %q", page)
			}
		}
	}
	for _, code := range []string{"20447-9", "718-7", "2160-0"} {
		ask("gp", `query ($n: NHSNumber!, $t: CodeInput) { patient(nhsNumber: $n) { results(test: $t) { state complete nodes { id } gaps { reason } pageInfo { hasNextPage endCursor } } } }`,
			map[string]any{"n": string(sample.Sensitive), "t": map[string]any{"system": "http://loinc.org", "code": code}})
	}
	return all
}

// next is the cursor of the next page; "" after the last.
func next(t testing.TB, a answer, owner, field string) string {
	t.Helper()
	path := []any{"patient"}
	if sector := sectorFields[owner]; sector != "" {
		path = append(path, sector)
	}
	info := at(t, a.Data, append(path, field, "pageInfo")...)
	if at(t, info, "hasNextPage") != true {
		return ""
	}
	return at(t, info, "endCursor").(string)
}
