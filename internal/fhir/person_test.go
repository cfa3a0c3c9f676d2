package fhir_test

import (
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
		"one alone":                    {`{"resourceType":"Patient","id":"a"}`, []string{"a"}},
		"one whose labels are none":    {`{"resourceType":"Patient","id":"a","meta":7}`, []string{"a"}},
		"two in a bundle":              {`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"a"}},{"resource":{"resourceType":"Basic","id":"x"}},{"resource":{"resourceType":"Patient","id":"b","meta":"x"}}]}`, []string{"a", "b"}},
		"none":                         {`{"resourceType":"Bundle","entry":[7,{"resource":null}]}`, nil},
		"entries that are no list":     {`{"resourceType":"Bundle","entry":{"resource":{"resourceType":"Patient"}}}`, nil},
		"one within another resource":  {`{"resourceType":"Basic","entry":7,"contained":[{"resourceType":"Patient","id":"a"}]}`, nil},
		"what is no object":            {`7`, nil},
		"one under another's address ": {`{"resourceType":"Bundle","entry":[{"fullUrl":"https://x.test/Patient/a","resource":{"resourceType":"Patient","id":"a"}}]}`, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range fhir.Patients([]byte(c.data)) {
				if got = append(got, p.ID); p.Type != "Patient" || len(p.Raw) == 0 {
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
		"period":{"start":"2005-06-30T23:30:00Z"},"name":[{"period":{"start":"2006-01-01"}}],"note":"2007-01-01 was a day","year":"2008","other":"2009-02-30"}`
	got := fhir.Dates([]byte(resource), "name")
	want := []record.PartialDate{"2003-01", "2005-06-30", "2005-07-01", "2007-01-01"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if fhir.Dates([]byte(`{"a":`)) != nil {
		t.Error("dates of half an object")
	}
}

func TestKeysAndLines(t *testing.T) {
	for reference, want := range map[string]string{"Patient/a": "Patient/a", "https://x.test/fhir/Patient/a": "Patient/a", "urn:uuid:1": "urn:uuid:1", "#a": "#a", "": ""} {
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
