package fhir

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
)

// OfChildhood reports whether a resource states, at any depth, an age below 18 (such as an age at onset),
// or an age that cannot be compared with 18.
func OfChildhood(raw json.RawMessage) bool {
	if !bytes.Contains(raw, []byte(`Age"`)) && !bytes.Contains(raw, []byte(`Range"`)) && !bytes.Contains(raw, []byte(`"age"`)) {
		return false // nearly always
	}
	for name, value := range Members(raw) {
		if isAge(name) && mayBeYoung(value) || OfChildhood(value) {
			return true
		}
	}
	list, _ := elements(raw)
	for _, one := range list {
		if OfChildhood(one) {
			return true
		}
	}
	return false
}

// isAge reports whether a member of this name holds an age or a range of ages.
func isAge(name string) bool {
	return name == "age" || strings.HasSuffix(name, "Age") || name == "onsetRange" || name == "abatementRange"
}

func mayBeYoung(raw json.RawMessage) bool {
	var x struct {
		Quantity
		Low, High *Quantity
	}
	switch {
	case json.Unmarshal(raw, &x) != nil:
		return true
	case x.Low == nil && x.High == nil:
		return x.Value != "" && x.mayBeUnder(18)
	}
	return x.Low == nil || x.Low.mayBeUnder(18)
}

// perYear is how many of a unit make a year. The keys are the UCUM codes for units of age and the words
// that some systems write instead.
var perYear = map[string]float64{
	"a": 1, "year": 1, "years": 1, "yr": 1, "yrs": 1, "mo": 12, "month": 12, "months": 12, "wk": 52.25, "week": 52.25, "weeks": 52.25, "d": 365.25, "day": 365.25, "days": 365.25,
}

func (q *Quantity) mayBeUnder(years float64) bool {
	n, err := q.Value.Float64()
	of := perYear[strings.ToLower(strings.TrimSpace(cmp.Or(q.Code, q.Unit)))]
	return err != nil || of == 0 || n/of < years || strings.HasPrefix(q.Comparator, "<")
}
