package consent

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"carerecord/internal/record"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Person is one NHS number and what is known of the person who has it.
type Person struct {
	Number         record.NHSNumber
	SupersededBy   record.NHSNumber // "" for the number in use
	Invalidated    bool
	Restricted     State // Unknown denies
	OptOutsUnknown bool  // the directives may be incomplete, which denies
	Born           record.PartialDate
	Died           time.Time // zero while alive
	DiedPrecision  record.Precision
}

// ObjectionKind is the kind of an objection that applies to planning only. It is not used
// until planners are served: no feed fills the table, and nothing reads it.
type ObjectionKind string

// The kinds of objection that direct care never reads.
const (
	NationalDataOptOut ObjectionKind = "NATIONAL_DATA_OPT_OUT"
	Type1              ObjectionKind = "TYPE_1"
	PopulationHealth   ObjectionKind = "POPULATION_HEALTH"
)

// PlanningObjection is an objection to uses beyond a person's own care.
type PlanningObjection struct {
	Patient       record.NHSNumber
	Kind          ObjectionKind
	EffectiveFrom time.Time
	EffectiveTo   time.Time // zero while in force
}

// Load is the data that a feed or a loader passes to Put.
type Load struct {
	People             []Person
	Directives         []Directive
	Relationships      []Relationship
	PlanningObjections []PlanningObjection
}

// Put writes a load in one transaction. It adds new rows and updates existing ones. Of two
// rows with the same key the later one counts. An existing directive is only ever closed: if
// it has no end and the new one is withdrawn. If its end is still to come, and the new one
// ends later or never, another directive continues from that end. Putting the same load
// again changes nothing and gives nobody a new version. Every error is ErrUnavailable.
func (s *Store) Put(ctx context.Context, load Load) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		for _, t := range load.tables() {
			if err := t.put(ctx, tx); err != nil {
				return err
			}
		}
		if len(load.People)+len(load.Relationships) < bulk {
			return nil
		}
		_, err := tx.Exec(ctx, `SELECT consent.analyse()`)
		return err
	})
	if err != nil {
		return unavailable("writing consent", err)
	}
	return nil
}

// bulk is how many people and relationships in one load make the planner's statistics out of
// date.
const bulk = 1000

// table holds rows for one database table. put copies them to a temporary table and merges
// them by key.
type table struct {
	columns []string // of the temporary table
	create  string
	merge   string
	rows    [][]any
}

func (t table) put(ctx context.Context, tx pgx.Tx) error {
	if len(t.rows) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `CREATE TEMP TABLE put (place int, `+t.create+`) ON COMMIT DROP`, pgx.QueryExecModeExec); err != nil {
		return err
	}
	for place := range t.rows {
		t.rows[place] = append(t.rows[place], place)
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"put"}, append(t.columns, "place"), pgx.CopyFromRows(t.rows)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, t.merge+`; DROP TABLE put`, pgx.QueryExecModeSimpleProtocol)
	return err
}

func (load Load) tables() []table {
	return []table{load.people(), load.directives(), load.relationships(), load.planningObjections()}
}

func (load Load) people() table {
	t := table{
		columns: []string{"nhs_number", "superseded_by", "invalidated", "restricted", "opt_outs_known", "born_on", "died_at", "died_precision"},
		create: `nhs_number text, superseded_by text, invalidated boolean, restricted boolean, opt_outs_known boolean,
			born_on text, died_at timestamptz, died_precision text`,
		merge: `
			INSERT INTO consent.person AS p (nhs_number, superseded_by, invalidated, restricted, opt_outs_known, born_on, died_at, died_precision)
			SELECT DISTINCT ON (nhs_number)
			       nhs_number, superseded_by, invalidated, restricted, opt_outs_known, born_on, died_at, died_precision
			FROM put ORDER BY nhs_number, place DESC
			ON CONFLICT (nhs_number) DO UPDATE SET (superseded_by, invalidated, restricted, opt_outs_known, born_on, died_at, died_precision) =
			    (excluded.superseded_by, excluded.invalidated, excluded.restricted, excluded.opt_outs_known,
			     excluded.born_on, excluded.died_at, excluded.died_precision)
			WHERE (p.superseded_by, p.invalidated, p.restricted, p.opt_outs_known, p.born_on, p.died_at, p.died_precision) IS DISTINCT FROM
			    (excluded.superseded_by, excluded.invalidated, excluded.restricted, excluded.opt_outs_known,
			     excluded.born_on, excluded.died_at, excluded.died_precision)`,
	}
	for _, p := range load.People {
		precision := p.DiedPrecision
		if precision == "" {
			precision = record.PrecisionTime
		}
		t.rows = append(t.rows, []any{
			string(p.Number), text(p.SupersededBy), p.Invalidated, pgtype.Bool{Bool: p.Restricted == Yes, Valid: p.Restricted != Unknown},
			!p.OptOutsUnknown, text(p.Born), moment(p.Died), string(precision),
		})
	}
	return t
}

func (load Load) directives() table {
	t := table{
		columns: []string{"id", "nhs_number", "effective_from", "received_on", "channel", "requested_by", "representative", "note",
			"recorded_at", "recorded_by", "withdrawn_at", "withdrawal"},
		create: `id uuid, nhs_number text, effective_from timestamptz, received_on date, channel text, requested_by text,
			representative jsonb, note text, recorded_at timestamptz, recorded_by jsonb, withdrawn_at timestamptz, withdrawal jsonb`,
		merge: `
			INSERT INTO consent.directive (id, nhs_number, effective_from, received_on, channel, requested_by, representative,
			    note, recorded_at, recorded_by, withdrawn_at, withdrawal)
			SELECT md5(concat_ws(' ', d.id, extract(epoch FROM d.withdrawn_at), coalesce(extract(epoch FROM n.withdrawn_at)::text, 'no end')))::uuid,
			    d.nhs_number, d.withdrawn_at, n.received_on, n.channel, n.requested_by, n.representative,
			    n.note, coalesce(n.recorded_at, clock_timestamp()), n.recorded_by, n.withdrawn_at, n.withdrawal
			FROM (SELECT DISTINCT ON (id) * FROM put ORDER BY id, place DESC) AS n JOIN consent.directive AS d USING (id)
			WHERE d.withdrawn_at > greatest(d.effective_from, clock_timestamp())
			  AND (n.withdrawn_at IS NULL OR n.withdrawn_at > d.withdrawn_at)
			ON CONFLICT (id) DO NOTHING;
			INSERT INTO consent.directive AS d (id, nhs_number, effective_from, received_on, channel, requested_by, representative,
			    note, recorded_at, recorded_by, withdrawn_at, withdrawal)
			SELECT DISTINCT ON (id) id, nhs_number, effective_from, received_on, channel, requested_by, representative,
			    note, coalesce(recorded_at, clock_timestamp()), recorded_by, withdrawn_at, withdrawal
			FROM put ORDER BY id, place DESC
			ON CONFLICT (id) DO UPDATE SET withdrawn_at = excluded.withdrawn_at, withdrawal = excluded.withdrawal
			WHERE d.withdrawn_at IS NULL AND excluded.withdrawn_at IS NOT NULL`,
	}
	for _, d := range load.Directives {
		if d.ID == "" {
			d.ID = directiveID(d)
		}
		if !d.WithdrawnAt.IsZero() && d.Withdrawal == nil {
			d.Withdrawal = &Withdrawal{}
		}
		t.rows = append(t.rows, []any{
			d.ID, string(d.Patient), moment(d.EffectiveFrom), d.receivedOn(), d.Channel, d.RequestedBy, d.Representative, d.Note,
			moment(d.RecordedAt), d.RecordedBy, moment(d.WithdrawnAt), d.Withdrawal,
		})
	}
	return t
}

// directiveID derives the ID from patient and start, so that the same objection gets the
// same ID every time it is put.
func directiveID(d Directive) string {
	sum := sha256.Sum256([]byte(string(d.Patient) + d.EffectiveFrom.UTC().Format(time.RFC3339Nano)))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func (load Load) relationships() table {
	t := table{
		columns: []string{"nhs_number", "ods_code", "kind", "started_at", "ended_at", "touched_at"},
		create:  `nhs_number text, ods_code text, kind text, started_at timestamptz, ended_at timestamptz, touched_at timestamptz`,
		merge: `
			INSERT INTO consent.relationship AS r (nhs_number, ods_code, kind, started_at, ended_at, touched_at)
			SELECT DISTINCT ON (nhs_number, ods_code, kind, started_at) nhs_number, ods_code, kind, started_at, ended_at, touched_at
			FROM put ORDER BY nhs_number, ods_code, kind, started_at, place DESC
			ON CONFLICT (nhs_number, ods_code, kind, started_at)
			DO UPDATE SET ended_at = excluded.ended_at, touched_at = excluded.touched_at
			WHERE (r.ended_at, r.touched_at) IS DISTINCT FROM (excluded.ended_at, excluded.touched_at)`,
	}
	for _, r := range load.Relationships {
		t.rows = append(t.rows, []any{string(r.Patient), r.Org, string(r.Kind), moment(r.StartedAt), moment(r.EndedAt), moment(r.TouchedAt)})
	}
	return t
}

func (load Load) planningObjections() table {
	t := table{
		columns: []string{"nhs_number", "kind", "effective_from", "effective_to"},
		create:  `nhs_number text, kind text, effective_from timestamptz, effective_to timestamptz`,
		merge: `
			INSERT INTO consent.planning_objection AS o (nhs_number, kind, effective_from, effective_to)
			SELECT DISTINCT ON (nhs_number, kind, effective_from) nhs_number, kind, effective_from, effective_to
			FROM put ORDER BY nhs_number, kind, effective_from, place DESC
			ON CONFLICT (nhs_number, kind, effective_from) DO UPDATE SET effective_to = excluded.effective_to
			WHERE o.effective_to IS DISTINCT FROM excluded.effective_to`,
	}
	for _, o := range load.PlanningObjections {
		t.rows = append(t.rows, []any{string(o.Patient), string(o.Kind), moment(o.EffectiveFrom), moment(o.EffectiveTo)})
	}
	return t
}

// moment returns NULL for the zero time.
func moment(t time.Time) pgtype.Timestamptz { return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()} }

// text returns NULL for the empty string.
func text[T ~string](s T) pgtype.Text { return pgtype.Text{String: string(s), Valid: s != ""} }
