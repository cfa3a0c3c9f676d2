package main

import (
	"context"
	"time"

	"github.com/graph-gophers/graphql-go"
)

type (
	// Code, Organisation and the others are the values of the schema.
	Code         struct{ System, Code, Display *string }
	Organisation struct{ OdsCode, Name *string }
	Provenance   struct {
		Sector                 string
		Organisation           *Organisation
		SourceSystem, SourceID *string
		RecordedAt             *DateTime
	}
	Gap struct {
		Sector       string
		Organisation *Organisation
		Reason       string
	}
	PageInfo struct {
		HasNextPage bool
		EndCursor   *string
	}
	HumanName    struct{ Full *string }
	Practitioner struct{ Name, Role *string }
	Value        struct {
		Text, Comparator, Unit, AbsentReason *string
		Quantity, Limit                      *float64
		coded                                Code
	}
	ReferenceRange struct {
		Low, High *float64
		Text      *string
	}
	DocumentLink struct {
		ID        graphql.ID
		Title     *string
		WrittenAt *DateTime
	}
)

// A DateTime leaves as RFC 3339.
type DateTime struct{ time.Time }

// ImplementsGraphQLType maps it to the scalar.
func (DateTime) ImplementsGraphQLType(name string) bool { return name == "DateTime" }

// UnmarshalGraphQL is not used: no argument is a moment.
func (*DateTime) UnmarshalGraphQL(any) error { return nil }

func moment(at *time.Time) *DateTime {
	if at == nil {
		return nil
	}
	return &DateTime{at.UTC()}
}

// A PartialDate is as the source has it.
type PartialDate string

// ImplementsGraphQLType maps it to the scalar.
func (PartialDate) ImplementsGraphQLType(name string) bool { return name == "PartialDate" }

// UnmarshalGraphQL is not used: no argument is a date.
func (*PartialDate) UnmarshalGraphQL(any) error { return nil }

// An NHSNumber is ten digits.
type NHSNumber string

// ImplementsGraphQLType maps it to the scalar.
func (NHSNumber) ImplementsGraphQLType(name string) bool { return name == "NHSNumber" }

// UnmarshalGraphQL takes an argument.
func (n *NHSNumber) UnmarshalGraphQL(input any) error {
	text, _ := input.(string)
	*n = NHSNumber(text)
	return nil
}

func (c *Code) targets() []any { return []any{&c.System, &c.Code, &c.Display} }

func (c *Code) orNil() *Code {
	if *c == (Code{}) {
		return nil
	}
	return c
}

func codes(all ...*Code) (targets []any) {
	for _, c := range all {
		targets = append(targets, c.targets()...)
	}
	return targets
}

const measured = "value_text value_quantity value_comparator value_limit value_unit value_absent_reason value_code_system value_code value_code_display"

func (v *Value) targets() []any {
	return append([]any{&v.Text, &v.Quantity, &v.Comparator, &v.Limit, &v.Unit, &v.AbsentReason}, v.coded.targets()...)
}

// Coded is the value where it is a code.
func (v *Value) Coded() *Code { return v.coded.orNil() }

func (v *Value) orNil() *Value {
	if *v == (Value{}) {
		return nil
	}
	return v
}

var (
	clinical   = []string{"ACUTE", "GP", "MENTAL_HEALTH"}
	everywhere = []string{"ACUTE", "GP", "MENTAL_HEALTH", "SOCIAL_CARE"}
	hospital   = []string{"ACUTE"}
	practice   = []string{"GP"}
	mental     = []string{"MENTAL_HEALTH"}
	council    = []string{"SOCIAL_CARE"}
)

const (
	inUse = `(v.ended_on IS NULL OR v.ended_on >= $P) AND v.status NOT IN ('COMPLETED', 'STOPPED', 'CANCELLED')
		AND NOT (v.kind IN ('ACUTE', 'DELAYED') AND v.ended_on IS NULL AND v.started_on < $Q)`
	inUseAtHospital = inUse + ` AND CASE v.kind
		WHEN 'INPATIENT' THEN v.started_on >= $Q OR EXISTS (SELECT FROM stay s WHERE s.nhs_number = v.nhs_number AND (s.discharged_at IS NULL OR s.discharged_at > now()))
		WHEN 'DISCHARGE' THEN v.discharged_at >= date_trunc('day', greatest(
			(SELECT max(m.discharged_at) FROM medication m WHERE m.nhs_number = v.nhs_number AND m.kind = 'DISCHARGE' AND NOT m.confidential AND NOT m.entered_in_error),
			(SELECT max(s.discharged_at) FROM stay s WHERE s.nhs_number = v.nhs_number AND s.discharged_at <= now() AND NOT s.confidential AND NOT s.entered_in_error)), 'Europe/London')
		ELSE true END`
	goesOn = "(v.ended_on IS NULL OR v.ended_on >= $P) AND (v.started_on IS NULL OR v.started_on <= $P)"
)

func status(name, condition string) map[string]func(string) string {
	return map[string]func(string) string{name: func(string) string { return condition }}
}

var (
	allergyList = &reading{from: "allergy", newest: "recorded_at", columns: "substance* criticality status", sectors: clinical,
		where: status("ACTIVE", "(v.ended_on IS NULL OR v.ended_on >= $P) AND v.status NOT IN ('INACTIVE', 'RESOLVED')")}
	medicationList = &reading{from: "medication", newest: "started_on", columns: "medicine* dosage kind status started_on ended_on", sectors: clinical,
		where: map[string]func(string) string{"CURRENT": func(sector string) string {
			if sector == "GP" {
				return inUse
			}
			return inUseAtHospital
		}}}
	problemList = &reading{from: "problem", newest: "onset_on", columns: "problem* onset_on ended_on status", sectors: clinical,
		where: status("ACTIVE", "(v.ended_on IS NULL OR v.ended_on >= $P) AND v.status NOT IN ('INACTIVE', 'RESOLVED', 'REMISSION')")}
	immunisationList = &reading{from: "immunisation", newest: "given_on", columns: "vaccine* given_on", sectors: clinical}
	procedureList    = &reading{from: "procedure", newest: "performed_on", columns: "procedure* performed_on", sectors: clinical}
	resultList       = &reading{from: "result", newest: "taken_at", columns: "test* taken_at status " + measured + " reference_range_low reference_range_high reference_range_text interpretation* report_id report_title", sectors: clinical}
	vitalSignList    = &reading{from: "vital_sign", newest: "taken_at", columns: "sign* taken_at " + measured, sectors: clinical}
	documentList     = &reading{from: "document", newest: "written_at", columns: "kind* title written_at content_type size", sectors: everywhere}
	carePlanList     = &reading{from: "care_plan", newest: "started_on", columns: "kind* title status started_on ended_on review_due_on updated_at", sectors: everywhere}
	careTeamList     = &reading{from: "care_team_member", newest: "since", columns: "name role employer_ods employer_name since", sectors: everywhere}
	stayList         = &reading{from: "stay", newest: "admitted_at", sectors: []string{"ACUTE", "MENTAL_HEALTH"},
		columns: "admitted_at discharged_at discharge_ready_on patient_classification* admission_method* discharge_destination* specialty* reason* ward summary_id summary_title summary_written_at"}
	attendanceList   = &reading{from: "attendance", newest: "arrived_at", columns: "kind* arrived_at departed_at complaint*", sectors: hospital}
	consultationList = &reading{from: "consultation", newest: "held_at", columns: "kind* held_at ended_at reason* clinician_name clinician_role", sectors: practice}
	contactList      = &reading{from: "care_contact", newest: "at", columns: "at duration_minutes kind* medium team reason*", sectors: mental}
	assessmentList   = &reading{from: "assessment", newest: "assessed_on", columns: "tool* score assessed_on", sectors: mental}
	serviceList      = &reading{from: "service", newest: "started_on", columns: "kind* component* started_on ended_on provider status", sectors: council}
	needsList        = &reading{from: "social_care_assessment", newest: "started_on", columns: "kind* started_on ended_on outcome* eligible_needs", sectors: council}
	requestList      = &reading{from: "request", newest: "received_on", columns: "route* received_on outcome*", sectors: council}
	coordinators     = &reading{from: "care_coordinator", newest: "started_on", columns: "name role team", sectors: mental, where: status("CURRENT", goesOn)}
	legalStatuses    = &reading{from: "legal_status", newest: "started_at", columns: "status* started_at expires_at ended_at", sectors: mental,
		where: status("CURRENT", "v.started_at <= now() AND (v.ended_at IS NULL OR v.ended_at > now()) AND (v.expires_at IS NULL OR v.expires_at > now())")}
	workers        = &reading{from: "allocated_worker", newest: "started_on", columns: "name role team phone", sectors: council, where: status("CURRENT", goesOn)}
	supportReasons = &reading{from: "support_reason", newest: "started_on", columns: "reason*", sectors: council, where: status("CURRENT", goesOn)}
)

// The records: what is read of each, and the fields that are not columns.
type (
	Allergy struct {
		Item
		substance           Code
		Criticality, Status *string
	}
	Medication struct {
		Item
		medicine             Code
		Dosage, Kind, Status *string
		StartedOn, EndedOn   *PartialDate
	}
	Problem struct {
		Item
		problem          Code
		OnsetOn, EndedOn *PartialDate
		Status           *string
	}
	Immunisation struct {
		Item
		vaccine Code
		GivenOn *PartialDate
	}
	Procedure struct {
		Item
		procedure   Code
		PerformedOn *PartialDate
	}
	Result struct {
		Item
		test, interpretation Code
		takenAt              *time.Time
		Status               *string
		value                Value
		limits               ReferenceRange
		reportID, title      *string
	}
	VitalSign struct {
		Item
		sign    Code
		takenAt *time.Time
		value   Value
	}
	VitalSignComponent struct {
		sign  Code
		value Value
	}
	Document struct {
		Item
		kind               Code
		Title, ContentType *string
		writtenAt          *time.Time
		Size               *int32
	}
	CarePlan struct {
		Item
		kind                            Code
		Title, Status                   *string
		StartedOn, EndedOn, ReviewDueOn *PartialDate
		updatedAt                       *time.Time
	}
	CarePlanSection struct{ Heading, Text *string }
	CareTeamMember  struct {
		Item
		Name, Role   *string
		organisation Organisation
		Since        *PartialDate
	}
	Stay struct {
		Item
		admittedAt, dischargedAt, summaryAt                             *time.Time
		DischargeReadyOn                                                *PartialDate
		classification, admissionMethod, destination, specialty, reason Code
		Ward, summaryID, summaryTitle                                   *string
	}
	Diagnosis struct {
		diagnosis Code
		Rank      *int32
	}
	StayProcedure struct {
		procedure   Code
		PerformedOn *PartialDate
	}
	Attendance struct {
		Item
		kind, complaint       Code
		arrivedAt, departedAt *time.Time
	}
	Consultation struct {
		Item
		kind, reason    Code
		heldAt, endedAt *time.Time
		clinician       Practitioner
	}
	CareContact struct {
		Item
		at           *time.Time
		minutes      *int32
		kind, reason Code
		Medium, Team *string
	}
	MentalHealthAssessment struct {
		Item
		tool       Code
		Score      *float64
		AssessedOn *PartialDate
	}
	CareCoordinator struct {
		Item
		Name, Role, Team *string
	}
	LegalStatus struct {
		Item
		status                        Code
		startedAt, expiresAt, endedAt *time.Time
	}
	AllocatedWorker struct {
		Item
		Name, Role, Team, Phone *string
	}
	SupportReason struct {
		Item
		reason Code
	}
	SocialCareService struct {
		Item
		kind, component    Code
		StartedOn, EndedOn *PartialDate
		Provider, Status   *string
	}
	SocialCareAssessment struct {
		Item
		kind, outcome      Code
		StartedOn, EndedOn *PartialDate
		EligibleNeeds      *[]string
	}
	SocialCareRequest struct {
		Item
		route, outcome Code
		ReceivedOn     *PartialDate
	}
)

func (x *Allergy) targets() []any { return append(codes(&x.substance), &x.Criticality, &x.Status) }
func (x *Medication) targets() []any {
	return append(codes(&x.medicine), &x.Dosage, &x.Kind, &x.Status, &x.StartedOn, &x.EndedOn)
}
func (x *Problem) targets() []any {
	return append(codes(&x.problem), &x.OnsetOn, &x.EndedOn, &x.Status)
}
func (x *Immunisation) targets() []any { return append(codes(&x.vaccine), &x.GivenOn) }
func (x *Procedure) targets() []any    { return append(codes(&x.procedure), &x.PerformedOn) }
func (x *Result) targets() []any {
	all := append(append(codes(&x.test), &x.takenAt, &x.Status), x.value.targets()...)
	all = append(append(all, &x.limits.Low, &x.limits.High, &x.limits.Text), codes(&x.interpretation)...)
	return append(all, &x.reportID, &x.title)
}
func (x *VitalSign) targets() []any {
	return append(append(codes(&x.sign), &x.takenAt), x.value.targets()...)
}
func (x *VitalSignComponent) targets() []any { return append(codes(&x.sign), x.value.targets()...) }
func (x *Document) targets() []any {
	return append(codes(&x.kind), &x.Title, &x.writtenAt, &x.ContentType, &x.Size)
}
func (x *CarePlan) targets() []any {
	return append(codes(&x.kind), &x.Title, &x.Status, &x.StartedOn, &x.EndedOn, &x.ReviewDueOn, &x.updatedAt)
}
func (x *CarePlanSection) targets() []any { return []any{&x.Heading, &x.Text} }
func (x *CareTeamMember) targets() []any {
	return []any{&x.Name, &x.Role, &x.organisation.OdsCode, &x.organisation.Name, &x.Since}
}
func (x *Stay) targets() []any {
	all := append([]any{&x.admittedAt, &x.dischargedAt, &x.DischargeReadyOn}, codes(&x.classification, &x.admissionMethod, &x.destination, &x.specialty, &x.reason)...)
	return append(all, &x.Ward, &x.summaryID, &x.summaryTitle, &x.summaryAt)
}
func (x *Diagnosis) targets() []any     { return append(codes(&x.diagnosis), &x.Rank) }
func (x *StayProcedure) targets() []any { return append(codes(&x.procedure), &x.PerformedOn) }
func (x *Attendance) targets() []any {
	return append(append(codes(&x.kind), &x.arrivedAt, &x.departedAt), codes(&x.complaint)...)
}
func (x *Consultation) targets() []any {
	return append(append(append(codes(&x.kind), &x.heldAt, &x.endedAt), codes(&x.reason)...), &x.clinician.Name, &x.clinician.Role)
}
func (x *CareContact) targets() []any {
	return append(append(append([]any{&x.at, &x.minutes}, codes(&x.kind)...), &x.Medium, &x.Team), codes(&x.reason)...)
}
func (x *MentalHealthAssessment) targets() []any {
	return append(codes(&x.tool), &x.Score, &x.AssessedOn)
}
func (x *CareCoordinator) targets() []any { return []any{&x.Name, &x.Role, &x.Team} }
func (x *LegalStatus) targets() []any {
	return append(codes(&x.status), &x.startedAt, &x.expiresAt, &x.endedAt)
}
func (x *AllocatedWorker) targets() []any { return []any{&x.Name, &x.Role, &x.Team, &x.Phone} }
func (x *SupportReason) targets() []any   { return codes(&x.reason) }
func (x *SocialCareService) targets() []any {
	return append(codes(&x.kind, &x.component), &x.StartedOn, &x.EndedOn, &x.Provider, &x.Status)
}
func (x *SocialCareAssessment) targets() []any {
	return append(append(append(codes(&x.kind), &x.StartedOn, &x.EndedOn), codes(&x.outcome)...), &x.EligibleNeeds)
}
func (x *SocialCareRequest) targets() []any {
	return append(append(codes(&x.route), &x.ReceivedOn), codes(&x.outcome)...)
}

func (x *Allergy) Substance() *Code { return x.substance.orNil() }
func (x *Allergy) Reactions(ctx context.Context) (*[]*Code, error) {
	return parts[Code](ctx, "allergy_reaction", "manifestation*", &x.Item)
}
func (x *Medication) Medicine() *Code     { return x.medicine.orNil() }
func (x *Problem) Problem() *Code         { return x.problem.orNil() }
func (x *Immunisation) Vaccine() *Code    { return x.vaccine.orNil() }
func (x *Procedure) Procedure() *Code     { return x.procedure.orNil() }
func (x *Result) Test() *Code             { return x.test.orNil() }
func (x *Result) TakenAt() *DateTime      { return moment(x.takenAt) }
func (x *Result) Value() *Value           { return x.value.orNil() }
func (x *Result) Interpretation() *Code   { return x.interpretation.orNil() }
func (x *Result) Report() *DocumentLink   { return link(x.reportID, x.title, nil) }
func (x *VitalSign) Sign() *Code          { return x.sign.orNil() }
func (x *VitalSign) TakenAt() *DateTime   { return moment(x.takenAt) }
func (x *VitalSign) Value() *Value        { return x.value.orNil() }
func (x *VitalSignComponent) Sign() *Code { return x.sign.orNil() }
func (x *VitalSignComponent) Value() *Value {
	return x.value.orNil()
}
func (x *VitalSign) Components(ctx context.Context) (*[]*VitalSignComponent, error) {
	return parts[VitalSignComponent](ctx, "vital_sign_component", "sign* "+measured, &x.Item)
}

// ReferenceRange is null where nothing is known of it.
func (x *Result) ReferenceRange() *ReferenceRange {
	if x.limits == (ReferenceRange{}) {
		return nil
	}
	return &x.limits
}

func link(id, title *string, at *time.Time) *DocumentLink {
	if id == nil {
		return nil
	}
	return &DocumentLink{graphql.ID(*id), title, moment(at)}
}

func (x *Document) Kind() *Code          { return x.kind.orNil() }
func (x *Document) WrittenAt() *DateTime { return moment(x.writtenAt) }
func (x *CarePlan) Kind() *Code          { return x.kind.orNil() }
func (x *CarePlan) UpdatedAt() *DateTime { return moment(x.updatedAt) }
func (x *CarePlan) Sections(ctx context.Context) (*[]*CarePlanSection, error) {
	return parts[CarePlanSection](ctx, "care_plan_section", "heading text", &x.Item)
}

// Organisation is the member's employer.
func (x *CareTeamMember) Organisation() *Organisation {
	if x.organisation == (Organisation{}) {
		return nil
	}
	if x.organisation.Name == nil {
		x.organisation.Name = x.organisation.OdsCode
	}
	return &x.organisation
}

func (x *Stay) AdmittedAt() *DateTime       { return moment(x.admittedAt) }
func (x *Stay) DischargedAt() *DateTime     { return moment(x.dischargedAt) }
func (x *Stay) AdmissionMethod() *Code      { return x.admissionMethod.orNil() }
func (x *Stay) DischargeDestination() *Code { return x.destination.orNil() }
func (x *Stay) Specialty() *Code            { return x.specialty.orNil() }
func (x *Stay) Summary() *DocumentLink      { return link(x.summaryID, x.summaryTitle, x.summaryAt) }
func (x *Stay) Diagnoses(ctx context.Context) (*[]*Diagnosis, error) {
	return parts[Diagnosis](ctx, "stay_diagnosis", "diagnosis* rank", &x.Item)
}
func (x *Stay) Procedures(ctx context.Context) (*[]*StayProcedure, error) {
	return parts[StayProcedure](ctx, "stay_procedure", "procedure* performed_on", &x.Item)
}
func (x *Diagnosis) Diagnosis() *Code         { return x.diagnosis.orNil() }
func (x *StayProcedure) Procedure() *Code     { return x.procedure.orNil() }
func (x *Attendance) ArrivedAt() *DateTime    { return moment(x.arrivedAt) }
func (x *Attendance) DepartedAt() *DateTime   { return moment(x.departedAt) }
func (x *Attendance) Complaint() *Code        { return x.complaint.orNil() }
func (x *Consultation) HeldAt() *DateTime     { return moment(x.heldAt) }
func (x *Consultation) Kind() *Code           { return x.kind.orNil() }
func (x *Consultation) Reason() *Code         { return x.reason.orNil() }
func (x *CareContact) At() *DateTime          { return moment(x.at) }
func (x *MentalHealthAssessment) Tool() *Code { return x.tool.orNil() }
func (x *LegalStatus) Status() *Code          { return x.status.orNil() }
func (x *LegalStatus) StartedAt() *DateTime   { return moment(x.startedAt) }
func (x *LegalStatus) ExpiresAt() *DateTime   { return moment(x.expiresAt) }
func (x *LegalStatus) EndedAt() *DateTime     { return moment(x.endedAt) }
func (x *SocialCareService) Kind() *Code      { return x.kind.orNil() }
func (x *SocialCareService) Component() *Code { return x.component.orNil() }
func (x *SocialCareAssessment) Kind() *Code   { return x.kind.orNil() }
func (x *SocialCareAssessment) Outcome() *Code {
	return x.outcome.orNil()
}
func (x *SocialCareRequest) Route() *Code   { return x.route.orNil() }
func (x *SocialCareRequest) Outcome() *Code { return x.outcome.orNil() }
func (x *Attendance) Diagnoses(ctx context.Context) (*[]*Diagnosis, error) {
	return parts[Diagnosis](ctx, "attendance_diagnosis", "diagnosis* rank", &x.Item)
}
func (x *Consultation) Clinician() *Practitioner {
	if x.clinician == (Practitioner{}) {
		return nil
	}
	return &x.clinician
}
