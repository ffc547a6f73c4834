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

	"rapport/internal/base/clock"
)

// maxKeys bounds the number of buckets.
const maxKeys = 100_000

// Keyed is a limit for each key.
type Keyed struct {
	clock clock.Clock
	slack time.Duration // how far ahead of the clock a bucket may be and still allow a try
	every time.Duration

	mu sync.Mutex
	// full holds when each bucket will be full again: the generic cell rate algorithm (ITU-T I.371), exact in whole nanoseconds.
	full map[string]time.Time
}

// New allows burst tries at once for each key, and one more each time every has passed.
func New(c clock.Clock, burst int, every time.Duration) *Keyed {
	return &Keyed{clock: c, slack: time.Duration(burst-1) * every, every: every, full: map[string]time.Time{}}
}

// Take uses up a try. Where none is left it gives the time until the next one.
func (k *Keyed) Take(key string) (wait time.Duration, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	full, known := k.full[key]
	if !known {
		k.makeRoom(now)
	}
	if full.Before(now) {
		full = now
	}
	if wait := full.Sub(now) - k.slack; wait > 0 {
		return wait, false
	}
	k.full[key] = full.Add(k.every)
	return 0, true
}

// Forgive gives a key all its tries back.
func (k *Keyed) Forgive(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.full, key)
}

func (k *Keyed) makeRoom(now time.Time) {
	if len(k.full) < maxKeys {
		return
	}
	for key, full := range k.full {
		if !full.After(now) {
			delete(k.full, key)
		}
	}
	for key := range k.full { // down by a tenth, so that a flood does not sweep at every try
		if len(k.full) < maxKeys*9/10 {
			return
		}
		delete(k.full, key)
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
