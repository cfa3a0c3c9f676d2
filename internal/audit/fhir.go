package audit

import (
	"fmt"
	"strings"
	"time"

	"carerecord/internal/auth"
)

// Site is the service as FHIR names it.
type Site struct {
	Name    string // such as the host name; "carerecord" unless set
	Address string // the URL of its GraphQL endpoint, if known
}

// The code systems and identifiers of FHIR, IHE and the NHS.
const (
	dcm             = "http://dicom.nema.org/resources/ontology/DCM"
	eventTypes      = "http://terminology.hl7.org/CodeSystem/audit-event-type"
	interactions    = "http://hl7.org/fhir/restful-interaction"
	participations  = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
	roleClasses     = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
	securityRoles   = "http://terminology.hl7.org/CodeSystem/extra-security-role-type"
	reasons         = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
	entityTypes     = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
	objectRoles     = "http://terminology.hl7.org/CodeSystem/object-role"
	sourceTypes     = "http://terminology.hl7.org/CodeSystem/security-source-type"
	resourceTypes   = "http://hl7.org/fhir/resource-types"
	balp            = "https://profiles.ihe.net/ITI/BALP/"
	nhsNumbers      = "https://fhir.nhs.uk/Id/nhs-number"
	odsCodes        = "https://fhir.nhs.uk/Id/ods-organization-code"
	profileQuery    = balp + "StructureDefinition/IHE.BasicAudit.Query"
	profilePatient  = balp + "StructureDefinition/IHE.BasicAudit.PatientQuery"
	profileDecision = balp + "StructureDefinition/IHE.BasicAudit.AuthZconsent"
)

// auditEvent is a FHIR R4 AuditEvent, as far as it is used here.
type auditEvent struct {
	ResourceType string    `json:"resourceType"`
	ID           string    `json:"id"`
	Meta         *meta     `json:"meta,omitempty"`
	Type         coding    `json:"type"`
	Subtype      []coding  `json:"subtype,omitempty"`
	Action       string    `json:"action"`
	Recorded     string    `json:"recorded"`
	Outcome      string    `json:"outcome"`
	OutcomeDesc  string    `json:"outcomeDesc,omitempty"`
	Purpose      []concept `json:"purposeOfEvent,omitempty"`
	Agent        []agent   `json:"agent"`
	Source       source    `json:"source"`
	Entity       []entity  `json:"entity,omitempty"`
}

type meta struct {
	Profile []string `json:"profile"`
}

type coding struct {
	System  string `json:"system,omitempty"`
	Code    string `json:"code"`
	Display string `json:"display,omitempty"`
}

type concept struct {
	Coding []coding `json:"coding,omitempty"`
	Text   string   `json:"text,omitempty"`
}

type identifier struct {
	System string `json:"system,omitempty"`
	Value  string `json:"value"`
}

type reference struct {
	Type       string      `json:"type,omitempty"`
	Identifier *identifier `json:"identifier,omitempty"`
	Display    string      `json:"display,omitempty"`
}

type agent struct {
	Type      concept    `json:"type"`
	Role      []concept  `json:"role,omitempty"`
	Who       *reference `json:"who,omitempty"`
	Name      string     `json:"name,omitempty"`
	Requestor bool       `json:"requestor"`
	Policy    []string   `json:"policy,omitempty"`
	Network   *network   `json:"network,omitempty"`
	Purpose   []concept  `json:"purposeOfUse,omitempty"`
}

type network struct {
	Address string `json:"address"`
	Type    string `json:"type"`
}

type source struct {
	Site     string    `json:"site,omitempty"`
	Observer reference `json:"observer"`
	Type     []coding  `json:"type,omitempty"`
}

type entity struct {
	What        *reference `json:"what,omitempty"`
	Type        coding     `json:"type"`
	Role        *coding    `json:"role,omitempty"`
	Name        string     `json:"name,omitempty"`
	Description string     `json:"description,omitempty"`
	Query       []byte     `json:"query,omitempty"` // base64, as FHIR has it
	Detail      []detail   `json:"detail,omitempty"`
}

type detail struct {
	Type  string `json:"type"`
	Value string `json:"valueString"`
}

// kind is an action in FHIR's terms: type, subtype and action of an AuditEvent.
type kind struct {
	event, subtype coding
	action         string
}

var (
	rest   = coding{eventTypes, "rest", "Restful Operation"}
	search = coding{interactions, "search", "search"}
	alert  = coding{dcm, "110113", "Security Alert"}
	used   = coding{dcm, "110101", "Audit Log Used"}
	kinds  = map[Action]kind{
		Read:                {rest, search, "E"},
		List:                {rest, search, "E"},
		Planning:            {rest, search, "E"},
		Subscribe:           {rest, coding{interactions, "operation", "operation"}, "E"},
		Reject:              {rest, coding{interactions, "operation", "operation"}, "E"},
		ReadOptOuts:         {rest, search, "E"},
		ReadOptOutRequests:  {rest, search, "E"},
		RecordOptOut:        {rest, coding{interactions, "create", "create"}, "C"},
		WithdrawOptOut:      {rest, coding{interactions, "update", "update"}, "U"},
		DecideOptOutRequest: {rest, coding{interactions, "update", "update"}, "U"},
		BreakGlass:          {alert, coding{dcm, "110127", "Emergency Override Started"}, "E"},
		ReadTrail:           {used, coding{interactions, "search", "search"}, "R"},
		KeepTrail:           {coding{dcm, "110106", "Export"}, used, "R"},
	}
)

// outcomes has the FHIR outcome code and its description for each outcome: 0 for success,
// 4 for a failure of what was asked, 8 for a refusal or a failure of ours.
var outcomes = map[Outcome]struct{ code, words string }{
	Shown:              {"0", ""},
	Done:               {"0", ""},
	Forbidden:          {"8", "the role may not do this"},
	NoCareRelationship: {"8", "no care relationship with the patient"},
	NotFound:           {"4", "no record that may be shown"},
	Withheld:           {"8", "withheld: the patient objects to the joined-up record"},
	WithheldChanged:    {"8", "withheld: consent changed between the decision and the answer"},
	Unavailable:        {"8", "whether it may be shown could not be established"},
	Rejected:           {"4", "the request could not be run"},
}

// auditEvents returns an event as FHIR resources: what was done and, if a record was asked
// for, also the decision on it.
func (s Site) auditEvents(l Line, hash string) []auditEvent {
	events := []auditEvent{s.done(l, hash)}
	if l.Action == Read || l.Action == List || l.Action == Subscribe {
		events = append(events, s.decided(l))
	}
	return events
}

// base returns what all resources have in common.
func (s Site) base(l Line, id string, k kind) auditEvent {
	outcome, known := outcomes[l.Outcome]
	if !known {
		outcome.code, outcome.words = "8", string(l.Outcome)
	}
	e := auditEvent{
		ResourceType: "AuditEvent", ID: fmt.Sprintf("%s-%d", id, l.Sequence), Type: k.event, Subtype: []coding{k.subtype}, Action: k.action,
		Recorded: l.RecordedAt.UTC().Format(time.RFC3339Nano), Outcome: outcome.code, OutcomeDesc: outcome.words, Source: s.source("4", "Application Server"),
	}
	e.Purpose = purposes(l)
	return e
}

func (s Site) name() string {
	if s.Name == "" {
		return "carerecord"
	}
	return s.Name
}

// server returns the service as an agent and as the observer, which must be the same.
func (s Site) server() reference {
	return reference{Type: "Device", Identifier: &identifier{Value: s.name()}}
}

func (s Site) source(code, display string) source {
	return source{Site: s.name(), Observer: s.server(), Type: []coding{{sourceTypes, code, display}}}
}

// done returns the resource for what was done.
func (s Site) done(l Line, hash string) auditEvent {
	k, known := kinds[l.Action]
	switch {
	case l.Action == KeepTrail && l.Who.Subject == "": // the service removes events by itself, but exports them for somebody
		k = kind{used, coding{interactions, "delete", "delete"}, "D"}
	case !known:
		k = kind{rest, coding{interactions, "operation", "operation"}, "E"}
	}
	e := s.base(l, "event", k)
	server := s.server()
	e.Agent = append(e.Agent, client(l, concept{Coding: []coding{{dcm, "110153", "Source Role ID"}}}),
		agent{Type: concept{Coding: []coding{{dcm, "110152", "Destination Role ID"}}}, Who: &server, Network: s.network()})
	if l.Who.Subject != "" {
		e.Agent = append(e.Agent, user(l))
	}
	if l.Patient != "" {
		e.Entity = append(e.Entity, patientOf(l))
	}
	if k.subtype == search && k.event == rest {
		e.Entity = append(e.Entity, query(l))
	}
	if l.RequestID != "" {
		e.Entity = append(e.Entity, entity{
			What: &reference{Identifier: &identifier{Value: l.RequestID}},
			Type: coding{balp + "CodeSystem/BasicAuditEntityType", "XrequestId", ""},
		})
	}
	e.Entity = append(e.Entity, details(l, hash))
	e.Meta = profileOf(l, k, s)
	return e
}

// profileOf returns the profile that a resource conforms to, nil for none. The profiles
// are for successes and require the addresses of both sides.
func profileOf(l Line, k kind, s Site) *meta {
	if k.event != rest || k.subtype != search || l.Outcome != Shown && l.Outcome != Done || l.Client.Address == "" || s.Address == "" {
		return nil
	}
	if l.Patient == "" {
		return &meta{[]string{profileQuery}}
	}
	return &meta{[]string{profilePatient}}
}

// decided returns the resource for the decision whether a record may be shown.
func (s Site) decided(l Line) auditEvent {
	subtype := coding{balp + "CodeSystem/AuthZsubType", "AuthZ-Consent", ""}
	if l.Outcome == Forbidden {
		subtype.Code = "AuthZ-Role"
	}
	e := s.base(l, "decision", kind{alert, subtype, "E"})
	e.Source = s.source("6", "Security Server")
	e.OutcomeDesc = strings.TrimSuffix("permit; "+permitted(l), "; ")
	if e.Outcome != "0" {
		e.Outcome, e.OutcomeDesc = "8", "deny; "+outcomes[l.Outcome].words
	}
	authoriser := s.server()
	e.Agent = []agent{
		client(l, concept{Coding: []coding{{dcm, "110150", "Application"}}}),
		{Type: concept{Coding: []coding{{securityRoles, "authserver", "authorization server"}}}, Who: &authoriser},
	}
	if l.Who.Subject != "" {
		e.Agent = append(e.Agent, user(l))
	}
	if l.Who.Organisation != "" {
		e.Agent = append(e.Agent, agent{
			Type: concept{Coding: []coding{{roleClasses, "PROV", "healthcare provider"}}},
			Who:  &reference{Type: "Organization", Identifier: &identifier{odsCodes, l.Who.Organisation}},
		})
	}
	if l.Patient != "" {
		e.Entity = append(e.Entity, patientOf(l), entity{
			What: &reference{Type: "Consent", Identifier: &identifier{Value: fmt.Sprintf("consent version %d, policy %s", l.ConsentVersion, l.PolicyVersion)}},
			Type: coding{resourceTypes, "Consent", "Consent"},
		})
	}
	if l.Who.TokenID != "" {
		e.Entity = append(e.Entity, entity{
			What: &reference{Identifier: &identifier{Value: "urn:ietf:params:oauth:jti:" + l.Who.TokenID}},
			Type: coding{balp + "CodeSystem/UserAgentTypes", "UserOauthAgent", ""},
		})
	}
	if l.Patient != "" && l.Client.Address != "" && l.Who.Subject != "" && l.Who.Organisation != "" {
		e.Meta = &meta{[]string{profileDecision}}
	}
	return e
}

// permitted returns what a permission rests on.
func permitted(l Line) string {
	if l.Relationship != "" {
		return "care relationship " + l.Relationship
	}
	if l.Glass != nil {
		return "break-glass grant " + l.Glass.GrantID
	}
	return ""
}

func client(l Line, is concept) agent {
	a := agent{Type: is, Who: &reference{Type: "Device", Display: l.Client.Application}}
	if l.Client.Device != "" {
		a.Who.Identifier = &identifier{Value: l.Client.Device}
	}
	if a.Who.Display == "" {
		a.Who.Display = "not named"
	}
	if l.Client.Address != "" {
		a.Network = &network{l.Client.Address, "2"} // an IP address
	}
	return a
}

func (s Site) network() *network {
	if s.Address == "" {
		return nil
	}
	return &network{s.Address, "5"} // a URI
}

func user(l Line) agent {
	a := agent{
		Type: concept{Coding: []coding{{participations, "IRCP", "information recipient"}}},
		Who:  &reference{Type: "Practitioner", Identifier: &identifier{Value: l.Who.Subject}, Display: l.Who.Name},
		Name: l.Who.Name, Requestor: true,
	}
	if l.Who.Role != "" {
		a.Role = []concept{{Text: string(l.Who.Role)}}
	}
	a.Purpose = purposes(l)
	if l.Who.TokenID != "" {
		a.Policy = []string{"urn:ietf:params:oauth:jti:" + l.Who.TokenID}
	}
	return a
}

// emergency is the only reason of a break-glass grant that is also a purpose in FHIR. The
// others, such as a court order, are not.
const emergency = "EMERGENCY"

// purposes returns the purposes of an event. The first is the token's purpose. If a
// break-glass grant was taken or used, BTG follows, and the emergency if that was the
// reason.
func purposes(l Line) (all []concept) {
	add := func(code, display, text string) {
		all = append(all, concept{Coding: []coding{{reasons, code, display}}, Text: text})
	}
	if l.Purpose != "" {
		add(string(l.Purpose), "", "")
	}
	if l.Glass == nil {
		return all
	}
	add("BTG", "break the glass", l.Glass.Reason)
	if l.Glass.Reason == emergency && l.Purpose != auth.EmergencyTreatment {
		add(string(auth.EmergencyTreatment), "Emergency Treatment", "")
	}
	return all
}

func patientOf(l Line) entity {
	return entity{
		What: &reference{Type: "Patient", Identifier: &identifier{nhsNumbers, string(l.Patient)}},
		Type: coding{entityTypes, "1", "Person"}, Role: &coding{objectRoles, "1", "Patient"},
	}
}

// query returns the operation that asked. It leaves out the text, which may contain
// values, and gives the name and the hash.
func query(l Line) entity {
	asked := strings.TrimSpace(fmt.Sprintf("%s sha256:%s", l.Operation.Name, l.Operation.SHA256))
	return entity{
		Type: coding{entityTypes, "2", "System Object"}, Role: &coding{objectRoles, "24", "Query"},
		Description: "GraphQL operation " + asked, Query: []byte("POST /graphql\n" + asked),
	}
}

// details returns what FHIR has no element for: the place in the chain, what was read of
// the patient and from where, and the note of a duty.
func details(l Line, hash string) entity {
	e := entity{Type: coding{entityTypes, "4", "Other"}, Name: "audit trail"}
	add := func(name, value string) {
		if value != "" {
			e.Detail = append(e.Detail, detail{name, value})
		}
	}
	add("action", string(l.Action))
	add("sequence", fmt.Sprint(l.Sequence))
	add("hash", hash)
	add("asked under", string(l.Asked))
	add("relationship", l.Relationship)
	for _, class := range l.Classes {
		add("class", string(class))
	}
	for _, count := range l.Counts {
		add("items", fmt.Sprintf("%s %d", count.Class, count.Items))
	}
	for _, s := range l.Sources {
		add("source", fmt.Sprintf("%s %s %s", s.Sector, s.Organisation, s.State))
	}
	if l.Glass != nil {
		add("break-glass grant", l.Glass.GrantID)
		add("break-glass reason", l.Glass.Reason)
		add("break-glass note", l.Glass.Note)
	}
	add("trusted document", l.Operation.Document)
	add("application of the trusted document", l.Operation.App)
	add("decided", string(l.Decided))
	add("note", l.Note)
	return e
}
