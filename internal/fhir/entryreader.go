package fhir

import "carerecord/internal/record"

// An EntryReader reads the values of an entry. Err is the first error; the caller checks it once, at the
// end.
type EntryReader struct{ Err error }

// Note keeps err if it is the first.
func (r *EntryReader) Note(err error) {
	if r.Err == nil {
		r.Err = err
	}
}

// Moment reads the first non-empty date or dateTime.
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

// Day reads the first non-empty date, to the precision that it was written.
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

// Code is the first concept that has words. If none has, it notes an error.
func (r *EntryReader) Code(concepts ...*Concept) record.Code {
	for _, concept := range concepts {
		if code, ok := concept.Record(); ok {
			return code
		}
	}
	r.Note(Malformedf("a code without words"))
	return record.Code{}
}
