package fhir

import (
	"encoding/base64"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"carerecord/internal/record"
)

// binaryBeginnings are how files begin that are not text, and in which no letters can be read: PDF,
// pictures, sound and what is compressed. Valid UTF-8 that begins so is read all the same, unless it
// begins as a PDF.
var binaryBeginnings = []string{"%PDF", "\x89PNG", "GIF8", "RIFF", "PK\x03\x04", "II*\x00", "MM\x00*", "\xff\xd8\xff", "ID3"}

// invisible are the characters that can stand unseen between the letters of a word, and blank those of
// them that are written for a gap (both as internal/exclusion/seen.go has them). The others are the
// control words of RTF, and how RTF and quoted-printable write a letter as a number.
var (
	rtf       = regexp.MustCompile(`\\[a-z]+-?[0-9]* ?|\\[^a-z]|[{}]`)
	rtfLetter = regexp.MustCompile(`\\'[0-9A-Fa-f]{2}|\\u-?[0-9]{1,5} ?\??`)
	printable = regexp.MustCompile(`=[0-9A-Fa-f]{2}|=[ \t]*\r?\n`)
	invisible = regexp.MustCompile("[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB" +
		"\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]")
	blank = regexp.MustCompile("[\u115F\u1160\u200B\u3164\uFFA0]")
)

// Letter reports whether a document says in letters what may not be shown: as it is, without the zeros
// of UTF-16 and what is not seen, with its entities read, with its tags or the control words of RTF
// taken once for gaps and once for nothing, and read as quoted-printable.
func (s *Screen) Letter(raw []byte) bool {
	said := string(raw)
	if (!utf8.Valid(raw) || strings.HasPrefix(said, "%PDF")) && slices.ContainsFunc(binaryBeginnings, func(begin string) bool { return strings.HasPrefix(said, begin) }) {
		return false
	}
	said = strings.ReplaceAll(said, "\x00", "")
	if plain := printable.ReplaceAllStringFunc(said, byteOf); plain != said && s.marked(plain) {
		return true
	}
	return s.marked(said)
}

func (s *Screen) marked(said string) bool {
	said = html.UnescapeString(said)
	if s.Words(said) {
		return true
	}
	if strings.Contains(said, `{\rtf`) {
		said = rtfLetter.ReplaceAllStringFunc(said, letterOf)
		if s.Words(rtf.ReplaceAllString(said, " ")) || s.Words(rtf.ReplaceAllString(said, "")) {
			return true
		}
	}
	for _, quotes := range []bool{false, true} {
		for _, gap := range []string{" ", ""} {
			if strings.Contains(said, "<") && s.Words(untagged(said, gap, quotes)) {
				return true
			}
		}
	}
	return false
}

// untagged is a text with a gap in the place of its tags: of all from < to the next >, or,
// with quotes, of comments and of tags whose attributes may have a >.
func untagged(text, gap string, quotes bool) string {
	var b strings.Builder
	lastComment := strings.LastIndex(text, "-->")
	for {
		start := strings.IndexByte(text, '<')
		if start < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:start])
		text, lastComment = text[start:], lastComment-start
		end := 1
		switch {
		case quotes && strings.HasPrefix(text, "<!--") && lastComment > 0:
			end = strings.Index(text, "-->") + len("-->")
			b.WriteString(gap)
		case quotes && tagEnd(text) > 0:
			end = tagEnd(text)
			b.WriteString(gap)
		case !quotes && strings.IndexByte(text, '>') > 0:
			end = strings.IndexByte(text, '>') + 1
			b.WriteString(gap)
		case !quotes:
			b.WriteString(text)
			return b.String()
		default:
			b.WriteByte('<')
		}
		text, lastComment = text[end:], lastComment-end
	}
}

// tagEnd is where a tag ends whose attributes may have a >; 0 where there is none.
func tagEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '>':
			return i + 1
		case '<':
			return 0
		case '"', '\'':
			i += strings.IndexByte(text[i+1:], text[i]) + 1 // one that does not end is passed over
		}
	}
	return 0
}

// letterOf is what RTF means by \'48 or \u72?.
func letterOf(escape string) string {
	number, base := strings.Trim(escape[2:], " ?"), 10
	if escape[1] == '\'' {
		base = 16
	}
	n, _ := strconv.ParseInt(number, base, 32) // it has five digits at the most
	return string(rune(uint16(n)))
}

// byteOf is what quoted-printable means by =48, or by a = at the end of a line.
func byteOf(escape string) string {
	n, err := strconv.ParseUint(escape[1:], 16, 8)
	if err != nil {
		return ""
	}
	return string([]byte{byte(n)})
}

// seen is a text without the characters that are not seen, and with letters and digits of
// another width as what they are.
func seen(text string) string {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return norm.NFKC.String(invisible.ReplaceAllString(text, ""))
		}
	}
	return text
}

// DocumentStatus is that of a document, by the status of the DocumentReference and by the docStatus of
// what it refers to.
func DocumentStatus(status, docStatus string) record.DocumentStatus {
	switch {
	case status == "superseded":
		return record.DocumentStatusSuperseded
	case docStatus == "preliminary":
		return record.DocumentStatusPreliminary
	case docStatus == "amended", docStatus == "appended": // as R5 and reports have it
		return record.DocumentStatusAmended
	case status == "current", docStatus == "final":
		return record.DocumentStatusFinal
	}
	return record.DocumentStatusUnknown
}

// ContentOf is a document's content: as text where it is, whatever its label, else in base64.
func ContentOf(raw []byte) (text, encoded record.Text) {
	if !strings.HasPrefix(string(raw), "%PDF") && utf8.Valid(raw) && !strings.Contains(string(raw), "\x00") {
		return record.Text(raw), ""
	}
	return "", record.Text(base64.StdEncoding.EncodeToString(raw))
}
