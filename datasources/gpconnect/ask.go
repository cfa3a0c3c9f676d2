package gpconnect

import (
	"context"
	"encoding/json"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// parts is a set of clinical areas of a structured record, one bit for each.
type parts uint16

const (
	ofAllergies parts = 1 << iota
	ofMedications
	ofProblems
	ofConsultations
	ofImmunisations
	ofUncategorised
	ofInvestigations
	ofReferrals

	everything = ofReferrals<<1 - 1
)

// An area is a clinical area of the record: the parameter that requests it, the list that must come with it
// (SNOMED CT), the classes that the list's warnings concern, and the kinds that are read from it.
type area struct {
	part    parts
	include map[string]any
	list    string
	classes []record.Class
	kinds   []fetch.Kind
}

func parameter(name string, part ...map[string]any) map[string]any {
	p := map[string]any{"name": name}
	if len(part) > 0 {
		p["part"] = part
	}
	return p
}

func flag(name string) map[string]any { return map[string]any{"name": name, "valueBoolean": true} }

var (
	results = []fetch.Kind{fetch.Results, fetch.UnmappedResults}

	areas = []area{
		{ofAllergies, parameter("includeAllergies", flag("includeResolvedAllergies")), "886921000000105",
			[]record.Class{record.ClassAllergies}, []fetch.Kind{fetch.Allergies}},
		{ofMedications, parameter("includeMedication", flag("includePrescriptionIssues")), "933361000000108",
			[]record.Class{record.ClassMedications}, []fetch.Kind{fetch.Medications}},
		{ofProblems, parameter("includeProblems"), "717711000000103",
			[]record.Class{record.ClassProblems}, []fetch.Kind{fetch.Problems}},
		{ofConsultations, parameter("includeConsultations"), "1149501000000101",
			[]record.Class{record.ClassGPConsultations}, []fetch.Kind{fetch.Consultations}},
		{ofImmunisations, parameter("includeImmunisations"), "1102181000000102",
			[]record.Class{record.ClassImmunisations}, []fetch.Kind{fetch.Immunisations}},
		{ofUncategorised, parameter("includeUncategorisedData"), "826501000000100",
			[]record.Class{record.ClassResults, record.ClassVitalSigns}, append([]fetch.Kind{fetch.VitalSigns, fetch.UnmappedVitalSigns}, results...)},
		{ofInvestigations, parameter("includeInvestigations"), "887191000000108",
			[]record.Class{record.ClassResults}, append([]fetch.Kind{fetch.Reports}, results...)},
		{ofReferrals, parameter("includeReferrals"), "792931000000107",
			[]record.Class{record.ClassReferrals}, []fetch.Kind{fetch.Referrals}},
	}
)

// endedAllergies is the list of ended allergies (SNOMED CT).
const endedAllergies = "1103671000000101"

// partsOf returns the parts of the record that a kind is read from; 0 if none is requested for it. Contacts
// and the usual GP are in the Patient, which comes with any part, so the allergies are requested for them.
// Every other kind needs problems and consultations too. What depends on a problem that is never shown is
// not shown either, nor is what was recorded at a consultation for such a reason. Only the consultations
// say which notes are theirs.
func partsOf(kind fetch.Kind) parts {
	var needs parts
	for _, a := range areas {
		for _, k := range a.kinds {
			if k == kind {
				needs |= a.part
			}
		}
	}
	switch {
	case kind == fetch.Contacts, kind == fetch.CareTeam:
		return ofAllergies
	case needs == 0:
		return 0
	}
	return needs | ofProblems | ofConsultations
}

// Spine interaction ids.
const (
	getRecord     = "urn:nhs:names:services:gpconnect:fhir:operation:gpc.getstructuredrecord-1"
	migrateRecord = "urn:nhs:names:services:gpconnect:fhir:operation:gpc.migratestructuredrecord-1"
	findPatient   = "urn:nhs:names:services:gpconnect:documents:fhir:rest:search:patient-1"
	findDocuments = "urn:nhs:names:services:gpconnect:documents:fhir:rest:search:documentreference-1"
	readBinary    = "urn:nhs:names:services:gpconnect:documents:fhir:rest:read:binary-1"
)

// structured requests the record of one patient: the parts wanted, or the whole record if Options.Migrate
// is set.
func (s *Source) structured(ctx context.Context, patient record.NHSNumber, wanted parts) ([]byte, error) {
	operation, interaction := "Patient/$gpc.getstructuredrecord", getRecord
	parameters := []map[string]any{{
		"name": "patientNHSNumber", "valueIdentifier": map[string]string{"system": fhir.NHSNumberSystem, "value": string(patient)},
	}}
	if s.options.Migrate {
		operation, interaction = "Patient/$gpc.migratestructuredrecord", migrateRecord
		parameters = append(parameters, parameter("includeFullRecord", map[string]any{"name": "includeSensitiveInformation", "valueBoolean": false}))
	} else {
		for _, a := range areas {
			if wanted&a.part != 0 {
				parameters = append(parameters, a.include)
			}
		}
	}
	body, err := json.Marshal(map[string]any{"resourceType": "Parameters", "parameter": parameters})
	if err != nil {
		return nil, err
	}
	header, err := s.header(ctx, interaction)
	if err != nil {
		return nil, err
	}
	return s.Fetcher.Fetch(ctx, fhir.Request{Path: operation, Body: body, Header: header, Patient: patient})
}
