// Package byperson keeps events in the order of persons, so that one person's page is read without a scan.
//
// A row an event in a B-tree keyed by person was tried first: 10,000 events of 10,000 persons touch 10,000 pages, and at three million rows
// that took 50 to 60 µs of CPU an event and rising. So this is a log-structured merge inside one SQLite file. Every batch becomes a *run*: its
// rows sorted by (person, newest first), cut into compressed blocks. Runs of like size are merged eight into one, so an event is
// rewritten about four times in its life, always sequentially. Reading a person looks into the few runs that a filter does not exclude
// and merges what it finds; a row of a younger run hides the same row of an older one, which is how rows change hands
// (gone here, present there) and how visits are corrected.
//
//	batch ──> run (level 0..3)  ──8──>  run (next level)  ──8──>  ...
//
// SQLite gives what is hard to do well: atomic commits with the sequence number, sync, recovery, a backup. A merge writes its blocks in
// several small transactions beside ongoing appends and becomes visible in one; one that was cut short is cleared away at the next opening.
// Neighbours in age are merged only with each other, so "younger hides older" always holds.
package byperson

import (
	"cmp"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

// Row is one change: an event that stands at its place from now on, or that no longer does.
type Row struct {
	Event    *warehouse.Event
	Customer id.ID // whose it is; what Event says of it does not count
	Gone     bool  // of Event only At and EventID matter
}

// key orders rows: by person, then newest first.
type key struct {
	customer, at, event int64
}

func (r *Row) key() key { return key{int64(r.Customer), r.Event.At, r.Event.EventID} }

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.customer, o.customer), cmp.Compare(o.at, k.at), cmp.Compare(o.event, k.event))
}

// Query chooses rows of one person, newest first.
type Query struct {
	Customer id.ID
	Before   warehouse.Place // only older ones
	From, To int64           // From at or after, To before; 0: no limit
	Limit    int             // 0: all
	Keep     func(*warehouse.Event) bool
}

// levelOf sorts runs by size: each level holds eight times the one below.
func levelOf(events int64) int {
	level := 0
	for events >= 64 && level < 10 {
		events /= fan
		level++
	}
	return level
}

const (
	fan        = 8        // runs of a level that are merged into one
	blockSize  = 16 << 10 // bytes of rows in a block before compression
	bigLevel   = 6        // from this level on blocks are packed tighter, since they are rarely rewritten
	maxRuns    = 96       // beyond this an append waits for merges
	chunkBytes = 16 << 20 // of blocks written by a merge in one transaction
)

// due finds the youngest group of neighbouring runs that should become one: lo to hi (exclusive) of runs sorted from old to young.
// A small run that is older than a bigger one counts as being of the bigger one's level, so that groups are always neighbours.
func due(runs []*run) (lo, hi int) {
	hi = len(runs)
	level := 0
	for i := len(runs) - 1; i >= 0; i-- {
		l := levelOf(runs[i].events)
		if l > level {
			hi, level = i+1, l
		}
		if hi-i >= fan {
			for i > 0 && levelOf(runs[i-1].events) <= level {
				i--
			}
			return i, hi
		}
	}
	return 0, 0
}

// filter is a Bloom filter over persons: ten bits and six probes for each, about one false answer in a hundred.
type filter []byte

func newFilter(persons []int64) filter {
	f := make(filter, len(persons)*10/8+8)
	for _, p := range persons {
		h, step := mix(p)
		for range 6 {
			bit := h % uint64(len(f)*8)
			f[bit/8] |= 1 << (bit % 8)
			h += step
		}
	}
	return f
}

func (f filter) may(person int64) bool {
	if len(f) == 0 {
		return true
	}
	h, step := mix(person)
	for range 6 {
		bit := h % uint64(len(f)*8)
		if f[bit/8]&(1<<(bit%8)) == 0 {
			return false
		}
		h += step
	}
	return true
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014), twice.
func mix(n int64) (uint64, uint64) {
	x := uint64(n) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	y := (x ^ x>>29) * 0xff51afd7ed558ccd
	return x, (y ^ y>>32) | 1
}
