//go:build prove

package gpconnect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// wireMock is the npm package that carries WireMock's jar.
const wireMock = "wiremock@3.13.2"

// The answers of NHS Digital's stubs that are no record, by file: what each becomes and
// what is observed. nil is a practice that does not know the patient.
var refusals = map[string]struct {
	kind     error
	observed string
}{
	"operationOutcomePatientNotFound.json":     {nil, ""},
	"operationOutcomeNoRelationship.json":      {record.ErrRefused, "refused NO_RELATIONSHIP"},
	"operationOutcomeInvalidDemographic.json":  {record.ErrRefused, "refused INVALID_PATIENT_DEMOGRAPHICS"},
	"operationOutcomeBadRequest.json":          {record.ErrMalformed, "malformed BAD_REQUEST"},
	"operationOutcomeInvalidNHSNumber.json":    {record.ErrMalformed, "malformed INVALID_NHS_NUMBER"},
	"operationOutcomeInvalidParameter.json":    {record.ErrMalformed, "malformed INVALID_PARAMETER"},
	"operationOutcomeInvalidResource.json":     {record.ErrMalformed, "malformed INVALID_RESOURCE"},
	"operationOutcomeInternalServerError.json": {record.ErrUnavailable, ""},
}

// notTheirs are the records that are not of the number they are stubs for, and why.
// TestEveryPayload reads them under a number of their own.
var notTheirs = map[string]string{
	"malformedDateStructuredRecord.json":                "it is another stub's record with a date that is none",
	"correctPatientStructuredRecordResponseNormal.json": noNumber,
	"patientWithMoreThan100NormalDocuments.json":        noNumber,
	"patientWithNoDocumentResources.json":               noNumber,
}

const noNumber = "the number has no valid check digit, so it is nobody's"

// Every number that NHS Digital's stubs know is asked for, and every answer is what
// testdata/read says of it, or the outcome of its code.
func TestNHSDigitalsOwnStubs(t *testing.T) {
	stubs := stubsOf(t)
	if len(stubs) != 24 {
		t.Fatalf("%d mappings", len(stubs))
	}
	base := startWireMock(t) + "/F83001/STU3/1/gpconnect/fhir"
	for _, stub := range stubs {
		t.Run(strings.TrimSuffix(stub.file, ".json")+" "+stub.number[len(stub.number)-3:], func(t *testing.T) {
			client, err := fhir.NewClient(base, fhir.Options{Version: "3.0"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			seen := &events{}
			s := gpconnect.Open(practice, client, ids, gpconnect.Options{Migrate: true, SourceOptions: seen.Options()})
			if refusal, is := refusals[stub.file]; is {
				isRefused(t, s, stub.number, refusal.kind, refusal.observed, seen)
				return
			}
			name := strings.TrimSuffix(stub.file, ".json")
			data := payload(t, "structured/"+name+".json.gz")
			if why := notTheirs[stub.file]; why != "" {
				if slices.Contains(fhir.Numbers([]byte(data)), record.NHSNumber(stub.number)) {
					t.Errorf("it is theirs, and not: %s", why)
				}
				isRefused(t, s, stub.number, record.ErrMalformed, "foreign Patient", seen)
				return
			}
			golden(t, filepath.Join("testdata", "read", name+".txt"), told(t, s, record.NHSNumber(stub.number), data, seen))
		})
	}
}

func isRefused(t *testing.T, s *gpconnect.Source, number string, kind error, observed string, seen *events) {
	t.Helper()
	got, err := one(t, s, &fetch.Ask{Kind: fetch.Allergies, Subjects: subjects(record.NHSNumber(number))})
	if !errors.Is(err, kind) || (err == nil) != (kind == nil) {
		t.Errorf("%v, want %v", err, kind)
	}
	if err == nil && (got.Absent == nil || !got.Absent[0] || len(entries(got)) > 0 || got.Unreadable != nil) {
		t.Errorf("%+v", got)
	}
	if observed != "" && seen.Count(observed) != 1 || observed == "" && len(seen.Lines()) > 0 {
		t.Errorf("observed %v", seen.Lines())
	}
}

// A stub is a number that the stubs know and the file they answer with.
type stubbed struct{ number, file string }

func stubsOf(t *testing.T) []stubbed {
	t.Helper()
	var all struct {
		Mappings []struct {
			Request struct {
				BodyPatterns []struct{ MatchesJSONPath string }
			}
			Response struct{ BodyFileName string }
		}
	}
	if err := json.Unmarshal([]byte(payload(t, "wiremock/mappings.json.gz")), &all); err != nil {
		t.Fatal(err)
	}
	var stubs []stubbed
	for _, m := range all.Mappings {
		number := regexp.MustCompile(`@\.value == '([0-9]+)'`).FindStringSubmatch(m.Request.BodyPatterns[1].MatchesJSONPath)
		if number == nil {
			t.Fatalf("%s is for no number", m.Response.BodyFileName)
		}
		stubs = append(stubs, stubbed{number[1], m.Response.BodyFileName})
	}
	return stubs
}

// startWireMock starts WireMock with the stubs on this machine and gives its address.
func startWireMock(t *testing.T) string {
	t.Helper()
	for _, tool := range []string{"java", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed; WireMock needs Java 17 and npm, so install both to prove this", tool)
		}
	}
	dir := t.TempDir()
	install := exec.CommandContext(t.Context(), "npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", dir, wireMock)
	if said, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm install %s: %v\n%s", wireMock, err, said)
	}
	jars, err := filepath.Glob(filepath.Join(dir, "node_modules/wiremock/build/wiremock-standalone-*.jar"))
	if err != nil || len(jars) != 1 {
		t.Fatalf("%d jars, %v", len(jars), err)
	}
	root := filepath.Join(dir, "root")
	layOut(t, root)
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	ctx, cancel := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, "java", "-jar", jars[0], "--port", port, "--bind-address", "127.0.0.1", "--root-dir", root, "--disable-banner", "--no-request-journal")
	said := &strings.Builder{}
	server.Stdout, server.Stderr = said, said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = server.Wait(); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if answer, err := http.Get("http://" + address + "/__admin/mappings?limit=1"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return "http://" + address
			}
		}
		if time.Now().After(end) {
			cancel()
			<-ended
			t.Fatalf("WireMock does not answer:\n%s", said)
		}
	}
}

// layOut writes the stubs as WireMock wants them.
func layOut(t *testing.T, root string) {
	t.Helper()
	write := func(name, data string) {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(data), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("mappings/mappings.json", payload(t, "wiremock/mappings.json.gz"))
	for _, pattern := range []string{"structured/*.gz", "errors/*.json"} {
		files, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			write("__files/"+strings.TrimSuffix(filepath.Base(file), ".gz"), payload(t, strings.TrimPrefix(file, "testdata/")))
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr())
}
