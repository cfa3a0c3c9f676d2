package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// reply is an answer as a client sees it.
type reply struct {
	*httptest.ResponseRecorder
	Data       json.RawMessage
	Errors     gqlerror.List
	Extensions map[string]any
}

func (r reply) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	return codeOf(r.Errors[0])
}

func send(t *testing.T, h http.Handler, r *http.Request) reply {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	out := reply{ResponseRecorder: w}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("the answer is not JSON: %v\n%s", err, w.Body)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Vary": "Accept, Authorization"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) {
		t.Errorf("Content-Length is %s, and the body has %d bytes", got, w.Body.Len())
	}
	if allow := w.Header()["Allow"]; (allow != nil) != (w.Code == http.StatusMethodNotAllowed) {
		t.Errorf("%d with Allow %v", w.Code, allow)
	}
	for _, e := range out.Errors {
		if !codes[codeOf(e)] {
			t.Errorf("the error %q has the code %q", e.Message, codeOf(e))
		}
	}
	return out
}

func post(body string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return r
}

func body(query string, variables any) string {
	text, _ := json.Marshal(map[string]any{"query": query, "variables": variables})
	return string(text)
}

func TestRequests(t *testing.T) {
	const ok = `{"query":"{ __typename }"}`
	tests := []struct {
		name   string
		r      *http.Request
		status int
		code   string
	}{
		{"a query", post(ok), 200, ""},
		{"null parameters", post(`{"query":"{ __typename }","variables":null,"operationName":null,"extensions":null}`), 200, ""},
		{"unknown members", post(`{"query":"{ __typename }","x":1,"x":2,"extensions":{},"extensions":{}}`), 200, ""},
		{"spaces around", post(" \n" + ok + "\n "), 200, ""},
		{"utf-8 in capitals", post(ok, "Content-Type", `application/json; charset="UTF-8"`), 200, ""},
		{"an empty body", post(``), 400, BadUserInput},
		{"half a body", post(`{"query":`), 400, BadUserInput},
		{"data behind the body", post(ok + `{}`), 400, BadUserInput},
		{"a word behind the body", post(ok + `x`), 400, BadUserInput},
		{"a batch", post(`[` + ok + `]`), 400, BadUserInput},
		{"a string", post(`"x"`), 400, BadUserInput},
		{"no query", post(`{}`), 400, BadUserInput},
		{"an empty query", post(`{"query":""}`), 400, BadUserInput},
		{"another case of query", post(`{"Query":"{ __typename }"}`), 400, BadUserInput},
		{"query twice", post(`{"query":"{ a }","query":"{ __typename }"}`), 400, BadUserInput},
		{"query twice, once escaped", post(`{"query":"{ a }","\u0071uery":"{ __typename }"}`), 400, BadUserInput},
		{"operationName twice", post(`{"query":"{ __typename }","operationName":null,"operationName":null}`), 400, BadUserInput},
		{"variables twice", post(`{"query":"{ __typename }","variables":{},"variables":{}}`), 400, BadUserInput},
		{"query is an object", post(`{"query":{"9990000018":1}}`), 400, BadUserInput},
		{"operationName is a number", post(`{"query":"{ __typename }","operationName":9990000018}`), 400, BadUserInput},
		{"variables are a list", post(`{"query":"{ __typename }","variables":["9990000018"]}`), 400, BadUserInput},
		{"extensions are a string", post(`{"query":"{ __typename }","extensions":"9990000018"}`), 400, BadUserInput},
		{"not UTF-8", post("{\"query\":\"{ __typename }\",\"x\":\"\xff\"}"), 400, BadUserInput},
		{"no content type", post(ok, "Content-Type", ""), 415, BadUserInput},
		{"plain text", post(ok, "Content-Type", "text/plain"), 415, BadUserInput},
		{"a form", post("query={__typename}", "Content-Type", "application/x-www-form-urlencoded"), 415, BadUserInput},
		{"a form in parts", post(ok, "Content-Type", "multipart/form-data; boundary=x"), 415, BadUserInput},
		{"another charset", post(ok, "Content-Type", "application/json; charset=iso-8859-1"), 415, BadUserInput},
		{"another encoding", post(ok, "Content-Encoding", "br"), 415, BadUserInput},
		{"two encodings", post(ok, "Content-Encoding", "gzip, gzip"), 415, BadUserInput},
		{"not gzip after all", post(ok, "Content-Encoding", "gzip"), 400, BadUserInput},
		{"a large body", post(`{"query":"` + strings.Repeat(" ", 300<<10) + `"}`), 413, QueryTooLarge},
		{"an unknown operation", post(`{"query":"query A { __typename }","operationName":"9990000018"}`), 200, BadUserInput},
		{"operations without a choice", post(`{"query":"query A { __typename } query B { __typename }"}`), 200, BadUserInput},
		{"a mutation", post(`{"query":"mutation { note(text: \"x\") }"}`), 200, ""},
		{"a subscription", post(`{"query":"subscription { changed }"}`), 400, BadUserInput},
		{"a syntax error", post(`{"query":"{ search(text: \"9990000018\" \"schizophrenia\") }"}`), 200, ParseFailed},
		{"only a fragment", post(`{"query":"fragment F on Query { __typename }"}`), 200, ValidationFailed},
		{"an unknown field", post(`{"query":"{ patiant }"}`), 200, ValidationFailed},
		{"nothing acceptable", post(ok, "Accept", "text/html"), 406, BadUserInput},
		{"a stream wanted", post(ok, "Accept", "text/event-stream"), 406, BadUserInput},
		{"a token in the address", httptest.NewRequest("POST", "/graphql?Access_Token=x", nil), 400, BadUserInput},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var told Answer
			out := send(t, New(new(small), Options{Done: func(_ context.Context, a Answer) { told = a }}), test.r)
			if told.Refused != (test.code != "") {
				t.Errorf("told that it was refused before it ran: %t", told.Refused)
			}
			if out.Code != test.status || out.code() != test.code {
				t.Errorf("got %d %q, want %d %q\n%s", out.Code, out.code(), test.status, test.code, out.Body)
			}
			if test.code != "" && out.Data != nil {
				t.Error("a refused request has data")
			}
			for _, leak := range []string{"9990000018", "schizo", "Go ", "struct", "RawParams", "Did you mean"} {
				if strings.Contains(out.Body.String(), leak) {
					t.Errorf("the answer holds %q: %s", leak, out.Body)
				}
			}
		})
	}
}

func TestMethods(t *testing.T) {
	for _, method := range []string{"PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"} {
		w := httptest.NewRecorder()
		New(new(small), Options{}).ServeHTTP(w, httptest.NewRequest(method, "/graphql", nil))
		if w.Code != 405 || w.Header().Get("Allow") != "GET, POST" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

func TestRequestErrorsByMediaType(t *testing.T) {
	for _, query := range []string{`{`, `{ nothing }`, `query ($n: Int!) { search(first: $n) { id } }`, `{ patient(nhsNumber: "1") { id } }`} {
		for media, status := range map[string]int{mediaJSON: 200, mediaGraphQL: 400} {
			es := new(small)
			out := send(t, New(es, Options{}), post(body(query, nil), "Accept", media))
			if out.Code != status || out.Data != nil || len(out.Errors) == 0 || es.executed.Load() != 0 {
				t.Errorf("%s as %s: got %d with %d errors: %s", query, media, out.Code, len(out.Errors), out.Body)
			}
			if got := out.Header().Get("Content-Type"); got != media+"; charset=utf-8" {
				t.Errorf("Content-Type is %q", got)
			}
		}
	}
}

func TestExecutionErrorsKeepData(t *testing.T) {
	var told []error
	var done Answer
	h := New(new(small), Options{
		OnInternal: func(_ context.Context, err error) { told = append(told, err) }, Done: func(_ context.Context, a Answer) { done = a },
	})
	out := send(t, h, post(body(`{ refuses breaks panics __typename }`, nil), "Accept", mediaGraphQL))
	const want = `{"refuses":null,"breaks":null,"panics":null,"__typename":"Query"}`
	if done.Refused {
		t.Error("told that it was refused before it ran")
	}
	if out.Code != 200 || string(out.Data) != want {
		t.Errorf("got %d %s", out.Code, out.Data)
	}
	got := make([]string, 0, 3)
	for _, e := range out.Errors {
		got = append(got, e.Path.String()+" "+codeOf(e))
	}
	if strings.Join(got, ", ") != "breaks INTERNAL, panics INTERNAL, refuses PATIENT_NOT_FOUND" {
		t.Errorf("got %v", got)
	}
	for _, leak := range []string{"9990000018", "SELECT", "db.internal", "goroutine"} {
		if strings.Contains(out.Body.String(), leak) {
			t.Errorf("the answer holds %q", leak)
		}
	}
	if len(told) != 2 || !strings.Contains(told[0].Error(), "db.internal") || !strings.HasPrefix(told[1].Error(), "panic: string") || strings.Contains(told[1].Error(), "9990000018") {
		t.Errorf("told %v", told)
	}
}

func TestContentLengthIsTheBody(t *testing.T) {
	server := httptest.NewServer(New(new(small), Options{Extensions: func(context.Context) map[string]any { return map[string]any{"gaps": []string{}} }}))
	defer server.Close()
	response, err := http.Post(server.URL, mediaJSON, strings.NewReader(`{"query":"{ __typename refuses }"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var b bytes.Buffer
	b.ReadFrom(response.Body)
	const want = `{"data":{"__typename":"Query","refuses":null},"errors":[{"message":"No such patient.","path":["refuses"],"extensions":{"code":"PATIENT_NOT_FOUND"}}],"extensions":{"gaps":[]}}`
	if b.String() != want || response.ContentLength != int64(b.Len()) {
		t.Errorf("got %d bytes announced: %s", response.ContentLength, b.String())
	}
}

func zip(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

func TestGzip(t *testing.T) {
	h := New(new(small), Options{})
	bomb := zip(`{"query":"` + strings.Repeat(" ", 8<<20) + `"}`)
	for range 3 { // the reader is pooled
		if out := send(t, h, post(zip(`{"query":"{ __typename }"}`), "Content-Encoding", "gzip")); out.Code != 200 {
			t.Errorf("got %d: %s", out.Code, out.Body)
		}
		if out := send(t, h, post(bomb, "Content-Encoding", "gzip")); out.Code != 413 {
			t.Errorf("a bomb: got %d", out.Code)
		}
		if out := send(t, h, post("not gzip", "Content-Encoding", "gzip")); out.Code != 400 {
			t.Errorf("not gzip: got %d", out.Code)
		}
	}
}

// unread fails the test when it is read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) { u.t.Error("the body was read"); return 0, context.Canceled }

func TestALargeBodyIsRefusedUnread(t *testing.T) {
	r := httptest.NewRequest("POST", "/graphql", unread{t})
	r.Header.Set("Content-Type", mediaJSON)
	r.Header.Set("Expect", "100-continue")
	r.ContentLength = 1 << 30
	if out := send(t, New(new(small), Options{}), r); out.Code != 413 {
		t.Errorf("got %d", out.Code)
	}
}

func TestDeferIsAnsweredInOnePiece(t *testing.T) {
	queries := []string{
		`{ patient(nhsNumber: "9990000018") { id ... @defer(label: "x") { name } } }`,
		`query ($yes: Boolean! = true) { patient(nhsNumber: "9990000018") { id ...F @defer(if: $yes) } } fragment F on Patient { ... on Patient @defer { name } }`,
		`{ ... @defer { patient(nhsNumber: "9990000018") { id ...F } } } fragment F on Patient { ... @defer(if: true) @include(if: true) { name } }`,
	}
	for _, query := range queries {
		out := send(t, New(new(small), Options{}), post(body(query, nil)))
		const want = `{"data":{"patient":{"id":"id","name":"name"}}}`
		if out.Body.String() != want {
			t.Errorf("%s\ngot %s", query, out.Body)
		}
	}
}

func TestIntrospection(t *testing.T) {
	queries := []string{`{ __schema { types { name } } }`, `{ x: __type(name: "Query") { name } }`, `{ ...F } fragment F on Query { ... { __type(name: "Query") { name } } }`}
	for _, query := range queries {
		if out := send(t, New(new(small), Options{}), post(body(query, nil))); out.code() != ValidationFailed || !strings.Contains(out.Body.String(), "ask for the developer role") {
			t.Errorf("%s: got %s", query, out.Body)
		}
		allowed := New(new(small), Options{Introspection: func(context.Context) bool { return true }})
		if out := send(t, allowed, post(body(query, nil))); out.code() != "" {
			t.Errorf("%s: got %s", query, out.Body)
		}
	}
}

// Only who may read the schema is told what a wrong name may have been meant for, and of a
// few names in a short text alone: to compare thousands is work.
func TestSuggestions(t *testing.T) {
	allowed := New(new(small), Options{Introspection: func(context.Context) bool { return true }})
	many := func(n int) string { return "{ " + strings.Repeat("patiant ", n) + "}" }
	long := func(n int) string { return `{ __type(nam: "Query") { name } } #` + strings.Repeat(" ", n-35) }
	for _, test := range []struct {
		query     string
		h         http.Handler
		suggested bool
	}{
		{`{ __typenam }`, New(new(small), Options{}), false},
		{`{ __typename __typ(nam: "Query") { name } }`, New(new(small), Options{}), false},
		{`{ __type(nam: "Query") { name } }`, allowed, true},
		{`{ ...F } fragment F on Quer { __typename }`, allowed, true},
		{`{ patiant(nhsNumber: "") { id } }`, allowed, true},
		{long(longestSuggested), allowed, true},
		{long(longestSuggested + 1), allowed, false},
		{many(1), allowed, true},
		{many(mostSuggested), allowed, true},
		{many(mostSuggested + 1), allowed, false},
		{`{`, allowed, false},
		{`fragment F on Quer { __typename }`, allowed, false},
	} {
		out := send(t, test.h, post(body(test.query, nil)))
		if out.code() == "" || strings.Contains(out.Body.String(), "Did you mean") != test.suggested {
			t.Errorf("%.60s: got %s", test.query, out.Body)
		}
	}
}

// What the limits do not let through is not validated for the sake of a suggestion.
func TestNoSuggestionsBeyondTheLimits(t *testing.T) {
	h := New(new(small), Options{Introspection: func(context.Context) bool { return true }})
	query := "{ ...A " + strings.Repeat("a ", 1900) + "} fragment A on Query { ...A }"
	best := time.Hour
	for range 5 {
		start := cpu()
		if out := send(t, h, post(body(query, nil))); out.code() != ValidationFailed || len(out.Errors) != 1 {
			t.Errorf("got %s", out.Body)
		}
		best = min(best, cpu()-start)
	}
	if best > budget*slack {
		t.Errorf("took %v", best)
	}
}

func TestHooks(t *testing.T) {
	type key struct{}
	var seen []string
	var done Answer
	es := new(small)
	refusing := false
	h := New(es, Options{
		Begin: func(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, "begun") },
		Check: func(ctx context.Context, op *graphql.OperationContext) gqlerror.List {
			seen = append(seen, ctx.Value(key{}).(string), op.OperationName)
			Kept(ctx).Store("times", len(seen))
			if refusing {
				return gqlerror.List{coded(QueryTooCostly, "Too much."), {Message: "db.internal"}}
			}
			return nil
		},
		Done: func(_ context.Context, a Answer) { done = a },
	})
	request := `{"query":"query Who { __typename }","operationName":"Who"}`
	if out := send(t, h, post(request)); out.Code != 200 || strings.Join(seen, " ") != "begun Who" || done.Refused {
		t.Errorf("got %d, seen %v", out.Code, seen)
	}
	refusing = true
	out := send(t, h, post(request, "Accept", mediaGraphQL))
	if out.Code != 400 || es.executed.Load() != 1 || strings.Contains(out.Body.String(), "db.internal") {
		t.Errorf("got %d, executed %d: %s", out.Code, es.executed.Load(), out.Body)
	}
	if done.Operation != "query" || done.Name != "Who" || done.Status != 400 || done.Bytes != out.Body.Len() || len(done.Codes) != 2 || !done.Refused {
		t.Errorf("told %+v", done)
	}
}

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := 0
		const deadline = 10 * time.Second
		h := New(new(small), Options{Deadline: deadline, OnInternal: func(context.Context, error) { told++ }})
		start := time.Now()
		out := send(t, h, post(`{"query":"{ waits __typename }"}`))
		if out.code() != SourceTimeout || string(out.Data) != `{"waits":null,"__typename":"Query"}` || strings.Contains(out.Body.String(), "db.internal") {
			t.Errorf("got %s", out.Body)
		}
		if took := time.Since(start); took != deadline || told != 0 {
			t.Errorf("took %v, told %d", took, told)
		}
	})
}

func TestAClientThatLeavesEndsItsOperation(t *testing.T) {
	ended := make(chan struct{})
	ctx, leave := context.WithCancel(t.Context())
	server := httptest.NewServer(New(new(small), Options{
		Begin: func(ctx context.Context) context.Context { leave(); return ctx },
		Done:  func(context.Context, Answer) { close(ended) },
	}))
	defer server.Close()
	r, _ := http.NewRequestWithContext(ctx, "POST", server.URL, strings.NewReader(`{"query":"{ waits }"}`))
	r.Header.Set("Content-Type", mediaJSON)
	if _, err := http.DefaultClient.Do(r); err == nil {
		t.Fatal("answered")
	}
	<-ended
}

func TestAPanicHereIsOneErrorWithoutText(t *testing.T) {
	told := 0
	h := New(new(small), Options{
		Check:      func(context.Context, *graphql.OperationContext) gqlerror.List { panic("9990000018") },
		OnInternal: func(context.Context, error) { told++ },
	})
	out := send(t, h, post(`{"query":"{ __typename }"}`))
	if out.Code != 500 || out.code() != Internal || strings.Contains(out.Body.String(), "999") || told != 1 {
		t.Errorf("got %d %s, told %d", out.Code, out.Body, told)
	}
}
