package resolvers

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/wait"
)

// level has an operation that refuses anybody for want of a care relationship or of a
// record take a whole number of Options.Refusals, so that how long it takes does not tell
// which of the patients there are: a number that leads to another costs a lookup more, and
// somebody whom demographics alone restricts a read of it. So whoever is shown nobody waits
// besides as long as demographics may have taken, in place of what it took.
func (q *request) level(ctx context.Context) {
	step := q.root.Refusals
	if step <= 0 || !q.refusesAlike() {
		return
	}
	until := time.Since(q.began)
	if q.showsNobody() {
		until += max(0, q.root.usual.longest()-q.reading)
	}
	until += step - until%step
	wait.Until(ctx, q.began.Add(until))
}

func (q *request) refusesAlike() bool {
	for _, decision := range q.decisions {
		if decision.Outcome == consent.NoCareRelationship || decision.Outcome == consent.NotFound {
			return true
		}
	}
	return false
}

// usual is how long demographics took to answer of one patient, the last times.
type usual struct {
	mu    sync.Mutex
	times [64]time.Duration // one that takes longer than all of these comes once in as many
	next  int
}

func (u *usual) took(d time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.times[u.next] = d
	u.next = (u.next + 1) % len(u.times)
}

func (u *usual) longest() time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Max(u.times[:])
}

// untilNobody reads sources as readSource does, and leaves once demographics, whose last
// source is heard, restricts everybody who was to be shown: how long the other sources
// take would else be told, and nobody sees what they hold.
func (q *request) untilNobody(leave func()) func(context.Context, int) ([]fetch.Answer, error) {
	var unheard atomic.Int32
	for _, i := range q.root.bySector[record.Demographics] {
		if q.loads[i] != nil {
			unheard.Add(1)
		}
	}
	began := time.Now()
	return func(ctx context.Context, source int) ([]fetch.Answer, error) {
		answers, err := q.readSource(ctx, source)
		if q.root.Sources[source].Sector != record.Demographics {
			return answers, err
		}
		q.loads[source].heard(answers, err)
		if unheard.Add(-1) > 0 {
			return answers, err
		}
		everyone := q.asks[q.planned.persons].Subjects.Patients
		if len(everyone) == 1 {
			q.root.usual.took(time.Since(began))
		}
		if refused := q.restricted(); len(refused) == len(everyone) {
			leave()
		}
		return answers, err
	}
}
