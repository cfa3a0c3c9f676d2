package gpconnect_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/locator"
	"carerecord/internal/record"
)

const rHIV = `{"coding":[{"system":"http://snomed.info/sct","code":"86406008","display":"Human immunodeficiency virus infection"}]}`

type docs func(r fhir.Request) string

func (d docs) Fetch(_ context.Context, r fhir.Request) ([]byte, error) {
	return []byte(d(r)), fhir.Check([]byte(d(r)))
}

func TestAttackAbsentWithDocuments(t *testing.T) {
	p := `{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}]}`
	d := docs(func(r fhir.Request) string {
		if r.Path == "Patient" {
			return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + p + `}]}`
		}
		return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/p"},"type":{"text":"Letter"},"content":[{"attachment":{"title":"Letter","url":"Binary/1"}}]}}]}`
	})
	s, _ := serve(t, answers{someone: respond(404, outcome("NO_RECORD_FOUND"))}, gpconnect.Options{Documents: d})
	at := time.Now()
	read := locator.Wrap(s.Read, locator.Options{Age: time.Minute, Codes: []string{"F83001"}, Now: func() time.Time { return at }})
	ctx := fetch.WithTerms(t.Context(), terms())
	if _, err := read(ctx, []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(someone)}}); err != nil {
		t.Fatal(err)
	}
	ask := &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)}
	got, err := read(ctx, []*fetch.Ask{ask})
	if n := len(fetch.RowsOf[record.Document](got[ask]).Of(0)); err != nil || n != 1 {
		t.Errorf("%d documents, %v, %+v", n, err, got[ask])
	}
}

func TestAttackDocumentsIncomplete(t *testing.T) {
	p := `{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}]}`
	d := docs(func(r fhir.Request) string {
		if r.Path == "Patient" {
			return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + p + `}]}`
		}
		return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"incomplete"}]}}]}`
	})
	s, _ := serve(t, answers{someone: respond(200, madeUp())}, gpconnect.Options{Documents: d})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
	if err == nil && (a.Unreadable == nil || !a.Unreadable[0]) {
		t.Error("it looks like none")
	}
}

func TestAttackHidden(t *testing.T) {
	condition := func(more string) string {
		return `{"resourceType":"Condition","id":"c","me":0,"code":` + rHIV + more + `}`
	}
	medicine := `{"resourceType":"MedicationStatement","id":"m","me":0,"status":"active","medicationCodeableConcept":{"text":"Tablets"},"reasonReference":[{"reference":"Condition/c"}]}`
	const linked = `,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedClinicalContent-1","valueReference":{"reference":"MedicationStatement/m"}}]`
	const plain = `{"resourceType":"MedicationStatement","id":"m","me":0,"status":"active","medicationCodeableConcept":{"text":"Tablets"}}`
	for name, c := range map[string]struct {
		kind fetch.Kind
		held []string
	}{
		"a medicine":                  {fetch.Medications, []string{condition(""), medicine}},
		"a medicine, too large":       {fetch.Medications, []string{condition(`,"note":[{"text":"` + strings.Repeat("x", 1<<20) + `"}]`), medicine}},
		"a medicine, a wrong subject": {fetch.Medications, []string{`{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/9"},"code":` + rHIV + `}`, medicine}},
		"linked by a problem of a wrong subject": {fetch.Medications, []string{`{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/9"},"code":` + rHIV + `,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedClinicalContent-1","valueReference":{"reference":"MedicationStatement/m"}}]}`,
			`{"resourceType":"MedicationStatement","id":"m","me":0,"status":"active","medicationCodeableConcept":{"text":"Tablets"}}`}},
		"a medicine, linked by a problem without an id":         {fetch.Medications, []string{`{"resourceType":"Condition","me":0,"code":` + rHIV + linked + `}`, plain}},
		"a medicine, linked by a problem that bears a modifier": {fetch.Medications, []string{`{"resourceType":"Condition","modifierExtension":[{"url":"https://x/y"}],"me":0,"code":` + rHIV + linked + `}`, plain}},
		"a medicine for a problem that bears a modifier, by its address": {fetch.Medications, []string{`{"fullUrl":"urn:uuid:4f1e","resource":{"resourceType":"Condition","id":"c","modifierExtension":[{"url":"https://x/y"}],"me":0,"code":` + rHIV + `}}`,
			strings.Replace(medicine, "Condition/c", "urn:uuid:4f1e", 1)}},
		"a medicine, linked by a problem whose links cannot be read": {fetch.Medications, []string{condition(strings.NewReplacer("[", "", "]", "").Replace(linked)), plain}},
		"a result at an encounter whose reason cannot be read": {fetch.Results, []string{`{"resourceType":"Encounter","id":"e","me":0,"reason":` + rHIV + `}`,
			`{"resourceType":"Observation","id":"o","me":0,"status":"final","code":{"text":"Test"},"context":{"reference":"Encounter/e"}}`}},
		"a problem by a role that cannot be read": {fetch.Problems, []string{`{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/d"},"code":` + rHIV + `}`,
			`{"resourceType":"Condition","id":"m","me":0,"code":{"text":"Infection"},"asserter":{"reference":"Practitioner/d"}}`}},
		"a result of a report whose results cannot be read": {fetch.Results, []string{`{"resourceType":"DiagnosticReport","id":"d","me":0,"code":` + rHIV + `,"result":[{"display":5,"reference":"Observation/o"}]}`,
			`{"resourceType":"Observation","id":"o","me":0,"status":"final","code":{"text":"Test"}}`}},
		"a result of a group that cannot be read": {fetch.Results, []string{`{"resourceType":"Observation","id":"1","me":0,"code":` + rHIV + `,"related":{"type":"has-member","target":{"reference":"Observation/o"}}}`,
			`{"resourceType":"Observation","id":"o","me":0,"status":"final","code":{"text":"Test"}}`}},
		"a referral":                      {fetch.Referrals, []string{condition(""), `{"resourceType":"ReferralRequest","id":"m","me":0,"status":"active","intent":"order","authoredOn":"2020-01-01","serviceRequested":[{"text":"Clinic"}],"reasonReference":[{"reference":"Condition/c"}]}`}},
		"a problem of a hidden header":    {fetch.Problems, []string{condition(""), `{"resourceType":"Condition","id":"m","me":0,"clinicalStatus":"active","code":{"text":"Pneumonia"},"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-RelatedProblemHeader-1","extension":[{"url":"type","valueCode":"parent"},{"url":"target","valueReference":{"reference":"Condition/c"}}]}]}`}},
		"a problem whose entry is hidden": {fetch.Problems, []string{`{"resourceType":"Observation","id":"o","me":0,"status":"final","code":` + rHIV + `}`, `{"resourceType":"Condition","id":"m","me":0,"clinicalStatus":"active","code":{"text":"Infection"},"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-ActualProblem-1","valueReference":{"reference":"Observation/o"}}]}`}},
		"an immunisation":                 {fetch.Immunisations, []string{condition(""), `{"resourceType":"Immunization","id":"m","patient":{"reference":"Patient/p"},"status":"completed","vaccineCode":{"text":"Pneumococcus"},"date":"2020-01-01","note":[{"text":"x"}],"extension":[{"url":"https://x/reason","valueReference":{"reference":"Condition/c"}}]}`}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := serve(t, answers{someone: respond(200, madeUp(c.held...))}, gpconnect.Options{})
			a, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
			n := a.Rows.(interface{ Count(int) int }).Count(0)
			if err != nil || n != 0 {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
}

// Whom the practice restricts it does not know, whichever of its Patients says so.
func TestAttackRestricted(t *testing.T) {
	open := `{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}]}`
	labelled := strings.Replace(open, `"id":"p"`, `"id":"p","meta":{"security":[{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"R"}]}`, 1)
	other := `"id":"p","birthDate":"1901-01-01"`
	allergy := `{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/p"},"clinicalStatus":"active","code":{"text":"Nuts"},"assertedDate":"2020-01-01"}`
	bundle := func(resources ...string) string {
		return `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + strings.Join(resources, `},{"resource":`) + `}]}`
	}
	documents := func(patient string) docs {
		return func(r fhir.Request) string {
			if r.Path == "Patient" {
				return bundle(patient)
			}
			return bundle(`{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/p"},"type":{"text":"Letter"},"content":[{"attachment":{"title":"Letter","url":"Binary/1"}}]}`)
		}
	}
	for name, c := range map[string]struct {
		record, patient string
		kind            fetch.Kind
	}{
		"the record":                     {bundle(labelled, allergy), open, fetch.Allergies},
		"the first of two":               {bundle(labelled, open, allergy), open, fetch.Allergies},
		"of another birth date":          {bundle(strings.Replace(labelled, `"id":"p"`, other, 1), allergy), open, fetch.Allergies},
		"the last, after another birth":  {bundle(strings.Replace(open, `"id":"p"`, other, 1), labelled, allergy), open, fetch.Allergies},
		"documents of the record":        {bundle(labelled, allergy), open, fetch.Documents},
		"a label at the documents alone": {bundle(open, allergy), labelled, fetch.Documents},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := serve(t, answers{someone: respond(200, c.record)}, gpconnect.Options{Documents: documents(c.patient)})
			asks := []*fetch.Ask{{Kind: c.kind, Subjects: subjects(someone)}, {Kind: fetch.Allergies, Subjects: subjects(someone)}}
			got, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
			a := got[asks[0]]
			if rows, ok := a.Rows.(interface{ Count(int) int }); err != nil || only(a) != nil || ok && rows.Count(0) != 0 || a.Unreadable != nil && a.Unreadable[0] {
				t.Errorf("%+v %v", a, err)
			}
		})
	}
}

// Whatever is asked for alone comes with what may hide it: a problem it is linked to, the
// reason for the consultation at which it was recorded.
func TestAttackAskedAlone(t *testing.T) {
	empty := about(payload(t, "structured/invalidPatientNoClinicalContentStructuredRecordResponse.json.gz"), someone)
	for _, kind := range []fetch.Kind{fetch.Allergies, fetch.Medications, fetch.Problems, fetch.Consultations, fetch.Immunisations, fetch.VitalSigns, fetch.Results,
		fetch.UnmappedResults, fetch.Reports, fetch.Referrals} {
		s, stub := serve(t, answers{someone: respond(200, empty)}, gpconnect.Options{})
		if _, err := one(t, s, &fetch.Ask{Kind: kind, Subjects: subjects(someone)}); err != nil {
			t.Fatal(kind, err)
		}
		if len(stub.asked) != 1 || !strings.Contains(stub.asked[0], "includeProblems") || !strings.Contains(stub.asked[0], "includeConsultations") {
			t.Errorf("%s: %s", kind, stub.asked)
		}
	}
}
