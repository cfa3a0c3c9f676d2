package transport

import (
	"fmt"
	"strings"
	"testing"
)

// A document is known by how it stood in a body, and only one that may be kept: what is wrong, what is too long and what
// names a person is read anew each time.
func TestTextsThatAreKept(t *testing.T) {
	h := trusting(t, new(small), Options{}).(*handler)
	kept := func(raw string) string {
		text, found := h.texts.find([]byte(raw))
		return fmt.Sprint(found, " ", text)
	}
	const query = `query Ward($numbers: [NHSNumber!]!) { patients(nhsNumbers: $numbers) { id } }`
	quoted := `"` + query + `"`
	escaped := strings.Replace(quoted, "query", `qu\u0065ry`, 1)
	long := strings.Replace(quoted, "{ id }", "{ id "+strings.Repeat(" ", maxKept)+"}", 1)
	number := `"{ patients(nhsNumbers: [\"` + goodNumber + `\"]) { id } }"`
	for _, test := range []struct {
		name, member, raw, kept string
	}{
		{"a document", "query", quoted, query},
		{"the same in other letters", "query", escaped, query},
		{"one that is wrong", "query", `"{ nothing }"`, ""},
		{"one that names a person", "query", number, ""},
		{"one that is too long", "query", long, ""},
		{"an id", "documentId", `"` + idOf(wardRound) + `"`, idOf(wardRound)},
		{"an id of nothing", "documentId", `"sha256:00"`, ""},
		{"null", "query", `null`, ""},
	} {
		body := fmt.Sprintf(`{%q:%s,"operationName":"Ward","variables":{"numbers":[]}}`, test.member, test.raw)
		if strings.Contains(test.raw, idOf(wardRound)) || test.raw == number {
			body = strings.Replace(body, `"operationName":"Ward",`, "", 1)
		}
		first := send(t, h, post(body))
		want := "false "
		if test.kept != "" {
			want = "true " + test.kept
		}
		if got := kept(test.raw); got != want {
			t.Errorf("%s: kept: %s, want %s (%d %s)", test.name, got, want, first.Code, first.Body)
		}
		if second := send(t, h, post(body)); second.Code != first.Code || second.Body.String() != first.Body.String() {
			t.Errorf("%s: the second time %d %s, the first %d %s", test.name, second.Code, second.Body, first.Code, first.Body)
		}
	}
	if kept(`"Ward"`) != "false " {
		t.Error("the name of an operation is kept")
	}
	if out := send(t, h, post(`{"query":`+quoted+`,"query":`+quoted+`}`)); !strings.Contains(out.Body.String(), "once") {
		t.Errorf("the same text twice: %s", out.Body)
	}
}
