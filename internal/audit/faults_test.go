package audit_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/pgtest"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"
)

// What is changed with an event is made with it, or neither is.
func TestEventsWithinAChange(t *testing.T) {
	db := database(t)
	trail, p := open(t, db, audit.Options{}), pool(t, db)
	within := func(end error, list ...audit.Entry) error {
		return pgx.BeginFunc(t.Context(), p, func(tx pgx.Tx) error { return errors.Join(trail.RecordWithin(t.Context(), tx, list...), end) })
	}
	if err := within(nil, entries(2)...); err != nil {
		t.Fatal(err)
	}
	if err := within(io.EOF, entries(3)...); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	rechecked := event(7)
	rechecked.Recheck = 99 // of what was changed it is not asked
	if err := within(nil, rechecked); err != nil {
		t.Error(err)
	}
	mustRecord(t, trail, entries(1))
	lines, err := audit.Events(t.Context(), p, audit.Filter{})
	if err != nil || len(lines) != 4 || lines[1].Patient != rechecked.Patient || lines[1].Outcome != audit.Shown {
		t.Errorf("%d events, %v", len(lines), err)
	}
	if report, said := verify(t, db); !report.Holds() || report.Events != 4 {
		t.Error(said)
	}
	db.Exec(t, `DROP FUNCTION audit.append CASCADE`)
	if err := within(nil, event(1)); !errors.Is(err, audit.ErrUnavailable) || strings.Contains(err.Error(), "999") {
		t.Errorf("without the trail: %v", err)
	}
}

func TestNothingToRecord(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	if results, err := trail.Record(t.Context(), nil); results != nil || err != nil {
		t.Error(results, err)
	}
	if report, _ := verify(t, db); report.Events != 0 {
		t.Errorf("%d events of nothing", report.Events)
	}
}

// An answer that does not fit the events proves nothing of them.
func TestAnAnswerThatDoesNotFit(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	db.Exec(t, `CREATE OR REPLACE FUNCTION audit.append(
		    allow_volatile boolean, patients text[], versions bigint[], subjects text[], ods_codes text[], outcomes text[], bodies text[]
		) RETURNS TABLE (first bigint, withheld boolean[]) LANGUAGE sql AS $$ SELECT 1::bigint, '{false}'::boolean[] $$`)
	for n, fits := range map[int]bool{1: true, 2: false} {
		if _, err := trail.Record(t.Context(), entries(n)); (err == nil) != fits || err != nil && !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("%d events: %v", n, err)
		}
	}
}

// A trail that cannot be read is never said to hold, to be empty or to be kept.
func TestATrailThatCannotBeRead(t *testing.T) {
	signer, known := keys(1)
	reads := map[string]func(*testing.T, *pgtest.Database, *audit.Trail) error{
		"verify": func(t *testing.T, db *pgtest.Database, _ *audit.Trail) error {
			conn, err := pgx.Connect(t.Context(), db.DSN(""))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
			var said strings.Builder
			_, err = audit.Proof{Keys: known}.Verify(t.Context(), conn, &said)
			if strings.Contains(said.String(), "holds") {
				t.Errorf("it says %s", said.String())
			}
			return err
		},
		"checkpoint": func(t *testing.T, _ *pgtest.Database, trail *audit.Trail) error {
			made, err := trail.Checkpoint(t.Context())
			if made {
				t.Error("a checkpoint was made")
			}
			return err
		},
		"retain": func(t *testing.T, _ *pgtest.Database, trail *audit.Trail) error {
			removed, err := trail.Retain(t.Context())
			if removed != (audit.Removed{}) {
				t.Errorf("removed %+v", removed)
			}
			return err
		},
		"events": func(t *testing.T, db *pgtest.Database, _ *audit.Trail) error {
			_, err := audit.Events(t.Context(), pool(t, db), audit.Filter{})
			return err
		},
		"lines": func(t *testing.T, db *pgtest.Database, _ *audit.Trail) (last error) {
			for _, err := range audit.Lines(t.Context(), pool(t, db), audit.Filter{}) {
				last = err
			}
			return last
		},
		"since": func(t *testing.T, db *pgtest.Database, _ *audit.Trail) error {
			_, err := audit.Since(t.Context(), pool(t, db))
			return err
		},
		"export": func(t *testing.T, db *pgtest.Database, _ *audit.Trail) error {
			_, err := audit.Export(t.Context(), pool(t, db), audit.Filter{}, site, io.Discard)
			return err
		},
		"alerts": func(t *testing.T, db *pgtest.Database, _ *audit.Trail) error {
			_, err := audit.Alerts(t.Context(), pool(t, db), audit.AlertFilter{Since: time.Now().AddDate(0, 0, -1), Now: time.Now()})
			return err
		},
		"record": func(t *testing.T, _ *pgtest.Database, trail *audit.Trail) error {
			_, err := trail.Record(t.Context(), entries(1))
			return err
		},
	}
	const view = untie + `
		ALTER TABLE audit.event RENAME TO event_was;
		CREATE VIEW audit.event AS SELECT sequence, recorded_at, hash, patient, subject, ods_code, CASE WHEN sequence = 6 THEN (1 / (sequence - 6))::text::json ELSE event END AS event
		FROM audit.event_was;
		GRANT SELECT ON audit.event TO carerecord_service`
	for _, c := range []struct {
		name     string
		sabotage string
		fail     []string
	}{
		{"the events are gone", `ALTER TABLE audit.event RENAME TO elsewhere`, []string{"verify", "checkpoint", "retain", "events", "lines", "since", "export", "alerts", "record"}},
		{"the end is gone", `ALTER TABLE audit.head RENAME TO elsewhere`, []string{"verify", "checkpoint", "record"}},
		{"the checkpoints are gone", `ALTER TABLE audit.checkpoint RENAME TO elsewhere`, []string{"verify", "checkpoint", "retain"}},
		{"a patient cannot be read", untie + `ALTER TABLE audit.event ALTER patient DROP NOT NULL; UPDATE audit.event SET patient = NULL WHERE sequence = 6`, []string{"verify", "checkpoint", "retain"}},
		{"an event breaks off", view, []string{"verify", "checkpoint", "retain", "events", "lines", "export"}},
		{"an event is no object", untie + `UPDATE audit.event SET event = '[]' WHERE sequence = 6`, []string{"events", "lines", "export"}},
		{"the relationships are gone", `ALTER TABLE consent.relationship RENAME TO elsewhere`, []string{"alerts"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := database(t)
			keeping := resting(t, db, audit.Keeping{Signer: signer, Months: 12})
			trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Months: 1200, Every: time.Hour}})
			mustRecord(t, trail, early(3))
			checkpoint(t, trail)
			mustRecord(t, trail, early(7))
			db.Exec(t, strings.ReplaceAll(aged(40, "1 day"), "UPDATE audit.head", "DELETE FROM audit.checkpoint; UPDATE audit.head"))
			db.Exec(t, c.sabotage)
			for _, name := range c.fail {
				of := trail
				if name == "retain" {
					of = keeping
				}
				if err := reads[name](t, db, of); !errors.Is(err, audit.ErrUnavailable) || strings.Contains(err.Error(), "9990") {
					t.Errorf("%s: error %v, want ErrUnavailable", name, err)
				}
			}
		})
	}
}

// A trail is not opened, and what it cannot do is told, where its database does not answer.
func TestATrailWithoutADatabase(t *testing.T) {
	p := pool(t, database(t))
	p.Close()
	if _, err := audit.Open(t.Context(), p, audit.Options{}); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("opened: %v", err)
	}
	told := make(chan error, 20)
	next := func() error {
		select {
		case err := <-told:
			return err
		case <-time.After(patience):
			return nil
		}
	}
	signer, _ := keys(1)
	trail, err := audit.Open(t.Context(), p, audit.Options{AllowVolatile: true, Keeping: audit.Keeping{Signer: signer, Failed: func(err error) { told <- err }}})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // the months when it was opened, and again with the removal in the background
		if err := next(); !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("told %v", err)
		}
	}
	if _, err := trail.Record(t.Context(), entries(1)); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("recorded: %v", err)
	}
	if err := trail.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := next(); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("of the last checkpoint told %v", err)
	}
	if err := trail.Close(t.Context()); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

// A signer that cannot sign, and a log that cannot be written, are told; what is signed is
// an Ed25519 key's.
func TestCheckpointsThatCannotBeKept(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	unsigned := open(t, db, audit.Options{})
	mustRecord(t, unsigned, entries(1))
	if made, err := unsigned.Checkpoint(t.Context()); made || err == nil {
		t.Errorf("without a key: %t, %v", made, err)
	}
	if removed, err := unsigned.Retain(t.Context()); err != nil || removed != (audit.Removed{}) {
		t.Errorf("without a key: %+v, %v", removed, err)
	}
	empty := open(t, database(t), audit.Options{Keeping: audit.Keeping{Signer: signer, Months: -1}})
	if made, err := empty.Checkpoint(t.Context()); made || err != nil {
		t.Errorf("of nothing: %t, %v", made, err)
	}
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Log: full{}, Failed: func(error) {}}})
	if _, err := trail.Checkpoint(t.Context()); err == nil || !strings.Contains(err.Error(), "writing a checkpoint to the log") {
		t.Errorf("a log that is full: %v", err)
	}
	if report, said := prove(t, db, audit.Proof{Keys: known}); !report.Holds() || report.Checkpoints != 1 {
		t.Error(said)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]*audit.Signer{"another kind of key": {Key: curve, ID: "k"}, "no id": {Key: signer.Key}, "no key": {ID: "k"}} {
		if _, err := audit.Open(t.Context(), pool(t, db), audit.Options{AllowVolatile: true, Keeping: audit.Keeping{Signer: wrong}}); err == nil || !strings.Contains(err.Error(), "Ed25519") {
			t.Errorf("%s: %v", name, err)
		}
	}
	db.Exec(t, `REVOKE EXECUTE ON FUNCTION audit.keep_checkpoint FROM carerecord_service`)
	mustRecord(t, trail, entries(1))
	if _, err := trail.Checkpoint(t.Context()); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("where it may not be kept: %v", err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// A line of the log that is signed and yet no checkpoint proves nothing; one of another
// key, or whose signature does not fit, is a break.
func TestLinesThatAreNoCheckpoints(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	stranger, _ := keys(2)
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer}})
	mustRecord(t, trail, entries(1))
	good := jwt.MapClaims{"sequence": 1, "hash": strings.Repeat("00", 32), "iat": time.Now().Unix(), "recordedAt": time.Now()}
	line := func(by *audit.Signer, typ string, change func(jwt.MapClaims)) string {
		c := jwt.MapClaims{}
		for name, value := range good {
			c[name] = value
		}
		change(c)
		token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
		token.Header["kid"], token.Header["typ"] = by.ID, typ
		signed, err := token.SignedString(by.Key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	same := func(jwt.MapClaims) {}
	const typ = "checkpoint+jwt"
	fits, later := line(signer, typ, same), line(signer, typ, func(c jwt.MapClaims) { c["sequence"] = 2 })
	for name, c := range map[string]struct {
		line string
		says string // "" where it proves nothing
	}{
		"of another event":           {fits, "not the event that was signed"},
		"of another type":            {line(signer, "JWT", same), ""},
		"of no event":                {line(signer, typ, func(c jwt.MapClaims) { c["sequence"] = 0 }), ""},
		"of an event before all":     {line(signer, typ, func(c jwt.MapClaims) { c["sequence"] = -1 }), ""},
		"of no time":                 {line(signer, typ, func(c jwt.MapClaims) { delete(c, "iat") }), ""},
		"of a hash that is none":     {line(signer, typ, func(c jwt.MapClaims) { c["hash"] = "0g" }), ""},
		"that is no token":           {"a.b.c", ""},
		"of a key that nobody knows": {line(stranger, typ, same), "a key that is not known"},
		"of another's key":           {line(&audit.Signer{Key: stranger.Key, ID: signer.ID}, typ, same), "its signature does not fit"},
		"with another's signature":   {fits[:strings.LastIndex(fits, ".")] + later[strings.LastIndex(later, "."):], "its signature does not fit"},
	} {
		report, said := prove(t, db, audit.Proof{Keys: known, Log: strings.NewReader("\n  \n" + c.line)})
		if c.says == "" && (!report.Holds() || report.Unreadable != 1 || !strings.Contains(said, "1 lines of the checkpoint log cannot be read")) {
			t.Errorf("%s: %+v %s", name, report, said)
		}
		if c.says != "" && (report.Holds() || report.Unreadable != 0 || !strings.Contains(said, c.says)) {
			t.Errorf("%s: %+v %s", name, report, said)
		}
		if c.says != "" && report.Checkpoints != 0 {
			t.Errorf("%s: it is taken for a checkpoint", name)
		}
	}
	long := prover(t, db, audit.Proof{Keys: known, Log: strings.NewReader(strings.Repeat("x", 1<<16+1))})
	if !errors.Is(long, audit.ErrUnavailable) || !strings.Contains(long.Error(), "checkpoint log") {
		t.Errorf("a line without an end: %v", long)
	}
	if err := prover(t, db, audit.Proof{Keys: known, Log: io.MultiReader(strings.NewReader("\n"), broken{})}); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("a log that breaks off: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("input/output error") }

func prover(t *testing.T, db *pgtest.Database, p audit.Proof) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	_, err = p.Verify(t.Context(), conn, io.Discard)
	return err
}

// However many checkpoints there are, all of them are compared, and the first breaks are written out.
func TestManyCheckpoints(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	log := &buffer{}
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Log: log}})
	mustRecord(t, trail, entries(2))
	checkpoint(t, trail)
	line := strings.TrimSpace(log.String())
	for _, n := range []int{999, 1000, 1001, 2500} {
		report, said := prove(t, db, audit.Proof{Keys: known, Log: strings.NewReader(strings.Repeat(line+"\n", n))})
		if !report.Holds() || report.Checkpoints != int64(n)+1 {
			t.Errorf("%d lines: %+v %s", n, report, said)
		}
	}
	db.Exec(t, untie+`INSERT INTO audit.checkpoint SELECT i, sha256('x'), 'x' FROM generate_series(3, 2100) AS i`)
	report, said := prove(t, db, audit.Proof{Keys: known})
	if report.Breaks != 2098 || strings.Count(said, "it cannot be read") != 20 || !strings.Contains(said, "… and 2078 more.") || !strings.Contains(said, "breaks in 2098 places, first at event 3.") {
		t.Errorf("%+v %s", report, said)
	}
}

// What is said of a trail that holds is all that is known of it.
func TestWhatIsSaidOfATrailThatHolds(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer}})
	mustRecord(t, trail, entries(2))
	report, said := prove(t, db, audit.Proof{Keys: known})
	want := fmt.Sprintf("The audit trail holds: 2 events, the last is number 2 with hash %s.\n"+
		"No checkpoint was compared, so a trail made anew as a whole would look the same: compare the hash with one written down earlier.\n", report.Hash)
	if said != want || len(report.Hash) != 64 {
		t.Errorf("%s, want %s", said, want)
	}
	checkpoint(t, trail)
	_, said = prove(t, db, audit.Proof{Keys: known})
	if !strings.HasSuffix(said, "Z.\n") || !strings.Contains(said, "1 signed checkpoints agree with it, the latest of event 2, of ") || strings.Contains(said, "No checkpoint") || strings.Contains(said, "removed") {
		t.Error(said)
	}
	var head []byte
	if err := db.Pool(t).QueryRow(t.Context(), `SELECT hash FROM audit.head`).Scan(&head); err != nil || hex.EncodeToString(head) != report.Hash {
		t.Errorf("%s is not the hash of the end, %v", report.Hash, err)
	}
}

// Clocks may step back by a second and be a minute apart, and no more.
func TestHowFarClocksMayDiffer(t *testing.T) {
	for _, c := range []struct {
		name string
		at   string
		says string
	}{
		{"back by a second", `e.recorded_at - CASE WHEN e.sequence = 3 THEN interval '1 second' ELSE interval '0' END`, ""},
		{"back by a little more", `e.recorded_at - CASE WHEN e.sequence = 3 THEN interval '1.000001 seconds' ELSE interval '0' END`, "the clock was set back"},
		{"a minute behind the service's", `timestamptz '2025-04-01 09:00:00+00' - interval '1 minute' + interval '1 microsecond'`, ""},
		{"a little more", `timestamptz '2025-04-01 09:00:00+00' - interval '1 minute'`, "recorded before the request came in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := database(t)
			trail := open(t, db, audit.Options{})
			mustRecord(t, trail, entries(4))
			db.Exec(t, remade(`e.event::text`, c.at))
			if report, said := verify(t, db); report.Holds() != (c.says == "") || !strings.Contains(said, c.says) {
				t.Error(said)
			}
		})
	}
}

// The text of an event is its own, whatever the columns say.
func TestAnEventThatContradictsItself(t *testing.T) {
	for text, says := range map[string]string{
		`replace(e.event::text, '"subject":"u1"', '"subject":"u2"')`:                       "filed under another",
		`replace(e.event::text, '"sequence":2', '"sequence":7')`:                           "its text has another number",
		`CASE WHEN e.sequence = 2 THEN '[' || e.event::text || ']' ELSE e.event::text END`: "its text cannot be read",
	} {
		db := database(t)
		trail := open(t, db, audit.Options{})
		mustRecord(t, trail, entries(3))
		db.Exec(t, remade(text, `e.recorded_at`))
		if report, said := verify(t, db); report.Holds() || !strings.Contains(said, says) {
			t.Errorf("%s: %s", text, said)
		}
	}
}
