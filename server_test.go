package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/csv"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"carerecord/internal/config"
	"carerecord/internal/demo"
	"carerecord/internal/embedded"
	"carerecord/internal/load"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/resolvers"
)

// asProgram has the copy of the test that it is set for be the program itself.
const asProgram = "CARERECORD_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	embedded.Main()
	status := m.Run()
	if shared.stop != nil {
		shared.stop()
	}
	os.Exit(status)
}

// shared is one demonstration for the tests that leave it as it is. It is one that
// is kept: the real service refuses a database that could lose the audit trail.
var shared struct {
	once    sync.Once
	data    string
	address string
	metrics string
	said    *output
	stop    func()
	err     error
}

func demonstration(t *testing.T) string {
	t.Helper()
	shared.once.Do(func() {
		shared.address, shared.metrics = free(t), free(t)
		if shared.data, shared.err = pgtest.MakeDir(); shared.err != nil {
			return
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		shared.said = &output{}
		go func() {
			ended <- run(ctx, []string{"-addr", shared.address, "-metrics", shared.metrics, "-data", shared.data}, os.Getenv, shared.said, shared.said)
		}()
		shared.stop = func() { cancel(); <-ended; os.RemoveAll(shared.data) }
		shared.err = untilReady(shared.address, ended)
	})
	if shared.err != nil {
		t.Fatalf("%v\n%s", shared.err, shared.said)
	}
	return shared.address
}

// output is what a command said so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// free is an address nobody listens on at the moment. It is none of those that the system
// gives to whoever asks for any, which a test beside this one may be given meanwhile.
func free(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port++
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+port%20_000))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

var port = rand.IntN(20_000)

var client = &http.Client{Timeout: 2 * time.Minute}

// untilReady waits for a server that says it is ready, or that ended.
func untilReady(address string, ended <-chan error) error {
	impatient := &http.Client{Timeout: 5 * time.Second}
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); {
		select {
		case err := <-ended:
			return fmt.Errorf("it ended: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
		answer, err := impatient.Get("http://" + address + "/readyz")
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return nil
		}
	}
	return errors.New("it did not become ready")
}

// command runs a command to its end and gives what it printed.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if err := run(t.Context(), args, os.Getenv, &stdout, &stderr); err != nil {
		t.Fatalf("%v: %v\n%s%s", args, err, &stdout, &stderr)
	}
	return stdout.String()
}

func tokenOf(t *testing.T, address, persona string) string {
	t.Helper()
	text := command(t, "token", persona, "-addr", address)
	if strings.Count(text, "\n") != 1 || strings.Count(text, ".") != 2 {
		t.Fatalf("token printed %q", text)
	}
	return strings.TrimSpace(text)
}

// answer is a GraphQL answer, as far as the tests look at it.
type answer struct {
	status int
	header http.Header
	Data   struct {
		Patient *struct {
			ID, NHSNumber string
			Documents     struct{ Nodes []struct{ ID string } }
			Document      *struct{ Text string }
			Allergies     struct{ State string }
		}
		Patients []struct {
			NHSNumber string
			Patient   *struct{ ID string }
			Refusal   *struct{ Code string }
		}
		Viewer *struct{ Role string }
		Schema *struct{ QueryType struct{ Name string } } `json:"__schema"`
	}
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

func (a answer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

func ask(t *testing.T, address, token, query string, variables map[string]any) (a answer) {
	t.Helper()
	status, header, text := post(t, address, token, query, variables)
	a.status, a.header = status, header
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return a
}

// post sends a query and gives the answer as it is.
func post(t *testing.T, address, token, query string, variables map[string]any) (int, http.Header, string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

func get(t *testing.T, url, token string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func operation(t *testing.T, name string) string {
	t.Helper()
	text, err := operationFiles.ReadFile("operations/" + name + ".graphql")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheOperationsOfTheContractAnswer(t *testing.T) {
	address := demonstration(t)
	token := tokenOf(t, address, "gp")
	whole := map[string]any{"nhsNumber": string(sample.Whole)}
	for _, name := range []string{"patient-summary", "full-record", "needs-and-contacts", "timeline"} {
		if a := ask(t, address, token, operation(t, name), whole); a.status != http.StatusOK || len(a.Errors) > 0 || a.Data.Patient == nil || a.Data.Patient.ID == "" {
			t.Errorf("%s: %d %v", name, a.status, a.Errors)
		}
	}
	found := ask(t, address, token, operation(t, "full-record"), whole)
	if len(found.Data.Patient.Documents.Nodes) == 0 {
		t.Fatal("no documents")
	}
	a := ask(t, address, token, operation(t, "document"), map[string]any{"nhsNumber": string(sample.Whole), "id": found.Data.Patient.Documents.Nodes[0].ID})
	if a.Data.Patient == nil || a.Data.Patient.Document == nil {
		t.Errorf("document: %v", a.Errors)
	}
	a = ask(t, address, token, operation(t, "result-trend"), map[string]any{
		"nhsNumber": string(sample.Whole), "test": map[string]string{"system": "http://snomed.info/sct", "code": "1011481000000105"},
	})
	if a.Data.Patient == nil || len(a.Errors) > 0 {
		t.Errorf("result-trend: %v", a.Errors)
	}
	if a := ask(t, address, token, operation(t, "viewer"), nil); a.Data.Viewer == nil || a.Data.Viewer.Role != "GENERAL_PRACTITIONER" {
		t.Errorf("viewer: %+v", a)
	}
}

func TestAWardListAnswersForEach(t *testing.T) {
	address := demonstration(t)
	want := map[string]string{
		string(sample.Whole): "", string(sample.OptedOut): "RECORD_WITHHELD", string(sample.Restricted): "PATIENT_NOT_FOUND",
		string(sample.NotInCare): "NO_CARE_RELATIONSHIP", string(sample.Nobody): "NO_CARE_RELATIONSHIP",
	}
	var numbers []string
	for number := range want {
		numbers = append(numbers, number)
	}
	a := ask(t, address, tokenOf(t, address, "hospital-doctor"), operation(t, "ward-list"), map[string]any{"nhsNumbers": numbers})
	if len(a.Errors) > 0 || len(a.Data.Patients) != len(numbers) {
		t.Fatalf("%v", a.Errors)
	}
	for _, p := range a.Data.Patients {
		got := ""
		if p.Refusal != nil {
			got = p.Refusal.Code
		}
		if got != want[p.NHSNumber] || (p.Patient == nil) == (got == "") {
			t.Errorf("one is answered %q, not %q", got, want[p.NHSNumber])
		}
	}
}

func TestWhoReadsRecordsAndWhoDoesNot(t *testing.T) {
	address := demonstration(t)
	query := operation(t, "patient-summary")
	for persona, code := range map[string]string{
		"gp": "", "hospital-doctor": "", "mental-health-nurse": "", "social-worker": "", "receptionist": "", "care-manager": "",
		"privacy-officer": "FORBIDDEN", "opt-out-officer": "FORBIDDEN", "analyst": "FORBIDDEN", "developer": "FORBIDDEN",
	} {
		a := ask(t, address, tokenOf(t, address, persona), query, map[string]any{"nhsNumber": string(sample.Whole)})
		if a.code() != code || (a.Data.Patient == nil) == (code == "") {
			t.Errorf("%s: %q, want %q", persona, a.code(), code)
		}
	}
}

func TestWithoutATokenNothingRuns(t *testing.T) {
	address := demonstration(t)
	for _, token := range []string{"", "nonsense", tokenOf(t, address, "gp") + "x"} {
		a := ask(t, address, token, "{ viewer { role } }", nil)
		if a.status != http.StatusUnauthorized || a.code() != "UNAUTHENTICATED" || a.header.Get("WWW-Authenticate") != "Bearer" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v %v", a.status, a.Errors, a.header)
		}
	}
}

func TestTheFirstQueryWorksAsItIsPrinted(t *testing.T) {
	address := demonstration(t)
	printed := shared.said.String()
	body := regexp.MustCompile(`-d '(.*)'`).FindStringSubmatch(printed)
	if body == nil || !strings.Contains(printed, "http://"+address+"/graphql") || !strings.Contains(printed, "token gp -data "+shared.data) {
		t.Fatalf("printed:\n%s", printed)
	}
	var request struct{ Query string }
	if err := json.Unmarshal([]byte(body[1]), &request); err != nil {
		t.Fatal(err)
	}
	if a := ask(t, address, tokenOf(t, address, "gp"), request.Query, nil); a.Data.Patient == nil || a.Data.Patient.Allergies.State != "RECORDED" {
		t.Errorf("%+v", a)
	}
}

// What a resident sends by the form waits for the officer, and holds when it is accepted.
func TestTheOptOutForm(t *testing.T) {
	address := demonstration(t)
	page := "http://" + address + "/opt-out"
	_, form := get(t, page, "")
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(form)
	if token == nil {
		t.Fatalf("no form:\n%s", form)
	}
	time.Sleep(4 * time.Second) // as somebody who writes
	values := url.Values{
		"token": {token[1]}, "kind": {"OPT_OUT"}, "by": {"SELF"}, "name": {"Errol Misprint"}, "day": {"2"}, "month": {"3"}, "year": {"1960"}, "postcode": {"N1 1AA"}, "number": {string(sample.NoneKnown)},
	}
	response, err := http.PostForm(page, values)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if response.StatusCode != http.StatusOK || strings.Contains(string(text), string(sample.NoneKnown)) {
		t.Fatalf("%d %s", response.StatusCode, text)
	}
	officer := func(query string) string {
		t.Helper()
		_, _, text := post(t, address, tokenOf(t, address, "opt-out-officer"), query, nil)
		return text
	}
	queue := officer(`{ optOutRequests { edges { node { id name match { nhsNumber name postcode } } } } }`)
	id := regexp.MustCompile(`"id":"([^"]+)","name":"Errol Misprint","match":\{"nhsNumber":"MATCH","name":"NO_MATCH","postcode":"NO_MATCH"\}`).FindStringSubmatch(queue)
	if id == nil {
		t.Fatalf("the queue: %s", queue)
	}
	gp := func() string {
		t.Helper()
		_, _, text := post(t, address, tokenOf(t, address, "gp"), `{ patient(nhsNumber: "`+string(sample.NoneKnown)+`") { id } }`, nil)
		return text
	}
	if before := gp(); strings.Contains(before, "errors") {
		t.Fatalf("a request alone withholds nothing: %s", before)
	}
	decide := `mutation { decideOptOutRequest(input: {id: "` + id[1] + `", decision: ACCEPTED, nhsNumber: "` + string(sample.NoneKnown) + `"}) { optOut { status } } }`
	if decided := officer(decide); !strings.Contains(decided, "IN_FORCE") {
		t.Errorf("accepted: %s", decided)
	}
	if after := gp(); !strings.Contains(after, "RECORD_WITHHELD") {
		t.Errorf("afterwards: %s", after)
	}
	officer(`mutation { withdrawOptOut(input: {nhsNumber: "` + string(sample.NoneKnown) + `", channel: PAPER_FORM, receivedOn: "2026-01-05", requestedBy: SELF}) { optOut { id } } }`)
	if after := gp(); strings.Contains(after, "errors") {
		t.Errorf("a change of mind: %s", after)
	}
}

// An answer that discloses carries a receipt that verifies; a change of one digit does not
// pass, and an answer that discloses nobody has none.
func TestAnAnswerThatWasKept(t *testing.T) {
	address := demonstration(t)
	query := `{ patient(nhsNumber: "` + string(sample.Whole) + `") { age allergies { nodes { substance { display } } } } }`
	_, _, answer := post(t, address, tokenOf(t, address, "gp"), query, nil)
	path := filepath.Join(t.TempDir(), "answer.json")
	verify := func(text string, flags ...string) (string, error) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var said output
		err := run(t.Context(), append([]string{"receipt", "verify", path}, flags...), os.Getenv, &said, &said)
		return said.String(), err
	}
	if said, err := verify(answer, "-addr", address); err != nil || !strings.Contains(said, "This is what the service sent") {
		t.Fatalf("%v: %s", err, answer)
	}
	_, keys := get(t, "http://"+address+"/receipt-keys.json", "")
	published := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(published, []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := verify(answer, "-keys", published); err != nil {
		t.Errorf("with the published keys: %v", err)
	}
	changed := regexp.MustCompile(`"age":\d`).ReplaceAllString(answer, `"age":1`)
	if _, err := verify(changed, "-keys", published); err == nil || changed == answer || !strings.Contains(err.Error(), "not what was sent") {
		t.Errorf("changed: %v", err)
	}
	file := func(text string) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "given")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const asked = `query Ages($numbers: [NHSNumber!]!) { patients(nhsNumbers: $numbers) { patient { age } } }`
	_, _, answer = post(t, address, tokenOf(t, address, "gp"), asked, map[string]any{"numbers": []string{string(sample.Whole)}})
	document, variables := file(asked), file(`{ "numbers": ["`+string(sample.Whole)+`"] }`)
	running, err := demo.Find("", address)
	if err != nil {
		t.Fatal(err)
	}
	secrets := file("secrets:\n  ids: " + file(string(running.Secret("ids"))) + "\n")
	for _, tt := range []struct {
		name  string
		flags []string
		want  string // in what is said, or in the error
		fails bool
	}{
		{"the document", []string{"-keys", published, "-document", document}, "to this document: " + document, false},
		{"both, of the demonstration", []string{"-addr", address, "-document", document, "-variables", variables}, "to these variables: " + variables, false},
		{"another document", []string{"-keys", published, "-document", file(asked + "\n")}, "-document: the receipt is for something else", true},
		{"other variables", []string{"-addr", address, "-variables", file("{}")}, "-variables: the receipt is for something else", true},
		{"variables without the secret", []string{"-keys", published, "-variables", variables}, "-config FILE", true},
		{"settings without it", []string{"-keys", published, "-config", file("log:\n  level: info\n"), "-variables", variables}, "-config FILE", true},
		{"settings that hold nothing else", []string{"-keys", published, "-config", secrets, "-variables", variables}, "to these variables: " + variables, false},
	} {
		said, err := verify(answer, tt.flags...)
		if err != nil {
			said = err.Error()
		}
		if (err != nil) != tt.fails || !strings.Contains(said, tt.want) {
			t.Errorf("%s: %v: %s", tt.name, err, said)
		}
	}
	_, _, refused := post(t, address, tokenOf(t, address, "gp"), strings.ReplaceAll(query, string(sample.Whole), string(sample.OptedOut)), nil)
	if strings.Contains(refused, "receipt") {
		t.Errorf("a refusal has a receipt: %s", refused)
	}
}

// everybody is whom the demonstration holds, who take seconds to make.
var everybody = sync.OnceValues(func() ([]load.Person, error) { return sample.Residents(time.Now()) })

func TestTheListOfResidents(t *testing.T) {
	address := demonstration(t)
	lines, err := csv.NewReader(strings.NewReader(command(t, "residents", "-csv", "-addr", address))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(lines[0], ","); got != "nhs_number,name,born,practice,hospital,opted_out,restricted,sectors" {
		t.Errorf("header %s", got)
	}
	people, err := everybody()
	if err != nil {
		t.Fatal(err)
	}
	byNumber := map[string][]string{}
	for _, line := range lines[1:] {
		byNumber[line[0]] = line
	}
	for _, p := range people {
		if line := byNumber[string(p.Number)]; line == nil || line[1] != p.Name || line[3] != p.Practice {
			t.Errorf("%s: %q", p.Name, line)
		}
	}
	if line := byNumber[string(sample.OptedOut)]; line[5] != "yes" || line[6] != "no" {
		t.Errorf("opted out: %q", line)
	}
	if line := byNumber[string(sample.Restricted)]; line[5] != "no" || line[6] != "yes" {
		t.Errorf("restricted: %q", line)
	}
	if line := byNumber[string(sample.Whole)]; line[7] != "DEMOGRAPHICS;ACUTE;GP;MENTAL_HEALTH;SOCIAL_CARE" || line[4] != "RAL" {
		t.Errorf("whole: %q", line)
	}
}

func TestTheTrailHoldsAndGrows(t *testing.T) {
	address := demonstration(t)
	token := tokenOf(t, address, "gp")
	before := events(t, address)
	ask(t, address, token, operation(t, "patient-summary"), map[string]any{"nhsNumber": string(sample.Whole)})
	if after := events(t, address); after != before+1 {
		t.Errorf("%d events, then %d", before, after)
	}
}

func events(t *testing.T, address string) (n int) {
	t.Helper()
	text := command(t, "audit", "verify", "-addr", address)
	if _, err := fmt.Sscanf(text, "The audit trail holds: %d", &n); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

func TestWhatElseTheDemonstrationAnswers(t *testing.T) {
	address := demonstration(t)
	for path, want := range map[string]string{
		"/": "playground", "/healthz": "ok", "/readyz": `"ready":true`, "/schema.graphql": "type Patient",
		"/playground/personas": "mental-health-nurse", "/playground/settings": "PatientSummary",
	} {
		if status, text := get(t, "http://"+address+path, ""); status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: %d, no %q", path, status, want)
		}
	}
	if status, text := get(t, "http://"+shared.metrics+"/metrics", ""); status != http.StatusOK || !strings.Contains(text, "carerecord_source_reads_total") {
		t.Errorf("the metrics: %d", status)
	} else if regexp.MustCompile(`\b9[0-9]{9}\b`).MatchString(strings.ReplaceAll(text, "carerecord_", "")) && strings.Contains(text, string(sample.Whole)) {
		t.Error("a patient in the metrics")
	} else {
		for _, alarm := range resolvers.Alarms { // there before the first, or whatever watches for a rise does not see that one
			if !strings.Contains(text, fmt.Sprintf("carerecord_alarms_total{alarm=%q} ", alarm)) {
				t.Errorf("no counter of %s", alarm)
			}
		}
	}
	if status, _ := get(t, "http://"+address+"/elsewhere", ""); status != http.StatusNotFound {
		t.Errorf("elsewhere: %d", status)
	}
	if a := ask(t, address, tokenOf(t, address, "gp"), "{ __schema { queryType { name } } }", nil); a.Data.Schema == nil {
		t.Errorf("introspection: %v", a.Errors)
	}
	if text := command(t, "schema"); !strings.Contains(text, "type Query") {
		t.Error("schema prints no Query")
	}
}

// The service's own port has no /metrics, whether they answer elsewhere or nowhere, and
// theirs has nothing else.
func TestMetricsHaveAPortOfTheirOwn(t *testing.T) {
	demo := demonstration(t)
	at := free(t)
	own, _ := served(t, "carerecord", nil, "-metrics", at)
	none, _ := served(t, "carerecord", nil)
	for _, address := range []string{demo, own, none} {
		for _, path := range []string{"/metrics", "/metrics/", "//metrics", "/metrics?x"} {
			if status, text := get(t, "http://"+address+path, ""); status != http.StatusNotFound || strings.Contains(text, "carerecord_") {
				t.Errorf("%s: %d %s", path, status, text)
			}
		}
	}
	for path, want := range map[string]int{"/metrics": http.StatusOK, "/": http.StatusNotFound, "/graphql": http.StatusNotFound, "/readyz": http.StatusNotFound} {
		if status, _ := get(t, "http://"+at+path, ""); status != want {
			t.Errorf("beside the service, %s: %d", path, status)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = run(t.Context(), []string{"-addr", free(t), "-metrics", taken.Addr().String()}, os.Getenv, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "-metrics HOST:PORT") {
		t.Errorf("an address that is taken: %v", err)
	}
}

func TestWhatIsLoadedIsThere(t *testing.T) {
	address := demonstration(t)
	folder := t.TempDir()
	patient := `{"resourceType":"Patient","id":"p1","name":[{"family":"Newcomer","given":["Nell"]}],"gender":"female","birthDate":"1971-04-05"}` + "\n"
	numbers := filepath.Join(folder, "numbers.csv")
	for name, text := range map[string]string{filepath.Join(folder, "Patient.ndjson"): patient, numbers: "patient_id,nhs_number\np1,9990001014\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if text := command(t, "-addr", address, "load", folder, "-numbers", numbers); !strings.Contains(text, "1 p") {
		t.Errorf("load said %s", text)
	}
	if text := command(t, "residents", "-csv", "-addr", address); !strings.Contains(text, "9990001014,Nell Newcomer,1971-04-05") {
		t.Error("not among the residents")
	}
}

// signingKey is the demonstration's own: what these services sign on its trail holds for whoever verifies that.
func signingKey(t *testing.T, d *demo.Demo) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(signingKeyOf(d))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
}

// served writes a configuration for the real service on the demonstration's
// databases, with a database of its own, and serves it. others are sources in place of
// the demonstration's, by ODS code.
func served(t *testing.T, own string, others map[string]string, args ...string) (address string, said *output) {
	t.Helper()
	d, err := demo.Find("", demonstration(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"ids": strings.Repeat("i", 40), "cursors": strings.Repeat("c", 40), "keys.json": string(d.Issuer.KeySet()), "signing.pem": signingKey(t, d)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environment := map[string]string{
		"OWN":   strings.Replace(d.DSN(), "/carerecord?", "/"+own+"?", 1),
		"OWNER": strings.Replace(d.OwnerDSN(), "/carerecord?", "/"+own+"?", 1),
	}
	var text strings.Builder
	fmt.Fprintf(&text, "database: {dsn: '${OWN}', owner-dsn: '${OWNER}'}\nsign-in: {issuer: '%s', audience: %s, keys: keys.json}\nsecrets: {ids: ids, cursors: cursors, signing: signing.pem}\nsources:\n",
		d.Issuer.Issuer, d.Issuer.Audience)
	for i, s := range d.Sources() {
		if other := others[s.ODS]; other != "" {
			fmt.Fprintf(&text, "  - {sector: %s, organisation: %s, %s}\n", s.Sector, s.ODS, other)
			continue
		}
		name := fmt.Sprintf("SOURCE_%d", i)
		environment[name] = s.DSN
		if s.ODS == "X1ISL" {
			environment[name] = "postgres://reader:pw@127.0.0.1:1/down"
		}
		fmt.Fprintf(&text, "  - {sector: %s, organisation: %s, dsn: '${%s}', pool: 1}\n", s.Sector, s.ODS, name)
	}
	path := filepath.Join(dir, "config.yml")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	address, said = free(t), &output{}
	if !slices.Contains(args, "-metrics") {
		args = append(slices.Clone(args), "-metrics=")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve", "-config", path, "-addr", address}, args...), func(name string) string { return environment[name] }, said, said)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get("http://" + address + "/healthz"); err == nil {
			answer.Body.Close()
			return address, said
		}
		if time.Now().After(end) {
			t.Fatalf("it does not serve:\n%s", said)
		}
	}
}

func TestTheRealService(t *testing.T) {
	from := demonstration(t)
	address, said := served(t, "carerecord", nil) // the demonstration's own database, for its consent facts
	if err := untilReady(address, nil); err != nil {
		t.Fatal(err)
	}
	gp, developer := tokenOf(t, from, "gp"), tokenOf(t, from, "developer")
	a := ask(t, address, gp, operation(t, "patient-summary"), map[string]any{"nhsNumber": string(sample.Whole)})
	if a.Data.Patient == nil || a.Data.Patient.Allergies.State != "RECORDED" {
		t.Errorf("%+v", a)
	}
	if !strings.Contains(said.String(), "a source does not answer") {
		t.Error("the log does not say that a source is down")
	}
	if _, text := get(t, "http://"+address+"/readyz", ""); !strings.Contains(text, `"organisation":"X1ISL","state":"not"`) {
		t.Errorf("readyz %s", text)
	}
	for path, want := range map[string][3]int{"/": {404, 404, 404}, "/playground/personas": {404, 404, 404}, "/schema.graphql": {401, 403, 200}} {
		for i, token := range []string{"", gp, developer} {
			if status, _ := get(t, "http://"+address+path, token); status != want[i] {
				t.Errorf("%s for %d: %d, want %d", path, i, status, want[i])
			}
		}
	}
	if a := ask(t, address, gp, "{ __schema { queryType { name } } }", nil); a.Data.Schema != nil || len(a.Errors) == 0 {
		t.Error("a professional reads the schema")
	}
	if a := ask(t, address, developer, "{ __schema { queryType { name } } }", nil); a.Data.Schema == nil {
		t.Errorf("a developer does not read the schema: %v", a.Errors)
	}
	if strings.Contains(said.String(), string(sample.Whole)) {
		t.Error("a patient in the log")
	}
}

// Who is signed in and refused before anything runs stands on the trail once for each
// reason, when the service ends at the latest; whoever is not is in the log alone.
func TestRefusedRequestsReachTheTrail(t *testing.T) {
	from := demonstration(t)
	d, err := demo.Find("", from)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), d.OwnerDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var last int64
	if err := conn.QueryRow(t.Context(), `SELECT sequence FROM audit.head`).Scan(&last); err != nil {
		t.Fatal(err)
	}
	t.Run("served", func(t *testing.T) {
		address, _ := served(t, "carerecord", nil)
		if err := untilReady(address, nil); err != nil {
			t.Fatal(err)
		}
		gp := tokenOf(t, from, "gp")
		for range 3 {
			ask(t, address, gp, "{ nothing }", nil)
		}
		ask(t, address, gp, `{ patient(nhsNumber: "9990000010") { id } }`, nil)
		get(t, "http://"+address+"/schema.graphql", gp)
		ask(t, address, "", "{ nothing }", nil)
		ask(t, address, gp+"x", "{ nothing }", nil)
		ask(t, address, gp, "{ viewer { role } }", nil)
	})
	rows, _ := conn.Query(t.Context(), `
		SELECT concat_ws(' ', event ->> 'subject', event ->> 'organisation', event ->> 'outcome', split_part(event ->> 'note', '; last', 1), event ->> 'address', length(event ->> 'request') > 0)
		FROM audit.event WHERE event ->> 'action' = 'REJECT' AND sequence > $1 ORDER BY sequence`, last)
	events, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"demo-gp F83999 REJECTED GRAPHQL_VALIDATION_FAILED; requests: 3 127.0.0.1 t",
		"demo-gp F83999 REJECTED INVALID_NHS_NUMBER; requests: 1 127.0.0.1 t",
		"demo-gp F83999 REJECTED FORBIDDEN; requests: 1 127.0.0.1 t",
	}, events); diff != "" {
		t.Error(diff)
	}
}

// theirs is a folder with a manifest of another team and its one document.
func theirs(t *testing.T, purposes string) (dir, text string) {
	t.Helper()
	dir, text = t.TempDir(), "query Alerts($nhsNumber: NHSNumber!) { patient(nhsNumber: $nhsNumber) { id allergies { state } } }"
	manifest := "app: theirs\nowner: Their team\ndocuments:\n  - {id: their-allergies, file: allergies.graphql, purposes: [" + purposes + "], classes: [ALLERGIES], safety: Show the state.}\n"
	for name, content := range map[string]string{"theirs.yml": manifest, "allergies.graphql": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, text
}

// named sends the id of a trusted document.
func named(t *testing.T, address, token, id string, variables map[string]any) (a answer) {
	t.Helper()
	status, text := sent(t, address, token, map[string]any{"documentId": id, "variables": variables})
	a.status = status
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return a
}

// sent is the status and the answer to a body.
func sent(t *testing.T, address, token string, members map[string]any) (int, string) {
	t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// The demonstration takes ids and text, counts the text, and refuses a document under a
// purpose that is not its own.
func TestTrustedDocuments(t *testing.T) {
	address := demonstration(t)
	gp := tokenOf(t, address, "gp")
	whole := map[string]any{"nhsNumber": string(sample.Whole)}
	for _, id := range []string{"patient-summary", "sha256:" + fmt.Sprintf("%x", sha256.Sum256([]byte(operation(t, "patient-summary"))))} {
		if a := named(t, address, gp, id, whole); a.Data.Patient == nil || a.Data.Patient.Allergies.State != "RECORDED" {
			t.Errorf("%s: %d %v", id, a.status, a.Errors)
		}
	}
	if status, text := get(t, "http://"+address+"/graphql?documentId=viewer", gp); status != http.StatusOK || !strings.Contains(text, "GENERAL_PRACTITIONER") {
		t.Errorf("viewer by GET: %d %s", status, text)
	}
	for id, persona := range map[string]string{"opt-out": "gp", "access-log": "gp", "patient-summary": "opt-out-officer", "break-glass": "care-manager"} {
		_, text := sent(t, address, tokenOf(t, address, persona), map[string]any{"documentId": id, "variables": whole})
		if strings.Contains(text, `"data"`) || !strings.Contains(text, "DOCUMENT_NOT_TRUSTED") || !strings.Contains(text, "registered for the purpose") {
			t.Errorf("%s for %s: %s", id, persona, text)
		}
	}
	if a := ask(t, address, gp, "{ viewer { role } }", nil); a.Data.Viewer == nil {
		t.Errorf("text beside ids: %v", a.Errors)
	}
	_, metrics := get(t, "http://"+shared.metrics+"/metrics", "")
	for _, counted := range []string{`carerecord_documents_total{app="record-viewer",document="patient-summary"}`, `carerecord_documents_total{app="",document="free text"}`} {
		if !strings.Contains(metrics, counted) {
			t.Errorf("no %s", counted)
		}
	}
}

// A service that answers trusted documents only, those of a folder among them.
func TestOnlyTrustedDocuments(t *testing.T) {
	from := demonstration(t)
	dir, text := theirs(t, "TREAT")
	address, said := served(t, "carerecord", nil, "-documents", "only", "-documents-dir", dir)
	if err := untilReady(address, nil); err != nil {
		t.Fatal(err)
	}
	gp, whole := tokenOf(t, from, "gp"), map[string]any{"nhsNumber": string(sample.Whole)}
	if a := named(t, address, gp, "their-allergies", whole); a.Data.Patient == nil || a.Data.Patient.Allergies.State != "RECORDED" {
		t.Errorf("%+v", a)
	}
	for _, query := range []string{text, operation(t, "patient-summary"), "{ __typename }"} {
		_, answered := sent(t, address, gp, map[string]any{"query": query, "variables": whole})
		if strings.Contains(answered, `"data"`) || !strings.Contains(answered, "DOCUMENT_NOT_TRUSTED") || !strings.Contains(answered, "send its documentId") {
			t.Errorf("%.40s: %s", query, answered)
		}
	}
	if log := said.String(); !strings.Contains(log, `"document":"their-allergies","app":"theirs"`) || !strings.Contains(log, `"document":"free text"`) || strings.Contains(log, "__typename") {
		t.Errorf("the log:\n%s", log)
	}
}

// An organisation that the demonstration has no system of cannot be left out of it; of one that it has nothing is reached.
func TestTheDemonstrationWithoutASystem(t *testing.T) {
	var stderr bytes.Buffer
	err := run(t.Context(), []string{"-addr", free(t), "-metrics=", "-demo-without", "XXX9"}, os.Getenv, io.Discard, io.Discard)
	if status := exit(io.Discard, &stderr, err); status != 2 || !strings.Contains(stderr.String(), "of XXX9; name one of X26, RAL") {
		t.Errorf("%d\n%s", status, &stderr)
	}
	if got := unreachable("postgres://reader:p%40ss@/acute_ral?host=%2Frun%2Fhere&port=5432&sslmode=disable"); got != "postgres://reader:p%40ss@/acute_ral?host=%2Frun%2Fhere&port=1&sslmode=disable" {
		t.Error(got)
	}
}

// A document that does not hold keeps the service from starting, with the reason.
func TestADocumentThatDoesNotHoldStopsTheStart(t *testing.T) {
	dir, _ := theirs(t, "TREAT, PATADMIN")
	var stderr bytes.Buffer
	err := run(t.Context(), []string{"-addr", free(t), "-metrics=", "-documents-dir", dir}, os.Getenv, io.Discard, io.Discard)
	if status := exit(io.Discard, &stderr, err); status != 2 || !strings.Contains(stderr.String(), "their-allergies: for the purpose PATADMIN no role may see ALLERGIES") {
		t.Errorf("%d\n%s", status, &stderr)
	}
}

// A link that leads out of the folder is not followed.
func TestADocumentOutsideItsFolder(t *testing.T) {
	dir, text := theirs(t, "TREAT")
	outside := filepath.Join(t.TempDir(), "outside.graphql")
	path := filepath.Join(dir, "allergies.graphql")
	if err := errors.Join(os.WriteFile(outside, []byte(text), 0o600), os.Remove(path), os.Symlink(outside, path)); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), []string{"-addr", free(t), "-metrics=", "-documents-dir", dir}, os.Getenv, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "allergies.graphql cannot be read") {
		t.Errorf("%v", err)
	}
}

func TestEveryOperationIsTrusted(t *testing.T) {
	c, err := config.Load(os.Getenv, nil)
	if err != nil {
		t.Fatal(err)
	}
	documents, leftOut, err := trustedDocuments(c)
	if err != nil || len(leftOut) > 0 {
		t.Fatal(err, leftOut)
	}
	if documents.Len() != len(tabs) {
		t.Errorf("%d trusted documents, %d operations: name each in documents/", documents.Len(), len(tabs))
	}
}

func TestAnOwnDatabaseThatComesLater(t *testing.T) {
	from := demonstration(t)
	address, said := served(t, "later", nil)
	gp := tokenOf(t, from, "gp")
	if status, text := get(t, "http://"+address+"/readyz", ""); status != http.StatusServiceUnavailable || !strings.Contains(text, `"database":"not"`) {
		t.Errorf("readyz %d %s", status, text)
	}
	query, variables := operation(t, "patient-summary"), map[string]any{"nhsNumber": string(sample.Whole)}
	if a := ask(t, address, gp, query, variables); a.Data.Patient != nil || a.code() != "CONSENT_UNAVAILABLE" && a.code() != "AUDIT_UNAVAILABLE" {
		t.Errorf("%+v", a)
	}
	server, err := embedded.Find(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.CreateDatabase(t.Context(), "later", embedded.Superuser); err != nil {
		t.Fatal(err)
	}
	if err := untilReady(address, nil); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if a := ask(t, address, gp, query, variables); a.code() != "NO_CARE_RELATIONSHIP" { // nobody is known there
		t.Errorf("%+v", a)
	}
}

// program starts a copy of the test as the program.
func program(t *testing.T, args ...string) (*exec.Cmd, *output) {
	t.Helper()
	said := &output{}
	p := exec.Command(os.Args[0], args...)
	p.Env = append(os.Environ(), asProgram+"=yes")
	p.Stdout, p.Stderr = said, said
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill() })
	return p, said
}

func TestASignalEndsItAndNothingStays(t *testing.T) {
	beside := demonstration(t) // two side by side
	address := free(t)
	p, said := program(t, "-addr", address, "-metrics=")
	if err := untilReady(address, nil); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	server, err := embedded.Find(address)
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := tokenOf(t, address, "gp"), tokenOf(t, beside, "gp")
	for _, c := range []struct {
		address, token string
		status         int
	}{{address, theirs, 200}, {beside, ours, 200}, {address, ours, 401}, {beside, theirs, 401}} {
		if a := ask(t, c.address, c.token, "{ viewer { role } }", nil); a.status != c.status {
			t.Errorf("%d, want %d", a.status, c.status)
		}
	}
	began := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("it ended with %v\n%s", err, said)
	}
	t.Log("stopped within", time.Since(began))
	if _, err := os.Stat(server.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its directory stays: %v", err)
	}
	if _, err := embedded.Find(address); !errors.Is(err, embedded.ErrNotRunning) {
		t.Errorf("it is still registered: %v", err)
	}
	if _, err := pgx.Connect(t.Context(), server.AdminDSN("postgres")); err == nil {
		t.Error("its PostgreSQL still answers")
	}
}

func TestFaultsEndWithTwo(t *testing.T) {
	for _, args := range [][]string{{"dance"}, {"-addr", "0.0.0.0:1"}, {"token", "nobody"}, {"serve"}, {"serve", "-config", "/nowhere"}} {
		var stderr bytes.Buffer
		err := run(t.Context(), args, func(string) string { return "" }, io.Discard, io.Discard)
		if status := exit(io.Discard, &stderr, err); status != 2 {
			t.Errorf("%v: %d", args, status)
		}
		usage := args[0] == "dance"
		if strings.Contains(stderr.String(), "Usage:") != usage || stderr.Len() == 0 {
			t.Errorf("%v:\n%s", args, &stderr)
		}
		if _, last, _ := strings.Cut(stderr.String(), "Usage:"); usage && !strings.HasSuffix(last, "see the usage\n") {
			t.Errorf("%v: what is wrong does not stand last", args)
		}
	}
	var faults config.Faults
	if err := run(t.Context(), []string{"residents", "-addr", free(t)}, os.Getenv, io.Discard, io.Discard); err == nil || errors.As(err, &faults) {
		t.Errorf("without a demonstration: %v", err)
	}
}

// Keys that cannot be had at the start end it, and whoever starts the service is told what to do.
func TestSigningKeysThatCannotBeHad(t *testing.T) {
	s := &service{config: &config.Config{SignIn: config.SignIn{Keys: config.Keys{URL: "https://127.0.0.1:1/jwks.json"}}}}
	if err := s.signIn(t.Context()); err == nil || !strings.Contains(err.Error(), "connection refused; nobody could sign in, so the service does not start: correct the address") {
		t.Error(err)
	}
}

// What a person did wrong is told without the name of the error's kind.
func TestFaultsInWords(t *testing.T) {
	for _, err := range []error{
		config.Faults{fmt.Errorf("load: %w: no file", record.ErrInvalid)},
		fmt.Errorf("load: %w: no file", record.ErrInvalid),
	} {
		var stderr bytes.Buffer
		exit(io.Discard, &stderr, err)
		if stderr.String() != "load: no file\n" {
			t.Errorf("%v: %s", err, &stderr)
		}
	}
}

// Help that was asked for is what was wanted.
func TestHelpIsNoFault(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-help"}, {"token", "-h"}} {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), args, func(string) string { return "" }, io.Discard, io.Discard)
		if status := exit(&stdout, &stderr, err); status != 0 || !strings.Contains(stdout.String(), "Usage:") || stderr.Len() > 0 {
			t.Errorf("%v: %d\n%s\n%s", args, status, &stdout, &stderr)
		}
	}
}

func TestEveryOperationHasATab(t *testing.T) {
	files, err := operationFiles.ReadDir("operations")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".graphql")
		if !slices.ContainsFunc(tabs, func(tab struct{ file, name string }) bool { return tab.file == name }) {
			t.Errorf("%s has no tab", name)
		}
	}
	for _, tab := range tabs {
		if !strings.Contains(operation(t, tab.file), " "+tab.name) {
			t.Errorf("%s has no operation %s", tab.file, tab.name)
		}
	}
}

// A policy without some of the roles, or lower limits, leave out documents that are built in and start.
func TestANarrowerPolicyOrLimits(t *testing.T) {
	text, err := os.ReadFile("internal/consent/policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	lines := []string{"-limits-tokens 500", "-limits-cost 10000", "-limits-depth 4", "-limits-body 2KiB", "-limits-spreads 40"}
	roles := whole["roles"].([]any)
	for i := range roles {
		whole["roles"] = slices.Delete(slices.Clone(roles), i, i+1)
		less, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "policy.json")
		if err := os.WriteFile(path, less, 0o600); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, "-policy "+path)
	}
	some := 0
	for _, line := range lines {
		c, err := config.Load(func(string) string { return "" }, strings.Fields(line))
		if err != nil {
			t.Fatal(err)
		}
		documents, leftOut, err := trustedDocuments(c)
		if err != nil || documents.Len() == 0 || len(leftOut) == 0 && documents.Len() != len(tabs) {
			t.Errorf("%s: %v, %v", line, leftOut, err)
		}
		if len(leftOut) > 0 {
			some++
		}
	}
	if some < 6 {
		t.Errorf("only %d of %d leave something out", some, len(lines))
	}
}
