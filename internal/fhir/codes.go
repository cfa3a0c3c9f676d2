package fhir

import "carerecord/internal/record"

// Mapped is what a code stands for here; otherwise where it is not known.
func Mapped[T any](known map[string]T, code string, otherwise T) T {
	if value, ok := known[code]; ok {
		return value
	}
	return otherwise
}

// What the codes stand for that STU3 and R4 have in common, by GP Connect's and UK Core's profiles.
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

// NoKnownAllergy is the statement that there is none (SNOMED CT). That there is none to drugs, or
// to the environment, is an entry like others: it says nothing of the rest.
var NoKnownAllergy = map[string]bool{"716186003": true}

// ODSCode is the system of the codes of organisations.
const ODSCode = "https://fhir.nhs.uk/Id/ods-organization-code"
