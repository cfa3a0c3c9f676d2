package ukcore_test

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

const (
	someone = record.NHSNumber("9990000018")
	another = record.NHSNumber("9990000026")
	third   = record.NHSNumber("9990000034")
)

var (
	now  = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	here = &record.Organisation{ODSCode: "RAL", Name: "The Trust"}
	ids  = record.NewIdentifier([]byte("a secret of the tests"))
)

// terms are those of direct care.
var terms = sync.OnceValue(func() *fetch.Terms { return fhirtest.Terms(now) })

// patientOf is a Patient of a number.
func patientOf(id string, number record.NHSNumber) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":%q}],"birthDate":"1970-09-11"}`, id, string(number))
}

// A trust is a FHIR server that searches what it holds.
type trust struct {
	strict bool // it includes only what _include names
	url    string
	held   []stored

	mu      sync.Mutex
	asked   []string          // what was asked for, by type; "batch" for one
	fails   map[string]int    // by type, the status it answers
	instead map[string]string // by type, the body it answers
	page    int               // how many resources it puts on a page, if fewer than asked for
	next    string            // a next link that it always gives
}

// stored is a resource that is held, taken apart once.
type stored struct {
	fhir.Resource
	identifiers, to []string
}

type entry struct {
	FullURL  string            `json:"fullUrl,omitempty"`
	Resource json.RawMessage   `json:"resource,omitempty"`
	Search   map[string]string `json:"search,omitempty"`
	Response map[string]string `json:"response,omitempty"`
}

type answer struct {
	ResourceType string              `json:"resourceType"`
	Type         string              `json:"type"`
	Link         []map[string]string `json:"link,omitempty"`
	Entry        []entry             `json:"entry,omitempty"`
}

// open serves resources as a trust does.
func open(t testing.TB, held ...string) *trust {
	t.Helper()
	s := &trust{fails: map[string]int{}, instead: map[string]string{}}
	for _, raw := range held {
		if !json.Valid([]byte(raw)) {
			t.Fatalf("not JSON: %s", raw)
		}
		r, _ := fhir.ParseResource(json.RawMessage(raw))
		s.held = append(s.held, stored{r, fhir.OwnIdentifiers(json.RawMessage(raw)), fhir.References(json.RawMessage(raw))})
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL + "/fhir"
	return s
}

func (s *trust) source(t testing.TB, sector record.Sector, o ukcore.Options) *ukcore.Source {
	t.Helper()
	client, err := fhir.NewClient(s.url, fhir.Options{Version: "4.0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return ukcore.Open(sector, here, client, ids, o)
}

func (s *trust) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/fhir+json;charset=UTF-8")
	if r.Method == http.MethodPost {
		s.batch(w, r)
		return
	}
	status, body := s.get(strings.TrimPrefix(r.URL.RequestURI(), "/fhir/"))
	w.WriteHeader(status)
	w.Write(body)
}

func (s *trust) batch(w http.ResponseWriter, r *http.Request) {
	s.note("batch")
	if status := s.fails["batch"]; status != 0 {
		w.WriteHeader(status)
		return
	}
	var batch struct {
		Entry []struct{ Request struct{ URL string } }
	}
	json.NewDecoder(r.Body).Decode(&batch)
	a := answer{ResourceType: "Bundle", Type: "batch-response"}
	for _, e := range batch.Entry {
		status, body := s.get(e.Request.URL)
		a.Entry = append(a.Entry, entry{Resource: body, Response: map[string]string{"status": strconv.Itoa(status) + " said"}})
	}
	data, _ := json.Marshal(a)
	w.Write(data)
}

func (s *trust) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, what)
}

// got is what was asked for, sorted.
func (s *trust) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.asked))
}

func (s *trust) get(address string) (int, []byte) {
	u, _ := url.Parse(address)
	resource, id, isRead := strings.Cut(u.Path, "/")
	s.note(resource)
	switch {
	case s.fails[resource] != 0:
		return s.fails[resource], []byte(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception","diagnostics":"of 9990000018"}]}`)
	case s.instead[resource] != "":
		return 200, []byte(s.instead[resource])
	case isRead:
		for _, r := range s.held {
			if r.Type == resource && r.ID == id {
				return 200, r.Raw
			}
		}
		return 404, []byte(`{}`)
	}
	return 200, s.search(u, resource)
}

func (s *trust) search(u *url.URL, resource string) []byte {
	q := u.Query()
	var matched []stored
	for _, r := range s.held {
		if r.Type == resource && r.matches(q) {
			matched = append(matched, r)
		}
	}
	count, _ := strconv.Atoi(q.Get("_count"))
	if s.page > 0 {
		count = s.page
	}
	from, _ := strconv.Atoi(q.Get("from"))
	a := answer{ResourceType: "Bundle", Type: "searchset"}
	end := min(from+count, len(matched))
	for _, r := range matched[from:end] {
		a.Entry = append(a.Entry, s.entry(r, "match"))
	}
	if q.Has("_include") && s.strict {
		a.Entry = append(a.Entry, s.strictly(q, matched[from:end])...)
	} else if q.Has("_include") {
		a.Entry = append(a.Entry, s.included(matched[from:end])...)
	}
	if end < len(matched) {
		q.Set("from", strconv.Itoa(end))
		a.Link = []map[string]string{{"relation": "next", "url": s.url + "/" + resource + "?" + q.Encode()}}
	}
	if s.next != "" {
		a.Link = []map[string]string{{"relation": "next", "url": s.next}}
	}
	data, _ := json.Marshal(a)
	return data
}

func (s *trust) entry(r stored, mode string) entry {
	return entry{FullURL: s.url + "/" + r.Key(), Resource: r.Raw, Search: map[string]string{"mode": mode}}
}

func (r stored) matches(q url.Values) bool {
	if q.Has("identifier") {
		if !slices.ContainsFunc(strings.Split(q.Get("identifier"), ","), func(asked string) bool { return slices.Contains(r.identifiers, asked) }) {
			return false
		}
		if !q.Has("patient") {
			return true
		}
	}
	if ids := q.Get("_id"); ids != "" {
		if !slices.Contains(strings.Split(ids, ","), r.ID) {
			return false
		}
		if !q.Has("patient") {
			return true
		}
	}
	if category := q.Get("category"); category != "" && !strings.Contains(string(r.Raw), `"`+category+`"`) {
		return false
	}
	for asked := range strings.SplitSeq(q.Get("patient"), ",") {
		if asked != "" && slices.Contains(r.to, asked) {
			return true
		}
	}
	return false
}

// included are the resources that others refer to, two steps deep, but for patients.
func (s *trust) included(from []stored) []entry {
	var all []entry
	seen := map[string]bool{}
	for range 2 {
		var found []stored
		for _, r := range from {
			for _, to := range r.to {
				for _, other := range s.held {
					if other.Key() == to && other.Type != "Patient" && !seen[to] {
						seen[to] = true
						found = append(found, other)
						all = append(all, s.entry(other, "include"))
					}
				}
			}
		}
		from = found
	}
	return all
}

// whole is a Fetcher that gives all it has of one patient at once.
type whole map[record.NHSNumber]string

func (w whole) Whole() bool { return true }

func (w whole) Fetch(_ context.Context, r fhir.Request) ([]byte, error) {
	data, known := w[r.Patient]
	if !known {
		return nil, &fhir.StatusError{Status: 404, Codes: []string{"PATIENT_NOT_FOUND"}, Kind: record.ErrNotFound}
	}
	return []byte(data), fhir.Check([]byte(data))
}

// collection is a Bundle of resources, or of entries with their address.
func collection(resources ...string) string { return fhirtest.Bundle("collection", resources...) }

type events = fhirtest.Events

// subjects are patients of an ask.
func subjects(patients ...record.NHSNumber) *fetch.Subjects {
	return fhirtest.Subjects("", patients...)
}

// read asks a source for everything of patients.
func read(t testing.TB, s *ukcore.Source, of *fetch.Subjects) (map[fetch.Kind]fetch.Answer, error) {
	t.Helper()
	kinds := slices.DeleteFunc(s.Kinds(), func(kind fetch.Kind) bool { return kind == fetch.DocumentContent })
	return fhirtest.Read(t, s, terms(), of, kinds...)
}

// one asks a source one thing. The error is that of the read, the answer or the only patient.
func one(t testing.TB, s *ukcore.Source, ask *fetch.Ask) (fetch.Answer, error) {
	t.Helper()
	a, err := fhirtest.One(t, s, terms(), ask)
	return a, cmp.Or(err, a.Err, fhirtest.Only(a))
}

// entriesOf are the entries of an answer for a subject.
func entriesOf(a fetch.Answer, subject int) []record.RecordItem {
	if a.Rows == nil {
		return nil
	}
	of := reflect.ValueOf(a.Rows).MethodByName("Of").Call([]reflect.Value{reflect.ValueOf(subject)})[0]
	var all []record.RecordItem
	for i := range of.Len() {
		all = append(all, of.Index(i).Addr().Interface().(record.RecordItem))
	}
	return all
}

// said is an entry in a line: every member that is set.
func said(x record.RecordItem) string {
	v := reflect.ValueOf(x).Elem()
	from := record.Envelope(x).Provenance
	parts := []string{from.SourceID}
	if !from.RecordedAt.IsZero() {
		parts = append(parts, "recorded "+word(reflect.ValueOf(from.RecordedAt)))
	}
	if from.RecordedBy != nil {
		parts = append(parts, "by "+word(reflect.ValueOf(from.RecordedBy)))
	}
	return strings.Join(append(parts, members(v)...), " · ")
}

func members(v reflect.Value) []string {
	var parts []string
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if name == "Item" || strings.HasSuffix(name, "Precision") && v.Field(i).String() == "TIME" {
			continue
		}
		if name == "Document" {
			parts = append(parts, members(v.Field(i))...)
		} else if w := word(v.Field(i)); w != "" {
			parts = append(parts, name+": "+w)
		}
	}
	return parts
}

func word(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case record.DateTime:
		if x.IsZero() {
			return ""
		}
		return x.In(record.London).Format("2006-01-02T15:04")
	case record.Code:
		text := strings.TrimSpace(string(x.Code) + " " + x.Display)
		if x.Original != nil {
			text += " (" + word(reflect.ValueOf(*x.Original)) + ")"
		}
		return text
	case *record.ReportReference:
		if x == nil {
			return ""
		}
		return string(x.Title)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return word(v.Elem())
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			if w := word(v.Field(i)); w != "" && v.Type().Field(i).Name != "ID" {
				parts = append(parts, w)
			}
		}
		return strings.Join(parts, ", ")
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, "["+word(v.Index(i))+"]")
		}
		return strings.Join(parts, "")
	}
	if v.IsZero() && v.Kind() != reflect.Bool && v.Kind() != reflect.Int {
		return ""
	}
	return strings.Join(strings.Fields(fmt.Sprint(v.Interface())), " ")
}

// lines are the entries of an answer for the first subject, sorted.
func lines(a fetch.Answer) []string {
	var all []string
	for _, x := range entriesOf(a, 0) {
		all = append(all, said(x))
	}
	return all
}

// A payload is a published file.
type payload struct {
	File     string
	Resource json.RawMessage
}

// payloads are the files of a set.
func payloads(t testing.TB, name string) []payload {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name+".ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []payload
	reader := bufio.NewReader(unzipped)
	for {
		line, err := reader.ReadBytes('\n')
		if err == io.EOF {
			return all
		}
		var p payload
		if err != nil || json.Unmarshal(bytes.TrimSpace(line), &p) != nil {
			t.Fatal(name, err)
		}
		all = append(all, p)
	}
}
