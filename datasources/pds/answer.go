package pds

import (
	"cmp"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// answer is what the files say to an ask.
func (r *reading) answer(ask fetch.Ask) fetch.Answer {
	switch ask.Kind {
	case fetch.Contacts:
		return entries(r, ask, func(f *file) ([]record.Contact, error) { return f.contacts, f.contactsErr })
	case fetch.Needs:
		return entries(r, ask, func(f *file) ([]record.Need, error) { return f.needs, nil })
	}
	return r.persons(ask)
}

// persons is one person at the most for each subject. That one is restricted stands
// beside whatever else went wrong: the resolvers withhold the patient by it.
func (r *reading) persons(ask fetch.Ask) fetch.Answer {
	var a fetch.Answer
	n := len(ask.Subjects.Patients)
	rows := make([][]record.Person, n)
	for i, patient := range ask.Subjects.Patients {
		f := r.files[patient]
		if f.restricted {
			rows[i] = []record.Person{{Restricted: true}}
		}
		switch {
		case f.err != nil:
			set(&a.Errs, n, i, f.err)
		case f.absent:
			set(&a.Absent, n, i, true)
		case f.unclear:
			set(&a.Unreadable, n, i, true)
		case !f.restricted:
			rows[i] = []record.Person{f.person}
			if f.unreadable[fetch.Persons] > 0 {
				set(&a.Unreadable, n, i, true)
			}
		}
	}
	a.Rows = fhir.Rows(rows)
	return a
}

// entries picks from each patient's entries what the ask wants. Needs are never whole:
// reasonable adjustments are held elsewhere than in PDS.
func entries[T any, P fhir.Entry[T]](r *reading, ask fetch.Ask, of func(*file) ([]T, error)) fetch.Answer {
	var a fetch.Answer
	n := len(ask.Subjects.Patients)
	rows := make([][]T, n)
	for i, patient := range ask.Subjects.Patients {
		f := r.files[patient]
		list, err := of(f)
		switch {
		case f.restricted:
			set(&a.Errs, n, i, errRestricted)
			continue
		case f.err != nil || err != nil:
			set(&a.Errs, n, i, cmp.Or(f.err, err))
			continue
		case f.absent:
			set(&a.Absent, n, i, true)
			continue
		case f.unreadable[ask.Kind] > 0 || ask.Kind == fetch.Needs:
			set(&a.Unreadable, n, i, true)
		}
		picked, truncated := fhir.Pick[T, P](ask, r.terms, string(r.source.Org.ODSCode), list)
		if rows[i] = picked; truncated {
			set(&a.Truncated, n, i, true)
		}
	}
	a.Rows = fhir.Rows(rows)
	return a
}

// set marks one of n subjects.
func set[T any](marks *[]T, n, i int, mark T) {
	if *marks == nil {
		*marks = make([]T, n)
	}
	(*marks)[i] = mark
}
