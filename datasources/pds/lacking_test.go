package pds_test

import (
	"testing"

	"carerecord/datasources/pds"
	"carerecord/internal/record"
)

// A Patient in the place of the related persons does not say that there are none.
func TestAPatientInThePlaceOfOthers(t *testing.T) {
	const who, other = record.NHSNumber("9990000018"), record.NHSNumber("9990000026")
	for name, body := range map[string]string{
		"their own Patient":       person(who),
		"somebody else's Patient": person(other),
	} {
		s, _ := serve(t, map[string]answer{patientPath(who): respond(200, person(who)), relatedPath(who): respond(200, body)}, pds.Options{})
		a, err := read(t, s, subjects("", who))
		c := a["contact"]
		if err == nil && failure(c, 0) == nil && !marked(c.Unreadable, 0) {
			t.Errorf("%s in the place of the related persons: none, and the list is whole", name)
		}
	}
}
