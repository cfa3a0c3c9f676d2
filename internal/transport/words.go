package transport

import (
	"errors"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

const (
	maxName    = 64  // of a caller's own name in a message
	maxMessage = 400 // of a message of the validator
	maxErrors  = 50  // of one kind in an answer
	maxDigits  = 6   // from which on the digits of a name may be somebody's number
)

// parseError puts an error of the parser, which reads so many tokens, into words that hold nothing of the
// text but its place.
func parseError(err error, tokens int) *gqlerror.Error {
	found, _ := errors.AsType[*gqlerror.Error](err)
	if found == nil {
		return coded(ParseFailed, "The document cannot be parsed.")
	}
	e := coded(ParseFailed, parseWords(found.Message))
	switch {
	case strings.HasPrefix(found.Message, "exceeded token limit"):
		e = tooLarge(tokens, "words and signs (limits.tokens)")
	case strings.HasPrefix(found.Message, "exceeded maximum nesting"):
		e = tooCostly("goes too deep")
	}
	e.Locations = found.Locations
	return e
}

// parserMessage is a message of the parser up to the kind of word it found, or the sign; what
// follows is the word itself, which may be somebody's name or number.
var parserMessage = regexp.MustCompile(`^(?:Expected [^,]{1,20}, found|Unexpected|expected at least one definition, found) (?:[A-Za-z]+|<[A-Za-z]+>|[!$&():=@\[\]{|}]|\.\.\.)`)

func parseWords(message string) string {
	if kept := parserMessage.FindString(message); kept != "" {
		return kept + "."
	}
	return "The document cannot be parsed."
}

// validationErrors puts the validator's errors into words without values.
func validationErrors(errs gqlerror.List) gqlerror.List {
	errs = capped(errs)
	out := make(gqlerror.List, len(errs))
	for i, e := range errs {
		message := e.Message
		if strings.HasPrefix(e.Rule, "ValuesOfCorrectType") {
			message = valueWords(message)
		}
		out[i] = coded(ValidationFailed, safeNames(message))
		out[i].Locations = e.Locations
	}
	return out
}

// valueWords takes the value out of a message about one. What is left stands
// before it, or behind the last of the validator's own words.
func valueWords(message string) string {
	const missing = `" does not exist in "`
	if at := strings.LastIndex(message, missing); at >= 0 && strings.HasPrefix(message, `Value "`) {
		return `The value does not exist in "` + message[at+len(missing):]
	}
	for _, end := range []string{", found ", " value: "} {
		if kept, _, ok := strings.Cut(message, end); ok {
			return kept + strings.TrimSuffix(strings.TrimSuffix(end, ": "), ", found ") + "."
		}
	}
	for _, known := range []string{`Field "`, `OneOf Input Object "`} {
		if strings.HasPrefix(message, known) {
			return message
		}
	}
	return "A value does not fit its type."
}

// capped keeps the first errors of many and says that there are more.
func capped(errs gqlerror.List) gqlerror.List {
	if len(errs) <= maxErrors {
		return errs
	}
	more := *errs[maxErrors-1]
	more.Rule, more.Locations, more.Message = "", nil, "There are more errors of this kind, which are left out."
	return append(errs[:maxErrors-1:maxErrors-1], &more)
}

// cappedValues caps the errors about values, but for numbers of patients: a caller
// must hear of each of those.
func cappedValues(errs gqlerror.List) gqlerror.List {
	var numbers, others gqlerror.List
	for _, e := range errs {
		if codeOf(e) == InvalidNHSNumber {
			numbers = append(numbers, e)
		} else {
			others = append(others, e)
		}
	}
	return append(capped(others), numbers...)
}

// safeNames cuts long names in a message and masks digits that may be a number
// of somebody.
func safeNames(message string) string {
	if len(message) > 4*maxMessage {
		message = message[:4*maxMessage]
	}
	message = namePattern.ReplaceAllStringFunc(message, safeName)
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	return message
}

var namePattern = regexp.MustCompile(`[0-9A-Za-z_]+`)

// safeName cuts a name and masks its digits when they are many.
func safeName(name string) string {
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "") + "…"
	}
	if countDigits(name) >= maxDigits {
		return strings.Map(maskDigit, name)
	}
	return name
}

func countDigits(text string) int {
	n := 0
	for _, r := range text {
		if isDigit(r) {
			n++
		}
	}
	return n
}

func maskDigit(r rune) rune {
	if isDigit(r) {
		return '#'
	}
	return r
}
