package resolvers

import (
	"context"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// pointer is a pointer to a record type that implements record.RecordItem.
type pointer[T any] interface {
	*T
	record.RecordItem
}

// A reader reads the items of a field from an answer. Entry returns the entry that an item is; nil if it is none.
type reader[I any] interface {
	Read(ctx context.Context, kind fetch.Kind, a fetch.Answer, subject int) []I
	Entry(I) record.RecordItem
}

// typed reads the entries of one type.
type typed[T any, P pointer[T]] struct{}

func (typed[T, P]) Read(_ context.Context, _ fetch.Kind, a fetch.Answer, subject int) []*T {
	return pointers[T](a, subject)
}

func (typed[T, P]) Entry(x *T) record.RecordItem { return P(x) }

// pointers returns pointers to a subject's rows of one type.
func pointers[T any](a fetch.Answer, subject int) []*T {
	rows := fetch.RowsOf[T](a).Of(subject)
	items := make([]*T, len(rows))
	for i := range rows {
		items[i] = &rows[i]
	}
	return items
}

// mixed reads entries of any kind as an interface that they have in common.
type mixed[I record.RecordItem] struct{}

func (mixed[I]) Entry(x I) record.RecordItem { return x }

func (mixed[I]) Read(_ context.Context, kind fetch.Kind, a fetch.Answer, subject int) []I {
	var items []I // a kind without a visitor, or not of this list, panics: it must not look like none
	visitors[kind](a, subject, func(x record.RecordItem) { items = append(items, x.(I)) })
	return items
}

// visitors visit the entries of each kind, whatever their Go type.
var visitors = map[fetch.Kind]func(fetch.Answer, int, func(record.RecordItem)){
	fetch.Stays: visitor[record.Stay], fetch.Attendances: visitor[record.Attendance], fetch.Imaging: visitor[record.ImagingStudy],
	fetch.Consultations: visitor[record.Consultation], fetch.CareContacts: visitor[record.CareContact],
	fetch.Problems: visitor[record.Problem], fetch.Medications: visitor[record.Medication], fetch.Procedures: visitor[record.Procedure],
	fetch.Immunisations: visitor[record.Immunisation], fetch.Reports: visitor[record.Report], fetch.Documents: visitor[record.Document],
	fetch.Referrals: visitor[record.Referral], fetch.Appointments: visitor[record.Appointment], fetch.CarePlans: visitor[record.CarePlan],
	fetch.LegalStatuses: visitor[record.LegalStatus], fetch.CommunityTreatmentOrders: visitor[record.CommunityTreatmentOrder],
	fetch.ConditionalDischarges: visitor[record.ConditionalDischarge], fetch.Assessments: visitor[record.MentalHealthAssessment],
	fetch.Services: visitor[record.SocialCareService], fetch.SocialCareAssessments: visitor[record.SocialCareAssessment],
	fetch.Requests: visitor[record.SocialCareRequest], fetch.Reviews: visitor[record.SocialCareReview],
	fetch.LegalMeasures: visitor[record.LegalMeasure],
}

func visitor[T any, P pointer[T]](a fetch.Answer, subject int, visit func(record.RecordItem)) {
	rows := fetch.RowsOf[T](a).Of(subject)
	for i := range rows {
		visit(P(&rows[i]))
	}
}
