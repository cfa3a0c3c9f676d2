package record_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"carerecord/internal/record"
)

func TestParseNHSNumber(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
	}{
		{"ten digits", "9990000018", "9990000018"},
		{"3-3-4 with spaces", "999 000 0018", "9990000018"},
		{"3-3-4 with dashes", "999-000-0018", "9990000018"},
		{"a check digit of 0 for 11", "9990000050", "9990000050"},
		{"a wrong check digit", "9990000019", ""},
		{"another wrong one", "9434765910", ""},
		{"a stem for which no check digit exists", "9990000000", ""},
		{"nine digits", "943476591", ""},
		{"eleven digits", "99900000180", ""},
		{"mixed separators", "999 000-0018", ""},
		{"grouped otherwise", "99 9000 0018", ""},
		{"a letter", "999000001A", ""},
		{"a letter that would bear the check digit out", "99900000@0", ""},
		{"a sign that would", "99900000/6", ""},
		{"a sign for the check digit that no number has", "999000000:", ""},
		{"digits that are not ASCII", "٩٩٩٠٠٠٠٠١٨", ""},
		{"space around it", " 9434765919 ", ""},
		{"nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := record.ParseNHSNumber(test.text)
			if string(got) != test.want || (err == nil) != (test.want != "") {
				t.Fatalf("%q, %v", string(got), err)
			}
			if err != nil && (!errors.Is(err, record.ErrInvalid) || test.text != "" && strings.Contains(err.Error(), test.text)) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestEveryStemHasOneCheckDigitOrNone(t *testing.T) {
	unusable := 0
	for stem := range 10_000 {
		valid := 0
		for check := range 10 {
			if _, err := record.ParseNHSNumber(fmt.Sprintf("99900%04d%d", stem, check)); err == nil {
				valid++
			}
		}
		if valid > 1 {
			t.Fatalf("stem %d has %d check digits", stem, valid)
		}
		unusable += 1 - valid
	}
	if unusable < 850 || unusable > 970 { // about one in eleven (909,091 of 10 million are valid)
		t.Errorf("%d of 10,000 stems are unusable", unusable)
	}
}

func TestNHSNumberPrintsAsAMask(t *testing.T) {
	n := record.NHSNumber("9990000018")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "n", n, "any", slog.AnyValue(n))
	for _, text := range []string{
		fmt.Sprint(n), fmt.Sprintf("%s %v %q %x %+v %#v %d", n, n, n, n, n, n, n), fmt.Sprint([]record.NHSNumber{n}),
		fmt.Sprintf("%v", struct{ N record.NHSNumber }{n}), fmt.Errorf("of %v", n).Error(),
	} {
		if strings.Contains(text, "9990000018") || strings.Contains(text, "39393930") {
			t.Errorf("%s", text)
		}
	}
	if got := fmt.Sprintf("%s|%d|%#v|%v", n, n, n, []record.NHSNumber{n}); got != "[NHS number]|[NHS number]|[NHS number]|[[NHS number]]" {
		t.Errorf("%s", got)
	}
	if got := string(n); got != "9990000018" {
		t.Errorf("string(n) is %q", got)
	}
}

func TestNumbersThatAreNeverIssued(t *testing.T) {
	for n, want := range map[record.NHSNumber]bool{one: true, "9434765919": false, "9899999998": false, "": false} {
		if n.IsTest() != want {
			t.Errorf("%s: %t", string(n), !want)
		}
	}
}

func FuzzParseNHSNumber(f *testing.F) {
	for _, seed := range []string{"9990000018", "999 000 0018", "999-000-0018", "", "0000000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := record.ParseNHSNumber(text)
		if err != nil {
			return
		}
		if again, err := record.ParseNHSNumber(string(n)); err != nil || again != n || len(n) != 10 {
			t.Errorf("%q was read as %q", text, string(n))
		}
	})
}
