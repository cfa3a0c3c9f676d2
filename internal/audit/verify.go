package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// Report says whether the trail holds.
type Report struct {
	Events      int64  // how many events were read
	Sequence    int64  // of the last event the trail says it has
	Hash        string // of that event, in hex; noted elsewhere, it shows later that the whole trail was not made anew
	Removed     int64  // the last event that retention has removed; 0 if none
	Checkpoints int64  // how many checkpoints agree with the trail
	Logged      int64  // how many of those were kept outside the database
	Unreadable  int64  // lines of the checkpoint log that cannot be read and prove nothing
	Breaks      int64  // in how many places the trail does not hold
	First       Break  // the first of them that was found
}

// Holds reports whether nothing was changed, left out, put in or moved.
func (r Report) Holds() bool { return r.Breaks == 0 }

// Break is a place where the trail does not hold.
type Break struct {
	Sequence int64
	Reason   string // in plain words, with nothing of the event's content
}

// reported is how many breaks are written out singly.
const reported = 20

const (
	// backwards is how far the database's clock may step back from one event to the next:
	// corrections of clocks are no larger.
	backwards = time.Second
	// apart is how far the clocks of the database and of the service may differ.
	apart = time.Minute
)

// Proof is what Verify compares the trail with. Without Keys and Log it compares the
// checkpoints in the database only, and whoever can write there could have made those.
type Proof struct {
	Keys map[string]ed25519.PublicKey // of everyone who ever signed checkpoints, by ID
	Log  io.Reader                    // the checkpoints kept outside the database, one a line, in any order

	Months int // how long events must be kept, at least twelve months; an earlier removal is a break
}

// Verify reads the whole trail in order, as it is at one moment, and compares it with the
// checkpoints. It writes to w whether the trail holds and, if not, where it breaks. Memory
// does not grow with the trail. The error is ErrUnavailable if the trail cannot be read. A
// trail that does not hold is no error.
func (p Proof) Verify(ctx context.Context, conn *pgx.Conn, w io.Writer) (Report, error) {
	v := newVerifier(w, p.Keys)
	v.months = max(p.Months, leastMonths)
	err := unremoved(ctx, conn, func(tx pgx.Tx) error {
		return v.all(ctx, tx, p.Log)
	})
	if err != nil {
		return v.report, unavailable("reading the trail", err)
	}
	v.conclude()
	return v.report, nil
}

type verifier struct {
	w        io.Writer
	keys     map[string]ed25519.PublicKey
	report   Report
	sequence int64      // of the event before
	hash     []byte     // of the event before
	at       time.Time  // of the event before
	months   int        // the least number of months to keep events
	anchor   Checkpoint // the checkpoint after which the trail begins
	removal  removal
	latest   Checkpoint // the latest checkpoint that agrees
	logged   bool       // what is compared now was kept outside the database
	buffer   []byte
}

// removal is what the latest retention event says.
type removal struct {
	upTo   int64
	months int
	at     time.Time
}

func newVerifier(w io.Writer, keys map[string]ed25519.PublicKey) *verifier {
	return &verifier{w: w, keys: keys, hash: make([]byte, sha256.Size)}
}

func (v *verifier) breaks(sequence int64, reason string) {
	if v.report.Breaks == 0 {
		v.report.First = Break{sequence, reason}
	}
	if v.report.Breaks < reported {
		fmt.Fprintf(v.w, "Event %d: %s.\n", sequence, reason)
	}
	v.report.Breaks++
}

func (v *verifier) conclude() {
	if n := v.report.Unreadable; n > 0 {
		fmt.Fprintf(v.w, "%d lines of the checkpoint log cannot be read and prove nothing.\n", n)
	}
	if !v.report.Holds() {
		if more := v.report.Breaks - reported; more > 0 {
			fmt.Fprintf(v.w, "… and %d more.\n", more)
		}
		fmt.Fprintf(v.w, "The audit trail does not hold: it breaks in %d places, first at event %d.\n", v.report.Breaks, v.report.First.Sequence)
		return
	}
	fmt.Fprintf(v.w, "The audit trail holds: %d events, the last is number %d with hash %s.\n", v.report.Events, v.report.Sequence, v.report.Hash)
	if v.report.Removed > 0 {
		fmt.Fprintf(v.w, "Events up to %d were removed on %s, when they had been kept for %d months.\n", v.report.Removed, v.removal.at.UTC().Format(time.DateOnly), v.removal.months)
	}
	if v.report.Checkpoints > 0 && v.report.Logged == 0 {
		fmt.Fprintln(v.w, "None of those kept outside the database (audit.checkpoints) was compared, so a trail whose end was cut off with its checkpoints would look the same.")
	}
	switch {
	case v.report.Checkpoints == 0:
		fmt.Fprintln(v.w, "No checkpoint was compared, so a trail made anew as a whole would look the same: compare the hash with one written down earlier.")
	case len(v.keys) == 0:
		fmt.Fprintf(v.w, "%d checkpoints agree with it, but their signatures were not checked: no key was given.\n", v.report.Checkpoints)
	default:
		fmt.Fprintf(v.w, "%d signed checkpoints agree with it, the latest of event %d, of %s.\n",
			v.report.Checkpoints, v.latest.Sequence, v.latest.MadeAt.UTC().Format(time.RFC3339))
	}
}

// all checks everything there is.
func (v *verifier) all(ctx context.Context, tx pgx.Tx, log io.Reader) error {
	var head []byte
	if err := tx.QueryRow(ctx, `SELECT sequence, hash FROM audit.head`).Scan(&v.report.Sequence, &head); err == pgx.ErrNoRows {
		v.breaks(0, "the record of the trail's end is missing")
	} else if err != nil {
		return err
	}
	v.report.Hash = hex.EncodeToString(head)
	if err := v.begin(ctx, tx); err != nil {
		return err
	}
	if err := v.walk(ctx, tx, math.MinInt64, math.MaxInt64); err != nil {
		return err
	}
	v.endsWith(v.report.Sequence, head)
	v.checkRemoval()
	if err := v.checkpoints(ctx, tx, math.MaxInt64); err != nil {
		return err
	}
	return v.log(ctx, tx, log)
}

// begin finds where the trail begins: with its first event, or after the checkpoint up to
// which events were removed.
func (v *verifier) begin(ctx context.Context, tx pgx.Tx) error {
	var signed string
	var hash []byte
	err := tx.QueryRow(ctx, `
		SELECT c.signed, c.hash FROM audit.checkpoint AS c
		WHERE c.sequence = (SELECT min(sequence) FROM audit.event) - 1`).Scan(&signed, &hash)
	if err == pgx.ErrNoRows {
		return nil
	} else if err != nil {
		return err
	}
	c, err := openCheckpoint(signed, v.keys)
	if err != nil || !bytes.Equal(c.Hash, hash) {
		return nil // nothing to begin from, so that the events before count as missing
	}
	v.anchor, v.report.Removed = c, c.Sequence
	v.sequence, v.hash, v.at = c.Sequence, c.Hash, c.RecordedAt
	return nil
}

// walk checks the events after one number and up to another.
func (v *verifier) walk(ctx context.Context, tx pgx.Tx, after, upTo int64) error {
	// A sort would need room for the whole trail. Without it the months are merged by
	// their keys.
	if _, err := tx.Exec(ctx, `SET LOCAL enable_sort = off`); err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, `
		SELECT sequence, recorded_at, hash, patient, subject, ods_code, convert_to(event::text, 'UTF8')
		FROM audit.event WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence`, after, upTo) // rows carries the error
	var e stored
	_, err := pgx.ForEachRow(rows, []any{&e.sequence, &e.at, &e.hash, &e.patient, &e.subject, &e.organisation, &e.text}, func() error {
		v.event(e)
		return nil
	})
	return err
}

// endsWith compares the last event with the recorded end; without a hash, only its number.
func (v *verifier) endsWith(sequence int64, hash []byte) {
	switch {
	case v.sequence < sequence:
		v.breaks(v.sequence+1, fmt.Sprintf("the end of the trail is missing, up to event %d", sequence))
	case v.sequence > sequence:
		v.breaks(sequence+1, "the trail goes on after its recorded end")
	case hash != nil && !bytes.Equal(v.hash, hash):
		v.breaks(v.sequence, "it is not the event the trail ended with")
	}
}

// checkRemoval checks that the events removed from the beginning were removed when their
// time was over, and that the trail itself says so.
func (v *verifier) checkRemoval() {
	switch r := v.removal; {
	case v.report.Removed == 0:
	case r.upTo != v.report.Removed:
		v.breaks(v.report.Removed, "it is missing with all before it, and the trail does not say that they were removed")
	case r.months < v.months || r.at.AddDate(0, -r.months, 0).Before(v.anchor.RecordedAt):
		v.breaks(v.report.Removed, "it was removed before its time was over")
	}
}

type stored struct {
	sequence                       int64
	at                             time.Time
	hash                           []byte
	patient, subject, organisation string
	text                           []byte
}

// said is the part of an event's text that is checked.
type said struct {
	Sequence     int64     `json:"sequence"`
	RecordedAt   time.Time `json:"recordedAt"`
	ReceivedAt   time.Time `json:"receivedAt"`
	Action       Action    `json:"action"`
	Patient      string    `json:"patient"`
	Subject      string    `json:"subject"`
	Organisation string    `json:"organisation"`
	UpTo         int64     `json:"upTo"`
	Months       int       `json:"months"`
}

// event checks one event against the one before. It continues from what is stored, so that
// each break is reported once.
func (v *verifier) event(e stored) {
	v.report.Events++
	if missing := e.sequence - v.sequence - 1; missing > 0 {
		v.breaks(v.sequence+1, fmt.Sprintf("it is missing, and so are all up to event %d", e.sequence-1))
	} else if missing < 0 {
		v.breaks(e.sequence, "its number comes twice or before the first")
	}
	v.buffer = append(v.buffer[:0], v.hash...)
	v.buffer = binary.BigEndian.AppendUint64(v.buffer, uint64(e.sequence))
	v.buffer = append(v.buffer, e.text...)
	sum := sha256.Sum256(v.buffer)
	if !bytes.Equal(sum[:], e.hash) {
		v.breaks(e.sequence, "its hash does not follow from its text and the event before; one of them was changed, put in or moved")
	} else if reason := v.contradiction(e); reason != "" {
		v.breaks(e.sequence, reason)
	}
	if e.at.Before(v.at.Add(-backwards)) {
		v.breaks(e.sequence, "its time is before that of the event before; the clock was set back")
	}
	v.sequence, v.hash, v.at = e.sequence, e.hash, e.at
}

// contradiction says how the columns for look-up differ from the text, or the text
// contradicts itself; "" if neither. It also keeps what a retention event says.
func (v *verifier) contradiction(e stored) string {
	var s said
	if err := json.Unmarshal(e.text, &s); err != nil {
		return "its text cannot be read"
	}
	switch {
	case s.Sequence != e.sequence:
		return "its text has another number"
	case !s.RecordedAt.Equal(e.at):
		return "its text has another time"
	case s.Patient != e.patient || s.Subject != e.subject || s.Organisation != e.organisation:
		return "it is filed under another patient, person or organisation than its text names"
	case s.ReceivedAt.After(s.RecordedAt.Add(apart)):
		return "it was recorded before the request came in; a clock was moved"
	case s.Action == KeepTrail && s.UpTo > 0:
		v.removal = removal{s.UpTo, s.Months, e.at}
	}
	return ""
}
