package fhir

import (
	"encoding/json"
	"slices"
	"strings"
)

// A Telling is the codes and the words by which a resource may be known. It is for internal/load alone, which keeps it beside the
// rows it writes, so that the sources read from SQL hide what a Screen hides here.
type Telling struct {
	Codes []Coding
	Words []string
}

// TellingIn is all that Screen.Hides looks at in a resource, but for what its contents say, to be kept
// and looked at later. Members at the top that are named are passed over. An error is a resource that
// cannot be looked through.
func TellingIn(raw json.RawMessage, except ...string) (s Telling, err error) {
	open := make([]Coding, maxDepth+2)
	w := walker{data: raw, skip: func(depth int, key string) bool { return depth == 1 && slices.Contains(except, key) }}
	w.visit = func(depth int, key, text string) {
		switch key = strings.ToLower(key); key {
		case "system":
			open[depth-1].System = text
		case "code":
			open[depth-1].Code = text
		case "display":
			open[depth-1].Display = text
		default:
			if !tells(key, text) {
				return
			}
			s.Words = append(s.Words, text)
		}
	}
	w.leave = func(depth int) {
		switch coding := open[depth]; {
		case coding.Code != "" && coding.System != "http://unitsofmeasure.org":
			s.Codes = append(s.Codes, coding)
		case coding.Display != "":
			s.Words = append(s.Words, coding.Display)
		}
		open[depth] = Coding{}
	}
	return s, w.value(1)
}

// silent are the members, beside the wordless, that say nothing in words: contents, and what has FHIR's
// own codes. Screen.Hides tries them all the same.
var silent = map[string]bool{"data": true, "content": true, "valuebase64binary": true, "contenttype": true,
	"hash": true, "uid": true, "language": true, "intent": true, "priority": true, "use": true, "criticality": true, "docstatus": true, "lifecyclestatus": true,
	"comparator": true, "periodunit": true, "durationunit": true}

// tells reports whether a text may tell something: a date does not.
func tells(key, text string) bool {
	isDate := len(text) >= len("2006") && strings.Trim(text[:4], "0123456789") == "" && (len(text) == 4 || text[4] == '-')
	return text != "" && !isDate && !wordless[key] && !silent[key]
}
