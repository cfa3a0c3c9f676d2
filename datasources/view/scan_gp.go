package view

import "carerecord/internal/record"

func scanConsultation(r *row, x *record.Consultation) {
	x.HeldAt, x.HeldAtPrecision = r.Moment()
	x.EndedAt, x.EndedAtPrecision = r.Moment()
	x.Kind = r.MappedCode()
	x.Medium = enum(r, contactMediumValues, record.ContactMediumUnknown)
	x.Reason = r.CodePtr()
	x.Clinician = r.Practitioner()
	x.Location = record.Text(r.Text())
}

func scanConsultationSection(r *row) (x record.ConsultationSection) {
	x.Heading = r.Text()
	x.Text = record.Text(r.Text())
	x.Entry = r.CodePtr()
	return x
}
