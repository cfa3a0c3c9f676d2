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

// besides are searched for with every entry: what hangs on a problem or on the reason of
// an encounter that is never shown is not shown either.
var besides = []string{"Condition", "Encounter"}

// sources are the types of resource that a kind is read from.
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
	fetch.AdvanceCare:        {"Consent"},
	fetch.Stays:              {"Encounter", "Procedure", "DocumentReference"},
	fetch.Attendances:        {"Encounter"},
	fetch.Imaging:            {"ImagingStudy"},
	fetch.CareContacts:       {"Encounter"},
	fetch.CareCoordinators:   {"EpisodeOfCare"},
	fetch.Assessments:        {"Observation", "QuestionnaireResponse"},
}

// wholes are searched for with parts that may be theirs: what hangs on a report that is
// never shown is not shown either.
var wholes = map[fetch.Kind]string{fetch.VitalSigns: "DiagnosticReport", fetch.UnmappedVitalSigns: "DiagnosticReport", fetch.Assessments: "DiagnosticReport"}

// types are the types that the source is searched for to read a kind, and to tell what of
// it may be shown; none where it is not searched at all.
func (s *Source) types(kind fetch.Kind) []string {
	if s.Fetcher == nil || len(sources[kind]) == 0 {
		return nil
	}
	types := slices.Clone(sources[kind])
	if kind == fetch.Contacts { // they hang on nothing
		return types
	}
	for _, t := range append(slices.Clone(besides), wholes[kind]) {
		if t != "" && !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

// includes are what comes with the resources of a type because it is shown with them, or
// hides them.
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

// further are what is included with what was included.
var further = []string{"PractitionerRole:practitioner", "PractitionerRole:organization", "Location:organization"}

// perSearch is how many patients one search is for: an address of 8 kB is the longest
// that servers take.
const perSearch = 40

// query is a search for the resources of a type of patients, by the ids of their Patients.
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

// identify is the search for the Patients of NHS numbers.
func (s *Source) identify(numbers []record.NHSNumber) fhir.Request {
	asked := make([]string, len(numbers))
	for i, number := range numbers {
		asked[i] = fhir.NHSNumberSystem + "|" + string(number)
	}
	return fhir.Request{Path: "Patient", Query: url.Values{"identifier": {strings.Join(asked, ",")}, "_count": {strconv.Itoa(s.options.Count)}}}
}
