package ukcore

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// besides are searched for with every kind of entry, because an excluded problem, or the excluded reason of
// an encounter, hides what refers to it.
var besides = []string{"Condition", "Encounter"}

// sources are the resource types from which a kind is read.
var sources = map[fetch.Kind][]string{
	fetch.Notes:              {"AllergyIntolerance", "List"},
	fetch.Alerts:             {"Flag"},
	fetch.Allergies:          {"AllergyIntolerance"},
	fetch.Medications:        {"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"},
	fetch.Problems:           {"Condition"},
	fetch.Immunisations:      {"Immunization"},
	fetch.Procedures:         {"Procedure"},
	fetch.Devices:            {"Device", "DeviceUseStatement"},
	fetch.Results:            {"Observation", "DiagnosticReport"},
	fetch.UnmappedResults:    {"Observation", "DiagnosticReport"},
	fetch.Reports:            {"DiagnosticReport"},
	fetch.VitalSigns:         {"Observation"},
	fetch.UnmappedVitalSigns: {"Observation"},
	fetch.Appointments:       {"Appointment", "Encounter"},
	fetch.Upcoming:           {"Appointment", "Encounter"},
	fetch.Documents:          {"DocumentReference", "DiagnosticReport"},
	fetch.DocumentContent:    {"DocumentReference", "DiagnosticReport"},
	fetch.Referrals:          {"ServiceRequest"},
	fetch.CarePlans:          {"CarePlan"},
	fetch.CareTeam:           {"CareTeam"},
	fetch.Contacts:           {"RelatedPerson"},
	fetch.Needs:              {"Flag"},
	fetch.AdvanceCare:        {"Consent", "QuestionnaireResponse"},
	fetch.Stays:              {"Encounter", "Procedure", "DocumentReference"},
	fetch.Attendances:        {"Encounter"},
	fetch.Imaging:            {"ImagingStudy"},
	fetch.CareContacts:       {"Encounter"},
	fetch.CareCoordinators:   {"EpisodeOfCare"},
	fetch.Assessments:        {"Observation", "QuestionnaireResponse"},
}

// lesser are the types without which a kind is still read: if such a search fails, the kind is incomplete.
// Few trusts serve questionnaires, and a decision in a Consent must not be lost with them.
var lesser = map[fetch.Kind]string{fetch.AdvanceCare: "QuestionnaireResponse"}

// wholes are searched for with a kind whose entries may be parts of them: an excluded report hides its
// parts.
var wholes = map[fetch.Kind]string{fetch.VitalSigns: "DiagnosticReport", fetch.UnmappedVitalSigns: "DiagnosticReport", fetch.Assessments: "DiagnosticReport"}

// types returns the resource types to search for to read a kind and to judge which entries may be shown;
// nil if the source is not searched for it.
func (s *Source) types(kind fetch.Kind) []string {
	if s.Fetcher == nil || len(sources[kind]) == 0 {
		return nil
	}
	types := slices.Clone(sources[kind])
	if kind == fetch.Contacts { // nothing else hides them
		return types
	}
	for _, t := range append(slices.Clone(besides), wholes[kind]) {
		if t != "" && !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

// includes are the _include parameters of a type: what is shown with a resource, or may hide it.
var includes = map[string]string{
	"AllergyIntolerance":       "recorder asserter",
	"Condition":                "asserter",
	"MedicationRequest":        "medication requester",
	"MedicationStatement":      "medication source",
	"MedicationDispense":       "medication",
	"MedicationAdministration": "medication",
	"Immunization":             "performer location manufacturer",
	"Procedure":                "performer location based-on",
	"DeviceUseStatement":       "device",
	"Observation":              "performer specimen based-on",
	"DiagnosticReport":         "performer results-interpreter result specimen based-on",
	"Appointment":              "actor based-on",
	"DocumentReference":        "author",
	"ServiceRequest":           "requester performer",
	"CarePlan":                 "goal care-team activity-reference based-on",
	"CareTeam":                 "participant",
	"Flag":                     "author",
	"Encounter":                "practitioner location service-provider episode-of-care based-on",
	"EpisodeOfCare":            "care-manager organization",
	"QuestionnaireResponse":    "author",
}

// further are the includes of included resources.
var further = []string{"PractitionerRole:practitioner", "PractitionerRole:organization", "Location:organization"}

// perSearch is how many patients or ids one search has. It keeps the URL within 8 kB, the most that servers
// accept.
const perSearch = 40

// query returns the search for resources of a type, for patients given by the ids of their Patients.
func (s *Source) query(resource string, patients []string) fhir.Request {
	refs := make([]string, len(patients))
	for i, id := range patients {
		refs[i] = "Patient/" + id
	}
	q := url.Values{"patient": {strings.Join(refs, ",")}, "_count": {strconv.Itoa(s.options.Count)}}
	for name := range strings.FieldsSeq(includes[resource]) {
		q.Add("_include", resource+":"+name)
	}
	if includes[resource] != "" {
		q["_include:iterate"] = further
	}
	return fhir.Request{Path: resource, Query: q}
}

// identify returns the search for Patients by NHS number.
func (s *Source) identify(numbers []record.NHSNumber) fhir.Request {
	asked := make([]string, len(numbers))
	for i, number := range numbers {
		asked[i] = fhir.NHSNumberSystem + "|" + string(number)
	}
	return fhir.Request{Path: "Patient", Query: url.Values{"identifier": {strings.Join(asked, ",")}, "_count": {strconv.Itoa(s.options.Count)}}}
}
