package load_test

import (
	"slices"
	"strings"
	"testing"

	"carerecord/internal/load"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
)

// atStay is what happened at the stay e, in words and by codes that tell nothing.
var atStay = []string{
	about("MedicationAdministration", "m1", `,"status":"completed","context":{"reference":"Encounter/e"},"effectiveDateTime":"2020-01-03","medicationCodeableConcept":{"text":"Given"}`),
	about("MedicationRequest", "m2", atE+`,"status":"active","intent":"order","authoredOn":"2020-01-05","medicationCodeableConcept":{"text":"Taken home"}`),
	about("MedicationStatement", "m3", `,"status":"completed","context":{"reference":"Encounter/e"},"effectiveDateTime":"2020-01-03","medicationCodeableConcept":{"text":"Reported"}`),
	about("Procedure", "p", atE+`,"status":"completed","performedDateTime":"2020-01-03","code":{"text":"Bronchoscopy"}`),
	about("DocumentReference", "d1", `,"status":"current","type":{"text":"Discharge summary"},"date":"2020-01-05T10:00:00Z","context":{"encounter":[{"reference":"Encounter/e"}]},"content":[{"attachment":{"contentType":"image/png","data":"iVBORw0KGgo="}}]`),
	about("DocumentReference", "d2", `,"status":"current","type":{"text":"Letter"},"date":"2020-01-05T10:00:00Z","context":{"encounter":[{"reference":"Encounter/e"}]},"content":[{"attachment":{"contentType":"image/png","data":"iVBORw0KGgo="}}]`),
	about("Observation", "o1", atE+`,"status":"final","effectiveDateTime":"2020-01-03T10:00:00Z","code":{"text":"Count"},"valueString":"90"`),
	about("Observation", "o2", atE+`,"status":"final","category":[{"coding":[{"code":"vital-signs"}]}],"effectiveDateTime":"2020-01-03T10:00:00Z","code":{"text":"Pulse"},"valueString":"90"`),
	about("DiagnosticReport", "r", atE+`,"status":"final","effectiveDateTime":"2020-01-03T10:00:00Z","code":{"text":"Blood tests"}`),
	about("ImagingStudy", "i", atE+`,"status":"available","started":"2020-01-03T10:00:00Z"`),
	about("CarePlan", "k", atE+`,"status":"active","intent":"plan","category":[{"text":"Plan"}],"period":{"start":"2020-01-02"}`),
	about("Condition", "long", atE+`,"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Found there"},"recordedDate":"2020-01-03"`),
}

// What happened at a stay is hidden with it, by what was found or done there first.
func TestWhatHappenedAtAHiddenStay(t *testing.T) {
	over := `,"clinicalStatus":{"coding":[{"code":"resolved"}]},"onsetDateTime":"2020-01-02","abatementDateTime":"2020-01-05","code":`
	cough := about("Condition", "c0", atE+over+`{"text":"Cough"}`)
	inOrder := func(more ...string) []string { return append(more, atStay...) }
	listing := func(more string) string {
		return strings.Replace(stayE, `"period"`, `"diagnosis":[`+more+`],"period"`, 1)
	}
	people := map[string][]string{
		"by a code, an attendance":    inOrder(strings.Replace(stayE, "IMP", "EMER", 1), about("Condition", "c", atE+over+hiv)),
		"by words, an attendance":     inOrder(strings.Replace(stayE, "IMP", "EMER", 1), about("Condition", "c", atE+over+`{"text":"HIV infection"}`)),
		"by a code":                   inOrder(stayE, about("Condition", "c", atE+over+hiv)),
		"by words":                    inOrder(stayE, about("Condition", "c", atE+over+`{"text":"HIV infection"}`)),
		"by words beside a code":      inOrder(stayE, about("Condition", "c", atE+over+`{"coding":[{"system":"http://snomed.info/sct","code":"40733004","display":"Infection"}],"text":"HIV infection"}`)),
		"by a third code":             inOrder(stayE, about("Condition", "c", atE+over+`{"coding":[{"system":"http://snomed.info/sct","code":"40733004","display":"Infection"},{"system":"urn:x","code":"7","display":"Infection"},{"system":"http://hl7.org/fhir/sid/icd-10","code":"B20","display":"Infection"}]}`)),
		"by what it lists first":      inOrder(listing(`{"condition":{"reference":"Condition/c0"},"rank":2},{"condition":{"reference":"Condition/c"},"rank":1}`), cough, about("Condition", "c", over+hiv)),
		"by words of what it lists":   inOrder(listing(`{"condition":{"display":"HIV infection"}}`), cough),
		"by what is confidential too": inOrder(stayE, about("Condition", "c", atE+restricted+over+hiv)),
		"by a procedure":              inOrder(stayE, cough, about("Procedure", "p0", atE+`,"status":"completed","performedDateTime":"2020-01-03","code":{"text":"Termination of pregnancy"}`)),
		"by its service":              inOrder(strings.Replace(stayE, `"period"`, `"serviceType":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCode","code":"360","display":"Clinic"}]},"period"`, 1), cough),
		"by words of its service":     inOrder(strings.Replace(stayE, `"period"`, `"serviceType":{"text":"HIV service"},"period"`, 1), cough),
		"by words of a second reason": inOrder(strings.Replace(stayE, `"period"`, `"reasonCode":[{"text":"Cough"},{"text":"HIV infection"}],"period"`, 1), cough),
		"by the label on it":          inOrder(strings.Replace(stayE, `"status"`, restricted[1:]+`,"status"`, 1), cough),
	}
	const second = "what was found second does not hide it"
	people[second] = inOrder(stayE, cough, about("Condition", "c", atE+over+hiv))
	s := open(t)
	s.load(t, folder(t, ofEach(people)), load.Options{})
	shown := s.shown(t)
	for name := range people {
		got := slices.DeleteFunc(slices.Clone(shown[name]), func(text string) bool {
			return name == "by what it lists first" && text == "problem: Cough" // it names no stay itself
		})
		if name != second && len(got) > 0 {
			t.Errorf("%s: %q is shown", name, got)
		}
	}
	if got := shown[second]; len(got) != len(atStay)+2 { // and the cough, and the stay
		t.Errorf("%s: %q is shown", second, got)
	}
	got := s.texts(t, record.Acute, `SELECT rank || ' ' || diagnosis_display FROM stay_diagnosis WHERE nhs_number = (SELECT nhs_number FROM stay_diagnosis WHERE rank = 2 AND diagnosis_code = '86406008')`)
	if !slices.Equal(got, []string{"1 Cough", "2 Disorder", "3 Found there"}) {
		t.Errorf("the diagnoses are %q", got)
	}
}

// A medicine says at which stay it was given or supplied, and a stay what its summary is.
func TestWhatRefersToAStay(t *testing.T) {
	s := open(t)
	s.load(t, folder(t, ofA(append([]string{stayE}, atStay...)...)), load.Options{})
	got := s.texts(t, record.Acute, `SELECT concat_ws(' ', medicine_display, kind, discharge_id, discharged_at AT TIME ZONE 'UTC') FROM medication`)
	want := []string{"Given INPATIENT e 2020-01-05 10:15:00", "Reported REPORTED", "Taken home DISCHARGE e 2020-01-05 10:15:00"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	const summary = `SELECT concat_ws(' ', summary_id, summary_title, summary_written_at AT TIME ZONE 'UTC', summary_written_at_day_only) FROM stay`
	if d := cmp.Diff([]string{"d1 Discharge summary 2020-01-05 10:00:00 f"}, s.texts(t, record.Acute, summary)); d != "" {
		t.Error(d)
	}
	// One of which the day is known has no time of day.
	s = open(t)
	s.load(t, folder(t, ofA(stayE, strings.Replace(atStay[4], `"2020-01-05T10:00:00Z"`, `"2020-01-05"`, 1))), load.Options{})
	if d := cmp.Diff([]string{"d1 Discharge summary 2020-01-05 00:00:00 t"}, s.texts(t, record.Acute, summary)); d != "" {
		t.Error(d)
	}
	// One that goes on has not ended.
	s = open(t)
	s.load(t, folder(t, ofA(append([]string{strings.NewReplacer(`,"end":"2020-01-05T10:15:00Z"`, "", `"finished"`, `"in-progress"`).Replace(stayE)}, atStay...)...)), load.Options{})
	if got := s.texts(t, record.Acute, `SELECT concat_ws(' ', medicine_display, discharge_id, discharged_at) FROM medication WHERE kind = 'INPATIENT'`); !slices.Equal(got, []string{"Given e", "Taken home e"}) {
		t.Errorf("%q", got)
	}
}

// What was entered in error tells of nobody who cares for the person, and hides nothing.
func TestAMistakeIsNoRelationship(t *testing.T) {
	mistaken := strings.Replace(stayE, `"finished"`, `"entered-in-error"`, 1)
	homeless := func(more string) string {
		return about("Condition", "h", `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"32911000","display":"Homeless"}]},"onsetDateTime":"2020-01-02"`+more)
	}
	interview := func(status string) string {
		return about("ServiceRequest", "s", `,"status":"`+status+`","intent":"order","authoredOn":"2020-01-02","code":{"coding":[{"system":"http://snomed.info/sct","code":"79094001","display":"Interview"}]}`)
	}
	untold := `,"verificationStatus":{"coding":[{"code":"entered-in-error"}]}`
	stands, mistakes := map[string][]string{}, map[string][]string{}
	for name, c := range map[string]struct{ stands, mistake string }{
		"STAY":             {stayE, mistaken},
		"APPOINTMENT":      {strings.Replace(stayE, "IMP", "EMER", 1), strings.Replace(mistaken, "IMP", "EMER", 1)},
		"ALLOCATED_WORKER": {homeless(""), homeless(untold)},
		"REFERRAL":         {interview("active"), interview("entered-in-error")},
	} {
		stands[name], mistakes[name] = []string{c.stands}, []string{c.mistake}
	}
	s := open(t)
	s.load(t, folder(t, ofEach(mistakes)), load.Options{})
	none := s.consent(t)
	s = open(t)
	s.load(t, folder(t, ofEach(stands)), load.Options{})
	all := s.consent(t)
	for name := range stands {
		if strings.Contains(none, name) || !strings.Contains(all, name) {
			t.Errorf("%s: one is made of a mistake, or none of what stands", name)
		}
	}
	s = open(t)
	s.load(t, folder(t, ofA(strings.Replace(mistaken, `"period"`, `"reasonCode":[`+hiv+`],"period"`, 1), about("Condition", "c", atE+`,"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Cough"}`))), load.Options{})
	if got := s.shown(t)["A"]; len(got) != 1 {
		t.Errorf("%q is shown beside a mistake", got)
	}
}

// What was called off, or not sent yet, is no relationship: an appointment that was to be, a referral.
func TestWhatWasCalledOffIsNoRelationship(t *testing.T) {
	const interview = `{"coding":[{"system":"http://snomed.info/sct","code":"79094001","display":"Interview"}]}`
	booked := func(status string) string {
		return `{"resourceType":"Appointment","id":"x","status":"` + status + `","start":"2050-01-03T10:00:00Z","serviceType":[` + interview + `],"participant":[{"actor":{"reference":"Patient/a"}}]}`
	}
	referred := func(status string) string {
		return about("ServiceRequest", "s", `,"status":"`+status+`","intent":"order","authoredOn":"2020-01-02","code":`+interview)
	}
	stands := map[string][]string{"APPOINTMENT": {booked("booked")}, "REFERRAL": {referred("active")}}
	called := map[string][]string{"APPOINTMENT": {booked("cancelled")}, "REFERRAL": {referred("revoked")}, "DRAFT": {referred("draft")}}
	s := open(t)
	s.load(t, folder(t, ofEach(called)), load.Options{})
	none := s.consent(t)
	if n := len(s.everywhere(t, "SELECT 'x' FROM appointment", clinical...)) + len(s.everywhere(t, "SELECT 'x' FROM referral", clinical...)); n != len(called) {
		t.Errorf("%d of %d are loaded", n, len(called))
	}
	s = open(t)
	s.load(t, folder(t, ofEach(stands)), load.Options{})
	all := s.consent(t)
	for name := range stands {
		if strings.Contains(none, name) || !strings.Contains(all, name) {
			t.Errorf("%s: one is made of what was called off, or none of what stands", name)
		}
	}
}

// Where a stay ended is left out by itself where it is never shown.
func TestWhereAStayEnded(t *testing.T) {
	ended := func(where string) []string {
		return []string{strings.Replace(stayE, `"period"`, `"hospitalization":{"dischargeDisposition":`+where+`},"period"`, 1)}
	}
	s := open(t)
	s.load(t, folder(t, ofEach(map[string][]string{
		"plainly":  ended(`{"coding":[{"system":"urn:x","code":"1","display":"Home"}],"text":"home"}`),
		"by words": ended(`{"coding":[{"system":"urn:x","code":"1","display":"Elsewhere"}],"text":"HIV hospice"}`),
	})), load.Options{})
	want := map[string][]string{"plainly": {"stay: to Home"}, "by words": {"stay: to "}}
	if d := cmp.Diff(want, s.shown(t)); d != "" {
		t.Error(d)
	}
}

// A stay that is over and does not say when it ended is in no list, since it would read as if it went on: it gives nobody a
// relationship that lasts, and what was done there is shown.
func TestAStayThatIsOverAndDoesNotSayWhen(t *testing.T) {
	undated := strings.Replace(stayE, `,"end":"2020-01-05T10:15:00Z"`, "", 1)
	s := open(t)
	r := s.load(t, folder(t, ofA(append([]string{undated}, atStay...)...)), load.Options{})
	if got := s.everywhere(t, `SELECT id FROM stay`, record.Acute, record.MentalHealth); len(got) > 0 {
		t.Errorf("%q is in the list of stays", got)
	}
	if r.Left[load.Left{Type: "Encounter", Reason: "is over and does not say when"}] != 1 || r.Loaded["Encounter"] != 0 {
		t.Errorf("it is not told of\n%s", r)
	}
	if got := s.consent(t); !strings.Contains(got, `,STAY,"2020-01-02 10:00:00+00","2020-01-02 10:00:00+00",`) {
		t.Errorf("the relationships are %s", got)
	}
	got := s.texts(t, record.Acute, `SELECT concat_ws(' ', medicine_display, kind, discharge_id) FROM medication`)
	if d := cmp.Diff([]string{"Given INPATIENT", "Reported REPORTED", "Taken home UNKNOWN"}, got); d != "" {
		t.Error(d)
	}
	if got := s.shown(t)["A"]; len(got) != len(atStay) {
		t.Errorf("%q is shown", got)
	}
	hidden := append([]string{undated, about("Condition", "c0", atE+`,"clinicalStatus":{"coding":[{"code":"resolved"}]},"abatementDateTime":"2020-01-05","code":`+hiv)}, atStay...)
	s = open(t)
	s.load(t, folder(t, ofA(hidden...)), load.Options{})
	if got := s.shown(t)["A"]; len(got) > 0 {
		t.Errorf("of a hidden one %q is shown", got)
	}
	s = open(t)
	s.load(t, folder(t, ofA(strings.Replace(undated, `"finished"`, `"in-progress"`, 1))), load.Options{})
	if got := s.texts(t, record.Acute, `SELECT id FROM stay WHERE discharged_at IS NULL`); len(got) != 1 {
		t.Errorf("of one that goes on the list has %q", got)
	}
}
