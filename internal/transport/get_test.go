package transport

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func get(parameters ...string) string {
	values := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		values.Add(parameters[i], parameters[i+1])
	}
	return "/graphql?" + values.Encode()
}

// padded is the address of a query, of so many bytes without its question mark.
func padded(length int) string {
	address := "/graphql?query={__typename}&x="
	return address + strings.Repeat("x", length+1-len(address))
}

func TestGet(t *testing.T) {
	tests := []struct {
		name, address string
		status        int
		code          string
	}{
		{"a query", get("query", "{ __typename }"), 200, ""},
		{"its variables", get("query", "query Q($n: Int) { search(first: $n) { id } }", "variables", `{"n":5}`, "operationName", "Q", "extensions", "{}"), 200, ""},
		{"null variables", get("query", "{ __typename }", "variables", "null"), 200, ""},
		{"no query", "/graphql", 400, BadUserInput},
		{"variables that are no object", get("query", "{ __typename }", "variables", "[1]"), 400, BadUserInput},
		{"variables that are no JSON", get("query", "{ __typename }", "variables", "{} {}"), 400, BadUserInput},
		{"two queries", get("query", "{ __typename }", "query", "{ __typename }"), 400, BadUserInput},
		{"not UTF-8", "/graphql?query=%ff", 400, BadUserInput},
		{"badly escaped", "/graphql?query=%zz", 400, BadUserInput},
		{"badly escaped beside a query", "/graphql?query={__typename}&x=%zz", 400, BadUserInput},
		{"not UTF-8 beside a query", "/graphql?query={__typename}&x=\xff", 400, BadUserInput},
		{"a mutation", get("query", "mutation { note(text: \"x\") }"), 405, BadUserInput},
		{"a mutation among others", get("query", "query A { __typename } mutation B { note(text: \"x\") }", "operationName", "B"), 405, BadUserInput},
		{"a subscription", get("query", "subscription { changed }"), 400, BadUserInput},
		{"a token", get("query", "{ __typename }", "token", "x"), 400, BadUserInput},
		{"a token escaped", "/graphql?query={__typename}&%61ccess_token=x", 400, BadUserInput},
		{"a token in other letters", get("query", "{ __typename }", "Authorization", "Bearer x"), 400, BadUserInput},
		{"as long as may be", padded(maxAddress), 200, ""},
		{"a byte longer", padded(maxAddress + 1), 414, QueryTooLarge},
		{"too long", get("query", "{ __typename }"+strings.Repeat(" ", 20<<10)), 414, QueryTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			es := new(small)
			out := send(t, New(es, Options{}), httptest.NewRequest("GET", test.address, nil))
			if out.Code != test.status || out.code() != test.code {
				t.Errorf("got %d %q, want %d %q\n%s", out.Code, out.code(), test.status, test.code, out.Body)
			}
			if allow := out.Header().Get("Allow"); test.status == 405 && allow != "POST" {
				t.Errorf("Allow is %q", allow)
			}
			if test.code != "" && es.executed.Load() != 0 {
				t.Error("it was executed")
			}
		})
	}
}

func TestNoNumberInAnAddress(t *testing.T) {
	held := []string{
		get("query", `{ patient(nhsNumber: "9990000018") { id } }`),
		get("query", `{ patient(nhsNumber: "999 000 0018") { id } }`),
		get("query", `{ patient(nhsNumber: "999-000-0018") { id } }`),
		get("query", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { id } }`, "variables", `{"n":"9990000018"}`),
		get("query", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { id } }`, "variables", `{"n":"\u0039990000018"}`),
		get("query", `{ patient(nhsNumber: "\u{39}990000018") { id } }`),
		get("query", `{ __typename }`, "x", "999 000 0018"),
		get("query", `{ n9990000018: __typename }`),
		"/graphql?query=%7B__typename%7D&x=999%20000%200018",
		"/graphql?query=%7B__typename%7D&x=999%2520000%25200018",
		"/graphql?query=%7B__typename%7D&x=%39%39%39%30%30%30%30%30%31%38",
		"/graphql?query=%7B__typename%7D&x=999%E2%80%91000%E2%80%910018",
		"/graphql?query=%7B__typename%7D&x=999%C2%A0000%C2%A00018",
		"/graphql?query=%7B__typename%7D&9990000018",
		"/graphql?query=%7B__typename%7D&%zz=%399990000018&x=9990000018",
		"/graphql/9990000018?query=%7B__typename%7D",
	}
	for _, address := range held {
		es := new(small)
		out := send(t, New(es, Options{}), httptest.NewRequest("GET", address, nil))
		if out.Code != 400 || out.code() != BadUserInput || es.executed.Load() != 0 || strings.Contains(out.Body.String(), "0018") {
			t.Errorf("%s: got %d %s", address, out.Code, out.Body)
		}
	}
	for _, address := range []string{
		get("query", "{ __typename }", "x", "9990000019"),     // a wrong check digit
		get("query", "{ __typename }", "x", "19990000018"),    // eleven digits
		get("query", "{ __typename }", "x", "999,000,0018"),   // three numbers
		get("query", "{ __typename }", "x", "999000 0018"),    // another grouping
		get("query", "{ __typename }", "x", "2026-03-01T10Z"), // a date
	} {
		if out := send(t, New(new(small), Options{}), httptest.NewRequest("GET", address, nil)); out.Code != 200 {
			t.Errorf("%s: got %d %s", address, out.Code, out.Body)
		}
	}
}

func TestNegotiate(t *testing.T) {
	tests := []struct {
		accept string
		media  string
		ok     bool
	}{
		{"", mediaJSON, true},
		{"*/*", mediaJSON, true},
		{"application/*", mediaJSON, true},
		{mediaJSON, mediaJSON, true},
		{mediaGraphQL, mediaGraphQL, true},
		{"APPLICATION/GraphQL-Response+JSON; charset=UTF-8", mediaGraphQL, true},
		{"application/graphql-response+json, application/json, multipart/mixed", mediaGraphQL, true},
		{"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed", mediaGraphQL, true},
		{"multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json;q=0.9", mediaGraphQL, true},
		{"application/json, application/graphql-response+json;q=0.9", mediaJSON, true},
		{"application/json;q=0, */*", mediaGraphQL, true},
		{"application/json;q=0.1, */*;q=0.5", mediaGraphQL, true},
		{"application/graphql-response+json;q=0, application/*", mediaJSON, true},
		{"multipart/mixed, */*;q=0.1", mediaJSON, true},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", mediaJSON, true},
		{"multipart/mixed", mediaJSON, false},
		{"text/event-stream", mediaJSON, false},
		{"application/json;q=0", mediaJSON, false},
		{"application/json; charset=iso-8859-1", mediaJSON, false},
		{"*/*;q=0", mediaJSON, false},
		{"application/json;q=x", mediaJSON, false},
		{"; ,;;", mediaJSON, false},
		{"application/graphql-response+json;q=0", mediaJSON, false},
		{"application/json;q=1", mediaJSON, true},
		{"application/json;q=2", mediaJSON, false},
		{"application/json;q=-1", mediaJSON, false},
		{"application/json;q=0.1, application/json;q=0.9, application/graphql-response+json;q=0.5", mediaJSON, true},
	}
	for _, test := range tests {
		if media, ok := negotiate([]string{test.accept}); media != test.media || ok != test.ok {
			t.Errorf("%q: got %s %t", test.accept, media, ok)
		}
	}
}
