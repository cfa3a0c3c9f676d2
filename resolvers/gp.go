package resolvers

import (
	"context"

	"carerecord/internal/record"
)

// gpResolver resolves what general practices alone record.
type gpResolver struct{}

func (gpResolver) Consultations(ctx context.Context, obj *record.GPRecord, _ int, _ *string) (*record.ConsultationConnection, error) {
	return connection[record.Consultation](ctx, obj.Patient)
}
