package exclusion

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A system is a code system of the list, under the name it has there, and how
// its codes are written.
type system struct {
	uris  []string // the first is the one sources are asked to write
	under []string // what its other names are, as nameOf has them; % and _ are those of LIKE
	form  form
}

// A form is how codes of a system are written, compared and listed for SQL.
type form int

const (
	plain form = iota
	snomed
	classification // ICD-10 and OPCS-4: with or without the dot, three characters mean all below
	read           // Read version 2 and CTV3: five bytes, perhaps a term code
)

// dictionary is where the data dictionary's own pages stand. It publishes no code
// system URIs; sources may name the attribute or the data element.
const dictionary = "https://www.datadictionary.nhs.uk/"

func dictionaryURIs(first string, attribute string) []string {
	uris := []string{dictionary + "attributes/" + attribute, dictionary + "data_elements/" + attribute}
	if first == "" {
		return uris
	}
	return append([]string{first}, uris...)
}

const ukCore = "https://fhir.hl7.org.uk/CodeSystem/"

// interweave is where the Yorkshire and Humber record keeps its code systems.
const interweave = "https://fhir.yhcr.nhs.uk/CodeSystem/"

// systems are the code systems a list may name. The large ones are listed for SQL
// under the URI that sources are asked to write and under no other, because each
// further name costs every read as much again; see README.md. Editions, versions, object
// identifiers and names in words are theirs as well.
var systems = map[string]system{
	"snomed": {
		uris:  []string{"http://snomed.info/sct"},
		under: []string{"http%snomed%", "snomed%", "sct%", "urn:oid:2.16.840.1.113883.6.96%"},
		form:  snomed,
	},
	"dmd": {
		uris:  []string{"https://dmd.nhs.uk", "https://dmd.nhs.uk/VTM", "https://dmd.nhs.uk/VMP", "https://dmd.nhs.uk/AMP", "https://dmd.nhs.uk/VMPP", "https://dmd.nhs.uk/AMPP"},
		under: []string{"http%dmd%", "dmd%", "dm_d%"},
		form:  snomed,
	},
	"icd10": {
		uris:  []string{"http://hl7.org/fhir/sid/icd-10"},
		under: []string{"http%icd-10%", "http%icd10%", "icd10%", "icd_10%", "icd", "urn:oid:2.16.840.1.113883.6.3%", "urn:oid:2.16.840.1.113883.6.90%"},
		form:  classification,
	},
	"opcs4": {
		uris:  []string{"https://fhir.hl7.org.uk/Id/opcs-4"},
		under: []string{"http%opcs%", "opcs%"},
		form:  classification,
	},
	"read": {
		uris: []string{"http://read.info/readv2", "http://read.info/ctv3"},
		under: []string{"http%read.info%", "http%/read-%", "read", "read_2", "readv2", "read_v2", "readcode%", "read_code%", "ctv3%", "clinical_terms%",
			"urn:oid:2.16.840.1.113883.2.1.6.2%", "urn:oid:2.16.840.1.113883.2.1.3.2.4.14%", "urn:oid:2.16.840.1.113883.6.6%"},
		form: read,
	},
	"loinc":  {uris: []string{"http://loinc.org", "urn:oid:2.16.840.1.113883.6.1"}, under: []string{"http%loinc%", "loinc%"}},
	"rxnorm": {uris: []string{"http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:2.16.840.1.113883.6.88"}},
	"cvx":    {uris: []string{"http://hl7.org/fhir/sid/cvx", "urn:oid:2.16.840.1.113883.12.292"}},

	"treatment-function": {uris: append(dictionaryURIs("", "treatment_function_code"), append(dictionaryURIs("", "main_specialty_code"),
		ukCore+"UKCore-PracticeSettingCode", ukCore+"UKCore-PracticeSettingCodeEngland", ukCore+"UKCore-PracticeSettingCodeWales")...)},
	"treatment-function-scotland": {uris: []string{ukCore + "UKCore-PracticeSettingCodeScotland"}},
	"source-of-admission": {uris: append(dictionaryURIs(ukCore+"NHSDataModelAndDictionary-SourceOfAdmission", "source_of_admission_code"),
		dictionary+"attributes/admission_source", ukCore+"UKCore-SourceOfAdmissionEngland", ukCore+"UKCore-SourceOfAdmissionWales", interweave+"Interweave-AdmissionSource-1")},
	"discharge-destination": {uris: append(dictionaryURIs(ukCore+"NHSDataModelAndDictionary-DischargeDestination", "discharge_destination_code"),
		dictionary+"attributes/discharge_destination", ukCore+"UKCore-DischargeDestinationEngland", ukCore+"UKCore-DischargeDestinationWales", interweave+"Interweave-DischargeDestination-1")},
	"encounter-location":       {uris: []string{ukCore + "UKCore-EncounterLocationTypeEngland"}},
	"encounter-location-wales": {uris: []string{ukCore + "UKCore-EncounterLocationTypeWales"}},
	"job-role":                 {uris: []string{ukCore + "UKCore-SDSJobRoleName", "https://fhir.nhs.uk/Id/sds-job-role-name"}},
	"social-care-service":      {uris: []string{interweave + "Interweave-SocialCareServiceCategory-1"}},
	"care-plan-type":           {uris: append(dictionaryURIs("", "care_plan_type"), dictionaryURIs("", "care_plan_type_for_mental_health")...)},
	"team-type":                {uris: append(dictionaryURIs("", "service_or_team_type_for_mental_health"), dictionaryURIs("", "service_or_team_type_referred_to_for_mental_health")...)},
	"referral-source":          {uris: append(dictionaryURIs("", "source_of_referral_for_mental_health_services"), dictionaryURIs("", "source_of_referral_for_mental_health")...)},
	"safeguarding-factor":      {uris: append(dictionaryURIs("", "safeguarding_vulnerability_factor"), dictionaryURIs("", "safeguarding_vulnerability_factors_type")...)},
}

// names maps every listed URI to the name of its system, as it stands and as plainly has it.
var names = func() map[string]string {
	names := make(map[string]string, 256)
	for name, s := range systems {
		for _, uri := range s.uris {
			names[uri] = name
			names[string(plainly(nameOf(nil, uri)))] = name
		}
	}
	return names
}()

// space is the white space that files leave round what stands in them.
const space = " \t\n\v\f\r"

// nameOf is the name of a system in small letters, without white space round it. It is added
// to a buffer.
func nameOf(buffer []byte, system string) []byte {
	for _, c := range []byte(strings.Trim(system, space)) {
		buffer = append(buffer, lower(c))
	}
	return buffer
}

// plainly is a name without its version.
func plainly(name []byte) []byte {
	name, _, _ = bytes.Cut(name, []byte("|"))
	return bytes.TrimRight(name, "/")
}

// named is what the system is called here that a name stands for, where nameOf was applied to it,
// or "" for one that is no part of any list. Editions and versions count as their system.
func named(name []byte) string {
	for _, large := range manyNamed {
		for _, pattern := range systems[large].under {
			if like(name, pattern) {
				return large
			}
		}
	}
	return names[string(plainly(name))]
}

// manyNamed are the systems with many names, in the order in which SQL tries them.
var manyNamed = []string{"icd10", "opcs4", "read", "snomed", "dmd", "loinc"}

// like is SQL's LIKE.
func like(text []byte, pattern string) bool {
	for i := range len(pattern) {
		switch {
		case pattern[i] == '%':
			rest := pattern[i+1:]
			for ; rest != ""; text = text[1:] {
				if like(text, rest) {
					return true
				}
				if len(text) == 0 {
					return false
				}
			}
			return true
		case len(text) == 0:
			return false
		case pattern[i] == '_':
			_, size := utf8.DecodeRune(text)
			text = text[size:]
		case text[0] != pattern[i]:
			return false
		default:
			text = text[1:]
		}
	}
	return len(text) == 0
}

// listedUnder is what stands before a code on SQL's list: the URI of a large system, any
// other in small letters.
func (s system) listedUnder(uri string) string {
	if len(s.under) > 0 {
		return uri
	}
	return string(plainly(nameOf(nil, uri)))
}
