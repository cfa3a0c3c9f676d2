package main

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"carerecord/internal/config"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/internal/telemetry"
)

// published is a structured record that GP Connect's suppliers published.
func published(t *testing.T) string {
	t.Helper()
	file, err := os.Open("datasources/gpconnect/testdata/structured/EMISPatientStructurede2eResponsePWTP2.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var (
	numberIn = regexp.MustCompile(`("https://fhir\.nhs\.uk/Id/nhs-number",\s*"value":\s*")[^"]*`)
	birthIn  = regexp.MustCompile(`("birthDate":\s*")[^"]*`)
)

// practiceFolder is a practice's GP Connect answers: for one resident as they are, for
// another with somebody else's birth date.
func practiceFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	people, err := everybody()
	if err != nil {
		t.Fatal(err)
	}
	born := map[record.NHSNumber]record.PartialDate{}
	for _, p := range people {
		born[p.Number] = p.Born
	}
	for number, on := range map[record.NHSNumber]record.PartialDate{sample.Whole: born[sample.Whole], sample.NoneKnown: "1901-02-03"} {
		text := numberIn.ReplaceAllString(published(t), "${1}"+string(number))
		text = birthIn.ReplaceAllString(text, "${1}"+string(on))
		text = strings.ReplaceAll(text, "data-in-transit", "confidential-items")
		if err := os.WriteFile(filepath.Join(dir, "of-"+string(number[len(number)-2:])+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A practiceServer is a practice's GP Connect endpoint that does not know one resident,
// and may not tell of another.
type practiceServer struct {
	url     string
	mu      sync.Mutex
	headers []http.Header
}

func newPracticeServer(t *testing.T) *practiceServer {
	t.Helper()
	p := &practiceServer{}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL + "/fhir"
	return p
}

func (p *practiceServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	status, code := http.StatusForbidden, "NO_PATIENT_CONSENT"
	if strings.Contains(string(body), string(sample.Whole)) || r.Method == http.MethodGet {
		status, code = http.StatusNotFound, "PATIENT_NOT_FOUND"
	}
	if r.Method == http.MethodPost {
		p.mu.Lock()
		p.headers = append(p.headers, r.Header.Clone())
		p.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/fhir+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","details":{"coding":[{"code":%q}]}}]}`, code)
}

// wasToldWhoAsks looks at what came with the requests.
func (p *practiceServer) wasToldWhoAsks(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.headers) != 2 {
		t.Fatalf("%d requests for two patients", len(p.headers))
	}
	for _, h := range p.headers {
		if h.Get("Ssp-From") != "200000000001" || h.Get("Ssp-To") != "200000000002" {
			t.Errorf("headers %v", h)
		}
		parts := strings.Split(strings.TrimPrefix(h.Get("Authorization"), "Bearer "), ".")
		if len(parts) != 3 {
			t.Fatalf("authorisation %q", h.Get("Authorization"))
		}
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		var claims struct {
			Sub, Aud, Iss string
			Organisation  struct{ Identifier []struct{ Value string } } `json:"requesting_organization"`
			Practitioner  struct{ Name []struct{ Family string } }      `json:"requesting_practitioner"`
		}
		if err = errors.Join(err, json.Unmarshal(payload, &claims)); err != nil {
			t.Fatal(err)
		}
		org, who := claims.Organisation.Identifier, claims.Practitioner.Name
		if claims.Sub == "" || claims.Aud != p.url || claims.Iss == "" || len(org) != 1 || org[0].Value != "F83999" || len(who) != 1 || who[0].Family == "" {
			t.Errorf("claims %s", payload)
		}
	}
}

// One request reads two practices by FHIR and everybody else by SQL.
func TestPracticesByFHIRBesideSQL(t *testing.T) {
	from := demonstration(t)
	other, counters := newPracticeServer(t), free(t)
	address, said := served(t, "carerecord", map[string]string{
		"X2GPA": "kind: gp-connect, url: 'fhir-dir:" + practiceFolder(t) + "', migrate: true, hedge: true, deadline: 9s",
		"X2GPB": "kind: gp-connect, url: '" + other.url + "', asid-from: '200000000001', asid-to: '200000000002'",
	}, "-metrics", counters)
	if err := untilReady(address, nil); err != nil {
		t.Fatal(err)
	}
	gp := tokenOf(t, from, "gp")
	query := `query ($numbers: [NHSNumber!]!) { patients(nhsNumbers: $numbers) { nhsNumber patient {
		allergies { state complete gaps { sector organisation { odsCode } reason } nodes { substance { display } provenance { sector sourceSystem } } }
		alerts { gaps { sector organisation { odsCode } reason } }
	} } }`
	_, _, text := post(t, address, gp, query, map[string]any{"numbers": []record.NHSNumber{sample.Whole, sample.NoneKnown}})
	type gap struct {
		Sector       string
		Organisation struct{ ODSCode string }
		Reason       string
	}
	type list struct {
		State string
		Gaps  []gap
		Nodes []struct {
			Substance  struct{ Display string }
			Provenance struct{ Sector, SourceSystem string }
		}
	}
	var got struct {
		Errors []any
		Data   struct {
			Patients []struct {
				NHSNumber string
				Patient   struct{ Allergies, Alerts list }
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil || len(got.Errors) > 0 || len(got.Data.Patients) != 2 {
		t.Fatalf("%v: %s", err, text)
	}
	gapsOf := func(l list, practice string) (reasons []string) {
		for _, g := range l.Gaps {
			if g.Organisation.ODSCode == practice {
				reasons = append(reasons, g.Reason)
			}
		}
		return reasons
	}
	for _, p := range got.Data.Patients {
		bySector, byFHIR := map[string]int{}, 0
		for _, x := range p.Patient.Allergies.Nodes {
			bySector[x.Provenance.Sector]++
			if x.Provenance.SourceSystem == "GP Connect" {
				byFHIR++
			}
		}
		reasons := fmt.Sprint(gapsOf(p.Patient.Allergies, "X2GPA"), gapsOf(p.Patient.Alerts, "X2GPA"), gapsOf(p.Patient.Allergies, "X2GPB"))
		switch p.NHSNumber {
		case string(sample.Whole):
			if byFHIR != 4 || bySector["ACUTE"] == 0 || reasons != "[] [UNAVAILABLE] []" {
				t.Errorf("%v, %d by FHIR, gaps %s: %s", bySector, byFHIR, reasons, text)
			}
		default:
			if byFHIR != 0 || reasons != "[IDENTITY_MISMATCH] [UNAVAILABLE] [REFUSED]" || p.Patient.Allergies.State == "NONE_KNOWN" || p.Patient.Allergies.State == "NONE_RECORDED" {
				t.Errorf("somebody else's: %v, gaps %s: %s", bySector, reasons, text)
			}
		}
	}
	other.wasToldWhoAsks(t)
	if strings.Contains(strings.ToLower(text), "confidential") {
		t.Error("the answer says that something is confidential")
	}
	_, metrics := get(t, "http://"+counters+"/metrics", "")
	for _, line := range []string{
		`carerecord_source_findings_total{finding="mismatched",organisation="X2GPA",sector="GP"} 1`, `carerecord_alarms_total{alarm="SOURCE_MISMATCHED"} 1`,
		`carerecord_alarms_total{alarm="SOURCE_FOREIGN"} 0`, // there before the first
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("no %s in the metrics", line)
		}
	}
	if strings.Contains(strings.ToLower(metrics), "confidential") { // who asks for one patient between two looks learns it
		t.Error("the metrics say that something is confidential")
	}
	if log := said.String(); !strings.Contains(log, `"finding":"mismatched"`) || strings.Contains(strings.ToLower(log), "confidential") || strings.Contains(log, string(sample.Whole)) || strings.Contains(log, string(sample.NoneKnown)) {
		t.Errorf("the log:\n%s", log)
	}
	_, _, sources := post(t, address, tokenOf(t, from, "developer"), `{ serviceSources { sector organisation { odsCode } kind state } }`, nil)
	if !strings.Contains(sources, `{"sector":"GP","organisation":{"odsCode":"X2GPA"},"kind":"FHIR","state":"UP"}`) || !strings.Contains(sources, `"kind":"SQL"`) {
		t.Errorf("sources %s", sources)
	}
}

// Every kind of FHIR source opens on a folder, is there, and says what it can be asked.
func TestEveryKindOfFHIRSourceOpens(t *testing.T) {
	s := &service{told: telemetry.New(io.Discard, "text", "error"), config: &config.Config{}}
	org := &record.Organisation{ODSCode: "RAL", Name: "The Trust"}
	for kind, sector := range map[config.Kind]record.Sector{
		config.GPConnect: record.GP, config.UKCore: record.Acute, config.PDS: record.Demographics, config.Interweave: record.SocialCare,
	} {
		opened, err := s.openFHIR(config.Source{Sector: sector, Organisation: "RAL", Kind: kind, FHIR: config.FHIR{At: config.Endpoint{Folder: t.TempDir()}}}, org, record.NewIdentifier([]byte("a secret of the tests")))
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if err := opened.touch(t.Context()); err != nil || opened.Name() != string(sector)+"/RAL" || len(opened.Kinds()) == 0 || opened.kind != record.SourceFHIR {
			t.Errorf("%s: %v, %s, %v", kind, err, opened.Name(), opened.Kinds())
		}
		opened.close()
	}
	if len(adapters) != 4 {
		t.Errorf("%d adapters", len(adapters))
	}
}
