package fhir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"carerecord/internal/record"
)

// maxDepth is how deep an answer may nest. A bundle whose resources have nested extensions reaches about
// twenty.
const maxDepth = 64

// maxMembers is how many members one object may have; FHIR's largest has about forty.
const maxMembers = 256

// Check returns record.ErrMalformed for an answer that must not be decoded: it is not UTF-8 or not JSON,
// nests too deep, or has an object with a duplicate member. Readers disagree about which of two duplicates
// counts, so such an answer says two things at once. Names that differ only in case are duplicates, because
// encoding/json matches names regardless of case.
func Check(data []byte) error {
	if !utf8.Valid(data) {
		return Malformedf("not UTF-8")
	}
	if !json.Valid(data) {
		return Malformedf("not JSON")
	}
	w := walker{data: data}
	return w.value(1)
}

// Malformedf returns a record.ErrMalformed about an answer or a part of one. The text must contain nothing
// of the answer.
func Malformedf(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{record.ErrMalformed}, a...)...)
}

// A walker goes through valid JSON once. It calls visit with each string and the name of its member, and
// leave at the end of each object.
type walker struct {
	data []byte
	i    int
	keys [][]byte // names of all open objects, outermost first

	skip  func(depth int, key string) bool // reports members to pass over
	visit func(depth int, key, text string)
	leave func(depth int)
}

func (w *walker) space() {
	for w.i < len(w.data) {
		switch w.data[w.i] {
		case ' ', '\t', '\n', '\r', ',', ':':
			w.i++
		default:
			return
		}
	}
}

func (w *walker) value(depth int) error { return w.member(depth, "") }

// member reads the value of a member. Items of an array are visited under the array's name.
func (w *walker) member(depth int, key string) error {
	w.space()
	if w.i >= len(w.data) {
		return Malformedf("not JSON")
	}
	switch w.data[w.i] {
	case '{':
		return w.object(depth)
	case '[':
		return w.array(depth, key)
	case '"':
		text := w.text()
		if text == nil {
			return Malformedf("not JSON")
		}
		if w.visit != nil {
			w.visit(depth, key, unquoted(text))
		}
		return nil
	}
	for w.i < len(w.data) && !strings.ContainsRune(" \t\r\n,:]}", rune(w.data[w.i])) {
		w.i++
	}
	return nil
}

func (w *walker) array(depth int, key string) error {
	if depth > maxDepth {
		return Malformedf("nests deeper than %d", maxDepth)
	}
	w.i++
	for w.space(); w.i < len(w.data) && w.data[w.i] != ']'; w.space() {
		if err := w.member(depth+1, key); err != nil {
			return err
		}
	}
	if w.i >= len(w.data) {
		return Malformedf("not JSON")
	}
	w.i++
	return nil
}

func (w *walker) object(depth int) error {
	if depth > maxDepth {
		return Malformedf("nests deeper than %d", maxDepth)
	}
	w.i++
	base := len(w.keys)
	for w.space(); w.i < len(w.data) && w.data[w.i] != '}'; w.space() {
		key := w.text()
		if key == nil {
			return Malformedf("not JSON")
		}
		if err := w.once(base, key); err != nil {
			return err
		}
		name := string(key[1 : len(key)-1])
		if w.skip != nil && w.skip(depth, name) {
			inner := walker{data: w.data, i: w.i}
			if err := inner.value(depth + 1); err != nil {
				return err
			}
			w.i = inner.i
			continue
		}
		if err := w.member(depth+1, name); err != nil {
			return err
		}
	}
	if w.i >= len(w.data) {
		return Malformedf("not JSON")
	}
	w.i++
	w.keys = w.keys[:base]
	if w.leave != nil {
		w.leave(depth)
	}
	return nil
}

// once records a member's name and rejects a duplicate. No FHIR name needs an escape.
func (w *walker) once(base int, key []byte) error {
	for _, b := range key {
		if b == '\\' || b >= utf8.RuneSelf {
			return Malformedf("a member whose name is not FHIR's")
		}
	}
	for _, other := range w.keys[base:] {
		if len(other) == len(key) && strings.EqualFold(string(other), string(key)) {
			return Malformedf("a member that stands twice")
		}
	}
	if len(w.keys)-base >= maxMembers {
		return Malformedf("an object of more than %d members", maxMembers)
	}
	w.keys = append(w.keys, key)
	return nil
}

// text reads a string including its quotes; nil if it is not terminated.
func (w *walker) text() []byte {
	start := w.i
	for w.i++; w.i < len(w.data) && w.data[w.i] != '"'; w.i++ {
		if w.data[w.i] == '\\' {
			w.i++
		}
	}
	if w.i++; w.i > len(w.data) {
		return nil
	}
	return w.data[start:w.i]
}

func unquoted(quoted []byte) string {
	if !bytes.Contains(quoted, []byte{'\\'}) {
		return string(quoted[1 : len(quoted)-1])
	}
	var text string
	_ = json.Unmarshal(quoted, &text) // Check has ensured that it can be read
	return text
}

// References returns the references that a resource makes, in document order.
func References(raw json.RawMessage) []string {
	var all []string
	w := walker{data: raw}
	w.visit = func(_ int, key, text string) {
		if strings.EqualFold(key, "reference") {
			all = append(all, text)
		}
	}
	if w.value(1) != nil {
		return nil
	}
	return all
}
