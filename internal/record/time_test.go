package record_test

import (
	"bytes"
	"cmp"
	"fmt"
	"testing"
	"time"

	"carerecord/internal/record"
)

func TestParsePartialDate(t *testing.T) {
	for text, valid := range map[string]bool{
		"2021": true, "2021-05": true, "2021-05-31": true, "2020-02-29": true,
		"2021-13": false, "2021-02-29": false, "2021-5": false, "21": false, "": false, "2021-05-31T10:00": false, "20210531": false,
	} {
		if _, err := record.ParsePartialDate(text); (err == nil) != valid {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAgeIsKnownOnlyWhereTheDateDecidesIt(t *testing.T) {
	for _, test := range []struct {
		born  record.PartialDate
		on    record.Date
		years int
		known bool
	}{
		{"2000-06-15", "2018-06-14", 17, true},
		{"2000-06-15", "2018-06-15", 18, true},
		{"2000-02-29", "2018-02-28", 17, true},
		{"2000-02-29", "2018-03-01", 18, true},
		{"2000-06", "2018-05-31", 17, true},
		{"2000-06", "2018-06-15", 0, false},
		{"2000-06", "2018-07-01", 18, true},
		{"2000", "2018-06-15", 0, false},
		{"2000", "2018-12-31", 18, true},
		{"", "2018-06-15", 0, false},
		{"2020-01-01", "2019-01-01", 0, false},
		{"2026-06-01", "2026-06-15", 0, true},
	} {
		years, known := record.Age(test.born, test.on)
		if known != test.known || known && years != test.years {
			t.Errorf("born %s, on %s: %d, %t", test.born, test.on, years, known)
		}
	}
}

func TestBirthday(t *testing.T) {
	for born, want := range map[record.PartialDate]record.Date{
		"2000-06-15": "2018-06-15", "2000-02-29": "2018-03-01", "2000-06": "2018-06-30", "2000": "2018-12-31", "": "", "2000-02-30": "", "2012-13": "", "2012-00": "", "0000": "", "unknown": "",
	} {
		if got := record.Birthday(born, 18); got != want {
			t.Errorf("born %s: %s", born, got)
		}
	}
}

func TestTodayIsLondons(t *testing.T) {
	if got := record.Today(time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC)); got != "2026-07-01" {
		t.Errorf("in summer: %s", got)
	}
	if got := record.Today(time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC)); got != "2026-12-31" {
		t.Errorf("in winter: %s", got)
	}
}

func TestMomentsCarryLondonsOffset(t *testing.T) {
	for moment, want := range map[time.Time]string{
		time.Date(2026, 6, 15, 10, 30, 0, 0, time.UTC): `"2026-06-15T11:30:00+01:00"`,
		time.Date(2026, 1, 15, 10, 30, 0, 0, time.UTC): `"2026-01-15T10:30:00Z"`,
		{}: "null",
	} {
		var b bytes.Buffer
		record.At(moment).MarshalGQL(&b)
		if b.String() != want {
			t.Errorf("%v is written as %s", moment, b.String())
		}
	}
}

// stands are in the order in which a list shows them.
func TestStandsRunNewestFirst(t *testing.T) {
	problem := func(on record.PartialDate) record.Stand { return (&record.Problem{OnsetOn: on}).Stand() }
	result := func(at time.Time) record.Stand { return (&record.Result{TakenAt: record.At(at)}).Stand() }
	stands := []record.Stand{
		problem("2021-06"), problem("2021-05-02"),
		result(time.Date(2021, 5, 1, 9, 0, 0, 0, time.UTC)),
		problem("2021-05-01"), problem("2021-05"), problem("2021-04-30"), problem("2021-01-01"), problem("2021-01"), problem("2021"), problem("0001-01-01"), problem("0001"), problem(""),
	}
	for i := range stands {
		for j := range stands {
			if got, want := sign(stands[i].Compare(stands[j])), sign(i-j); got != want {
				t.Errorf("%d against %d: %d", i, j, got)
			}
		}
	}
	for _, on := range []record.PartialDate{"2021-05-01", "2021-05", "2021", ""} {
		if got := problem(on).Day(); got != on {
			t.Errorf("%s stands on %s", on, got)
		}
	}
}

// What is not dated stands last and alike, whether a moment or a date is missing, or a date that does not exist is given.
func TestUndatedEntriesStandLast(t *testing.T) {
	undated := map[string]record.Stand{
		"no date":                    (&record.Problem{}).Stand(),
		"no moment":                  (&record.Result{}).Stand(),
		"a date that does not exist": (&record.Problem{OnsetOn: "2021-02-30"}).Stand(),
		"no date at all":             (&record.Problem{OnsetOn: "unknown"}).Stand(),
	}
	for name, s := range undated {
		if s.Dated() || !s.At().IsZero() || s.Day() != "" {
			t.Errorf("%s stands at %v, on %q", name, s.At(), s.Day())
		}
		for other, u := range undated {
			if c := s.Compare(u); c != 0 {
				t.Errorf("%s against %s: %d", name, other, c)
			}
		}
		for _, dated := range []record.Stand{
			(&record.Problem{OnsetOn: "0001"}).Stand(), (&record.Problem{OnsetOn: "2021-02-28"}).Stand(),
			(&record.Result{TakenAt: record.At(time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC))}).Stand(),
		} {
			if s.Compare(dated) <= 0 || dated.Compare(s) >= 0 {
				t.Errorf("%s stands before %s", name, dated.Day())
			}
		}
	}
}

// Dates that are compared as written stand where their first days do, the more precise first.
func TestWrittenDatesStandInTheOrderOfTheirDays(t *testing.T) {
	var dates []record.PartialDate
	for year := 2019; year <= 2021; year++ {
		dates = append(dates, record.PartialDate(fmt.Sprintf("%04d", year)))
		for month := 1; month <= 12; month++ {
			dates = append(dates, record.PartialDate(fmt.Sprintf("%04d-%02d", year, month)))
			for _, day := range []int{1, 2, 10, 28} {
				dates = append(dates, record.PartialDate(fmt.Sprintf("%04d-%02d-%02d", year, month, day)))
			}
		}
	}
	for _, a := range dates {
		for _, b := range dates {
			want := cmp.Or(cmp.Compare(b.First(), a.First()), cmp.Compare(len(b), len(a)))
			if got := sign((&record.Problem{OnsetOn: a}).Stand().Compare((&record.Problem{OnsetOn: b}).Stand())); got != want {
				t.Fatalf("%s against %s: %d, want %d", a, b, got, want)
			}
		}
	}
}

func sign(n int) int { return min(1, max(-1, n)) }

// A date is read as package time reads it, but for the year 0000, and begins when London's day does.
func TestDatesAreThoseOfTheCalendar(t *testing.T) {
	layouts := map[int]string{4: "2006", 7: "2006-01", 10: time.DateOnly}
	check := func(text string) {
		t.Helper()
		at, err := time.ParseInLocation(layouts[len(text)], text, record.London)
		exists := err == nil && layouts[len(text)] != "" && at.Year() > 0
		if got, err := record.ParsePartialDate(text); (err == nil) != exists || exists && string(got) != text {
			t.Errorf("%q: %v, and time says %t", text, err, exists)
		}
		if _, err := record.ParseDate(text); (err == nil) != (exists && len(text) == 10) {
			t.Errorf("%q as a day: %v", text, err)
		}
		if !exists || len(text) < 10 {
			at = time.Time{}
		}
		for range 2 { // the second time it is known
			if got := record.Date(text).Midnight(); !got.Equal(at) {
				t.Errorf("%q begins at %s, want %s", text, got, at)
			}
		}
		if exists && len(text) == 10 && record.Today(at) != record.Date(text) {
			t.Errorf("%s is in %s", at, record.Today(at))
		}
	}
	for year := 1896; year <= 2104; year++ {
		for month := 0; month <= 13; month++ {
			check(fmt.Sprintf("%04d-%02d", year, month))
			for _, day := range []int{0, 1, 27, 28, 29, 30, 31, 32} {
				check(fmt.Sprintf("%04d-%02d-%02d", year, month, day))
			}
		}
	}
	for _, text := range []string{"0000", "0001", "9999", "0000-02-29", "9999-12-31", "1900-02-29", "2000-02-29", "20 1", "+201", "-201", "2o21", "2021-1-", "2021 01", "2021-01 01", "2021/01/01", "2021-01-1 ", "２０２１", "٢٠٢١"} {
		check(text)
	}
}

// What a partial date can mean at first is a moment in London too.
func TestAPartialDateStandsAtItsFirstMoment(t *testing.T) {
	for on, want := range map[record.PartialDate]string{"": "0001-01-01T00:00:00Z", "1950": "1950-01-01T00:00:00Z", "2026-07": "2026-06-30T23:00:00Z", "2026-03-29": "2026-03-29T00:00:00Z", "2026-03-30": "2026-03-29T23:00:00Z", "nothing": "0001-01-01T00:00:00Z"} {
		if at := (&record.Problem{OnsetOn: on}).Stand().At(); at.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q stands at %s, want %s", on, at.UTC(), want)
		}
	}
}

// What was supplied at a discharge is older than another by whole days, or by as much as is known of its own.
func TestSuppliedBefore(t *testing.T) {
	another := record.Date("2026-06-15").Midnight()
	for _, test := range []struct {
		name  string
		kind  record.MedicationKind
		at    record.DateTime
		known record.Precision
		want  bool
	}{
		{"the day before", record.MedicationKindDischarge, record.At(another.Add(-1)), record.PrecisionTime, true},
		{"the day before, nobody says how well it is known", record.MedicationKindDischarge, record.At(another.Add(-1)), "", true},
		{"the same moment", record.MedicationKindDischarge, record.At(another), record.PrecisionTime, false},
		{"the same moment, nobody says how well it is known", record.MedicationKindDischarge, record.At(another), "", false},
		{"the same day", record.MedicationKindDischarge, record.At(another), record.PrecisionDay, false},
		{"the same month", record.MedicationKindDischarge, record.At(record.Date("2026-06-01").Midnight()), record.PrecisionMonth, false},
		{"the month before", record.MedicationKindDischarge, record.At(record.Date("2026-05-01").Midnight()), record.PrecisionMonth, true},
		{"the same year", record.MedicationKindDischarge, record.At(record.Date("2026-01-01").Midnight()), record.PrecisionYear, false},
		{"the year before", record.MedicationKindDischarge, record.At(record.Date("2025-01-01").Midnight()), record.PrecisionYear, true},
		{"a discharge nobody knows", record.MedicationKindDischarge, record.DateTime{}, "", false},
		{"given on a ward the day before", record.MedicationKindInpatient, record.At(another.Add(-1)), record.PrecisionTime, false},
	} {
		x := record.Medication{Kind: test.kind, DischargedAt: test.at, DischargedAtPrecision: test.known}
		if got := x.SuppliedBefore(another); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
}

// What is known to the day, the month or the year is over with it, by London's days; what is known to the moment with that.
func TestOver(t *testing.T) {
	now := time.Date(2026, 6, 15, 23, 30, 0, 0, time.UTC) // the 16th in London
	day := func(text record.Date) record.DateTime { return record.At(text.Midnight()) }
	for _, test := range []struct {
		at    record.DateTime
		known record.Precision
		want  bool
	}{
		{record.DateTime{}, record.PrecisionTime, false},
		{record.DateTime{}, record.PrecisionDay, false},
		{record.At(now), record.PrecisionTime, true},
		{record.At(now), "", true},
		{record.At(now.Add(1)), record.PrecisionTime, false},
		{day("2026-06-15"), record.PrecisionDay, true},
		{day("2026-06-16"), record.PrecisionDay, false},
		{day("2026-06-17"), record.PrecisionDay, false},
		{day("2026-05-01"), record.PrecisionMonth, true},
		{day("2026-06-01"), record.PrecisionMonth, false},
		{day("2025-12-01"), record.PrecisionMonth, true},
		{day("2025-01-01"), record.PrecisionYear, true},
		{day("2026-01-01"), record.PrecisionYear, false},
	} {
		if got := record.Over(test.at, test.known, now); got != test.want {
			t.Errorf("%v known to the %s: over %t", test.at, test.known, got)
		}
	}
}
