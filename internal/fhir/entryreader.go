package fhir

import "carerecord/internal/record"

// An EntryReader reads the values of an entry. Err is of the first that could not be read; the
// caller looks once, at the end.
type EntryReader struct{ Err error }

// Note keeps an error, if it is the first.
func (r *EntryReader) Note(err error) {
	if r.Err == nil {
		r.Err = err
	}
}

// Moment is the first of several dates and dateTimes that is there.
func (r *EntryReader) Moment(texts ...string) (record.DateTime, record.Precision) {
	for _, text := range texts {
		if text != "" {
			at, precision, err := Moment(text)
			r.Note(err)
			return at, precision
		}
	}
	return record.DateTime{}, ""
}

// Day is the first of several dates that is there, as far as it is known.
func (r *EntryReader) Day(texts ...string) record.PartialDate {
	for _, text := range texts {
		if text != "" {
			on, err := Day(text)
			r.Note(err)
			return on
		}
	}
	return ""
}

// Code is the first of several concepts that says something; one must.
func (r *EntryReader) Code(concepts ...*Concept) record.Code {
	for _, concept := range concepts {
		if code, ok := concept.Record(); ok {
			return code
		}
	}
	r.Note(Malformedf("a code without words"))
	return record.Code{}
}
