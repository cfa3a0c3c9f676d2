package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/pgtest"

	"github.com/jackc/pgx/v5"
)

// buffer is a log that several may write at once.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func (b *buffer) reader() *strings.Reader { return strings.NewReader(b.String()) }

// keys makes a signer and what verifies it; the same for the same seed.
func keys(seed byte) (*audit.Signer, map[string]ed25519.PublicKey) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	id := fmt.Sprintf("k%d", seed)
	return &audit.Signer{Key: key, ID: id}, map[string]ed25519.PublicKey{id: key.Public().(ed25519.PublicKey)}
}

func prove(t testing.TB, db *pgtest.Database, p audit.Proof) (audit.Report, string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var said strings.Builder
	report, err := p.Verify(t.Context(), conn, &said)
	if err != nil {
		t.Fatal(err)
	}
	return report, said.String()
}

// checkpoint makes one that must be made.
func checkpoint(t testing.TB, trail *audit.Trail) {
	t.Helper()
	if made, err := trail.Checkpoint(t.Context()); err != nil || !made {
		t.Fatal("no checkpoint: ", made, err)
	}
}

func TestCheckpointsFindWhatTheChainCannot(t *testing.T) {
	const outside = "None of those kept outside the database"
	const all = `DELETE FROM audit.checkpoint WHERE true;`
	same := `e.event::text`
	changed := `replace(e.event::text, CASE WHEN e.sequence = 6 THEN 'viewer' ELSE '' END, 'Viewer')`
	cut := `DELETE FROM audit.event WHERE sequence > 12; UPDATE audit.head SET sequence = 12, hash = (SELECT hash FROM audit.event WHERE sequence = 12);`
	tests := []struct {
		name   string
		tamper string
		log    bool // only the log outside finds it
		at     int64
		says   string
	}{
		{"the whole chain made anew", remade(changed, `e.recorded_at`), false, 10, "made anew"},
		{"the whole chain made anew, and no checkpoints left", remade(changed, `e.recorded_at`) + all, true, 10, "made anew"},
		{"the tail cut and the end set back", untie + cut, false, 15, "it is missing, but was signed"},
		{"the tail cut with its checkpoints", untie + cut + all, true, 15, "it is missing, but was signed"},
		{"everything gone", untie + all + `DELETE FROM audit.event; UPDATE audit.head SET sequence = 0, hash = decode(repeat('00', 32), 'hex')`, true, 10, "it is missing, but was signed"},
		{"the clock set forward", remade(same, `e.recorded_at + interval '2 hours'`), false, 10, "made anew"},
		{"a checkpoint put under another event", untie + `UPDATE audit.checkpoint SET sequence = 14 WHERE sequence = 15`, false, 14, "signed for another"},
		{"a checkpoint that nobody signed", untie + `UPDATE audit.checkpoint SET signed = overlay(signed PLACING 'AAAA' FROM length(signed) - 20) WHERE sequence = 15`, false, 15, "its signature does not fit"},
		{"the front gone", untie + `DELETE FROM audit.event WHERE sequence <= 10`, false, 10, "does not say that they were removed"},
		{"the front gone, said to be old", untie + `DELETE FROM audit.event WHERE sequence <= 10;
			SELECT audit.append(true, '{""}', '{0}', '{""}', '{""}', '{DONE}', ARRAY['"action":"KEEP_TRAIL","upTo":10,"months":12}'])`, false, 10, "removed before its time was over"},
		{"the front gone to where nothing was signed", untie + `DELETE FROM audit.event WHERE sequence <= 9`, false, 1, "it is missing, and so are all up to event 9"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			db := database(t)
			signer, known := keys(1)
			log := &buffer{}
			trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Log: log}})
			mustRecord(t, trail, entries(10))
			checkpoint(t, trail)
			mustRecord(t, trail, entries(5))
			checkpoint(t, trail)
			mustRecord(t, trail, entries(2))
			if made, err := trail.Checkpoint(t.Context()); err != nil || !made {
				t.Fatal(made, err)
			}
			if made, err := trail.Checkpoint(t.Context()); err != nil || made {
				t.Errorf("a checkpoint where nothing happened: %v", err)
			}
			kept := log.reader()
			report, said := prove(t, db, audit.Proof{Keys: known, Log: kept})
			if !report.Holds() || report.Checkpoints != 6 || !strings.Contains(said, "6 signed checkpoints agree with it, the latest of event 17") {
				t.Fatalf("it did not hold before: %s", said)
			}
			if report.Logged != 3 || strings.Contains(said, outside) {
				t.Errorf("%d of the log: %s", report.Logged, said)
			}
			for name, log := range map[string]io.Reader{"no log": nil, "one that was rotated away": strings.NewReader("")} {
				if report, said := prove(t, db, audit.Proof{Keys: known, Log: log}); report.Logged != 0 || !strings.Contains(said, outside) {
					t.Errorf("%s: %s", name, said)
				}
			}
			db.Exec(t, test.tamper)
			if test.log {
				if report, said := prove(t, db, audit.Proof{Keys: known}); !report.Holds() {
					t.Errorf("found without the log, so the log is not what finds it: %s", said)
				}
			}
			kept = log.reader()
			report, said = prove(t, db, audit.Proof{Keys: known, Log: kept})
			if report.Holds() || report.First.Sequence != test.at || !strings.Contains(said, test.says) || strings.Contains(said, "999") {
				t.Errorf("%+v: %s", report, said)
			}
		})
	}
}

// A clock that moved between two checkpoints leaves a chain that holds; the service's
// own clock, which is signed, tells.
func TestClockAgainstCheckpoints(t *testing.T) {
	for _, test := range []struct {
		name string
		off  time.Duration // of the service's clock from the database's
		at   int64
		says string
	}{
		{"together", 0, 0, "holds"},
		{"a little apart", 30 * time.Second, 0, "holds"},
		{"the database ahead", -2 * time.Hour, 3, "a clock was set forward"},
		{"the database behind", 2 * time.Hour, 4, "a clock was set back"},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := database(t)
			signer, known := keys(1)
			trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Now: func() time.Time { return time.Now().Add(test.off) }}})
			mustRecord(t, trail, entries(3))
			checkpoint(t, trail)
			mustRecord(t, trail, entries(1))
			report, said := prove(t, db, audit.Proof{Keys: known})
			if report.First.Sequence != test.at || !strings.Contains(said, test.says) {
				t.Errorf("%+v: %s", report, said)
			}
		})
	}
}

func TestWhatDoesNotHoldIsNotSigned(t *testing.T) {
	db := database(t)
	signer, _ := keys(1)
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer}})
	mustRecord(t, trail, entries(4))
	checkpoint(t, trail)
	mustRecord(t, trail, entries(4))
	db.Exec(t, untie+`UPDATE audit.event SET event = replace(event::text, 'viewer', 'Viewer')::json WHERE sequence = 6`)
	if made, err := trail.Checkpoint(t.Context()); made || !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), "event 6") {
		t.Error(made, err)
	}
}

func TestKeysThatAreNotKnown(t *testing.T) {
	db := database(t)
	first, known := keys(1)
	second, other := keys(2)
	log := &buffer{}
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: first, Log: log}})
	mustRecord(t, trail, entries(2))
	checkpoint(t, trail)
	later := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: second, Keys: known, Log: log}})
	mustRecord(t, later, entries(2))
	checkpoint(t, later)
	if report, said := prove(t, db, audit.Proof{Keys: other, Log: log.reader()}); report.Holds() || !strings.Contains(said, "a key that is not known") {
		t.Error(said)
	}
	if report, said := prove(t, db, audit.Proof{Log: log.reader()}); !report.Holds() || !strings.Contains(said, "no key was given") {
		t.Error(said)
	}
	other["k1"] = known["k1"]
	torn := "\n" + strings.Repeat("x", 40) + "\n\n"
	report, said := prove(t, db, audit.Proof{Keys: other, Log: strings.NewReader(torn + log.String())})
	if !report.Holds() || report.Unreadable != 1 || report.Checkpoints != 4 || !strings.Contains(said, "prove nothing") {
		t.Errorf("%+v %s", report, said)
	}
	if _, err := audit.Open(t.Context(), pool(t, db), audit.Options{AllowVolatile: true, Keeping: audit.Keeping{Signer: &audit.Signer{}}}); err == nil {
		t.Error("a signer without a key")
	}
	if _, err := audit.Open(t.Context(), pool(t, db), audit.Options{AllowVolatile: true, Keeping: audit.Keeping{Months: 11}}); err == nil {
		t.Error("kept for less than a year")
	}
}

func TestCheckpointsAreMadeByThemselves(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	log := &buffer{}
	trail, err := audit.Open(t.Context(), pool(t, db), audit.Options{AllowVolatile: true, Keeping: audit.Keeping{
		Signer: signer, Log: log, Events: 10, Failed: func(err error) { t.Error(err) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	mustRecord(t, trail, entries(12))
	eventually(t, "a checkpoint after enough events", func() bool { return strings.Contains(log.String(), ".") })
	mustRecord(t, trail, entries(1))
	if err := trail.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if report, said := prove(t, db, audit.Proof{Keys: known, Log: log.reader()}); !report.Holds() || !strings.Contains(said, "the latest of event 13") {
		t.Error("no checkpoint at the end:", said)
	}
}

// aged makes the chain anew with its events spread over a time that began so many
// months ago.
func aged(months int, step string) string {
	return remade(`e.event::text`, fmt.Sprintf(`date_trunc('month', now()) - interval '%d months' + interval '1 hour' + e.sequence * interval '%s'`, months, step)) +
		`DROP TABLE was;`
}

// early are entries of requests that came in long ago.
func early(n int) []audit.Entry {
	list := entries(n)
	for i := range list {
		list[i].ReceivedAt = time.Time{}
	}
	return list
}

// resting is a trail of an empty database that looks after nothing by itself any more: what
// a test removes or signs with it, nobody has before. Others write.
func resting(t testing.TB, db *pgtest.Database, k audit.Keeping) *audit.Trail {
	t.Helper()
	trail := open(t, db, audit.Options{Keeping: k})
	if err := trail.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return trail
}

func TestRetention(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	log := &buffer{}
	mustRecord(t, open(t, db, audit.Options{}), early(30))
	db.Exec(t, aged(30, "7 days")) // from 30 months ago to 23 months ago
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Log: log, Months: 24}})
	if removed, err := trail.Retain(t.Context()); err != nil || removed.UpTo >= 30 { // 0 where the trail itself was first
		t.Fatal(removed, err)
	}
	report, said := prove(t, db, audit.Proof{Keys: known, Log: log.reader(), Months: 24})
	if !report.Holds() || report.Removed < 20 || report.Events != 31-report.Removed || !strings.Contains(said, "kept for 24 months") {
		t.Errorf("%+v %s", report, said)
	}
	if report, said := prove(t, db, audit.Proof{Keys: known, Months: 36}); report.Holds() || !strings.Contains(said, "before its time") {
		t.Error(said)
	}
	if removed, err := trail.Retain(t.Context()); err != nil || removed.UpTo != 0 {
		t.Error("removed again: ", removed, err)
	}
	lines, err := audit.Events(t.Context(), pool(t, db), audit.Filter{Actions: []audit.Action{audit.KeepTrail}})
	if err != nil || len(lines) != 1 || !strings.Contains(lines[0].Note, fmt.Sprintf("events up to %d removed", report.Removed)) {
		t.Error(lines, err)
	}
	mustRecord(t, trail, entries(3))
	checkpoint(t, trail)
	if report, said := prove(t, db, audit.Proof{Keys: known, Log: log.reader()}); !report.Holds() {
		t.Error(said)
	}
}

func TestWhatDoesNotHoldIsNotRemoved(t *testing.T) {
	db := database(t)
	signer, _ := keys(1)
	trail := resting(t, db, audit.Keeping{Signer: signer, Months: 24})
	mustRecord(t, open(t, db, audit.Options{}), early(10))
	db.Exec(t, aged(40, "1 day"))
	db.Exec(t, `UPDATE audit.event SET event = replace(event::text, 'viewer', 'Viewer')::json WHERE sequence = 3`)
	if removed, err := trail.Retain(t.Context()); !errors.Is(err, audit.ErrBroken) || removed.UpTo != 0 {
		t.Error(removed, err)
	}
	service := pool(t, db)
	for _, statement := range []string{`SELECT audit.remove(true, 0, 10)`, `SELECT audit.remove(true, 11, 10)`, `SELECT audit.remove(true, 24, 10)`,
		`SELECT audit.month(now())`, `INSERT INTO audit.checkpoint SELECT 1, sha256('x'), 'x'`, `SELECT audit.keep_checkpoint(10, sha256('x'), 'x')`,
		`DELETE FROM audit.event_` + time.Now().UTC().Format("2006_01"), `DELETE FROM audit.checkpoint`} {
		if _, err := service.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s went through", statement)
		}
	}
	if n := count(t, db, `SELECT count(*) FROM audit.event`); n != 10 {
		t.Errorf("%d events left", n)
	}
}

func count(t testing.TB, db *pgtest.Database, sql string) (n int64) {
	t.Helper()
	p := db.Pool(t)
	defer p.Close()
	if err := p.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Removal does not wait for those who read, as all who append would wait behind it.
func TestRetentionWhileSomebodyReads(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	trail, writing := resting(t, db, audit.Keeping{Signer: signer, Months: 24}), open(t, db, audit.Options{})
	mustRecord(t, writing, early(10))
	db.Exec(t, aged(40, "1 day"))
	tx, err := db.Pool(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if _, err := tx.Exec(t.Context(), `SELECT count(*) FROM audit.event`); err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	callers.Go(func() {
		if removed, err := trail.Retain(t.Context()); !errors.Is(err, audit.ErrUnavailable) || removed.UpTo != 0 {
			t.Error("removed while somebody reads: ", removed, err)
		}
	})
	for range 20 {
		mustRecord(t, writing, early(1))
		time.Sleep(20 * time.Millisecond)
	}
	callers.Wait()
	tx.Rollback(t.Context())
	if removed, err := trail.Retain(t.Context()); err != nil || removed.UpTo != 10 {
		t.Error(removed, err)
	}
	if report, said := prove(t, db, audit.Proof{Keys: known}); !report.Holds() || report.Removed != 10 || report.Events != 21 {
		t.Error(said)
	}
}

// Months whose events overlap in sequence go together, so that nothing is missing
// in what stays.
func TestRetentionWhereAClockWasSetBack(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	mustRecord(t, open(t, db, audit.Options{}), early(6))
	db.Exec(t, remade(`e.event::text`, `date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '24 months'
		+ (ARRAY[-3000000, -10, 0.2, -0.2, 10, 20])[e.sequence] * interval '1 second'`))
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Months: 24}})
	removed, err := trail.Retain(t.Context())
	if err != nil || removed.UpTo > 1 { // 0 where the trail itself was first
		t.Error(removed, err)
	}
	if report, said := prove(t, db, audit.Proof{Keys: known}); !report.Holds() || report.Removed != 1 {
		t.Error(said)
	}
}

func TestPartitionsAreKept(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	mustRecord(t, trail, entries(1))
	month := lastMonth(t, db)
	for _, statement := range []string{`DELETE FROM ` + month, `UPDATE ` + month + ` SET patient = ''`, `TRUNCATE ` + month} {
		if _, err := db.Pool(t).Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	// Appending needs nobody to have made the month, whatever became of it.
	for _, gone := range []string{`DROP TABLE ` + month, `ALTER TABLE audit.event DETACH PARTITION ` + month} {
		db.Exec(t, gone)
		mustRecord(t, trail, entries(1))
	}
	mustRecord(t, trail, entries(1))
	// Nor does it wait for those who read.
	db.Exec(t, `ALTER TABLE audit.event DETACH PARTITION `+lastMonth(t, db))
	tx, err := db.Pool(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if _, err := tx.Exec(t.Context(), `SELECT count(*) FROM audit.event`); err != nil {
		t.Fatal(err)
	}
	mustRecord(t, trail, entries(1))
}

// lastMonth is the partition that the latest event is in.
func lastMonth(t testing.TB, db *pgtest.Database) (name string) {
	t.Helper()
	if err := db.Pool(t).QueryRow(t.Context(), `SELECT tableoid::regclass::text FROM audit.event ORDER BY sequence DESC LIMIT 1`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

// Several instances write, checkpoints are made, some instances stop and start again,
// and old months go meanwhile: the chain holds and lacks nothing.
func TestManyThingsAtOnce(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	log := &buffer{}
	begin := open(t, db, audit.Options{})
	mustRecord(t, begin, early(40))
	db.Exec(t, aged(40, "20 days"))
	var old int64
	if old = count(t, db, `SELECT count(*) FROM audit.event WHERE recorded_at < date_trunc('month', now()) - interval '24 months'`); old < 10 {
		t.Fatal("too few old events: ", old)
	}
	var instances sync.WaitGroup
	var removed sync.Map
	for i := range 4 {
		instances.Go(func() {
			for range 3 { // each starts three times
				trail, err := audit.Open(t.Context(), pool(t, db), audit.Options{AllowVolatile: true, Timeout: 30 * time.Second, Keeping: audit.Keeping{
					Signer: signer, Log: log, Events: 20, Months: 24,
				}})
				if err != nil {
					t.Error(err)
					return
				}
				var callers sync.WaitGroup
				for range 3 {
					callers.Go(func() {
						for n := range 6 {
							if _, err := trail.Record(t.Context(), entries(1+n)); err != nil {
								t.Error(err)
							}
						}
					})
				}
				if i == 0 {
					if r, err := trail.Retain(t.Context()); err == nil && r.UpTo > 0 {
						removed.Store(r.UpTo, true)
					}
				}
				callers.Wait()
				if err := trail.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	instances.Wait()
	if _, err := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Months: 24}}).Retain(t.Context()); err != nil {
		t.Error(err)
	}
	const written = 40 + 4*3*3*21
	report, said := prove(t, db, audit.Proof{Keys: known, Log: log.reader()})
	if !report.Holds() || report.Removed < old || report.Sequence != written+1 || report.Checkpoints < 4 {
		t.Errorf("%+v, %d old: %s", report, old, said)
	}
}

// TestOlderDatabase carries the trail of a database of the release before over.
func TestOlderDatabase(t *testing.T) {
	db := pgtest.New(t)
	for _, name := range []string{"0001_consent.sql", "0002_audit.sql"} {
		db.Exec(t, migration(t, name))
	}
	for range 3 {
		db.Exec(t, `SELECT audit.append(true, '{9990000018,""}', '{0,0}', '{u,u}', '{RAL,RAL}', '{SHOWN,DONE}', ARRAY['"patient":"9990000018","subject":"u","organisation":"RAL"}', '"subject":"u","organisation":"RAL"}'])`)
	}
	before := texts(t, db)
	db.Exec(t, migration(t, "0003_audit_partitions.sql"))
	db.Exec(t, migration(t, "0004_audit_checkpoints.sql"))
	if after := texts(t, db); after != before || !strings.Contains(after, "9990000018") {
		t.Error("the events are not what they were")
	}
	mustRecord(t, open(t, db, audit.Options{}), entries(2))
	if report, said := verify(t, db); !report.Holds() || report.Events != 8 {
		t.Error(said)
	}
}

func texts(t testing.TB, db *pgtest.Database) (all string) {
	t.Helper()
	if err := db.Pool(t).QueryRow(t.Context(), `SELECT string_agg(concat_ws('|', sequence, recorded_at, hash, patient, subject, ods_code, event), '' ORDER BY sequence) FROM audit.event`).Scan(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

func migration(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "migrations", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
