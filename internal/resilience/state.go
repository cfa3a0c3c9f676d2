package resilience

import (
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"carerecord/internal/record"
)

// An Event is something that happened beside a plain read.
type Event string

// What can happen.
const (
	Retried      Event = "RETRIED"       // a read was made again
	RetryRefused Event = "RETRY_REFUSED" // it would have been, but too many were
	Hedged       Event = "HEDGED"        // a second read was made beside the first
	HedgeRefused Event = "HEDGE_REFUSED" // it would have been, but too many were
	Full         Event = "FULL"          // turned away: too many reads are under way
	Rejected     Event = "REJECTED"      // turned away: the source does not answer
	Opened       Event = "OPENED"        // the source is not asked for a moment
	HalfOpened   Event = "HALF_OPENED"   // it is tried again
	Closed       Event = "CLOSED"        // it answers again
)

// Breaker says whether a source is asked.
type Breaker string

// The states of a breaker.
const (
	IsClosed   Breaker = "CLOSED"    // it is asked
	IsHalfOpen Breaker = "HALF_OPEN" // a few reads find out whether it answers again
	IsOpen     Breaker = "OPEN"      // it is not asked; the first read after a moment is a probe
)

// State is how a source stands.
type State struct {
	Breaker     Breaker
	Since       time.Time
	InFlight    int              // reads under way, with those that nobody waits for any more
	LastError   record.GapReason // how a read last failed; "" when none has
	LastErrorAt time.Time
}

type mishap struct {
	kind record.GapReason
	at   time.Time
}

// State is how the source stands now.
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
