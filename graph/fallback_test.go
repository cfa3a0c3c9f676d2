package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"carerecord/graph"
	"carerecord/internal/transport"
	"carerecord/internal/writer"
)

// answers are all that an executor answers, without a transport that refuses, checks or
// defaults anything before it. gqlgen does things at once, so errors, and what was deferred,
// come in no order.
func answers(t *testing.T, e *executor.Executor, document string, variables map[string]any) (all []string) {
	t.Helper()
	ctx := graphql.StartOperationTrace(t.Context())
	op, list := e.CreateOperationContext(ctx, &graphql.RawParams{Query: document, Variables: variables})
	if list != nil {
		t.Fatalf("%v: %s", list, document)
	}
	next, ctx := e.DispatchOperation(ctx, op)
	for response := next(ctx); response != nil; response = next(ctx) {
		slices.SortFunc(response.Errors, func(a, b *gqlerror.Error) int { return strings.Compare(a.Error(), b.Error()) })
		if response.HasNext != nil && len(all) > 0 {
			response.HasNext = nil // of what comes in no order
		}
		text, err := json.Marshal(response)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, string(text)); len(all) > 1_000 {
			t.Fatalf("it goes on: %s", all)
		}
	}
	slices.Sort(all[1:])
	return all
}

// conditional is a document with so many variables that skip or include.
func conditional(n int) (document string) {
	declared, selected := "", ""
	for i := range n {
		declared += fmt.Sprintf("$c%d: Boolean! ", i)
		selected += fmt.Sprintf("a%d: name @include(if: $c%d) ", i, i)
	}
	if n > 0 {
		declared = "(" + declared + ")"
	}
	return fmt.Sprintf("query %s { viewer { %s __typename } }", declared, selected)
}

// chosen are such variables, each true where its bit is.
func chosen(n, bits int) map[string]any {
	variables := map[string]any{}
	for i := range n {
		variables[fmt.Sprintf("c%d", i)] = bits>>(i%31)&1 == 1
	}
	return variables
}

// Whatever cannot be written, planned or kept is answered as gqlgen answers it.
func TestFallbacks(t *testing.T) {
	const patient = `patient(nhsNumber: "9990000018")`
	nothing := func(context.Context) *sync.Map { return nil }
	for _, test := range []struct {
		name      string
		document  string
		variables func(n int) map[string]any
		place     func(context.Context) *sync.Map // one that keeps, if nil
		unknown   [2]string                       // a field that has no writer
		plans     int                             // that are kept
		left      bool                            // to gqlgen
		valued    string                          // a place that always has a value
		says      string                          // in one of the answers
	}{
		{name: "what is written is kept", document: `{ viewer { name } ` + patient + ` { id name { full } } }`, plans: 2},
		{name: "a fragment that is deferred", document: `{ ` + patient + ` { id ... @defer { name { full } } } }`, plans: 1, left: true},
		{name: "a deferred fragment in a member of an interface", document: `{ ` + patient + ` { timeline { nodes { id ... on Procedure @defer { procedure { display } } } } } }`, plans: 1, left: true},
		{name: "a fragment that is not deferred after all", document: `query ($c0: Boolean!) { ` + patient + ` { id ... @defer(if: $c0) { name { full } } } }`, plans: 2, left: true,
			variables: func(n int) map[string]any { return chosen(1, n) }},
		{name: "a field without a writer", document: `{ viewer { name role } ` + patient + ` { id } }`, unknown: [2]string{"Viewer", "role"}, plans: 2, left: true},
		{name: "a field without a writer in a member of an interface", document: `{ ` + patient + ` { timeline { nodes { id ... on Procedure { performedAt } } } } }`,
			unknown: [2]string{"Procedure", "performedAt"}, plans: 1, left: true},
		{name: "a root field without a writer", document: `{ viewer { name } accessAlerts { kind } }`, plans: 2, left: true},
		{name: "one key by two interfaces", document: `{ ` + patient + ` { timeline { nodes { ... on Encounter { id } ... on TimelineEntry { id } } } } }`, plans: 1, left: true},
		{name: "one key with other fields by two interfaces", plans: 1, left: true,
			document: `{ ` + patient + ` { timeline { nodes { ... on Encounter { provenance { sector } } ... on TimelineEntry { provenance { sourceId } } } } } }`},
		{name: "one key by an interface and by what implements it", document: `{ ` + patient + ` { timeline { nodes { ... on RecordItem { id } ... on Stay { id } ... on Encounter { id } } } } }`, plans: 1},
		{name: "no place for plans", document: `query ($c0: Boolean!) { viewer { name role @include(if: $c0) } ` + patient + ` { timeline { nodes { id } } } }`, place: nothing,
			variables: func(n int) map[string]any { return chosen(1, n) }},
		{name: "no request to keep plans in", document: `{ viewer { name } }`, place: transport.Kept},
		{name: "a condition that is no boolean", document: `query ($c: Boolean = true) { serviceSources { state } viewer { name @include(if: $c) } }`, valued: "Query.Viewer", plans: 2, says: "is not a boolean",
			variables: func(n int) map[string]any { return map[string]any{"c": []any{false, nil}[n%2]} }},
		{name: "as many conditions as are told apart", document: conditional(64), variables: func(n int) map[string]any { return chosen(64, n%2) }, plans: 2},
		{name: "more conditions than are told apart", document: conditional(65), variables: func(n int) map[string]any { return chosen(65, n) }},
		{name: "more choices than plans are kept", document: conditional(7), variables: func(n int) map[string]any { return chosen(7, n) }, plans: 64},
		{name: "arguments that cannot be read", document: `{ ` + patient + ` { id results(since: "yesterday") { state } notice } }`, plans: 1, says: "a Date is written as"},
		{name: "arguments of a list that cannot be read", document: `{ patients(nhsNumbers: ["9990000018", "9990000026"]) { patient { id results(since: "yesterday") { state } notice } } }`,
			plans: 1, says: "a Date is written as"},
		{name: "a variable that cannot be read", document: `query ($since: Date) { ` + patient + ` { id results(since: $since) { state } again: results { state } } }`, plans: 1, says: "a Date is written as",
			variables: func(n int) map[string]any { return map[string]any{"since": []any{"yesterday", "2020-02-03"}[n%2]} }},
		{name: "arguments of a root field that cannot be read", document: `{ patient(nhsNumber: "1") { id } viewer { name } }`, plans: 1, says: "patient"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &chance{forced: test.valued, given: map[string]*[outcomes]int{}}
			es := graph.NewExecutableSchema(graph.Config{Resolvers: stub{c}})
			var kept sync.Map
			if test.place == nil {
				test.place = func(context.Context) *sync.Map { return &kept }
			}
			if of, field := test.unknown[0], test.unknown[1]; of != "" {
				fields := graph.Written()[of].Fields
				known := fields[field]
				delete(fields, field)
				defer func() { fields[field] = known }()
			}
			stock, written, left := executor.New(es), executor.New(es), &counter{}
			written.Use(graph.NewWriter(es, test.place))
			written.Use(left)
			for _, e := range []*executor.Executor{stock, written} {
				e.SetQueryCache(graphql.MapCache[*ast.QueryDocument]{}) // plans are of one document
				e.SetRecoverFunc(func(_ context.Context, r any) error { return fmt.Errorf("recovered: %v", r) })
				e.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error {
					text := err.Error()
					if e, ok := errors.AsType[*gqlerror.Error](err); ok {
						text = e.Message // the path in it is without the places in lists: arguments are read once a request
					}
					return &gqlerror.Error{Message: text, Path: graphql.GetPath(ctx)}
				})
			}
			said := false
			for n := range 130 {
				c.seed = uint64(n)
				var variables map[string]any
				if test.variables != nil {
					variables = test.variables(n)
				}
				got, want := answers(t, written, test.document, variables), answers(t, stock, test.document, variables)
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("%s %v with contents %d\nwritten %s\ngqlgen  %s", test.document, variables, n, got, want)
				}
				said = said || strings.Contains(fmt.Sprint(want), test.says)
			}
			if !said {
				t.Errorf("no answer says %q", test.says)
			}
			if n := plansIn(&kept); n != test.plans {
				t.Errorf("%d plans are kept, want %d", n, test.plans)
			}
			if n := left.fields.Load(); n > 0 != test.left {
				t.Errorf("gqlgen resolved %d fields", n)
			}
		})
	}
}

// Plans that are kept with the parsed document are made once while something holds it, and go when it goes.
func TestPlansOfGqlgensCache(t *testing.T) {
	c := &chance{given: map[string]*[outcomes]int{}}
	es := graph.NewExecutableSchema(graph.Config{Resolvers: stub{c}})
	place := writer.KeptWithDocument()
	var places []weak.Pointer[sync.Map]
	written, cache := executor.New(es), graphql.MapCache[*ast.QueryDocument]{}
	written.SetQueryCache(cache)
	written.Use(graph.NewWriter(es, func(ctx context.Context) *sync.Map {
		p := place(ctx)
		places = append(places, weak.Make(p))
		return p
	}))
	const one, other = `{ serviceSources { state kind } }`, `{ serviceSources { kind } }`
	for _, document := range []string{one, other, one} {
		answers(t, written, document, nil)
	}
	if len(places) != 3 || places[0] != places[2] || places[0] == places[1] || plansIn(places[0].Value()) != 1 || plansIn(places[1].Value()) != 1 {
		t.Fatalf("two documents have the places %v", places)
	}
	delete(cache, one)
	for n := 0; places[0].Value() != nil && n < 100; n++ {
		runtime.GC()
		time.Sleep(time.Millisecond) // a cleanup runs beside the collector
	}
	if places[0].Value() != nil || places[1].Value() == nil {
		t.Errorf("of a document that is gone there are plans: %t; of the other one: %t", places[0].Value() != nil, places[1].Value() != nil)
	}
	if answers(t, written, one, nil); plansIn(places[3].Value()) != 1 {
		t.Error("the document that came again has no plan")
	}
	runtime.KeepAlive(place)
}

// A document with more conditions than all choices of are planned beforehand has no plans
// before the first request.
func TestNotEveryChoiceIsPlanned(t *testing.T) {
	schema := newPair().schema
	for conditions, plans := range map[int]int{0: 1, 6: 64, 7: 0, 65: 0} {
		doc, err := gqlparser.LoadQueryWithRules(schema, conditional(conditions), nil)
		if err != nil {
			t.Fatal(err)
		}
		var kept sync.Map
		graph.Plan(doc, &kept)
		if n := plansIn(&kept); n != plans {
			t.Errorf("%d conditions: %d plans, want %d", conditions, n, plans)
		}
	}
}

// A place that many documents share by mistake does not grow with them, and each is answered.
func TestOnePlaceForManyDocuments(t *testing.T) {
	c := &chance{given: map[string]*[outcomes]int{}}
	es := graph.NewExecutableSchema(graph.Config{Resolvers: stub{c}})
	var kept sync.Map
	var operations []weak.Pointer[ast.OperationDefinition]
	stock, written := executor.New(es), executor.New(es)
	written.Use(graph.NewWriter(es, func(ctx context.Context) *sync.Map {
		operations = append(operations, weak.Make(graphql.GetOperationContext(ctx).Operation))
		return &kept
	}))
	for n := range 300 {
		document := fmt.Sprintf(`query ($yes: Boolean!) { serviceSources { a%d: state @include(if: $yes) kind } }`, n)
		variables := map[string]any{"yes": n%2 == 0}
		if got, want := answers(t, written, document, variables), answers(t, stock, document, variables); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("written %s\ngqlgen  %s", got, want)
		}
	}
	for range 5 {
		runtime.GC()
	}
	alive := 0
	for _, operation := range operations {
		if operation.Value() != nil {
			alive++
		}
	}
	if len(operations) != 300 || alive > 100 {
		t.Errorf("of %d documents, %d are held", len(operations), alive)
	}
	runtime.KeepAlive(&kept)
}

// The plans of a document are kept with it, and go when it goes.
func TestPlansDieWithTheirDocument(t *testing.T) {
	c := &chance{given: map[string]*[outcomes]int{}}
	es := graph.NewExecutableSchema(graph.Config{Resolvers: stub{c}})
	var places []weak.Pointer[sync.Map]
	var plans []weak.Pointer[writer.Root]
	h := transport.New(es, transport.Options{Limits: wide, Documents: 1, Use: []graphql.HandlerExtension{graph.NewWriter(es, func(ctx context.Context) *sync.Map {
		place, field := transport.Kept(ctx), graphql.GetFieldContext(ctx)
		plan, ok := graph.Written().Root(graphql.GetOperationContext(ctx), place, field.Object, field.Field)
		if !ok {
			t.Error("it cannot be written")
		}
		places, plans = append(places, weak.Make(place)), append(plans, weak.Make(plan))
		return place
	})}})
	alive := func(i int) (place, plan bool) {
		for range 5 {
			runtime.GC() // what a pool has goes with the second
		}
		return places[i].Value() != nil, plans[i].Value() != nil
	}
	const document = `{ serviceSources { state kind organisation { name } } }`
	for range 2 {
		answer(h, document, nil)
	}
	if len(plans) != 2 || plans[0] != plans[1] || places[0] != places[1] {
		t.Fatalf("%d requests were written, by the plan of one document", len(plans))
	}
	if place, plan := alive(0); !place || !plan {
		t.Errorf("while the document is kept: its place %t, its plan %t", place, plan)
	}
	answer(h, `{ serviceSources { kind } }`, nil)
	if place, plan := alive(0); place || plan {
		t.Errorf("once another document is kept: its place %t, its plan %t", place, plan)
	}
	if place, plan := alive(2); !place || !plan {
		t.Errorf("of the other document: its place %t, its plan %t", place, plan)
	}
	runtime.KeepAlive(h)
}
