package load

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"carerecord/internal/consent"
	"carerecord/internal/record"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Consent is the side of the service's own database that a load writes to.
// consent.Store is one.
type Consent interface {
	// Put adds what is new and brings up to date what is there, in one transaction.
	Put(ctx context.Context, load consent.Load) error
}

// Writer stores people in the source databases: each whole or not at all, in
// place of what was there. Their consent facts come last, so that nobody is shown
// before everything of theirs is there.
type Writer struct {
	// Fresh says that the databases hold no people yet, so that there is nothing to replace.
	Fresh bool

	sources map[Source]*pgxpool.Pool
	order   []Source
	consent Consent

	mu      sync.Mutex
	schemas map[Source]*schema
}

// NewWriter writes to the databases of the sources; their views must be tables.
func NewWriter(sources map[Source]*pgxpool.Pool, consent Consent) *Writer {
	order := slices.SortedFunc(maps.Keys(sources), func(a, b Source) int {
		return cmp.Or(turn(a)-turn(b), cmp.Compare(a.ODS, b.ODS))
	})
	return &Writer{sources: sources, order: order, consent: consent, schemas: map[Source]*schema{}}
}

// turn puts demographics first, where whoever has a row in any source has one:
// they are committed first and removed last.
func turn(s Source) int { return slices.Index(record.Sectors, s.Sector) }

// schema is what a source's relations look like.
type schema struct {
	columns map[string][]string        // of a relation, in order
	truth   map[string]map[string]bool // columns that are boolean and never null
}

const schemaSQL = `
	SELECT c.relname::text, a.attname::text, a.attnotnull AND a.atttypid = 'boolean'::regtype
	FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
	WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
	  AND EXISTS (SELECT FROM pg_attribute AS n WHERE n.attrelid = c.oid AND n.attname = 'nhs_number')
	ORDER BY c.relname, a.attnum`

func (w *Writer) schema(ctx context.Context, source Source) (*schema, error) {
	w.mu.Lock()
	known := w.schemas[source]
	w.mu.Unlock()
	if known != nil {
		return known, nil
	}
	rows, err := w.sources[source].Query(ctx, schemaSQL)
	if err != nil {
		return nil, err
	}
	s := &schema{columns: map[string][]string{}, truth: map[string]map[string]bool{}}
	var relation, column string
	var truth bool
	_, err = pgx.ForEachRow(rows, []any{&relation, &column, &truth}, func() error {
		s.columns[relation] = append(s.columns[relation], column)
		if truth {
			if s.truth[relation] == nil {
				s.truth[relation] = map[string]bool{}
			}
			s.truth[relation][column] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.schemas[source] = s
	w.mu.Unlock()
	return s, nil
}

// Refused is a person who was not stored.
type Refused struct {
	Person Person
	Err    error
}

// Write stores people, all of them in one transaction per source. If that does
// not succeed they are tried one by one; those who still cannot be stored are
// returned, and nothing of them stays. An error means that nothing more can be
// stored: the databases are gone or ctx has ended.
func (w *Writer) Write(ctx context.Context, people []Person) ([]Refused, error) {
	if len(people) == 0 {
		return nil, nil
	}
	err := w.together(ctx, people)
	if err == nil {
		return nil, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if len(people) == 1 {
		return []Refused{{people[0], err}}, w.alive(ctx, err)
	}
	var refused []Refused
	for _, p := range people {
		more, err := w.Write(ctx, []Person{p})
		refused = append(refused, more...)
		if err != nil {
			return refused, err
		}
	}
	return refused, nil
}

// alive tells a person who cannot be stored from databases that cannot be reached.
func (w *Writer) alive(ctx context.Context, why error) error {
	for _, source := range w.order {
		if err := w.sources[source].Ping(ctx); err != nil {
			return fmt.Errorf("%w: %s %s", record.ErrUnavailable, source.Sector, source.ODS)
		}
	}
	_ = why
	return nil
}

// together opens a transaction in every source, writes, and commits when all
// have written. Should a commit be lost after others went through, the people are
// hidden and taken out of every source.
func (w *Writer) together(ctx context.Context, people []Person) error {
	for _, p := range people {
		for source := range p.Rows {
			if w.sources[source] == nil {
				return fmt.Errorf("no database for %s %s", source.Sector, source.ODS)
			}
		}
	}
	there, err := w.stored(ctx, people)
	if err != nil {
		return err
	}
	open := make([]pgx.Tx, len(w.order))
	faults := make([]error, len(w.order))
	var writing sync.WaitGroup
	for i, source := range w.order {
		// The sources are databases of their own; one after another they would wait for each other's disk.
		writing.Go(func() { open[i], faults[i] = w.begin(ctx, source, people, there) })
	}
	writing.Wait()
	defer func() {
		for _, tx := range open {
			if tx != nil {
				_ = tx.Rollback(context.WithoutCancel(ctx))
			}
		}
	}()
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for i, tx := range open {
		if tx == nil {
			continue
		}
		if err := tx.Commit(ctx); err != nil {
			return errors.Join(fmt.Errorf("store in %s %s: %w", w.order[i].Sector, w.order[i].ODS, err), w.undo(context.WithoutCancel(ctx), people))
		}
		open[i] = nil
	}
	if w.consent == nil {
		return nil
	}
	if err := w.consent.Put(ctx, facts(people)); err != nil {
		return errors.Join(err, w.undo(context.WithoutCancel(ctx), people))
	}
	return nil
}

// begin writes the people's rows of one source in a transaction left open; nil
// where there is nothing to do.
func (w *Writer) begin(ctx context.Context, source Source, people []Person, there []string) (pgx.Tx, error) {
	rows := 0
	for i := range people {
		rows += len(people[i].Rows[source])
	}
	if rows == 0 && len(there) == 0 {
		return nil, nil
	}
	s, err := w.schema(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("look at %s %s: %w", source.Sector, source.ODS, err)
	}
	tx, err := w.sources[source].Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("write to %s %s: %w", source.Sector, source.ODS, err)
	}
	if err := w.replace(ctx, tx, s, source, people, there); err != nil {
		_ = tx.Rollback(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("write to %s %s: %w", source.Sector, source.ODS, err)
	}
	return tx, nil
}

func (w *Writer) replace(ctx context.Context, tx pgx.Tx, s *schema, source Source, people []Person, there []string) error {
	if err := remove(ctx, tx, s, there); err != nil {
		return err
	}
	byRelation := map[string][]Row{}
	for i := range people {
		rows := people[i].Rows[source]
		if people[i].Continues {
			kept, err := onlyNew(ctx, tx, people[i].Number, rows)
			if err != nil {
				return err
			}
			rows = kept
		}
		for _, row := range rows {
			byRelation[row.Relation] = append(byRelation[row.Relation], row)
		}
	}
	for _, relation := range slices.Sorted(maps.Keys(byRelation)) {
		if err := copyRows(ctx, tx, s, relation, byRelation[relation]); err != nil {
			return err
		}
	}
	return nil
}

// stored are the numbers of those among the people who are stored already and
// whose rows make way.
func (w *Writer) stored(ctx context.Context, people []Person) ([]string, error) {
	var numbers []string
	for i := range people {
		if !people[i].Continues {
			numbers = append(numbers, string(people[i].Number))
		}
	}
	pool := w.sources[DemographicsSource]
	switch {
	case w.Fresh:
		return nil, nil
	case pool == nil:
		return numbers, nil
	}
	rows, err := pool.Query(ctx, `SELECT nhs_number FROM person WHERE nhs_number = ANY($1)`, numbers)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// remove deletes every row of the numbers.
func remove(ctx context.Context, tx pgx.Tx, s *schema, numbers []string) error {
	if len(numbers) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, relation := range slices.Sorted(maps.Keys(s.columns)) {
		batch.Queue(`DELETE FROM `+pgx.Identifier{relation}.Sanitize()+` WHERE nhs_number = ANY($1)`, numbers)
	}
	return tx.SendBatch(ctx, batch).Close()
}

// onlyNew leaves out rows that are there already, and what belongs to them, for a
// person whose record comes in several files.
func onlyNew(ctx context.Context, tx pgx.Tx, number record.NHSNumber, rows []Row) ([]Row, error) {
	there := map[string]map[string]bool{} // ids of a relation
	var kept []Row
	for _, row := range rows {
		id, ok := row.Columns["id"].(string)
		relation := row.Relation
		if !ok {
			continue
		}
		if there[relation] == nil {
			ids, err := idsOf(ctx, tx, relation, number)
			if err != nil {
				return nil, err
			}
			there[relation] = ids
		}
		if !there[relation][id] {
			kept = append(kept, row)
		}
	}
	for _, row := range rows {
		parent, ok := row.Columns["parent_id"].(string)
		if ok && !there[parentOf(row.Relation, there)][parent] {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// parentOf is the relation whose rows those of a child relation belong to: the
// longest name the child's begins with.
func parentOf(child string, parents map[string]map[string]bool) string {
	if child == "episode" || child == "ward_stay" {
		return "stay"
	}
	best := ""
	for parent := range parents {
		if len(parent) > len(best) && len(child) > len(parent) && child[:len(parent)+1] == parent+"_" {
			best = parent
		}
	}
	return best
}

func idsOf(ctx context.Context, tx pgx.Tx, relation string, number record.NHSNumber) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM `+pgx.Identifier{relation}.Sanitize()+` WHERE nhs_number = $1`, string(number))
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	ids := make(map[string]bool, len(list))
	for _, id := range list {
		ids[id] = true
	}
	return ids, nil
}

// copyRows copies the rows of one relation.
func copyRows(ctx context.Context, tx pgx.Tx, s *schema, relation string, rows []Row) error {
	columns, err := s.used(relation, rows)
	if err != nil {
		return err
	}
	var names bytes.Buffer
	for i, name := range columns {
		if i > 0 {
			names.WriteByte(',')
		}
		names.WriteString(pgx.Identifier{name}.Sanitize())
	}
	text := make([]byte, 0, len(rows)*400)
	for _, row := range rows {
		for i, name := range columns {
			if i > 0 {
				text = append(text, '\t')
			}
			value := row.Columns[name]
			if value == nil && s.truth[relation][name] {
				value = false
			}
			if text, err = appendCopy(text, value); err != nil {
				return fmt.Errorf("%s.%s: %w", relation, name, err)
			}
		}
		text = append(text, '\n')
	}
	sql := `COPY ` + pgx.Identifier{relation}.Sanitize() + ` (` + names.String() + `) FROM STDIN`
	if _, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(text), sql); err != nil {
		return fmt.Errorf("%s: %w", relation, withoutValues(err))
	}
	return nil
}

// used are the columns that any of the rows has, in the relation's order. One the
// relation does not have is an error.
func (s *schema) used(relation string, rows []Row) ([]string, error) {
	known := s.columns[relation]
	if known == nil {
		return nil, fmt.Errorf("there is no relation %s", relation)
	}
	have := map[string]bool{}
	for _, row := range rows {
		for name := range row.Columns {
			have[name] = true
		}
	}
	for name := range s.truth[relation] {
		have[name] = true
	}
	var columns []string
	for _, name := range known {
		if have[name] {
			columns = append(columns, name)
			delete(have, name)
		}
	}
	for name := range have {
		return nil, fmt.Errorf("there is no column %s.%s", relation, name)
	}
	return columns, nil
}
