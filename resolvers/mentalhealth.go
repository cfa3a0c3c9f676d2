package resolvers

import (
	"context"

	"carerecord/internal/record"
)

// mentalHealthResolver resolves what mental health trusts alone record.
type mentalHealthResolver struct{}

func (mentalHealthResolver) CareCoordinators(ctx context.Context, obj *record.MentalHealthRecord) (*record.CareCoordinatorList, error) {
	return list[record.CareCoordinator](ctx, obj.Patient)
}

func (mentalHealthResolver) ResponsibleClinicians(ctx context.Context, obj *record.MentalHealthRecord) (*record.ResponsibleClinicianList, error) {
	return list[record.ResponsibleClinician](ctx, obj.Patient)
}

func (mentalHealthResolver) LegalStatuses(ctx context.Context, obj *record.MentalHealthRecord) (*record.LegalStatusList, error) {
	return list[record.LegalStatus](ctx, obj.Patient)
}

func (mentalHealthResolver) CommunityTreatmentOrders(ctx context.Context, obj *record.MentalHealthRecord) (*record.CommunityTreatmentOrderList, error) {
	return list[record.CommunityTreatmentOrder](ctx, obj.Patient)
}

func (mentalHealthResolver) ConditionalDischarges(ctx context.Context, obj *record.MentalHealthRecord) (*record.ConditionalDischargeList, error) {
	return list[record.ConditionalDischarge](ctx, obj.Patient)
}

func (mentalHealthResolver) CareClusters(ctx context.Context, obj *record.MentalHealthRecord) (*record.CareClusterList, error) {
	return list[record.CareCluster](ctx, obj.Patient)
}

func (mentalHealthResolver) CarePlans(ctx context.Context, obj *record.MentalHealthRecord) (*record.CarePlanList, error) {
	return list[record.CarePlan](ctx, obj.Patient)
}

func (mentalHealthResolver) Assessments(ctx context.Context, obj *record.MentalHealthRecord) (*record.MentalHealthAssessmentList, error) {
	return list[record.MentalHealthAssessment](ctx, obj.Patient)
}

func (mentalHealthResolver) Diagnoses(ctx context.Context, obj *record.MentalHealthRecord) (*record.ProblemList, error) {
	return list[record.Problem](ctx, obj.Patient)
}

func (mentalHealthResolver) Absences(ctx context.Context, obj *record.MentalHealthRecord) (*record.AbsenceList, error) {
	return list[record.Absence](ctx, obj.Patient)
}

func (mentalHealthResolver) DelayedDischarges(ctx context.Context, obj *record.MentalHealthRecord) (*record.DelayedDischargeList, error) {
	return list[record.DelayedDischarge](ctx, obj.Patient)
}

func (mentalHealthResolver) Contacts(ctx context.Context, obj *record.MentalHealthRecord, _ int, _ *string) (*record.CareContactConnection, error) {
	return connection[record.CareContact](ctx, obj.Patient)
}

func (mentalHealthResolver) Referrals(ctx context.Context, obj *record.MentalHealthRecord, _ int, _ *string) (*record.ReferralConnection, error) {
	return connection[record.Referral](ctx, obj.Patient)
}

func (mentalHealthResolver) Stays(ctx context.Context, obj *record.MentalHealthRecord, _ int, _ *string) (*record.StayConnection, error) {
	return connection[record.Stay](ctx, obj.Patient)
}
