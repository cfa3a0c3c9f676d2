package load_test

import (
	"slices"
	"strings"
	"testing"

	"carerecord/internal/load"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
)

// What would hide an entry is kept, whether or not it has a column.
func TestNothingThatHidesIsLost(t *testing.T) {
	const (
		infection = `{"system":"http://snomed.info/sct","code":"40733004","display":"Infection"}`
		icd       = `{"system":"http://hl7.org/fhir/sid/icd-10","code":"B20","display":"Infection"}`
		local     = `{"system":"urn:x","code":"7","display":"Infection"}`
		third     = `{"coding":[` + infection + `,` + local + `,` + icd + `]}`
		said      = `{"coding":[` + infection + `],"text":"HIV infection"}`
		saidToo   = `{"coding":[` + infection + `,` + local + `],"text":"HIV infection"}`
		both      = `{"coding":[{"system":"http://snomed.info/sct","code":"310000008","display":"Service"},{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCode","code":"360","display":"Clinic"}]}`
		plain     = `{"coding":[` + infection + `],"text":"Infection"}`
	)
	attended := func(more string) string {
		return strings.Replace(encounter("e", "Patient/a", "EMER"), `"type":[`, more+`"type":[`, 1)
	}
	service := func(s string) string { return attended(`"serviceType":` + s + `,`) }
	booked := func(more string) string {
		return `{"resourceType":"Appointment","id":"booked","status":"booked","start":"2020-01-03T10:00:00Z","participant":[{"actor":{"reference":"Patient/a"}}],` + more + `}`
	}
	problem := func(code string) string {
		return about("Condition", "c", `,"clinicalStatus":{"coding":[{"code":"active"}]},"code":`+code)
	}
	procedure := func(more string) string {
		return about("Procedure", "p", `,"status":"completed","performedDateTime":"2020-01-03","code":{"text":"Scope"}`+more)
	}
	result := func(more string) string {
		return about("Observation", "o", `,"status":"final","category":[{"coding":[{"code":"laboratory"}]}],"effectiveDateTime":"2020-01-03T10:00:00Z","code":{"text":"Count"}`+more)
	}
	report := func(id, more string) string {
		return about("DiagnosticReport", id, `,"status":"final","effectiveDateTime":"2020-01-03T10:00:00Z","code":{"text":"Blood tests"}`+more)
	}
	const (
		names    = `,"result":[{"reference":"Observation/o"}]`
		positive = `,"conclusion":"HIV positive"`
		picture  = `,"presentedForm":[{"contentType":"application/pdf","data":"JVBERi0x","title":"Report"}]`
	)
	without := func(entry string) string { return strings.Replace(entry, `"id":"r",`, "", 1) }
	besides := map[string]string{ // what else there is, and is shown
		"a result by its report elsewhere": "attendance", "a result by what is confidential": "attendance",
		"a result by the first of two reports": "report", "a result by the second of two reports": "report",
	}
	people := map[string][]string{
		"a problem by its third code":                    {problem(third)},
		"a problem by its words":                         {problem(said)},
		"a problem by words beside two codes":            {problem(saidToo)},
		"a reason's second code":                         {procedure(`,"reasonCode":[` + third + `]`)},
		"words of a reason":                              {procedure(`,"reasonCode":[` + said + `]`)},
		"words of a second reason":                       {procedure(`,"reasonCode":[{"text":"Cough"},{"text":"HIV infection"}]`)},
		"a second place in the body":                     {procedure(`,"bodySite":[{"text":"Arm"},` + third + `]`)},
		"the code of a status reason":                    {procedure(`,"statusReason":` + third)},
		"a value's third code":                           {result(`,"valueCodeableConcept":` + third)},
		"a part's third code":                            {result(`,"component":[{"code":` + third + `,"valueString":"1"}]`)},
		"words of a part":                                {result(`,"component":[{"code":` + saidToo + `,"valueString":"1"}]`)},
		"the code of a conclusion":                       {report("r", `,"conclusionCode":[{"coding":[{"system":"http://snomed.info/sct","code":"86406008","display":"Positive"}]}]`)},
		"the picture of a report, by words":              {report("r", positive+picture)},
		"the picture of a report, by a code":             {report("r", `,"conclusionCode":[{"coding":[{"system":"http://snomed.info/sct","code":"86406008","display":"Positive"}]}]`+picture)},
		"an attendance by its service":                   {service(`{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCode","code":"360","display":"Clinic"}]}`)},
		"an attendance by its service's words":           {service(`{"coding":[{"system":"http://snomed.info/sct","code":"310000008","display":"Service"}],"text":"HIV clinic"}`)},
		"an attendance by its service beside another":    {service(both)},
		"a consultation by its service":                  {strings.Replace(service(`{"coding":[{"code":"360"}]}`), "EMER", "AMB", 1)},
		"an attendance by its second type":               {strings.Replace(attended(""), `"display":"Check-up"}]}`, `"display":"Check-up"}]},{"text":"HIV clinic"}`, 1)},
		"an appointment by its specialty":                {booked(`"specialty":[` + both + `]`)},
		"an appointment by its service":                  {booked(`"specialty":[{"text":"Clinic"}],"serviceType":[` + both + `]`)},
		"a result by its report":                         {report("r", names+positive), result("")},
		"a result by its report without an id":           {without(report("r", names+positive)), result("")},
		"a result by its report elsewhere":               {attended(""), report("r", names+positive), result(atE)},
		"a result by the first of two reports":           {report("r", names+positive), report("s", names), result("")},
		"a result by the second of two reports":          {report("r", names), report("s", names+positive), result("")},
		"a sign by its report":                           {report("r", names+positive), strings.Replace(result(""), "laboratory", "vital-signs", 1)},
		"a result by what is confidential":               {attended(""), report("r", names+restricted), result(atE)},
		"a result by one of two that is so":              {report("r", names+restricted), report("s", names+`,"status":"cancelled"`), result("")},
		"a result by what is confidential and has no id": {without(report("r", names+restricted)), result("")},
	}
	s := open(t)
	s.load(t, folder(t, ofEach(people)), load.Options{})
	shown := s.shown(t)
	for name := range people {
		got := slices.DeleteFunc(slices.Clone(shown[name]), func(text string) bool { return besides[name] != "" && strings.HasPrefix(text, besides[name]) })
		if _, loaded := shown[name]; !loaded || len(got) > 0 {
			t.Errorf("%s: %q is shown", name, got)
		}
	}
	// A person has no columns for it, and is loaded.
	s = open(t)
	s.load(t, folder(t, map[string]string{"a.json": bundle(patient("a", "A", `,"maritalStatus":{"coding":[{"system":"urn:x","code":"M","display":"Married"},{"system":"urn:y","code":"1"}],"text":"Wed"}`))}), load.Options{})
	if got := s.families(t); !slices.Equal(got, []string{"A"}) {
		t.Errorf("loaded %v", got)
	}
	s = open(t)
	s.load(t, folder(t, ofA(attended(`"serviceType":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCode","code":"300","display":"General medicine"}]},`), problem(plain), procedure(`,"reasonCode":[`+plain+`]`), result(""), report("r", names+picture))), load.Options{})
	if got := s.shown(t)["A"]; len(got) != 6 {
		t.Errorf("of what tells nothing %q is shown", got)
	}
	if got := s.texts(t, record.Acute, `SELECT concat_ws(' ', specialty_code, specialty_display, specialty_key) FROM attendance`); len(got) != 1 || got[0] != "300 General medicine 300" {
		t.Errorf("the service is %q", got)
	}
	if got := s.everywhere(t, `SELECT concat_ws(' ', problem_display, problem_original_display, service_name) FROM problem`, clinical...); len(got) != 1 || got[0] != "Infection" {
		t.Errorf("the problem is %q", got)
	}
}

// An entry goes where something gives away what is never shown that has no place in the record, or that the entry is for, was ordered by
// or is a part of. What was a mistake gives nothing away, nor does what may not be shown of its own parts.
func TestWhatGivesAnEntryAway(t *testing.T) {
	found := func(id, code, more string) string {
		return about("Observation", id, `,"status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":`+code+more)
	}
	hidden := found("o", hiv, "")
	medicine := func(more string) string {
		return about("MedicationRequest", "m", `,"status":"active","intent":"order","authoredOn":"2020-01-02","medicationCodeableConcept":{"text":"Tablets"}`+more)
	}
	done := func(more string) string {
		return about("Procedure", "p", `,"status":"completed","code":{"text":"Blood"}`+more)
	}
	test, forIt := `{"text":"Test"}`, `,"reasonReference":[{"reference":"Observation/o"}]`
	booked := func(actor string) string {
		return `{"resourceType":"Appointment","id":"b","status":"booked","start":"2020-01-03T10:00:00Z","participant":[{"actor":{"reference":"Patient/a"}},{"actor":{"display":"Dr Who"}},{"actor":` + actor + `}]}`
	}
	people := map[string][]string{
		"medicine for a hidden observation":           {hidden, medicine(forIt)},
		"medicine for a test of a hidden panel":       {found("o", test, ""), found("x", hiv, `,"hasMember":[{"reference":"Observation/o"}]`), medicine(forIt)},
		"procedure for a hidden observation":          {hidden, done(forIt)},
		"procedure by a hidden request":               {about("ServiceRequest", "s", `,"status":"active","intent":"order","code":`+hiv), done(`,"basedOn":[{"reference":"ServiceRequest/s"}]`)},
		"procedure by a request for what is hidden":   {hidden, about("ServiceRequest", "s", `,"status":"active","intent":"order","code":{"text":"Sample"}`+forIt), done(`,"basedOn":[{"reference":"ServiceRequest/s"}]`)},
		"attendance for a hidden observation":         {hidden, strings.Replace(encounter("e", "Patient/a", "EMER"), `"type":[`, forIt[1:]+`,"type":[`, 1)},
		"result at an encounter of a hidden kind":     {strings.Replace(encounter("e", "Patient/a", "EMER"), `"type":[`, `"type":[`+hiv+`,`, 1), found("y", test, atE)},
		"problem by its evidence":                     {about("Condition", "c", `,"code":{"text":"Cough"},"evidence":[{"code":[`+hiv+`]}]`)},
		"result by its method":                        {found("x", test, `,"method":{"text":"HIV PCR"}`)},
		"result by what is inside":                    {found("x", test, `,"contained":[{"resourceType":"Specimen","id":"s","type":`+hiv+`}],"specimen":{"reference":"#s"}`)},
		"result by a code without words":              {found("x", test, `,"method":{"coding":[{"system":"urn:x","code":"HIV-PCR"}]}`)},
		"medicine by an extension":                    {medicine(`,"extension":[{"url":"urn:x","valueCodeableConcept":` + hiv + `}]`)},
		"medicine by the words of an extension":       {medicine(`,"extension":[{"url":"urn:x","valueString":"for HIV"}]`)},
		"medicine by a word within another":           {strings.Replace(medicine(`,"extension":[{"url":"urn:x","valueString":"HIV"}]`), "Tablets", "SHIVERS", 1)},
		"result at an encounter that is called plain": {strings.Replace(encounter("e", "Patient/a", "EMER"), `"type":[`, `"type":[`+strings.Replace(hiv, "Disorder", "Office Visit", 1)+`,`, 1), found("y", test, atE)},
		"medicine by what was given of it":            {medicine(""), about("MedicationAdministration", "g", `,"status":"completed","effectiveDateTime":"2020-01-03","request":{"reference":"MedicationRequest/m"},"medicationCodeableConcept":`+hiv)},
		"member of a hidden panel":                    {found("x", hiv, `,"hasMember":[{"reference":"Observation/y"}]`), found("y", `{"text":"p24"}`, `,"valueString":"reactive"`)},
		"appointment with a clinic":                   {booked(`{"display":"HIV clinic"}`)},
		"nested too deep to be looked through":        {found("x", test, `,"extension":[`+strings.Repeat(`{"extension":[`, 40)+strings.Repeat(`]}`, 40)+`]`)},
	}
	stands := map[string][]string{
		"for what was a mistake":     {strings.Replace(hidden, `"final"`, `"entered-in-error"`, 1), medicine(forIt)},
		"for what is plain":          {found("o", test, ""), medicine(forIt), done(`,"basedOn":[{"reference":"ServiceRequest/none"}]`)},
		"beside a hidden part":       {found("x", test, `,"component":[{"code":{"text":"Part"},"valueString":"HIV"},{"code":{"text":"Other"},"valueString":"1"}]`)},
		"a panel of a hidden member": {hidden, found("x", test, `,"hasMember":[{"reference":"Observation/o"}]`)},
	}
	s := open(t)
	s.load(t, folder(t, ofEach(people)), load.Options{})
	shown := s.shown(t)
	for name := range people {
		if got, loaded := shown[name]; !loaded || len(got) > 0 && !strings.HasPrefix(name, "result at") || slices.Contains(got, "result: Test") {
			t.Errorf("%s: %q is shown", name, got)
		}
	}
	s = open(t)
	s.load(t, folder(t, ofEach(stands)), load.Options{})
	want := map[string][]string{"for what was a mistake": {"medication: Tablets"}, "for what is plain": {"medication: Tablets", "procedure: Blood", "result: Test"},
		"beside a hidden part": {"result: Test"}, "a panel of a hidden member": {"result: Test"}}
	if d := cmp.Diff(want, s.shown(t)); d != "" {
		t.Error(d)
	}
}
