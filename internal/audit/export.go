package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Export writes events as FHIR R4 AuditEvent resources, one JSON object a line
// (NDJSON), the earliest first, as they were at one moment. An event in which a record
// was asked for becomes two resources: the query, and the decision on it. Resources
// that conform to IHE's Basic Audit Log Patterns name the profile. Export returns the
// number of events written. The export is itself an event (KeepTrail), which the
// caller records before. A Limit of 0 means all.
func Export(ctx context.Context, pool *pgxpool.Pool, f Filter, site Site, w io.Writer) (events int64, err error) {
	buffered := bufio.NewWriter(w)
	out := json.NewEncoder(buffered)
	out.SetEscapeHTML(false)
	var unwritten error
	err = pgx.BeginTxFunc(ctx, pool, reading, func(tx pgx.Tx) error {
		sql, args := f.earliest()
		rows, _ := tx.Query(ctx, sql, args...) // rows carries the error
		var text, hash string
		_, err := pgx.ForEachRow(rows, []any{&text, &hash}, func() error {
			line, err := parse([]byte(text))
			if err != nil {
				return fmt.Errorf("after %d events: %w", events, err)
			}
			for _, resource := range site.auditEvents(line, hash) {
				if unwritten = out.Encode(resource); unwritten != nil {
					return unwritten
				}
			}
			events++
			return nil
		})
		return err
	})
	switch {
	case unwritten != nil:
		return events, fmt.Errorf("writing the export: %w", unwritten)
	case err != nil:
		return events, unavailable("reading the trail", err)
	}
	if err := buffered.Flush(); err != nil {
		return events, fmt.Errorf("writing the export: %w", err)
	}
	return events, nil
}

// earliest returns SQL for the events of a filter with their hashes, the earliest
// first.
func (f Filter) earliest() (sql string, args []any) {
	where, args := f.rest(nil)
	add := func(condition string, value any) {
		args = append(args, value)
		where += fmt.Sprintf(" AND "+condition, len(args))
	}
	if len(f.Patients) > 0 {
		add("e.patient <> '' AND e.patient = ANY ($%d::text[])", plain(f.Patients))
	}
	if f.Subject != "" {
		add("e.subject = $%d", f.Subject)
	}
	if len(f.Organisations) > 0 {
		add("e.ods_code = ANY ($%d::text[])", f.Organisations)
	}
	sql = `SELECT e.event::text, encode(e.hash, 'hex') FROM audit.event AS e WHERE true` + where + ` ORDER BY e.sequence`
	if f.Limit > 0 {
		args = append(args, f.Limit)
		sql += fmt.Sprintf(" LIMIT $%d", len(args))
	}
	return sql, args
}
