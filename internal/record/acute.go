package record

// Stay is a hospital provider spell: one admission to discharge at one provider (NHS data dictionary HOSPITAL PROVIDER SPELL).
type Stay struct {
	Item
	AdmittedAt             DateTime
	AdmittedAtPrecision    Precision
	DischargedAt           DateTime
	DischargedAtPrecision  Precision
	DischargeReadyOn       PartialDate
	EstimatedDischargeOn   PartialDate
	PlannedDischargeOn     PartialDate
	PatientClassification  *Code
	AdmissionMethod        *Code
	AdmissionSource        *Code
	DischargeMethod        *Code
	DischargeDestination   *Code
	Specialty              *Code
	MainSpecialty          *Code
	Reason                 *Code
	Ward                   Text
	Site                   *Organisation
	Consultant             *Practitioner
	LegalStatusOnAdmission *Code
	Summary                *DocumentReference
	Diagnoses              []StayDiagnosis
	Procedures             []StayProcedure
	Episodes               []Episode
	WardStays              []WardStay
}

// Stand returns the place of the entry in its list.
func (x *Stay) Stand() Stand { return standAt(x.AdmittedAt) }

// Codes visits every code of the entry.
func (x *Stay) Codes(visit func(*Code)) {
	visit(x.PatientClassification)
	visit(x.AdmissionMethod)
	visit(x.AdmissionSource)
	visit(x.DischargeMethod)
	visit(x.DischargeDestination)
	visit(x.Specialty)
	visit(x.MainSpecialty)
	visit(x.Reason)
	visit(x.LegalStatusOnAdmission)
	for i := range x.Diagnoses {
		x.Diagnoses[i].Codes(visit)
	}
	for i := range x.Procedures {
		x.Procedures[i].Codes(visit)
	}
	for i := range x.Episodes {
		x.Episodes[i].Codes(visit)
	}
	for i := range x.WardStays {
		x.WardStays[i].Codes(visit)
	}
}

// Words visits every name and text of the entry.
func (x *Stay) Words(visit func(string)) {
	visit(string(x.Ward))
	visit(x.Site.words())
	visit(x.Summary.words())
	for i := range x.Diagnoses {
		x.Diagnoses[i].Words(visit)
	}
	for i := range x.Procedures {
		x.Procedures[i].Words(visit)
	}
	for i := range x.Episodes {
		x.Episodes[i].Words(visit)
	}
	for i := range x.WardStays {
		x.WardStays[i].Words(visit)
	}
	x.Consultant.words(visit)
}

// StayDiagnosis is a diagnosis of a stay.
type StayDiagnosis struct {
	Diagnosis Code
	Rank      *int
}

// Codes visits every code of the entry.
func (x *StayDiagnosis) Codes(visit func(*Code)) {
	visit(&x.Diagnosis)
}

// Words visits every name and text of the entry.
func (x *StayDiagnosis) Words(visit func(string)) {
}

// StayProcedure is a procedure of a stay.
type StayProcedure struct {
	Procedure   Code
	PerformedOn PartialDate
	Rank        *int
}

// Codes visits every code of the entry.
func (x *StayProcedure) Codes(visit func(*Code)) {
	visit(&x.Procedure)
}

// Words visits every name and text of the entry.
func (x *StayProcedure) Words(visit func(string)) {
}

// Episode is a consultant episode: the time under one consultant.
type Episode struct {
	Specialty          *Code
	MainSpecialty      *Code
	Consultant         *Practitioner
	StartedAt          DateTime
	StartedAtPrecision Precision
	EndedAt            DateTime
	EndedAtPrecision   Precision
}

// Codes visits every code of the entry.
func (x *Episode) Codes(visit func(*Code)) {
	visit(x.Specialty)
	visit(x.MainSpecialty)
}

// Words visits every name and text of the entry.
func (x *Episode) Words(visit func(string)) {
	x.Consultant.words(visit)
}

// WardStay is the time on one ward.
type WardStay struct {
	Ward               Text
	Site               *Organisation
	Setting            *Code
	Security           *Code
	Locked             *bool
	StartedAt          DateTime
	StartedAtPrecision Precision
	EndedAt            DateTime
	EndedAtPrecision   Precision
}

// Codes visits every code of the entry.
func (x *WardStay) Codes(visit func(*Code)) {
	visit(x.Setting)
	visit(x.Security)
}

// Words visits every name and text of the entry.
func (x *WardStay) Words(visit func(string)) {
	visit(string(x.Ward))
	visit(x.Site.words())
}

// Attendance is an attendance at an emergency department or an outpatient clinic (ECDS, CDS).
type Attendance struct {
	Item
	Kind                 *Code
	ArrivedAt            DateTime
	ArrivedAtPrecision   Precision
	DepartedAt           DateTime
	DepartedAtPrecision  Precision
	ArrivalMode          *Code
	Acuity               *Code
	Complaint            *Code
	Specialty            *Code
	Clinician            *Practitioner
	Site                 *Organisation
	Department           Text
	DischargeStatus      *Code
	DischargeDestination *Code
	Diagnoses            []AttendanceDiagnosis
}

// Stand returns the place of the entry in its list.
func (x *Attendance) Stand() Stand { return standAt(x.ArrivedAt) }

// Codes visits every code of the entry.
func (x *Attendance) Codes(visit func(*Code)) {
	visit(x.Kind)
	visit(x.ArrivalMode)
	visit(x.Acuity)
	visit(x.Complaint)
	visit(x.Specialty)
	visit(x.DischargeStatus)
	visit(x.DischargeDestination)
	for i := range x.Diagnoses {
		x.Diagnoses[i].Codes(visit)
	}
}

// Words visits every name and text of the entry.
func (x *Attendance) Words(visit func(string)) {
	visit(x.Site.words())
	visit(string(x.Department))
	for i := range x.Diagnoses {
		x.Diagnoses[i].Words(visit)
	}
	x.Clinician.words(visit)
}

// AttendanceDiagnosis is a diagnosis made at an attendance.
type AttendanceDiagnosis struct {
	Diagnosis Code
	Rank      *int
}

// Codes visits every code of the entry.
func (x *AttendanceDiagnosis) Codes(visit func(*Code)) {
	visit(&x.Diagnosis)
}

// Words visits every name and text of the entry.
func (x *AttendanceDiagnosis) Words(visit func(string)) {
}

// ImagingStudy is an imaging study (FHIR ImagingStudy).
type ImagingStudy struct {
	Item
	StartedAt          DateTime
	StartedAtPrecision Precision
	Modality           *Code
	BodySite           *Code
	Description        Text
	Procedure          *Code
	Status             ResultStatus
	SeriesCount        *int
	ImageCount         *int
}

// Stand returns the place of the entry in its list.
func (x *ImagingStudy) Stand() Stand { return standAt(x.StartedAt) }

// Codes visits every code of the entry.
func (x *ImagingStudy) Codes(visit func(*Code)) {
	visit(x.Modality)
	visit(x.BodySite)
	visit(x.Procedure)
}

// Words visits every name and text of the entry.
func (x *ImagingStudy) Words(visit func(string)) {
	visit(string(x.Description))
}

// StayConnection is a page of Stay entries.
type StayConnection = Connection[*Stay]

// StayEdge is a Stay entry with its cursor.
type StayEdge = Edge[*Stay]

// AttendanceConnection is a page of Attendance entries.
type AttendanceConnection = Connection[*Attendance]

// AttendanceEdge is an Attendance entry with its cursor.
type AttendanceEdge = Edge[*Attendance]

// ImagingStudyConnection is a page of ImagingStudy entries.
type ImagingStudyConnection = Connection[*ImagingStudy]

// ImagingStudyEdge is an ImagingStudy entry with its cursor.
type ImagingStudyEdge = Edge[*ImagingStudy]
