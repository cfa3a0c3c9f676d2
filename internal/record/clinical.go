package record

import "time"

// Alert is an alert or warning (FHIR Flag).
type Alert struct {
	Item
	Kind        Code
	Note        Text
	Since       PartialDate
	EndedOn     PartialDate
	ReviewDueOn PartialDate
	Status      EventStatus
}

// Stand returns the place of the entry in its list.
func (x *Alert) Stand() Stand { return standOn(x.Since) }

// Earliest returns the earliest date the entry carries.
func (x *Alert) Earliest() PartialDate { return earliest(x.Since, x.EndedOn, x.ReviewDueOn) }

// Codes visits every code of the entry.
func (x *Alert) Codes(visit func(*Code)) {
	visit(&x.Kind)
}

// Words visits every name and text of the entry.
func (x *Alert) Words(visit func(string)) {
	visit(string(x.Note))
}

// Allergy is an allergy or adverse reaction (FHIR AllergyIntolerance).
type Allergy struct {
	Item
	Substance       Code
	Kind            AllergyKind
	Category        AllergyCategory
	Criticality     Criticality
	Status          AllergyStatus
	Verification    Verification
	OnsetOn         PartialDate
	EndedOn         PartialDate
	EndReason       Text
	LastReactionOn  PartialDate
	AssertedBy      *Practitioner
	Note            Text
	ReactionDetails []AllergyReaction
}

// Stand returns the place of the entry in its list.
func (x *Allergy) Stand() Stand { return standAt(x.Provenance.RecordedAt) }

// Codes visits every code of the entry.
func (x *Allergy) Codes(visit func(*Code)) {
	visit(&x.Substance)
	for i := range x.ReactionDetails {
		x.ReactionDetails[i].Codes(visit)
	}
}

// Words visits every name and text of the entry.
func (x *Allergy) Words(visit func(string)) {
	visit(string(x.EndReason))
	visit(string(x.Note))
	for i := range x.ReactionDetails {
		x.ReactionDetails[i].Words(visit)
	}
	x.AssertedBy.words(visit)
}

// AllergyReaction is one reaction of an allergy.
type AllergyReaction struct {
	Manifestation Code
	Severity      Severity
}

// Codes visits every code of the entry.
func (x *AllergyReaction) Codes(visit func(*Code)) {
	visit(&x.Manifestation)
}

// Words visits every name and text of the entry.
func (x *AllergyReaction) Words(visit func(string)) {
}

// Medication is a medicine that was prescribed, supplied, given or reported (FHIR MedicationRequest, MedicationStatement).
type Medication struct {
	Item
	Medicine              Code
	Kind                  MedicationKind
	Intent                MedicationIntent
	Status                MedicationStatus
	StatusReason          Text
	Dosage                Text
	AsNeeded              *bool
	Route                 *Code
	Quantity              Text
	Reason                *Code
	StartedOn             PartialDate
	EndedOn               PartialDate
	LastIssuedOn          PartialDate
	ReviewDueOn           PartialDate
	RepeatsAllowed        *int
	RepeatsIssued         *int
	Prescriber            *Practitioner
	PrescribingAgency     *Code
	Note                  Text
	DischargedAt          DateTime  // the end of the stay at or in which it was supplied; not shown
	DischargedAtPrecision Precision // MONTH or YEAR if not even its day is known; not shown
	Issues                []MedicationIssue
}

// SuppliedBefore reports whether it was supplied at a discharge on an earlier day than that of another. If only the month or
// the year of its discharge is known, that must be earlier.
func (x *Medication) SuppliedBefore(discharge time.Time) bool {
	known := x.DischargedAtPrecision
	if known != PrecisionMonth && known != PrecisionYear {
		known = PrecisionDay
	}
	return x.Kind == MedicationKindDischarge && Over(x.DischargedAt, known, discharge)
}

// Stand returns the place of the entry in its list.
func (x *Medication) Stand() Stand { return standOn(x.StartedOn) }

// Codes visits every code of the entry.
func (x *Medication) Codes(visit func(*Code)) {
	visit(&x.Medicine)
	visit(x.Route)
	visit(x.Reason)
	visit(x.PrescribingAgency)
	for i := range x.Issues {
		x.Issues[i].Codes(visit)
	}
}

// Words visits every name and text of the entry.
func (x *Medication) Words(visit func(string)) {
	visit(string(x.StatusReason))
	visit(string(x.Dosage))
	visit(string(x.Quantity))
	visit(string(x.Note))
	for i := range x.Issues {
		x.Issues[i].Words(visit)
	}
	x.Prescriber.words(visit)
}

// MedicationIssue is one issue of a planned medicine (GP Connect order).
type MedicationIssue struct {
	IssuedOn PartialDate
	Quantity Text
	Status   MedicationStatus
}

// Codes visits every code of the entry.
func (x *MedicationIssue) Codes(visit func(*Code)) {
}

// Words visits every name and text of the entry.
func (x *MedicationIssue) Words(visit func(string)) {
	visit(string(x.Quantity))
}

// Problem is a problem or diagnosis (FHIR Condition).
type Problem struct {
	Item
	Problem      Code
	Kind         ProblemKind
	Status       ProblemStatus
	Verification Verification
	Significance Significance
	Severity     Severity
	BodySite     *Code
	OnsetOn      PartialDate
	EndedOn      PartialDate
	Note         Text
	AssertedBy   *Practitioner
}

// Stand returns the place of the entry in its list.
func (x *Problem) Stand() Stand { return standOn(x.OnsetOn) }

// Codes visits every code of the entry.
func (x *Problem) Codes(visit func(*Code)) {
	visit(&x.Problem)
	visit(x.BodySite)
}

// Words visits every name and text of the entry.
func (x *Problem) Words(visit func(string)) {
	visit(string(x.Note))
	x.AssertedBy.words(visit)
}

// Immunisation is a vaccination (FHIR Immunization).
type Immunisation struct {
	Item
	Vaccine      Code
	Procedure    *Code
	Status       EventStatus
	StatusReason *Code
	GivenOn      PartialDate
	Dose         Text
	DoseQuantity Text
	Site         *Code
	Route        *Code
	Batch        Text
	Manufacturer Text
	ExpiresOn    PartialDate
	GivenBy      *Practitioner
	Location     Text
	Note         Text
}

// Stand returns the place of the entry in its list.
func (x *Immunisation) Stand() Stand { return standOn(x.GivenOn) }

// Codes visits every code of the entry.
func (x *Immunisation) Codes(visit func(*Code)) {
	visit(&x.Vaccine)
	visit(x.Procedure)
	visit(x.StatusReason)
	visit(x.Site)
	visit(x.Route)
}

// Words visits every name and text of the entry.
func (x *Immunisation) Words(visit func(string)) {
	visit(string(x.Dose))
	visit(string(x.DoseQuantity))
	visit(string(x.Batch))
	visit(string(x.Manufacturer))
	visit(string(x.Location))
	visit(string(x.Note))
	x.GivenBy.words(visit)
}

// Procedure is a procedure or operation (FHIR Procedure).
type Procedure struct {
	Item
	Procedure            Code
	Category             *Code
	Status               EventStatus
	PerformedOn          PartialDate
	PerformedAt          DateTime
	PerformedAtPrecision Precision
	EndedAt              DateTime
	EndedAtPrecision     Precision
	Reason               *Code
	BodySite             *Code
	Outcome              *Code
	Performer            *Practitioner
	Location             Text
	Note                 Text
}

// Stand returns the place of the entry in its list.
func (x *Procedure) Stand() Stand { return standOn(x.PerformedOn) }

// Codes visits every code of the entry.
func (x *Procedure) Codes(visit func(*Code)) {
	visit(&x.Procedure)
	visit(x.Category)
	visit(x.Reason)
	visit(x.BodySite)
	visit(x.Outcome)
}

// Words visits every name and text of the entry.
func (x *Procedure) Words(visit func(string)) {
	visit(string(x.Location))
	visit(string(x.Note))
	x.Performer.words(visit)
}

// Device is a medical device in or with the person (FHIR Device).
type Device struct {
	Item
	Device       Code
	Status       EventStatus
	SuppliedOn   PartialDate
	EndedOn      PartialDate
	Manufacturer Text
	Model        Text
	Lot          Text
	Serial       Text
	UDI          Text
	ExpiresOn    PartialDate
}

// Stand returns the place of the entry in its list.
func (x *Device) Stand() Stand { return standOn(x.SuppliedOn) }

// Codes visits every code of the entry.
func (x *Device) Codes(visit func(*Code)) {
	visit(&x.Device)
}

// Words visits every name and text of the entry.
func (x *Device) Words(visit func(string)) {
	visit(string(x.Manufacturer))
	visit(string(x.Model))
	visit(string(x.Lot))
	visit(string(x.Serial))
	visit(string(x.UDI))
}

// Result is one result of an investigation (FHIR Observation).
type Result struct {
	Item
	Test              Code
	Category          ResultCategory
	TakenAt           DateTime
	TakenAtPrecision  Precision
	IssuedAt          DateTime
	IssuedAtPrecision Precision
	Status            ResultStatus
	Value             *Value
	ReferenceRange    *ReferenceRange
	Interpretation    *Code
	Specimen          *Code
	Comment           Text
	Performer         *Practitioner
	Requester         *Practitioner
	Report            *ReportReference
	Components        []ResultComponent
}

// Stand returns the place of the entry in its list.
func (x *Result) Stand() Stand { return standAt(x.TakenAt) }

// Codes visits every code of the entry.
func (x *Result) Codes(visit func(*Code)) {
	visit(&x.Test)
	visit(x.Value.code())
	visit(x.Interpretation)
	visit(x.Specimen)
	for i := range x.Components {
		x.Components[i].Codes(visit)
	}
}

// Words visits every name and text of the entry.
func (x *Result) Words(visit func(string)) {
	x.Value.words(visit)
	x.ReferenceRange.words(visit)
	visit(string(x.Comment))
	visit(x.Report.words())
	for i := range x.Components {
		x.Components[i].Words(visit)
	}
	x.Performer.words(visit)
	x.Requester.words(visit)
}

// ResultComponent is a part of a result.
type ResultComponent struct {
	Test           Code
	Value          *Value
	ReferenceRange *ReferenceRange
}

// Codes visits every code of the entry.
func (x *ResultComponent) Codes(visit func(*Code)) {
	visit(&x.Test)
	visit(x.Value.code())
}

// Words visits every name and text of the entry.
func (x *ResultComponent) Words(visit func(string)) {
	x.Value.words(visit)
	x.ReferenceRange.words(visit)
}

// Report is a report of an investigation (FHIR DiagnosticReport).
type Report struct {
	Item
	Kind              Code
	Title             Text
	Category          ResultCategory
	Status            ResultStatus
	TakenAt           DateTime
	TakenAtPrecision  Precision
	IssuedAt          DateTime
	IssuedAtPrecision Precision
	Conclusion        Text
	Specimen          *Code
	Performer         *Practitioner
	Requester         *Practitioner
}

// Stand returns the place of the entry in its list.
func (x *Report) Stand() Stand { return standAt(x.TakenAt) }

// Codes visits every code of the entry.
func (x *Report) Codes(visit func(*Code)) {
	visit(&x.Kind)
	visit(x.Specimen)
}

// Words visits every name and text of the entry.
func (x *Report) Words(visit func(string)) {
	visit(string(x.Title))
	visit(string(x.Conclusion))
	x.Performer.words(visit)
	x.Requester.words(visit)
}

// VitalSign is a vital sign or measurement (FHIR vital signs).
type VitalSign struct {
	Item
	Sign             Code
	TakenAt          DateTime
	TakenAtPrecision Precision
	Status           ResultStatus
	Value            *Value
	Interpretation   *Code
	BodySite         *Code
	Performer        *Practitioner
	Comment          Text
	Components       []VitalSignComponent
}

// Stand returns the place of the entry in its list.
func (x *VitalSign) Stand() Stand { return standAt(x.TakenAt) }

// Codes visits every code of the entry.
func (x *VitalSign) Codes(visit func(*Code)) {
	visit(&x.Sign)
	visit(x.Value.code())
	visit(x.Interpretation)
	visit(x.BodySite)
	for i := range x.Components {
		x.Components[i].Codes(visit)
	}
}

// Words visits every name and text of the entry.
func (x *VitalSign) Words(visit func(string)) {
	x.Value.words(visit)
	visit(string(x.Comment))
	for i := range x.Components {
		x.Components[i].Words(visit)
	}
	x.Performer.words(visit)
}

// VitalSignComponent is a part of a vital sign.
type VitalSignComponent struct {
	Sign  Code
	Value *Value
}

// Codes visits every code of the entry.
func (x *VitalSignComponent) Codes(visit func(*Code)) {
	visit(&x.Sign)
	visit(x.Value.code())
}

// Words visits every name and text of the entry.
func (x *VitalSignComponent) Words(visit func(string)) {
	x.Value.words(visit)
}

// Appointment is an appointment (FHIR Appointment; NHS data dictionary outpatient attendance).
type Appointment struct {
	Item
	StartsAt            DateTime
	StartsAtPrecision   Precision
	DurationMinutes     *int
	Specialty           *Code
	Kind                *Code
	Status              AppointmentStatus
	Medium              ContactMedium
	Clinic              Text
	Location            Text
	Clinician           *Practitioner
	Reason              *Code
	FirstAttendance     *Code
	Priority            Priority
	Attended            *Code
	Outcome             *Code
	ReferralToTreatment *Code
	CancellationReason  Text
	Note                Text
}

// Stand returns the place of the entry in its list.
func (x *Appointment) Stand() Stand { return standAt(x.StartsAt) }

// Earliest returns the earliest date the entry carries.
func (x *Appointment) Earliest() PartialDate { return dayIn(x.StartsAt) }

// Codes visits every code of the entry.
func (x *Appointment) Codes(visit func(*Code)) {
	visit(x.Specialty)
	visit(x.Kind)
	visit(x.Reason)
	visit(x.FirstAttendance)
	visit(x.Attended)
	visit(x.Outcome)
	visit(x.ReferralToTreatment)
}

// Words visits every name and text of the entry.
func (x *Appointment) Words(visit func(string)) {
	visit(string(x.Clinic))
	visit(string(x.Location))
	visit(string(x.CancellationReason))
	visit(string(x.Note))
	x.Clinician.words(visit)
}

// Document is a letter, summary or other document (FHIR DocumentReference), without its content.
type Document struct {
	Item
	Kind               Code
	Title              Text
	Status             DocumentStatus
	WrittenAt          DateTime
	WrittenAtPrecision Precision
	Author             *Practitioner
	Specialty          *Code
	Description        Text
	ContentType        Text
	Size               *int
}

// Stand returns the place of the entry in its list.
func (x *Document) Stand() Stand { return standAt(x.WrittenAt) }

// Earliest returns the earliest date the entry carries.
func (x *Document) Earliest() PartialDate { return dayIn(x.WrittenAt) }

// Codes visits every code of the entry.
func (x *Document) Codes(visit func(*Code)) {
	visit(&x.Kind)
	visit(x.Specialty)
}

// Words visits every name and text of the entry.
func (x *Document) Words(visit func(string)) {
	visit(string(x.Title))
	visit(string(x.Description))
	visit(string(x.ContentType))
	x.Author.words(visit)
}

// Referral is a referral (FHIR ServiceRequest).
type Referral struct {
	Item
	Specialty  *Code
	Service    *Code
	Priority   Priority
	Status     EventStatus
	Source     *Code
	ReferredOn PartialDate
	ReceivedOn PartialDate
	EndedOn    PartialDate
	EndReason  *Code
	Reason     *Code
	From       *Organisation
	To         *Organisation
	Referrer   *Practitioner
	Team       Text
	Note       Text
}

// Stand returns the place of the entry in its list.
func (x *Referral) Stand() Stand { return standOn(x.ReferredOn) }

// Earliest returns the earliest date the entry carries.
func (x *Referral) Earliest() PartialDate { return earliest(x.ReferredOn, x.ReceivedOn, x.EndedOn) }

// Codes visits every code of the entry.
func (x *Referral) Codes(visit func(*Code)) {
	visit(x.Specialty)
	visit(x.Service)
	visit(x.Source)
	visit(x.EndReason)
	visit(x.Reason)
}

// Words visits every name and text of the entry.
func (x *Referral) Words(visit func(string)) {
	visit(x.From.words())
	visit(x.To.words())
	visit(string(x.Team))
	visit(string(x.Note))
	x.Referrer.words(visit)
}

// CarePlan is a care plan (FHIR CarePlan).
type CarePlan struct {
	Item
	Kind               Code
	Title              Text
	Status             EventStatus
	StartedOn          PartialDate
	EndedOn            PartialDate
	ReviewDueOn        PartialDate
	UpdatedAt          DateTime
	UpdatedAtPrecision Precision
	Author             *Practitioner
	Team               Text
	Addresses          *Code
	FundedBy           *Code
	Sections           []CarePlanSection
	Activities         []CarePlanActivity
	Goals              []CarePlanGoal
	Agreements         []CarePlanAgreement
}

// Stand returns the place of the entry in its list.
func (x *CarePlan) Stand() Stand { return standOn(x.StartedOn) }

// Earliest returns the earliest date of the plan itself; see SinceAdult for its parts.
func (x *CarePlan) Earliest() PartialDate {
	return earliest(x.StartedOn, x.EndedOn, x.ReviewDueOn, dayIn(x.UpdatedAt))
}

// Codes visits every code of the entry.
func (x *CarePlan) Codes(visit func(*Code)) {
	visit(&x.Kind)
	visit(x.Addresses)
	visit(x.FundedBy)
	for i := range x.Sections {
		x.Sections[i].Codes(visit)
	}
	for i := range x.Activities {
		x.Activities[i].Codes(visit)
	}
	for i := range x.Goals {
		x.Goals[i].Codes(visit)
	}
	for i := range x.Agreements {
		x.Agreements[i].Codes(visit)
	}
}

// Words visits every name and text of the entry.
func (x *CarePlan) Words(visit func(string)) {
	visit(string(x.Title))
	visit(string(x.Team))
	for i := range x.Sections {
		x.Sections[i].Words(visit)
	}
	for i := range x.Activities {
		x.Activities[i].Words(visit)
	}
	for i := range x.Goals {
		x.Goals[i].Words(visit)
	}
	for i := range x.Agreements {
		x.Agreements[i].Words(visit)
	}
	x.Author.words(visit)
}

// CarePlanSection is a heading of a care plan and the text under it.
type CarePlanSection struct {
	Heading string
	Text    Text
}

// Codes visits every code of the entry.
func (x *CarePlanSection) Codes(visit func(*Code)) {
}

// Words visits every name and text of the entry.
func (x *CarePlanSection) Words(visit func(string)) {
	visit(string(x.Heading))
	visit(string(x.Text))
}

// CarePlanActivity is something that a care plan says must be done.
type CarePlanActivity struct {
	Activity Code
	Status   EventStatus
	Location Text
}

// Codes visits every code of the entry.
func (x *CarePlanActivity) Codes(visit func(*Code)) {
	visit(&x.Activity)
}

// Words visits every name and text of the entry.
func (x *CarePlanActivity) Words(visit func(string)) {
	visit(string(x.Location))
}

// CarePlanGoal is something that a care plan aims at (FHIR Goal).
type CarePlanGoal struct {
	Goal   Code
	Status EventStatus
	DueOn  PartialDate
	Target Text
}

// Codes visits every code of the entry.
func (x *CarePlanGoal) Codes(visit func(*Code)) {
	visit(&x.Goal)
}

// Words visits every name and text of the entry.
func (x *CarePlanGoal) Words(visit func(string)) {
	visit(string(x.Target))
}

// CarePlanAgreement is who agreed to a care plan, and when (CARE PLAN AGREED BY).
type CarePlanAgreement struct {
	AgreedBy          Code
	AgreedAt          DateTime
	AgreedAtPrecision Precision
}

// Codes visits every code of the entry.
func (x *CarePlanAgreement) Codes(visit func(*Code)) {
	visit(&x.AgreedBy)
}

// Words visits every name and text of the entry.
func (x *CarePlanAgreement) Words(visit func(string)) {
}

// CareTeamMember is someone involved in the person's care (FHIR CareTeam, PractitionerRole).
type CareTeamMember struct {
	Item
	Name         Text
	Role         Text
	Kind         *Code
	Team         Text
	Organisation *Organisation
	Phone        Text
	Since        PartialDate
	EndedOn      PartialDate
}

// Stand returns the place of the entry in its list.
func (x *CareTeamMember) Stand() Stand { return standOn(x.Since) }

// Earliest returns the earliest date the entry carries.
func (x *CareTeamMember) Earliest() PartialDate { return earliest(x.Since, x.EndedOn) }

// Codes visits every code of the entry.
func (x *CareTeamMember) Codes(visit func(*Code)) {
	visit(x.Kind)
}

// Words visits every name and text of the entry.
func (x *CareTeamMember) Words(visit func(string)) {
	visit(string(x.Name))
	visit(string(x.Role))
	visit(string(x.Team))
	visit(x.Organisation.words())
	visit(string(x.Phone))
}

// Contact is someone to call: next of kin, carer, attorney (FHIR RelatedPerson). Children are never named here.
type Contact struct {
	Item
	Name             Text
	Relationship     Text
	RelationshipCode *Code
	Roles            []ContactRole
	Phone            Text
	Email            Text
	Address          Text
	Since            PartialDate
	Note             Text
	Under18          *bool // True for a child, false for an adult, null if the age is unknown.
}

// Stand returns the place of the entry in its list.
func (x *Contact) Stand() Stand { return standOn(x.Since) }

// Earliest returns the earliest date the entry carries.
func (x *Contact) Earliest() PartialDate { return x.Since }

// Codes visits every code of the entry.
func (x *Contact) Codes(visit func(*Code)) {
	visit(x.RelationshipCode)
}

// Words visits every name and text of the entry.
func (x *Contact) Words(visit func(string)) {
	visit(string(x.Name))
	visit(string(x.Relationship))
	visit(string(x.Phone))
	visit(string(x.Email))
	visit(string(x.Address))
	visit(string(x.Note))
}

// Need is an interpreter, communication need or reasonable adjustment.
type Need struct {
	Item
	Kind     Code
	Category NeedCategory
	Detail   Text
	Since    PartialDate
	EndedOn  PartialDate
}

// Stand returns the place of the entry in its list.
func (x *Need) Stand() Stand { return standOn(x.Since) }

// Earliest returns the earliest date the entry carries.
func (x *Need) Earliest() PartialDate { return earliest(x.Since, x.EndedOn) }

// Codes visits every code of the entry.
func (x *Need) Codes(visit func(*Code)) {
	visit(&x.Kind)
}

// Words visits every name and text of the entry.
func (x *Need) Words(visit func(string)) {
	visit(string(x.Detail))
}

// AdvanceDecision is a decision made in advance: DNACPR, ReSPECT, ADRT, lasting power of attorney. The signed form must be checked.
type AdvanceDecision struct {
	Item
	Kind        Code
	Decision    Text
	Status      EventStatus
	DecidedOn   PartialDate
	ReviewDueOn PartialDate
	EndedOn     PartialDate
	Author      *Practitioner
	WhereSigned Text
	Attorney    Text
}

// Stand returns the place of the entry in its list.
func (x *AdvanceDecision) Stand() Stand { return standOn(x.DecidedOn) }

// Earliest returns the earliest date the entry carries.
func (x *AdvanceDecision) Earliest() PartialDate {
	return earliest(x.DecidedOn, x.ReviewDueOn, x.EndedOn)
}

// Codes visits every code of the entry.
func (x *AdvanceDecision) Codes(visit func(*Code)) {
	visit(&x.Kind)
}

// Words visits every name and text of the entry.
func (x *AdvanceDecision) Words(visit func(string)) {
	visit(string(x.Decision))
	visit(string(x.WhereSigned))
	visit(string(x.Attorney))
	x.Author.words(visit)
}

// AllergyFilter selects allergies.
type AllergyFilter string

// The values of AllergyFilter.
const (
	AllergyFilterActive AllergyFilter = "ACTIVE" // Those that have not ended, unconfirmed ones included.
	AllergyFilterEnded  AllergyFilter = "ENDED"  // Those that have ended or are resolved.
	AllergyFilterAll    AllergyFilter = "ALL"    // Both.
)

// MedicationFilter selects medicines.
type MedicationFilter string

// The values of MedicationFilter.
const (
	MedicationFilterCurrent MedicationFilter = "CURRENT" // In use now; an unknown status is shown.
	MedicationFilterPast    MedicationFilter = "PAST"    // All that are not CURRENT.
)

// ProblemFilter selects problems.
type ProblemFilter string

// The values of ProblemFilter.
const (
	ProblemFilterActive ProblemFilter = "ACTIVE" // Not ended; an unknown status is shown.
	ProblemFilterPast   ProblemFilter = "PAST"   // Ended, inactive or resolved.
)

// AllergyKind is the kind of reaction (FHIR allergy-intolerance-type).
type AllergyKind string

// The values of AllergyKind.
const (
	AllergyKindAllergy     AllergyKind = "ALLERGY"     // Allergy.
	AllergyKindIntolerance AllergyKind = "INTOLERANCE" // Intolerance.
	AllergyKindUnknown     AllergyKind = "UNKNOWN"     // Not recorded.
)

// AllergyCategory is the kind of substance (FHIR allergy-intolerance-category).
type AllergyCategory string

// The values of AllergyCategory.
const (
	AllergyCategoryFood        AllergyCategory = "FOOD"        // Food.
	AllergyCategoryMedication  AllergyCategory = "MEDICATION"  // Medicine.
	AllergyCategoryEnvironment AllergyCategory = "ENVIRONMENT" // Environment.
	AllergyCategoryBiologic    AllergyCategory = "BIOLOGIC"    // Biologic.
	AllergyCategoryUnknown     AllergyCategory = "UNKNOWN"     // Not recorded.
)

// Criticality says how dangerous a reaction could be (FHIR allergy-intolerance-criticality).
type Criticality string

// The values of Criticality.
const (
	CriticalityLow            Criticality = "LOW"              // Low.
	CriticalityHigh           Criticality = "HIGH"             // High.
	CriticalityUnableToAssess Criticality = "UNABLE_TO_ASSESS" // Cannot be assessed.
	CriticalityUnknown        Criticality = "UNKNOWN"          // Not recorded.
)

// AllergyStatus says whether an allergy is active (FHIR allergyintolerance-clinical).
type AllergyStatus string

// The values of AllergyStatus.
const (
	AllergyStatusActive   AllergyStatus = "ACTIVE"   // Active.
	AllergyStatusInactive AllergyStatus = "INACTIVE" // No longer at risk.
	AllergyStatusResolved AllergyStatus = "RESOLVED" // Resolved.
	AllergyStatusUnknown  AllergyStatus = "UNKNOWN"  // Not recorded, or in words that could not be mapped.
)

// Verification says whether something is confirmed (FHIR condition-ver-status).
type Verification string

// The values of Verification.
const (
	VerificationUnconfirmed  Verification = "UNCONFIRMED"  // Not confirmed.
	VerificationProvisional  Verification = "PROVISIONAL"  // Provisional.
	VerificationDifferential Verification = "DIFFERENTIAL" // One of several possible.
	VerificationConfirmed    Verification = "CONFIRMED"    // Confirmed.
	VerificationUnknown      Verification = "UNKNOWN"      // Not recorded.
)

// Severity says how severe something is (FHIR reaction-event-severity, condition severity).
type Severity = Text

// The values of Severity.
const (
	SeverityMild     Severity = "MILD"     // Mild.
	SeverityModerate Severity = "MODERATE" // Moderate.
	SeveritySevere   Severity = "SEVERE"   // Severe.
	SeverityUnknown  Severity = "UNKNOWN"  // Not recorded.
)

// MedicationKind is the kind of supply (GP Connect prescription type).
type MedicationKind string

// The values of MedicationKind.
const (
	MedicationKindAcute            MedicationKind = "ACUTE"             // A single course.
	MedicationKindRepeat           MedicationKind = "REPEAT"            // Repeat.
	MedicationKindRepeatDispensing MedicationKind = "REPEAT_DISPENSING" // Repeat dispensing.
	MedicationKindDelayed          MedicationKind = "DELAYED"           // Delayed prescription.
	MedicationKindDischarge        MedicationKind = "DISCHARGE"         // Supplied on discharge from hospital.
	MedicationKindInpatient        MedicationKind = "INPATIENT"         // Given during a hospital stay.
	MedicationKindReported         MedicationKind = "REPORTED"          // Reported by the person or another system; not prescribed here.
	MedicationKindUnknown          MedicationKind = "UNKNOWN"           // Not recorded.
)

// MedicationIntent says whether a medicine was authorised, ordered or stated to be taken (FHIR medicationrequest-intent).
type MedicationIntent string

// The values of MedicationIntent.
const (
	MedicationIntentPlan      MedicationIntent = "PLAN"      // An authorisation.
	MedicationIntentOrder     MedicationIntent = "ORDER"     // An issue or a prescription.
	MedicationIntentStatement MedicationIntent = "STATEMENT" // A statement that it is taken.
	MedicationIntentUnknown   MedicationIntent = "UNKNOWN"   // Not recorded.
)

// MedicationStatus is the state of a medicine (FHIR medicationrequest-status).
type MedicationStatus string

// The values of MedicationStatus.
const (
	MedicationStatusActive    MedicationStatus = "ACTIVE"    // In use.
	MedicationStatusOnHold    MedicationStatus = "ON_HOLD"   // Suspended.
	MedicationStatusCompleted MedicationStatus = "COMPLETED" // Course finished.
	MedicationStatusStopped   MedicationStatus = "STOPPED"   // Stopped before its end.
	MedicationStatusCancelled MedicationStatus = "CANCELLED" // Cancelled before it began.
	MedicationStatusIntended  MedicationStatus = "INTENDED"  // Not begun yet.
	MedicationStatusUnknown   MedicationStatus = "UNKNOWN"   // Not recorded, or in words that could not be mapped.
)

// ProblemKind says where in the record a problem is (FHIR condition-category).
type ProblemKind string

// The values of ProblemKind.
const (
	ProblemKindProblem   ProblemKind = "PROBLEM"   // On the problem list.
	ProblemKindDiagnosis ProblemKind = "DIAGNOSIS" // Diagnosis of an encounter.
	ProblemKindConcern   ProblemKind = "CONCERN"   // A health concern.
	ProblemKindUnknown   ProblemKind = "UNKNOWN"   // Not recorded.
)

// ProblemStatus says whether a problem is active (FHIR condition-clinical).
type ProblemStatus string

// The values of ProblemStatus.
const (
	ProblemStatusActive     ProblemStatus = "ACTIVE"     // Active.
	ProblemStatusRecurrence ProblemStatus = "RECURRENCE" // It has come back.
	ProblemStatusRelapse    ProblemStatus = "RELAPSE"    // Relapse.
	ProblemStatusRemission  ProblemStatus = "REMISSION"  // In remission.
	ProblemStatusInactive   ProblemStatus = "INACTIVE"   // Inactive.
	ProblemStatusResolved   ProblemStatus = "RESOLVED"   // Resolved.
	ProblemStatusUnknown    ProblemStatus = "UNKNOWN"    // Not recorded, or in words that could not be mapped.
)

// Significance says how significant a practice considers a problem (GP Connect problem significance).
type Significance = Text

// The values of Significance.
const (
	SignificanceMajor Significance = "MAJOR" // Major.
	SignificanceMinor Significance = "MINOR" // Minor.
)

// ResultCategory is the discipline of an investigation.
type ResultCategory string

// The values of ResultCategory.
const (
	ResultCategoryLaboratory      ResultCategory = "LABORATORY"      // Pathology: blood sciences, and whatever the source gives no discipline for.
	ResultCategoryMicrobiology    ResultCategory = "MICROBIOLOGY"    // Microbiology.
	ResultCategoryVirology        ResultCategory = "VIROLOGY"        // Virology.
	ResultCategoryHistology       ResultCategory = "HISTOLOGY"       // Histology and cytology.
	ResultCategoryGenetics        ResultCategory = "GENETICS"        // Genetics.
	ResultCategoryRadiology       ResultCategory = "RADIOLOGY"       // Radiology, ultrasound included.
	ResultCategoryEndoscopy       ResultCategory = "ENDOSCOPY"       // Endoscopy.
	ResultCategoryCardiology      ResultCategory = "CARDIOLOGY"      // Cardiology.
	ResultCategoryNeurophysiology ResultCategory = "NEUROPHYSIOLOGY" // EEG and other neurophysiology.
	ResultCategorySurvey          ResultCategory = "SURVEY"          // Questionnaires and scores.
	ResultCategorySocialHistory   ResultCategory = "SOCIAL_HISTORY"  // Smoking, alcohol and other habits.
	ResultCategoryExamination     ResultCategory = "EXAMINATION"     // Findings of an examination.
	ResultCategoryOther           ResultCategory = "OTHER"           // Another discipline, or not recorded.
)

// ResultStatus says how final a result is (FHIR observation-status).
type ResultStatus string

// The values of ResultStatus.
const (
	ResultStatusRegistered  ResultStatus = "REGISTERED"  // Requested, no value yet.
	ResultStatusPreliminary ResultStatus = "PRELIMINARY" // May still change.
	ResultStatusFinal       ResultStatus = "FINAL"       // Final.
	ResultStatusAmended     ResultStatus = "AMENDED"     // Changed after it was final.
	ResultStatusCorrected   ResultStatus = "CORRECTED"   // Corrected after it was final.
	ResultStatusUnknown     ResultStatus = "UNKNOWN"     // Not recorded.
)

// AppointmentStatus is the state of an appointment (FHIR appointmentstatus).
type AppointmentStatus string

// The values of AppointmentStatus.
const (
	AppointmentStatusProposed     AppointmentStatus = "PROPOSED"       // Proposed.
	AppointmentStatusPending      AppointmentStatus = "PENDING"        // Waits for an answer.
	AppointmentStatusBooked       AppointmentStatus = "BOOKED"         // Booked.
	AppointmentStatusArrived      AppointmentStatus = "ARRIVED"        // The person has come.
	AppointmentStatusFulfilled    AppointmentStatus = "FULFILLED"      // It took place.
	AppointmentStatusCancelled    AppointmentStatus = "CANCELLED"      // Cancelled.
	AppointmentStatusDidNotAttend AppointmentStatus = "DID_NOT_ATTEND" // The person did not come.
	AppointmentStatusWaitlist     AppointmentStatus = "WAITLIST"       // On a waiting list.
	AppointmentStatusUnknown      AppointmentStatus = "UNKNOWN"        // Not recorded.
)

// DocumentStatus says how final a document is (FHIR composition-status).
type DocumentStatus string

// The values of DocumentStatus.
const (
	DocumentStatusPreliminary DocumentStatus = "PRELIMINARY" // Draft.
	DocumentStatusFinal       DocumentStatus = "FINAL"       // Final.
	DocumentStatusAmended     DocumentStatus = "AMENDED"     // Changed after it was final.
	DocumentStatusSuperseded  DocumentStatus = "SUPERSEDED"  // Replaced by another.
	DocumentStatusUnknown     DocumentStatus = "UNKNOWN"     // Not recorded.
)

// ContactRole says what a contact is to the person.
type ContactRole string

// The values of ContactRole.
const (
	ContactRoleNextOfKin              ContactRole = "NEXT_OF_KIN"             // Next of kin.
	ContactRoleEmergencyContact       ContactRole = "EMERGENCY_CONTACT"       // Emergency contact.
	ContactRoleMainCarer              ContactRole = "MAIN_CARER"              // Main carer.
	ContactRoleCarer                  ContactRole = "CARER"                   // Carer.
	ContactRoleHouseholdMember        ContactRole = "HOUSEHOLD_MEMBER"        // Lives with the person.
	ContactRoleParentalResponsibility ContactRole = "PARENTAL_RESPONSIBILITY" // Has parental responsibility.
	ContactRoleAttorneyHealth         ContactRole = "ATTORNEY_HEALTH"         // Attorney for health and welfare.
	ContactRoleAttorneyFinance        ContactRole = "ATTORNEY_FINANCE"        // Attorney for property and affairs.
	ContactRoleDeputy                 ContactRole = "DEPUTY"                  // Court-appointed deputy.
	ContactRoleAdvocate               ContactRole = "ADVOCATE"                // Advocate.
	ContactRoleOther                  ContactRole = "OTHER"                   // Something else.
)

// NeedCategory is the kind of need.
type NeedCategory string

// The values of NeedCategory.
const (
	NeedCategoryInterpreter          NeedCategory = "INTERPRETER"           // Interpreter.
	NeedCategoryCommunication        NeedCategory = "COMMUNICATION"         // Communication or information.
	NeedCategoryReasonableAdjustment NeedCategory = "REASONABLE_ADJUSTMENT" // Reasonable adjustment.
	NeedCategoryOther                NeedCategory = "OTHER"                 // Something else.
)

// AlertList is a list of Alert entries.
type AlertList = List[*Alert]

// AllergyList is a list of Allergy entries.
type AllergyList = List[*Allergy]

// MedicationList is a list of Medication entries.
type MedicationList = List[*Medication]

// ProblemList is a list of Problem entries.
type ProblemList = List[*Problem]

// ImmunisationList is a list of Immunisation entries.
type ImmunisationList = List[*Immunisation]

// ProcedureList is a list of Procedure entries.
type ProcedureList = List[*Procedure]

// DeviceList is a list of Device entries.
type DeviceList = List[*Device]

// ResultConnection is a page of Result entries.
type ResultConnection = Connection[*Result]

// ResultEdge is a Result entry with its cursor.
type ResultEdge = Edge[*Result]

// ReportConnection is a page of Report entries.
type ReportConnection = Connection[*Report]

// ReportEdge is a Report entry with its cursor.
type ReportEdge = Edge[*Report]

// VitalSignConnection is a page of VitalSign entries.
type VitalSignConnection = Connection[*VitalSign]

// VitalSignEdge is a VitalSign entry with its cursor.
type VitalSignEdge = Edge[*VitalSign]

// AppointmentConnection is a page of Appointment entries.
type AppointmentConnection = Connection[*Appointment]

// AppointmentEdge is an Appointment entry with its cursor.
type AppointmentEdge = Edge[*Appointment]

// DocumentConnection is a page of Document entries.
type DocumentConnection = Connection[*Document]

// DocumentEdge is a Document entry with its cursor.
type DocumentEdge = Edge[*Document]

// ReferralConnection is a page of Referral entries.
type ReferralConnection = Connection[*Referral]

// ReferralEdge is a Referral entry with its cursor.
type ReferralEdge = Edge[*Referral]

// CarePlanList is a list of CarePlan entries.
type CarePlanList = List[*CarePlan]

// CareTeamMemberList is a list of CareTeamMember entries.
type CareTeamMemberList = List[*CareTeamMember]

// ContactList is a list of Contact entries.
type ContactList = List[*Contact]

// NeedList is a list of Need entries.
type NeedList = List[*Need]

// AdvanceDecisionList is a list of AdvanceDecision entries.
type AdvanceDecisionList = List[*AdvanceDecision]
