package resolvers

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"carerecord/internal/auth"
	"carerecord/internal/record"
)

// errThrottled ends an operation of a caller who has looked up too many patients in vain. It says nothing about the patients
// of that operation.
var errThrottled = errors.New("too many look-ups in vain")

// throttle counts, for each person at each organisation, the different patients they asked for in vain: without a care
// relationship, or unknown. Asking for the same patients again, as a ward screen does, counts once. It stops a script against one
// instance; accessAlerts counts the look-ups of all instances from the trail.
type throttle struct {
	limit    int // 0 for none
	seed     maphash.Seed
	mu       sync.Mutex
	people   *lru.Cache[throttled, *inVain]
	underWay map[throttled]*underWay // look-ups that have not come back
}

type throttled struct{ subject, org string }

// inVain is the patients whom one person asked for in vain in one window, by hash.
type inVain struct {
	until    time.Time
	patients map[uint64]struct{}
}

// underWay is the look-ups of one person that have not come back.
type underWay struct {
	lookUps, patients int
	settled           chan struct{} // closed when one has
}

// The bounds of the counting.
const (
	throttleWindow = time.Hour
	throttlePeople = 2_000 // counted at once; the least recently used is dropped
)

func newThrottle(limit int) *throttle {
	people, _ := lru.New[throttled, *inVain](throttlePeople) // the size is positive
	return &throttle{limit: limit, seed: maphash.MakeSeed(), people: people, underWay: map[throttled]*underWay{}}
}

// admit reports whether a person may look up a number of patients now. Any of them may be in vain, so that many places are
// reserved until settle is told who was. If fewer are left, admit waits for the look-ups under way, so that concurrent requests
// get no further than sequential ones. A single request may ask for more patients than there are places, as a ward list does; if
// too many of them were in vain, settle reports false, and nothing of the answer may be disclosed.
func (t *throttle) admit(ctx context.Context, p auth.Principal, patients int, now time.Time) (settle func(vain []record.NHSNumber) bool, ok bool) {
	if t.limit <= 0 {
		return func([]record.NHSNumber) bool { return true }, true
	}
	who := throttled{p.Subject, p.Org}
	for {
		wait, full := t.reserve(who, patients, now)
		switch {
		case full:
			return nil, false
		case wait == nil:
			return func(vain []record.NHSNumber) bool { return t.settle(who, patients, vain, now) }, true
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, false
		}
	}
}

// reserve reserves places. Otherwise it reports that all are taken by patients asked for in vain, or returns what to wait for.
func (t *throttle) reserve(who throttled, patients int, now time.Time) (wait <-chan struct{}, full bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	if counted, ok := t.people.Get(who); ok && now.Before(counted.until) {
		n = len(counted.patients)
	}
	u := t.underWay[who]
	switch {
	case n >= t.limit:
		return nil, true
	case u == nil:
		u = &underWay{settled: make(chan struct{})}
		t.underWay[who] = u
	case n+u.patients+patients > t.limit:
		return u.settled, false
	}
	u.lookUps, u.patients = u.lookUps+1, u.patients+patients
	return nil, false
}

// settle releases the places and counts the patients who were asked for in vain. It reports whether there was a place for each.
func (t *throttle) settle(who throttled, patients int, vain []record.NHSNumber, now time.Time) (within bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	within = t.count(who, vain, now)
	u := t.underWay[who]
	u.lookUps, u.patients = u.lookUps-1, u.patients-patients
	close(u.settled)
	if u.settled = make(chan struct{}); u.lookUps == 0 {
		delete(t.underWay, who)
	}
	return within
}

// count adds patients who were asked for in vain, as far as there are places, and reports whether there were enough. It keeps
// nothing for a person who asked for nobody in vain.
func (t *throttle) count(who throttled, numbers []record.NHSNumber, now time.Time) (all bool) {
	if len(numbers) == 0 {
		return true
	}
	counted, ok := t.people.Get(who)
	if !ok || !now.Before(counted.until) {
		counted = &inVain{now.Add(throttleWindow), map[uint64]struct{}{}}
		t.people.Add(who, counted)
	}
	for _, number := range numbers {
		patient := maphash.String(t.seed, string(number))
		if _, before := counted.patients[patient]; before {
			continue
		}
		if len(counted.patients) >= t.limit {
			return false
		}
		counted.patients[patient] = struct{}{}
	}
	return true
}
