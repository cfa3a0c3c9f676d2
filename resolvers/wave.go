package resolvers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// errUngranted says that a read was about to be made for a patient without a grant.
var errUngranted = errors.New("read without a grant")

// A load is what one source was asked, and how it answered.
type load struct {
	asks    []*fetch.Ask
	answers []fetch.Answer // one for each ask; empty if there is an error
	places  []int32        // by reading of the plan: index into asks plus 1; 0 if it was not asked
	err     error
	at      time.Time // when the answer was complete
	took    time.Duration
	waited  bool // until it answered or its deadline passed
}

// read reads all sources that are needed, concurrently and each in one batch. It waits until the last has answered or its
// deadline has passed, or until demographics restricts every patient.
func (q *request) read(ctx context.Context) {
	ctx = fetch.WithTerms(consent.NewContext(ctx, q.grants), fetch.TermsOf(q.filter, q.now))
	q.loads = make([]*load, len(q.root.Sources))
	var sources []int
	for i := range q.root.Sources {
		if l := q.loadOf(i); len(l.asks) > 0 {
			q.loads[i], sources = l, append(sources, i)
		}
	}
	if len(sources) == 0 {
		return
	}
	began := time.Now()
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	loader := fetch.NewLoader(ctx, sources, fetch.Apart(q.untilNobody(leave)))
	thunks := make([]fetch.Thunk[fetch.Result[[]fetch.Answer]], len(sources))
	for i, source := range sources {
		thunks[i] = loader.Load(ctx, source)
	}
	for i, source := range sources {
		result, err := thunks[i]()
		q.loads[source].heard(result.Value, cmp.Or(err, result.Err))
	}
	q.reading += time.Since(began)
}

// heard stores a source's answers.
func (l *load) heard(answers []fetch.Answer, err error) {
	if l.answers, l.err = answers, err; err != nil {
		l.answers = make([]fetch.Answer, len(l.asks))
	}
}

// loadOf is what is asked of a source: the asks that are meant for it and have patients, and of demographics the check.
func (q *request) loadOf(source int) *load {
	meant := q.planned.meant[source]
	l := &load{places: make([]int32, len(q.asks)), asks: make([]*fetch.Ask, 0, len(meant))}
	for _, at := range meant {
		ask := &q.asks[at]
		if ask.Subjects == nil || ask.Kind == fetch.Notes && len(l.asks) == 0 { // notes come last, and are not asked for alone
			continue
		}
		l.asks = append(l.asks, ask)
		l.places[at] = int32(len(l.asks))
	}
	if q.check != nil && q.root.Sources[source].Sector == record.Demographics && q.root.kinds[source][fetch.Persons] {
		l.asks = append(l.asks, q.check)
	}
	return l
}

// wantedOf reports whether a planned read is meant for a source: by its sector, or by its name if one document is asked for.
func (r *reading) wantedOf(s *Source) bool {
	if r.filter.Source != "" {
		return r.filter.Source == s.Name
	}
	if r.adults != (s.Sector == record.SocialCare) {
		return false
	}
	return r.kind == fetch.Notes || slices.Contains(r.sectors, s.Sector)
}

// readSource reads a source within its deadline, for nobody without a grant. An ask that it did not answer is unavailable, not
// empty.
func (q *request) readSource(ctx context.Context, source int) ([]fetch.Answer, error) {
	s, l := &q.root.Sources[source], q.loads[source]
	started := time.Now()
	answers, err := q.root.guarded(fetch.Within(s.Deadline, s.Read))(ctx, l.asks)
	l.at, l.took = q.root.Now(), time.Since(started)
	l.waited = err == nil || !errors.Is(ctx.Err(), context.Canceled) // a cancelled read says nothing about its source
	if err != nil {
		return nil, err
	}
	values := make([]fetch.Answer, len(l.asks))
	for k, ask := range l.asks {
		answer, answered := answers[ask]
		if !answered {
			answer.Err = record.ErrUnavailable
		}
		values[k] = answer
	}
	return values, nil
}

// guarded refuses a read if any of its patients has no grant for its class. Notes, and the person in demographics, need a grant
// of any class; the person may also be one who is only to be checked. So a field that forgets about consent shows nothing rather
// than everything.
func (r *Root) guarded(read fetch.Func[*fetch.Ask, fetch.Answer]) fetch.Func[*fetch.Ask, fetch.Answer] {
	return func(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
		grants := consent.FromContext(ctx)
		var of *fetch.Subjects // most asks share them
		var held []consent.Grant
		for _, ask := range asks {
			if of != ask.Subjects {
				of, held = ask.Subjects, grants.Of(held[:0], ask.Subjects.Patients)
			}
			whole := ask.Kind == fetch.Notes || ask.Kind == fetch.Persons
			for i, patient := range of.Patients {
				if grant := held[i]; (grant.Patient() == "" || grant.Patient() != patient || !grant.Allows(ask.Class) && !whole) &&
					!(ask.Kind == fetch.Persons && grants.Checks(patient)) {
					r.Observe(ctx, Observation{Alarm: AlarmUngranted, Err: fmt.Errorf("%w: %s", errUngranted, ask.Kind)})
					return nil, errUngranted
				}
			}
		}
		return read(ctx, asks)
	}
}

// answer is a source's answer to a reading of the plan. ok is false if it was not asked, or failed as a whole.
func (q *request) answer(source, at int) (fetch.Answer, bool) {
	l := q.loads[source]
	if l == nil || l.err != nil || at < 0 || l.places[at] == 0 {
		return fetch.Answer{}, false
	}
	return l.answers[l.places[at]-1], true
}

// people are the persons whom a source answered with, by patient; nobody if it was not asked or did not answer.
func (l *load) people() iter.Seq2[record.NHSNumber, *record.Person] {
	return func(yield func(record.NHSNumber, *record.Person) bool) {
		if l == nil {
			return
		}
		for k, ask := range l.asks {
			if ask.Kind != fetch.Persons {
				continue
			}
			rows := fetch.RowsOf[record.Person](l.answers[k])
			for subject, patient := range ask.Subjects.Patients {
				some := rows.Of(subject)
				for i := range some {
					if !yield(patient, &some[i]) {
						return
					}
				}
			}
		}
	}
}

// stateFor is how a source answered for a patient, as they are shown. A source none of whose answers could be read did not
// answer. One that was skipped has answered: it said lately that it holds nothing of the patient, which counts. If it were told
// apart, it would tell whose source holds only what may not be shown, and when somebody else asked.
func (l *load) stateFor(patient record.NHSNumber) record.SourceState {
	state, _ := l.answerOf(patient)
	return state
}

// auditedState is the same for the trail, where a source that was skipped was not asked.
func (l *load) auditedState(patient record.NHSNumber) record.SourceState {
	state, skipped := l.answerOf(patient)
	if skipped {
		return record.SourceNotAsked
	}
	return state
}

func (l *load) answerOf(patient record.NHSNumber) (state record.SourceState, skipped bool) {
	if l.err != nil {
		return stateOf(l.err), false
	}
	state = record.SourceAnswered
	for k, ask := range l.asks {
		i := index(ask, patient)
		if i < 0 || ask.Kind == fetch.Notes {
			continue
		}
		answer := l.answers[k]
		err := answer.Err
		if err == nil && answer.Errs != nil {
			err = answer.Errs[i]
		}
		switch {
		case err != nil:
			state = stateOf(err)
		default:
			return record.SourceAnswered, answer.Skipped != nil && !answer.Skipped[i].IsZero()
		}
	}
	return state, false
}

// stateOf is a source's state, from its error.
func stateOf(err error) record.SourceState {
	if err == nil {
		return record.SourceAnswered
	}
	switch record.ReasonOf(err) {
	case record.TimedOut:
		return record.SourceTimedOut
	case record.Refused:
		return record.SourceRefused
	}
	return record.SourceUnavailable
}
