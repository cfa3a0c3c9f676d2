package ukcore_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// everyWay are the ways in which a trust gives what it holds: searched, with what its entries
// refer to, or all of it at once.
func everyWay(t *testing.T, sector record.Sector, held ...string) map[string]*ukcore.Source {
	t.Helper()
	held = append([]string{patientOf("1", someone)}, held...)
	lax, strict := open(t, held...), open(t, held...)
	strict.strict = true
	return map[string]*ukcore.Source{
		"searched": lax.source(t, sector, ukcore.Options{}), "searched, strictly": strict.source(t, sector, ukcore.Options{}),
		"whole": ukcore.Open(sector, here, whole{someone: collection(held...)}, ids, ukcore.Options{}),
	}
}

// What an entry refers to hides it, in whichever way it does, and nothing hides what does
// not hang on it.
func TestWhatHidesWhat(t *testing.T) {
	const (
		known   = `"identifier":[{"system":"https://trust/ids","value":"7"}]`
		bears   = "," + known
		byID    = `{"identifier":{"system":"https://trust/ids","value":"7"}}`
		nhs     = `{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}`
		clinic  = `{"resourceType":"Location","id":"l","name":"Sexual health clinic"}`
		service = `{"resourceType":"Organization","id":"o","name":"Sexual health clinic"}`
		doctor  = `{"resourceType":"Practitioner","id":"dr","name":[{"text":"Dr Who"}]}`
	)
	cough := func(id, more string) string { return about1("Condition", id, `,"code":{"text":"Cough"}`+more) }
	biopsy := func(id, more string) string { return about1("Procedure", id, `,"code":{"text":"Biopsy"}`+more) }
	visit := func(id, more string) string { return about1("Encounter", id, `,"class":{"code":"AMB"}`+more) }
	allergy := func(id, patient, more string) string {
		return `{"resourceType":"AllergyIntolerance","id":"` + id + `","patient":{"reference":"Patient/1"` + patient + `}` + more + `}`
	}
	booked := func(id, participants string) string {
		return `{"resourceType":"Appointment","id":"` + id + `","status":"booked","participant":` + participants + `}`
	}
	order := func(id, more string) string { return about1("MedicationRequest", id, tablets+more) }
	for name, c := range map[string]struct {
		kind fetch.Kind
		held []string
		want string // source ids, in any order of the list
	}{
		"the person's own name is no word of the list": {fetch.Problems, []string{
			`{"resourceType":"Condition","id":"ok","subject":{"reference":"Patient/1","display":"Ms Hiv Clinic"},"code":{"text":"Cough"}}`}, "ok"},
		"nor is it in an allergy":                {fetch.Allergies, []string{allergy("ok", `,"display":"Ms Hiv Clinic"`, `,"code":{"text":"Nuts"}`)}, "ok"},
		"what stands inside and is no list":      {fetch.Problems, []string{cough("c", `,"contained":{"id":"x"}`)}, ""},
		"what stands inside and may be labelled": {fetch.Problems, []string{cough("c", `,"contained":[{"meta":{"security":[{"code":"R"}]}}]`)}, ""},
		"what stands inside without a label":     {fetch.Problems, []string{cough("ok", `,"contained":[{"id":"x"},{"resourceType":"Observation","meta":{"profile":["x"]}}]`)}, "ok"},

		"the second clinic of an appointment":           {fetch.Appointments, []string{booked("a", `[{"actor":{"reference":"Patient/1"}},{"actor":{"reference":"HealthcareService/1","display":"Chest clinic"}},{"actor":{"reference":"HealthcareService/2","display":"HIV clinic"}}]`)}, ""},
		"the names of those who come":                   {fetch.Appointments, []string{booked("ok", `[{"actor":{"reference":"Patient/1","display":"Ms Hiv Clinic"}},{"actor":{"reference":"RelatedPerson/2","display":"Mr Hiv Clinic"}}]`)}, "ok"},
		"an appointment whose participants are no list": {fetch.Attendances, []string{about1("Appointment", "a", `,"participant":{"actor":{"reference":"HealthcareService/1","display":"HIV clinic"}}`), visit("e", `,"appointment":[{"reference":"Appointment/a"}]`)}, ""},
		"an appointment with a participant who cannot be read": {fetch.Attendances, []string{booked("a", `[{"actor":{"reference":"Patient/1","display":7},"type":[{"text":"HIV clinic"}]}]`),
			visit("e", `,"appointment":[{"reference":"Appointment/a"}]`)}, ""},
		"the clinic of an appointment": {fetch.Attendances, []string{booked("a", `[{"actor":{"reference":"Patient/1"}},{"actor":{"display":"HIV clinic"}}]`), visit("e", `,"appointment":[{"reference":"Appointment/a"}]`)}, ""},

		"what bears the person's number": {fetch.Problems, []string{about1("Condition", "c", `,"identifier":[`+nhs+`],"code":`+hiv),
			strings.Replace(cough("ok", ""), `"reference":"Patient/1"`, `"reference":"Patient/1","identifier":`+nhs, 1)}, "ok"},
		"what bears the patient's number": {fetch.Allergies, []string{allergy("a", "", `,"identifier":[`+nhs+`],"code":`+hiv), allergy("ok", `,"identifier":`+nhs, `,"code":{"text":"Nuts"}`)}, "ok"},
		"who gave it its number":          {fetch.Problems, []string{service, cough("c", `,"identifier":[{"value":"7","assigner":{"reference":"Organization/o"}}]`), cough("ok", "")}, "ok"},

		"a report that names its results by identifier": {fetch.Results, []string{about1("DiagnosticReport", "r", `,"code":`+hiv+`,"result":[`+byID+`]`),
			about1("Observation", "o", bears+`,"code":{"text":"Sodium"}`), about1("Observation", "ok", `,"code":{"text":"Potassium"}`)}, "ok"},
		"a form of a report with a hidden part": {fetch.Documents, []string{about1("DiagnosticReport", "r", `,"code":{"text":"Bloods"},"result":[{"reference":"Observation/o"},{"reference":"Observation/p"}],"presentedForm":[{"contentType":"application/pdf","title":"Report"}]`),
			about1("Observation", "o", `,"code":`+hiv), about1("Observation", "p", `,"code":{"text":"Sodium"}`)}, ""},
		"a procedure that names an order": {fetch.Medications, []string{order("ok", ""), order("ok2", bears), about1("Procedure", "p", `,"code":`+hiv+`,"usedReference":[{"reference":"MedicationRequest/ok"},`+byID+`]`)}, "ok ok2"},
		"a medicine for a problem": {fetch.Problems, []string{cough("ok", ""), cough("ok2", bears),
			about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":`+hiv+`,"reasonReference":[{"reference":"Condition/ok"},`+byID+`]`)}, "ok ok2"},
		"a statement that names its order by identifier": {fetch.Medications, []string{order("m", bears), order("ok", ""),
			about1("MedicationStatement", "s", `,"medicationCodeableConcept":{"text":"Tablets"},"reasonCode":[`+hiv+`],"basedOn":[`+byID+`]`)}, "ok"},

		"what was done at a hidden place":                          {fetch.Procedures, []string{clinic, visit("e", `,"location":[{"location":{"reference":"Location/l"}}]`), biopsy("ok", `,"encounter":{"reference":"Encounter/e"}`)}, "ok"},
		"what was done at an encounter by its identifier":          {fetch.Procedures, []string{clinic, visit("e", bears+`,"location":[{"location":{"reference":"Location/l"}}]`), biopsy("ok", `,"encounter":`+byID)}, "ok"},
		"what was done for the reason of one by its identifier":    {fetch.Procedures, []string{visit("e", bears+`,"reasonCode":[`+hiv+`]`), biopsy("p", `,"encounter":`+byID)}, ""},
		"what was done where the reason is known by an identifier": {fetch.Procedures, []string{about1("Condition", "c", bears+`,"code":`+hiv), visit("e", `,"reasonReference":[`+byID+`]`), biopsy("p", `,"encounter":{"reference":"Encounter/e"}`)}, ""},
		"what was done where a clinic gave the number":             {fetch.Procedures, []string{service, visit("e", `,"identifier":[{"value":"7","assigner":{"reference":"Organization/o"}}]`), biopsy("ok", `,"encounter":{"reference":"Encounter/e"}`)}, "ok"},
		"the encounter itself at a hidden place":                   {fetch.Attendances, []string{clinic, visit("e", `,"location":[{"location":{"reference":"Location/l"}}]`), visit("ok", "")}, "ok"},
		"what is arranged for a stay":                              {fetch.Stays, []string{about1("Encounter", "s", `,"class":{"code":"IMP"},"hospitalization":{"specialArrangement":[{"text":"HIV positive"}]}`)}, ""},
		"where a stay leads to":                                    {fetch.Stays, []string{about1("Encounter", "ok", `,"class":{"code":"IMP"},"period":{"end":"2026-11-05T10:00:00Z"},"hospitalization":{"destination":{"display":"HIV hospice"}}`)}, "ok"},

		"one of two that it refers to": {fetch.Referrals, []string{about1("ClinicalImpression", "x", `,"note":[{"text":"HIV positive"}]`), about1("ClinicalImpression", "y", ""), about1("ClinicalImpression", "z", bears),
			about1("ServiceRequest", "s", `,"intent":"order","code":{"text":"Clinic"},"supportingInfo":[{"reference":"ClinicalImpression/x"},{"reference":"ClinicalImpression/y"},{"type":"ClinicalImpression",`+byID[1:]+`]`)}, ""},
		"who made a list": {fetch.Notes, []string{`{"resourceType":"PractitionerRole","id":"x","code":[{"text":"Consultant in HIV medicine"}]}`,
			about1("List", "l", `,"source":{"reference":"PractitionerRole/x"},"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-ListWarningCode","valueCode":"data-in-transit"}]`)}, ""},
		"places that are part of each other": {fetch.Attendances, []string{`{"resourceType":"Location","id":"a","name":"A","partOf":{"reference":"Location/b"}}`, `{"resourceType":"Location","id":"b","name":"B","partOf":{"reference":"Location/a"}}`,
			visit("ok", `,"location":[{"location":{"reference":"Location/a"}}]`)}, "ok"},
		"a professional who is labelled": {fetch.Problems, []string{strings.Replace(doctor, `"id"`, `"meta":{"security":[{"code":"R"}]},"id"`, 1), cough("c", `,"asserter":{"reference":"Practitioner/dr"}`)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for way, s := range everyWay(t, record.Acute, c.held...) {
				a, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
				if got := idsOf(a, 0); err != nil || got != c.want {
					t.Errorf("%s: %q came, not %q, %v", way, got, c.want, err)
				}
			}
		})
	}
}

// In an answer that holds all there is, resources are known by their address too, and a role
// tells of the professional whose it is.
func TestWhatHidesWhatInAWhole(t *testing.T) {
	at := func(address, resource string) string {
		return fmt.Sprintf(`{"fullUrl":%q,"resource":%s}`, address, resource)
	}
	cough := func(id, more string) string { return about1("Condition", id, `,"code":{"text":"Cough"}`+more) }
	nameless := strings.Replace(about1("Condition", "", `,"code":`+hiv), `"id":"",`, "", 1)
	for name, c := range map[string]struct {
		held []string
		want string
	}{
		"a role that is never shown": {[]string{`{"resourceType":"Practitioner","id":"dr"}`, `{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/dr"},"code":[{"text":"HIV consultant"}]}`,
			cough("c", `,"recorder":{"reference":"Practitioner/dr"}`), cough("ok", "")}, "ok"},
		"a role that cannot be read": {[]string{`{"resourceType":"Practitioner","id":"dr"}`, `{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/dr"},"code":"HIV consultant"}`,
			cough("c", `,"recorder":{"reference":"Practitioner/dr"}`)}, ""},
		"a role of nobody": {[]string{`{"resourceType":"Practitioner","id":"a"}`, `{"resourceType":"PractitionerRole","id":"r","code":[{"text":"HIV consultant"}]}`, `{"resourceType":"Practitioner","id":"b"}`,
			cough("ok", `,"recorder":{"reference":"Practitioner/a"}`), cough("ok2", `,"recorder":{"reference":"Practitioner/b"}`)}, "ok ok2"},
		"an organisation by its address": {[]string{at("https://trust.example/units/7", `{"resourceType":"Organization","id":"o","name":"Sexual health clinic"}`),
			`{"resourceType":"PractitionerRole","id":"r","organization":{"reference":"https://trust.example/units/7"}}`, cough("c", `,"recorder":{"reference":"PractitionerRole/r"}`)}, ""},
		"an organisation by a version": {[]string{`{"resourceType":"Organization","id":"o","name":"Sexual health clinic"}`,
			`{"resourceType":"PractitionerRole","id":"r","organization":{"reference":"Organization/o/_history/2"}}`, cough("c", `,"recorder":{"reference":"PractitionerRole/r"}`)}, ""},
		"the second organisation of one address": {[]string{at("urn:uuid:a", `{"resourceType":"Organization","id":"o","name":"Laboratory"}`), at("urn:uuid:a", `{"resourceType":"Organization","id":"p","name":"Sexual health clinic"}`),
			cough("c", `,"recorder":{"reference":"urn:uuid:a"}`)}, ""},
		"the second problem of one address":       {[]string{at("urn:uuid:a", cough("ok", "")), at("urn:uuid:a", about1("Condition", "p", `,"code":`+hiv)), cough("c", `,"evidence":[{"detail":[{"reference":"urn:uuid:a"}]}]`), cough("ok3", "")}, "ok3"},
		"one without an id, by its address":       {[]string{at("https://trust.example/fhir/Condition/x", nameless), cough("c", `,"evidence":[{"detail":[{"reference":"Condition/x"}]}]`)}, ""},
		"one without an id, by that of a message": {[]string{at("urn:uuid:a", nameless), cough("c", `,"evidence":[{"detail":[{"reference":"urn:uuid:a"}]}]`)}, ""},
		"one that is not kept, by its address":    {[]string{at("urn:uuid:a", strings.Replace(about1("Condition", "x", `,"code":`+hiv), "Patient/1", "Patient/9", 1)), cough("c", `,"evidence":[{"detail":[{"reference":"urn:uuid:a"}]}]`)}, ""},
		"one that is not kept and without an id":  {[]string{at("urn:uuid:a", strings.Replace(nameless, "Patient/1", "Patient/9", 1)), cough("c", `,"evidence":[{"detail":[{"reference":"urn:uuid:a"}]}]`)}, ""},
		"two that are not kept and without an id": {[]string{at("urn:uuid:a", `{"resourceType":"Condition","subject":7,"code":{"text":"Cough"}}`), at("urn:uuid:b", `{"resourceType":"Condition","subject":7,"code":`+hiv+`}`),
			cough("ok", `,"evidence":[{"detail":[{"reference":"urn:uuid:a"}]}]`)}, "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ukcore.Open(record.Acute, here, whole{someone: collection(append([]string{patientOf("1", someone)}, c.held...)...)}, ids, ukcore.Options{})
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(someone)})
			if got := idsOf(a, 0); err != nil || got != c.want {
				t.Errorf("%q came, not %q, %v", got, c.want, err)
			}
		})
	}
}

// Of two findings under one key either may have the part for which a report's words are withheld.
func TestTheHiddenPartOfTheSecondUnderOneKey(t *testing.T) {
	panel := func(part string) string {
		return about1("Observation", "o", `,"code":{"text":"Panel"},"hasMember":[{"reference":"Observation/`+part+`"}]`)
	}
	for _, parts := range [][]string{{panel("p"), panel("h")}, {panel("h"), panel("p")}} {
		a := readOf(t, fetch.Reports, append(parts, about1("Observation", "h", `,"code":`+hiv), about1("Observation", "p", `,"code":{"text":"Sodium"}`),
			about1("DiagnosticReport", "r", `,"code":{"text":"Bloods"},"conclusion":"Reactive","result":[{"reference":"Observation/o"}]`))...)
		if all := fetch.RowsOf[record.Report](a).Of(0); len(all) != 1 || all[0].Conclusion != "" {
			t.Errorf("%q", lines(a))
		}
	}
}

// Each of what came without an id is known by its own address.
func TestTwoWithoutAnID(t *testing.T) {
	tr := open(t, patientOf("1", someone))
	tr.instead["Condition"] = `{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"urn:uuid:a","resource":{"resourceType":"Condition","subject":{"reference":"Patient/1"},"code":{"text":"Cough"}}},` +
		`{"fullUrl":"urn:uuid:b","resource":{"resourceType":"Condition","subject":{"reference":"Patient/1"},"code":` + hiv + `}},` +
		`{"resource":` + about1("Condition", "a", `,"code":{"text":"Fever"},"evidence":[{"detail":[{"reference":"urn:uuid:a"}]}]`) + `},{"resource":` + about1("Condition", "b", `,"code":{"text":"Fever"},"evidence":[{"detail":[{"reference":"urn:uuid:b"}]}]`) + `}]}`
	a, err := one(t, tr.source(t, record.Acute, ukcore.Options{}), problemsOf(someone))
	if got := idsOf(a, 0); err != nil || got != "a" || isWhole(a) {
		t.Errorf("%q, gaps %v, %v", got, a.Unreadable, err)
	}
}

// What could not be kept and has no address hides nobody's words.
func TestWordsBesideWhatIsNotKept(t *testing.T) {
	s := ukcore.Open(record.Acute, here, whole{someone: collection(patientOf("1", someone), strings.Replace(about1("Condition", "x", `,"code":`+hiv), "Patient/1", "Patient/9", 1),
		about1("MedicationRequest", "m", `,"intent":"order","medicationReference":{"display":"Tablets"},"requester":{"display":"Dr Who"}`))}, ids, ukcore.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Subjects: subjects(someone)})
	if got := strings.Join(lines(a), ""); err != nil || !strings.Contains(got, "Tablets") || !strings.Contains(got, "Dr Who") {
		t.Errorf("%q, %v", got, err)
	}
}

// lackings are answers that lack something of which nothing is known: it may be such as is never shown.
var lackings = map[string]string{
	"timed out":           `{"resourceType":"Bundle","type":"searchset","total":0,"entry":[{"search":{"mode":"outcome"},"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"timeout"}]}}]}`,
	"incomplete":          `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"incomplete"}]}}]}`,
	"counted":             `{"resourceType":"Bundle","type":"searchset","total":1}`,
	"that is no resource": `{"resourceType":"Bundle","type":"searchset","total":1,"entry":[{"fullUrl":"x"}]}`,
	"all of it":           "",
}

// hangsOnLacking reads a kind where the answer for a type lacks something: nothing that may hang on that is shown. With a
// full answer nothing is there, and the list is whole.
func hangsOnLacking(t *testing.T, kind fetch.Kind, resource string, held ...string) {
	t.Helper()
	for how, instead := range lackings {
		for _, batch := range []bool{false, true} {
			s := open(t, append([]string{patientOf("1", someone)}, held...)...)
			if s.strict = true; instead != "" {
				s.held = slices.DeleteFunc(s.held, func(r stored) bool { return r.Type == resource }) // nor does it come with others
				s.instead[resource] = instead
			}
			a, err := one(t, s.source(t, record.Acute, ukcore.Options{Batch: batch}), &fetch.Ask{Kind: kind, Subjects: subjects(someone)})
			if full := instead == ""; len(entriesOf(a, 0)) > 0 || full && (err != nil || !isWhole(a)) || !full && !errors.Is(err, record.ErrUnavailable) {
				t.Errorf("%s, batch %t, %s %s: %q, whole %t, %v", kind, batch, resource, how, lines(a), isWhole(a), err)
			}
		}
	}
}

// What is searched for besides hides what hangs on it: where its answer lacks something, nothing that could is shown.
func TestWhatHangsOnAnAnswerInPart(t *testing.T) {
	active := func(status, held string) string { return strings.Replace(held, "finished", status, 1) }
	problem := about1("Condition", "c", `,"code":`+hiv)
	visit := about1("Encounter", "e", `,"class":{"code":"AMB"},"period":{"start":"2026-01-01","end":"2026-01-01"},"reasonReference":[{"reference":"Condition/c"}]`)
	count := active("final", about1("Observation", "o", `,"code":{"text":"Platelets"},"effectiveDateTime":"2026-01-01","valueQuantity":{"value":210},"encounter":{"reference":"Encounter/e"}`))
	order := active("active", about1("MedicationRequest", "m", tablets+`,"authoredOn":"2026-11-20","encounter":{"reference":"Encounter/e"}`))
	cough := about1("Condition", "d", `,"code":{"text":"Cough"},"encounter":{"reference":"Encounter/e"}`)
	for _, resource := range []string{"Condition", "Encounter"} {
		hangsOnLacking(t, fetch.Results, resource, problem, visit, count)
		hangsOnLacking(t, fetch.Medications, resource, problem, visit, order)
		hangsOnLacking(t, fetch.Problems, resource, problem, visit, cough)
	}
	weight := active("final", about1("Observation", "w", `,"category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Weight"},"effectiveDateTime":"2026-01-01","valueQuantity":{"value":70}`))
	report := active("final", about1("DiagnosticReport", "r", `,"code":`+hiv+`,"result":[{"reference":"Observation/w"}]`))
	hangsOnLacking(t, fetch.VitalSigns, "DiagnosticReport", weight, report)
}

// So does what others refer to, and nothing of the patient is.
func TestWhatHangsOnWhatIsFollowedInPart(t *testing.T) {
	clinic := `{"resourceType":"HealthcareService","id":"s","name":"HIV clinic"}`
	booked := `{"resourceType":"Appointment","id":"a","status":"booked","start":"2027-01-01T10:00:00Z","participant":[{"actor":{"reference":"Patient/1"}},{"actor":{"reference":"HealthcareService/s","display":"Clinic 4"}}]}`
	hangsOnLacking(t, fetch.Appointments, "HealthcareService", booked, clinic)
	impression := about1("ClinicalImpression", "i", `,"description":"HIV"`)
	hangsOnLacking(t, fetch.Medications, "ClinicalImpression", about1("MedicationRequest", "m", tablets+`,"supportingInformation":[{"reference":"ClinicalImpression/i"}]`), impression)
	unread := map[string]string{"may mean another thing": strings.Replace(clinic, "HIV clinic", `Clinic 4","modifierExtension":[{"url":"x"}],"x":"`, 1), "is too large": strings.Replace(clinic, "HIV clinic", strings.Repeat("x", 1<<20), 1)}
	for name, held := range unread { // what it says is known, so that it hides what it may
		s := open(t, patientOf("1", someone), booked)
		s.strict, s.instead["HealthcareService"] = true, collection(held)
		a, err := one(t, s.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Appointments, Subjects: subjects(someone)})
		if err != nil || idsOf(a, 0) != "a" || isWhole(a) {
			t.Errorf("a clinic that %s: %q, whole %t, %v", name, idsOf(a, 0), isWhole(a), err)
		}
	}
	s := open(t, patientOf("1", someone), patientOf("2", another), booked, aboutOf("2", "Appointment", "b", `,"participant":[{"actor":{"reference":"Patient/2"}}]`))
	s.instead["HealthcareService"] = lackings["counted"]
	ask := &fetch.Ask{Kind: fetch.Appointments, Subjects: subjects(someone, another)}
	got, err := s.source(t, record.Acute, ukcore.Options{}).Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{ask})
	if a := got[ask]; err != nil || len(a.Errs) != 2 || a.Errs[0] == nil || a.Errs[1] != nil || idsOf(a, 1) != "b" {
		t.Errorf("of two, of whom one goes to the clinic: %+v, %v", a, err)
	}
}

// What others refer to hides them also where all of its type was asked for beside them, and that failed or lacks something.
func TestWhatHangsOnWhatElseIsAsked(t *testing.T) {
	request := about1("ServiceRequest", "s", `,"intent":"order","code":`+hiv)
	order := about1("MedicationRequest", "m", tablets+`,"basedOn":[{"reference":"ServiceRequest/s"}]`)
	for _, instead := range []string{"no Bundle", lackings["counted"], lackings["timed out"]} {
		s := open(t, patientOf("1", someone), request, order)
		s.strict, s.instead["ServiceRequest"] = true, instead
		of := subjects(someone)
		medicines := &fetch.Ask{Kind: fetch.Medications, Subjects: of}
		got, err := s.source(t, record.Acute, ukcore.Options{}).Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{medicines, {Kind: fetch.Referrals, Subjects: of}})
		if a := got[medicines]; err != nil || a.Err == nil || len(entriesOf(a, 0)) > 0 {
			t.Errorf("%s: %q, %v, %v", instead, lines(a), a.Err, err)
		}
	}
}
