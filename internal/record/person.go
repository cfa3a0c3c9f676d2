package record

// Person is who a resident is, as demographics has it. The zero value is a person
// about whom nothing is known.
type Person struct {
	Name                *HumanName
	DateOfBirth         PartialDate
	Gender              Text
	DeceasedAt          DateTime
	DeceasedAtPrecision Precision
	Address             *Address
	Telecom             []ContactPoint
	RegisteredPractice  *Organisation
	EthnicCategory      *Code
	PreferredLanguage   *Code
	MaritalStatus       *Code
	NHSNumberStatus     *Code
	Restricted          bool // sensitive (S-flagged): nothing is shown
	RestrictionUnclear  bool // Restricted only because it could not be read whether they are
}

// Unknown reports whether nothing is known about a person, except perhaps a
// restriction.
func (p *Person) Unknown() bool {
	return p.Name == nil && p.DateOfBirth == "" && p.Gender == "" && p.DeceasedAt.IsZero() && p.Address == nil && len(p.Telecom) == 0 &&
		p.RegisteredPractice == nil && p.EthnicCategory == nil && p.PreferredLanguage == nil && p.MaritalStatus == nil && p.NHSNumberStatus == nil
}

// HumanName is a person's usual name (FHIR HumanName).
type HumanName struct {
	Full   Text
	Prefix Text
	Given  []string
	Family Text
	Suffix Text
}

// Address is a home address (FHIR Address).
type Address struct {
	Lines    []string
	Postcode Text
	Borough  Text
}

// ContactPoint is a telephone number, email or other point of contact.
type ContactPoint struct{ System, Value, Use Text }

// Patient is the key by which a record is read in one request: the person's opaque
// ID and current number, and what demographics says.
type Patient struct {
	ID        ID
	NHSNumber NHSNumber
	Person
	Demographics *SourceStatus
	Age          *int
}

// DocumentContent is a document with its content.
type DocumentContent struct {
	Document
	Text   Text
	Base64 Text
}

// Words visits every name and text of the document, and its content as text.
func (x *DocumentContent) Words(visit func(string)) {
	x.Document.Words(visit)
	visit(string(x.Text))
}

// StaySummary is only the dates, the ward and the site of a stay.
type StaySummary struct {
	Item
	AdmittedAt            DateTime
	AdmittedAtPrecision   Precision
	DischargedAt          DateTime
	DischargedAtPrecision Precision
	DischargeReadyOn      PartialDate
	Ward                  Text
	Site                  *Organisation
}

// Codes visits nothing: a summary has no codes.
func (s *StaySummary) Codes(func(*Code)) {}

// Words visits the ward and the site.
func (s *StaySummary) Words(visit func(string)) {
	visit(string(s.Ward))
	visit(s.Site.words())
}

// SummaryOfDates returns the stay's dates, ward and site alone.
func (x *Stay) SummaryOfDates() StaySummary {
	return StaySummary{x.Item, x.AdmittedAt, x.AdmittedAtPrecision, x.DischargedAt, x.DischargedAtPrecision, x.DischargeReadyOn, x.Ward, x.Site}
}

// Reactions returns the manifestations of the reactions, without the severity.
func (x *Allergy) Reactions() []Code {
	reactions := make([]Code, len(x.ReactionDetails))
	for i := range x.ReactionDetails {
		reactions[i] = x.ReactionDetails[i].Manifestation
	}
	return reactions
}

// RecordedAt returns when it was recorded.
func (x *Allergy) RecordedAt() DateTime { return x.Provenance.RecordedAt }

// RecordedAtPrecision returns how much of that moment is known.
func (x *Allergy) RecordedAtPrecision() Precision { return x.Provenance.RecordedAtPrecision }

// Caution returns a warning that is the same for every decision made in advance.
func (x *AdvanceDecision) Caution() string {
	return "Check the signed form before acting on this entry; it may have been changed or revoked."
}
