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

// Superseded is the event of a patient for whom a source has a newer NHS number than our register.
const Superseded EventKind = "superseded"

// Patients returns the Patients in an answer that has passed Check, a Bundle or a single resource. It
// includes one whose labels cannot be read: that it may be restricted must not be lost.
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

// SameBirth reports whether two birth dates can belong to one person: they agree to the precision that both
// have, and "" agrees with any. theirs is as the source wrote it; if it is not a date, the error is
// record.ErrMalformed, because the record cannot be attributed to anyone.
func SameBirth(theirs, ours string) (bool, error) {
	on, err := Day(theirs)
	if err != nil {
		return false, err
	}
	n := min(len(on), len(ours))
	return string(on)[:n] == ours[:n], nil
}

// BirthDate returns the birth date of a Patient as written; false if it cannot be read.
func (r *Resource) BirthDate() (string, bool) {
	var x struct{ BirthDate string }
	if json.Unmarshal(r.Raw, &x) != nil {
		return "", false
	}
	return x.BirthDate, true
}

// CheckBirth returns record.ErrIdentity if the source's birth date of the person contradicts born, the date
// in our register: the number alone may have been mistyped.
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

// RequestID returns a random UUID by which both sides can trace a request.
func RequestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Key returns the type and id at the end of a reference.
func (r Reference) Key() string {
	last := max(strings.LastIndexByte(r.Reference, '/'), 0)
	return r.Reference[strings.LastIndexByte(r.Reference[:last], '/')+1:]
}

// Begun reports whether a period has begun by today, as far as its dates are known. An unreadable start is
// an error.
func (p Period) Begun(today record.Date) (bool, error) {
	start, err := Day(p.Start)
	return start == "" || start.First() <= today, err
}

// Over reports whether a period ended before today, as far as its dates are known. An unreadable end is an
// error.
func (p Period) Over(today record.Date) (bool, error) {
	end, err := Day(p.End)
	return end != "" && end.Last() < today, err
}

// Dates returns the days that a resource names anywhere outside the excepted members, to the precision
// written. A date with a time yields two days: the one written and the one in London. Dates skips meta,
// which says when the resource was stored.
func Dates(raw json.RawMessage, except ...string) []record.PartialDate {
	var all []record.PartialDate
	w := walker{data: raw, skip: func(_ int, key string) bool { return key == "meta" || slices.Contains(except, key) }}
	w.visit = func(_ int, key, text string) {
		text = strings.TrimSpace(text) // as Day and Moment do
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

// dated are the FHIR members with a date or time whose name does not end in date or dateTime.
var dated = []string{"start", "end", "time", "event", "when", "authored", "authoredon", "created", "creation", "issued", "indexed", "recorded", "sent", "received",
	"lastmodified", "lastoccurrence"}

// isDated reports whether a member of this name holds a date, so that four digits are a year.
func isDated(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, "date") || strings.HasSuffix(name, "datetime") || slices.Contains(dated, name)
}

// Under18 is true for a child, false for an adult and nil if the age is unknown. A person whose partial
// birth date leaves it open counts as a child.
func Under18(born record.PartialDate, today record.Date) *bool {
	adult := record.Birthday(born, 18)
	if adult == "" {
		return nil
	}
	child := today < adult
	return &child
}

// Line is the address in one line.
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

// ContactPoint is a telephone number, email address or similar.
type ContactPoint struct {
	System, Value, Use string
	Period             Period
}
