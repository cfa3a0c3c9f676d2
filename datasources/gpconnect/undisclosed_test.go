package gpconnect_test

import (
	"strings"
	"testing"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

const (
	notForThem  = "Not to be disclosed to the patient, family or carers without the responsible clinician's authorisation"
	undisclosed = `"meta":{"security":[{"system":"http://hl7.org/fhir/v3/ActCode","code":"NOPAT"}]},`
)

// labelled is a resource that the practice does not want the patient to be told of.
func labelled(resource string) string {
	return strings.Replace(resource, `"id":`, undisclosed+`"id":`, 1)
}

// What the patient is not to be told of says so before all else that is written beside it, and what stands beside it does not.
func TestWhatThePatientIsNotToBeTold(t *testing.T) {
	about := func(resource, id, more string) string {
		return `{"resourceType":"` + resource + `","id":"` + id + `","me":0` + more + `}`
	}
	const code, aspirin = `,"code":{"text":"Cough"}`, `,"medicationCodeableConcept":{"text":"Aspirin"}`
	statement := about("MedicationStatement", "s", aspirin+`,"basedOn":[{"reference":"MedicationRequest/p"}],"note":[{"text":"Said"}]`)
	plan := about("MedicationRequest", "p", `,"intent":"plan"`+aspirin)
	order := about("MedicationRequest", "o", `,"intent":"order","basedOn":[{"reference":"MedicationRequest/p"}]`+aspirin)
	weight := about("Observation", "x", `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"27113001","display":"Weight"}]},"comment":"Said"`)
	report := about("DiagnosticReport", "r", `,"conclusion":"Said","result":[{"reference":"Observation/1"}]`+code)
	document := about("DocumentReference", "d", `,"status":"current","description":"Said"`)
	for name, c := range map[string]struct {
		kind fetch.Kind
		held []string
		want string
	}{
		"an allergy":              {fetch.Allergies, []string{labelled(about("AllergyIntolerance", "x", code+`,"note":[{"text":"Said"}]`))}, notForThem + "\nSaid"},
		"a problem":               {fetch.Problems, []string{labelled(about("Condition", "x", code+`,"note":[{"text":"Said"}]`))}, notForThem + "\nSaid"},
		"a problem of another":    {fetch.Problems, []string{about("Condition", "x", code+`,"note":[{"text":"NOPAT"}]`)}, "NOPAT"},
		"a vaccine":               {fetch.Immunisations, []string{labelled(about("Immunization", "x", `,"vaccineCode":{"text":"MMR"},"note":[{"text":"Said"}]`))}, notForThem + "\nSaid"},
		"a referral":              {fetch.Referrals, []string{labelled(about("ReferralRequest", "x", `,"description":"Said"`))}, notForThem + "\nSaid"},
		"a medicine":              {fetch.Medications, []string{labelled(statement), plan, order}, notForThem + "\nSaid"},
		"its plan":                {fetch.Medications, []string{statement, labelled(plan), order}, notForThem + "\nSaid"},
		"an issue of it":          {fetch.Medications, []string{statement, plan, labelled(order)}, notForThem + "\nSaid"},
		"a result":                {fetch.Results, []string{labelled(about("Observation", "x", code+`,"comment":"Said"`))}, notForThem + "\nSaid"},
		"a vital sign":            {fetch.VitalSigns, []string{labelled(weight)}, notForThem + "\nSaid"},
		"a report":                {fetch.Reports, []string{labelled(report), cough}, notForThem + "\nSaid"},
		"a report beside a note":  {fetch.Reports, []string{report, labelled(strings.Replace(cough, `{"text":"Cough"}`, comment+`,"comment":"Grave"`, 1))}, "Said\n" + notForThem + "\nGrave"},
		"a report, a part hidden": {fetch.Reports, []string{labelled(strings.Replace(report, `}]`, `},{"reference":"Observation/2"}]`, 1)), cough, strings.Replace(fever, "Fever", "HIV test", 1)}, notForThem},
		"a result of a report":    {fetch.Reports, []string{report, labelled(cough)}, "Said"},
	} {
		t.Run(name, func(t *testing.T) {
			a := asked(t, madeUp(c.held...), c.kind)
			if got := besides(a); len(got) != 1 || got[0] != c.want || !isWhole(a) {
				t.Errorf("%q, want %q; whole: %t", got, c.want, isWhole(a))
			}
		})
	}
	migrated := gpconnect.Open(practice, fixed(madeUp(labelled(document), strings.Replace(strings.Replace(document, `"d"`, `"e"`, 1), `"description"`, `"securityLabel":[{"coding":[{"code":"NOPAT"}]}],"description"`, 1))), ids, gpconnect.Options{Migrate: true})
	got, err := read(t, migrated, someone)
	if err != nil {
		t.Fatal(err)
	}
	list := fetch.RowsOf[record.Document](got[fetch.Documents]).Of(0)
	if len(list) != 2 || list[0].Description != notForThem+"\nSaid" || list[1].Description != notForThem+"\nSaid" || list[0].Title != "Said" {
		t.Errorf("%+v", list)
	}
}

// besides is what is written beside each entry.
func besides(a fetch.Answer) (all []string) {
	add := func(text record.Text) { all = append(all, string(text)) }
	switch rows := a.Rows.(type) {
	case *fetch.Rows[record.Allergy]:
		for _, x := range rows.Items {
			add(x.Note)
		}
	case *fetch.Rows[record.Problem]:
		for _, x := range rows.Items {
			add(x.Note)
		}
	case *fetch.Rows[record.Immunisation]:
		for _, x := range rows.Items {
			add(x.Note)
		}
	case *fetch.Rows[record.Referral]:
		for _, x := range rows.Items {
			add(x.Note)
		}
	case *fetch.Rows[record.Medication]:
		for _, x := range rows.Items {
			add(x.Note)
		}
	case *fetch.Rows[record.Result]:
		for _, x := range rows.Items {
			add(x.Comment)
		}
	case *fetch.Rows[record.VitalSign]:
		for _, x := range rows.Items {
			add(x.Comment)
		}
	case *fetch.Rows[record.Report]:
		for _, x := range rows.Items {
			add(x.Conclusion)
		}
	}
	return all
}

// A consultation says so before its sections, and a part of one in each section of its own.
func TestWhatThePatientIsNotToBeToldOfAConsultation(t *testing.T) {
	topic := func(id string, items ...string) string {
		return listOf(topicList, `"id":"`+id+`","title":"`+id+`"`, items...)
	}
	const about = `{"resourceType":"Condition","id":"c","me":0,"code":{"text":"Cancer"}}`
	const header = `"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedProblemHeader-1","extension":[{"url":"target","valueReference":{"reference":"Condition/c"}}]}],`
	for name, c := range map[string]struct {
		held []string
		want string
	}{
		"all of it":            {[]string{labelled(surgery), cough, rootOf("Observation/1")}, "Notes: " + notForThem + " | Notes: Cough"},
		"its list":             {[]string{surgery, cough, labelled(rootOf("Observation/1"))}, "Notes: " + notForThem + " | Notes: Cough"},
		"one of none":          {[]string{labelled(surgery)}, "Notes: " + notForThem},
		"a topic":              {[]string{surgery, cough, fever, rootOf("List/one", "List/two"), labelled(topic("one", "Observation/1")), topic("two", "Observation/2")}, "one: Cough " + notForThem + " | two: Fever"},
		"a topic of a problem": {[]string{surgery, cough, labelled(about), rootOf("List/one"), strings.Replace(topic("one", "Observation/1"), `"title"`, header+`"title"`, 1)}, "one: Cough " + notForThem},
		"an entry":             {[]string{surgery, labelled(cough), fever, rootOf("Observation/1", "Observation/2")}, "Notes: Cough " + notForThem + " | Notes: Fever"},
		"a note of none":       {[]string{surgery, labelled(note(comment, "e"))}, "Notes: " + notForThem + " slept well"},
		"one that may be":      {[]string{surgery, cough, rootOf("Observation/1")}, "Notes: Cough"},
	} {
		t.Run(name, func(t *testing.T) {
			a := asked(t, madeUp(c.held...), fetch.Consultations)
			var said []string
			for _, x := range fetch.RowsOf[record.Consultation](a).Of(0) {
				for _, s := range x.Sections {
					said = append(said, string(s.Heading)+": "+strings.Join(strings.Fields(code(s.Entry)+" "+string(s.Text)), " "))
				}
			}
			if got := strings.Join(said, " | "); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// What a document says may bear the label by itself.
func TestContentThatThePatientIsNotToBeTold(t *testing.T) {
	for content, want := range map[string]record.Text{binary("", "Dear doctor"): "", binary(undisclosed, "Dear doctor"): notForThem} {
		documents := endpoint{fhirtest.Searchset(self), fhirtest.Searchset(letter), content}
		s, _ := serve(t, answers{someone: respond(200, madeUp())}, gpconnect.Options{Documents: documents})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: "d"}, Subjects: subjects(someone)})
		list := fetch.RowsOf[record.DocumentContent](a).Of(0)
		if err != nil || len(list) != 1 || list[0].Description != want || list[0].Text != "Dear doctor" {
			t.Errorf("%+v, %v", list, err)
		}
	}
}
