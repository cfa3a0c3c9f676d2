package optout

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"carerecord/internal/remote"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// Rate is a steady rate, and how many may come at once.
type Rate struct {
	PerHour int
	Burst   int
}

func (r Rate) limiter() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(r.PerHour)/time.Hour.Seconds()), r.Burst)
}

// Limits limit how often the form may be sent at one instance. A try is any sending of the form. Those that
// get as far as the queue count as requests too. Several people may share an address: a library, a care
// home, a mobile network. The zero value of each limit means its default.
type Limits struct {
	AddressTries    Rate // 360 an hour, 30 at once
	AddressRequests Rate // 20 an hour, 10 at once
	Tries           Rate // 36,000 an hour, 100 at once
	Requests        Rate // 600 an hour, 100 at once
	Addresses       int  // 10,000 remembered, those seen last
}

func (l Limits) filled() Limits {
	for _, d := range []struct {
		rate *Rate
		want Rate
	}{
		{&l.AddressTries, Rate{360, 30}}, {&l.AddressRequests, Rate{20, 10}}, {&l.Tries, Rate{36_000, 100}}, {&l.Requests, Rate{600, 100}},
	} {
		if *d.rate == (Rate{}) {
			*d.rate = d.want
		}
	}
	if l.Addresses <= 0 {
		l.Addresses = 10_000
	}
	return l
}

// pair holds the two limiters of one address, or of all.
type pair struct{ tries, requests *rate.Limiter }

// limiter counts by address and in total, in memory that does not grow. Somebody with more addresses than
// are remembered is still stopped by the total.
type limiter struct {
	limits    Limits
	all       pair
	mu        sync.Mutex
	addresses *lru.Cache[netip.Prefix, pair]
}

func newLimiter(l Limits) *limiter {
	l = l.filled()
	addresses, err := lru.New[netip.Prefix, pair](l.Addresses)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &limiter{limits: l, all: pair{l.Tries.limiter(), l.Requests.limiter()}, addresses: addresses}
}

// mayTry counts a try and reports whether it is within the limits. It checks the limit of the address
// first, so that an address over its own limit takes nothing from the others.
func (l *limiter) mayTry(address netip.Prefix, now time.Time) bool {
	return l.of(address).tries.AllowN(now, 1) && l.all.tries.AllowN(now, 1)
}

// maySend counts a request and reports whether it is within the limits.
func (l *limiter) maySend(address netip.Prefix, now time.Time) bool {
	return l.of(address).requests.AllowN(now, 1) && l.all.requests.AllowN(now, 1)
}

func (l *limiter) of(address netip.Prefix) pair {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, known := l.addresses.Get(address)
	if !known {
		p = pair{l.limits.AddressTries.limiter(), l.limits.AddressRequests.limiter()}
		l.addresses.Add(address, p)
	}
	return p
}

// address returns where a request comes from, as it is counted: for IPv6 the /64 network, which belongs to
// one subscriber as a whole. Addresses that cannot be read count as one.
func (s *server) address(r *http.Request) netip.Prefix {
	return network(remote.Address(r, s.ClientHeader))
}

func network(address netip.Addr) netip.Prefix {
	address = address.Unmap().WithZone("")
	bits := address.BitLen()
	if address.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(address, bits).Masked()
}
