// Package customer owns who people are: one profile for each person, however many devices, addresses and shop accounts he has.
//
// Who an event belongs to is a function of event time and never of arrival:
//
//	user id (unique per shop)     ─► the person of that user id, whatever the device
//	anonymous id                  ─► the newest claim on the device at or before the event, else the first claim
//	anonymous id without a claim  ─► an anonymous customer of the device, who becomes a tombstone when all he had is claimed
//	e-mail or phone (server side) ─► the owner of that key: the person with the earliest evidence
//
// A claim is made by identify and alias (at their time) and once, softly, by other events that carry both ids (at the earliest of
// them). When claims change, the owner of every moment before and after is compared, and what differs leaves Resolve as
// Moves of stored rows. Two persons with user ids are never joined: what points from one to the other becomes a merge
// candidate, and people decide. What a browser says about e-mail and phone is kept, unverified, and joins nobody.
//
// Life of a customer:
//
//	anonymous ──user id, e-mail or phone──► known ──absorbed by a person with a user id──► tombstone (merged_into)
//
// Invariants: an identity key has one owner; a trait holds the value with the newest event time; a tombstone points at a living
// customer in one step; sessions end after 30 minutes without an event or with a new campaign.
//
// Announces customer.changed, one record a batch: {"ids": ["1", ...]}.
package customer

import (
	"context"
	"encoding/json"
	"time"

	"rapport/internal/base/id"
)

// TopicChanged is the outbox topic on which customers whose record is not what it was are announced.
const TopicChanged = "customer.changed"

// Signal is what one event or one record says about who it belongs to.
type Signal struct {
	ShopID, SourceID id.ID
	Server           bool  // said by a server source, a shop or a file; false: by a browser
	At               int64 // event time in microseconds UTC
	EventID          int64 // 0 for records
	MessageHash      int64 // orders events of one instant, as the warehouse does, so that their arrival does not

	AnonymousID, UserID string // as sent
	PreviousID          string // of an alias: the id that UserID replaces
	Identify            bool   // identify or alias: claims AnonymousID for UserID at At; else both ids together make a soft claim

	Traits       []byte // JSON object or nil, in Segment's names; what is no known trait is kept as an attribute
	Email, Phone string // of records without traits, a guest order say; keys to join by when Server
	Activity     bool   // moves last_seen and belongs to a session
	Campaign     string // of the event; a new one begins a new session
}

// Verdict is the answer for one Signal.
type Verdict struct {
	CustomerID   id.ID // 0 only for a record that names nobody
	SessionID    int64 // event id of the session's first event; 0 without Activity
	SessionStart bool
}

// Move names stored rows that change hands: everything of From where both filters are empty; with AnonymousID the rows of that
// device without a user id and with an event time in [FromAt, UntilAt).
type Move struct {
	From, To           id.ID
	AnonymousID, Email string
	FromAt, UntilAt    int64
}

// PersonSpan is a stretch of one person's events, [FromAt, UntilAt), in which sessions must be worked out anew.
type PersonSpan struct {
	CustomerID      id.ID
	FromAt, UntilAt int64
}

// Resolved is the outcome of a batch. Verdicts are final for the batch; moves concern only rows that were stored before it.
type Resolved struct {
	Verdicts  []Verdict
	Moves     []Move // in the order in which they must be made
	Touched   []id.ID
	Resession []PersonSpan
}

// Totals are the sums of one customer's orders in minor units of the reporting currency.
type Totals struct {
	CustomerID                           id.ID
	Orders, Spent, Refunded, Unconverted int64
	FirstAt, LastAt                      int64
	Added                                bool // to be added to the sums that are stored; else they are whole
}

// TimelineItem is one thing that happened in a customer's life with the shop.
type TimelineItem struct {
	At         int64
	Kind, Name string
	ID         string // unique across sources by its prefix: "e123" an event, "o123" an order
	Properties json.RawMessage
}

// TimelinePlace is a place in a timeline: what is older than (At, ID) follows it. Without Set the timeline begins at its newest.
type TimelinePlace struct {
	At  int64
	ID  string
	Set bool
}

// TimelineSource gives one feature's part of the timeline, newest first by (At, ID).
type TimelineSource interface {
	// Kinds names the kinds of items that this source has.
	Kinds() []string
	// Timeline gives at most limit items older than before, of the kinds given (all of the source's where there are none).
	Timeline(ctx context.Context, customer id.ID, kinds []string, before TimelinePlace, limit int) ([]TimelineItem, error)
}

// Consent is what a customer allows at present on one channel for one purpose.
type Consent struct {
	Channel  string          `json:"channel" example:"email"`
	Purpose  string          `json:"purpose" example:"marketing"`
	Granted  bool            `json:"granted"`
	At       time.Time       `json:"at"`
	SourceID id.ID           `json:"source_id"`
	Proof    json.RawMessage `json:"proof" doc:"Wording, address, file and line, or event"`
}

// Consents knows what customers allow; facts/consent fills it.
type Consents interface {
	Consents(ctx context.Context, customer id.ID) ([]Consent, error)
}
