package fhir

import (
	"io"
	"mime/quotedprintable"
	"regexp"
	"slices"
	"strings"
)

// binaryBeginnings are those of documents in which no letters can be read: PDF, pictures,
// sound and what is compressed.
var binaryBeginnings = []string{"%PDF", "\x89PNG", "GIF8", "RIFF", "PK\x03\x04", "II*\x00", "MM\x00*", "\xff\xd8\xff", "ID3"}

// What stands between the letters of a word without being seen.
var (
	tag       = regexp.MustCompile(`<[^>]*>`)
	rtf       = regexp.MustCompile(`\\[a-z]+-?[0-9]* ?|\\[^a-z]|[{}]`)
	invisible = regexp.MustCompile("[\u00AD\u200B-\u200D\u2060\uFEFF]")
)

// Letter reports whether a document says in letters what may not be shown: as it is,
// without the zeros of UTF-16 and what is not seen, with its tags or the control words of
// RTF taken for gaps and for nothing, and read as quoted-printable.
func (s *Screen) Letter(raw []byte) bool {
	said := string(raw)
	if slices.ContainsFunc(binaryBeginnings, func(begin string) bool { return strings.HasPrefix(said, begin) }) {
		return false
	}
	said = invisible.ReplaceAllString(strings.ReplaceAll(said, "\x00", ""), "")
	if plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(said))); err == nil && s.marked(string(plain)) {
		return true
	}
	return s.marked(said)
}

func (s *Screen) marked(said string) bool {
	hidden := s.Words(said)
	for _, marks := range []*regexp.Regexp{tag, rtf} {
		hidden = hidden || s.Words(marks.ReplaceAllString(said, " ")) || s.Words(marks.ReplaceAllString(said, ""))
	}
	return hidden
}
