package resilience

import (
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"carerecord/internal/record"
)

// An Event is something that happens besides a plain read.
type Event string

// The events.
const (
	Retried      Event = "RETRIED"       // a read was repeated
	RetryRefused Event = "RETRY_REFUSED" // a read was not repeated because too many were
	Hedged       Event = "HEDGED"        // a second read was started beside the first
	HedgeRefused Event = "HEDGE_REFUSED" // no second read was started because too many were
	Full         Event = "FULL"          // turned away: too many reads are in progress
	Rejected     Event = "REJECTED"      // turned away: the source does not answer
	Opened       Event = "OPENED"        // the source is not asked for a moment
	HalfOpened   Event = "HALF_OPENED"   // the source is tried again
	Closed       Event = "CLOSED"        // the source answers again
)

// Breaker is whether a source is asked.
type Breaker string

// The states of a breaker.
const (
	IsClosed   Breaker = "CLOSED"    // the source is asked
	IsHalfOpen Breaker = "HALF_OPEN" // a few reads find out whether it answers again
	IsOpen     Breaker = "OPEN"      // the source is not asked; the first read after Options.OpenFor is a probe
)

// State is the condition of a source.
type State struct {
	Breaker     Breaker
	Since       time.Time
	InFlight    int              // reads in progress, including those that nobody waits for any more
	LastError   record.GapReason // how a read last failed; "" if none has
	LastErrorAt time.Time
}

type mishap struct {
	kind record.GapReason
	at   time.Time
}

// State returns the present condition of the source.
func (g *Guarded) State() State {
	s := State{Breaker: breakers[g.breaker.State()], Since: *g.since.Load(), InFlight: int(g.inFlight.Load())}
	if last := g.last.Load(); last != nil {
		s.LastError, s.LastErrorAt = last.kind, last.at
	}
	return s
}

var breakers = map[circuitbreaker.State]Breaker{
	circuitbreaker.ClosedState: IsClosed, circuitbreaker.HalfOpenState: IsHalfOpen, circuitbreaker.OpenState: IsOpen,
}

var transitions = map[circuitbreaker.State]Event{
	circuitbreaker.ClosedState: Closed, circuitbreaker.HalfOpenState: HalfOpened, circuitbreaker.OpenState: Opened,
}

func (g *Guarded) changed(e circuitbreaker.StateChangedEvent) {
	now := time.Now()
	g.since.Store(&now)
	g.o.Observe(transitions[e.NewState])
}
