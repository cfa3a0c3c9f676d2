package fhir_test

import (
	"errors"
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
