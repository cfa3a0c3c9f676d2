package interweave

import (
	"context"
	"maps"
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// maxSteps limits how often the references of what was found are followed. From equipment to its
// assessment, to the request for that, to the encounter at which it was made, to the team that was seen, to
// the organisation of which that is part, there are five steps.
const maxSteps = 8

// perSearch is how many ids or identifiers one search asks for. Servers take URLs of up to 8 kB.
const perSearch = 40

// follow requests what resources refer to and was not requested, by type: it may be something that is never
// shown. If not all of it can be had, nothing of the patient can be judged.
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

// missing is what resources refer to and was not requested: the values to search for, by type and search
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

// referred returns what the resources refer to and was not requested: by id, or by identifier if the
// reference states the type.
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
		for _, raw := range fhir.Members(r.Raw) { // by member, so that the resource's own identifiers do not count as references
			for t, ids := range fhir.LogicalOf(raw) {
				for _, id := range ids {
					refer(t, "identifier", id)
				}
			}
		}
	}
	return m
}

// unsearched reports whether a type may hide what refers to it and did not come as a whole: nobody searched
// for all of the patient's, the search failed, or its answer lacked something.
func (c *chart) unsearched(t string) bool {
	judged := kindsOf[t] != nil || slices.Contains(unread, t) || slices.Contains(shared, t)
	came := c.want.types[t] && c.failed[t] == nil && !c.part[t]
	return judged && t != "Patient" && !came
}

// shared are types that belong to no patient. Their names may say that what refers to them is never shown.
var shared = []string{"Organization", "Location", "HealthcareService", "PractitionerRole", "Device", "Medication", "Substance", "Specimen"}

// unread are types that belong to the patient and are no entries here. One that is never shown still hides
// what refers to it.
var unread = []string{
	"AllergyIntolerance", "BodyStructure", "CarePlan", "ClinicalImpression", "Communication", "CommunicationRequest", "Composition", "Consent", "DetectedIssue",
	"DeviceUseStatement", "DiagnosticReport", "Encounter", "FamilyMemberHistory", "Goal", "ImagingStudy", "Immunization", "ImmunizationRecommendation", "List", "Media",
	"MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement", "NutritionOrder", "Observation", "Procedure", "QuestionnaireResponse",
	"RequestGroup", "RiskAssessment", "SupplyRequest",
}
