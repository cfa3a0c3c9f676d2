package audit_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/migrations"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func migrate(dsn string) error {
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	return migrations.Apply(context.Background(), conn)
}

func database(t testing.TB) *pgtest.Database { return pgtest.Template(t, "own", migrate) }

func durable(t testing.TB) *pgtest.Database {
	t.Helper()
	db := pgtest.Durable(t)
	if err := migrate(db.DSN("")); err != nil {
		t.Fatal(err)
	}
	return db
}

func pool(t testing.TB, db *pgtest.Database) *pgxpool.Pool {
	t.Helper()
	p, err := consent.Open(t.Context(), db.DSN(""), audit.Prepare)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func open(t testing.TB, db *pgtest.Database, options audit.Options) *audit.Trail {
	t.Helper()
	options.AllowVolatile = true
	trail, err := audit.Open(t.Context(), pool(t, db), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := trail.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return trail
}

const patient = record.NHSNumber("9990000018")

func event(i int) audit.Entry {
	return audit.Entry{Event: audit.Event{
		Action: audit.Read, Who: audit.Who{Subject: "u1", Name: "Dr Harry Ward (demo)", Role: auth.HospitalDoctor, Organisation: "RAL", TokenID: "t-1"},
		Patient: record.NHSNumber(fmt.Sprintf("999%07d", i)), Asked: patient,
		Operation: audit.Operation{Name: "FullRecord", SHA256: strings.Repeat("0a", 32), Document: "full-record", App: "board"},
		Classes:   record.Classes, Sectors: record.Sectors,
		Sources: []audit.Source{{record.Acute, "RAL", "ANSWERED"}, {record.GP, "F83999", "TIMED_OUT"}},
		Counts:  []audit.Count{{record.ClassAllergies, 3}, {record.ClassResults, 240}}, ReceivedAt: time.Date(2025, 4, 1, 9, 0, 0, 5, time.UTC),
		Purpose: auth.EmergencyTreatment, Relationship: "STAY", Glass: &audit.Glass{GrantID: "g", Reason: "EMERGENCY", Note: "unconscious in resus"},
		Client: audit.Client{Device: "ward-3", Application: "viewer", Address: "192.0.2.1"}, Outcome: audit.Shown,
		ConsentVersion: 12, PolicyVersion: "2026-04-01", RequestID: "r-1", Note: `with "quotes", <angles> and ü`,
	}}
}

func entries(n int) []audit.Entry {
	list := make([]audit.Entry, n)
	for i := range list {
		list[i] = event(i)
	}
	return list
}

func mustRecord(t testing.TB, trail *audit.Trail, list []audit.Entry) []audit.Result {
	t.Helper()
	results, err := trail.Record(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(list) {
		t.Fatalf("%d results for %d entries", len(results), len(list))
	}
	return results
}

func verify(t testing.TB, db *pgtest.Database) (audit.Report, string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var said strings.Builder
	report, err := audit.Proof{}.Verify(t.Context(), conn, &said)
	if err != nil {
		t.Fatal(err)
	}
	return report, said.String()
}

func TestEventsComeBackAsTheyWere(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	full, bare := event(1), audit.Entry{Event: audit.Event{Action: audit.Reject, Outcome: audit.Rejected}}
	foul := audit.Entry{Event: audit.Event{Action: audit.Reject, Who: audit.Who{Subject: "a\x00b\xff"}, Outcome: `SHOWN","x":"`, Note: "\x00"}}
	results := mustRecord(t, trail, []audit.Entry{full, bare, foul})
	if diff := cmp.Diff([]audit.Result{{Sequence: 1}, {Sequence: 2}, {Sequence: 3}}, results); diff != "" {
		t.Error(diff)
	}
	p := pool(t, db)
	lines, err := audit.Events(t.Context(), p, audit.Filter{})
	if err != nil || len(lines) != 3 {
		t.Fatal(err, len(lines))
	}
	opaque := cmp.Comparer(func(a, b record.NHSNumber) bool { return a == b })
	if diff := cmp.Diff(full.Event, lines[2].Event, opaque); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(bare.Event, lines[1].Event); diff != "" {
		t.Error(diff)
	}
	if lines[0].Who.Subject != "a\uFFFDb\uFFFD" || lines[0].Outcome != "UNKNOWN" || lines[0].Note != "\uFFFD" {
		t.Errorf("%+v", lines[0])
	}
	if time.Since(lines[0].RecordedAt).Abs() > time.Minute {
		t.Error(lines[0].RecordedAt)
	}
	for name, found := range map[string]struct {
		filter audit.Filter
		want   int
	}{
		"of a patient":       {audit.Filter{Patients: []record.NHSNumber{full.Patient}}, 1},
		"of another":         {audit.Filter{Patients: []record.NHSNumber{patient}}, 0},
		"of no patient":      {audit.Filter{Patients: []record.NHSNumber{""}}, 0},
		"of an organisation": {audit.Filter{Organisations: []string{"RAL"}}, 1},
		"of an action":       {audit.Filter{Actions: []audit.Action{audit.Reject}}, 2},
		"a page":             {audit.Filter{Before: 3, Limit: 1}, 1},
	} {
		lines, err := audit.Events(t.Context(), p, found.filter)
		if err != nil || len(lines) != found.want {
			t.Errorf("%s: %d events, %v", name, len(lines), err)
		}
	}
	if report, said := verify(t, db); !report.Holds() || report.Events != 3 || !strings.Contains(said, "holds: 3 events") {
		t.Errorf("%+v %s", report, said)
	}
}

func TestSeveralInstancesWriteOneChain(t *testing.T) {
	db := database(t)
	trails := []*audit.Trail{open(t, db, audit.Options{}), open(t, db, audit.Options{Writers: 3, Batch: 7})}
	var callers sync.WaitGroup
	var seen sync.Map
	for i := range 24 {
		callers.Go(func() {
			for range 10 {
				results, err := trails[i%2].Record(t.Context(), entries(1+i%5))
				if err != nil {
					t.Error(err)
					return
				}
				for j, r := range results {
					if _, twice := seen.LoadOrStore(r.Sequence, true); twice || r.Sequence != results[0].Sequence+int64(j) {
						t.Errorf("sequence %d", r.Sequence)
					}
				}
			}
		})
	}
	callers.Wait()
	want := int64(0)
	for i := range 24 {
		want += int64(10 * (1 + i%5))
	}
	if report, said := verify(t, db); !report.Holds() || report.Events != want || report.Sequence != want {
		t.Errorf("%+v, want %d events: %s", report, want, said)
	}
}

func TestConsentThatChangedIsWithheld(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	p, err := consent.Open(t.Context(), db.DSN(""), consent.Prepare)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	store := consent.NewStore(p, consent.Default())
	numbers := []record.NHSNumber{"9990000018", "9990000026", "9990000034", "9990000042"}
	load := consent.Load{}
	for _, number := range numbers {
		load.People = append(load.People, consent.Person{Number: number, Restricted: consent.No})
	}
	load.People[3].SupersededBy = numbers[2] // an objection under the fourth number reaches the third
	if err := store.Put(t.Context(), load); err != nil {
		t.Fatal(err)
	}
	facts, err := store.Facts(t.Context(), auth.Principal{}, nil, numbers[:3])
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []record.NHSNumber{numbers[1], numbers[3]} {
		if _, _, err := store.RecordOptOut(t.Context(), consent.Directive{Patient: number, Channel: "PAPER_FORM", RequestedBy: "SELF"}); err != nil {
			t.Fatal(err)
		}
	}
	var list []audit.Entry
	for _, number := range numbers[:3] {
		e := event(0)
		e.Patient, e.Recheck = number, facts[number].Version
		list = append(list, e)
	}
	unchecked, unknown := event(0), event(0)
	unchecked.Patient, unchecked.Outcome = numbers[1], audit.Withheld
	unknown.Recheck = 5 // a patient who is not there any more
	list = append(list, unchecked, unknown)
	results := mustRecord(t, trail, list)
	for i, want := range []bool{false, true, true, false, true} {
		if results[i].Withheld != want {
			t.Errorf("entry %d: withheld %t", i, results[i].Withheld)
		}
	}
	lines, err := audit.Events(t.Context(), p, audit.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []audit.Outcome{audit.WithheldChanged, audit.Withheld, audit.WithheldChanged, audit.WithheldChanged, audit.Shown} {
		if lines[i].Outcome != want || (lines[i].Decided == audit.Shown) != (want == audit.WithheldChanged) {
			t.Errorf("event %d: %s, decided %q, want %s", lines[i].Sequence, lines[i].Outcome, lines[i].Decided, want)
		}
	}
	if report, said := verify(t, db); !report.Holds() {
		t.Error(said)
	}
}

func TestConnectionsThatAreCut(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{Timeout: 2 * time.Second})
	var callers sync.WaitGroup
	var written sync.Map
	var refused, done atomic.Int64
	stop := make(chan struct{})
	for range 8 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				results, err := trail.Record(context.Background(), entries(3))
				if err != nil {
					if !errors.Is(err, audit.ErrUnavailable) {
						t.Error(err)
					}
					refused.Add(1)
					continue
				}
				done.Add(1)
				for _, r := range results {
					written.Store(r.Sequence, true)
				}
			}
		})
	}
	for n := 0; n < 10 || refused.Load() == 0 && n < 1000; n++ {
		db.Exec(t, cut)
		before := done.Load()
		eventually(t, "it comes back by itself", func() bool { return done.Load() > before+8 }) // more than were under way
	}
	close(stop)
	callers.Wait()
	report, said := verify(t, db)
	if !report.Holds() {
		t.Error(said)
	}
	written.Range(func(sequence, _ any) bool {
		if sequence.(int64) > report.Sequence {
			t.Errorf("event %d is said to be written and is not", sequence)
		}
		return true
	})
	t.Logf("%d writes, %d refused", done.Load(), refused.Load())
	if refused.Load() == 0 {
		t.Error("nothing was cut")
	}
}

// cut ends the connections of trails.
const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'carerecord'`

// patience is more than anything takes that ends at all, on a machine however busy.
const patience = time.Minute

// eventually waits for what must come, and fails the test when it does not.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not after %s: %s", patience, what)
		}
	}
}

// held waits for a write that is kept from appending.
func held(t testing.TB, db *pgtest.Database) {
	t.Helper()
	eventually(t, "a write waits for the head of the chain", func() bool {
		return count(t, db, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'carerecord' AND wait_event_type = 'Lock'`) > 0
	})
}

// hold keeps everybody from appending until released.
func hold(t *testing.T, db *pgtest.Database) (release func()) {
	t.Helper()
	tx, err := db.Pool(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM audit.head FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { tx.Rollback(context.Background()) })
	t.Cleanup(release)
	return release
}

func TestFullQueueRefusesAtOnce(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{Queue: 10, Batch: 1, Timeout: patience})
	release := hold(t, db)
	var accepted, refused atomic.Int64
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			switch _, err := trail.Record(t.Context(), entries(1)); {
			case err == nil:
				accepted.Add(1)
			case errors.Is(err, audit.ErrUnavailable) && strings.Contains(err.Error(), "queue is full"):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	eventually(t, "what there is no room for is refused", func() bool { return refused.Load() >= 9 })
	release()
	callers.Wait()
	// One may be under way beside the ten that wait.
	if accepted.Load()+refused.Load() != 20 || refused.Load() < 9 || refused.Load() > 10 {
		t.Errorf("%d accepted, %d refused", accepted.Load(), refused.Load())
	}
	if report, said := verify(t, db); !report.Holds() || report.Events != accepted.Load() {
		t.Errorf("%+v %s", report, said)
	}
}

// due is a context whose deadline is when it is said to be.
type due struct {
	context.Context
	over chan struct{}
}

func (d due) Done() <-chan struct{} { return d.over }

func (d due) Err() error {
	select {
	case <-d.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestCallerWhoseTimeIsUp(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{Timeout: patience})
	release := hold(t, db)
	ctx := due{t.Context(), make(chan struct{})}
	told := make(chan error)
	go func() {
		_, err := trail.Record(ctx, entries(1))
		told <- err
	}()
	held(t, db)
	close(ctx.over)
	if err := <-told; !errors.Is(err, audit.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) { // while the write is still held
		t.Error(err)
	}
	if _, err := trail.Record(ctx, entries(1)); !errors.Is(err, audit.ErrUnavailable) {
		t.Error(err)
	}
	release()
	mustRecord(t, trail, entries(1))
	if report, said := verify(t, db); !report.Holds() || report.Events != 2 {
		t.Errorf("%+v %s", report, said)
	}
}

func TestDatabaseThatDoesNotAnswer(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{Timeout: time.Second})
	release := hold(t, db)
	if _, err := trail.Record(t.Context(), entries(1)); !errors.Is(err, audit.ErrUnavailable) {
		t.Error(err)
	}
	release()
	back := func() bool { _, err := trail.Record(t.Context(), entries(1)); return err == nil } // a second is short for a busy machine
	eventually(t, "it writes again", back)
	db.Exec(t, `ALTER TABLE audit.event ADD CONSTRAINT no CHECK (false) NOT VALID`)
	if _, err := trail.Record(t.Context(), entries(1)); !errors.Is(err, audit.ErrUnavailable) || strings.Contains(err.Error(), "999") {
		t.Error(err)
	}
	db.Exec(t, `ALTER TABLE audit.event DROP CONSTRAINT no`)
	eventually(t, "it writes again", back)
	if report, said := verify(t, db); !report.Holds() {
		t.Error(said)
	}
}

func TestOneFaultyCallDoesNotFailOthers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	long := make([]rune, 4000) // which an index cannot hold, since it is not to be compressed
	for i := range long {
		long[i] = rune('!' + random.IntN(5000))
	}
	for name, subject := range map[string]string{"what a table refuses": "foul", "what an index has no room for": string(long)} {
		t.Run(name, func(t *testing.T) { oneFaultyCall(t, subject) })
	}
}

func oneFaultyCall(t *testing.T, subject string) {
	db := database(t)
	db.Exec(t, `ALTER TABLE audit.event ADD CONSTRAINT no CHECK (subject <> 'foul')`)
	trail := open(t, db, audit.Options{Timeout: patience})
	release := hold(t, db)
	foul := event(1)
	foul.Who.Subject = subject
	errs := make([]error, 6)
	var callers sync.WaitGroup
	for i := range errs {
		callers.Go(func() {
			e := event(i)
			if i == 3 {
				e = foul
			}
			_, errs[i] = trail.Record(t.Context(), []audit.Entry{e})
		})
		if i == 0 {
			held(t, db) // the rest is one batch
		}
	}
	eventually(t, "the others wait", func() bool { return trail.Waiting() == len(errs)-1 })
	release()
	callers.Wait()
	for i, err := range errs {
		if (i == 3) != errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

func TestCloseDrains(t *testing.T) {
	db := database(t)
	p := pool(t, db)
	trail, err := audit.Open(t.Context(), p, audit.Options{AllowVolatile: true, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	release := hold(t, db)
	var callers sync.WaitGroup
	var written atomic.Int64
	for i := range 5 {
		callers.Go(func() {
			if _, err := trail.Record(t.Context(), entries(2)); err == nil {
				written.Add(2)
			}
		})
		if i == 0 {
			held(t, db)
		}
	}
	eventually(t, "the others wait", func() bool { return trail.Waiting() == 4*2 })
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := trail.Close(short); err == nil {
		t.Error("closed while a write was held")
	}
	if _, err := trail.Record(t.Context(), entries(1)); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("after closing: %v", err)
	}
	release()
	if err := trail.Close(t.Context()); err != nil {
		t.Error(err)
	}
	callers.Wait()
	if report, _ := verify(t, db); report.Events != written.Load() || written.Load() != 10 {
		t.Errorf("%d events, %d written", report.Events, written.Load())
	}
}

func TestVolatileDatabaseIsRefused(t *testing.T) {
	if _, err := audit.Open(t.Context(), pool(t, database(t)), audit.Options{}); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("a database without fsync: %v", err)
	}
	db := durable(t)
	trail, err := audit.Open(t.Context(), pool(t, db), audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close(t.Context())
	mustRecord(t, trail, entries(1))
	// Switched off behind the trail's back.
	conn, err := pool(t, db).Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), `SET synchronous_commit = off`); err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), `SELECT audit.append(false, '{9990000018}', '{0}', '{u}', '{RAL}', '{SHOWN}', ARRAY['"patient":"9990000018"}'])`)
	if err == nil || !strings.Contains(err.Error(), "could lose") {
		t.Error(err)
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
	config, err := consent.Config(db.DSN(""), audit.Prepare)
	if err != nil {
		t.Fatal(err)
	}
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &wire{Conn: conn, syncs: &syncs}, err
	}
	config.MaxConns = 1
	p, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	trail, err := audit.Open(t.Context(), p, audit.Options{AllowVolatile: true})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close(t.Context())
	for _, n := range []int{1, 500, 3000} {
		before := syncs.Load()
		mustRecord(t, trail, entries(n))
		if got := syncs.Load() - before; got != 1 {
			t.Errorf("%d entries: %d round trips", n, got)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	db := durable(b)
	trail, err := audit.Open(b.Context(), pool(b, db), audit.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer trail.Close(b.Context())
	for _, n := range []int{1, 50, 500, 2000} {
		b.Run(fmt.Sprintf("%d_entries", n), func(b *testing.B) {
			b.ReportAllocs()
			list := entries(n)
			for i := range list { // a ward list asks for less than a full record
				list[i].Classes, list[i].Sectors, list[i].Glass, list[i].Note = record.Classes[:6], record.Sectors[:3], nil, ""
			}
			for b.Loop() {
				mustRecord(b, trail, list)
			}
		})
	}
	const callers = 16
	at16 := func(b *testing.B, once func() error) {
		var left atomic.Int64
		left.Store(int64(b.N))
		var done sync.WaitGroup
		var worked atomic.Int64
		for range callers {
			done.Go(func() {
				for left.Add(-1) >= 0 {
					began := time.Now()
					if err := once(); err != nil {
						b.Error(err)
						return
					}
					worked.Add(int64(time.Since(began)))
				}
			})
		}
		done.Wait()
		b.ReportMetric(float64(worked.Load())/float64(b.N)/1e6, "ms/wait")
	}
	b.Run("16_callers_together", func(b *testing.B) {
		list := entries(1)
		at16(b, func() error { _, err := trail.Record(b.Context(), list); return err })
	})
	config, err := consent.Config(db.DSN(""), audit.Prepare)
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = callers
	p, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	alone := make(chan *audit.Trail, callers)
	for range callers {
		each, err := audit.Open(b.Context(), p, audit.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer each.Close(b.Context())
		alone <- each
	}
	b.Run("16_callers_one_write_each", func(b *testing.B) {
		list := entries(1)
		at16(b, func() error {
			each := <-alone
			defer func() { alone <- each }()
			_, err := each.Record(b.Context(), list)
			return err
		})
	})
}

// An event that came in after it was recorded breaks the trail, and nothing after it is ever signed. So a machine whose
// clock is ahead writes none, in either way.
func TestAnEventOfAClockThatIsAheadIsNotWritten(t *testing.T) {
	db := durable(t)
	p := pool(t, db)
	signer, _ := keys(1)
	trail, err := audit.Open(t.Context(), p, audit.Options{Keeping: audit.Keeping{Signer: signer}})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close(t.Context())
	ahead, now := event(1), event(2)
	ahead.ReceivedAt, now.ReceivedAt = time.Now().Add(2*time.Minute), time.Now()
	if _, err := trail.Record(t.Context(), []audit.Entry{now, ahead}); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("Record: %v", err)
	}
	err = pgx.BeginFunc(t.Context(), p, func(tx pgx.Tx) error { return trail.RecordWithin(t.Context(), tx, ahead) })
	if !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("RecordWithin: %v", err)
	}
	if results := mustRecord(t, trail, []audit.Entry{now}); results[0].Sequence != 1 {
		t.Errorf("one that came in now is number %d", results[0].Sequence)
	}
	checkpoint(t, trail)
	if report, said := verify(t, db); !report.Holds() {
		t.Error(said)
	}
}
