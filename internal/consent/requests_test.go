package consent_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func asked(reference string) consent.OptOutRequest {
	return consent.OptOutRequest{
		Reference: reference, Kind: consent.AskOptOut, Language: "en", Name: "Ada Example", BirthDate: "1950-02-03",
		Postcode: "N1 9GU", NHSNumber: one, RequestedBy: consent.BySelf, Contact: "ada@example.org",
	}
}

func forChild(reference string) consent.OptOutRequest {
	r := asked(reference)
	r.Kind, r.NHSNumber, r.RequestedBy, r.BirthDate = consent.AskChangeOfMind, "", consent.ByParent, "2020-01-01"
	r.Representative = &consent.Representative{Name: "Rae Example", Relationship: "mother"}
	return r
}

func add(t testing.TB, store *consent.Store, requests ...consent.OptOutRequest) {
	t.Helper()
	for _, r := range requests {
		if err := store.AddRequest(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

var officer = consent.Recorder{Subject: "officer", Name: "Olive", Role: "OPT_OUT_OFFICER", Organisation: "QMJ"}

func TestRequestsComeBackAsTheyWereWritten(t *testing.T) {
	store, _ := open(t, database(t))
	want := []consent.OptOutRequest{asked("AAAA-0001"), forChild("AAAA-0002")}
	add(t, store, want...)
	got, more, err := store.Requests(t.Context(), consent.RequestFilter{Status: consent.RequestWaiting})
	if err != nil || more {
		t.Fatalf("more %t, %v", more, err)
	}
	for i := range want {
		want[i].Status, want[i].Channel = consent.RequestWaiting, "ONLINE_FORM"
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(consent.OptOutRequest{}, "ID", "ReceivedAt")); diff != "" {
		t.Error(diff)
	}
	if age := time.Since(got[0].ReceivedAt); age < 0 || age > time.Minute {
		t.Errorf("received %s ago", age)
	}
	again, err := store.Request(t.Context(), got[1].ID)
	if diff := cmp.Diff(got[1], again); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for _, id := range []string{"", "x", "00000000-0000-4000-8000-000000000000", strings.ReplaceAll(got[1].ID, "-", "")} {
		if _, err := store.Request(t.Context(), id); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("id %q: %v", id, err)
		}
	}
}

func TestRequestsInPages(t *testing.T) {
	store, _ := open(t, database(t))
	for i := range 7 {
		add(t, store, asked(fmt.Sprintf("PAGE-%04d", i)))
	}
	var seen []string
	var after *consent.RequestPlace
	for pages := 1; ; pages++ {
		page, more, err := store.Requests(t.Context(), consent.RequestFilter{After: after, Limit: 3})
		if err != nil || pages > 3 {
			t.Fatalf("page %d: %v", pages, err)
		}
		for _, r := range page {
			seen = append(seen, r.Reference)
		}
		if !more {
			break
		}
		place := page[len(page)-1].Place()
		after = &place
	}
	if got := strings.Join(seen, " "); got != "PAGE-0000 PAGE-0001 PAGE-0002 PAGE-0003 PAGE-0004 PAGE-0005 PAGE-0006" {
		t.Error(got)
	}
	page, _, err := store.Requests(t.Context(), consent.RequestFilter{Reference: "PAGE-0003"})
	if err != nil || len(page) != 1 {
		t.Fatalf("%d by reference, %v", len(page), err)
	}
	place := page[0].Place()
	if page, more, err := store.Requests(t.Context(), consent.RequestFilter{Before: &place}); err != nil || more || len(page) != 3 {
		t.Errorf("%d before, more %t, %v", len(page), more, err)
	}
	for name, f := range map[string]consent.RequestFilter{
		"too many": {Limit: 201}, "fewer than none": {Limit: -1}, "no place": {After: &consent.RequestPlace{}}, "no status": {Status: "LOST' OR true --"},
	} {
		if _, _, err := store.Requests(t.Context(), f); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARequestIsDecidedOnce(t *testing.T) {
	store, _ := open(t, database(t))
	child := person(one)
	child.Born = "2020-01-01"
	put(t, store, consent.Load{People: []consent.Person{child}})
	add(t, store, asked("ONCE-0001"), forChild("ONCE-0002"), asked("ONCE-0003"))
	waiting, _, err := store.Requests(t.Context(), consent.RequestFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range waiting { // all of them for the child
		waiting[i].RequestedBy, waiting[i].Representative = consent.ByParent, forChild("").Representative
	}
	directive, _, err := store.RecordOptOut(t.Context(), waiting[0].Objection(one, officer, "as asked"))
	if err != nil {
		t.Fatal(err)
	}
	accept := consent.RequestDecision{Status: consent.RequestAccepted, DecidedBy: officer, Note: "all four match", DirectiveID: directive.ID}
	got, decided, err := store.DecideRequest(t.Context(), waiting[0].ID, accept)
	if err != nil || !decided || got.Status != consent.RequestAccepted {
		t.Fatalf("%+v, %t, %v", got, decided, err)
	}
	if diff := cmp.Diff(&accept, got.Decision, cmpopts.IgnoreFields(consent.RequestDecision{}, "DecidedAt")); diff != "" || got.Decision.DecidedAt.IsZero() {
		t.Error(diff)
	}
	refuse := consent.RequestDecision{Status: consent.RequestRefused, DecidedBy: officer, Note: "another person"}
	again, decided, err := store.DecideRequest(t.Context(), waiting[0].ID, refuse)
	if diff := cmp.Diff(got, again); err != nil || decided || diff != "" {
		t.Errorf("decided again: %t, %v %s", decided, err, diff)
	}
	if r := waiting[0]; directive.ReceivedOn != record.Today(r.ReceivedAt) || directive.Channel != r.Channel || directive.RequestedBy != r.RequestedBy || directive.RecordedBy != officer {
		t.Errorf("the objection is not the request's: %+v", directive)
	}
	closed, err := store.WithdrawOptOut(t.Context(), one, waiting[1].Withdrawal(officer, ""))
	if w := closed.Withdrawal; err != nil || w.RequestedBy != consent.ByParent || w.Representative.Name != "Rae Example" || w.ReceivedOn != directive.ReceivedOn {
		t.Errorf("the withdrawal is not the request's: %+v, %v", w, err)
	}
	if r, decided, err := store.DecideRequest(t.Context(), waiting[1].ID, refuse); err != nil || !decided || r.Decision.Note != "another person" {
		t.Errorf("%+v, %t, %v", r, decided, err)
	}
	for name, d := range map[string]consent.RequestDecision{
		"waiting is no decision":                {Status: consent.RequestWaiting},
		"a refusal without a reason":            {Status: consent.RequestRefused},
		"a refusal that records an objection":   {Status: consent.RequestRefused, Note: "no", DirectiveID: directive.ID},
		"an opt-out accepted, nothing recorded": {Status: consent.RequestAccepted},
		"an objection that there is not":        {Status: consent.RequestAccepted, DirectiveID: "00000000-0000-4000-8000-000000000000"},
		"an objection that cannot be":           {Status: consent.RequestAccepted, DirectiveID: "x"},
		"a note with a NUL":                     {Status: consent.RequestRefused, Note: "a\x00"},
		"a note beyond bounds":                  {Status: consent.RequestRefused, Note: strings.Repeat("n", consent.MaxRequestNote+1)},
	} {
		if _, decided, err := store.DecideRequest(t.Context(), waiting[2].ID, d); decided || !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%s: %t, %v", name, decided, err)
		}
	}
	if r, err := store.Request(t.Context(), waiting[2].ID); err != nil || r.Status != consent.RequestWaiting {
		t.Errorf("%s, %v", r.Status, err)
	}
	if _, _, err := store.DecideRequest(t.Context(), "00000000-0000-4000-8000-000000000000", refuse); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a request that there is not: %v", err)
	}
}

func TestARequestIsAcceptedWithItsObjection(t *testing.T) {
	store, _ := open(t, database(t))
	back := asked("WITH-0002")
	back.Kind = consent.AskChangeOfMind
	add(t, store, asked("WITH-0001"), back)
	waiting, _, err := store.Requests(t.Context(), consent.RequestFilter{})
	if err != nil {
		t.Fatal(err)
	}
	accept := consent.RequestDecision{Status: consent.RequestAccepted, DecidedBy: officer}
	var closed consent.OptOutRequest
	directive, created, err := store.RecordOptOut(t.Context(), waiting[0].Objection(one, officer, ""), consent.Deciding(t.Context(), waiting[0].ID, accept, &closed))
	if err != nil || !created || closed.Status != consent.RequestAccepted || closed.Decision.DirectiveID != directive.ID {
		t.Fatalf("%+v, %t, %v", closed, created, err)
	}
	// For another person, on a request that is decided: nothing is recorded.
	_, _, err = store.RecordOptOut(t.Context(), waiting[0].Objection(two, officer, ""), consent.Deciding(t.Context(), waiting[0].ID, accept, &closed))
	if !errors.Is(err, record.ErrNotFound) {
		t.Errorf("decided before: %v", err)
	}
	if directives, err := store.Directives(t.Context(), two); err != nil || len(directives) != 0 {
		t.Errorf("%d objections, %v", len(directives), err)
	}
	if _, err := store.WithdrawOptOut(t.Context(), one, waiting[1].Withdrawal(officer, ""), consent.Deciding(t.Context(), waiting[1].ID, accept, &closed)); err != nil || closed.Decision.DirectiveID != directive.ID {
		t.Errorf("%+v, %v", closed, err)
	}
}

func TestTwoOfficersAtOnce(t *testing.T) {
	store, _ := open(t, database(t))
	add(t, store, asked("RACE-0001"))
	waiting, _, err := store.Requests(t.Context(), consent.RequestFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var officers sync.WaitGroup
	times, notes := 0, map[string]bool{}
	for i := range 8 {
		officers.Go(func() {
			r, decided, err := store.DecideRequest(t.Context(), waiting[0].ID,
				consent.RequestDecision{Status: consent.RequestRefused, DecidedBy: officer, Note: fmt.Sprint("officer ", i)})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			notes[r.Decision.Note] = true
			if decided {
				times++
			}
		})
	}
	officers.Wait()
	if times != 1 || len(notes) != 1 {
		t.Errorf("decided %d times, as %v", times, notes)
	}
}

func TestTheSameRequestTwiceIsOne(t *testing.T) {
	store, pool := open(t, database(t))
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			if err := store.AddRequest(t.Context(), forChild("SAME-0001")); err != nil {
				t.Error(err)
			}
		})
	}
	senders.Wait()
	var n int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM consent.opt_out_request`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
	changed := forChild("SAME-0001")
	changed.Name = "Another Example"
	if err := store.AddRequest(t.Context(), changed); !errors.Is(err, consent.ErrReferenceUsed) {
		t.Errorf("another request under the reference: %v", err)
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	db := database(t)
	store, _ := open(t, db)
	add(t, store, asked("FULL-0000"))
	fill := func(n int, from string) {
		db.Exec(t, fmt.Sprintf(`
			INSERT INTO consent.opt_out_request (reference, kind, received_at, language, name, born_on, postcode, requested_by)
			SELECT '%s-' || lpad(i::text, 6, '0'), 'OPT_OUT', clock_timestamp() - interval '%s', 'en', 'N', '1950-01-01', 'N1', 'SELF'
			FROM generate_series(1, %d) AS i`, strings.ToUpper(strings.Fields(from)[1]), from, n))
	}
	fill(998, "1 minute")
	add(t, store, asked("FULL-0001"))
	if err := store.AddRequest(t.Context(), asked("FULL-0002")); !errors.Is(err, consent.ErrQueueFull) {
		t.Errorf("beyond an hour's: %v", err)
	}
	if err := store.AddRequest(t.Context(), asked("FULL-0001")); err != nil {
		t.Errorf("one that is in it already: %v", err)
	}
	db = database(t)
	store, _ = open(t, db)
	fill(9_999, "61 minutes")
	add(t, store, asked("FULL-0001"))
	if err := store.AddRequest(t.Context(), asked("FULL-0002")); !errors.Is(err, consent.ErrQueueFull) {
		t.Errorf("beyond what may wait: %v", err)
	}
}

func TestRequestsThatAreNotTaken(t *testing.T) {
	store, pool := open(t, database(t))
	for name, spoil := range map[string]func(*consent.OptOutRequest){
		"no kind":                 func(r *consent.OptOutRequest) { r.Kind = "" },
		"no name":                 func(r *consent.OptOutRequest) { r.Name = "" },
		"a long name":             func(r *consent.OptOutRequest) { r.Name = strings.Repeat("é", consent.MaxRequestName+1) },
		"a name that is not text": func(r *consent.OptOutRequest) { r.Name = "Ada \xff" },
		"a NUL":                   func(r *consent.OptOutRequest) { r.Name = "Ada\x00" },
		"a line":                  func(r *consent.OptOutRequest) { r.Contact = "a\nb" },
		"writing turned round":    func(r *consent.OptOutRequest) { r.Postcode = "N1\u202e" },
		"no postcode":             func(r *consent.OptOutRequest) { r.Postcode = "" },
		"a long postcode":         func(r *consent.OptOutRequest) { r.Postcode = "N1 9GU N1 9GU" },
		"a day that is none":      func(r *consent.OptOutRequest) { r.BirthDate = "1950-02-30" },
		"a day long ago":          func(r *consent.OptOutRequest) { r.BirthDate = "1066-10-14" },
		"a wrong check digit":     func(r *consent.OptOutRequest) { r.NHSNumber = "9990000019" },
		"a number with spaces":    func(r *consent.OptOutRequest) { r.NHSNumber = "999 000 0018" },
		"a neighbour":             func(r *consent.OptOutRequest) { r.RequestedBy = "NEIGHBOUR" },
		"a parent of no name":     func(r *consent.OptOutRequest) { r.RequestedBy = consent.ByParent },
		"oneself, represented": func(r *consent.OptOutRequest) {
			r.Representative = &consent.Representative{Name: "R", Relationship: "r"}
		},
		"long evidence": func(r *consent.OptOutRequest) {
			r.RequestedBy = consent.ByDeputy
			r.Representative = &consent.Representative{Name: "R", Relationship: "r", Evidence: strings.Repeat("e", consent.MaxRequestEvidence+1)}
		},
		"no reference": func(r *consent.OptOutRequest) { r.Reference = "" },
		"no language":  func(r *consent.OptOutRequest) { r.Language = "" },
	} {
		r := asked("SPOILT-01")
		spoil(&r)
		if err := store.AddRequest(t.Context(), r); !errors.Is(err, record.ErrInvalid) || strings.Contains(err.Error(), "Ada") {
			t.Errorf("%s: %v", name, err)
		}
	}
	longest := asked("LONGEST-01")
	longest.RequestedBy, longest.Name, longest.Contact = consent.ByDeputy, strings.Repeat("𝒜", consent.MaxRequestName), strings.Repeat("𝒜", consent.MaxRequestContact)
	longest.Representative = &consent.Representative{Name: longest.Name, Relationship: strings.Repeat("𝒜", consent.MaxRequestRelationship), Evidence: strings.Repeat("𝒜", consent.MaxRequestEvidence)}
	add(t, store, longest)
	var n int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM consent.opt_out_request`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestOverdueRequests(t *testing.T) {
	db := database(t)
	store, _ := open(t, db)
	now := time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC) // a Thursday
	if n, oldest, err := store.Overdue(t.Context(), now); err != nil || n != 0 || !oldest.IsZero() {
		t.Errorf("of none: %d, %s, %v", n, oldest, err)
	}
	for i, at := range []string{"2026-03-06", "2026-03-09 23:59", "2026-03-10", "2026-03-11"} {
		db.Exec(t, fmt.Sprintf(`
			INSERT INTO consent.opt_out_request (reference, kind, received_at, language, name, born_on, postcode, requested_by)
			VALUES ('OVERDUE-%d', 'OPT_OUT', '%s+00', 'en', 'N', '1950-01-01', 'N1', 'SELF')`, i, at))
	}
	n, oldest, err := store.Overdue(t.Context(), now)
	if err != nil || n != 2 || !oldest.Equal(time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%d, the oldest of %s, %v", n, oldest, err)
	}
	waiting, _, err := store.Requests(t.Context(), consent.RequestFilter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.DecideRequest(t.Context(), waiting[0].ID, consent.RequestDecision{Status: consent.RequestRefused, DecidedBy: officer, Note: "no"}); err != nil {
		t.Fatal(err)
	}
	if n, _, err := store.Overdue(t.Context(), now); err != nil || n != 1 {
		t.Errorf("after a decision: %d, %v", n, err)
	}
}

func TestTheServiceMayNotRewriteRequests(t *testing.T) {
	store, pool := open(t, database(t))
	add(t, store, asked("KEPT-0001"), asked("KEPT-0002"))
	first, _, err := store.Requests(t.Context(), consent.RequestFilter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.DecideRequest(t.Context(), first[0].ID, consent.RequestDecision{Status: consent.RequestRefused, DecidedBy: officer, Note: "no"}); err != nil {
		t.Fatal(err)
	}
	statements := []string{
		`UPDATE consent.opt_out_request SET name = 'x'`,
		`UPDATE consent.opt_out_request SET status = 'WAITING', decided_at = NULL, decided_by = NULL, decision_note = ''`,
		`UPDATE consent.opt_out_request SET decision_note = 'otherwise'`,
		`DELETE FROM consent.opt_out_request`,
		`TRUNCATE consent.opt_out_request`,
		`INSERT INTO consent.opt_out_request (reference, kind, language, name, born_on, postcode, requested_by, received_at)
		 VALUES ('LATE-0001', 'OPT_OUT', 'en', 'N', '1950-01-01', 'N1', 'SELF', '2020-01-01')`,
		`INSERT INTO consent.opt_out_request (reference, kind, language, name, born_on, postcode, requested_by, status)
		 VALUES ('LATE-0001', 'OPT_OUT', 'en', 'N', '1950-01-01', 'N1', 'SELF', 'ACCEPTED')`,
	}
	for _, statement := range statements {
		if _, err := pool.Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// A request touches no person: nobody's version moves, so nothing that is read of
// them differs or takes longer.
func TestARequestTouchesNobody(t *testing.T) {
	store, pool := open(t, database(t))
	put(t, store, consent.Load{People: []consent.Person{person(one)}, Relationships: []consent.Relationship{stay(one, "RAL")}})
	version := func() (v int64) {
		t.Helper()
		if err := pool.QueryRow(t.Context(), `SELECT version FROM consent.person WHERE nhs_number = $1`, string(one)).Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	before := version()
	add(t, store, asked("NOBODY-01"))
	if after := version(); after != before {
		t.Errorf("version %d, then %d", before, after)
	}
	if got := decide(t, store, one); got[0] != consent.Shown {
		t.Errorf("a request alone changed the outcome to %s", got[0])
	}
}

func TestAQueueThatCannotBeReached(t *testing.T) {
	store, pool := open(t, database(t))
	pool.Close()
	ctx, id := t.Context(), "00000000-0000-4000-8000-000000000000"
	_, _, read := store.Requests(ctx, consent.RequestFilter{})
	_, one := store.Request(ctx, id)
	_, _, decided := store.DecideRequest(ctx, id, consent.RequestDecision{Status: consent.RequestRefused, Note: "no"})
	_, _, overdue := store.Overdue(ctx, time.Now())
	for i, err := range []error{store.AddRequest(ctx, asked("GONE-0001")), read, one, decided, overdue} {
		if !errors.Is(err, consent.ErrUnavailable) || strings.Contains(err.Error(), "Ada") {
			t.Errorf("%d: %v", i, err)
		}
	}
}
