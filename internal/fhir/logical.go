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

// LogicalOf are those of references that say the type of what they mean, by that type.
// None has a comma or a backslash, so that they can be searched for as they are.
func LogicalOf(raw json.RawMessage) map[string][]string {
	if !bytes.Contains(bytes.ToLower(raw), []byte(`"identifier"`)) {
		return nil
	}
	var x any
	if json.Unmarshal(raw, &x) != nil {
		return nil
	}
	all := map[string][]string{}
	typed(x, all)
	return all
}

func typed(x any, all map[string][]string) {
	switch x := x.(type) {
	case []any:
		for _, one := range x {
			typed(one, all)
		}
	case map[string]any:
		kind, _ := member(x, "type").(string)
		if ids := logical(map[string]any{"identifier": member(x, "identifier")}, nil); kind != "" && len(ids) == 1 && !strings.ContainsAny(ids[0], `,\`) {
			all[kind] = append(all[kind], ids[0])
		}
		for _, value := range x {
			typed(value, all)
		}
	}
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
