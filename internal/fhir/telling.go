package fhir

import (
	"encoding/json"
	"slices"
	"strings"
)

// A Telling is the codes and words by which a resource is checked against the exclusion list. It is for
// internal/load, which stores it beside the rows it writes, so that SQL sources hide what a Screen hides
// here.
type Telling struct {
	Codes []Coding
	Words []string
}

// TellingIn collects everything in a resource that Screen.Hides looks at, except text content, so that it
// can be stored and checked later. It skips the top-level members in except. The error is of a resource
// that cannot be read.
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

// silent are further members without text about the entry: content, and members with FHIR's own codes.
// Screen.Hides checks them all the same.
var silent = map[string]bool{"data": true, "content": true, "valuebase64binary": true, "contenttype": true,
	"hash": true, "uid": true, "language": true, "intent": true, "priority": true, "use": true, "criticality": true, "docstatus": true, "lifecyclestatus": true,
	"comparator": true, "periodunit": true, "durationunit": true}

// tells reports whether a text may match the exclusion list. A date cannot.
func tells(key, text string) bool {
	isDate := len(text) >= len("2006") && strings.Trim(text[:4], "0123456789") == "" && (len(text) == 4 || text[4] == '-')
	return text != "" && !isDate && !wordless[key] && !silent[key]
}
