package gpconnect

import (
	"encoding/json"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// mistake is the status of what was withdrawn: it is in no list.
const mistake = "entered-in-error"

// mapped is what a code of FHIR's stands for.
func mapped[T any](known map[string]T, code string, otherwise T) T {
	if value, ok := known[code]; ok {
		return value
	}
	return otherwise
}

var (
	allergyKinds      = map[string]record.AllergyKind{"allergy": record.AllergyKindAllergy, "intolerance": record.AllergyKindIntolerance}
	allergyCategories = map[string]record.AllergyCategory{
		"food": record.AllergyCategoryFood, "medication": record.AllergyCategoryMedication,
		"environment": record.AllergyCategoryEnvironment, "biologic": record.AllergyCategoryBiologic,
	}
	criticalities = map[string]record.Criticality{
		"low": record.CriticalityLow, "high": record.CriticalityHigh, "unable-to-assess": record.CriticalityUnableToAssess,
	}
	allergyStatuses = map[string]record.AllergyStatus{
		"active": record.AllergyStatusActive, "inactive": record.AllergyStatusInactive, "resolved": record.AllergyStatusResolved,
	}
	verifications = map[string]record.Verification{
		"unconfirmed": record.VerificationUnconfirmed, "provisional": record.VerificationProvisional,
		"differential": record.VerificationDifferential, "confirmed": record.VerificationConfirmed,
	}
	severities = map[string]record.Severity{
		"mild": record.SeverityMild, "moderate": record.SeverityModerate, "severe": record.SeveritySevere,
		"255604002": record.SeverityMild, "6736007": record.SeverityModerate, "24484000": record.SeveritySevere,
	}
	medicationStatuses = map[string]record.MedicationStatus{
		"active": record.MedicationStatusActive, "on-hold": record.MedicationStatusOnHold, "completed": record.MedicationStatusCompleted,
		"stopped": record.MedicationStatusStopped, "cancelled": record.MedicationStatusCancelled,
		"intended": record.MedicationStatusIntended, "draft": record.MedicationStatusIntended,
	}
	medicationKinds = map[string]record.MedicationKind{
		"acute": record.MedicationKindAcute, "acute-handwritten": record.MedicationKindAcute, "repeat": record.MedicationKindRepeat,
		"repeat-dispensing": record.MedicationKindRepeatDispensing, "delayed-prescribing": record.MedicationKindDelayed,
	}
	problemStatuses = map[string]record.ProblemStatus{
		"active": record.ProblemStatusActive, "recurrence": record.ProblemStatusRecurrence, "relapse": record.ProblemStatusRelapse,
		"remission": record.ProblemStatusRemission, "inactive": record.ProblemStatusInactive, "resolved": record.ProblemStatusResolved,
	}
	significances  = map[string]record.Significance{"major": record.SignificanceMajor, "minor": record.SignificanceMinor}
	resultStatuses = map[string]record.ResultStatus{
		"registered": record.ResultStatusRegistered, "partial": record.ResultStatusPreliminary, "preliminary": record.ResultStatusPreliminary,
		"final": record.ResultStatusFinal, "amended": record.ResultStatusAmended, "appended": record.ResultStatusAmended,
		"corrected": record.ResultStatusCorrected,
	}
	eventStatuses = map[string]record.EventStatus{
		"draft": record.EventStatusPlanned, "active": record.EventStatusInProgress, "in-progress": record.EventStatusInProgress,
		"suspended": record.EventStatusOnHold, "on-hold": record.EventStatusOnHold, "completed": record.EventStatusCompleted,
		"finished": record.EventStatusCompleted, "cancelled": record.EventStatusCancelled, "not-done": record.EventStatusNotDone,
		"stopped": record.EventStatusStopped,
	}
	priorities = map[string]record.Priority{
		"routine": record.PriorityRoutine, "urgent": record.PriorityUrgent, "asap": record.PriorityUrgent, "stat": record.PriorityEmergency,
	}
)

// references are one reference or several: some systems write one where the standard
// has a list.
type references []fhir.Reference

// UnmarshalJSON reads both.
func (r *references) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		*r = make(references, 1)
		return json.Unmarshal(data, &(*r)[0])
	}
	return json.Unmarshal(data, (*[]fhir.Reference)(r))
}
