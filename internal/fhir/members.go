package fhir

import (
	"encoding/json"
	"iter"
	"strings"
)

// Members are the members of a checked object, undecoded, in their order. Decoding the
// whole of an answer to look at a few of its members, and each resource in it again,
// costs several times what reading it does.
func Members(object json.RawMessage) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		w := walker{data: object}
		if w.space(); w.i >= len(object) || object[w.i] != '{' {
			return
		}
		w.i++
		for w.space(); w.i < len(object) && object[w.i] == '"'; w.space() {
			name := w.text()
			w.space()
			start := w.i
			if w.pass(); w.i >= len(object) || !yield(unquoted(name), object[start:w.i]) {
				return
			}
		}
	}
}

// elements are the items of a checked array, undecoded; false where it is none, or is cut short.
func elements(array json.RawMessage) (all []json.RawMessage, ok bool) {
	w := walker{data: array}
	if w.space(); w.i >= len(array) || array[w.i] != '[' {
		return nil, false
	}
	w.i++
	for range array { // each item is a byte at the least
		if w.space(); w.i >= len(array) {
			return nil, false
		}
		if array[w.i] == ']' {
			return all, true
		}
		start := w.i
		w.pass()
		all = append(all, array[start:min(w.i, len(array))])
	}
	return nil, false
}

// Member is one member of a checked object; nil where there is none. Names are compared
// as encoding/json does, without case, so that nobody reads what another overlooks.
func Member(object json.RawMessage, name string) json.RawMessage {
	for key, value := range Members(object) {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}

// textOf is a member that is a string; "" where there is none.
func textOf(object json.RawMessage, name string) string {
	value := Member(object, name)
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	return unquoted(value)
}

// pass goes to the end of a value.
func (w *walker) pass() {
	depth := 0
	for w.i < len(w.data) {
		switch w.data[w.i] {
		case '"':
			w.text()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return
			}
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return
			}
		}
		w.i++
	}
}
