package fhir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"carerecord/internal/record"
)

// maxDepth is how deep an answer may nest. Resources of a bundle with extensions of
// extensions go to about twenty.
const maxDepth = 64

// maxMembers is how many members one object may have; FHIR's largest has some forty.
const maxMembers = 256

// Check reports, as record.ErrMalformed, what keeps an answer from being read: it is
// no UTF-8 or no JSON, nests too deep, or an object has a member twice. Of two members
// of one name readers take different ones, so such an answer says two things at once.
// Names that differ in case alone count as one, since encoding/json reads them so.
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

// Malformedf is the record.ErrMalformed of an answer or a part of one. What it says holds
// nothing of the answer.
func Malformedf(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{record.ErrMalformed}, a...)...)
}

// A walker goes through valid JSON once. It calls visit with each text and the name of the member that
// holds it, and leave at the end of each object.
type walker struct {
	data []byte
	i    int
	keys [][]byte // names of the objects that are open, one after another

	skip  func(depth int, key string) bool // members that are passed over
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

// member reads the value of a member, or an item of an array under the array's name.
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

// once notes a member's name. No name of FHIR needs an escape.
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

// text reads a string with its quotes; nil where it does not end.
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
	_ = json.Unmarshal(quoted, &text) // it is checked that it can be read
	return text
}

// References are the references a resource makes, in the order they stand.
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
