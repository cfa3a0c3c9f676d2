package view

import "carerecord/internal/record"

func scanStay(r *row, x *record.Stay) {
	x.AdmittedAt, x.AdmittedAtPrecision = r.Moment()
	x.DischargedAt, x.DischargedAtPrecision = r.Moment()
	x.DischargeReadyOn = r.PartialDate()
	x.EstimatedDischargeOn = r.PartialDate()
	x.PlannedDischargeOn = r.PartialDate()
	x.PatientClassification = r.CodePtr()
	x.AdmissionMethod = r.CodePtr()
	x.AdmissionSource = r.CodePtr()
	x.DischargeMethod = r.CodePtr()
	x.DischargeDestination = r.CodePtr()
	x.Specialty = r.CodePtr()
	x.MainSpecialty = r.CodePtr()
	x.Reason = r.CodePtr()
	x.Ward = record.Text(r.Text())
	x.Site = r.Organisation()
	x.Consultant = r.Practitioner()
	x.LegalStatusOnAdmission = r.CodePtr()
	x.Summary = r.Summary()
}

func scanDischarge(r *row, x *record.Stay) {
	x.DischargedAt, x.DischargedAtPrecision = r.Moment()
	x.PatientClassification = r.CodePtr()
}

func scanStayDiagnosis(r *row) (x record.StayDiagnosis) {
	x.Diagnosis = r.MappedCode()
	x.Rank = r.Int()
	return x
}

func scanStayProcedure(r *row) (x record.StayProcedure) {
	x.Procedure = r.MappedCode()
	x.PerformedOn = r.PartialDate()
	x.Rank = r.Int()
	return x
}

func scanEpisode(r *row) (x record.Episode) {
	x.Specialty = r.CodePtr()
	x.MainSpecialty = r.CodePtr()
	x.Consultant = r.Practitioner()
	x.StartedAt, x.StartedAtPrecision = r.Moment()
	x.EndedAt, x.EndedAtPrecision = r.Moment()
	return x
}

func scanWardStay(r *row) (x record.WardStay) {
	x.Ward = record.Text(r.Text())
	x.Site = r.Organisation()
	x.Setting = r.CodePtr()
	x.Security = r.CodePtr()
	x.Locked = r.Bool()
	x.StartedAt, x.StartedAtPrecision = r.Moment()
	x.EndedAt, x.EndedAtPrecision = r.Moment()
	return x
}

func scanAttendance(r *row, x *record.Attendance) {
	x.Kind = r.CodePtr()
	x.ArrivedAt, x.ArrivedAtPrecision = r.Moment()
	x.DepartedAt, x.DepartedAtPrecision = r.Moment()
	x.ArrivalMode = r.CodePtr()
	x.Acuity = r.CodePtr()
	x.Complaint = r.CodePtr()
	x.Specialty = r.CodePtr()
	x.Clinician = r.Practitioner()
	x.Site = r.Organisation()
	x.Department = record.Text(r.Text())
	x.DischargeStatus = r.CodePtr()
	x.DischargeDestination = r.CodePtr()
}

func scanAttendanceDiagnosis(r *row) (x record.AttendanceDiagnosis) {
	x.Diagnosis = r.MappedCode()
	x.Rank = r.Int()
	return x
}

func scanImagingStudy(r *row, x *record.ImagingStudy) {
	x.StartedAt, x.StartedAtPrecision = r.Moment()
	x.Modality = r.CodePtr()
	x.BodySite = r.CodePtr()
	x.Description = record.Text(r.Text())
	x.Procedure = r.CodePtr()
	x.Status = enum(r, resultStatusValues, record.ResultStatusUnknown)
	x.SeriesCount = r.Int()
	x.ImageCount = r.Int()
}
