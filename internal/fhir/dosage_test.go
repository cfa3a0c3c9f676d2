package fhir_test

import (
	"encoding/json"
	"strings"
	"testing"

	"carerecord/internal/fhir"
)

// A dose that is given in structure alone is said in words, all of it, or that there is more; beside words what they do not say.
func TestDosages(t *testing.T) {
	for dose, want := range map[string]string{
		`{}`: "",
		`{"text":"One at night","timing":{"repeat":{"offset":3}}}`:                                                                                                                                                                                                                      "One at night",
		`{"text":"5 mg twice a day","timing":{"repeat":{"boundsPeriod":{"start":"2026-12-20","end":"2027-01"}}}}`:                                                                                                                                                                       "5 mg twice a day|from 2026-12-20|until 2027-01",
		`{"text":"40 mg a day","timing":{"repeat":{"boundsDuration":{"value":5,"system":"http://unitsofmeasure.org","code":"d"}}}}`:                                                                                                                                                     "40 mg a day|for 5 days",
		`{"text":"40 mg a day for five days","timing":{"repeat":{"boundsDuration":{"value":5,"unit":"day","code":"d"}}}}`:                                                                                                                                                               "40 mg a day for five days",
		`{"text":"40 mg a day for 5 days","timing":{"repeat":{"boundsDuration":{"value":5,"unit":"day","code":"d"}}}}`:                                                                                                                                                                  "40 mg a day for 5 days",
		`{"text":"40 mg a day","timing":{"repeat":{"boundsDuration":{"value":12,"unit":"courses"}}}}`:                                                                                                                                                                                   "40 mg a day|for 12 courses",
		`{"text":"40 mg","timing":{"repeat":{"boundsDuration":{"value":1,"unit":"week","code":"wk"}}}}`:                                                                                                                                                                                 "40 mg|for 1 week",
		`{"doseQuantity":{"value":2,"system":"http://unitsofmeasure.org","code":"1"},"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}}}`:                                                                                                                                  "2, 1 × in 1 days",
		`{"method":{"text":"Apply"},"site":{"text":"left eye"},"timing":{"repeat":{"frequency":3,"frequencyMax":4,"period":1,"periodUnit":"d","boundsDuration":{"value":5,"unit":"days"}}}}`:                                                                                            "Apply, 3 to 4 × in 1 days, for 5 days, site: left eye",
		`{"doseQuantity":{"value":10,"unit":"mg"},"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"wk"}},"additionalInstruction":[{"text":"Never daily"}],"maxDosePerAdministration":{"value":10,"unit":"mg"}}`:                                                               "10 mg, 1 × in 1 weeks, no more at a time than 10 mg|Never daily",
		`{"doseRange":{"low":{"value":1},"high":{"value":2,"unit":"tablets"}},"timing":{"repeat":{"when":["MORN","X"],"timeOfDay":["08:00","20:00"],"dayOfWeek":["mon","thu"],"count":6}}}`:                                                                                             "1 to 2 tablets, mon thu, in the morning, X, at 08:00 20:00, 6 times in all",
		`{"doseQuantity":{"value":1,"unit":"g"},"rateRatio":{"numerator":{"value":1,"unit":"g"},"denominator":{"value":8,"unit":"h"}},"maxDosePerPeriod":{"numerator":{"value":4,"unit":"g"},"denominator":{"value":24,"unit":"h"}},"maxDosePerAdministration":{"value":1,"unit":"g"}}`: "1 g, rate 1 g in 8 h, no more at a time than 1 g, no more than 4 g in 24 h",
		`{"rateQuantity":{"value":50,"unit":"mL/h"}}`:                                            "rate 50 mL/h",
		`{"rateRange":{"low":{"value":5},"high":{"value":9,"unit":"mL/h"}}}`:                     "rate 5 to 9 mL/h",
		`{"dose":{"value":2,"unit":"puff"}}`:                                                     "2 puff",
		`{"doseAndRate":[{"type":{"text":"Ordered"},"doseQuantity":{"value":350,"unit":"mg"}}]}`: "350 mg",
		`{"doseAndRate":[{"type":{"text":"Calculated"},"doseQuantity":{"value":5,"unit":"mg/kg"}},{"type":{"text":"Ordered"},"doseQuantity":{"value":350,"unit":"mg"}}]}`: "Calculated: 5 mg/kg, Ordered: 350 mg",
		`{"timing":{"event":["2026-12-01","2026-12-08"],"code":{"text":"BD"}},"asNeededCodeableConcept":{"text":"pain"}}`:                                                 "BD, on 2026-12-01 2026-12-08, as needed: pain",
		`{"timing":{"repeat":{"frequency":1,"period":4,"periodMax":6,"periodUnit":"h"}},"asNeededBoolean":true}`:                                                          "1 × in 4 to 6 hours, as needed",
		`{"timing":{"repeat":{"period":8,"periodUnit":"h"}},"asNeededBoolean":false}`:                                                                                     "1 × in 8 hours",
		`{"timing":{"repeat":{"frequency":2,"frequencyMax":3}}}`:                                                                                                          "2 to 3 ×",
		`{"timing":{"repeat":{"frequencyMax":4,"period":1,"periodUnit":"d"}}}`:                                                                                            "up to 4 × in 1 days",
		`{"timing":{"repeat":{"frequency":1,"periodMax":6,"periodUnit":"x"}}}`:                                                                                            "1 × in up to 6 x",
		`{"timing":{"code":{"text":"BD"}}}`:                                                                                        "BD",
		`{"timing":{"code":{"text":"BD"},"repeat":{"frequency":2}}}`:                                                               "BD",
		`{"timing":{"code":{"text":"BD"},"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}}`:                                   "BD, 2 × in 1 days",
		`{"timing":{"code":{"coding":[{"code":"BID","display":"BID"}]},"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}}`:     "2 × in 1 days",
		`{"timing":{"repeat":{"when":["AC"],"offset":30}}}`:                                                                        "before meals, and more that is not shown here",
		`{"doseAndRate":[{"doseQuantity":{"value":1},"x":1}]}`:                                                                     "1, and more that is not shown here",
		`{"doseAndRate":null,"doseQuantity":{"value":1}}`:                                                                          "1",
		`{"maxDosePerLifetime":{"value":1}}`:                                                                                       "and more that is not shown here",
		`{"timing":{"x":1}}`:                                                                                                       "and more that is not shown here",
		`{"doseQuantity":{"value":40,"unit":"mg"},"timing":{"repeat":{"boundsPeriod":{"start":"2026-11-18","end":"2026-11-24"}}}}`: "40 mg, from 2026-11-18, until 2026-11-24",
		`{"timing":{"repeat":{"boundsPeriod":{"start":"2026-11-18","end":"2026-11-24"}}}}`:                                         "",
		`{"text":"Take one or two","maxDosePerPeriod":{"numerator":{"value":8,"unit":"tablets"},"denominator":{"value":24,"unit":"h"}},"site":{"text":"left eye"}}`:                                     "Take one or two|no more than 8 tablets in 24 h|site: left eye",
		`{"text":"One drop to the left eye, 8 tablets in 24 h at most","maxDosePerPeriod":{"numerator":{"value":8,"unit":"tablets"},"denominator":{"value":24,"unit":"h"}},"site":{"text":"Left eye"}}`: "One drop to the left eye, 8 tablets in 24 h at most",
		`{"text":"One","additionalInstruction":[{"text":"Do not crush"},{}],"patientInstruction":"With water"}`:                                                                                         "One|Do not crush|With water",
		`{"text":"One","patientInstruction":" "}`:                                            "One",
		`{"text":"10 mg","asNeededCodeableConcept":{"text":"pain"}}`:                         "10 mg|as needed: pain",
		`{"text":"10 mg for pain","asNeededCodeableConcept":{"text":"Pain"}}`:                "10 mg for pain",
		`{"text":"10 mg","asNeededBoolean":false,"asNeededCodeableConcept":{"text":"pain"}}`: "10 mg",
		`{"sequence":1}`: "",
	} {
		var d fhir.Dosage
		if err := json.Unmarshal([]byte(dose), &d); err != nil {
			t.Error(err)
		}
		if got := strings.Join(d.Lines(), "|"); got != want {
			t.Errorf("%s: %q, want %q", dose, got, want)
		}
	}
	for dose, turn := range map[string]int{`{"sequence":2}`: 2, `{}`: 0, `{"sequence":1.5}`: 0} {
		var d fhir.Dosage
		if err := json.Unmarshal([]byte(dose), &d); err != nil || d.Turn() != turn {
			t.Errorf("%s: %d, %v", dose, d.Turn(), err)
		}
	}
	if json.Unmarshal([]byte(`{"text":5}`), new(fhir.Dosage)) == nil {
		t.Error("a dosage whose text is none")
	}
	for dose, want := range map[string]string{`{}`: "null", `{"asNeededBoolean":false,"asNeededCodeableConcept":{"text":"pain"}}`: "false", `{"asNeededCodeableConcept":{"text":"pain"}}`: "true"} {
		var d fhir.Dosage
		err := json.Unmarshal([]byte(dose), &d)
		if got, _ := json.Marshal(d.IfNeeded()); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", dose, got, err)
		}
	}
}

// What is said of all instructions, and what each says itself where they differ.
func TestInstructionsAsNeeded(t *testing.T) {
	for list, want := range map[string]string{
		`{"text":"A","asNeededBoolean":true},{"text":"B","asNeededBoolean":true},{"sequence":1}`:            "true A; B",
		`{"text":"A","asNeededBoolean":true},{"text":"B"}`:                                                  "null A, as needed; B",
		`{"text":"A"},{"text":"B.","asNeededBoolean":true}`:                                                 "null A; B, as needed",
		`{"text":"A"},{"text":"B as needed.","asNeededBoolean":true}`:                                       "null A; B as needed.",
		`{"text":"A","asNeededBoolean":false},{"text":"B","asNeededCodeableConcept":{"text":"pain"}}`:       "null A; B. as needed: pain",
		`{"text":"A","asNeededBoolean":false},{"text":"B"},{"text":"C","asNeededBoolean":false}`:            "null A; B; C",
		`{"text":"A"},{"asNeededBoolean":true}`:                                                             "null A; as needed",
		`{"text":"A","asNeededBoolean":false},{"asNeededBoolean":true}`:                                     "null A; as needed",
		`{"text":"A"},{"text":"B"}`:                                                                         "null A; B",
		`{"text":"A","asNeededBoolean":false},{"text":"B","asNeededBoolean":true,"route":{"text":"Oral"}}`:  "null A; B, as needed",
		`{"text":"A","route":{"text":"Nasal"}},{"text":"B","asNeededBoolean":true,"route":{"text":"Oral"}}`: "null A, Nasal; B, as needed, Oral",
	} {
		var all []fhir.Dosage
		if err := json.Unmarshal([]byte("["+list+"]"), &all); err != nil {
			t.Fatal(err)
		}
		taking := fhir.TakingOf(all)
		needed, _ := json.Marshal(taking.AsNeeded)
		if got := string(needed) + " " + taking.Words; got != want {
			t.Errorf("%s: %q, want %q", list, got, want)
		}
	}
}

// Words stand in a text by themselves, wherever in it; no words stand in any.
func TestMentions(t *testing.T) {
	for _, c := range []struct {
		text, words string
		want        bool
	}{
		{"Ear drops at night", "ear", true}, {"into the ear", "Ear", true}, {"(ear) drops", "ear", true}, {"the left ear.", "ear", true}, {"until clear", "ear", false}, {"earache", "ear", false}, {"clear the ear", "ear", true},
		{"5 mg at night", "5 mg", true}, {"no more than 15 mg", "5 mg", false}, {"0.5 mg", "5 mg", false}, {"5 mg/kg", "5 mg", false}, {"5 mg, then 10 mg", "10 mg", true},
		{"One daily", "", true}, {"", "", true}, {"", "ear", false},
	} {
		if fhir.Mentions(c.text, c.words) != c.want {
			t.Errorf("%q in %q: %t", c.words, c.text, !c.want)
		}
	}
}
