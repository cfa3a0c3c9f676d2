package exclusion

import (
	"bytes"
	"strings"

	"carerecord/internal/codesystem"
)

// A system is a code system that a list may name: its URIs and how its codes are written.
type system struct {
	uris  []string           // the first is the one sources are asked to write
	large *codesystem.System // the large system that it is; nil for one that has no further names
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

// dictionary is the base URL of the NHS Data Dictionary. It publishes no code system URIs; sources may
// write the URL of the attribute or of the data element.
const dictionary = "https://www.datadictionary.nhs.uk/"

func dictionaryURIs(first string, attribute string) []string {
	uris := []string{dictionary + "attributes/" + attribute, dictionary + "data_elements/" + attribute}
	if first == "" {
		return uris
	}
	return append([]string{first}, uris...)
}

const ukCore = "https://fhir.hl7.org.uk/CodeSystem/"

// interweave is the base URL of the code systems of the Yorkshire and Humber record.
const interweave = "https://fhir.yhcr.nhs.uk/CodeSystem/"

// systems are the code systems that a list may name. SQL's list has every code under each of the URIs here,
// and each further one costs every read as much again; see README.md. The editions, versions, object
// identifiers and names in words of the large ones are recognised without being here.
var systems = map[string]system{
	"snomed": {uris: []string{codesystem.SNOMED.URI}, large: codesystem.SNOMED, form: snomed},
	"dmd": {
		uris:  []string{codesystem.DMD.URI, "https://dmd.nhs.uk/VTM", "https://dmd.nhs.uk/VMP", "https://dmd.nhs.uk/AMP", "https://dmd.nhs.uk/VMPP", "https://dmd.nhs.uk/AMPP"},
		large: codesystem.DMD,
		form:  snomed,
	},
	"icd10":  {uris: []string{codesystem.ICD10.URI}, large: codesystem.ICD10, form: classification},
	"opcs4":  {uris: []string{codesystem.OPCS4.URI}, large: codesystem.OPCS4, form: classification},
	"read":   {uris: []string{codesystem.Read.URI, "http://read.info/ctv3"}, large: codesystem.Read, form: read},
	"loinc":  {uris: []string{codesystem.LOINC.URI, "urn:oid:2.16.840.1.113883.6.1", "2.16.840.1.113883.6.1"}, large: codesystem.LOINC},
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

// names maps every listed URI, as written and as plainly returns it, to the key of its system.
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

// space is the white space that files leave around a value.
const space = " \t\n\v\f\r"

// nameOf appends the name of a system to a buffer, in lower case and without white space around it.
func nameOf(buffer []byte, system string) []byte {
	for _, c := range []byte(strings.Trim(system, space)) {
		buffer = append(buffer, lower(c))
	}
	return buffer
}

// plainly returns a name without its version and without slashes at its end.
func plainly(name []byte) []byte {
	name, _, _ = bytes.Cut(name, []byte("|"))
	return bytes.TrimRight(name, "/")
}

// named maps a system name, normalised by nameOf, to our key for that system; "" if no list uses
// it. Editions and versions count as their system.
func named(name []byte) string {
	if large := codesystem.Of(name); large != nil {
		return names[large.URI]
	}
	return names[string(plainly(name))]
}

// listedUnder returns what is before a code on SQL's list: the URI of a large system, the name of any other
// in lower case.
func (s system) listedUnder(uri string) string {
	if s.large != nil {
		return uri
	}
	return string(plainly(nameOf(nil, uri)))
}
