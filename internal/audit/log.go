package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/record"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Filter chooses events; what is not set chooses all.
type Filter struct {
	Patients      []record.NHSNumber // under any of these numbers, as current at the time
	Organisations []string           // of whoever asked
	Subject       string             // whoever asked
	Glass         bool               // only where a grant was taken or used
	Actions       []Action
	Before        int64 // only events with a smaller sequence number; 0 for the latest
	Limit         int   // at most so many, 50 unless set
}

// Line is an event as it stands in the trail.
type Line struct {
	Event
	Sequence   int64
	RecordedAt time.Time
	Decided    Outcome // what the decision had been, where Outcome is WithheldChanged
}

// Events reads the trail, the latest first. That it was read is itself an event,
// which the caller records first. ErrUnavailable if it cannot be read.
func Events(ctx context.Context, pool *pgxpool.Pool, f Filter) ([]Line, error) {
	sql, args := f.query()
	rows, err := pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, unavailable("reading the trail", err)
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Line, error) {
		var text string
		if err := row.Scan(&text); err != nil {
			return Line{}, err
		}
		return parse([]byte(text))
	})
	if err != nil {
		return nil, unavailable("reading the trail", err)
	}
	return lines, nil
}

// query names only the conditions that are set, so that each finds its index.
func (f Filter) query() (sql string, args []any) {
	where := ""
	add := func(condition string, value any) {
		args = append(args, value)
		where += fmt.Sprintf(" AND "+condition, len(args))
	}
	if len(f.Patients) > 0 {
		add("patient <> '' AND patient = ANY ($%d::text[])", plain(f.Patients))
	}
	if len(f.Organisations) > 0 {
		add("ods_code = ANY ($%d::text[])", f.Organisations)
	}
	if f.Subject != "" {
		add("subject = $%d", f.Subject)
	}
	if f.Glass {
		where += " AND event -> 'breakGlass' IS NOT NULL"
	}
	if len(f.Actions) > 0 {
		add("event ->> 'action' = ANY ($%d::text[])", plain(f.Actions))
	}
	if f.Before > 0 {
		add("sequence < $%d", f.Before)
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	args = append(args, f.Limit)
	return fmt.Sprintf("SELECT event::text FROM audit.event WHERE true%s ORDER BY sequence DESC LIMIT $%d", where, len(args)), args
}

func plain[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return texts
}

// parse reads the text of an event, as rest writes it.
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
		Operation:      Operation{e.Operation, e.Document},
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
