package record

// The enums of the opt-outs.
type (
	// OptOutStatus says whether an objection is WITHDRAWN. Otherwise it is IN_FORCE,
	// even if it is still to begin.
	OptOutStatus string
	// OptOutChannel is how an objection arrived: ONLINE_FORM or PAPER_FORM.
	OptOutChannel string
	// OptOutRequester is the person who asked for it: SELF, PARENT, GUARDIAN, ATTORNEY
	// or DEPUTY.
	OptOutRequester string
	// OptOutRequestKind is what a request asks for: OPT_OUT or CHANGE_OF_MIND.
	OptOutRequestKind string
	// OptOutRequestStatus is how far a request has come: WAITING, ACCEPTED or REFUSED.
	OptOutRequestStatus string
	// OptOutRequestDecision is how a request is decided: ACCEPTED or REFUSED.
	OptOutRequestDecision string
	// FieldMatch says whether a field agrees with what is stored: MATCH, NO_MATCH or
	// NOT_GIVEN.
	FieldMatch string
)

// The states of an objection.
const (
	OptOutInForce   OptOutStatus = "IN_FORCE"
	OptOutWithdrawn OptOutStatus = "WITHDRAWN"
)

// Staff is a member of staff, with their details at the time.
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

// OptOutWithdrawal says how an objection was taken back.
type OptOutWithdrawal struct {
	Channel        OptOutChannel
	RequestedBy    OptOutRequester
	Representative *OptOutRepresentative
	ReceivedOn     PartialDate
	Note           Text
	RecordedBy     Staff
}

// OptOutRepresentative is the person who asked on somebody's behalf.
type OptOutRepresentative struct{ Name, Relationship, Evidence string }

// OptOutRepresentativeInput is the person who asks on somebody's behalf.
type OptOutRepresentativeInput struct{ Name, Relationship, Evidence string }

// RecordOptOutInput is what was received, to be recorded as an objection.
type RecordOptOutInput struct {
	NHSNumber      NHSNumber
	Channel        OptOutChannel
	ReceivedOn     Date
	RequestedBy    OptOutRequester
	Representative *OptOutRepresentativeInput
	Note           *string
}

// WithdrawOptOutInput is what was received, to take an objection back.
type WithdrawOptOutInput RecordOptOutInput

// RecordOptOutPayload is the objection that is in force now.
type RecordOptOutPayload struct{ OptOut OptOut }

// WithdrawOptOutPayload is the objection that was in force or still to begin.
type WithdrawOptOutPayload struct{ OptOut OptOut }

// OptOutRequest is what somebody wrote on the opt-out form.
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
	NHSNumber      *NHSNumber // nil if none was given
	RequestedBy    OptOutRequester
	Representative *OptOutRepresentative
	Contact        Text
	DecidedAt      DateTime
	DecidedBy      *Staff
	DecisionNote   Text
}

// OptOutRequestMatch is the comparison of a request with one person, by field.
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

// The enums of the access log and of break-glass.
type (
	// AccessAction is what was done: an audit.Action.
	AccessAction string
	// AccessOutcome is how it ended: an audit.Outcome.
	AccessOutcome string
	// AccessAlertKind is the threshold that was exceeded.
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
	NHSNumber    *NHSNumber // nil if it is not about one person
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
	NHSNumber        *NHSNumber // nil if it is not about one person
	From, To         DateTime
	Count, Threshold int
}

// BreakGlassInput says whose record is to be opened, why, and which classes of it.
type BreakGlassInput struct {
	NHSNumber NHSNumber
	Reason    BreakGlassReason
	Note      string
	Classes   []Class
}

// BreakGlassGrant is a permission that replaces a missing care relationship.
type BreakGlassGrant struct {
	ID        ID
	NHSNumber NHSNumber
	Classes   []Class
	Reason    BreakGlassReason
	ExpiresAt DateTime
}

// BreakGlassPayload is the grant.
type BreakGlassPayload struct{ Grant BreakGlassGrant }
