// Package outbox carries announced facts from the floor where they happen up to whoever wants to hear them.
//
// Announce writes one row in the transaction of the change itself, so that a change and its announcement are kept or lost
// together. Each subscriber has a cursor and a goroutine: it reads on from its cursor, in order, in batches, and moves the
// cursor when Handle has returned nil. A crash in between repeats the batch, so Handle must be repeatable (at least once).
// A subscriber that fails or is slow keeps only itself waiting: it tries again with growing pauses and never skips a record.
// Rows that everyone has heard are deleted.
//
// Order. On SQLite transactions follow one another, so the order is that of the commits. On PostgreSQL they overlap, and a
// reader that went by ids alone would skip a record whose transaction commits late. Each row therefore carries its
// transaction's number, rows are ordered by (tx_id, outbox_id), and a reader stops below the oldest transaction that still
// runs: what lies below can no longer change. A transaction that runs for long delays the records of later ones.
// Since two overlapping transactions may be heard in either order, a subscriber reads the state and not only the message.
//
// With several programs on one PostgreSQL, one of them (it holds an advisory lock) serves all subscribers.
package outbox

import (
	"context"
	"encoding/json"

	"rapport/internal/base/id"
)

// Record is one announced fact. At is the instant of the announcement in microseconds UTC.
type Record struct {
	ID      id.ID
	Topic   string // "order.changed"
	Payload json.RawMessage
	At      int64
}

// Subscriber hears the records of its topics, in order, in batches of at most batchSize. Handle must be repeatable.
type Subscriber struct {
	Name   string // its cursor's key: renaming it makes it hear again what is still kept
	Topics []string
	Handle func(ctx context.Context, records []Record) error
}

// Status says how a subscriber fares.
type Status struct {
	Name   string
	Behind int64  // records it has not passed yet, of any topic
	Error  string // of the last attempt, empty when it went well
}

// place is where a cursor stands: everything up to and including it has been heard.
type place struct{ tx, id int64 }

func (p place) before(o place) bool { return p.tx < o.tx || p.tx == o.tx && p.id < o.id }
