package load

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// The structs below are FHIR R4 as far as it is read here. Numbers stay as they
// are written.

type coding struct{ System, Code, Display string }

type codeable struct {
	Coding []coding
	Text   string
}

func (c codeable) empty() bool { return len(c.Coding) == 0 && c.Text == "" }

// of is a concept as it is read here.
func of(c *fhir.Concept) (said codeable) {
	if c == nil {
		return codeable{}
	}
	for _, one := range c.Coding {
		said.Coding = append(said.Coding, coding{one.System, one.Code, one.Display})
	}
	said.Text = c.Text
	return said
}

func (c codeable) has(codes map[string]bool) bool {
	for _, coding := range c.Coding {
		if codes[coding.Code] {
			return true
		}
	}
	return false
}

type reference struct {
	Reference, Display string
	Identifier         identifier
}

func (r reference) empty() bool {
	return r.Reference == "" && r.Display == "" && r.Identifier.Value == ""
}

type identifier struct{ System, Value, Use string }

type period struct{ Start, End string }

type quantity struct {
	Value      json.Number
	Comparator string
	Unit       string
	System     string
	Code       string
}

type humanName struct {
	Use, Text, Family     string
	Given, Prefix, Suffix []string
	Period                period
}

func (n humanName) String() string {
	if n.Text != "" {
		return n.Text
	}
	parts := append(append(append([]string{}, n.Prefix...), n.Given...), n.Family)
	return strings.TrimSpace(strings.Join(append(parts, n.Suffix...), " "))
}

type contactPoint struct {
	System, Value, Use string
	Period             period
}

type address struct {
	Use        string
	Text       string
	Line       []string
	City       string
	District   string
	PostalCode string
	Period     period
}

func (a address) String() string {
	if a.Text != "" {
		return a.Text
	}
	parts := append(append([]string{}, a.Line...), a.City, a.District, a.PostalCode)
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ", ")
}

type annotation struct{ Text string }

// labels say how confidential a resource is: its own, and of a document those that it bears as one.
type labels struct {
	Meta          struct{ Security []fhir.Coding }
	SecurityLabel fhir.OneOrMore[fhir.Concept]
}

// confidential reports whether a label restricts, or does not say how confidential it is; one in words alone does not.
func (l labels) confidential() bool {
	return slices.ContainsFunc(l.Meta.Security, fhir.Coding.Confidential) || slices.ContainsFunc(l.SecurityLabel, func(c fhir.Concept) bool {
		return len(c.Coding) == 0 || slices.ContainsFunc(c.Coding, fhir.Coding.Confidential)
	})
}

// head is what every resource has.
type head struct {
	ResourceType string
	ID           string
	Identifier   fhir.OneOrMore[identifier]
	labels
	Contained []contained

	fullURL    string
	raw        []byte
	restricted bool // by the label on all of its bundle, or by what it hangs on
}

// contained is a resource inside another.
type contained struct {
	ID string
	labels
	Code json.RawMessage
}

// confidential reports whether the entry, or a resource inside it, is labelled restricted, or hangs on what is.
func (h *head) confidential() bool {
	return h.restricted || h.labels.confidential() || slices.ContainsFunc(h.Contained, func(c contained) bool { return c.confidential() })
}

type extension struct {
	URL                  string
	ValueCodeableConcept *codeable
	ValueCoding          *coding
	Extension            []extension
}

type patient struct {
	head
	Extension        []extension
	Identifier       []identifier
	Name             []humanName
	Telecom          []contactPoint
	Gender           string
	BirthDate        string
	DeceasedDateTime string
	DeceasedBoolean  bool
	Address          []address
	MaritalStatus    codeable
	Communication    []communication
	Contact          []patientContact
}

type communication struct {
	Language  codeable
	Preferred bool
}

type patientContact struct {
	Relationship []codeable
	Name         humanName
	Telecom      []contactPoint
	Address      address
	Period       period
}

type encounter struct {
	head
	Status          string
	Class           coding
	Type            []codeable
	ServiceType     codeable
	Participant     []participant
	Period          period
	ReasonCode      []codeable
	ReasonReference []reference
	Diagnosis       []encounterDiagnosis
	Hospitalization struct {
		AdmitSource          codeable
		DischargeDisposition codeable
	}
	ServiceProvider reference
}

type encounterDiagnosis struct {
	Condition reference
	Rank      int
}

// rank is where a diagnosis stands: one without a rank after the others.
func (d encounterDiagnosis) rank() int {
	if d.Rank <= 0 {
		return math.MaxInt
	}
	return d.Rank
}

type participant struct {
	Type       []codeable
	Period     period
	Individual reference
}

type condition struct {
	head
	ClinicalStatus     codeable
	VerificationStatus codeable
	Category           []codeable
	Severity           codeable
	Code               codeable
	BodySite           []codeable
	Encounter          reference
	OnsetDateTime      string
	OnsetPeriod        period
	OnsetAge           *fhir.Quantity
	OnsetRange         *fhir.Range
	OnsetString        string
	AbatementDateTime  string
	AbatementPeriod    period
	AbatementAge       *fhir.Quantity
	AbatementRange     *fhir.Range
	AbatementString    string
	RecordedDate       string
	Recorder           reference
	Asserter           reference
	Stage              []struct{ Summary, Type codeable }
	Note               []annotation
}

// value is the value[x] of an observation or of a component of one.
type value struct {
	ValueQuantity        *quantity
	ValueCodeableConcept *codeable
	ValueString          *string
	ValueBoolean         *bool
	ValueInteger         *json.Number
	ValueDateTime        string
	ValueTime            string
	ValuePeriod          *period
	ValueRange           *fhir.Range
	ValueRatio           *ratio
	ValueSampledData     json.RawMessage // no place for these two in the record: it is said that they are there
	ValueAttachment      json.RawMessage
	DataAbsentReason     codeable
}

type ratio struct{ Numerator, Denominator *quantity }

type component struct {
	Code codeable
	value
	Interpretation []fhir.Concept
	ReferenceRange []fhir.ReferenceRange
}

type observation struct {
	head
	Status            string
	Category          []codeable
	Code              codeable
	Focus             []reference
	Encounter         reference
	EffectiveDateTime string
	EffectiveInstant  string
	EffectivePeriod   period
	Issued            string
	Performer         []reference
	value
	Interpretation []fhir.Concept
	Note           []annotation
	BodySite       codeable
	Specimen       reference
	ReferenceRange []fhir.ReferenceRange
	Component      []component
}

type diagnosticReport struct {
	head
	Status             string
	Category           []codeable
	Code               codeable
	Encounter          reference
	EffectiveDateTime  string
	EffectivePeriod    period
	Issued             string
	Performer          []reference
	ResultsInterpreter []reference
	Specimen           []reference
	Result             []reference
	Conclusion         string
	ConclusionCode     []codeable
	PresentedForm      []attachment
}

type attachment struct {
	ContentType string
	Data        []byte // base64 in the file
	Title       string
}

type procedure struct {
	head
	Status            string
	StatusReason      codeable
	Category          codeable
	Code              codeable
	Encounter         reference
	PerformedDateTime string
	PerformedPeriod   period
	PerformedAge      *fhir.Quantity
	PerformedRange    *fhir.Range
	PerformedString   string
	Performer         []struct{ Actor reference }
	Location          reference
	ReasonCode        []codeable
	ReasonReference   []reference
	BodySite          []codeable
	Outcome           codeable
	Complication      []codeable
	FollowUp          []codeable
	Note              []annotation
}

// medication is a MedicationRequest, -Statement or -Administration, or a Medication.
type medication struct {
	head
	Status                    string
	Intent                    string
	DoNotPerform              bool
	StatusReason              anyCodeable
	Category                  anyCodeable
	Code                      codeable
	MedicationCodeableConcept codeable
	MedicationReference       reference
	Encounter                 reference
	Context                   reference
	AuthoredOn                string
	DateAsserted              string
	EffectiveDateTime         string
	EffectivePeriod           period
	Requester                 reference
	CourseOfTherapyType       codeable
	ReasonCode                []codeable
	ReasonReference           []reference
	DosageInstruction         fhir.OneOrMore[fhir.Dosage]
	Dosage                    fhir.OneOrMore[fhir.Dosage] // an administration has one
	DispenseRequest           struct {
		ValidityPeriod         period
		NumberOfRepeatsAllowed json.Number
		Quantity               *quantity
	}
	Note []annotation
}

// anyCodeable reads one concept or a list of them: the medication types differ.
type anyCodeable []codeable

// UnmarshalJSON reads either form.
func (c *anyCodeable) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		b = append(append([]byte{'['}, b...), ']')
	}
	return json.Unmarshal(b, (*[]codeable)(c))
}

type allergy struct {
	head
	ClinicalStatus     codeable
	VerificationStatus codeable
	Type               string
	Category           []string
	Criticality        string
	Code               codeable
	Encounter          reference
	OnsetDateTime      string
	OnsetPeriod        period
	OnsetAge           *fhir.Quantity
	OnsetRange         *fhir.Range
	OnsetString        string
	RecordedDate       string
	Recorder           reference
	Asserter           reference
	LastOccurrence     string
	Note               []annotation
	Reaction           []struct {
		Substance     codeable
		Manifestation []fhir.Concept
		Description   string
		Severity      string
		Note          []fhir.Annotation
	}
}

type immunization struct {
	head
	Status             string
	StatusReason       codeable
	IsSubpotent        bool
	SubpotentReason    []codeable
	VaccineCode        codeable
	Encounter          reference
	OccurrenceDateTime string
	OccurrenceString   string
	Recorded           string
	Manufacturer       reference
	LotNumber          string
	ExpirationDate     string
	Site               codeable
	Route              codeable
	DoseQuantity       *quantity
	Performer          []vaccinator
	Location           reference
	ReasonCode         []codeable
	ReasonReference    []reference
	ProtocolApplied    []struct {
		DoseNumberPositiveInt json.Number
		DoseNumberString      string
	}
	Reaction []struct {
		Date   string
		Detail reference
	}
	Note      []annotation
	Extension []extension
}

// A vaccinator had to do with a vaccine, in some function.
type vaccinator struct {
	Function *fhir.Concept
	Actor    reference
}

type carePlan struct {
	head
	Status      string
	Category    []codeable
	Title       string
	Description string
	Encounter   reference
	Period      period
	Created     string
	Author      reference
	CareTeam    []reference
	Addresses   []reference
	Goal        []reference
	Activity    []struct {
		Reference reference
		Detail    struct {
			Code         codeable
			Status       string
			DoNotPerform bool
			Location     reference
			Description  string
		}
	}
	Note []annotation
}

type goal struct {
	head
	LifecycleStatus   string
	AchievementStatus codeable
	Description       codeable
	Target            []target
}

type target struct {
	fhir.Detail
	Measure               codeable
	DetailCodeableConcept codeable
	DueDate               string
}

type careTeam struct {
	head
	Status      string
	Name        string
	Category    []codeable
	Encounter   reference
	Period      period
	ReasonCode  []codeable
	Participant []struct {
		Role   []codeable
		Member reference
		Period period
	}
}

type imagingStudy struct {
	head
	Status            string
	Modality          []coding
	Encounter         reference
	Started           string
	NumberOfSeries    json.Number
	NumberOfInstances json.Number
	ProcedureCode     []codeable
	ReasonCode        []codeable
	ReasonReference   []reference
	Description       string
	Series            []struct {
		Modality    coding
		Description string
		BodySite    *coding
		Started     string
		Instance    []struct{ Title string }
	}
}

type device struct {
	head
	Status             string
	UDICarrier         []struct{ DeviceIdentifier, CarrierHRF string }
	DistinctIdentifier string
	Manufacturer       string
	ExpirationDate     string
	LotNumber          string
	SerialNumber       string
	ModelNumber        string
	DeviceName         []struct{ Name string }
	Type               codeable
}

type documentReference struct {
	head
	Status      string
	DocStatus   string
	Type        codeable
	Category    []codeable
	Date        string
	Author      []reference
	Description string
	Content     []struct{ Attachment attachment }
	Context     struct {
		Encounter []reference
		Period    period
	}
}

// directoryEntry is a Practitioner, PractitionerRole, Organization or Location.
type directoryEntry struct {
	head
	Identifier   []identifier
	Name         json.RawMessage
	Practitioner reference
	Code         []codeable
	Description  string
}

type appointment struct {
	head
	Status             string
	Description        string
	Comment            string
	PatientInstruction string
	CancelationReason  codeable
	ServiceType        []codeable
	Specialty          []codeable
	AppointmentType    codeable
	ReasonCode         []codeable
	ReasonReference    []reference
	Start, End         string
	MinutesDuration    json.Number
	Created            string
	Participant        []struct{ Actor reference }
}

type serviceRequest struct {
	head
	Status          string
	Intent          string
	DoNotPerform    bool
	Category        []codeable
	Priority        string
	Code            codeable
	Encounter       reference
	AuthoredOn      string
	Requester       reference
	Performer       []reference
	ReasonCode      []codeable
	ReasonReference []reference
	Note            []annotation
}

type flag struct {
	head
	Status    string
	Code      codeable
	Period    period
	Encounter reference
	Author    reference
}

type relatedPerson struct {
	head
	Active       *bool
	Relationship []codeable
	Name         []humanName
	Telecom      []contactPoint
	BirthDate    string
	Address      []address
	Period       period
}
