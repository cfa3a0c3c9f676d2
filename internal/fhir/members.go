package fhir

import (
	"encoding/json"
	"iter"
	"strings"
)

// Members iterates over the members of an object that has passed Check, undecoded and in order. Decoding a
// whole answer for a few of its members, and then every resource in it again, costs several times as much
// as reading it.
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

// elements returns the items of an array that has passed Check, undecoded; false if it is not an array or
// is cut short.
func elements(array json.RawMessage) (all []json.RawMessage, ok bool) {
	w := walker{data: array}
	if w.space(); w.i >= len(array) || array[w.i] != '[' {
		return nil, false
	}
	w.i++
	for range array { // each item has at least one byte
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

// Member returns one member of an object that has passed Check; nil if there is none. Like encoding/json it
// ignores the case of names, so that no reader sees a member that another overlooks.
func Member(object json.RawMessage, name string) json.RawMessage {
	for key, value := range Members(object) {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}

// textOf returns a string member; "" if there is none.
func textOf(object json.RawMessage, name string) string {
	value := Member(object, name)
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	return unquoted(value)
}

// pass skips to the end of a value.
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
