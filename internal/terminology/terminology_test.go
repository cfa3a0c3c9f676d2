package terminology

import (
	"slices"
	"strings"
	"testing"
)

func has(all []Coding, system, code string) bool {
	return slices.ContainsFunc(all, func(c Coding) bool { return c.System == system && c.Code == code })
}

func TestEquivalents(t *testing.T) {
	tests := []struct {
		name           string
		system, code   string
		to, same       string
		notTo, notSame string
	}{
		{"HbA1c of a laboratory and of a practice", LOINC, "4548-4", SNOMED, "999791000000106", SNOMED, "1022431000000105"},
		{"potassium in serum and in plasma", SNOMED, "1000651000000109", SNOMED, "1017401000000106", SNOMED, "1000661000000107"},
		{"systolic, not diastolic", SNOMED, "72313002", LOINC, "8480-6", LOINC, "8462-4"},
		{"total cholesterol, not HDL", LOINC, "2093-3", SNOMED, "1005671000000105", LOINC, "2085-9"},
		{"glucose, not fasting glucose", LOINC, "2339-0", SNOMED, "1010671000000102", SNOMED, "997681000000108"},
		{"an edition of SNOMED CT", "http://snomed.info/sct/999000031000000106", "1000731000000107", LOINC, "2160-0", LOINC, "33914-3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			all := Equivalents(test.system, test.code)
			if !has(all, test.to, test.same) {
				t.Errorf("%s is not among %v", test.same, all)
			}
			if has(all, test.notTo, test.notSame) {
				t.Errorf("%s is among %v", test.notSame, all)
			}
		})
	}
}

func TestAnUnknownCodeIsItsOwnEquivalent(t *testing.T) {
	got := Equivalents("https://example.org/local", "K")
	if len(got) != 1 || got[0] != (Coding{System: "https://example.org/local", Code: "K"}) {
		t.Errorf("got %v", got)
	}
}

func TestEquivalenceIsAnEquivalence(t *testing.T) {
	for key, all := range tests() {
		if !has(all, key.System, key.Code) {
			t.Errorf("%s is not equivalent to itself", key.Code)
		}
		for _, other := range all {
			if back := Equivalents(other.System, other.Code); !slices.Equal(back, all) {
				t.Errorf("%s and %s have different equivalents", key.Code, other.Code)
			}
		}
		for _, system := range []string{SNOMED, LOINC} {
			if !slices.ContainsFunc(all, func(c Coding) bool { return c.System == system }) {
				t.Errorf("the test of %s has no code of %s", key.Code, system)
			}
		}
	}
}

func TestTheAnswerIsTheCallersOwn(t *testing.T) {
	Equivalents(LOINC, "4548-4")[0].Code = "altered"
	if has(Equivalents(LOINC, "4548-4"), SNOMED, "altered") {
		t.Error("one caller altered another's answer")
	}
}

func TestASystemHasManyNames(t *testing.T) {
	const oid = "urn:oid:2.16.840.1.113883.6."
	for want, names := range map[string][]string{
		SNOMED:                      {SNOMED, SNOMED + "/", SNOMED + "/83821000000107", SNOMED + "/83821000000107/version/20250101", SNOMED + "|20250101", oid + "96"},
		LOINC:                       {LOINC, LOINC + "/", LOINC + "|2.80", "https://loinc.org", "https://loinc.org/", oid + "1"},
		"http://snomed.info/sctx":   {"http://snomed.info/sctx"},
		"http://loinc.org.example":  {"http://loinc.org.example"},
		oid + "103":                 {oid + "103"},
		"https://example.org/local": {"https://example.org/local", "https://example.org/local/"},
		"":                          {""},
	} {
		for _, name := range names {
			if got := Equivalents(name, "no such code"); len(got) != 1 || got[0] != (Coding{System: want, Code: "no such code"}) {
				t.Errorf("%q is read as %q", name, got)
			}
		}
	}
	for _, name := range []string{SNOMED + "/", oid + "96"} {
		if got := Equivalents(name, "1000731000000107"); !slices.Equal(got, Equivalents(SNOMED, "1000731000000107")) || len(got) < 2 {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestFaults(t *testing.T) {
	const head = "test,system,code,display,source\n"
	for text, says := range map[string]string{
		"":            "the header is not",
		"a,b,c,d,e\n": "the header is not",
		head + "a,loinc,1-8,A,s\nb,loinc,1-8,A,s\n": "1-8 stands for a and b",
		head + "a,local,1-8,A,s\n":                  "unknown system or an empty field",
		head + "a,loinc,1-8,A,\n":                   "unknown system or an empty field",
		head + "a\n":                                "line 2: wrong number of fields",
	} {
		if _, err := read([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
	if _, err := read([]byte(strings.TrimSpace(head))); err != nil {
		t.Error(err)
	}
}
