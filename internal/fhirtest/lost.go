package fhirtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Lost says, of each place in the resources of payloads, how many of the values there stand in no entry that was made of them. What
// an adapter passes over, or reads and does not tell, is found by that, whether or not it has a field for it.
type Lost map[string]*lost

type lost struct{ values, untold int }

// plumbing are the members that say nothing of a person, or are told in another form.
var plumbing = []string{"resourceType", "id", "reference", "url", "system", "version", "profile", "meta", "fullUrl", "div", "identifier", "userSelected", "linkId", "use", "data", "content", "link",
	"request", "search", "unit"}

// Look compares a payload with all that was made of it.
func (l Lost) Look(payload []byte, made any) error {
	all, err := json.Marshal(made)
	if err != nil {
		return err
	}
	var decoded any
	if err := json.Unmarshal(all, &decoded); err != nil {
		return err
	}
	var told strings.Builder
	eachValue(decoded, "", func(_, value string) { told.WriteString(plainly(value) + "\n") })
	for d := json.NewDecoder(strings.NewReader(string(payload))); d.More(); {
		var resource any
		d.UseNumber()
		if err := d.Decode(&resource); err != nil {
			return err
		}
		eachValue(resource, "", func(at, value string) {
			if l[at] == nil {
				l[at] = &lost{}
			}
			if l[at].values++; !strings.Contains(told.String(), plainly(value)) {
				l[at].untold++
			}
		})
	}
	return nil
}

// String is a line for each place of which something is not told.
func (l Lost) String() string {
	var b strings.Builder
	for _, at := range slices.Sorted(maps.Keys(l)) {
		if l[at].untold > 0 {
			fmt.Fprintf(&b, "%s: %d of %d\n", at, l[at].untold, l[at].values)
		}
	}
	return b.String()
}

// eachValue visits the texts, numbers and truths of a document, each with where it stands: by the type of its resource and the
// names of the members around it, an extension by its own name.
func eachValue(v any, at string, visit func(at, value string)) {
	switch x := v.(type) {
	case map[string]any:
		if kind, ok := x["resourceType"].(string); ok {
			at = kind
		}
		if url, ok := x["url"].(string); ok && at != "" {
			at += "(" + url[strings.LastIndex(url, "/")+1:] + ")"
		}
		for name, value := range x {
			if at == "" || !slices.Contains(plumbing, name) {
				eachValue(value, strings.TrimPrefix(at+"."+name, "."), visit)
			}
		}
	case []any:
		for _, one := range x {
			eachValue(one, at, visit)
		}
	case bool:
		if x {
			visit(at, "true")
		}
	case string, json.Number, float64:
		visit(at, fmt.Sprint(x))
	}
}

// plainly is a value as it is compared: a moment by its day, a text without case and by its words.
func plainly(value string) string {
	if len(value) > len("2006-01-02T") && value[4] == '-' && value[7] == '-' && value[10] == 'T' {
		value = value[:10]
	}
	return strings.ToLower(strings.Join(strings.Fields(value), " "))
}
