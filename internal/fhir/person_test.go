package fhir_test

import (
	"errors"
	"slices"
	"testing"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

func TestPatients(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		want []string
	}{
		"one alone":                   {`{"resourceType":"Patient","id":"a"}`, []string{"a"}},
		"one whose labels are none":   {`{"resourceType":"Patient","id":"a","meta":7}`, []string{"a, restricted"}},
		"two in a bundle":             {`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"a"}},{"resource":{"resourceType":"Basic","id":"x"}},{"resource":{"resourceType":"Patient","id":"b","meta":"x"}}]}`, []string{"a", "b, restricted"}},
		"none":                        {`{"resourceType":"Bundle","entry":[7,{"resource":null}]}`, nil},
		"entries that are no list":    {`{"resourceType":"Bundle","entry":{"resource":{"resourceType":"Patient"}}}`, nil},
		"one within another resource": {`{"resourceType":"Basic","entry":7,"contained":[{"resourceType":"Patient","id":"a"}]}`, nil},
		"what is no object":           {`7`, nil},
		"one that has an address":     {`{"resourceType":"Bundle","entry":[{"fullUrl":"https://x.test/Patient/a","resource":{"resourceType":"Patient","id":"a"}}]}`, []string{"a at https://x.test/Patient/a"}},
		"one that is restricted":      {`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"a","meta":{"security":[{"code":"R"}]}}}]}`, []string{"a, restricted"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range fhir.Patients([]byte(c.data)) {
				one := p.ID
				if p.FullURL != "" {
					one += " at " + p.FullURL
				}
				if p.Confidential() {
					one += ", restricted"
				}
				if got = append(got, one); p.Type != "Patient" || len(p.Raw) == 0 {
					t.Errorf("%+v", p)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestPeriods(t *testing.T) {
	const today = record.Date("2026-11-25")
	for name, c := range map[string]struct {
		period      fhir.Period
		begun, over bool
		fails       bool
	}{
		"of no time":            {fhir.Period{}, true, false, false},
		"from today":            {fhir.Period{Start: "2026-11-25"}, true, false, false},
		"from tomorrow":         {fhir.Period{Start: "2026-11-26T00:00:00Z"}, false, false, false},
		"from this year on":     {fhir.Period{Start: "2026"}, true, false, false},
		"to today":              {fhir.Period{End: "2026-11-25"}, true, false, false},
		"to yesterday":          {fhir.Period{End: "2026-11-24"}, true, true, false},
		"to some day this year": {fhir.Period{End: "2026"}, true, false, false},
		"to last month":         {fhir.Period{End: "2026-10"}, true, true, false},
		"from no day":           {fhir.Period{Start: "2026-02-30"}, true, false, true},
		"to no day":             {fhir.Period{End: "soon"}, true, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			begun, err := c.period.Begun(today)
			over, errEnd := c.period.Over(today)
			if fails := err != nil || errEnd != nil; fails != c.fails {
				t.Fatal(err, errEnd)
			}
			if !c.fails && (begun != c.begun || over != c.over) {
				t.Errorf("begun %v, over %v", begun, over)
			}
		})
	}
}

func TestDatesOfAResource(t *testing.T) {
	resource := `{"resourceType":"Task","id":"2001-01-01","meta":{"lastUpdated":"2002-01-01"},"authoredOn":"2003-01","code":{"coding":[{"code":"2004-01-01"}]},
		"period":{"start":"2005-06-30T23:30:00Z"},"name":[{"period":{"start":"2006-01-01"}}],"note":"2007-01-01 was a day","year":"2008","other":"2009-02-30",
		"of":"2010-01","asserted":" 2011-01-01T12:00:00Z ","Start":" 2012","reference":"2013-01-01","value":"2014-01-01"}`
	got := fhir.Dates([]byte(resource), "name")
	want := []record.PartialDate{"2003-01", "2005-06-30", "2005-07-01", "2007-01-01", "2010-01", "2011-01-01", "2011-01-01", "2012"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if fhir.Dates([]byte(`{"date":"2003-01-01","a":`)) != nil {
		t.Error("dates of half an object")
	}
}

// A year alone is a date where FHIR has one.
func TestYearsOfAResource(t *testing.T) {
	for member, dated := range map[string]bool{
		"start": true, "end": true, "date": true, "recordedDate": true, "onsetDateTime": true, "authoredOn": true, "authored": true, "created": true, "creation": true,
		"time": true, "event": true, "lastModified": true, "version": false, "display": false, "text": false, "code": false, "id": false,
	} {
		if got := fhir.Dates([]byte(`{"` + member + `":"2003"}`)); (len(got) == 1) != dated {
			t.Errorf("%s: %v", member, got)
		}
	}
}

// Who has their birthday today is of age.
func TestWhoIsAChild(t *testing.T) {
	const today = record.Date("2026-11-25")
	for born, want := range map[record.PartialDate]string{"2008-11-25": "adult", "2008-11-26": "child", "2008-11": "child", "2008": "child", "2007": "adult", "": "unknown"} {
		got := "unknown"
		if child := fhir.Under18(born, today); child != nil {
			got = map[bool]string{true: "child", false: "adult"}[*child]
		}
		if got != want {
			t.Errorf("%q: %s", born, got)
		}
	}
}

func TestKeysAndLines(t *testing.T) {
	for reference, want := range map[string]string{"Patient/a": "Patient/a", "https://x.test/fhir/Patient/a": "Patient/a", "urn:uuid:1": "urn:uuid:1", "#a": "#a", "": "", "/a": "/a", "b/Patient/a": "Patient/a"} {
		if got := (fhir.Reference{Reference: reference}).Key(); got != want {
			t.Errorf("%q: %q", reference, got)
		}
	}
	a := fhir.Address{Lines: []string{"1 Street", " "}, City: "London", PostalCode: "N1 1AA"}
	if got := a.Line(); got != "1 Street, London, N1 1AA" || len(a.Lines) != 2 {
		t.Errorf("%q", got)
	}
	a.Text = "As written"
	if got := a.Line(); got != "As written" {
		t.Errorf("%q", got)
	}
	if a, b := fhir.RequestID(), fhir.RequestID(); len(a) != 36 || a == b || a[14] != '4' {
		t.Errorf("%s %s", a, b)
	}
}

func TestBirthDatesAgreeAsFarAsBothAreKnown(t *testing.T) {
	for _, c := range []struct {
		theirs, ours string
		same         bool
		err          error
	}{
		{"1960-03-02", "1960-03-02", true, nil}, {"", "1960-03-02", true, nil}, {"1960-03-02", "", true, nil}, {"", "", true, nil},
		{"1960", "1960-03-02", true, nil}, {"1960-03-02", "1960-03", true, nil}, {"1960-03-02T10:00:00Z", "1960-03-02", true, nil},
		{"1960-03-03", "1960-03-02", false, nil}, {"1961", "1960-03-02", false, nil}, {"1960-04-02", "1960-03", false, nil},
		{"1960-02-30", "1960-03-02", false, record.ErrMalformed}, {"second of March", "", false, record.ErrMalformed},
	} {
		same, err := fhir.SameBirth(c.theirs, c.ours)
		if same != c.same || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%q and %q: %v, %v", c.theirs, c.ours, same, err)
		}
	}
}

// A birth date that cannot be read does not tell whose the record is.
func TestBirthDatesOfPatients(t *testing.T) {
	for born, want := range map[string]error{`"1960-03-02"`: nil, `null`: nil, `"1960"`: nil, `"1960-03-03"`: record.ErrIdentity, `7`: record.ErrMalformed, `["1960-03-02"]`: record.ErrMalformed, `"unknown"`: record.ErrMalformed} {
		r, _ := fhir.ParseResource([]byte(`{"resourceType":"Patient","birthDate":` + born + `}`))
		if err := r.CheckBirth("1960-03-02", "a"); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v", born, err)
		}
	}
}
