package exclusion

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// escape matches how messages and forms write characters that have a meaning of their own: an HTML entity,
// an HTML tag, an escape sequence of HL7 version 2, a percent-encoded byte of a URL. It also matches the
// separator between texts, if anything but a space is beside it.
var escape = regexp.MustCompile(`&(?:[A-Za-z][A-Za-z0-9]*|#[0-9]+|#[xX][0-9A-Fa-f]+);|\\[A-Za-z0-9.+-]{1,20}\\|%[0-9A-Fa-f]{2}|</?[A-Za-z][^<>]*>|[^ ]` + between + `|` + between + `[^ ]`)

// escapes are the ASCII characters with which an escape begins.
var escapes = [utf8.RuneSelf]bool{'&': true, '\\': true, '%': true, '<': true}

// mostEscapes is how many times a text is unescaped: "&amp;amp;" was escaped twice.
const mostEscapes = 3

// unescaped returns the readings of a text that has escapes. One has a space in the place of each tag, and
// of each sequence that stands for no letter. The other has nothing there. It returns none if the text has
// no escapes.
func unescaped(text string) (readings []string) {
	for _, instead := range [...]string{" ", ""} {
		read := text
		for range mostEscapes {
			before := read
			if read = escape.ReplaceAllStringFunc(read, func(written string) string { return meant(written, instead) }); read == before {
				break
			}
		}
		if read != text {
			readings = append(readings, read)
		}
	}
	return readings
}

func meant(escaped, instead string) string {
	switch escaped[0] {
	case '&':
		return html.UnescapeString(escaped)
	case '%':
		if b, _ := strconv.ParseUint(escaped[1:], 16, 8); b < utf8.RuneSelf {
			return string(rune(b))
		}
	case '\\', '<':
	default: // the separator between texts, with what is beside it
		return strings.Replace(escaped, between, " ", 1)
	}
	return instead
}
