package fhir_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		want string // "" where it can be read
	}{
		"a resource":                             {`{"resourceType":"Patient","id":"a","name":[{"text":"x"},{"text":"y"}]}`, ""},
		"a number, a truth and nothing":          {`{"a":-1.50e3,"b":true,"c":null,"d":[],"e":{}}`, ""},
		"the same member in two objects":         {`{"a":{"x":1},"b":{"x":2}}`, ""},
		"escapes in a text":                      {`{"a":"\"{[\\","b":"é\u00e9"}`, ""},
		"a page of a web server":                 {`<!DOCTYPE html><html></html>`, "not JSON"},
		"nothing":                                {``, "not JSON"},
		"cut short":                              {`{"resourceType":"Bundle","entry":[{"resource":{"resou`, "not JSON"},
		"two answers":                            {`{"a":1}{"b":2}`, "not JSON"},
		"not UTF-8":                              {"{\"a\":\"\xff\xfe\"}", "not UTF-8"},
		"a member twice":                         {`{"status":"active","status":"entered-in-error"}`, "stands twice"},
		"a member twice, far down":               {`{"a":[{"b":{"c":1,"d":2,"c":3}}]}`, "stands twice"},
		"a member twice, in capitals":            {`{"status":"active","STATUS":"entered-in-error"}`, "stands twice"},
		"a name with an escape, to stand twice":  {`{"status":"active","\u0073tatus":"x"}`, "not FHIR's"},
		"deep":                                   {strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60), ""},
		"too deep":                               {strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65), "deeper"},
		"too deep in lists":                      {strings.Repeat(`[`, 9000) + strings.Repeat("]", 9000), "deeper"},
		"a text alone":                           {`"x"`, ""},
		"as deep as may be":                      {strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64), ""},
		"as deep as lists may be":                {strings.Repeat(`[`, 64) + strings.Repeat("]", 64), ""},
		"a list deeper than that":                {strings.Repeat(`[`, 65) + strings.Repeat("]", 65), "deeper"},
		"a name with a letter of another kind":   {`{"é":1}`, "not FHIR's"},
		"an object of as many members as may be": {`{` + members(256) + `}`, ""},
		"an object of one more":                  {`{` + members(257) + `}`, "members"},
		"an object of more members than any has": {`{` + members(300) + `}`, "members"},
		"3 MB in one string":                     {`{"a":"` + strings.Repeat("x", 3<<20) + `"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := fhir.Check([]byte(c.data))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("Check: %v, want %q", err, c.want)
			}
			if err != nil && !errors.Is(err, record.ErrMalformed) {
				t.Errorf("%v is not malformed", err)
			}
		})
	}
}

func members(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = `"m` + strings.Repeat("i", i) + `":1`
	}
	return strings.Join(all, ",")
}

// What is cut short, wherever, hides what bears it, makes no reference and has no entries.
func TestWhatIsCutShort(t *testing.T) {
	s, _ := screen(t)
	const whole = `{"a":[1,{"reference":"A/1"},[true]],"reaction":{"b":"x\"\\"},"c":-1.5,"reference":"B\u002f2"}`
	for i := range len(whole) {
		part := slices.Clip([]byte(whole[:i]))
		if !s.Hides(part) || !s.Hides(part, "reaction") || fhir.References(part) != nil {
			t.Errorf("read: %s", part)
		}
	}
	for _, part := range []string{`"`, `"x`, `"x\"`, `[`, `[1`, `["x`, `[{}`} {
		if !s.Hides(slices.Clip([]byte(part))) {
			t.Errorf("shown: %s", part)
		}
	}
	if got := fhir.References([]byte(whole)); s.Hides([]byte(whole)) || strings.Join(got, " ") != "A/1 B/2" {
		t.Errorf("hidden, or references %q", got)
	}
	for _, entries := range []string{`[`, `[{}`, `[{},`, `[{"resource":{"resourceType":"A"}`, `["`, `[}`} {
		if b, err := fhir.ParseBundle([]byte(`{"resourceType":"Bundle","type":"searchset","entry":` + entries + `,`)); err == nil && len(b.Resources) > 0 {
			t.Errorf("read: %s", entries)
		}
	}
}
