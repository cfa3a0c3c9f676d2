package record

import "time"

// The four kinds of encounter.

func (*Stay) encounter()         {}
func (*Attendance) encounter()   {}
func (*Consultation) encounter() {}
func (*CareContact) encounter()  {}

// inpatient is what kind of encounter a stay is (HL7 v3 ActEncounterCode).
var inpatient = Code{System: "http://terminology.hl7.org/CodeSystem/v3-ActCode", Code: "IMP", Display: "inpatient encounter"}

// Kind is the patient classification, or else that it is a stay.
func (x *Stay) Kind() *Code {
	if x.PatientClassification != nil {
		return x.PatientClassification
	}
	return &inpatient
}

// StartedAt is the admission.
func (x *Stay) StartedAt() DateTime { return x.AdmittedAt }

// StartedAtPrecision is how much of it is known.
func (x *Stay) StartedAtPrecision() Precision { return x.AdmittedAtPrecision }

// EndedAt is the discharge.
func (x *Stay) EndedAt() DateTime { return x.DischargedAt }

// EndedAtPrecision is how much of it is known.
func (x *Stay) EndedAtPrecision() Precision { return x.DischargedAtPrecision }

// StartedAt is the arrival.
func (x *Attendance) StartedAt() DateTime { return x.ArrivedAt }

// StartedAtPrecision is how much of it is known.
func (x *Attendance) StartedAtPrecision() Precision { return x.ArrivedAtPrecision }

// EndedAt is the departure.
func (x *Attendance) EndedAt() DateTime { return x.DepartedAt }

// EndedAtPrecision is how much of it is known.
func (x *Attendance) EndedAtPrecision() Precision { return x.DepartedAtPrecision }

// Reason is the chief complaint.
func (x *Attendance) Reason() *Code { return x.Complaint }

// StartedAt is when the consultation began.
func (x *Consultation) StartedAt() DateTime { return x.HeldAt }

// StartedAtPrecision is how much of it is known.
func (x *Consultation) StartedAtPrecision() Precision { return x.HeldAtPrecision }

// StartedAt is when the contact took place.
func (x *CareContact) StartedAt() DateTime { return x.HeldAt }

// StartedAtPrecision is how much of it is known.
func (x *CareContact) StartedAtPrecision() Precision { return x.HeldAtPrecision }

// EndedAt is the start and the duration, where both are known, the start with its time of day.
func (x *CareContact) EndedAt() DateTime {
	if x.DurationMinutes == nil || x.HeldAt.IsZero() || x.HeldAtPrecision != PrecisionTime {
		return DateTime{}
	}
	return DateTime{x.HeldAt.Add(time.Duration(*x.DurationMinutes) * time.Minute)}
}

// EndedAtPrecision is how much of it is known: to the minute, or nothing.
func (x *CareContact) EndedAtPrecision() Precision {
	if x.EndedAt().IsZero() {
		return ""
	}
	return PrecisionTime
}
