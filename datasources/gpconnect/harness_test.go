package gpconnect_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
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
var terms = sync.OnceValue(func() *fetch.Terms { return fhirtest.Terms(now) })

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

type events = fhirtest.Events

var (
	payload = fhirtest.Payload
	only    = fhirtest.Only
	respond = fhirtest.Responder("application/fhir+json;charset=UTF-8")
)

func outcome(code string) string {
	return fhirtest.Outcome("https://fhir.nhs.uk/STU3/ValueSet/Spine-ErrorOrWarningCode-1", code)
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

type answers = map[record.NHSNumber]func(http.ResponseWriter, *http.Request)

// serve is a source over a practice that answers so.
func serve(t testing.TB, a answers, o gpconnect.Options) (*gpconnect.Source, *stub) {
	t.Helper()
	s := &stub{answers: a}
	client := fhirtest.Client(t, s, "/F83001/STU3/1/gpconnect/structured/fhir", "3.0")
	return gpconnect.Open(practice, client, ids, o), s
}

// a fixed answers one body whatever it is asked.
type fixed string

func (f fixed) Fetch(context.Context, fhir.Request) ([]byte, error) {
	return []byte(f), fhir.Check([]byte(f))
}

// subjects are patients of an ask.
func subjects(patients ...record.NHSNumber) *fetch.Subjects {
	return fhirtest.Subjects("", patients...)
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
	byKind, err := fhirtest.Read(t, s, terms(), subjects(patients...), kinds...)
	for _, a := range byKind {
		if err == nil {
			err = only(a)
		}
	}
	return byKind, err
}

// one asks a source one thing of patients. The error is that of the read, or of the
// only patient.
func one(t testing.TB, s *gpconnect.Source, ask *fetch.Ask) (fetch.Answer, error) {
	t.Helper()
	a, err := fhirtest.One(t, s, terms(), ask)
	if err == nil {
		err = only(a)
	}
	return a, err
}

func newServer(t testing.TB, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
