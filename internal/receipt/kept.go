package receipt

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// kept is an answer split into its receipt, its data and the rest.
type kept struct {
	receipt    string
	data, rest []byte
}

// takeApart splits an answer by its canonical form, in which no member occurs twice, so that what is checked is
// what any reader would show.
func takeApart(answer []byte) (kept, error) {
	answer = bytes.TrimPrefix(answer, []byte("\ufeff")) // a byte order mark, which some editors add
	form, err := Canonical(nil, answer)
	if err != nil {
		return kept{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	members, ok := object(form)
	if !ok {
		return kept{}, fmt.Errorf("%w: it is not a JSON object; keep the whole body of the response", ErrUnreadable)
	}
	extensions, _ := object(members["extensions"])
	receipt, ok := text(extensions[Extension])
	if !ok {
		return kept{}, ErrNoReceipt
	}
	data, ok := members["data"]
	if !ok {
		return kept{}, fmt.Errorf("%w: it has a receipt and no data; keep the whole body of the response", ErrUnreadable)
	}
	rest, err := without(members, extensions)
	return kept{receipt, data, rest}, err
}

// without returns the answer without its data and its receipt.
func without(members, extensions map[string]json.RawMessage) ([]byte, error) {
	delete(members, "data")
	delete(extensions, Extension)
	delete(members, "extensions")
	if len(extensions) > 0 {
		text, err := json.Marshal(extensions)
		if err != nil {
			return nil, err
		}
		members["extensions"] = text
	}
	return json.Marshal(members)
}

// object decodes a JSON object into a map. encoding/json matches names exactly for a map, but not for a struct.
func object(form []byte) (members map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal(form, &members)
	return members, err == nil && members != nil
}

func text(form []byte) (s string, ok bool) {
	err := json.Unmarshal(form, &s)
	return s, err == nil && s != ""
}
