package load

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"carerecord/internal/consent"
	"carerecord/internal/record"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// facts is what the service's own database is told of people.
func facts(people []Person) consent.Load {
	var l consent.Load
	for _, p := range people {
		l.People = append(l.People, consent.Person{Number: p.Number, Invalidated: p.Invalidated, Restricted: yes(p.Restricted), Born: p.Born, Died: p.Died, DiedPrecision: p.precision()})
		for _, old := range p.Superseded {
			l.People = append(l.People, consent.Person{Number: old, SupersededBy: p.Number, Restricted: yes(p.Restricted), Born: p.Born,
				Died: p.Died, DiedPrecision: p.precision()})
		}
		if !p.OptedOutFrom.IsZero() {
			l.Directives = append(l.Directives, p.directive())
		}
		for _, r := range p.Relations {
			l.Relationships = append(l.Relationships, consent.Relationship{Patient: p.Number, Org: r.ODS, Kind: consent.Kind(r.Kind),
				StartedAt: r.Started, EndedAt: r.Ended, TouchedAt: r.Touched})
		}
	}
	return l
}

func yes(b bool) consent.State {
	if b {
		return consent.Yes
	}
	return consent.No
}

func (p *Person) precision() record.Precision {
	if p.DiedDayOnly {
		return record.PrecisionDay
	}
	return record.PrecisionTime
}

func (p *Person) directive() consent.Directive {
	return consent.Directive{Patient: p.Number, EffectiveFrom: p.OptedOutFrom, Channel: "ONLINE_FORM", RequestedBy: "SELF",
		RecordedBy: consent.Recorder{Subject: "load", Name: "Opt-out office (demo)", Role: "OPT_OUT_OFFICER", Organisation: "QMJ"}}
}

// undo hides people, then takes all of theirs out of every source. They are
// hidden by saying that whether they are restricted cannot be established.
func (w *Writer) undo(ctx context.Context, people []Person) error {
	var faults []error
	if w.consent != nil {
		var l consent.Load
		for _, p := range people {
			l.People = append(l.People, consent.Person{Number: p.Number, Invalidated: p.Invalidated, Restricted: consent.Unknown, Born: p.Born, Died: p.Died, DiedPrecision: p.precision()})
		}
		faults = append(faults, w.consent.Put(ctx, l))
	}
	numbers := make([]string, len(people))
	for i := range people {
		numbers[i] = string(people[i].Number)
	}
	for _, source := range slices.Backward(w.order) {
		s, err := w.schema(ctx, source)
		if err == nil {
			err = pgx.BeginFunc(ctx, w.sources[source], func(tx pgx.Tx) error { return remove(ctx, tx, s, numbers) })
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// Occupant is who a number belongs to in what is stored, as far as that tells people apart.
func (w *Writer) Occupant(ctx context.Context, number record.NHSNumber) (who Identity, ok bool, err error) {
	pool := w.sources[DemographicsSource]
	if pool == nil {
		return who, false, nil
	}
	err = pool.QueryRow(ctx, `SELECT coalesce(name_family, name_full, ''), coalesce(name_given[1], ''), coalesce(born_on, '') FROM person WHERE nhs_number = $1`,
		string(number)).Scan(&who.Family, &who.Given, &who.Born)
	if errors.Is(err, pgx.ErrNoRows) {
		return Identity{}, false, nil
	}
	if err != nil {
		return Identity{}, false, fmt.Errorf("look for a free number: %w", err)
	}
	return who, true, nil
}

// withoutValues drops what PostgreSQL quotes of a row.
func withoutValues(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return fmt.Errorf("%s (SQLSTATE %s) %s", pg.Severity, pg.Code, pg.ConstraintName+pg.ColumnName)
	}
	return err
}
