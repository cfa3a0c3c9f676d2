package resolvers

import (
	"context"

	"carerecord/internal/record"
)

// socialCareResolver resolves what adult social care alone records.
type socialCareResolver struct{}

func (socialCareResolver) AllocatedWorkers(ctx context.Context, obj *record.SocialCareRecord) (*record.AllocatedWorkerList, error) {
	return list[record.AllocatedWorker](ctx, obj.Patient)
}

func (socialCareResolver) PrimarySupportReasons(ctx context.Context, obj *record.SocialCareRecord) (*record.SupportReasonList, error) {
	return list[record.SupportReason](ctx, obj.Patient)
}

func (socialCareResolver) CircumstancesHistory(ctx context.Context, obj *record.SocialCareRecord) (*record.CircumstancesList, error) {
	return list[record.Circumstances](ctx, obj.Patient)
}

func (socialCareResolver) Services(ctx context.Context, obj *record.SocialCareRecord) (*record.SocialCareServiceList, error) {
	return list[record.SocialCareService](ctx, obj.Patient)
}

func (socialCareResolver) Assessments(ctx context.Context, obj *record.SocialCareRecord) (*record.SocialCareAssessmentList, error) {
	return list[record.SocialCareAssessment](ctx, obj.Patient)
}

func (socialCareResolver) Requests(ctx context.Context, obj *record.SocialCareRecord) (*record.SocialCareRequestList, error) {
	return list[record.SocialCareRequest](ctx, obj.Patient)
}

func (socialCareResolver) Reviews(ctx context.Context, obj *record.SocialCareRecord) (*record.SocialCareReviewList, error) {
	return list[record.SocialCareReview](ctx, obj.Patient)
}

func (socialCareResolver) SupportPlans(ctx context.Context, obj *record.SocialCareRecord) (*record.CarePlanList, error) {
	return list[record.CarePlan](ctx, obj.Patient)
}

func (socialCareResolver) Equipment(ctx context.Context, obj *record.SocialCareRecord) (*record.EquipmentList, error) {
	return list[record.Equipment](ctx, obj.Patient)
}

func (socialCareResolver) Carers(ctx context.Context, obj *record.SocialCareRecord) (*record.CarerList, error) {
	return list[record.Carer](ctx, obj.Patient)
}

func (socialCareResolver) AboutMe(ctx context.Context, obj *record.SocialCareRecord) (*record.AboutMeList, error) {
	return list[record.AboutMe](ctx, obj.Patient)
}

func (socialCareResolver) Safeguarding(ctx context.Context, obj *record.SocialCareRecord) (*record.SafeguardingConcernList, error) {
	return list[record.SafeguardingConcern](ctx, obj.Patient)
}

func (socialCareResolver) LegalMeasures(ctx context.Context, obj *record.SocialCareRecord) (*record.LegalMeasureList, error) {
	return list[record.LegalMeasure](ctx, obj.Patient)
}
