package transport

import (
	"strconv"
	"strings"
	"unicode"

	"carerecord/internal/record"
)

// maxSeparators is the most characters that may stand between the groups of 3-3-4.
const maxSeparators = 3

// holdsNumber reports whether a text contains ten digits that form an NHS number, unbroken or as 3-3-4. A
// longer run of digits is something else.
func holdsNumber(text string) bool {
	var groups [3]string
	rest := text
	for {
		start := strings.IndexFunc(rest, isDigit)
		if start < 0 {
			return false
		}
		if !separates(rest[:start]) {
			groups = [3]string{}
		}
		rest = rest[start:]
		run := digits(rest)
		rest = rest[len(run):]
		groups = [3]string{groups[1], groups[2], run}
		if valid(run) || isSplit(groups) && valid(groups[0]+groups[1]+groups[2]) {
			return true
		}
	}
}

// isSplit reports whether the outer groups are those of 3-3-4; the total of ten then settles the middle one.
func isSplit(groups [3]string) bool { return len(groups[0]) == 3 && len(groups[2]) == 4 }

func valid(run string) bool {
	if len(run) != 10 {
		return false
	}
	_, err := record.ParseNHSNumber(run)
	return err == nil
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func digits(text string) string {
	if end := strings.IndexFunc(text, func(r rune) bool { return !isDigit(r) }); end >= 0 {
		return text[:end]
	}
	return text
}

// separates reports whether a text may stand between the groups of one number: white space, dashes of any kind,
// a plus that stands for a space, full stops, underscores, soft hyphens, zero-width spaces.
func separates(text string) bool {
	count := 0
	for _, r := range text {
		if count++; count > maxSeparators {
			return false
		}
		if !unicode.IsSpace(r) && !unicode.Is(unicode.Pd, r) && !strings.ContainsRune("+._\u2212\u00ad\u200b", r) {
			return false
		}
	}
	return true
}

// unescapeUnicode decodes \uXXXX and \u{X…}.
func unescapeUnicode(text string) string {
	var b strings.Builder
	for {
		at := strings.Index(text, `\u`)
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:at])
		r, length := escapedRune(text[at:])
		if length == 0 {
			r, length = '\\', 1
		}
		b.WriteRune(r)
		text = text[at+length:]
	}
}

// maxEscape is the longest escape, in bytes. The search for its end stops there; otherwise a text of nothing
// but openings would be scanned to its end for each of them.
const maxEscape = 13

// escapedRune decodes the escape at the start of a text; length is 0 if there is none.
func escapedRune(text string) (r rune, length int) {
	hex, length := "", 6
	if strings.HasPrefix(text, `\u{`) {
		end := strings.IndexByte(text[:min(len(text), maxEscape)], '}')
		if end < 0 {
			return 0, 0
		}
		hex, length = text[3:end], end+1
	} else if len(text) >= 6 {
		hex = text[2:6]
	}
	code, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return 0, 0
	}
	return rune(code), length
}
