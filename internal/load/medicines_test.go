package load_test

import (
	"slices"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/load"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
)

// A medicine goes on as long as one of its instructions does, and ends with the last of them.
func TestWhenAMedicineEnds(t *testing.T) {
	medicine := func(id, more string) string {
		return `{"resourceType":"MedicationRequest","id":"` + id + `","status":"active","intent":"proposal","authoredOn":"2020-01-02","subject":{"reference":"Patient/a"},"encounter":{"reference":"Encounter/ea"},"medicationCodeableConcept":{"text":"` + id + `"},"dosageInstruction":[` + more + `]}`
	}
	until := func(end string) string {
		return `{"text":"x","timing":{"repeat":{"boundsPeriod":{"end":"` + end + `"}}}}`
	}
	s := open(t)
	s.load(t, folder(t, map[string]string{"a.json": bundle(patient("a", "A", ""), encounter("ea", "Patient/a", "AMB"),
		medicine("goes on", until("2020-01-07")+`,{"text":"then"}`), medicine("ends", until("2020-01-31")+","+until("2020-01-07")), medicine("none", ""))}), load.Options{})
	var got []string
	for _, sector := range []record.Sector{record.GP, record.Acute} {
		got = append(got, s.texts(t, sector, `SELECT medicine_display || ': ' || (ended_on IS NOT NULL) || ' ' || intent || ' ' || note FROM medication`)...)
	}
	if want := []string{"ends: true UNKNOWN Only proposed", "goes on: false UNKNOWN Only proposed", "none: false UNKNOWN Only proposed"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// ordered is a medicine that was ordered at a consultation, named by its id.
func ordered(id, status, more string) string {
	return about("MedicationRequest", id, atE+`,"status":"`+status+`","intent":"order","authoredOn":"2020-01-02","medicationCodeableConcept":{"text":"`+id+`"}`+more)
}

// A medicine is past only where its record says so: the end of a prescription is when it is to be looked at again, but for a short
// course, and what is on hold, meant or of a status that is not known is no short course that ended by itself.
func TestMedicinesInUse(t *testing.T) {
	course := func(code string) string { return `,"courseOfTherapyType":{"coding":[{"code":"` + code + `"}]}` }
	const lapsed = `,"dispenseRequest":{"validityPeriod":{"start":"2020-01-02","end":"2020-01-08"}}`
	s := open(t)
	s.load(t, folder(t, ofA(encounter("e", "Patient/a", "AMB"),
		ordered("repeat", "active", course("continuous")+lapsed), ordered("dispensed in turn", "active", course("continuous-repeat-dispensing")+lapsed), ordered("plain", "active", lapsed),
		ordered("not known", "unknown", ""), ordered("on hold", "on-hold", ""), ordered("meant", "draft", ""), ordered("seasonal", "active", course("seasonal")+lapsed),
		ordered("stopped", "stopped", ""), ordered("course", "active", course("acute")), ordered("course with an end", "active", course("acute")+lapsed),
		ordered("repeat with an end", "active", course("continuous")+`,"dosageInstruction":[{"timing":{"repeat":{"boundsPeriod":{"end":"2020-02-01"}}}}]`),
		ordered("repeat on hold", "on-hold", course("continuous")+lapsed), ordered("repeat not known", "unknown", course("continuous")+lapsed),
		ordered("repeat stopped", "stopped", course("continuous")+lapsed))), load.Options{})
	want := []string{"dispensed in turn", "meant", "not known", "on hold", "plain", "repeat", "repeat not known", "repeat on hold", "seasonal"}
	for i := range want {
		want[i] = "medication: " + want[i]
	}
	if d := cmp.Diff(want, s.read(t, fetch.Filter{Status: "CURRENT"}, fetch.Medications)["A"]); d != "" {
		t.Error(d)
	}
	got := s.everywhere(t, `SELECT concat_ws('|', medicine_display, kind, 'until ' || ended_on, 'review ' || review_due_on) FROM medication WHERE medicine_display ~ 'repeat|plain|dispensed|not known|seasonal|course with'`, clinical...)
	if d := cmp.Diff([]string{"course with an end|ACUTE|until 2020-01-08", "dispensed in turn|REPEAT_DISPENSING|review 2020-01-08", "not known|UNKNOWN", "plain|REPEAT|review 2020-01-08", "repeat not known|REPEAT|review 2020-01-08", "repeat on hold|REPEAT|review 2020-01-08",
		"repeat stopped|REPEAT|until 2020-01-08", "repeat with an end|REPEAT|until 2020-02-01", "repeat|REPEAT|review 2020-01-08", "seasonal|UNKNOWN|review 2020-01-08"}, got); d != "" {
		t.Error(d)
	}
}

// How a medicine is taken keeps its meaning: the turn of its instructions, what it is needed for, from how much to how much, and the
// most that may be taken.
func TestHowAMedicineIsTaken(t *testing.T) {
	taken := func(id, instructions string) string {
		return ordered(id, "active", `,"dosageInstruction":[`+instructions+`]`)
	}
	s := open(t)
	s.load(t, folder(t, ofA(encounter("e", "Patient/a", "AMB"),
		taken("taper", `{"sequence":2,"text":"7 tablets daily for two days"},{"sequence":1,"text":"8 tablets daily for two days"}`),
		taken("together", `{"text":"One in the morning"},{"text":"Two at night"}`),
		taken("needed", `{"asNeededCodeableConcept":{"text":"pain"},"doseAndRate":[{"doseRange":{"low":{"value":1,"unit":"tablet"},"high":{"value":2,"unit":"tablet"}}}],"timing":{"repeat":{"frequency":1,"frequencyMax":4,"period":1,"periodUnit":"wk","dayOfWeek":["mon"]}}}`),
		taken("most", `{"text":"Two when required","maxDosePerPeriod":{"numerator":{"value":4,"unit":"g"},"denominator":{"value":24,"unit":"h"}}}`),
		taken("two ways", `{"text":"5 mg","route":{"text":"oral"}},{"text":"2 mg","route":{"text":"rectal"}}`),
		taken("one way", `{"text":"5 mg","route":{"text":"oral"},"asNeededBoolean":false}`),
		about("MedicationAdministration", "given", `,"status":"completed","effectiveDateTime":"2020-01-03","medicationCodeableConcept":{"text":"given"},"dosage":{"dose":{"value":5,"unit":"mg"},"rateQuantity":{"value":1,"unit":"mL/h"}}`),
		about("MedicationStatement", "reported", `,"status":"active","effectiveDateTime":"2020-01-03","medicationCodeableConcept":{"text":"reported"},"dosage":[{"text":"One daily"}]`),
		taken("hidden", `{"text":"One","asNeededCodeableConcept":`+hiv+`}`))), load.Options{})
	got := s.everywhere(t, `SELECT concat_ws('|', medicine_display, dosage, as_needed::text, route_display) FROM medication`, clinical...)
	want := []string{"given|5 mg, rate 1 mL/h", "hidden|One. as needed: Disorder|true", "most|Two when required. no more than 4 g in 24 h",
		"needed|1 tablet to 2 tablet, 1 to 4 × in 1 weeks, mon, as needed: pain|true", "one way|5 mg|false|oral", "reported|One daily",
		"taper|8 tablets daily for two days; then 7 tablets daily for two days", "together|One in the morning; Two at night", "two ways|5 mg, oral; 2 mg, rectal"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := s.shown(t)["A"]; slices.Contains(got, "medication: hidden") || !slices.Contains(got, "medication: given") {
		t.Errorf("%q is shown", got)
	}
}
