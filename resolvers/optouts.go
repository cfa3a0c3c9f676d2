package resolvers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// OptOuts lists every objection of a person, including withdrawn ones.
func (r queryResolver) OptOuts(ctx context.Context, number record.NHSNumber) ([]*record.OptOut, error) {
	_, event, err := r.onDuty(ctx, consent.KeepOptOuts, audit.ReadOptOuts, number)
	if err != nil {
		return nil, err
	}
	if err := r.note(ctx, event); err != nil {
		return nil, err
	}
	directives, err := r.Register.Directives(ctx, number)
	if err != nil {
		return nil, err
	}
	found := make([]*record.OptOut, len(directives))
	for i := range directives {
		x := r.optOut(directives[i])
		found[i] = &x
	}
	return found, nil
}

// RecordOptOut records an objection, which is in force at once.
func (r mutationResolver) RecordOptOut(ctx context.Context, input record.RecordOptOutInput) (*record.RecordOptOutPayload, error) {
	principal, event, err := r.onDuty(ctx, consent.KeepOptOuts, audit.RecordOptOut, input.NHSNumber)
	if err != nil {
		return nil, err
	}
	w, err := r.withdrawal(principal, input)
	if err != nil {
		return nil, r.rejected(ctx, event, err)
	}
	ctx, cancel := changing(ctx)
	defer cancel()
	d, err := r.Register.RecordOptOut(ctx, consent.Directive{
		Patient: input.NHSNumber, ReceivedOn: w.ReceivedOn, Channel: w.Channel, RequestedBy: w.RequestedBy, Representative: w.Representative, Note: w.Note, RecordedBy: w.RecordedBy,
	}, noted(event))
	if err != nil {
		return nil, r.rejected(ctx, event, err)
	}
	return &record.RecordOptOutPayload{OptOut: r.optOut(d)}, nil
}

// WithdrawOptOut withdraws an objection.
func (r mutationResolver) WithdrawOptOut(ctx context.Context, input record.WithdrawOptOutInput) (*record.WithdrawOptOutPayload, error) {
	principal, event, err := r.onDuty(ctx, consent.KeepOptOuts, audit.WithdrawOptOut, input.NHSNumber)
	if err != nil {
		return nil, err
	}
	w, err := r.withdrawal(principal, record.RecordOptOutInput(input))
	if err != nil {
		return nil, r.rejected(ctx, event, err)
	}
	ctx, cancel := changing(ctx)
	defer cancel()
	d, err := r.Register.WithdrawOptOut(ctx, input.NHSNumber, w, func(d consent.Directive) audit.Event {
		if d.ID == "" {
			event.Outcome = audit.NotFound
		}
		return noted(event)(d)
	})
	if err != nil {
		if errors.Is(err, record.ErrNotFound) {
			return nil, errNoObjection
		}
		return nil, r.rejected(ctx, event, err)
	}
	return &record.WithdrawOptOutPayload{OptOut: r.optOut(d)}, nil
}

// errNoObjection says that there is nothing to withdraw.
var errNoObjection = fmt.Errorf("%w: no objection", record.ErrNotFound)

// withdrawal checks the input of a withdrawal or an objection, which have the same form.
func (r *Root) withdrawal(principal auth.Principal, input record.RecordOptOutInput) (consent.Withdrawal, error) {
	w := consent.Withdrawal{ReceivedOn: input.ReceivedOn, Channel: string(input.Channel), RequestedBy: string(input.RequestedBy), RecordedBy: recorder(principal)}
	if err := dayOf("receivedOn", input.ReceivedOn, r.Now()); err != nil {
		return w, err
	}
	var err error
	if w.Note, err = words("note", optional(input.Note), 0, 1000); err != nil {
		return w, err
	}
	if who := input.Representative; who != nil {
		w.Representative = &consent.Representative{}
		for _, text := range []struct {
			what  string
			given string
			most  int
			into  *string
		}{
			{"representative.name", who.Name, 200, &w.Representative.Name},
			{"representative.relationship", who.Relationship, 200, &w.Representative.Relationship},
			{"representative.evidence", who.Evidence, 500, &w.Representative.Evidence},
		} {
			if *text.into, err = words(text.what, text.given, 1, text.most); err != nil {
				return w, err
			}
		}
	}
	return w, nil
}

func recorder(p auth.Principal) consent.Recorder {
	return consent.Recorder{Subject: p.Subject, Name: p.Name, Role: string(p.Role), Organisation: p.Org}
}

func (r *Root) optOut(d consent.Directive) record.OptOut {
	x := record.OptOut{
		ID: r.Identifier.Item("consent", "opt-out", d.Patient, d.ID), NHSNumber: d.Patient, Status: r.optOutStatus(d), Channel: record.OptOutChannel(d.Channel),
		RequestedBy: record.OptOutRequester(d.RequestedBy), Representative: representative(d.Representative), ReceivedOn: record.PartialDate(d.ReceivedOn),
		EffectiveFrom: record.At(d.EffectiveFrom), WithdrawnAt: record.At(d.WithdrawnAt), Note: record.Text(d.Note), RecordedBy: r.recordedBy(d.RecordedBy),
	}
	if w := d.Withdrawal; w != nil {
		x.Withdrawal = &record.OptOutWithdrawal{
			Channel: record.OptOutChannel(w.Channel), RequestedBy: record.OptOutRequester(w.RequestedBy), Representative: representative(w.Representative),
			ReceivedOn: record.PartialDate(w.ReceivedOn), Note: record.Text(w.Note), RecordedBy: r.recordedBy(w.RecordedBy),
		}
	}
	return x
}

// optOutStatus is the status of an objection now, by the clock of the database that set its times. An objection that
// has yet to begin counts as in force.
func (r *Root) optOutStatus(d consent.Directive) record.OptOutStatus {
	at := d.ReadAt
	if at.IsZero() {
		at = r.Now()
	}
	if d.Withdrawn(at) {
		return record.OptOutWithdrawn
	}
	return record.OptOutInForce
}

func (r *Root) recordedBy(by consent.Recorder) record.Staff {
	return r.staff(by.Subject, by.Name, by.Role, by.Organisation)
}

func representative(who *consent.Representative) *record.OptOutRepresentative {
	if who == nil {
		return nil
	}
	return &record.OptOutRepresentative{Name: who.Name, Relationship: who.Relationship, Evidence: who.Evidence}
}

// OptOutRequests is the queue of requests that residents sent by the form.
func (r queryResolver) OptOutRequests(ctx context.Context, status record.OptOutRequestStatus, first int, after *string) (*record.OptOutRequestConnection, error) {
	principal, event, err := r.onDuty(ctx, consent.KeepOptOuts, audit.ReadOptOutRequests, "")
	if err != nil {
		return nil, err
	}
	if err := pageSize(first); err != nil {
		return nil, r.rejected(ctx, event, err)
	}
	list := "optOutRequests\x00" + string(status)
	filter := consent.RequestFilter{Status: consent.RequestStatus(status), Limit: first}
	if after != nil {
		if filter.After, err = placeOf(r.openPlace(principal, list, *after)); err != nil {
			return nil, r.rejected(ctx, event, err)
		}
	}
	if err := r.note(ctx, event); err != nil {
		return nil, err
	}
	requests, more, err := r.Register.Requests(ctx, filter)
	if err != nil {
		return nil, err
	}
	if err := r.noteRequests(ctx, event, requests); err != nil {
		return nil, err
	}
	c := &record.OptOutRequestConnection{Edges: make([]*record.OptOutRequestEdge, len(requests)), PageInfo: record.PageInfo{HasNextPage: more, HasPreviousPage: after != nil}}
	for i := range requests {
		place, _ := json.Marshal(requests[i].Place()) // a time and a text always marshal
		x := r.optOutRequest(requests[i])
		c.Edges[i] = &record.OptOutRequestEdge{Cursor: r.sealPlace(principal, list, string(place)), Node: &x}
	}
	c.PageInfo.Length, c.PageInfo.Cursors = len(c.Edges), func(i int) string { return c.Edges[i].Cursor }
	return c, nil
}

// noteRequests records which requests are about to be shown, each as an event of the person whose number it names, so
// that it is in their access report.
func (r *Root) noteRequests(ctx context.Context, event audit.Event, requests []consent.OptOutRequest) error {
	events := make([]audit.Event, len(requests))
	for i := range requests {
		event.Patient, event.Note = requests[i].NHSNumber, "request "+requests[i].ID
		events[i] = event
	}
	return r.note(ctx, events...)
}

func placeOf(text string) (*consent.RequestPlace, error) {
	var place consent.RequestPlace
	if json.Unmarshal([]byte(text), &place) != nil {
		return nil, errCursor
	}
	return &place, nil
}

func (r *Root) optOutRequest(q consent.OptOutRequest) record.OptOutRequest {
	x := record.OptOutRequest{
		ID: record.ID(q.ID), Reference: q.Reference, Kind: record.OptOutRequestKind(q.Kind), Status: record.OptOutRequestStatus(q.Status), ReceivedAt: record.At(q.ReceivedAt),
		Overdue: q.Status == consent.RequestWaiting && !r.Now().Before(consent.RequestDue(q.ReceivedAt)), Language: q.Language, Name: q.Name,
		DateOfBirth: record.PartialDate(q.BirthDate), Postcode: q.Postcode, RequestedBy: record.OptOutRequester(q.RequestedBy),
		Representative: representative(q.Representative), Contact: record.Text(q.Contact),
	}
	if q.NHSNumber != "" {
		x.NHSNumber = &q.NHSNumber
	}
	if d := q.Decision; d != nil {
		by := r.recordedBy(d.DecidedBy)
		x.DecidedAt, x.DecidedBy, x.DecisionNote = record.At(d.DecidedAt), &by, record.Text(d.Note)
	}
	return x
}

// DecideOptOutRequest accepts or refuses a request sent by the form. If it is accepted, what it asks for is recorded
// and the request closed, or neither.
func (r mutationResolver) DecideOptOutRequest(ctx context.Context, input record.DecideOptOutRequestInput) (*record.DecideOptOutRequestPayload, error) {
	var patient record.NHSNumber
	if input.NHSNumber != nil {
		patient = *input.NHSNumber
	}
	principal, event, err := r.onDuty(ctx, consent.KeepOptOuts, audit.DecideOptOutRequest, patient)
	if err != nil {
		return nil, err
	}
	decision := consent.RequestDecision{Status: consent.RequestStatus(input.Decision), DecidedBy: recorder(principal)}
	accepted := decision.Status == consent.RequestAccepted
	if accepted && patient == "" {
		return nil, r.rejected(ctx, event, fmt.Errorf("%w: nhsNumber is required to accept a request", record.ErrInvalid))
	}
	least := 1 // a refusal must say why
	if accepted {
		least = 0
	}
	if decision.Note, err = words("note", optional(input.Note), least, consent.MaxRequestNote); err != nil {
		return nil, r.rejected(ctx, event, err)
	}
	ctx, cancel := changing(ctx)
	defer cancel()
	payload := &record.DecideOptOutRequestPayload{}
	var request consent.OptOutRequest
	if accepted {
		var d consent.Directive
		request, d, err = r.accept(ctx, string(input.ID), decision, patient, event)
		x := r.optOut(d)
		payload.OptOut = &x
	} else {
		request, err = r.refuse(ctx, string(input.ID), decision, event)
	}
	if err != nil {
		return nil, r.rejected(ctx, event, asRequest(err))
	}
	payload.Request = r.optOutRequest(request)
	return payload, nil
}

// refuse closes a request. The event names the request and its patient, because the answer shows both.
func (r *Root) refuse(ctx context.Context, id string, decision consent.RequestDecision, event audit.Event) (consent.OptOutRequest, error) {
	request, err := r.Register.Request(ctx, id)
	if err != nil {
		return request, err
	}
	event.Note, event.Patient = "request "+request.ID, request.NHSNumber
	return r.Register.RefuseRequest(ctx, id, decision, event)
}

// accept carries out what a request asks for, and closes it.
func (r *Root) accept(ctx context.Context, id string, decision consent.RequestDecision, patient record.NHSNumber, event audit.Event) (consent.OptOutRequest, consent.Directive, error) {
	request, err := r.Register.Request(ctx, id)
	if err != nil {
		return request, consent.Directive{}, err
	}
	if request.Status != consent.RequestWaiting {
		return request, consent.Directive{}, fmt.Errorf("%w: the request has been decided already; optOutRequests says how", record.ErrInvalid)
	}
	note := "form " + request.Reference
	if request.Kind == consent.AskChangeOfMind {
		event.Action = audit.WithdrawOptOut
		return r.Register.AcceptChangeOfMind(ctx, id, decision, patient, request.Withdrawal(decision.DecidedBy, note), noted(event))
	}
	event.Action = audit.RecordOptOut
	return r.Register.AcceptOptOut(ctx, id, decision, request.Objection(patient, decision.DecidedBy, note), noted(event))
}

// noted returns a function that adds the id of the objection to an event, and those of the others that a withdrawal
// ended with it.
func noted(event audit.Event) func(consent.Directive) audit.Event {
	return func(d consent.Directive) audit.Event {
		event.Note = strings.Join(append([]string{d.ID}, d.EndedToo...), " ")
		return event
	}
}

// asRequest keeps "no such request" from reading like "no such patient".
func asRequest(err error) error {
	if errors.Is(err, record.ErrNotFound) {
		return fmt.Errorf("%w: there is no such request; optOutRequests lists them", record.ErrInvalid)
	}
	return err
}
