package view

import (
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/record"
)

// The values each coded column may hold. Anything else is shown as unknown.
var (
	aboutMeHeadingValues    = set(record.AboutMeHeadingMostImportant, record.AboutMeHeadingImportantPeople, record.AboutMeHeadingCommunication, record.AboutMeHeadingPleaseDo, record.AboutMeHeadingWellness, record.AboutMeHeadingHowToSupport, record.AboutMeHeadingAlsoKnow)
	allergyCategoryValues   = set(record.AllergyCategoryFood, record.AllergyCategoryMedication, record.AllergyCategoryEnvironment, record.AllergyCategoryBiologic, record.AllergyCategoryUnknown)
	allergyKindValues       = set(record.AllergyKindAllergy, record.AllergyKindIntolerance, record.AllergyKindUnknown)
	allergyStatusValues     = set(record.AllergyStatusActive, record.AllergyStatusInactive, record.AllergyStatusResolved, record.AllergyStatusUnknown)
	appointmentStatusValues = set(record.AppointmentStatusProposed, record.AppointmentStatusPending, record.AppointmentStatusBooked, record.AppointmentStatusArrived, record.AppointmentStatusFulfilled, record.AppointmentStatusCancelled, record.AppointmentStatusDidNotAttend, record.AppointmentStatusWaitlist, record.AppointmentStatusUnknown)
	classValues             = set(record.Classes...)
	contactMediumValues     = set(record.ContactMediumFaceToFace, record.ContactMediumTelephone, record.ContactMediumVideo, record.ContactMediumEmail, record.ContactMediumSms, record.ContactMediumOther, record.ContactMediumUnknown)
	contactRoleValues       = set(record.ContactRoleNextOfKin, record.ContactRoleEmergencyContact, record.ContactRoleMainCarer, record.ContactRoleCarer, record.ContactRoleHouseholdMember, record.ContactRoleParentalResponsibility, record.ContactRoleAttorneyHealth, record.ContactRoleAttorneyFinance, record.ContactRoleDeputy, record.ContactRoleAdvocate, record.ContactRoleOther)
	criticalityValues       = set(record.CriticalityLow, record.CriticalityHigh, record.CriticalityUnableToAssess, record.CriticalityUnknown)
	documentStatusValues    = set(record.DocumentStatusPreliminary, record.DocumentStatusFinal, record.DocumentStatusAmended, record.DocumentStatusSuperseded, record.DocumentStatusUnknown)
	eligibleNeedValues      = set(record.EligibleNeedNutrition, record.EligibleNeedHygiene, record.EligibleNeedToilet, record.EligibleNeedClothing, record.EligibleNeedSafeHome, record.EligibleNeedHabitableHome, record.EligibleNeedRelationships, record.EligibleNeedWorkEducation, record.EligibleNeedCommunity, record.EligibleNeedCaringForChild)
	eventStatusValues       = set(record.EventStatusPlanned, record.EventStatusInProgress, record.EventStatusOnHold, record.EventStatusCompleted, record.EventStatusStopped, record.EventStatusCancelled, record.EventStatusRejected, record.EventStatusNotDone, record.EventStatusUnknown)
	medicationIntentValues  = set(record.MedicationIntentPlan, record.MedicationIntentOrder, record.MedicationIntentStatement, record.MedicationIntentUnknown)
	medicationKindValues    = set(record.MedicationKindAcute, record.MedicationKindRepeat, record.MedicationKindRepeatDispensing, record.MedicationKindDelayed, record.MedicationKindDischarge, record.MedicationKindInpatient, record.MedicationKindReported, record.MedicationKindUnknown)
	medicationStatusValues  = set(record.MedicationStatusActive, record.MedicationStatusOnHold, record.MedicationStatusCompleted, record.MedicationStatusStopped, record.MedicationStatusCancelled, record.MedicationStatusIntended, record.MedicationStatusUnknown)
	noteValues              = set(record.NoteNoneKnown, record.NoteInTransit, record.NoteAwaitingFiling)
	needCategoryValues      = set(record.NeedCategoryInterpreter, record.NeedCategoryCommunication, record.NeedCategoryReasonableAdjustment, record.NeedCategoryOther)
	priorityValues          = set(record.PriorityRoutine, record.PriorityUrgent, record.PriorityTwoWeekWait, record.PriorityEmergency, record.PriorityUnknown)
	problemKindValues       = set(record.ProblemKindProblem, record.ProblemKindDiagnosis, record.ProblemKindConcern, record.ProblemKindUnknown)
	problemStatusValues     = set(record.ProblemStatusActive, record.ProblemStatusRecurrence, record.ProblemStatusRelapse, record.ProblemStatusRemission, record.ProblemStatusInactive, record.ProblemStatusResolved, record.ProblemStatusUnknown)
	resultCategoryValues    = set(record.ResultCategoryLaboratory, record.ResultCategoryMicrobiology, record.ResultCategoryVirology, record.ResultCategoryHistology, record.ResultCategoryGenetics, record.ResultCategoryRadiology, record.ResultCategoryEndoscopy, record.ResultCategoryCardiology, record.ResultCategoryNeurophysiology, record.ResultCategorySurvey, record.ResultCategorySocialHistory, record.ResultCategoryExamination, record.ResultCategoryOther)
	resultStatusValues      = set(record.ResultStatusRegistered, record.ResultStatusPreliminary, record.ResultStatusFinal, record.ResultStatusAmended, record.ResultStatusCorrected, record.ResultStatusUnknown)
	severityValues          = set(record.SeverityMild, record.SeverityModerate, record.SeveritySevere, record.SeverityUnknown)
	significanceValues      = set(record.SignificanceMajor, record.SignificanceMinor)
	verificationValues      = set(record.VerificationUnconfirmed, record.VerificationProvisional, record.VerificationDifferential, record.VerificationConfirmed, record.VerificationUnknown)
)

// set is the values a coded column may hold.
func set[T ~string](values ...T) map[string]T {
	known := make(map[string]T, len(values))
	for _, v := range values {
		known[string(v)] = v
	}
	return known
}

// spelled is a value as the lists have it: in capitals, with _ between its words.
func spelled(value string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToUpper(strings.TrimSpace(value)))
}

// enum reads a coded column. What is not in the list, or not there, is otherwise.
func enum[T ~string](r *row, known map[string]T, otherwise T) T {
	at := r.next
	raw := r.raw(pgtype.TextOID)
	if len(raw) == 0 {
		return otherwise
	}
	if r.value[at] == string(raw) {
		return T(r.value[at])
	}
	value, ok := known[string(raw)]
	if !ok {
		return otherwise
	}
	r.value[at] = string(value)
	return value
}

// required reads a coded column that has no value for "unknown".
func required[T ~string](r *row, known map[string]T) T {
	value, ok := known[spelled(r.symbol())]
	if !ok {
		r.fail("a code that is not in the list")
	}
	return value
}

// enums reads a list of codes; those not in the list are "OTHER" where it has
// that, and make the entry unreadable where it has not.
func enums[T ~string](r *row, known map[string]T) []T {
	texts := r.Texts()
	values := make([]T, 0, len(texts))
	for _, text := range texts {
		value, ok := known[text]
		if !ok {
			if value, ok = known["OTHER"]; !ok {
				r.fail("a code that is not in the list")
			}
		}
		values = append(values, value)
	}
	return values
}
