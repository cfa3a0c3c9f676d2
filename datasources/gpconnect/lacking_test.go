package gpconnect_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
	"carerecord/internal/resilience"
)

func asked(t *testing.T, data string, kind fetch.Kind) fetch.Answer {
	t.Helper()
	s := gpconnect.Open(practice, fixed(data), ids, gpconnect.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: kind, Subjects: subjects(someone)})
	if err != nil {
		a.Unreadable = []bool{true}
	}
	return a
}

func isWhole(a fetch.Answer) bool { return a.Unreadable == nil || !a.Unreadable[0] }

// An outcome within a record says that it is not all.
func TestAnOutcomeWithinARecord(t *testing.T) {
	for _, sev := range []string{`"severity":"error","code":"incomplete"`, `"severity":"fatal","code":"exception"`, `"severity":"warning","code":"timeout"`, `"severity":"warning","code":"throttled"`} {
		a := asked(t, madeUp(`{"resourceType":"OperationOutcome","issue":[{`+sev+`}]}`), fetch.Allergies)
		if isWhole(a) {
			t.Errorf("%s: complete, %d rows", sev, a.Rows.Count(0))
		}
	}
}

// A record is one answer: one that goes on elsewhere is not all.
func TestARecordThatGoesOnElsewhere(t *testing.T) {
	d := strings.Replace(madeUp(), `"type":"collection"`, `"type":"searchset","total":300,"link":[{"relation":"next","url":"https://x/y?page=2"}]`, 1)
	if a := asked(t, d, fetch.Allergies); isWhole(a) {
		t.Errorf("complete, %d rows", a.Rows.Count(0))
	}
}

// A record that counts more than it gives is not all, in any of its parts.
func TestARecordThatCountsMoreThanItGives(t *testing.T) {
	held := madeUp(`{"resourceType":"Condition","id":"c","me":0,"code":{"text":"Angina"}}`)
	given := strings.Count(held, `"resourceType":`) - 1
	for total, whole := range map[int]bool{given: true, given + 1: false, 50: false} {
		d := strings.Replace(held, `"type":"collection"`, fmt.Sprintf(`"type":"searchset","total":%d`, total), 1)
		for _, kind := range []fetch.Kind{fetch.Problems, fetch.Allergies} {
			if a := asked(t, d, kind); isWhole(a) != whole {
				t.Errorf("%s of %d counted: complete %v, %d rows", kind, total, isWhole(a), a.Rows.Count(0))
			}
		}
	}
}

// What a list names and did not come is a gap.
func TestWhatAListNames(t *testing.T) {
	d := strings.Replace(madeUp(), `"code":{"coding":[{"code":"886921000000105"}]}`, `"code":{"coding":[{"code":"886921000000105"}]},"entry":[{"item":{"reference":"AllergyIntolerance/17"}}]`, 1)
	if a := asked(t, d, fetch.Allergies); isWhole(a) {
		t.Errorf("complete, %d rows", a.Rows.Count(0))
	}
}

// A list that could not be had, or was never asked for, does not say that there is nothing.
func TestAListThatIsEmptyForAReason(t *testing.T) {
	for _, why := range []string{"unavailable", "notasked", "notstarted"} {
		d := strings.Replace(madeUp(), `"code":{"coding":[{"code":"886921000000105"}]}`, `"code":{"coding":[{"code":"886921000000105"}]},"emptyReason":{"coding":[{"system":"http://hl7.org/fhir/list-empty-reason","code":"`+why+`"}]}`, 1)
		if a := asked(t, d, fetch.Allergies); isWhole(a) {
			t.Errorf("%s complete, %d rows", why, a.Rows.Count(0))
		}
	}
}

// A list that was withdrawn or is no longer kept, or from which entries were deleted, does not say what there is: what stands in
// one that was withdrawn is not shown, and what was deleted stands by its own status.
func TestAListThatDoesNotStand(t *testing.T) {
	const code = `"code":{"coding":[{"code":"886921000000105"}]}`
	for name, c := range map[string]struct {
		is, ended string
		shown     int
		whole     bool
	}{
		"current":                {`"status":"current"`, `"status":"current"`, 2, true},
		"withdrawn":              {`"status":"entered-in-error"`, `"status":"current"`, 2, false},
		"of ended ones":          {`"status":"current"`, `"status":"entered-in-error"`, 1, false},
		"no longer kept":         {`"status":"retired"`, `"status":"current"`, 2, false},
		"ended ones, of once":    {`"status":"current"`, `"status":"retired"`, 2, false},
		"from which one is gone": {`"mode":"changes","entry":[{"deleted":true,"item":{"reference":"AllergyIntolerance/1"}}]`, `"status":"current"`, 2, false},
	} {
		d := strings.Replace(madeUp(`{"resourceType":"AllergyIntolerance","id":"1","patient":{"reference":"Patient/p"},"code":{"text":"Peanut"}}`), code, code+","+c.is, 1)
		d = strings.Replace(d, `"code":{"coding":[{"code":"1103671000000101"}]}`, `"code":{"coding":[{"code":"1103671000000101"}]},`+c.ended+`,"contained":[{"resourceType":"AllergyIntolerance","id":"2","patient":{"reference":"Patient/p"},"clinicalStatus":"resolved","code":{"text":"Latex"}}]`, 1)
		if a := asked(t, d, fetch.Allergies); a.Rows.Count(0) != c.shown || isWhole(a) != c.whole {
			t.Errorf("%s: %d shown, whole: %t", name, a.Rows.Count(0), isWhole(a))
		}
	}
	warned := madeUp(strings.Replace(warning("886921000000105", "data-in-transit"), `"me":0`, `"me":0,"status":"entered-in-error"`, 1))
	if a := asked(t, warned, fetch.Notes); a.Rows.Count(0) > 0 {
		t.Error("a list that was withdrawn warns")
	}
}

// Another server's Patient of the same id is somebody else.
func TestAnotherServersPatient(t *testing.T) {
	a := asked(t, madeUp(`{"resourceType":"AllergyIntolerance","id":"1","patient":{"reference":"https://other.example/fhir/Patient/p"},"code":{"text":"Peanut"}}`), fetch.Allergies)
	if a.Rows.Count(0) > 0 {
		t.Errorf("%d rows of another server's patient, complete %v", a.Rows.Count(0), isWhole(a))
	}
}

// What stands in a list that is confidential is.
func TestWhatAConfidentialListContains(t *testing.T) {
	for _, id := range []string{"", `"id":"l1",`} {
		d := madeUp(`{"resourceType":"List",` + id + `"meta":{"security":[{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"R"}]},"code":{"coding":[{"code":"1103671000000101"}]},"me":0,"contained":[{"resourceType":"AllergyIntolerance","id":"c1","clinicalStatus":"resolved","patient":{"reference":"Patient/p"},"code":{"text":"Latex"}}]}`)
		if a := asked(t, d, fetch.Allergies); a.Rows.Count(0) > 0 {
			t.Errorf("%q: shown %d from a list labelled R", id, a.Rows.Count(0))
		}
	}
}

// Content that is labelled, or of somebody else, is not shown.
func TestContentThatIsLabelled(t *testing.T) {
	p := `{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}]}`
	d := docs(func(r fhir.Request) string {
		switch {
		case r.Path == "Patient":
			return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + p + `}]}`
		case r.Link != "":
			return `{"resourceType":"Binary","meta":{"security":[{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"V"}]},"securityContext":{"reference":"Patient/other"},"contentType":"text/plain","content":"` + base64.StdEncoding.EncodeToString([]byte("Very private")) + `"}`
		}
		return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/p"},"type":{"text":"Letter"},"content":[{"attachment":{"title":"Letter","url":"Binary/1"}}]}}]}`
	})
	s, _ := serve(t, answers{someone: respond(200, madeUp())}, gpconnect.Options{Documents: d})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: "d"}, Subjects: subjects(someone)})
	if err == nil && a.Rows.Count(0) > 0 {
		t.Errorf("shown: %q", fetch.RowsOf[record.DocumentContent](a).Of(0)[0].Text)
	}
}

// A result that is the entry of a problem is shown where the problem is not.
func TestTheResultOfAProblemThatIsNotShown(t *testing.T) {
	obs := `{"resourceType":"Observation","id":"o","me":0,"status":"final","code":{"text":"HbA1c"},"effectiveDateTime":"2026-01-01","valueQuantity":{"value":90,"unit":"mmol/mol"}}`
	for name, more := range map[string]string{
		"withdrawn": `,"verificationStatus":"entered-in-error"`, "refuted": `,"verificationStatus":"refuted"`, "bad date": `,"onsetDateTime":"2026-02-31"`,
	} {
		a := asked(t, madeUp(obs, `{"resourceType":"Condition","id":"c","me":0,"code":{"text":"Diabetes"}`+more+`,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-ActualProblem-1","valueReference":{"reference":"Observation/o"}}]}`), fetch.Results)
		if a.Rows.Count(0) == 0 && isWhole(a) {
			t.Errorf("%s: a final result is in no list, and the list is whole", name)
		}
	}
}

// That there is no allergy of one kind says nothing of the others.
func TestNoneKnownIsSaidOfAll(t *testing.T) {
	for _, c := range []string{"409137002", "428607008"} {
		a := asked(t, madeUp(`{"resourceType":"AllergyIntolerance","id":"n","patient":{"reference":"Patient/p"},"clinicalStatus":"active","code":{"coding":[{"system":"http://snomed.info/sct","code":"`+c+`"}]}}`), fetch.Notes)
		for _, n := range fetch.RowsOf[record.ListNote](a).Items {
			t.Errorf("%s: %s %s", c, n.Class, n.Note)
		}
	}
}

// Two entries with one id get two, and neither is that of a third.
func TestIDsStayApart(t *testing.T) {
	al := func(id, what string) string {
		return `{"resourceType":"AllergyIntolerance","id":"` + id + `","patient":{"reference":"Patient/p"},"code":{"text":"` + what + `"}}`
	}
	a := asked(t, madeUp(al("5", "a"), al("5", "b"), al("5.2", "c")), fetch.Allergies)
	seen := map[record.ID]bool{}
	for _, x := range fetch.RowsOf[record.Allergy](a).Items {
		if seen[x.ID] {
			t.Errorf("two entries with id %s (%s)", x.ID, x.Provenance.SourceID)
		}
		seen[x.ID] = true
	}
}

// What cannot be told how confidential it is hides what hangs on it.
func TestALabelThatCannotBeRead(t *testing.T) {
	med := `{"resourceType":"MedicationRequest","id":"m","intent":"plan","status":"active","me":0,"medicationCodeableConcept":{"text":"Tablets"},"reasonReference":[{"reference":"Condition/c"}]}`
	for name, meta := range map[string]string{"plain": ``, "labels unreadable": `"meta":{"security":"R"},`} {
		a := asked(t, madeUp(med, `{"resourceType":"Condition",`+meta+`"id":"c","me":0,"code":`+rHIV+`}`), fetch.Medications)
		if a.Rows.Count(0) > 0 {
			t.Errorf("%s: shown", name)
		}
	}
}

// Asking for what practices hold and GP Connect does not carry says nothing of whether they answer.
func TestWhatIsNotCarriedOpensNoBreaker(t *testing.T) {
	for _, kind := range []fetch.Kind{fetch.Alerts, fetch.Documents, fetch.Procedures} {
		s := gpconnect.Open(practice, fixed(madeUp()), ids, gpconnect.Options{})
		var events []resilience.Event
		g := resilience.Wrap(s.Read, resilience.Options{Observe: func(e resilience.Event) { events = append(events, e) }})
		ctx := fetch.WithTerms(context.Background(), terms())
		for range 6 {
			g.Read(ctx, []*fetch.Ask{{Kind: kind, Subjects: subjects(someone)}, {Kind: fetch.Notes, Subjects: subjects(someone)}})
		}
		_, err := g.Read(ctx, []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(someone)}})
		if err != nil {
			t.Errorf("after reads of %s alone: %v %v", kind, err, events)
		}
	}
}

// That there was none once does not stand.
func TestNoneKnownThatHasEnded(t *testing.T) {
	d := madeUp(`{"resourceType":"List","id":"l1","code":{"coding":[{"code":"1103671000000101"}]},"me":0,"contained":[{"resourceType":"AllergyIntolerance","id":"c1","patient":{"reference":"Patient/p"},"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}]}}]}`)
	for _, n := range fetch.RowsOf[record.ListNote](asked(t, d, fetch.Notes)).Items {
		t.Errorf("a statement in the list of ended allergies: %s %s", n.Class, n.Note)
	}
}

// A medicine that is not taken is not in use.
func TestAMedicineThatIsNotTaken(t *testing.T) {
	s := gpconnect.Open(practice, fixed(madeUp(`{"resourceType":"MedicationStatement","id":"m","status":"active","taken":"n","me":0,"medicationCodeableConcept":{"text":"Warfarin"}}`)), ids, gpconnect.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(someone)})
	if err == nil && a.Rows.Count(0) > 0 {
		t.Errorf("taken: n, and it is current: %+v", fetch.RowsOf[record.Medication](a).Items[0].Status)
	}
}

// A reaction that is said in words alone is shown.
func TestAReactionInWords(t *testing.T) {
	a := asked(t, madeUp(`{"resourceType":"AllergyIntolerance","id":"1","patient":{"reference":"Patient/p"},"code":{"text":"Peanut"},"reaction":[{"description":"Anaphylaxis","severity":"severe"}]}`), fetch.Allergies)
	for _, x := range fetch.RowsOf[record.Allergy](a).Items {
		if len(x.ReactionDetails) == 0 && isWhole(a) {
			t.Error("a severe reaction in words is lost, and the list is whole")
		}
	}
}

// An allergy that does not say to what is to what its reactions were to, of those that may be shown.
func TestAnAllergyByItsReactions(t *testing.T) {
	hidden := `{"substance":{"coding":[{"system":"http://snomed.info/sct","code":"86406008"}],"text":"Something"},"manifestation":[{"text":"Rash"}]},`
	a := asked(t, madeUp(`{"resourceType":"AllergyIntolerance","id":"1","patient":{"reference":"Patient/p"},"reaction":[`+hidden+`{"manifestation":[{"text":"Fever"}]},{"substance":{"text":"Nuts"}},{"substance":{"text":"Figs"}}]}`), fetch.Allergies)
	list := fetch.RowsOf[record.Allergy](a).Items
	if len(list) != 1 || list[0].Substance.Display != "Nuts" || list[0].Note != "Reaction to Figs" || len(list[0].ReactionDetails) != 1 || !isWhole(a) {
		t.Errorf("%+v", list)
	}
}

// Whom the practice restricts is as one it does not know, where the documents cannot be had too.
func TestRestrictedWhereDocumentsFail(t *testing.T) {
	down, err := fhir.NewClient(newServer(t, respondHandler(500))+"/fhir", fhir.Options{})
	if err != nil {
		t.Fatal(err)
	}
	restricted := strings.Replace(madeUp(), `"resourceType":"Patient",`, `"resourceType":"Patient","meta":{"security":[{"code":"R"}]},`, 1)
	said := map[string]string{}
	for name, a := range map[string]answers{"unknown": {someone: respond(404, outcome("PATIENT_NOT_FOUND"))}, "restricted": {someone: respond(200, restricted)}} {
		s, _ := serve(t, a, gpconnect.Options{Documents: down})
		docs := &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)}
		all := &fetch.Ask{Kind: fetch.Allergies, Subjects: subjects(someone)}
		got, err := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{docs, all})
		said[name] = ""
		for _, ask := range []*fetch.Ask{docs, all} {
			x := got[ask]
			said[name] += string(ask.Kind) + ": "
			if x.Errs != nil && x.Errs[0] != nil {
				said[name] += "a gap"
			} else {
				said[name] += "none"
			}
			if x.Absent != nil && x.Absent[0] {
				said[name] += ", absent"
			}
			said[name] += "; "
		}
		_ = err
	}
	if said["unknown"] != said["restricted"] {
		t.Errorf("%v", said)
	}
}

func respondHandler(status int) httpHandler { return httpHandler{status} }

type httpHandler struct{ status int }

func (h httpHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) { respond(h.status, "{}")(w, r) }

// Documents that are asked for alone are restricted with their record.
func TestDocumentsAloneOfARestrictedPatient(t *testing.T) {
	open := `{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}]}`
	d := docs(func(r fhir.Request) string {
		if r.Path == "Patient" {
			return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + open + `}]}`
		}
		return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/p"},"type":{"text":"Letter"},"content":[{"attachment":{"title":"Letter","url":"Binary/1"}}]}}]}`
	})
	restricted := strings.Replace(madeUp(), `"resourceType":"Patient",`, `"resourceType":"Patient","meta":{"security":[{"code":"R"}]},`, 1)
	s, _ := serve(t, answers{someone: respond(200, restricted)}, gpconnect.Options{Documents: d})
	n := map[string]int{}
	for name, kinds := range map[string][]fetch.Kind{"alone": {fetch.Documents}, "with allergies": {fetch.Documents, fetch.Allergies}} {
		var asks []*fetch.Ask
		for _, kind := range kinds {
			asks = append(asks, &fetch.Ask{Kind: kind, Subjects: subjects(someone)})
		}
		got, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
		if err != nil {
			t.Fatal(err)
		}
		n[name] = got[asks[0]].Rows.Count(0)
	}
	if n["alone"] != n["with allergies"] {
		t.Errorf("documents shown: %v", n)
	}
}

// A part is hidden by what there is no place for, and nothing but that part.
func TestAThirdCodingHidesAPart(t *testing.T) {
	third := `{"coding":[{"system":"http://snomed.info/sct","code":"271807003","display":"Reactive"},{"system":"https://local","code":"x","display":"Reactive"},{"system":"http://snomed.info/sct","code":"86406008"}]}`
	for kind, r := range map[fetch.Kind]string{
		fetch.Results:   `{"resourceType":"Observation","id":"o","me":0,"status":"final","code":{"text":"Screen"},"effectiveDateTime":"2026-01-01","component":[{"code":{"text":"Part"},"valueCodeableConcept":` + third + `}]}`,
		fetch.Allergies: `{"resourceType":"AllergyIntolerance","id":"1","patient":{"reference":"Patient/p"},"code":{"text":"Drug"},"reaction":[{"manifestation":[` + third + `],"description":"HIV drug reaction"}]}`,
	} {
		a := asked(t, madeUp(r), kind)
		if a.Rows.Count(0) != 1 {
			t.Errorf("%s: %d shown, want the one without its part", kind, a.Rows.Count(0))
		}
		switch rows := a.Rows.(type) {
		case *fetch.Rows[record.Result]:
			for _, x := range rows.Items {
				for _, p := range x.Components {
					t.Errorf("component shown: %+v", p.Value)
				}
			}
		case *fetch.Rows[record.Allergy]:
			for _, x := range rows.Items {
				for _, p := range x.ReactionDetails {
					t.Errorf("reaction shown: %+v", p.Manifestation)
				}
				if x.Note != "" {
					t.Errorf("noted: %s", x.Note)
				}
			}
		}
	}
}

// Of two under one id each is looked at by itself.
func TestAPartOfTheSecondOfOneID(t *testing.T) {
	part := func(code string) string {
		return `{"resourceType":"Observation","id":"o","me":0,"code":{"text":"Screen"},"component":[{"code":{"text":"Part"},"valueCodeableConcept":` + code + `}]}`
	}
	const plain = `{"coding":[{"display":"a"},{"display":"b"},{"display":"c"}]}`
	for name, held := range map[string][]string{"last": {part(plain), part(strings.Replace(plain, `"display":"c"`, `"code":"86406008"`, 1))}, "first": {part(strings.Replace(plain, `"display":"c"`, `"code":"86406008"`, 1)), part(plain)}} {
		a, n := asked(t, madeUp(held...), fetch.Results), 0
		for _, x := range fetch.RowsOf[record.Result](a).Items {
			n += len(x.Components)
		}
		if n != 1 || isWhole(a) {
			t.Errorf("%s: %d parts, whole: %t", name, n, isWhole(a))
		}
	}
}

// The Patient who comes with the documents is the one who was found.
func TestDocumentsOfAPatientWhoBecameAnother(t *testing.T) {
	p := func(n record.NHSNumber, more string) string {
		return `{"resourceType":"Patient","id":"p",` + more + `"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(n) + `"}]}`
	}
	for name, included := range map[string]string{
		"another number": p(another, ""), "labelled V": p(someone, `"meta":{"security":[{"code":"V"}]},`), "another birth date": p(someone, `"birthDate":"1901-01-01",`),
	} {
		d := docs(func(r fhir.Request) string {
			if r.Path == "Patient" {
				return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + p(someone, "") + `}]}`
			}
			return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + included + `},{"resource":{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/p"},"type":{"text":"Letter"},"content":[{"attachment":{"title":"Letter","url":"Binary/1"}}]}}]}`
		})
		s, _ := serve(t, answers{someone: respond(200, madeUp())}, gpconnect.Options{Documents: d})
		of := subjects(someone)
		of.Born = []string{"1970-09-11"}
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: of})
		if err == nil && a.Rows.Count(0) > 0 {
			t.Errorf("the Patient that came with the documents has %s: shown %d, whole %v", name, a.Rows.Count(0), isWhole(a))
		}
	}
}
