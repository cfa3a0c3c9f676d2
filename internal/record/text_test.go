package record_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"carerecord/internal/record"
)

func FuzzAppendJSON(f *testing.F) {
	for _, seed := range []string{"", "plain", "quo\"te \\ back", "tab\tnewline\n", "\x00\x1f", "Zoë – ½ 漢", "\xff\xfe", "</script>", "\u2028"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := record.AppendJSON(nil, text)
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
