package record

// AcuteRecord is what only hospitals record about a patient. Its Status is that of
// CurrentStay.
type AcuteRecord struct {
	Status
	Patient     *Patient
	CurrentStay *Stay
}

// GPRecord is what only general practices record about a patient. Its Status is
// that of LastConsultation.
type GPRecord struct {
	Status
	Patient          *Patient
	LastConsultation *Consultation
}

// MentalHealthRecord is what only mental health trusts record about a patient. Its
// Status is that of the single values.
type MentalHealthRecord struct {
	Status
	Patient                 *Patient
	CareCoordinator         *CareCoordinator
	ResponsibleClinician    *ResponsibleClinician
	LegalStatus             *LegalStatus
	CommunityTreatmentOrder *CommunityTreatmentOrder
	CareCluster             *CareCluster
}

// SocialCareRecord is what only adult social care records about a patient. Its
// Status is that of the single values.
type SocialCareRecord struct {
	Status
	Patient              *Patient
	AllocatedWorker      *AllocatedWorker
	PrimarySupportReason *Code
	Circumstances        *Circumstances
}

// PatientEntry is one position in a list of patients: the record or the refusal.
type PatientEntry struct {
	NHSNumber NHSNumber
	Patient   *Patient
	Refusal   *Refusal
}

// Refusal is why a record is not shown.
type Refusal struct {
	Code    RefusalCode
	Message string
}

// RefusalCode is the rule that refused.
type RefusalCode string

// Viewer is the principal of the request.
type Viewer struct {
	Name, Role, Purpose Text
	Organisation        *Organisation
	Classes             []Class
	ExpiresAt           DateTime
}

// SourceKind is how a source is read.
type SourceKind string

// The kinds of source.
const (
	SourceSQL  SourceKind = "SQL"
	SourceFHIR SourceKind = "FHIR"
)

// SourceState is how a source answered in an operation.
type SourceState string

// The states of a source in an operation.
const (
	SourceAnswered    SourceState = "ANSWERED"
	SourceTimedOut    SourceState = "TIMED_OUT"
	SourceUnavailable SourceState = "UNAVAILABLE"
	SourceRefused     SourceState = "REFUSED"
	SourceNotAsked    SourceState = "NOT_ASKED"
)

// SourceAnswer is how one source answered in an operation.
type SourceAnswer struct {
	Sector       Sector
	Organisation *Organisation
	State        SourceState
	AsOf         DateTime
}

// ServiceSourceState is the state of a source as last observed.
type ServiceSourceState string

// The states of a source as last observed.
const (
	SourceUp      ServiceSourceState = "UP"
	SourceDown    ServiceSourceState = "DOWN"
	SourceUntried ServiceSourceState = "UNTRIED"
)

// ServiceSource is a source and how it last answered.
type ServiceSource struct {
	Sector         Sector
	Organisation   *Organisation
	Kind           SourceKind
	State          ServiceSourceState
	LastAnsweredAt DateTime
	SourceHealth
}

// BreakerState says whether a source is asked.
type BreakerState string

// The states of a breaker.
const (
	BreakerClosed   BreakerState = "CLOSED"
	BreakerHalfOpen BreakerState = "HALF_OPEN"
	BreakerOpen     BreakerState = "OPEN"
)

// SourceHealth is the state of a source's breaker, its reads under way and its last
// failure.
type SourceHealth struct {
	Breaker        BreakerState
	BreakerSinceAt DateTime
	ReadsUnderWay  int
	LastFailure    *GapReason // nil if no read has failed
	LastFailureAt  DateTime
}

// CodeInput is a code asked for.
type CodeInput struct{ System, Code string }
