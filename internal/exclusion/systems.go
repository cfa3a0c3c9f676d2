package exclusion

import "strings"

// A system is a code system of the list, under the name it has there, and how
// its codes are written.
type system struct {
	uris  []string // the first is the one sources are asked to write
	under []string // URIs that begin so are the same system
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
// further name costs every read as much again; see README.md.
var systems = map[string]system{
	"snomed": {
		uris:  []string{"http://snomed.info/sct"},
		under: []string{"http://snomed.info/sct", "https://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96", "http://snomed.info/id"},
		form:  snomed,
	},
	"dmd": {
		uris:  []string{"https://dmd.nhs.uk", "https://dmd.nhs.uk/VTM", "https://dmd.nhs.uk/VMP", "https://dmd.nhs.uk/AMP", "https://dmd.nhs.uk/VMPP", "https://dmd.nhs.uk/AMPP"},
		under: []string{"https://dmd.nhs.uk", "http://dmd.nhs.uk"},
		form:  snomed,
	},
	"icd10": {
		uris:  []string{"http://hl7.org/fhir/sid/icd-10"},
		under: []string{"http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.840.1.113883.6.3", "urn:oid:2.16.840.1.113883.6.90"},
		form:  classification,
	},
	"opcs4": {
		uris:  []string{"https://fhir.hl7.org.uk/Id/opcs-4"},
		under: []string{"https://fhir.hl7.org.uk/Id/opcs-4", "https://fhir.hl7.org.uk/opcs-4", "https://fhir.nhs.uk/Id/opcs-4", "https://fhir.nhs.uk/opcs-4"},
		form:  classification,
	},
	"read": {
		uris: []string{"http://read.info/readv2", "http://read.info/ctv3"},
		under: []string{"http://read.info/", "https://fhir.hl7.org.uk/Id/read-", "urn:oid:2.16.840.1.113883.2.1.6.2", "urn:oid:2.16.840.1.113883.2.1.3.2.4.14",
			"urn:oid:2.16.840.1.113883.6.6"},
		form: read,
	},
	"loinc":  {uris: []string{"http://loinc.org", "urn:oid:2.16.840.1.113883.6.1"}, under: []string{"https://loinc.org"}},
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

// names maps every listed URI to the name of its system.
var names = func() map[string]string {
	names := make(map[string]string, 128)
	for name, s := range systems {
		for _, uri := range s.uris {
			names[uri] = name
		}
	}
	return names
}()

// named is the name of the system a URI stands for, or "" for one that is no part
// of any list. Editions and versions count as their system.
func named(uri string) string {
	uri, _, _ = strings.Cut(uri, "|")
	if name, known := names[strings.TrimRight(uri, "/")]; known {
		return name
	}
	for _, p := range prefixes {
		if strings.HasPrefix(uri, p.prefix) {
			return p.name
		}
	}
	return ""
}

type prefix struct{ prefix, name string }

var prefixes = func() []prefix {
	var all []prefix
	for name, s := range systems {
		for _, p := range s.under {
			all = append(all, prefix{p, name})
		}
	}
	return all
}()
