package consent_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/migrations"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	one   = record.NHSNumber("9990000018")
	two   = record.NHSNumber("9990000026")
	three = record.NHSNumber("9990000034")
	other = record.NHSNumber("9990000042")
)

var doctor = auth.Principal{Subject: "u1", Org: "RAL", Role: auth.HospitalDoctor, Purpose: auth.Treatment}

func database(t testing.TB) *pgtest.Database {
	return pgtest.Template(t, "own", func(dsn string) error {
		conn, err := pgx.Connect(context.Background(), dsn)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		return migrations.Apply(context.Background(), conn)
	})
}

func open(t testing.TB, db *pgtest.Database) (*consent.Store, *pgxpool.Pool) {
	t.Helper()
	pool, err := consent.Open(t.Context(), db.DSN(""), consent.Prepare)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return consent.NewStore(pool, consent.Default()), pool
}

func put(t testing.TB, store *consent.Store, load consent.Load) {
	t.Helper()
	if err := store.Put(t.Context(), load); err != nil {
		t.Fatal(err)
	}
}

// decide is the outcomes for some numbers, by the database's clock.
func decide(t testing.TB, store *consent.Store, numbers ...record.NHSNumber) []consent.Outcome {
	t.Helper()
	facts, err := store.Facts(t.Context(), doctor, []string{"RAL", "RAP"}, numbers)
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []consent.Outcome
	for _, number := range numbers {
		f := facts[number]
		outcomes = append(outcomes, consent.Decide(doctor, f, consent.Default(), []string{"RAL", "RAP"}, f.ReadAt).Outcome)
	}
	return outcomes
}

func stay(number record.NHSNumber, org string) consent.Relationship {
	return consent.Relationship{Patient: number, Org: org, Kind: consent.Stay, StartedAt: time.Now().Add(-time.Hour)}
}

func person(number record.NHSNumber) consent.Person {
	return consent.Person{Number: number, Restricted: consent.No, Born: "1970-05-06"}
}

func objection(number record.NHSNumber, from time.Time) consent.Directive {
	return consent.Directive{
		Patient: number, EffectiveFrom: from, Channel: "PAPER_FORM", RequestedBy: "SELF",
		RecordedBy: consent.Recorder{Subject: "officer", Organisation: "QMJ"},
	}
}

func TestFactsOfAllNumbers(t *testing.T) {
	restricted, unknown, invalid := person(one), person(one), person(one)
	restricted.Restricted, unknown.Restricted, invalid.Invalidated = consent.Yes, consent.Unknown, true
	gone, lost := person(one), person(one)
	gone.SupersededBy, lost.OptOutsUnknown = two, true
	superseded := func(p consent.Person, by record.NHSNumber) consent.Person { p.SupersededBy = by; return p }
	yesterday := time.Now().AddDate(0, 0, -1)
	withdrawn := objection(one, yesterday)
	withdrawn.WithdrawnAt = time.Now().Add(-time.Minute)
	in := []consent.Relationship{stay(one, "RAL")}
	tests := []struct {
		name string
		load consent.Load
		want []consent.Outcome // of one and two
	}{
		{"nobody is known", consent.Load{}, []consent.Outcome{consent.NoCareRelationship, consent.NoCareRelationship}},
		{"somebody in care", consent.Load{People: []consent.Person{person(one), person(two)}, Relationships: in}, []consent.Outcome{consent.Shown, consent.NoCareRelationship}},
		{"in care of one that the caller's succeeded", consent.Load{People: []consent.Person{person(one)}, Relationships: []consent.Relationship{stay(one, "RAP")}}, []consent.Outcome{consent.Shown, consent.NoCareRelationship}},
		{"in care of others", consent.Load{People: []consent.Person{person(one)}, Relationships: []consent.Relationship{stay(one, "RRV")}}, []consent.Outcome{consent.NoCareRelationship, consent.NoCareRelationship}},
		{"in care and unknown", consent.Load{Relationships: in}, []consent.Outcome{consent.NotFound, consent.NoCareRelationship}},
		{"restricted", consent.Load{People: []consent.Person{restricted}, Relationships: in}, []consent.Outcome{consent.NotFound, consent.NoCareRelationship}},
		{"invalidated", consent.Load{People: []consent.Person{invalid}, Relationships: in}, []consent.Outcome{consent.NotFound, consent.NoCareRelationship}},
		{"not known whether restricted", consent.Load{People: []consent.Person{unknown}, Relationships: in}, []consent.Outcome{consent.Unavailable, consent.NoCareRelationship}},
		{"not known whether opted out", consent.Load{People: []consent.Person{lost}, Relationships: in}, []consent.Outcome{consent.Unavailable, consent.NoCareRelationship}},
		{"opted out", consent.Load{People: []consent.Person{person(one)}, Relationships: in, Directives: []consent.Directive{objection(one, yesterday)}}, []consent.Outcome{consent.Withheld, consent.NoCareRelationship}},
		{"opted out and in again", consent.Load{People: []consent.Person{person(one)}, Relationships: in, Directives: []consent.Directive{withdrawn}}, []consent.Outcome{consent.Shown, consent.NoCareRelationship}},
		{"one objection of two withdrawn", consent.Load{People: []consent.Person{person(one)}, Relationships: in, Directives: []consent.Directive{withdrawn, objection(one, yesterday.Add(time.Hour))}}, []consent.Outcome{consent.Withheld, consent.NoCareRelationship}},
		{"opted out from tomorrow", consent.Load{People: []consent.Person{person(one)}, Relationships: in, Directives: []consent.Directive{objection(one, time.Now().AddDate(0, 0, 1))}}, []consent.Outcome{consent.Shown, consent.NoCareRelationship}},
		{"a national opt-out does not reach direct care", consent.Load{People: []consent.Person{person(one)}, Relationships: in, PlanningObjections: []consent.PlanningObjection{{Patient: one, Kind: consent.NationalDataOptOut, EffectiveFrom: yesterday}}}, []consent.Outcome{consent.Shown, consent.NoCareRelationship}},
		{"care under the old number", consent.Load{People: []consent.Person{gone, person(two)}, Relationships: in}, []consent.Outcome{consent.Shown, consent.Shown}},
		{"care under the new number", consent.Load{People: []consent.Person{gone, person(two)}, Relationships: []consent.Relationship{stay(two, "RAL")}}, []consent.Outcome{consent.Shown, consent.Shown}},
		{"an objection under the old number", consent.Load{People: []consent.Person{gone, person(two)}, Relationships: in, Directives: []consent.Directive{objection(one, yesterday)}}, []consent.Outcome{consent.Withheld, consent.Withheld}},
		{"an objection under the new number", consent.Load{People: []consent.Person{gone, person(two)}, Relationships: in, Directives: []consent.Directive{objection(two, yesterday)}}, []consent.Outcome{consent.Withheld, consent.Withheld}},
		{"restricted under the old number", consent.Load{People: []consent.Person{superseded(restricted, two), person(two)}, Relationships: in}, []consent.Outcome{consent.NotFound, consent.NotFound}},
		{"not known under the old number", consent.Load{People: []consent.Person{superseded(unknown, two), person(two)}, Relationships: in}, []consent.Outcome{consent.Unavailable, consent.Unavailable}},
		{"the old number was an error", consent.Load{People: []consent.Person{superseded(invalid, two), person(two)}, Relationships: in}, []consent.Outcome{consent.NotFound, consent.Shown}},
		{"by way of a number that was an error", consent.Load{
			People: []consent.Person{gone, {Number: two, SupersededBy: three, Invalidated: true, Restricted: consent.No}, person(three)}, Relationships: in,
		}, []consent.Outcome{consent.NotFound, consent.NotFound}},
		{"superseded by nobody", consent.Load{People: []consent.Person{gone}, Relationships: in}, []consent.Outcome{consent.NotFound, consent.NotFound}},
		{"superseded in a circle", consent.Load{People: []consent.Person{gone, superseded(person(two), one)}, Relationships: in}, []consent.Outcome{consent.Unavailable, consent.Unavailable}},
		{"a chain of three, the objection under a sibling", consent.Load{
			People:        []consent.Person{superseded(person(one), three), superseded(person(two), three), person(three)},
			Relationships: in, Directives: []consent.Directive{objection(two, yesterday)},
		}, []consent.Outcome{consent.Withheld, consent.Withheld}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store, _ := open(t, database(t))
			put(t, store, test.load)
			put(t, store, consent.Load{People: []consent.Person{person(other)}, Relationships: []consent.Relationship{stay(other, "RAL")}})
			if diff := cmp.Diff(append(test.want, consent.Shown), decide(t, store, one, two, other)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFactsInFull(t *testing.T) {
	store, _ := open(t, database(t))
	died := time.Date(2026, 1, 2, 0, 0, 0, 0, record.London)
	past := time.Date(2020, 1, 1, 9, 0, 0, 0, time.UTC)
	put(t, store, consent.Load{
		People: []consent.Person{
			{Number: one, SupersededBy: two, Restricted: consent.No, Born: "1970"},
			{Number: two, Restricted: consent.No, Born: "1970-05-06", Died: died, DiedPrecision: record.PrecisionDay},
		},
		Relationships: []consent.Relationship{
			{Patient: two, Org: "RAP", Kind: consent.Referral, StartedAt: past, TouchedAt: past.AddDate(0, 1, 0)},
			{Patient: two, Org: "RRV", Kind: consent.Stay, StartedAt: past},
		},
		Directives: []consent.Directive{objection(one, past)},
	})
	grant, err := store.Break(t.Context(), consent.BreakGlassGrant{Subject: "u1", Org: "RAL", Patient: one, Classes: consent.ClassSetOf(record.ClassMedications), Reason: "EMERGENCY", Note: "unconscious in resus"})
	if err != nil || grant.ExpiresAt.Sub(grant.GrantedAt) != 30*time.Minute {
		t.Fatal(err, grant)
	}
	facts, err := store.Facts(t.Context(), doctor, []string{"RAL", "RAP"}, []record.NHSNumber{one})
	if err != nil {
		t.Fatal(err)
	}
	want := consent.Facts{
		Asked: one, Current: two, Known: true, Restricted: consent.No, OptOutKnown: true, OptOuts: []consent.Interval{{From: past}},
		Born: "1970-05-06", BornOtherwise: []record.PartialDate{"1970"}, Died: died, DiedPrecision: record.PrecisionDay,
		Relationships: []consent.Relationship{{Patient: two, Org: "RAP", Kind: consent.Referral, StartedAt: past, TouchedAt: past.AddDate(0, 1, 0)}},
		Grants:        []consent.BreakGlassGrant{grant},
		KnownAt:       []string{"RAP", "RRV"},
	}
	got := facts[one]
	if got.Version == 0 || time.Since(got.ReadAt).Abs() > time.Minute {
		t.Errorf("version %d read at %s", got.Version, got.ReadAt)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(consent.Facts{}, "Version", "ReadAt"), cmpopts.EquateApproxTime(0), cmp.AllowUnexported(consent.ClassSet{})); diff != "" {
		t.Error(diff)
	}
	stranger := doctor
	stranger.Subject = "u2"
	facts, err = store.Facts(t.Context(), stranger, []string{"RRV"}, []record.NHSNumber{one})
	if err != nil || len(facts[one].Grants) != 0 || facts[one].Relationships[0].Org != "RRV" {
		t.Errorf("another's facts: %v %+v", err, facts[one])
	}
}

func TestVersionFollowsEveryChange(t *testing.T) {
	db := database(t)
	store, _ := open(t, db)
	gone := person(one)
	gone.SupersededBy = two
	base := consent.Load{
		People: []consent.Person{gone, person(two), person(other)}, Relationships: []consent.Relationship{stay(one, "RAL")},
		Directives: []consent.Directive{objection(one, time.Now().AddDate(0, 0, -1))},
	}
	put(t, store, base)
	versions := func() map[record.NHSNumber]int64 {
		rows, err := db.Pool(t).Query(t.Context(), `SELECT nhs_number::text, version FROM consent.person`)
		if err != nil {
			t.Fatal(err)
		}
		found := map[record.NHSNumber]int64{}
		var number string
		var version int64
		if _, err := pgx.ForEachRow(rows, []any{&number, &version}, func() error { found[record.NHSNumber(number)] = version; return nil }); err != nil {
			t.Fatal(err)
		}
		return found
	}
	before := versions()
	put(t, store, base)
	if diff := cmp.Diff(before, versions()); diff != "" {
		t.Errorf("the same again: %s", diff)
	}
	for _, change := range []string{
		`UPDATE consent.person SET restricted = NULL WHERE nhs_number = '9990000018'`,
		`UPDATE consent.person SET restricted = true WHERE nhs_number = '9990000026'`,
		`UPDATE consent.person SET opt_outs_known = false WHERE nhs_number = '9990000018'`,
		`UPDATE consent.person SET invalidated = true WHERE nhs_number = '9990000018'`,
		`UPDATE consent.person SET born_on = '2012' WHERE nhs_number = '9990000018'`,
		`UPDATE consent.person SET died_at = now() WHERE nhs_number = '9990000018'`,
		`UPDATE consent.directive SET withdrawn_at = now(), withdrawal = '{}' WHERE nhs_number = '9990000018'`,
		`INSERT INTO consent.directive (nhs_number, received_on, channel, requested_by, recorded_by) VALUES ('9990000026', now(), 'PAPER_FORM', 'SELF', '{}')`,
		`INSERT INTO consent.relationship (nhs_number, ods_code, kind, started_at) VALUES ('9990000018', 'RRV', 'STAY', now())`,
		`UPDATE consent.relationship SET ended_at = now() WHERE nhs_number = '9990000018'`,
		`DELETE FROM consent.relationship WHERE ods_code = 'RRV'`,
		`INSERT INTO consent.break_glass_grant (subject, ods_code, nhs_number, classes, reason, note, expires_at) VALUES ('u', 'RAL', '9990000018', '{ALERTS}', 'EMERGENCY', '', now() + interval '1 hour');
		 UPDATE consent.break_glass_grant SET expires_at = granted_at + interval '1 second'`,
		`INSERT INTO consent.person (nhs_number, superseded_by, restricted) VALUES ('9990000034', '9990000018', true)`,
		`UPDATE consent.person SET superseded_by = '9990000042' WHERE nhs_number = '9990000034'`,
		`UPDATE consent.person SET superseded_by = '9990000018' WHERE nhs_number = '9990000034'`,
		`DELETE FROM consent.person WHERE nhs_number = '9990000034'`,
	} {
		before := versions()
		db.Exec(t, change)
		after := versions()
		if after[one] <= before[one] || after[two] <= before[two] {
			t.Errorf("%s: %d to %d, linked %d to %d", change, before[one], after[one], before[two], after[two])
		}
		// Only moving a number to another person and back reaches that person.
		if reaches := strings.HasPrefix(change, `UPDATE consent.person SET superseded_by`); reaches == (after[other] == before[other]) {
			t.Errorf("%s: somebody else's version went from %d to %d", change, before[other], after[other])
		}
	}
	before = versions()
	db.Exec(t, `
		UPDATE consent.person SET restricted = restricted;
		UPDATE consent.relationship SET touched_at = touched_at;
		INSERT INTO consent.planning_objection VALUES ('9990000018', 'TYPE_1', now())`)
	if diff := cmp.Diff(before, versions()); diff != "" {
		t.Errorf("nothing changed: %s", diff)
	}
}

func TestOptOutHistory(t *testing.T) {
	store, _ := open(t, database(t))
	gone := person(one)
	gone.SupersededBy = two
	put(t, store, consent.Load{People: []consent.Person{gone, person(two)}, Relationships: []consent.Relationship{stay(two, "RAL")}})
	d := objection(one, time.Time{})
	d.RequestedBy, d.Representative, d.ReceivedOn = "ATTORNEY", &consent.Representative{Name: "A", Relationship: "daughter", Evidence: "LPA seen"}, "2026-01-05"
	first, created, err := store.RecordOptOut(t.Context(), d)
	if err != nil || !created || first.ReceivedOn != "2026-01-05" || first.Representative.Evidence != "LPA seen" {
		t.Fatal(err, created, first)
	}
	if got := decide(t, store, one, two); got[0] != consent.Withheld || got[1] != consent.Withheld {
		t.Errorf("recorded just now: %v", got)
	}
	again, created, err := store.RecordOptOut(t.Context(), objection(two, time.Time{}))
	if err != nil || created || again.ID != first.ID {
		t.Errorf("recorded twice: %v %t", err, created)
	}
	closed, err := store.WithdrawOptOut(t.Context(), two, consent.Withdrawal{Channel: "ONLINE_FORM", RequestedBy: "SELF", ReceivedOn: "2026-02-01"})
	if err != nil || closed.ID != first.ID || closed.WithdrawnAt.IsZero() || closed.Withdrawal.Channel != "ONLINE_FORM" {
		t.Fatal(err, closed)
	}
	if _, err := store.WithdrawOptOut(t.Context(), two, consent.Withdrawal{RequestedBy: "SELF"}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("withdrawn twice: %v", err)
	}
	if got := decide(t, store, one); got[0] != consent.Shown {
		t.Errorf("withdrawn just now: %v", got)
	}
	if _, created, err := store.RecordOptOut(t.Context(), objection(two, time.Time{})); err != nil || !created {
		t.Error(err, created)
	}
	history, err := store.Directives(t.Context(), one)
	if err != nil || len(history) != 2 || history[1].ID != first.ID || !history[0].InForce(time.Now().Add(time.Second)) || history[1].InForce(time.Now()) {
		t.Errorf("%v %+v", err, history)
	}
}

func TestRecordingAtOnceMakesOne(t *testing.T) {
	store, _ := open(t, database(t))
	var made atomic.Int32
	var officers sync.WaitGroup
	for range 8 {
		officers.Go(func() {
			_, created, err := store.RecordOptOut(t.Context(), objection(one, time.Time{}))
			if err != nil {
				t.Error(err)
			}
			if created {
				made.Add(1)
			}
		})
	}
	officers.Wait()
	if made.Load() != 1 {
		t.Errorf("%d objections", made.Load())
	}
}

// wire counts the Sync messages a connection sends.
type wire struct {
	net.Conn
	syncs *atomic.Int64
	rest  []byte
	begun bool
}

func (w *wire) Write(b []byte) (int, error) {
	w.rest = append(w.rest, b...)
	for {
		head := 1 // a start-up message has no type
		if !w.begun {
			head = 0
		}
		if len(w.rest) < head+4 {
			break
		}
		size := head + int(binary.BigEndian.Uint32(w.rest[head:]))
		if len(w.rest) < size {
			break
		}
		if w.begun && w.rest[0] == 'S' {
			w.syncs.Add(1)
		}
		w.begun = true
		w.rest = w.rest[size:]
	}
	return w.Conn.Write(b)
}

func TestOneRoundTrip(t *testing.T) {
	db := database(t)
	var syncs atomic.Int64
	config, err := consent.Config(db.DSN(""), consent.Prepare)
	if err != nil {
		t.Fatal(err)
	}
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &wire{Conn: conn, syncs: &syncs}, err
	}
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	store := consent.NewStore(pool, consent.Default())
	for _, n := range []int{1, 1, 500, 2000} {
		numbers := many(n)
		before := syncs.Load()
		facts, err := store.Facts(t.Context(), doctor, []string{"RAL"}, numbers)
		if err != nil || len(facts) != n {
			t.Fatal(err, len(facts))
		}
		if got := syncs.Load() - before; got != 1 {
			t.Errorf("%d patients: %d round trips", n, got)
		}
	}
}

func many(n int) []record.NHSNumber {
	numbers := make([]record.NHSNumber, n)
	for i := range numbers {
		numbers[i] = record.NHSNumber(fmt.Sprintf("999%07d", i))
	}
	return numbers
}

func TestWhateverGoesWrongDenies(t *testing.T) {
	tests := []struct {
		name     string
		sabotage func(*testing.T, *pgtest.Database, *consent.Store) context.Context
	}{
		{"the table is gone", func(t *testing.T, db *pgtest.Database, _ *consent.Store) context.Context {
			db.Exec(t, `ALTER TABLE consent.directive RENAME TO elsewhere`)
			return t.Context()
		}},
		{"the right to read it is gone", func(t *testing.T, db *pgtest.Database, _ *consent.Store) context.Context {
			db.Exec(t, `REVOKE SELECT ON consent.directive FROM carerecord_service`)
			return t.Context()
		}},
		{"a column has another type", func(t *testing.T, db *pgtest.Database, _ *consent.Store) context.Context {
			db.Exec(t, `ALTER TABLE consent.directive DROP COLUMN withdrawn_at CASCADE; ALTER TABLE consent.directive ADD withdrawn_at text DEFAULT 'soon';
				GRANT SELECT ON consent.directive TO carerecord_service`)
			return t.Context()
		}},
		{"an objection that cannot be read", func(t *testing.T, db *pgtest.Database, _ *consent.Store) context.Context {
			db.Exec(t, `ALTER TABLE consent.directive ALTER effective_from TYPE timestamptz; UPDATE consent.person SET born_on = NULL;
				ALTER TABLE consent.directive DISABLE TRIGGER directive_kept; UPDATE consent.directive SET effective_from = 'infinity'`)
			return t.Context()
		}},
		{"somebody holds the table", func(t *testing.T, db *pgtest.Database, store *consent.Store) context.Context {
			tx, err := db.Pool(t).Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { tx.Rollback(context.Background()) })
			if _, err := tx.Exec(t.Context(), `LOCK TABLE consent.directive`); err != nil {
				t.Fatal(err)
			}
			store.Timeout = 200 * time.Millisecond
			return t.Context()
		}},
		{"the request has ended", func(t *testing.T, _ *pgtest.Database, _ *consent.Store) context.Context {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			db := database(t)
			store, _ := open(t, db)
			put(t, store, consent.Load{
				People: []consent.Person{person(one), person(two)}, Relationships: []consent.Relationship{stay(one, "RAL"), stay(two, "RAL")},
				Directives: []consent.Directive{objection(one, time.Now().AddDate(0, 0, -1))},
			})
			ctx := test.sabotage(t, db, store)
			facts, err := store.Facts(ctx, doctor, []string{"RAL"}, []record.NHSNumber{one, two})
			if !errors.Is(err, consent.ErrUnavailable) {
				t.Errorf("the error is %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), string(one)) || strings.Contains(err.Error(), "SELECT")) {
				t.Errorf("the error says too much: %v", err)
			}
			for _, number := range []record.NHSNumber{one, two} {
				if got := consent.Decide(doctor, facts[number], consent.Default(), []string{"RAL"}, time.Now()); got.Outcome != consent.Unavailable {
					t.Errorf("decided %s", got.Outcome)
				}
			}
		})
	}
}

func TestComesBackByItself(t *testing.T) {
	db := database(t)
	store, pool := open(t, db)
	put(t, store, consent.Load{People: []consent.Person{person(one)}, Relationships: []consent.Relationship{stay(one, "RAL")}})
	// Several connections, all of them cut.
	var held []*pgxpool.Conn
	for range 3 {
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, conn)
	}
	for _, conn := range held {
		conn.Release()
	}
	db.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if got := decide(t, store, one); got[0] != consent.Shown {
		t.Error(got)
	}
}

func TestAskingTwiceAndNobody(t *testing.T) {
	store, _ := open(t, database(t))
	put(t, store, consent.Load{People: []consent.Person{person(one)}, Relationships: []consent.Relationship{stay(one, "RAL"), stay(one, "RAL")}})
	facts, err := store.Facts(t.Context(), doctor, []string{"RAL"}, []record.NHSNumber{one, one})
	if err != nil || !slices.Equal(slices.Collect(maps.Keys(facts)), []record.NHSNumber{one}) {
		t.Error(err, len(facts))
	}
	facts, err = store.Facts(t.Context(), doctor, nil, nil)
	if err != nil || len(facts) != 0 {
		t.Error(err, len(facts))
	}
}

func BenchmarkFacts(b *testing.B) {
	store, _ := open(b, database(b))
	numbers := many(100_000)
	var load consent.Load
	for _, number := range numbers {
		load.People = append(load.People, person(number))
		load.Relationships = append(load.Relationships, consent.Relationship{Patient: number, Org: "F83999", Kind: consent.RegisteredPractice, StartedAt: time.Now().AddDate(-3, 0, 0)}, stay(number, "RAL"))
	}
	began := time.Now()
	put(b, store, load)
	b.Logf("put %d people: %s", len(numbers), time.Since(began).Round(time.Millisecond))
	if err := store.Put(b.Context(), consent.Load{}); err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1, 50, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				from := i * n % (len(numbers) - n)
				if _, err := store.Facts(b.Context(), doctor, []string{"RAL", "RAP"}, numbers[from:from+n]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
