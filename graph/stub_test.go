package graph_test

import (
	"context"

	"carerecord/graph"
	"carerecord/internal/record"
)

// A stub answers every field with a resolver at random: with values, nulls, errors and
// panics, the same for the same object and arguments.
type stub struct{ *chance }

// The resolvers of each type.
type (
	stubAcuteRecord        struct{ stub }
	stubGPRecord           struct{ stub }
	stubMentalHealthRecord struct{ stub }
	stubOptOutRequest      struct{ stub }
	stubPatient            struct{ stub }
	stubQuery              struct{ stub }
	stubSocialCareRecord   struct{ stub }
)

func (s stub) AcuteRecord() graph.AcuteRecordResolver               { return stubAcuteRecord{s} }
func (s stub) GPRecord() graph.GPRecordResolver                     { return stubGPRecord{s} }
func (s stub) MentalHealthRecord() graph.MentalHealthRecordResolver { return stubMentalHealthRecord{s} }
func (s stub) OptOutRequest() graph.OptOutRequestResolver           { return stubOptOutRequest{s} }
func (s stub) Patient() graph.PatientResolver                       { return stubPatient{s} }
func (s stub) Query() graph.QueryResolver                           { return stubQuery{s} }
func (s stub) SocialCareRecord() graph.SocialCareRecordResolver     { return stubSocialCareRecord{s} }
func (stub) Mutation() graph.MutationResolver                       { return nil }

func (s stubAcuteRecord) Stays(_ context.Context, obj *record.AcuteRecord, first int, after *string) (*record.Connection[*record.Stay], error) {
	return give[*record.Connection[*record.Stay]](s.chance, "AcuteRecord.Stays", obj.Patient.ID, first, after)
}
func (s stubAcuteRecord) StaySummaries(_ context.Context, obj *record.AcuteRecord, first int, after *string) (*record.Connection[*record.StaySummary], error) {
	return give[*record.Connection[*record.StaySummary]](s.chance, "AcuteRecord.StaySummaries", obj.Patient.ID, first, after)
}
func (s stubAcuteRecord) Attendances(_ context.Context, obj *record.AcuteRecord, first int, after *string) (*record.Connection[*record.Attendance], error) {
	return give[*record.Connection[*record.Attendance]](s.chance, "AcuteRecord.Attendances", obj.Patient.ID, first, after)
}
func (s stubAcuteRecord) ImagingStudies(_ context.Context, obj *record.AcuteRecord, first int, after *string) (*record.Connection[*record.ImagingStudy], error) {
	return give[*record.Connection[*record.ImagingStudy]](s.chance, "AcuteRecord.ImagingStudies", obj.Patient.ID, first, after)
}

func (s stubGPRecord) Consultations(_ context.Context, obj *record.GPRecord, first int, after *string) (*record.Connection[*record.Consultation], error) {
	return give[*record.Connection[*record.Consultation]](s.chance, "GPRecord.Consultations", obj.Patient.ID, first, after)
}

func (s stubMentalHealthRecord) CareCoordinators(_ context.Context, obj *record.MentalHealthRecord) (*record.List[*record.CareCoordinator], error) {
	return give[*record.List[*record.CareCoordinator]](s.chance, "MentalHealthRecord.CareCoordinators", obj.Patient.ID)
}
func (s stubMentalHealthRecord) ResponsibleClinicians(_ context.Context, obj *record.MentalHealthRecord) (*record.List[*record.ResponsibleClinician], error) {
	return give[*record.List[*record.ResponsibleClinician]](s.chance, "MentalHealthRecord.ResponsibleClinicians", obj.Patient.ID)
}
func (s stubMentalHealthRecord) LegalStatuses(_ context.Context, obj *record.MentalHealthRecord) (*record.List[*record.LegalStatus], error) {
	return give[*record.List[*record.LegalStatus]](s.chance, "MentalHealthRecord.LegalStatuses", obj.Patient.ID)
}
func (s stubMentalHealthRecord) CommunityTreatmentOrders(_ context.Context, obj *record.MentalHealthRecord) (*record.List[*record.CommunityTreatmentOrder], error) {
	return give[*record.List[*record.CommunityTreatmentOrder]](s.chance, "MentalHealthRecord.CommunityTreatmentOrders", obj.Patient.ID)
}
func (s stubMentalHealthRecord) ConditionalDischarges(_ context.Context, obj *record.MentalHealthRecord) (*record.List[*record.ConditionalDischarge], error) {
	return give[*record.List[*record.ConditionalDischarge]](s.chance, "MentalHealthRecord.ConditionalDischarges", obj.Patient.ID)
}
func (s stubMentalHealthRecord) CareClusters(_ context.Context, obj *record.MentalHealthRecord) (*record.List[*record.CareCluster], error) {
	return give[*record.List[*record.CareCluster]](s.chance, "MentalHealthRecord.CareClusters", obj.Patient.ID)
}
func (s stubMentalHealthRecord) CarePlans(_ context.Context, obj *record.MentalHealthRecord) (*record.List[*record.CarePlan], error) {
	return give[*record.List[*record.CarePlan]](s.chance, "MentalHealthRecord.CarePlans", obj.Patient.ID)
}
func (s stubMentalHealthRecord) Assessments(_ context.Context, obj *record.MentalHealthRecord) (*record.List[*record.MentalHealthAssessment], error) {
	return give[*record.List[*record.MentalHealthAssessment]](s.chance, "MentalHealthRecord.Assessments", obj.Patient.ID)
}
func (s stubMentalHealthRecord) Diagnoses(_ context.Context, obj *record.MentalHealthRecord) (*record.List[*record.Problem], error) {
	return give[*record.List[*record.Problem]](s.chance, "MentalHealthRecord.Diagnoses", obj.Patient.ID)
}
func (s stubMentalHealthRecord) Absences(_ context.Context, obj *record.MentalHealthRecord) (*record.List[*record.Absence], error) {
	return give[*record.List[*record.Absence]](s.chance, "MentalHealthRecord.Absences", obj.Patient.ID)
}
func (s stubMentalHealthRecord) DelayedDischarges(_ context.Context, obj *record.MentalHealthRecord) (*record.List[*record.DelayedDischarge], error) {
	return give[*record.List[*record.DelayedDischarge]](s.chance, "MentalHealthRecord.DelayedDischarges", obj.Patient.ID)
}
func (s stubMentalHealthRecord) Contacts(_ context.Context, obj *record.MentalHealthRecord, first int, after *string) (*record.Connection[*record.CareContact], error) {
	return give[*record.Connection[*record.CareContact]](s.chance, "MentalHealthRecord.Contacts", obj.Patient.ID, first, after)
}
func (s stubMentalHealthRecord) Referrals(_ context.Context, obj *record.MentalHealthRecord, first int, after *string) (*record.Connection[*record.Referral], error) {
	return give[*record.Connection[*record.Referral]](s.chance, "MentalHealthRecord.Referrals", obj.Patient.ID, first, after)
}
func (s stubMentalHealthRecord) StaySummaries(_ context.Context, obj *record.MentalHealthRecord, first int, after *string) (*record.Connection[*record.StaySummary], error) {
	return give[*record.Connection[*record.StaySummary]](s.chance, "MentalHealthRecord.StaySummaries", obj.Patient.ID, first, after)
}
func (s stubMentalHealthRecord) Stays(_ context.Context, obj *record.MentalHealthRecord, first int, after *string) (*record.Connection[*record.Stay], error) {
	return give[*record.Connection[*record.Stay]](s.chance, "MentalHealthRecord.Stays", obj.Patient.ID, first, after)
}

func (s stubOptOutRequest) Match(_ context.Context, obj *record.OptOutRequest, nhsNumber *record.NHSNumber) (*record.OptOutRequestMatch, error) {
	return give[*record.OptOutRequestMatch](s.chance, "OptOutRequest.Match", obj.ID, nhsNumber)
}

func (s stubPatient) Notice(_ context.Context, obj *record.Patient) (string, error) {
	return give[string](s.chance, "Patient.Notice", obj.ID)
}
func (s stubPatient) LeftOut(_ context.Context, obj *record.Patient) ([]record.Class, error) {
	return give[[]record.Class](s.chance, "Patient.LeftOut", obj.ID)
}
func (s stubPatient) Alerts(_ context.Context, obj *record.Patient) (*record.List[*record.Alert], error) {
	return give[*record.List[*record.Alert]](s.chance, "Patient.Alerts", obj.ID)
}
func (s stubPatient) Allergies(_ context.Context, obj *record.Patient, status record.AllergyFilter) (*record.List[*record.Allergy], error) {
	return give[*record.List[*record.Allergy]](s.chance, "Patient.Allergies", obj.ID, status)
}
func (s stubPatient) Medications(_ context.Context, obj *record.Patient, status *record.MedicationFilter) (*record.List[*record.Medication], error) {
	return give[*record.List[*record.Medication]](s.chance, "Patient.Medications", obj.ID, status)
}
func (s stubPatient) Problems(_ context.Context, obj *record.Patient, status *record.ProblemFilter) (*record.List[*record.Problem], error) {
	return give[*record.List[*record.Problem]](s.chance, "Patient.Problems", obj.ID, status)
}
func (s stubPatient) Immunisations(_ context.Context, obj *record.Patient) (*record.List[*record.Immunisation], error) {
	return give[*record.List[*record.Immunisation]](s.chance, "Patient.Immunisations", obj.ID)
}
func (s stubPatient) Procedures(_ context.Context, obj *record.Patient) (*record.List[*record.Procedure], error) {
	return give[*record.List[*record.Procedure]](s.chance, "Patient.Procedures", obj.ID)
}
func (s stubPatient) Devices(_ context.Context, obj *record.Patient) (*record.List[*record.Device], error) {
	return give[*record.List[*record.Device]](s.chance, "Patient.Devices", obj.ID)
}
func (s stubPatient) Results(_ context.Context, obj *record.Patient, test *record.CodeInput, since *record.Date, first int, after *string) (*record.Connection[*record.Result], error) {
	return give[*record.Connection[*record.Result]](s.chance, "Patient.Results", obj.ID, test, since, first, after)
}
func (s stubPatient) Reports(_ context.Context, obj *record.Patient, first int, after *string) (*record.Connection[*record.Report], error) {
	return give[*record.Connection[*record.Report]](s.chance, "Patient.Reports", obj.ID, first, after)
}
func (s stubPatient) VitalSigns(_ context.Context, obj *record.Patient, sign *record.CodeInput, since *record.Date, first int, after *string) (*record.Connection[*record.VitalSign], error) {
	return give[*record.Connection[*record.VitalSign]](s.chance, "Patient.VitalSigns", obj.ID, sign, since, first, after)
}
func (s stubPatient) Encounters(_ context.Context, obj *record.Patient, first int, after *string) (*record.Connection[record.Encounter], error) {
	return give[*record.Connection[record.Encounter]](s.chance, "Patient.Encounters", obj.ID, first, after)
}
func (s stubPatient) Appointments(_ context.Context, obj *record.Patient, upcoming *bool, ownOrganisation bool, first int, after *string) (*record.Connection[*record.Appointment], error) {
	return give[*record.Connection[*record.Appointment]](s.chance, "Patient.Appointments", obj.ID, upcoming, ownOrganisation, first, after)
}
func (s stubPatient) Documents(_ context.Context, obj *record.Patient, first int, after *string) (*record.Connection[*record.Document], error) {
	return give[*record.Connection[*record.Document]](s.chance, "Patient.Documents", obj.ID, first, after)
}
func (s stubPatient) Document(_ context.Context, obj *record.Patient, id record.ID) (*record.DocumentContent, error) {
	return give[*record.DocumentContent](s.chance, "Patient.Document", obj.ID, id)
}
func (s stubPatient) Referrals(_ context.Context, obj *record.Patient, first int, after *string) (*record.Connection[*record.Referral], error) {
	return give[*record.Connection[*record.Referral]](s.chance, "Patient.Referrals", obj.ID, first, after)
}
func (s stubPatient) CarePlans(_ context.Context, obj *record.Patient) (*record.List[*record.CarePlan], error) {
	return give[*record.List[*record.CarePlan]](s.chance, "Patient.CarePlans", obj.ID)
}
func (s stubPatient) CareTeam(_ context.Context, obj *record.Patient) (*record.List[*record.CareTeamMember], error) {
	return give[*record.List[*record.CareTeamMember]](s.chance, "Patient.CareTeam", obj.ID)
}
func (s stubPatient) Contacts(_ context.Context, obj *record.Patient) (*record.List[*record.Contact], error) {
	return give[*record.List[*record.Contact]](s.chance, "Patient.Contacts", obj.ID)
}
func (s stubPatient) Needs(_ context.Context, obj *record.Patient) (*record.List[*record.Need], error) {
	return give[*record.List[*record.Need]](s.chance, "Patient.Needs", obj.ID)
}
func (s stubPatient) AdvanceCare(_ context.Context, obj *record.Patient) (*record.List[*record.AdvanceDecision], error) {
	return give[*record.List[*record.AdvanceDecision]](s.chance, "Patient.AdvanceCare", obj.ID)
}
func (s stubPatient) Timeline(_ context.Context, obj *record.Patient, sectors []record.Sector, first int, after *string) (*record.Connection[record.TimelineEntry], error) {
	return give[*record.Connection[record.TimelineEntry]](s.chance, "Patient.Timeline", obj.ID, sectors, first, after)
}
func (s stubPatient) Acute(_ context.Context, obj *record.Patient) (*record.AcuteRecord, error) {
	x, err := give[*record.AcuteRecord](s.chance, "Patient.Acute", obj.ID)
	if x != nil {
		x.Patient = obj
	}
	return x, err
}
func (s stubPatient) Gp(_ context.Context, obj *record.Patient) (*record.GPRecord, error) {
	x, err := give[*record.GPRecord](s.chance, "Patient.Gp", obj.ID)
	if x != nil {
		x.Patient = obj
	}
	return x, err
}
func (s stubPatient) MentalHealth(_ context.Context, obj *record.Patient) (*record.MentalHealthRecord, error) {
	x, err := give[*record.MentalHealthRecord](s.chance, "Patient.MentalHealth", obj.ID)
	if x != nil {
		x.Patient = obj
	}
	return x, err
}
func (s stubPatient) SocialCare(_ context.Context, obj *record.Patient) (*record.SocialCareRecord, error) {
	x, err := give[*record.SocialCareRecord](s.chance, "Patient.SocialCare", obj.ID)
	if x != nil {
		x.Patient = obj
	}
	return x, err
}
func (s stubPatient) Sources(_ context.Context, obj *record.Patient) ([]*record.SourceAnswer, error) {
	return give[[]*record.SourceAnswer](s.chance, "Patient.Sources", obj.ID)
}

func (s stubQuery) Patient(_ context.Context, nhsNumber record.NHSNumber) (*record.Patient, error) {
	return give[*record.Patient](s.chance, "Query.Patient", nhsNumber)
}
func (s stubQuery) Patients(_ context.Context, nhsNumbers []record.NHSNumber) ([]*record.PatientEntry, error) {
	return give[[]*record.PatientEntry](s.chance, "Query.Patients", nhsNumbers)
}
func (s stubQuery) Viewer(_ context.Context) (*record.Viewer, error) {
	return give[*record.Viewer](s.chance, "Query.Viewer")
}
func (s stubQuery) ServiceSources(_ context.Context) ([]*record.ServiceSource, error) {
	return give[[]*record.ServiceSource](s.chance, "Query.ServiceSources")
}
func (s stubQuery) AccessLog(_ context.Context, nhsNumber *record.NHSNumber, subject *string, breakGlass bool, first int, after *string) (*record.AccessLogConnection, error) {
	return give[*record.AccessLogConnection](s.chance, "Query.AccessLog", nhsNumber, subject, breakGlass, first, after)
}
func (s stubQuery) AccessAlerts(_ context.Context, since *record.Date) ([]*record.AccessAlert, error) {
	return give[[]*record.AccessAlert](s.chance, "Query.AccessAlerts", since)
}
func (s stubQuery) OptOuts(_ context.Context, nhsNumber record.NHSNumber) ([]*record.OptOut, error) {
	return give[[]*record.OptOut](s.chance, "Query.OptOuts", nhsNumber)
}
func (s stubQuery) OptOutRequests(_ context.Context, status record.OptOutRequestStatus, first int, after *string) (*record.OptOutRequestConnection, error) {
	return give[*record.OptOutRequestConnection](s.chance, "Query.OptOutRequests", status, first, after)
}

func (s stubSocialCareRecord) AllocatedWorkers(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.AllocatedWorker], error) {
	return give[*record.List[*record.AllocatedWorker]](s.chance, "SocialCareRecord.AllocatedWorkers", obj.Patient.ID)
}
func (s stubSocialCareRecord) PrimarySupportReasons(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.SupportReason], error) {
	return give[*record.List[*record.SupportReason]](s.chance, "SocialCareRecord.PrimarySupportReasons", obj.Patient.ID)
}
func (s stubSocialCareRecord) CircumstancesHistory(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.Circumstances], error) {
	return give[*record.List[*record.Circumstances]](s.chance, "SocialCareRecord.CircumstancesHistory", obj.Patient.ID)
}
func (s stubSocialCareRecord) Services(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.SocialCareService], error) {
	return give[*record.List[*record.SocialCareService]](s.chance, "SocialCareRecord.Services", obj.Patient.ID)
}
func (s stubSocialCareRecord) Assessments(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.SocialCareAssessment], error) {
	return give[*record.List[*record.SocialCareAssessment]](s.chance, "SocialCareRecord.Assessments", obj.Patient.ID)
}
func (s stubSocialCareRecord) Requests(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.SocialCareRequest], error) {
	return give[*record.List[*record.SocialCareRequest]](s.chance, "SocialCareRecord.Requests", obj.Patient.ID)
}
func (s stubSocialCareRecord) Reviews(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.SocialCareReview], error) {
	return give[*record.List[*record.SocialCareReview]](s.chance, "SocialCareRecord.Reviews", obj.Patient.ID)
}
func (s stubSocialCareRecord) SupportPlans(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.CarePlan], error) {
	return give[*record.List[*record.CarePlan]](s.chance, "SocialCareRecord.SupportPlans", obj.Patient.ID)
}
func (s stubSocialCareRecord) Equipment(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.Equipment], error) {
	return give[*record.List[*record.Equipment]](s.chance, "SocialCareRecord.Equipment", obj.Patient.ID)
}
func (s stubSocialCareRecord) Carers(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.Carer], error) {
	return give[*record.List[*record.Carer]](s.chance, "SocialCareRecord.Carers", obj.Patient.ID)
}
func (s stubSocialCareRecord) AboutMe(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.AboutMe], error) {
	return give[*record.List[*record.AboutMe]](s.chance, "SocialCareRecord.AboutMe", obj.Patient.ID)
}
func (s stubSocialCareRecord) Safeguarding(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.SafeguardingConcern], error) {
	return give[*record.List[*record.SafeguardingConcern]](s.chance, "SocialCareRecord.Safeguarding", obj.Patient.ID)
}
func (s stubSocialCareRecord) LegalMeasures(_ context.Context, obj *record.SocialCareRecord) (*record.List[*record.LegalMeasure], error) {
	return give[*record.List[*record.LegalMeasure]](s.chance, "SocialCareRecord.LegalMeasures", obj.Patient.ID)
}
