package transport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// wardRound is a trusted document of the tests, and desk one with several operations.
const (
	wardRound = `query Ward($numbers: [NHSNumber!]!, $first: Int! = 3) { patients(nhsNumbers: $numbers) { id friends { items(first: $first) { nodes { id } } } } }`
	desk      = `query Look { __typename } mutation Note { note(text: "x") }`
)

func idOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// trusting answers the trusted documents of the tests.
func trusting(t testing.TB, es *small, options Options, texts ...string) http.Handler {
	t.Helper()
	options.Trusted = NewTrusted(testSchema, options)
	for name, text := range map[string]string{"ward": wardRound, "desk": desk, "typename": "{ __typename }", "schema": "{ __schema { __typename } }"} {
		add(t, options.Trusted, TrustedDocument{IDs: []string{name, idOf(text)}, Name: name, App: "board", Text: text})
	}
	add(t, options.Trusted, TrustedDocument{IDs: []string{"others"}, Name: "others", Text: "{ t: __typename }", Refuse: func(context.Context) *gqlerror.Error {
		return coded(DocumentNotTrusted, "It is for others.")
	}})
	add(t, options.Trusted, TrustedDocument{IDs: []string{"ours"}, Name: "ours", Text: "{ t: __typename }", Refuse: func(context.Context) *gqlerror.Error { return nil }})
	for _, text := range texts {
		add(t, options.Trusted, TrustedDocument{IDs: []string{idOf(text)}, Name: idOf(text), Text: text})
	}
	return New(es, options)
}

func add(t testing.TB, trusted *Trusted, d TrustedDocument) {
	t.Helper()
	p, err := trusted.Prepare(d)
	if err != nil {
		t.Fatalf("%s: %v", d.Name, err)
	}
	if err := trusted.Add(p); err != nil {
		t.Fatalf("%s: %v", d.Name, err)
	}
}

// What holds of a document that comes as text holds of one that is named, and what was
// never registered is no document.
func TestTrustedDocuments(t *testing.T) {
	numbers := func(n int) string {
		return `{"documentId":"ward","variables":{"numbers":["` + strings.Repeat(goodNumber+`","`, n-1) + goodNumber + `"],"first":200}}`
	}
	const both = `{"documentId":"typename","query":"{ __typename }"}`
	tests := []struct {
		name          string
		r             *http.Request
		json, graphql int // the status by the type of the answer
		code          string
	}{
		{"by its name", post(`{"documentId":"typename"}`), 200, 200, ""},
		{"by its SHA-256", post(`{"documentId":"` + idOf("{ __typename }") + `"}`), 200, 200, ""},
		{"with its variables", post(numbers(2)), 200, 200, ""},
		{"with a null query beside it", post(`{"query":null,"documentId":"typename"}`), 200, 200, ""},
		{"one of its operations", post(`{"documentId":"desk","operationName":"Note"}`), 200, 200, ""},
		{"by GET", httptest.NewRequest("GET", get("documentId", "typename"), nil), 200, 200, ""},
		{"by GET and SHA-256", httptest.NewRequest("GET", get("documentId", idOf("{ __typename }")), nil), 200, 200, ""},
		{"as text beside the trusted ones", post(`{"query":"{ a: __typename }"}`), 200, 200, ""},

		{"an id of nothing", post(`{"documentId":"nothing"}`), 200, 400, DocumentNotTrusted},
		{"a SHA-256 of nothing", post(`{"documentId":"` + idOf("{ b: __typename }") + `"}`), 200, 400, DocumentNotTrusted},
		{"a digest without what it is", post(`{"documentId":"` + strings.TrimPrefix(idOf("{ __typename }"), "sha256:") + `"}`), 200, 400, DocumentNotTrusted},
		{"a digest in capitals", post(`{"documentId":"` + strings.ToUpper(idOf("{ __typename }")) + `"}`), 200, 400, DocumentNotTrusted},
		{"a document for others", post(`{"documentId":"others"}`), 200, 400, DocumentNotTrusted},
		{"an id and a query", post(both), 400, 400, BadUserInput},
		{"an id and a query by GET", httptest.NewRequest("GET", get("documentId", "typename", "query", "{ __typename }"), nil), 400, 400, BadUserInput},
		{"an id that is a number", post(`{"documentId":9990000018}`), 400, 400, BadUserInput},
		{"two ids", post(`{"documentId":"typename","documentId":"typename"}`), 400, 400, BadUserInput},
		{"two ids by GET", httptest.NewRequest("GET", get("documentId", "typename", "documentId", "typename"), nil), 400, 400, BadUserInput},
		{"an empty id", post(`{"documentId":""}`), 400, 400, BadUserInput},
		{"a mutation by GET", httptest.NewRequest("GET", get("documentId", "desk", "operationName", "Note"), nil), 405, 405, BadUserInput},
		{"no choice of operations", post(`{"documentId":"desk"}`), 200, 400, BadUserInput},
		{"without its variables", post(`{"documentId":"ward"}`), 200, 400, BadUserInput},
		{"a number that is none", post(`{"documentId":"ward","variables":{"numbers":["9990000019"]}}`), 200, 400, InvalidNHSNumber},
		{"more than the limit on cost", post(numbers(2000)), 200, 400, QueryTooCostly},
		{"the schema for those who may not ask it", post(`{"documentId":"schema"}`), 200, 400, ValidationFailed},
		{"a hash kept for automatic persisted queries", post(`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.TrimPrefix(idOf("{ __typename }"), "sha256:") + `"}}}`), 400, 400, BadUserInput},
		{"for whom it is", post(`{"documentId":"ours"}`), 200, 200, ""},
		{"a number in the address", httptest.NewRequest("GET", get("documentId", "9990000018"), nil), 400, 400, BadUserInput},
		{"a number in its variables in the address", httptest.NewRequest("GET", get("documentId", "ward", "variables", `{"numbers":["9990000018"]}`), nil), 400, 400, BadUserInput},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sent, _ := io.ReadAll(test.r.Body)
			for media, status := range map[string]int{mediaJSON: test.json, mediaGraphQL: test.graphql} {
				es := new(small)
				r := test.r.Clone(t.Context())
				r.Body = io.NopCloser(bytes.NewReader(sent))
				r.Header.Set("Accept", media)
				out := send(t, trusting(t, es, Options{}), r)
				if out.Code != status || out.code() != test.code || (out.Data != nil) != (test.code == "") {
					t.Errorf("%s: got %d %q, want %d %q\n%s", media, out.Code, out.code(), status, test.code, out.Body)
				}
				if test.code != "" && es.executed.Load() != 0 {
					t.Error("it was executed")
				}
				if strings.Contains(out.Body.String(), "9990000018") {
					t.Errorf("the answer holds a number: %s", out.Body)
				}
			}
		})
	}
}

func TestOnlyTrustedDocuments(t *testing.T) {
	for _, test := range []struct {
		name   string
		r      *http.Request
		status int
		code   string
		text   bool
	}{
		{"an id", post(`{"documentId":"typename"}`), 200, "", false},
		{"a query", post(`{"query":"{ a: __typename }"}`), 200, DocumentNotTrusted, true},
		{"the text of a trusted document", post(`{"query":"{ __typename }"}`), 200, DocumentNotTrusted, true},
		{"a query that does not parse", post(`{"query":"{{{"}`), 200, DocumentNotTrusted, true},
		{"a query by GET", httptest.NewRequest("GET", get("query", "{ __typename }"), nil), 200, DocumentNotTrusted, true},
		{"an id and its text", post(`{"documentId":"typename","query":"{ __typename }"}`), 400, BadUserInput, false},
		{"a hash beside a query", post(`{"query":"{ __typename }","extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.TrimPrefix(idOf("{ __typename }"), "sha256:") + `"}}}`), 200, DocumentNotTrusted, true},
		{"nothing", post(`{}`), 400, BadUserInput, false},
	} {
		es := new(small)
		var told Answer
		h := trusting(t, es, Options{OnlyTrusted: true, Done: func(_ context.Context, a Answer) { told = a }})
		out := send(t, h, test.r)
		if out.Code != test.status || out.code() != test.code || told.FreeText != test.text || (es.executed.Load() == 0) != (test.code != "") {
			t.Errorf("%s: %d %q, told of text: %v\n%s", test.name, out.Code, out.code(), told.FreeText, out.Body)
		}
		if test.code == DocumentNotTrusted && !strings.Contains(out.Errors[0].Message, "documentId") {
			t.Errorf("%s: %q does not say what to do", test.name, out.Errors[0].Message)
		}
	}
}

// One that could never be answered is refused when it is added, with why.
func TestTrustedDocumentsThatDoNotHold(t *testing.T) {
	limits := Limits{Tokens: 60, Cost: 3000}
	for name, test := range map[string]struct{ text, want string }{
		"does not parse":                    {"{ patient(", "line 1"},
		"does not validate":                 {"{ __typename\n nothing }", "line 2"},
		"holds no operation":                {"fragment F on Query { __typename }", "no operation"},
		"has too many words":                {"{" + strings.Repeat(" __typename", 80) + " }", "more than 60 words and signs (limits.tokens)"},
		"costs too much":                    {`{ search { friends { friends { id } } } }`, "limits.cost"},
		"costs too much by its own default": {`query ($first: Int! = 200) { search { items(first: $first) { nodes { id } } } }`, "limits.cost"},
		"holds an NHS number":               {`{ patient(nhsNumber: "9990000018") { id } }`, "by a variable"},
		"holds no number where one must be": {`{ patient(nhsNumber: "1") { id } }`, "NHS number"},
	} {
		trusted := NewTrusted(testSchema, Options{Limits: limits})
		add(t, trusted, TrustedDocument{IDs: []string{"taken"}, Text: "{ __typename }"})
		_, err := trusted.Prepare(TrustedDocument{IDs: []string{"free"}, Text: test.text})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("one that %s: %v", name, err)
		}
		if trusted.Len() != 1 {
			t.Errorf("one that %s is there", name)
		}
	}
}

// A document that was prepared is there once it is added, under all of its ids or under none.
func TestTrustedDocumentsAreAdded(t *testing.T) {
	trusted := NewTrusted(testSchema, Options{})
	add(t, trusted, TrustedDocument{IDs: []string{"taken"}, Text: "{ __typename }"})
	p, err := trusted.Prepare(TrustedDocument{IDs: []string{"free", "taken"}, Text: "{ t: __typename }"})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.AST().Operations) != 1 {
		t.Errorf("%d operations", len(p.AST().Operations))
	}
	if err := trusted.Add(p); err == nil || !strings.Contains(err.Error(), "the id taken") {
		t.Errorf("two have an id: %v", err)
	}
	if trusted.Len() != 1 || trusted.documents["free"] != nil {
		t.Error("one that was refused is there")
	}
	p.IDs = []string{"free", "other"}
	if err := trusted.Add(p); err != nil {
		t.Error(err)
	}
	if trusted.Len() != 2 || trusted.documents["free"] != p || trusted.documents["other"] != p {
		t.Error("one that was added is not there")
	}
}

// The receipt and the log are those of the document, whichever way it came.
func TestWhatIsToldOfATrustedDocument(t *testing.T) {
	var signed ReceiptInput
	var told Answer
	var name, app string
	h := trusting(t, new(small), Options{
		Receipt: func(_ context.Context, in ReceiptInput) (string, error) { signed = in; return "signed", nil },
		Done:    func(_ context.Context, a Answer) { told = a },
		Begin: func(ctx context.Context) context.Context {
			name, app = TrustedOf(ctx)
			return ctx
		},
	})
	variables := map[string]any{"numbers": []string{goodNumber}}
	byID := send(t, h, post(fmt.Sprintf(`{"documentId":%q,"variables":{"numbers":[%q]}}`, idOf(wardRound), goodNumber)))
	if signed.Document != wardRound || "sha256:"+signed.Digest != idOf(wardRound) || signed.Operation != "Ward" || signed.Telling {
		t.Errorf("signed %+v", signed)
	}
	if told.Document != "ward" || told.App != "board" || told.FreeText || told.Name != "Ward" || name != "ward" || app != "board" {
		t.Errorf("told %+v, began with %q of %q", told, name, app)
	}
	byText := send(t, h, post(body(wardRound, variables)))
	if byText.Body.String() != byID.Body.String() || byText.Code != byID.Code {
		t.Errorf("by id %s\nas text %s", byID.Body, byText.Body)
	}
	if told.Document != "" || told.App != "" || !told.FreeText || name != "" {
		t.Errorf("told %+v, began with %q", told, name)
	}
}

// A digest can hold ten digits that would be somebody's number.
func TestTheDigestOfATrustedDocumentIsNoNumber(t *testing.T) {
	text := ""
	for n := 0; !numberIn(idOf(text)); n++ {
		text = fmt.Sprintf("{ __typename } # %d", n)
	}
	h := trusting(t, new(small), Options{}, text)
	id := idOf(text)
	for address, status := range map[string]int{
		get("documentId", id):                              200,
		"/graphql?documentId=" + id + "&extensions=%7B%7D": 200,
		get("documentId", id, "operationName", goodNumber): 400,
		get("documentId", id+goodNumber):                   400,
		get("operationName", id):                           400,
		get("documentId", id, "variables", id):             400,
		"/graphql?documentId=" + id + "&documentId=%zz":    400,
		"/graphql/" + id + "?documentId=" + id:             400,
	} {
		out := send(t, h, httptest.NewRequest("GET", address, nil))
		if out.Code != status || status == 400 && !strings.Contains(out.Errors[0].Message, "address") {
			t.Errorf("%s: %d, want %d: %s", address, out.Code, status, out.Body)
		}
	}
	for name, unheld := range map[string]http.Handler{"by others": trusting(t, new(small), Options{}), "by anybody": New(new(small), Options{})} {
		if out := send(t, unheld, httptest.NewRequest("GET", get("documentId", id), nil)); out.Code != 400 || !strings.Contains(out.Errors[0].Message, "address") {
			t.Errorf("one that is not registered %s: %d %s", name, out.Code, out.Body)
		}
	}
}

// Where there are no trusted documents none has an id.
func TestNoTrustedDocuments(t *testing.T) {
	for _, r := range []*http.Request{post(`{"documentId":"typename"}`), httptest.NewRequest("GET", get("documentId", "typename"), nil)} {
		if out := send(t, New(new(small), Options{}), r); out.Code != 200 || out.code() != DocumentNotTrusted {
			t.Errorf("got %d %s", out.Code, out.Body)
		}
	}
}

// What can be worked out beforehand is, once, and is found in every request.
func TestTrustedDocumentsArePlannedBeforeTheFirstRequest(t *testing.T) {
	type planKey struct{}
	plans, found := 0, 0
	options := Options{Begin: func(ctx context.Context) context.Context {
		if _, ok := Kept(ctx).Load(planKey{}); ok {
			found++
		}
		return ctx
	}}
	options.Trusted = NewTrusted(testSchema, options)
	add(t, options.Trusted, TrustedDocument{IDs: []string{"ward"}, Text: wardRound, Plan: func(doc *ast.QueryDocument, kept *sync.Map) {
		plans++
		kept.Store(planKey{}, doc.Operations[0].Name)
	}})
	h := New(new(small), options)
	for range 3 {
		send(t, h, post(`{"documentId":"ward","variables":{"numbers":[]}}`))
	}
	if plans != 1 || found != 3 {
		t.Errorf("planned %d times, found %d times", plans, found)
	}
}

// The least of several measurements, as pools that are emptied meanwhile add some. One that is parsed again costs
// dozens.
func TestAnIDCostsNoMoreThanItsText(t *testing.T) {
	h := trusting(t, new(small), Options{})
	cost := func(body string) float64 {
		return testing.AllocsPerRun(100, func() { h.ServeHTTP(httptest.NewRecorder(), post(body)) })
	}
	byText := body(wardRound, map[string]any{"numbers": []string{goodNumber}})
	byID := fmt.Sprintf(`{"documentId":%q,"variables":{"numbers":[%q]}}`, idOf(wardRound), goodNumber)
	text, id := math.Inf(1), math.Inf(1)
	for range 5 {
		text, id = min(text, cost(byText)), min(id, cost(byID))
	}
	if id > text+2 {
		t.Errorf("%.0f allocations by id, %.0f as text", id, text)
	}
}
