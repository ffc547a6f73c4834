// Package limit counts how often somebody tries something, by a key such as an address or an account.
//
// A limit is a bucket for each key: so many tries at once, then one every so often. Buckets live in the memory of one node; on
// several nodes each allows its share anew, which slows guessing enough. Their number is bounded: full buckets are forgotten
// first, and if all are in use any of them, since a flood of made-up keys must not fill the memory.
package limit

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rapport/internal/base/clock"
)

// maxKeys bounds the number of buckets.
const maxKeys = 100_000

// Keyed is a limit for each key.
type Keyed struct {
	clock clock.Clock
	burst int
	every time.Duration

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

// New allows burst tries at once for each key, and one more each time every has passed.
func New(c clock.Clock, burst int, every time.Duration) *Keyed {
	return &Keyed{clock: c, burst: burst, every: every, buckets: map[string]*rate.Limiter{}}
}

// Take uses up a try. Where none is left it gives the time until the next one.
func (k *Keyed) Take(key string) (wait time.Duration, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	b := k.buckets[key]
	if b == nil {
		k.makeRoom(now)
		b = rate.NewLimiter(rate.Every(k.every), k.burst)
		k.buckets[key] = b
	}
	r := b.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// Forgive gives a key all its tries back.
func (k *Keyed) Forgive(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.buckets, key)
}

func (k *Keyed) makeRoom(now time.Time) {
	if len(k.buckets) < maxKeys {
		return
	}
	for key, b := range k.buckets {
		if b.TokensAt(now) >= float64(k.burst) {
			delete(k.buckets, key)
		}
	}
	for key := range k.buckets { // a tenth at once, so that a flood does not sweep at every try
		if len(k.buckets) < maxKeys*9/10 {
			return
		}
		delete(k.buckets, key)
	}
}

// Network gives the part of an address that one subscriber cannot change at will: an IPv4 address whole, of IPv6 the first 64 bits.
func Network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Unmap().Is4() {
		return ip
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}
