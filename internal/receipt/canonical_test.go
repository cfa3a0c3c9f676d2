package receipt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

func canon(t testing.TB, text string) string {
	t.Helper()
	out, err := Canonical(nil, []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return string(out)
}

func TestCanonical(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"RFC 8785 section 3.2.2", `{
			"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
			"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
			"literals": [null, true, false]
		}`, `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`},
		{"RFC 8785 section 3.2.3", `{
			"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
			"\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
		}`, `{"\r":"Carriage Return","1":"One","` + "\u0080" + `":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","` + "\ufb33" + `":"Hebrew Letter Dalet With Dagesh"}`},
		{"nested objects are each in order", `{"b":[{"d":1,"c":{"z":0,"y":[]}}],"a":{}}`, `{"a":{},"b":[{"c":{"y":[],"z":0},"d":1}]}`},
		{"a name that begins another comes first", `{"ab":1,"a":2,"":3}`, `{"":3,"a":2,"ab":1}`},
		{"white space is not kept", " [ 1 ,\t2 , { } , [\r\n] ] ", `[1,2,{},[]]`},
		{"minus nought is nought", `[-0,-0.0,0e5]`, `[0,0,0]`},
		{"what only JavaScript would escape", `"\u2028<>&\u007f"`, "\"\u2028<>&\u007f\""},
		{"a private character comes after those of two units", `{"\ue000":1,"\ud800\udc00":2,"\ue001":3}`, `{"` + "\U00010000" + `":2,"` + "\ue000" + `":1,"` + "\ue001" + `":3}`},
		{"objects of one length whose names differ are each in order", `[{"a":1,"b":2},{"b":3,"a":4},{"a":5,"c":6}]`, `[{"a":1,"b":2},{"a":4,"b":3},{"a":5,"c":6}]`},
		{"an integer that no double holds becomes the one that it is read as", `[999999999999999,9007199254740993,-9007199254740993]`, `[999999999999999,9007199254740992,-9007199254740992]`},
		{"as deep as can be walked", strings.Repeat("[", 1001) + strings.Repeat("]", 1001), strings.Repeat("[", 1001) + strings.Repeat("]", 1001)},
		{"control characters", `"\u0000\u0008\u0009\u000A\u000c\u000d\u001F"`, `"\u0000\b\t\n\f\r\u001f"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := canon(t, test.text); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// The vectors of RFC 8785 appendix B.
func TestNumbers(t *testing.T) {
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0", 0x8000000000000000: "0", 0x0000000000000001: "5e-324", 0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308", 0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992", 0xc340000000000000: "-9007199254740992", 0x4430000000000000: "295147905179352830000",
		0x44b52d02c7e14af5: "9.999999999999997e+22", 0x44b52d02c7e14af6: "1e+23", 0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef4e: "999999999999999700000", 0x444b1ae4d6e2ef4f: "999999999999999900000", 0x444b1ae4d6e2ef50: "1e+21",
		0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7", 0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332", 0x41b3de4355555554: "333333333.33333325", 0x41b3de4355555555: "333333333.3333333",
		0x41b3de4355555556: "333333333.3333334", 0x41b3de4355555557: "333333333.33333343", 0xbecbf647612f3696: "-0.0000033333333333333333",
		0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		f := math.Float64frombits(bits)
		if got := string(appendNumber(nil, f)); got != want {
			t.Errorf("%016x: got %s, want %s", bits, got, want)
		}
		if got := canon(t, fmt.Sprintf("%.40e", f)); got != want {
			t.Errorf("%016x read back: got %s, want %s", bits, got, want)
		}
	}
}

func TestWhatDoesNotMeanOneThing(t *testing.T) {
	tests := []struct{ name, text, says string }{
		{"a member twice", `{"a":1,"b":2,"a":1}`, "twice"},
		{"a member twice under an escape", `{"a":1,"\u0061":2}`, "twice"},
		{"a member twice far below", `[[{"x":{"a":1,"a":1}}]]`, "twice"},
		{"a member twice in the second of two that look alike", `[{"a":1,"b":2},{"a":1,"a":2}]`, "twice"},
		{"bytes that are not UTF-8", "\"\xff\"", "UTF-8"},
		{"a surrogate encoded as UTF-8", "\"\xed\xa0\x80\"", "UTF-8"},
		{"a high surrogate alone", `"\ud800"`, "surrogate"},
		{"a low surrogate alone", `"\udc00"`, "surrogate"},
		{"two high surrogates", `"\ud800\ud800"`, "surrogate"},
		{"two high surrogates in a name that does not end", `{"\ud83d\ud83d:1}`, "surrogate"},
		{"a number beyond all doubles", `1e400`, "too large"},
		{"deeper than can be walked", strings.Repeat("[", 2000) + strings.Repeat("]", 2000), "too deep"},
		{"cut in a string", `{"a":"b`, "too early"},
		{"one deeper than can be walked", strings.Repeat("[", 1002) + strings.Repeat("]", 1002), "too deep"},
		{"cut in a string by itself", `"b`, "too early"},
		{"cut in a word", `[tru`, "too early"},
		{"cut in false", `fals`, "too early"},
		{"cut in null", `nul`, "too early"},
		{"cut in a list", `[1`, "too early"},
		{"cut after a comma", `[1,`, "too early"},
		{"cut before an entry", `[`, "too early"},
		{"cut before a member", `{`, "too early"},
		{"cut in a name", `{"a`, "too early"},
		{"cut after a name", `{"a"`, "too early"},
		{"cut in an exponent", `1e+`, "too early"},
		{"cut in the second half of a character", `"\ud83d\u12`, "too early"},
		{"a word that is none", `nuxl`, "not JSON at byte 1"},
		{"a name that is no text", `{1:2}`, "not JSON at byte 2"},
		{"a name without its first quotation mark", `{a":1}`, "not JSON at byte 2"},
		{"a name with an unknown escape", `{"a\x":1}`, "not JSON at byte 5"},
		{"a name without a value", `{"a"}`, "not JSON at byte 5"},
		{"a name without a value before another", `{"a","b":1}`, "not JSON at byte 5"},
		{"a comma before the first member", `{,"a":1}`, "not JSON at byte 2"},
		{"a comma after the last member", `{"a":1,}`, "not JSON at byte 8"},
		{"a point without digits", `[1.]`, "not JSON at byte 4"},
		{"a point before an exponent", `[1.e2]`, "not JSON at byte 4"},
		{"an exponent without digits", `[1e]`, "not JSON at byte 4"},
		{"an escape of three digits", `"\u123"`, "not JSON at byte 4"},
		{"the same as the first half of a character", `"\ud83d\u123" `, "not JSON at byte 10"},
		{"cut in an escape", `"\u12`, "too early"},
		{"cut in an object", `{"a":1`, "too early"},
		{"cut in a number", `[1.`, "too early"},
		{"nothing", ` `, "too early"},
		{"a leading nought", `01`, "not JSON at byte 2"},
		{"a comma too many", `[1,]`, "not JSON"},
		{"a control character", "\"\n\"", "not JSON"},
		{"an unknown escape", `"\x"`, "not JSON"},
		{"two values", `{} {}`, "not JSON"},
		{"a byte order mark", "\ufeff{}", "not JSON"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, err := Canonical(nil, []byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %s and %v", out, err)
			}
		})
	}
}

// Four digits of sixteen make a character; what stands beside them in ASCII is none.
func TestDigitsOfAnEscape(t *testing.T) {
	for b := byte(' '); b < 0x7f; b++ {
		if b == '"' {
			continue
		}
		for at := range 4 {
			digits := []byte("0041")
			digits[at] = b
			_, err := Canonical(nil, []byte(`"\u`+string(digits)+`"`))
			digit := strings.IndexByte("0123456789abcdefABCDEF", b) >= 0
			if (err == nil) != digit {
				t.Errorf("\\u%s: %v", digits, err)
			}
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("a", "ab")
	f.Add("\U0001F600", "\uFB33")
	f.Add("\uD7FF", "\U0010FFFF")
	f.Add("\uE000", "\U00010000")
	f.Add("\U00010000", "\uE000")
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.ToValidUTF8(a, ""), strings.ToValidUTF8(b, "")
		units := func(s string) []uint16 { return utf16.Encode([]rune(s)) }
		want := 0
		x, y := units(a), units(b)
		for i := 0; want == 0 && i < min(len(x), len(y)); i++ {
			want = int(x[i]) - int(y[i])
		}
		if want == 0 {
			want = len(x) - len(y)
		}
		if got := compareNames([]byte(a), []byte(b)); (got < 0) != (want < 0) || (got > 0) != (want > 0) {
			t.Errorf("%q and %q: got %d, want %d", a, b, got, want)
		}
	})
}

// FuzzCanonical holds the canonical form to what encoding/json reads: the same
// value, once, and what it refuses is either no JSON or no single value.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{
		`{"b":[1,2.50,-0,1e21,1e-7],"a":{"z":null,"y":true}}`, `{"a":1,"\u0061":2}`, `"\ud83d\ude00\ud800"`, `[1e400]`, `{"\ufb33":1,"\ud83d\ude00":2}`, ` [ ] `, `{"a":"\"\\\/\b"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, err := Canonical(nil, text)
		if err != nil {
			return
		}
		want, got := decoded(t, text), decoded(t, out)
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("%q became %q", text, out)
		}
		again, err := Canonical(nil, out)
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("%q became %q, and that %q: %v", text, out, again, err)
		}
	})
}

func decoded(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%q is not JSON: %v", text, err)
	}
	return v
}
