package view

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
)

// A view that breaks must break only its own kinds. A statement that tries a whole group's texts reads many relations. So if it
// fails, connections made from then on try each kind's texts apart, right before the kind is read. Connections lent by a pooler
// always do, since they plan every statement anew.

// apartFor is how long the kinds of a group are tried apart after a failure.
const apartFor = time.Hour

// apartKey is where a connection's custom data has the groups whose kinds are tried apart.
const apartKey = "carerecord.apart"

// prepareWords prepares the statements for texts on a new connection. A kind whose texts cannot be tried is broken.
func (s *Source) prepareWords(ctx context.Context, conn *pgx.Conn, broken map[fetch.Kind]error) error {
	apart := map[string]bool{}
	for group, st := range s.words {
		err := errors.New("not now")
		if s.shared == nil && !s.isApart(group) {
			if err = prepareStatement(ctx, conn, st.name, st.sql, wordsColumns(st.groups)); err != nil && !isRefusal(err) {
				return err
			}
		}
		if err != nil {
			apart[group] = true
		}
	}
	for kind, r := range s.reads {
		st := r.wordsStatement()
		if st == nil {
			continue
		}
		name := st.name
		if s.shared != nil {
			name = ""
		}
		switch err := prepareStatement(ctx, conn, name, st.sql, wordsColumns(1)); {
		case err != nil && !isRefusal(err):
			return err
		case err != nil && broken[kind] == nil:
			broken[kind] = fmt.Errorf("%w: view %s", postgres.Kind(ctx, err), kind)
		}
	}
	conn.PgConn().CustomData()[apartKey] = apart
	return nil
}

// isApart reports whether the kinds of a group are tried apart at present.
func (s *Source) isApart(group string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, known := s.apart[group]
	return known && time.Now().Before(until)
}

// part has new connections try the kinds of a group apart, and resets the pool. If the group is apart already, the connections
// from before are on their way out.
func (s *Source) part(group string) {
	if s.isApart(group) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apart[group] = time.Now().Add(apartFor)
	s.pool.Reset()
}

// A wording is the texts of a group that are tried together for a set of patients.
type wording struct {
	group string
	ask   *fetch.Ask // any ask of that set of patients
	alone *statement // the statement of the only kind asked for; nil if there are several
	bits  keySet     // the relations to try
}

// try queues the statements that try texts before the jobs' own, except for groups that are tried apart.
func (w *wave) try(batch *postgres.Batch) {
	w.words = make([]wording, 0, len(w.source.words))
	for _, j := range w.sent {
		trials := j.of.trials()
		group := groupOf(j.ask.Kind)
		if len(trials) == 0 || w.apart[group] {
			continue
		}
		i := slices.IndexFunc(w.words, func(t wording) bool { return t.group == group && t.ask.Subjects == j.ask.Subjects })
		if i < 0 {
			i, w.words = len(w.words), append(w.words, wording{group: group, ask: j.ask, alone: j.of.wordsStatement()})
		}
		t := &w.words[i]
		if t.ask.Kind != j.ask.Kind {
			t.alone = nil
		}
		t.bits.addAll(bits(trials, j.ask))
	}
	w.tryTogether()
	for i := range w.words {
		t := &w.words[i]
		words := w.source.words[t.group]
		w.asked.about(t.ask).keys = words.keys(t.bits)
		if t.alone != nil {
			t.alone.queue(batch, w.asked)
			continue
		}
		words.queue(batch, w.asked)
	}
}

// tryTogether merges the wordings of one set of patients into one, if there are more than mostApart.
func (w *wave) tryTogether() {
	if w.source.words[everything] == nil || w.apart[everything] {
		return
	}
	for i := 0; i < len(w.words); i++ {
		first := w.words[i]
		others := func(t wording) bool { return t.ask.Subjects == first.ask.Subjects && t.group != contentGroup }
		if first.group == contentGroup || first.group == everything || countOf(w.words, others) <= mostApart {
			continue
		}
		all := wording{group: everything, ask: first.ask}
		for _, t := range w.words {
			if others(t) {
				all.bits.addAll(t.bits)
			}
		}
		w.words = slices.Insert(slices.DeleteFunc(w.words, others), i, all)
	}
}

// countOf counts the wordings for which so holds.
func countOf(words []wording, so func(wording) bool) (n int) {
	for _, t := range words {
		if so(t) {
			n++
		}
	}
	return n
}

// tryApart queues the statement that tries the texts of one job, if its group is tried apart.
func (w *wave) tryApart(batch *postgres.Batch, j *job) {
	if !w.triesApart(j) {
		return
	}
	w.asked.about(j.ask).keys = keys(bits(j.of.trials(), j.ask))
	j.of.wordsStatement().queue(batch, w.asked)
}

func (w *wave) triesApart(j *job) bool {
	return len(w.apart) > 0 && j.of.wordsStatement() != nil && w.apart[groupOf(j.ask.Kind)]
}

// hearTried reads the results of the statements that tried texts. While it does, trying is the group whose result it reads.
func (w *wave) hearTried(results postgres.Results) error {
	for _, t := range w.words {
		w.trying = t.group
		if err := passOver(results); err != nil {
			return err
		}
	}
	w.trying = ""
	return nil
}

// passOver skips a statement's rows.
func passOver(results postgres.Results) error {
	err := results.Next()
	for row := [][]byte{}; err == nil && row != nil; {
		row, err = results.Row()
	}
	return err
}

// isRefusal reports whether PostgreSQL refused a statement, or it has other columns than expected.
func isRefusal(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) || errors.Is(err, postgres.ErrMalformed)
}

// prepareStatement prepares a statement and compares its column types with those that will be read.
func prepareStatement(ctx context.Context, conn *pgx.Conn, name, sql string, wanted []uint32) error {
	described, err := conn.Prepare(ctx, name, sql)
	if err != nil {
		return err
	}
	return postgres.SameTypes(described.Fields, wanted)
}
