package fhir

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"carerecord/internal/record"
)

// Superseded is the event of a patient whom a source knows by a newer number than our
// register does.
const Superseded EventKind = "superseded"

// Patients are the Patients in a checked answer, a Bundle or one resource. One whose
// labels cannot be read is among them: that it may be restricted must not be lost.
func Patients(data []byte) []Resource {
	if textOf(data, "resourceType") == "Patient" {
		r, _ := ParseResource(data)
		return []Resource{r}
	}
	entries, _ := elements(Member(data, "entry"))
	var all []Resource
	for _, entry := range entries {
		if raw := Member(entry, "resource"); textOf(raw, "resourceType") == "Patient" {
			r, _ := ParseResource(raw)
			r.FullURL = textOf(entry, "fullUrl")
			all = append(all, r)
		}
	}
	return all
}

// SameBirth reports whether two birth dates can be one person's: they agree as far as
// both are known. One that is "" is not known. theirs is as the source wrote it; one
// that is no date is record.ErrMalformed, since then it cannot be said whose the record is.
func SameBirth(theirs, ours string) (bool, error) {
	on, err := Day(theirs)
	if err != nil {
		return false, err
	}
	n := min(len(on), len(ours))
	return string(on)[:n] == ours[:n], nil
}

// BirthDate is the birth date of a Patient as it is written; false where it cannot be read.
func (r *Resource) BirthDate() (string, bool) {
	var x struct{ BirthDate string }
	if json.Unmarshal(r.Raw, &x) != nil {
		return "", false
	}
	return x.BirthDate, true
}

// CheckBirth reports, as record.ErrIdentity, that a source has another birth date of the
// person than our register, which has born: a number alone may have been mistyped.
func (r *Resource) CheckBirth(born, source string) error {
	theirs, ok := r.BirthDate()
	if !ok {
		return Malformedf("a Patient that cannot be read")
	}
	same, err := SameBirth(theirs, born)
	if err == nil && !same {
		err = fmt.Errorf("%w: %s has another birth date", record.ErrIdentity, source)
	}
	return err
}

// RequestID is a random UUID, by which both sides find a request again.
func RequestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Key is the type and id at the end of a reference.
func (r Reference) Key() string {
	last := max(strings.LastIndexByte(r.Reference, '/'), 0)
	return r.Reference[strings.LastIndexByte(r.Reference[:last], '/')+1:]
}

// Begun reports whether a period has begun by a day, as far as its dates are known. One
// that cannot be read is an error.
func (p Period) Begun(today record.Date) (bool, error) {
	start, err := Day(p.Start)
	return start == "" || start.First() <= today, err
}

// Over reports whether a period lies wholly before a day, as far as its dates are known.
// One that cannot be read is an error.
func (p Period) Over(today record.Date) (bool, error) {
	end, err := Day(p.End)
	return end != "" && end.Last() < today, err
}

// Dates are the days that a resource names anywhere but in the members passed over, as far as they are
// known. A moment is two: the day as it is written, and London's. meta, which says when the resource
// was stored, is passed over.
func Dates(raw json.RawMessage, except ...string) []record.PartialDate {
	var all []record.PartialDate
	w := walker{data: raw, skip: func(_ int, key string) bool { return key == "meta" || slices.Contains(except, key) }}
	w.visit = func(_ int, key, text string) {
		text = strings.TrimSpace(text) // as Day and Moment read it
		if len(text) < len("2006-01") && !isDated(key) || key == "code" || key == "value" || key == "id" || key == "reference" {
			return
		}
		if on, err := record.ParsePartialDate(text[:min(len(text), len(time.DateOnly))]); err == nil {
			all = append(all, on)
		}
		if at, err := timeOf(text); err == nil {
			all = append(all, record.PartialDate(record.Today(at)))
		}
	}
	if w.value(1) != nil {
		return nil
	}
	return all
}

// dated are the members of FHIR that are a date or a moment beside those whose name says so.
var dated = []string{"start", "end", "time", "event", "when", "authored", "authoredon", "created", "creation", "issued", "indexed", "recorded", "sent", "received",
	"lastmodified", "lastoccurrence"}

// isDated reports whether a member of this name is a date, so that four digits are a year.
func isDated(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, "date") || strings.HasSuffix(name, "datetime") || slices.Contains(dated, name)
}

// Under18 is true for a child, false for an adult, nil where the age is unknown. Of a birth date known
// in part, who may be a child by it counts as one.
func Under18(born record.PartialDate, today record.Date) *bool {
	adult := record.Birthday(born, 18)
	if adult == "" {
		return nil
	}
	child := today < adult
	return &child
}

// Line is an address in one line.
func (a *Address) Line() string {
	if a.Text != "" {
		return a.Text
	}
	var said []string
	for _, part := range append(slices.Clone(a.Lines), a.City, a.District, a.PostalCode) {
		if part = strings.TrimSpace(part); part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, ", ")
}

// Address is a postal address.
type Address struct {
	Use, Text                  string
	Lines                      []string `json:"line"`
	City, District, PostalCode string
	Period                     Period
}

// ContactPoint is a telephone number, an email address or the like.
type ContactPoint struct {
	System, Value, Use string
	Period             Period
}
