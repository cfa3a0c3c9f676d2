package writer

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

func FuzzString(f *testing.F) {
	for _, s := range []string{"", "a", "\x00\x01\x1f\x7f\x80\xff", `"\/`, "\n\r\t\b\f", "\u2028\u2029\ufeff\ufffd", "漢字🩺", "\xed\xa0\x80", "</script>", "a\xc3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := &Writer{}
		w.String(s)
		if !json.Valid(w.buf) || !utf8.Valid(w.buf) {
			t.Fatalf("%q is no JSON", w.buf)
		}
		var back string
		if err := json.Unmarshal(w.buf, &back); err != nil || back != string([]rune(s)) {
			t.Fatalf("%q reads as %q: %v", s, back, err)
		}
		var gqlgen bytes.Buffer
		graphql.MarshalString(s).MarshalGQL(&gqlgen)
		if utf8.ValidString(s) && !bytes.Equal(gqlgen.Bytes(), w.buf) {
			t.Fatalf("%q, and gqlgen writes %q", w.buf, gqlgen.Bytes())
		}
	})
}
