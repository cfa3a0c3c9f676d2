package transport

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestAudit holds the checks of the graphql-http suite (auditServer, 1.23.1) by
// their ids. "MAY" and "SHOULD" are held to as well.
func TestAudit(t *testing.T) {
	const (
		plain     = `{"query":"{ __typename }"}`
		named     = `{"query":"query Query { __typename }","operationName":"Query"}`
		typed     = `{"query":"query Type($name: String!) { __type(name: $name) { name } }","variables":{"name":"sometype"}}`
		unknown   = `{"query":"{ 8f31403dfe404bccbb0e835f2629c6a7 }"}`
		uncoerced = `{"query":"query CoerceFailure($id: ID!){ __typename }","variables":{"id":null}}`
	)
	withParam := func(name, value string) string { return `{"query":"{ __typename }","` + name + `":` + value + `}` }
	type check struct {
		ids    string
		r      *http.Request
		status int
		media  string
	}
	ofType := get("query", "query Type($name: String!) { __type(name: $name) { name } }", "variables", `{"name":"sometype"}`)
	checks := []check{
		{"22EB 34A2", post(plain, "Accept", mediaGraphQL), 200, mediaGraphQL},
		{"4655 13EE", post(plain, "Accept", mediaJSON), 200, mediaJSON},
		{"47DE", post(plain, "Accept", "*/*"), 200, mediaJSON},
		{"80D8 82A3 78D5 2C94 03D4", post(plain), 200, mediaJSON},
		{"BF61", post(`{"query":"{ __type(name: \"Run🏃Swim🏊\") { name } }"}`, "Content-Type", "application/json; charset=utf-8"), 200, mediaJSON},
		{"5A70", httptest.NewRequest("GET", get("query", "{ __typename }"), nil), 200, mediaJSON},
		{"9C48", accepting(httptest.NewRequest("GET", get("query", "mutation { __typename }"), nil), mediaGraphQL), 405, mediaGraphQL},
		{"9ABE", post(plain, "Content-Type", ""), 415, mediaJSON},
		{"A5BF", post(""), 400, mediaJSON},
		{"423L", post(`{"notquery":"{ __typename }"}`, "Accept", mediaGraphQL), 400, mediaGraphQL},
		{"8764 3E3A", post(`{"qeury":"{ __typename }"}`), 400, mediaJSON},
		{"8161", post(named, "Accept", mediaGraphQL), 200, mediaGraphQL},
		{"B8B3", post(named, "Accept", mediaJSON), 200, mediaJSON},
		{"2EA1", post(typed, "Accept", mediaGraphQL), 200, mediaGraphQL},
		{"28B9", post(typed, "Accept", mediaJSON), 200, mediaJSON},
		{"D6D5", accepting(httptest.NewRequest("GET", ofType, nil), mediaGraphQL), 200, mediaGraphQL},
		{"6A70", accepting(httptest.NewRequest("GET", ofType, nil), mediaJSON), 200, mediaJSON},
		{"428F", post(withParam("extensions", `{"some":"value"}`), "Accept", mediaGraphQL), 200, mediaGraphQL},
		{"1B7A", post(withParam("extensions", `{"some":"value"}`), "Accept", mediaJSON), 200, mediaJSON},
		{"B6DC BCF8", post(`{ "not a JSON`, "Accept", mediaJSON), 400, mediaJSON},
		{"B7N8", post(`{ "not a JSON`, "Accept", mediaGraphQL), 400, mediaGraphQL},
		{"572B", post(`{"query":"{"}`, "Accept", mediaJSON), 200, mediaJSON},
		{"865D 556A D586", post(`{"query":"{"}`, "Accept", mediaGraphQL), 400, mediaGraphQL},
		{"FDE2", post(unknown, "Accept", mediaJSON), 200, mediaJSON},
		{"51FE 74FF 5E5B", post(unknown, "Accept", mediaGraphQL), 400, mediaGraphQL},
		{"7B9B", post(uncoerced, "Accept", mediaJSON), 200, mediaJSON},
		{"86EE", post(uncoerced, "Accept", mediaGraphQL), 400, mediaGraphQL},
	}
	for _, wrong := range []string{`{"obj":"ect"}`, `0`, `false`, `["array"]`} {
		checks = append(checks,
			check{"LKJ", post(`{"query":` + wrong + `}`), 400, mediaJSON},
			check{"6C0", post(withParam("operationName", wrong)), 400, mediaJSON})
	}
	for _, wrong := range []string{`"string"`, `0`, `false`, `["array"]`} {
		checks = append(checks,
			check{"476", post(withParam("variables", wrong)), 400, mediaJSON},
			check{"58B", post(withParam("extensions", wrong)), 400, mediaJSON})
	}
	for _, name := range []string{"variables", "operationName", "extensions"} {
		checks = append(checks,
			check{"94B", post(withParam(name, "null"), "Accept", mediaGraphQL), 200, mediaGraphQL},
			check{"022", post(withParam(name, "null"), "Accept", mediaJSON), 200, mediaJSON})
	}
	refused := map[string]bool{"572B": true, "FDE2": true, "7B9B": true}
	h := New(new(small), Options{Introspection: func(context.Context) bool { return true }})
	for _, c := range checks {
		t.Run(c.ids, func(t *testing.T) {
			out := send(t, h, c.r)
			if out.Code != c.status || out.Header().Get("Content-Type") != c.media+"; charset=utf-8" {
				t.Errorf("got %d %s\n%s", out.Code, out.Header().Get("Content-Type"), out.Body)
			}
			answered := c.status == 200 && !refused[c.ids]
			if answered != (out.Data != nil) || answered != (len(out.Errors) == 0) {
				t.Errorf("got %s", out.Body)
			}
		})
	}
}

func accepting(r *http.Request, media string) *http.Request {
	r.Header.Set("Accept", media)
	return r
}
