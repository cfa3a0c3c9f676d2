package interweave

import (
	"context"
	"maps"
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// maxSteps is how many times what was found is asked for what it refers to. From equipment by its
// assessment, the request for that, the encounter it was made at and the team that was seen to the
// organisation which that is part of are five.
const maxSteps = 8

// perSearch is how many ids or identifiers one search asks for: an address of 8 kB is the longest that
// servers take.
const perSearch = 40

// follow asks for what resources refer to and nobody asked for, by type: it may be something that is
// never shown. Where not all of it can be had, nothing of the patient can be judged.
func (c *chart) follow(ctx context.Context, keys []string) {
	asked := map[string]bool{}
	for step := 0; ; step++ {
		questions := c.referred(asked).questions()
		if len(questions) == 0 {
			return
		}
		failed := []error{fhir.Malformedf("references that go on and on")}
		if step < maxSteps {
			failed = c.searchFor(ctx, keys, questions)
		}
		for _, err := range failed {
			for kind := range c.want.types {
				if err != nil && c.failed[kind] == nil {
					c.failed[kind] = c.lacking(ctx, err)
				}
			}
		}
	}
}

// missing is what resources refer to and nobody asked for: the values to search for, by type and search
// parameter.
type missing map[string][]string

func (m missing) questions() (all []question) {
	for _, by := range slices.Sorted(maps.Keys(m)) {
		t, parameter, _ := strings.Cut(by, " ")
		slices.Sort(m[by])
		for some := range slices.Chunk(m[by], perSearch) {
			all = append(all, question{resource: t, by: parameter, values: some})
		}
	}
	return all
}

// referred is what the resources refer to, by id, or by an identifier where they say the type,
// and nobody asked for.
func (c *chart) referred(asked map[string]bool) missing {
	m := missing{}
	refer := func(t, parameter, value string) {
		by := t + " " + parameter
		if key := by + " " + value; c.unsearched(t) && !asked[key] {
			asked[key] = true
			m[by] = append(m[by], value)
		}
	}
	for _, r := range slices.Concat(c.resources, c.left) {
		for _, to := range fhir.References(r.Raw) {
			key := fhir.KeyOf(to)
			if t, id, _ := strings.Cut(key, "/"); c.byKey[key] == nil && fhir.IsPlainID(id) {
				refer(t, "_id", id)
			}
		}
		for _, raw := range fhir.Members(r.Raw) { // each by itself: its own identifier means nobody else
			for t, ids := range fhir.LogicalOf(raw) {
				for _, id := range ids {
					refer(t, "identifier", id)
				}
			}
		}
	}
	return m
}

// unsearched reports whether a type may hide what refers to it and is not searched for, as a
// whole, of the patient, or did not come as a whole.
func (c *chart) unsearched(t string) bool {
	judged := kindsOf[t] != nil || slices.Contains(unread, t) || slices.Contains(shared, t)
	came := c.want.types[t] && c.failed[t] == nil && !c.part[t]
	return judged && t != "Patient" && !came
}

// shared are the types, of nobody in particular, whose names may say that what refers to them is never
// shown.
var shared = []string{"Organization", "Location", "HealthcareService", "PractitionerRole", "Device", "Medication", "Substance", "Specimen"}

// unread are the types, of the patient, that are no entries here. What refers to one that is
// never shown is hidden all the same.
var unread = []string{
	"AllergyIntolerance", "BodyStructure", "CarePlan", "ClinicalImpression", "Communication", "CommunicationRequest", "Composition", "Consent", "DetectedIssue",
	"DeviceUseStatement", "DiagnosticReport", "Encounter", "FamilyMemberHistory", "Goal", "ImagingStudy", "Immunization", "ImmunizationRecommendation", "List", "Media",
	"MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement", "NutritionOrder", "Observation", "Procedure", "QuestionnaireResponse",
	"RequestGroup", "RiskAssessment", "SupplyRequest",
}
