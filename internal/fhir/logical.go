package fhir

import (
	"bytes"
	"encoding/json"
	"strings"
)

// OwnIdentifiers returns the business identifiers of a resource, as system|value.
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

// Logical returns the identifiers by which the references in a resource name others, as system|value.
func Logical(raw json.RawMessage) []string {
	return logical(identifying(raw), nil)
}

// identifying decodes a resource that may contain identifiers; nil if it cannot.
func identifying(raw json.RawMessage) (x any) {
	if bytes.Contains(bytes.ToLower(raw), []byte(`"identifier"`)) {
		_ = json.Unmarshal(raw, &x) // Check has ensured that it can be read
	}
	return x
}

// LogicalOf returns, by type, the identifiers of those references that state the type of their target. It
// leaves out one with a comma or a backslash, which would need escaping in a search.
func LogicalOf(raw json.RawMessage) map[string][]string {
	all := map[string][]string{}
	typed(identifying(raw), all)
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
