package consent_test

import (
	"testing"

	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// Of two records of a birth the one by which somebody comes of age later holds, and one that exists.
func TestBornToo(t *testing.T) {
	const patient = record.NHSNumber("9990000018")
	for name, test := range map[string]struct {
		born, too record.PartialDate
		from      record.Date
		adult     bool
	}{
		"the same":                {"1950-02-03", "1950-02-03", "1968-02-03", true},
		"the year of it":          {"1950-02-03", "1950", "1968-02-03", true},
		"earlier":                 {"1950-02-03", "1949-02-03", "1968-02-03", true},
		"later":                   {"1950-02-03", "1951-02-03", "1969-02-03", true},
		"a later year":            {"1950-02-03", "1951", "1969-12-31", true},
		"a child":                 {"1950-02-03", "2016-02-03", "2034-02-03", false},
		"18 on the day":           {"1950-02-03", "2008-06-15", "2026-06-15", true},
		"18 tomorrow":             {"1950-02-03", "2008-06-16", "2026-06-16", false},
		"nothing":                 {"1950-02-03", "", "1968-02-03", true},
		"a day that no month has": {"1950-02-03", "1950-02-30", "", false},
		"not known to us":         {"", "1950-02-03", "", false},
	} {
		var grants consent.Grants
		grants.Add(consent.Decision{Outcome: consent.Shown, Patient: patient, Classes: consent.ClassSetOf(record.ClassSocialCare), Born: test.born, AdultFrom: record.Birthday(test.born, 18), Adult: test.born != ""})
		before, _ := grants.For(patient)
		grants.BornToo(patient, test.too, consent.Default(), record.Date("2026-06-15").Midnight())
		after, _ := grants.For(patient)
		if after.AdultFrom() != test.from || after.Adult() != test.adult || !after.Allows(record.ClassSocialCare) || after.Patient() != patient {
			t.Errorf("%s: from %q, adult %t", name, after.AdultFrom(), after.Adult())
		}
		if before.AdultFrom() != record.Birthday(test.born, 18) {
			t.Errorf("%s: a grant that was given out has changed", name)
		}
		grants.BornToo("9990000026", test.too, consent.Default(), record.Date("2026-06-15").Midnight())
		if _, known := grants.For("9990000026"); known {
			t.Errorf("%s: a grant for another", name)
		}
	}
	(*consent.Grants)(nil).BornToo(patient, "1950", consent.Default(), record.Date("2026-06-15").Midnight())
}
