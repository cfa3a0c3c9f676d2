package fhir

import "carerecord/internal/record"

// Values reads the values of an entry and keeps the first that could not be read. The
// caller asks once, at the end.
type Values struct{ Err error }

// Note keeps an error, if it is the first.
func (v *Values) Note(err error) {
	if v.Err == nil {
		v.Err = err
	}
}

// Moment is the first of several dates and dateTimes that is there.
func (v *Values) Moment(texts ...string) (record.DateTime, record.Precision) {
	for _, text := range texts {
		if text != "" {
			at, precision, err := Moment(text)
			v.Note(err)
			return at, precision
		}
	}
	return record.DateTime{}, ""
}

// Day is the first of several dates that is there, as far as it is known.
func (v *Values) Day(texts ...string) record.PartialDate {
	for _, text := range texts {
		if text != "" {
			on, err := Day(text)
			v.Note(err)
			return on
		}
	}
	return ""
}

// Code is the first of several concepts that says something; one must.
func (v *Values) Code(concepts ...*Concept) record.Code {
	for _, concept := range concepts {
		if code, ok := concept.Record(); ok {
			return code
		}
	}
	v.Note(Malformedf("a code without words"))
	return record.Code{}
}

// A Span is an onset[x], abatement[x] or performed[x] that is no date: an age, a range of ages, or words.
type Span struct {
	Age    *Quantity
	Range  *Range
	Text   string
	IsOver bool // STU3's abatementBoolean
}

// Words say what a span is of; "" for none.
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
