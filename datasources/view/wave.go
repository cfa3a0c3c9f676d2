package view

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
)

// A job is an ask and how many entries to read for it: more than asked for, after some turned out to be unreadable.
type job struct {
	ask   *fetch.Ask
	of    read
	usual *usual
	first int
}

// read is the ask with that limit.
func (j job) read() *fetch.Ask {
	if j.first == j.ask.Filter.First {
		return j.ask
	}
	more := *j.ask
	more.Filter.First = j.first
	return &more
}

// A wave is the state of one Read.
type wave struct {
	source  *Source
	asked   *asked
	list    told
	screen  fetch.Screen
	clean   *fetch.Screen // the same, in a place of its own: codes keep it beyond the request; nil until one does
	jobs    []job         // still to be answered
	answers map[*fetch.Ask]fetch.Answer
	memory  memory  // of the entries
	row     row     // that is read
	owner   []int32 // by entry of the ask that is read, whose it is
	starts  []int32 // room for what fetch.Rows begins at

	attempt // under way
}

// An attempt is one pipeline with the jobs still to be answered, on one connection.
type attempt struct {
	conn   *pgx.Conn
	tells  bool            // it begins with the list
	words  []wording       // tried together, before what is sent
	apart  map[string]bool // groups whose kinds are tried apart on this connection
	trying string          // the group whose statement is read
	sent   []*job
	done   int   // how many of sent were answered
	again  []job // of these, to be read once more
}

// send sends the jobs still to be answered in one pipeline.
func (w *wave) send(ctx context.Context) error {
	w.attempt = attempt{} // where no connection is to be had, what was sent before must not be blamed
	err := w.source.pipeline(ctx, w.queue, w.collect)
	switch {
	case err == nil:
		w.jobs = w.again
		return nil
	case w.trying != "" && isBroken(err):
		w.source.part(w.trying)
		w.jobs = nil
		for _, j := range w.sent {
			w.jobs = append(w.jobs, *j)
		}
		return nil
	case w.done < len(w.sent) && isBroken(err):
		// This one broke; the ones before it are answered, those after it were not asked.
		broke := w.sent[w.done].ask
		err = fmt.Errorf("%w: view %s", err, broke.Kind)
		w.answers[broke] = fetch.Answer{Err: err}
		w.jobs = w.again
		for _, j := range w.sent[w.done+1:] {
			w.jobs = append(w.jobs, *j)
		}
		return nil
	}
	return err
}

// isBroken reports whether a statement failed because of the view it reads.
func isBroken(err error) bool {
	return errors.Is(err, postgres.ErrMalformed) || errors.Is(err, postgres.ErrRefused)
}

// pipeline sends a batch in one round trip.
func (s *Source) pipeline(ctx context.Context, fill func(*pgx.Conn, *postgres.Batch), read func(postgres.Results) error) error {
	if s.shared != nil {
		return postgres.Transaction(ctx, s.pool, s.shared, fill, read)
	}
	return postgres.Pipeline(ctx, s.pool, fill, read)
}

func (w *wave) queue(conn *pgx.Conn, batch *postgres.Batch) {
	if last := w.source.list.Load(); last == nil || !last.equal(w.list) {
		list := w.list // by itself: the wave holds answers
		w.source.list.Store(&list)
	}
	apart, _ := conn.PgConn().CustomData()[apartKey].(map[string]bool)
	w.attempt = attempt{conn: conn, apart: apart, sent: make([]*job, 0, len(w.jobs))}
	broken := brokenOn(conn)
	for i := range w.jobs {
		j := &w.jobs[i]
		if err := broken[j.ask.Kind]; err != nil {
			w.answers[j.ask] = fetch.Answer{Err: err}
			w.source.recheck()
			continue
		}
		w.sent = append(w.sent, j)
	}
	switch {
	case len(w.sent) == 0:
		return
	case w.source.shared != nil:
		w.source.bring(batch, w.list)
	default:
		w.tells = tell(conn, batch, w.list)
	}
	w.try(batch)
	for _, j := range w.sent {
		w.tryApart(batch, j)
		j.of.queue(batch, w.asked.about(j.read()))
	}
}

// collect reads the results. If the connection was lost, the statements that were sent on it are not to blame for a
// failure to get another one.
func (w *wave) collect(results postgres.Results) error {
	err := w.collectAll(results)
	if err != nil && !isBroken(postgres.Kind(context.Background(), err)) {
		w.attempt = attempt{}
	}
	return err
}

func (w *wave) collectAll(results postgres.Results) error {
	if err := w.hear(results); err != nil {
		w.done = len(w.sent) // none of them is to blame
		return err
	}
	if err := w.hearTried(results); err != nil {
		return err
	}
	w.expect()
	for _, j := range w.sent {
		if w.triesApart(j) {
			if err := passOver(results); err != nil {
				return err
			}
		}
		before := w.memory.sizes()
		answer, short, err := j.of.collect(w, results, j)
		if err != nil {
			return err
		}
		j.usual.saw(len(j.ask.Subjects.Patients), before, w.memory.sizes())
		w.done++
		if short && j.first < maxRows {
			w.again = append(w.again, job{j.ask, j.of, j.usual, 2 * j.first})
			continue
		}
		w.answers[j.ask] = answer
	}
	if w.tells { // only now: what a failed pipeline set is undone
		w.conn.PgConn().CustomData()[toldKey] = w.list
	}
	return nil
}

// expect reserves memory for the answers to come.
func (w *wave) expect() {
	var all sizes
	starts := 0
	for _, j := range w.sent {
		j.usual.add(&all, len(j.ask.Subjects.Patients))
		starts += len(j.ask.Subjects.Patients) + 1
	}
	w.memory.expect(all)
	w.starts = make([]int32, 0, starts)
}

// begin is the row into which rows of a kind are decoded.
func (w *wave) begin(kind string) *row {
	w.row = row{source: w.source, kind: kind, memory: &w.memory}
	return &w.row
}

// tally is an empty tally of an ask.
func (w *wave) tally(ask *fetch.Ask) tally {
	return tally{ask: ask, owner: w.owner[:0], perSubject: w.counts(len(ask.Subjects.Patients) + 1)}
}

// counts is a number of zeros, to count entries by subject.
func (w *wave) counts(n int) []int32 {
	if cap(w.starts)-len(w.starts) < n {
		return make([]int32, n)
	}
	from := len(w.starts)
	w.starts = w.starts[:from+n]
	return w.starts[from : from+n : from+n]
}

// hear reads the result of telling the connection the exclusion list.
func (w *wave) hear(results postgres.Results) error {
	switch {
	case len(w.sent) == 0:
		return nil
	case w.source.shared != nil:
		return w.source.brought(results, w.list)
	case w.tells:
		return results.Next()
	}
	return nil
}

// refused is the error if the source refused everything that was asked.
func (w *wave) refused() error {
	for _, answer := range w.answers {
		if !errors.Is(answer.Err, postgres.ErrRefused) {
			return nil
		}
	}
	for _, answer := range w.answers {
		return answer.Err
	}
	return nil
}
