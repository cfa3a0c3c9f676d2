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

// Representative is the person who asked on a patient's behalf.
type Representative struct {
	Name         string `json:"name"`
	Relationship string `json:"relationship"`
	Evidence     string `json:"evidence"`
}

// Recorder is the person who recorded something, with their details at the time.
type Recorder struct {
	Subject      string `json:"subject"`
	Name         string `json:"name"`
	Role         string `json:"role"`
	Organisation string `json:"organisation"` // ODS code
}

// Directive is an objection to the joined-up record, and its withdrawal.
type Directive struct {
	ID             string // Put derives it from patient and start unless set; RecordOptOut leaves it to the database
	Patient        record.NHSNumber
	EffectiveFrom  time.Time
	ReceivedOn     record.Date     // the day of EffectiveFrom unless set
	Channel        string          // ONLINE_FORM or PAPER_FORM
	RequestedBy    string          // SELF, PARENT, GUARDIAN, ATTORNEY or DEPUTY
	Representative *Representative // nil for SELF, and only then
	Note           string
	RecordedAt     time.Time
	RecordedBy     Recorder

	WithdrawnAt time.Time   // when it ends, which may be in the future; zero without an end
	Withdrawal  *Withdrawal // nil without an end
	EndedToo    []string    // ids of the others that the same withdrawal ended; only WithdrawOptOut says so

	ReadAt time.Time // the database's clock at the time of the read; pass it to Withdrawn
}

// Withdrawal says how an objection was taken back.
type Withdrawal struct {
	ReceivedOn     record.Date     `json:"receivedOn"`
	Channel        string          `json:"channel"`
	RequestedBy    string          `json:"requestedBy"`
	Representative *Representative `json:"representative,omitempty"`
	Note           string          `json:"note,omitempty"`
	RecordedBy     Recorder        `json:"recordedBy"`
}

// Withdrawn reports whether the objection has ended by a moment, or was taken back before it began. An objection that is
// neither in force nor withdrawn is still to begin.
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

// Numbers returns every NHS number that a person has or had, including the one given. The error is ErrUnavailable.
func (s *Store) Numbers(ctx context.Context, patient record.NHSNumber) ([]record.NHSNumber, error) {
	rows, _ := s.pool.Query(ctx, `SELECT number FROM consent.linked(ARRAY[$1::text]) AS number ORDER BY number`, string(patient)) // rows carries the error
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

// Directives returns every objection of a person under any of their numbers, including withdrawn ones, the latest first. The
// error is ErrUnavailable.
func (s *Store) Directives(ctx context.Context, patient record.NHSNumber) ([]Directive, error) {
	directives, err := directivesOf(ctx, s.pool, patient, false)
	if err != nil {
		return nil, unavailable("reading objections", err)
	}
	return directives, nil
}

// directivesOf reads the objections of a person. If standing is true, it reads only those that are in force and have no end.
func directivesOf(ctx context.Context, db interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, patient record.NHSNumber, standing bool) ([]Directive, error) {
	rows, _ := db.Query(ctx, `
		SELECT `+directiveColumns+`
		FROM consent.directive
		WHERE nhs_number IN (SELECT consent.linked(ARRAY[$1::text]))
		  AND (NOT $2 OR effective_from <= clock_timestamp() AND withdrawn_at IS NULL)
		ORDER BY effective_from DESC, id`, string(patient), standing) // rows carries the error
	return pgx.CollectRows(rows, scanDirective)
}

// RecordOptOut writes an objection that is in force from now on, by the database's clock, and returns it. If an objection
// without an end is in force already, it returns that one unchanged, and created is false. An objection that is known to end
// does not count as such. then is run in the same transaction. The error is record.ErrInvalid if whoever asks may not, that
// of then as it is, or ErrUnavailable.
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
			string(d.Patient), received, d.Channel, d.RequestedBy, d.Representative, d.Note, d.RecordedBy) // rows carries the error
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

// WithdrawOptOut ends the objections that are in force, from now on, and those that are still to begin, so that they never
// hold. An end that is still to come is brought forward. It returns the one of them with the latest start, with the IDs of
// the others, or record.ErrNotFound if there was none. then is run in the same transaction, with the zero value if there was
// none. Other errors are those of RecordOptOut.
func (s *Store) WithdrawOptOut(ctx context.Context, patient record.NHSNumber, w Withdrawal, then ...func(pgx.Tx, Directive) error) (latest Directive, err error) {
	err = s.alone(ctx, patient, func(tx pgx.Tx) error {
		if err := s.policy.refuse(represented(w.RequestedBy, w.Representative)); err != nil {
			return err
		}
		// Only for someone who has objected may the answer depend on their age. For others it would disclose that we know
		// them.
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
			RETURNING `+directiveColumns, string(patient), w) // rows carries the error
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

// permits returns record.ErrInvalid if somebody may not ask for a patient. If we do not know the person, or their age, an
// objection is taken, because it hides. Its withdrawal by a parent or guardian is not taken, because it shows. An objection
// of a person whom nobody is shown is taken as one of nobody: a refusal by age would tell that there is such a person.
func (s *Store) permits(ctx context.Context, tx pgx.Tx, patient record.NHSNumber, by string, who *Representative, shows bool) error {
	rows, _ := tx.Query(ctx, `
		SELECT number, coalesce(p.superseded_by, ''), p.nhs_number IS NOT NULL, coalesce(p.invalidated, false), coalesce(p.restricted, true),
		       coalesce(p.born_on, ''), to_char(clock_timestamp() AT TIME ZONE 'Europe/London', 'YYYY-MM-DD')
		FROM consent.linked(ARRAY[$1::text]) AS number
		LEFT JOIN consent.person AS p ON p.nhs_number = number`, string(patient)) // rows carries the error
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

// asking is MayAsk for a person whose numbers have these birth dates. If the dates lead to different answers, the objection
// is taken and its withdrawal is not.
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

// refuse returns nil for AskingAllowed. For every other answer it returns record.ErrInvalid with a sentence that says what
// to do.
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

// alone runs a change in a transaction that holds a lock on the person. No other RecordOptOut or WithdrawOptOut for the
// person runs meanwhile. Put does not take the lock.
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

// after runs the functions that belong to the same transaction as a change.
func after[T any](tx pgx.Tx, changed T, then []func(pgx.Tx, T) error) error {
	for _, do := range then {
		if err := do(tx, changed); err != nil {
			return &unchanged{err}
		}
	}
	return nil
}

// unchanged marks the error of such a function, which the caller gets as it is.
type unchanged struct{ error }

// changing returns the error of a change for the caller. The errors of functions in the same transaction stay as they are,
// and so does record.ErrInvalid for what the caller did wrong. Every other error becomes ErrUnavailable.
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

// Break writes a break-glass grant and returns it with its ID and times. It begins now, by the database's clock, and lasts
// as long as the policy says. Break does the same for every number, whatever is known of it. The caller must cut the classes
// to those of the role. then is run in the same transaction. The error is record.ErrInvalid for a grant without classes,
// that of then as it is, or ErrUnavailable.
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
