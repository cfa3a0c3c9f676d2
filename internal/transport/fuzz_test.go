package transport

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzBody holds the reading of a body to what encoding/json reads of it.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{ __typename }"}`, `{"query":"a","operationName":"b","variables":{"c":[1,2.5,null]},"extensions":{}}`,
		`{"query":"a","query":"b"}`, `{"\u0071uery":"a"}`, `[{}]`, `{} {}`, `{"variables":1}`, "\ufeff{}", `{"a":{"query":1}}`, `{"query":"\ud800"}`, `{"query":`, ` `, `{,}`, `{"a":1,}`, `{ "a" : [1, "}]\\\"", {"b":","}] , "query" : "c" } `, `{"a":[1}}`, `{"a":1 2}`, `{"a" 1}`, `{"a":"b}`, `{"a":1]}`, `{"a":1}}`, `{a:1}`, `{"a":1`, "{\"a\":\"\t\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		params, refused := readJSON(body, defaultLimits.Values, new(texts))
		if refused != nil {
			tooMany := len(refused.errors) == 1 && codeOf(refused.errors[0]) == QueryTooLarge
			if refused.status != 400 && !tooMany || len(refused.errors) != 1 {
				t.Fatalf("refused with %d and %v", refused.status, refused.errors)
			}
			if (refused == errJSON || refused == errEmpty) && json.Valid(body) && utf8.Valid(body) && bytes.Trim(body, whiteSpace)[0] == '{' {
				t.Fatal("refused what is an object")
			}
			return
		}
		var members map[string]any
		if err := json.Unmarshal(body, &members); err != nil || !utf8.Valid(body) {
			t.Fatalf("accepted what is no object: %v", err)
		}
		if query, _ := members["query"].(string); query != params.Query {
			t.Fatalf("query is %q, want %q", params.Query, query)
		}
		if name, _ := members["operationName"].(string); name != params.OperationName {
			t.Fatalf("operationName is %q, want %q", params.OperationName, name)
		}
		if variables, _ := members["variables"].(map[string]any); len(variables) != len(params.Variables) {
			t.Fatalf("%d variables, want %d", len(params.Variables), len(variables))
		}
	})
}

// FuzzAddress puts a number into an address in a way the fuzzer chooses around
// it: whatever stands beside it, the request must be refused and nothing run.
func FuzzAddress(f *testing.F) {
	f.Add("query={__typename}&x=", "", uint8(0))
	f.Add("query=%zz", "%20", uint8(1))
	f.Add(`variables={"n":"`, `"}`, uint8(2))
	f.Add("%25", `\u{`, uint8(3))
	f.Add("999 000 ", "\xff", uint8(7))
	f.Fuzz(func(t *testing.T, before, after string, form uint8) {
		if strings.ContainsAny(before+after, "0123456789") {
			return // more digits make it another number
		}
		number := []string{"9990000018", "999%20000%200018", "999-000-0018", "%39990000018", `\u0039990000018`, "999+000+0018", "%2539990000018", `999%E2%80%93000%E2%80%930018`}[form%8]
		if strings.HasSuffix(before, "%") || strings.HasSuffix(before, `\`) || hexAtEnd(before) {
			return // the number's first digit would be part of an escape
		}
		es := new(small)
		r := httptest.NewRequest("GET", "/graphql", nil)
		r.URL = &url.URL{Path: "/graphql", RawQuery: before + number + after}
		w := httptest.NewRecorder()
		New(es, Options{}).ServeHTTP(w, r)
		if w.Code < 400 || es.executed.Load() != 0 {
			t.Fatalf("%q: got %d", r.URL.RawQuery, w.Code)
		}
		if strings.Contains(w.Body.String(), "0000018") {
			t.Fatalf("the answer holds the number: %s", w.Body)
		}
	})
}

// hexAtEnd says whether the text ends in the beginning of an escape.
func hexAtEnd(text string) bool {
	at := strings.LastIndexAny(text, `%\`)
	return at >= 0 && len(text)-at < 14
}

// FuzzDocument sends any document: no panic, every error coded, no value back.
func FuzzDocument(f *testing.F) {
	for _, query := range bombs() {
		if len(query) < 4096 {
			f.Add(query)
		}
	}
	f.Add(`{ search(filter: {any: [{since: "SECRETWORD"}], x: SECRETWORD}, text: SECRETWORD, order: SECRETWORD) { id } }`)
	h := New(new(small), Options{Deadline: time.Second}) // one field waits for it
	f.Fuzz(func(t *testing.T, query string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, post(body(query, nil)))
		if w.Code == 500 {
			t.Fatalf("%s: %s", query, w.Body)
		}
		var out reply
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		for _, e := range out.Errors {
			named := strings.Contains(query, "$SECRETWORD") || strings.Contains(e.Message, "Cannot query") || strings.Contains(e.Message, "are different fields") // a name is no value
			if !codes[codeOf(e)] || strings.Contains(e.Message, "SECRETWORD") && strings.Contains(query, `"SECRETWORD"`) && !named {
				t.Fatalf("%s: %s %s", query, codeOf(e), e.Message)
			}
		}
	})
}
