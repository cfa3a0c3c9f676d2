package view

import "carerecord/internal/record"

func scanCareContact(r *row, x *record.CareContact) {
	x.HeldAt, x.HeldAtPrecision = r.Moment()
	x.DurationMinutes = r.Int()
	x.Kind = r.CodePtr()
	x.Medium = enum(r, contactMediumValues, record.ContactMediumUnknown)
	x.Team = record.Text(r.Text())
	x.TeamType = r.CodePtr()
	x.Location = record.Text(r.Text())
	x.Clinician = r.Practitioner()
	x.Reason = r.CodePtr()
	x.Attended = r.CodePtr()
	x.CancellationReason = r.CodePtr()
	x.SayUnheld()
}

func scanCareCoordinator(r *row, x *record.CareCoordinator) {
	x.Name = record.Text(r.Text())
	x.Role = record.Text(r.Text())
	x.Team = record.Text(r.Text())
	x.Phone = record.Text(r.Text())
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
}

func scanResponsibleClinician(r *row, x *record.ResponsibleClinician) {
	x.Name = record.Text(r.Text())
	x.Role = record.Text(r.Text())
	x.Team = record.Text(r.Text())
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
}

func scanLegalStatus(r *row, x *record.LegalStatus) {
	x.Status = r.MappedCode()
	x.StartedAt, x.StartedAtPrecision = r.Moment()
	x.ExpiresAt, x.ExpiresAtPrecision = r.Moment()
	x.EndedAt, x.EndedAtPrecision = r.Moment()
	x.StartReason = r.CodePtr()
	x.EndReason = r.CodePtr()
	x.Category = r.CodePtr()
}

func scanCommunityTreatmentOrder(r *row, x *record.CommunityTreatmentOrder) {
	x.StartedAt, x.StartedAtPrecision = r.Moment()
	x.ExpiresAt, x.ExpiresAtPrecision = r.Moment()
	x.EndedAt, x.EndedAtPrecision = r.Moment()
	x.EndReason = r.CodePtr()
}

func scanRecall(r *row) (x record.Recall) {
	x.StartedAt, x.StartedAtPrecision = r.Moment()
	x.EndedAt, x.EndedAtPrecision = r.Moment()
	return x
}

func scanConditionalDischarge(r *row, x *record.ConditionalDischarge) {
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.EndReason = r.CodePtr()
}

func scanAbsence(r *row, x *record.Absence) {
	x.Kind = r.MappedCode()
	x.StartedAt, x.StartedAtPrecision = r.Moment()
	x.EndedAt, x.EndedAtPrecision = r.Moment()
	x.Escorted = r.Bool()
}

func scanDelayedDischarge(r *row, x *record.DelayedDischarge) {
	x.Reason = r.MappedCode()
	x.AttributableTo = r.CodePtr()
	x.ResponsibleAuthority = r.Organisation()
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
}

func scanMentalHealthAssessment(r *row, x *record.MentalHealthAssessment) {
	x.Tool = r.MappedCode()
	x.Score = r.Decimal()
	x.ScoreText = record.Text(r.Text())
	x.Unit = record.Text(r.Text())
	x.AssessedOn = r.PartialDate()
	x.Assessor = r.Practitioner()
	x.Status = enum(r, resultStatusValues, record.ResultStatusUnknown)
}

func scanCareCluster(r *row, x *record.CareCluster) {
	x.Cluster = r.MappedCode()
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
}
