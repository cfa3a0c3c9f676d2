package ukcore_test

import (
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What the record has no place for stands in words: it must not read as if nothing were recorded.
func TestWhatStandsInWords(t *testing.T) {
	for name, c := range map[string]struct {
		kind fetch.Kind
		held string
		says []string
	}{
		"a problem by age": {fetch.Problems, about1("Condition", "c", `,"code":{"text":"Asthma"},"onsetAge":{"value":7,"unit":"years"},"abatementRange":{"low":{"value":17,"unit":"years"},"high":{"value":20,"unit":"years"}}`),
			[]string{"Onset: age 7 years", "Ended: age 17 years to 20 years"}},
		"an allergy by age":   {fetch.Allergies, `{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/1"},"code":{"text":"Nuts"},"onsetAge":{"value":2,"unit":"years"}}`, []string{"Onset: age 2 years"}},
		"an allergy in words": {fetch.Allergies, `{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/1"},"code":{"text":"Nuts"},"onsetString":"as a child"}`, []string{"as a child"}},
		"an operation by age": {fetch.Procedures, about1("Procedure", "p", `,"code":{"text":"Tonsillectomy"},"performedAge":{"value":5,"unit":"years"}`), []string{"Performed: age 5 years"}},
		"a result with several interpretations": {fetch.Results, about1("Observation", "o", `,"code":{"text":"Sodium"},"valueQuantity":{"value":118},"interpretation":[{"coding":[{"code":"L","display":"Low"}]},{"coding":[{"code":"LL","display":"Critical low"}]}]`),
			[]string{"Interpretation: LL Critical low", "Interpretation also: Low"}},
		"a sign with several interpretations": {fetch.VitalSigns, about1("Observation", "o", `,"category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Pulse"},"valueQuantity":{"value":31},"interpretation":[{"coding":[{"code":"L","display":"Low"}]},{"coding":[{"code":"LL","display":"Critical low"}]}],"note":[{"text":"On a beta blocker"}],"referenceRange":[{"low":{"value":60},"high":{"value":100}}]`),
			[]string{"LL Critical low", "On a beta blocker", "Interpretation also: Low", "Reference range: 60 to 100"}},
		"how strong a medicine is": {fetch.Medications, about1("MedicationRequest", "m", `,"intent":"order","contained":[{"resourceType":"Medication","id":"x","code":{"text":"Oral solution"},"ingredient":[`+
			`{"itemCodeableConcept":{"text":"Morphine"},"strength":{"numerator":{"value":20,"unit":"mg"},"denominator":{"value":1,"unit":"mL"}}},{"itemReference":{"reference":"Substance/s"},"strength":{"numerator":{"value":5,"unit":"mg"}}},`+
			`{"itemReference":{"display":"Caffeine"},"strength":{"numerator":{"value":2,"unit":"mg"}}},{"itemCodeableConcept":{"text":"Water"}},{"itemCodeableConcept":{"text":"Sugar"},"strength":{}}]}],"medicationReference":{"reference":"#x"},"dosageInstruction":[{"text":"5 mL"}]`) + "\n" +
			`{"resourceType":"Substance","id":"s","code":{"text":"Codeine"}}`, []string{"Dosage: 5 mL", "Note: Strength: Morphine 20 mg in 1 mL; Codeine 5 mg; Caffeine 2 mg"}},
		"a medicine with a note": {fetch.Medications, about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Warfarin"},"note":[{"text":"Decreased by the hospital"}]`), []string{"Decreased by the hospital"}},
		"a vaccine of some time": {fetch.Immunisations, about1("Immunization", "i", `,"vaccineCode":{"text":"BCG"},"occurrenceString":"as a child, abroad"`), []string{"Given: as a child, abroad"}},
		"a vaccine with a note":  {fetch.Immunisations, about1("Immunization", "i", `,"vaccineCode":{"text":"Flu"},"occurrenceDateTime":"2026-01-01","note":[{"text":"Sore arm"}]`), []string{"Sore arm"}},
		"what to do before an appointment": {fetch.Appointments, `{"resourceType":"Appointment","id":"a","status":"booked","start":"2026-12-01T10:00:00Z","description":"Gastroscopy","comment":"Lift is broken","patientInstruction":"Do not eat from midnight","participant":[{"actor":{"reference":"Patient/1"}}]}`,
			[]string{"Gastroscopy", "Lift is broken", "Do not eat from midnight"}},
		"what to do for a referral": {fetch.Referrals, about1("ServiceRequest", "s", `,"intent":"order","code":{"text":"Physiotherapy"},"patientInstruction":"Rest","note":[{"text":"Left knee"}]`), []string{"Left knee", "Rest"}},
		"a problem at two sites":    {fetch.Problems, about1("Condition", "c", `,"code":{"text":"Cancer"},"bodySite":[{"text":"Left breast"},{"text":"Right breast"},{"text":"Liver"}],"note":[{"text":"Treated"}]`), []string{"BodySite: Left breast", "Note: Body site also: Right breast, Liver Treated"}},
		"an operation at two sites": {fetch.Procedures, about1("Procedure", "p", `,"code":{"text":"Mastectomy"},"bodySite":[{"text":"Left breast"},{"text":"Right breast"}]`), []string{"BodySite: Left breast", "Note: Body site also: Right breast"}},
		"a severity beyond severe":  {fetch.Problems, about1("Condition", "c", `,"code":{"text":"Asthma"},"severity":{"coding":[{"system":"http://snomed.info/sct","code":"442452003","display":"Life threatening severity"}]},"note":[{"text":"Ventilated"}]`), []string{"Severity: UNKNOWN", "Ventilated", "Severity: Life threatening severity"}},
		"a severity by its second":  {fetch.Problems, about1("Condition", "c", `,"code":{"text":"Asthma"},"severity":{"coding":[{"system":"https://trust","code":"3"},{"system":"http://snomed.info/sct","code":"24484000","display":"Severe (severity modifier)"}]}`), []string{"Severity: SEVERE"}},
		"a stage":                   {fetch.Problems, about1("Condition", "c", `,"code":{"text":"Cancer"},"stage":[{"type":{"text":"TNM"},"summary":{"text":"T2N0M0"}},{"summary":{"text":"II"}},{}]`), []string{"Stage: TNM: T2N0M0, II"}},
		"how an operation went":     {fetch.Procedures, about1("Procedure", "p", `,"code":{"text":"Hip replacement"},"complication":[{"text":"Bleeding"},{"text":"Fall"}],"followUp":[{"text":"Stitches out"}]`), []string{"Complications: Bleeding, Fall", "To follow: Stitches out"}},
		"how a reaction went": {fetch.Allergies, `{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/1"},"code":{"text":"Nuts"},"reaction":[{"manifestation":[{"text":"Anaphylaxis"}],"description":"Needed adrenaline","note":[{"text":"In the ambulance"}]}]}`,
			[]string{"In the ambulance", "Reaction: Needed adrenaline"}},
		"what was supplied":          {fetch.Medications, about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Warfarin"}`) + "\n" + about1("MedicationDispense", "d", `,"medicationCodeableConcept":{"text":"Warfarin"},"authorizingPrescription":[{"reference":"MedicationRequest/m"}],"note":[{"text":"Half strength supplied"}]`), []string{"Half strength supplied"}},
		"a specimen that is no good": {fetch.Results, about1("Observation", "o", `,"code":{"text":"Potassium"},"valueQuantity":{"value":7.1},"contained":[{"resourceType":"Specimen","id":"s","note":[{"text":"Haemolysed"}],"condition":[{"text":"Warm"}]}],"specimen":{"reference":"#s"}`), []string{"Specimen: Warm", "Haemolysed"}},
		"one that is unsatisfactory": {fetch.Results, about1("Observation", "o", `,"code":{"text":"Potassium"},"valueQuantity":{"value":7.1},"contained":[{"resourceType":"Specimen","id":"s","status":"unsatisfactory","type":{"text":"Serum"}}],"specimen":{"reference":"#s"}`), []string{"Specimen: unsatisfactory", "Specimen: Serum"}},
		"where one is from":          {fetch.Results, about1("Observation", "o", `,"code":{"text":"Culture"},"valueString":"MRSA","specimen":{"reference":"Specimen/s"}`) + "\n" + `{"resourceType":"Specimen","id":"s","subject":{"reference":"Patient/1"},"status":"unsatisfactory","type":{"text":"Swab"},"collection":{"bodySite":{"text":"Left foot"}}}`, []string{"Specimen: Swab", "Comment: Specimen: unsatisfactory body site: Left foot"}},
		"that of a report":           {fetch.Reports, about1("DiagnosticReport", "r", `,"code":{"text":"Bloods"},"conclusion":"High","contained":[{"resourceType":"Specimen","id":"s","status":"unsatisfactory"}],"specimen":[{"reference":"#s"}]`), []string{"Conclusion: High Specimen: unsatisfactory"}},
		"where a result was found":   {fetch.Results, about1("Observation", "o", `,"code":{"text":"Swab"},"valueString":"E. coli","bodySite":{"text":"Left leg"}`), []string{"Comment: Body site: Left leg"}},
		"a part that only means something": {fetch.Results, about1("Observation", "o", `,"code":{"text":"Culture"},"valueString":"E. coli","component":[{"code":{"text":"Trimethoprim"},"interpretation":[{"coding":[{"code":"R","display":"Resistant"}]}]}]`),
			[]string{"[Trimethoprim, Resistant]"}},
		"a part with its meaning": {fetch.Results, about1("Observation", "o", `,"code":{"text":"Culture"},"valueString":"E. coli","component":[{"code":{"text":"Trimethoprim"},"valueQuantity":{"value":16},"interpretation":[{"text":"Resistant"},{"text":"High"}]}]`),
			[]string{"Comment: Trimethoprim: Resistant, High"}},
		"a part of a sign": {fetch.VitalSigns, about1("Observation", "o", `,"category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Pressure"},"component":[{"code":{"text":"Systolic"},"valueQuantity":{"value":190},"interpretation":[{"text":"High"}]},{"code":{"text":"Diastolic"},"interpretation":[{"text":"Low"}]}]`),
			[]string{"Comment: Systolic: High", "[Diastolic, Low]"}},
		"a range of another unit": {fetch.Results, about1("Observation", "o", `,"code":{"text":"Haemoglobin"},"valueQuantity":{"value":130,"unit":"g/L"},"referenceRange":[{"low":{"value":11.5,"unit":"g/dL"},"high":{"value":16.5,"unit":"g/dL"}}]`),
			[]string{"ReferenceRange: 11.5 g/dL to 16.5 g/dL"}},
		"what came of a vaccine": {fetch.Immunisations, about1("Immunization", "i", `,"vaccineCode":{"text":"MMR"},"occurrenceDateTime":"2026-01-01","contained":[{"resourceType":"Observation","id":"r","code":{"text":"Fever"}}],"reaction":[{"date":"2026-01-02","detail":{"display":"Anaphylaxis"},"reported":false},{"detail":{"reference":"#r"}},{"reported":true}]`),
			[]string{"Note: Reaction: Anaphylaxis, 2026-01-02 Reaction: Fever Reaction"}},
		"a reaction in words alone": {fetch.Allergies, `{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/1"},"code":{"text":"Nuts"},"reaction":[{"description":"Swollen lips"}]}`, []string{"Swollen lips"}},
		"why a vaccine was given": {fetch.Immunisations, about1("Immunization", "i", `,"vaccineCode":{"text":"Pneumococcal"},"occurrenceDateTime":"2026-01-01","reasonCode":[{"text":"Asplenia"},{"text":"Age"}],"reasonReference":[{"reference":"Condition/c","display":"Lungs"},{"display":"Travel"}],"note":[{"text":"Sore arm"}]`) + "\n" + about1("Condition", "c", `,"code":{"text":"COPD"},"verificationStatus":{"coding":[{"code":"provisional"}]}`),
			[]string{"Note: Reason: Asplenia, Age, Suspected: COPD, Travel Sore arm"}},
		"how a result was had":                  {fetch.Results, about1("Observation", "o", `,"code":{"text":"Weight"},"valueQuantity":{"value":60,"unit":"kg"},"method":{"text":"Estimated"},"note":[{"text":"In bed"}]`), []string{"In bed", "Method: Estimated"}},
		"how a sign was had":                    {fetch.VitalSigns, about1("Observation", "o", `,"category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Weight"},"valueQuantity":{"value":60,"unit":"kg"},"method":{"text":"Estimated"},"note":[{"text":"In bed"}]`), []string{"Comment: Method: Estimated In bed"}},
		"what an alert is of":                   {fetch.Alerts, about1("Flag", "f", `,"category":[{"text":"Infection control"},{"text":"Ward"}],"code":{"coding":[{"code":"1","display":"Isolate"}],"text":"Side room only"}`), []string{"Note: Side room only Infection control, Ward"}},
		"an alert in the words of its category": {fetch.Alerts, about1("Flag", "f", `,"category":[{"text":"Isolate"}],"code":{"text":"Isolate"}`), []string{"Kind: Isolate · Status"}},
		"what an adjustment is of":              {fetch.Needs, about1("Flag", "f", `,"category":[{"coding":[{"code":"NRAF","display":"Adjustment"}]},{"text":"Communication"}],"code":{"text":"Large print"},"period":{"end":"2027-01-01"}`), []string{"Kind: Large print · Category: REASONABLE_ADJUSTMENT · Detail: Communication · EndedOn"}},
		"a curve":                               {fetch.Results, about1("Observation", "o", `,"code":{"text":"ECG"},"valueSampledData":{"origin":{"value":0},"period":1,"dimensions":1}`), []string{"not shown here"}},
	} {
		all := strings.Join(lines(readOf(t, c.kind, strings.Split(c.held, "\n")...)), "\n")
		for _, says := range c.says {
			if !strings.Contains(all, says) {
				t.Errorf("%s: no %q in %q", name, says, all)
			}
		}
	}
}

// Every answer of a questionnaire is said, or that there is one.
func TestAnswers(t *testing.T) {
	held := `{"resourceType":"QuestionnaireResponse","id":"q","status":"completed","subject":{"reference":"Patient/1"},"authored":"2026-01-01","item":[
		{"text":"Sleep","answer":[{"valueCoding":{"code":"3","display":"Nearly every day"}}]},{"text":"Alone","answer":[{"valueBoolean":false}]},
		{"text":"Seen by","answer":[{"valueReference":{"reference":"Practitioner/g","display":"Ann"}}]},{"text":"Drawing","answer":[{"valueAttachment":{"contentType":"image/png"}}]},
		{"text":"Link","answer":[{"valueUri":"urn:x"}]},{"text":"Group","answer":[{"item":[{"text":"Score","answer":[{"valueInteger":9}]}]}]},{"text":"Not answered"},
		{"text":"Family history","item":[{"text":"Suicide attempt","answer":[{"valueBoolean":true}]}]},{"text":"Mother","item":[{"text":"Mother","answer":[{"valueString":"Mother"}]}]},
		{"linkId":"p","text":"Problem","item":[{"text":"Name","answer":[{"valueString":"Falls"}]}]},{"linkId":"p","text":"Problem","item":[{"text":"Plan","answer":[{"valueString":"Stay at home"}]}]},
		{"linkId":"g","item":[{"text":"Plan","answer":[{"valueString":"A"}]}]},{"linkId":"g","item":[{"text":"Plan","answer":[{"valueString":"B"}]}]},
		{"text":"Medicines","answer":[{"valueString":"Lithium","item":[{"text":"Dose","answer":[{"valueString":"400 mg"}]}]},{"valueCoding":{},"item":[{"text":"Dose","answer":[{"valueString":"5 mg"}]}]}]}]}`
	a, err := one(t, open(t, patientOf("1", someone), held).source(t, record.MentalHealth, ukcore.Options{}), &fetch.Ask{Kind: fetch.Assessments, Subjects: subjects(someone)})
	if err != nil || len(entriesOf(a, 0)) != 1 {
		t.Fatal(err)
	}
	want := "Sleep: Nearly every day\nAlone: No\nSeen by: Ann\nDrawing: an answer that is not shown here\nLink: urn:x\nGroup: Score: 9\n" +
		"Family history: Suicide attempt: Yes\nMother: Mother\nProblem: Name: Falls\nProblem (2): Plan: Stay at home\nPlan: A\n(2): Plan: B\n" +
		"Medicines: Lithium\nMedicines: Lithium: Dose: 400 mg\nMedicines: Dose: 5 mg"
	if got := entriesOf(a, 0)[0].(*record.MentalHealthAssessment).ScoreText; string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What a questionnaire says of decisions made in advance is known by its words, also as one in the name of the form.
func TestWordsOfDecisions(t *testing.T) {
	for text, want := range map[string]bool{
		"DNACPR": true, "DNA-CPR decision": true, "DNAR": true, "dnar_form": true, "CPR": true, "For resus": true, "Not for attempted cardiopulmonary resuscitation": true, "ReSPECT": true, "RESPECT form": true, "respect-form": true,
		"RespectPlan": true, "Advanced Treatment Preferences": true, "AdvanceCarePlan": true, "Advance decision to refuse treatment": true, "EOLPlan": true, "EndOfLife": true, "end-of-life register": true,
		"Treatment escalation plan": true, "TreatmentEscalation": true, "Escalation status": true, "Ceiling of care": true, "Limits of treatment": true, "Preferred place of death": true, "Lasting power of attorney": true,
		"LPA": true, "Emergency care and treatment plan": true, "Not for intubation": true, "Not for intensive care": true, "Refused treatment": false, "Not for treatment": false, "Place of care": false, "Living will": true, "Life-sustaining treatment": true, "Anticipatory medicines": true,
		"Treated with respect": false, "Smokes": false, "Geolocation": false, "Step": false, "In advance of the visit": false, "Emergency contact": false, "Carer": false, "Escalation of symptoms": false, "Not for the patient": false,
	} {
		a, err := one(t, open(t, patientOf("1", someone), about1("QuestionnaireResponse", "q", `,"item":[{"text":"`+text+`","answer":[{"valueString":"x"}]}]`)).source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.AdvanceCare, Subjects: subjects(someone)})
		if got := len(lines(a)); err != nil || (got == 1) != want || !isWhole(a) {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
}

// A questionnaire has the name that the source gives it, or the one in its address.
func TestNamesOfQuestionnaires(t *testing.T) {
	for named, want := range map[string]string{
		``: "Questionnaire",
		`,"questionnaire":"https://fhir.example/Questionnaire/PHQ-9","_questionnaire":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/display","valueString":"Patient health"}]}`: "Patient health",
		`,"_questionnaire":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/display","valueString":" "}]}`:                                                                         "Questionnaire",
		`,"questionnaire":"https://fhir.example/Questionnaire/PHQ-9|1.0"`:                                                                                                                       "PHQ-9",
		`,"questionnaire":"#respect-form"`:                                                           "respect-form",
		`,"questionnaire":"https://fhir.example/Questionnaire/54127-6"`:                              "Questionnaire",
		`,"questionnaire":"https://fhir.example/Questionnaire/0abc3f52-1d6e-4c3a-9df1-9f3b6f7a1c22"`: "Questionnaire",
		`,"questionnaire":"urn:oid:1.2.3"`:                                                           "Questionnaire",
	} {
		a, err := one(t, open(t, patientOf("1", someone), about1("QuestionnaireResponse", "q", named)).source(t, record.MentalHealth, ukcore.Options{}), &fetch.Ask{Kind: fetch.Assessments, Subjects: subjects(someone)})
		if got := fetch.RowsOf[record.MentalHealthAssessment](a).Of(0); err != nil || len(got) != 1 || got[0].Tool.Display != want {
			t.Errorf("%s: %+v, want %q, %v", named, got, want, err)
		}
	}
}

// What a goal aims at is said whatever it is: of "smoking" that it is not to be.
func TestTargetsInWords(t *testing.T) {
	for detail, want := range map[string]string{
		"":                       "Smoking",
		`,"detailBoolean":false`: "Smoking No",
		`,"detailQuantity":{"value":3,"unit":"a day"}`:                       "Smoking 3 a day",
		`,"detailRange":{"low":{"value":1},"high":{"value":2,"unit":"x"}}`:   "Smoking 1 to 2 x",
		`,"detailRatio":{"numerator":{"value":1},"denominator":{"value":2}}`: "Smoking 1 : 2",
		`,"detailCodeableConcept":{"text":"Stopped"}`:                        "Smoking Stopped",
		`,"detailString":"less"`:                                             "Smoking less",
		`,"detailInteger":0`:                                                 "Smoking 0",
	} {
		a := readOf(t, fetch.CarePlans, about1("CarePlan", "p", `,"title":"Plan","goal":[{"reference":"Goal/g"}]`), `{"resourceType":"Goal","id":"g","subject":{"reference":"Patient/1"},"lifecycleStatus":"active","target":[{"measure":{"text":"Smoking"}`+detail+`}]}`)
		if got := fetch.RowsOf[record.CarePlan](a).Of(0); len(got) != 1 || len(got[0].Goals) != 1 || string(got[0].Goals[0].Target) != want {
			t.Errorf("%s: %+v, want %q", detail, got, want)
		}
	}
}

// Of a scale without a score it is said why, and what was noted beside it.
func TestScoresInWords(t *testing.T) {
	for more, want := range map[string]string{
		`,"valueInteger":7,"note":[{"text":"In pain"}]`:                                                             "7\nIn pain",
		`,"dataAbsentReason":{"coding":[{"code":"asked-declined"}]}`:                                                "asked-declined",
		`,"note":[{"text":"Would not answer"},{"text":"Too tired"}]`:                                                "Would not answer\nToo tired",
		`,"valueInteger":27,"interpretation":[{"text":"Severe"}]`:                                                   "27\nInterpretation: Severe",
		`,"valueInteger":27,"method":{"text":"By telephone"},"note":[{"text":"In pain"}]`:                           "27\nMethod: By telephone\nIn pain",
		`,"component":[{"code":{"text":"Sleep"},"valueInteger":3,"interpretation":[{"text":"Badly"}]}]`:             "Sleep: 3\nSleep: Badly",
		`,"component":[{"code":{"text":"Sleep"},"valueString":"Badly"}]`:                                            "Sleep: Badly",
		`,"component":[{"code":{"text":"Sleep"},"dataAbsentReason":{"text":"Not asked"}},{"code":{"text":"Mood"}}]`: "Sleep: Not asked",
		"": "",
	} {
		held := about1("Observation", "o", `,"category":[{"coding":[{"code":"survey"}]}],"code":{"text":"PHQ-9"}`+more)
		a, err := one(t, open(t, patientOf("1", someone), held).source(t, record.MentalHealth, ukcore.Options{}), &fetch.Ask{Kind: fetch.Assessments, Subjects: subjects(someone)})
		if err != nil || len(entriesOf(a, 0)) != 1 {
			t.Fatalf("%s: %+v, %v", more, a, err)
		}
		if got := entriesOf(a, 0)[0].(*record.MentalHealthAssessment).ScoreText; string(got) != want {
			t.Errorf("%s: %q, want %q", more, got, want)
		}
	}
}

// A dose that is given in structure alone is said in words, all of it, or that there is more.
func TestDosesInWords(t *testing.T) {
	for dose, want := range map[string]string{
		`{"text":"One at night","timing":{"repeat":{"offset":3}}}`: "One at night",
		`{"method":{"text":"Apply"},"site":{"text":"left eye"},"timing":{"repeat":{"frequency":3,"frequencyMax":4,"period":1,"periodUnit":"d","boundsDuration":{"value":5,"unit":"days"}}}}`:                                                                                                              "Apply, 3 to 4 × in 1 days, for 5 days, site: left eye",
		`{"doseAndRate":[{"type":{"text":"ordered"},"doseRange":{"low":{"value":1},"high":{"value":2,"unit":"tablets"}}}],"timing":{"repeat":{"when":["MORN","X"],"timeOfDay":["08:00","20:00"],"dayOfWeek":["mon","thu"],"count":6}}}`:                                                                   "1 to 2 tablets, mon thu, in the morning, X, at 08:00 20:00, 6 times in all",
		`{"doseAndRate":[{"doseQuantity":{"value":1,"unit":"g"},"rateRatio":{"numerator":{"value":1,"unit":"g"},"denominator":{"value":8,"unit":"h"}}}],"maxDosePerPeriod":{"numerator":{"value":4,"unit":"g"},"denominator":{"value":24,"unit":"h"}},"maxDosePerAdministration":{"value":1,"unit":"g"}}`: "1 g, rate 1 g in 8 h, no more at a time than 1 g, no more than 4 g in 24 h",
		`{"doseAndRate":[{"rateQuantity":{"value":50,"unit":"mL/h"}},{"rateRange":{"low":{"value":5},"high":{"value":9,"unit":"mL/h"}}}]}`:                                                                                                                                                                "rate 50 mL/h, rate 5 to 9 mL/h",
		`{"timing":{"event":["2026-12-01","2026-12-08"],"code":{"text":"BD"}},"asNeededCodeableConcept":{"text":"pain"}}`:                                                                                                                                                                                 "BD, on 2026-12-01 2026-12-08, as needed: pain",
		`{"timing":{"repeat":{"frequency":1,"period":4,"periodMax":6,"periodUnit":"h"}},"asNeededBoolean":true}`:                                                                                                                                                                                          "1 × in 4 to 6 hours, as needed",
		`{"timing":{"repeat":{"period":8,"periodUnit":"h"}}}`:                                                                                                                                           "1 × in 8 hours",
		`{"timing":{"repeat":{"frequency":2,"frequencyMax":3}}}`:                                                                                                                                        "2 to 3 ×",
		`{"timing":{"code":{"text":"BD"},"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}}`:                                                                                                        "BD, 2 × in 1 days",
		`{"timing":{"repeat":{"when":["AC"],"offset":30}}}`:                                                                                                                                             "before meals, and more that is not shown here",
		`{"doseAndRate":[{"doseQuantity":{"value":1},"x":1}],"asNeededBoolean":false}`:                                                                                                                  "1, and more that is not shown here",
		`{"maxDosePerLifetime":{"value":1}}`:                                                                                                                                                            "and more that is not shown here",
		`{"timing":{"repeat":{"frequencyMax":4,"period":1,"periodUnit":"d"}}}`:                                                                                                                          "up to 4 × in 1 days",
		`{"timing":{"repeat":{"frequency":1,"periodMax":6,"periodUnit":"h"}}}`:                                                                                                                          "1 × in up to 6 hours",
		`{"timing":{"code":{"text":"every Monday only"},"repeat":{"frequency":1,"period":1,"periodUnit":"wk"}}}`:                                                                                        "every Monday only, 1 × in 1 weeks",
		`{"doseAndRate":[{"type":{"text":"Calculated"},"doseQuantity":{"value":5,"unit":"mg/kg"}},{"type":{"text":"Ordered"},"doseQuantity":{"value":350,"unit":"mg"}}]}`:                               "Calculated: 5 mg/kg, Ordered: 350 mg",
		`{"doseAndRate":[{"doseQuantity":{"value":40,"unit":"mg"}}],"timing":{"repeat":{"boundsPeriod":{"start":"2026-11-18","end":"2026-11-24"}}}}`:                                                    "40 mg, from 2026-11-18, until 2026-11-24",
		`{"text":"Take one or two","maxDosePerPeriod":{"numerator":{"value":8,"unit":"tablets"},"denominator":{"value":24,"unit":"h"}},"site":{"text":"left eye"}}`:                                     "Take one or two. no more than 8 tablets in 24 h. site: left eye",
		`{"text":"One drop to the left eye, 8 tablets in 24 h at most","maxDosePerPeriod":{"numerator":{"value":8,"unit":"tablets"},"denominator":{"value":24,"unit":"h"}},"site":{"text":"Left eye"}}`: "One drop to the left eye, 8 tablets in 24 h at most",
		`{"text":"One","additionalInstruction":[{"text":"Do not crush"}],"patientInstruction":"With water"}`:                                                                                            "One. Do not crush. With water",
		`{"text":"2 drops until clear","site":{"text":"Ear"}}`:                                                                                                                                          "2 drops until clear. site: Ear",
		`{"text":"2 drops (left ear).","site":{"text":"Left ear"}}`:                                                                                                                                     "2 drops (left ear).",
		`{"text":"15 mg, halve if drowsy","maxDosePerAdministration":{"value":5,"unit":"mg"}}`:                                                                                                          "15 mg, halve if drowsy. no more at a time than 5 mg",
		`{"text":"0.5 mg or 5 mg/kg","maxDosePerAdministration":{"value":5,"unit":"mg"}}`:                                                                                                               "0.5 mg or 5 mg/kg. no more at a time than 5 mg",
		`{"text":"15 mg, then 5 mg; halve if drowsy","maxDosePerAdministration":{"value":5,"unit":"mg"}}`:                                                                                               "15 mg, then 5 mg; halve if drowsy",
		`{"text":"1.2 g.","route":{"text":"Intravenous"}},{"text":"then 625 mg","route":{"text":"Oral"}}`:                                                                                               "1.2 g, Intravenous; then 625 mg, Oral",
		`{"text":"1.2 g intravenous","route":{"text":"Intravenous"}},{"route":{"text":"Oral"}},{"text":"As needed"}`:                                                                                    "1.2 g intravenous; Oral; As needed",
		`{"text":"One","route":{"text":"Oral"}},{"text":"Two","route":{"text":"Oral"}},{"text":"Three"}`:                                                                                                "One; Two; Three",
		`{"text":"10 mg every 4 hours","asNeededCodeableConcept":{"text":"breakthrough pain"}}`:                                                                                                         "10 mg every 4 hours. as needed: breakthrough pain",
		`{"text":"30 mg at 8:00 and 20:00","asNeededBoolean":false},{"text":"10 mg.","asNeededBoolean":true}`:                                                                                           "30 mg at 8:00 and 20:00; 10 mg, as needed",
		`{"sequence":1}`: "",
	} {
		a := readOf(t, fetch.Medications, about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"},"dosageInstruction":[`+dose+`]`))
		if got := fetch.RowsOf[record.Medication](a).Of(0); len(got) != 1 || string(got[0].Dosage) != want {
			t.Errorf("%s: %+v, want %q", dose, got, want)
		}
	}
}

// The ranges of the parts of a vital sign stand beside the whole, each with its name.
func TestRangesOfPartsOfAVitalSign(t *testing.T) {
	a := readOf(t, fetch.VitalSigns, about1("Observation", "o", `,"category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Saturation"},"component":[{"code":{"text":"Scale 2"},"valueQuantity":{"value":95,"unit":"%"},"referenceRange":[{"text":"target 88 to 92"}]},{"code":{"text":"Pulse"}}]`))
	if got := entriesOf(a, 0)[0].(*record.VitalSign).Comment; got != "Scale 2 reference range: target 88 to 92" {
		t.Errorf("%q", got)
	}
}

// A medicine goes on as long as one of its instructions does; what is taken one after another is said in its order.
func TestOneDoseAfterAnother(t *testing.T) {
	until := func(sequence, text, bounds string) string {
		return `{"sequence":` + sequence + `,"text":"` + text + `","timing":{"repeat":{` + bounds + `}}}`
	}
	first := until("1", "10 mg twice daily", `"boundsPeriod":{"start":"2026-11-01","end":"2026-11-07"}`)
	for name, c := range map[string]struct{ doses, ends, words string }{
		"the last goes on":  {first + "," + until("2", "5 mg twice daily", ""), "", "10 mg twice daily. from 2026-11-01. until 2026-11-07; then 5 mg twice daily"},
		"the last ends":     {until("2", "5 mg", `"boundsPeriod":{"end":"2026-12"}`) + "," + first, "2026-12", "10 mg twice daily. from 2026-11-01. until 2026-11-07; then 5 mg"},
		"the first is last": {until("1", "A", `"boundsPeriod":{"end":"2027-01-01"}`) + "," + until("1", "B", `"boundsPeriod":{"end":"2026-12"}`), "2027-01-01", "A; B. until 2026-12"},
		"two as late":       {until("1", "A", `"boundsPeriod":{"end":"2026-12-31"}`) + "," + until("1", "B", `"boundsPeriod":{"end":"2026-12"}`), "2026-12-31", "A; B. until 2026-12"},
		"none":              {"", "", ""},
	} {
		a := readOf(t, fetch.Medications, about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Apixaban"},"dosageInstruction":[`+c.doses+`]`))
		if got := fetch.RowsOf[record.Medication](a).Of(0); len(got) != 1 || string(got[0].EndedOn) != c.ends || string(got[0].Dosage) != c.words {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What is meant by an identifier is judged by what bears it.
func TestPartsByIdentifier(t *testing.T) {
	goal := func(more string) string {
		return `{"resourceType":"Goal","id":"g","identifier":[{"system":"s","value":"g1"}],"lifecycleStatus":"active","description":{"text":"Walk"},"subject":{"reference":"Patient/1"}` + more + `}`
	}
	plan := about1("CarePlan", "p", `,"intent":"plan","title":"Plan","goal":[{"type":"Goal","identifier":{"system":"s","value":"g1"},"display":"Keep walking"}]`)
	for name, c := range map[string]struct {
		kind fetch.Kind
		held []string
		says string
		not  string
	}{
		"a goal that came":     {fetch.CarePlans, []string{plan, goal("")}, "Walk", "Keep walking"},
		"one beside another":   {fetch.CarePlans, []string{plan, strings.Replace(goal(""), "g1", "g2", 1), about1("Condition", "c", `,"identifier":[{"system":"s","value":"g1"}],"code":{"text":"Angina"}`)}, "Keep walking", "Walk,"},
		"one in words":         {fetch.CarePlans, []string{plan}, "Keep walking", "-"},
		"one that is labelled": {fetch.CarePlans, []string{plan, goal(`,"meta":{"security":[{"code":"R"}]}`)}, "Plan", "alk"},
		"one in error":         {fetch.CarePlans, []string{plan, strings.Replace(goal(""), `"active"`, `"entered-in-error"`, 1)}, "Plan", "alk"},
		"a hidden activity": {fetch.CarePlans, []string{about1("CarePlan", "p", `,"intent":"plan","title":"Plan","activity":[{"reference":{"type":"ServiceRequest","identifier":{"system":"s","value":"r1"},"display":"Tablets"}}]`),
			about1("ServiceRequest", "r", `,"intent":"order","identifier":[{"system":"s","value":"r1"}],"code":`+hiv)}, "Plan", "Tablets"},
		"a hidden member": {fetch.CareTeam, []string{about1("CareTeam", "t", `,"participant":[{"member":{"reference":"Practitioner/n"}},{"member":{"type":"Practitioner","identifier":{"system":"s","value":"n1"},"display":"Ann"}}]`),
			`{"resourceType":"Practitioner","id":"n","identifier":[{"system":"s","value":"n1"}],"qualification":[{"code":{"text":"HIV nurse"}}]}`}, "", "Ann"},
	} {
		all := strings.Join(lines(readOf(t, c.kind, c.held...)), "\n")
		if !strings.Contains(all, c.says) || strings.Contains(all, c.not) {
			t.Errorf("%s: %q", name, all)
		}
	}
}

// Results that a report, or a group of them, names by an identifier are its results: hidden they take its words along, and
// one that did not come is a gap.
func TestResultsByIdentifier(t *testing.T) {
	named := func(value string) string {
		return `{"type":"Observation","identifier":{"system":"urn:x","value":"` + value + `"}}`
	}
	report := func(results ...string) string {
		return about1("DiagnosticReport", "r", `,"code":{"text":"Bloods"},"conclusion":"Reactive","result":[`+strings.Join(results, ",")+`]`)
	}
	bears := func(id, more string) string {
		return about1("Observation", id, `,"identifier":[{"system":"urn:x","value":"`+id+`"}]`+more)
	}
	sodium, secret := bears("o", `,"code":{"text":"Sodium"}`), bears("h", `,"code":`+hiv)
	for name, c := range map[string]struct {
		kind  fetch.Kind
		held  []string
		says  string
		not   string
		whole bool
	}{
		"one that came":                      {fetch.Results, []string{sodium, report(named("o"))}, "Report: Bloods", "-", true},
		"one by an address that did not":     {fetch.Results, []string{sodium, report(`{"reference":"Observation/gone","identifier":{"system":"urn:x","value":"o"}}`)}, "Report: Bloods", "-", true},
		"the words beside it":                {fetch.Reports, []string{sodium, report(named("o"))}, "Reactive", "-", true},
		"one that is hidden, alone":          {fetch.Reports, []string{secret, report(named("h"))}, "", "r ·", true},
		"one that is hidden, beside another": {fetch.Reports, []string{secret, sodium, report(named("h"), named("o"))}, "Bloods", "Reactive", true},
		"what is beside one that is hidden":  {fetch.Results, []string{secret, sodium, report(named("h"), named("o"))}, "Report: Bloods", "h ·", true},
		"one of a group that is hidden":      {fetch.Reports, []string{secret, bears("g", `,"code":{"text":"Panel"},"hasMember":[`+named("h")+`]`), report(named("g"))}, "Bloods", "Reactive", true},
		"one of a group":                     {fetch.Results, []string{sodium, bears("g", `,"code":{"text":"Panel"},"hasMember":[`+named("o")+`]`), report(named("g"))}, "Test: Sodium · Category: OTHER · Status: UNKNOWN · Report: Bloods", "-", true},
		"one that did not come":              {fetch.Results, []string{sodium, report(named("7"))}, "Sodium", "Bloods", false},
		"one that something else bears":      {fetch.Results, []string{sodium, about1("Condition", "c", `,"identifier":[{"system":"urn:x","value":"7"}],"code":{"text":"Angina"}`), report(named("7"))}, "Sodium", "Bloods", false},
		"one in words alone":                 {fetch.Results, []string{sodium, report(`{"display":"Sodium"}`)}, "Sodium", "Bloods", true},
	} {
		t.Run(name, func(t *testing.T) {
			a := readOf(t, c.kind, c.held...)
			if all := strings.Join(lines(a), "\n"); !strings.Contains(all, c.says) || strings.Contains(all, c.not) || isWhole(a) != c.whole {
				t.Errorf("%q, whole: %t", all, isWhole(a))
			}
		})
	}
}

// What is to be taken or supplied of a plan is said, beside what is to be done with it.
func TestMedicinesOfAPlan(t *testing.T) {
	const warfarin = `{"resourceType":"Medication","id":"w","identifier":[{"system":"s","value":"w1"}],"code":{"text":"Warfarin"}}`
	for name, c := range map[string]struct {
		detail, medicine string
		says             string
		whole            bool
	}{
		"a medicine":                     {`"productCodeableConcept":{"text":"Warfarin"}`, "", "[Warfarin, IN_PROGRESS]", true},
		"one beside a code":              {`"code":{"coding":[{"code":"1","display":"Review"}]},"productCodeableConcept":{"text":"Warfarin"}`, "", "[Review: Warfarin (1 Review), IN_PROGRESS]", true},
		"one beside words":               {`"description":"Each evening","productCodeableConcept":{"text":"Warfarin"}`, "", "[Each evening: Warfarin, IN_PROGRESS]", true},
		"one that came":                  {`"productReference":{"reference":"Medication/w","display":"Tablets"}`, warfarin, "[Warfarin, IN_PROGRESS]", true},
		"one by an identifier":           {`"productReference":{"type":"Medication","identifier":{"system":"s","value":"w1"},"display":"Tablets"}`, "", "[Tablets, IN_PROGRESS]", true},
		"one that did not come":          {`"productReference":{"reference":"Medication/w","display":"Tablets"}`, "", "[Tablets, IN_PROGRESS]", true},
		"one that did not come, unnamed": {`"code":{"text":"Review"},"productReference":{"reference":"Medication/w"}`, "", "[Review, IN_PROGRESS]", false},
		"one in error":                   {`"code":{"text":"Review"},"productReference":{"reference":"Medication/w","display":"Tablets"}`, strings.Replace(warfarin, `"id"`, `"status":"entered-in-error","id"`, 1), "[Review, IN_PROGRESS]", true},
		"one that is hidden":             {`"code":{"text":"Review"},"productReference":{"reference":"Medication/w","display":"Tablets"}`, strings.Replace(warfarin, `{"text":"Warfarin"}`, hiv, 1), "Title: Plan · Status: COMPLETED", true},
		"how much of one":                {`"productCodeableConcept":{"coding":[{"code":"2","display":"Morphine"}]},"dailyAmount":{"value":10,"unit":"mg"},"quantity":{"value":28,"unit":"tablet"}`, "", "[Morphine: daily amount 10 mg, quantity 28 tablet (2 Morphine), IN_PROGRESS]", true},
		"a code in more words":           {`"code":{"coding":[{"code":"1","display":"Physiotherapy"}]},"description":"No weight bearing on the left leg"`, "", "[Physiotherapy: No weight bearing on the left leg (1 Physiotherapy), IN_PROGRESS]", true},
		"a code in the same words":       {`"code":{"coding":[{"code":"1","display":"Review"}]},"description":"review"`, "", "[1 Review, IN_PROGRESS]", true},
		"how much of what is unknown":    {`"dailyAmount":{"value":2,"unit":"L"}`, "", "[Activity: daily amount 2 L, IN_PROGRESS]", true},
		"no medicine":                    {`"description":"Walk"`, "", "[Walk, IN_PROGRESS]", true},
	} {
		t.Run(name, func(t *testing.T) {
			held := []string{about1("CarePlan", "p", `,"intent":"plan","title":"Plan","activity":[{"detail":{"status":"in-progress",`+c.detail+`}}]`)}
			if c.medicine != "" {
				held = append(held, c.medicine)
			}
			a := readOf(t, fetch.CarePlans, held...)
			if all := strings.Join(lines(a), "\n"); !strings.HasSuffix(all, c.says) || isWhole(a) != c.whole {
				t.Errorf("%q, whole: %t", all, isWhole(a))
			}
		})
	}
}

// The person themselves and their family are no members of the team who did not come.
func TestThePersonInTheirTeam(t *testing.T) {
	for member, whole := range map[string]bool{
		`{"type":"Patient","identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}}`: true,
		`{"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}}`:                  true,
		`{"type":"RelatedPerson","identifier":{"system":"s","value":"x"}}`:                                                 true,
		`{"type":"Practitioner","identifier":{"system":"s","value":"x"}}`:                                                  false,
		`{"identifier":{"system":"s","value":"x"}}`:                                                                        false,
		`{}`: true,
	} {
		if a := readOf(t, fetch.CareTeam, about1("CareTeam", "t", `,"participant":[{"member":`+member+`}]`)); isWhole(a) != whole {
			t.Errorf("%s: whole: %t", member, isWhole(a))
		}
	}
}

// A member of a team keeps their id when another leaves, joins or is not shown, and two of one name and role each have one.
func TestIdsOfTeamMembers(t *testing.T) {
	named := func(id, name string) string {
		return `{"resourceType":"Practitioner","id":"` + id + `","name":[{"text":"` + name + `"}]}`
	}
	of := func(participants ...string) map[string][]record.ID {
		team := about1("CareTeam", "t", `,"contained":[`+named("1", "Dr First")+`,`+named("2", "Dr Second")+`],"participant":[`+strings.Join(participants, ",")+`]`)
		ids := map[string][]record.ID{}
		for _, m := range fetch.RowsOf[record.CareTeamMember](readOf(t, fetch.CareTeam, team, named("dr", "Dr Who"))).Of(0) {
			key := string(m.Name + " " + m.Role)
			ids[key] = append(ids[key], m.ID)
		}
		return ids
	}
	who, ann := `{"member":{"reference":"Practitioner/dr"}}`, `{"member":{"display":"Ann"},"role":[{"text":"Nurse"}]}`
	lead := `{"member":{"reference":"Practitioner/dr/_history/2","display":"W"},"role":[{"text":"Lead"}]}`
	bob := `{"member":{"type":"Practitioner","identifier":{"system":"s","value":"7"},"display":"Bob"}}`
	before := of(`{"member":{"display":"Dr Leaves"}}`, `{"member":{"display":"Hidden"},"note":[{"text":"HIV clinic"}]}`, who, lead, ann, strings.Replace(bob, "Bob", "Robert", 1), `{"member":{"reference":"#1"}}`, `{"member":{"reference":"#2"}}`)
	after := of(bob, lead, ann, ann, `{"member":{"reference":"#1"}}`, who)
	for name, was := range map[string]string{"Dr Who ": "Dr Who ", "Dr Who Lead": "Dr Who Lead", "Ann Nurse": "Ann Nurse", "Bob ": "Robert ", "Dr First ": "Dr First "} {
		if len(before[was]) != 1 || len(after[name]) == 0 || before[was][0] != after[name][0] {
			t.Errorf("%s: %q, then %q", name, before[was], after[name])
		}
	}
	if two := after["Ann Nurse"]; len(two) != 2 || two[0] == two[1] || before["Dr Second "][0] == after["Dr First "][0] || before["Dr Who "][0] == before["Dr Who Lead"][0] {
		t.Errorf("%q, %q", before, after)
	}
}
