package record

import (
	"strings"
	"time"
)

// The four kinds of encounter.

func (*Stay) encounter()         {}
func (*Attendance) encounter()   {}
func (*Consultation) encounter() {}
func (*CareContact) encounter()  {}

// inpatient is the kind of a stay without a classification (HL7 v3 ActEncounterCode).
var inpatient = Code{System: "http://terminology.hl7.org/CodeSystem/v3-ActCode", Code: "IMP", Display: "inpatient encounter"}

// Kind returns the patient classification. Without one it returns "inpatient encounter".
func (x *Stay) Kind() *Code {
	if x.PatientClassification != nil {
		return x.PatientClassification
	}
	return &inpatient
}

// Session reports whether the stay is a day case or one of a series, as for dialysis (PATIENT CLASSIFICATION CODE 2 to 4). Nobody goes
// home from it with other medicines than they came with, unless some are supplied.
func (x *Stay) Session() bool {
	if x.PatientClassification == nil {
		return false
	}
	switch strings.TrimSpace(string(x.PatientClassification.Code)) {
	case "2", "3", "4":
		return true
	}
	return false
}

// StartedAt returns the admission.
func (x *Stay) StartedAt() DateTime { return x.AdmittedAt }

// StartedAtPrecision returns how much of it is known.
func (x *Stay) StartedAtPrecision() Precision { return x.AdmittedAtPrecision }

// EndedAt returns the discharge.
func (x *Stay) EndedAt() DateTime { return x.DischargedAt }

// EndedAtPrecision returns how much of it is known.
func (x *Stay) EndedAtPrecision() Precision { return x.DischargedAtPrecision }

// StartedAt returns the arrival.
func (x *Attendance) StartedAt() DateTime { return x.ArrivedAt }

// StartedAtPrecision returns how much of it is known.
func (x *Attendance) StartedAtPrecision() Precision { return x.ArrivedAtPrecision }

// EndedAt returns the departure.
func (x *Attendance) EndedAt() DateTime { return x.DepartedAt }

// EndedAtPrecision returns how much of it is known.
func (x *Attendance) EndedAtPrecision() Precision { return x.DepartedAtPrecision }

// Reason returns the chief complaint.
func (x *Attendance) Reason() *Code { return x.Complaint }

// StartedAt returns when the consultation began.
func (x *Consultation) StartedAt() DateTime { return x.HeldAt }

// StartedAtPrecision returns how much of it is known.
func (x *Consultation) StartedAtPrecision() Precision { return x.HeldAtPrecision }

// StartedAt returns when the contact took place.
func (x *CareContact) StartedAt() DateTime { return x.HeldAt }

// StartedAtPrecision returns how much of it is known.
func (x *CareContact) StartedAtPrecision() Precision { return x.HeldAtPrecision }

// Unheld says in words that the person was not seen: that they did not come, or that it was cancelled. It is "" for a contact that
// took place, or of which nobody says whether it did.
func (x *CareContact) Unheld() string {
	said := unseen(x.Attended, inTime, late)
	if said == "" && x.CancellationReason != nil {
		said = "cancelled"
	}
	return said
}

// SayUnheld begins the words for the kind of contact with what Unheld says: a list that shows nothing else of it would read as if the
// person had been seen. The code itself becomes the original of these words. A source calls it once.
func (x *CareContact) SayUnheld() {
	said := x.Unheld()
	if said == "" {
		return
	}
	kind := &Code{Display: said, Original: x.Kind}
	if x.Kind != nil {
		kind.Display += ": " + x.Kind.Display
	}
	x.Kind = kind
}

// EndedAt returns the start plus the duration, if both are known, the start has its time of day, and it took place.
func (x *CareContact) EndedAt() DateTime {
	if x.Unheld() != "" || x.DurationMinutes == nil || x.HeldAt.IsZero() || x.HeldAtPrecision != PrecisionTime {
		return DateTime{}
	}
	return DateTime{x.HeldAt.Add(time.Duration(*x.DurationMinutes) * time.Minute)}
}

// EndedAtPrecision returns TIME, or "" without an end.
func (x *CareContact) EndedAtPrecision() Precision {
	if x.EndedAt().IsZero() {
		return ""
	}
	return PrecisionTime
}
