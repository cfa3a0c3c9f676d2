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

// binaryBeginnings are the first bytes of binary files in which no text can be read: PDF, images, sound and
// compressed files. Valid UTF-8 that begins like one is read all the same, unless it begins like a PDF.
var binaryBeginnings = []string{"%PDF", "\x89PNG", "GIF8", "RIFF", "PK\x03\x04", "II*\x00", "MM\x00*", "\xff\xd8\xff", "ID3"}

// invisible matches the characters that can hide between the letters of a word. blank matches those of them
// that are used as a space. Both are as in internal/exclusion/seen.go. The other expressions match the
// control words of RTF, and the numeric letters of RTF and of quoted-printable.
var (
	rtf       = regexp.MustCompile(`\\[a-z]+-?[0-9]* ?|\\[^a-z]|[{}]`)
	rtfLetter = regexp.MustCompile(`\\'[0-9A-Fa-f]{2}|\\u-?[0-9]{1,5} ?\??`)
	printable = regexp.MustCompile(`=[0-9A-Fa-f]{2}|=[ \t]*\r?\n`)
	invisible = regexp.MustCompile("[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB" +
		"\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]")
	blank = regexp.MustCompile("[\u115F\u1160\u200B\u3164\uFFA0]")
)

// Letter reports whether the text of a document matches the exclusion list. It tries the text
//   - without the NULs of UTF-16 and without invisible characters, with HTML entities decoded,
//   - with its tags or RTF control words replaced by spaces, and with them removed,
//   - and all of this once more with quoted-printable decoded.
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

// untagged returns the text with its tags replaced by gap. Without quotes, a tag is everything from < to
// the next >. With quotes, it is a comment, or a tag whose quoted attributes may contain a >.
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

// tagEnd is where a tag ends whose quoted attributes may contain a >; 0 if it does not end.
func tagEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '>':
			return i + 1
		case '<':
			return 0
		case '"', '\'':
			i += strings.IndexByte(text[i+1:], text[i]) + 1 // a quote that does not end is skipped
		}
	}
	return 0
}

// letterOf decodes the RTF escapes \'48 and \u72?.
func letterOf(escape string) string {
	number, base := strings.Trim(escape[2:], " ?"), 10
	if escape[1] == '\'' {
		base = 16
	}
	n, _ := strconv.ParseInt(number, base, 32) // at most five digits
	return string(rune(uint16(n)))
}

// byteOf decodes quoted-printable: =48, or the = at the end of a line.
func byteOf(escape string) string {
	n, err := strconv.ParseUint(escape[1:], 16, 8)
	if err != nil {
		return ""
	}
	return string([]byte{byte(n)})
}

// seen is a text as a reader sees it: without invisible characters, and with compatibility forms such as
// full-width letters and digits normalised (NFKC).
func seen(text string) string {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return norm.NFKC.String(invisible.ReplaceAllString(text, ""))
		}
	}
	return text
}

// DocumentStatus maps the status of a DocumentReference and the docStatus of the document it refers to.
func DocumentStatus(status, docStatus string) record.DocumentStatus {
	switch {
	case status == "superseded":
		return record.DocumentStatusSuperseded
	case docStatus == "preliminary":
		return record.DocumentStatusPreliminary
	case docStatus == "amended", docStatus == "appended": // as in R5 and in reports
		return record.DocumentStatusAmended
	case status == "current", docStatus == "final":
		return record.DocumentStatusFinal
	}
	return record.DocumentStatusUnknown
}

// ContentOf returns a document's content: as text if it is text, whatever its content type, otherwise as
// base64.
func ContentOf(raw []byte) (text, encoded record.Text) {
	if !strings.HasPrefix(string(raw), "%PDF") && utf8.Valid(raw) && !strings.Contains(string(raw), "\x00") {
		return record.Text(raw), ""
	}
	return "", record.Text(base64.StdEncoding.EncodeToString(raw))
}
