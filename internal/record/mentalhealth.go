package record

// CareContact is a care contact (Mental Health Services Data Set).
type CareContact struct {
	Item
	HeldAt             DateTime
	HeldAtPrecision    Precision
	DurationMinutes    *int
	Kind               *Code
	Medium             ContactMedium
	Team               Text
	TeamType           *Code
	Location           Text
	Clinician          *Practitioner
	Reason             *Code
	Attended           *Code
	CancellationReason *Code
}

// Stand returns the place of the entry in its list.
func (x *CareContact) Stand() Stand { return standAt(x.HeldAt) }

// Codes visits every code of the entry.
func (x *CareContact) Codes(visit func(*Code)) {
	visit(x.Kind)
	visit(x.TeamType)
	visit(x.Reason)
	visit(x.Attended)
	visit(x.CancellationReason)
}

// Words visits every name and text of the entry.
func (x *CareContact) Words(visit func(string)) {
	visit(string(x.Team))
	visit(string(x.Location))
	x.Clinician.words(visit)
}

// CareCoordinator is a care coordinator assignment.
type CareCoordinator struct {
	Item
	Name      Text
	Role      Text
	Team      Text
	Phone     Text
	StartedOn PartialDate
	EndedOn   PartialDate
}

// Stand returns the place of the entry in its list.
func (x *CareCoordinator) Stand() Stand { return standOn(x.StartedOn) }

// Codes visits every code of the entry.
func (x *CareCoordinator) Codes(visit func(*Code)) {
}

// Words visits every name and text of the entry.
func (x *CareCoordinator) Words(visit func(string)) {
	visit(string(x.Name))
	visit(string(x.Role))
	visit(string(x.Team))
	visit(string(x.Phone))
}

// ResponsibleClinician is a Mental Health Act responsible clinician assignment.
type ResponsibleClinician struct {
	Item
	Name      Text
	Role      Text
	Team      Text
	StartedOn PartialDate
	EndedOn   PartialDate
}

// Stand returns the place of the entry in its list.
func (x *ResponsibleClinician) Stand() Stand { return standOn(x.StartedOn) }

// Codes visits every code of the entry.
func (x *ResponsibleClinician) Codes(visit func(*Code)) {
}

// Words visits every name and text of the entry.
func (x *ResponsibleClinician) Words(visit func(string)) {
	visit(string(x.Name))
	visit(string(x.Role))
	visit(string(x.Team))
}

// LegalStatus is a Mental Health Act legal status period.
type LegalStatus struct {
	Item
	Status             Code
	StartedAt          DateTime
	StartedAtPrecision Precision
	ExpiresAt          DateTime
	ExpiresAtPrecision Precision
	EndedAt            DateTime
	EndedAtPrecision   Precision
	StartReason        *Code
	EndReason          *Code
	Category           *Code
}

// Stand returns the place of the entry in its list.
func (x *LegalStatus) Stand() Stand { return standAt(x.StartedAt) }

// Codes visits every code of the entry.
func (x *LegalStatus) Codes(visit func(*Code)) {
	visit(&x.Status)
	visit(x.StartReason)
	visit(x.EndReason)
	visit(x.Category)
}

// Words visits every name and text of the entry.
func (x *LegalStatus) Words(visit func(string)) {
}

// CommunityTreatmentOrder is a community treatment order (Mental Health Act section 17A).
type CommunityTreatmentOrder struct {
	Item
	StartedAt          DateTime
	StartedAtPrecision Precision
	ExpiresAt          DateTime
	ExpiresAtPrecision Precision
	EndedAt            DateTime
	EndedAtPrecision   Precision
	EndReason          *Code
	Recalls            []Recall
}

// Stand returns the place of the entry in its list.
func (x *CommunityTreatmentOrder) Stand() Stand { return standAt(x.StartedAt) }

// Codes visits every code of the entry.
func (x *CommunityTreatmentOrder) Codes(visit func(*Code)) {
	visit(x.EndReason)
	for i := range x.Recalls {
		x.Recalls[i].Codes(visit)
	}
}

// Words visits every name and text of the entry.
func (x *CommunityTreatmentOrder) Words(visit func(string)) {
	for i := range x.Recalls {
		x.Recalls[i].Words(visit)
	}
}

// Recall is a recall from a community treatment order.
type Recall struct {
	StartedAt          DateTime
	StartedAtPrecision Precision
	EndedAt            DateTime
	EndedAtPrecision   Precision
}

// Codes visits every code of the entry.
func (x *Recall) Codes(visit func(*Code)) {
}

// Words visits every name and text of the entry.
func (x *Recall) Words(visit func(string)) {
}

// ConditionalDischarge is a conditional discharge (Mental Health Act).
type ConditionalDischarge struct {
	Item
	StartedOn PartialDate
	EndedOn   PartialDate
	EndReason *Code
}

// Stand returns the place of the entry in its list.
func (x *ConditionalDischarge) Stand() Stand { return standOn(x.StartedOn) }

// Codes visits every code of the entry.
func (x *ConditionalDischarge) Codes(visit func(*Code)) {
	visit(x.EndReason)
}

// Words visits every name and text of the entry.
func (x *ConditionalDischarge) Words(visit func(string)) {
}

// Absence is leave or absence from a mental health ward: home leave, section 17 leave, absence without leave.
type Absence struct {
	Item
	Kind               Code
	StartedAt          DateTime
	StartedAtPrecision Precision
	EndedAt            DateTime
	EndedAtPrecision   Precision
	Escorted           *bool
}

// Stand returns the place of the entry in its list.
func (x *Absence) Stand() Stand { return standAt(x.StartedAt) }

// Codes visits every code of the entry.
func (x *Absence) Codes(visit func(*Code)) {
	visit(&x.Kind)
}

// Words visits every name and text of the entry.
func (x *Absence) Words(visit func(string)) {
}

// DelayedDischarge is a delayed discharge.
type DelayedDischarge struct {
	Item
	Reason               Code
	AttributableTo       *Code
	ResponsibleAuthority *Organisation
	StartedOn            PartialDate
	EndedOn              PartialDate
}

// Stand returns the place of the entry in its list.
func (x *DelayedDischarge) Stand() Stand { return standOn(x.StartedOn) }

// Codes visits every code of the entry.
func (x *DelayedDischarge) Codes(visit func(*Code)) {
	visit(&x.Reason)
	visit(x.AttributableTo)
}

// Words visits every name and text of the entry.
func (x *DelayedDischarge) Words(visit func(string)) {
	visit(x.ResponsibleAuthority.words())
}

// MentalHealthAssessment is an assessment scale and its score.
type MentalHealthAssessment struct {
	Item
	Tool       Code
	Score      Decimal
	ScoreText  Text
	Unit       Text
	AssessedOn PartialDate
	Assessor   *Practitioner
	Status     ResultStatus
}

// Stand returns the place of the entry in its list.
func (x *MentalHealthAssessment) Stand() Stand { return standOn(x.AssessedOn) }

// Codes visits every code of the entry.
func (x *MentalHealthAssessment) Codes(visit func(*Code)) {
	visit(&x.Tool)
}

// Words visits every name and text of the entry.
func (x *MentalHealthAssessment) Words(visit func(string)) {
	visit(string(x.ScoreText))
	visit(string(x.Unit))
	x.Assessor.words(visit)
}

// CareCluster is a mental health care cluster (00 to 21).
type CareCluster struct {
	Item
	Cluster   Code
	StartedOn PartialDate
	EndedOn   PartialDate
}

// Stand returns the place of the entry in its list.
func (x *CareCluster) Stand() Stand { return standOn(x.StartedOn) }

// Codes visits every code of the entry.
func (x *CareCluster) Codes(visit func(*Code)) {
	visit(&x.Cluster)
}

// Words visits every name and text of the entry.
func (x *CareCluster) Words(visit func(string)) {
}

// CareContactConnection is a page of CareContact entries.
type CareContactConnection = Connection[*CareContact]

// CareContactEdge is a CareContact entry with its cursor.
type CareContactEdge = Edge[*CareContact]

// CareCoordinatorList is a list of CareCoordinator entries.
type CareCoordinatorList = List[*CareCoordinator]

// ResponsibleClinicianList is a list of ResponsibleClinician entries.
type ResponsibleClinicianList = List[*ResponsibleClinician]

// LegalStatusList is a list of LegalStatus entries.
type LegalStatusList = List[*LegalStatus]

// CommunityTreatmentOrderList is a list of CommunityTreatmentOrder entries.
type CommunityTreatmentOrderList = List[*CommunityTreatmentOrder]

// ConditionalDischargeList is a list of ConditionalDischarge entries.
type ConditionalDischargeList = List[*ConditionalDischarge]

// AbsenceList is a list of Absence entries.
type AbsenceList = List[*Absence]

// DelayedDischargeList is a list of DelayedDischarge entries.
type DelayedDischargeList = List[*DelayedDischarge]

// MentalHealthAssessmentList is a list of MentalHealthAssessment entries.
type MentalHealthAssessmentList = List[*MentalHealthAssessment]

// CareClusterList is a list of CareCluster entries.
type CareClusterList = List[*CareCluster]
