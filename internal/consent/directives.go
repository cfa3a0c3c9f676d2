package consent

import (
	"context"
	"fmt"
	"time"

	"carerecord/internal/record"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Representative is who asked on a patient's behalf.
type Representative struct {
	Name         string `json:"name"`
	Relationship string `json:"relationship"`
	Evidence     string `json:"evidence"`
}

// Recorder is who wrote something down, as they were at the time.
type Recorder struct {
	Subject      string `json:"subject"`
	Name         string `json:"name"`
	Role         string `json:"role"`
	Organisation string `json:"organisation"` // ODS code
}

// Directive is an objection to the joined-up record, and its withdrawal.
type Directive struct {
	ID             string // made by the database, or from patient and start, unless set
	Patient        record.NHSNumber
	EffectiveFrom  time.Time
	ReceivedOn     record.Date     // the day of EffectiveFrom unless set
	Channel        string          // ONLINE_FORM or PAPER_FORM
	RequestedBy    string          // SELF, PARENT, GUARDIAN, ATTORNEY or DEPUTY
	Representative *Representative // nil for SELF, and only then
	Note           string
	RecordedAt     time.Time
	RecordedBy     Recorder

	WithdrawnAt time.Time   // zero while not withdrawn
	Withdrawal  *Withdrawal // nil while not withdrawn
}

// Withdrawal is how an objection was taken back.
type Withdrawal struct {
	ReceivedOn     record.Date     `json:"receivedOn"`
	Channel        string          `json:"channel"`
	RequestedBy    string          `json:"requestedBy"`
	Representative *Representative `json:"representative,omitempty"`
	Note           string          `json:"note,omitempty"`
	RecordedBy     Recorder        `json:"recordedBy"`
}

// InForce reports whether the objection holds at a moment.
func (d Directive) InForce(at time.Time) bool {
	return Interval{d.EffectiveFrom, d.WithdrawnAt}.Holds(at)
}

func (d Directive) receivedOn() time.Time {
	if d.ReceivedOn == "" {
		return record.Today(d.EffectiveFrom).Midnight()
	}
	day, _ := time.Parse(time.DateOnly, string(d.ReceivedOn))
	return day
}

const directiveColumns = `
	id::text, nhs_number::text, effective_from::timestamptz, received_on::text, channel, requested_by, representative, note,
	recorded_at::timestamptz, recorded_by, withdrawn_at::timestamptz, withdrawal`

func scanDirective(row pgx.CollectableRow) (d Directive, err error) {
	var withdrawnAt pgtype.Timestamptz
	err = row.Scan(&d.ID, &d.Patient, &d.EffectiveFrom, &d.ReceivedOn, &d.Channel, &d.RequestedBy, &d.Representative, &d.Note,
		&d.RecordedAt, &d.RecordedBy, &withdrawnAt, &d.Withdrawal)
	d.WithdrawnAt = withdrawnAt.Time
	return d, err
}

// Directives is every objection of a person under any of their numbers, those
// withdrawn too, the latest first. ErrUnavailable if it cannot be read.
func (s *Store) Directives(ctx context.Context, patient record.NHSNumber) ([]Directive, error) {
	directives, err := directivesOf(ctx, s.pool, patient, false)
	if err != nil {
		return nil, unavailable("reading objections", err)
	}
	return directives, nil
}

func directivesOf(ctx context.Context, db interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, patient record.NHSNumber, inForce bool) ([]Directive, error) {
	rows, err := db.Query(ctx, `
		SELECT `+directiveColumns+`
		FROM consent.directive
		WHERE nhs_number IN (SELECT consent.linked(ARRAY[$1::text]))
		  AND (NOT $2 OR effective_from <= clock_timestamp() AND (withdrawn_at IS NULL OR withdrawn_at > clock_timestamp()))
		ORDER BY effective_from DESC, id`, string(patient), inForce)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanDirective)
}

// RecordOptOut writes an objection that is in force from now on, by the
// database's clock, and returns it. If one is in force already it is returned as
// it is, and created is false.
func (s *Store) RecordOptOut(ctx context.Context, d Directive) (_ Directive, created bool, err error) {
	err = s.alone(ctx, d.Patient, func(tx pgx.Tx) error {
		standing, err := directivesOf(ctx, tx, d.Patient, true)
		if err != nil {
			return err
		}
		if len(standing) > 0 {
			d = standing[0]
			return nil
		}
		received := pgtype.Date{Time: d.receivedOn(), Valid: d.ReceivedOn != ""}
		rows, err := tx.Query(ctx, `
			INSERT INTO consent.directive (nhs_number, received_on, channel, requested_by, representative, note, recorded_by)
			VALUES ($1, coalesce($2::date, current_date), $3, $4, $5, $6, $7)
			RETURNING `+directiveColumns,
			string(d.Patient), received, d.Channel, d.RequestedBy, d.Representative, d.Note, d.RecordedBy)
		if err != nil {
			return err
		}
		d, err = pgx.CollectExactlyOneRow(rows, scanDirective)
		created = err == nil
		return err
	})
	if err != nil {
		return Directive{}, false, unavailable("recording an objection", err)
	}
	return d, created, nil
}

// WithdrawOptOut closes what objections are in force, from now on, and returns
// the latest of them; record.ErrNotFound where there are none.
func (s *Store) WithdrawOptOut(ctx context.Context, patient record.NHSNumber, w Withdrawal) (Directive, error) {
	var closed []Directive
	err := s.alone(ctx, patient, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			UPDATE consent.directive SET withdrawn_at = clock_timestamp(), withdrawal = $2
			WHERE nhs_number IN (SELECT consent.linked(ARRAY[$1::text]))
			  AND effective_from <= clock_timestamp() AND withdrawn_at IS NULL
			RETURNING `+directiveColumns, string(patient), w)
		if err != nil {
			return err
		}
		closed, err = pgx.CollectRows(rows, scanDirective)
		return err
	})
	if err != nil {
		return Directive{}, unavailable("withdrawing an objection", err)
	}
	if len(closed) == 0 {
		return Directive{}, fmt.Errorf("%w: no objection is in force", record.ErrNotFound)
	}
	latest := closed[0]
	for _, d := range closed[1:] {
		if d.EffectiveFrom.After(latest.EffectiveFrom) {
			latest = d
		}
	}
	return latest, nil
}

// alone runs a change while nobody else changes the objections of the person.
func (s *Store) alone(ctx context.Context, patient record.NHSNumber, change func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			SELECT pg_advisory_xact_lock(hashtextextended(min(number), 0)) FROM consent.linked(ARRAY[$1::text]) AS number`, string(patient))
		if err != nil {
			return err
		}
		return change(tx)
	})
}

// Break writes a break-glass grant that begins now, by the database's clock, and
// lives as long as the policy says, and returns it with its id and times. It does
// so alike for every number, whatever is known of it. The classes are the
// caller's to cut to the role's own.
func (s *Store) Break(ctx context.Context, g BreakGlassGrant) (BreakGlassGrant, error) {
	if g.Classes.IsEmpty() {
		return BreakGlassGrant{}, fmt.Errorf("%w: a grant opens at least one class", record.ErrInvalid)
	}
	var classes []string
	for class := range g.Classes.All() {
		classes = append(classes, string(class))
	}
	err := s.pool.QueryRow(ctx, `
		INSERT INTO consent.break_glass_grant (subject, ods_code, nhs_number, classes, reason, note, granted_at, expires_at)
		SELECT $1, $2, $3, $4, $5, $6, now, now + $7::interval FROM clock_timestamp() AS now
		RETURNING id::text, granted_at::timestamptz, expires_at::timestamptz`,
		g.Subject, g.Org, string(g.Patient), classes, g.Reason, g.Note, s.policy.GrantLives(),
	).Scan(&g.ID, &g.GrantedAt, &g.ExpiresAt)
	if err != nil {
		return BreakGlassGrant{}, unavailable("writing a grant", err)
	}
	return g, nil
}
