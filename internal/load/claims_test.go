package load_test

import (
	"errors"
	"strings"
	"testing"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// Two people never have one number: a load by whose numbers they would is refused, with all that is wrong, and loads nothing.
func TestTwoPeopleUnderOneNumber(t *testing.T) {
	own := `,"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}]`
	one := func(more string) string { return bundle(patient("a", "One", more), encounter("e", "Patient/a", "AMB")) }
	two := func(id, more string) string {
		return bundle(strings.Replace(patient(id, "Two", more), "1950", "1980", 1), encounter("e2", "Patient/"+id, "AMB"))
	}
	numbers := func(pairs ...string) map[string]record.NHSNumber {
		all := map[string]record.NHSNumber{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = record.NHSNumber(pairs[i+1])
		}
		return all
	}
	const (
		oneID  = "one/a.json and two/a.json have two people under one patient id"
		oneNum = "one number is given to 2 patients"
		theirs = "the numbers file gives a person of a.json the number that another, of b.json, has of their own"
	)
	s := open(t)
	for name, c := range map[string]struct {
		files   map[string]string
		numbers map[string]record.NHSNumber
		want    []string
	}{
		"one id in two folders":          {map[string]string{"one/a.json": one(""), "two/a.json": two("a", "")}, numbers("a", "9992000015"), []string{oneID}},
		"one id in lines of two folders": {map[string]string{"one/a.ndjson": lines(patient("a", "One", "")), "two/a.ndjson": lines(patient("a", "Two", ""))}, numbers("a", "9992000015"), []string{"one/a.ndjson and two/a.ndjson have"}},
		"two ids and one number":         {map[string]string{"a.json": one(""), "b.json": two("b", "")}, numbers("a", "9992000015", "b", "9992000015"), []string{oneNum}},
		"another's own":                  {map[string]string{"a.json": one(""), "b.json": two("b", own)}, numbers("a", "9990000018"), []string{theirs}},
		"another's own, in one file":     {map[string]string{"a.ndjson": lines(patient("a", "One", ""), patient("b", "Two", own))}, numbers("a", "9990000018"), []string{"has of their own"}},
		"all at once": {map[string]string{"one/a.json": one(""), "two/a.json": two("a", ""), "b.json": two("b", own), "c.json": strings.ReplaceAll(one(""), `"a"`, `"c"`)},
			numbers("a", "9992000015", "x", "9992000015", "c", "9990000018"), []string{oneID, oneNum, "the number that another, of b.json"}},
	} {
		_, err := load.Folder(t.Context(), folder(t, c.files), s.writer(), load.Options{Numbers: c.numbers})
		if !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%s: %v, loaded %v", name, err, s.families(t))
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not say: %s", name, err, want)
			}
		}
		if strings.Contains(err.Error(), "9992000015") || strings.Contains(err.Error(), "Two") {
			t.Errorf("%s: %v names a person", name, err)
		}
		if got := s.families(t); len(got) > 0 || len(s.count(t)) > 0 {
			t.Errorf("%s: %v is loaded", name, got)
		}
	}
	for name, files := range map[string]map[string]string{
		"one person in two folders": {"one/a.json": one(""), "two/a.json": one("")},
		"their own number":          {"a.json": one(strings.Replace(own, "9990000018", "9992000015", 1))},
		"under another id":          {"a.json": one(""), "b.json": strings.NewReplacer(`"a"`, `"b"`, "Patient/a", "Patient/b").Replace(one(strings.Replace(own, "9990000018", "9992000015", 1)))},
	} {
		s := open(t)
		if r := s.load(t, folder(t, files), load.Options{Numbers: numbers("a", "9992000015")}); r.Persons != 1 {
			t.Errorf("%s: %s", name, r)
		}
	}
}

// All that is wrong with a numbers file is told at once.
func TestFaultsOfANumbersFile(t *testing.T) {
	_, err := load.ReadNumbers(strings.NewReader("patient_id,nhs_number\na,9992000015\nb,9992000015\nc,1\na,9990000018\na,9992000015\nd,9990000026\n"))
	if !errors.Is(err, record.ErrInvalid) {
		t.Fatal(err)
	}
	for _, want := range []string{"lines 2 and 3 of the numbers file give two patients one number", "line 4 of the numbers file has no valid number", "lines 2 and 5 of the numbers file give one patient two numbers"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say: %s", err, want)
		}
	}
	if strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
}
