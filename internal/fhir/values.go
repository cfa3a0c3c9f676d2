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
	v.Note(malformed("a code without words"))
	return record.Code{}
}
