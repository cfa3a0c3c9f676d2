package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"carerecord/graph"
	"carerecord/internal/receipt"
	"carerecord/internal/transport"
	"carerecord/internal/writer"
)

var (
	seed      = flag.Uint64("seed", 1, "of the first generated document")
	documents = flag.Int("documents", 1_000, "how many generated documents are compared; CI compares 10,000")
)

// contents is how many contents each operation is asked with.
const contents = 20

// wide lets every document through.
var wide = transport.Limits{
	Tokens: 100_000, Fragments: 10_000, Spreads: 100_000, Aliases: 10_000, RootFields: 100, Depth: 100, Fields: 1_000_000, Lists: 100, Cost: 1 << 40, Repeats: 10_000,
}

// A pair answers the same requests by the writer and by gqlgen.
type pair struct {
	chance  *chance
	schema  *ast.Schema
	written http.Handler
	stock   http.Handler
	left    *counter
	tally   *tally
	laid    atomic.Int64 // root fields that were canonicalised by their layout
	mislaid atomic.Value // how the canonical form by layout differed last
}

// counter counts the fields that gqlgen's executor resolves.
type counter struct{ fields atomic.Int64 }

func (*counter) ExtensionName() string                   { return "Counter" }
func (*counter) Validate(graphql.ExecutableSchema) error { return nil }
func (c *counter) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	if graphql.GetFieldContext(ctx).Object != "Query" {
		c.fields.Add(1)
	}
	return next(ctx)
}

func newPair() *pair {
	p := &pair{chance: &chance{given: map[string]*[outcomes]int{}}, left: &counter{}}
	es := graph.NewExecutableSchema(graph.Config{Resolvers: stub{p.chance}})
	p.schema = es.Schema()
	p.tally = newTally(p.schema)
	options := transport.Options{
		Limits: wide, MaxBody: 8 << 20, Documents: 4,
		ErrorPresenter: func(ctx context.Context, err error) *gqlerror.Error {
			return &gqlerror.Error{Message: err.Error(), Path: graphql.GetPath(ctx), Extensions: map[string]any{"code": "SOURCE_UNAVAILABLE"}}
		},
	}
	options.Use = []graphql.HandlerExtension{p.tally}
	p.stock = transport.New(es, options)
	options.Use = []graphql.HandlerExtension{graph.NewWriter(es, transport.Kept), p.left}
	options.Release = spoil
	options.Begin, options.Receipt = writer.WithLayouts, p.laidOut
	p.written = transport.New(graph.Pooled(es), options)
	return p
}

// laidOut compares the canonical form of an answer from where everything is said to stand in it
// with that from its text alone. It gives no receipt.
func (p *pair) laidOut(ctx context.Context, in transport.ReceiptInput) (string, error) {
	layouts := writer.LayoutsFrom(ctx)
	defer layouts.Release()
	parts := receipt.Parts(layouts.All())
	want, err := receipt.Canonical(nil, in.Data)
	if err != nil {
		return "", err
	}
	got, err := receipt.Canonical(nil, in.Data, parts...)
	if err != nil || !bytes.Equal(got, want) {
		p.mislaid.Store(fmt.Sprintf("%v\nlayout %s\ntext   %s", err, from(got, want), from(want, got)))
	}
	p.laid.Add(int64(len(parts)))
	return "", nil
}

// spoil gives an answer's buffer back, and has whoever still reads it notice.
func spoil(data []byte) {
	for i := range data {
		data[i] = '!'
	}
	graph.Release(data)
}

func answer(h http.Handler, document string, variables map[string]any) (int, []byte) {
	return answerTo(h, "", document, variables)
}

func answerTo(h http.Handler, operation, document string, variables map[string]any) (int, []byte) {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables, "operationName": operation})
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

// same compares what both answer, twice: the second time the plan is one that was kept.
func (p *pair) same(t *testing.T, document string, variables map[string]any) (size int, valid bool) {
	t.Helper()
	status, want := answer(p.stock, document, variables)
	if bytes.Contains(want, []byte("GRAPHQL_VALIDATION_FAILED")) {
		return 0, false
	}
	if status != http.StatusOK {
		t.Fatalf("status %d: %s\n%s", status, want, document)
	}
	p.tally.add(t, want)
	for _, time := range []string{"first", "second"} {
		if _, got := answer(p.written, document, variables); !bytes.Equal(got, want) {
			t.Fatalf("the %s time:\n%s\n%v\nwritten %s\ngqlgen  %s", time, document, variables, from(got, want), from(want, got))
		}
	}
	if wrong := p.mislaid.Load(); wrong != nil {
		t.Fatalf("the canonical form differs: %s\n%s", wrong, document)
	}
	return len(want), true
}

// from is a text from where it differs from another.
func from(a, b []byte) []byte {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return a[max(0, i-80):min(len(a), i+200)]
}

// Whatever is asked, and whatever there is, the writer and gqlgen answer alike to the
// byte, errors, their paths and nulls included.
func TestWriterAnswersAsGqlgen(t *testing.T) {
	p := newPair()
	var sizes []int
	for n := *seed; len(sizes) < *documents; n++ {
		p.chance.seed = n
		document, values := draft(p.schema, n)
		size, valid := p.same(t, document, values())
		if valid {
			sizes = append(sizes, size)
			p.same(t, document, values()) // by plans of the same document
		}
		if n > *seed+uint64(3**documents) {
			t.Fatalf("of %d documents only %d were valid", n, len(sizes))
		}
	}
	slices.Sort(sizes)
	t.Logf("%d documents, half of the answers have %d bytes and more", len(sizes), sizes[len(sizes)/2])
	p.tally.enough(t)
	if sizes[len(sizes)/2] < 200 {
		t.Error("the documents ask for too little to show anything")
	}
	p.sweep(t, max(2, *documents/250))
	p.everyOutcome(t)
	p.tally.complete(t, len(sizes))
	if n := p.left.fields.Load(); n > 0 {
		t.Errorf("gqlgen resolved %d fields", n)
	}
	if n := p.laid.Load(); n < int64(len(sizes)) {
		t.Errorf("only %d root fields had a layout", n)
	}
}

// The published operations, each with many contents.
func TestWriterAnswersTheOperations(t *testing.T) {
	files, err := filepath.Glob("../operations/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no operations", err)
	}
	p := newPair()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "mutation") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			for n := range uint64(contents) {
				p.chance.seed = n
				if _, valid := p.same(t, string(text), map[string]any{
					"nhsNumber": "9990000018", "nhsNumbers": []string{"9990000018", "9990000026"}, "test": map[string]any{"system": "http://snomed.info/sct", "code": "1"},
					"first": 3, "id": "x", "since": nil, "after": nil,
				}); !valid {
					t.Fatal("not valid")
				}
			}
		})
	}
}

// What the writer leaves to gqlgen is answered beside what it writes.
func TestWhatIsLeftToGqlgen(t *testing.T) {
	p := newPair()
	for document, left := range map[string]bool{
		`{ viewer { name } }`:                       false,
		`{ accessAlerts { kind } viewer { name } }`: true,
		`{ optOuts(nhsNumber: "9990000018") { id } patient(nhsNumber: "9990000018") { id } }`: true,
	} {
		for p.chance.seed = 0; p.chance.seed < 50; p.chance.seed++ {
			if _, valid := p.same(t, document, nil); !valid {
				t.Fatalf("%s is not valid", document)
			}
		}
		if n := p.left.fields.Swap(0); n > 0 != left {
			t.Errorf("%s: gqlgen resolved %d fields", document, n)
		}
	}
}

// Plans of a document for each choice of its conditions, more variables than are told
// apart, and more choices than are kept.
func TestConditions(t *testing.T) {
	p := newPair()
	for _, n := range []int{3, 8, 70} {
		declared, selected := "", ""
		for i := range n {
			declared += fmt.Sprintf("$c%d: Boolean! ", i)
			selected += fmt.Sprintf("a%d: name @include(if: $c%d) name @skip(if: $c%d) ", i, i, i)
		}
		document := fmt.Sprintf("query (%s) { viewer { %s __typename } }", declared, selected)
		for choice := range 200 {
			variables := map[string]any{}
			for i := range n {
				variables[fmt.Sprintf("c%d", i)] = (choice*2654435761)>>(i%31)&1 == 1
			}
			if _, valid := p.same(t, document, variables); !valid {
				t.Fatal("not valid")
			}
		}
	}
}

// A plan is of one choice of all conditions, wherever in the document they stand.
func TestConditionsEverywhere(t *testing.T) {
	p := newPair()
	const document = `query ($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!, $e: Boolean!, $f: Boolean!) { viewer { ...Spread @include(if: $a) ... @skip(if: $b) { role ... on Viewer { organisation { name @include(if: $f) __typename } } } ...Nested id: name @include(if: $c) } serviceSources @skip(if: $d) { state } }
		fragment Spread on Viewer { name } fragment Nested on Viewer { ... on Viewer @include(if: $e) { purpose } ...Again } fragment Again on Viewer { again: purpose @skip(if: $e) ...Spread }`
	for _, chosen := range rand.New(rand.NewPCG(5, 6)).Perm(64) {
		variables := map[string]any{}
		for i, name := range []string{"a", "b", "c", "d", "e", "f"} {
			variables[name] = chosen&(1<<i) > 0
		}
		if _, valid := p.same(t, document, variables); !valid {
			t.Fatal("not valid")
		}
	}
}

// Arguments are those of the request wherever a variable stands among them, whatever they
// were the time before.
func TestArgumentsOfTheAsker(t *testing.T) {
	p := newPair()
	const document = `query ($n: NHSNumber!, $first: Int!, $code: String!) { patient(nhsNumber: $n) {
		d: vitalSigns(first: 3, sign: {system: $code, code: $code}) { state nodes { id } }
		a: results(first: $first) { state nodes { id } } b: results(first: 3, test: {system: "http://loinc.org", code: $code}) { state nodes { id } } c: results(first: 3) { state nodes { id } } } }`
	written := map[string]bool{}
	for i := range 40 {
		variables := map[string]any{"n": "9990000018", "first": 1 + i%7, "code": fmt.Sprint("c", i%5)}
		p.same(t, document, variables)
		_, a := answer(p.written, document, variables)
		written[string(a)] = true
	}
	if len(written) < 10 {
		t.Errorf("only %d answers", len(written))
	}
}

// Two operations of one document share fragments, and with them fields; each has plans of
// its own.
func TestOperationsOfOneDocument(t *testing.T) {
	p := newPair()
	const document = `query A($only: Boolean!, $x: Boolean!) { __typename @include(if: $only) ...F viewer { role } }
		query B($x: Boolean!) { ...F }
		fragment F on Query { viewer { name purpose @include(if: $x) } }`
	for range 2 {
		for _, of := range []struct {
			name      string
			variables map[string]any
		}{
			{"A", map[string]any{"only": true, "x": false}}, {"B", map[string]any{"x": true}}, {"A", map[string]any{"only": false, "x": true}}, {"B", map[string]any{"x": false}},
		} {
			_, want := answerTo(p.stock, of.name, document, of.variables)
			if _, got := answerTo(p.written, of.name, document, of.variables); !bytes.Equal(got, want) {
				t.Errorf("%s %v: written %s\ngqlgen %s", of.name, of.variables, got, want)
			}
		}
	}
}

// A document that is planned beforehand is written as it would have been, and no request
// for it makes a plan.
func TestPlansBeforeTheFirstRequest(t *testing.T) {
	p := newPair()
	const document = `query A($only: Boolean!, $x: Boolean!) { __typename @include(if: $only) ...F viewer { role } }
		query B($x: Boolean!) { ...F }
		fragment F on Query { viewer { name purpose @include(if: $x) } serviceSources { state } }`
	es := graph.NewExecutableSchema(graph.Config{Resolvers: stub{p.chance}})
	var place *sync.Map
	options := transport.Options{Limits: wide, Use: []graphql.HandlerExtension{graph.NewWriter(es, transport.Kept)}}
	options.Trusted = transport.NewTrusted(es.Schema(), options)
	prepared, err := options.Trusted.Prepare(transport.TrustedDocument{IDs: []string{"d"}, Text: document, Plan: func(doc *ast.QueryDocument, kept *sync.Map) {
		graph.Plan(doc, kept)
		place = kept
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := options.Trusted.Add(prepared); err != nil {
		t.Fatal(err)
	}
	before, h := plansIn(place), transport.New(es, options)
	if before != 2+4*2+2*2 { // for each choice of the variables the roots of A, of which one is not always there, and those of B
		t.Errorf("%d plans", before)
	}
	for chosen := range 4 {
		for _, operation := range []string{"A", "B"} {
			variables := map[string]any{"only": chosen&1 > 0, "x": chosen&2 > 0}
			body, _ := json.Marshal(map[string]any{"documentId": "d", "operationName": operation, "variables": variables})
			r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if _, want := answerTo(p.stock, operation, document, variables); !bytes.Equal(w.Body.Bytes(), want) {
				t.Errorf("%s %v: %s\ngqlgen %s", operation, variables, w.Body, want)
			}
		}
	}
	if after := plansIn(place); after != before {
		t.Errorf("%d plans after the requests, %d before", after, before)
	}
}

// plansIn is how many plans are kept for a document.
func plansIn(place *sync.Map) (plans int) {
	place.Range(func(_, value any) bool {
		plans += value.(*writer.Plans).Len()
		return true
	})
	return plans
}

// Answers that are written at once, into buffers of answers before them, are each what was asked.
func TestBuffersAreOfOneAnswerAtATime(t *testing.T) {
	p := newPair()
	var all sync.WaitGroup
	for caller := range 8 {
		all.Go(func() {
			for n := range 100 {
				alias := fmt.Sprintf("of%d_%d_%s", caller, n, strings.Repeat("x", n%7*(caller+1)))
				_, got := answer(p.written, `{ `+alias+`: __typename }`, nil)
				if want := `{"data":{"` + alias + `":"Query"}}`; string(got) != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		})
	}
	all.Wait()
}

// Values that become the data of one answer are not another's, however many are written at once.
func TestValuesAreOfOneAnswerAtATime(t *testing.T) {
	p := newPair()
	p.chance.seed = 4
	type asked struct {
		document  string
		variables map[string]any
		want      []byte
	}
	var all []asked
	for n := *seed; len(all) < 60; n++ {
		document, values := draft(p.schema, n)
		variables := values()
		if _, want := answer(p.stock, document, variables); len(want) > 500 {
			all = append(all, asked{document, variables, want})
		}
	}
	var callers sync.WaitGroup
	for caller := range uint64(8) {
		callers.Go(func() {
			for _, i := range rand.New(rand.NewPCG(caller, 3)).Perm(len(all)) {
				a := all[i]
				if _, got := answer(p.written, a.document, a.variables); !bytes.Equal(got, a.want) {
					t.Errorf("%s\nwritten %s\ngqlgen  %s", a.document, from(got, a.want), from(a.want, got))
					return
				}
			}
		})
	}
	callers.Wait()
	if wrong := p.mislaid.Load(); wrong != nil {
		t.Errorf("the canonical form differs: %s", wrong)
	}
}

// An answer is written once. Whoever asks for it again must not get another request's.
func TestAnswersAreWrittenOnce(t *testing.T) {
	p := newPair()
	var kept graphql.Marshaler
	es := graph.NewExecutableSchema(graph.Config{Resolvers: stub{p.chance}})
	h := transport.New(es, transport.Options{Use: []graphql.HandlerExtension{keeper{&kept}, graph.NewWriter(es, transport.Kept)}})
	answer(h, `{ viewer { __typename } }`, nil)
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "marshalled twice") {
			t.Errorf("the answer was written twice: %v", r)
		}
	}()
	kept.MarshalGQL(new(bytes.Buffer))
}

type keeper struct{ kept *graphql.Marshaler }

func (keeper) ExtensionName() string                   { return "Keeper" }
func (keeper) Validate(graphql.ExecutableSchema) error { return nil }
func (k keeper) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	value, err := next(ctx)
	*k.kept, _ = value.(graphql.Marshaler)
	return value, err
}

// A field that the schema has and the writer has not would be gqlgen's in silence.
func TestEveryFieldHasAWriter(t *testing.T) {
	p := newPair()
	seen := map[string]bool{}
	var walk func(name string)
	walk = func(name string) {
		def := p.schema.Types[name]
		if seen[name] || def.IsLeafType() {
			return
		}
		seen[name] = true
		known := graph.Written()[name]
		if known == nil {
			t.Errorf("%s has no writer", name)
			return
		}
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") || name == "Query" && known.Fields[f.Name] == (writer.Known{}) {
				continue
			}
			if !def.IsAbstractType() && known.Fields[f.Name].ID == 0 {
				t.Errorf("%s.%s has no writer", name, f.Name)
			}
			walk(f.Type.Name())
		}
		for _, member := range p.schema.GetPossibleTypes(def) {
			walk(member.Name)
		}
	}
	walk("Query")
	for _, root := range []string{"patient", "patients", "viewer", "serviceSources"} {
		if graph.Written()["Query"].Fields[root].ID == 0 {
			t.Errorf("the root field %s has no writer", root)
		}
	}
	t.Logf("%d types", len(seen))
}
