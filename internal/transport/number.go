package transport

import (
	"strconv"
	"strings"
	"unicode"

	"carerecord/internal/record"
)

// maxSeparators is how many characters may stand between the groups of 3-3-4.
const maxSeparators = 3

// holdsNumber says whether ten digits that make an NHS number stand in the text,
// together or as 3-3-4. A longer run of digits is something else.
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

// isSplit says whether ten digits stand as 3-3-4.
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

// separates says whether a text can stand between the groups of one number:
// spaces and dashes of any kind, a plus that stands for a space, a full stop.
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

// unescapeUnicode reads \uXXXX and \u{X…} as the characters they stand for.
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

// maxEscape is how long an escape may be. Beyond it nobody looks for its end: a text of
// nothing but beginnings would be read to its end for each of them.
const maxEscape = 13

// escapedRune reads the escape at the start of the text; length 0 is no escape.
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
