package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
)

// Report says whether the trail holds.
type Report struct {
	Events   int64  // how many were read
	Sequence int64  // of the last event the trail says it has
	Hash     string // of that event, in hex: written down elsewhere, it shows later that the whole trail was not made anew
	Breaks   int64  // how many places do not hold
	First    Break  // the first of them
}

// Holds reports whether nothing was changed, left out, put in or moved.
func (r Report) Holds() bool { return r.Breaks == 0 }

// Break is a place in which the trail does not hold.
type Break struct {
	Sequence int64
	Reason   string // in plain words, without anything of the event
}

// reported is how many breaks are written out one by one.
const reported = 20

// backwards is how far the database's clock may step back from one event to the
// next: clocks are corrected, but not by more.
const backwards = time.Second

// Verify reads the whole trail in its order, as it is at one moment, and says on
// w whether it holds and, if not, where it breaks. Memory does not grow with the
// trail. The error is about reading; a trail that does not hold is no error.
func Verify(ctx context.Context, conn *pgx.Conn, w io.Writer) (Report, error) {
	v := verifier{w: w, hash: make([]byte, sha256.Size)}
	err := pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return v.walk(ctx, tx)
	})
	if err != nil {
		return v.report, unavailable("reading the trail", err)
	}
	switch {
	case v.report.Holds():
		fmt.Fprintf(w, "The audit trail holds: %d events, the last is number %d with hash %s.\n", v.report.Events, v.report.Sequence, v.report.Hash)
	case v.report.Breaks > reported:
		fmt.Fprintf(w, "… and %d more.\n", v.report.Breaks-reported)
		fallthrough
	default:
		fmt.Fprintf(w, "The audit trail does not hold: it breaks in %d places, first at event %d.\n", v.report.Breaks, v.report.First.Sequence)
	}
	return v.report, nil
}

type verifier struct {
	w        io.Writer
	report   Report
	sequence int64     // of the event before
	hash     []byte    // of the event before
	at       time.Time // of the event before
	buffer   []byte
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

func (v *verifier) walk(ctx context.Context, tx pgx.Tx) error {
	var head []byte
	if err := tx.QueryRow(ctx, `SELECT sequence, hash FROM audit.head`).Scan(&v.report.Sequence, &head); err != nil {
		if err == pgx.ErrNoRows {
			v.breaks(0, "the record of the trail's end is missing")
		} else {
			return err
		}
	}
	v.report.Hash = hex.EncodeToString(head)
	rows, err := tx.Query(ctx, `SELECT sequence, recorded_at, hash, patient, subject, ods_code, convert_to(event::text, 'UTF8') FROM audit.event ORDER BY sequence`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e stored
		if err := rows.Scan(&e.sequence, &e.at, &e.hash, &e.patient, &e.subject, &e.organisation, &e.text); err != nil {
			return err
		}
		v.event(e)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	switch {
	case v.sequence < v.report.Sequence:
		v.breaks(v.sequence+1, fmt.Sprintf("the end of the trail is missing, up to event %d", v.report.Sequence))
	case v.sequence > v.report.Sequence:
		v.breaks(v.report.Sequence+1, "the trail goes on after its recorded end")
	case head != nil && !bytes.Equal(v.hash, head):
		v.breaks(v.sequence, "it is not the event the trail ended with")
	}
	return nil
}

type stored struct {
	sequence                       int64
	at                             time.Time
	hash                           []byte
	patient, subject, organisation string
	text                           []byte
}

// event checks one event against the one before and goes on from what is stored,
// so that each break is told once.
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
	} else if reason := e.contradiction(); reason != "" {
		v.breaks(e.sequence, reason)
	}
	if e.at.Before(v.at.Add(-backwards)) {
		v.breaks(e.sequence, "its time is before that of the event before; the clock was set back")
	}
	v.sequence, v.hash, v.at = e.sequence, e.hash, e.at
}

// contradiction says where the columns for look-up differ from the text.
func (e stored) contradiction() string {
	var said struct {
		Sequence     int64     `json:"sequence"`
		RecordedAt   time.Time `json:"recordedAt"`
		Patient      string    `json:"patient"`
		Subject      string    `json:"subject"`
		Organisation string    `json:"organisation"`
	}
	if err := json.Unmarshal(e.text, &said); err != nil {
		return "its text cannot be read"
	}
	switch {
	case said.Sequence != e.sequence:
		return "its text has another number"
	case !said.RecordedAt.Equal(e.at):
		return "its text has another time"
	case said.Patient != e.patient || said.Subject != e.subject || said.Organisation != e.organisation:
		return "it is filed under another patient, person or organisation than its text names"
	}
	return ""
}
