package view

import (
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
	if v.Comparator == "" && strings.ContainsAny(string(v.Text), "<>≤≥") && someBound.MatchString(string(v.Text)) {
		v.Quantity, v.Limit = "", "" // a number without what the text compares it by
	}
	return r.values.Put(v)
}

// someBound is a text that begins with a comparator of a number, whatever that goes on with: a power, a ratio, a flag.
var someBound = regexp.MustCompile(`^\s*[<>≤≥]\s*=?\s*[-+]?\.?[0-9]`)

// plainBound is a text that says a comparator and its bound, and perhaps behind that a unit, as boundOf has it.
var plainBound = regexp.MustCompile(`^\s*(<=|>=|<|>|≤|≥)\s*(-?[0-9]+(?:\.[0-9]+)?)(|\s*[%\pL(/\[°][^<>]*|\s*)$`)

// noUnit is what goes on with the number: a power, a ratio, a part of something.
var noUnit = regexp.MustCompile(`^(?i:e\s*[-+]?[0-9]|[ex×]\s*[-+]?10|\s+(?:e|x|×|in|of|out of|to|or|and|/)\s*[-+]?[0-9]|/\s*[0-9])`)

// power is how units of counts begin: 10*9/L, x10^9/L.
var power = regexp.MustCompile(`^\s*[xX×]?\s*10(\*|\^|[⁰¹²³⁴-⁹])`)

// boundOf is the comparator and the bound that a text says, if that is all it says but for a unit. What the number is multiplied by is
// part of the unit where its own column says so.
func boundOf(text, unit string) (comparator record.Text, limit record.Decimal, ok bool) {
	m := plainBound.FindStringSubmatch(text)
	if m == nil || !isDecimal(m[2]) || noUnit.MatchString(m[3]) && !(power.MatchString(m[3]) && power.MatchString(unit)) {
		return "", "", false
	}
	return comparators[m[1]], record.Decimal(m[2]), true
}

// comparators are as the contract writes them.
var comparators = map[string]record.Text{"<": "<", "<=": "<=", "≤": "<=", ">": ">", ">=": ">=", "≥": ">="}

// plainNumber is a text that is a number, and perhaps behind that a unit.
var plainNumber = regexp.MustCompile(`^\s*(-?[0-9]+(?:\.[0-9]+)?)(?:\s*[%\pL(/\[°][^<>]*|\s*)$`)

// bounded is a value with a comparator and its bound. Where the columns do not say
// both, the text may; where it does not either, the text stands alone, with the comparator as it was written.
func bounded(v record.Value) record.Value {
	said, quantity := strings.TrimSpace(string(v.Comparator)), v.Quantity
	comparator, limit, ok := boundOf(string(v.Text), string(v.Unit))
	if said == "=" && !ok { // HL7 version 2 writes a number so that is one
		v.Comparator = ""
		return v
	}
	v.Quantity = ""
	if ok && (said == "" || comparators[said] == "" || v.Limit == "") {
		v.Comparator, v.Limit = comparator, limit
		return v
	}
	if v.Limit == "" {
		v.Limit = quantity
	}
	if m := plainNumber.FindStringSubmatch(string(v.Text)); m != nil && v.Limit == "" && isDecimal(m[1]) && !noUnit.MatchString(strings.TrimPrefix(strings.TrimLeft(string(v.Text), " \t"), m[1])) {
		v.Limit = record.Decimal(m[1])
	}
	known := comparators[said] != "" && v.Limit != ""
	switch text := strings.TrimSpace(string(v.Text)); {
	case text == "" && known: // the columns say it
	case text == "":
		v.Text = record.Text(strings.Join(strings.Fields(said+" "+string(v.Limit)+" "+string(v.Unit)), " "))
	case strings.ContainsRune("-.0123456789", rune(text[0])): // it would be read as what was measured
		v.Text = record.Text(compared(said, text))
	}
	if v.Comparator = comparators[said]; !known {
		v.Comparator, v.Limit = "", ""
	}
	return v
}

// compared is a comparator before what it is of: signs stand at it, and words do not.
func compared(comparator, text string) string {
	if comparators[comparator] != "" {
		return comparator + text
	}
	return comparator + " " + text
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
