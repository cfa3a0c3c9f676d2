package pds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A file is what PDS answered about one patient, taken apart.
type file struct {
	reading *reading
	source  *Source
	patient record.NHSNumber // as asked
	err     error            // PDS did not answer for the patient
	absent  bool             // PDS does not know the number

	superseded bool // our register has an older number than PDS

	restricted bool // nothing may be shown
	unclear    bool // restricted, because it is unclear whether the person is
	person     record.Person

	contacts    []record.Contact
	contactsErr error
	needs       []record.Need

	ids          fhir.Seen
	unreadable   map[fetch.Kind]int
	confidential int
	foreign      map[string]int // resources of somebody else, by type
}

// file reads one patient from PDS.
func (r *reading) file(ctx context.Context, patient record.NHSNumber) *file {
	f := &file{reading: r, source: r.source, patient: patient, ids: fhir.Seen{}, unreadable: map[fetch.Kind]int{}, foreign: map[string]int{}}
	w := r.wants[patient]
	f.err = f.settle(r.source.outcome(ctx, f.readPatient(ctx, w.born)))
	if w.contacts && f.err == nil && !f.absent && !f.restricted {
		f.contactsErr = f.related(ctx)
	}
	f.report(ctx)
	return f
}

// settle turns an unknown or invalidated number into a state of the file. Nothing is shown for an
// invalidated number.
func (f *file) settle(err error) error {
	switch err {
	case errUnknown:
		f.absent = true
	case errInvalidated:
		f.restricted = true
	default:
		return err
	}
	return nil
}

func (f *file) readPatient(ctx context.Context, born string) error {
	data, err := f.reading.ask(ctx, "Patient/"+string(f.patient), f.patient)
	if errors.Is(err, fhir.ErrGarbled) { // it may state a restriction
		f.restricted, f.unclear = true, true
	}
	if err != nil {
		return err
	}
	if fhir.IsOutcome(data) { // never "nothing", as its subject is unknown
		return &fhir.StatusError{Status: 200, Codes: fhir.Codes(data), Kind: record.ErrMalformed}
	}
	self, err := f.identify(data, born)
	if err != nil || f.restricted {
		return err
	}
	return f.take(self)
}

// identify finds the patient in an answer. It notes a restriction first, on any Patient with the number,
// and the restriction holds even if an error follows.
func (f *file) identify(data []byte, born string) (*fhir.Resource, error) {
	var self *fhir.Resource
	several := false
	patients := fhir.Patients(data)
	for i := range patients {
		p := &patients[i]
		number, ok := p.NHSNumber()
		switch {
		case !ok || number != f.patient || saysOther(p.ID, number):
			f.foreign["Patient"]++
		default:
			f.judge(p)
			several = several || self != nil && string(self.Raw) != string(p.Raw)
			self = p
		}
	}
	switch {
	case self == nil:
		return f.successor(patients, born)
	case several:
		return self, fhir.Malformedf("two Patients of one number")
	}
	return self, f.check(self, born)
}

// saysOther reports whether the id of a Patient is an NHS number other than number.
func saysOther(id string, number record.NHSNumber) bool {
	other, err := record.ParseNHSNumber(id)
	return err == nil && other != number
}

// successor returns the Patient of the number that replaced the one asked for, with which PDS answers. A
// full birth date that both sides agree on distinguishes it from an answer about somebody else.
func (f *file) successor(patients []fhir.Resource, born string) (*fhir.Resource, error) {
	switch {
	case len(patients) == 0:
		return nil, fhir.Malformedf("no Patient")
	case len(patients) > 1:
		return nil, fhir.Malformedf("of somebody else")
	}
	p := &patients[0]
	f.judge(p)
	number, ok := p.NHSNumber()
	theirs, _ := p.BirthDate()
	if !ok || p.ID != string(number) || len(born) != len("2006-01-02") || theirs != born {
		return nil, fhir.Malformedf("of somebody else")
	}
	delete(f.foreign, "Patient")
	f.superseded = true // the consent decision is for the number in our register, not this one
	if f.restricted {
		return p, nil
	}
	return nil, fmt.Errorf("%w: PDS has another number of the person", record.ErrIdentity)
}

// maxPatient is the maximum size of a Patient in bytes; PDS's largest have a few thousand.
const maxPatient = 1 << 20

func (f *file) check(p *fhir.Resource, born string) error {
	if len(p.Raw) > maxPatient {
		return fhir.Malformedf("a Patient larger than any")
	}
	if b := (fhir.Bundle{Resources: []fhir.Resource{*p}}); !b.OfVersion("R4") {
		return fhir.Malformedf("of another version of FHIR")
	}
	if fhir.Modified(p.Raw) {
		return fhir.Malformedf("a Patient whose meaning is changed by what is not known here")
	}
	return p.CheckBirth(born, "PDS")
}

// confidentiality is the code system in which PDS says whether a person is restricted.
const confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

// judge notes whether a Patient is restricted. PDS says U, R, V or REDACTED. A person is unrestricted only
// if PDS says U and nothing else.
func (f *file) judge(p *fhir.Resource) {
	var meta struct{ Security []fhir.Coding }
	err := json.Unmarshal(fhir.Member(p.Raw, "meta"), &meta)
	plain := err == nil && len(meta.Security) > 0
	for _, label := range meta.Security {
		switch {
		case label.System == confidentiality && label.Code == "U":
			continue
		case label.System == confidentiality && (label.Code == "R" || label.Code == "V" || label.Code == "REDACTED"):
		default:
			plain = false
		}
		f.restricted = true
	}
	if !plain {
		f.restricted, f.unclear = true, true
	}
}

// report reports the events of the file.
func (f *file) report(ctx context.Context) {
	for resource, n := range f.foreign {
		f.source.Observe(ctx, fhir.Foreign, n, resource)
	}
	for kind, n := range f.unreadable {
		f.source.Observe(ctx, fhir.Unreadable, n, string(kind))
	}
	switch {
	case f.unclear:
		f.source.Observe(ctx, fhir.Malformed, 1, "restriction")
	case f.restricted:
		f.source.Observe(ctx, fhir.Confidential, 1, "Patient")
	}
	f.source.Observe(ctx, fhir.Confidential, f.confidential, "RelatedPerson")
	if f.superseded {
		f.source.Observe(ctx, fhir.Superseded, 1, "Patient")
	}
}

// item returns the envelope of an entry.
func (f *file) item(kind fetch.Kind, sourceID string) record.Item {
	return f.source.Item(kind, f.patient, f.ids.Once(kind, sourceID))
}

// errRestricted is the error in place of a restricted person's entries.
var errRestricted = fmt.Errorf("%w: nothing is shown of the patient", record.ErrRefused)
