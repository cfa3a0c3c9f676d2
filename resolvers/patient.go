package resolvers

import (
	"context"

	"carerecord/internal/record"
)

// patientResolver resolves the fields of a patient.
type patientResolver struct{}

func (patientResolver) Alerts(ctx context.Context, obj *record.Patient) (*record.AlertList, error) {
	return list[record.Alert](ctx, obj)
}

func (patientResolver) Allergies(ctx context.Context, obj *record.Patient, _ record.AllergyFilter) (*record.AllergyList, error) {
	return list[record.Allergy](ctx, obj)
}

func (patientResolver) Medications(ctx context.Context, obj *record.Patient, _ *record.MedicationFilter) (*record.MedicationList, error) {
	return medicines(ctx, obj)
}

func (patientResolver) Problems(ctx context.Context, obj *record.Patient, _ *record.ProblemFilter) (*record.ProblemList, error) {
	return list[record.Problem](ctx, obj)
}

func (patientResolver) Immunisations(ctx context.Context, obj *record.Patient) (*record.ImmunisationList, error) {
	return list[record.Immunisation](ctx, obj)
}

func (patientResolver) Procedures(ctx context.Context, obj *record.Patient) (*record.ProcedureList, error) {
	return list[record.Procedure](ctx, obj)
}

func (patientResolver) Devices(ctx context.Context, obj *record.Patient) (*record.DeviceList, error) {
	return list[record.Device](ctx, obj)
}

func (patientResolver) Results(ctx context.Context, obj *record.Patient, _ *record.CodeInput, _ *record.Date, _ int, _ *string) (*record.ResultConnection, error) {
	return connection[record.Result](ctx, obj)
}

func (patientResolver) Reports(ctx context.Context, obj *record.Patient, _ int, _ *string) (*record.ReportConnection, error) {
	return connection[record.Report](ctx, obj)
}

func (patientResolver) VitalSigns(ctx context.Context, obj *record.Patient, _ *record.CodeInput, _ *record.Date, _ int, _ *string) (*record.VitalSignConnection, error) {
	return connection[record.VitalSign](ctx, obj)
}

func (patientResolver) Appointments(ctx context.Context, obj *record.Patient, _ *bool, _ bool, _ int, _ *string) (*record.AppointmentConnection, error) {
	return connection[record.Appointment](ctx, obj)
}

func (patientResolver) Documents(ctx context.Context, obj *record.Patient, _ int, _ *string) (*record.DocumentConnection, error) {
	return connection[record.Document](ctx, obj)
}

func (patientResolver) Referrals(ctx context.Context, obj *record.Patient, _ int, _ *string) (*record.ReferralConnection, error) {
	return connection[record.Referral](ctx, obj)
}

func (patientResolver) CarePlans(ctx context.Context, obj *record.Patient) (*record.CarePlanList, error) {
	return list[record.CarePlan](ctx, obj)
}

func (patientResolver) CareTeam(ctx context.Context, obj *record.Patient) (*record.CareTeamMemberList, error) {
	return list[record.CareTeamMember](ctx, obj)
}

func (patientResolver) Contacts(ctx context.Context, obj *record.Patient) (*record.ContactList, error) {
	return list[record.Contact](ctx, obj)
}

func (patientResolver) Needs(ctx context.Context, obj *record.Patient) (*record.NeedList, error) {
	return list[record.Need](ctx, obj)
}

func (patientResolver) AdvanceCare(ctx context.Context, obj *record.Patient) (*record.AdvanceDecisionList, error) {
	return list[record.AdvanceDecision](ctx, obj)
}
