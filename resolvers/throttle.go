package resolvers

import (
	"errors"
	"hash/maphash"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"carerecord/internal/auth"
	"carerecord/internal/record"
)

// errThrottled ends an operation of somebody who has looked up too many patients in
// vain. It says nothing of the patients asked for now.
var errThrottled = errors.New("too many look-ups in vain")

// throttle counts for each person at each organisation how many different patients they
// asked for in vain: for want of a care relationship or of a record. Asking for the same
// ones again, as a ward screen does, counts once. The accesses themselves stand on the
// trail, from which every instance's are counted together (accessAlerts); this holds up
// a script against one instance.
type throttle struct {
	limit  int // 0 for none
	seed   maphash.Seed
	mu     sync.Mutex
	people *lru.Cache[throttled, *inVain]
}

type throttled struct{ subject, org string }

// inVain is what one person asked for in vain in one window.
type inVain struct {
	until    time.Time
	patients map[uint64]struct{}
}

// The bounds of the counting.
const (
	throttleWindow = time.Hour
	throttlePeople = 2_000 // counted at once; the one seen longest ago gives way
)

func newThrottle(limit int) *throttle {
	people, _ := lru.New[throttled, *inVain](throttlePeople) // the size is positive
	return &throttle{limit: limit, seed: maphash.MakeSeed(), people: people}
}

// holds reports whether a person has to wait.
func (t *throttle) holds(p auth.Principal, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	counted, ok := t.people.Get(throttled{p.Subject, p.Org})
	return ok && t.limit > 0 && now.Before(counted.until) && len(counted.patients) >= t.limit
}

// count adds patients who were asked for in vain.
func (t *throttle) count(p auth.Principal, numbers []record.NHSNumber, now time.Time) {
	if len(numbers) == 0 || t.limit <= 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	counted, ok := t.people.Get(throttled{p.Subject, p.Org})
	if !ok || !now.Before(counted.until) {
		counted = &inVain{now.Add(throttleWindow), map[uint64]struct{}{}}
		t.people.Add(throttled{p.Subject, p.Org}, counted)
	}
	for _, number := range numbers {
		if len(counted.patients) < t.limit {
			counted.patients[maphash.String(t.seed, string(number))] = struct{}{}
		}
	}
}
