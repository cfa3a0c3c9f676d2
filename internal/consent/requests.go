package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"carerecord/internal/record"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// RequestKind is what a resident asks for.
type RequestKind string

// The kinds.
const (
	AskOptOut       RequestKind = "OPT_OUT"
	AskChangeOfMind RequestKind = "CHANGE_OF_MIND"
)

// RequestStatus is how far a request has come.
type RequestStatus string

// The statuses. A request leaves RequestWaiting once and never returns.
const (
	RequestWaiting  RequestStatus = "WAITING"
	RequestAccepted RequestStatus = "ACCEPTED"
	RequestRefused  RequestStatus = "REFUSED"
)

// OptOutRequest is what someone wrote on the opt-out form. The officer must find out whether
// they are who they say, and whether we know them at all (Match).
type OptOutRequest struct {
	ID         string // made by the database
	Reference  string // given to the person; no two requests have the same
	Kind       RequestKind
	ReceivedAt time.Time // by the database's clock
	Channel    string    // ONLINE_FORM
	Language   string    // of the form: en, bn

	Name      string
	BirthDate record.Date
	Postcode  string
	NHSNumber record.NHSNumber // "" if not given

	RequestedBy    string          // one of Askers
	Representative *Representative // nil for SELF, and only then
	Contact        string          // how to reach whoever asked; "" if not given

	Status   RequestStatus
	Decision *RequestDecision // nil while waiting
}

// RequestDecision is what an officer decided.
type RequestDecision struct {
	Status      RequestStatus // RequestAccepted or RequestRefused
	DecidedAt   time.Time     // by the database's clock
	DecidedBy   Recorder
	Note        string // why; a refusal has one
	DirectiveID string // the objection that was recorded or withdrawn; an accepted opt-out has one
}

// Objection returns the directive that an accepted request records for the person whom an
// officer found.
func (r OptOutRequest) Objection(patient record.NHSNumber, by Recorder, note string) Directive {
	return Directive{
		Patient: patient, ReceivedOn: record.Today(r.ReceivedAt), Channel: r.Channel, RequestedBy: r.RequestedBy,
		Representative: r.Representative, Note: note, RecordedBy: by,
	}
}

// Withdrawal says how an accepted change of mind takes an objection back.
func (r OptOutRequest) Withdrawal(by Recorder, note string) Withdrawal {
	return Withdrawal{
		ReceivedOn: record.Today(r.ReceivedAt), Channel: r.Channel, RequestedBy: r.RequestedBy,
		Representative: r.Representative, Note: note, RecordedBy: by,
	}
}

// How long the texts of a request may be, in characters.
const (
	MaxRequestName         = 200
	maxRequestPostcode     = 10
	MaxRequestContact      = 200
	MaxRequestRelationship = 100
	MaxRequestEvidence     = 500
	MaxRequestNote         = 2000
)

// The queue is bounded for all instances together. Requests that come at the same moment may
// exceed a bound by as many as there are connections.
const (
	queueWaiting = 10_000 // requests that wait
	queueHourly  = 1_000  // requests of the last hour
)

// ErrQueueFull says that the queue takes no more requests for now. The paper form and the
// telephone remain.
var ErrQueueFull = errors.New("the queue of requests is full")

// ErrReferenceUsed says that another request came under the same reference.
var ErrReferenceUsed = errors.New("the reference belongs to another request")

// Check returns record.ErrInvalid for the first fault that keeps a request out of the queue.
// It names the field and never repeats what is in it.
func (r OptOutRequest) Check() error {
	if r.Kind != AskOptOut && r.Kind != AskChangeOfMind {
		return fmt.Errorf("%w: kind must be OPT_OUT or CHANGE_OF_MIND", record.ErrInvalid)
	}
	if !slices.Contains(Askers, r.RequestedBy) {
		return fmt.Errorf("%w: requestedBy must be one of %s", record.ErrInvalid, strings.Join(Askers, ", "))
	}
	if (r.RequestedBy == BySelf) != (r.Representative == nil) {
		return fmt.Errorf("%w: a representative is named unless the person asks, and only then", record.ErrInvalid)
	}
	if _, err := record.ParseDate(string(r.BirthDate)); err != nil || r.BirthDate < "1850-01-01" {
		return fmt.Errorf("%w: birthDate must be a day since 1850, as 1950-02-03", record.ErrInvalid)
	}
	if _, err := record.ParseNHSNumber(string(r.NHSNumber)); r.NHSNumber != "" && (err != nil || len(r.NHSNumber) != 10) {
		return fmt.Errorf("%w: nhsNumber must be ten digits whose check digit holds, or left out", record.ErrInvalid)
	}
	for _, text := range r.texts() {
		if err := text.check(); err != nil {
			return err
		}
	}
	return nil
}

// bounded is a text of a request with its bounds.
type bounded struct {
	name, text string
	least      int
	most       int
}

func (r OptOutRequest) texts() []bounded {
	texts := []bounded{
		{"reference", r.Reference, 8, 20}, {"language", r.Language, 2, 3}, {"name", r.Name, 1, MaxRequestName},
		{"postcode", r.Postcode, 2, maxRequestPostcode}, {"contact", r.Contact, 0, MaxRequestContact},
	}
	if who := r.Representative; who != nil {
		texts = append(texts, bounded{"representative.name", who.Name, 1, MaxRequestName},
			bounded{"representative.relationship", who.Relationship, 1, MaxRequestRelationship},
			bounded{"representative.evidence", who.Evidence, 0, MaxRequestEvidence})
	}
	return texts
}

func (b bounded) check() error {
	switch n := utf8.RuneCountInString(b.text); {
	case !PlainText(b.text):
		return fmt.Errorf("%w: %s must be text without control characters", record.ErrInvalid, b.name)
	case n < b.least || n > b.most:
		return fmt.Errorf("%w: %s must have from %d to %d characters", record.ErrInvalid, b.name, b.least, b.most)
	}
	return nil
}

// PlainText reports whether a text is UTF-8 that shows as it is: without control characters,
// private-use characters, line or paragraph separators, or format characters such as those
// that change the direction of the text around them. The joiners that Bengali names need are
// allowed.
func PlainText(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, hidden) < 0
}

// PlainLines reports whether a text is PlainText apart from line breaks and tabs, as a note
// may have them.
func PlainLines(text string) bool { return PlainText(inOneLine(text)) }

func inOneLine(text string) string {
	return strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(text)
}

func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return r != nonJoiner && r != joiner && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp))
}

// AddRequest puts a request into the queue. It looks nobody up: it runs the same statement for
// everyone. A request that is already there under the same reference with the same fields is
// no error; with other fields it is ErrReferenceUsed. Any other error is record.ErrInvalid,
// ErrQueueFull or ErrUnavailable.
func (s *Store) AddRequest(ctx context.Context, r OptOutRequest) error {
	if err := r.Check(); err != nil {
		return err
	}
	// The second attempt sees what was added while the first one ran.
	for range 2 {
		var full, there bool
		if err := s.pool.QueryRow(ctx, addRequest, r.Reference, string(r.Kind), r.Language, r.Name, string(r.BirthDate), r.Postcode,
			text(r.NHSNumber), r.RequestedBy, r.Representative, r.Contact, queueWaiting, queueHourly).Scan(&full, &there); err != nil {
			return unavailable("adding a request", err)
		}
		if there {
			return nil
		}
		if full {
			return ErrQueueFull
		}
	}
	return ErrReferenceUsed
}

// addRequest returns whether the queue is full, and whether the request is in it now.
const addRequest = `
	WITH asked AS (
		SELECT $1::text AS reference, $2::text AS kind, $3::text AS language, $4::text AS name, $5::date AS born_on, $6::text AS postcode,
		       $7::text AS nhs_number, $8::text AS requested_by, $9::jsonb AS representative, $10::text AS contact
	), room AS (
		SELECT (SELECT count(*) FROM (SELECT FROM consent.opt_out_request WHERE status = 'WAITING' LIMIT $11) AS waiting) < $11
		   AND (SELECT count(*) FROM (SELECT FROM consent.opt_out_request
		                              WHERE received_at > statement_timestamp() - interval '1 hour' LIMIT $12) AS fresh) < $12 AS left_over
	), added AS (
		INSERT INTO consent.opt_out_request (reference, kind, language, name, born_on, postcode, nhs_number, requested_by, representative, contact)
		SELECT asked.* FROM asked, room WHERE room.left_over
		ON CONFLICT (reference) DO NOTHING
		RETURNING reference
	)
	SELECT NOT room.left_over, EXISTS (SELECT FROM added) OR EXISTS (
		SELECT FROM consent.opt_out_request AS there
		WHERE there.reference = asked.reference
		  AND (there.kind, there.language, there.name, there.born_on, there.postcode, there.nhs_number::text, there.requested_by,
		       there.representative, there.contact)
		      IS NOT DISTINCT FROM (asked.kind, asked.language, asked.name, asked.born_on, asked.postcode, asked.nhs_number,
		       asked.requested_by, asked.representative, asked.contact))
	FROM asked, room`

const requestColumns = `
	id::text, reference, kind, received_at::timestamptz, channel, language, name, born_on::text, postcode, coalesce(nhs_number::text, ''),
	requested_by, representative, contact, status, decided_at::timestamptz, decided_by, decision_note, coalesce(directive_id::text, '')`

func scanRequest(row pgx.CollectableRow) (r OptOutRequest, err error) {
	var decidedAt pgtype.Timestamptz
	var decidedBy *Recorder
	var note, directive string
	err = row.Scan(&r.ID, &r.Reference, &r.Kind, &r.ReceivedAt, &r.Channel, &r.Language, &r.Name, &r.BirthDate, &r.Postcode, &r.NHSNumber,
		&r.RequestedBy, &r.Representative, &r.Contact, &r.Status, &decidedAt, &decidedBy, &note, &directive)
	if err == nil && decidedBy != nil {
		r.Decision = &RequestDecision{r.Status, decidedAt.Time, *decidedBy, note, directive}
	}
	return r, err
}

// RequestPlace is the place of a request in the queue.
type RequestPlace struct {
	ReceivedAt time.Time
	ID         string
}

// Place returns the place of the request in the queue.
func (r OptOutRequest) Place() RequestPlace { return RequestPlace{r.ReceivedAt, r.ID} }

// RequestFilter selects requests. The zero value selects the first page of all.
type RequestFilter struct {
	Status    RequestStatus // "" for any
	Reference string        // "" for any
	After     *RequestPlace // those that came later than one
	Before    *RequestPlace // those that came earlier than one
	Limit     int           // from 1 to 200; 50 unless set
}

// The sizes of a page of requests.
const (
	requestsPage    = 50
	requestsPageMax = 200
)

// Requests returns a page of the queue, the oldest first, and whether there are more after it.
// The error is ErrUnavailable if the queue cannot be read, and record.ErrInvalid for a filter
// that makes no sense.
func (s *Store) Requests(ctx context.Context, f RequestFilter) (page []OptOutRequest, more bool, err error) {
	if f.Limit == 0 {
		f.Limit = requestsPage
	}
	if f.Limit < 1 || f.Limit > requestsPageMax {
		return nil, false, fmt.Errorf("%w: ask for 1 to %d requests", record.ErrInvalid, requestsPageMax)
	}
	which := "true"
	switch f.Status {
	case "":
	case RequestWaiting, RequestAccepted, RequestRefused: // in the SQL text, so that waiting requests are read from their partial index
		which = "status = '" + string(f.Status) + "'"
	default:
		return nil, false, fmt.Errorf("%w: the status must be WAITING, ACCEPTED or REFUSED", record.ErrInvalid)
	}
	after, err := f.After.bound(pgtype.NegativeInfinity)
	if err != nil {
		return nil, false, err
	}
	before, err := f.Before.bound(pgtype.Infinity)
	if err != nil {
		return nil, false, err
	}
	rows, _ := s.pool.Query(ctx, `
		SELECT `+requestColumns+`
		FROM consent.opt_out_request
		WHERE `+which+` AND ($1 = '' OR reference = $1)
		  AND (received_at, id) > ($2::timestamptz, $3::uuid) AND (received_at, id) < ($4::timestamptz, $5::uuid)
		ORDER BY received_at, id
		LIMIT $6`,
		f.Reference, after.at, after.id, before.at, before.id, f.Limit+1) // rows carries the error
	if page, err = pgx.CollectRows(rows, scanRequest); err != nil {
		return nil, false, unavailable("reading requests", err)
	}
	if more = len(page) > f.Limit; more {
		page = page[:f.Limit]
	}
	return page, more, nil
}

// place is a RequestPlace as query parameters.
type place struct {
	at pgtype.Timestamptz
	id pgtype.UUID
}

// bound returns the place as query parameters. Without a place it returns one beyond all
// places.
func (p *RequestPlace) bound(beyond pgtype.InfinityModifier) (b place, err error) {
	if p == nil {
		return place{pgtype.Timestamptz{InfinityModifier: beyond, Valid: true}, pgtype.UUID{Valid: true}}, nil
	}
	if b.id, err = requestID(p.ID); err != nil {
		return b, fmt.Errorf("%w: the place in the queue cannot be read; start again from the first page", record.ErrInvalid)
	}
	b.at = pgtype.Timestamptz{Time: p.ReceivedAt, Valid: true}
	return b, nil
}

func requestID(text string) (id pgtype.UUID, err error) {
	if len(text) != 36 { // Scan would take a UUID without its dashes too
		return id, record.ErrNotFound
	}
	if err := id.Scan(text); err != nil {
		return id, record.ErrNotFound
	}
	return id, nil
}

// Request returns the request with an ID, or record.ErrNotFound if there is none.
func (s *Store) Request(ctx context.Context, id string) (OptOutRequest, error) {
	key, _ := requestID(id) // text that is no UUID becomes NULL, which matches no request
	rows, _ := s.pool.Query(ctx, `SELECT `+requestColumns+` FROM consent.opt_out_request WHERE id = $1`, key)
	return oneRequest(rows, "reading a request")
}

// oneRequest reads the only row, or returns record.ErrNotFound. rows carries the error of its
// query.
func oneRequest(rows pgx.Rows, doing string) (OptOutRequest, error) {
	r, err := pgx.CollectExactlyOneRow(rows, scanRequest)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, fmt.Errorf("%w: no such request", record.ErrNotFound)
	}
	if err != nil {
		return r, unavailable(doing, err)
	}
	return r, nil
}

// DecideRequest closes a request, by the database's clock, and returns it. A request that was
// decided before is returned as it is, and decided is false. The error is record.ErrNotFound
// if there is no such request, and record.ErrInvalid for an opt-out accepted without its
// objection. To accept an opt-out, record the objection and close the request together, with
// Deciding. then is run in the same transaction.
func (s *Store) DecideRequest(ctx context.Context, id string, d RequestDecision, then ...func(pgx.Tx, OptOutRequest) error) (_ OptOutRequest, decided bool, err error) {
	var r OptOutRequest
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if r, err = decide(ctx, tx, id, d); err != nil {
			return err
		}
		return after(tx, r, then)
	})
	if !errors.Is(err, record.ErrNotFound) {
		return r, err == nil, changing("deciding a request", err)
	}
	if r, err = s.Request(ctx, id); err == nil && r.Status == RequestWaiting {
		return OptOutRequest{}, false, fmt.Errorf("%w: an opt-out is accepted with the objection that was recorded for it", record.ErrInvalid)
	}
	return r, false, err
}

// Deciding returns a function for RecordOptOut or WithdrawOptOut. It closes a request in the
// same transaction, with the objection that they record or close, and stores it in closed. If
// the request does not exist or was decided before, the error is record.ErrNotFound and
// nothing is recorded. Request tells the two apart. WithdrawOptOut runs it even if there was
// no objection, unless a function before it fails.
func Deciding(ctx context.Context, id string, d RequestDecision, closed *OptOutRequest) func(pgx.Tx, Directive) error {
	return func(tx pgx.Tx, objection Directive) (err error) {
		d.DirectiveID = objection.ID
		*closed, err = decide(ctx, tx, id, d)
		return err
	}
}

// decide closes a waiting request, or returns record.ErrNotFound if there is none.
func decide(ctx context.Context, db interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, id string, d RequestDecision) (OptOutRequest, error) {
	if err := d.check(); err != nil {
		return OptOutRequest{}, err
	}
	key, _ := requestID(id) // text that is no UUID becomes NULL, which matches no request
	var directive pgtype.UUID
	if d.DirectiveID != "" {
		var err error
		if directive, err = requestID(d.DirectiveID); err != nil {
			return OptOutRequest{}, fmt.Errorf("%w: no such objection", record.ErrInvalid)
		}
	}
	rows, _ := db.Query(ctx, `
		UPDATE consent.opt_out_request
		SET status = $2, decided_at = clock_timestamp(), decided_by = $3, decision_note = $4, directive_id = $5
		WHERE id = $1 AND status = 'WAITING'
		  AND CASE WHEN $5::uuid IS NULL THEN $2 <> 'ACCEPTED' OR kind <> 'OPT_OUT'
		           ELSE EXISTS (SELECT FROM consent.directive AS d WHERE d.id = $5) END
		RETURNING `+requestColumns, key, string(d.Status), d.DecidedBy, d.Note, directive)
	return oneRequest(rows, "deciding a request")
}

func (d RequestDecision) check() error {
	if d.Status != RequestAccepted && d.Status != RequestRefused {
		return fmt.Errorf("%w: the decision must be ACCEPTED or REFUSED", record.ErrInvalid)
	}
	if d.Status == RequestRefused && (d.Note == "" || d.DirectiveID != "") {
		return fmt.Errorf("%w: a refusal says in its note why, and records no objection", record.ErrInvalid)
	}
	return bounded{"note", inOneLine(d.Note), 0, MaxRequestNote}.check()
}

// Overdue returns how many requests have waited too long by now, and when the oldest of all
// waiting requests came: the zero time if none waits.
func (s *Store) Overdue(ctx context.Context, now time.Time) (n int, oldest time.Time, err error) {
	var first pgtype.Timestamptz
	err = s.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE received_at < $1), min(received_at)::timestamptz
		FROM consent.opt_out_request WHERE status = 'WAITING'`, overdueBefore(now)).Scan(&n, &first)
	if err != nil {
		return 0, time.Time{}, unavailable("counting requests", err)
	}
	return n, first.Time, nil
}
