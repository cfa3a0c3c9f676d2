package ukcore

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

var (
	medicationStatuses = map[string]record.MedicationStatus{
		"active": record.MedicationStatusActive, "in-progress": record.MedicationStatusActive, "preparation": record.MedicationStatusIntended,
		"on-hold": record.MedicationStatusOnHold, "completed": record.MedicationStatusCompleted, "stopped": record.MedicationStatusStopped,
		"not-taken": record.MedicationStatusStopped, "cancelled": record.MedicationStatusCancelled, "not-done": record.MedicationStatusCancelled,
		"declined": record.MedicationStatusCancelled, "intended": record.MedicationStatusIntended, "draft": record.MedicationStatusIntended,
	}
	resultStatuses = map[string]record.ResultStatus{
		"registered": record.ResultStatusRegistered, "partial": record.ResultStatusPreliminary, "preliminary": record.ResultStatusPreliminary,
		"final": record.ResultStatusFinal, "amended": record.ResultStatusAmended, "appended": record.ResultStatusAmended,
		"corrected": record.ResultStatusCorrected, "available": record.ResultStatusFinal, "completed": record.ResultStatusFinal,
		"in-progress": record.ResultStatusPreliminary, "stopped": record.ResultStatusPreliminary,
	}
	eventStatuses = map[string]record.EventStatus{
		"draft": record.EventStatusPlanned, "proposed": record.EventStatusPlanned, "planned": record.EventStatusPlanned,
		"preparation": record.EventStatusPlanned, "accepted": record.EventStatusPlanned, "not-started": record.EventStatusPlanned,
		"scheduled": record.EventStatusPlanned, "intended": record.EventStatusPlanned,
		"active": record.EventStatusInProgress, "in-progress": record.EventStatusInProgress,
		"suspended": record.EventStatusOnHold, "on-hold": record.EventStatusOnHold,
		"completed": record.EventStatusCompleted, "finished": record.EventStatusCompleted, "inactive": record.EventStatusCompleted,
		"stopped": record.EventStatusStopped, "revoked": record.EventStatusStopped,
		"cancelled": record.EventStatusCancelled, "rejected": record.EventStatusRejected, "not-done": record.EventStatusNotDone,
	}
	appointmentStatuses = map[string]record.AppointmentStatus{
		"proposed": record.AppointmentStatusProposed, "pending": record.AppointmentStatusPending, "booked": record.AppointmentStatusBooked,
		"checked-in": record.AppointmentStatusArrived, "arrived": record.AppointmentStatusArrived, "fulfilled": record.AppointmentStatusFulfilled,
		"cancelled": record.AppointmentStatusCancelled, "noshow": record.AppointmentStatusDidNotAttend, "waitlist": record.AppointmentStatusWaitlist,
	}

	// disciplines maps FHIR observation categories and HL7 v2 diagnostic services.
	disciplines = map[string]record.ResultCategory{
		"laboratory": record.ResultCategoryLaboratory, "imaging": record.ResultCategoryRadiology, "survey": record.ResultCategorySurvey,
		"social-history": record.ResultCategorySocialHistory, "exam": record.ResultCategoryExamination,
		"LAB": record.ResultCategoryLaboratory, "CH": record.ResultCategoryLaboratory, "HM": record.ResultCategoryLaboratory,
		"MB": record.ResultCategoryMicrobiology, "VR": record.ResultCategoryVirology, "SP": record.ResultCategoryHistology,
		"CP": record.ResultCategoryHistology, "PAT": record.ResultCategoryHistology, "GE": record.ResultCategoryGenetics,
		"RAD": record.ResultCategoryRadiology, "RX": record.ResultCategoryRadiology, "CT": record.ResultCategoryRadiology,
		"NMR": record.ResultCategoryRadiology, "RUS": record.ResultCategoryRadiology, "EC": record.ResultCategoryCardiology,
		"CUS": record.ResultCategoryCardiology, "EN": record.ResultCategoryNeurophysiology,
	}
)

// discipline is the first known category.
func discipline(categories []fhir.Concept) record.ResultCategory {
	for i := range categories {
		for _, coding := range categories[i].Coding {
			if d, known := disciplines[coding.Code]; known {
				return d
			}
		}
	}
	return record.ResultCategoryOther
}

// hasCode reports whether one of the concepts has one of the codes.
func hasCode(list []fhir.Concept, codes ...string) bool {
	return slices.ContainsFunc(list, func(c fhir.Concept) bool {
		return slices.ContainsFunc(c.Coding, func(coding fhir.Coding) bool { return slices.Contains(codes, coding.Code) })
	})
}

// coded is a Coding as a code; nil if it has no words.
func coded(c fhir.Coding) *record.Code {
	return (&fhir.Concept{Coding: []fhir.Coding{c}}).Ptr()
}

// worded is a code with other words, which say what the record has no place for. As the code does not say
// that, it becomes the original.
func worded(code record.Code, words string) record.Code {
	if words == strings.TrimSpace(code.Display) {
		return code
	}
	said := record.Code{Display: words, Original: code.Original}
	if code.Code != "" {
		said.Original = &code
	}
	return said
}

// wordsIn is the display of a code; "" if there is none.
func wordsIn(code *record.Code) string {
	if code == nil {
		return ""
	}
	return code.Display
}

// number is a non-negative integer; nil if n is not one.
func number(n json.Number) *int {
	i, err := strconv.Atoi(n.String())
	if err != nil || i < 0 {
		return nil
	}
	return &i
}

// wordsOf is the words of all concepts in one line.
func wordsOf(list []fhir.Concept) string {
	var said []string
	for i := range list {
		if words := list[i].Words(); words != "" {
			said = append(said, words)
		}
	}
	return strings.Join(said, ", ")
}

type (
	references = fhir.OneOrMore[fhir.Reference]
	concepts   = fhir.OneOrMore[fhir.Concept]
)

// extended returns the concept of an extension; nil if there is none.
func extended(extensions []fhir.Extension, name string) *fhir.Concept {
	if e := fhir.In(extensions, name); e != nil {
		return e.ValueCodeableConcept
	}
	return nil
}

// inner returns a part of an extension by its name; nil if there is none.
func inner(e *fhir.Extension, name string) *fhir.Extension {
	if e == nil {
		return nil
	}
	for i := range e.Extension {
		if e.Extension[i].URL == name {
			return &e.Extension[i]
		}
	}
	return nil
}
