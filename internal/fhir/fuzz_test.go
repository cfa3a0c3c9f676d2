package fhir_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"carerecord/internal/fhir"
)

// Whatever passes the check can be taken apart without a crash, and what encoding/json
// reads of it is what the check saw.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"a"}}]}`, `{"a":"\u0041\"\\"}`, `[1,2,{"x":[]}]`, `{"a":1,"A":2}`, `"x"`, `{"a":{"a":{}}}`} {
		f.Add([]byte(seed))
	}
	s, _ := screen(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if fhir.Check(data) != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatal("what is no JSON passed")
		}
		fhir.References(data)
		var object map[string]json.RawMessage
		if json.Unmarshal(data, &object) == nil {
			n := 0
			for name, value := range fhir.Members(data) {
				n++
				if !bytes.Equal(bytes.TrimSpace(object[name]), value) {
					t.Fatalf("member %q is %s, not %s", name, object[name], value)
				}
			}
			if n != len(object) {
				t.Fatalf("%d members of %d", n, len(object))
			}
		}
		s.Hides(data)
		fhir.Codes(data)
		fhir.Numbers(data)
		bundle, err := fhir.ParseBundle(data)
		if err != nil {
			return
		}
		for i := range bundle.Resources {
			if fhir.Check(bundle.Resources[i].Raw) != nil {
				t.Fatal("a resource of a checked bundle fails the check")
			}
		}
	})
}
