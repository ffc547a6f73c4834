// Package warehouse holds what customers did: every event once, for good, and the copies of facts that figures are made of.
//
// Two pairs implement it. Embedded (warehouse/duck): DuckDB for reports, and beside it activity.db, one small row an event in the order of
// customers, because a column store answers "what did this person do" only by a scan. Scale-out (warehouse/pg): a partitioned table of
// PostgreSQL keyed (customer_id, at, event_id), which serves both ways of reading. Both pass warehouse/whtest.
//
// Events come in batches made of whole steps of the applier. A batch and the sequence it reaches are written in one transaction, so a batch
// given twice changes nothing. Moves say that stored rows change hands, because an identity became known; Resession works out again
// which events belong to one visit. Both may be repeated. After all that was given has been applied, the content depends neither on the
// order nor on the number of attempts in which it came.
//
// Instants are microseconds UTC, days are counted from 1970-01-01 in the reporting zone, text is valid UTF-8 without NUL (sqldb.Clean).
// Nothing is announced from here.
package warehouse

import (
	"context"
	"slices"

	"github.com/zeebo/xxh3"

	"rapport/internal/base/id"
)

// Event is one thing that a person did.
type Event struct {
	EventID      int64 // see NewEventID: deterministic, sorts by receipt
	CustomerID   id.ID
	SessionID    int64 // event id of the first event of the visit; 0: no activity of the person (a server's notice), belongs to no visit
	SessionStart bool  // the first event of its visit
	At           int64 // when it happened
	ReceivedAt   int64
	Day          int64 // of At
	ShopID       id.ID
	SourceID     id.ID
	Kind         string // track page screen identify group alias
	Name         string // event name, page name or path; "" for identify
	Campaign     string // utm campaign that brought him, if the event names one
	MessageID    string
	MessageHash  int64 // MessageHash(SourceID, MessageID)
	AnonymousID  string
	UserID       string
	Properties   []byte // JSON object: properties, or traits of identify and group; nil is {}
	Context      []byte // JSON object; nil is {}
}

// Place is a position in the order of events: time, then id. The zero Place is "no limit".
type Place struct {
	At      int64
	EventID int64
	Set     bool
}

// indexBits is the room for the index of an event in its journal row.
const indexBits = 20

// NewEventID gives the id of the event at index in journal row seq.
func NewEventID(seq int64, index int) int64 { return seq<<indexBits | int64(index) }

// SeqOf gives the journal row that an event came in.
func SeqOf(eventID int64) int64 { return eventID >> indexBits }

// MessageHash gives the key under which duplicates are looked for. Equal hashes are only a hint: compare source and message id.
func MessageHash(source id.ID, messageID string) int64 {
	return int64(xxh3.HashStringSeed(messageID, uint64(source)))
}

// Move says that stored events change hands.
//
// With AnonymousID: those of that device that carry no user id and happened in [FromAt, UntilAt) (UntilAt 0: no end). With neither
// AnonymousID nor Email: all of From's, whatever the times. With Email alone: none, such a move concerns orders only.
type Move struct {
	// Seq is the first journal row of the applier's step that caused the move: it concerns events of earlier rows only. So several steps
	// can be given as one Batch, also when that batch holds some of the events to move. 0: before every event of the batch.
	Seq                int64
	From, To           id.ID
	AnonymousID, Email string
	FromAt, UntilAt    int64
}

// Concerns reports whether a move concerns events at all.
func (m *Move) Concerns() bool { return m.From != m.To && (m.AnonymousID != "" || m.Email == "") }

// Takes reports whether an event of From changes hands.
func (m *Move) Takes(e *Event) bool {
	if m.AnonymousID == "" {
		return m.Email == ""
	}
	return e.AnonymousID == m.AnonymousID && e.UserID == "" && e.At >= m.FromAt && (m.UntilAt == 0 || e.At < m.UntilAt)
}

// Batch is what one or several whole steps of the applier have for the warehouse. Events need no order. Moves stand in the order in which
// the applier made them.
type Batch struct {
	Seq    int64 // last journal row covered; events of rows at or below Applied are left out
	Events []Event
	Moves  []Move
}

// PersonSpan names a stretch of a person's time in which visits must be worked out anew. Both ends belong to it.
type PersonSpan struct {
	CustomerID      id.ID
	FromAt, UntilAt int64
}

// Row names a journal row whose events are taken back, and the time in which they lie, so that no engine looks for them everywhere. Both ends
// belong to it.
type Row struct{ Seq, FromAt, UntilAt int64 }

// Bounds gives the ids between which those of the row's events lie; both belong to it.
func (r *Row) Bounds() (first, last int64) { return NewEventID(r.Seq, 0), NewEventID(r.Seq+1, 0) - 1 }

// SpansOf gives each person's stretch of time in which some events lie.
func SpansOf(events []Event) []PersonSpan {
	at := map[id.ID]int{}
	var out []PersonSpan
	for i := range events {
		e := &events[i]
		n, ok := at[e.CustomerID]
		if !ok {
			n, at[e.CustomerID] = len(out), len(out)
			out = append(out, PersonSpan{e.CustomerID, e.At, e.At})
		}
		out[n].FromAt, out[n].UntilAt = min(out[n].FromAt, e.At), max(out[n].UntilAt, e.At)
	}
	return out
}

// PersonQuery chooses events of one person, newest first.
type PersonQuery struct {
	Kinds  []string // none: all
	Name   string   // "": all
	Before Place    // only older ones
	From   int64    // at or after this instant; 0: no limit
	To     int64    // before this instant; 0: no limit
	Limit  int
}

// Matches reports whether an event is of the kinds and the name.
func (q *PersonQuery) Matches(e *Event) bool {
	return (len(q.Kinds) == 0 || slices.Contains(q.Kinds, e.Kind)) && (q.Name == "" || q.Name == e.Name)
}

// EventQuery chooses events of everybody, newest first.
type EventQuery struct {
	MessageID  string
	Name       string
	Kind       string
	CustomerID id.ID // 0: everybody
	From, To   int64 // From at or after, To before; 0: no limit
	Before     Place // only older ones
	Limit      int
}

// Matches reports whether an event has the message, name and kind.
func (q *EventQuery) Matches(e *Event) bool {
	return (q.MessageID == "" || q.MessageID == e.MessageID) && (q.Name == "" || q.Name == e.Name) && (q.Kind == "" || q.Kind == e.Kind)
}

// Seen is the identity of a stored message, for the search for duplicates.
type Seen struct {
	MessageHash int64
	SourceID    id.ID
	MessageID   string
}

// Rows is a result being read. Close it; only then another heavy report may start.
type Rows interface {
	Next() bool
	Scan(into ...any) error
	Err() error
	Close() error
}

// Warehouse is implemented by duck and pg.
type Warehouse interface {
	// Engine names it in the status: "duckdb" or "postgres".
	Engine() string
	// Append stores a batch exactly once: moves before the events that came after them.
	Append(ctx context.Context, b Batch) error
	// Applied gives the last journal row that is stored for good; what was given up to there may be forgotten.
	Applied(ctx context.Context) (int64, error)
	// Resession works out the visits of the named stretches again.
	Resession(ctx context.Context, spans []PersonSpan) error
	// Remove takes the events of journal rows away, whoever has them by now, and works out again the visits that they belonged to. The rows
	// must have been appended whole. Done twice, or again after a crash in the middle, it comes out the same.
	Remove(ctx context.Context, rows []Row) error
	// Person reads one person's events by his own access path.
	Person(ctx context.Context, customer id.ID, q PersonQuery) ([]Event, error)
	// Events reads everybody's events.
	Events(ctx context.Context, q EventQuery) ([]Event, error)
	// Known gives the stored messages with one of the hashes that were received at or after the instant.
	Known(ctx context.Context, hashes []int64, receivedSince int64) ([]Seen, error)
	// Hashes gives the hashes of all messages received at or after the instant, in portions.
	Hashes(ctx context.Context, receivedSince int64, fn func([]int64) error) error
	// Upsert replaces the rows of a mirrored table (see Mirrors) that have one of the keys. Nothing happens on PostgreSQL, where the tables
	// themselves serve.
	Upsert(ctx context.Context, table string, keys []int64, rows [][]any) error
	// Mirrors tells whether facts must be copied here by Upsert before reports see them.
	Mirrors() bool
	// Query runs a report: read only, at most two at a time, one SQL text for all engines.
	Query(ctx context.Context, query string, args ...any) (Rows, error)
	// Peek is Query for what is cheap and must not wait behind reports.
	Peek(ctx context.Context, query string, args ...any) (Rows, error)
	// Reset forgets everything, so that it can be built again from the journal and the facts.
	Reset(ctx context.Context) error
	// Idle gives back memory that only work needs.
	Idle(ctx context.Context)
	Close() error
}
