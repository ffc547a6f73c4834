package customer

import (
	"sync"

	"rapport/internal/base/id"
)

// cacheSize bounds each generation of each part of the cache.
const cacheSize = 30_000

// cache remembers identities between batches. It is filled on commit only, and forgets everything when the version in the
// database is not the one it left there: another program, or a transaction that was rolled back after all, has been at work.
type cache struct {
	mu      sync.Mutex // of version; each part has its own, since a batch may begin before the last one is remembered
	version int64
	keys    part[string, owned]
	devices part[string, deviceState]
	people  part[id.ID, activity]
	seen    part[uint64, days] // hash of an identity row
}

// part is a map of bounded size: what was not asked for during a generation goes.
type part[K comparable, V any] struct {
	mu         sync.Mutex
	young, old map[K]V
}

func (p *part[K, V]) get(k K) (V, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v, ok := p.young[k]; ok {
		return v, true
	}
	v, ok := p.old[k]
	if ok {
		p.keep(k, v)
	}
	return v, ok
}

func (p *part[K, V]) put(k K, v V) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keep(k, v)
}

func (p *part[K, V]) keep(k K, v V) {
	if p.young == nil {
		p.young = make(map[K]V)
	}
	if len(p.young) >= cacheSize {
		p.old, p.young = p.young, make(map[K]V, cacheSize)
	}
	p.young[k] = v
}

func (p *part[K, V]) drop(k K) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.young, k)
	delete(p.old, k)
}

func (p *part[K, V]) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.young, p.old = nil, nil
}

// begin makes the cache ready for a batch that found the version in the database; until the batch is committed nothing fits it.
func (c *cache) begin(version int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != version {
		c.forgetAll()
	}
	c.version = -1
}

func (c *cache) forgetAll() {
	c.keys.clear()
	c.devices.clear()
	c.people.clear()
	c.seen.clear()
}

func (c *cache) forget(kind, value string) {
	c.keys.drop(kind + ":" + value)
	if kind == KindAnonymous {
		c.devices.drop(value)
	}
}

func (c *cache) committed(version int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version = version
}
