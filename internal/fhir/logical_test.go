package fhir_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"carerecord/internal/fhir"
)

// What a resource is called, and what it calls others, is read wherever it stands.
func TestIdentifiers(t *testing.T) {
	for name, c := range map[string]struct {
		resource string
		own      []string
		logical  []string
		typed    map[string][]string
	}{
		"of its own":                 {`{"identifier":[{"system":"s","value":"1"},{"value":"2"}]}`, []string{"s|1", "|2"}, nil, nil},
		"the one of its own":         {`{"identifier":{"system":"s","value":"1"}}`, []string{"s|1"}, []string{"s|1"}, nil},
		"none":                       {`{"status":"final","value":"1"}`, nil, nil, nil},
		"one without a value":        {`{"identifier":[{"system":"s"}],"subject":{"type":"Patient","identifier":{"system":"s"}}}`, nil, nil, nil},
		"of another":                 {`{"subject":{"type":"Patient","identifier":{"system":"s","value":"1"}}}`, nil, []string{"s|1"}, map[string][]string{"Patient": {"s|1"}}},
		"of another within a list":   {`{"a":[{"b":{"type":"Task","identifier":{"value":"1"}}}]}`, nil, []string{"|1"}, map[string][]string{"Task": {"|1"}}},
		"of another, no type":        {`{"subject":{"identifier":{"system":"s","value":"1"}}}`, nil, []string{"s|1"}, nil},
		"in other letters":           {`{"subject":{"Type":"Patient","Identifier":{"System":"s","Value":"1"}}}`, nil, []string{"s|1"}, map[string][]string{"Patient": {"s|1"}}},
		"a type and no identifier":   {`{"identifier":[],"subject":{"type":"Patient"}}`, nil, nil, nil},
		"what else has a value":      {`{"identifier":[],"telecom":{"system":"phone","value":"01632960001"}}`, nil, nil, nil},
		"what else has that name":    {`{"identifier":"x","subject":{"identifier":7}}`, nil, nil, nil},
		"one that is no search term": {`{"subject":{"type":"Patient","identifier":{"system":"s","value":"1,2"}}}`, nil, []string{"s|1,2"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			raw := json.RawMessage(c.resource)
			if got := fhir.OwnIdentifiers(raw); !slices.Equal(got, c.own) {
				t.Errorf("its own: %v", got)
			}
			if got := fhir.Logical(raw); !slices.Equal(got, c.logical) {
				t.Errorf("others: %v", got)
			}
			if got := fhir.LogicalOf(raw); len(got) != len(c.typed) || len(got) > 0 && !reflect.DeepEqual(got, c.typed) {
				t.Errorf("others by type: %v", got)
			}
		})
	}
}
