package load

import (
	"testing"

	"carerecord/internal/record"
)

func concept(code string) codeable {
	return codeable{Coding: []coding{{System: "http://snomed.info/sct", Code: code}}}
}

func TestEveryEntryFallsToOneSector(t *testing.T) {
	overdose := []coding{{Code: "55680006"}}
	for _, c := range []struct {
		name string
		entry
		want record.Sector
	}{
		{"an emergency attendance is acute", entry{Type: "Encounter", Class: "EMER", Code: concept("50849002")}, record.Acute},
		{"an emergency attendance for an overdose is acute too", entry{Type: "Encounter", Class: "EMER", Reasons: overdose}, record.Acute},
		{"the diagnosis of the overdose is mental health", entry{Type: "Condition", Code: concept("55680006"), Encounter: record.Acute}, record.MentalHealth},
		{"a stay is acute", entry{Type: "Encounter", Class: "IMP", Code: concept("183452005")}, record.Acute},
		{"a stay for drug rehabilitation is mental health", entry{Type: "Encounter", Class: "IMP", Code: concept("56876005")}, record.MentalHealth},
		{"an outpatient procedure is acute", entry{Type: "Encounter", Class: "AMB", Code: concept("371883000")}, record.Acute},
		{"a check-up is general practice", entry{Type: "Encounter", Class: "AMB", Code: concept("185349003")}, record.GP},
		{"a visit for post-traumatic stress is mental health",
			entry{Type: "Encounter", Class: "AMB", Code: concept("185347001"), Reasons: []coding{{Code: "47505003"}}}, record.MentalHealth},
		{"a vaccination in hospital is kept by the practice", entry{Type: "Immunization", Encounter: record.Acute}, record.GP},
		{"an allergy is kept by the practice", entry{Type: "AllergyIntolerance", Encounter: record.Acute}, record.GP},
		{"an ended diagnosis of a stay stays acute", entry{Type: "Condition", Encounter: record.Acute, Ended: true, Code: concept("74400008")}, record.Acute},
		{"a lasting diagnosis of a stay goes to the problem list", entry{Type: "Condition", Encounter: record.Acute, Code: concept("230690007")}, record.GP},
		{"a colonoscopy hung on a check-up is acute", entry{Type: "Procedure", Encounter: record.GP, Code: concept("73761001")}, record.Acute},
		{"a medication review is general practice", entry{Type: "Procedure", Encounter: record.GP, Code: concept("428191000124101")}, record.GP},
		{"imaging is acute", entry{Type: "ImagingStudy", Encounter: record.GP}, record.Acute},
		{"a blood test of a stay is acute", entry{Type: "Observation", Category: "laboratory", Encounter: record.Acute}, record.Acute},
		{"a PHQ-9 score is mental health wherever it was taken", entry{Type: "Observation", Code: concept("44261-6"), Encounter: record.GP}, record.MentalHealth},
		{"a social needs assessment of an adult is social care", entry{Type: "Procedure", Code: concept("710824005"), Adult: true}, record.SocialCare},
		{"the same of a child stays with the practice", entry{Type: "Procedure", Code: concept("710824005")}, record.GP},
		{"isolation of an adult is social care", entry{Type: "Condition", Code: concept("422650009"), Adult: true, Encounter: record.GP}, record.SocialCare},
		{"a domiciliary visit to an adult is social care", entry{Type: "Encounter", Class: "AMB", Code: concept("210098006"), Adult: true}, record.SocialCare},
		{"what is clinical at such a visit stays with the practice",
			entry{Type: "Observation", Code: concept("55277-8"), Encounter: record.SocialCare, Adult: true}, record.GP},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sectorOf(c.entry); got != c.want {
				t.Errorf("%s by the rule %q, want %s", got, division[ruleOf(c.entry)].why, c.want)
			}
		})
	}
}

func TestNoCodeIsInTwoDivisions(t *testing.T) {
	sets := map[string]map[string]bool{"social": socialCodes, "mental": mentalCodes, "visits": hospitalVisits, "procedures": hospitalProcedures}
	owner := map[string]string{}
	for name, codes := range sets {
		for code := range codes {
			if other := owner[code]; other != "" {
				t.Errorf("%s is in %s and %s", code, other, name)
			}
			owner[code] = name
		}
	}
}

func TestHomesSpreadOverBoroughsAndPractices(t *testing.T) {
	practices, hospitals := map[string]int{}, map[string]int{}
	for i := range 2000 {
		h := HomeOf(record.NHSNumber(withCheckDigit(uint64(i))))
		practices[h.Practice]++
		hospitals[h.hospital("foreign", false, false).ODS]++
		if h.Borough == "" || h.Postcode == "" || h.PracticeName == "" || OrganisationName(h.Council.ODS) == "" {
			t.Fatalf("an incomplete home: %+v", h)
		}
	}
	if len(practices) != 7 || practices["F83999"] < 300 {
		t.Errorf("practices %v", practices)
	}
	for _, ods := range []string{"RAL", "RRV", "RKE"} {
		if hospitals[ods] < 100 {
			t.Errorf("hospitals %v", hospitals)
		}
	}
}

func TestFreeNumbersAreValidAndTheSameEveryTime(t *testing.T) {
	give := func(ids ...string) (list []record.NHSNumber) {
		n := newNumbering(nil, nil)
		for _, id := range ids {
			number, _, err := n.assign(&dossier{patient: patient{head: head{ID: id}, BirthDate: "19" + id[1:]}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := record.ParseNHSNumber(string(number)); err != nil || !number.IsTest() {
				t.Fatal("a number that is not a valid test number")
			}
			list = append(list, number)
		}
		return list
	}
	a, b := give("a50", "b51", "c52"), give("c52", "b51", "a50")
	if a[0] != b[2] || a[1] != b[1] || a[2] != b[0] {
		t.Error("the order of the people changes their numbers")
	}
}

func TestTwoPeopleWithOneNumberAreKeptApart(t *testing.T) {
	own := []identifier{{System: nhsNumberSystem, Value: "9990500003"}}
	if _, err := record.ParseNHSNumber("9990500003"); err != nil {
		own[0].Value = withCheckDigit(50000)
	}
	person := func(family string) *dossier {
		return &dossier{patient: patient{head: head{ID: "x" + family}, Identifier: own, Name: []humanName{{Family: family}}}}
	}
	n := newNumbering(nil, nil)
	first, again, _ := n.assign(person("One"))
	if again || string(first) != own[0].Value {
		t.Error("the first does not keep the number")
	}
	if second, again, _ := n.assign(person("Two")); second == first || again {
		t.Error("the second got the first's number")
	}
	if third, again, _ := n.assign(person("One")); third != first || !again {
		t.Error("the first in another file is not the same person")
	}
}

func TestANumberOutside999IsReplacedTheSameWay(t *testing.T) {
	real := []identifier{{System: nhsNumberSystem, Value: "9434765919"}}
	n := newNumbering(nil, nil)
	a, _, _ := n.assign(&dossier{patient: patient{head: head{ID: "here"}, Identifier: real}})
	b, again, _ := n.assign(&dossier{patient: patient{head: head{ID: "there"}, Identifier: real}})
	if !a.IsTest() || a != b || !again {
		t.Error("one person under two ids was not given one test number")
	}
}

func TestStampsKeepWhatIsKnown(t *testing.T) {
	for _, c := range []struct{ name, text, on, utc string }{
		{"a year", "1987", "1987", "1987-01-01 00:00:00"},
		{"a month", "1987-06", "1987-06", "1987-05-31 23:00:00"},
		{"a day is midnight in London", "2020-07-01", "2020-07-01", "2020-06-30 23:00:00"},
		{"a moment keeps the day its source wrote", "2020-07-01T23:30:00-05:00", "2020-07-01", "2020-07-02 04:30:00"},
		{"milliseconds", "2020-07-01T23:30:00.384+00:00", "2020-07-01", "2020-07-01 23:30:00.384"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, ok := parseStamp(c.text, 0)
			if !ok || s.on != c.on || s.at.UTC().Format("2006-01-02 15:04:05.999") != c.utc {
				t.Errorf("%v %q %v", ok, s.on, s.at.UTC())
			}
		})
	}
	for _, bad := range []string{"20", "2020-13", "2020-02-30", "yesterday", "2020-07-01T25:00:00Z"} {
		if _, ok := parseStamp(bad, 0); ok {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestMembersFindsWhatStandsAtTheTop(t *testing.T) {
	raw := []byte(`{ "contained" : [{"resourceType":"Medication","subject":{"reference":"Patient/no"}}],
		"text":"a \"quoted\\\" , brace }", "resourceType" : "MedicationRequest","n": -1.5e3 ,"subject":{"reference":"Patient/yes"}}`)
	if kind := sniff(raw); kind != "MedicationRequest" {
		t.Errorf("the type is %q", kind)
	}
	s, err := readSubject(raw)
	if err != nil || s.person.Reference != "Patient/yes" {
		t.Error(err, s.person.Reference)
	}
	for _, broken := range []string{``, `[]`, `{"a":1`, `{"a"`, `{"a":"x`, `{"a":{"b":1}`, `{"resourceType":"Patient",`} {
		if _, err := readSubject([]byte(broken)); err == nil {
			t.Errorf("%q was read", broken)
		}
	}
}

func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Patient","id":"a","x":[1,{"y":"\\\""}]}`))
	f.Add([]byte(`{"a`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		sniff(raw)
		readSubject(raw)
	})
}
