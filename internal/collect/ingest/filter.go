package ingest

import (
	"sync/atomic"
)

// filter remembers the hashes of messages that were stored, so that the warehouse need not be asked about each: what it has
// not is surely new; what it has is looked up. It keeps 32 bits of each hash in tables of open addressing, so a new message is taken
// for an old one about once in 200 million (measured on the tables: TestFilter), and a message costs 5 to 11 bytes.
//
// Tables are generations: when one is full a larger one begins, and one whose newest message is older than the time in which
// duplicates are looked for is dropped. Until ready it answers "maybe" to everything. Used by one goroutine, except for ready.
type filter struct {
	tables []*table
	ready  atomic.Bool
}

type table struct {
	slots  []uint32 // 0: free
	shift  uint
	used   int
	newest int64 // receipt of its newest message
}

const (
	firstTable  = 1 << 14
	largestStep = 1 << 24 // slots of the largest table: 64 MB
)

func newTable(slots int) *table {
	t := &table{slots: make([]uint32, slots), shift: 64}
	for n := slots; n > 1; n >>= 1 {
		t.shift--
	}
	return t
}

// The place of a hash comes from its high bits, what is kept from its low ones.
func (t *table) find(h uint64) (at int, found bool) {
	mark := uint32(h) | 1
	for i := int(h >> t.shift); ; i++ {
		if i == len(t.slots) {
			i = 0
		}
		switch t.slots[i] {
		case 0:
			return i, false
		case mark:
			return i, true
		}
	}
}

// maybe tells whether the hash may have been added.
func (f *filter) maybe(hash int64) bool {
	if !f.ready.Load() {
		return true
	}
	for _, t := range f.tables {
		if _, found := t.find(uint64(hash)); found {
			return true
		}
	}
	return false
}

// add remembers a message received at the instant.
func (f *filter) add(hash, receivedAt int64) {
	var t *table
	if n := len(f.tables); n > 0 {
		t = f.tables[n-1]
	}
	if t == nil || t.used >= len(t.slots)*3/4 {
		size := firstTable
		if t != nil {
			size = min(len(t.slots)*2, largestStep)
		}
		t = newTable(size)
		f.tables = append(f.tables, t)
	}
	if at, found := t.find(uint64(hash)); !found {
		t.slots[at] = uint32(hash) | 1
		t.used++
	}
	t.newest = max(t.newest, receivedAt)
}

// forget drops the tables all of whose messages were received before the instant.
func (f *filter) forget(before int64) {
	for len(f.tables) > 1 && f.tables[0].newest < before {
		f.tables = f.tables[1:]
	}
}
