package record

import (
	"slices"
	"strings"
)

// The place of each kind of entry on the timeline, and the line that says what it is.

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func display(code *Code) string {
	if code == nil {
		return ""
	}
	return code.Display
}

func about(code *Code, text string) string {
	if said := first(display(code), text); said != "" {
		return ": " + said
	}
	return ""
}

// besides is a text in brackets behind a line; "" where there is none.
func besides(words string) string {
	if words == "" {
		return ""
	}
	return " (" + words + ")"
}

// unseen says of an attendance, in its own words, that the person was not seen; "" where nobody says, or where it has one of the usual
// codes (ATTENDED OR DID NOT ATTEND CODE) or no more words than that they came.
func unseen(attended *Code, usual ...Text) string {
	known := attended != nil && (attended.System == "" || strings.HasSuffix(string(attended.System), "attended_or_did_not_attend"))
	if known && slices.Contains(usual, attended.Code) || strings.EqualFold(display(attended), "attended") {
		return ""
	}
	return display(attended)
}

// The attendance codes of who is to come, of who came in time, and of who came late and was seen.
const toCome, inTime, late = "0", "5", "6"

// unlike says of a state that it is not what a line without it would be taken to say: that it is certain, was done, took place or goes on.
func unlike[T ~string](status T) string { return besides(unlikely[string(status)]) }

var unlikely = map[string]string{
	string(EventStatusNotDone): "not done", string(EventStatusCancelled): "cancelled", string(EventStatusRejected): "rejected", string(EventStatusStopped): "stopped",
	string(EventStatusPlanned): "planned", string(EventStatusOnHold): "on hold", string(MedicationStatusIntended): "not begun", string(AppointmentStatusDidNotAttend): "did not attend",
	string(AppointmentStatusProposed): "proposed", string(AppointmentStatusPending): "not yet agreed", string(AppointmentStatusWaitlist): "waiting list",
	string(VerificationUnconfirmed): "unconfirmed", string(VerificationProvisional): "provisional", string(VerificationDifferential): "one of several possible",
	string(ResultStatusRegistered): "asked for, no result yet", string(ResultStatusPreliminary): "preliminary", string(DocumentStatusSuperseded): "superseded",
}

// At returns when it was, for the timeline.
func (x *Medication) At() DateTime { return x.StartedOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *Medication) AtPrecision() Precision { return x.StartedOn.precision() }

// Headline returns the line that says what it is.
func (x *Medication) Headline() string { return "Medicine: " + x.Medicine.Display + unlike(x.Status) }

// At returns when it was, for the timeline.
func (x *Problem) At() DateTime { return x.OnsetOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *Problem) AtPrecision() Precision { return x.OnsetOn.precision() }

// Headline returns the line that says what it is.
func (x *Problem) Headline() string { return "Problem: " + x.Problem.Display + unlike(x.Verification) }

// At returns when it was, for the timeline.
func (x *Immunisation) At() DateTime { return x.GivenOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *Immunisation) AtPrecision() Precision { return x.GivenOn.precision() }

// Headline returns the line that says what it is.
func (x *Immunisation) Headline() string {
	return "Vaccination: " + x.Vaccine.Display + first(unlike(x.Status), besides(display(x.StatusReason)))
}

// At returns when it was, for the timeline.
func (x *Procedure) At() DateTime { return x.PerformedOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *Procedure) AtPrecision() Precision { return x.PerformedOn.precision() }

// Headline returns the line that says what it is.
func (x *Procedure) Headline() string { return "Procedure: " + x.Procedure.Display + unlike(x.Status) }

// At returns when it was, for the timeline.
func (x *Report) At() DateTime { return x.TakenAt }

// AtPrecision returns how much of that moment is known.
func (x *Report) AtPrecision() Precision { return x.TakenAtPrecision }

// Headline returns the line that says what it is.
func (x *Report) Headline() string {
	return "Report: " + first(string(x.Title), x.Kind.Display) + unlike(x.Status)
}

// At returns when it was, for the timeline.
func (x *Appointment) At() DateTime { return x.StartsAt }

// AtPrecision returns how much of that moment is known.
func (x *Appointment) AtPrecision() Precision { return x.StartsAtPrecision }

// Headline returns the line that says what it is.
func (x *Appointment) Headline() string {
	return "Appointment" + about(x.Specialty, string(x.Clinic)) + first(unlike(x.Status), besides(unseen(x.Attended, toCome, inTime, late)))
}

// At returns when it was, for the timeline.
func (x *Document) At() DateTime { return x.WrittenAt }

// AtPrecision returns how much of that moment is known.
func (x *Document) AtPrecision() Precision { return x.WrittenAtPrecision }

// Headline returns the line that says what it is.
func (x *Document) Headline() string {
	return "Document: " + first(string(x.Title), x.Kind.Display) + unlike(x.Status)
}

// At returns when it was, for the timeline.
func (x *Referral) At() DateTime { return x.ReferredOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *Referral) AtPrecision() Precision { return x.ReferredOn.precision() }

// Headline returns the line that says what it is.
func (x *Referral) Headline() string {
	return "Referral" + about(x.Specialty, display(x.Service)) + unlike(x.Status)
}

// At returns when it was, for the timeline.
func (x *CarePlan) At() DateTime { return x.StartedOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *CarePlan) AtPrecision() Precision { return x.StartedOn.precision() }

// Headline returns the line that says what it is.
func (x *CarePlan) Headline() string {
	return "Care plan: " + first(string(x.Title), x.Kind.Display) + unlike(x.Status)
}

// At returns when it was, for the timeline.
func (x *Stay) At() DateTime { return x.AdmittedAt }

// AtPrecision returns how much of that moment is known.
func (x *Stay) AtPrecision() Precision { return x.AdmittedAtPrecision }

// Headline returns the line that says what it is.
func (x *Stay) Headline() string { return "Hospital stay" + about(x.Reason, display(x.Specialty)) }

// At returns when it was, for the timeline.
func (x *Attendance) At() DateTime { return x.ArrivedAt }

// AtPrecision returns how much of that moment is known.
func (x *Attendance) AtPrecision() Precision { return x.ArrivedAtPrecision }

// Headline returns the line that says what it is.
func (x *Attendance) Headline() string { return "Attendance" + about(x.Complaint, display(x.Kind)) }

// At returns when it was, for the timeline.
func (x *ImagingStudy) At() DateTime { return x.StartedAt }

// AtPrecision returns how much of that moment is known.
func (x *ImagingStudy) AtPrecision() Precision { return x.StartedAtPrecision }

// Headline returns the line that says what it is.
func (x *ImagingStudy) Headline() string {
	return "Imaging" + about(x.Procedure, string(x.Description)) + unlike(x.Status)
}

// At returns when it was, for the timeline.
func (x *Consultation) At() DateTime { return x.HeldAt }

// AtPrecision returns how much of that moment is known.
func (x *Consultation) AtPrecision() Precision { return x.HeldAtPrecision }

// Headline returns the line that says what it is.
func (x *Consultation) Headline() string {
	return "Consultation: " + first(display(x.Reason), x.Kind.Display)
}

// At returns when it was, for the timeline.
func (x *CareContact) At() DateTime { return x.HeldAt }

// AtPrecision returns how much of that moment is known.
func (x *CareContact) AtPrecision() Precision { return x.HeldAtPrecision }

// Headline returns the line that says what it is.
func (x *CareContact) Headline() string {
	kind, absent := x.Kind, x.Unheld()
	if absent != "" && kind != nil && (kind.Original != nil || kind.Display == absent) { // it is said once
		kind = kind.Original
	}
	return "Mental health contact" + about(kind, string(x.Team)) + besides(absent)
}

// At returns when it was, for the timeline.
func (x *LegalStatus) At() DateTime { return x.StartedAt }

// AtPrecision returns how much of that moment is known.
func (x *LegalStatus) AtPrecision() Precision { return x.StartedAtPrecision }

// Headline returns the line that says what it is.
func (x *LegalStatus) Headline() string { return "Mental Health Act: " + x.Status.Display }

// At returns when it was, for the timeline.
func (x *CommunityTreatmentOrder) At() DateTime { return x.StartedAt }

// AtPrecision returns how much of that moment is known.
func (x *CommunityTreatmentOrder) AtPrecision() Precision { return x.StartedAtPrecision }

// Headline returns the line that says what it is.
func (x *CommunityTreatmentOrder) Headline() string { return "Community treatment order" }

// At returns when it was, for the timeline.
func (x *ConditionalDischarge) At() DateTime { return x.StartedOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *ConditionalDischarge) AtPrecision() Precision { return x.StartedOn.precision() }

// Headline returns the line that says what it is.
func (x *ConditionalDischarge) Headline() string { return "Conditional discharge" }

// At returns when it was, for the timeline.
func (x *MentalHealthAssessment) At() DateTime { return x.AssessedOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *MentalHealthAssessment) AtPrecision() Precision { return x.AssessedOn.precision() }

// Headline returns the line that says what it is.
func (x *MentalHealthAssessment) Headline() string {
	return "Assessment: " + x.Tool.Display + unlike(x.Status)
}

// At returns when it was, for the timeline.
func (x *SocialCareService) At() DateTime { return x.StartedOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *SocialCareService) AtPrecision() Precision { return x.StartedOn.precision() }

// Headline returns the line that says what it is.
func (x *SocialCareService) Headline() string {
	return "Social care service: " + first(display(x.Component), x.Kind.Display) + unlike(x.Status)
}

// At returns when it was, for the timeline.
func (x *SocialCareAssessment) At() DateTime { return x.StartedOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *SocialCareAssessment) AtPrecision() Precision { return x.StartedOn.precision() }

// Headline returns the line that says what it is.
func (x *SocialCareAssessment) Headline() string {
	return "Social care assessment: " + x.Kind.Display + unlike(x.Status)
}

// At returns when it was, for the timeline.
func (x *SocialCareRequest) At() DateTime { return x.ReceivedOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *SocialCareRequest) AtPrecision() Precision { return x.ReceivedOn.precision() }

// Headline returns the line that says what it is.
func (x *SocialCareRequest) Headline() string {
	return "Social care request: " + x.Route.Display + unlike(x.Status)
}

// At returns when it was, for the timeline.
func (x *SocialCareReview) At() DateTime { return x.StartedOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *SocialCareReview) AtPrecision() Precision { return x.StartedOn.precision() }

// Headline returns the line that says what it is.
func (x *SocialCareReview) Headline() string { return "Social care review: " + x.Reason.Display }

// At returns when it was, for the timeline.
func (x *LegalMeasure) At() DateTime { return x.StartedOn.moment() }

// AtPrecision returns how much of that moment is known.
func (x *LegalMeasure) AtPrecision() Precision { return x.StartedOn.precision() }

// Headline returns the line that says what it is.
func (x *LegalMeasure) Headline() string {
	return "Legal measure: " + x.Kind.Display + about(nil, string(x.Decision))
}
