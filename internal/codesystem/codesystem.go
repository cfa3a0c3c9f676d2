// Package codesystem knows the large code systems under every name that sources write: the
// URI they are asked for, editions, object identifiers and names in words.
//
// What is never shown depends on it: internal/exclusion, the statements of datasources/view and
// internal/fhir ask here and nowhere else.
package codesystem

import "iter"

// A System is a large code system.
type System struct {
	URI   string   // under which sources are asked to write it, and its codes stand on the list of what is never shown
	Names []string // what its other names are like, as SQL's LIKE has it, in small letters and without white space round them
}

// The large code systems.
var (
	SNOMED = &System{"http://snomed.info/sct", append([]string{"%snomed%", "sct%"}, oids("2.16.840.1.113883.6.96", "2.16.840.1.113883.2.1.3.2.4.15")...)}
	DMD    = &System{"https://dmd.nhs.uk", []string{"http%dmd%", "dmd%", "dm_d%"}}
	ICD10  = &System{"http://hl7.org/fhir/sid/icd-10", append([]string{"http%icd-10%", "http%icd10%", "icd10%", "icd_10%", "%_icd_10%", "i10", "icd"}, oids("2.16.840.1.113883.6.3", "2.16.840.1.113883.6.90")...)}
	OPCS4  = &System{"https://fhir.hl7.org.uk/Id/opcs-4", []string{"http%opcs%", "opcs%"}}
	Read   = &System{"http://read.info/readv2", append([]string{"http%read.info%", "http%/read-%", "read", "read_2%", "read_3%", "read2%", "read3%", "readv%", "read_v%", "readcode%", "read_code%", "ctv3%", "clinical_terms%"},
		oids("2.16.840.1.113883.2.1.6.2", "2.16.840.1.113883.2.1.3.2.4.14", "2.16.840.1.113883.6.6")...)}
	LOINC = &System{"http://loinc.org", []string{"http%loinc%", "loinc%"}}
)

// oids gives LIKE patterns for these object identifiers, with and without urn:oid:, as HL7 v3 messages and the NHS's own made of
// them write them; editions add further arcs.
func oids(identifiers ...string) (names []string) {
	for _, id := range identifiers {
		names = append(names, "urn:oid:"+id+"%", id+"%")
	}
	return names
}

// All are the large code systems, in the order in which a name is compared with theirs: the
// first that it is like is meant.
var All = []*System{ICD10, OPCS4, Read, SNOMED, DMD, LOINC}

// BareLength is how many bytes a code without a system may have to be taken for one of a classification or of Read: five
// and a term code, or four, a dot and a dagger.
const BareLength = 8

// Of is the large code system that a name stands for, in small letters and without white space
// round it; nil for none.
func Of[T string | []byte](name T) *System {
	for _, s := range All {
		for _, pattern := range s.Names {
			if like(name, pattern) {
				return s
			}
		}
	}
	return nil
}

// Concepts are the identifiers in an expression of SNOMED CT, as "86406008 |HIV infection|" or "64572001:246075003=19030005" (SNOMED CT
// Compositional Grammar); none in what is one identifier and nothing else.
func Concepts(expression string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for end := 0; end < len(expression); end++ {
			from := end
			for end < len(expression) && '0' <= expression[end] && expression[end] <= '9' {
				end++
			}
			if n := end - from; leastConcept <= n && n <= mostConcept && n < len(expression) && !yield(expression[from:end]) {
				return
			}
		}
	}
}

// An identifier of SNOMED CT has so many digits.
const (
	leastConcept = 6
	mostConcept  = 18
)

// like is SQL's LIKE.
func like[T string | []byte](text T, pattern string) bool {
	for i := range len(pattern) {
		switch {
		case pattern[i] == '%':
			for rest := pattern[i+1:]; ; text = text[1:] {
				if rest == "" || like(text, rest) {
					return true
				}
				if len(text) == 0 {
					return false
				}
			}
		case len(text) == 0:
			return false
		case pattern[i] == '_': // a character, of however many bytes
			for text = text[1:]; len(text) > 0 && text[0]&0xC0 == 0x80; text = text[1:] {
			}
		case text[0] != pattern[i]:
			return false
		default:
			text = text[1:]
		}
	}
	return len(text) == 0
}
