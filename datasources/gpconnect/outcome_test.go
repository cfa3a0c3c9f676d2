package gpconnect_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

// What each of GP Connect's answers becomes, as docs/decisions/0014 says: nil for a
// practice that holds nothing.
func TestEachOutcome(t *testing.T) {
	file := func(name string) string { return payload(t, "errors/"+name+".json") }
	for name, c := range map[string]struct {
		status int
		body   string
		kind   error
		event  string
	}{
		"patient not found":               {404, file("operationOutcomePatientNotFound"), nil, ""},
		"no record found":                 {404, file("notFoundPatientDocumentResponse"), nil, ""},
		"no relationship":                 {403, file("operationOutcomeNoRelationship"), record.ErrRefused, "refused NO_RELATIONSHIP"},
		"no consent of the patient":       {403, outcome("NO_PATIENT_CONSENT"), record.ErrRefused, "refused NO_PATIENT_CONSENT"},
		"no consent of the organisation":  {403, outcome("NO_ORGANISATIONAL_CONSENT"), record.ErrRefused, "refused NO_ORGANISATIONAL_CONSENT"},
		"forbidden without a code":        {403, `{}`, record.ErrRefused, "refused "},
		"a trace that failed":             {400, file("operationOutcomeInvalidDemographic"), record.ErrRefused, "refused INVALID_PATIENT_DEMOGRAPHICS"},
		"a bad number":                    {400, file("operationOutcomeInvalidNHSNumber"), record.ErrMalformed, "malformed INVALID_NHS_NUMBER"},
		"a bad request":                   {400, file("operationOutcomeBadRequest"), record.ErrMalformed, "malformed BAD_REQUEST"},
		"a bad parameter":                 {422, file("operationOutcomeInvalidParameter"), record.ErrMalformed, "malformed INVALID_PARAMETER"},
		"a bad resource":                  {422, file("operationOutcomeInvalidResource"), record.ErrMalformed, "malformed INVALID_RESOURCE"},
		"broken down":                     {500, file("operationOutcomeInternalServerError"), record.ErrUnavailable, ""},
		"not implemented":                 {501, outcome("NOT_IMPLEMENTED"), record.ErrUnavailable, ""},
		"a code that is not listed":       {501, outcome("SOMETHING_ELSE"), record.ErrUnavailable, ""},
		"asked too often":                 {429, ``, record.ErrUnavailable, ""},
		"a gateway that gave up":          {504, ``, record.ErrTimeout, ""},
		"not found and nobody says what":  {404, `{}`, record.ErrUnavailable, ""},
		"not found and refused at once":   {404, strings.Replace(outcome("PATIENT_NOT_FOUND"), `]},"diag`, `,{"code":"NO_PATIENT_CONSENT"}]},"diag`, 1), record.ErrRefused, "refused NO_PATIENT_CONSENT"},
		"an outcome where a record is":    {200, outcome("INTERNAL_SERVER_ERROR"), record.ErrUnavailable, ""},
		"not found where a record is":     {200, outcome("PATIENT_NOT_FOUND"), record.ErrMalformed, "malformed "},
		"not found with a 403 in between": {403, outcome("PATIENT_NOT_FOUND"), record.ErrRefused, "refused "},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s, _ := serve(t, answers{someone: respond(c.status, c.body)}, gpconnect.Options{SourceOptions: seen.Options()})
			ask := &fetch.Ask{Kind: fetch.Allergies, Subjects: subjects(someone)}
			got, err := one(t, s, ask)
			if !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			if err == nil && (got.Unreadable != nil || fetch.RowsOf[record.Allergy](got).Count(0) != 0 || got.Absent == nil || !got.Absent[0]) {
				t.Errorf("%+v", got)
			}
			isDown := errors.Is(c.kind, record.ErrUnavailable) || errors.Is(c.kind, record.ErrTimeout)
			if _, whole := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{ask}); (whole != nil) != isDown {
				t.Errorf("the read as a whole: %v", whole)
			}
			if err != nil && (strings.Contains(err.Error(), "999") || strings.Contains(err.Error(), "127.0.0.1")) {
				t.Errorf("the error says too much: %v", err)
			}
			if c.event != "" && seen.Count(c.event) != 2 || c.event == "" && len(seen.Lines()) > 0 { // it was read twice
				t.Errorf("observed %v, want %q", seen.Lines(), c.event)
			}
		})
	}
}

// One patient whose practice refuses does not blank the others, and never looks like
// one of whom nothing is recorded.
func TestARefusalIsOfOnePatient(t *testing.T) {
	whole := about(payload(t, "structured/EMISPatientStructurede2eResponsePWTP2.json.gz"), someone)
	s, _ := serve(t, answers{
		someone: respond(200, whole), another: respond(403, outcome("NO_PATIENT_CONSENT")),
		fourth: respond(500, ""), fifth: respond(200, about(whole, another)),
	}, gpconnect.Options{})
	of := subjects(someone, another, third, fourth, fifth)
	for _, ask := range []*fetch.Ask{{Kind: fetch.Allergies, Subjects: of}, {Kind: fetch.Notes, Subjects: of}, {Kind: fetch.Contacts, Subjects: of}} {
		got, err := one(t, s, ask)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Errs) != 5 || len(got.Absent) != 5 || got.Unreadable != nil || got.Err != nil {
			t.Fatalf("%s: %+v", ask.Kind, got)
		}
		for i, kind := range []error{nil, record.ErrRefused, nil, record.ErrUnavailable, record.ErrMalformed} {
			if !errors.Is(got.Errs[i], kind) || got.Absent[i] != (i == 2) {
				t.Errorf("%s, %d: %v, absent %v", ask.Kind, i, got.Errs[i], got.Absent[i])
			}
		}
	}
}

// A practice that hangs for one of many is a gap of that one, within the time.
func TestAPatientWhoTakesTooLong(t *testing.T) {
	whole := about(payload(t, "structured/EMISPatientStructurede2eResponsePWTP2.json.gz"), someone)
	terms() // are made outside the bubble
	synctest.Test(t, func(t *testing.T) {
		s := gpconnect.Open(practice, hangsFor{another, fixed(whole)}, ids, gpconnect.Options{})
		ask := &fetch.Ask{Kind: fetch.Allergies, Subjects: subjects(someone, another)}
		within := fetch.Within(time.Second, s.Read)
		got, err := within(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{ask})
		if a := got[ask]; err != nil || fetch.RowsOf[record.Allergy](a).Count(0) != 4 || len(a.Errs) != 2 || a.Errs[0] != nil || !errors.Is(a.Errs[1], record.ErrTimeout) {
			t.Errorf("%+v, %v", a.Errs, err)
		}
	})
}

// hangsFor answers as a client whose practice hangs for one patient.
type hangsFor struct {
	patient record.NHSNumber
	fixed
}

func (h hangsFor) Fetch(ctx context.Context, r fhir.Request) ([]byte, error) {
	if r.Patient == h.patient || strings.Contains(string(r.Body), string(h.patient)) {
		<-ctx.Done()
		return nil, record.ErrTimeout
	}
	return h.fixed.Fetch(ctx, r)
}

// A practice that means somebody else by the number, by the birth date, shows nothing.
func TestAnotherBirthDate(t *testing.T) {
	whole := about(payload(t, "structured/EMISPatientStructurede2eResponsePWTP2.json.gz"), someone)
	theirs := regexp.MustCompile(`"birthDate": *"([^"]*)"`).FindStringSubmatch(whole)
	if theirs == nil {
		t.Fatal("no birth date in the payload")
	}
	with := func(on string) string { return strings.Replace(whole, theirs[0], `"birthDate": "`+on+`"`, 1) }
	for name, c := range map[string]struct {
		body, ours string
		kind       error
	}{
		"the same":                          {with("1965-11-15"), "1965-11-15", nil},
		"as far as we know":                 {with("1965-11-15"), "1965", nil},
		"as far as they know":               {with("1965-11"), "1965-11-15", nil},
		"we do not know":                    {with("1965-11-15"), "", nil},
		"they do not say":                   {strings.Replace(whole, theirs[0], `"language": "en"`, 1), "1965-11-15", nil},
		"another day":                       {with("1965-11-16"), "1965-11-15", record.ErrIdentity},
		"another year, and that is all":     {with("1966"), "1965-11-15", record.ErrIdentity},
		"another month, and we know so far": {with("1965-12-15"), "1965-11", record.ErrIdentity},
		"no date":                           {with("1965-02-30"), "1965-11-15", record.ErrMalformed},
		"a number":                          {strings.Replace(whole, theirs[0], `"birthDate": 1965`, 1), "1965-11-15", record.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s, _ := serve(t, answers{someone: respond(200, c.body), another: respond(200, about(whole, another))}, gpconnect.Options{SourceOptions: seen.Options()})
			of := subjects(someone, another)
			of.Born = []string{c.ours, ""}
			asks := make([]*fetch.Ask, len(kinds))
			for i, kind := range kinds {
				asks[i] = &fetch.Ask{Kind: kind, Subjects: of}
			}
			all, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
			if err != nil {
				t.Fatal(err)
			}
			for ask, got := range all {
				if got.Err != nil {
					continue
				}
				var first error
				if got.Errs != nil {
					first = got.Errs[0]
				}
				if !errors.Is(first, c.kind) || (first == nil) != (c.kind == nil) {
					t.Errorf("%s: %v, want %v", ask.Kind, first, c.kind)
				}
				if n := len(entries(got)); ask.Kind == fetch.Allergies && (c.kind == nil) != (n == 8) {
					t.Errorf("%d allergies of both", n)
				}
			}
			if c.kind == record.ErrIdentity && seen.Count("mismatched birth date") != 1 {
				t.Errorf("observed %v", seen.Lines())
			}
		})
	}
}

// Bad input: the whole answer is malformed, or only what could not be read.
func TestBadAnswers(t *testing.T) {
	good := about(payload(t, "structured/EMISPatientStructurede2eResponsePWTP2.json.gz"), someone)
	replace := func(old, with string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in the payload", old)
		}
		return strings.Replace(good, old, with, 1)
	}
	for name, c := range map[string]struct {
		body    string
		whole   error
		partly  bool
		shown   int
		foreign int
	}{
		"as it should be":                    {good, nil, false, 4, 0},
		"HTML":                               {"<html>", record.ErrMalformed, false, 0, 0},
		"cut short":                          {good[:len(good)/2], record.ErrMalformed, false, 0, 0},
		"not UTF-8":                          {replace("Peanut allergy", "Peanut \xff allergy"), record.ErrMalformed, false, 0, 0},
		"3 MB in one string":                 {withAllergy(good, `"id":"x1","code":{"text":"`+strings.Repeat("Peanut ", 3<<20/7)+`"}`), nil, true, 4, 0},
		"3 MB in the Patient":                {replace(`"resourceType": "Patient"`, `"resourceType": "Patient", "language": "`+strings.Repeat("x", 3<<20)+`"`), record.ErrMalformed, false, 0, 0},
		"an id without end":                  {withAllergy(good, `"id":"`+strings.Repeat("x", 300)+`","code":{"text":"Nuts"}`), nil, true, 4, 0},
		"of FHIR R4":                         {replace("https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-Patient-1", "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"), record.ErrMalformed, false, 0, 0},
		"without Patient":                    {replace(`"resourceType": "Patient"`, `"resourceType": "Basic"`), record.ErrMalformed, false, 0, 0},
		"of somebody else":                   {about(good, another), record.ErrMalformed, false, 0, 0},
		"of a number that is none":           {strings.ReplaceAll(good, string(someone), "1234567890"), record.ErrMalformed, false, 0, 0},
		"an empty Bundle":                    {`{"resourceType":"Bundle","type":"collection","entry":[]}`, record.ErrMalformed, false, 0, 0},
		"a Bundle without entries":           {`{"resourceType":"Bundle","type":"collection"}`, record.ErrMalformed, false, 0, 0},
		"entries that are no list":           {`{"resourceType":"Bundle","type":"collection","entry":{"a":1}}`, record.ErrMalformed, false, 0, 0},
		"another resource":                   {`{"resourceType":"Patient","id":"a"}`, record.ErrMalformed, false, 0, 0},
		"a member twice":                     {replace(`"clinicalStatus": "active"`, `"clinicalStatus": "active", "clinicalStatus": "resolved"`), record.ErrMalformed, false, 0, 0},
		"a date that does not exist":         {withAllergy(good, `"id":"x1","code":{"text":"Nuts"},"onsetDateTime":"2010-02-30"`), nil, true, 4, 0},
		"an entry that is none":              {replace(`"entry": [`, `"entry": [ {"fullUrl":"x"},`), nil, true, 4, 0},
		"an entry that is a number":          {replace(`"entry": [`, `"entry": [ 7,`), nil, true, 4, 0},
		"an allergy without id":              {withAllergy(good, `"id":""`), nil, true, 4, 0},
		"an allergy with R4's status":        {withAllergy(good, `"id":"x1","clinicalStatus":{"coding":[{"code":"active"}]}`), nil, true, 4, 0},
		"an allergy to nothing":              {withAllergy(good, `"id":"x1"`), nil, true, 4, 0},
		"an allergy of another patient":      {withAllergyOf(good, "Patient/other", `"id":"x1","code":{"text":"Nuts"}`), nil, true, 4, 1},
		"an allergy of another's number":     {withIdentifier(good, another), nil, true, 4, 1},
		"two under one id":                   {withAllergy(withAllergy(good, `"id":"x1","code":{"text":"Nuts"}`), `"id":"x1","code":{"text":"Eggs"}`), nil, true, 6, 0},
		"the same twice":                     {withAllergy(withAllergy(good, `"id":"x1","code":{"text":"Nuts"}`), `"id":"x1","code":{"text":"Nuts"}`), nil, false, 5, 0},
		"one entered in error":               {withAllergy(good, `"id":"x1","code":{"text":"Nuts"},"verificationStatus":"entered-in-error"`), nil, false, 4, 0},
		"one refuted":                        {withAllergy(good, `"id":"x1","code":{"text":"Nuts"},"verificationStatus":"refuted"`), nil, false, 4, 0},
		"an allergy more":                    {withAllergy(good, `"id":"x1","code":{"text":"Nuts"}`), nil, false, 5, 0},
		"marked confidential (restricted)":   {withAllergy(good, `"id":"x1","code":{"text":"Nuts"},"meta":{"security":[{"code":"R"}]}`), nil, false, 4, 0},
		"the list of allergies did not come": {replace(`"886921000000105"`, `"1"`), nil, true, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s, _ := serve(t, answers{someone: respond(200, c.body)}, gpconnect.Options{SourceOptions: seen.Options()})
			got, err := one(t, s, &fetch.Ask{Kind: fetch.Allergies, Subjects: subjects(someone)})
			if c.whole != nil {
				if !errors.Is(err, c.whole) {
					t.Fatalf("%v, want %v", err, c.whole)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if partly := got.Unreadable != nil && got.Unreadable[0]; partly != c.partly {
				t.Errorf("partly unreadable: %v; observed %v", partly, seen.Lines())
			}
			if n := fetch.RowsOf[record.Allergy](got).Count(0); c.shown >= 0 && n != c.shown {
				t.Errorf("%d allergies", n)
			}
			if n := seen.Count("foreign AllergyIntolerance"); n != c.foreign {
				t.Errorf("%d of somebody else", n)
			}
		})
	}
}

func withAllergy(bundle, members string) string {
	return withAllergyOf(bundle, "Patient/88F14BF6-CADE-47D6-90E2-B10519BF956F", members)
}

func withAllergyOf(bundle, patient, members string) string {
	return strings.Replace(bundle, `"entry": [`, `"entry": [ {"resource":{"resourceType":"AllergyIntolerance","patient":{"reference":"`+patient+`"},`+members+`}},`, 1)
}

func withIdentifier(bundle string, n record.NHSNumber) string {
	return strings.Replace(bundle, `"entry": [`, `"entry": [ {"resource":{"resourceType":"AllergyIntolerance","id":"x1","code":{"text":"Nuts"},"patient":{"reference":"Patient/88F14BF6-CADE-47D6-90E2-B10519BF956F","identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"`+string(n)+`"}}}},`, 1)
}

func TestWhatIsAsked(t *testing.T) {
	empty := about(payload(t, "structured/invalidPatientNoClinicalContentStructuredRecordResponse.json.gz"), someone)
	caller := gpconnect.Caller{Issuer: "https://us.test", Audience: "https://them.test", ODSCode: "RAL", OrgName: "The Hospital", Person: gpconnect.Person{ID: "p1", Family: "Doe"}}
	s, stub := serve(t, answers{someone: respond(200, empty)}, gpconnect.Options{
		From: "200000000001", To: "200000000002", Authorise: func(context.Context) (string, error) { return caller.Bearer(now) }})
	of := subjects(someone)
	if _, err := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{{Kind: fetch.Allergies, Subjects: of}, {Kind: fetch.Medications, Subjects: of}, {Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: of}, {Kind: fetch.Notes, Subjects: of}}); err != nil {
		t.Fatal(err)
	}
	if len(stub.asked) != 1 {
		t.Fatalf("%d calls for one patient", len(stub.asked))
	}
	var parameters struct {
		Parameter []struct {
			Name            string
			ValueIdentifier struct{ System, Value string }
			Part            []struct {
				Name         string
				ValueBoolean bool
			}
		}
	}
	if err := json.Unmarshal([]byte(stub.asked[0]), &parameters); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range parameters.Parameter {
		name := p.Name
		for _, part := range p.Part {
			name += fmt.Sprintf("(%s=%v)", part.Name, part.ValueBoolean)
		}
		names = append(names, name)
	}
	if got := strings.Join(names, " "); got != "patientNHSNumber includeAllergies(includeResolvedAllergies=true) includeMedication(includePrescriptionIssues=true) includeProblems includeConsultations" {
		t.Errorf("asked for %s", got)
	}
	if strings.Contains(stub.asked[0], "null") {
		t.Error("asked for what is nothing")
	}
	if p := parameters.Parameter[0].ValueIdentifier; p.System != "https://fhir.nhs.uk/Id/nhs-number" || p.Value != string(someone) {
		t.Errorf("for %s", p.System)
	}
	h := stub.headers[0]
	if h.Get("Ssp-From") != "200000000001" || h.Get("Ssp-To") != "200000000002" || h.Get("Ssp-InteractionID") != "urn:nhs:names:services:gpconnect:fhir:operation:gpc.getstructuredrecord-1" || len(h.Get("Ssp-TraceID")) != 36 {
		t.Errorf("headers %v", h)
	}
	claims := claimsOf(t, h.Get("Authorization"))
	if claims["iss"] != "https://us.test" || claims["reason_for_request"] != "directcare" || claims["exp"].(float64)-claims["iat"].(float64) != 300 {
		t.Errorf("claims %v", claims)
	}

	whole, asked := serve(t, answers{someone: respond(200, empty)}, gpconnect.Options{Migrate: true})
	if _, err := one(t, whole, &fetch.Ask{Kind: fetch.Problems, Subjects: of}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Ssp-From", "Ssp-To", "Authorization"} {
		if said, sent := asked.headers[0][name]; sent {
			t.Errorf("%s: %q of a practice that needs none", name, said)
		}
	}
	if h := asked.headers[0].Get("Ssp-InteractionID"); h != "urn:nhs:names:services:gpconnect:fhir:operation:gpc.migratestructuredrecord-1" {
		t.Errorf("interaction %s", h)
	}
	if body := asked.asked[0]; !strings.Contains(body, `"includeFullRecord"`) || !strings.Contains(body, `{"name":"includeSensitiveInformation","valueBoolean":false}`) {
		t.Errorf("asked %s", strings.ReplaceAll(body, string(someone), "N"))
	}
}

// The Spine's ids of a professional are said to be unknown where there are none.
func TestWhoAsks(t *testing.T) {
	for id, want := range map[string]string{"": "UNK", "111222333": "111222333"} {
		header, err := gpconnect.Caller{Person: gpconnect.Person{UserID: id, RoleProfile: id}}.Bearer(now)
		if err != nil {
			t.Fatal(err)
		}
		said, err := json.Marshal(claimsOf(t, header)["requesting_practitioner"])
		for _, system := range []string{"sds-user-id", "sds-role-profile-id"} {
			if err != nil || !strings.Contains(string(said), `"https://fhir.nhs.uk/Id/`+system+`","value":"`+want+`"`) {
				t.Errorf("%s: %s, %v", system, said, err)
			}
		}
	}
}

func claimsOf(t *testing.T, header string) map[string]any {
	t.Helper()
	parts := strings.Split(strings.TrimPrefix(header, "Bearer "), ".")
	if len(parts) != 3 || parts[2] != "" {
		t.Fatalf("%q is no unsigned token", header)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestPatientsAreAskedForAtOnceUpToTheBound(t *testing.T) {
	body := payload(t, "structured/invalidPatientNoClinicalContentStructuredRecordResponse.json.gz")
	three := fhirtest.NewAtOnce(3)
	a := answers{}
	var patients []record.NHSNumber
	for _, n := range []record.NHSNumber{someone, another, third, "9990000042", "9990000050", "9990000069", "9990000077", "9990000085"} {
		patients = append(patients, n)
		a[n] = func(w http.ResponseWriter, r *http.Request) {
			three.Stay()
			respond(200, about(body, n))(w, r)
		}
	}
	s, stub := serve(t, a, gpconnect.Options{SourceOptions: fhir.SourceOptions{Concurrency: 3}})
	got, err := one(t, s, &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(patients...)})
	if err != nil || got.Unreadable != nil {
		t.Fatal(err, got.Unreadable)
	}
	if len(stub.asked) != len(patients) || three.Most() != 3 {
		t.Errorf("%d calls, %d at once", len(stub.asked), three.Most())
	}
}

func TestAPracticeThatDoesNotAnswer(t *testing.T) {
	s, _ := serve(t, answers{someone: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}, gpconnect.Options{})
	ctx, cancel := context.WithTimeout(fetch.WithTerms(t.Context(), terms()), 30*time.Millisecond)
	defer cancel()
	if _, err := s.Read(ctx, []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(someone)}}); !errors.Is(err, record.ErrTimeout) {
		t.Errorf("at its deadline: %v", err)
	}
	ctx, leave := context.WithCancel(fetch.WithTerms(t.Context(), terms()))
	leave()
	if _, err := s.Read(ctx, []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(someone)}}); !errors.Is(err, context.Canceled) {
		t.Errorf("for nobody: %v", err)
	}
}

func TestNothingIsReadWithoutTerms(t *testing.T) {
	s, stub := serve(t, answers{}, gpconnect.Options{})
	if _, err := s.Read(t.Context(), []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(someone)}}); !errors.Is(err, record.ErrInvalid) || len(stub.asked) != 0 {
		t.Errorf("%v after %d calls", err, len(stub.asked))
	}
}

// A kind that GP Connect does not carry fails, and asks the practice nothing.
func TestWhatIsNotCarriedIsNotSilent(t *testing.T) {
	s, stub := serve(t, answers{}, gpconnect.Options{})
	for _, kind := range s.Kinds() {
		got, err := one(t, s, &fetch.Ask{Kind: kind, Subjects: subjects(someone)})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		switch kind {
		case fetch.Alerts, fetch.Procedures, fetch.Devices, fetch.Appointments, fetch.Upcoming, fetch.CarePlans, fetch.Needs, fetch.AdvanceCare, fetch.Documents, fetch.DocumentContent:
			if !errors.Is(got.Err, record.ErrUnavailable) {
				t.Errorf("%s: %v", kind, got.Err)
			}
		default:
			if got.Err != nil || got.Rows == nil {
				t.Errorf("%s: %+v", kind, got)
			}
		}
	}
	if !slices.IsSorted(s.Kinds()) {
		t.Error(s.Kinds())
	}
	if n := len(stub.asked); n != 14 {
		t.Errorf("%d calls", n)
	}
	if _, known := mustRead(t, s, fetch.Stays)[fetch.Stays]; known {
		t.Error("a practice answers for stays")
	}
}

// A practice that has no place of its own for documents is asked for its notes all the same, and for the documents of its whole record.
func TestNoPlaceForDocuments(t *testing.T) {
	held := madeUp(letter, `{"resourceType":"AllergyIntolerance","id":"n","patient":{"reference":"Patient/p"},"code":{"coding":[{"code":"716186003"}]}}`)
	for name, c := range map[string]struct {
		migrate          bool
		notes, documents int
	}{"parts of it": {false, 1, -1}, "the whole record": {true, 1, 1}} {
		s := gpconnect.Open(practice, fixed(held), ids, gpconnect.Options{Migrate: c.migrate})
		got, err := fhirtest.Read(t, s, terms(), subjects(someone), fetch.Documents, fetch.Notes)
		if err != nil || got[fetch.Notes].Rows.Count(0) != c.notes {
			t.Errorf("%s: notes %+v, %v", name, got[fetch.Notes], err)
		}
		got, err = fhirtest.Read(t, s, terms(), subjects(someone), fetch.Documents)
		if a := got[fetch.Documents]; err != nil || (a.Err != nil) != (c.documents < 0) || a.Err == nil && a.Rows.Count(0) != c.documents {
			t.Errorf("%s: documents %+v, %v", name, a, err)
		}
	}
}

// With documents of a place of their own, no part of the record is wanted, and the warnings of its lists come with all of them.
func TestNotesBesideDocuments(t *testing.T) {
	s, stub := serve(t, answers{someone: respond(200, madeUp(letter))}, gpconnect.Options{Documents: endpoint{fhirtest.Searchset(self), fhirtest.Searchset(letter), ""}})
	if _, err := fhirtest.Read(t, s, terms(), subjects(someone), fetch.Documents, fetch.Notes); err != nil {
		t.Fatal(err)
	}
	if len(stub.asked) != 1 || !strings.Contains(stub.asked[0], "includeMedication") || !strings.Contains(stub.asked[0], "includeImmunisations") {
		t.Errorf("%s", stub.asked)
	}
}

// Nor is its whole record asked for what it does not carry.
func TestWhatIsNotCarriedByAWholeRecord(t *testing.T) {
	s, stub := serve(t, answers{}, gpconnect.Options{Migrate: true})
	if a, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts, Subjects: subjects(someone)}); err != nil || !errors.Is(a.Err, record.ErrNotServed) || len(stub.asked) != 0 {
		t.Errorf("%+v, %v, %d calls", a, err, len(stub.asked))
	}
}

func mustRead(t *testing.T, s *gpconnect.Source, kind fetch.Kind) map[fetch.Kind]fetch.Answer {
	t.Helper()
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{{Kind: kind, Subjects: subjects(someone)}})
	if err != nil {
		t.Fatal(err)
	}
	byKind := map[fetch.Kind]fetch.Answer{}
	for ask, answer := range got {
		byKind[ask.Kind] = answer
	}
	return byKind
}

// Two people whose payloads hold the same content under the same ids do not mix.
func TestTwinsStayApart(t *testing.T) {
	s, _ := serve(t, answers{
		someone: respond(200, about(payload(t, "structured/EMISPatientStructurede2eResponsePWTP2.json.gz"), someone)),
		another: respond(200, about(payload(t, "structured/TPPPatientStructuredRecordE2EPWTP2.json.gz"), another)),
	}, gpconnect.Options{})
	got, err := one(t, s, &fetch.Ask{Kind: fetch.Allergies, Subjects: subjects(someone, another, third)})
	if err != nil {
		t.Fatal(err)
	}
	rows := fetch.RowsOf[record.Allergy](got)
	if rows.Count(0) != 4 || rows.Count(1) != 4 || rows.Count(2) != 0 {
		t.Fatalf("%v", rows.Starts)
	}
	seen := map[record.ID]bool{}
	for _, x := range rows.Items {
		if seen[x.ID] {
			t.Error("two entries have one id")
		}
		seen[x.ID] = true
	}
	again, err := one(t, s, &fetch.Ask{Kind: fetch.Allergies, Subjects: subjects(another)})
	if err != nil || fetch.RowsOf[record.Allergy](again).Of(0)[0].ID != rows.Of(1)[0].ID {
		t.Error("an id is not the same the next time")
	}
	for _, x := range rows.Of(0) {
		p := x.Provenance
		if p.Sector != record.GP || p.Organisation != practice || p.SourceSystem != "GP Connect" || p.SourceID == "" || p.RecordedAt.IsZero() || p.RecordedBy == nil {
			t.Errorf("provenance %+v", p)
		}
	}
}

// A folder is read as the practice it stands for.
func TestAFolderIsAPractice(t *testing.T) {
	f, err := fhir.OpenFolder("testdata/structured")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	s := gpconnect.Open(practice, f, ids, gpconnect.Options{Migrate: true})
	found := 0
	for _, n := range fhir.Numbers([]byte(payload(t, "structured/EMISPatientStructurede2eResponsePWTP4.json.gz"))) {
		got, err := read(t, s, n, someone)
		if err != nil {
			t.Fatal(err)
		}
		found += fetch.RowsOf[record.Medication](got[fetch.Medications]).Count(0)
		if got[fetch.Medications].Unreadable != nil {
			t.Error("a number the folder does not hold is no gap")
		}
	}
	if found != 97 {
		t.Errorf("%d medicines", found)
	}
}

func TestDocuments(t *testing.T) {
	bundle := strings.ReplaceAll(about(payload(t, "structured/patientWithMoreThan100NormalDocuments.json.gz"), someone), "{{request.baseUrl}}/B82617/STU3/1/gpconnect/documents/fhir", "BASE")
	mux := http.NewServeMux()
	var said atomic.Value
	said.Store("Dear doctor")
	mux.HandleFunc("GET /fhir/Patient", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("identifier") != "https://fhir.nhs.uk/Id/nhs-number|"+string(someone) {
			respond(200, `{"resourceType":"Bundle","type":"searchset","entry":[]}`)(w, r)
			return
		}
		start := strings.Index(bundle, "{")
		var whole struct {
			Entry []struct{ Resource json.RawMessage }
		}
		if err := json.Unmarshal([]byte(bundle[start:]), &whole); err != nil {
			t.Error(err)
		}
		respond(200, `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":`+string(whole.Entry[0].Resource)+`}]}`)(w, r)
	})
	var base string
	mux.HandleFunc("GET /fhir/Patient/{id}/DocumentReference", func(w http.ResponseWriter, r *http.Request) {
		respond(200, strings.ReplaceAll(bundle, "BASE", base))(w, r)
	})
	mux.HandleFunc("GET /fhir/Binary/{id}", func(w http.ResponseWriter, r *http.Request) {
		respond(200, `{"resourceType":"Binary","contentType":"text/plain","content":"`+base64.StdEncoding.EncodeToString([]byte(said.Load().(string)))+`"}`)(w, r)
	})
	server := newServer(t, mux)
	base = server + "/fhir"
	client, err := fhir.NewClient(base, fhir.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := serve(t, answers{}, gpconnect.Options{Documents: client})
	got, err := one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone, another)})
	if err != nil || got.Unreadable != nil {
		t.Fatal(err, got.Unreadable)
	}
	documents := fetch.RowsOf[record.Document](got)
	if documents.Count(0) != 101 || documents.Count(1) != 0 {
		t.Fatalf("%d and %d documents", documents.Count(0), documents.Count(1))
	}
	first := documents.Of(0)[0]
	if name, id, ok := ids.OpenDocument(someone, first.ID); !ok || name != s.Name() || id != first.Provenance.SourceID {
		t.Error("the id of a document does not say where it is")
	}
	ask := &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: first.Provenance.SourceID, Source: s.Name()}, Subjects: subjects(someone)}
	content, err := one(t, s, ask)
	if err != nil {
		t.Fatal(err)
	}
	if rows := fetch.RowsOf[record.DocumentContent](content); rows.Count(0) != 1 || rows.Of(0)[0].Text != "Dear doctor" || rows.Of(0)[0].ID != first.ID {
		t.Errorf("%+v", rows)
	}
	said.Store("Seen in the <b>HIV</b> clinic")
	if content, err = one(t, s, ask); err != nil || fetch.RowsOf[record.DocumentContent](content).Count(0) != 0 || content.Unreadable != nil {
		t.Errorf("what may not be shown: %+v, %v", content, err)
	}
	base = "http://192.0.2.1/fhir" // a document that is kept elsewhere
	if content, err = one(t, s, ask); !errors.Is(err, record.ErrMalformed) || content.Unreadable != nil {
		t.Errorf("a link to elsewhere: %+v, %v", content, err)
	}
	of := subjects(someone)
	of.Born = []string{"1900-01-01"}
	if content, err = one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: of}); !errors.Is(err, record.ErrIdentity) || len(entries(content)) != 0 {
		t.Errorf("of another birth date: %v", err)
	}
}

// A document endpoint that fails is a gap of the documents alone.
func TestDocumentsThatCannotBeAskedFor(t *testing.T) {
	whole := about(payload(t, "structured/EMISPatientStructurede2eResponsePWTP2.json.gz"), someone)
	for status, kind := range map[int]error{500: record.ErrUnavailable, 403: record.ErrRefused, 504: record.ErrTimeout} {
		documents, err := fhir.NewClient(newServer(t, http.HandlerFunc(respond(status, "{}")))+"/fhir", fhir.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, _ := serve(t, answers{someone: respond(200, whole)}, gpconnect.Options{Documents: documents})
		got, err := read(t, s, someone)
		if !errors.Is(err, kind) || !errors.Is(only(got[fetch.Documents]), kind) {
			t.Errorf("%d: %v", status, err)
		}
		if a := got[fetch.Allergies]; only(a) != nil || a.Unreadable != nil || len(entries(a)) != 4 {
			t.Errorf("%d: %+v", status, a)
		}
	}
}
