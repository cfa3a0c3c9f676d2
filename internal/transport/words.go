package transport

import (
	"errors"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

const (
	maxName    = 64  // bytes of a name in a message
	maxMessage = 400 // bytes of a message of the validator
	maxErrors  = 50  // of one kind in an answer
	maxDigits  = 6   // a name with as many digits may contain a person's number
)

// parseError rewords an error of the parser so that it repeats nothing of the text but its location. tokens is
// the limit that the parser was given.
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

// parserMessage matches a message of the parser up to the kind of token or the sign it found. What follows is
// the token itself, which may be a person's name or number.
var parserMessage = regexp.MustCompile(`^(?:Expected [^,]{1,20}, found|Unexpected|expected at least one definition, found) (?:[A-Za-z]+|<[A-Za-z]+>|[!$&():=@\[\]{|}]|\.\.\.)`)

// foundWords says in words what the parser names in signs of its own.
var foundWords = strings.NewReplacer("<EOF>", "the end of the document", "Unexpected <Invalid>", "Unexpected text that is no string, number, name or sign (is a quotation mark missing?)",
	"<Invalid>", "text that is no string, number, name or sign (is a quotation mark missing?)")

func parseWords(message string) string {
	if kept := parserMessage.FindString(message); kept != "" {
		return foundWords.Replace(kept) + "."
	}
	return "The document cannot be parsed."
}

// validationErrors rewords the validator's errors without values.
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

// valueWords removes the value from a message about one. It keeps the text before the value, or behind the last
// of the validator's own words.
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

// capped keeps the first errors of many and says that others are left out.
func capped(errs gqlerror.List) gqlerror.List {
	if len(errs) <= maxErrors {
		return errs
	}
	more := *errs[maxErrors-1]
	more.Rule, more.Locations, more.Message = "", nil, "There are more errors of this kind, which are left out."
	return append(errs[:maxErrors-1:maxErrors-1], &more)
}

// cappedValues caps the errors about values, except for NHS numbers: a caller must see each of those.
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

// safeNames shortens long names in a message and masks digits that may be a person's number.
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

// safeName shortens a name and masks its digits if it has many.
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
