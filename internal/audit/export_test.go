package audit_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
)

var site = audit.Site{Name: "records.example", Address: "https://records.example/graphql"}

// exported is what Export wrote, by id.
func exported(t *testing.T, db *pgtest.Database, f audit.Filter) map[string]any {
	t.Helper()
	var b bytes.Buffer
	n, err := audit.Export(t.Context(), pool(t, db), f, site, &b)
	if err != nil {
		t.Fatal(err)
	}
	all, lines := map[string]any{}, bufio.NewScanner(&b)
	events := int64(0)
	for lines.Scan() {
		var resource map[string]any
		if err := json.Unmarshal(lines.Bytes(), &resource); err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprint(resource["id"])
		all[id] = resource
		if strings.HasPrefix(id, "event-") {
			events++
		}
		for _, fault := range auditEventFaults(resource) {
			t.Errorf("%s: %s", id, fault)
		}
	}
	if events != n {
		t.Errorf("%d events, said to be %d", events, n)
	}
	return all
}

// in is the value at a path: names, or numbers of items.
func in(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

// sliced is the items of a list whose type has a code: of a Coding, or of a concept.
func sliced(v any, system, code string) (found []any) {
	list, _ := v.([]any)
	for _, item := range list {
		is := in(item, "type")
		if in(is, "coding") != nil {
			is = in(is, "coding", 0)
		}
		if in(is, "system") == system && in(is, "code") == code {
			found = append(found, item)
		}
	}
	return found
}

const (
	dcm   = "http://dicom.nema.org/resources/ontology/DCM"
	types = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
	balp  = "https://profiles.ihe.net/ITI/BALP/"
)

var (
	instants = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
	ids      = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)
)

// auditEventFaults is what an AuditEvent lacks of FHIR R4 and of the profile it names,
// by the rules of IHE's Basic Audit Log Patterns (PatientQuery, Query, AuthZconsent),
// written out here by hand.
func auditEventFaults(e map[string]any) (faults []string) {
	must := func(holds bool, what string) {
		if !holds {
			faults = append(faults, what)
		}
	}
	// FHIR R4: required elements, the value sets of code elements, and sev-1.
	must(e["resourceType"] == "AuditEvent", "resourceType")
	must(ids.MatchString(fmt.Sprint(e["id"])), "id")
	must(in(e, "type", "system") != nil && in(e, "type", "code") != nil, "type 1..1")
	must(instants.MatchString(fmt.Sprint(e["recorded"])), "recorded is an instant")
	must(strings.Contains("CRUDE", fmt.Sprint(e["action"])), "action")
	must(slices.Contains([]any{"0", "4", "8", "12"}, e["outcome"]), "outcome")
	must(in(e, "source", "observer") != nil, "source.observer 1..1")
	agents, _ := e["agent"].([]any)
	entities, _ := e["entity"].([]any)
	must(len(agents) > 0, "agent 1..*")
	for _, a := range agents {
		_, is := in(a, "requestor").(bool)
		must(is, "agent.requestor 1..1")
	}
	for _, x := range entities {
		must(in(x, "name") == nil || in(x, "query") == nil, "sev-1: a name or a query, not both")
	}
	faults = append(faults, empties(e, "AuditEvent")...)
	profile, _ := in(e, "meta", "profile", 0).(string)
	if profile == "" {
		return faults
	}
	one := func(list any, system, code, what string) any {
		found := sliced(list, system, code)
		must(len(found) == 1, what+" 1..1")
		if len(found) != 1 {
			return nil
		}
		return found[0]
	}
	userRules := func() {
		for _, u := range sliced(e["agent"], "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP") {
			must(in(u, "who") != nil && in(u, "requestor") == true && in(u, "media") == nil && in(u, "network") == nil, "agent:user")
		}
	}
	patientRules := func() {
		p := one(e["entity"], types, "1", "entity:patient")
		must(in(p, "role", "system") == "http://terminology.hl7.org/CodeSystem/object-role" && in(p, "role", "code") == "1", "entity:patient.role")
		must(in(p, "what", "type") == "Patient", "entity:patient.what is of a Patient")
		must(in(p, "what", "identifier", "system") == "https://fhir.nhs.uk/Id/nhs-number", "entity:patient by NHS number")
	}
	userRules()
	switch strings.TrimPrefix(profile, balp+"StructureDefinition/") {
	case "IHE.BasicAudit.PatientQuery", "IHE.BasicAudit.Query":
		must(in(e, "type", "code") == "rest" && in(e, "type", "system") == "http://terminology.hl7.org/CodeSystem/audit-event-type", "type rest")
		must(in(e, "subtype", 0, "system") == "http://hl7.org/fhir/restful-interaction" && in(e, "subtype", 0, "code") == "search", "subtype search")
		must(e["action"] == "E" && e["outcome"] == "0", "action E, outcome 0")
		client, server := one(e["agent"], dcm, "110153", "agent:client"), one(e["agent"], dcm, "110152", "agent:server")
		for _, side := range []any{client, server} {
			must(in(side, "who") != nil && in(side, "network", "address") != nil && in(side, "media") == nil, "client and server have who and network, no media")
		}
		must(fmt.Sprint(in(server, "who")) == fmt.Sprint(in(e, "source", "observer")), "val-audit-source: the server observes")
		q := one(e["entity"], types, "2", "entity:query")
		must(in(q, "role", "code") == "24" && in(q, "what") == nil && in(q, "lifecycle") == nil && in(q, "detail") == nil, "entity:query")
		raw, err := base64.StdEncoding.DecodeString(fmt.Sprint(in(q, "query")))
		must(err == nil && len(raw) > 0, "entity:query.query in base64")
		for _, x := range sliced(e["entity"], balp+"CodeSystem/BasicAuditEntityType", "XrequestId") {
			must(in(x, "what", "identifier", "value") != nil, "entity:transaction")
		}
		if strings.HasSuffix(profile, "PatientQuery") {
			patientRules()
		}
	case "IHE.BasicAudit.AuthZconsent":
		must(in(e, "type", "code") == "110113" && in(e, "type", "system") == dcm, "type Security Alert")
		must(in(e, "subtype", 0, "system") == balp+"CodeSystem/AuthZsubType" && slices.Contains([]any{"AuthZ-Consent", "AuthZ-Role"}, in(e, "subtype", 0, "code")), "subtype")
		must(e["action"] == "E", "action E")
		client := one(e["agent"], dcm, "110150", "agent:client")
		must(in(client, "who") != nil && in(client, "network") != nil && in(client, "role") == nil && in(client, "name") == nil && in(client, "purposeOfUse") == nil, "agent:client")
		one(e["agent"], "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "agent:user")
		org := one(e["agent"], "http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV", "agent:userorg")
		must(in(org, "who") != nil && in(org, "requestor") == false && in(org, "role") == nil && in(org, "name") == nil, "agent:userorg")
		by := one(e["agent"], "http://terminology.hl7.org/CodeSystem/extra-security-role-type", "authserver", "agent:authorizer")
		must(in(by, "requestor") == false && in(by, "network") == nil && fmt.Sprint(in(by, "who")) == fmt.Sprint(in(e, "source", "observer")), "agent:authorizer observes")
		patientRules()
		consents := sliced(e["entity"], "http://hl7.org/fhir/resource-types", "Consent")
		tokens := sliced(e["entity"], balp+"CodeSystem/UserAgentTypes", "UserOauthAgent")
		must(len(consents) >= 1 && in(consents[0], "what") != nil, "entity:consent 1..*")
		must(len(tokens) <= 1 && len(entities) == 1+len(consents)+len(tokens), "entity: closed slicing")
		for _, token := range tokens {
			must(strings.HasPrefix(fmt.Sprint(in(token, "what", "identifier", "value")), "urn:ietf:params:oauth:jti:"), "entity:token")
		}
	default:
		faults = append(faults, "an unknown profile "+profile)
	}
	return faults
}

// empties is what FHIR forbids in JSON: empty objects, lists and texts, and null.
func empties(v any, path string) (faults []string) {
	switch v := v.(type) {
	case nil:
		return []string{path + " is null"}
	case string:
		if strings.TrimSpace(v) == "" {
			return []string{path + " is empty"}
		}
	case map[string]any:
		if len(v) == 0 {
			return []string{path + " is empty"}
		}
		for name, value := range v {
			faults = append(faults, empties(value, path+"."+name)...)
		}
	case []any:
		if len(v) == 0 {
			return []string{path + " is empty"}
		}
		for i, value := range v {
			faults = append(faults, empties(value, fmt.Sprintf("%s[%d]", path, i))...)
		}
	}
	return faults
}

func TestExport(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	shown := event(1) // 1: shown, by break-glass
	plain := event(2) // 2: shown, by a relationship
	plain.Glass, plain.Note, plain.Purpose = nil, "", auth.Treatment
	denied := plain // 3
	denied.Outcome, denied.Classes, denied.Sectors, denied.Sources, denied.Counts = audit.Withheld, nil, nil, nil, nil
	broke := event(4) // 4: a grant is taken
	broke.Action, broke.Outcome = audit.BreakGlass, audit.Done
	caseload := plain // 5: no one patient
	caseload.Action, caseload.Patient, caseload.Asked = audit.List, "", ""
	bare := audit.Entry{Event: audit.Event{Action: audit.Reject, Outcome: audit.Rejected}} // 6
	list := []audit.Entry{shown, plain, denied, broke, caseload, bare}
	for _, action := range []audit.Action{audit.Planning, audit.RecordOptOut, audit.WithdrawOptOut, audit.ReadOptOuts, audit.ReadOptOutRequests,
		audit.DecideOptOutRequest, audit.ReadTrail, audit.KeepTrail, audit.Subscribe, audit.KeepTrail, "SOMETHING_NEW"} {
		duty := plain
		duty.Action, duty.Outcome = action, audit.Done
		if len(list) == 15 { // removed by the service itself
			duty.Who, duty.Patient = audit.Who{}, ""
		}
		list = append(list, duty)
	}
	forbidden := plain
	forbidden.Outcome = audit.Forbidden
	mustRecord(t, trail, append(list, forbidden))
	all := exported(t, db, audit.Filter{})

	for id, want := range map[string]string{
		"event-1": "PatientQuery", "decision-1": "AuthZconsent", "event-2": "PatientQuery", "decision-2": "AuthZconsent", "event-3": "", "decision-3": "AuthZconsent",
		"event-4": "", "event-5": "Query", "event-6": "", "event-7": "PatientQuery", "event-13": "", "decision-18": "AuthZconsent",
	} {
		got := strings.TrimPrefix(fmt.Sprint(in(all[id], "meta", "profile", 0)), balp+"StructureDefinition/IHE.BasicAudit.")
		if all[id] == nil || got != or(want, "<nil>") {
			t.Errorf("%s has the profile %s, want %s", id, got, want)
		}
	}
	for _, test := range []struct {
		id   string
		path []any
		want any
	}{
		{"event-2", []any{"outcome"}, "0"},
		{"event-3", []any{"outcome"}, "8"},
		{"event-3", []any{"outcomeDesc"}, "withheld: the patient objects to the joined-up record"},
		{"decision-2", []any{"outcome"}, "0"},
		{"decision-2", []any{"outcomeDesc"}, "permit; care relationship STAY"},
		{"decision-3", []any{"outcome"}, "8"},
		{"decision-3", []any{"outcomeDesc"}, "deny; withheld: the patient objects to the joined-up record"},
		{"decision-3", []any{"subtype", 0, "code"}, "AuthZ-Consent"},
		{"decision-18", []any{"subtype", 0, "code"}, "AuthZ-Role"},
		{"event-4", []any{"type", "code"}, "110113"},
		{"event-4", []any{"subtype", 0, "code"}, "110127"},
		{"event-4", []any{"purposeOfEvent", 1, "coding", 0, "code"}, "BTG"},
		{"event-1", []any{"purposeOfEvent", 0, "coding", 0, "code"}, "ETREAT"},
		{"event-8", []any{"action"}, "C"},
		{"event-13", []any{"type", "code"}, "110101"},
		{"event-14", []any{"type", "code"}, "110106"},
		{"event-16", []any{"action"}, "D"},
		{"event-2", []any{"agent", 2, "who", "identifier", "value"}, "u1"},
		{"event-2", []any{"agent", 2, "role", 0, "text"}, "HOSPITAL_DOCTOR"},
		{"event-2", []any{"agent", 2, "purposeOfUse", 0, "coding", 0, "code"}, "TREAT"},
		{"event-2", []any{"entity", 0, "what", "identifier", "value"}, "9990000002"},
		{"event-2", []any{"entity", 2, "what", "identifier", "value"}, "r-1"},
	} {
		if got := in(all[test.id], test.path...); got != test.want {
			t.Errorf("%s %v is %v, want %v", test.id, test.path, got, test.want)
		}
	}
	if text := fmt.Sprint(all["event-1"]); !strings.Contains(text, "unconscious in resus") || !strings.Contains(text, "RESULTS 240") || !strings.Contains(text, "GP F83999 TIMED_OUT") {
		t.Error("what was read, from where and why: ", text)
	}
	if all["decision-6"] != nil || all["decision-4"] != nil {
		t.Error("a decision where no record was asked for")
	}
	if got := exported(t, db, audit.Filter{Patients: []record.NHSNumber{"9990000001"}, Organisations: []string{"RAL"}, Subject: "u1", Glass: true}); len(got) != 2 {
		t.Errorf("of one patient: %d", len(got))
	}
	if got := exported(t, db, audit.Filter{To: time.Now().Add(-time.Hour)}); len(got) != 0 {
		t.Errorf("of a time when there was nothing: %d", len(got))
	}
	if got := exported(t, db, audit.Filter{From: time.Now().Add(-time.Hour), Limit: 1}); len(got) != 2 {
		t.Errorf("the first: %d", len(got))
	}
}

// The check itself finds what it is about.
func TestAuditEventFaults(t *testing.T) {
	db := database(t)
	mustRecord(t, open(t, db, audit.Options{}), entries(1))
	for id, spoil := range map[string][]func(map[string]any){
		"event-0": {},
		"event-1": {
			func(e map[string]any) { e["action"] = "R" },
			func(e map[string]any) { e["outcome"] = "4" },
			func(e map[string]any) { delete(e, "recorded") },
			func(e map[string]any) { e["agent"] = e["agent"].([]any)[1:] },
			func(e map[string]any) { delete(in(e, "agent", 0).(map[string]any), "network") },
			func(e map[string]any) { in(e, "agent", 2).(map[string]any)["requestor"] = false },
			func(e map[string]any) { e["entity"] = e["entity"].([]any)[1:] },
			func(e map[string]any) { in(e, "entity", 1).(map[string]any)["name"] = "query" },
			func(e map[string]any) { in(e, "source", "observer").(map[string]any)["display"] = "another" },
		},
		"decision-1": {
			func(e map[string]any) { e["agent"] = e["agent"].([]any)[:3] },
			func(e map[string]any) { e["entity"] = append(e["entity"].([]any), in(e, "entity", 0)) },
			func(e map[string]any) { e["subtype"] = []any{} },
		},
	} {
		for i, each := range spoil {
			e := exported(t, db, audit.Filter{})[id].(map[string]any)
			each(e)
			if len(auditEventFaults(e)) == 0 {
				t.Errorf("%s: nothing found wrong after change %d", id, i)
			}
		}
	}
}

func TestLines(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	mustRecord(t, trail, entries(1203))
	p := pool(t, db)
	last, n := int64(1204), 0
	for line, err := range audit.Lines(t.Context(), p, audit.Filter{Organisations: []string{"RAL", "RAL", "RRV"}}) {
		if err != nil || line.Sequence != last-1 {
			t.Fatalf("after %d: %d, %v", last, line.Sequence, err)
		}
		last, n = line.Sequence, n+1
	}
	if n != 1203 {
		t.Errorf("%d lines", n)
	}
	since, err := audit.Since(t.Context(), p)
	if err != nil || time.Since(since).Abs() > time.Minute {
		t.Error(since, err)
	}
	p.Close()
	for _, err := range audit.Lines(t.Context(), p, audit.Filter{}) {
		if err == nil {
			t.Error("a line from a pool that is closed")
		}
	}
}
