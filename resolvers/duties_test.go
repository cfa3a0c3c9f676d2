package resolvers_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/internal/store"
	"carerecord/resolvers"
)

// testDuties are the duties that are not reading a record, over the service's own
// database and by its own clock.
func testDuties(t *testing.T, c *care) {
	d := c.with(t, func(o *resolvers.Options) {
		o.Now = time.Now
		o.Facts = consent.NewStore(c.pool, consent.Default())
	})
	for _, test := range []struct {
		name string
		run  func(*testing.T, *care)
	}{
		{"whose", dutiesByRole}, {"opt-out", optingOut}, {"several objections", withdrawingSeveral}, {"an unknown number", optingOutUnknown},
		{"ages", agesOfOptOut}, {"break-glass", breakingGlass}, {"glass alike", glassAlike}, {"requests", requestsOfResidents}, {"access log", accessLog},
		{"bad input", dutiesBadInput},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, d) })
	}
	d.quiet(t)
}

// events are those that a run of do leaves on the trail.
func (c *care) events(t *testing.T, do func()) []audit.Line {
	t.Helper()
	last := int64(0)
	if lines, err := audit.Events(t.Context(), c.pool, audit.Filter{Limit: 1}); err != nil {
		t.Fatal(err)
	} else if len(lines) > 0 {
		last = lines[0].Sequence
	}
	do()
	lines, err := audit.Events(t.Context(), c.pool, audit.Filter{Limit: 100})
	check(t, err)
	lines = slices.DeleteFunc(lines, func(l audit.Line) bool { return l.Sequence <= last })
	slices.Reverse(lines)
	return lines
}

// coded is the code of an answer's only error; "" where there is none.
func coded(t *testing.T, a answer) string {
	t.Helper()
	switch len(a.Errors) {
	case 0:
		return ""
	case 1:
		return at(t, a.Errors[0], "extensions", "code").(string)
	}
	t.Fatalf("several errors: %s", a.Body)
	return ""
}

// askNamed sends a document of several operations with the name of one.
func (c *care) askNamed(t *testing.T, persona, org, query, name string, variables map[string]any) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "operationName": name, "variables": variables})
	check(t, err)
	return c.post(t, c.token(t, persona, org), body)
}

// named is one operation of a document of several.
func (c *care) named(t *testing.T, persona, file, name string, variables map[string]any) answer {
	t.Helper()
	return c.askNamed(t, persona, "", operation(t, file), name, variables)
}

// duties are the roots that are a duty each, with a question that is well formed.
var duties = map[consent.Duty]map[string]string{
	consent.KeepOptOuts: {
		"optOuts":             `query ($n: NHSNumber!) { optOuts(nhsNumber: $n) { id } }`,
		"optOutRequests":      `{ optOutRequests { pageInfo { hasNextPage } } }`,
		"recordOptOut":        `mutation ($n: NHSNumber!) { recordOptOut(input: {nhsNumber: $n, channel: PAPER_FORM, receivedOn: "2026-01-05", requestedBy: SELF}) { optOut { id } } }`,
		"withdrawOptOut":      `mutation ($n: NHSNumber!) { withdrawOptOut(input: {nhsNumber: $n, channel: PAPER_FORM, receivedOn: "2026-01-05", requestedBy: SELF}) { optOut { id } } }`,
		"decideOptOutRequest": `mutation { decideOptOutRequest(input: {id: "6d3b7b4e-0000-4000-8000-000000000000", decision: REFUSED, note: "No such person."}) { request { id } } }`,
	},
	consent.ReadAccessLog: {
		"accessLog":    `query ($n: NHSNumber!) { accessLog(nhsNumber: $n) { edges { node { id } } } }`,
		"accessAlerts": `{ accessAlerts { kind } }`,
	},
	consent.BreakGlass: {
		"breakGlass": `mutation ($n: NHSNumber!) { breakGlass(input: {nhsNumber: $n, reason: EMERGENCY, note: "unconscious in resus", classes: [ALLERGIES]}) { grant { id } } }`,
	},
}

// Every duty is its roles' alone, refused to all others before anything is looked up, and
// the refusal is on the trail.
func dutiesByRole(t *testing.T, c *care) {
	for duty, roots := range duties {
		for root, query := range roots {
			for _, persona := range auth.Personas {
				var variables any
				if strings.Contains(query, "$n") {
					variables = one(numberOf(9_000))
				}
				var a answer
				events := c.events(t, func() { a = c.ask(t, persona.Name, "", query, variables) })
				p := auth.Principal{Subject: "s", Org: persona.Org, Role: persona.Role, Purpose: persona.Purpose}
				permitted := consent.Default().May(p, duty)
				if refused := a.Data[root] == nil && len(a.Errors) == 1 && coded(t, a) == "FORBIDDEN"; refused == permitted {
					t.Errorf("%s asks %s: %s", persona.Name, root, a.Body)
				}
				if len(events) == 0 || (events[0].Outcome == audit.Forbidden) == permitted {
					t.Errorf("%s asks %s: events %+v", persona.Name, root, events)
				}
			}
		}
	}
	// What was done here is undone.
	c.ask(t, "opt-out-officer", "", duties[consent.KeepOptOuts]["withdrawOptOut"], one(numberOf(9_000)))
}

func optingOut(t *testing.T, c *care) {
	patient := sample.Superseding
	input := map[string]any{"nhsNumber": string(sample.Superseded), "channel": "ONLINE_FORM", "receivedOn": "2026-03-02", "requestedBy": "SELF"}
	gp := func() string { return code(t, c.ask(t, "gp", "", single, one(patient))) }
	if got := gp(); got != "" {
		t.Fatalf("before: %s", got)
	}
	var a answer
	events := c.events(t, func() { a = c.named(t, "opt-out-officer", "opt-out", "RecordOptOut", map[string]any{"input": input}) })
	first := at(t, a.Data, "recordOptOut", "optOut")
	if at(t, first, "status") != "IN_FORCE" || at(t, first, "channel") != "ONLINE_FORM" || at(t, first, "requestedBy") != "SELF" || at(t, first, "receivedOn") != "2026-03-02" ||
		at(t, first, "recordedBy", "role") != "OPT_OUT_OFFICER" || at(t, first, "withdrawnAt") != nil {
		t.Errorf("%s", a.Body)
	}
	if len(events) != 1 || events[0].Action != audit.RecordOptOut || events[0].Patient != sample.Superseded || events[0].Outcome != audit.Done || events[0].Note == "" {
		t.Errorf("events: %+v", events)
	}
	if got := gp(); got != "RECORD_WITHHELD" { // under the number that has superseded it
		t.Errorf("opted out: %s", got)
	}
	again := c.named(t, "opt-out-officer", "opt-out", "RecordOptOut", map[string]any{"input": input})
	if at(t, again.Data, "recordOptOut", "optOut", "id") != at(t, first, "id") {
		t.Errorf("recorded twice: %s", again.Body)
	}
	for range 2 {
		input["nhsNumber"] = string(patient)
		input["channel"], input["receivedOn"] = "PAPER_FORM", "2026-04-01"
		a = c.named(t, "opt-out-officer", "opt-out", "WithdrawOptOut", map[string]any{"input": input})
	}
	if coded(t, a) != "PATIENT_NOT_FOUND" || !strings.Contains(string(a.Body), "No objection is in force") {
		t.Errorf("withdrawn twice: %s", a.Body)
	}
	if got := gp(); got != "" {
		t.Errorf("a change of mind: %s", got)
	}
	a = c.named(t, "opt-out-officer", "opt-out", "OptOuts", map[string]any{"nhsNumber": string(patient)})
	history := at(t, a.Data, "optOuts").([]any)
	if len(history) != 1 || at(t, history[0], "status") != "WITHDRAWN" || at(t, history[0], "withdrawnAt") == nil || at(t, history[0], "receivedOn") != "2026-03-02" {
		t.Errorf("the history: %s", a.Body)
	}
}

// The event of a withdrawal names every objection that it ended, the latest first.
func withdrawingSeveral(t *testing.T, c *care) {
	const ending, coming = "6d3b7b4e-0000-4000-8000-000000000001", "6d3b7b4e-0000-4000-8000-000000000002"
	patient, ends := numberOf(9_004), time.Now().AddDate(0, 0, 10)
	by := consent.Recorder{Subject: "o", Name: "o", Role: "OPT_OUT_OFFICER", Organisation: "QMJ"}
	check(t, consent.NewStore(c.pool, consent.Default()).Put(t.Context(), consent.Load{Directives: []consent.Directive{
		{ID: ending, Patient: patient, EffectiveFrom: time.Now().AddDate(0, -1, 0), Channel: "PAPER_FORM", RequestedBy: "SELF", RecordedBy: by, WithdrawnAt: ends},
		{ID: coming, Patient: patient, EffectiveFrom: ends, Channel: "PAPER_FORM", RequestedBy: "SELF", RecordedBy: by},
	}}))
	events := c.events(t, func() { c.ask(t, "opt-out-officer", "", duties[consent.KeepOptOuts]["withdrawOptOut"], one(patient)) })
	if len(events) != 1 || events[0].Outcome != audit.Done || events[0].Note != coming+" "+ending {
		t.Errorf("%+v", events)
	}
}

// An objection of somebody we do not know is taken with the same reply, and holds when
// the person appears.
func optingOutUnknown(t *testing.T, c *care) {
	blank := regexp.MustCompile(`"(id|effectiveFrom|nhsNumber)":"[^"]*"`)
	reply := func(patient record.NHSNumber) string {
		a := c.named(t, "opt-out-officer", "opt-out", "RecordOptOut", map[string]any{"input": map[string]any{
			"nhsNumber": string(patient), "channel": "PAPER_FORM", "receivedOn": "2026-03-02", "requestedBy": "SELF",
		}})
		return blank.ReplaceAllString(string(a.Body), "")
	}
	known, unknown := sample.Deceased, numberOf(9_001)
	if a, b := reply(known), reply(unknown); a != b || strings.Contains(a, "errors") {
		t.Errorf("not alike:\n%s\n%s", a, b)
	}
	c.ask(t, "opt-out-officer", "", duties[consent.KeepOptOuts]["withdrawOptOut"], one(known))
	facts := consent.NewStore(c.pool, consent.Default())
	check(t, facts.Put(t.Context(), consent.Load{
		People:        []consent.Person{{Number: unknown, Restricted: consent.No, Born: "1950-01-01"}},
		Relationships: []consent.Relationship{{Patient: unknown, Org: "F83999", Kind: consent.RegisteredPractice, StartedAt: time.Now().AddDate(-1, 0, 0)}},
	}))
	if got := code(t, c.ask(t, "gp", "", single, one(unknown))); got != "RECORD_WITHHELD" {
		t.Errorf("when they appear: %q", got)
	}
}

func agesOfOptOut(t *testing.T, c *care) {
	representative := map[string]any{"name": "Pat Parent", "relationship": "mother", "evidence": "birth certificate"}
	for _, test := range []struct {
		patient record.NHSNumber
		by      string
		who     any
		want    string
	}{
		{sample.Child, "SELF", nil, "BAD_USER_INPUT"},
		{sample.Whole, "PARENT", representative, "BAD_USER_INPUT"},
		{sample.Whole, "SELF", representative, "BAD_USER_INPUT"},
		{sample.Whole, "ATTORNEY", nil, "BAD_USER_INPUT"},
		{sample.Child, "PARENT", representative, ""},
	} {
		input := map[string]any{"nhsNumber": string(test.patient), "channel": "PAPER_FORM", "receivedOn": "2026-03-02", "requestedBy": test.by, "representative": test.who}
		var a answer
		events := c.events(t, func() { a = c.named(t, "opt-out-officer", "opt-out", "RecordOptOut", map[string]any{"input": input}) })
		if coded(t, a) != test.want {
			t.Errorf("%s for %s: %s", test.by, string(test.patient), a.Body)
		}
		if last := events[len(events)-1]; (last.Outcome == audit.Rejected) != (test.want != "") {
			t.Errorf("%s: %+v", test.by, last)
		}
		if test.want == "" {
			c.named(t, "opt-out-officer", "opt-out", "WithdrawOptOut", map[string]any{"input": input})
		}
	}
}

const twoClasses = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { id allergies { state } medications { state } } }`

func breakingGlass(t *testing.T, c *care) {
	glass := func(persona string, patient record.NHSNumber, classes ...string) answer {
		return c.named(t, persona, "break-glass", "BreakGlass", map[string]any{"input": map[string]any{
			"nhsNumber": string(patient), "reason": "EMERGENCY", "note": "unconscious in resus", "classes": classes,
		}})
	}
	patient := sample.NotInCare
	if got := code(t, c.ask(t, "gp", "", twoClasses, one(patient))); got != "NO_CARE_RELATIONSHIP" {
		t.Fatalf("before: %q", got)
	}
	var a answer
	began := time.Now()
	events := c.events(t, func() { a = glass("gp", patient, "ALLERGIES", "STAYS") })
	expires, err := time.Parse(time.RFC3339, fmt.Sprint(at(t, a.Data, "breakGlass", "grant", "expiresAt")))
	if lives := expires.Sub(began); err != nil || lives < 30*time.Minute-time.Second || lives > 30*time.Minute+time.Since(began) {
		t.Errorf("it lives %s: %s", lives, a.Body)
	}
	if got := fmt.Sprint(at(t, a.Data, "breakGlass", "grant", "classes")); got != "[ALLERGIES STAYS]" {
		t.Error(got)
	}
	if len(events) != 1 || events[0].Action != audit.BreakGlass || events[0].Glass == nil || events[0].Glass.Note != "unconscious in resus" || events[0].Patient != patient {
		t.Fatalf("events: %+v", events)
	}
	events = c.events(t, func() { a = c.ask(t, "gp", "", twoClasses, one(patient)) })
	if at(t, a.Data, "patient", "allergies", "state") == "NOT_PERMITTED" || at(t, a.Data, "patient", "medications", "state") != "NOT_PERMITTED" {
		t.Errorf("what it opens: %s", a.Body)
	}
	if flags := a.Extensions.BreakGlass; len(flags) != 1 || flags[0]["reason"] != "EMERGENCY" || flags[0]["patientId"] != at(t, a.Data, "patient", "id") || flags[0]["expiresAt"] == "" {
		t.Errorf("the flag: %s", a.Body)
	}
	if len(events) != 1 || events[0].Outcome != audit.Shown || events[0].Glass == nil || events[0].Glass.Reason != "EMERGENCY" || events[0].Glass.Note != "unconscious in resus" {
		t.Errorf("the event of its use: %+v", events)
	}
	for _, other := range []struct{ persona, org string }{{"hospital-doctor", ""}, {"gp", "F83004"}, {"care-manager", ""}} {
		if got := code(t, c.ask(t, other.persona, other.org, twoClasses, one(patient))); got != "NO_CARE_RELATIONSHIP" {
			t.Errorf("%s at %s: %q", other.persona, other.org, got)
		}
	}
	if a := c.ask(t, "gp", "", single, one(sample.Whole)); len(a.Extensions.BreakGlass) != 0 {
		t.Errorf("a patient in care is flagged: %s", a.Body)
	}
	// A grant opens no other patient, no opt-out and no restricted record.
	for closed, want := range map[record.NHSNumber]string{sample.OptedOut: "RECORD_WITHHELD", sample.Restricted: "PATIENT_NOT_FOUND", sample.Invalidated: "PATIENT_NOT_FOUND", numberOf(9_002): "PATIENT_NOT_FOUND"} {
		glass("mental-health-nurse", closed, "ALLERGIES")
		if got := code(t, c.ask(t, "mental-health-nurse", "", twoClasses, one(closed))); got != want {
			t.Errorf("%s: %q, want %s", string(closed), got, want)
		}
	}
	// To the second.
	p := auth.Principal{Subject: "test-gp", Org: "F83999", Role: auth.GeneralPractitioner, Purpose: auth.Treatment}
	facts, err := consent.NewStore(c.pool, consent.Default()).Facts(t.Context(), p, []string{"F83999"}, []record.NHSNumber{patient})
	check(t, err)
	grant := facts[patient].Grants[0]
	for moment, want := range map[time.Time]consent.Outcome{grant.ExpiresAt.Add(-time.Second): consent.Shown, grant.ExpiresAt: consent.NoCareRelationship} {
		if got := consent.Decide(p, facts[patient], consent.Default(), []string{"F83999"}, moment).Outcome; got != want {
			t.Errorf("%s before the end: %s", grant.ExpiresAt.Sub(moment), got)
		}
	}
}

// breakGlass is answered alike for every well-formed number.
func glassAlike(t *testing.T, c *care) {
	blank := regexp.MustCompile(`"(id|nhsNumber|expiresAt)":"[^"]*"`)
	var alike string
	for _, patient := range []record.NHSNumber{sample.Whole, sample.NotInCare, sample.OptedOut, sample.Restricted, sample.Invalidated, sample.Superseded, sample.Deceased, numberOf(9_003)} {
		a := c.named(t, "hospital-doctor", "break-glass", "BreakGlass", map[string]any{"input": map[string]any{
			"nhsNumber": string(patient), "reason": "COURT_ORDER", "note": "order of the family court", "classes": []string{"ALERTS", "ALLERGIES"},
		}})
		got := blank.ReplaceAllString(string(a.Body), "")
		if alike == "" {
			alike = got
		}
		if got != alike || len(a.Errors) > 0 || at(t, a.Data, "breakGlass", "grant", "nhsNumber") != string(patient) {
			t.Errorf("%s: %s, not %s", string(patient), a.Body, alike)
		}
	}
}

func requestsOfResidents(t *testing.T, c *care) {
	over := c.options.Register.(*store.Store)
	person := func(reference string, kind consent.RequestKind, n record.NHSNumber, name string) consent.OptOutRequest {
		return consent.OptOutRequest{Reference: reference, Kind: kind, Language: "en", Name: name, BirthDate: "1947-08-23", Postcode: "N1 1AA", NHSNumber: n, RequestedBy: "SELF"}
	}
	check(t, over.AddRequest(t.Context(), person("AAAA-1111", consent.AskOptOut, sample.Whole, "Somebody Else")))
	check(t, over.AddRequest(t.Context(), person("BBBB-2222", consent.AskChangeOfMind, "", "Nobody")))
	const list = `query ($after: String) { optOutRequests(first: 1, after: $after) { edges { cursor node { id reference kind status overdue nhsNumber name
		match { name dateOfBirth postcode nhsNumber } other: match(nhsNumber: "%s") { name dateOfBirth postcode nhsNumber } } } pageInfo { hasNextPage endCursor } } }`
	var a answer
	events := c.events(t, func() { a = c.ask(t, "opt-out-officer", "", fmt.Sprintf(list, string(sample.Restricted)), nil) })
	if len(a.Errors) > 0 {
		t.Fatalf("%s", a.Body)
	}
	node := at(t, a.Data, "optOutRequests", "edges", 0, "node")
	if at(t, node, "reference") != "AAAA-1111" || at(t, node, "overdue") != false || at(t, node, "match", "nhsNumber") != "MATCH" || at(t, node, "match", "name") != "NO_MATCH" {
		t.Errorf("%s", a.Body)
	}
	for _, field := range []string{"name", "dateOfBirth", "postcode", "nhsNumber"} {
		if got := at(t, node, "other", field); got != "NO_MATCH" {
			t.Errorf("a restricted person's %s: %v", field, got)
		}
	}
	if strings.Contains(string(a.Body), "Whole") || len(events) != 4 || !slices.ContainsFunc(events, func(l audit.Line) bool {
		return l.Patient == sample.Whole && l.Note == "request "+fmt.Sprint(at(t, node, "id"))
	}) {
		t.Errorf("%d events: %s", len(events), a.Body)
	}
	next := c.ask(t, "opt-out-officer", "", fmt.Sprintf(list, string(sample.Restricted)), map[string]any{"after": at(t, a.Data, "optOutRequests", "pageInfo", "endCursor")})
	if at(t, next.Data, "optOutRequests", "edges", 0, "node", "reference") != "BBBB-2222" || at(t, next.Data, "optOutRequests", "edges", 0, "node", "match", "nhsNumber") != "NOT_GIVEN" {
		t.Errorf("the next page: %s", next.Body)
	}
	decide := func(id any, decision string, more string) answer {
		return c.ask(t, "opt-out-officer", "", fmt.Sprintf(`mutation { decideOptOutRequest(input: {id: "%s", decision: %s%s}) { request { status decisionNote decidedBy { role } } optOut { status nhsNumber channel } } }`, id, decision, more), nil)
	}
	patient := sample.Conflicting
	a = decide(at(t, node, "id"), "ACCEPTED", "")
	if coded(t, a) != "BAD_USER_INPUT" {
		t.Errorf("without a number: %s", a.Body)
	}
	events = c.events(t, func() { a = decide(at(t, node, "id"), "ACCEPTED", fmt.Sprintf(`, nhsNumber: "%s"`, string(patient))) })
	if at(t, a.Data, "decideOptOutRequest", "request", "status") != "ACCEPTED" || at(t, a.Data, "decideOptOutRequest", "optOut", "status") != "IN_FORCE" ||
		at(t, a.Data, "decideOptOutRequest", "optOut", "channel") != "ONLINE_FORM" {
		t.Errorf("accepted: %s", a.Body)
	}
	shown := fmt.Sprint("request ", at(t, node, "id")) // which names another number, and is shown
	if len(events) != 3 || events[0].Action != audit.RecordOptOut || events[1].Action != audit.DecideOptOutRequest || events[1].Patient != patient || events[1].Note != shown ||
		events[2].Action != audit.DecideOptOutRequest || events[2].Patient != sample.Whole || events[2].Note != shown {
		t.Errorf("events: %+v", events)
	}
	if got := code(t, c.ask(t, "gp", "", single, one(patient))); got != "RECORD_WITHHELD" {
		t.Errorf("after the form: %q", got)
	}
	if a := decide(at(t, node, "id"), "REFUSED", `, note: "twice"`); coded(t, a) != "BAD_USER_INPUT" {
		t.Errorf("decided twice: %s", a.Body)
	}
	second := at(t, next.Data, "optOutRequests", "edges", 0, "node", "id")
	if a := decide(second, "REFUSED", ""); coded(t, a) != "BAD_USER_INPUT" {
		t.Errorf("refused without a reason: %s", a.Body)
	}
	if a := decide(second, "ACCEPTED", fmt.Sprintf(`, nhsNumber: "%s"`, string(patient))); at(t, a.Data, "decideOptOutRequest", "optOut", "status") != "WITHDRAWN" {
		t.Errorf("a change of mind: %s", a.Body)
	}
	if got := code(t, c.ask(t, "gp", "", single, one(patient))); got != "" {
		t.Errorf("after the change of mind: %q", got)
	}
	if a := decide("6d3b7b4e-0000-4000-8000-000000000000", "REFUSED", `, note: "who?"`); coded(t, a) != "BAD_USER_INPUT" {
		t.Errorf("no such request: %s", a.Body)
	}
}

// The access log is of the officer's own organisation's staff, each page whole; reading it
// is on the trail.
func accessLog(t *testing.T, c *care) {
	patient := sample.Superseding
	c.ask(t, "gp", "", single, one(patient))
	c.ask(t, "gp", "", single, one(sample.Superseded))
	c.ask(t, "hospital-doctor", "", single, one(patient))
	read := func(org string, first int, after any) answer {
		return c.askNamed(t, "privacy-officer", org, operation(t, "access-log"), "", map[string]any{"nhsNumber": string(patient), "first": first, "after": after})
	}
	var a answer
	events := c.events(t, func() { a = read("F83999", 1, nil) })
	if own := at(t, a.Data, "accessLog", "edges", 0); at(t, own, "node", "who", "role") != "PRIVACY_OFFICER" || at(t, own, "node", "outcome") != "DONE" {
		t.Errorf("the reading itself: %s", a.Body)
	}
	cursor := at(t, a.Data, "accessLog", "pageInfo", "endCursor")
	a = read("F83999", 1, cursor)
	edge := at(t, a.Data, "accessLog", "edges", 0)
	if at(t, edge, "node", "who", "role") != "GENERAL_PRACTITIONER" || at(t, edge, "node", "who", "organisation", "odsCode") != "F83999" || at(t, edge, "node", "outcome") != "SHOWN" ||
		at(t, edge, "node", "purpose") != "TREAT" || at(t, a.Data, "accessLog", "pageInfo", "hasNextPage") != true {
		t.Errorf("%s", a.Body)
	}
	if len(events) != 1 || events[0].Action != audit.ReadTrail || events[0].Patient != patient || events[0].Outcome != audit.Done {
		t.Errorf("events: %+v", events)
	}
	cursor = at(t, a.Data, "accessLog", "pageInfo", "endCursor")
	b := read("F83999", 50, cursor)
	rest := at(t, b.Data, "accessLog", "edges").([]any)
	if len(rest) == 0 || at(t, rest[0], "node", "id") == at(t, edge, "node", "id") {
		t.Errorf("the next page: %s", b.Body)
	}
	for _, foreign := range []answer{read("RAL", 5, cursor), read("F83999", 5, "x"), read("F83999", 5, strings.ToUpper(cursor.(string)))} {
		if coded(t, foreign) != "BAD_USER_INPUT" {
			t.Errorf("a foreign cursor: %s", foreign.Body)
		}
	}
	for _, e := range at(t, read("RAL", 50, nil).Data, "accessLog", "edges").([]any) {
		if ods := at(t, e, "node", "who", "organisation", "odsCode"); ods != "RAL" {
			t.Errorf("another organisation's staff: %v", ods)
		}
	}
	whole := c.ask(t, "privacy-officer", "F83999", `{ accessLog(breakGlass: true, first: 200) { edges { node { sequence nhsNumber action breakGlass { reason note } } } } }`, nil)
	entries := at(t, whole.Data, "accessLog", "edges").([]any)
	taken := slices.ContainsFunc(entries, func(e any) bool {
		return at(t, e, "node", "action") == "BREAK_GLASS" && at(t, e, "node", "breakGlass", "note") == "unconscious in resus" && at(t, e, "node", "nhsNumber") == string(sample.NotInCare)
	})
	if !taken || slices.ContainsFunc(entries, func(e any) bool { return at(t, e, "node", "breakGlass") == nil }) {
		t.Errorf("the privacy officer's queue: %s", whole.Body)
	}
}

func dutiesBadInput(t *testing.T, c *care) {
	n := string(sample.Whole)
	for _, test := range []struct{ persona, query string }{
		{"gp", `mutation { breakGlass(input: {nhsNumber: "` + n + `", reason: EMERGENCY, note: "too short", classes: [ALLERGIES]}) { grant { id } } }`},
		{"gp", `mutation { breakGlass(input: {nhsNumber: "` + n + `", reason: EMERGENCY, note: "` + strings.Repeat("long ", 101) + `", classes: [ALLERGIES]}) { grant { id } } }`},
		{"gp", `mutation { breakGlass(input: {nhsNumber: "` + n + `", reason: EMERGENCY, note: "long enough", classes: []}) { grant { id } } }`},
		{"opt-out-officer", `mutation { recordOptOut(input: {nhsNumber: "` + n + `", channel: PAPER_FORM, receivedOn: "2096-01-05", requestedBy: SELF}) { optOut { id } } }`},
		{"opt-out-officer", `mutation { recordOptOut(input: {nhsNumber: "` + n + `", channel: PAPER_FORM, receivedOn: "2026-01-05", requestedBy: SELF, note: "` + strings.Repeat("x", 1001) + `"}) { optOut { id } } }`},
		{"opt-out-officer", `{ optOutRequests(first: 201) { pageInfo { hasNextPage } } }`},
		{"privacy-officer", `{ accessLog(first: 0) { pageInfo { hasNextPage } } }`},
		{"privacy-officer", `{ accessAlerts(since: "2020-01-01") { kind } }`},
	} {
		var a answer
		events := c.events(t, func() { a = c.ask(t, test.persona, "", test.query, nil) })
		if coded(t, a) != "BAD_USER_INPUT" || strings.Contains(fmt.Sprint(a.Errors[0]["message"]), n) {
			t.Errorf("%s: %s", test.query, a.Body)
		}
		if len(events) != 1 || events[0].Outcome != audit.Rejected {
			t.Errorf("%s: %+v", test.query, events)
		}
	}
	if got := code(t, c.ask(t, "gp", "", single, one(sample.Whole))); got != "" {
		t.Errorf("bad input changed something: %q", got)
	}
}

// If there is no objection to withdraw, the answer does not reveal whether a number is anybody's, or how old they are. If
// one is recorded, it does not reveal that of a number whose holder is restricted, or that was withdrawn as an error.
func TestNobodyIsToldWhoIsKnown(t *testing.T) {
	base := newCare(t, sample.Scenarios(now))
	c := base.with(t, func(o *resolvers.Options) {
		o.Now = time.Now
		o.Facts = consent.NewStore(base.pool, consent.Default())
	})
	blank := regexp.MustCompile(`"(id|effectiveFrom|nhsNumber)":"[^"]*"`)
	for i, by := range consent.Askers {
		var who any
		if by != consent.BySelf {
			who = map[string]any{"name": "Pat", "relationship": "family", "evidence": "seen"}
		}
		ask := func(name string, n record.NHSNumber) string {
			return blank.ReplaceAllString(string(c.named(t, "opt-out-officer", "opt-out", name, map[string]any{"input": map[string]any{
				"nhsNumber": string(n), "channel": "PAPER_FORM", "receivedOn": "2026-03-02", "requestedBy": by, "representative": who,
			}}).Body), "")
		}
		unknown := ask("WithdrawOptOut", numberOf(9_100))
		for name, n := range map[string]record.NHSNumber{"restricted": sample.Restricted, "child": sample.Child, "adult": sample.Whole, "invalidated": sample.Invalidated} {
			if got := ask("WithdrawOptOut", n); got != unknown {
				t.Errorf("%s, %s: %s\nunknown: %s", by, name, got, unknown)
			}
		}
		recorded := ask("RecordOptOut", numberOf(9_200+i))
		for name, n := range map[string]record.NHSNumber{"restricted": sample.Restricted, "invalidated": sample.Invalidated} {
			if got := ask("RecordOptOut", n); got != recorded || strings.Contains(got, "errors") {
				t.Errorf("%s records for %s: %s\nunknown: %s", by, name, got, recorded)
			}
			c.ask(t, "opt-out-officer", "", duties[consent.KeepOptOuts]["withdrawOptOut"], one(n)) // by themselves
		}
	}
}
