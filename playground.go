package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/config"
	"carerecord/internal/playground"
	"carerecord/internal/record"
	"carerecord/internal/sample"
)

// tabs are the operations the playground opens, in order.
var tabs = []struct{ file, name string }{
	{"patient-summary", "PatientSummary"},
	{"ward-list", "WardList"},
	{"needs-and-contacts", "NeedsAndContacts"},
	{"result-trend", "ResultTrend"},
	{"timeline", "Timeline"},
	{"full-record", "FullRecord"},
	{"document", "Document"},
	{"slow-source", "SlowSource"},
	{"break-glass", "BreakGlass"},
	{"opt-out", "OptOuts"},
	{"access-log", "AccessLog"},
	{"viewer", "Viewer"},
}

// ward are ten residents whose answers differ.
var ward = []record.NHSNumber{
	sample.Whole, sample.Conflicting, sample.Contradicted, sample.NoneKnown, sample.Unreadable,
	sample.Detained, sample.Deceased, sample.OptedOut, sample.Restricted, sample.NotInCare,
}

func (s *service) playgroundOptions() playground.Options {
	return playground.Options{
		Operations: s.tabs(), Personas: s.personas, Residents: s.residents, Hosts: hosts(s.config.Addr.Host), Logger: s.told.Log,
	}
}

func (s *service) tabs() []playground.Operation {
	var operations []playground.Operation
	for _, tab := range tabs {
		text, _ := operationFiles.ReadFile("operations/" + tab.file + ".graphql") // it is in the program
		operations = append(operations, playground.Operation{Name: tab.name, Query: string(text), Variables: s.variables(tab.name)})
	}
	return operations
}

// variables are example variables for an operation.
func (s *service) variables(operation string) json.RawMessage {
	values := map[string]any{"nhsNumber": string(sample.Whole)}
	switch operation {
	case "WardList":
		numbers := make([]string, len(ward))
		for i, number := range ward {
			numbers[i] = string(number)
		}
		values = map[string]any{"nhsNumbers": numbers}
	case "ResultTrend":
		values["test"] = map[string]string{"system": "http://snomed.info/sct", "code": "1011481000000105"} // eGFR
	case "Document":
		values["id"] = s.document(sample.Whole)
	case "BreakGlass":
		values = map[string]any{"input": map[string]any{
			"nhsNumber": string(sample.NotInCare), "reason": "EMERGENCY", "note": "Brought in unconscious", "classes": []record.Class{record.ClassDemographics, record.ClassAllergies, record.ClassMedications},
		}}
	case "OptOuts":
		values["input"] = map[string]any{
			"nhsNumber": string(sample.Whole), "channel": "PAPER_FORM", "receivedOn": record.Today(time.Now()), "requestedBy": "SELF",
		}
	case "Viewer":
		return nil
	}
	text, _ := json.MarshalIndent(values, "", "  ") // texts alone, so it cannot err
	return text
}

// document is the id of one of a resident's documents.
func (s *service) document(number record.NHSNumber) record.ID {
	source, id, err := s.demo.Document(context.Background(), number)
	if err != nil {
		return "an id from documents { nodes { id } }"
	}
	return record.NewIdentifier(s.config.Secrets.IDs).Document(source, number, id)
}

// shift is how long the playground's tokens are valid.
const shift = 8 * time.Hour

func (s *service) personas(context.Context) ([]playground.Persona, error) {
	now := time.Now()
	var personas []playground.Persona
	for _, p := range auth.Personas {
		token, err := s.demo.Issuer.Token(p, auth.TokenOptions{Expires: shift, Now: now})
		if err != nil {
			return nil, err
		}
		found, _ := s.config.Directory.Find(p.Org)
		personas = append(personas, playground.Persona{
			Persona: p.Name, Label: p.Staff, Role: string(p.Role), Purpose: string(p.Purpose),
			Organisation: playground.Organisation{ODSCode: p.Org, Name: cmp.Or(found.Name, p.Org)}, Token: token, ExpiresAt: now.Add(shift),
		})
	}
	return personas, nil
}

func (s *service) residents(ctx context.Context) ([]playground.Resident, error) {
	list, err := s.demo.Residents(ctx)
	if err != nil {
		return nil, err
	}
	shows := map[record.NHSNumber]string{}
	for _, scenario := range sample.ScenarioTable() {
		shows[scenario.Number] = scenario.Shows
	}
	residents := make([]playground.Resident, len(list))
	for i, r := range list {
		residents[i] = playground.Resident{NHSNumber: string(r.Number), Name: r.Name, Note: shows[r.Number]}
	}
	return residents, nil
}

// hosts are the host names by which a browser may reach an exposed demonstration.
func hosts(listening string) []string {
	names := []string{listening}
	if listening != "" && !net.ParseIP(listening).IsUnspecified() {
		return names
	}
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	addresses, _ := net.InterfaceAddrs()
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok {
			names = append(names, network.IP.String())
		}
	}
	return names
}

// firstQuery is the query that the demonstration suggests.
const firstQuery = `{ patient(nhsNumber: \"%s\") { name { full } age allergies { state nodes { substance { display } } } } }`

// firstRequest is the body of a first request: text, or an id if text is not answered.
func (s *service) firstRequest() string {
	if s.config.Documents.Mode == config.Only {
		return fmt.Sprintf(`{"documentId": "patient-summary", "variables": {"nhsNumber": "%s"}}`, string(sample.Whole))
	}
	return `{"query": "` + fmt.Sprintf(firstQuery, string(sample.Whole)) + `"}`
}

// greet prints the service's address and, in the demonstration, how to query it.
func (s *service) greet(stdout io.Writer, at net.Addr) {
	if s.demo == nil {
		s.told.Log.Info("serving", "address", at.String(), "sources", len(s.sources), "policy", s.config.Policy.Version,
			"trusted documents", s.trusted.Len(), "documents", s.config.Documents.Mode)
		return
	}
	for _, step := range s.demo.Steps {
		s.told.Log.Debug("started", "step", step.Name, "milliseconds", step.Took.Milliseconds())
	}
	address := reachable(at)
	where := ""
	if address != "127.0.0.1:8080" {
		where = " -addr " + address
	}
	if s.config.Data != "" {
		where = " -data " + s.config.Data
	}
	playground := "http://" + address + "/"
	if s.config.Documents.Mode == config.Only {
		playground += " (it sends text, which -documents only does not answer)"
	}
	fmt.Fprintf(stdout, `
The playground:  %[5]s
A token:         %[2]s token gp%[3]s
A first query:

  curl -s http://%[1]s/graphql \
    -H "Authorization: Bearer $(%[2]s token gp%[3]s)" \
    -H 'Content-Type: application/json' \
    -d '%[4]s'

The opt-out form: http://%[1]s/opt-out
Ctrl-C stops it.
`, address, called(), where, s.firstRequest(), playground)
}

// reachable is the address to type: a listener on every interface is reachable on loopback too.
func reachable(at net.Addr) string {
	host, port, err := net.SplitHostPort(at.String())
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return at.String()
}

// called is how to call this program: "go run ." if that built it.
func called() string {
	path, err := os.Executable()
	if err == nil && strings.Contains(path, string(filepath.Separator)+"go-build") {
		return "go run ."
	}
	return os.Args[0]
}
