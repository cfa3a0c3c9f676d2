package fhirtest

import (
	"compress/gzip"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// Terms are those of direct care at a moment.
func Terms(at time.Time) *fetch.Terms {
	f := exclusion.Default().For("TREAT")
	return &fetch.Terms{ExcludedCodes: f.Codes(), ExcludedWords: f.Pattern(), ExcludedStems: f.Stems(), Specialties: f.Specialties(), Now: at}
}

// Subjects are patients of an ask, all adult from the same day; "" where that is not known.
func Subjects(adultFrom string, patients ...record.NHSNumber) *fetch.Subjects {
	s := &fetch.Subjects{Patients: patients, Index: map[record.NHSNumber]int{}}
	for i, p := range patients {
		s.Numbers, s.AdultFrom, s.Index[p] = append(s.Numbers, string(p)), append(s.AdultFrom, adultFrom), i
	}
	return s
}

// Born are subjects with the birth date that our register has of all of them.
func Born(born string, s *fetch.Subjects) *fetch.Subjects {
	s.Born = slices.Repeat([]string{born}, len(s.Patients))
	return s
}

// A Reader is a source of any adapter.
type Reader interface {
	Read(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error)
}

// Read asks a source for kinds of entries all at once.
func Read(t testing.TB, s Reader, terms *fetch.Terms, of *fetch.Subjects, kinds ...fetch.Kind) (map[fetch.Kind]fetch.Answer, error) {
	t.Helper()
	asks := make([]*fetch.Ask, len(kinds))
	for i, kind := range kinds {
		asks[i] = &fetch.Ask{Kind: kind, Subjects: of}
	}
	got, err := s.Read(fetch.WithTerms(t.Context(), terms), asks)
	byKind := map[fetch.Kind]fetch.Answer{}
	for ask, answer := range got {
		byKind[ask.Kind] = answer
	}
	return byKind, err
}

// One asks a source one thing.
func One(t testing.TB, s Reader, terms *fetch.Terms, ask *fetch.Ask) (fetch.Answer, error) {
	t.Helper()
	before := *ask
	got, err := s.Read(fetch.WithTerms(t.Context(), terms), []*fetch.Ask{ask})
	if *ask != before {
		t.Errorf("%s: the ask was changed, which others may hold", ask.Kind)
	}
	return got[ask], err
}

// Failure is why a subject was not answered for; nil where it was.
func Failure(a fetch.Answer, i int) error {
	if a.Err != nil || a.Errs == nil {
		return a.Err
	}
	return a.Errs[i]
}

// Only is why the only subject of an ask was not answered for; nil where there are several.
func Only(a fetch.Answer) error {
	if len(a.Errs) == 1 {
		return a.Errs[0]
	}
	return nil
}

// Marked reports whether a subject is marked.
func Marked(marks []bool, i int) bool { return marks != nil && marks[i] }

// Events are what a source observed.
type Events struct {
	mu  sync.Mutex
	all map[string]int
}

// Observe counts an event.
func (e *Events) Observe(_ context.Context, event fhir.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all == nil {
		e.all = map[string]int{}
	}
	e.all[string(event.Kind)+" "+event.Where] += event.Count
}

// Options are those of a source that is observed.
func (e *Events) Options() fhir.SourceOptions { return fhir.SourceOptions{Observe: e.Observe} }

// Lines are the kinds and places of what was observed, sorted.
func (e *Events) Lines() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.all))
}

// Count is how often something was observed, by its line.
func (e *Events) Count(line string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.all[line]
}

// Responder answers with a status and a body of one type of content.
func Responder(contentType string) func(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(status int, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
}

// Outcome is an OperationOutcome of a code of the Spine. It says in words whom it is about,
// as some do.
func Outcome(system, code string) string {
	return `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","details":{"coding":[{"system":"` + system + `","code":"` + code + `"}]},"diagnostics":"for 9990000018"}]}`
}

// Bundle is a Bundle of resources, or of entries that begin with their address.
func Bundle(kind string, resources ...string) string {
	entries := make([]string, len(resources))
	for i, r := range resources {
		if entries[i] = r; !strings.HasPrefix(r, `{"fullUrl"`) {
			entries[i] = `{"resource":` + r + `}`
		}
	}
	return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
}

// Searchset is a Bundle of what was found.
func Searchset(resources ...string) string { return Bundle("searchset", resources...) }

// Client asks a server for a version of FHIR, below a path. Both end with the test.
func Client(t testing.TB, h http.Handler, path, version string) *fhir.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	client, err := fhir.NewClient(server.URL+path, fhir.Options{Version: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// Payload reads a file of testdata, unzipped.
func Payload(t testing.TB, name string) string {
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

// Folder is a folder of these files, by name, that stands for a source.
func Folder(t testing.TB, files map[string]string) *fhir.Folder {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder, err := fhir.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	return folder
}

// Allocated is how many bytes something takes, all told.
func Allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
