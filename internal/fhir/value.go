package fhir

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/record"
)

// A Detail is the detail[x] of a goal's target, without a concept, which not everybody reads as the same type.
type Detail struct {
	DetailQuantity *Quantity
	DetailRange    *Range
	DetailRatio    *Ratio
	DetailString   string
	DetailInteger  json.Number
	DetailBoolean  *bool
}

// Words returns the detail in words: those of the concept if it is one.
func (d *Detail) Words(concept string) string {
	v := Value{ValueRange: d.DetailRange, ValueRatio: d.DetailRatio, ValueBoolean: d.DetailBoolean}
	if x := v.Record(); x != nil {
		return string(x.Text)
	}
	return cmp.Or(d.DetailQuantity.String(), concept, d.DetailString, d.DetailInteger.String())
}

// Value is the value[x] of an observation or of one of its components.
type Value struct {
	ValueQuantity        *Quantity
	ValueCodeableConcept *Concept
	ValueString          *string
	ValueBoolean         *bool
	ValueInteger         *json.Number
	ValueDateTime        string
	ValueTime            string
	ValuePeriod          *Period
	ValueRange           *Range
	ValueRatio           *Ratio
	ValueSampledData     json.RawMessage // these two have no place in the record, which only says that they exist
	ValueAttachment      json.RawMessage
	DataAbsentReason     *Concept
}

// ReferenceRange is a range that a value is compared with.
type ReferenceRange struct {
	Low, High *Quantity
	Text      string
	Type      *Concept
	AppliesTo []Concept
	Age       *Range
}

// Record is the value as the record holds it; nil if there is none.
func (v *Value) Record() *record.Value {
	var x record.Value
	switch {
	case v.ValueQuantity != nil:
		x = v.ValueQuantity.record()
	case v.ValueCodeableConcept != nil:
		x.Coded = v.ValueCodeableConcept.Ptr()
		x.Text = record.Text(v.ValueCodeableConcept.Words())
	default:
		x.Text = record.Text(v.words())
	}
	switch {
	case !v.DataAbsentReason.Empty():
		x.AbsentReason = MappedOf(absentReasons, v.DataAbsentReason, "UNKNOWN")
	case v.ValueQuantity != nil && v.ValueQuantity.Value == "" && x != (record.Value{}): // a unit alone
		x.AbsentReason = v.ValueQuantity.absent()
	}
	if x == (record.Value{}) {
		return nil
	}
	return &x
}

func (q *Quantity) record() record.Value {
	x := record.Value{Text: record.Text(q.String()), Unit: record.Text(q.UnitOf())}
	number := q.limit()
	switch q.Comparator {
	case "":
		x.Quantity = number
	case "<", "<=", ">=", ">":
		if number != "" {
			x.Comparator, x.Limit = record.Text(q.Comparator), number
		}
	}
	return x
}

// absent is why a quantity has no number.
func (q *Quantity) absent() record.AbsentReason {
	if q.OfValue != nil {
		if why := In(q.OfValue.Extension, "data-absent-reason"); why != nil {
			return Mapped(absentReasons, why.ValueCode, "UNKNOWN")
		}
	}
	return "UNKNOWN"
}

func (v *Value) words() string {
	switch {
	case v.ValueString != nil:
		return *v.ValueString
	case v.ValueBoolean != nil && *v.ValueBoolean:
		return "Yes"
	case v.ValueBoolean != nil:
		return "No"
	case v.ValueInteger != nil:
		return v.ValueInteger.String()
	case v.ValuePeriod != nil:
		return v.ValuePeriod.Start + " to " + v.ValuePeriod.End
	case v.ValueRange != nil:
		return v.ValueRange.Words()
	case v.ValueRatio != nil:
		return v.ValueRatio.Numerator.String() + " : " + v.ValueRatio.Denominator.String()
	}
	if v.ValueSampledData != nil || v.ValueAttachment != nil {
		return "Recorded as a curve or a picture, which is not shown here"
	}
	return v.ValueDateTime + v.ValueTime
}

// absentReasons maps FHIR's data-absent-reason codes, STU3 and R4, to those of the schema.
var absentReasons = map[string]record.AbsentReason{
	"asked": "ASKED_UNKNOWN", "asked-unknown": "ASKED_UNKNOWN", "temp": "TEMP_UNKNOWN", "temp-unknown": "TEMP_UNKNOWN",
	"not-asked": "NOT_ASKED", "asked-declined": "ASKED_DECLINED", "masked": "MASKED", "not-applicable": "NOT_APPLICABLE",
	"unsupported": "UNSUPPORTED", "astext": "AS_TEXT", "as-text": "AS_TEXT", "error": "ERROR", "NaN": "NOT_A_NUMBER", "not-a-number": "NOT_A_NUMBER",
	"negative-infinity": "NEGATIVE_INFINITY", "positive-infinity": "POSITIVE_INFINITY", "not-performed": "NOT_PERFORMED", "not-permitted": "NOT_PERMITTED",
}

// RangeOf is the reference range of the value; nil if there is none.
//   - Low and High are those of the only normal range. A range without a type is normal
//     (https://hl7.org/fhir/R4/observation.html).
//   - If several ranges are normal, or there are others such as a treatment target, all of them are in
//     Text.
//   - Limits in another unit than the value's are only in Text, with their unit.
func (v *Value) RangeOf(list []ReferenceRange) *record.ReferenceRange {
	of := v.ValueQuantity
	var r record.ReferenceRange
	var normal []*ReferenceRange
	for i := range list {
		if x := &list[i]; x.Type.Empty() || x.Type.Says("normal") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(x.Type.Words())), "normal") {
			normal = append(normal, x)
		}
	}
	limits := len(normal) == 1 && !normal[0].isOfAnotherUnit(of)
	if limits {
		r.Low, r.High = normal[0].Low.limit(), normal[0].High.limit()
	}
	if limits && len(list) == 1 && len(list[0].AppliesTo) == 0 && list[0].Age == nil {
		r.Text = record.Text(strings.TrimSpace(list[0].Text))
	} else {
		r.Text = record.Text(rangesInWords(list, of))
	}
	if r == (record.ReferenceRange{}) {
		return nil
	}
	return &r
}

// RangesBeside is the ranges as a line of a note, for a value without a place for them; "" if there are
// none.
func RangesBeside(list []ReferenceRange) string {
	if said := rangesInWords(list, nil); said != "" {
		return "Reference range: " + said
	}
	return ""
}

// RangesOf is the ranges of a component as a line of the note of the whole; "" if there are none.
func RangesOf(part *Concept, list []ReferenceRange) string {
	return Prefixed(Joined(" ", part.Words(), "reference range:")+" ", rangesInWords(list, nil))
}

func rangesInWords(list []ReferenceRange, of *Quantity) string {
	var all []string
	for i := range list {
		if said := list[i].words(of); said != "" {
			all = append(all, said)
		}
	}
	return strings.Join(all, "; ")
}

// limit is the number of a quantity; "" if there is none or a double cannot hold it. The text has such a
// number.
func (q *Quantity) limit() record.Decimal {
	if q == nil || !record.Decimal(q.Value).IsNumber() {
		return ""
	}
	return record.Decimal(q.Value)
}

// isOfAnotherUnit reports whether a limit and the value have different units.
func (x *ReferenceRange) isOfAnotherUnit(value *Quantity) bool {
	return slices.ContainsFunc([]*Quantity{x.Low, x.High}, func(limit *Quantity) bool {
		if limit == nil || value == nil || limit.UnitOf() == "" || value.UnitOf() == "" {
			return false
		}
		return !strings.EqualFold(limit.UnitOf(), value.UnitOf()) && (limit.Code == "" || limit.Code != value.Code || limit.System != value.System)
	})
}

// words is a range in words: its meaning, to whom it applies, and its limits.
func (x *ReferenceRange) words(value *Quantity) string {
	of := []string{x.Type.Words()}
	for i := range x.AppliesTo {
		of = append(of, x.AppliesTo[i].Words())
	}
	if x.Age != nil {
		of = append(of, "age "+x.Age.Words())
	}
	said, limits := strings.TrimSpace(x.Text), (&Range{x.Low, x.High}).Words()
	switch {
	case said == "":
		said = limits
	case x.isOfAnotherUnit(value):
		said += " (" + limits + ")"
	}
	of = slices.DeleteFunc(of, func(text string) bool { return text == "" })
	if len(of) > 0 && said != "" {
		return strings.Join(of, ", ") + ": " + said
	}
	return said
}

// Words is the range in words: "3.5 to 5.1 mmol/L", or "from" or "up to" a single limit; "" if there is
// none.
func (r *Range) Words() string {
	if r == nil {
		return ""
	}
	switch low, high := r.Low.String(), r.High.String(); {
	case low != "" && high != "":
		return low + " to " + high
	case low != "":
		return "from " + low
	case high != "":
		return "up to " + high
	}
	return ""
}

// gravity ranks interpretations (HL7 v3 ObservationInterpretation). Those not listed rank between abnormal
// and normal.
var gravity = map[string]int{
	"AA": 3, "HH": 3, "HX": 3, "LX": 3, "LL": 3, "HU": 3, "LU": 3, ">": 3, "<": 3, "A": 2, "H": 2, "L": 2, "POS": 2, "DET": 2, "R": 2, "N": -1, "NEG": -1, "ND": -1, "S": -1,
}

// Interpretation returns the gravest interpretation that has words, and the others as text.
func Interpretation(list []Concept) (gravest *record.Code, more string) {
	of := func(c Concept) int {
		if len(c.Coding) == 0 {
			return 0
		}
		most := -1
		for _, coding := range c.Coding {
			most = max(most, gravity[strings.ToUpper(strings.TrimSpace(coding.Code))])
		}
		return most
	}
	sorted := slices.DeleteFunc(slices.Clone(list), func(c Concept) bool { return c.Words() == "" })
	slices.SortStableFunc(sorted, func(a, b Concept) int { return of(b) - of(a) })
	var all []string
	for i := range sorted {
		all = append(all, sorted[i].Words())
	}
	if len(all) > 1 {
		more = "Interpretation also: " + strings.Join(all[1:], ", ")
	}
	return FirstOf(sorted), more
}

// A Span is an onset[x], abatement[x] or performed[x] that is not a date: an age, an age range, or text.
type Span struct {
	Age    *Quantity
	Range  *Range
	Text   string
	IsOver bool // STU3's abatementBoolean
}

// Words is the span as text, preceded by what it is of; "" if the span is empty.
func (s Span) Words(of string) string {
	said := s.Text
	switch {
	case s.Age.String() != "":
		said = "age " + s.Age.String()
	case s.Range.Words() != "":
		said = "age " + s.Range.Words()
	case said == "" && s.IsOver:
		said = "yes, it is not said when"
	}
	if said == "" {
		return ""
	}
	return of + ": " + said
}
