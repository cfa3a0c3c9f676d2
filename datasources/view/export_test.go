package view

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
)

// Fields are the names of the child relations of every kind, in the order of their bits.
func Fields() map[fetch.Kind][][]string {
	fields := map[fetch.Kind][][]string{}
	for _, reads := range []map[fetch.Kind]read{all, adult} {
		for kind, r := range reads {
			if e, ok := r.(interface{ fields() []string }); ok {
				fields[kind] = append(fields[kind], e.fields())
			}
		}
	}
	return fields
}

func (e *entries[T, P]) fields() (names []string) {
	for _, c := range e.view.children {
		names = append(names, c.name)
	}
	return names
}

// Explained is a statement of a source with the values of an ask, as PREPARE and EXECUTE.
type Explained struct{ Name, Prepare, Execute string }

// Explain gives the statements of an ask.
func (s *Source) Explain(ask *fetch.Ask, terms *fetch.Terms) (all []Explained) {
	r := s.reads[ask.Kind]
	statements := r.statements()
	if words := r.wordsStatement(); words != nil {
		statements = append([]statement{*words, s.words[groupOf(ask.Kind)].statement}, statements...)
	}
	for _, st := range statements {
		var kinds, values []string
		a := newAsked(s, terms).about(ask)
		a.keys = keys(bits(r.trials(), ask))
		for i, of := range st.values {
			kinds = append(kinds, parameters[st.arguments[i]].sqlType)
			values = append(values, literalOf(of(a)))
		}
		name := strings.NewReplacer(".", "_", " ", "_").Replace(st.name)
		all = append(all, Explained{st.name, fmt.Sprintf("PREPARE %s(%s) AS %s", name, strings.Join(kinds, ", "), st.sql), fmt.Sprintf("EXECUTE %s(%s)", name, strings.Join(values, ", "))})
	}
	return all
}

// Age lets the time pass after which broken views are looked at again.
func (s *Source) Age() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learned = s.learned.Add(-recheckAfter)
}

// Words are the condition under which texts are tried, those among them that are disguised, where the texts are s.said, and whether
// s.row has one of d.disguised.
func Words() (tried, found, has string) {
	return "s.said ~* current_setting('carerecord.stems')", disguised, separate("s.row") + " && d.disguised"
}

// CodeHidden says of each of the systems $1 with the code $2 whether it is on the list, on a connection that was told it.
func CodeHidden() string {
	return "SELECT " + codesHidden("ARRAY[x.system]", "ARRAY[x.code]", "") + " FROM (SELECT convert_to(current_setting('carerecord.excluded'), 'UTF8') AS bits) terms," +
		" unnest($1::text[], $2::text[]) WITH ORDINALITY AS x(system, code, n) ORDER BY x.n"
}

// Tell is the statement that tells a connection what is excluded, with its values.
func Tell(terms *fetch.Terms) (sql string, arguments []any) {
	list := listOf(terms)
	return tellExclusions, []any{list.codes, list.pattern, list.tried()}
}

// Told are the two patterns as a connection is told them, and as each transaction brings them
// to one that is lent.
func Told(terms *fetch.Terms) (told, brought []postgres.Value) {
	list := listOf(terms)
	none := make([]byte, 4)
	l, err := learnedFrom(list, [][]byte{{}, {}, none, none, {1}})
	if err != nil {
		panic(err)
	}
	return list.values()[1:3], l.parts[2:4]
}

// ReadUntold reads without the list.
func (s *Source) ReadUntold(ctx context.Context, terms *fetch.Terms, ask *fetch.Ask) error {
	r, a := s.reads[ask.Kind], newAsked(s, terms)
	words := r.wordsStatement()
	return s.pipeline(ctx, func(_ *pgx.Conn, batch *postgres.Batch) {
		if a.about(ask); words != nil {
			a.keys = keys(bits(r.trials(), ask))
			words.queue(batch, a)
		}
		r.queue(batch, a)
	}, func(results postgres.Results) error {
		if words != nil {
			if err := passOver(results); err != nil {
				return err
			}
		}
		_, _, err := r.collect(&wave{source: s, memory: memory{columns: new(columns)}}, results, &job{ask, r, s.usually(ask), ask.Filter.First})
		return err
	})
}

// Tried are the relations whose words are tried for an ask.
func (s *Source) Tried(ask *fetch.Ask) (relations []string) {
	tried := bits(s.reads[ask.Kind].trials(), ask)
	for i, key := range keysOf {
		if tried.has(i) {
			relations = append(relations, key)
		}
	}
	return relations
}

// TriedWith are the other kinds of an ask's group.
func (s *Source) TriedWith(ask *fetch.Ask) (kinds []fetch.Kind) {
	for _, kind := range s.Kinds() {
		if kind != ask.Kind && groupOf(kind) == groupOf(ask.Kind) && s.reads[kind].wordsStatement() != nil {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// ReadTried reads an ask behind a statement that tries the words of these relations of another's patients; behind none where that is nil. It is
// that of the group, or of the other's kind alone where that is another.
func (s *Source) ReadTried(ctx context.Context, terms *fetch.Terms, ask, of *fetch.Ask, relations []string) error {
	r, a := s.reads[ask.Kind], newAsked(s, terms)
	before := 0
	return s.pipeline(ctx, func(conn *pgx.Conn, batch *postgres.Batch) {
		if tell(conn, batch, listOf(terms)) {
			before++
		}
		if of != nil {
			before++
			a.about(of).keys, a.set = array(relations), 1
			if of.Kind != ask.Kind {
				s.reads[of.Kind].wordsStatement().queue(batch, a)
			} else {
				s.words[groupOf(ask.Kind)].queue(batch, a)
			}
		}
		a.about(ask).set = 1
		r.queue(batch, a)
	}, func(results postgres.Results) error {
		for range before {
			if err := passOver(results); err != nil {
				return err
			}
		}
		_, _, err := r.collect(&wave{source: s, memory: memory{columns: new(columns)}}, results, &job{ask, r, s.usually(ask), ask.Filter.First})
		return err
	})
}

// Apart reports whether the words of a kind are tried by themselves, on a connection of the pool.
func (s *Source) Apart(kind fetch.Kind) bool { return s.apartOnes()[groupOf(kind)] }

// ApartFromAll reports whether no words are tried together with those of all groups.
func (s *Source) ApartFromAll() bool { return s.apartOnes()[everything] }

func (s *Source) apartOnes() map[string]bool {
	conn, err := s.pool.Acquire(context.Background())
	if err != nil {
		return nil
	}
	defer conn.Release()
	apart, _ := conn.Conn().PgConn().CustomData()[apartKey].(map[string]bool)
	return apart
}

// Rejoin lets the time pass for which words are tried apart, and the connections that do.
func (s *Source) Rejoin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for group := range s.apart {
		s.apart[group] = time.Time{}
	}
	s.pool.Reset()
}

// Mislearn is as if what was learned had been learned of another server.
func (s *Source) Mislearn() {
	l := *s.parts.Load()
	l.parts = slices.Clone(l.parts)
	l.parts[0] = postgres.Int(-1)
	s.parts.Store(&l)
}

// Left is what a connection of the pool still has of what it was told.
func (s *Source) Left(t testing.TB) (left []string) {
	t.Helper()
	conn, err := s.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	rows, err := conn.Query(t.Context(), `SELECT name FROM pg_settings WHERE name LIKE 'carerecord.%' AND setting <> '' OR name = 'jit' AND setting = 'off' AND source = 'session'
		UNION ALL SELECT name FROM pg_prepared_statements WHERE name <> '' UNION ALL SELECT relname FROM pg_class WHERE relpersistence = 't'`)
	if err == nil {
		left, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func literalOf(v postgres.Value) string {
	if v.Null() {
		return "NULL"
	}
	return "'" + strings.ReplaceAll(v.String(), "'", "''") + "'"
}
