package record

// Code is a coded value. System and Code are empty if the source has only words.
// Display is never empty.
type Code struct {
	System, Code Text
	Display      string
	Original     *Code // the source's own code, if it was mapped to Code
}

// Organisation is an organisation by ODS code and name.
type Organisation struct {
	ODSCode Text
	Name    string
}

func (o *Organisation) words() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// Practitioner is a professional as the source names them.
type Practitioner struct{ Name, Role Text }

// words visits both name and role, because the name of a clinic may be in place
// of a person's.
func (p *Practitioner) words(visit func(string)) {
	if p != nil {
		visit(string(p.Name))
		visit(string(p.Role))
	}
}

// Words visits the source system, the organisation, and the name and role of who
// recorded the entry.
func (p *Provenance) Words(visit func(string)) {
	visit(string(p.SourceSystem))
	visit(p.Organisation.words())
	p.RecordedBy.words(visit)
}

// Provenance is where an item comes from.
type Provenance struct {
	Sector              Sector
	Organisation        *Organisation
	SourceSystem        Text
	SourceID            string
	RecordedAt          DateTime
	RecordedAtPrecision Precision
	RecordedBy          *Practitioner
}

// Item is what every entry of a record has.
type Item struct {
	ID         ID
	Provenance Provenance
	Oldest     PartialDate `json:"-"` // of adult social care, the earliest date the source has of it, where it is none of those here; not shown
}

// Sector returns the sector that the entry comes from.
func (i *Item) Sector() Sector { return i.Provenance.Sector }

func (i *Item) item() *Item { return i }

// RecordItem is an entry of any kind in a record.
type RecordItem interface {
	item() *Item
	Stand() Stand
	Codes(visit func(*Code))
	Words(visit func(string))
}

// Envelope returns the part that every entry has.
func Envelope(x RecordItem) *Item { return x.item() }

// ReferenceRange is the range with which a result is compared.
type ReferenceRange struct {
	Low, High Decimal
	Text      Text
}

func (r *ReferenceRange) words(visit func(string)) {
	if r != nil {
		visit(string(r.Text))
	}
}

// Value is what was measured, coded or written. If there is a Comparator,
// Quantity is empty and Limit has the bound.
type Value struct {
	Text         Text
	Quantity     Decimal
	Comparator   Text
	Limit        Decimal
	Unit         Text
	Coded        *Code
	AbsentReason AbsentReason
}

func (v *Value) code() *Code {
	if v == nil {
		return nil
	}
	return v.Coded
}

func (v *Value) words(visit func(string)) {
	if v != nil {
		visit(string(v.Text))
		visit(string(v.Comparator))
		visit(string(v.Unit))
	}
}

// AbsentReason says why a value is absent (FHIR data-absent-reason); "" is null.
type AbsentReason = Text

// ReportReference is the report that a result belongs to.
type ReportReference struct {
	ID    ID
	Title Text
}

func (r *ReportReference) words() string {
	if r == nil {
		return ""
	}
	return string(r.Title)
}

// DocumentReference is a reference to a document.
type DocumentReference struct {
	ID                 ID
	Title              Text
	WrittenAt          DateTime
	WrittenAtPrecision Precision
}

func (r *DocumentReference) words() string {
	if r == nil {
		return ""
	}
	return string(r.Title)
}

// ContactMedium is how a person was seen (CONSULTATION MEDIUM USED).
type ContactMedium string

// The values of ContactMedium.
const (
	ContactMediumFaceToFace ContactMedium = "FACE_TO_FACE"
	ContactMediumTelephone  ContactMedium = "TELEPHONE"
	ContactMediumVideo      ContactMedium = "VIDEO"
	ContactMediumEmail      ContactMedium = "EMAIL"
	ContactMediumSms        ContactMedium = "SMS"
	ContactMediumOther      ContactMedium = "OTHER"
	ContactMediumUnknown    ContactMedium = "UNKNOWN"
)

// Priority is an administrative priority.
type Priority string

// The values of Priority.
const (
	PriorityRoutine     Priority = "ROUTINE"
	PriorityUrgent      Priority = "URGENT"
	PriorityTwoWeekWait Priority = "TWO_WEEK_WAIT"
	PriorityEmergency   Priority = "EMERGENCY"
	PriorityUnknown     Priority = "UNKNOWN"
)

// EventStatus is how far an event has got.
type EventStatus string

// The values of EventStatus.
const (
	EventStatusPlanned    EventStatus = "PLANNED"
	EventStatusInProgress EventStatus = "IN_PROGRESS"
	EventStatusOnHold     EventStatus = "ON_HOLD"
	EventStatusCompleted  EventStatus = "COMPLETED"
	EventStatusStopped    EventStatus = "STOPPED"
	EventStatusCancelled  EventStatus = "CANCELLED"
	EventStatusRejected   EventStatus = "REJECTED"
	EventStatusNotDone    EventStatus = "NOT_DONE"
	EventStatusUnknown    EventStatus = "UNKNOWN"
)
