package resolvers

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"unicode/utf8"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// AccessLog lists who looked: the events of the caller's organisation and its predecessors. The reading itself goes on
// the trail first.
func (r queryResolver) AccessLog(ctx context.Context, number *record.NHSNumber, subject *string, breakGlass bool, first int, after *string) (*record.AccessLogConnection, error) {
	var patient record.NHSNumber
	if number != nil {
		patient = *number
	}
	principal, event, err := r.onDuty(ctx, consent.ReadAccessLog, audit.ReadTrail, patient)
	if err != nil {
		return nil, err
	}
	if err := pageSize(first); err != nil {
		return nil, r.rejected(ctx, event, err)
	}
	if subject != nil {
		if _, err := words("subject", *subject, 1, maxSubject); err != nil { // an empty one would read everybody's events
			return nil, r.rejected(ctx, event, err)
		}
	}
	filter := audit.Filter{Organisations: r.Directory.Lineage(principal.Org, record.Today(r.Now())), Subject: optional(subject), Glass: breakGlass, Limit: first + 1}
	list := fmt.Sprintf("accessLog\x00%s\x00%s\x00%t", string(patient), filter.Subject, breakGlass)
	if after != nil {
		if filter.Before, err = r.openSequence(principal, list, *after); err != nil {
			return nil, r.rejected(ctx, event, err)
		}
	}
	event.Note = pageNote(filter, first)
	own, err := r.noted(ctx, event)
	if err != nil {
		return nil, err
	}
	if filter.Before == 0 { // what comes in between is later than the event, which would not say that it was shown
		filter.Before = own + 1
	}
	if number != nil {
		if filter.Patients, err = r.Register.Numbers(ctx, patient); err != nil {
			return nil, err
		}
	}
	lines, err := r.Register.Events(ctx, filter)
	if err != nil {
		return nil, err
	}
	return r.accessLog(lines, first, after != nil, func(sequence int64) string {
		return r.sealPlace(principal, list, strconv.FormatInt(sequence, 10))
	}), nil
}

// maxSubject is the longest sub of a token, in characters (OpenID Connect Core, section 2).
const maxSubject = 255

// pageNote describes which part of the trail is read. With the trail itself it identifies the events.
func pageNote(f audit.Filter, first int) string {
	note := fmt.Sprintf("the latest %d", first)
	if f.Before > 0 {
		note += fmt.Sprintf(" before %d", f.Before)
	}
	if f.Glass {
		note += ", break-glass"
	}
	if f.Subject != "" {
		note += ", of " + notedSubject(f.Subject)
	}
	return note
}

// maxNotedSubject bounds the subject in a note, in bytes.
const maxNotedSubject = 200

// notedSubject is a subject as a note has it: of a long one the beginning, and a digest that tells it from others.
func notedSubject(subject string) string {
	if len(subject) <= maxNotedSubject {
		return subject
	}
	cut := maxNotedSubject
	for !utf8.RuneStart(subject[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (SHA-256 %x)", subject[:cut], sha256.Sum256([]byte(subject)))
}

func (r *Root) openSequence(principal auth.Principal, list, after string) (int64, error) {
	sequence, err := strconv.ParseInt(r.openPlace(principal, list, after), 10, 64)
	if err != nil {
		return 0, errCursor
	}
	return sequence, nil
}

func (r *Root) accessLog(lines []audit.Line, first int, later bool, cursor func(int64) string) *record.AccessLogConnection {
	c := &record.AccessLogConnection{Edges: []*record.AccessLogEdge{}, PageInfo: record.PageInfo{HasPreviousPage: later}}
	if len(lines) > first {
		lines, c.PageInfo.HasNextPage = lines[:first], true
	}
	for i := range lines {
		c.Edges = append(c.Edges, &record.AccessLogEdge{Cursor: cursor(lines[i].Sequence), Node: r.accessEntry(&lines[i])})
	}
	c.PageInfo.Length, c.PageInfo.Cursors = len(c.Edges), func(i int) string { return c.Edges[i].Cursor }
	return c
}

func (r *Root) accessEntry(line *audit.Line) *record.AccessLogEntry {
	e := &record.AccessLogEntry{
		ID:       r.Identifier.Item("audit", "event", line.Patient, strconv.FormatInt(line.Sequence, 10)),
		Sequence: int(line.Sequence), At: record.At(line.RecordedAt), Who: r.staff(line.Who.Subject, line.Who.Name, string(line.Who.Role), line.Who.Organisation),
		Action: record.AccessAction(line.Action), Purpose: record.Text(line.Purpose), Relationship: record.Text(line.Relationship),
		Classes: line.Classes, Sectors: line.Sectors, Outcome: record.AccessOutcome(line.Outcome),
		Operation: record.Text(line.Operation.Name), Application: record.Text(line.Client.Application),
	}
	if line.Patient != "" {
		e.NHSNumber = &line.Patient
	}
	if line.Glass != nil {
		e.BreakGlass = &record.AccessBreakGlass{Reason: record.BreakGlassReason(line.Glass.Reason), Note: line.Glass.Note}
	}
	return e
}

// How many days back alerts look: by default, and at most.
const (
	alertDays    = 31
	alertDaysMax = 366
)

// AccessAlerts lists accesses by the caller's organisation and its predecessors that deserve a question.
func (r queryResolver) AccessAlerts(ctx context.Context, since *record.Date) ([]*record.AccessAlert, error) {
	principal, event, err := r.onDuty(ctx, consent.ReadAccessLog, audit.ReadTrail, "")
	if err != nil {
		return nil, err
	}
	now := r.Now()
	from := record.Today(now.AddDate(0, 0, -alertDays))
	if since != nil {
		from = *since
	}
	if from > record.Today(now) || from < record.Today(now.AddDate(0, 0, -alertDaysMax)) {
		return nil, r.rejected(ctx, event, fmt.Errorf("%w: since must be a day of the last %d", record.ErrInvalid, alertDaysMax))
	}
	event.Note = "alerts since " + string(from) // with the trail up to here it identifies the alerts and whom they named
	if err := r.note(ctx, event); err != nil {
		return nil, err
	}
	alerts, err := r.Register.Alerts(ctx, audit.AlertFilter{Organisations: r.Directory.Lineage(principal.Org, record.Today(now)), Since: from.Midnight(), Now: now})
	if err != nil {
		return nil, err
	}
	found := make([]*record.AccessAlert, len(alerts))
	for i := range alerts {
		found[i] = r.accessAlert(&alerts[i])
	}
	return found, nil
}

func (r *Root) accessAlert(a *audit.Alert) *record.AccessAlert {
	x := &record.AccessAlert{Kind: record.AccessAlertKind(a.Kind), From: record.At(a.From), To: record.At(a.To), Count: a.Count, Threshold: a.Threshold}
	if a.Who.Organisation != "" {
		x.Organisation = r.organisation(a.Who.Organisation)
	}
	if a.Who.Subject != "" {
		who := r.staff(a.Who.Subject, a.Who.Name, string(a.Who.Role), a.Who.Organisation)
		x.Who = &who
	}
	if a.Patient != "" {
		x.NHSNumber = &a.Patient
	}
	return x
}
