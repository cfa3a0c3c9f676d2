package interweave_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/datasources/interweave"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

const (
	someone = record.NHSNumber("9990000018")
	another = record.NHSNumber("9990000026")
	third   = record.NHSNumber("9990000034")

	born  = "1992-01-27"
	adult = "2010-01-27"
)

var (
	now     = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	council = &record.Organisation{ODSCode: "702", Name: "The Council"}
	ids     = record.NewIdentifier([]byte("a secret of the tests"))
)

// terms are those of direct care.
var terms = sync.OnceValue(func() *fetch.Terms { return fhirtest.Terms(now) })

// examples are the published resources by file name, about someone.
func examples(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/examples/*.gz")
	if err != nil || len(files) != 40 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	all := map[string]string{}
	for _, name := range files {
		data := fhirtest.Payload(t, "examples/"+filepath.Base(name))
		all[strings.TrimSuffix(filepath.Base(name), ".json.gz")] = strings.ReplaceAll(data, `"123456789"`, `"`+string(someone)+`"`)
	}
	return all
}

// patient is a Patient called p and their number.
func patient(n record.NHSNumber, members ...string) string {
	return "{" + strings.Join(append([]string{`"resourceType":"Patient"`, `"id":"p` + string(n) + `"`,
		`"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(n) + `"}]`}, members...), ",") + "}"
}

// of is a resource of someone, as its type refers to them.
func of(kind string, members ...string) string { return ofPatient(someone, kind, members...) }

func ofPatient(n record.NHSNumber, kind string, members ...string) string {
	ref := `{"reference":"Patient/p` + string(n) + `"}`
	as := map[string]string{
		"Task": `"for":` + ref, "EpisodeOfCare": `"patient":` + ref, "RelatedPerson": `"patient":` + ref, "Appointment": `"participant":[{"actor":` + ref + `}]`,
	}[kind]
	if as == "" {
		as = `"subject":` + ref
	}
	return `{"resourceType":"` + kind + `",` + strings.Join(append(members, as), ",") + `}`
}

type events = fhirtest.Events

var (
	bundle  = fhirtest.Searchset
	failure = fhirtest.Failure
	marked  = fhirtest.Marked
	respond = fhirtest.Responder("application/fhir+json; charset=utf-8")
)

type answer = func(http.ResponseWriter, *http.Request)

// A stub answers a search for a type, as a council does; for one it has no answer for
// there is nothing.
type stub struct {
	mu      sync.Mutex
	answers map[string]answer
	asked   []string
	ids     []string // of the requests
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := strings.TrimPrefix(r.URL.Path, "/fhir/")
	s.mu.Lock()
	s.asked, s.ids = append(s.asked, kind+"?"+r.URL.Query().Encode()), append(s.ids, r.Header.Get("X-Request-Id"))
	a := s.answers[kind]
	s.mu.Unlock()
	if a == nil {
		a = respond(200, bundle())
	}
	a(w, r)
}

// types are the types of what was asked, each once, in order.
func (s *stub) types() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var types []string
	for _, asked := range s.asked {
		kind, _, _ := strings.Cut(asked, "?")
		types = append(types, kind)
	}
	slices.Sort(types)
	return strings.Join(slices.Compact(types), " ")
}

// serve is a source over a council that answers so.
func serve(t testing.TB, answers map[string]answer, o interweave.Options) (*interweave.Source, *stub) {
	t.Helper()
	s := &stub{answers: answers}
	client := fhirtest.Client(t, s, "/fhir", "4.0")
	return interweave.Open(council, client, ids, o), s
}

// holding is a council that has these resources of someone, found by their type.
func holding(t testing.TB, seen *events, resources ...string) (*interweave.Source, *stub) {
	t.Helper()
	byType := map[string][]string{}
	for _, r := range resources {
		_, kind, _ := strings.Cut(r, `"resourceType":"`)
		kind, _, _ = strings.Cut(kind, `"`)
		byType[kind] = append(byType[kind], r)
	}
	answers := map[string]answer{"Patient": respond(200, bundle(patient(someone, `"birthDate":"`+born+`"`)))}
	for kind, list := range byType {
		answers[kind] = respond(200, bundle(list...))
	}
	o := interweave.Options{}
	if seen != nil {
		o.Observe = seen.Observe
	}
	return serve(t, answers, o)
}

// subjects are adults of an ask.
func subjects(patients ...record.NHSNumber) *fetch.Subjects {
	return fhirtest.Born(born, fhirtest.Subjects(adult, patients...))
}

// kinds are all that Interweave carries, in the order in which they are written.
var kinds = []fetch.Kind{
	fetch.Alerts, fetch.Safeguarding, fetch.SocialCareAssessments, fetch.Requests, fetch.Services, fetch.SupportReasons, fetch.Equipment, fetch.CareTeam,
	fetch.Contacts, fetch.Carers, fetch.Appointments, fetch.Documents,
}

// read asks a source for everything.
func read(t testing.TB, s *interweave.Source, of *fetch.Subjects) (map[fetch.Kind]fetch.Answer, error) {
	t.Helper()
	return fhirtest.Read(t, s, terms(), of, kinds...)
}

// one asks a source one thing of someone.
func one(t testing.TB, s *interweave.Source, ask *fetch.Ask) (fetch.Answer, error) {
	t.Helper()
	if ask.Subjects == nil {
		ask.Subjects = subjects(someone)
	}
	return fhirtest.One(t, s, terms(), ask)
}

// entries are the entries of a subject, whatever their type.
func entries(a fetch.Answer, i int) []record.RecordItem {
	switch rows := a.Rows.(type) {
	case *fetch.Rows[record.Alert]:
		return items(rows.Of(i))
	case *fetch.Rows[record.SafeguardingConcern]:
		return items(rows.Of(i))
	case *fetch.Rows[record.SocialCareAssessment]:
		return items(rows.Of(i))
	case *fetch.Rows[record.SocialCareRequest]:
		return items(rows.Of(i))
	case *fetch.Rows[record.SocialCareService]:
		return items(rows.Of(i))
	case *fetch.Rows[record.SupportReason]:
		return items(rows.Of(i))
	case *fetch.Rows[record.Equipment]:
		return items(rows.Of(i))
	case *fetch.Rows[record.CareTeamMember]:
		return items(rows.Of(i))
	case *fetch.Rows[record.Contact]:
		return items(rows.Of(i))
	case *fetch.Rows[record.Carer]:
		return items(rows.Of(i))
	case *fetch.Rows[record.Appointment]:
		return items(rows.Of(i))
	case *fetch.Rows[record.Document]:
		return items(rows.Of(i))
	case *fetch.Rows[record.DocumentContent]:
		return items(rows.Of(i))
	}
	return nil
}

func items[T any, P interface {
	*T
	record.RecordItem
}](list []T) []record.RecordItem {
	all := make([]record.RecordItem, len(list))
	for i := range list {
		all[i] = P(&list[i])
	}
	return all
}
