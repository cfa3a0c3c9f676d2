package resolvers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// dutyBook is a register of duties in memory. What it holds is marked, and it counts how
// often it was touched.
type dutyBook struct {
	mu      sync.Mutex
	touched int
}

const bookMark = "«the book»"

func (b *dutyBook) touch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.touched++
}

func (b *dutyBook) directive() consent.Directive {
	b.touch()
	who := consent.Recorder{Subject: bookMark, Name: bookMark, Role: "OPT_OUT_OFFICER", Organisation: "QMJ"}
	return consent.Directive{ID: bookMark, Patient: number(1), Channel: "PAPER_FORM", RequestedBy: "PARENT", Note: bookMark, EffectiveFrom: now, RecordedBy: who,
		Representative: &consent.Representative{Name: bookMark, Relationship: bookMark, Evidence: bookMark}}
}

func (b *dutyBook) request() consent.OptOutRequest {
	b.touch()
	return consent.OptOutRequest{ID: bookMark, Reference: bookMark, Kind: consent.AskOptOut, Channel: "ONLINE_FORM", Name: bookMark, Postcode: bookMark, BirthDate: "1950-02-03",
		RequestedBy: "SELF", Contact: bookMark, Status: consent.RequestWaiting, ReceivedAt: now, NHSNumber: number(1), Language: "en"}
}

func (b *dutyBook) Directives(context.Context, record.NHSNumber) ([]consent.Directive, error) {
	return []consent.Directive{b.directive()}, nil
}

func (b *dutyBook) RecordOptOut(_ context.Context, _ consent.Directive, event func(consent.Directive) audit.Event) (consent.Directive, error) {
	d := b.directive()
	event(d)
	return d, nil
}

func (b *dutyBook) WithdrawOptOut(_ context.Context, _ record.NHSNumber, _ consent.Withdrawal, event func(consent.Directive) audit.Event) (consent.Directive, error) {
	d := b.directive()
	event(d)
	return d, nil
}

func (b *dutyBook) Break(_ context.Context, g consent.BreakGlassGrant, event func(consent.BreakGlassGrant) audit.Event) (consent.BreakGlassGrant, error) {
	b.touch()
	g.ID, g.ExpiresAt = bookMark, now.Add(30*time.Minute)
	event(g)
	return g, nil
}

func (b *dutyBook) Requests(context.Context, consent.RequestFilter) ([]consent.OptOutRequest, bool, error) {
	return []consent.OptOutRequest{b.request()}, false, nil
}

func (b *dutyBook) Request(context.Context, string) (consent.OptOutRequest, error) {
	return b.request(), nil
}

func (b *dutyBook) AcceptOptOut(context.Context, string, consent.RequestDecision, consent.Directive, func(consent.Directive) audit.Event) (consent.OptOutRequest, consent.Directive, error) {
	return b.request(), b.directive(), nil
}

func (b *dutyBook) AcceptChangeOfMind(context.Context, string, consent.RequestDecision, record.NHSNumber, consent.Withdrawal, func(consent.Directive) audit.Event) (consent.OptOutRequest, consent.Directive, error) {
	return b.request(), b.directive(), nil
}

func (b *dutyBook) RefuseRequest(context.Context, string, consent.RequestDecision, audit.Event) (consent.OptOutRequest, error) {
	return b.request(), nil
}

func (b *dutyBook) Events(context.Context, audit.Filter) ([]audit.Line, error) {
	b.touch()
	return []audit.Line{{Sequence: 7, RecordedAt: now, Event: audit.Event{Action: audit.Read, Patient: number(1), Outcome: audit.Shown, Relationship: bookMark,
		Who: audit.Who{Subject: bookMark, Name: bookMark, Organisation: "QMJ"}, Operation: audit.Operation{Name: bookMark}, Glass: &audit.Glass{Reason: "EMERGENCY", Note: bookMark}}}}, nil
}

func (b *dutyBook) Alerts(context.Context, audit.AlertFilter) ([]audit.Alert, error) {
	b.touch()
	return []audit.Alert{{Kind: audit.GlassBroken, Patient: number(1), Who: audit.Who{Subject: bookMark, Name: bookMark, Organisation: "QMJ"}, From: now, To: now}}, nil
}

func (b *dutyBook) Numbers(context.Context, record.NHSNumber) ([]record.NHSNumber, error) {
	b.touch()
	return []record.NHSNumber{number(1)}, nil
}

// questions are a well-formed question for each root that is somebody's duty. What comes
// back is everything below it.
var questions = map[string]string{
	"optOuts":             `query ($n: NHSNumber!) { optOuts(nhsNumber: $n) %s }`,
	"optOutRequests":      `{ optOutRequests %s }`,
	"recordOptOut":        `mutation ($n: NHSNumber!) { recordOptOut(input: {nhsNumber: $n, channel: PAPER_FORM, receivedOn: "2026-01-05", requestedBy: SELF}) %s }`,
	"withdrawOptOut":      `mutation ($n: NHSNumber!) { withdrawOptOut(input: {nhsNumber: $n, channel: PAPER_FORM, receivedOn: "2026-01-05", requestedBy: SELF}) %s }`,
	"decideOptOutRequest": `mutation ($n: NHSNumber!) { decideOptOutRequest(input: {id: "6d3b7b4e-0000-4000-8000-000000000000", decision: ACCEPTED, nhsNumber: $n}) %s }`,
	"accessLog":           `query ($n: NHSNumber!) { accessLog(nhsNumber: $n) %s }`,
	"accessAlerts":        `{ accessAlerts %s }`,
	"breakGlass":          `mutation ($n: NHSNumber!) { breakGlass(input: {nhsNumber: $n, reason: EMERGENCY, note: "unconscious in resus", classes: [ALLERGIES]}) %s }`,
}

// Every duty by everybody: its persona sees all there is, everybody else is refused before
// anything is touched, alike for every number, and each refusal is on the trail.
func TestMatrixOfDuties(t *testing.T) {
	m := newMatrix(t)
	book := &dutyBook{}
	m.options.Register = book
	m.serve()
	for at, opens := range rootFields {
		if opens != "duty" {
			continue
		}
		typeName, root, _ := strings.Cut(at, ".")
		question, asked := questions[root]
		if !asked {
			t.Errorf("nobody asks for %s: add a question to questions in resolvers/matrix_duties_test.go", at)
			continue
		}
		query := fmt.Sprintf(question, below(m.schema, m.schema.Types[typeName].Fields.ForName(root).Type, nil))
		var variables any
		if strings.Contains(query, "$n") {
			variables = one(number(1))
		}
		permitted := 0
		for _, c := range callers(t, m.tables) {
			m.enter(m.expect(c, patientStates[0], relations[0]))
			may := slices.Contains(m.rights[c.persona].duties, root)
			m.ledger.entries, book.touched = nil, 0
			m.read()
			a := m.compareRefusals(t, c, query, variables, may)
			if may {
				permitted++
				if root != "breakGlass" && !bytes.Contains(a, []byte(bookMark)) || book.touched == 0 || bytes.Contains(a, []byte(`"errors"`)) {
					t.Errorf("%s asks for %s: %s", c.name, at, a)
				}
				continue
			}
			if bytes.Contains(a, []byte(bookMark)) || book.touched > 0 || m.read() > 0 || !bytes.Contains(a, []byte(`"FORBIDDEN"`)) || !bytes.Contains(a, []byte(`"`+root+`":null`)) {
				t.Errorf("%s asks for %s: touched %d times: %s", c.name, at, book.touched, a)
			}
			if len(m.ledger.entries) == 0 || m.ledger.entries[0].Outcome != audit.Forbidden {
				t.Errorf("%s asks for %s: the trail says %+v", c.name, at, m.ledger.entries)
			}
		}
		if permitted == 0 {
			t.Errorf("%s is nobody's duty in roles.txt", at)
		}
	}
}

// compareRefusals asks, and where the caller may not, asks for others as well: the answers
// are alike to the byte.
func (m *matrix) compareRefusals(t *testing.T, c caller, query string, variables any, may bool) []byte {
	t.Helper()
	first := transports[0].send(t, m.care, m.token(c), query, variables)
	if may || variables == nil {
		return first.Body.Bytes()
	}
	for _, s := range patientStates {
		m.enter(m.expect(c, s, relations[1]))
		if s.trail {
			continue
		}
		again := transports[0].send(t, m.care, m.token(c), query, one(number(2)))
		if again.Body.String() != first.Body.String() || fmt.Sprint(again.Header()) != fmt.Sprint(first.Header()) {
			t.Errorf("%s is refused otherwise for a patient %s: %s, not %s", c.name, s.name, again.Body, first.Body)
		}
	}
	return first.Body.Bytes()
}

// Anybody may ask who they are and how the sources are; neither says anything of a patient,
// and the classes are those of the table.
func TestMatrixOfViewers(t *testing.T) {
	m := newMatrix(t)
	query := "{ viewer" + below(m.schema, m.schema.Query.Fields.ForName("viewer").Type, nil) + " serviceSources" + below(m.schema, m.schema.Query.Fields.ForName("serviceSources").Type, nil) + " }"
	for _, c := range callers(t, m.tables) {
		m.enter(m.expect(c, patientStates[0], relations[0]))
		m.read()
		a := transports[0].send(t, m.care, m.token(c), query, nil)
		var answer struct {
			Data struct {
				Viewer         struct{ Classes []string }
				ServiceSources []any
			}
		}
		check(t, json.Unmarshal(a.Body.Bytes(), &answer))
		for _, class := range record.Classes {
			has, want := slices.Contains(answer.Data.Viewer.Classes, string(class)), m.has(m.rights[c.persona].classes, string(class))
			if has != want {
				t.Errorf("%s is told that they may see %s: %v, want %v", c.name, class, has, want)
			}
		}
		if len(answer.Data.ServiceSources) != len(m.sources) || len(m.in(a.Body.Bytes())) > 0 || m.read() > 0 {
			t.Errorf("%s: %s", c.name, a.Body)
		}
	}
}
