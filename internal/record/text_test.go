package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"carerecord/internal/record"
)

func FuzzAppendJSON(f *testing.F) {
	for _, seed := range []string{"", "plain", "quo\"te \\ back", "tab\tnewline\n", "\x00\x1f", "Zoë – ½ 漢", "\xff\xfe", "</script>", "\u2028", "\r", "\x80", "a\xffb", "a\uFFFDb", "\xed\xa0\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := record.AppendJSON(nil, text)
		if !utf8.Valid(out) {
			t.Errorf("%q is written as %q, which is not UTF-8", text, out)
		}
		var back string
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		if utf8.ValidString(text) && back != text {
			t.Errorf("%q came back as %q", text, back)
		}
		standard, _ := json.Marshal(text)
		var want string
		if json.Unmarshal(standard, &want); back != want {
			t.Errorf("%q is not what encoding/json reads: %q", back, want)
		}
	})
}

// Every byte alone and between others is read back as what encoding/json makes of it, and the short escapes are used where there are any.
func TestTextIsWrittenAsJSON(t *testing.T) {
	for b := range 256 {
		for _, text := range []string{string([]byte{byte(b)}), string([]byte{'a', byte(b), byte(b), 'z'})} {
			standard, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			var got, want string
			out := record.AppendJSON(nil, text)
			if err := errors.Join(json.Unmarshal(out, &got), json.Unmarshal(standard, &want)); err != nil || got != want || !utf8.Valid(out) {
				t.Errorf("%q is written as %q and read as %q, want %q: %v", text, out, got, want, err)
			}
		}
	}
	for text, want := range map[string]string{
		"a\"b\\c":             `"a\"b\\c"`,
		"a\tb\nc\rd":          `"a\tb\nc\rd"`,
		"\x00\x1f\x7f":        "\"\\u0000\\u001f\x7f\"",
		"</script>&":          `"</script>&"`,
		"Zoë \uFFFD 漢 \u2028": "\"Zoë \uFFFD 漢 \u2028\"",
		"a\xff\xfeb\xe2\x82":  "\"a\uFFFD\uFFFDb\uFFFD\uFFFD\"",
	} {
		if got := string(record.AppendJSON(nil, text)); got != want {
			t.Errorf("%q is written as %s, want %s", text, got, want)
		}
	}
}

// A buffer lends the room for what is written to it; any other writer is given the same.
func TestWhatIsWrittenToABufferTakesNoMemoryOfItsOwn(t *testing.T) {
	at := record.At(time.Date(2026, 6, 15, 10, 30, 0, 0, time.UTC))
	for name, write := range map[string]func(io.Writer){
		"a text":        func(w io.Writer) { record.Text("Zoë").MarshalGQL(w) },
		"an id":         func(w io.Writer) { record.ID("abc").MarshalGQL(w) },
		"a date":        func(w io.Writer) { record.Date("2026-06-15").MarshalGQL(w) },
		"a moment":      func(w io.Writer) { at.MarshalGQL(w) },
		"an NHS number": func(w io.Writer) { one.MarshalGQL(w) },
	} {
		var plain strings.Builder
		write(&plain)
		var b bytes.Buffer
		b.Grow(64)
		if n := testing.AllocsPerRun(10, func() { b.Reset(); write(&b) }); n > 0 {
			t.Errorf("%s: %v pieces of memory", name, n)
		}
		if b.String() != plain.String() || !json.Valid(b.Bytes()) {
			t.Errorf("%s: %s to a buffer and %s to another writer", name, b.String(), plain.String())
		}
	}
}

func TestWhatIsMissingIsNull(t *testing.T) {
	for name, write := range map[string]func(*bytes.Buffer){
		"a text":         func(b *bytes.Buffer) { record.Text("").MarshalGQL(b) },
		"a date":         func(b *bytes.Buffer) { record.Date("").MarshalGQL(b) },
		"a partial date": func(b *bytes.Buffer) { record.PartialDate("").MarshalGQL(b) },
		"a moment":       func(b *bytes.Buffer) { record.DateTime{}.MarshalGQL(b) },
		"a number":       func(b *bytes.Buffer) { record.Decimal("").MarshalGQL(b) },
	} {
		var b bytes.Buffer
		if write(&b); b.String() != "null" {
			t.Errorf("%s is written as %s", name, b.String())
		}
	}
}

// A number is one of JSON that a double can hold: any other would take the whole answer with it, which is signed.
func TestWhatIsANumber(t *testing.T) {
	for text, is := range map[record.Decimal]bool{
		"7.50": true, "-0.1": true, "0": true, "1e5": true, "123456789012345678901234567890.123": true, "": false, "05": false, "-01": false, ".5": false, "5.": false, "1e400": false, "NaN": false,
		"+1": false, " 1": false, "1 ": false, "null": false, "true": false, `"5"`: false, "[5]": false, "<5": false,
	} {
		var b bytes.Buffer
		if text.MarshalGQL(&b); text.IsNumber() != is || (b.String() != "null") != is || !json.Valid(b.Bytes()) {
			t.Errorf("%q: %t, written as %s", text, text.IsNumber(), b.String())
		}
	}
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	var b bytes.Buffer
	record.Decimal("7.50").MarshalGQL(&b)
	if b.String() != "7.50" {
		t.Errorf("%s", b.String())
	}
}

// The lethal one among them: a source says that there are none, another is down.
func TestDescribe(t *testing.T) {
	for _, test := range []struct {
		found, gap, none bool
		want             record.ListState
	}{
		{true, true, true, record.Recorded}, {true, false, false, record.Recorded}, {false, true, true, record.Unknown},
		{false, true, false, record.Unknown}, {false, false, true, record.NoneKnown}, {false, false, false, record.NoneRecorded},
	} {
		if got := record.Describe(test.found, test.gap, test.none); got != test.want {
			t.Errorf("found %t, gap %t, none %t: %s", test.found, test.gap, test.none, got)
		}
	}
}
