package resolvers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// Register is the service's own database, for duties other than reading a record. A change and its event are one
// transaction: event is called with what was changed.
type Register interface {
	Directives(ctx context.Context, patient record.NHSNumber) ([]consent.Directive, error)
	RecordOptOut(ctx context.Context, d consent.Directive, event func(consent.Directive) audit.Event) (consent.Directive, error)
	WithdrawOptOut(ctx context.Context, patient record.NHSNumber, w consent.Withdrawal, event func(consent.Directive) audit.Event) (consent.Directive, error)
	Break(ctx context.Context, g consent.BreakGlassGrant, event func(consent.BreakGlassGrant) audit.Event) (consent.BreakGlassGrant, error)
	Requests(ctx context.Context, f consent.RequestFilter) (page []consent.OptOutRequest, more bool, err error)
	Request(ctx context.Context, id string) (consent.OptOutRequest, error)
	AcceptOptOut(ctx context.Context, id string, decision consent.RequestDecision, d consent.Directive, event func(consent.Directive) audit.Event) (consent.OptOutRequest, consent.Directive, error)
	AcceptChangeOfMind(ctx context.Context, id string, decision consent.RequestDecision, patient record.NHSNumber, w consent.Withdrawal, event func(consent.Directive) audit.Event) (consent.OptOutRequest, consent.Directive, error)
	RefuseRequest(ctx context.Context, id string, decision consent.RequestDecision, event audit.Event) (consent.OptOutRequest, error)
	Events(ctx context.Context, f audit.Filter) ([]audit.Line, error)
	Alerts(ctx context.Context, f audit.AlertFilter) ([]audit.Alert, error)
	Numbers(ctx context.Context, patient record.NHSNumber) ([]record.NHSNumber, error) // every number that the person has or had
}

// mutationResolver resolves the roots of mutations.
type mutationResolver struct{ *Root }

// errDuty refuses a duty that the caller's role does not have, before anything is looked up.
var errDuty = fmt.Errorf("%w: a duty of other roles", consent.ErrForbidden)

// onDuty returns the caller and an event filled in from the request, if the caller's role has the duty. Otherwise it
// records the refusal on the trail and returns errDuty.
func (r *Root) onDuty(ctx context.Context, duty consent.Duty, action audit.Action, patient record.NHSNumber) (auth.Principal, audit.Event, error) {
	q := current(ctx)
	principal, ok := auth.FromContext(ctx)
	if !ok {
		return principal, audit.Event{}, auth.ErrUnauthenticated
	}
	event := r.event(ctx, q, principal)
	event.Action, event.Patient, event.Outcome = action, patient, audit.Done
	if r.Policy.May(principal, duty) {
		q.dutiful.Store(true)
		return principal, event, nil
	}
	event.Outcome = audit.Forbidden
	if err := r.note(ctx, event); err != nil {
		return principal, event, err
	}
	return principal, event, errDuty
}

// event returns what all events of an operation have in common.
func (r *Root) event(ctx context.Context, q *request, principal auth.Principal) audit.Event {
	op := graphql.GetOperationContext(ctx)
	from, _ := ctx.Value(clientKey{}).(origin)
	return audit.Event{
		Action: audit.Read, Who: audit.WhoIs(principal), Purpose: principal.Purpose, Client: from.client, RequestID: from.id,
		Operation:  audit.Operation{Name: operationName(op.Operation.Name), SHA256: r.digest(ctx, op.RawQuery), Document: q.document, App: q.app},
		ReceivedAt: q.received, PolicyVersion: r.Policy.Version,
	}
}

// digest is the SHA-256 of the document's text, in hexadecimal.
func (r *Root) digest(ctx context.Context, text string) string {
	if r.Digest != nil {
		if known := r.Digest(ctx); known != "" {
			return known
		}
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// maxOperationName bounds an operation's name on the trail, in bytes. The event of every patient repeats the name, and
// a caller may send one as long as a request.
const maxOperationName = 100

func operationName(name string) string { // ASCII, so it can be cut at any byte
	if len(name) > maxOperationName {
		return name[:maxOperationName] + "…"
	}
	return name
}

// note writes events to the trail in one batch, and waits until they are on disk.
func (r *Root) note(ctx context.Context, events ...audit.Event) error {
	_, err := r.noted(ctx, events...)
	return err
}

// noted is note, and returns where the last event stands in the trail.
func (r *Root) noted(ctx context.Context, events ...audit.Event) (sequence int64, err error) {
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	entries := make([]audit.Entry, len(events))
	for i := range events {
		entries[i].Event = events[i]
	}
	results, err := r.Trail.Record(writing, entries)
	if err == nil && len(results) != len(events) {
		err = errResults
	}
	if err != nil {
		r.Observe(ctx, Observation{Alarm: AlarmAudit, Err: err})
		return 0, fmt.Errorf("%w: %w", audit.ErrUnavailable, err)
	}
	if len(results) > 0 {
		sequence = results[len(results)-1].Sequence
	}
	return sequence, nil
}

// rejected records on the trail that a duty was rejected for its input, and returns why. An error of another kind than
// record.ErrInvalid is returned without an event.
func (r *Root) rejected(ctx context.Context, event audit.Event, why error) error {
	if !errors.Is(why, record.ErrInvalid) {
		return why
	}
	event.Outcome = audit.Rejected
	if err := r.note(ctx, event); err != nil {
		return err
	}
	return why
}

// changing bounds the time of a change. The change continues if the client disconnects, so that it is made and audited,
// or neither.
func changing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
}

// staff returns a member of staff, with the organisation's name from the directory; its ODS code if it is not there.
func (r *Root) staff(subject, name, role, ods string) record.Staff {
	s := record.Staff{Subject: record.Text(subject), Name: record.Text(name), Role: record.Text(role)}
	if ods != "" {
		s.Organisation = r.organisation(ods)
	}
	return s
}

func (r *Root) organisation(ods string) *record.Organisation {
	org := &record.Organisation{ODSCode: record.Text(ods), Name: ods}
	if known, ok := r.Directory.Find(ods); ok {
		org.Name = known.Name
	}
	return org
}

// words checks a text that a person wrote: its length in characters, and that it has no control or invisible characters
// other than line breaks and tabs. It returns the text without surrounding white space.
func words(what, text string, least, most int) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n < least || n > most {
		if least == 0 {
			return "", fmt.Errorf("%w: %s has %d characters at the most", record.ErrInvalid, what, most)
		}
		return "", fmt.Errorf("%w: %s needs %d to %d characters", record.ErrInvalid, what, least, most)
	}
	if !consent.PlainLines(text) {
		return "", fmt.Errorf("%w: %s must be text without control characters", record.ErrInvalid, what)
	}
	return text, nil
}

// pageSize checks the argument first.
func pageSize(first int) error {
	if first < 1 || first > maxFirst {
		return fmt.Errorf("%w: first must be from 1 to %d", record.ErrInvalid, maxFirst)
	}
	return nil
}

// sealPlace returns the cursor of a place in a list of our own database, for one principal and one list.
func (r *Root) sealPlace(p auth.Principal, list, place string) string {
	return base64.RawURLEncoding.EncodeToString(append(r.signPlace(p, list, place), place...))
}

// openPlace returns the place of such a cursor; "", which is no place, if the cursor was altered or belongs to another
// principal or list.
func (r *Root) openPlace(p auth.Principal, list, cursor string) string {
	raw, err := decoded(cursor)
	if err != nil || len(raw) < tagSize || len(raw) > maxPlace {
		return ""
	}
	place := string(raw[tagSize:])
	if !hmac.Equal(raw[:tagSize], r.signPlace(p, list, place)) {
		return ""
	}
	return place
}

// The size of the signature in a cursor of our own lists, and the longest such cursor, in bytes.
const (
	tagSize  = 16
	maxPlace = 512
)

func (r *Root) signPlace(p auth.Principal, list, place string) []byte {
	mac := hmac.New(sha256.New, r.CursorKey)
	fmt.Fprintf(mac, "own\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s", p.Subject, p.Org, p.Role, p.Purpose, r.Policy.Version, list, place)
	return mac.Sum(nil)[:tagSize]
}

// optional returns a text argument; "" if it is not given.
func optional(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// dayOf checks the day on which something arrived: from 2000 up to today.
func dayOf(what string, day record.Date, now time.Time) error {
	if day > record.Today(now) || day < "2000-01-01" {
		return fmt.Errorf("%w: %s must be a day from 2000 up to today", record.ErrInvalid, what)
	}
	return nil
}
