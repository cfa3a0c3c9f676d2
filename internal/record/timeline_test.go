package record_test

import (
	"testing"
	"time"

	"carerecord/internal/record"
)

func TestATimelineEntrySaysWhatItIs(t *testing.T) {
	const attended = "https://www.datadictionary.nhs.uk/attributes/attended_or_did_not_attend"
	named := func(display string) record.Code { return record.Code{Display: display} }
	code := func(display string) *record.Code { return &record.Code{Display: display} }
	for _, test := range []struct {
		entry record.TimelineEntry
		want  string
	}{
		{&record.Medication{Medicine: named("Ramipril 5 mg capsules")}, "Medicine: Ramipril 5 mg capsules"},
		{&record.Problem{Problem: named("Asthma")}, "Problem: Asthma"},
		{&record.Immunisation{Vaccine: named("Influenza vaccine")}, "Vaccination: Influenza vaccine"},
		{&record.Procedure{Procedure: named("Appendicectomy")}, "Procedure: Appendicectomy"},
		{&record.Report{Title: "Full blood count", Kind: named("Haematology")}, "Report: Full blood count"},
		{&record.Report{Kind: named("Haematology")}, "Report: Haematology"},
		{&record.Appointment{Specialty: code("Cardiology"), Clinic: "Clinic 4"}, "Appointment: Cardiology"},
		{&record.Appointment{Clinic: "Clinic 4"}, "Appointment: Clinic 4"},
		{&record.Appointment{}, "Appointment"},
		{&record.Document{Title: "To whom it may concern", Kind: named("Letter")}, "Document: To whom it may concern"},
		{&record.Document{Kind: named("Letter")}, "Document: Letter"},
		{&record.Referral{Specialty: code("Cardiology"), Service: code("Heart failure clinic")}, "Referral: Cardiology"},
		{&record.Referral{Service: code("Heart failure clinic")}, "Referral: Heart failure clinic"},
		{&record.Referral{}, "Referral"},
		{&record.CarePlan{Title: "Going home", Kind: named("Discharge plan")}, "Care plan: Going home"},
		{&record.CarePlan{Kind: named("Discharge plan")}, "Care plan: Discharge plan"},
		{&record.Stay{Reason: code("Pneumonia"), Specialty: code("Respiratory medicine")}, "Hospital stay: Pneumonia"},
		{&record.Stay{Specialty: code("Respiratory medicine")}, "Hospital stay: Respiratory medicine"},
		{&record.Stay{}, "Hospital stay"},
		{&record.Attendance{Complaint: code("Chest pain"), Kind: code("Emergency department")}, "Attendance: Chest pain"},
		{&record.Attendance{Kind: code("Emergency department")}, "Attendance: Emergency department"},
		{&record.ImagingStudy{Procedure: code("Plain chest X-ray"), Description: "Chest"}, "Imaging: Plain chest X-ray"},
		{&record.ImagingStudy{Description: "Chest"}, "Imaging: Chest"},
		{&record.Consultation{Reason: code("Cough"), Kind: named("Surgery consultation")}, "Consultation: Cough"},
		{&record.Consultation{Kind: named("Surgery consultation")}, "Consultation: Surgery consultation"},
		{&record.CareContact{Kind: code("Assessment"), Team: "Crisis team"}, "Mental health contact: Assessment"},
		{&record.CareContact{Team: "Crisis team"}, "Mental health contact: Crisis team"},
		{&record.LegalStatus{Status: named("Section 3")}, "Mental Health Act: Section 3"},
		{&record.CommunityTreatmentOrder{}, "Community treatment order"},
		{&record.ConditionalDischarge{}, "Conditional discharge"},
		{&record.MentalHealthAssessment{Tool: named("PHQ-9")}, "Assessment: PHQ-9"},
		{&record.SocialCareService{Component: code("Home support"), Kind: named("Long term support")}, "Social care service: Home support"},
		{&record.SocialCareService{Kind: named("Long term support")}, "Social care service: Long term support"},
		{&record.SocialCareAssessment{Kind: named("Needs assessment")}, "Social care assessment: Needs assessment"},
		{&record.SocialCareRequest{Route: named("Hospital discharge")}, "Social care request: Hospital discharge"},
		{&record.SocialCareReview{Reason: named("Planned review")}, "Social care review: Planned review"},
		{&record.Procedure{Procedure: named("Splenectomy"), Status: record.EventStatusNotDone}, "Procedure: Splenectomy (not done)"},
		{&record.Procedure{Procedure: named("Splenectomy"), Status: record.EventStatusCompleted}, "Procedure: Splenectomy"},
		{&record.Medication{Medicine: named("Warfarin"), Status: record.MedicationStatusStopped}, "Medicine: Warfarin (stopped)"},
		{&record.Medication{Medicine: named("Warfarin"), Status: record.MedicationStatusIntended}, "Medicine: Warfarin (not begun)"},
		{&record.Appointment{Clinic: "Clinic 4", Status: record.AppointmentStatusDidNotAttend}, "Appointment: Clinic 4 (did not attend)"},
		{&record.Appointment{Clinic: "Clinic 4", Status: record.AppointmentStatusWaitlist}, "Appointment: Clinic 4 (waiting list)"},
		{&record.Appointment{Clinic: "Clinic 4", Status: record.AppointmentStatusFulfilled}, "Appointment: Clinic 4"},
		{&record.Referral{Service: code("Heart failure clinic"), Status: record.EventStatusRejected}, "Referral: Heart failure clinic (rejected)"},
		{&record.CarePlan{Title: "Going home", Status: record.EventStatusPlanned}, "Care plan: Going home (planned)"},
		{&record.SocialCareService{Kind: named("Home support"), Status: record.EventStatusOnHold}, "Social care service: Home support (on hold)"},
		{&record.SocialCareRequest{Route: named("Hospital discharge"), Status: record.EventStatusCancelled}, "Social care request: Hospital discharge (cancelled)"},
		{&record.LegalMeasure{Kind: named("Deputy for property")}, "Legal measure: Deputy for property"},
		{&record.LegalMeasure{Kind: named("Deprivation of liberty"), Decision: "Not authorised"}, "Legal measure: Deprivation of liberty: Not authorised"},
		{&record.Problem{Problem: named("Lung cancer"), Verification: record.VerificationUnconfirmed}, "Problem: Lung cancer (unconfirmed)"},
		{&record.Problem{Problem: named("Lung cancer"), Verification: record.VerificationProvisional}, "Problem: Lung cancer (provisional)"},
		{&record.Problem{Problem: named("Pulmonary embolism"), Verification: record.VerificationDifferential}, "Problem: Pulmonary embolism (one of several possible)"},
		{&record.Problem{Problem: named("Asthma"), Verification: record.VerificationConfirmed, Status: record.ProblemStatusResolved}, "Problem: Asthma"},
		{&record.Problem{Problem: named("Asthma"), Verification: record.VerificationUnknown}, "Problem: Asthma"},
		{&record.Immunisation{Vaccine: named("MMR"), Status: record.EventStatusNotDone, StatusReason: code("Declined")}, "Vaccination: MMR (not done)"},
		{&record.Immunisation{Vaccine: named("MMR"), Status: record.EventStatusRejected}, "Vaccination: MMR (rejected)"},
		{&record.Immunisation{Vaccine: named("MMR"), Status: record.EventStatusCancelled}, "Vaccination: MMR (cancelled)"},
		{&record.Immunisation{Vaccine: named("MMR"), Status: record.EventStatusCompleted}, "Vaccination: MMR"},
		{&record.Immunisation{Vaccine: named("MMR"), Status: record.EventStatusCompleted, StatusReason: code("Subpotent dose: frozen")}, "Vaccination: MMR (Subpotent dose: frozen)"},
		{&record.SocialCareAssessment{Kind: named("Needs"), Status: record.EventStatusCancelled}, "Social care assessment: Needs (cancelled)"},
		{&record.SocialCareAssessment{Kind: named("Needs"), Status: record.EventStatusPlanned}, "Social care assessment: Needs (planned)"},
		{&record.SocialCareAssessment{Kind: named("Needs"), Status: record.EventStatusInProgress}, "Social care assessment: Needs"},
		{&record.ImagingStudy{Description: "CT of head", Status: record.ResultStatusRegistered}, "Imaging: CT of head (asked for, no result yet)"},
		{&record.ImagingStudy{Description: "CT of head", Status: record.ResultStatusFinal}, "Imaging: CT of head"},
		{&record.Report{Title: "Histology", Status: record.ResultStatusPreliminary}, "Report: Histology (preliminary)"},
		{&record.Report{Title: "Histology", Status: record.ResultStatusRegistered}, "Report: Histology (asked for, no result yet)"},
		{&record.Report{Title: "Histology", Status: record.ResultStatusCorrected}, "Report: Histology"},
		{&record.MentalHealthAssessment{Tool: named("PHQ-9"), Status: record.ResultStatusPreliminary}, "Assessment: PHQ-9 (preliminary)"},
		{&record.Document{Title: "Discharge summary", Status: record.DocumentStatusSuperseded}, "Document: Discharge summary (superseded)"},
		{&record.Document{Title: "Discharge summary", Status: record.DocumentStatusPreliminary}, "Document: Discharge summary (preliminary)"},
		{&record.Document{Title: "Discharge summary", Status: record.DocumentStatusAmended}, "Document: Discharge summary"},
		{&record.CareContact{Team: "Crisis team", Attended: &record.Code{Code: "3", Display: "Did not attend"}}, "Mental health contact: Crisis team (Did not attend)"},
		{&record.CareContact{Team: "Crisis team", Attended: &record.Code{Code: "7", Display: "Came too late to be seen"}}, "Mental health contact: Crisis team (Came too late to be seen)"},
		{&record.CareContact{Team: "Crisis team", Attended: &record.Code{Code: "0", Display: "Is to come"}}, "Mental health contact: Crisis team (Is to come)"},
		{&record.CareContact{Team: "Crisis team", Attended: &record.Code{System: attended, Code: "5", Display: "Attended on time"}}, "Mental health contact: Crisis team"},
		{&record.CareContact{Team: "Crisis team", Attended: &record.Code{System: "https://trust.example/attended", Code: "5", Display: "Not seen"}}, "Mental health contact: Crisis team (Not seen)"},
		{&record.CareContact{Team: "Crisis team", Attended: code("Attended")}, "Mental health contact: Crisis team"},
		{&record.CareContact{Team: "Crisis team", CancellationReason: code("Clinician unwell")}, "Mental health contact: Crisis team (cancelled)"},
		{&record.Appointment{Clinic: "Clinic 4", Status: record.AppointmentStatusUnknown, Attended: &record.Code{System: attended, Code: "3", Display: "Did not attend"}}, "Appointment: Clinic 4 (Did not attend)"},
		{&record.Appointment{Clinic: "Clinic 4", Status: record.AppointmentStatusCancelled, Attended: &record.Code{System: attended, Code: "4", Display: "Cancelled by the hospital"}}, "Appointment: Clinic 4 (cancelled)"},
		{&record.Appointment{Clinic: "Clinic 4", Status: record.AppointmentStatusBooked, Attended: &record.Code{System: attended, Code: "0", Display: "Is to come"}}, "Appointment: Clinic 4"},
	} {
		if got := test.entry.Headline(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// An entry with a moment stands at it, one with a date at its first moment in London; how much is known is said of both.
func TestATimelineEntryStandsWhereItsDateSays(t *testing.T) {
	at := record.At(time.Date(2026, 7, 14, 9, 30, 0, 0, time.UTC))
	london := func(y int, m time.Month, d int) record.DateTime {
		return record.At(time.Date(y, m, d, 0, 0, 0, 0, record.London))
	}
	for _, test := range []struct {
		on        record.PartialDate
		at        record.DateTime
		precision record.Precision
	}{
		{"2026-07-14", london(2026, 7, 14), record.PrecisionDay},
		{"2026-07", london(2026, 7, 1), record.PrecisionMonth},
		{"2026", london(2026, 1, 1), record.PrecisionYear},
		{"", record.DateTime{}, ""},
	} {
		for _, x := range []record.TimelineEntry{
			&record.Medication{StartedOn: test.on}, &record.Problem{OnsetOn: test.on}, &record.Immunisation{GivenOn: test.on},
			&record.Procedure{PerformedOn: test.on}, &record.Referral{ReferredOn: test.on}, &record.CarePlan{StartedOn: test.on},
			&record.ConditionalDischarge{StartedOn: test.on}, &record.MentalHealthAssessment{AssessedOn: test.on},
			&record.SocialCareService{StartedOn: test.on}, &record.SocialCareAssessment{StartedOn: test.on},
			&record.SocialCareRequest{ReceivedOn: test.on}, &record.SocialCareReview{StartedOn: test.on}, &record.LegalMeasure{StartedOn: test.on},
		} {
			if !x.At().Equal(test.at.Time) || x.AtPrecision() != test.precision {
				t.Errorf("%T on %q: %v (%s)", x, test.on, x.At(), x.AtPrecision())
			}
		}
	}
	for _, precision := range []record.Precision{record.PrecisionTime, record.PrecisionDay} {
		for _, x := range []record.TimelineEntry{
			&record.Report{TakenAt: at, TakenAtPrecision: precision}, &record.Appointment{StartsAt: at, StartsAtPrecision: precision},
			&record.Document{WrittenAt: at, WrittenAtPrecision: precision}, &record.Stay{AdmittedAt: at, AdmittedAtPrecision: precision},
			&record.Attendance{ArrivedAt: at, ArrivedAtPrecision: precision}, &record.ImagingStudy{StartedAt: at, StartedAtPrecision: precision},
			&record.Consultation{HeldAt: at, HeldAtPrecision: precision}, &record.CareContact{HeldAt: at, HeldAtPrecision: precision},
			&record.LegalStatus{StartedAt: at, StartedAtPrecision: precision}, &record.CommunityTreatmentOrder{StartedAt: at, StartedAtPrecision: precision},
		} {
			if x.At() != at || x.AtPrecision() != precision {
				t.Errorf("%T: %v (%s)", x, x.At(), x.AtPrecision())
			}
		}
	}
}
