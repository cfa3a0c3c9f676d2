package ukcore

import (
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// addAttendance adds an attendance. A finished emergency attendance without an end is shown, and the kind
// is marked incomplete: it must neither be missed nor read as if the person were still there. Nobody reads
// a clinic visit without an end that way.
func (c *chart) addAttendance(v *visit) {
	item, e := c.item(fetch.Attendances, v.of, v.of.ID)
	a := record.Attendance{
		Item: item, Kind: v.kind(), Complaint: v.reason(e), Acuity: v.Priority.Ptr(), Specialty: v.ServiceType.Ptr(), Clinician: e.inCharge(v),
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
	for i, code := range v.ranked(e, map[string]bool{}) {
		rank := i + 1
		a.Diagnoses = append(a.Diagnoses, record.AttendanceDiagnosis{Diagnosis: *code, Rank: &rank})
	}
	if put(c, &c.attendances, a, e) && v.Class.Code == "EMER" && v.Status == "finished" && !a.ArrivedAt.IsZero() && a.DepartedAt.IsZero() {
		c.incomplete(e.kind)
	}
}
