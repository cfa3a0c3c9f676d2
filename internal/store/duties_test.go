package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/internal/store"
	"carerecord/migrations"

	"github.com/jackc/pgx/v5"
)

// over is a store on a database of its own, with two requests in its queue.
func over(t *testing.T) (*store.Store, *pgtest.Database, []consent.OptOutRequest) {
	t.Helper()
	db := pgtest.Template(t, "own", func(dsn string) error {
		conn, err := pgx.Connect(context.Background(), dsn)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		return migrations.Apply(context.Background(), conn)
	})
	pool, err := consent.Open(t.Context(), db.DSN(""), consent.Prepare, audit.Prepare)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	trail, err := audit.Open(t.Context(), pool, audit.Options{AllowVolatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { trail.Close(context.Background()) })
	s := store.Over(pool, consent.NewStore(pool, consent.Default()), trail)
	for reference, kind := range map[string]consent.RequestKind{"AAAA-0001": consent.AskOptOut, "BBBB-0002": consent.AskChangeOfMind} {
		if err := s.AddRequest(t.Context(), request(reference, kind)); err != nil {
			t.Fatal(err)
		}
	}
	requests, more, err := s.Requests(t.Context(), consent.RequestFilter{})
	if err != nil || more || len(requests) != 2 {
		t.Fatalf("%d requests, more %t, %v", len(requests), more, err)
	}
	slices.SortFunc(requests, func(a, b consent.OptOutRequest) int { return strings.Compare(a.Reference, b.Reference) })
	return s, db, requests
}

func request(reference string, kind consent.RequestKind) consent.OptOutRequest {
	return consent.OptOutRequest{Reference: reference, Kind: kind, Language: "en", Name: "Ada Example", BirthDate: "1950-02-03", Postcode: "N1 9GU", RequestedBy: consent.BySelf}
}

var (
	objects  = consent.Directive{Patient: number, Channel: "PAPER_FORM", RequestedBy: consent.BySelf}
	returns  = consent.Withdrawal{Channel: "PAPER_FORM", RequestedBy: consent.BySelf}
	accepts  = consent.RequestDecision{Status: consent.RequestAccepted}
	refuses  = consent.RequestDecision{Status: consent.RequestRefused, Note: "another person"}
	grant    = consent.BreakGlassGrant{Subject: "s", Org: "RAL", Patient: number, Classes: consent.ClassSetOf(record.ClassAllergies), Reason: "EMERGENCY"}
	recorded = audit.Event{Action: audit.RecordOptOut, Outcome: audit.Done, Patient: number}
)

func noted(d consent.Directive) audit.Event { e := recorded; e.Note = "of " + d.ID; return e }

// calls is every duty, on a request and with an event.
func calls(r []consent.OptOutRequest) map[string]func(context.Context, *store.Store) error {
	id := [2]string{"00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000000"}
	for i := range r {
		id[i] = r[i].ID
	}
	return map[string]func(context.Context, *store.Store) error{
		"record": func(ctx context.Context, s *store.Store) error {
			_, err := s.RecordOptOut(ctx, objects, noted)
			return err
		},
		"withdraw": func(ctx context.Context, s *store.Store) error {
			_, err := s.WithdrawOptOut(ctx, number, returns, noted)
			return err
		},
		"break": func(ctx context.Context, s *store.Store) error {
			_, err := s.Break(ctx, grant, func(consent.BreakGlassGrant) audit.Event { return recorded })
			return err
		},
		"accept an opt-out": func(ctx context.Context, s *store.Store) error {
			_, _, err := s.AcceptOptOut(ctx, id[0], accepts, objects, noted)
			return err
		},
		"accept a change of mind": func(ctx context.Context, s *store.Store) error {
			_, _, err := s.AcceptChangeOfMind(ctx, id[1], accepts, number, returns, noted)
			return err
		},
		"refuse": func(ctx context.Context, s *store.Store) error {
			_, err := s.RefuseRequest(ctx, id[0], refuses, recorded)
			return err
		},
		"directives": func(ctx context.Context, s *store.Store) error { _, err := s.Directives(ctx, number); return err },
		"requests": func(ctx context.Context, s *store.Store) error {
			_, _, err := s.Requests(ctx, consent.RequestFilter{})
			return err
		},
		"request": func(ctx context.Context, s *store.Store) error { _, err := s.Request(ctx, id[0]); return err },
		"add": func(ctx context.Context, s *store.Store) error {
			return s.AddRequest(ctx, request("CCCC-0003", consent.AskOptOut))
		},
		"overdue": func(ctx context.Context, s *store.Store) error { _, _, err := s.Overdue(ctx, time.Now()); return err },
		"events":  func(ctx context.Context, s *store.Store) error { _, err := s.Events(ctx, audit.Filter{}); return err },
		"lines": func(ctx context.Context, s *store.Store) (last error) {
			for _, err := range s.Lines(ctx, audit.Filter{}) {
				last = err
			}
			return last
		},
		"since": func(ctx context.Context, s *store.Store) error { _, err := s.Since(ctx); return err },
		"export": func(ctx context.Context, s *store.Store) error {
			_, err := s.Export(ctx, audit.Filter{}, audit.Site{}, io.Discard)
			return err
		},
		"numbers": func(ctx context.Context, s *store.Store) error { _, err := s.Numbers(ctx, number); return err },
		"alerts": func(ctx context.Context, s *store.Store) error {
			_, err := s.Alerts(ctx, audit.AlertFilter{Since: time.Now().AddDate(0, 0, -1), Now: time.Now()})
			return err
		},
	}
}

func TestNoDutyBeforeTheDatabaseIsReached(t *testing.T) {
	s := store.Open(t.Context(), store.Options{DSN: "postgres://service@127.0.0.1:1/none", Policy: consent.Default()})
	defer s.Close(t.Context())
	for name, call := range calls(nil) {
		if err := call(t.Context(), s); !errors.Is(err, consent.ErrUnavailable) || !strings.Contains(err.Error(), "has not been reached") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every change has its event in its own transaction: without the trail there is none.
func TestNoChangeWithoutItsEvent(t *testing.T) {
	s, db, requests := over(t)
	if _, err := s.RecordOptOut(t.Context(), objects, noted); err != nil { // so that there is something to take back
		t.Fatal(err)
	}
	changed := func() (state string) {
		t.Helper()
		err := db.Pool(t).QueryRow(t.Context(), `SELECT concat_ws(' ', (SELECT count(*) FROM consent.directive), (SELECT count(*) FROM consent.directive WHERE withdrawn_at IS NOT NULL),
			(SELECT count(*) FROM consent.break_glass_grant), (SELECT count(*) FROM consent.opt_out_request WHERE status <> 'WAITING'))`).Scan(&state)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	before := changed()
	db.Exec(t, `ALTER FUNCTION audit.append RENAME TO elsewhere`)
	for _, name := range []string{"record", "withdraw", "break", "accept an opt-out", "accept a change of mind", "refuse"} {
		if err := calls(requests)[name](t.Context(), s); !errors.Is(err, audit.ErrUnavailable) || changed() != before {
			t.Errorf("%s without its event: %v, %s then %s", name, err, before, changed())
		}
	}
	db.Exec(t, `ALTER FUNCTION audit.elsewhere RENAME TO append`)
	for _, step := range []struct {
		name   string
		events string // the actions that were written, and of which objection
	}{
		{"record", "RECORD_OPT_OUT"}, {"break", "RECORD_OPT_OUT"}, {"accept a change of mind", "RECORD_OPT_OUT DECIDE_OPT_OUT_REQUEST"},
		{"accept an opt-out", "RECORD_OPT_OUT DECIDE_OPT_OUT_REQUEST"}, {"withdraw", "RECORD_OPT_OUT"},
		{"directives", ""}, {"requests", ""}, {"request", ""}, {"add", ""}, {"overdue", ""}, {"events", ""}, {"lines", ""}, {"since", ""}, {"export", ""}, {"numbers", ""}, {"alerts", ""},
	} {
		lines, _ := s.Events(t.Context(), audit.Filter{Limit: 1})
		if err := calls(requests)[step.name](t.Context(), s); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		all, err := s.Events(t.Context(), audit.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		var wrote []string
		for _, line := range slices.Backward(all) {
			if line.Sequence > lines[0].Sequence {
				wrote = append(wrote, string(line.Action))
				if step.name != "break" && len(line.Note) < len("of 00000000") {
					t.Errorf("%s: the event names no objection: %q", step.name, line.Note)
				}
			}
		}
		if got := strings.Join(wrote, " "); got != step.events {
			t.Errorf("%s wrote %q, want %q", step.name, got, step.events)
		}
	}
}

// A request is decided once, a change of mind takes back what there is, and whoever is too
// late is told so.
func TestRequestsAreDecidedOnce(t *testing.T) {
	s, _, requests := over(t)
	_, _, err := s.AcceptChangeOfMind(t.Context(), requests[1].ID, accepts, number, returns, noted)
	if !errors.Is(err, record.ErrInvalid) || !strings.Contains(err.Error(), "no objection is in force") {
		t.Errorf("nothing to take back: %v", err)
	}
	if r, err := s.Request(t.Context(), requests[1].ID); err != nil || r.Status != consent.RequestWaiting {
		t.Errorf("%s, %v", r.Status, err)
	}
	closed, d, err := s.AcceptOptOut(t.Context(), requests[0].ID, accepts, objects, noted)
	if err != nil || closed.Status != consent.RequestAccepted || closed.Decision.DirectiveID != d.ID || d.ID == "" {
		t.Errorf("%+v %+v, %v", closed, d, err)
	}
	if _, err := s.RefuseRequest(t.Context(), requests[0].ID, refuses, recorded); !errors.Is(err, record.ErrInvalid) || !strings.Contains(err.Error(), "decided already") {
		t.Errorf("decided twice: %v", err)
	}
	if r, err := s.RefuseRequest(t.Context(), requests[1].ID, refuses, recorded); err != nil || r.Status != consent.RequestRefused {
		t.Errorf("%s, %v", r.Status, err)
	}
	lines, err := s.Events(t.Context(), audit.Filter{})
	if err != nil || len(lines) != 3 || lines[1].Action != audit.DecideOptOutRequest || lines[1].Note != "request "+closed.ID || lines[2].Note != "of "+d.ID {
		t.Errorf("%+v, %v", lines, err)
	}
}

// The note of a decision may have lines, as an officer writes it.
func TestANoteWithLines(t *testing.T) {
	s, _, requests := over(t)
	const note = "Rang twice.\n\tThe person confirmed it."
	closed, _, err := s.AcceptOptOut(t.Context(), requests[0].ID, consent.RequestDecision{Status: consent.RequestAccepted, Note: note}, objects, noted)
	if err != nil || closed.Decision.Note != note {
		t.Errorf("%+v, %v", closed, err)
	}
	if d, err := s.Directives(t.Context(), number); err != nil || len(d) != 1 {
		t.Errorf("%d objections, %v", len(d), err)
	}
	if _, err := s.RefuseRequest(t.Context(), requests[1].ID, consent.RequestDecision{Status: consent.RequestRefused, Note: "\u202ea\nb"}, recorded); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("a note that turns round: %v", err)
	}
	refused, err := s.RefuseRequest(t.Context(), requests[1].ID, consent.RequestDecision{Status: consent.RequestRefused, Note: note}, recorded)
	if err != nil || refused.Decision.Note != note {
		t.Errorf("%+v, %v", refused, err)
	}
}

// What is to end, or to begin, is taken back with its event, and a change of mind takes it back too.
func TestWhatIsToEndOrToBeginIsTakenBack(t *testing.T) {
	for name, times := range map[string]string{
		"to end":   `now() - interval '1 hour', now() + interval '1 hour', '{}'`,
		"to begin": `now() + interval '1 hour', NULL, NULL`,
	} {
		for _, by := range []string{"the officer", "a request"} {
			s, db, requests := over(t)
			db.Exec(t, `INSERT INTO consent.directive (nhs_number, received_on, channel, requested_by, recorded_by, effective_from, withdrawn_at, withdrawal)
				SELECT '`+string(number)+`', current_date, 'PAPER_FORM', 'SELF', '{}', `+times)
			var d consent.Directive
			var err error
			if by == "the officer" {
				d, err = s.WithdrawOptOut(t.Context(), number, returns, noted)
			} else {
				_, d, err = s.AcceptChangeOfMind(t.Context(), requests[1].ID, accepts, number, returns, noted)
			}
			lines, failed := s.Events(t.Context(), audit.Filter{})
			if err != nil || failed != nil || d.ID == "" || !d.Withdrawn(d.ReadAt) || len(lines) == 0 || lines[len(lines)-1].Note != "of "+d.ID {
				t.Errorf("%s, %s: %+v, %v, %v, %v", name, by, d, lines, err, failed)
			}
		}
	}
}

// A request that names another number than the one under which it is accepted was shown: its own has an event that says so.
func TestARequestIsShownToWhomItNames(t *testing.T) {
	const another = record.NHSNumber("9990000026")
	for named, want := range map[record.NHSNumber][]record.NHSNumber{"": {number, number}, number: {number, number}, another: {number, number, another}} {
		s, _, _ := over(t)
		asked := request("CCCC-0003", consent.AskOptOut)
		asked.NHSNumber = named
		if err := s.AddRequest(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
		requests, _, err := s.Requests(t.Context(), consent.RequestFilter{})
		at := slices.IndexFunc(requests, func(r consent.OptOutRequest) bool { return r.Reference == asked.Reference })
		if err != nil || at < 0 {
			t.Fatal(requests, err)
		}
		closed, d, err := s.AcceptOptOut(t.Context(), requests[at].ID, accepts, objects, noted)
		lines, failed := s.Events(t.Context(), audit.Filter{})
		if err != nil || failed != nil || closed.NHSNumber != named {
			t.Fatal(closed, err, failed)
		}
		var of []record.NHSNumber
		for i, line := range slices.Backward(lines) {
			of = append(of, line.Patient)
			action, note := audit.DecideOptOutRequest, "request "+closed.ID
			if i == len(lines)-1 {
				action, note = audit.RecordOptOut, "of "+d.ID
			}
			if line.Action != action || line.Note != note {
				t.Errorf("%s %q, want %s %q", line.Action, line.Note, action, note)
			}
		}
		if !slices.Equal(of, want) {
			t.Errorf("named %q: events of %d people, want %d", string(named), len(of), len(want))
		}
	}
}

// What is read is what there is.
func TestDutiesReadWhatThereIs(t *testing.T) {
	s, _, _ := over(t)
	d, err := s.RecordOptOut(t.Context(), objects, noted)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Directives(t.Context(), number); err != nil || len(got) != 1 || got[0].ID != d.ID {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Numbers(t.Context(), number); err != nil || !slices.Equal(got, []record.NHSNumber{number}) {
		t.Errorf("%d numbers, %v", len(got), err)
	}
	if late, oldest, err := s.Overdue(t.Context(), time.Now().AddDate(0, 1, 0)); err != nil || late != 2 || time.Since(oldest) > time.Minute {
		t.Errorf("%d late, the oldest of %s, %v", late, oldest, err)
	}
	if at, err := s.Since(t.Context()); err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("since %s, %v", at, err)
	}
	lines := 0
	for line, err := range s.Lines(t.Context(), audit.Filter{}) {
		if lines++; err != nil || line.Note != "of "+d.ID {
			t.Errorf("%+v, %v", line, err)
		}
	}
	var out bytes.Buffer
	if n, err := s.Export(t.Context(), audit.Filter{}, audit.Site{}, &out); err != nil || n != 1 || lines != 1 || out.Len() == 0 {
		t.Errorf("exported %d of %d, %v", n, lines, err)
	}
	if !s.Ready(t.Context()) {
		t.Error("it is not ready")
	}
	if back, err := s.WithdrawOptOut(t.Context(), number, returns, noted); err != nil || back.ID != d.ID {
		t.Errorf("%+v, %v", back, err)
	}
	if _, err := s.WithdrawOptOut(t.Context(), number, returns, noted); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("taken back twice: %v", err)
	}
	for i := range 2 {
		if g, err := s.Break(t.Context(), grant, func(g consent.BreakGlassGrant) audit.Event { e := recorded; e.Note = g.ID; return e }); err != nil || g.ID == "" {
			t.Errorf("grant %d: %+v, %v", i, g, err)
		}
	}
	if alerts, err := s.Alerts(t.Context(), audit.AlertFilter{Since: time.Now().AddDate(0, 0, -1), Now: time.Now().Add(time.Minute)}); err != nil {
		t.Error(fmt.Sprint(alerts), err)
	}
}
