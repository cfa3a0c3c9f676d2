package resolvers

import (
	"context"

	"carerecord/internal/record"
)

// acuteResolver resolves what hospitals alone record.
type acuteResolver struct{}

func (acuteResolver) Stays(ctx context.Context, obj *record.AcuteRecord, _ int, _ *string) (*record.StayConnection, error) {
	return connection[record.Stay](ctx, obj.Patient)
}

func (acuteResolver) Attendances(ctx context.Context, obj *record.AcuteRecord, _ int, _ *string) (*record.AttendanceConnection, error) {
	return connection[record.Attendance](ctx, obj.Patient)
}

func (acuteResolver) ImagingStudies(ctx context.Context, obj *record.AcuteRecord, _ int, _ *string) (*record.ImagingStudyConnection, error) {
	return connection[record.ImagingStudy](ctx, obj.Patient)
}
