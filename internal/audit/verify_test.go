package audit_test

import (
	"strings"
	"testing"

	"carerecord/internal/audit"
)

// untie switches the triggers off, as an owner could.
const untie = `
	DO $$ DECLARE each regclass; BEGIN
		FOR each IN SELECT c.oid FROM pg_class AS c WHERE c.relnamespace = 'audit'::regnamespace AND c.relkind IN ('r', 'p') LOOP
			EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ALL', each);
		END LOOP;
	END $$;`

// remade is SQL that makes the chain anew with the text that an expression gives, of
// which the event before is e and its number n, and the times that another gives.
func remade(text, at string) string {
	return untie + `
	CREATE TEMP TABLE was AS TABLE audit.event; TRUNCATE audit.event;
	DO $$ DECLARE e record; n bigint := 0; chain bytea := decode(repeat('00', 32), 'hex'); line text; stamp timestamptz; BEGIN
		FOR e IN SELECT * FROM was ORDER BY sequence LOOP
			n := n + 1;
			stamp := ` + at + `;
			PERFORM audit.month(stamp);
			line := regexp_replace(` + text + `, '"recordedAt":"[^"]*"', '"recordedAt":"' || to_char(stamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"');
			chain := sha256(chain || int8send(n) || convert_to(line, 'UTF8'));
			INSERT INTO audit.event VALUES (n, stamp, chain, e.patient, e.subject, e.ods_code, line::json);
		END LOOP;
		UPDATE audit.head SET sequence = n, hash = chain;
	END $$;`
}

func TestVerifyFindsWhatWasDone(t *testing.T) {
	tests := []struct {
		name   string
		tamper string
		at     int64
		says   string
	}{
		{"one letter of an event", `UPDATE audit.event SET event = replace(event::text, 'viewer', 'Viewer')::json WHERE sequence = 4`, 4, "its hash does not follow"},
		{"a space in an event", `UPDATE audit.event SET event = replace(event::text, '{"sequence"', '{ "sequence"')::json WHERE sequence = 4`, 4, "its hash does not follow"},
		{"an outcome", `UPDATE audit.event SET event = replace(event::text, '"SHOWN"', '"NOT_FOUND"')::json WHERE sequence = 1`, 1, "its hash does not follow"},
		{"an event and its hash", `UPDATE audit.event SET event = replace(event::text, 'viewer', 'Viewer')::json WHERE sequence = 4;
			UPDATE audit.event AS e SET hash = sha256(b.hash || int8send(e.sequence) || convert_to(e.event::text, 'UTF8')) FROM audit.event AS b WHERE e.sequence = 4 AND b.sequence = 3`, 5, "its hash does not follow"},
		{"a hash", `UPDATE audit.event SET hash = sha256('x') WHERE sequence = 4`, 4, "its hash does not follow"},
		{"who it is filed under", `UPDATE audit.event SET patient = '9990000042' WHERE sequence = 4`, 4, "filed under another"},
		{"whose it is filed under", `UPDATE audit.event SET ods_code = 'RRV' WHERE sequence = 4`, 4, "filed under another"},
		{"the time it is filed under", `UPDATE audit.event SET recorded_at = recorded_at + interval '1 ms' WHERE sequence = 4`, 4, "another time"},
		{"an event deleted", `DELETE FROM audit.event WHERE sequence = 4`, 4, "it is missing"},
		{"the first deleted", `DELETE FROM audit.event WHERE sequence = 1`, 1, "it is missing"},
		{"an event deleted and the gap closed", `DELETE FROM audit.event WHERE sequence = 4; UPDATE audit.event SET sequence = sequence - 1000 WHERE sequence > 4; UPDATE audit.event SET sequence = sequence + 999 WHERE sequence < 0`, 4, "its hash does not follow"},
		{"the tail deleted", `DELETE FROM audit.event WHERE sequence > 7`, 8, "the end of the trail is missing"},
		{"everything deleted", `DELETE FROM audit.event`, 1, "the end of the trail is missing"},
		{"the tail deleted and the end set back", `DELETE FROM audit.event WHERE sequence > 7; UPDATE audit.head SET sequence = 7`, 7, "not the event the trail ended with"},
		{"the record of the end deleted", `DELETE FROM audit.head`, 0, "trail's end is missing"},
		{"two events changed places", `UPDATE audit.event SET sequence = 100 WHERE sequence = 4; UPDATE audit.event SET sequence = 4 WHERE sequence = 5; UPDATE audit.event SET sequence = 5 WHERE sequence = 100`, 4, "its hash does not follow"},
		{"one put in at the end", `INSERT INTO audit.event SELECT sequence + 1, recorded_at, sha256(hash), patient, subject, ods_code, event FROM audit.event WHERE sequence = 10`, 11, "its hash does not follow"},
		{"one put in before the first", `INSERT INTO audit.event SELECT 0, recorded_at, hash, patient, subject, ods_code, event FROM audit.event WHERE sequence = 10`, 0, "comes twice or before"},
		{"one put in under a number that is taken", `INSERT INTO audit.event SELECT sequence, recorded_at + interval '1 us', hash, patient, subject, ods_code, event FROM audit.event WHERE sequence = 4`, 4, "comes twice"},
		{"a month taken off", `DO $$ BEGIN EXECUTE 'ALTER TABLE audit.event DETACH PARTITION ' || (SELECT tableoid::regclass FROM audit.event LIMIT 1); END $$`, 1, "the end of the trail is missing"},
		{"one put in that follows", `INSERT INTO audit.event SELECT 11, recorded_at, sha256(hash || int8send(11::bigint) || convert_to(event::text, 'UTF8')), patient, subject, ods_code, event FROM audit.event WHERE sequence = 10`, 11, "its text has another number"},
		{"the clock set back", remade(`e.event::text`, `e.recorded_at - CASE WHEN e.sequence = 6 THEN interval '1 hour' ELSE interval '0' END`), 6, "the clock was set back"},
		{"the clock far behind", remade(`e.event::text`, `timestamptz '2025-03-31' + e.sequence * interval '1 second'`), 1, "recorded before the request came in"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			db := database(t)
			trail := open(t, db, audit.Options{})
			for i := range 10 {
				mustRecord(t, trail, []audit.Entry{event(i)})
			}
			if report, said := verify(t, db); !report.Holds() {
				t.Fatalf("it did not hold before: %s", said)
			}
			db.Exec(t, untie+test.tamper)
			report, said := verify(t, db)
			if report.Holds() || report.First.Sequence != test.at || !strings.Contains(report.First.Reason, test.says) {
				t.Errorf("%+v", report)
			}
			if !strings.Contains(said, test.says) || !strings.Contains(said, "does not hold") || strings.Contains(said, "999") {
				t.Errorf("it says: %s", said)
			}
		})
	}
}

func TestVerifyEmptyTrail(t *testing.T) {
	if report, said := verify(t, database(t)); !report.Holds() || report.Events != 0 {
		t.Errorf("%+v %s", report, said)
	}
}
