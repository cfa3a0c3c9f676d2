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

// level delays an operation that refuses any patient for want of a care relationship or of a record until it has taken
// a multiple of Options.Refusals, so that its time does not reveal which of the patients exist. Without this, a number
// that leads to another would cost one more look-up, and a person whom only demographics restricts would cost a read of
// demographics. For the same reason, an operation that shows nobody also makes up the time, if any, by which its reads
// were faster than the slowest of the latest reads of demographics.
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

// usual records how long the latest reads of demographics for one patient took. It is safe for concurrent use.
type usual struct {
	mu    sync.Mutex
	times [64]time.Duration // about one read in as many takes longer than all of these
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

// untilNobody reads sources as readSource does. It calls leave once all demographics sources have answered and restrict
// everybody who was to be shown: nobody will see what the other sources hold, and waiting for them would reveal how
// long they take.
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
		shown, checked := patientsOf(&q.asks[q.planned.persons]), patientsOf(q.check)
		if len(shown)+len(checked) == 1 {
			q.root.usual.took(time.Since(began))
		}
		refused := q.restricted()
		if !slices.ContainsFunc(shown, func(patient record.NHSNumber) bool { return refused[patient] == "" }) {
			leave()
		}
		return answers, err
	}
}

// patientsOf lists whom an ask is about; nobody if it is not asked.
func patientsOf(ask *fetch.Ask) []record.NHSNumber {
	if ask == nil || ask.Subjects == nil {
		return nil
	}
	return ask.Subjects.Patients
}
