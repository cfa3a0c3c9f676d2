package record

// Words of the opt-outs.
type (
	// OptOutStatus says whether an objection stands: IN_FORCE or WITHDRAWN.
	OptOutStatus string
	// OptOutChannel is how an objection arrived: ONLINE_FORM or PAPER_FORM.
	OptOutChannel string
	// OptOutRequester is who asked for it: SELF, PARENT, GUARDIAN, ATTORNEY or DEPUTY.
	OptOutRequester string
	// OptOutRequestKind is what a request asks for: OPT_OUT or CHANGE_OF_MIND.
	OptOutRequestKind string
	// OptOutRequestStatus is how far a request has come: WAITING, ACCEPTED or REFUSED.
	OptOutRequestStatus string
	// OptOutRequestDecision is how it is decided: ACCEPTED or REFUSED.
	OptOutRequestDecision string
	// FieldMatch says whether a field is what is stored: MATCH, NO_MATCH or NOT_GIVEN.
	FieldMatch string
)

// The states of an objection.
const (
	OptOutInForce   OptOutStatus = "IN_FORCE"
	OptOutWithdrawn OptOutStatus = "WITHDRAWN"
)

// Staff is a person at work, with the names as they were at the time.
type Staff struct {
	Subject, Name, Role Text
	Organisation        *Organisation
}

// OptOut is an objection to the joined-up record, and its withdrawal.
type OptOut struct {
	ID             ID
	NHSNumber      NHSNumber
	Status         OptOutStatus
	Channel        OptOutChannel
	RequestedBy    OptOutRequester
	Representative *OptOutRepresentative
	ReceivedOn     PartialDate
	EffectiveFrom  DateTime
	WithdrawnAt    DateTime
	Note           Text
	RecordedBy     Staff
	Withdrawal     *OptOutWithdrawal
}

// OptOutWithdrawal is how an objection was taken back.
type OptOutWithdrawal struct {
	Channel        OptOutChannel
	RequestedBy    OptOutRequester
	Representative *OptOutRepresentative
	ReceivedOn     PartialDate
	Note           Text
	RecordedBy     Staff
}

// OptOutRepresentative is who asked on somebody's behalf.
type OptOutRepresentative struct{ Name, Relationship, Evidence string }

// OptOutRepresentativeInput is who asks on somebody's behalf.
type OptOutRepresentativeInput struct{ Name, Relationship, Evidence string }

// RecordOptOutInput is what arrived, to be recorded as an objection.
type RecordOptOutInput struct {
	NHSNumber      NHSNumber
	Channel        OptOutChannel
	ReceivedOn     Date
	RequestedBy    OptOutRequester
	Representative *OptOutRepresentativeInput
	Note           *string
}

// WithdrawOptOutInput is what arrived, to take an objection back.
type WithdrawOptOutInput RecordOptOutInput

// RecordOptOutPayload is the objection that is in force now.
type RecordOptOutPayload struct{ OptOut OptOut }

// WithdrawOptOutPayload is the objection that was in force or to begin.
type WithdrawOptOutPayload struct{ OptOut OptOut }

// OptOutRequest is what somebody wrote on the form.
type OptOutRequest struct {
	ID             ID
	Reference      string
	Kind           OptOutRequestKind
	Status         OptOutRequestStatus
	ReceivedAt     DateTime
	Overdue        bool
	Language, Name string
	DateOfBirth    PartialDate
	Postcode       string
	NHSNumber      *NHSNumber // nil where none was given
	RequestedBy    OptOutRequester
	Representative *OptOutRepresentative
	Contact        Text
	DecidedAt      DateTime
	DecidedBy      *Staff
	DecisionNote   Text
}

// OptOutRequestMatch is how a request compares with one person.
type OptOutRequestMatch struct{ Name, DateOfBirth, Postcode, NHSNumber FieldMatch }

// OptOutRequestEdge is a request with its cursor.
type OptOutRequestEdge struct {
	Cursor string
	Node   *OptOutRequest
}

// OptOutRequestConnection is a page of requests.
type OptOutRequestConnection struct {
	Edges    []*OptOutRequestEdge
	PageInfo PageInfo
}

// DecideOptOutRequestInput is the decision on a request.
type DecideOptOutRequestInput struct {
	ID        ID
	Decision  OptOutRequestDecision
	NHSNumber *NHSNumber
	Note      *string
}

// DecideOptOutRequestPayload is the request as it was decided.
type DecideOptOutRequestPayload struct {
	Request OptOutRequest
	OptOut  *OptOut
}

// Words of the access log and of break-glass.
type (
	// AccessAction is what was done, an audit.Action.
	AccessAction string
	// AccessOutcome is how it ended, an audit.Outcome.
	AccessOutcome string
	// AccessAlertKind is which threshold was passed.
	AccessAlertKind string
	// BreakGlassReason is EMERGENCY, PUBLIC_INTEREST, STATUTE or COURT_ORDER.
	BreakGlassReason string
)

// AccessLogEntry is one event of the audit trail.
type AccessLogEntry struct {
	ID           ID
	Sequence     int
	At           DateTime
	Who          Staff
	Action       AccessAction
	NHSNumber    *NHSNumber // nil where no one person was meant
	Purpose      Text
	Relationship Text
	Classes      []Class
	Sectors      []Sector
	Outcome      AccessOutcome
	BreakGlass   *AccessBreakGlass
	Operation    Text
	Application  Text
}

// AccessBreakGlass is the grant under which a record was opened.
type AccessBreakGlass struct {
	Reason BreakGlassReason
	Note   string
}

// AccessLogEdge is an entry with its cursor.
type AccessLogEdge struct {
	Cursor string
	Node   *AccessLogEntry
}

// AccessLogConnection is a page of the access log.
type AccessLogConnection struct {
	Edges    []*AccessLogEdge
	PageInfo PageInfo
}

// AccessAlert is use that deserves a question.
type AccessAlert struct {
	Kind             AccessAlertKind
	Who              *Staff
	Organisation     *Organisation
	NHSNumber        *NHSNumber // nil where no one person is meant
	From, To         DateTime
	Count, Threshold int
}

// BreakGlassInput is whose record is opened in an emergency, why and how much of it.
type BreakGlassInput struct {
	NHSNumber NHSNumber
	Reason    BreakGlassReason
	Note      string
	Classes   []Class
}

// BreakGlassGrant is a permission that stands for a missing care relationship.
type BreakGlassGrant struct {
	ID        ID
	NHSNumber NHSNumber
	Classes   []Class
	Reason    BreakGlassReason
	ExpiresAt DateTime
}

// BreakGlassPayload is the grant.
type BreakGlassPayload struct{ Grant BreakGlassGrant }
