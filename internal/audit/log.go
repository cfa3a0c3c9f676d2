package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/record"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Filter selects events. A field that is not set selects all.
type Filter struct {
	Patients      []record.NHSNumber // under any of these numbers, as current at the time
	Organisations []string           // of the person who asked
	Subject       string             // the person who asked
	Glass         bool               // only events in which a grant was taken or used
	Actions       []Action
	From, To      time.Time // recorded from From on and before To; open if zero
	Before        int64     // only events with a smaller sequence number; 0 for the latest
	Limit         int       // at most this many; 50 unless set
}

// Line is an event as stored in the trail.
type Line struct {
	Event
	Sequence   int64
	RecordedAt time.Time
	Decided    Outcome // the outcome of the decision, if Outcome is WithheldChanged
}

// Events reads the trail, the latest event first. The reading is itself an event,
// which the caller records before. The error is ErrUnavailable.
func Events(ctx context.Context, pool *pgxpool.Pool, f Filter) ([]Line, error) {
	sql, args := f.query()
	rows, _ := pool.Query(ctx, sql, args...) // rows carries the error
	lines := []Line{}
	var text string
	_, err := pgx.ForEachRow(rows, []any{&text}, func() error {
		line, err := parse([]byte(text))
		lines = append(lines, line)
		return err
	})
	if err != nil {
		return nil, unavailable("reading the trail", err)
	}
	return lines, nil
}

// Lines returns all events of a filter, the latest first, and reads them a page at a
// time. It ignores Limit. An error ends the sequence; what came before it is then not
// all.
func Lines(ctx context.Context, pool *pgxpool.Pool, f Filter) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		f.Limit = page
		for {
			lines, err := Events(ctx, pool, f)
			if err != nil {
				yield(Line{}, err)
				return
			}
			for _, line := range lines {
				if !yield(line, nil) {
					return
				}
			}
			if len(lines) < page {
				return
			}
			f.Before = lines[page-1].Sequence
		}
	}
}

// page is how many events Lines reads at a time.
const page = 500

// Since returns when the first event that is still kept was recorded; the zero time if
// there is none. The error is ErrUnavailable.
func Since(ctx context.Context, pool *pgxpool.Pool) (time.Time, error) {
	var at time.Time
	err := pool.QueryRow(ctx, `SELECT recorded_at FROM audit.event ORDER BY sequence LIMIT 1`).Scan(&at)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, unavailable("reading the trail", err)
	}
	return at, nil
}

// query returns SQL with only the conditions that are set. The first that is set of
// patients, subject and organisations is the key. The events of each key are read from
// their own place in its index, so that a page costs the same however long the trail
// is.
func (f Filter) query() (sql string, args []any) {
	where, key := "", ""
	var keys []string
	by := func(column, condition string, values []string) {
		switch {
		case len(values) == 0:
		case key == "":
			key, keys = column, values
			where += " AND e." + column + " = k.key" + condition
		default:
			args = append(args, values)
			where += fmt.Sprintf(" AND e.%s = ANY ($%d::text[])", column, len(args))
		}
	}
	by("patient", " AND e.patient <> ''", plain(f.Patients))
	if f.Subject != "" {
		by("subject", "", []string{f.Subject})
	}
	by("ods_code", "", f.Organisations)
	rest, args := f.rest(args)
	where += rest
	if f.Limit <= 0 {
		f.Limit = 50
	}
	args = append(args, f.Limit)
	latest := fmt.Sprintf("ORDER BY e.sequence DESC LIMIT $%d", len(args))
	if key == "" {
		return "SELECT e.event::text FROM audit.event AS e WHERE true" + where + " " + latest, args
	}
	args = append(args, keys)
	return fmt.Sprintf(`
		SELECT e.event::text
		FROM (SELECT DISTINCT unnest($%d::text[]) AS key) AS k
		CROSS JOIN LATERAL (SELECT e.sequence, e.event FROM audit.event AS e WHERE true%s %s) AS e
		%s`, len(args), where, latest, latest), args
}

// rest returns the conditions other than patients, subject and organisations.
func (f Filter) rest(given []any) (where string, args []any) {
	args = given
	add := func(condition string, value any) {
		args = append(args, value)
		where += fmt.Sprintf(" AND "+condition, len(args))
	}
	if f.Glass {
		where += ` AND e.event::text LIKE '%"breakGlass":{%'` // the condition of the partial index event_glass
	}
	if len(f.Actions) > 0 {
		add("e.event ->> 'action' = ANY ($%d::text[])", plain(f.Actions))
	}
	if !f.From.IsZero() {
		add("e.recorded_at >= $%d", f.From)
	}
	if !f.To.IsZero() {
		add("e.recorded_at < $%d", f.To)
	}
	if f.Before > 0 {
		add("e.sequence < $%d", f.Before)
	}
	return where, args
}

func plain[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return texts
}

// parse reads the text of an event: what the database puts first, and the rest as
// Event.rest writes it.
func parse(text []byte) (Line, error) {
	var e struct {
		Sequence   int64
		RecordedAt time.Time
		Outcome    Outcome
		Decided    Outcome

		Action       Action
		Patient      record.NHSNumber
		Asked        record.NHSNumber
		Subject      string
		Organisation string
		Name         string
		Role         auth.Role
		Token        string
		Purpose      auth.Purpose
		Relationship string
		BreakGlass   *struct{ Grant, Reason, Note string }

		Operation      string
		Document       string
		DocumentID     string
		App            string
		Classes        []record.Class
		Sectors        []record.Sector
		Sources        []Source
		Counts         map[record.Class]int
		ReceivedAt     time.Time
		Device         string
		Application    string
		Address        string
		ConsentVersion int64
		PolicyVersion  string
		Request        string
		Note           string
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return Line{}, errors.New("an event that cannot be read")
	}
	line := Line{Sequence: e.Sequence, RecordedAt: e.RecordedAt, Decided: e.Decided, Event: Event{
		Action:         e.Action,
		Who:            Who{e.Subject, e.Name, e.Role, e.Organisation, e.Token},
		Patient:        e.Patient,
		Asked:          e.Asked,
		Operation:      Operation{e.Operation, e.Document, e.DocumentID, e.App},
		Classes:        e.Classes,
		Sectors:        e.Sectors,
		Sources:        e.Sources,
		ReceivedAt:     e.ReceivedAt,
		Purpose:        e.Purpose,
		Relationship:   e.Relationship,
		Client:         Client{e.Device, e.Application, e.Address},
		Outcome:        e.Outcome,
		ConsentVersion: e.ConsentVersion,
		PolicyVersion:  e.PolicyVersion,
		RequestID:      e.Request,
		Note:           e.Note,
	}}
	if e.BreakGlass != nil {
		line.Glass = &Glass{e.BreakGlass.Grant, e.BreakGlass.Reason, e.BreakGlass.Note}
	}
	for _, class := range record.Classes {
		if n, ok := e.Counts[class]; ok {
			line.Counts = append(line.Counts, Count{class, n})
		}
	}
	return line, nil
}
