package interweave_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"carerecord/datasources/interweave"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/resilience"
)

// A moment that cannot be written here, and whatever panics, ends one read and not the process.
func TestAMomentBeyondTheYears(t *testing.T) {
	s, _ := holding(t, nil, of("Flag", `"id":"f","status":"active","code":{"text":"Falls"},"period":{"start":"2026-01-01","end":"9999-12-31T23:59:59-05:00"}`))
	g := resilience.Wrap(s.Read, resilience.Options{})
	ctx := fetch.WithTerms(t.Context(), terms())
	ask := &fetch.Ask{Kind: fetch.Alerts, Subjects: subjects(someone)}
	answers, err := g.Read(ctx, []*fetch.Ask{ask})
	if a := answers[ask]; err == nil && (len(entries(a, 0)) > 0 || isWhole(a)) {
		t.Errorf("%d entries, whole: %t", len(entries(a, 0)), isWhole(a))
	}
}

func isWhole(a fetch.Answer) bool { return a.Unreadable == nil || !a.Unreadable[0] }

// A Task that cannot be read is a gap of all that is made of Tasks.
func TestATaskThatCannotBeRead(t *testing.T) {
	for name, more := range map[string]string{"sound": `"executionPeriod":{"start":"2026-01-01"}`, "undecodable": `"executionPeriod":"2026"`} {
		s, _ := holding(t, nil, of("Task", `"id":"t","status":"in-progress","intent":"order","code":{"text":"Safeguarding enquiry"},"authoredOn":"2026-01-01",`+more))
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Safeguarding})
		if err == nil && len(entries(a, 0)) == 0 && isWhole(a) {
			t.Errorf("%s: no safeguarding concern, and the list is whole", name)
		}
	}
	for _, r := range []string{
		`{"resourceType":"Task","id":"t","status":"in-progress","intent":"order","code":{"text":"Safeguarding enquiry"},"authoredOn":"2026-01-01","for":{"reference":"Patient/somebody"}}`,
		`{"resourceType":"Task","meta":{"security":"R"},"id":"t","status":"in-progress","intent":"order","code":{"text":"Safeguarding enquiry"},"authoredOn":"2026-01-01","for":{"reference":"Patient/p` + string(someone) + `"}}`,
	} {
		s, _ := holding(t, nil, r)
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Safeguarding})
		if err == nil && len(entries(a, 0)) == 0 && isWhole(a) {
			t.Errorf("dropped task: no safeguarding concern, and the list is whole")
		}
	}
}

// A Patient who is another in a later answer, or restricted, is not shown.
func TestAPatientWhoBecameAnother(t *testing.T) {
	for name, more := range map[string][]string{"labelled V": {`"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"V"}]}`, `"birthDate":"` + born + `"`}, "another birth date": {`"birthDate":"1901-01-01"`}} {
		s, _ := serve(t, map[string]answer{
			"Patient": respond(200, bundle(patient(someone, `"birthDate":"`+born+`"`))),
			"Flag":    respond(200, bundle(patient(someone, more...), of("Flag", `"id":"f","status":"active","code":{"text":"Falls"},"period":{"start":"2026-01-01"}`)))}, interweave.Options{})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts})
		if err == nil && (len(entries(a, 0)) > 0 || failure(a, 0) == nil) {
			t.Errorf("%s: %d entries, whole %v", name, len(entries(a, 0)), isWhole(a))
		}
	}
}

// A Patient whom the council restricts looks like one it does not know, whatever else is said of them.
func TestARestrictedPatientIsNobody(t *testing.T) {
	const label, other = `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}`, `"birthDate":"1901-01-01"`
	said := func(patients ...string) string {
		s, _ := serve(t, map[string]answer{"Patient": respond(200, bundle(patients...))}, interweave.Options{})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts})
		n := a.Rows.Count(0)
		a.Rows = nil // a pointer
		return fmt.Sprintf("%d %+v, %v", n, a, err)
	}
	nobody := said()
	for name, patients := range map[string][]string{
		"labelled":                    {patient(someone, label, `"birthDate":"`+born+`"`)},
		"and of another birth date":   {patient(someone, label, other)},
		"beside one of another birth": {patient(someone, other), patient(someone, label)},
		"and without an id":           {strings.Replace(patient(someone, label), `"id":"p`+string(someone)+`",`, "", 1)},
	} {
		if got := said(patients...); got != nobody {
			t.Errorf("%s: %s, of nobody %s", name, got, nobody)
		}
	}
}

// What was recorded of a Patient that another replaces may name that one still: what came is shown, and is not all.
func TestAPatientThatReplacesAnother(t *testing.T) {
	for other, whole := range map[string]bool{"Patient/old": false, "Patient/q": true} {
		now := patient(someone, `"birthDate":"`+born+`"`, `"link":[{"type":"replaces","other":{"reference":"`+other+`"}}]`)
		s, _ := serve(t, map[string]answer{
			"Patient": respond(200, bundle(now, strings.Replace(patient(someone, `"birthDate":"`+born+`"`), `"id":"p`+string(someone), `"id":"q`, 1))),
			"Flag":    respond(200, bundle(of("Flag", `"id":"f","status":"active","code":{"text":"Falls"},"period":{"start":"2026-01-01"}`)))}, interweave.Options{})
		if a, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts}); err != nil || failure(a, 0) != nil || len(entries(a, 0)) != 1 || isWhole(a) != whole {
			t.Errorf("%s: %d entries, whole %t, %v, %v", other, len(entries(a, 0)), isWhole(a), failure(a, 0), err)
		}
	}
}

// Pages that move while they are read give one entry twice and another not at all.
func TestPagesThatMove(t *testing.T) {
	for total, what := range map[string]string{`"total":3,`: "fewer than counted", "": "uncounted"} {
		page := func(next string, ids ...string) string {
			var all []string
			for _, id := range ids {
				all = append(all, `{"search":{"mode":"match"},"resource":`+of("Flag", `"id":"`+id+`","status":"active","code":{"text":"Falls"},"period":{"start":"2026-01-01"}`)+`}`)
			}
			return `{"resourceType":"Bundle","type":"searchset",` + total + next + `"entry":[` + strings.Join(all, ",") + `]}`
		}
		s, _ := serve(t, map[string]answer{
			"Patient": respond(200, bundle(patient(someone, `"birthDate":"`+born+`"`))),
			"Flag": func(w http.ResponseWriter, r *http.Request) {
				respond(200, page(`"link":[{"relation":"next","url":"http://`+r.Host+`/fhir/Further"}],`, "a", "b"))(w, r)
			},
			"Further": respond(200, page("", "b"))}, interweave.Options{})
		if a, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts}); err != nil || failure(a, 0) != nil || len(entries(a, 0)) != 2 || isWhole(a) {
			t.Errorf("%s: %d entries, whole %t, %v, %v", what, len(entries(a, 0)), isWhole(a), failure(a, 0), err)
		}
	}
}

// What hides others and did not come as a whole hides what could hang on it: assessments, and what others refer to though all of
// its type was asked for beside them.
func TestWhatHangsOnAnAnswerInPart(t *testing.T) {
	hidden := `"code":{"text":"HIV clinic"}`
	for name, c := range map[string]struct {
		kind     fetch.Kind
		resource string
		held     []string
	}{
		"a service of an assessment": {fetch.Services, "Task", []string{of("EpisodeOfCare", `"id":"e","status":"active","type":[{"text":"Home support"}],"period":{"start":"2026-01-01"},"extension":[{"url":"x","valueReference":{"reference":"Task/x"}}]`),
			of("Task", `"id":"x","status":"completed",`+hidden)}},
		"an appointment of a request": {fetch.Appointments, "ServiceRequest", []string{of("Appointment", `"id":"a","status":"booked","start":"2026-12-01T10:00:00Z","basedOn":[{"reference":"ServiceRequest/x"}]`),
			of("ServiceRequest", `"id":"x","status":"active",`+hidden)}},
	} {
		for _, instead := range []string{"", strings.Replace(bundle(), `"type"`, `"total":1,"type"`, 1), bundle(`{"id":"x"}`), bundle(`{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"timeout"}]}`), "no Bundle"} {
			s, stub := holding(t, nil, c.held...)
			if instead != "" {
				stub.answers[c.resource] = respond(200, instead)
			}
			got, err := fhirtest.Read(t, s, terms(), subjects(someone), c.kind, fetch.Requests)
			if a := got[c.kind]; err != nil || len(entries(a, 0)) > 0 || (failure(a, 0) != nil) != (instead != "") {
				t.Errorf("%s, %s: %d entries, %v, %v", name, instead, len(entries(a, 0)), failure(a, 0), err)
			}
		}
	}
}
