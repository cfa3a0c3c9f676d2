package audit_test

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"

	"github.com/jackc/pgx/v5/pgxpool"
)

// ended is a trail's closing that may take so long.
func ended(t *testing.T, trail *audit.Trail, within time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return trail.Close(ctx)
}

// A trail is not closed while a checkpoint is on its way to the log.
func TestClosingWaitsForACheckpoint(t *testing.T) {
	db := database(t)
	signer, _ := keys(1)
	log := gate{make(chan struct{}), make(chan struct{})}
	keeping := over(t, pool(t, db), audit.Keeping{Signer: signer, Events: 1, Log: log})
	mustRecord(t, keeping, entries(1))
	<-log.reached
	if err := ended(t, keeping, 50*time.Millisecond); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("closed while a checkpoint is written: %v", err)
	}
	close(log.opens)
	if err := ended(t, keeping, patience); err != nil {
		t.Error(err)
	}
}

// gate is a log whose first write waits.
type gate struct{ reached, opens chan struct{} }

func (g gate) Write(p []byte) (int, error) {
	select {
	case g.reached <- struct{}{}:
		<-g.opens
	case <-g.opens:
	}
	return len(p), nil
}

// Without a signer nobody is told that there are no checkpoints; with one, everything
// that was not done is told, of each day too.
func TestWhatIsToldOfKeeping(t *testing.T) {
	db := database(t)
	signer, _ := keys(1)
	told := make(chan error, 10)
	loud := over(t, pool(t, db), audit.Keeping{Signer: signer, Events: 1, Log: full{}, Failed: func(err error) { told <- err }})
	mustRecord(t, loud, entries(1))
	select {
	case err := <-told:
		if !strings.Contains(err.Error(), "no space left") {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("nobody was told")
	}
	for name, c := range map[string]struct {
		signer *audit.Signer
		told   []int // so often, each day
	}{
		"with a signer":    {signer, []int{3, 5, 7}}, // the months when it was opened, and each day with the removal
		"without a signer": {nil, []int{1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { daysOfKeeping(t, c.signer, c.told) })
		})
	}
}

// daysOfKeeping keeps a trail of a database that is not there, and counts what is told.
func daysOfKeeping(t *testing.T, signer *audit.Signer, want []int) {
	p, err := pgxpool.New(t.Context(), "postgres://service@127.0.0.1:1/none")
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	var told atomic.Int64
	trail, err := audit.Open(t.Context(), p, audit.Options{AllowVolatile: true, Keeping: audit.Keeping{
		Signer: signer, Every: 7 * 24 * time.Hour, Failed: func(error) { told.Add(1) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range want {
		if synctest.Wait(); told.Load() != int64(n) {
			t.Errorf("day %d: told %d times, want %d", i, told.Load(), n)
		}
		time.Sleep(24 * time.Hour)
	}
	before := told.Load()
	if err := trail.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if last := told.Load() > before; last != (signer != nil) {
		t.Errorf("told when it was closed: %t", last)
	}
}

// After a database that restarted one write fails and not one for each connection; an
// event that the database finds fault with costs none.
func TestConnectionsAfterARestart(t *testing.T) {
	db := database(t)
	p := pool(t, db)
	trail := over(t, p, audit.Keeping{})
	var held []*pgxpool.Conn
	for range 4 {
		conn, err := p.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, conn)
	}
	for _, conn := range held {
		conn.Release()
	}
	db.Exec(t, cut)
	eventually(t, "the connections are gone", func() bool {
		return count(t, db, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'carerecord'`) == 0
	})
	if _, err := trail.Record(t.Context(), entries(1)); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("on a connection that was cut: %v", err)
	}
	mustRecord(t, trail, entries(1))
	made := p.Stat().NewConnsCount()
	db.Exec(t, `CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE data_exception; END';
		CREATE TRIGGER refused BEFORE INSERT ON audit.event FOR EACH ROW EXECUTE FUNCTION refused()`)
	for range 2 {
		if _, err := trail.Record(t.Context(), entries(1)); !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("refused: %v", err)
		}
	}
	if now := p.Stat().NewConnsCount(); now != made {
		t.Errorf("a refusal cost %d connections", now-made)
	}
}

// A database without the trail's functions is told apart from one that refuses an event.
func TestATrailThatCannotBePrepared(t *testing.T) {
	db := database(t)
	trail := over(t, db.Pool(t), audit.Keeping{}) // a pool that prepares nothing
	mustRecord(t, trail, entries(1))
	db = database(t)
	trail = over(t, db.Pool(t), audit.Keeping{})
	db.Exec(t, `DROP FUNCTION audit.append CASCADE`)
	const undefined = "42883"
	if _, err := trail.Record(t.Context(), entries(1)); !errors.Is(err, audit.ErrUnavailable) || !strings.Contains(err.Error(), undefined) {
		t.Error(err)
	}
}

// signedIn is what was signed in a line of the log.
func signedIn(t *testing.T, line string) (c struct{ Sequence, Events int64 }) {
	t.Helper()
	parts := strings.Split(line, ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// Retention goes on from where it went before; a checkpoint says how many events there
// were; and an export, which is an event of the same kind, does not excuse what is missing.
func TestRetentionAgain(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	log := &buffer{}
	first := func() int64 { return count(t, db, `SELECT min(sequence) FROM audit.event`) }
	mustRecord(t, open(t, db, audit.Options{}), early(12))
	db.Exec(t, aged(40, "40 days"))
	everything := over(t, pool(t, db), audit.Keeping{Signer: signer, Months: -1, Log: log})
	checkpoint(t, everything)
	const oldest, older = 36, 30
	for _, months := range []int{oldest, older} {
		before := first()
		trail := over(t, pool(t, db), audit.Keeping{Signer: signer, Months: months, Log: log, Failed: func(err error) { t.Error(err) }})
		eventually(t, "it removes when it is opened", func() bool { return first() != before })
		if err := trail.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	mustRecord(t, everything, []audit.Entry{{Event: audit.Event{Action: audit.KeepTrail, Outcome: audit.Done, Who: audit.Who{Subject: "operator"}}}})
	checkpoint(t, everything)
	report, said := prove(t, db, audit.Proof{Keys: known, Log: log.reader()})
	if !report.Holds() || report.Removed < 5 {
		t.Fatalf("%+v %s", report, said)
	}
	lines := strings.Fields(log.String())
	if len(lines) != 6 || report.Checkpoints != 2*5 { // but for the first removal each is compared, in the database and in the log
		t.Fatalf("%d lines, %+v", len(lines), report)
	}
	gone := signedIn(t, lines[1]).Sequence
	for i, want := range [][2]int64{{12, 12}, {gone, gone}, {13, 13 - gone}, {report.Removed, report.Removed - gone}, {14, 14 - report.Removed}, {15, 15 - report.Removed}} {
		if c := signedIn(t, lines[i]); c.Sequence != want[0] || c.Events != want[1] {
			t.Errorf("line %d: of event %d with %d events, want %v", i+1, c.Sequence, c.Events, want)
		}
	}
}

// Without a signer nothing is removed, however old; and of two instances one removes.
func TestWhoRemoves(t *testing.T) {
	db := database(t)
	plain := open(t, db, audit.Options{Keeping: audit.Keeping{Months: 24}})
	mustRecord(t, plain, early(3))
	db.Exec(t, aged(40, "1 day"))
	if removed, err := plain.Retain(t.Context()); err != nil || removed != (audit.Removed{}) {
		t.Errorf("%+v, %v", removed, err)
	}
	db.Exec(t, `CREATE OR REPLACE FUNCTION audit.remove(allow_volatile boolean, months int, up_to bigint) RETURNS boolean LANGUAGE sql AS 'SELECT false'`)
	signer, _ := keys(1)
	late := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Months: 24}})
	if removed, err := late.Retain(t.Context()); err != nil || removed != (audit.Removed{}) {
		t.Errorf("where another instance was first: %+v, %v", removed, err)
	}
}

// mute is a key that does not sign.
type mute struct{ crypto.Signer }

func (mute) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the key store does not answer")
}

func TestAKeyThatDoesNotSign(t *testing.T) {
	db := database(t)
	signer, _ := keys(1)
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: &audit.Signer{Key: mute{signer.Key}, ID: "k1"}}})
	mustRecord(t, trail, entries(1))
	if _, err := trail.Checkpoint(t.Context()); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Error(err)
	}
	if n := count(t, db, `SELECT count(*) FROM audit.checkpoint`); n != 0 {
		t.Errorf("%d checkpoints without a signature", n)
	}
}

// What was removed does not begin with a checkpoint that fits another event.
func TestWhereATrailDoesNotBegin(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	mustRecord(t, open(t, db, audit.Options{}), early(4))
	db.Exec(t, aged(40, "1 day"))
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Months: 24}})
	if _, err := trail.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, untie+`UPDATE audit.checkpoint SET hash = sha256('x')`)
	if report, said := prove(t, db, audit.Proof{Keys: known}); report.Removed != 0 || report.First.Sequence != 1 {
		t.Errorf("%+v %s", report, said)
	}
}

// A log of checkpoints is compared a thousand lines at a time.
func TestHowACheckpointLogIsRead(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	log := &buffer{}
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Log: log}})
	mustRecord(t, trail, entries(1))
	checkpoint(t, trail)
	p := faulty(t, db)
	verifying := func(lines int) int {
		conn, err := p.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
		ctx, counted := pgtest.Counting(t.Context())
		report, err := audit.Proof{Keys: known, Log: strings.NewReader(strings.Repeat(log.String(), lines))}.Verify(ctx, conn.Conn(), io.Discard)
		if err != nil || report.Checkpoints != int64(lines)+1 {
			t.Errorf("%+v, %v", report, err)
		}
		return counted()
	}
	one := verifying(1)
	for lines, more := range map[int]int{999: 0, 1000: 1, 2001: 2} {
		if n := verifying(lines); n != one+more {
			t.Errorf("%d lines: %d statements, want %d", lines, n, one+more)
		}
	}
}

// The log shows what was asked for and nothing else.
func TestWhatTheLogIsAskedFor(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	var list []audit.Entry
	for i := range 8 { // each bit is something else
		e := audit.Entry{Event: audit.Event{Action: audit.Read, Outcome: audit.Shown, Patient: "9990000018", Who: audit.Who{Subject: "u1", Organisation: "RAL", Role: auth.HospitalDoctor}}}
		if i&1 != 0 {
			e.Patient = "9990000026"
		}
		if i&2 != 0 {
			e.Who.Subject = "u2"
		}
		if i&4 != 0 {
			e.Who.Organisation, e.Glass = "RRV", &audit.Glass{GrantID: "g", Reason: "EMERGENCY"}
		}
		list = append(list, e)
	}
	mustRecord(t, trail, list)
	db.Exec(t, aged(1, "1 minute"))
	p := pool(t, db)
	all, err := audit.Events(t.Context(), p, audit.Filter{})
	if err != nil || len(all) != 8 {
		t.Fatal(len(all), err)
	}
	second, fourth := all[6].RecordedAt, all[4].RecordedAt
	for name, c := range map[string]struct {
		filter audit.Filter
		want   string // sequence numbers, the latest first
	}{
		"of a person":                        {audit.Filter{Subject: "u2"}, "8 7 4 3"},
		"of a person in an organisation":     {audit.Filter{Subject: "u2", Organisations: []string{"RAL"}}, "4 3"},
		"of a person about a patient":        {audit.Filter{Subject: "u1", Patients: []record.NHSNumber{"9990000026"}}, "6 2"},
		"of all three":                       {audit.Filter{Subject: "u1", Patients: []record.NHSNumber{"9990000026"}, Organisations: []string{"RRV"}}, "6"},
		"of all three, before":               {audit.Filter{Subject: "u1", Patients: []record.NHSNumber{"9990000026"}, Organisations: []string{"RRV", "RAL"}, Before: 6}, "2"},
		"with break-glass":                   {audit.Filter{Glass: true}, "8 7 6 5"},
		"with break-glass by a person":       {audit.Filter{Glass: true, Subject: "u1"}, "6 5"},
		"from":                               {audit.Filter{From: fourth}, "8 7 6 5 4"},
		"until":                              {audit.Filter{To: fourth}, "3 2 1"},
		"from and until, in an organisation": {audit.Filter{From: second, To: fourth, Organisations: []string{"RAL"}}, "3 2"},
		"before":                             {audit.Filter{Before: 3}, "2 1"},
		"in two organisations":               {audit.Filter{Organisations: []string{"RAL", "RRV"}, Limit: 3}, "8 7 6"},
	} {
		lines, err := audit.Events(t.Context(), p, c.filter)
		var got []string
		for _, line := range lines {
			got = append(got, fmt.Sprint(line.Sequence))
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s, %v", name, got, c.want, err)
		}
		if n, err := audit.Export(t.Context(), p, c.filter, site, io.Discard); err != nil || int(n) != len(lines) {
			t.Errorf("%s: %d were written out, %v", name, n, err)
		}
	}
}

// What cannot be written out is no fault of the trail, and what was is told.
func TestAnExportThatCannotBeWritten(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	p := pool(t, db)
	bare := []audit.Entry{{Event: audit.Event{Action: audit.Reject, Outcome: audit.Rejected}}}
	for n, list := range [][]audit.Entry{bare, entries(50)} { // less than is written at a time, and more
		mustRecord(t, trail, list)
		written, err := audit.Export(t.Context(), p, audit.Filter{}, site, full{})
		if err == nil || errors.Is(err, audit.ErrUnavailable) || !strings.Contains(err.Error(), "writing the export: no space left") || written > 1 {
			t.Errorf("list %d: %d written, %v", n, written, err)
		}
	}
}

// What somebody wrote stands in an export as they wrote it.
func TestAnExportKeepsItsWords(t *testing.T) {
	db := database(t)
	mustRecord(t, open(t, db, audit.Options{}), entries(1))
	var out strings.Builder
	if n, err := audit.Export(t.Context(), pool(t, db), audit.Filter{}, site, &out); err != nil || n != 1 || !strings.Contains(out.String(), "<angles> and ü") {
		t.Errorf("%d, %v: %s", n, err, out.String())
	}
}

// However long the trail is, Lines reads all of it, until nobody asks for more.
func TestAllThereIsToRead(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	p := faulty(t, db)
	if at, err := audit.Since(t.Context(), p); err != nil || !at.IsZero() {
		t.Errorf("nothing since %s, %v", at, err)
	}
	const page = 500
	written := 0
	for _, n := range []int{1, page - 1, 1, page} {
		mustRecord(t, trail, entries(n))
		written += n
		ctx, counted := pgtest.Counting(t.Context())
		next := int64(written)
		for line, err := range audit.Lines(ctx, p, audit.Filter{}) {
			if err != nil || line.Sequence != next {
				t.Fatal(line.Sequence, next, err)
			}
			next--
		}
		if next != 0 || counted() != written/page+1 {
			t.Errorf("of %d events %d were not read, in %d pages", written, next, counted())
		}
	}
	read := 0
	for range audit.Lines(t.Context(), p, audit.Filter{}) {
		if read++; read == 2 {
			break
		}
	}
	if at, err := audit.Since(t.Context(), p); read != 2 || err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("%d read, since %s, %v", read, at, err)
	}
}
