package fhir

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"carerecord/internal/record"
)

// The FHIR data types, as far as they are read here. They are the same in STU3 and R4.
type (
	// Coding is one code of a code system.
	Coding struct {
		System, Code, Display string
	}
	// Concept is a CodeableConcept.
	Concept struct {
		Coding []Coding
		Text   string
	}
	// Identifier is a business identifier.
	Identifier struct{ System, Value, Use string }
	// Reference points at a resource.
	Reference struct {
		Reference, Display string
		Type               string
		Identifier         *Identifier
	}
	// Period is a time with a start and an end.
	Period struct{ Start, End string }
	// Quantity is a number with its unit. The number keeps its digits as written.
	Quantity struct {
		Value            json.Number
		Comparator, Unit string
		System, Code     string
		Extension        []Extension
		OfValue          *Primitive `json:"_value"`
	}
	// Primitive is what stands beside a primitive value, or in its place.
	Primitive struct{ Extension []Extension }
	// Range is a low and a high limit.
	Range struct{ Low, High *Quantity }
	// Ratio is a quantity per another.
	Ratio struct{ Numerator, Denominator *Quantity }
	// Annotation is a note.
	Annotation struct{ Text string }
	// Name is a HumanName.
	Name struct {
		Use, Text, Family string
		Given, Prefix     []string
		Period            Period
	}
	// Extension is an extension, with those of its values that are read.
	Extension struct {
		URL                  string
		ValueString          string
		ValueCode            string
		ValueDateTime        string
		ValueDate            string
		ValueBoolean         *bool
		ValueInteger         *json.Number
		ValuePositiveInt     *json.Number
		ValueUnsignedInt     *json.Number
		ValueCodeableConcept *Concept
		ValueReference       *Reference
		Extension            []Extension
	}
)

// In finds an extension by the end of its URL, ignoring a version suffix ("-1"); nil if there is none.
func In(extensions []Extension, name string) *Extension {
	for i := range extensions {
		url := strings.TrimRight(strings.TrimRight(extensions[i].URL, "0123456789"), "-")
		if url == name || strings.HasSuffix(url, "-"+name) || strings.HasSuffix(url, "/"+name) {
			return &extensions[i]
		}
	}
	return nil
}

// All finds every extension of that name.
func All(extensions []Extension, name string) []Extension {
	var found []Extension
	for i := range extensions {
		if one := In(extensions[i:i+1], name); one != nil {
			found = append(found, *one)
		}
	}
	return found
}

// Whole is the non-negative integer that an extension holds; nil if there is none.
func (e *Extension) Whole() *int {
	if e == nil {
		return nil
	}
	for _, n := range []*json.Number{e.ValuePositiveInt, e.ValueUnsignedInt, e.ValueInteger} {
		if n == nil {
			continue
		}
		if i, err := strconv.Atoi(n.String()); err == nil && i >= 0 {
			return &i
		}
	}
	return nil
}

// Empty reports whether a concept says nothing.
func (c *Concept) Empty() bool { return c == nil || len(c.Coding) == 0 && c.Text == "" }

// Has reports whether one of the codings has one of the codes.
func (c *Concept) Has(codes map[string]bool) bool {
	if c == nil {
		return false
	}
	for _, coding := range c.Coding {
		if codes[strings.TrimSpace(coding.Code)] {
			return true
		}
	}
	return false
}

// First is the first code of a concept; "" if there is none.
func (c *Concept) First() string {
	if c == nil || len(c.Coding) == 0 {
		return ""
	}
	return c.Coding[0].Code
}

// Elsewhere reports whether a reference is an absolute URL other than address. It ignores versions in both.
func Elsewhere(reference, address string) bool {
	if !strings.Contains(reference, "://") {
		return false
	}
	reference, _, _ = strings.Cut(reference, "/_history/")
	address, _, _ = strings.Cut(address, "/_history/")
	return reference != address
}

// MayBe reports whether a reference may mean the resource. An absolute URL may not if the resource has
// another fullUrl.
func (r *Resource) MayBe(reference string) bool {
	return r.FullURL == "" || !Elsewhere(reference, r.FullURL)
}

// Says reports whether any coding has one of these codes. It ignores case.
func (c *Concept) Says(codes ...string) bool {
	return c != nil && slices.ContainsFunc(c.Coding, func(coding Coding) bool {
		return slices.ContainsFunc(codes, func(code string) bool { return strings.EqualFold(coding.Code, code) })
	})
}

// MappedOf maps the first known coding of a concept; otherwise if none is known.
func MappedOf[T comparable](known map[string]T, c *Concept, otherwise T) T {
	if c != nil {
		for _, coding := range c.Coding {
			if x := Mapped(known, coding.Code, otherwise); x != otherwise {
				return x
			}
		}
	}
	return otherwise
}

// Words are the concept's text, or the display of its preferred code if it has none.
func (c *Concept) Words() string {
	if c == nil {
		return ""
	}
	if c.Text != "" {
		return c.Text
	}
	code, _ := c.Record()
	return code.Display
}

// systems are the code systems that the record uses, most preferred first.
var systems = []string{"http://snomed.info/sct", "https://dmd.nhs.uk", "http://loinc.org", "http://hl7.org/fhir/sid/icd-10",
	"https://fhir.hl7.org.uk/Id/opcs-4"}

// degraded are the codes that a practice system writes if the original code was lost in a transfer between
// systems. The text beside the code has the meaning.
var degraded = map[string]bool{
	"196411000000103": true, // Transfer-degraded record entry
	"196421000000109": true, // Transfer-degraded medication entry
	"196461000000101": true, // Transfer-degraded drug allergy
	"196471000000108": true, // Transfer-degraded non-drug allergy
}

// Record is the concept as a record.Code: the code of the preferred system, with the source's own code or
// own words as Original. It returns false if there are no words.
func (c *Concept) Record() (record.Code, bool) {
	if c.Empty() {
		return record.Code{}, false
	}
	if len(c.Coding) == 0 {
		return record.Code{Display: c.Text}, true
	}
	best, rank := 0, len(systems)
	for i, coding := range c.Coding {
		for j, system := range systems[:rank] {
			if strings.HasPrefix(coding.System, system) {
				best, rank = i, j
				break
			}
		}
	}
	code := c.Coding[best].record()
	for i := range c.Coding {
		if other := c.Coding[i].record(); i != best && other.Display != "" {
			code.Original = &other
			break
		}
	}
	c.name(&code)
	return code, code.Display != ""
}

// name sets the display of a code:
//   - The text is used if the code has no display or only says that the original code was lost; otherwise
//     the code's own display.
//   - A text that says something else is kept as the source's own words.
//   - Without a text, the display of the source's own code stands in.
func (c *Concept) name(code *record.Code) {
	lost := degraded[string(code.Code)] || code.System == nullFlavor || code.System == nullFlavorR4
	switch {
	case c.Text != "" && (lost || code.Display == "" || code.Display == string(code.Code)):
		code.Display = c.Text
	case lost && code.Original != nil:
		code.Display = code.Original.Display
	case c.Text != "" && code.Original == nil && !strings.EqualFold(c.Text, code.Display):
		code.Original = &record.Code{Display: c.Text}
	case code.Display == "" && code.Original != nil:
		code.Display = code.Original.Display
	case c.Text != "" && code.Original != nil && !c.names(c.Text):
		code.Original.Display = c.Text // the text as written; the codes are an interpretation of it
	}
}

// names reports whether one of the codings has this display.
func (c *Concept) names(text string) bool {
	return slices.ContainsFunc(c.Coding, func(coding Coding) bool {
		return strings.EqualFold(strings.TrimSpace(coding.Display), strings.TrimSpace(text))
	})
}

const (
	nullFlavor   = "http://hl7.org/fhir/v3/NullFlavor"
	nullFlavorR4 = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
)

// Unsaid reports whether a concept is empty or says only that something is unknown.
func (c *Concept) Unsaid() bool {
	if c.Empty() {
		return true
	}
	for _, coding := range c.Coding {
		if coding.System != nullFlavor && coding.System != nullFlavorR4 {
			return false
		}
	}
	return len(c.Coding) > 0
}

func (c Coding) record() record.Code {
	code := record.Code{System: record.Text(c.System), Code: record.Text(strings.TrimSpace(c.Code)), Display: strings.TrimSpace(c.Display)}
	if code.Display == "" {
		code.Display = string(code.Code)
	}
	return code
}

// Ptr is Record as a pointer; nil if there are no words.
func (c *Concept) Ptr() *record.Code {
	code, ok := c.Record()
	if !ok {
		return nil
	}
	return &code
}

// FirstOf is the first concept of a list; nil if there is none.
func FirstOf(list []Concept) *record.Code {
	if len(list) == 0 {
		return nil
	}
	return list[0].Ptr()
}

// Notes joins notes and other texts, one a line.
func Notes(list []Annotation, more ...string) record.Text {
	var lines []string
	for _, n := range list {
		more = append(more, n.Text)
	}
	for _, text := range more {
		if text = strings.TrimSpace(text); text != "" {
			lines = append(lines, text)
		}
	}
	return record.Text(strings.Join(lines, "\n"))
}

// Under returns a heading preceded by the one it is under.
func Under(above, heading string) string {
	switch {
	case above == "":
		return heading
	case heading == "" || heading == above:
		return above
	}
	return above + ": " + heading
}

// A Reaction is a reaction of an AllergyIntolerance, STU3 or R4.
type Reaction struct {
	Substance     *Concept
	Manifestation []Concept
	Description   string
	Severity      string
	Note          []Annotation
}

// OfReaction is the text about a reaction beyond its manifestations. It leaves out a description that
// repeats a manifestation or stands in for one that says nothing.
func OfReaction(description string, manifestations []Concept, notes []Annotation) string {
	for i := range manifestations {
		if manifestations[i].Unsaid() || strings.EqualFold(manifestations[i].Words(), description) {
			description = ""
		}
	}
	if description != "" && len(manifestations) > 0 {
		description = "Reaction: " + description
	}
	return string(Notes(notes, description))
}

// CulpritOf is the text about the substance of a reaction and how it showed itself; "" if it is the
// substance that the allergy names.
func CulpritOf(substance, allergy *Concept, manifestations []Concept) string {
	if !substance.worded() || strings.EqualFold(substance.Words(), allergy.Words()) || substance.Text == "" && substance.shares(allergy) {
		return ""
	}
	var said []string
	for i := range manifestations {
		if manifestations[i].worded() {
			said = append(said, manifestations[i].Words())
		}
	}
	return strings.TrimSuffix("Reaction to "+substance.Words()+": "+strings.Join(said, ", "), ": ")
}

// worded reports whether a concept has words other than that something is unknown.
func (c *Concept) worded() bool { return c.Words() != "" && (c.Text != "" || !c.Unsaid()) }

// shares reports whether two concepts have a code in common.
func (c *Concept) shares(other *Concept) bool {
	return other != nil && slices.ContainsFunc(c.Coding, func(coding Coding) bool {
		return coding.Code != "" && slices.ContainsFunc(other.Coding, func(o Coding) bool { return o.System == coding.System && o.Code == coding.Code })
	})
}

// Identifiers returns the identifier that a reference names, as system|value, in a list of one; nil if it
// names none.
func (r Reference) Identifiers() []string {
	if r.Identifier == nil || r.Identifier.Value == "" {
		return nil
	}
	return []string{r.Identifier.System + "|" + r.Identifier.Value}
}

// Moment reads a dateTime, date or instant. A value that does not exist is record.ErrMalformed.
func Moment(text string) (record.DateTime, record.Precision, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return record.DateTime{}, "", nil
	}
	if len(text) > len(time.DateOnly) {
		at, err := timeOf(text)
		if err != nil {
			return record.DateTime{}, "", err
		}
		return record.At(at), record.PrecisionTime, nil
	}
	date, err := record.ParsePartialDate(text)
	if err != nil {
		return record.DateTime{}, "", Malformedf("a date that does not exist")
	}
	precision := map[int]record.Precision{4: record.PrecisionYear, 7: record.PrecisionMonth, 10: record.PrecisionDay}[len(date)]
	return record.At(date.First().Midnight()), precision, nil
}

// timeOf reads a time. Some systems omit the offset; their times are local time in London.
func timeOf(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02T15:04:05.999999999", text, record.London)
	}
	// The record writes London time with a four-digit year, whatever the offset in the source. London was
	// behind Greenwich in year 1, and is not ahead of it at the end of 9999.
	if year := at.In(record.London).Year(); err != nil || year < 1 || year > 9999 {
		return time.Time{}, Malformedf("a moment that does not exist")
	}
	return at, nil
}

// Day is the date part of a date or dateTime, to the precision that the source wrote.
func Day(text string) (record.PartialDate, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	if len(text) > len(time.DateOnly) {
		if _, err := timeOf(text); err != nil {
			return "", err
		}
		text = text[:len(time.DateOnly)]
	}
	date, err := record.ParsePartialDate(text)
	if err != nil {
		return "", Malformedf("a date that does not exist")
	}
	return date, nil
}

// UnitOf is the unit as written, or its code if there is none. UCUM's code for a number without a unit is
// "1", which would read as a digit.
func (q *Quantity) UnitOf() string {
	if q.Unit != "" {
		return q.Unit
	}
	if q.Code == "1" && q.System == ucum {
		return ""
	}
	return q.Code
}

const ucum = "http://unitsofmeasure.org"

// String is the quantity in words; "" if it has no value.
func (q *Quantity) String() string {
	if q == nil || q.Value == "" {
		return ""
	}
	text := q.Comparator + q.Value.String()
	if unit := q.UnitOf(); unit != "" {
		text += " " + unit
	}
	return text
}

// Former reports whether a person does not go by this name today: it is old, expired, or not yet valid. A
// name whose period cannot be read counts as former.
func (n *Name) Former(today record.Date) bool {
	begun, err := n.Period.Begun(today)
	over, more := n.Period.Over(today)
	return n.Use == "old" || over || !begun || err != nil || more != nil
}

// Full is the name in one line.
func (n *Name) Full() string {
	if n.Text != "" {
		return n.Text
	}
	parts := append(append(append([]string(nil), n.Prefix...), n.Given...), n.Family)
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}
