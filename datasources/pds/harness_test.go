package pds_test

import (
	"compress/gzip"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/datasources/pds"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
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
var terms = sync.OnceValue(func() *fetch.Terms {
	f := exclusion.Default().For("TREAT")
	return &fetch.Terms{ExcludedCodes: f.Codes(), ExcludedWords: f.Pattern(), ExcludedStems: f.Stems(), Specialties: f.Specialties(), Now: now}
})

// payload reads a file of testdata, unzipped.
func payload(t testing.TB, name string) string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

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

func bundle(resources ...string) string {
	entries := make([]string, len(resources))
	for i, r := range resources {
		entries[i] = `{"resource":` + r + `}`
	}
	return `{"resourceType":"Bundle","type":"searchset","entry":[` + strings.Join(entries, ",") + `]}`
}

func related(n record.NHSNumber, members ...string) string {
	return `{"resourceType":"RelatedPerson","patient":{"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(n) + `"}},` + strings.Join(members, ",") + `}`
}

// events are what a source observed.
type events struct {
	mu  sync.Mutex
	all map[string]int
}

func (e *events) observe(_ context.Context, event fhir.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all == nil {
		e.all = map[string]int{}
	}
	e.all[string(event.Kind)+" "+event.Where] += event.Count
}

func (e *events) lines() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.all))
}

func (e *events) count(key string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.all[key]
}

type answer = func(http.ResponseWriter, *http.Request)

func respond(status int, body string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/fhir+json; charset=utf-8; fhirVersion=4.0")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func outcome(code string) string {
	return `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"value","details":{"coding":[{"system":"https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode","code":"` + code + `"}]},"diagnostics":"of 9990000018"}]}`
}

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
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client, err := fhir.NewClient(server.URL+"/FHIR/R4", fhir.Options{Version: "4.0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return pds.Open(org, client, ids, o), s
}

// subjects are patients of an ask, with the birth date our register has of all of them.
func subjects(born string, patients ...record.NHSNumber) *fetch.Subjects {
	s := &fetch.Subjects{Patients: patients, Index: map[record.NHSNumber]int{}}
	for i, p := range patients {
		s.Numbers, s.AdultFrom, s.Born, s.Index[p] = append(s.Numbers, string(p)), append(s.AdultFrom, ""), append(s.Born, born), i
	}
	return s
}

// read asks a source for everything of patients.
func read(t testing.TB, s *pds.Source, of *fetch.Subjects) (map[fetch.Kind]fetch.Answer, error) {
	t.Helper()
	var asks []fetch.Ask
	for _, kind := range s.Kinds() {
		asks = append(asks, fetch.Ask{Kind: kind, Subjects: of})
	}
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
	byKind := map[fetch.Kind]fetch.Answer{}
	for ask, answer := range got {
		byKind[ask.Kind] = answer
	}
	return byKind, err
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

// failure is why a subject was not answered for.
func failure(a fetch.Answer, i int) error {
	if a.Err != nil {
		return a.Err
	}
	if a.Errs == nil {
		return nil
	}
	return a.Errs[i]
}

func marked(marks []bool, i int) bool { return marks != nil && marks[i] }
