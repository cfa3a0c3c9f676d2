package store

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// errUnreached is what every duty is answered with until the database has been reached.
var errUnreached = fmt.Errorf("%w: the database has not been reached yet", consent.ErrUnavailable)

// within writes the event of a change in the change's own transaction.
func within[T any](ctx context.Context, o *opened, event func(T) audit.Event) func(pgx.Tx, T) error {
	return func(tx pgx.Tx, changed T) error {
		return o.trail.RecordWithin(ctx, tx, audit.Entry{Event: event(changed)})
	}
}

// Directives is consent.Store.Directives.
func (s *Store) Directives(ctx context.Context, patient record.NHSNumber) ([]consent.Directive, error) {
	o := s.opened.Load()
	if o == nil {
		return nil, errUnreached
	}
	return o.consent.Directives(ctx, patient)
}

// RecordOptOut is consent.Store.RecordOptOut with its event.
func (s *Store) RecordOptOut(ctx context.Context, d consent.Directive, event func(consent.Directive) audit.Event) (consent.Directive, error) {
	o := s.opened.Load()
	if o == nil {
		return consent.Directive{}, errUnreached
	}
	d, _, err := o.consent.RecordOptOut(ctx, d, within(ctx, o, event))
	return d, err
}

// WithdrawOptOut is consent.Store.WithdrawOptOut with its event, which there is for a
// person without objections too.
func (s *Store) WithdrawOptOut(ctx context.Context, patient record.NHSNumber, w consent.Withdrawal, event func(consent.Directive) audit.Event) (consent.Directive, error) {
	o := s.opened.Load()
	if o == nil {
		return consent.Directive{}, errUnreached
	}
	return o.consent.WithdrawOptOut(ctx, patient, w, within(ctx, o, event))
}

// Break is consent.Store.Break with its event.
func (s *Store) Break(ctx context.Context, g consent.BreakGlassGrant, event func(consent.BreakGlassGrant) audit.Event) (consent.BreakGlassGrant, error) {
	o := s.opened.Load()
	if o == nil {
		return consent.BreakGlassGrant{}, errUnreached
	}
	return o.consent.Break(ctx, g, within(ctx, o, event))
}

// AddRequest is consent.Store.AddRequest.
func (s *Store) AddRequest(ctx context.Context, r consent.OptOutRequest) error {
	o := s.opened.Load()
	if o == nil {
		return errUnreached
	}
	return o.consent.AddRequest(ctx, r)
}

// Overdue is consent.Store.Overdue.
func (s *Store) Overdue(ctx context.Context, now time.Time) (late int, oldest time.Time, err error) {
	o := s.opened.Load()
	if o == nil {
		return 0, oldest, errUnreached
	}
	return o.consent.Overdue(ctx, now)
}

// Requests is consent.Store.Requests.
func (s *Store) Requests(ctx context.Context, f consent.RequestFilter) (page []consent.OptOutRequest, more bool, err error) {
	o := s.opened.Load()
	if o == nil {
		return nil, false, errUnreached
	}
	return o.consent.Requests(ctx, f)
}

// Request is consent.Store.Request.
func (s *Store) Request(ctx context.Context, id string) (consent.OptOutRequest, error) {
	o := s.opened.Load()
	if o == nil {
		return consent.OptOutRequest{}, errUnreached
	}
	return o.consent.Request(ctx, id)
}

// AcceptOptOut records the objection that a request asks for and closes the request, with
// an event of each, in one transaction.
func (s *Store) AcceptOptOut(ctx context.Context, id string, decision consent.RequestDecision, d consent.Directive, event func(consent.Directive) audit.Event) (request consent.OptOutRequest, _ consent.Directive, err error) {
	o := s.opened.Load()
	if o == nil {
		return request, d, errUnreached
	}
	d, _, err = o.consent.RecordOptOut(ctx, d, consent.Deciding(ctx, id, decision, &request), both(ctx, o, &request, event))
	return request, d, err
}

// AcceptChangeOfMind takes back the objection that a request is about and closes the
// request, with an event of each, in one transaction. Without an objection in force or to begin it
// does nothing, and the error is record.ErrInvalid.
func (s *Store) AcceptChangeOfMind(ctx context.Context, id string, decision consent.RequestDecision, patient record.NHSNumber, w consent.Withdrawal, event func(consent.Directive) audit.Event) (request consent.OptOutRequest, d consent.Directive, err error) {
	o := s.opened.Load()
	if o == nil {
		return request, d, errUnreached
	}
	d, err = o.consent.WithdrawOptOut(ctx, patient, w, inForce, consent.Deciding(ctx, id, decision, &request), both(ctx, o, &request, event))
	return request, d, err
}

// inForce refuses to go on without an objection.
func inForce(_ pgx.Tx, d consent.Directive) error {
	if d.ID == "" {
		return fmt.Errorf("%w: no objection is in force or to begin under this number; refuse the request, or name another number", record.ErrInvalid)
	}
	return nil
}

// both writes the event of an objection and that of the decision about the request, which has been made by then. The
// answer shows the request, so there is one for whom it names as well, who may be another.
func both(ctx context.Context, o *opened, request *consent.OptOutRequest, event func(consent.Directive) audit.Event) func(pgx.Tx, consent.Directive) error {
	return func(tx pgx.Tx, d consent.Directive) error {
		carried := event(d)
		decided := carried
		decided.Action, decided.Note = audit.DecideOptOutRequest, "request "+request.ID
		entries := []audit.Entry{{Event: carried}, {Event: decided}}
		if named := request.NHSNumber; named != "" && named != decided.Patient {
			decided.Patient = named
			entries = append(entries, audit.Entry{Event: decided})
		}
		return o.trail.RecordWithin(ctx, tx, entries...)
	}
}

// RefuseRequest refuses a request, with its event.
func (s *Store) RefuseRequest(ctx context.Context, id string, decision consent.RequestDecision, event audit.Event) (consent.OptOutRequest, error) {
	o := s.opened.Load()
	if o == nil {
		return consent.OptOutRequest{}, errUnreached
	}
	request, decided, err := o.consent.DecideRequest(ctx, id, decision, func(tx pgx.Tx, _ consent.OptOutRequest) error {
		return o.trail.RecordWithin(ctx, tx, audit.Entry{Event: event})
	})
	if err == nil && !decided {
		err = fmt.Errorf("%w: the request has been decided already; optOutRequests says how", record.ErrInvalid)
	}
	return request, err
}

// Events is audit.Events.
func (s *Store) Events(ctx context.Context, f audit.Filter) ([]audit.Line, error) {
	o := s.opened.Load()
	if o == nil {
		return nil, errUnreached
	}
	done, err := o.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return audit.Events(ctx, o.pool, f)
}

// Lines is audit.Lines.
func (s *Store) Lines(ctx context.Context, f audit.Filter) iter.Seq2[audit.Line, error] {
	o := s.opened.Load()
	if o == nil {
		return func(yield func(audit.Line, error) bool) { yield(audit.Line{}, errUnreached) }
	}
	return audit.Lines(ctx, o.pool, f)
}

// Since is audit.Since.
func (s *Store) Since(ctx context.Context) (time.Time, error) {
	o := s.opened.Load()
	if o == nil {
		return time.Time{}, errUnreached
	}
	return audit.Since(ctx, o.pool)
}

// Export is audit.Export.
func (s *Store) Export(ctx context.Context, f audit.Filter, site audit.Site, w io.Writer) (int64, error) {
	o := s.opened.Load()
	if o == nil {
		return 0, errUnreached
	}
	return audit.Export(ctx, o.pool, f, site, w)
}

// Numbers is consent.Store.Numbers.
func (s *Store) Numbers(ctx context.Context, patient record.NHSNumber) ([]record.NHSNumber, error) {
	o := s.opened.Load()
	if o == nil {
		return nil, errUnreached
	}
	return o.consent.Numbers(ctx, patient)
}

// Alerts is audit.Alerts.
func (s *Store) Alerts(ctx context.Context, f audit.AlertFilter) ([]audit.Alert, error) {
	o := s.opened.Load()
	if o == nil {
		return nil, errUnreached
	}
	done, err := o.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return audit.Alerts(ctx, o.pool, f)
}
