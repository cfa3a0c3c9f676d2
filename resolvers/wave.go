package resolvers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// errUngranted says a read was about to be made for a patient without a grant.
var errUngranted = errors.New("read without a grant")

// A load is what one source was asked and how it answered.
type load struct {
	loader *fetch.Loader[fetch.Ask, fetch.Answer]
	asks   []fetch.Ask
	values map[fetch.Ask]fetch.Answer
	err    error
	at     time.Time // when it had answered
}

// read starts one batch for each source that is needed, all at once, and waits
// until the last has answered or has run out of time.
func (q *request) read(ctx context.Context) {
	terms := &fetch.Terms{
		ExcludedCodes: q.filter.Codes(), ExcludedWords: q.filter.Pattern(), ExcludedStems: q.filter.Stems(), Specialties: q.filter.Specialties(), Now: q.now,
	}
	ctx = fetch.WithTerms(consent.NewContext(ctx, q.grants), terms)
	q.loads = make([]*load, len(q.root.Sources))
	type pending struct {
		load  *load
		ask   fetch.Ask
		thunk fetch.Thunk[fetch.Answer]
	}
	var waiting []pending
	for i := range q.root.Sources {
		asks := q.asksOf(i)
		if len(asks) == 0 {
			continue
		}
		l := &load{asks: asks, values: make(map[fetch.Ask]fetch.Answer, len(asks))}
		l.loader = fetch.NewLoader(ctx, asks, q.root.reader(i, l))
		q.loads[i] = l
		for _, ask := range asks {
			waiting = append(waiting, pending{l, ask, l.loader.Load(ctx, ask)})
		}
	}
	for _, p := range waiting {
		answer, err := p.thunk()
		if err != nil {
			p.load.err = err
			continue
		}
		p.load.values[p.ask] = answer
	}
}

// asksOf lists what is asked of a source: the planned Asks of its sector that it
// can be asked at all.
func (q *request) asksOf(source int) []fetch.Ask {
	s := &q.root.Sources[source]
	var asks []fetch.Ask
	for _, k := range q.planned.order {
		ask, wanted := q.planned.asks[k]
		if !wanted || !q.root.kinds[source][k.kind] || !q.wantedOf(s, k) {
			continue
		}
		if k.kind == fetch.Notes && len(asks) == 0 {
			continue // nothing else is asked of it: notes come last
		}
		asks = append(asks, ask)
	}
	return asks
}

// wantedOf reports whether a planned read is meant for a source: by sector, and by
// name where one document is asked for.
func (q *request) wantedOf(s *Source, k key) bool {
	if k.filter.Source != "" {
		return k.filter.Source == s.Name
	}
	if k.adults != (s.Sector == record.SocialCare) {
		return false
	}
	return k.kind == fetch.Notes || q.planned.sectors[k][s.Sector]
}

// reader is how a source is read in a request: within its deadline, observed, and
// for nobody without a grant.
func (r *Root) reader(source int, l *load) fetch.Func[fetch.Ask, fetch.Answer] {
	s := &r.Sources[source]
	read := r.guarded(fetch.Within(s.Deadline, s.Read))
	return func(ctx context.Context, asks []fetch.Ask) (map[fetch.Ask]fetch.Answer, error) {
		started := time.Now()
		answers, err := read(ctx, asks)
		l.at = r.Now()
		state := stateOf(err)
		if ctx.Err() == nil { // a client that left says nothing of the source
			r.health.saw(source, state, l.at)
		}
		r.Observe(ctx, Observation{Source: s.Name, Sector: s.Sector, Duration: time.Since(started), Outcome: state, Asks: len(asks), Err: err})
		return answers, err
	}
}

// guarded refuses a read for a patient whose grant does not allow its class. What a
// source says of whole classes, and whether demographics restricts the person, need
// a grant of any. A field that forgets about consent shows nothing rather than
// everything.
func (r *Root) guarded(read fetch.Func[fetch.Ask, fetch.Answer]) fetch.Func[fetch.Ask, fetch.Answer] {
	return func(ctx context.Context, asks []fetch.Ask) (map[fetch.Ask]fetch.Answer, error) {
		grants := consent.FromContext(ctx)
		for _, ask := range asks {
			for _, patient := range ask.Subjects.Patients {
				if grant, ok := grants.For(patient); !ok || !grant.Allows(ask.Class) && ask.Kind != fetch.Notes && ask.Kind != fetch.Persons {
					r.Observe(ctx, Observation{Alarm: AlarmUngranted, Err: fmt.Errorf("%w: %s", errUngranted, ask.Kind)})
					return nil, errUngranted
				}
			}
		}
		return read(ctx, asks)
	}
}

// answer is what a source said to an Ask. ok is false where it was not asked.
func (q *request) answer(source int, ask fetch.Ask) (fetch.Answer, bool) {
	if q.loads[source] == nil {
		return fetch.Answer{}, false
	}
	answer, ok := q.loads[source].values[ask]
	return answer, ok
}

// stateFor is how a source answered for a patient, and when. A source none of whose
// answers could be read did not answer; one that holds nothing of the patient, as it
// said at that time, was not asked.
func (l *load) stateFor(patient record.NHSNumber) (record.SourceState, time.Time) {
	if l.err != nil {
		return stateOf(l.err), time.Time{}
	}
	state := record.SourceAnswered
	for _, ask := range l.asks {
		i := index(ask, patient)
		if i < 0 || ask.Kind == fetch.Notes {
			continue
		}
		answer := l.values[ask]
		err := answer.Err
		if err == nil && answer.Errs != nil {
			err = answer.Errs[i]
		}
		switch {
		case err != nil:
			state = stateOf(err)
		case answer.Skipped != nil && !answer.Skipped[i].IsZero():
			return record.SourceNotAsked, answer.Skipped[i]
		default:
			return record.SourceAnswered, l.at
		}
	}
	return state, l.at
}

// stateOf is how a source answered, from its error.
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

// health is how each source last answered, over all requests.
type health struct {
	mu     sync.Mutex
	states []record.ServiceSourceState
	at     []time.Time
}

func newHealth(sources int) *health {
	h := &health{states: make([]record.ServiceSourceState, sources), at: make([]time.Time, sources)}
	for i := range h.states {
		h.states[i] = record.SourceUntried
	}
	return h
}

func (h *health) saw(source int, state record.SourceState, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if state == record.SourceAnswered {
		h.states[source], h.at[source] = record.SourceUp, at
		return
	}
	h.states[source] = record.SourceDown
}

func (h *health) of(source int) (record.ServiceSourceState, time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.states[source], h.at[source]
}
