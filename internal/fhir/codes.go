package fhir

import "carerecord/internal/record"

// Mapped returns the value for a code, or otherwise if the code is not known.
func Mapped[T any](known map[string]T, code string, otherwise T) T {
	if value, ok := known[code]; ok {
		return value
	}
	return otherwise
}

// Codes that STU3 and R4 share, in the profiles of GP Connect and UK Core.
var (
	AllergyKinds      = map[string]record.AllergyKind{"allergy": record.AllergyKindAllergy, "intolerance": record.AllergyKindIntolerance}
	AllergyCategories = map[string]record.AllergyCategory{
		"food": record.AllergyCategoryFood, "medication": record.AllergyCategoryMedication,
		"environment": record.AllergyCategoryEnvironment, "biologic": record.AllergyCategoryBiologic,
	}
	Criticalities = map[string]record.Criticality{
		"low": record.CriticalityLow, "high": record.CriticalityHigh, "unable-to-assess": record.CriticalityUnableToAssess,
	}
	AllergyStatuses = map[string]record.AllergyStatus{
		"active": record.AllergyStatusActive, "inactive": record.AllergyStatusInactive, "resolved": record.AllergyStatusResolved,
	}
	Verifications = map[string]record.Verification{
		"unconfirmed": record.VerificationUnconfirmed, "provisional": record.VerificationProvisional,
		"differential": record.VerificationDifferential, "confirmed": record.VerificationConfirmed,
	}
	Severities = map[string]record.Severity{
		"mild": record.SeverityMild, "moderate": record.SeverityModerate, "severe": record.SeveritySevere,
		"255604002": record.SeverityMild, "6736007": record.SeverityModerate, "24484000": record.SeveritySevere,
	}
	ProblemStatuses = map[string]record.ProblemStatus{
		"active": record.ProblemStatusActive, "recurrence": record.ProblemStatusRecurrence, "relapse": record.ProblemStatusRelapse,
		"remission": record.ProblemStatusRemission, "inactive": record.ProblemStatusInactive, "resolved": record.ProblemStatusResolved,
	}
	Priorities = map[string]record.Priority{
		"routine": record.PriorityRoutine, "urgent": record.PriorityUrgent, "asap": record.PriorityUrgent, "stat": record.PriorityEmergency,
	}
)

// NoKnownAllergy is the SNOMED CT code for "no known allergy". "No known drug allergy" and "no known
// environmental allergy" are ordinary entries: they say nothing about other allergies.
var NoKnownAllergy = map[string]bool{"716186003": true}

// ODSCode is the system URI of ODS codes.
const ODSCode = "https://fhir.nhs.uk/Id/ods-organization-code"
