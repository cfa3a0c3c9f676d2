package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"carerecord/internal/auth"
)

// A Refusal is a request of a signed-in person that was refused before it ran.
type Refusal struct {
	Who       Who
	Purpose   auth.Purpose
	Client    Client
	Code      string // the error code of the answer
	RequestID string
}

// The limits of what refusals add to the trail.
const (
	refusalsEvery   = time.Minute
	maxRefusals     = 500 // events at a time; all others become one more event, of nobody
	refusalsInWrite = 100 // events in one write, so that an answer that waits for the trail is hardly delayed
	refusalsWithin  = 5 * time.Second
)

// Refusals records in the trail who was refused before anything ran. Nothing was
// disclosed, so nobody waits for the write. The refusals of a person, in one role at one
// organisation, for one reason are counted. Once a minute they are written as one event
// with their number. So a script can neither fill the trail nor delay those who write to
// it. What cannot be written is kept for the next minute. Events may be in the trail
// twice if the database did not confirm that it had written them.
type Refusals struct {
	record func(context.Context, []Entry) ([]Result, error)
	failed func(error)
	stop   context.CancelFunc
	ended  chan struct{}

	mu      sync.Mutex
	counted map[refusalKey]*refused
	others  refused // beyond maxRefusals
}

type refusalKey struct {
	subject, organisation string
	role                  auth.Role
	code                  string
}

// refused is how often something was refused, and the first refusal in full.
type refused struct {
	Refusal
	times       int
	first, last time.Time
}

// NewRefusals starts counting refusals. record is the Record of a trail. failed is
// called when they could not be written. Close ends it.
func NewRefusals(record func(context.Context, []Entry) ([]Result, error), failed func(error)) *Refusals {
	ctx, stop := context.WithCancel(context.Background())
	r := &Refusals{record: record, failed: failed, stop: stop, ended: make(chan struct{}), counted: map[refusalKey]*refused{}}
	go r.write(ctx) // ends with Close
	return r
}

// Count adds a refusal. It does not wait for a write.
func (r *Refusals) Count(one Refusal) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(refused{one, 1, now, now})
}

func (r *Refusals) add(more refused) {
	key := refusalKey{more.Who.Subject, more.Who.Organisation, more.Who.Role, more.Code}
	to := r.counted[key]
	switch {
	case to != nil:
	case more.Who.Subject == "" || len(r.counted) >= maxRefusals:
		to, more.Refusal = &r.others, Refusal{}
	default:
		to = &refused{}
		r.counted[key] = to
	}
	if to.times == 0 || more.first.Before(to.first) {
		to.Refusal, to.first = more.Refusal, more.first
	}
	to.times, to.last = to.times+more.times, later(to.last, more.last)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// write writes what was counted, once a minute.
func (r *Refusals) write(ctx context.Context) {
	defer close(r.ended)
	tick := time.NewTicker(refusalsEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := r.flush(context.WithoutCancel(ctx)); err != nil {
				r.failed(err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// Close writes what was counted since the last write and ends the writing. What is
// counted later is never written.
func (r *Refusals) Close(ctx context.Context) error {
	r.stop()
	<-r.ended
	return r.flush(ctx)
}

// flush writes what was counted so far. What could not be written stays counted.
func (r *Refusals) flush(ctx context.Context) error {
	all := r.take()
	for len(all) > 0 {
		some := all[:min(len(all), refusalsInWrite)]
		if err := r.writeSome(ctx, some); err != nil {
			r.putBack(all)
			return fmt.Errorf("refusals of %d kinds: %w", len(all), err)
		}
		all = all[len(some):]
	}
	return nil
}

// take returns what was counted, the earliest first, and starts anew. The one event for
// all others comes last.
func (r *Refusals) take() []refused {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []refused
	for _, one := range r.counted {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b refused) int { return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.Code, b.Code)) })
	if r.others.times > 0 {
		all = append(all, r.others)
	}
	r.counted, r.others = map[refusalKey]*refused{}, refused{}
	return all
}

func (r *Refusals) putBack(all []refused) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range all {
		r.add(one)
	}
}

func (r *Refusals) writeSome(ctx context.Context, some []refused) error {
	ctx, cancel := context.WithTimeout(ctx, refusalsWithin)
	defer cancel()
	entries := make([]Entry, len(some))
	for i, one := range some {
		entries[i].Event = one.event(time.Now())
	}
	_, err := r.record(ctx, entries)
	return err
}

// event returns the event for a count. Its note says how often and until when; its time
// and request are those of the first refusal. A time later than now was counted while this
// machine's clock was ahead: now stands for it, or no trail would take the event.
func (r refused) event(now time.Time) Event {
	if r.first.After(now) {
		r.first = now
	}
	return Event{
		Action: Reject, Who: r.Who, Purpose: r.Purpose, Client: r.Client, RequestID: r.RequestID, ReceivedAt: r.first, Outcome: Rejected,
		Note: fmt.Sprintf("%s; requests: %d; last: %s", cmp.Or(r.Code, "of more people than are told apart"), r.times, r.last.UTC().Format(time.RFC3339)),
	}
}
