package codesystem

import (
	"slices"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	for system, names := range map[*System][]string{
		SNOMED: {SNOMED.URI, "http://snomed.info/sct/83821000000107/version/20250101", "http://snomed.info/id", "https://www.snomed.info/sct", "snomed ct", "sct", "urn:oid:2.16.840.1.113883.6.96", "2.16.840.1.113883.6.96", "urn:oid:2.16.840.1.113883.2.1.3.2.4.15"},
		DMD:    {DMD.URI, "https://dmd.nhs.uk/vtm", "http://dmd.nhs.uk", "dmd", "dm+d", "dm·d"},
		ICD10:  {ICD10.URI, "http://hl7.org/fhir/sid/icd-10-uk", "icd-10 5th edition", "icd10", "icd 10", "icd", "urn:oid:2.16.840.1.113883.6.3"},
		OPCS4:  {strings.ToLower(OPCS4.URI), "https://fhir.nhs.uk/id/opcs-4|4.10", "opcs", "opcs-4.9"},
		Read:   {Read.URI, "http://read.info/ctv3", "https://fhir.hl7.org.uk/id/read-codes", "read", "read 2", "readv2", "read codes", "ctv3", "clinical terms version 3", "urn:oid:2.16.840.1.113883.6.6"},
		LOINC:  {LOINC.URI, "https://loinc.org", "loinc"},
		nil:    {"", "http", "http:", "https://example.org/codes", "icd-9", "urn:oid:2.16.840.1.113883.6.103", "urn:oid:2.16.840.1.113883.6.1", "readmission", "reading", "dm", "emis", "ethnicity"},
	} {
		for _, name := range names {
			if got := Of(name); got != system {
				t.Errorf("%q is of %v, want %v", name, got, system)
			}
			if got := Of([]byte(name)); got != system {
				t.Errorf("the bytes of %q are of %v, want %v", name, got, system)
			}
		}
	}
}

func TestConcepts(t *testing.T) {
	for expression, want := range map[string][]string{
		"": nil, "86406008": nil, "12345": nil, " 86406008": {"86406008"}, "86406008 |HIV infection|": {"86406008"},
		"64572001:246075003=19030005": {"64572001", "246075003", "19030005"}, "12345 + 123456": {"123456"}, "1234567890123456789|": nil, "123456789012345678|": {"123456789012345678"},
	} {
		if got := slices.Collect(Concepts(expression)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", expression, got, want)
		}
	}
	for range Concepts("64572001:246075003=19030005") {
		break
	}
}

func TestLike(t *testing.T) {
	for _, test := range []struct {
		text, pattern string
		want          bool
	}{
		{"", "", true}, {"", "%", true}, {"", "_", false}, {"", "a", false}, {"a", "", false},
		{"abc", "abc", true}, {"abc", "ab", false}, {"ab", "abc", false}, {"abc", "a_c", true}, {"abc", "a__c", false},
		{"aéc", "a_c", true}, {"aéc", "a__c", false}, {"a€", "a_", true}, {"é", "_%", true}, {"é", "__", false},
		{"abc", "%", true}, {"abc", "a%", true}, {"abc", "%c", true}, {"abc", "%b%", true}, {"abc", "%d%", false}, {"abc", "a%bc", true}, {"abc", "a%cb", false},
		{"aXbXc", "a%b%c", true}, {"abab", "%ab", true}, {"aba", "%ab", false}, {"ab", "a%%b", true},
	} {
		if like(test.text, test.pattern) != test.want || like([]byte(test.text), test.pattern) != test.want {
			t.Errorf("%q LIKE %q: want %t", test.text, test.pattern, test.want)
		}
	}
}

// TestAll: no large system is forgotten, and each is known by the URI that is asked for.
func TestAll(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range All {
		if seen[s.URI] || Of(strings.ToLower(s.URI)) != s {
			t.Errorf("%s", s.URI)
		}
		seen[s.URI] = true
		for _, name := range s.Names {
			if name != strings.ToLower(name) || strings.TrimSpace(name) != name || strings.ContainsAny(name, `\{},"' `) { // it stands in an array of SQL's
				t.Errorf("%q", name)
			}
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d systems", len(seen))
	}
}
