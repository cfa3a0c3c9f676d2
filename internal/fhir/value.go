package fhir

import (
	"encoding/json"
	"strings"

	"carerecord/internal/record"
)

// Value is the value[x] of an observation or a part of one.
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
	DataAbsentReason     *Concept
}

// ReferenceRange is the range a value is read against.
type ReferenceRange struct {
	Low, High *Quantity
	Text      string
	Type      *Concept
}

// Record is the value as the record has it; nil where there is none.
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
	if !v.DataAbsentReason.Empty() {
		x.AbsentReason = absent(v.DataAbsentReason)
	}
	if x == (record.Value{}) {
		return nil
	}
	return &x
}

func (q *Quantity) record() record.Value {
	x := record.Value{Text: record.Text(q.String()), Unit: record.Text(q.UnitOf())}
	switch q.Comparator {
	case "":
		x.Quantity = record.Decimal(q.Value)
	case "<", "<=", ">=", ">":
		if q.Value != "" {
			x.Comparator, x.Limit = record.Text(q.Comparator), record.Decimal(q.Value)
		}
	}
	return x
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
		return v.ValueRange.Low.String() + " to " + v.ValueRange.High.String()
	case v.ValueRatio != nil:
		return v.ValueRatio.Numerator.String() + " : " + v.ValueRatio.Denominator.String()
	}
	return v.ValueDateTime + v.ValueTime
}

// absentReasons are FHIR's data-absent-reason codes, STU3's and R4's, as the schema writes them.
var absentReasons = map[string]record.AbsentReason{
	"asked": "ASKED_UNKNOWN", "asked-unknown": "ASKED_UNKNOWN", "temp": "TEMP_UNKNOWN", "temp-unknown": "TEMP_UNKNOWN",
	"not-asked": "NOT_ASKED", "asked-declined": "ASKED_DECLINED", "masked": "MASKED", "not-applicable": "NOT_APPLICABLE",
	"unsupported": "UNSUPPORTED", "astext": "AS_TEXT", "as-text": "AS_TEXT", "error": "ERROR", "NaN": "NOT_A_NUMBER", "not-a-number": "NOT_A_NUMBER",
	"negative-infinity": "NEGATIVE_INFINITY", "positive-infinity": "POSITIVE_INFINITY", "not-performed": "NOT_PERFORMED", "not-permitted": "NOT_PERMITTED",
}

func absent(reason *Concept) record.AbsentReason {
	if known, ok := absentReasons[reason.First()]; ok {
		return known
	}
	return "UNKNOWN"
}

// RangeOf is the first reference range; nil where there is none.
func RangeOf(list []ReferenceRange) *record.ReferenceRange {
	if len(list) == 0 {
		return nil
	}
	var r record.ReferenceRange
	if list[0].Low != nil {
		r.Low = record.Decimal(list[0].Low.Value)
	}
	if list[0].High != nil {
		r.High = record.Decimal(list[0].High.Value)
	}
	r.Text = record.Text(strings.TrimSpace(list[0].Text))
	if r == (record.ReferenceRange{}) {
		return nil
	}
	return &r
}
