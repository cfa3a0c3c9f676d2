package gpconnect

import (
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// mistake is the status of a resource that was withdrawn. It is in no list.
const mistake = "entered-in-error"

var (
	medicationStatuses = map[string]record.MedicationStatus{
		"active": record.MedicationStatusActive, "on-hold": record.MedicationStatusOnHold, "completed": record.MedicationStatusCompleted,
		"stopped": record.MedicationStatusStopped, "cancelled": record.MedicationStatusCancelled,
		"intended": record.MedicationStatusIntended, "draft": record.MedicationStatusIntended,
	}
	medicationKinds = map[string]record.MedicationKind{
		"acute": record.MedicationKindAcute, "acute-handwritten": record.MedicationKindAcute, "repeat": record.MedicationKindRepeat,
		"repeat-dispensing": record.MedicationKindRepeatDispensing, "delayed-prescribing": record.MedicationKindDelayed,
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
)

type references = fhir.OneOrMore[fhir.Reference]
