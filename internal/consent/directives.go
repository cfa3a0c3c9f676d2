package consent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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

	WithdrawnAt time.Time   // when it ends, which may be still to come; zero without an end
	Withdrawal  *Withdrawal // nil without an end
	EndedToo    []string    // ids of the others that the same withdrawal ended; only WithdrawOptOut says so

	ReadAt time.Time // the database's clock when it was read: the moment to ask Withdrawn about
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

// Withdrawn reports whether the objection has ended by a moment, or was taken back
// before it began. What neither holds nor is withdrawn is still to begin.
func (d Directive) Withdrawn(at time.Time) bool {
	return !d.WithdrawnAt.IsZero() && (!d.WithdrawnAt.After(at) || d.WithdrawnAt.Equal(d.EffectiveFrom))
}

func (d Directive) receivedOn() time.Time {
	if d.ReceivedOn == "" {
		return record.Today(d.EffectiveFrom).Midnight()
	}
	day, _ := time.Parse(time.DateOnly, string(d.ReceivedOn))
	return day
}

// Numbers is every NHS number a person has or had, the one given among them.
// ErrUnavailable if they cannot be read.
func (s *Store) Numbers(ctx context.Context, patient record.NHSNumber) ([]record.NHSNumber, error) {
	rows, _ := s.pool.Query(ctx, `SELECT number FROM consent.linked(ARRAY[$1::text]) AS number ORDER BY number`, string(patient)) // they carry its error
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[record.NHSNumber])
	if err != nil {
		return nil, unavailable("reading numbers", err)
	}
	return numbers, nil
}

const directiveColumns = `
	id::text, nhs_number::text, effective_from::timestamptz, received_on::text, channel, requested_by, representative, note,
	recorded_at::timestamptz, recorded_by, withdrawn_at::timestamptz, withdrawal, clock_timestamp()`

func scanDirective(row pgx.CollectableRow) (d Directive, err error) {
	var withdrawnAt pgtype.Timestamptz
	err = row.Scan(&d.ID, &d.Patient, &d.EffectiveFrom, &d.ReceivedOn, &d.Channel, &d.RequestedBy, &d.Representative, &d.Note,
		&d.RecordedAt, &d.RecordedBy, &withdrawnAt, &d.Withdrawal, &d.ReadAt)
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

// directivesOf reads those that stand, if no others are wanted: that are in force, with no
// end to come.
func directivesOf(ctx context.Context, db interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, patient record.NHSNumber, standing bool) ([]Directive, error) {
	rows, _ := db.Query(ctx, `
		SELECT `+directiveColumns+`
		FROM consent.directive
		WHERE nhs_number IN (SELECT consent.linked(ARRAY[$1::text]))
		  AND (NOT $2 OR effective_from <= clock_timestamp() AND withdrawn_at IS NULL)
		ORDER BY effective_from DESC, id`, string(patient), standing) // they carry its error
	return pgx.CollectRows(rows, scanDirective)
}

// RecordOptOut writes an objection that is in force from now on, by the
// database's clock, and returns it. If one is in force already and has no end it
// is returned as it is, and created is false; one that is known to end does not
// stand for one that has none. What is to be done in the same transaction is given
// as then.
func (s *Store) RecordOptOut(ctx context.Context, d Directive, then ...func(pgx.Tx, Directive) error) (_ Directive, created bool, err error) {
	err = s.alone(ctx, d.Patient, func(tx pgx.Tx) error {
		if err := s.permits(ctx, tx, d.Patient, d.RequestedBy, d.Representative, false); err != nil {
			return err
		}
		standing, err := directivesOf(ctx, tx, d.Patient, true)
		if err != nil {
			return err
		}
		if len(standing) > 0 {
			d = standing[0]
			return after(tx, d, then)
		}
		received := pgtype.Date{Time: d.receivedOn(), Valid: d.ReceivedOn != ""}
		rows, _ := tx.Query(ctx, `
			INSERT INTO consent.directive (nhs_number, received_on, channel, requested_by, representative, note, recorded_by)
			VALUES ($1, coalesce($2::date, current_date), $3, $4, $5, $6, $7)
			RETURNING `+directiveColumns,
			string(d.Patient), received, d.Channel, d.RequestedBy, d.Representative, d.Note, d.RecordedBy) // they carry its error
		if d, err = pgx.CollectExactlyOneRow(rows, scanDirective); err != nil {
			return err
		}
		created = true
		return after(tx, d, then)
	})
	if err != nil {
		return Directive{}, false, changing("recording an objection", err)
	}
	return d, created, nil
}

// WithdrawOptOut closes what objections are in force, from now on, and what are to
// begin, so that they never hold, and returns the latest of them with the ids of the
// others; record.ErrNotFound where there are none. An end that was to come is brought forward. What is to be done in the
// same transaction is given as then, and is done for none as well, with the zero value.
func (s *Store) WithdrawOptOut(ctx context.Context, patient record.NHSNumber, w Withdrawal, then ...func(pgx.Tx, Directive) error) (latest Directive, err error) {
	err = s.alone(ctx, patient, func(tx pgx.Tx) error {
		if err := s.policy.refuse(represented(w.RequestedBy, w.Representative)); err != nil {
			return err
		}
		// What the person's age has to say is told of whoever has objected: of others it would tell that there are such people.
		var objected bool
		if err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM consent.directive
			WHERE nhs_number IN (SELECT consent.linked(ARRAY[$1::text]))
			  AND (withdrawn_at IS NULL OR withdrawn_at > greatest(effective_from, clock_timestamp())))`, string(patient)).Scan(&objected); err != nil {
			return err
		}
		if !objected {
			return after(tx, latest, then)
		}
		if err := s.permits(ctx, tx, patient, w.RequestedBy, w.Representative, true); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `
			UPDATE consent.directive
			SET withdrawn_at = least(withdrawn_at, greatest(effective_from, clock_timestamp())), withdrawal = $2
			WHERE nhs_number IN (SELECT consent.linked(ARRAY[$1::text]))
			  AND (withdrawn_at IS NULL OR withdrawn_at > greatest(effective_from, clock_timestamp()))
			RETURNING `+directiveColumns, string(patient), w) // they carry its error
		closed, err := pgx.CollectRows(rows, scanDirective)
		if err != nil {
			return err
		}
		slices.SortFunc(closed, func(a, b Directive) int {
			return cmp.Or(b.EffectiveFrom.Compare(a.EffectiveFrom), cmp.Compare(a.ID, b.ID))
		})
		for i, d := range closed {
			if i == 0 {
				latest = d
				continue
			}
			latest.EndedToo = append(latest.EndedToo, d.ID)
		}
		return after(tx, latest, then)
	})
	if err != nil {
		return Directive{}, changing("withdrawing an objection", err)
	}
	if latest.ID == "" {
		return Directive{}, fmt.Errorf("%w: no objection is in force or to begin", record.ErrNotFound)
	}
	return latest, nil
}

// permits is an error of the kind record.ErrInvalid where somebody may not ask for a
// patient. Of a person we do not know, or whose age we do not know, an objection is
// taken: it hides. Its withdrawal by a parent or guardian is not: it shows. An objection of a
// person whom nobody is shown is taken as one of nobody: what their age has to say would tell
// that there is such a person.
func (s *Store) permits(ctx context.Context, tx pgx.Tx, patient record.NHSNumber, by string, who *Representative, shows bool) error {
	rows, _ := tx.Query(ctx, `
		SELECT number, coalesce(p.superseded_by, ''), p.nhs_number IS NOT NULL, coalesce(p.invalidated, false), coalesce(p.restricted, true),
		       coalesce(p.born_on, ''), to_char(clock_timestamp() AT TIME ZONE 'Europe/London', 'YYYY-MM-DD')
		FROM consent.linked(ARRAY[$1::text]) AS number
		LEFT JOIN consent.person AS p ON p.nhs_number = number`, string(patient)) // they carry its error
	var someone person
	var born []record.PartialDate
	var today record.Date
	var n number
	var restricted bool
	_, err := pgx.ForEachRow(rows, []any{&n.number, &n.supersededBy, &n.known, &n.invalidated, &restricted, &n.born, &today}, func() error {
		if n.restricted = No; restricted {
			n.restricted = Yes
		}
		if someone.numbers = append(someone.numbers, n); n.born != "" && !slices.Contains(born, n.born) {
			born = append(born, n.born)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if f := someone.settle(patient); !shows && (!f.Known || f.Invalidated || f.Restricted != No) {
		born = nil
	}
	return s.policy.refuse(s.policy.asking(by, who, born, today, shows))
}

// asking is MayAsk for a person whose numbers have these birth dates. Where they leave
// two answers the stricter holds: the objection is taken, its withdrawal is not.
func (p *Policy) asking(by string, who *Representative, born []record.PartialDate, today record.Date, shows bool) Asking {
	if len(born) == 0 {
		born = []record.PartialDate{""}
	}
	var answers []Asking
	for _, on := range born {
		answer := p.MayAsk(by, who, on, today)
		if answer == AskingAgeUnknown && (!shows || by != ByParent && by != ByGuardian) {
			answer = AskingAllowed
		}
		if !slices.Contains(answers, answer) {
			answers = append(answers, answer)
		}
	}
	switch {
	case len(answers) == 1:
		return answers[0]
	case shows:
		return AskingAgeDisputed
	}
	return AskingAllowed
}

// refuse is nil where somebody may ask, and else of the kind record.ErrInvalid: what to do.
func (p *Policy) refuse(a Asking) error {
	var sentence string
	switch a {
	case AskingAllowed:
		return nil
	case AskingNeedsRepresentative:
		sentence = "name the representative and their relationship to the person, unless the person asks (SELF)"
	case AskingNeedsNone:
		sentence = "leave out the representative where the person asks (SELF)"
	case AskingNeedsEvidence:
		sentence = "say what the attorney or deputy showed as evidence"
	case AskingTooYoung:
		sentence = fmt.Sprintf("a child under %d does not ask alone and has no attorney; a parent, a guardian or a deputy asks", p.OwnChoiceAge)
	case AskingOwnChoice:
		sentence = fmt.Sprintf("from %d a young person asks; a parent or guardian does only with evidence that they cannot", p.OwnChoiceAge)
	case AskingAdult:
		sentence = fmt.Sprintf("from %d parents and guardians do not ask; the person, an attorney or a deputy does", p.AdultAccessAge)
	case AskingAgeUnknown:
		sentence = "how old the person is is not known here, so a parent or guardian cannot take the objection back; the person or a deputy asks"
	case AskingAgeDisputed:
		sentence = "how old the person is is not certain: the birth dates under their numbers disagree; a deputy asks, or the birth date is put right first"
	default:
		sentence = "requestedBy is SELF, PARENT, GUARDIAN, ATTORNEY or DEPUTY"
	}
	return fmt.Errorf("%w: %s", record.ErrInvalid, sentence)
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

// after does what is to be done in the same transaction as a change.
func after[T any](tx pgx.Tx, changed T, then []func(pgx.Tx, T) error) error {
	for _, do := range then {
		if err := do(tx, changed); err != nil {
			return &unchanged{err}
		}
	}
	return nil
}

// unchanged is the error of what was to be done in the same transaction.
type unchanged struct{ error }

// changing is the kind of an error of a change: what was to be done with it, and what
// its caller did wrong, keep theirs.
func changing(doing string, err error) error {
	var other *unchanged
	switch {
	case err == nil:
		return nil
	case errors.As(err, &other):
		return other.error
	case errors.Is(err, record.ErrInvalid):
		return err
	}
	return unavailable(doing, err)
}

// Break writes a break-glass grant that begins now, by the database's clock, and
// lives as long as the policy says, and returns it with its id and times. It does
// so alike for every number, whatever is known of it. The classes are the
// caller's to cut to the role's own. What is to be done in the same transaction is
// given as then.
func (s *Store) Break(ctx context.Context, g BreakGlassGrant, then ...func(pgx.Tx, BreakGlassGrant) error) (BreakGlassGrant, error) {
	if g.Classes.IsEmpty() {
		return BreakGlassGrant{}, fmt.Errorf("%w: a grant opens at least one class", record.ErrInvalid)
	}
	var classes []string
	for class := range g.Classes.All() {
		classes = append(classes, string(class))
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			INSERT INTO consent.break_glass_grant (subject, ods_code, nhs_number, classes, reason, note, granted_at, expires_at)
			SELECT $1, $2, $3, $4, $5, $6, now, now + $7::interval FROM clock_timestamp() AS now
			RETURNING id::text, granted_at::timestamptz, expires_at::timestamptz`,
			g.Subject, g.Org, string(g.Patient), classes, g.Reason, g.Note, s.policy.GrantLives(),
		).Scan(&g.ID, &g.GrantedAt, &g.ExpiresAt)
		if err != nil {
			return err
		}
		return after(tx, g, then)
	})
	if err != nil {
		return BreakGlassGrant{}, changing("writing a grant", err)
	}
	return g, nil
}
