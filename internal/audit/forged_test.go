package audit_test

import (
	"errors"
	"strings"
	"testing"

	"carerecord/internal/audit"
)

const (
	forged  = untie + `UPDATE audit.checkpoint SET signed = overlay(signed PLACING 'AAAA' FROM length(signed) - 20);`
	strange = untie + `UPDATE audit.head SET hash = sha256('x');`
)

// Nothing is signed upon, or removed behind, what somebody forged.
func TestNothingIsBuiltOnWhatIsForged(t *testing.T) {
	signer, _ := keys(1)
	for name, c := range map[string]struct {
		tamper string
		says   string
	}{
		"the last checkpoint": {forged, "the last checkpoint"}, "the end of the trail": {strange, "not the event the trail ended with"},
	} {
		t.Run(name, func(t *testing.T) {
			db := database(t)
			trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Months: -1, Failed: func(error) {}}})
			mustRecord(t, trail, entries(2))
			checkpoint(t, trail)
			mustRecord(t, trail, entries(2))
			db.Exec(t, c.tamper)
			if made, err := trail.Checkpoint(t.Context()); made || !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%t, %v", made, err)
			}
		})
	}
	db := database(t)
	trail := resting(t, db, audit.Keeping{Signer: signer, Months: 24, Failed: func(error) {}})
	mustRecord(t, open(t, db, audit.Options{}), early(10))
	db.Exec(t, aged(40, "1 day"))
	checkpoint(t, trail)
	db.Exec(t, forged)
	if removed, err := trail.Retain(t.Context()); !errors.Is(err, audit.ErrBroken) || removed.UpTo != 0 {
		t.Errorf("removed behind a forged checkpoint: %+v, %v", removed, err)
	}
}

func TestWhatIsKeptForEver(t *testing.T) {
	signer, _ := keys(1)
	db := database(t)
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Months: -1}})
	mustRecord(t, trail, early(3))
	db.Exec(t, aged(200, "1 day"))
	if removed, err := trail.Retain(t.Context()); err != nil || removed != (audit.Removed{}) {
		t.Errorf("%+v, %v", removed, err)
	}
	if n := count(t, db, `SELECT count(*) FROM audit.event`); n != 3 {
		t.Errorf("%d events left", n)
	}
}

func TestATrailThatGoesOn(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	mustRecord(t, trail, entries(5))
	db.Exec(t, untie+`UPDATE audit.head SET sequence = 3, hash = (SELECT hash FROM audit.event WHERE sequence = 3)`)
	if report, said := verify(t, db); report.First.Sequence != 4 || !strings.Contains(said, "goes on after its recorded end") {
		t.Errorf("%+v %s", report, said)
	}
}

// Twenty breaks are written out and nothing is said of more.
func TestTwentyBreaks(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	mustRecord(t, trail, entries(22))
	db.Exec(t, untie+`UPDATE audit.event SET ods_code = 'RRV' WHERE sequence <= 20`)
	if report, said := verify(t, db); report.Breaks != 20 || strings.Contains(said, "more") || strings.Count(said, "Event ") != 20 {
		t.Errorf("%+v %s", report, said)
	}
}

// The latest checkpoint is that of the latest event, in whatever order they are read.
func TestTheLatestCheckpoint(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	log := &buffer{}
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Log: log}})
	for range 2 {
		mustRecord(t, trail, entries(1))
		checkpoint(t, trail)
	}
	kept := strings.Fields(log.String())
	db.Exec(t, untie+`DELETE FROM audit.checkpoint`)
	report, said := prove(t, db, audit.Proof{Keys: known, Log: strings.NewReader(kept[1] + "\n" + kept[0])})
	if report.Checkpoints != 2 || !strings.Contains(said, "the latest of event 2,") {
		t.Errorf("%+v %s", report, said)
	}
}
