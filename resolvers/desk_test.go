package resolvers_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A desk is a register of duties in memory: what it holds, how it fails, and what was done
// at it. A change is written on the ledger with its event, as the database does it.
type desk struct {
	mu     sync.Mutex
	ledger *ledger
	steps  []string
	errs   map[string]error // by step

	directives []consent.Directive
	requests   []consent.OptOutRequest
	more       bool
	lines      []audit.Line
	alerts     []audit.Alert
	numbers    []record.NHSNumber

	directive  consent.Directive // as it was given
	withdrawal consent.Withdrawal
	decision   consent.RequestDecision
	grant      consent.BreakGlassGrant
	asked      consent.RequestFilter
	filter     audit.Filter
	misuse     audit.AlertFilter
	bounded    bool // every change had a limit of its own
}

// step notes what is done, behind what stands on the ledger by then.
func (d *desk) step(ctx context.Context, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steps = append(d.steps, fmt.Sprintf("%s after %d events", name, d.ledger.written()))
	_, d.bounded = ctx.Deadline()
	return d.errs[name]
}

func (d *desk) write(events ...audit.Event) {
	d.ledger.mu.Lock()
	defer d.ledger.mu.Unlock()
	for _, event := range events {
		d.ledger.entries = append(d.ledger.entries, audit.Entry{Event: event})
	}
}

// change does a change whose event is made of what was changed.
func change[T any](ctx context.Context, d *desk, name string, changed T, event func(T) audit.Event) (T, error) {
	if err := d.step(ctx, name); err != nil {
		var none T
		return none, err
	}
	d.write(event(changed))
	return changed, nil
}

func (d *desk) Directives(ctx context.Context, _ record.NHSNumber) ([]consent.Directive, error) {
	return d.directives, d.step(ctx, "directives")
}

func (d *desk) RecordOptOut(ctx context.Context, given consent.Directive, event func(consent.Directive) audit.Event) (consent.Directive, error) {
	d.directive = given
	given.ID, given.EffectiveFrom = "d-1", now
	return change(ctx, d, "record", given, event)
}

func (d *desk) WithdrawOptOut(ctx context.Context, patient record.NHSNumber, w consent.Withdrawal, event func(consent.Directive) audit.Event) (consent.Directive, error) {
	d.withdrawal = w
	was := consent.Directive{ID: "d-1", Patient: patient, Channel: "PAPER_FORM", RequestedBy: "SELF", EffectiveFrom: now.AddDate(0, -1, 0), WithdrawnAt: now, Withdrawal: &w}
	if errors.Is(d.errs["withdraw"], record.ErrNotFound) {
		d.write(event(consent.Directive{}))
	}
	return change(ctx, d, "withdraw", was, event)
}

func (d *desk) Break(ctx context.Context, g consent.BreakGlassGrant, event func(consent.BreakGlassGrant) audit.Event) (consent.BreakGlassGrant, error) {
	d.grant = g
	g.ID, g.GrantedAt, g.ExpiresAt = "g-1", now, now.Add(30*time.Minute)
	return change(ctx, d, "break", g, event)
}

func (d *desk) Requests(ctx context.Context, f consent.RequestFilter) ([]consent.OptOutRequest, bool, error) {
	d.asked = f
	return d.requests, d.more, d.step(ctx, "requests")
}

func (d *desk) Request(ctx context.Context, id string) (consent.OptOutRequest, error) {
	if err := d.step(ctx, "request"); err != nil {
		return consent.OptOutRequest{}, err
	}
	for _, r := range d.requests {
		if r.ID == id {
			return r, nil
		}
	}
	return consent.OptOutRequest{}, record.ErrNotFound
}

func (d *desk) AcceptOptOut(ctx context.Context, _ string, decision consent.RequestDecision, given consent.Directive, event func(consent.Directive) audit.Event) (consent.OptOutRequest, consent.Directive, error) {
	d.decision, d.directive = decision, given
	given.ID, given.EffectiveFrom = "d-2", now
	given, err := change(ctx, d, "accept an opt-out", given, event)
	return closed(d.requests[0], decision), given, err
}

func (d *desk) AcceptChangeOfMind(ctx context.Context, _ string, decision consent.RequestDecision, patient record.NHSNumber, w consent.Withdrawal, event func(consent.Directive) audit.Event) (consent.OptOutRequest, consent.Directive, error) {
	d.decision, d.withdrawal = decision, w
	was, err := change(ctx, d, "accept a change of mind", consent.Directive{ID: "d-3", Patient: patient, Channel: "PAPER_FORM", RequestedBy: "SELF", EffectiveFrom: now.AddDate(0, -1, 0), WithdrawnAt: now}, event)
	return closed(d.requests[1], decision), was, err
}

func (d *desk) RefuseRequest(ctx context.Context, _ string, decision consent.RequestDecision, event audit.Event) (consent.OptOutRequest, error) {
	d.decision = decision
	if err := d.step(ctx, "refuse"); err != nil {
		return consent.OptOutRequest{}, err
	}
	d.write(event)
	return closed(d.requests[0], decision), nil
}

func (d *desk) Events(ctx context.Context, f audit.Filter) ([]audit.Line, error) {
	d.filter = f
	return d.lines, d.step(ctx, "events")
}

func (d *desk) Alerts(ctx context.Context, f audit.AlertFilter) ([]audit.Alert, error) {
	d.misuse = f
	return d.alerts, d.step(ctx, "alerts")
}

func (d *desk) Numbers(ctx context.Context, _ record.NHSNumber) ([]record.NHSNumber, error) {
	return d.numbers, d.step(ctx, "numbers")
}

func closed(r consent.OptOutRequest, decision consent.RequestDecision) consent.OptOutRequest {
	decision.DecidedAt = now
	r.Status, r.Decision = decision.Status, &decision
	return r
}

// newDesk is the graph over a desk and sources in memory.
func newDesk(t *testing.T, fakes ...*fake) (*care, *desk, *register) {
	t.Helper()
	base, facts, trail := newFakes(t, fakes...)
	d := &desk{ledger: trail, errs: map[string]error{}, requests: []consent.OptOutRequest{
		{ID: "r-1", Reference: "AAAA-1111", Kind: consent.AskOptOut, Status: consent.RequestWaiting, Channel: "ONLINE_FORM", Language: "bn", Name: "Ada Example", BirthDate: "1950-02-03", Postcode: "N1 9GU",
			NHSNumber: number(1), RequestedBy: "PARENT", Representative: &consent.Representative{Name: "Rae Example", Relationship: "mother", Evidence: "letter"}, Contact: "ada@example.org", ReceivedAt: now.AddDate(0, 0, -10)},
		{ID: "r-2", Reference: "BBBB-2222", Kind: consent.AskChangeOfMind, Status: consent.RequestWaiting, Channel: "ONLINE_FORM", Language: "en", Name: "Bo Example", BirthDate: "1951-02-03", Postcode: "N1 9GX", RequestedBy: "SELF", ReceivedAt: now.AddDate(0, 0, -1)},
	}}
	return base.with(t, func(o *resolvers.Options) { o.Register = d }), d, facts
}

// done takes what was done at the desk and stands on the ledger since the last time.
func (d *desk) done() (steps []string, events []audit.Event) {
	for _, entry := range d.ledger.entries {
		events = append(events, entry.Event)
	}
	steps, d.steps, d.ledger.entries = d.steps, nil, nil
	return steps, events
}

// at expects steps at the desk, with how many events stood before each, and one event more or less of an action and an outcome.
func (d *desk) expect(t *testing.T, name string, steps []string, events ...string) []audit.Event {
	t.Helper()
	did, wrote := d.done()
	if !slices.Equal(did, steps) {
		t.Errorf("%s: did %q, want %q", name, did, steps)
	}
	var got []string
	for _, event := range wrote {
		got = append(got, string(event.Action)+" "+string(event.Outcome))
	}
	if !slices.Equal(got, events) {
		t.Fatalf("%s: wrote %q, want %q", name, got, events)
	}
	return wrote
}

// whose is who has each duty.
var whose = map[string]string{
	"optOuts": "opt-out-officer", "optOutRequests": "opt-out-officer", "recordOptOut": "opt-out-officer", "withdrawOptOut": "opt-out-officer", "decideOptOutRequest": "opt-out-officer",
	"accessLog": "privacy-officer", "accessAlerts": "privacy-officer", "breakGlass": "gp",
}

// yields is what comes back of each root.
var yields = map[string]string{
	"optOuts": "{ id }", "optOutRequests": "{ edges { node { id } } }", "recordOptOut": "{ optOut { id } }", "withdrawOptOut": "{ optOut { id } }", "decideOptOutRequest": "{ request { id } }",
	"accessLog": "{ edges { node { id } } }", "accessAlerts": "{ kind }", "breakGlass": "{ grant { id } }",
}

// question asks a root well.
func (c *care) question(t *testing.T, persona, root string) answer {
	t.Helper()
	query, variables := fmt.Sprintf(questions[root], yields[root]), any(nil)
	query = strings.ReplaceAll(query, "6d3b7b4e-0000-4000-8000-000000000000", "r-1")
	if strings.Contains(query, "$n") {
		variables = one(number(1))
	}
	return c.ask(t, persona, "", query, variables)
}

// A duty requires its role, goes on the trail before anything is read, and is not carried out if the trail cannot be
// written. A duty that fails never gives an empty answer.
func TestDutiesInOrder(t *testing.T) {
	reads := map[string]string{"optOuts": "directives", "optOutRequests": "requests", "accessLog": "numbers", "accessAlerts": "alerts"}
	changes := map[string]string{"recordOptOut": "record", "withdrawOptOut": "withdraw", "decideOptOutRequest": "accept an opt-out", "breakGlass": "break"}
	fails := func(t *testing.T, c *care, root, persona, want string) {
		t.Helper()
		if a := c.question(t, persona, root); coded(t, a) != want || a.Data[root] != nil {
			t.Errorf("%s: %s, want %s", root, a.Body, want)
		}
	}
	for root, persona := range whose {
		c, d, _ := newDesk(t)
		fails(t, c, root, "developer", "FORBIDDEN")
		if steps, events := d.done(); len(steps) > 0 || len(events) != 1 || events[0].Outcome != audit.Forbidden || events[0].Who.Role != "DEVELOPER" {
			t.Errorf("%s refused: %q, %+v", root, steps, events)
		}
		if a := c.question(t, persona, root); len(a.Errors) > 0 || a.Data[root] == nil {
			t.Errorf("%s: %s", root, a.Body)
		}
		steps, events := d.done()
		first := "after 0 events"
		if reads[root] != "" {
			first = "after 1 events"
		}
		written := 1
		if root == "optOutRequests" {
			written += len(d.requests) // and each that is shown
		}
		if len(steps) == 0 || !strings.HasSuffix(steps[0], first) || len(events) != written || events[0].Outcome != audit.Done {
			t.Errorf("%s: %q, %+v", root, steps, events)
		}
		if changes[root] != "" && !d.bounded {
			t.Errorf("%s: the change has no limit", root)
		}
		step := reads[root] + changes[root]
		d.errs[step] = fmt.Errorf("%w: the register", consent.ErrUnavailable)
		fails(t, c, root, persona, "CONSENT_UNAVAILABLE")
		c.quiet(t)
		d.done()
		d.ledger.err = errors.New("the trail")
		fails(t, c, root, "developer", "AUDIT_UNAVAILABLE")
		c.alarmed(t, resolvers.AlarmAudit)
		if reads[root] != "" {
			fails(t, c, root, persona, "AUDIT_UNAVAILABLE")
			c.alarmed(t, resolvers.AlarmAudit)
			if steps, _ := d.done(); len(steps) > 0 {
				t.Errorf("%s without a trail: %q", root, steps)
			}
		}
	}
	c, d, _ := newDesk(t)
	d.errs["events"] = fmt.Errorf("%w: the register", consent.ErrUnavailable)
	fails(t, c, "accessLog", "privacy-officer", "CONSENT_UNAVAILABLE")
}

// A trail whose results do not fit the events has not written them.
func TestATrailThatAnswersForOthers(t *testing.T) {
	c, d, _ := newDesk(t)
	for _, extra := range []int{-1, 1} {
		odd := c.with(t, func(o *resolvers.Options) { o.Trail = oddTrail{d.ledger, extra} })
		if a := odd.question(t, "opt-out-officer", "optOuts"); coded(t, a) != "AUDIT_UNAVAILABLE" {
			t.Errorf("%d events more: %s", extra, a.Body)
		}
		odd.alarmed(t, resolvers.AlarmAudit)
	}
	if steps, _ := d.done(); len(steps) > 0 {
		t.Errorf("it was read: %q", steps)
	}
}

type oddTrail struct {
	*ledger
	extra int
}

func (o oddTrail) Record(ctx context.Context, entries []audit.Entry) ([]audit.Result, error) {
	results, err := o.ledger.Record(ctx, entries)
	return append(results, make([]audit.Result, 1)...)[:len(results)+o.extra], err
}

// The status of an objection is its status now, by the clock that set its times.
func TestWhatIsToldOfAnObjectionIsSoNow(t *testing.T) {
	c, d, _ := newDesk(t)
	hour := func(n time.Duration) time.Time { return now.Add(n * time.Hour) }
	d.directives = []consent.Directive{
		{ID: "stands", EffectiveFrom: hour(-2)}, {ID: "ends later", EffectiveFrom: hour(-2), WithdrawnAt: hour(1)}, {ID: "ended", EffectiveFrom: hour(-2), WithdrawnAt: hour(-1)},
		{ID: "begins later", EffectiveFrom: hour(1)}, {ID: "begins and ends later", EffectiveFrom: hour(1), WithdrawnAt: hour(2)}, {ID: "taken back before it begins", EffectiveFrom: hour(1), WithdrawnAt: hour(1)},
		{ID: "has ended by the database's clock", EffectiveFrom: hour(-2), WithdrawnAt: hour(1), ReadAt: hour(1)}, {ID: "has begun by it", EffectiveFrom: hour(1), ReadAt: hour(1)},
		{ID: "has not ended by it", EffectiveFrom: hour(-2), WithdrawnAt: hour(-1), ReadAt: hour(-2)},
	}
	want := []string{"IN_FORCE", "IN_FORCE", "WITHDRAWN", "IN_FORCE", "IN_FORCE", "WITHDRAWN", "WITHDRAWN", "IN_FORCE", "IN_FORCE"}
	for i := range d.directives {
		d.directives[i].Patient, d.directives[i].Channel, d.directives[i].RequestedBy = number(1), "PAPER_FORM", "SELF"
	}
	a := c.ask(t, "opt-out-officer", "", `query ($n: NHSNumber!) { optOuts(nhsNumber: $n) { status withdrawnAt } }`, one(number(1)))
	for i, x := range d.directives {
		if got := at(t, a.Data, "optOuts", i); at(t, got, "status") != want[i] || (at(t, got, "withdrawnAt") == nil) != x.WithdrawnAt.IsZero() {
			t.Errorf("what %s: %v, want %s", x.ID, got, want[i])
		}
	}
}

// An objection is recorded as it arrived, and shown as it is stored.
func TestObjectionsAreTakenDownAsTheyCame(t *testing.T) {
	c, d, _ := newDesk(t)
	const fields = `nhsNumber status channel requestedBy representative { name relationship evidence } receivedOn effectiveFrom withdrawnAt note
		recordedBy { subject name role organisation { odsCode name } } withdrawal { channel requestedBy representative { name } receivedOn note recordedBy { subject organisation { odsCode } } }`
	input := fmt.Sprintf(`(input: {nhsNumber: "%s", channel: PAPER_FORM, receivedOn: "2026-06-01", requestedBy: GUARDIAN, note: " by post\nto us ",
		representative: {name: " Rae Example ", relationship: "guardian", evidence: "order"}})`, str(1))
	a := c.ask(t, "opt-out-officer", "", `mutation { recordOptOut`+input+` { optOut { `+fields+` } } }`, nil)
	const took = `{"data":{"recordOptOut":{"optOut":{"nhsNumber":"%s","status":"IN_FORCE","channel":"PAPER_FORM","requestedBy":"GUARDIAN",` +
		`"representative":{"name":"Rae Example","relationship":"guardian","evidence":"order"},"receivedOn":"2026-06-01","effectiveFrom":"2026-06-15T11:30:00+01:00","withdrawnAt":null,"note":"by post\nto us",` +
		`"recordedBy":{"subject":"test-opt-out-officer","name":"Olive Objection (demo)","role":"OPT_OUT_OFFICER","organisation":{"odsCode":"Z9B2Z","name":"NHS West and North London Integrated Care Board"}},"withdrawal":null}}}`
	if got, want := string(a.Body), fmt.Sprintf(took, str(1)); !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	if e := d.expect(t, "recording", []string{"record after 0 events"}, "RECORD_OPT_OUT DONE"); e[0].Note != "d-1" || e[0].Patient != number(1) {
		t.Errorf("%+v", e)
	}
	a = c.ask(t, "opt-out-officer", "", `mutation { withdrawOptOut`+input+` { optOut { `+fields+` } } }`, nil)
	w := at(t, a.Data, "withdrawOptOut", "optOut")
	if at(t, w, "status") != "WITHDRAWN" || at(t, w, "withdrawnAt") == nil || at(t, w, "representative") != nil || at(t, w, "withdrawal", "representative", "name") != "Rae Example" ||
		at(t, w, "withdrawal", "note") != "by post\nto us" || at(t, w, "withdrawal", "recordedBy", "organisation", "odsCode") != "Z9B2Z" || at(t, w, "recordedBy", "organisation") != nil {
		t.Errorf("%s", a.Body)
	}
	if e := d.expect(t, "withdrawing", []string{"withdraw after 0 events"}, "WITHDRAW_OPT_OUT DONE"); e[0].Note != "d-1" {
		t.Errorf("%+v", e)
	}
	if d.withdrawal.RecordedBy != d.directive.RecordedBy || d.withdrawal.RecordedBy.Role != "OPT_OUT_OFFICER" || d.directive.Patient != number(1) {
		t.Errorf("%+v", d.withdrawal)
	}
	d.errs["withdraw"] = record.ErrNotFound
	if a := c.ask(t, "opt-out-officer", "", `mutation { withdrawOptOut`+input+` { optOut { id } } }`, nil); coded(t, a) != "PATIENT_NOT_FOUND" || !strings.Contains(string(a.Body), "No objection is in force") {
		t.Errorf("where there is none: %s", a.Body)
	}
	if e := d.expect(t, "withdrawing none", []string{"withdraw after 1 events"}, "WITHDRAW_OPT_OUT NOT_FOUND"); e[0].Note != "" {
		t.Errorf("%+v", e)
	}
	for step, root := range map[string]string{"record": "recordOptOut", "withdraw": "withdrawOptOut"} {
		d.errs[step] = fmt.Errorf("%w: say what was shown", record.ErrInvalid)
		if a := c.question(t, "opt-out-officer", root); coded(t, a) != "BAD_USER_INPUT" || !strings.Contains(string(a.Body), "Say what was shown.") {
			t.Errorf("%s: %s", root, a.Body)
		}
		if _, events := d.done(); len(events) != 1 || events[0].Outcome != audit.Rejected {
			t.Errorf("%s: %+v", root, events)
		}
		d.ledger.err = errors.New("the trail")
		if a := c.question(t, "opt-out-officer", root); coded(t, a) != "AUDIT_UNAVAILABLE" {
			t.Errorf("%s, and no trail: %s", root, a.Body)
		}
		c.alarmed(t, resolvers.AlarmAudit)
		d.ledger.err = nil
	}
	d.directives = []consent.Directive{{ID: "a", Patient: number(1), Channel: "PAPER_FORM", RequestedBy: "SELF", EffectiveFrom: now}, {ID: "b", Patient: number(2), Channel: "PAPER_FORM", RequestedBy: "SELF", EffectiveFrom: now}}
	a = c.ask(t, "opt-out-officer", "", fmt.Sprintf(`{ optOuts(nhsNumber: "%s") { nhsNumber } }`, str(1)), nil)
	if list := at(t, a.Data, "optOuts").([]any); len(list) != 2 || at(t, list[1], "nhsNumber") != str(2) {
		t.Errorf("%s", a.Body)
	}
}

// Input beyond its bounds is refused before anything is done, with a message that says what to do. The refusal is on
// the trail.
func TestBoundsOfDuties(t *testing.T) {
	c, d, _ := newDesk(t)
	glass := func(note, classes string) string {
		return fmt.Sprintf(`mutation { breakGlass(input: {nhsNumber: "%s", reason: EMERGENCY, note: "%s", classes: [%s]}) { grant { id } } }`, str(1), note, classes)
	}
	object := func(day, more string) string {
		return fmt.Sprintf(`mutation { recordOptOut(input: {nhsNumber: "%s", channel: PAPER_FORM, receivedOn: "%s", requestedBy: SELF%s}) { optOut { id } } }`, str(1), day, more)
	}
	back := func(day string) string { return strings.ReplaceAll(object(day, ""), "recordOptOut", "withdrawOptOut") }
	who := func(name, relationship, evidence string) string {
		return object("2026-06-01", fmt.Sprintf(`, representative: {name: "%s", relationship: "%s", evidence: "%s"}`, name, relationship, evidence))
	}
	long := func(n int) string { return strings.Repeat("é", n) }
	decide := func(what string) string {
		return `mutation { decideOptOutRequest(input: {id: "r-1", ` + what + `}) { request { id } } }`
	}
	accepted := `decision: ACCEPTED, nhsNumber: "` + str(1) + `"`
	for _, test := range []struct{ persona, query, says string }{
		{"gp", glass(long(9), "ALLERGIES"), "Note needs 10 to 500 characters."},
		{"gp", glass("   "+long(9)+"   ", "ALLERGIES"), "Note needs 10 to 500 characters."},
		{"gp", glass(long(10), "ALLERGIES"), ""},
		{"gp", glass(long(500), "ALLERGIES"), ""},
		{"gp", glass(long(501), "ALLERGIES"), "Note needs 10 to 500 characters."},
		{"gp", glass(`a\tnote\r\nof lines`, "ALLERGIES"), ""},
		{"gp", glass(`turned \u202e round`, "ALLERGIES"), "Note must be text without control characters."},
		{"gp", glass(long(10), ""), "Classes must name at least one class"},
		{"opt-out-officer", object("2026-06-15", ""), ""},
		{"opt-out-officer", object("2026-06-16", ""), "ReceivedOn must be a day from 2000 up to today."},
		{"opt-out-officer", object("2000-01-01", ""), ""},
		{"opt-out-officer", object("1999-12-31", ""), "ReceivedOn must be a day from 2000 up to today."},
		{"opt-out-officer", back("1999-12-31"), "ReceivedOn must be a day from 2000 up to today."},
		{"opt-out-officer", object("2026-06-01", `, note: "`+long(1000)+`"`), ""},
		{"opt-out-officer", object("2026-06-01", `, note: "`+long(1001)+`"`), "Note has 1000 characters at the most."},
		{"opt-out-officer", who(long(200), long(200), long(500)), ""},
		{"opt-out-officer", who("", "r", "e"), "Representative.name needs 1 to 200 characters."},
		{"opt-out-officer", who(long(201), "r", "e"), "Representative.name needs 1 to 200 characters."},
		{"opt-out-officer", who("n", " ", "e"), "Representative.relationship needs 1 to 200 characters."},
		{"opt-out-officer", who("n", "r", long(501)), "Representative.evidence needs 1 to 500 characters."},
		{"opt-out-officer", `{ optOutRequests(first: 0) { pageInfo { hasNextPage } } }`, "First must be from 1 to 200."},
		{"opt-out-officer", `{ optOutRequests(first: 1) { pageInfo { hasNextPage } } }`, ""},
		{"opt-out-officer", `{ optOutRequests(first: 200) { pageInfo { hasNextPage } } }`, ""},
		{"opt-out-officer", `{ optOutRequests(first: 201) { pageInfo { hasNextPage } } }`, "First must be from 1 to 200."},
		{"opt-out-officer", `{ optOutRequests(after: "x") { pageInfo { hasNextPage } } }`, "ursor"},
		{"opt-out-officer", decide(`decision: ACCEPTED`), "NhsNumber is required to accept a request."},
		{"opt-out-officer", decide(accepted), ""},
		{"opt-out-officer", decide(accepted + `, note: "` + long(2000) + `"`), ""},
		{"opt-out-officer", decide(accepted + `, note: "` + long(2001) + `"`), "Note has 2000 characters at the most."},
		{"opt-out-officer", decide(`decision: REFUSED`), "Note needs 1 to 2000 characters."},
		{"opt-out-officer", decide(`decision: REFUSED, note: "n"`), ""},
		{"privacy-officer", `{ accessLog(first: 0) { pageInfo { hasNextPage } } }`, "First must be from 1 to 200."},
		{"privacy-officer", `{ accessLog(first: 200) { pageInfo { hasNextPage } } }`, ""},
		{"privacy-officer", `{ accessLog(after: "x") { pageInfo { hasNextPage } } }`, "ursor"},
		{"privacy-officer", `{ accessAlerts(since: "2026-06-15") { kind } }`, ""},
		{"privacy-officer", `{ accessAlerts(since: "2026-06-16") { kind } }`, "Since must be a day of the last 366."},
		{"privacy-officer", `{ accessAlerts(since: "2025-06-14") { kind } }`, ""},
		{"privacy-officer", `{ accessAlerts(since: "2025-06-13") { kind } }`, "Since must be a day of the last 366."},
	} {
		a := c.ask(t, test.persona, "", test.query, nil)
		steps, events := d.done()
		if test.says == "" {
			if len(a.Errors) > 0 || len(steps) == 0 || len(events) == 0 {
				t.Errorf("%.120s: %s, %q, %d events", test.query, a.Body, steps, len(events))
			}
			continue
		}
		if coded(t, a) != "BAD_USER_INPUT" || !strings.Contains(a.Errors[0]["message"].(string), test.says) || len(steps) > 0 || len(events) != 1 || events[0].Outcome != audit.Rejected {
			t.Errorf("%.120s: %s, %q, %+v", test.query, a.Body, steps, events)
		}
		d.ledger.err = errors.New("the trail")
		says := "so nothing is shown"
		if strings.HasPrefix(test.query, "mutation") {
			says = "so this was not recorded"
		}
		if a := c.ask(t, test.persona, "", test.query, nil); coded(t, a) != "AUDIT_UNAVAILABLE" || !strings.Contains(a.Errors[0]["message"].(string), says) {
			t.Errorf("%.120s, and no trail: %s", test.query, a.Body)
		}
		d.ledger.err = nil
		c.alarmed(t, resolvers.AlarmAudit)
	}
}

// A break-glass grant opens the classes that were asked for and that the role may see, and no more.
func TestWhatAGrantIsTakenFor(t *testing.T) {
	c, d, _ := newDesk(t)
	a := c.ask(t, "gp", "", fmt.Sprintf(`mutation { breakGlass(input: {nhsNumber: "%s", reason: STATUTE, note: "  an act requires it  ", classes: [STAYS, ALLERGIES, STAYS]}) { grant { nhsNumber classes reason expiresAt } } }`, str(1)), nil)
	want := fmt.Sprintf(`{"data":{"breakGlass":{"grant":{"nhsNumber":"%s","classes":["ALLERGIES","STAYS"],"reason":"STATUTE","expiresAt":"2026-06-15T12:00:00+01:00"}}}`, str(1))
	if got := string(a.Body); !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	g := d.grant
	if g.Subject != "test-gp" || g.Org != "F83999" || g.Patient != number(1) || g.Reason != "STATUTE" || g.Note != "an act requires it" || g.Classes != consent.ClassSetOf(record.ClassAllergies, record.ClassStays) {
		t.Errorf("%+v", g)
	}
	e := d.expect(t, "a grant", []string{"break after 0 events"}, "BREAK_GLASS DONE")[0]
	if e.Patient != number(1) || e.Glass == nil || *e.Glass != (audit.Glass{GrantID: "g-1", Reason: "STATUTE", Note: "an act requires it"}) || !slices.Equal(e.Classes, g.Classes.Classes()) {
		t.Errorf("%+v", e)
	}
}

// A request is decided as it was written, and only once.
func TestRequestsAreDecided(t *testing.T) {
	c, d, _ := newDesk(t)
	decide := func(id, what string) answer {
		return c.ask(t, "opt-out-officer", "", fmt.Sprintf(`mutation { decideOptOutRequest(input: {id: "%s", %s}) { request { status decisionNote decidedAt decidedBy { subject } } optOut { status } } }`, id, what), nil)
	}
	accepted := fmt.Sprintf(`decision: ACCEPTED, nhsNumber: "%s", note: "seen"`, str(5))
	a := decide("r-1", accepted)
	if at(t, a.Data, "decideOptOutRequest", "request", "status") != "ACCEPTED" || at(t, a.Data, "decideOptOutRequest", "optOut", "status") != "IN_FORCE" || at(t, a.Data, "decideOptOutRequest", "request", "decisionNote") != "seen" ||
		at(t, a.Data, "decideOptOutRequest", "request", "decidedBy", "subject") != "test-opt-out-officer" {
		t.Errorf("%s", a.Body)
	}
	e := d.expect(t, "an opt-out", []string{"request after 0 events", "accept an opt-out after 0 events"}, "RECORD_OPT_OUT DONE")
	if g := d.directive; e[0].Note != "d-2" || e[0].Patient != number(5) || g.Patient != number(5) || g.RequestedBy != "PARENT" || g.Representative.Name != "Rae Example" || g.Note != "form AAAA-1111" || g.ReceivedOn != "2026-06-05" || g.RecordedBy.Subject != "test-opt-out-officer" {
		t.Errorf("%+v %+v", e, g)
	}
	a = decide("r-2", accepted)
	if at(t, a.Data, "decideOptOutRequest", "optOut", "status") != "WITHDRAWN" {
		t.Errorf("%s", a.Body)
	}
	e = d.expect(t, "a change of mind", []string{"request after 0 events", "accept a change of mind after 0 events"}, "WITHDRAW_OPT_OUT DONE")
	if e[0].Note != "d-3" || d.withdrawal.Note != "form BBBB-2222" || d.withdrawal.RequestedBy != "SELF" {
		t.Errorf("%+v %+v", e, d.withdrawal)
	}
	a = decide("r-1", `decision: REFUSED, note: "another person"`)
	if at(t, a.Data, "decideOptOutRequest", "request", "status") != "REFUSED" || at(t, a.Data, "decideOptOutRequest", "optOut") != nil {
		t.Errorf("%s", a.Body)
	}
	e = d.expect(t, "a refusal", []string{"request after 0 events", "refuse after 0 events"}, "DECIDE_OPT_OUT_REQUEST DONE")
	if e[0].Note != "request r-1" || e[0].Patient != number(1) {
		t.Errorf("the event does not say which request, and whom it names: %+v", e[0])
	}
	d.requests[0].Status = consent.RequestRefused
	for _, test := range []struct {
		name, id, what string
		err            error
		says           string
		steps          []string
	}{
		{"decided before", "r-1", accepted, nil, "The request has been decided already", []string{"request after 0 events"}},
		{"no such request", "r-9", accepted, nil, "There is no such request", []string{"request after 0 events"}},
		{"no such request to refuse", "r-9", `decision: REFUSED, note: "n"`, nil, "There is no such request", []string{"request after 0 events"}},
		{"a request that is gone when it is refused", "r-1", `decision: REFUSED, note: "n"`, record.ErrNotFound, "There is no such request", []string{"request after 0 events", "refuse after 0 events"}},
	} {
		d.errs["refuse"] = test.err
		if a := decide(test.id, test.what); coded(t, a) != "BAD_USER_INPUT" || !strings.Contains(a.Errors[0]["message"].(string), test.says) {
			t.Errorf("%s: %s", test.name, a.Body)
		}
		d.expect(t, test.name, test.steps, "DECIDE_OPT_OUT_REQUEST REJECTED")
	}
	d.errs["request"] = consent.ErrUnavailable
	if a := decide("r-2", accepted); coded(t, a) != "CONSENT_UNAVAILABLE" {
		t.Errorf("a queue that does not answer: %s", a.Body)
	}
}

// The queue is shown as stored, page by page. Its cursors work only for the caller and the list they were made for.
func TestTheQueueIsToldAsItIs(t *testing.T) {
	c, d, _ := newDesk(t)
	d.requests[1] = closed(d.requests[1], consent.RequestDecision{Status: consent.RequestRefused, Note: "no", DecidedBy: consent.Recorder{Subject: "o", Organisation: "RAL"}})
	d.more = true
	const query = `query ($status: OptOutRequestStatus!, $after: String) { optOutRequests(first: 2, status: $status, after: $after) { edges { cursor node { id reference kind status receivedAt overdue language name dateOfBirth postcode nhsNumber
		requestedBy representative { name relationship evidence } contact decidedAt decidedBy { subject organisation { odsCode name } } decisionNote } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
	ask := func(persona, org, status string, after any) answer {
		return c.ask(t, persona, org, query, map[string]any{"status": status, "after": after})
	}
	a := ask("opt-out-officer", "", "WAITING", nil)
	list := at(t, a.Data, "optOutRequests")
	first, second := at(t, list, "edges", 0, "node"), at(t, list, "edges", 1, "node")
	if at(t, first, "overdue") != true || at(t, first, "nhsNumber") != str(1) || at(t, first, "representative", "evidence") != "letter" || at(t, first, "decidedAt") != nil || at(t, first, "decidedBy") != nil ||
		at(t, first, "language") != "bn" || at(t, first, "contact") != "ada@example.org" || at(t, first, "dateOfBirth") != "1950-02-03" || at(t, first, "postcode") != "N1 9GU" || at(t, first, "kind") != "OPT_OUT" {
		t.Errorf("%v", first)
	}
	if at(t, second, "overdue") != false || at(t, second, "nhsNumber") != nil || at(t, second, "representative") != nil || at(t, second, "decidedAt") == nil || at(t, second, "decidedBy", "organisation", "odsCode") != "RAL" || at(t, second, "decisionNote") != "no" {
		t.Errorf("%v", second)
	}
	page := at(t, list, "pageInfo")
	if at(t, page, "hasNextPage") != true || at(t, page, "hasPreviousPage") != false || at(t, page, "startCursor") != at(t, list, "edges", 0, "cursor") || at(t, page, "endCursor") != at(t, list, "edges", 1, "cursor") {
		t.Errorf("%v", page)
	}
	if d.asked.Status != consent.RequestWaiting || d.asked.Limit != 2 || d.asked.After != nil {
		t.Errorf("asked for %+v", d.asked)
	}
	cursor := at(t, page, "endCursor")
	d.more = false
	a = ask("opt-out-officer", "", "WAITING", cursor)
	if page := at(t, a.Data, "optOutRequests", "pageInfo"); at(t, page, "hasNextPage") != false || at(t, page, "hasPreviousPage") != true {
		t.Errorf("%s", a.Body)
	}
	if p := d.asked.After; p == nil || p.ID != "r-2" || !p.ReceivedAt.Equal(d.requests[1].ReceivedAt) {
		t.Errorf("asked for %+v", d.asked)
	}
	for _, foreign := range []answer{ask("opt-out-officer", "", "REFUSED", cursor), ask("opt-out-officer", "RAL", "WAITING", cursor), ask("opt-out-officer", "", "WAITING", "AAAA"), ask("opt-out-officer", "", "WAITING", strings.Repeat("A", 1000))} {
		if coded(t, foreign) != "BAD_USER_INPUT" {
			t.Errorf("a foreign cursor: %s", foreign.Body)
		}
	}
	d.requests = nil
	if a := ask("opt-out-officer", "", "ACCEPTED", nil); string(a.Body) != `{"data":{"optOutRequests":{"edges":[],"pageInfo":{"hasNextPage":false,"hasPreviousPage":false,"startCursor":null,"endCursor":null}}}}` {
		t.Errorf("%s", a.Body)
	}
}

// Each request that is shown is an event of the person whose number it names, and none is
// shown where those cannot be written.
func TestTheTrailNamesEachRequestShown(t *testing.T) {
	c, d, _ := newDesk(t)
	const query = `{ optOutRequests { edges { node { reference } } } }`
	c.ask(t, "opt-out-officer", "", query, nil)
	_, events := d.done()
	var got []string
	for _, e := range events {
		got = append(got, fmt.Sprint(e.Action, " ", string(e.Patient), " ", e.Note))
	}
	if want := []string{"READ_OPT_OUT_REQUESTS  ", "READ_OPT_OUT_REQUESTS " + str(1) + " request r-1", "READ_OPT_OUT_REQUESTS  request r-2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	failing := c.with(t, func(o *resolvers.Options) { o.Trail = &once{ledger: d.ledger} })
	if a := failing.ask(t, "opt-out-officer", "", query, nil); coded(t, a) != "AUDIT_UNAVAILABLE" || strings.Contains(string(a.Body), "AAAA") {
		t.Errorf("without their events: %s", a.Body)
	}
	failing.alarmed(t, resolvers.AlarmAudit)
	d.requests = nil
	d.done()
	c.ask(t, "opt-out-officer", "", query, nil)
	d.expect(t, "an empty queue", []string{"requests after 1 events"}, "READ_OPT_OUT_REQUESTS DONE")
}

// once is a trail that is written once and then no more.
type once struct {
	*ledger
	written bool
}

func (o *once) Record(ctx context.Context, entries []audit.Entry) ([]audit.Result, error) {
	if o.written {
		return nil, errors.New("no more")
	}
	o.written = true
	return o.ledger.Record(ctx, entries)
}

// The event of reading the trail says which part was read.
func TestTheTrailSaysWhichPartOfItWasRead(t *testing.T) {
	c, d, _ := newDesk(t)
	d.lines = []audit.Line{{Sequence: 9}, {Sequence: 8}, {Sequence: 7}}
	long := "a" + strings.Repeat("é", 254)
	a := c.ask(t, "privacy-officer", "", `{ accessLog(first: 2) { pageInfo { endCursor } } }`, nil)
	c.ask(t, "privacy-officer", "", `query ($after: String) { accessLog(first: 2, after: $after) { pageInfo { endCursor } } }`, map[string]any{"after": at(t, a.Data, "accessLog", "pageInfo", "endCursor")})
	c.ask(t, "privacy-officer", "", `query ($s: String) { accessLog(first: 3, breakGlass: true, subject: $s) { pageInfo { endCursor } } }`, map[string]any{"s": long})
	_, events := d.done()
	var got []string
	for _, e := range events {
		got = append(got, e.Note)
	}
	if want := []string{"the latest 2", "the latest 2 before 8", fmt.Sprintf("the latest 3, break-glass, of a%s… (SHA-256 %x)", strings.Repeat("é", 99), sha256.Sum256([]byte(long)))}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// numbered is a trail whose events stand at one place.
type numbered struct {
	resolvers.Trail
	sequence int64
}

func (n numbered) Record(ctx context.Context, entries []audit.Entry) ([]audit.Result, error) {
	results, err := n.Trail.Record(ctx, entries)
	for i := range results {
		results[i].Sequence = n.sequence
	}
	return results, err
}

// What comes to the trail after the event of reading it is not shown, since the event does not say so.
func TestNothingLaterThanItsEventIsRead(t *testing.T) {
	c, d, _ := newDesk(t)
	d.lines = []audit.Line{{Sequence: 9}, {Sequence: 8}, {Sequence: 7}}
	c = c.with(t, func(o *resolvers.Options) { o.Trail = numbered{o.Trail, 41} })
	a := c.ask(t, "privacy-officer", "", `{ accessLog(first: 2) { pageInfo { endCursor } } }`, nil)
	if d.filter.Before != 42 {
		t.Errorf("read before %d", d.filter.Before)
	}
	c.ask(t, "privacy-officer", "", `query ($after: String) { accessLog(first: 2, after: $after) { pageInfo { endCursor } } }`, map[string]any{"after": at(t, a.Data, "accessLog", "pageInfo", "endCursor")})
	if d.filter.Before != 8 {
		t.Errorf("the next page: read before %d", d.filter.Before)
	}
}

// A waiting request is overdue from the moment its time is up; a decided one never is.
func TestWhenARequestIsOverdue(t *testing.T) {
	c, d, _ := newDesk(t)
	received := d.requests[0].ReceivedAt
	for offset, want := range map[time.Duration]bool{-time.Nanosecond: false, 0: true} {
		late := c.with(t, func(o *resolvers.Options) {
			o.Now = func() time.Time { return consent.RequestDue(received).Add(offset) }
		})
		late.issuer.Now = func() time.Time { return consent.RequestDue(received).Add(offset) }
		a := late.ask(t, "opt-out-officer", "", `{ optOutRequests { edges { node { overdue } } } }`, nil)
		if got := at(t, a.Data, "optOutRequests", "edges", 0, "node", "overdue"); got != want {
			t.Errorf("%s after its time: %v", offset, got)
		}
	}
}

// The access log is shown as stored, to the officer of its own organisation.
func TestTheAccessLogIsToldAsItStands(t *testing.T) {
	c, d, _ := newDesk(t)
	d.numbers = []record.NHSNumber{number(1), number(2)}
	d.lines = []audit.Line{
		{Sequence: 9, RecordedAt: now, Event: audit.Event{Action: audit.Read, Outcome: audit.Shown, Patient: number(1), Purpose: "TREAT", Relationship: "STAY", Who: audit.Who{Subject: "s", Name: "n", Role: "r", Organisation: "RAL"},
			Classes: []record.Class{record.ClassAllergies}, Sectors: []record.Sector{record.GP}, Operation: audit.Operation{Name: "Q"}, Client: audit.Client{Application: "viewer"}, Glass: &audit.Glass{Reason: "STATUTE", Note: "why"}}},
		{Sequence: 8, RecordedAt: now, Event: audit.Event{Action: audit.ReadTrail, Outcome: audit.Done}},
		{Sequence: 7, RecordedAt: now, Event: audit.Event{Action: audit.ReadTrail, Outcome: audit.Done}},
	}
	const query = `query ($n: NHSNumber, $subject: String, $glass: Boolean!, $after: String) { accessLog(nhsNumber: $n, subject: $subject, breakGlass: $glass, first: 2, after: $after) {
		edges { cursor node { sequence at who { subject name role organisation { odsCode } } action nhsNumber purpose relationship classes sectors outcome breakGlass { reason note } operation application } }
		pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
	ask := func(org string, n, subject, after any, glass bool) answer {
		return c.ask(t, "privacy-officer", org, query, map[string]any{"n": n, "subject": subject, "glass": glass, "after": after})
	}
	a := ask("", str(1), "s", nil, true)
	list := at(t, a.Data, "accessLog")
	first, bare := at(t, list, "edges", 0, "node"), at(t, list, "edges", 1, "node")
	if fmt.Sprint(at(t, first, "classes"), at(t, first, "sectors")) != "[ALLERGIES] [GP]" || at(t, first, "nhsNumber") != str(1) || at(t, first, "breakGlass", "note") != "why" || at(t, first, "who", "organisation", "odsCode") != "RAL" || at(t, first, "sequence") != 9.0 {
		t.Errorf("%v", first)
	}
	if fmt.Sprint(at(t, bare, "classes"), at(t, bare, "sectors")) != "[] []" || at(t, bare, "nhsNumber") != nil || at(t, bare, "breakGlass") != nil || at(t, bare, "who", "organisation") != nil {
		t.Errorf("%v", bare)
	}
	page := at(t, list, "pageInfo")
	if len(at(t, list, "edges").([]any)) != 2 || at(t, page, "hasNextPage") != true || at(t, page, "hasPreviousPage") != false || at(t, page, "startCursor") != at(t, list, "edges", 0, "cursor") || at(t, page, "endCursor") != at(t, list, "edges", 1, "cursor") {
		t.Errorf("%v", page)
	}
	f := d.filter
	if !slices.Equal(f.Patients, d.numbers) || !slices.Contains(f.Organisations, "RAL") || f.Subject != "s" || !f.Glass || f.Limit != 3 || f.Before != 1 {
		t.Errorf("asked for %+v", f)
	}
	if e := d.expect(t, "the log of a person", []string{"numbers after 1 events", "events after 1 events"}, "READ_TRAIL DONE"); e[0].Patient != number(1) {
		t.Errorf("%+v", e)
	}
	d.lines = d.lines[2:]
	cursor := at(t, page, "endCursor")
	a = ask("", str(1), "s", cursor, true)
	if page := at(t, a.Data, "accessLog", "pageInfo"); d.filter.Before != 8 || at(t, page, "hasNextPage") != false || at(t, page, "hasPreviousPage") != true {
		t.Errorf("%+v: %s", d.filter, a.Body)
	}
	d.done()
	for _, foreign := range []answer{ask("F83999", str(1), "s", cursor, true), ask("", str(2), "s", cursor, true), ask("", str(1), nil, cursor, true), ask("", str(1), "s", cursor, false), ask("", nil, "s", cursor, true)} {
		if coded(t, foreign) != "BAD_USER_INPUT" {
			t.Errorf("a foreign cursor: %s", foreign.Body)
		}
	}
	d.done()
	if a := ask("", nil, nil, nil, false); len(a.Errors) > 0 || d.filter.Patients != nil || d.filter.Subject != "" || d.filter.Glass {
		t.Errorf("%+v: %s", d.filter, a.Body)
	}
	d.expect(t, "the whole log", []string{"events after 1 events"}, "READ_TRAIL DONE")
}

func TestAlertsAreToldAsTheyAre(t *testing.T) {
	c, d, _ := newDesk(t)
	d.alerts = []audit.Alert{
		{Kind: audit.GlassBroken, Patient: number(1), Who: audit.Who{Subject: "s", Name: "n", Organisation: "RAL"}, From: now, To: now, Count: 3, Threshold: 0},
		{Kind: audit.OrgPatientsMonth, Who: audit.Who{Organisation: "RAL"}, From: now, To: now, Count: 900, Threshold: 750},
		{Kind: audit.OutOfHours, From: now, To: now},
	}
	a := c.ask(t, "privacy-officer", "", `{ accessAlerts { kind who { subject } organisation { odsCode } nhsNumber count threshold } }`, nil)
	want := fmt.Sprintf(`{"data":{"accessAlerts":[{"kind":"BREAK_GLASS","who":{"subject":"s"},"organisation":{"odsCode":"RAL"},"nhsNumber":"%s","count":3,"threshold":0},`+
		`{"kind":"ORGANISATION_PATIENTS_IN_A_MONTH","who":null,"organisation":{"odsCode":"RAL"},"nhsNumber":null,"count":900,"threshold":750},`+
		`{"kind":"OUT_OF_HOURS","who":null,"organisation":null,"nhsNumber":null,"count":0,"threshold":0}]}`, str(1))
	if got := string(a.Body); !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	if f := d.misuse; !slices.Contains(f.Organisations, "RAL") || !f.Now.Equal(now) || !f.Since.Equal(record.Date("2026-05-15").Midnight()) {
		t.Errorf("asked for %+v", f)
	}
	c.ask(t, "privacy-officer", "", `{ accessAlerts(since: "2026-01-02") { kind } }`, nil)
	if !d.misuse.Since.Equal(record.Date("2026-01-02").Midnight()) {
		t.Errorf("asked for %+v", d.misuse)
	}
	_, events := d.done()
	var notes []string
	for i := range events {
		notes = append(notes, events[i].Note)
	}
	if want := []string{"alerts since 2026-05-15", "alerts since 2026-01-02"}; !slices.Equal(notes, want) { // which were told is on the trail
		t.Errorf("noted %q, want %q", notes, want)
	}
}

// A comparison reveals whether fields agree and nothing about the person who is stored. A person who is restricted, or
// whose restriction cannot be established, matches nothing. The comparison goes on the trail first.
func TestRequestsAreCompared(t *testing.T) {
	source := newFake(record.Demographics, "RRV")
	person := record.Person{DateOfBirth: "1950-02-03", Name: &record.HumanName{Given: []string{"Ada"}, Family: "Example"}, Address: &record.Address{Postcode: "N1 9GU"}}
	source.answers[fetch.Persons] = func(ask *fetch.Ask) fetch.Answer { return always(person)(ask) }
	c, d, facts := newDesk(t, source)
	d.requests, d.numbers = d.requests[:1], []record.NHSNumber{number(1)}
	compare := func(argument string) (string, answer) {
		t.Helper()
		a := c.ask(t, "opt-out-officer", "", `{ optOutRequests { edges { node { match`+argument+` { name dateOfBirth postcode nhsNumber } } } } }`, nil)
		if len(a.Errors) > 0 {
			return coded(t, a), a
		}
		m := at(t, a.Data, "optOutRequests", "edges", 0, "node", "match")
		return fmt.Sprint(at(t, m, "name"), " ", at(t, m, "dateOfBirth"), " ", at(t, m, "postcode"), " ", at(t, m, "nhsNumber")), a
	}
	const all, none = "MATCH MATCH MATCH MATCH", "NO_MATCH NO_MATCH NO_MATCH NO_MATCH"
	expect := func(name, argument, want string) {
		t.Helper()
		if got, a := compare(argument); got != want {
			t.Errorf("%s: %s", name, a.Body)
		}
		d.done()
	}
	expect("the number in the request", "", all)
	if got, a := compare(fmt.Sprintf(`(nhsNumber: "%s")`, str(2))); got != "MATCH MATCH MATCH MATCH" {
		t.Errorf("another number of the person: %s", a.Body)
	}
	e := d.expect(t, "another number", []string{"requests after 1 events", "numbers after 3 events"}, "READ_OPT_OUT_REQUESTS DONE", "READ_OPT_OUT_REQUESTS DONE", "READ_OPT_OUT_REQUESTS DONE")
	if e[2].Patient != number(2) {
		t.Errorf("%+v", e)
	}
	d.numbers = []record.NHSNumber{number(2)}
	expect("the number of somebody else", "", "MATCH MATCH MATCH NO_MATCH")
	d.numbers = []record.NHSNumber{number(1)}
	for name, knows := range map[string]func(*consent.Facts){
		"nobody": func(f *consent.Facts) { f.Known = false }, "restricted": func(f *consent.Facts) { f.Restricted = consent.Yes }, "perhaps restricted": func(f *consent.Facts) { f.Restricted = consent.Unknown },
		"withdrawn as an error": func(f *consent.Facts) { f.Invalidated = true },
	} {
		facts.knows = knows
		c.read()
		expect(name, "", none)
		if n := c.read(); n > 0 {
			t.Errorf("%s: demographics was read %d times", name, n)
		}
	}
	facts.knows = nil
	person.Restricted = true
	expect("restricted in demographics", "", none)
	person = record.Person{DateOfBirth: "1950-02-03", Name: &record.HumanName{Full: "Ada Example"}, Address: &record.Address{}}
	expect("a full name and no postcode", "", "MATCH MATCH NO_MATCH MATCH")
	person.Name, person.Address = nil, nil
	expect("no name and no address", "", "NO_MATCH MATCH NO_MATCH MATCH")
	source.answers[fetch.Persons] = func(*fetch.Ask) fetch.Answer { return fetch.Answer{Err: record.ErrUnavailable} }
	expect("a view that is down", "", "SOURCE_UNAVAILABLE")
	source.err = record.ErrUnavailable
	expect("demographics down", "", "SOURCE_UNAVAILABLE")
	source.err = nil
	d.errs["numbers"] = consent.ErrUnavailable
	expect("the numbers cannot be read", "", "CONSENT_UNAVAILABLE")
	facts.err = consent.ErrUnavailable
	expect("consent cannot be read", "", "CONSENT_UNAVAILABLE")
	d.requests[0].NHSNumber = ""
	c.read()
	expect("no number at all", "", "NO_MATCH NO_MATCH NO_MATCH NOT_GIVEN")
	if n := c.read(); n > 0 {
		t.Errorf("without a number demographics was read %d times", n)
	}
}

// Each comparison is a read and an event, so their number is limited. An operation over the limit makes none.
func TestLimitOfComparisons(t *testing.T) {
	source := newFake(record.Demographics, "RRV")
	base, d, _ := newDesk(t, source)
	c := base.with(t, func(o *resolvers.Options) { o.Patients = 6 }) // a page is still compared
	const two = `a: match { name } b: match(nhsNumber: "9990000018") { name }`
	decide := func(times, matches int) string {
		var fields, two strings.Builder
		for i := range matches {
			fmt.Fprintf(&two, "m%d: match { name } ", i)
		}
		for i := range times {
			fmt.Fprintf(&fields, `d%d: decideOptOutRequest(input: { id: "q-1", decision: REFUSED, note: "no" }) { request { ...F } } `, i)
		}
		return `mutation { ` + fields.String() + `} fragment F on OptOutRequest { ` + two.String() + `}`
	}
	for name, test := range map[string]struct {
		query     string
		variables map[string]any
		refused   bool
	}{
		"as many as may be":         {`{ optOutRequests(first: 100) { edges { node { ` + two + ` } } } }`, nil, false},
		"one page too long":         {`{ optOutRequests(first: 101) { edges { node { ` + two + ` } } } }`, nil, true},
		"a page by a variable":      {`query ($f: Int!) { optOutRequests(first: $f) { edges { node { ` + two + ` } } } }`, map[string]any{"f": 101}, true},
		"a short one by a variable": {`query ($f: Int!) { optOutRequests(first: $f) { edges { node { ` + two + ` } } } }`, map[string]any{"f": 100}, false},
		"the page nobody said":      {`{ optOutRequests { edges { node { a: match { name } b: match { name } c: match { name } d: match { name } e: match { name } } } } }`, nil, true},
		"beside other fields":       {`{ optOutRequests(first: 100) { pageInfo { hasNextPage } edges { cursor node { id reference ` + two + ` } } } }`, nil, false},
		"a page that may not be":    {`{ optOutRequests(first: 1000) { edges { node { ` + two + ` } } } }`, nil, false},
		"without comparing":         {`{ optOutRequests(first: 200) { edges { node { id } } } }`, nil, false},
		"two lists":                 {`{ a: optOutRequests(first: 51) { ...F } b: optOutRequests(first: 50) { ...F } } fragment F on OptOutRequestConnection { edges { node { ` + two + ` } } }`, nil, true},
		"two places of one list":    {`{ optOutRequests(first: 51) { x: edges { node { ` + two + ` } } y: edges { node { ` + two + ` } } } }`, nil, true},
		"decisions":                 {decide(20, 10), nil, false},
		"decisions beyond it":       {decide(20, 11), nil, true},
	} {
		a := c.ask(t, "opt-out-officer", "", test.query, test.variables)
		refused := a.Data == nil && len(a.Errors) == 1 && strings.Contains(fmt.Sprint(a.Errors[0]["message"]), "200 times") &&
			at(t, a.Errors[0], "extensions", "code") == "BAD_USER_INPUT"
		if refused != test.refused || a.Data == nil != test.refused {
			t.Errorf("%s: %s", name, a.Body)
		}
		if steps, _ := d.done(); test.refused && len(steps) > 0 {
			t.Errorf("%s: %v", name, steps)
		}
	}
}

// An officer who compares requests with many numbers that are nobody's, or whose holder is not shown, is throttled like
// everybody else. The number in the request itself does not count, because the officer did not choose it.
func TestComparisonsInVain(t *testing.T) {
	source := newFake(record.Demographics, "RRV")
	source.answers[fetch.Persons] = always(record.Person{DateOfBirth: "1950-02-03"})
	base, d, facts := newDesk(t, source)
	d.requests, d.numbers = d.requests[:1], []record.NHSNumber{number(1)}
	facts.knows = func(f *consent.Facts) { f.Known = f.Asked == number(1) }
	clock := now
	c := base.with(t, func(o *resolvers.Options) {
		o.InVain = 3
		o.Now = func() time.Time { return clock }
	})
	compare := func(argument string) string {
		a := c.ask(t, "opt-out-officer", "", `{ optOutRequests(first: 1) { edges { node { match`+argument+` { nhsNumber } } } } }`, nil)
		if len(a.Errors) > 0 {
			return coded(t, a)
		}
		return fmt.Sprint(at(t, a.Data, "optOutRequests", "edges", 0, "node", "match", "nhsNumber"))
	}
	given := func(n int) string { return fmt.Sprintf(`(nhsNumber: "%s")`, str(n)) }
	d.requests[0].NHSNumber = number(9)
	for range 5 {
		if got := compare(""); got != "NO_MATCH" {
			t.Fatalf("as written: %s", got)
		}
	}
	d.requests[0].NHSNumber = number(1)
	for _, n := range []int{2, 1, 3, 2, 4} {
		if got, want := compare(given(n)), map[bool]string{true: "MATCH", false: "NO_MATCH"}[n == 1]; got != want {
			t.Fatalf("number %d: %s", n, got)
		}
	}
	calls := facts.calls
	d.done()
	if got := compare(given(1)); got != "QUERY_TOO_COSTLY" || facts.calls != calls {
		t.Errorf("beyond the limit: %s, %d look-ups", got, facts.calls-calls)
	}
	e := d.expect(t, "beyond the limit", []string{"requests after 1 events"}, "READ_OPT_OUT_REQUESTS DONE", "READ_OPT_OUT_REQUESTS DONE", "READ_OPT_OUT_REQUESTS REJECTED")
	if e[2].Patient != number(1) {
		t.Errorf("%+v", e)
	}
	if got := compare(""); got != "MATCH" {
		t.Errorf("as written, beyond the limit: %s", got)
	}
	clock = now.Add(time.Hour)
	if got := compare(given(1)); got != "MATCH" {
		t.Errorf("an hour later: %s", got)
	}
}

// A comparison that cannot be written on the trail is not made.
func TestAComparisonNeedsTheTrail(t *testing.T) {
	source := newFake(record.Demographics, "RRV")
	base, d, facts := newDesk(t, source)
	d.requests, d.numbers = d.requests[:1], []record.NHSNumber{number(1)}
	d.requests[0].NHSNumber = number(1)
	for _, argument := range []string{"", fmt.Sprintf(`(nhsNumber: "%s")`, str(1))} {
		c := base.with(t, func(o *resolvers.Options) { o.Trail = &failsAfter{o.Trail, 2} }) // that the queue is read, and what of it
		a := c.ask(t, "opt-out-officer", "", `{ optOutRequests(first: 1) { edges { node { match`+argument+` { nhsNumber } } } } }`, nil)
		if got := coded(t, a); got != "AUDIT_UNAVAILABLE" || facts.calls > 0 || c.reads[source.name()] > 0 {
			t.Errorf("%s%s: %d look-ups, %v", argument, a.Body, facts.calls, c.reads)
		}
		c.alarmed(t, resolvers.AlarmAudit)
	}
}

// failsAfter is a trail that fails after so many writes.
type failsAfter struct {
	resolvers.Trail
	left int
}

func (f *failsAfter) Record(ctx context.Context, entries []audit.Entry) ([]audit.Result, error) {
	if f.left--; f.left < 0 {
		return nil, audit.ErrUnavailable
	}
	return f.Trail.Record(ctx, entries)
}
