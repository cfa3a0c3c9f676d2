package resolvers

import (
	"context"
	"errors"
	"sync"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// health records how each source last answered, over all requests. It is safe for concurrent use.
type health struct {
	mu     sync.Mutex
	states []record.ServiceSourceState
	at     []time.Time
	lost   []loss // by source: the latest read of one kind that failed
}

// A loss is why and when one kind could not be read from a source that otherwise answered.
type loss struct {
	reason record.GapReason
	at     time.Time
}

func newHealth(sources int) *health {
	h := &health{states: make([]record.ServiceSourceState, sources), at: make([]time.Time, sources), lost: make([]loss, sources)}
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

// missed records that a kind could not be read.
func (h *health) missed(source int, err error, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lost[source] = loss{record.ReasonOf(err), at}
}

// failure returns the health of a source with its latest failed read, which may be of one kind only.
func (h *health) failure(source int, whole record.SourceHealth) record.SourceHealth {
	h.mu.Lock()
	defer h.mu.Unlock()
	if lost := h.lost[source]; lost.reason != "" && !lost.at.Before(whole.LastFailureAt.Time) {
		whole.LastFailure, whole.LastFailureAt = &lost.reason, record.At(lost.at)
	}
	return whole
}

func (h *health) of(source int) (record.ServiceSourceState, time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.states[source], h.at[source]
}

// observe reports how each source that was asked answered.
func (q *request) observe(ctx context.Context) {
	for i, l := range q.loads {
		if l == nil {
			continue
		}
		s, shows := &q.root.Sources[i], q.shows(l)
		if l.waited {
			q.root.Observe(ctx, Observation{Source: s.Name, Sector: s.Sector, Duration: l.took, Outcome: stateOf(l.err), Asks: len(l.asks), Err: l.err, OfNobody: !shows})
			q.observeKinds(ctx, i, shows)
		}
		if shows && ctx.Err() == nil { // a client that disconnected says nothing about a source
			q.root.health.saw(i, stateOf(l.err), l.at)
		}
	}
}

// observeKinds reports the kinds that could not be read from a source that answered, such as a view that is broken or
// that we have no permission to read.
func (q *request) observeKinds(ctx context.Context, source int, shows bool) {
	s, l := &q.root.Sources[source], q.loads[source]
	for k := range l.answers {
		err := l.answers[k].Err
		if l.err != nil || err == nil || errors.Is(err, record.ErrNotServed) {
			continue
		}
		q.root.Observe(ctx, Observation{Source: s.Name, Sector: s.Sector, Kind: l.asks[k].Kind, Err: err})
		if shows && ctx.Err() == nil {
			q.root.health.missed(source, err, l.at)
		}
	}
}

// shows reports whether a source was asked about anybody who is shown. serviceSources and readiness do not reflect
// reads about others only: they would reveal that there are such people.
func (q *request) shows(l *load) bool {
	for _, ask := range l.asks {
		if ask.Kind == fetch.Notes { // only asked along with others
			continue
		}
		for _, patient := range ask.Subjects.Patients {
			if _, granted := q.grants.For(patient); granted {
				return true
			}
		}
	}
	return false
}
