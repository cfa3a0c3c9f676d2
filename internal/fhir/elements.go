package fhir

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"carerecord/internal/record"
)

// The data types of FHIR, as far as they are read here. STU3 and R4 agree on them.
type (
	// Coding is one code.
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
	// Period is a time from and to.
	Period struct{ Start, End string }
	// Quantity is a number with its unit, digits as written.
	Quantity struct {
		Value            json.Number
		Comparator, Unit string
		System, Code     string
		Extension        []Extension
	}
	// Range is two quantities.
	Range struct{ Low, High *Quantity }
	// Ratio is one quantity by another.
	Ratio struct{ Numerator, Denominator *Quantity }
	// Annotation is a note.
	Annotation struct{ Text string }
	// Name is a HumanName.
	Name struct {
		Use, Text, Family string
		Given, Prefix     []string
		Period            Period
	}
	// Extension is an extension with the values that are read.
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

// In finds an extension by the end of its address, without its version ("-1").
func In(extensions []Extension, name string) *Extension {
	for i := range extensions {
		url := strings.TrimRight(strings.TrimRight(extensions[i].URL, "0123456789"), "-")
		if url == name || strings.HasSuffix(url, "-"+name) || strings.HasSuffix(url, "/"+name) {
			return &extensions[i]
		}
	}
	return nil
}

// All finds every extension of a name.
func All(extensions []Extension, name string) []Extension {
	var found []Extension
	for i := range extensions {
		if one := In(extensions[i:i+1], name); one != nil {
			found = append(found, *one)
		}
	}
	return found
}

// Whole is the number an extension holds; nil where there is none.
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

// First is the first code of a concept.
func (c *Concept) First() string {
	if c == nil || len(c.Coding) == 0 {
		return ""
	}
	return c.Coding[0].Code
}

// Elsewhere reports whether a reference is an absolute address, and another than address, whatever
// their versions.
func Elsewhere(reference, address string) bool {
	if !strings.Contains(reference, "://") {
		return false
	}
	reference, _, _ = strings.Cut(reference, "/_history/")
	address, _, _ = strings.Cut(address, "/_history/")
	return reference != address
}

// MayBe reports whether a reference may mean the resource. An absolute address may not, where the
// resource came under another.
func (r *Resource) MayBe(reference string) bool {
	return r.FullURL == "" || !Elsewhere(reference, r.FullURL)
}

// Says reports whether any coding of a concept has one of these codes.
func (c *Concept) Says(codes ...string) bool {
	return c != nil && slices.ContainsFunc(c.Coding, func(coding Coding) bool {
		return slices.ContainsFunc(codes, func(code string) bool { return strings.EqualFold(coding.Code, code) })
	})
}

// MappedOf is what the first known coding of a concept stands for; otherwise where none is known.
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

// Words are what a concept says in words.
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

// systems are the code systems a record is read in, in the order of preference.
var systems = []string{"http://snomed.info/sct", "https://dmd.nhs.uk", "http://loinc.org", "http://hl7.org/fhir/sid/icd-10",
	"https://fhir.hl7.org.uk/Id/opcs-4"}

// degraded are the codes a practice system writes where the real one was lost on the
// way from another: what was meant stands in the text beside them.
var degraded = map[string]bool{
	"196411000000103": true, // Transfer-degraded record entry
	"196421000000109": true, // Transfer-degraded medication entry
	"196461000000101": true, // Transfer-degraded drug allergy
	"196471000000108": true, // Transfer-degraded non-drug allergy
}

// Record is a concept as the record has codes: of the preferred system, with the
// source's own code or its own words beside it. It is false where there are no words.
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

// name gives a code its words: the text's, where the code has none or only says that the real one was
// lost, else its own. A text that says something else is kept beside it as the source's own words.
// Without a text, the words of the source's own code stand in.
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
		code.Original.Display = c.Text // what was written, of which the codes are what it was taken for
	}
}

// names reports whether one of the codings has these words.
func (c *Concept) names(text string) bool {
	return slices.ContainsFunc(c.Coding, func(coding Coding) bool {
		return strings.EqualFold(strings.TrimSpace(coding.Display), strings.TrimSpace(text))
	})
}

const (
	nullFlavor   = "http://hl7.org/fhir/v3/NullFlavor"
	nullFlavorR4 = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
)

// Unsaid reports whether a concept says only that something is not known.
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

// Ptr is the concept as a code that may be missing.
func (c *Concept) Ptr() *record.Code {
	code, ok := c.Record()
	if !ok {
		return nil
	}
	return &code
}

// FirstOf is the first concept of a list as a code that may be missing.
func FirstOf(list []Concept) *record.Code {
	if len(list) == 0 {
		return nil
	}
	return list[0].Ptr()
}

// Notes are notes and other words, a line each.
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

// OfReaction is what is written of a reaction beside its manifestations. A description that stands in
// the place of a manifestation which says nothing, or repeats one, is not said again.
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

// Identifiers are the identifier that a reference names, as system|value, in a list of one; none where
// it names none.
func (r Reference) Identifiers() []string {
	if r.Identifier == nil || r.Identifier.Value == "" {
		return nil
	}
	return []string{r.Identifier.System + "|" + r.Identifier.Value}
}

// Moment reads a dateTime, a date or an instant. The error is of one that does not exist.
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

// timeOf reads a moment. Some systems leave the offset out; theirs is local time.
func timeOf(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02T15:04:05.999999999", text, record.London)
	}
	// It is written as London's time, whatever its offset, and the year has four digits: London was
	// behind Greenwich in year 1, and is not ahead of it at the end of 9999.
	if year := at.In(record.London).Year(); err != nil || year < 1 || year > 9999 {
		return time.Time{}, Malformedf("a moment that does not exist")
	}
	return at, nil
}

// Day is the date of a date or dateTime as far as it is known, as the source wrote it.
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

// UnitOf is the unit as written, else its code.
func (q *Quantity) UnitOf() string {
	if q.Unit != "" {
		return q.Unit
	}
	return q.Code
}

// String is a quantity in words; "" for none.
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

// Former reports whether a name is not, or no longer, one that somebody goes by today. One whose period
// cannot be read counts as former.
func (n *Name) Former(today record.Date) bool {
	begun, err := n.Period.Begun(today)
	over, more := n.Period.Over(today)
	return n.Use == "old" || over || !begun || err != nil || more != nil
}

// Full is a name in one line.
func (n *Name) Full() string {
	if n.Text != "" {
		return n.Text
	}
	parts := append(append(append([]string(nil), n.Prefix...), n.Given...), n.Family)
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}
