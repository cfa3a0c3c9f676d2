package gpconnect_test

import (
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What may turn the meaning of an entry round is heeded, or the entry is not shown and its list is not whole
// (https://hl7.org/fhir/STU3/conformance-rules.html#isModifier).
func TestWhatTurnsAMeaningRound(t *testing.T) {
	for name, c := range map[string]struct {
		kind fetch.Kind
		held []string
	}{
		"a modifier extension": {fetch.Problems, []string{`{"resourceType":"Condition","id":"c","me":0,"code":{"text":"Angina"},"modifierExtension":[{"url":"https://practice.example/negated","valueBoolean":true}]}`}},
		"rules of its own":     {fetch.Problems, []string{`{"resourceType":"Condition","id":"c","me":0,"code":{"text":"Angina"},"implicitRules":"https://practice.example/rules"}`}},
		"a medicine in error": {fetch.Medications, []string{`{"resourceType":"MedicationStatement","id":"m","status":"active","taken":"y","me":0,"medicationReference":{"reference":"Medication/x"}}`,
			`{"resourceType":"Medication","id":"x","status":"entered-in-error","code":{"text":"Warfarin"}}`}},
	} {
		if a := asked(t, madeUp(c.held...), c.kind); isWhole(a) || a.Rows != nil && a.Rows.Count(0) > 0 {
			t.Errorf("%s: whole: %t", name, isWhole(a))
		}
	}
}

// Contacts are those of today, and how they are reached today.
func TestContactsOfToday(t *testing.T) {
	self := func(contacts string) string {
		return `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}],"contact":[` + contacts + `]}},
			{"resource":{"resourceType":"List","code":{"coding":[{"code":"886921000000105"}]},"subject":{"reference":"Patient/p"}}},{"resource":{"resourceType":"List","code":{"coding":[{"code":"1103671000000101"}]},"subject":{"reference":"Patient/p"}}}]}`
	}
	a := asked(t, self(`{"name":{"family":"Roe"},"period":{"start":"2020-05-01"},"telecom":[{"system":"phone","use":"old","value":"1"},{"system":"phone","value":"2","period":{"end":"2001-01-01"}},{"system":"phone","value":"3"}],"address":{"use":"old","line":["9 Old"]}},
		{"name":{"family":"Former"},"period":{"end":"2001-01-01"}},{"name":{"family":"Moved"},"address":{"line":["9 Old"],"period":{"end":"2001-01-01"}}},{"name":{"family":"There"},"address":{"line":["1 New"]}}`), fetch.Contacts)
	if !isWhole(a) {
		t.Error("not whole")
	}
	var said string
	for _, k := range fetch.RowsOf[record.Contact](a).Of(0) {
		said += string(k.Name) + "|" + string(k.Phone) + "|" + string(k.Address) + "|" + string(k.Since) + ";"
	}
	if want := "Roe|3||2020-05-01;Moved|||;There||1 New|;"; said != want {
		t.Errorf("%s, want %s", said, want)
	}
	if a := asked(t, self(`{"name":{"family":"Roe"},"period":{"end":"2026-02-31"}}`), fetch.Contacts); isWhole(a) {
		t.Error("a contact until a day that there is not: whole")
	}
}

// An onset or an end that is no date stands in words.
func TestSpansOfLife(t *testing.T) {
	problem := func(more string) string {
		return `{"resourceType":"Condition","id":"c","me":0,"clinicalStatus":"resolved","code":{"text":"Asthma"}` + more + `}`
	}
	for want, held := range map[string]string{
		"Onset: age 7 years\nEnded: age 20 years": problem(`,"onsetAge":{"value":7,"unit":"years"},"abatementAge":{"value":20,"unit":"years"}`),
		"Ended: yes, it is not said when":         problem(`,"abatementBoolean":true`),
		"":                                        problem(`,"abatementBoolean":false`),
	} {
		list := fetch.RowsOf[record.Problem](asked(t, madeUp(held), fetch.Problems)).Of(0)
		if len(list) != 1 || string(list[0].Note) != want {
			t.Errorf("%+v, want %q", list, want)
		}
	}
	a := fetch.RowsOf[record.Allergy](asked(t, madeUp(`{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/p"},"clinicalStatus":"active","code":{"text":"Nuts"},"onsetAge":{"value":2,"unit":"years"}}`), fetch.Allergies)).Of(0)
	if len(a) != 1 || a[0].Note != "Onset: age 2 years" {
		t.Errorf("%+v", a)
	}
}

// What is written beside a medicine, its authorisation and its issues is said, the same once.
func TestNotesOfAMedicine(t *testing.T) {
	request := func(id, intent, note, more string) string {
		return `{"resourceType":"MedicationRequest","id":"` + id + `","me":0,"status":"active","intent":"` + intent + `","authoredOn":"2026-01-01","note":[{"text":"` + note + `"}]` + more + `}`
	}
	a := asked(t, madeUp(`{"resourceType":"MedicationStatement","id":"m","status":"active","taken":"y","me":0,"medicationCodeableConcept":{"text":"Warfarin"},"basedOn":[{"reference":"MedicationRequest/p"}],"note":[{"text":"Patient Notes: takes it at night"}]}`,
		request("p", "plan", "For the pharmacy", ""), request("o", "order", "For the pharmacy", `,"basedOn":[{"reference":"MedicationRequest/p"}]`),
		request("q", "order", "Half was owed", `,"basedOn":[{"reference":"MedicationRequest/p"}]`)), fetch.Medications)
	list := fetch.RowsOf[record.Medication](a).Of(0)
	if len(list) != 1 || list[0].Note != "Patient Notes: takes it at night\nFor the pharmacy\nHalf was owed" {
		t.Errorf("%+v", list)
	}
	i := fetch.RowsOf[record.Immunisation](asked(t, madeUp(`{"resourceType":"Immunization","id":"i","status":"completed","notGiven":false,"patient":{"reference":"Patient/p"},"vaccineCode":{"text":"Flu"},"date":"2026-01-01","note":[{"text":"Sore arm"}]}`), fetch.Immunisations)).Of(0)
	if len(i) != 1 || i[0].Note != "Sore arm" {
		t.Errorf("%+v", i)
	}
}

// A dose that does not count says so.
func TestADoseThatDoesNotCount(t *testing.T) {
	for protocol, want := range map[string]string{
		`{"doseStatus":{"coding":[{"code":"nocount"}]},"doseStatusReason":{"text":"cold chain break"}}`: "Dose does not count: cold chain break",
		`{"doseSequence":1},{"doseStatus":{"coding":[{"code":"nocount"}]}}`:                             "Dose does not count",
		`{"doseStatus":{"coding":[{"code":"count"}]}}`:                                                  "",
	} {
		list := fetch.RowsOf[record.Immunisation](asked(t, madeUp(`{"resourceType":"Immunization","id":"i","status":"completed","notGiven":false,"patient":{"reference":"Patient/p"},"vaccineCode":{"text":"Flu"},"date":"2026-01-01","vaccinationProtocol":[`+protocol+`]}`), fetch.Immunisations)).Of(0)
		if len(list) != 1 || (list[0].StatusReason == nil) != (want == "") || want != "" && list[0].StatusReason.Display != want {
			t.Errorf("%s: %+v, want %q", protocol, list, want)
		}
	}
}

// What is written of a specimen, of a vital sign, or of a reaction beside its manifestations, is said.
func TestWhatIsWrittenBeside(t *testing.T) {
	signs := fetch.RowsOf[record.VitalSign](asked(t, madeUp(`{"resourceType":"Observation","id":"o","me":0,"status":"final","code":{"coding":[{"system":"http://snomed.info/sct","code":"75367002","display":"Blood pressure"}]},"effectiveDateTime":"2026-01-01","comment":"Taken at home",`+
		`"referenceRange":[{"text":"below 140/90"}]}`), fetch.VitalSigns)).Of(0)
	if len(signs) != 1 || signs[0].Comment != "Taken at home\nReference range: below 140/90" {
		t.Errorf("%+v", signs)
	}
	results := fetch.RowsOf[record.Result](asked(t, madeUp(`{"resourceType":"Observation","id":"o","me":0,"status":"final","code":{"text":"Potassium"},"effectiveDateTime":"2026-01-01","comment":"Repeat","specimen":{"reference":"Specimen/s"},"valueQuantity":{"value":7.1}}`,
		`{"resourceType":"Specimen","id":"s","me":0,"type":{"text":"Serum"},"note":[{"text":"Haemolysed"}]}`), fetch.Results)).Of(0)
	if len(results) != 1 || results[0].Comment != "Repeat\nSpecimen: Haemolysed" {
		t.Errorf("%+v", results)
	}
	for more, want := range map[string]string{
		`,"bodySite":{"text":"Left leg"}`: "Body site: Left leg",
		`,"component":[{"code":{"text":"Trimethoprim"},"interpretation":{"coding":[{"code":"R","display":"Resistant"}]}},{"code":{"text":"Nitrofurantoin"},"interpretation":{"text":"Sensitive"}}]`: "Trimethoprim: Resistant\nNitrofurantoin: Sensitive",
		`,"component":[{"code":{"text":"Trimethoprim"},"interpretation":{}}]`:                                                                           "",
		`,"component":[{"code":{"text":"Part"},"interpretation":{"text":"Reactive","coding":[{"system":"http://snomed.info/sct","code":"86406008"}]}}]`: "",
		`,"bodySite":{},"comment":"Repeat"`: "Repeat",
	} {
		list := fetch.RowsOf[record.Result](asked(t, madeUp(`{"resourceType":"Observation","id":"o","me":0,"status":"final","code":{"text":"Culture"},"effectiveDateTime":"2026-01-01","valueString":"Growth"`+more+`}`), fetch.Results)).Of(0)
		if len(list) != 1 || string(list[0].Comment) != want {
			t.Errorf("%s: %+v, want %q", more, list, want)
		}
	}
	signs = fetch.RowsOf[record.VitalSign](asked(t, madeUp(`{"resourceType":"Observation","id":"o","me":0,"status":"final","code":{"coding":[{"system":"http://snomed.info/sct","code":"75367002","display":"Blood pressure"}]},"bodySite":{"text":"Left arm"},`+
		`"component":[{"code":{"text":"Systolic"},"valueInteger":180,"interpretation":{"text":"High"}}]}`), fetch.VitalSigns)).Of(0)
	if len(signs) != 1 || signs[0].Comment != "Systolic: High" || code(signs[0].BodySite) != "Left arm" {
		t.Errorf("%+v", signs)
	}
	for reaction, want := range map[string]string{
		`{"manifestation":[{"text":"Anaphylaxis"}],"description":"Needed adrenaline","note":[{"text":"At home"}]}`: "Reaction: Needed adrenaline\nAt home",
		`{"description":"Needed adrenaline"}`:                                                        "", // it is the reaction
		`{"manifestation":[{"text":"Rash"}],"description":"rash"}`:                                   "",
		`{"substance":{"text":"Cashews"},"manifestation":[{"text":"Rash"}],"description":"At home"}`: "Reaction to Cashews: Rash\nReaction: At home",
		`{"substance":{"text":"nuts"},"manifestation":[{"text":"Rash"}]}`:                            "",
	} {
		list := fetch.RowsOf[record.Allergy](asked(t, madeUp(`{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/p"},"clinicalStatus":"active","code":{"text":"Nuts"},"reaction":[`+reaction+`]}`), fetch.Allergies)).Of(0)
		if len(list) != 1 || string(list[0].Note) != want || len(list[0].ReactionDetails) != 1 {
			t.Errorf("%s: %+v, want %q", reaction, list, want)
		}
	}
}
