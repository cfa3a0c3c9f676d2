package view

import (
	"cmp"
	"regexp"
	"strings"

	"carerecord/internal/record"
)

// Value is what was measured, coded or written; nil when all columns are null.
func (r *row) Value() *record.Value {
	if r.empty(9) {
		return nil
	}
	v := record.Value{
		Text: record.Text(r.Text()), Quantity: r.Decimal(), Comparator: record.Text(r.Text()),
		Limit: r.Decimal(), Unit: record.Text(r.Text()), Coded: r.CodePtr(), AbsentReason: absentReason(r.symbol()),
	}
	if v == (record.Value{}) {
		return nil
	}
	if v.Comparator != "" || strings.ContainsAny(string(v.Text), "<>≤≥") && plainBound.MatchString(string(v.Text)) {
		v = bounded(v)
		r.look.words(string(v.Text)) // which may be put together from several columns
	}
	return r.values.Put(v)
}

// plainBound is a text that says a comparator and its bound, and perhaps a unit.
var plainBound = regexp.MustCompile(`^\s*(<=|>=|<|>|≤|≥)\s*(-?[0-9]+(?:\.[0-9]+)?)(?:\s*[^0-9\s.,<>-][^<>]*)?\s*$`)

// bounded is a value with a comparator and its bound. Where the columns do not say
// both, the text may; where it does not either, the text stands alone.
func bounded(v record.Value) record.Value {
	quantity := v.Quantity
	v.Quantity = ""
	switch v.Comparator {
	case "<", "<=", ">=", ">":
		if v.Limit != "" {
			return v
		}
	}
	if m := plainBound.FindStringSubmatch(string(v.Text)); m != nil {
		v.Comparator, v.Limit = record.Text(strings.NewReplacer("≤", "<=", "≥", ">=").Replace(m[1])), record.Decimal(m[2])
		return v
	}
	if v.Text == "" {
		v.Text = record.Text(strings.Join(strings.Fields(string(v.Comparator)+" "+string(cmp.Or(v.Limit, quantity))+" "+string(v.Unit)), " "))
	}
	v.Comparator, v.Limit = "", ""
	return v
}

// absentReasons are FHIR's data-absent-reason codes as the schema writes them.
var absentReasons = set[record.AbsentReason]("UNKNOWN", "ASKED_UNKNOWN", "TEMP_UNKNOWN", "NOT_ASKED", "ASKED_DECLINED", "MASKED",
	"NOT_APPLICABLE", "UNSUPPORTED", "AS_TEXT", "ERROR", "NOT_A_NUMBER", "NEGATIVE_INFINITY", "POSITIVE_INFINITY", "NOT_PERFORMED",
	"NOT_PERMITTED")

// absentReason turns FHIR's code (asked-unknown) into the schema's value.
func absentReason(code string) record.AbsentReason {
	if code == "" {
		return ""
	}
	if reason, ok := absentReasons[strings.ToUpper(strings.ReplaceAll(code, "-", "_"))]; ok {
		return reason
	}
	return "UNKNOWN"
}

// Range is a reference range; nil when all columns are null.
func (r *row) Range() *record.ReferenceRange {
	if r.empty(3) {
		return nil
	}
	g := record.ReferenceRange{Low: r.Decimal(), High: r.Decimal(), Text: record.Text(r.Text())}
	if g == (record.ReferenceRange{}) {
		return nil
	}
	return r.ranges.Put(g)
}
