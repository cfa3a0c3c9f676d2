package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAlike(t *testing.T) {
	const want = `{"patient":{"id":"x1","nhsNumber":"1","allergies":{"state":"RECORDED","gaps":[],"nodes":[
		{"id":"a","at":"2026-06-01T10:00:00+01:00","code":"91936005","status":"ACTIVE"},
		{"id":"b","at":"2026-06-02T10:00:00Z","code":"91936005","value":5}]}}}`
	for name, test := range map[string]struct{ peer, got, fault string }{
		"the same":                            {"apollo", want, ""},
		"ids, states and gaps of its own":     {"apollo", `{"patient":{"id":"y","nhsNumber":"1","allergies":{"state":"?","gaps":[1],"nodes":[{"id":"c","at":"2026-06-02T10:00:00.000Z","code":"91936005","value":5.0},{"id":"d","at":"2026-06-01T09:00:00Z","code":"91936005","status":"ACTIVE"}]}}}`, ""},
		"an entry fewer":                      {"apollo", `{"patient":{"nhsNumber":"1","allergies":{"nodes":[{"at":"2026-06-02T10:00:00Z","code":"91936005","value":5}]}}}`, "ours has 2 entries, theirs 1"},
		"another value":                       {"apollo", strings.Replace(want, "ACTIVE", "RESOLVED", 1), "data.patient.allergies.nodes"},
		"a field that is absent":              {"apollo", strings.Replace(want, `,"value":5`, "", 1), "data.patient.allergies.nodes"},
		"nobody":                              {"apollo", `{"patient":null}`, "data.patient"},
		"own words":                           {"postgraphile", `{"patient":{"nhsNumber":"1","acute":[{"rowAt":"2026-06-01T09:00:00Z","code":"91936005","status":"ACTIVE"}],"gp":[{"rowAt":"2026-06-02T10:00:00Z","code":"91936005","value":"5.0"}]}}`, ""},
		"own words, and more than is asked":   {"postgraphile", `{"patient":{"nhsNumber":"1","all":["2026-06-01T09:00:00Z","91936005","ACTIVE","2026-06-02T10:00:00Z","91936005","5","6"]}}`, ""},
		"own words, a value once too seldom":  {"postgraphile", `{"patient":{"nhsNumber":"1","all":["2026-06-01T09:00:00Z","91936005","ACTIVE","2026-06-02T10:00:00Z","5"]}}`, "ours holds"},
		"own words, a value under an ignored": {"postgraphile", `{"patient":{"nhsNumber":"1","state":"ACTIVE","all":["2026-06-01T09:00:00Z","91936005","2026-06-02T10:00:00Z","91936005","5"]}}`, "ours holds"},
	} {
		err := alike(&process{name: test.peer}, decoded(t, want), decoded(t, test.got))
		if test.fault == "" && err != nil || test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
			t.Errorf("%s: %v, want %q", name, err, test.fault)
		}
	}
}

func decoded(t *testing.T, text string) (v any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
