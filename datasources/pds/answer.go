package pds

import (
	"cmp"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// answer returns what PDS says to an ask; false for a kind that demographics do not have.
func (r *reading) answer(ask *fetch.Ask) (fetch.Answer, bool) {
	switch ask.Kind {
	case fetch.Contacts:
		return entries(r, ask, func(f *file) ([]record.Contact, error) { return f.contacts, f.contactsErr }), true
	case fetch.Needs:
		return entries(r, ask, func(f *file) ([]record.Need, error) { return f.needs, nil }), true
	case fetch.Persons:
		return r.persons(ask), true
	}
	return fetch.Answer{}, false
}

// persons returns at most one Person per subject. A restriction is returned beside any error, because the
// resolvers withhold the patient by it. If it is unclear whether the person is restricted, the answer is
// also Unreadable.
func (r *reading) persons(ask *fetch.Ask) fetch.Answer {
	var a fetch.Answer
	n := len(ask.Subjects.Patients)
	rows := make([][]record.Person, n)
	for i, patient := range ask.Subjects.Patients {
		f := r.files[patient]
		if f.restricted {
			rows[i] = []record.Person{{Restricted: true, RestrictionUnclear: f.unclear}}
		}
		if f.unclear {
			fhir.Mark(&a.Unreadable, n, i, true)
		}
		switch {
		case f.err != nil:
			fhir.Mark(&a.Errs, n, i, f.err)
		case f.absent:
			fhir.Mark(&a.Absent, n, i, true)
		case !f.restricted:
			rows[i] = []record.Person{f.person}
			if f.unreadable[fetch.Persons] > 0 {
				fhir.Mark(&a.Unreadable, n, i, true)
			}
		}
	}
	a.Rows = fhir.Rows(rows)
	return a
}

// entries selects what the ask wants from each patient's entries. Needs are never complete, because PDS
// does not hold reasonable adjustments.
func entries[T any, P fhir.Entry[T]](r *reading, ask *fetch.Ask, of func(*file) ([]T, error)) fetch.Answer {
	return fhir.Answer[T, P](&r.source.Base, r.terms, ask, func(_ int, patient record.NHSNumber) fhir.Said[T] {
		f := r.files[patient]
		list, err := of(f)
		switch {
		case f.restricted:
			return fhir.Said[T]{Err: errRestricted}
		case f.err != nil || err != nil:
			return fhir.Said[T]{Err: cmp.Or(f.err, err)}
		case f.absent:
			return fhir.Said[T]{Absent: true}
		}
		return fhir.Said[T]{Entries: list, Unreadable: f.unreadable[ask.Kind] > 0 || ask.Kind == fetch.Needs}
	})
}
