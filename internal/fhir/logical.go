package fhir

import (
	"bytes"
	"encoding/json"
	"strings"
)

// OwnIdentifiers are the business identifiers of a resource, as system|value.
func OwnIdentifiers(raw json.RawMessage) []string {
	member := Member(raw, "identifier")
	list, isList := elements(member)
	if !isList && member != nil {
		list = []json.RawMessage{member}
	}
	var all []string
	for _, one := range list {
		if value := textOf(one, "value"); value != "" {
			all = append(all, textOf(one, "system")+"|"+value)
		}
	}
	return all
}

// Logical are the identifiers by which references mean others, as system|value.
func Logical(raw json.RawMessage) []string {
	if !bytes.Contains(bytes.ToLower(raw), []byte(`"identifier"`)) {
		return nil
	}
	var x any
	if json.Unmarshal(raw, &x) != nil {
		return nil
	}
	return logical(x, nil)
}

func logical(x any, all []string) []string {
	switch x := x.(type) {
	case []any:
		for _, one := range x {
			all = logical(one, all)
		}
	case map[string]any:
		for name, value := range x {
			if id, ok := value.(map[string]any); ok && strings.EqualFold(name, "identifier") {
				system, _ := member(id, "system").(string)
				if text, _ := member(id, "value").(string); text != "" {
					all = append(all, system+"|"+text)
				}
			}
			all = logical(value, all)
		}
	}
	return all
}

func member(object map[string]any, name string) any {
	for key, value := range object {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}
