package gpconnect_test

import (
	"compress/gzip"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

const (
	someone = record.NHSNumber("9990000018")
	another = record.NHSNumber("9990000026")
	third   = record.NHSNumber("9990000034")
	fourth  = record.NHSNumber("9990000042")
	fifth   = record.NHSNumber("9990000050")
)

var (
	now      = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	practice = &record.Organisation{ODSCode: "F83001", Name: "The Practice"}
	ids      = record.NewIdentifier([]byte("a secret of the tests"))
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
	var reader io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if reader, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	data, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// ownNumber is the number in the Patient of a payload, or what stands in its place.
var ownNumber = regexp.MustCompile(`"https://fhir\.nhs\.uk/Id/nhs-number",\s*"value":\s*"([^"]*)"`)

// about puts a patient's number in the place of the payload's own.
func about(data string, patient record.NHSNumber) string {
	start := strings.Index(data, `"Patient"`)
	if start < 0 {
		return data
	}
	m := ownNumber.FindStringSubmatch(data[start:])
	if m == nil {
		return data
	}
	return strings.ReplaceAll(data, m[1], string(patient))
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

// A stub answers for patients as a practice does.
type stub struct {
	mu      sync.Mutex
	answers map[record.NHSNumber]func(w http.ResponseWriter, r *http.Request)
	asked   []string // bodies
	headers []http.Header
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.asked = append(s.asked, string(body))
	s.headers = append(s.headers, r.Header.Clone())
	var answer func(http.ResponseWriter, *http.Request)
	for patient, a := range s.answers {
		if strings.Contains(string(body)+r.URL.String(), string(patient)) {
			answer = a
		}
	}
	s.mu.Unlock()
	if answer == nil {
		respond(404, outcome("PATIENT_NOT_FOUND"))(w, r)
		return
	}
	answer(w, r)
}

func respond(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/fhir+json;charset=UTF-8")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func outcome(code string) string {
	return `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","details":{"coding":[{"system":"https://fhir.nhs.uk/STU3/ValueSet/Spine-ErrorOrWarningCode-1","code":"` + code + `"}]},"diagnostics":"for 9990000018"}]}`
}

type answers = map[record.NHSNumber]func(http.ResponseWriter, *http.Request)

// serve is a source over a practice that answers so.
func serve(t testing.TB, a answers, o gpconnect.Options) (*gpconnect.Source, *stub) {
	t.Helper()
	s := &stub{answers: a}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client, err := fhir.NewClient(server.URL+"/F83001/STU3/1/gpconnect/structured/fhir", fhir.Options{Version: "3.0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return gpconnect.Open(practice, client, ids, o), s
}

// a fixed answers one body whatever it is asked.
type fixed string

func (f fixed) Fetch(context.Context, fhir.Request) ([]byte, error) {
	return []byte(f), fhir.Check([]byte(f))
}

// subjects are patients of an ask.
func subjects(patients ...record.NHSNumber) *fetch.Subjects {
	s := &fetch.Subjects{Patients: patients, Index: map[record.NHSNumber]int{}}
	for i, p := range patients {
		s.Numbers, s.AdultFrom, s.Index[p] = append(s.Numbers, string(p)), append(s.AdultFrom, ""), i
	}
	return s
}

// kinds are all that is asked in tests, in the order in which they are written.
var kinds = []fetch.Kind{
	fetch.Notes, fetch.Allergies, fetch.Medications, fetch.Problems, fetch.Immunisations, fetch.Reports, fetch.Results, fetch.VitalSigns,
	fetch.Consultations, fetch.Referrals, fetch.Contacts, fetch.CareTeam, fetch.Documents,
}

// read asks a source for everything of patients. The error is that of the read, or of
// the only patient.
func read(t testing.TB, s *gpconnect.Source, patients ...record.NHSNumber) (map[fetch.Kind]fetch.Answer, error) {
	t.Helper()
	of := subjects(patients...)
	asks := make([]fetch.Ask, len(kinds))
	for i, kind := range kinds {
		asks[i] = fetch.Ask{Kind: kind, Subjects: of}
	}
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
	byKind := map[fetch.Kind]fetch.Answer{}
	for ask, answer := range got {
		byKind[ask.Kind] = answer
		if err == nil {
			err = only(answer)
		}
	}
	return byKind, err
}

// only is why the source did not answer for the only patient of an ask.
func only(a fetch.Answer) error {
	if len(a.Errs) == 1 {
		return a.Errs[0]
	}
	return nil
}

// one asks a source one thing of patients. The error is that of the read, or of the
// only patient.
func one(t testing.TB, s *gpconnect.Source, ask fetch.Ask) (fetch.Answer, error) {
	t.Helper()
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), []fetch.Ask{ask})
	if err == nil {
		err = only(got[ask])
	}
	return got[ask], err
}

func newServer(t testing.TB, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
