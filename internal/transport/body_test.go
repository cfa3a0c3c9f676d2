package transport

import (
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
)

// The limit on a body is the last length that passes, however it comes.
func TestABodyAsLongAsMayBe(t *testing.T) {
	text := `{"query":"{ __typename }"}` + strings.Repeat(" ", 1000)
	for limit, status := range map[int]int{len(text): 200, len(text) - 1: 413} {
		h := New(new(small), Options{MaxBody: int64(limit)})
		if out := send(t, h, post(text)); out.Code != status {
			t.Errorf("%d bytes of %d: got %d", len(text), limit, out.Code)
		}
		unknown := post(text)
		unknown.ContentLength = -1
		if out := send(t, h, unknown); out.Code != status {
			t.Errorf("%d bytes of %d in chunks: got %d", len(text), limit, out.Code)
		}
		if out := send(t, h, post(zip(text), "Content-Encoding", "gzip")); out.Code != status {
			t.Errorf("%d bytes of %d as gzip: got %d", len(text), limit, out.Code)
		}
	}
}

func TestABodyThatBreaksOff(t *testing.T) {
	zipped := zip(`{"query":"{ __typename }"}`)
	broken := httptest.NewRequest("POST", "/graphql", io.MultiReader(strings.NewReader(`{"query":`), iotest.ErrReader(errors.New("9990000018"))))
	broken.Header.Set("Content-Type", mediaJSON)
	h := New(new(small), Options{})
	for range 2 { // the reader is pooled
		for _, out := range []reply{send(t, h, broken), send(t, h, post(zipped[:len(zipped)-6], "Content-Encoding", "gzip"))} {
			if out.Code != 400 || len(out.Errors) != 1 || out.Errors[0].Message != errIncomplete.errors[0].Message {
				t.Errorf("got %d %s", out.Code, out.Body)
			}
		}
	}
}

// What is said of a wrong body is what is wrong with it.
func TestWhatIsWrongWithABody(t *testing.T) {
	members := func(n int) string { return `{"query":"{ __typename }"` + strings.Repeat(`,"x":1`, n-1) + `}` }
	for _, test := range []struct {
		text string
		want *refusal
	}{
		{" \t\r\n", errEmpty},
		{` [`, errBatch},
		{`{}`, nil},
		{`{ }`, nil},
		{` {"a":1 , "b":[1,{"c":"}]"}] } `, nil},
		{`{`, errJSON},
		{`{"a"`, errJSON},
		{`{"a"}`, errJSON},
		{`{"a":`, errJSON},
		{`{"a":}`, errJSON},
		{`{"a":1`, errJSON},
		{`{"a":1,`, errJSON},
		{`{"a":1,}`, errJSON},
		{`{,"a":1}`, errJSON},
		{`{:1}`, errJSON},
		{`{a":1}`, errJSON},
		{`{"\x":1}`, errJSON},
		{`{"a":1}}`, errJSON},
		{`{"a":"}`, errJSON},
		{`{"a":[}`, errJSON},
		{`{"a":1]`, errJSON},
		{`{"a":1;"b":2}`, errJSON},
		{`"query":"{ __typename }"}`, errJSON},
		{`{"query":tru}`, errJSON},
		{`{"query":"\x"}`, errJSON},
		{`{"query":}`, errJSON},
		{`{"query":true}`, errType},
		{`{"operationName":[]}`, errType},
		{`{"operationName":nil}`, errJSON},
		{`{"variables":1}`, errType},
		{`{"variables":nil}`, errJSON},
		{`{"extensions":true}`, errType},
		{`{"extensions":null}`, nil},
		{`{"documentId":"a","documentId":"a"}`, errDoubled},
		{`{"variables":{"n":"1","n":"2"}}`, errTwice},
		{`{"variables":{"n":"1","\u006e":"2"}}`, errTwice},
		{`{"variables":{"n":{"a":[],"a":1}}}`, errTwice},
		{`{"variables":{"n":[1,"{",[ {"a":1} , {"a":1,"b":2,"a":3}]]}}`, errTwice},
		{`{"variables": [{"a":1,"a":1}]}`, errTwice},
		{`{"variables":{"n":[{"a":1},{"a":2}],"m":{"n":"n"},"N":3}}`, nil},
		{`{"variables":{"n":` + strings.Repeat("[", deepest+2) + `{"a":1,"a":2}` + strings.Repeat("]", deepest+2) + `}}`, nil}, // too deep, and said to be
		{members(maxMembers), nil},
		{members(maxMembers + 1), errMembers},
	} {
		if _, refused := readJSON([]byte(test.text), defaultLimits.Values, new(texts)); refused != test.want {
			t.Errorf("%.60s: got %+v, want %+v", test.text, refused, test.want)
		}
	}
}

// Values are counted in variables that no operation has, too.
func TestValuesThatNobodyAsksFor(t *testing.T) {
	h := New(new(small), Options{Limits: Limits{Values: 3}})
	for variables, code := range map[string]string{`{"x":[1,2,3,4]}`: "", `{"x":[1,2,3,4,5]}`: QueryTooLarge} {
		if out := send(t, h, post(`{"query":"{ __typename }","variables":`+variables+`}`)); out.code() != code {
			t.Errorf("%s: got %s", variables, out.Body)
		}
	}
}
