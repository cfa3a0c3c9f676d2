package fhir_test

import (
	"strings"
	"testing"

	"carerecord/internal/fhir"
)

// What a letter says is found in whatever way it is written, and nothing else is.
func TestLetters(t *testing.T) {
	s, _ := screen(t)
	for name, c := range map[string]struct {
		letter string
		hidden bool
	}{
		"plain":                                   {"Seen at the HIV clinic", true},
		"entities":                                {"Seen at the &#72;IV clinic", true},
		"nothing of the list":                     {"Seen at the skin clinic", false},
		"a tag in a word":                         {"H<b>IV", true},
		"a tag for a gap":                         {"foster<br>care", true},
		"a tag for a gap that says >":             {`foster<b title="> x">care`, true},
		"a tag in a word that says >":             {`H<b title=">">IV`, true},
		"a tag that says nothing and then >":      {`H<b title="" lang=">">IV`, true},
		"a tag that says > in single quotes":      {`H<b title='>'>IV`, true},
		"a quote that does not end":               {`H<b title=">IV`, true},
		"a quote that does not end, for a gap":    {`foster<b title=">care`, true},
		"a quote that ends elsewhere":             {`H<b title=">IV <i title="">`, true},
		"a quote that ends elsewhere, for a gap":  {`foster<b title=">care <i title="">`, true},
		"two such, and more":                      {`H<i title=">I<b title='>'>V`, true},
		"a tag, and a sign for less":              {`fos<i title=">ter<care "`, true},
		"a sign for less, and a tag that says >":  {`a < b, H<b title=">">IV`, true},
		"a comment in a word":                     {"H<!-- > -->IV", true},
		"a comment for a gap":                     {"foster<!-- > x -->care", true},
		"a comment after it":                      {`<i>H<b title=">">IV</b> <!-- x -->`, true},
		"a comment that does not end":             {"H<!-- >IV", true},
		"a sign for less":                         {"s<hiver", false},
		"two letters and a sign for less":         {"H<IV", false},
		"a sign for less and nothing":             {"a <", false},
		"in UTF-16":                               {strings.Join(strings.Split("HIV clinic", ""), "\x00"), true},
		"RTF":                                     {`{\rtf1 H\b IV}`, true},
		"RTF, a letter as its number":             {`{\rtf1 \'48IV}`, true},
		"RTF, a letter as that of Unicode":        {`{\rtf1 \u72?IV}`, true},
		"RTF, wide letters behind a word of RTF":  {`{\rtf1 \bｆｏｓｔｅｒ ｃａｒｅ}`, true},
		"RTF, a gap":                              {`{\rtf1 foster\par care}`, true},
		"RTF with nothing of the list":            {`{\rtf1 skin\par clinic}`, false},
		"what is RTF's in no RTF":                 {`H\b IV`, false},
		"quoted-printable":                        {"H=49V", true},
		"quoted-printable, in small letters":      {"fos=74er=2dcare", true},
		"quoted-printable, of several bytes":      {"=EF=BC=A8IV", true},
		"quoted-printable, over a line's end":     {"H=\r\nIV", true},
		"quoted-printable, blanks before its end": {"H= \t\nIV", true},
		"quoted-printable, and a new page":        {"page 1\x0cH=49V", true},
		"quoted-printable, and a long line":       {strings.Repeat("x ", 4<<10) + "\nH=49V", true},
		"quoted-printable, up to a bare sign":     {"H=49V =", true},
		"quoted-printable with nothing of it":     {"skin=20clinic", false},
		"a picture with letters in it":            {"\x89PNG HIV clinic", false},
		"PDF in letters alone":                    {"%PDF HIV clinic", false},
		"PDF in bytes":                            {"%PDF \xff HIV clinic", false},
		"a text that begins as a picture does":    {"GIF8 HIV clinic", true},
		"bytes that begin as nothing":             {"\xff HIV clinic", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.Letter([]byte(c.letter)); got != c.hidden {
				t.Errorf("%q: hidden is %v", c.letter[:min(len(c.letter), 80)], got)
			}
		})
	}
}

func TestContentIsTextWhereItIs(t *testing.T) {
	for raw, isText := range map[string]bool{"a letter": true, "": true, "%PDF": false, "\xff": false, "a\x00b": false, "%PDF \xff": false, "%PDF\x00": false} {
		text, encoded := fhir.ContentOf([]byte(raw))
		if isText && (string(text) != raw || encoded != "") || !isText && (text != "" || encoded == "") {
			t.Errorf("%q: %q, %q", raw, text, encoded)
		}
	}
}
