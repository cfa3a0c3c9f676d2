package resolvers_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A way is a transport, and how a question is sent by it. refused is the status of one
// that answers nobody; 0 for one that answers.
type way struct {
	name    string
	refused int
	send    func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder
}

// transports are all the ways in which a question about a patient can come. A new one
// joins by a line.
var transports = []way{
	{"POST application/json", 0, posted("application/json", "application/json", plainBody)},
	{"POST graphql-response+json", 0, posted("application/json", "application/graphql-response+json", plainBody)},
	{"POST application/json, written by gqlgen", 0, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		return gotFrom(c.stock, token, http.MethodPost, "/graphql", body(t, query, variables), "Content-Type", "application/json")
	}},
	{"POST of a trusted document's id", 0, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		return gotFrom(c.trusting(query), token, http.MethodPost, "/graphql", named(t, documentID(query), "", variables), "Content-Type", "application/json")
	}},
	{"POST gzip", 0, posted("application/json; charset=utf-8", "*/*", gzipBody)},

	{"GET with the number in variables", http.StatusBadRequest, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		text, _ := json.Marshal(variables)
		return got(c, token, http.MethodGet, "/graphql?"+url.Values{"query": {query}, "variables": {string(text)}}.Encode(), nil)
	}},
	{"GET of a trusted document's id with the number in variables", http.StatusBadRequest, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		text, _ := json.Marshal(variables)
		return gotFrom(c.trusting(query), token, http.MethodGet, "/graphql?"+url.Values{"documentId": {documentID(query)}, "variables": {string(text)}}.Encode(), nil)
	}},
	{"POST of a trusted document's id and its text", http.StatusBadRequest, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		return gotFrom(c.trusting(query), token, http.MethodPost, "/graphql", named(t, documentID(query), query, variables), "Content-Type", "application/json")
	}},
	{"POST of an id that is no document's", http.StatusBadRequest, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		return gotFrom(c.trusting(query), token, http.MethodPost, "/graphql", named(t, documentID(query+" "), "", variables), "Content-Type", "application/json", "Accept", "application/graphql-response+json")
	}},
	{"POST of the text where only trusted documents are answered", http.StatusBadRequest, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		return gotFrom(c.trusting(query), token, http.MethodPost, "/graphql", body(t, query, variables), "Content-Type", "application/json", "Accept", "application/graphql-response+json")
	}},
	{"POST with the number in the address", http.StatusBadRequest, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		return got(c, token, http.MethodPost, "/graphql?n="+variables.(map[string]any)["n"].(string), body(t, query, variables), "Content-Type", "application/json")
	}},
	{"GET as a stream of events", http.StatusBadRequest, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		text, _ := json.Marshal(variables)
		return got(c, token, http.MethodGet, "/graphql?"+url.Values{"query": {query}, "variables": {string(text)}}.Encode(), nil, "Accept", "text/event-stream")
	}},
	{"POST as a stream of events", http.StatusNotAcceptable, posted("application/json", "text/event-stream", plainBody)},
	{"POST in several parts", http.StatusNotAcceptable, posted("application/json", "multipart/mixed", plainBody)},
	{"GET as a web socket", http.StatusBadRequest, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		return got(c, token, http.MethodGet, "/graphql", nil, "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol", "graphql-transport-ws")
	}},
	{"a form", http.StatusUnsupportedMediaType, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		text, _ := json.Marshal(variables)
		return got(c, token, http.MethodPost, "/graphql", []byte(url.Values{"query": {query}, "variables": {string(text)}}.Encode()), "Content-Type", "application/x-www-form-urlencoded")
	}},
	{"an upload", http.StatusUnsupportedMediaType, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		return got(c, token, http.MethodPost, "/graphql", []byte("--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n"+string(body(t, query, variables))+"\r\n--b--\r\n"), "Content-Type", "multipart/form-data; boundary=b")
	}},
	{"plain text", http.StatusUnsupportedMediaType, posted("text/plain", "*/*", plainBody)},
	{"the document itself", http.StatusUnsupportedMediaType, posted("application/graphql", "*/*", plainBody)},
	{"a batch", http.StatusBadRequest, posted("application/json", "*/*", func(t testing.TB, text []byte) ([]byte, []string) {
		return []byte("[" + string(text) + "," + string(text) + "]"), nil
	})},
	{"another method", http.StatusMethodNotAllowed, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		return got(c, token, http.MethodPut, "/graphql", body(t, query, variables), "Content-Type", "application/json")
	}},
	{"the method QUERY", http.StatusMethodNotAllowed, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		return got(c, token, "QUERY", "/graphql", body(t, query, variables), "Content-Type", "application/json")
	}},
	{"no token", http.StatusUnauthorized, func(t testing.TB, c *care, _, query string, variables any) *httptest.ResponseRecorder {
		return got(c, "", http.MethodPost, "/graphql", body(t, query, variables), "Content-Type", "application/json")
	}},
	{"a token in the address", http.StatusUnauthorized, func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		return got(c, "", http.MethodPost, "/graphql?access_token="+token, body(t, query, variables), "Content-Type", "application/json")
	}},
}

func body(t testing.TB, query string, variables any) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	check(t, err)
	return text
}

// named is a body with a documentId, and a query beside it where there is one.
func named(t testing.TB, id, query string, variables any) []byte {
	t.Helper()
	members := map[string]any{"documentId": id, "variables": variables}
	if query != "" {
		members["query"] = query
	}
	text, err := json.Marshal(members)
	check(t, err)
	return text
}

func plainBody(_ testing.TB, text []byte) ([]byte, []string) { return text, nil }

func gzipBody(t testing.TB, text []byte) ([]byte, []string) {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(text)
	check(t, err)
	check(t, w.Close())
	return b.Bytes(), []string{"Content-Encoding", "gzip"}
}

// posted sends by POST, the body encoded.
func posted(contentType, accept string, encode func(testing.TB, []byte) ([]byte, []string)) func(testing.TB, *care, string, string, any) *httptest.ResponseRecorder {
	return func(t testing.TB, c *care, token, query string, variables any) *httptest.ResponseRecorder {
		t.Helper()
		text, header := encode(t, body(t, query, variables))
		return got(c, token, http.MethodPost, "/graphql", text, append(header, "Content-Type", contentType, "Accept", accept)...)
	}
}

// got is the answer to a request; without a token where it is "".
func got(c *care, token, method, address string, text []byte, header ...string) *httptest.ResponseRecorder {
	return gotFrom(c.handler, token, method, address, text, header...)
}

func gotFrom(h http.Handler, token, method, address string, text []byte, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, bytes.NewReader(text))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// What no transport is meant to carry is refused whoever sends it, and nothing is looked up.
func TestMatrixOfOtherTransports(t *testing.T) {
	m := newMatrix(t)
	const query = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { id name { full } allergies { nodes { id substance { display } } } } }`
	variables := map[string]any{"n": string(number(1))}
	for _, c := range callers(t, m.tables) {
		e := m.expect(c, patientStates[0], relations[0])
		m.enter(e)
		for _, w := range transports {
			m.read()
			calls := m.register.calls
			a := w.send(t, m.care, m.token(c), query, variables)
			seen := m.in(a.Body.Bytes())
			if w.refused == 0 {
				if (len(seen) > 0) != (e.code == "") {
					t.Errorf("%s by %s sees %v", c.name, w.name, keysOf(seen))
				}
				continue
			}
			if a.Code != w.refused || len(seen) > 0 || m.read() > 0 || m.register.calls != calls || bytes.Contains(a.Body.Bytes(), []byte(`"data"`)) {
				t.Errorf("%s by %s: %d %s", c.name, w.name, a.Code, a.Body)
			}
			if strings.Contains(a.Body.String(), string(number(1))) {
				t.Errorf("%s by %s: the number comes back: %s", c.name, w.name, a.Body)
			}
		}
	}
}
