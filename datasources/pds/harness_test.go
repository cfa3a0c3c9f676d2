package pds_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/datasources/pds"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

const (
	someone = record.NHSNumber("9990000018")
	another = record.NHSNumber("9990000026")
	third   = record.NHSNumber("9990000034")
)

var (
	now = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	org = &record.Organisation{ODSCode: "X26", Name: "Demographics"}
	ids = record.NewIdentifier([]byte("a secret of the tests"))
)

// terms are those of direct care.
var terms = sync.OnceValue(func() *fetch.Terms { return fhirtest.Terms(now) })

const unrestricted = `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"U"}]}`

// person is a Patient with these members beside those that make one.
func person(n record.NHSNumber, members ...string) string {
	return patient(n, append([]string{unrestricted}, members...)...)
}

// patient is a Patient that does not say whether it is restricted.
func patient(n record.NHSNumber, members ...string) string {
	all := append([]string{`"resourceType":"Patient"`, `"id":"` + string(n) + `"`,
		`"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(n) + `"}]`}, members...)
	return "{" + strings.Join(all, ",") + "}"
}

func related(n record.NHSNumber, members ...string) string {
	return `{"resourceType":"RelatedPerson","patient":{"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(n) + `"}},` + strings.Join(members, ",") + `}`
}

type events = fhirtest.Events

var (
	payload = fhirtest.Payload
	bundle  = fhirtest.Searchset
	failure = fhirtest.Failure
	marked  = fhirtest.Marked
	respond = fhirtest.Responder("application/fhir+json; charset=utf-8; fhirVersion=4.0")
)

func outcome(code string) string {
	return fhirtest.Outcome("https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode", code)
}

type answer = func(http.ResponseWriter, *http.Request)

// A stub answers by path, as PDS does: Patient/N and Patient/N/RelatedPerson.
type stub struct {
	mu      sync.Mutex
	answers map[string]answer
	asked   []string
	headers []http.Header
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/FHIR/R4/")
	s.mu.Lock()
	s.asked, s.headers = append(s.asked, path), append(s.headers, r.Header.Clone())
	a := s.answers[path]
	s.mu.Unlock()
	switch {
	case a != nil:
		a(w, r)
	case strings.HasSuffix(path, "/RelatedPerson"):
		respond(200, `{"resourceType":"Bundle","type":"searchset","total":0}`)(w, r)
	default:
		respond(404, outcome("RESOURCE_NOT_FOUND"))(w, r)
	}
}

func patientPath(n record.NHSNumber) string { return "Patient/" + string(n) }
func relatedPath(n record.NHSNumber) string { return "Patient/" + string(n) + "/RelatedPerson" }

// serve is a source over a PDS that answers so.
func serve(t testing.TB, answers map[string]answer, o pds.Options) (*pds.Source, *stub) {
	t.Helper()
	s := &stub{answers: answers}
	client := fhirtest.Client(t, s, "/FHIR/R4", "4.0")
	return pds.Open(org, client, ids, o), s
}

// subjects are patients of an ask, with the birth date our register has of all of them.
func subjects(born string, patients ...record.NHSNumber) *fetch.Subjects {
	return fhirtest.Born(born, fhirtest.Subjects("", patients...))
}

// read asks a source for everything of patients.
func read(t testing.TB, s *pds.Source, of *fetch.Subjects) (map[fetch.Kind]fetch.Answer, error) {
	t.Helper()
	return fhirtest.Read(t, s, terms(), of, s.Kinds()...)
}

func persons(a map[fetch.Kind]fetch.Answer, i int) []record.Person {
	return fetch.RowsOf[record.Person](a[fetch.Persons]).Of(i)
}

func contacts(a map[fetch.Kind]fetch.Answer, i int) []record.Contact {
	return fetch.RowsOf[record.Contact](a[fetch.Contacts]).Of(i)
}

func needs(a map[fetch.Kind]fetch.Answer, i int) []record.Need {
	return fetch.RowsOf[record.Need](a[fetch.Needs]).Of(i)
}
