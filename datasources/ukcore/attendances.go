package ukcore

import (
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

func (c *chart) addAttendance(v *visit) {
	item, e := c.item(fetch.Attendances, v.of, v.of.ID)
	a := record.Attendance{
		Item: item, Kind: v.kind(), Complaint: v.reason(e), Acuity: v.Priority.Ptr(), Specialty: v.ServiceType.Ptr(), Clinician: e.who(v.people()...),
		Site: e.organisation(v.ServiceProvider), DischargeStatus: v.concept("EmergencyCareDischargeStatus").Ptr(),
		DischargeDestination: c.masked(v.Hospitalization.DischargeDisposition),
	}
	a.ArrivedAt, a.ArrivedAtPrecision = e.Moment(v.Period.Start)
	a.DepartedAt, a.DepartedAtPrecision = e.Moment(v.Period.End)
	for _, at := range v.Location {
		if a.Department == "" {
			a.Department = record.Text(e.place(at.Location))
		}
	}
	for i, code := range v.ranked(e) {
		rank := i + 1
		a.Diagnoses = append(a.Diagnoses, record.AttendanceDiagnosis{Diagnosis: *code, Rank: &rank})
	}
	put(c, &c.attendances, a, e)
}
