package view

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/postgres"
)

// Behind a pooler that lends connections by transaction, nothing that a connection was
// told is there the next time, nor may be. So each read brings the list with it, for its
// own transaction alone. To take it apart costs PostgreSQL more than most reads; so the
// first read does that and keeps what came out, and the others bring the parts.

// learnExclusions tells the list for this transaction and gives back its parts.
var learnExclusions = exclusionParts + `
SELECT set_config('carerecord.excluded', ` + excludedBits + `, true), set_config('carerecord.trees', ` + excludedTrees + `, true),
	ARRAY(SELECT set_config('carerecord.excluded_' || i, keys, true) FROM parts ORDER BY i), hashtext('carerecord' COLLATE "C"),
	set_config('carerecord.pattern', $2::text, true) IS NOT NULL AND set_config('carerecord.stems', $3::text, true) IS NOT NULL
	AND set_config('carerecord.told', 'true', true) = 'true'`

// bringExclusions tells parts that were learned earlier. It gives false and tells nothing
// to a server that hashes in another way than the one they were learned of.
const bringExclusions = `
SELECT CASE WHEN hashtext('carerecord' COLLATE "C") <> $1::int THEN false ELSE
	set_config('carerecord.excluded', $2::text, true) IS NOT NULL
	AND set_config('carerecord.pattern', $3::text, true) IS NOT NULL
	AND set_config('carerecord.stems', $4::text, true) IS NOT NULL
	AND set_config('carerecord.trees', $5::text, true) IS NOT NULL
	AND (SELECT count(set_config('carerecord.excluded_' || n - 1, keys, true)) FROM unnest($6::text[]) WITH ORDINALITY p(keys, n)) = 64
	AND set_config('carerecord.told', 'true', true) = 'true' END`

const (
	learnName = "exclusions.learn"
	bringName = "exclusions.bring"
)

// learned is a list and the parts a server took it into.
type learned struct {
	list  told
	parts []postgres.Value // of bringExclusions
}

// known are the statements of the source with their types.
func (s *Source) known() postgres.Statements {
	known := postgres.Statements{
		learnName: postgres.NewStatement(learnExclusions, []string{"jsonb", "text", "text"},
			[]uint32{pgtype.TextOID, pgtype.TextOID, pgtype.TextArrayOID, pgtype.Int4OID, pgtype.BoolOID}),
		bringName: postgres.NewStatement(bringExclusions, []string{"int", "text", "text", "text", "text", "text[]"}, []uint32{pgtype.BoolOID}),
	}
	for _, r := range s.reads {
		columns := r.describe(s)
		for i, st := range r.statements() {
			known[st.name] = st.typed(columns[i])
		}
		if words := r.wordsStatement(); words != nil {
			known[words.name] = words.typed(wordsColumns(1))
		}
	}
	return known
}

// typed is the statement with the types of its parameters and columns.
func (s *statement) typed(columns []uint32) *postgres.Statement {
	types := make([]string, len(s.arguments))
	for i, argument := range s.arguments {
		types[i] = parameters[argument].sqlType
	}
	return postgres.NewStatement(s.sql, types, columns)
}

// learn has a list taken apart, so that no read has to.
func (s *Source) learn(ctx context.Context, list told) error {
	return s.pipeline(ctx, func(_ *pgx.Conn, batch *postgres.Batch) { s.bring(batch, list) },
		func(results postgres.Results) error { return s.brought(results, list) })
}

// bring queues the list for one transaction.
func (s *Source) bring(batch *postgres.Batch, list told) {
	if l := s.parts.Load(); l != nil && l.list.equal(list) {
		batch.Queue(bringName, l.parts...)
		return
	}
	batch.Queue(learnName, list.values()...)
}

// brought reads what came of it.
func (s *Source) brought(results postgres.Results, list told) error {
	if err := results.Next(); err != nil {
		return err
	}
	values, err := results.Row()
	if err != nil || values == nil {
		return err
	}
	if len(values) == 1 { // of bringExclusions
		if is(values[0]) {
			return nil
		}
		s.parts.Store(nil)
		return fmt.Errorf("%w: the server is another than the exclusions were made for", postgres.ErrMalformed)
	}
	l, err := learnedFrom(list, values)
	if err != nil {
		return fmt.Errorf("%w: %w", postgres.ErrMalformed, err)
	}
	s.parts.Store(l)
	return nil
}

// learnedFrom takes over a row of learnExclusions.
func learnedFrom(list told, values [][]byte) (*learned, error) {
	if len(values) != 5 || len(values[3]) != 4 || !is(values[4]) {
		return nil, errors.New("exclusions that were not taken apart")
	}
	parts, err := textArray(string(values[2]))
	if err != nil {
		return nil, err
	}
	hash := int(int32(binary.BigEndian.Uint32(values[3])))
	return &learned{list, []postgres.Value{postgres.Int(hash), postgres.Text(string(values[0])), postgres.Text(list.pattern),
		postgres.Text(list.tried()), postgres.Text(string(values[1])), array(parts)}}, nil
}

// is reads a boolean that may be null.
func is(raw []byte) bool { return len(raw) == 1 && raw[0] == 1 }
