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

// A view that breaks must break its own kinds alone. So where what tries a group's texts fails, which may read
// all their relations, each kind's texts are tried by themselves right before it is read, by the connections that are made
// from then on; where connections are lent, and every statement is planned anew, they are in any case.

// apartFor is how long they are.
const apartFor = time.Hour

// apartKey is where a connection keeps the groups whose kinds are tried apart.
const apartKey = "carerecord.apart"

// prepareWords names the statements for texts on a new connection. A kind whose texts cannot be tried is broken.
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

// isApart reports whether the kinds of a group are tried apart for a while.
func (s *Source) isApart(group string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, known := s.apart[group]
	return known && time.Now().Before(until)
}

// part has the kinds of a group tried apart, by new connections. Where that was said already those from before are on their way out.
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
	ask   *fetch.Ask // one of that set
	alone *statement // of the one kind that is asked for; nil where there are several
	bits  keySet
}

// try queues what must be tried before the jobs that are sent, for all that are not tried apart.
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

// tryTogether has the groups of one set of patients tried by one statement where they are more than a few.
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

// countOf is how many wordings are so.
func countOf(words []wording, so func(wording) bool) (n int) {
	for _, t := range words {
		if so(t) {
			n++
		}
	}
	return n
}

// tryApart queues what must be tried before one job.
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

// hearTried reads what came of trying. While it does, trying is the group whose statement it reads.
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

// passOver reads a statement's rows to the end.
func passOver(results postgres.Results) error {
	err := results.Next()
	for row := [][]byte{}; err == nil && row != nil; {
		row, err = results.Row()
	}
	return err
}

// isRefusal reports whether PostgreSQL took a statement, or what it gives, for wrong.
func isRefusal(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) || errors.Is(err, postgres.ErrMalformed)
}

// prepareStatement names a statement and compares what it will give.
func prepareStatement(ctx context.Context, conn *pgx.Conn, name, sql string, wanted []uint32) error {
	described, err := conn.Prepare(ctx, name, sql)
	if err != nil {
		return err
	}
	return postgres.SameTypes(described.Fields, wanted)
}
