package transport

import (
	"net/http"
	"sync"
)

// underWay counts the concurrent requests of each principal. It has no entry for a principal without any.
type underWay struct {
	limit int

	mu     sync.Mutex
	counts map[string]int
}

func newUnderWay(limit int) *underWay {
	return &underWay{limit: limit, counts: map[string]int{}}
}

// enter counts one more request, and reports whether the limit allows it.
func (u *underWay) enter(who string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.counts[who] >= u.limit {
		return false
	}
	u.counts[who]++
	return true
}

func (u *underWay) leave(who string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.counts[who]--; u.counts[who] == 0 {
		delete(u.counts, who)
	}
}

// enter admits a request, or refuses it while too many of the same principal are under way. It runs before the
// body is read, and the request counts until its answer is written, so that the memory of one principal is
// bounded too.
func (h *handler) enter(w http.ResponseWriter, r *http.Request, a *answer) *refusal {
	if h.underWay == nil {
		return nil
	}
	who := h.options.Principal(r.Context())
	if !h.underWay.enter(who) {
		w.Header().Set("Retry-After", "1")
		return refuse(http.StatusTooManyRequests, QueryTooCostly,
			"Too many of your requests are under way at once. Wait until one of them is answered, then send this one again.")
	}
	a.left = func() { h.underWay.leave(who) }
	return nil
}
