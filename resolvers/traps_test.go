package resolvers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/telemetry"
	"carerecord/internal/transport"
	"carerecord/resolvers"
)

// The traps of docs/traps.md that no other test covers, by their numbers there.

// Every one of the traps stands in docs/traps.md, and every test that is named there exists.
func TestEveryTrapHasItsTest(t *testing.T) {
	text, err := os.ReadFile("../docs/traps.md")
	check(t, err)
	declared := declaredTests(t)
	row := regexp.MustCompile(`^\| *(\d+) *\|([^|]+)\|([^|]+)\|$`)
	named := regexp.MustCompile("`([\\w/]+)\\.((?:Test|Fuzz|test|Run)\\w*)[^`]*`")
	seen := map[int]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[1])
		if seen[n] {
			t.Errorf("trap %d stands twice", n)
		}
		seen[n] = true
		tests := named.FindAllStringSubmatch(m[3], -1)
		if len(tests) == 0 && !strings.Contains(m[3], "cannot occur") && !strings.Contains(m[3], "later") {
			t.Errorf("trap %d names no test, and does not say why it cannot occur here", n)
		}
		for _, test := range tests {
			if !declared[test[1]+"."+test[2]] {
				t.Errorf("trap %d names %s.%s, which there is not", n, test[1], test[2])
			}
		}
	}
	for n := range 38 {
		if !seen[n+1] {
			t.Errorf("trap %d is missing in docs/traps.md", n+1)
		}
	}
}

// declaredTests are the tests of the whole tree, as directory.Name with the last part of
// the directory; main for the top.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	declared := map[string]bool{}
	check(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || !strings.HasSuffix(path, "_test.go") && !strings.Contains(filepath.ToSlash(path), "sourcetest/") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		name := filepath.Base(filepath.Dir(path))
		if name == ".." {
			name = "main"
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				declared[name+"."+fn.Name.Name] = true
			}
		}
		return nil
	}))
	return declared
}

// served answers over transport options that a test changes, and keeps what became INTERNAL.
func (m *matrix) served(change func(*transport.Options)) *[]error {
	root := resolvers.New(m.options)
	internal := &[]error{}
	var mu sync.Mutex
	options := transport.Options{
		Begin: root.Begin, Check: root.Check, Extensions: root.Extensions, ErrorPresenter: root.Present, Limits: m.limits,
		OnInternal: func(_ context.Context, err error) {
			mu.Lock()
			defer mu.Unlock()
			*internal = append(*internal, err)
		},
	}
	change(&options)
	m.handler = auth.Require(m.issuer.Verifier(), transport.New(root.Schema(), options), func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, err.Error(), http.StatusUnauthorized)
	})
	return internal
}

// someOfAll asks for something of every sector, from both roots.
const someOfAll = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { ...all } patients(nhsNumbers: [$n]) { patient { ...all } refusal { code } } }
	fragment all on Patient { id name { full } allergies { state nodes { id substance { display } } noneKnownBy { sourceId } } medications(status: CURRENT) { nodes { id } }
		timeline(first: 20) { nodes { id headline } pageInfo { endCursor } } acute { currentStay { id ward } } mentalHealth { legalStatus { id } } socialCare { allocatedWorker { id name } } contacts { nodes { name } } }`

func (m *matrix) askAs(t testing.TB, persona, query string, variables any) *httptest.ResponseRecorder {
	t.Helper()
	p, err := auth.FindPersona(persona)
	check(t, err)
	c := caller{persona, persona, map[string]any{"sub": "test-" + persona, "org": p.Org, "role": string(p.Role), "purpose": string(p.Purpose)}}
	return transports[0].send(t, m.care, m.token(c), query, variables)
}

// Trap 3: an id of somebody else's document, of one that was, or of nothing is answered to
// the byte like one that never was, and no source is asked.
func TestTrap03IdsOfOthers(t *testing.T) {
	m := newMatrix(t)
	const query = `query ($n: NHSNumber!, $id: ID!) { patient(nhsNumber: $n) { document(id: $id) { id title text } } }`
	ask := func(id record.ID) string {
		return m.askAs(t, "gp", query, map[string]any{"n": str(1), "id": string(id)}).Body.String()
	}
	ids := m.options.Identifier
	m.register.knows = func(f *consent.Facts) {
		if f.Asked != number(1) {
			f.OptOuts = []consent.Interval{{From: longAgo}}
		}
	}
	if own := ask(ids.Document("GP/F83999", number(1), "1")); !strings.Contains(own, "«GP document_content»") {
		t.Fatalf("the patient's own: %s", own)
	}
	m.read()
	never := ask("never-was")
	for name, id := range map[string]record.ID{
		"of an opted-out patient": ids.Document("GP/F83999", number(2), "1"), "of an entry": ids.Item("GP/F83999", "document", number(1), "1"), "of a person": ids.Person(number(2)), "nothing": "",
	} {
		if got := ask(id); got != never {
			t.Errorf("%s: %s, not %s", name, got, never)
		}
	}
	if reads := m.readRecords(); reads > 0 {
		t.Errorf("%d reads", reads)
	}
	if got := ask(ids.Document("SOCIAL_CARE/X1BAR", number(1), "1")); !strings.Contains(got, "«SOCIAL_CARE document_content»") {
		t.Errorf("the council's own: %s", got)
	}
}

// Traps 5 and 6: however a question is made too large, it is refused before consent or any
// source is read; one that is not passes, each patient read, decided and written once.
func TestTrap05TooMuchReadsNothing(t *testing.T) {
	m := newMatrix(t)
	m.limits, m.options.Patients = transport.Limits{}, 5
	m.serve()
	aliased := func(n int, numbers int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " a%d: patient(nhsNumber: %q) { allergies { nodes { id } } }", i, str(i%numbers))
		}
		return "{" + b.String() + " }"
	}
	nested := strings.Repeat(" ... on Patient {", 300) + " id" + strings.Repeat(" }", 300)
	for name, query := range map[string]string{
		"more roots than one request may have":    aliased(30, 1),
		"more patients, each under its own alias": aliased(6, 6),
		"more aliases":                      "query { patient(nhsNumber: \"" + str(1) + "\") {" + manyAliases(200) + " } }",
		"fragments in fragments":            "{ patient(nhsNumber: \"" + str(1) + "\") {" + nested + " } }",
		"an answer that could be too large": `{ patients(nhsNumbers: [` + strings.Repeat(`"`+str(1)+`" `, 10) + `]) { patient {` + manyPages(90) + ` } } }`,
	} {
		m.register.calls, m.ledger.entries = 0, nil
		m.read()
		a := m.askAs(t, "gp", query, nil)
		if bytes.Contains(a.Body.Bytes(), []byte(`"data"`)) || m.register.calls > 0 || m.read() > 0 || len(m.in(a.Body.Bytes())) > 0 {
			t.Errorf("%s: %d look-ups: %.300s", name, m.register.calls, a.Body)
		}
	}
	m.register.calls, m.ledger.entries = 0, nil
	m.read()
	a := m.askAs(t, "gp", aliased(9, 3), nil)
	if len(m.in(a.Body.Bytes())) == 0 || m.register.calls != 1 || len(m.ledger.entries) != 3 {
		t.Errorf("three patients under nine aliases: %d look-ups, %d events: %.300s", m.register.calls, len(m.ledger.entries), a.Body)
	}
	for name, n := range m.reads {
		if n != 1 {
			t.Errorf("%s was read %d times", name, n)
		}
	}
}

func manyAliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d: id", i)
	}
	return b.String()
}

func manyPages(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d: results(first: 200) { nodes { id sector status takenAt test { system code display } value { text quantity unit } provenance { sector sourceId sourceSystem recordedAt organisation { odsCode name } } } }", i)
	}
	return b.String()
}

// Trap 8: a filter on a class the caller may not see answers alike whatever it asks for, and
// reads nothing; one that asks for what is never shown answers as if it had never been.
func TestTrap08FiltersTellNothing(t *testing.T) {
	m := newMatrix(t)
	filters := map[string][]string{
		"results":    {"", `(test: {system: "http://snomed.info/sct", code: "165816005"})`, `(test: {system: "http://loinc.org", code: "1988-5"})`, `(since: "2026-06-15")`, `(since: "1900-01-01")`, "(first: 1)"},
		"vitalSigns": {"", `(sign: {system: "http://snomed.info/sct", code: "364075005"})`, `(since: "1900-01-01")`},
		"problems":   {"", "(status: PAST)"},
		"timeline":   {"", "(first: 1)", "(sectors: [MENTAL_HEALTH])"},
	}
	for field, arguments := range filters {
		first := ""
		for i, argument := range arguments {
			a := m.askAs(t, "receptionist", fmt.Sprintf("query ($n: NHSNumber!) { patient(nhsNumber: $n) { %s%s { state complete nodes { id } gaps { sector } } } }", field, argument), one(number(1)))
			if i == 0 {
				first = a.Body.String()
			}
			if a.Body.String() != first || !strings.Contains(first, "NOT_PERMITTED") {
				t.Errorf("%s%s: %s, not %s", field, argument, a.Body, first)
			}
		}
		if reads := m.readRecords(); reads > 0 {
			t.Errorf("%s: %d reads", field, reads)
		}
	}
	for _, hides := range []bool{false, true} {
		gp := newFake(record.GP, "F83999")
		if hides {
			gp.answers[fetch.Results] = always(record.Result{Item: gp.item("1"), Test: hiv, Status: "FINAL"})
			gp.answers[fetch.UnmappedResults] = gp.answers[fetch.Results]
		}
		c, _, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"))
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!, $test: CodeInput) { patient(nhsNumber: $n) { results(test: $test) { state complete nodes { id } gaps { sector reason } pageInfo { hasNextPage endCursor } } } }`,
			map[string]any{"n": str(1), "test": map[string]any{"system": string(hiv.System), "code": string(hiv.Code)}})
		if got := string(a.Body); got != `{"data":{"patient":{"results":{"state":"NONE_RECORDED","complete":true,"nodes":[],"gaps":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}}}}` {
			t.Errorf("where one is hidden %v: %s", hides, got)
		}
	}
}

// Trap 9: nothing below a patient leads to another: there is no way from a patient's fields
// back to a patient, an entry of a list of patients or an NHS number.
func TestTrap09NoWayToAnotherPatient(t *testing.T) {
	m := newMatrix(t)
	seen := map[string]bool{}
	var below func(typeName string)
	below = func(typeName string) {
		def := m.schema.Types[typeName]
		if seen[typeName] || def == nil {
			return
		}
		seen[typeName] = true
		for _, f := range def.Fields {
			at := typeName + "." + f.Name
			if name := f.Type.Name(); at != "Patient.nhsNumber" && (name == "Patient" || name == "PatientEntry" || name == "NHSNumber" || name == "Query") {
				t.Errorf("%s leads to a %s", at, name)
			} else {
				below(name)
			}
		}
		for _, possible := range m.schema.GetPossibleTypes(def) {
			below(possible.Name)
		}
	}
	below("Patient")
	if len(seen) < 50 {
		t.Errorf("%d types", len(seen))
	}
}

// Trap 12: a cursor outlives neither an opt-out nor the rights it was made under. Once the patient is not shown, it is
// answered like a query without one; another role's is refused.
func TestTrap12CursorAfterOptOut(t *testing.T) {
	m := newMatrix(t)
	const query = `query ($n: NHSNumber!, $after: String) { patient(nhsNumber: $n) { timeline(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } } }`
	var page struct {
		Data struct {
			Patient struct {
				Timeline struct{ PageInfo struct{ EndCursor string } }
			}
		}
	}
	check(t, json.Unmarshal(m.askAs(t, "gp", query, one(number(1))).Body.Bytes(), &page))
	cursor := page.Data.Patient.Timeline.PageInfo.EndCursor
	with := map[string]any{"n": str(1), "after": cursor}
	if a := m.askAs(t, "gp", query, with); len(m.in(a.Body.Bytes())) == 0 {
		t.Fatalf("the next page: %s", a.Body)
	}
	for name, knows := range map[string]func(*consent.Facts){
		"opted out":   func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: now}} },
		"restricted":  func(f *consent.Facts) { f.Restricted = consent.Yes },
		"not in care": func(f *consent.Facts) { f.Relationships = nil },
		"invalidated": func(f *consent.Facts) { f.Invalidated = true },
	} {
		m.register.knows = knows
		m.read()
		got, want := m.askAs(t, "gp", query, with).Body.String(), m.askAs(t, "gp", query, one(number(1))).Body.String()
		if got != want || !strings.Contains(got, `"patient":null`) || m.readRecords() > 0 {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
	m.register.knows = nil
	for _, persona := range []string{"hospital-doctor", "care-manager", "mental-health-nurse"} {
		if a := m.askAs(t, persona, query, with); !bytes.Contains(a.Body.Bytes(), []byte("BAD_USER_INPUT")) || len(m.in(a.Body.Bytes())) > 0 {
			t.Errorf("%s with another's cursor: %s", persona, a.Body)
		}
	}
}

// leaks are what must come out nowhere: a number in any spelling, and words of a record.
var leaks = []string{"9990000018", "999 000 0018", "999-000-0018", "paranoid schizophrenia", "db.internal", "SELECT secret"}

const leaking = "patient 9990000018 (999 000 0018) has paranoid schizophrenia: SELECT secret FROM db.internal"

// A leakyFault makes something go wrong with the leaks in it.
type leakyFault struct {
	name string
	make func(*matrix, *transport.Options)
	send func(testing.TB, *matrix) *httptest.ResponseRecorder // nil for a question that is well formed
}

func sendRaw(text string, header ...string) func(testing.TB, *matrix) *httptest.ResponseRecorder {
	return func(t testing.TB, m *matrix) *httptest.ResponseRecorder {
		return got(m.care, m.token(callers(t, m.tables)[0]), http.MethodPost, "/graphql", []byte(text), append([]string{"Content-Type", "application/json"}, header...)...)
	}
}

func whileReading(deadline time.Duration, fail func(context.Context) (map[*fetch.Ask]fetch.Answer, error)) func(*matrix, *transport.Options) {
	return func(m *matrix, _ *transport.Options) {
		for i := range m.options.Sources {
			m.options.Sources[i].Deadline = deadline
			m.options.Sources[i].Read = func(ctx context.Context, _ []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) { return fail(ctx) }
		}
	}
}

// driven are errors as drivers and libraries make them, with the leaks in them: of a
// connection that cannot be made, of a statement, of a request.
func driven(t *testing.T) map[string]error {
	t.Helper()
	config, err := pgx.ParseConfig("host=127.0.0.1 port=1 user='SELECT secret FROM' dbname='db.internal 9990000018' sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	_, unconnected := pgx.ConnectConfig(t.Context(), config)
	if unconnected == nil || !strings.Contains(unconnected.Error(), "db.internal") {
		t.Fatalf("connecting: %v", unconnected)
	}
	refused := &pgconn.PgError{Severity: "ERROR", Code: "22P02", Message: leaking, Detail: leaking, Where: leaking, InternalQuery: leaking}
	return map[string]error{
		"a connection": unconnected, "a refusal": refused, "a value": pgx.ScanArgError{Err: errors.New(leaking)},
		"an address": &url.Error{Op: "Get", URL: "https://db.internal/9990000018", Err: errors.New(leaking)}, "a file": &fs.PathError{Op: "open", Path: leaking, Err: fs.ErrNotExist},
		"several": errors.Join(refused, unconnected),
	}
}

// driverFaults give the errors of drivers to whoever reads sources, consent and the
// trail, as they are and under the kinds that adapters put them under.
func driverFaults(t *testing.T) (faults []leakyFault) {
	for name, err := range driven(t) {
		for how, as := range map[string]func(kind error) error{
			"as it is": func(error) error { return err }, "with its kind": func(kind error) error { return fmt.Errorf("%w: reading: %w", kind, err) },
		} {
			faults = append(faults,
				leakyFault{"sources that fail with " + name + ", " + how, whileReading(time.Minute, func(context.Context) (map[*fetch.Ask]fetch.Answer, error) { return nil, as(record.ErrUnavailable) }), nil},
				leakyFault{"consent that fails with " + name + ", " + how, func(m *matrix, _ *transport.Options) {
					m.options.Facts = factsOf(func(context.Context, []record.NHSNumber) (map[record.NHSNumber]consent.Facts, error) {
						return nil, as(consent.ErrUnavailable)
					})
				}, nil},
				leakyFault{"a trail that fails with " + name + ", " + how, func(m *matrix, _ *transport.Options) {
					m.options.Trail = trailOf(func(context.Context, []audit.Entry) ([]audit.Result, error) { return nil, as(audit.ErrUnavailable) })
				}, nil},
				leakyFault{"a resolver's error, " + name + ", " + how, func(_ *matrix, o *transport.Options) {
					present := o.ErrorPresenter
					o.ErrorPresenter = func(ctx context.Context, _ error) *gqlerror.Error { return present(ctx, as(errors.New("reading"))) }
				}, sendRaw(`{"query":"{ patient(nhsNumber: \"` + str(1) + `\") { results(first: 0) { state } } }"}`)})
		}
	}
	return faults
}

// Traps 15 and 33: what a caller sends and what a failure carries comes back in no answer,
// header, log line or metric. There are no traces. An adapter hands on a kind
// and a SQLSTATE (sourcetest.Run); should it hand on a driver's error, the log tells its types.
func TestTrap15NothingLeaksByAFailure(t *testing.T) {
	quoted := func(text string) string { b, _ := json.Marshal(text); return string(b) }
	faults := []leakyFault{
		{"JSON that is none", nil, sendRaw(`{"query": ` + leaking)},
		{"half a body", nil, sendRaw(`{"query":"{ viewer { name } }","variables":{"n":"` + leaking)},
		{"a query that is an object", nil, sendRaw(`{"query":{` + quoted(leaking) + `:1}}`)},
		{"a query that does not parse", nil, sendRaw(`{"query":` + quoted(`{ patient(nhsNumber: "`+leaking+`" `) + `}`)},
		{"a query that does not validate", nil, sendRaw(`{"query":` + quoted(`{ patient(nhsNumber: "9990000018", because: "`+leaking+`") { id } }`) + `}`)},
		{"a literal of the wrong type", nil, sendRaw(`{"query":` + quoted(`{ patient(nhsNumber: ["`+leaking+`"]) { results(since: "`+leaking+`") { state } } }`) + `}`)},
		{"a variable of the wrong type", nil, sendRaw(`{"query":"query ($n: NHSNumber!) { patient(nhsNumber: $n) { id } }","variables":{"n":{"x":` + quoted(leaking) + `}}}`)},
		{"a variable that is no number", nil, sendRaw(`{"query":"query ($n: NHSNumber!) { patient(nhsNumber: $n) { id } }","variables":{"n":` + quoted(leaking) + `}}`)},
		{"variables nobody asked for", nil, sendRaw(`{"query":"{ viewer { name } }","variables":{` + quoted(leaking) + `:` + quoted(leaking) + `}}`)},
		{"an operation of another name", nil, sendRaw(`{"query":"query A { viewer { name } }","operationName":` + quoted(leaking) + `}`)},
		{"a document's id", nil, sendRaw(`{"query":"query ($id: ID!) { patient(nhsNumber: \"` + str(1) + `\") { document(id: $id) { id } } }","variables":{"id":` + quoted(leaking) + `}}`)},
		{"a cursor", nil, sendRaw(`{"query":"query ($a: String) { patient(nhsNumber: \"` + str(1) + `\") { results(after: $a) { state } } }","variables":{"a":` + quoted(leaking) + `}}`)},
		{"a code", nil, sendRaw(`{"query":"query ($t: CodeInput) { patient(nhsNumber: \"` + str(1) + `\") { results(test: $t) { state } } }","variables":{"t":{"system":` + quoted(leaking) + `,"code":` + quoted(leaking+"|") + `}}}`)},
		{"a note", nil, sendRaw(`{"query":"mutation ($i: BreakGlassInput!) { breakGlass(input: $i) { grant { id } } }","variables":{"i":{"nhsNumber":"` + str(1) + `","reason":"EMERGENCY","note":` + quoted(leaking+"\x00") + `,"classes":[]}}}`)},
		{"another type of content", nil, sendRaw(leaking, "Content-Type", leaking)},
		{"another kind of answer", nil, sendRaw(`{"query":"{ viewer { name } }"}`, "Accept", leaking)},
		{"another encoding", nil, sendRaw(leaking, "Content-Encoding", leaking)},
		{"an address", nil, func(t testing.TB, m *matrix) *httptest.ResponseRecorder {
			return got(m.care, m.token(callers(t, m.tables)[0]), http.MethodGet, "/graphql?query=%7B+patient%28nhsNumber%3A%229990000018%22%29%7Bid%7D+%7D&x=paranoid+schizophrenia", nil)
		}},
		{"another method", nil, func(t testing.TB, m *matrix) *httptest.ResponseRecorder {
			return got(m.care, m.token(callers(t, m.tables)[0]), "PUT", "/graphql", []byte(leaking))
		}},
		{"a token", nil, func(t testing.TB, m *matrix) *httptest.ResponseRecorder {
			return got(m.care, strings.ReplaceAll(leaking, " ", ""), http.MethodPost, "/graphql", []byte(leaking))
		}},
		{"sources that panic", whileReading(time.Minute, func(context.Context) (map[*fetch.Ask]fetch.Answer, error) { panic(leaking) }), nil},
		{"sources that panic with an error", whileReading(time.Minute, func(context.Context) (map[*fetch.Ask]fetch.Answer, error) { panic(errors.New(leaking)) }), nil},
		{"sources that do not answer in time", whileReading(20*time.Millisecond, func(ctx context.Context) (map[*fetch.Ask]fetch.Answer, error) {
			<-ctx.Done()
			return nil, fmt.Errorf("%w: %w", record.ErrTimeout, context.Cause(ctx))
		}), nil},
		{"consent that panics", func(m *matrix, _ *transport.Options) {
			m.options.Facts = factsOf(func(context.Context, []record.NHSNumber) (map[record.NHSNumber]consent.Facts, error) { panic(leaking) })
		}, nil},
		{"a trail that panics", func(m *matrix, _ *transport.Options) {
			m.options.Trail = trailOf(func(context.Context, []audit.Entry) ([]audit.Result, error) { panic(leaking) })
		}, nil},
		{"a resolver's own error", func(_ *matrix, o *transport.Options) {
			present := o.ErrorPresenter
			o.ErrorPresenter = func(ctx context.Context, err error) *gqlerror.Error { return present(ctx, errors.New(leaking)) }
		}, sendRaw(`{"query":"{ patient(nhsNumber: \"` + str(1) + `\") { results(first: 0) { state } } }"}`)},
	}
	for _, fault := range append(faults, driverFaults(t)...) {
		t.Run(fault.name, func(t *testing.T) {
			m := newMatrix(t)
			var log bytes.Buffer
			told := telemetry.New(&log, "json", "debug")
			m.options.Observe = func(ctx context.Context, o resolvers.Observation) {
				if o.Alarm != "" {
					told.Alarm(ctx, string(o.Alarm), o.Source, o.Err)
					return
				}
				told.Source(ctx, telemetry.Read{Sector: o.Sector, Outcome: string(o.Outcome), Asks: o.Asks, Took: o.Duration, Err: o.Err})
			}
			hooks := func(o *transport.Options) {
				if fault.make != nil {
					fault.make(m, o)
				}
			}
			hooks(&transport.Options{ErrorPresenter: graphql.DefaultErrorPresenter}) // what it changes of the graph, before it is made
			m.served(func(o *transport.Options) {
				hooks(o)
				o.OnInternal = told.Internal
				o.Done = func(ctx context.Context, a transport.Answer) {
					told.Answered(ctx, telemetry.Answer{Operation: a.Operation, Name: a.Name, Status: a.Status, Codes: a.Codes, Bytes: a.Bytes})
				}
			})
			send := fault.send
			if send == nil {
				send = func(t testing.TB, m *matrix) *httptest.ResponseRecorder {
					return m.askAs(t, "gp", someOfAll, one(number(1)))
				}
			}
			a := send(t, m)
			metrics := httptest.NewRecorder()
			told.Handler().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			for where, text := range map[string]string{"the answer": a.Body.String(), "its headers": fmt.Sprint(a.Header()), "the log": log.String(), "the metrics": metrics.Body.String()} {
				for _, leak := range leaks {
					if strings.Contains(text, leak) {
						t.Errorf("%q in %s: %.600s", leak, where, text)
					}
				}
			}
			if a.Code < 400 && !bytes.Contains(a.Body.Bytes(), []byte(`"errors"`)) && fault.make == nil && fault.name != "a document's id" && fault.name != "variables nobody asked for" {
				t.Errorf("nothing went wrong: %d %s", a.Code, a.Body)
			}
		})
	}
}

// factsOf and trailOf are a register and a trail that a test writes.
type factsOf func(context.Context, []record.NHSNumber) (map[record.NHSNumber]consent.Facts, error)

func (f factsOf) Facts(ctx context.Context, _ auth.Principal, _ []string, numbers []record.NHSNumber) (map[record.NHSNumber]consent.Facts, error) {
	return f(ctx, numbers)
}

type trailOf func(context.Context, []audit.Entry) ([]audit.Result, error)

func (f trailOf) Record(ctx context.Context, entries []audit.Entry) ([]audit.Result, error) {
	return f(ctx, entries)
}

// good is what is known of a patient in care who may be shown.
func good(p record.NHSNumber) consent.Facts {
	return consent.Facts{
		Asked: p, Current: p, ReadAt: now, Known: true, Restricted: consent.No, OptOutKnown: true, Born: "1950-02-03", Version: 1,
		Relationships: []consent.Relationship{{Patient: p, Org: "F83999", Kind: consent.RegisteredPractice, StartedAt: longAgo}},
	}
}

// Trap 16: whatever is wrong with what consent answers, it denies, alarms, and no source is
// asked; whatever is wrong with the trail, nothing is disclosed, and it alarms. Where the register says that it
// does not know, demographics is asked whether it restricts the patient.
func TestTrap16FaultsOfConsent(t *testing.T) {
	type answered = map[record.NHSNumber]consent.Facts
	for _, fault := range []struct {
		name  string
		facts factsOf
		shown []int // the patients of 1 and 2 who are shown all the same
		quiet bool  // it is a thing that the register may say
	}{
		{name: "an error", facts: func(context.Context, []record.NHSNumber) (answered, error) { return nil, consent.ErrUnavailable }},
		{name: "an error of no kind", facts: func(context.Context, []record.NHSNumber) (answered, error) { return nil, errors.New("500") }},
		{name: "an error beside an answer", facts: func(_ context.Context, numbers []record.NHSNumber) (answered, error) {
			return answered{number(1): good(number(1)), number(2): good(number(2))}, consent.ErrUnavailable
		}},
		{name: "a time-out", facts: func(ctx context.Context, _ []record.NHSNumber) (answered, error) {
			return nil, context.DeadlineExceeded
		}},
		{name: "nothing at all", facts: func(context.Context, []record.NHSNumber) (answered, error) { return nil, nil }},
		{name: "an empty answer", facts: func(context.Context, []record.NHSNumber) (answered, error) { return answered{}, nil }},
		{name: "half an answer", shown: []int{2}, facts: func(context.Context, []record.NHSNumber) (answered, error) {
			return answered{number(2): good(number(2))}, nil
		}},
		{name: "facts without content", facts: func(context.Context, []record.NHSNumber) (answered, error) {
			return answered{number(1): {}, number(2): {}}, nil
		}},
		{name: "facts that say nothing of consent", quiet: true, facts: func(context.Context, []record.NHSNumber) (answered, error) {
			a := answered{}
			for _, n := range []record.NHSNumber{number(1), number(2)} {
				f := good(n)
				f.OptOutKnown, f.Restricted = false, consent.Unknown
				a[n] = f
			}
			return a, nil
		}},
		{name: "facts of somebody else", facts: func(context.Context, []record.NHSNumber) (answered, error) {
			return answered{number(1): good(number(7)), number(2): good(number(8))}, nil
		}},
		{name: "the facts of two swapped", facts: func(context.Context, []record.NHSNumber) (answered, error) {
			return answered{number(1): good(number(2)), number(2): good(number(1))}, nil
		}},
		{name: "nobody's number", facts: func(context.Context, []record.NHSNumber) (answered, error) {
			return answered{"": good(number(1)), "1": good(number(2))}, nil
		}},
	} {
		t.Run(fault.name, func(t *testing.T) {
			m := newMatrix(t)
			m.options.Facts = fault.facts
			m.serve()
			m.read()
			a := m.askAs(t, "gp", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { nhsNumber patient { nhsNumber allergies { nodes { id } } } refusal { code } } }`, several(number(1), number(2)))
			var answer struct {
				Data struct {
					Patients []struct {
						NHSNumber string
						Patient   *struct{ NHSNumber string }
						Refusal   *struct{ Code string }
					}
				}
			}
			check(t, json.Unmarshal(a.Body.Bytes(), &answer))
			for i, p := range answer.Data.Patients {
				if shown := p.Patient != nil; shown != slices.Contains(fault.shown, i+1) {
					t.Errorf("patient %d is shown %v: %s", i+1, shown, a.Body)
				}
				if p.Patient != nil && p.Patient.NHSNumber != p.NHSNumber {
					t.Errorf("patient %d is answered with another", i+1)
				}
			}
			reads := m.read
			if fault.quiet {
				reads = m.readRecords
			}
			if n := reads(); len(fault.shown) == 0 && n > 0 {
				t.Errorf("%d reads", n)
			}
			if !fault.quiet {
				m.alarmed(t, resolvers.AlarmConsent)
			}
		})
	}
}

func TestTrap16FaultsOfTheTrail(t *testing.T) {
	for _, fault := range []struct {
		name  string
		trail trailOf
	}{
		{name: "an error", trail: func(context.Context, []audit.Entry) ([]audit.Result, error) { return nil, audit.ErrUnavailable }},
		{name: "an error of no kind", trail: func(context.Context, []audit.Entry) ([]audit.Result, error) { return nil, errors.New("disk full") }},
		{name: "an error beside an answer", trail: func(_ context.Context, e []audit.Entry) ([]audit.Result, error) {
			return make([]audit.Result, len(e)), audit.ErrUnavailable
		}},
		{name: "an answer for half of it", trail: func(_ context.Context, e []audit.Entry) ([]audit.Result, error) {
			return make([]audit.Result, len(e)/2), nil
		}},
		{name: "an empty answer", trail: func(context.Context, []audit.Entry) ([]audit.Result, error) { return []audit.Result{}, nil }},
		{name: "nothing at all", trail: func(context.Context, []audit.Entry) ([]audit.Result, error) { return nil, nil }},
		{name: "too much of an answer", trail: func(_ context.Context, e []audit.Entry) ([]audit.Result, error) {
			return make([]audit.Result, len(e)+1), nil
		}},
	} {
		t.Run(fault.name, func(t *testing.T) {
			m := newMatrix(t)
			m.options.Trail = fault.trail
			m.served(func(*transport.Options) {})
			a := m.askAs(t, "gp", someOfAll, one(number(1)))
			b := m.askAs(t, "gp", many, several(number(1), number(2)))
			for _, body := range [][]byte{a.Body.Bytes(), b.Body.Bytes()} {
				if len(m.in(body)) > 0 || !bytes.Contains(body, []byte("AUDIT_UNAVAILABLE")) || bytes.Contains(body, []byte("INTERNAL")) {
					t.Errorf("%s", body)
				}
			}
			m.alarmed(t, resolvers.AlarmAudit)
		})
	}
}

// A refusal for want of the trail must not say that an emergency grant is in use: that
// tells that there is such a patient, who is neither restricted nor opted out.
func TestWithoutATrailTheGlassIsSilent(t *testing.T) {
	m := newMatrix(t)
	i := slices.IndexFunc(patientStates, func(s state) bool { return s.trail })
	j := slices.IndexFunc(relations, func(r relation) bool { return r.grant != nil })
	c := callers(t, m.tables)[0]
	m.enter(m.expect(c, patientStates[i], relations[j]))
	with := transports[0].send(t, m.care, m.token(c), someOfAll, one(number(1))).Body.String()
	m.enter(m.expect(c, patientStates[i], relations[1]))
	without := transports[0].send(t, m.care, m.token(c), someOfAll, one(number(1))).Body.String()
	if with != without {
		t.Errorf("with a grant: %s\nwithout: %s", with, without)
	}
}

// Trap 17: an empty set of patients or sectors means nothing, never everything.
func TestTrap17NothingPermittedIsNothing(t *testing.T) {
	m := newMatrix(t)
	nobody := func(f *consent.Facts) { f.Relationships = nil }
	m.register.knows = nobody
	m.read()
	if a := m.askAs(t, "gp", many, several(number(1), number(2))); len(m.in(a.Body.Bytes())) > 0 || m.read() > 0 {
		t.Errorf("a list of whom nobody is permitted: %s", a.Body)
	}
	m.register.knows = nil
	for name, query := range map[string]string{
		"no sectors":      `{ patient(nhsNumber: "%s") { timeline(sectors: []) { nodes { id } } } }`,
		"no numbers":      `{ patients(nhsNumbers: []) { nhsNumber patient { id allergies { nodes { id } } } } }%.0s`,
		"no sector of it": `{ patient(nhsNumber: "%s") { timeline(sectors: [DEMOGRAPHICS]) { nodes { id } } } }`,
	} {
		m.read()
		if a := m.askAs(t, "gp", fmt.Sprintf(query, str(1)), nil); len(m.in(a.Body.Bytes())) > 0 || m.readRecords() > 0 {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
}

// Trap 18: whatever breaks after the sources have answered, nothing of theirs goes out but
// by a field that resolved.
func TestTrap18WhatBreaksAfterTheRead(t *testing.T) {
	for name, breaks := range map[string]func(*matrix, *transport.Options){
		"what is seen of a read panics": func(m *matrix, _ *transport.Options) {
			m.options.Observe = func(context.Context, resolvers.Observation) { panic("observing") }
		},
		"the trail panics": func(m *matrix, _ *transport.Options) {
			m.options.Trail = trailOf(func(context.Context, []audit.Entry) ([]audit.Result, error) { panic("writing") })
		},
		"the trail fails": func(m *matrix, _ *transport.Options) {
			m.options.Trail = trailOf(func(context.Context, []audit.Entry) ([]audit.Result, error) { return nil, errors.New("writing") })
		},
		"the answer's extensions panic": func(_ *matrix, o *transport.Options) {
			o.Extensions = func(context.Context) map[string]any { panic("extensions") }
		},
		"the receipt panics": func(_ *matrix, o *transport.Options) {
			o.Receipt = func(context.Context, transport.ReceiptInput) (string, error) { panic("receipt") }
		},
		"the receipt fails": func(_ *matrix, o *transport.Options) {
			o.Receipt = func(context.Context, transport.ReceiptInput) (string, error) { return "", errors.New("receipt") }
		},
		"rows are of another kind": func(m *matrix, _ *transport.Options) {
			for i := range m.options.Sources {
				read := m.options.Sources[i].Read
				m.options.Sources[i].Read = func(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
					answers, err := read(ctx, asks)
					for ask, answer := range answers {
						if ask.Kind != fetch.Persons {
							answer.Rows = &fetch.Rows[record.Person]{Starts: []int32{0, 1}, Items: []record.Person{{Name: &record.HumanName{Full: "«stray»"}}}}
						}
						answers[ask] = answer
					}
					return answers, err
				}
			}
		},
		"rows are cut short": func(m *matrix, _ *transport.Options) {
			for i := range m.options.Sources {
				m.options.Sources[i].Read = func(_ context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
					answers := map[*fetch.Ask]fetch.Answer{}
					for _, ask := range asks {
						answers[ask] = fetch.Answer{Rows: &fetch.Rows[record.Allergy]{Starts: []int32{0, 3}, Items: []record.Allergy{{Substance: record.Code{Display: "«stray»"}}}}}
					}
					return answers, nil
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMatrix(t)
			breaks(m, &transport.Options{})
			m.served(func(o *transport.Options) { breaks(m, o) })
			a := m.askAs(t, "gp", someOfAll, one(number(1)))
			seen := m.in(a.Body.Bytes())
			if name == "rows are of another kind" { // each field takes what is of its own type
				delete(seen, "DEMOGRAPHICS person")
			}
			if len(seen) > 0 || strings.Contains(a.Body.String(), "panic") || strings.Contains(a.Body.String(), ".go:") {
				t.Errorf("%v in %s", keysOf(seen), a.Body)
			}
		})
	}
}

// Trap 20: consent is kept nowhere: an objection counts from the next question on, whoever
// asks, and for the other purpose and role as well.
func TestTrap20ConsentIsNotKept(t *testing.T) {
	m := newMatrix(t)
	optedOut := map[record.NHSNumber]bool{}
	m.register.knows = func(f *consent.Facts) {
		if optedOut[f.Asked] {
			f.OptOuts = []consent.Interval{{From: now}}
		}
	}
	everybody := []string{"gp", "hospital-doctor", "mental-health-nurse", "social-worker", "receptionist", "care-manager"}
	for _, persona := range everybody {
		for range 2 {
			if a := m.askAs(t, persona, someOfAll, one(number(1))); len(m.in(a.Body.Bytes())) == 0 {
				t.Fatalf("%s before: %s", persona, a.Body)
			}
		}
	}
	optedOut[number(1)] = true
	for _, persona := range everybody {
		if a := m.askAs(t, persona, someOfAll, one(number(1))); len(m.in(a.Body.Bytes())) > 0 || !bytes.Contains(a.Body.Bytes(), []byte("RECORD_WITHHELD")) {
			t.Errorf("%s after: %s", persona, a.Body)
		}
		if a := m.askAs(t, persona, someOfAll, one(number(2))); len(m.in(a.Body.Bytes())) == 0 {
			t.Errorf("%s, somebody else: %s", persona, a.Body)
		}
	}
	optedOut[number(1)] = false
	if a := m.askAs(t, "gp", someOfAll, one(number(1))); len(m.in(a.Body.Bytes())) == 0 {
		t.Errorf("a change of mind: %s", a.Body)
	}
}

// Trap 22: callers who ask for the same patients at the same instant get each their own
// answer, and none may be kept by anybody in between.
func TestTrap22TwoCallersAtOneInstant(t *testing.T) {
	m := newMatrix(t)
	rounds := instants()
	if wholeMatrix {
		rounds = 10_000
	}
	patients := []record.NHSNumber{number(1), number(2)}
	m.register.knows = func(f *consent.Facts) {
		if f.Asked == number(2) {
			f.OptOuts = []consent.Interval{{From: longAgo}}
		}
	}
	personas := []string{"gp", "social-worker", "receptionist", "privacy-officer"}
	want := map[string]string{}
	for _, persona := range personas {
		for _, patient := range patients {
			a := m.askAs(t, persona, someOfAll, one(patient))
			want[persona+string(patient)] = a.Body.String()
			if a.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s may be kept: %v", persona, a.Header())
			}
		}
	}
	for i, persona := range personas {
		for _, other := range personas[:i] {
			if want[persona+str(1)] == want[other+str(1)] {
				t.Fatalf("%s and %s see the same", persona, other)
			}
		}
	}
	for range rounds {
		var group sync.WaitGroup
		start := make(chan struct{})
		for _, persona := range personas {
			for _, patient := range patients {
				group.Go(func() {
					<-start
					if got := m.askAs(t, persona, someOfAll, one(patient)).Body.String(); got != want[persona+string(patient)] {
						t.Errorf("%s beside others: %.300s", persona, got)
					}
				})
			}
		}
		close(start)
		if group.Wait(); t.Failed() {
			return
		}
	}
}

// Trap 23: nothing that a client sends is kept under its hash: a hash alone is no query,
// and beside a query it changes nothing.
func TestTrap23AHashIsNoQuery(t *testing.T) {
	m := newMatrix(t)
	const hash = `"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"}}`
	for range 2 {
		alone := sendRaw(`{`+hash+`}`)(t, m)
		if alone.Code != http.StatusBadRequest || bytes.Contains(alone.Body.Bytes(), []byte("data")) {
			t.Errorf("a hash alone: %d %s", alone.Code, alone.Body)
		}
		with, without := sendRaw(`{"query":"{ viewer { role } }",`+hash+`}`)(t, m), sendRaw(`{"query":"{ viewer { role } }"}`)(t, m)
		if with.Body.String() != without.Body.String() {
			t.Errorf("a hash of another query beside one: %s, not %s", with.Body, without.Body)
		}
	}
}

// Trap 23, with a list of trusted documents: what is on it is there from the start. No
// hash, upload or body adds to it, and nothing but documentId names what is on it.
func TestTrap23WhatIsSentBecomesNoTrustedDocument(t *testing.T) {
	m := newMatrix(t)
	const registered, other = `{ viewer { role } }`, `{ viewer { name } }`
	persisted := func(text string) string {
		return `"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.TrimPrefix(documentID(text), "sha256:") + `"}}`
	}
	h := m.trusting(registered)
	for range 2 { // the second time nothing of the first is kept
		for name, test := range map[string]struct {
			body string
			code string // "" for one that answers
		}{
			"the registered document":                    {`{"documentId":"` + documentID(registered) + `"}`, ""},
			"the same with another's hash beside it":     {`{"documentId":"` + documentID(registered) + `",` + persisted(other) + `}`, ""},
			"its hash as for persisted queries":          {`{` + persisted(registered) + `}`, "BAD_USER_INPUT"},
			"its hash and its body":                      {`{"query":"` + registered + `",` + persisted(registered) + `}`, "DOCUMENT_NOT_TRUSTED"},
			"its hash and another body":                  {`{"query":"` + other + `",` + persisted(registered) + `}`, "DOCUMENT_NOT_TRUSTED"},
			"its id and another body":                    {`{"query":"` + other + `","documentId":"` + documentID(registered) + `"}`, "BAD_USER_INPUT"},
			"an unregistered hash with its body":         {`{"query":"` + other + `",` + persisted(other) + `}`, "DOCUMENT_NOT_TRUSTED"},
			"an unregistered id with its body":           {`{"query":"` + other + `","documentId":"` + documentID(other) + `"}`, "BAD_USER_INPUT"},
			"an unregistered id, its body sent before":   {`{"documentId":"` + documentID(other) + `"}`, "DOCUMENT_NOT_TRUSTED"},
			"an unregistered hash, its body sent before": {`{` + persisted(other) + `}`, "BAD_USER_INPUT"},
			"an id in the extensions":                    {`{"extensions":{"documentId":"` + documentID(registered) + `"}}`, "BAD_USER_INPUT"},
		} {
			a := gotFrom(h, m.token(callers(t, m.tables)[0]), http.MethodPost, "/graphql", []byte(test.body), "Content-Type", "application/json")
			if answered := bytes.Contains(a.Body.Bytes(), []byte(`"data"`)); answered != (test.code == "") || !strings.Contains(a.Body.String(), test.code) {
				t.Errorf("%s: %d %s, want %q", name, a.Code, a.Body, test.code)
			}
		}
	}
}

// Trap 31: sources that never answer hold up neither the others nor the service: the rest
// comes at the deadline, and nothing is left running.
func TestTrap31ASourceThatHangs(t *testing.T) {
	m := newMatrix(t)
	const hangs = "ACUTE/RAL"
	for i := range m.options.Sources {
		if s := &m.options.Sources[i]; s.Name == hangs {
			s.Deadline = 10 * time.Millisecond
			s.Read = func(ctx context.Context, _ []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}
	}
	m.serve()
	ask := func() {
		a := m.askAs(t, "gp", someOfAll, one(number(1)))
		seen := m.in(a.Body.Bytes())
		if !seen["GP allergy"] || seen["ACUTE allergy"] || !bytes.Contains(a.Body.Bytes(), []byte(`"reason":"TIMED_OUT"`)) || bytes.Contains(a.Body.Bytes(), []byte(`"errors"`)) {
			t.Fatalf("%s", a.Body)
		}
	}
	ask()
	before := runtime.NumGoroutine()
	for range 100 {
		ask()
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if runtime.NumGoroutine() <= before+5 {
			return
		}
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// Trap 37: the graph itself asks who it is that asks, whatever stands in front of it.
func TestTrap37NothingInFrontOfTheGraph(t *testing.T) {
	m := newMatrix(t)
	root := resolvers.New(m.options)
	bare := transport.New(root.Schema(), transport.Options{Begin: root.Begin, Check: root.Check, Extensions: root.Extensions, ErrorPresenter: root.Present})
	for name, query := range map[string]string{
		"a record": fmt.Sprintf(`{ patient(nhsNumber: %q) { id allergies { nodes { id } } } }`, str(1)),
		"records":  fmt.Sprintf(`{ patients(nhsNumbers: [%q]) { nhsNumber patient { id allergies { nodes { id } } } } }`, str(1)),
		"viewer":   `{ viewer { name classes } }`, "sources": `{ serviceSources { state } }`,
		"the log": `{ accessLog { edges { node { id } } } }`, "opt-outs": fmt.Sprintf(`{ optOuts(nhsNumber: %q) { id } }`, str(1)),
		"a grant": fmt.Sprintf(`mutation { breakGlass(input: {nhsNumber: %q, reason: EMERGENCY, note: "unconscious in resus", classes: [ALLERGIES]}) { grant { id } } }`, str(1)),
	} {
		m.register.calls = 0
		m.read()
		r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body(t, query, nil)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Forwarded-User", "gp")
		r.Header.Set("X-Role", "GENERAL_PRACTITIONER")
		w := httptest.NewRecorder()
		bare.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), "UNAUTHENTICATED") || len(m.in(w.Body.Bytes())) > 0 || m.register.calls > 0 || m.read() > 0 {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
}

// Trap 38: nothing that is built can be told to go without tokens, consent or the trail: the
// graph stands behind auth.Require at its one address, and no setting, flag or tag is named
// for leaving any of it out.
func TestTrap38NothingGoesWithoutSecurity(t *testing.T) {
	bypass := regexp.MustCompile(`(?i)(disable|skip|bypass|no|without|insecure|ignore|allow|fake|stub|mock)_?-?(auth|token|consent|audit|trail|verif|security|permission|tls)|(auth|token|consent|audit|trail|security)_?-?(disabled|off|bypass|optional|none)|insecure`)
	guarded := false
	each(t, "..", func(file string, f *ast.File) {
		if strings.HasPrefix(file, "internal/config/") || !strings.Contains(file, "/") {
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Field:
					for _, name := range n.Names {
						if bypass.MatchString(name.Name) {
							t.Errorf("%s has %s, which reads like a way round security", file, name.Name)
						}
					}
				case *ast.BasicLit:
					if text, err := strconv.Unquote(n.Value); err == nil && len(text) < 40 && !strings.Contains(text, " ") && bypass.MatchString(text) {
						t.Errorf("%s has %q, which reads like a way round security", file, text)
					}
				case *ast.CallExpr:
					if pattern, is := patternOf(n); is && pattern == `"/graphql"` {
						call, ok := n.Args[1].(*ast.CallExpr)
						s, selects := ast.Expr(nil), false
						if ok {
							s, selects = call.Fun, true
						}
						if x, is := s.(*ast.SelectorExpr); selects && is && x.Sel.Name == "Require" {
							guarded = true
						}
					}
				}
				return true
			})
		}
	})
	if !guarded {
		t.Error("/graphql does not stand behind auth.Require")
	}
}
