package exclusion

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// escape is how messages and forms write a sign that means something to them: an entity and a tag of HTML, an escape sequence of HL7
// version 2, a byte of an address; and the sign between texts, where nothing stands apart from it.
var escape = regexp.MustCompile(`&(?:[A-Za-z][A-Za-z0-9]*|#[0-9]+|#[xX][0-9A-Fa-f]+);|\\[A-Za-z0-9.+-]{1,20}\\|%[0-9A-Fa-f]{2}|</?[A-Za-z][^<>]*>|[^ ]` + between + `|` + between + `[^ ]`)

// escapes are what an escape begins with, in ASCII.
var escapes = [utf8.RuneSelf]bool{'&': true, '\\': true, '%': true, '<': true}

// mostEscapes is how often what was escaped is read once more: "&amp;amp;" was twice.
const mostEscapes = 3

// unescaped are the readings of a text in which signs were escaped: with a gap where a tag or a sequence without a letter stands, and
// with nothing there. None of a text without any.
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
	default: // the sign between texts, with what stands beside it
		return strings.Replace(escaped, between, " ", 1)
	}
	return instead
}
