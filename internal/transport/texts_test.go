package transport

import (
	"fmt"
	"math/rand/v2"
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
		{"nothing", "query", `""`, ""},
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

// Whatever came before, a request is answered as by a handler that has seen nothing: what one caller sent is never another's
// document, nor the choice of an operation in it.
func TestTextsOfOthers(t *testing.T) {
	texts := []string{
		`null`, `""`, `"" `, "null\n", `"typename"`, `"typename" `, `"typ\u0065name"`, `"{ __typename }"`, `"{ a: __typename }"`, `"{ \u0061: __typename }"`, `"{ a: __typename }\u0000"`,
		`"{ a: __typename #\ud800\n}"`, `"{ a: __typename #\ufffd\n}"`, `"{ a: __typename #\ud83d\ude00\n}"`, "\"{ a: __typename #\xf0\x9f\x98\x80\\n}\"",
		`"query typename { t: __typename } query b { b: __typename }"`, `"query Look { __typename } mutation desk { note(text: \"x\") }"`, `"desk"`, `"Look"`, `"b"`, `"others"`,
		`1`, `{}`, `"x`, `nul`, `"{ a: __typename }"x`, "\"\xff\"",
		`"{ patients(nhsNumbers: [\"` + goodNumber + `\"]) { id } }"`, `"{ patients(nhsNumbers: [\"\u0039` + goodNumber[1:] + `\"]) { id } }"`, `"{ patients(nhsNumbers: [\"\\u0039` + goodNumber[1:] + `\"]) { id } }"`,
	}
	names := []string{`"query"`, `"documentId"`, `"operationName"`, `"Query"`, `"qu\u0065ry"`, `"variables"`, `"extensions"`}
	long := trusting(t, new(small), Options{}).(*handler)
	dice := rand.New(rand.NewPCG(1, 2))
	try := func(body string) {
		t.Helper()
		want, got := send(t, trusting(t, new(small), Options{}), post(body)), send(t, long, post(body))
		if want.Code != got.Code || want.Body.String() != got.Body.String() {
			t.Errorf("%s: %d %s, and by a handler that has seen nothing %d %s", body, got.Code, got.Body, want.Code, want.Body)
		}
	}
	try(`{"query":null,"documentId":"typename"}`)
	try(`{"query":"{ wife_of_somebody: __typename }","documentId":""}`)
	for _, empty := range []string{`null`, `""`} {
		try(`{"documentId":"desk","operationName":"Look","query":` + empty + `}`)
		try(`{"query":"query Look { __typename } mutation desk { note(text: \"x\") }","operationName":` + empty + `}`)
		try(`{"query":` + empty + `}`)
		try(`{"documentId":` + empty + `}`)
		try(`{"query":null,"documentId":"typename"}`)
	}
	for range 1500 {
		members := make([]string, 1+dice.IntN(3))
		for i := range members {
			members[i] = names[dice.IntN(len(names))] + ":" + texts[dice.IntN(len(texts))]
		}
		try("{" + strings.Join(members, ",") + "}")
	}
	for i := range long.texts {
		if kept := long.texts[i].Load(); kept != nil && (kept.text == "" || strings.Contains(kept.text+kept.raw, goodNumber[1:])) {
			t.Errorf("%q is kept", kept.raw)
		}
	}
}
