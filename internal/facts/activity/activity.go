// Package activity shows what customers did: the list of events, the shop's last half hour, and the events' part of a customer's timeline.
//
// It owns no table; the dictionary of events, which has some, is the package below it. Events live in the warehouse alone, written there by the collector; this package asks for them and shapes them.
// One person's events come from his own access path, never from a scan. Nothing is announced from here.
package activity

import (
	"encoding/json"
	"strconv"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

// Event is an event as the API shows it.
type Event struct {
	ID          string          `json:"id"`
	MessageID   string          `json:"message_id"`
	Kind        string          `json:"kind" enum:"track,page,screen,identify,group,alias"`
	Name        string          `json:"name" doc:"Event name, page name or path; empty for identify"`
	CustomerID  id.ID           `json:"customer_id"`
	AnonymousID string          `json:"anonymous_id,omitempty"`
	UserID      string          `json:"user_id,omitempty"`
	ShopID      id.ID           `json:"shop_id"`
	SourceID    id.ID           `json:"source_id"`
	SessionID   string          `json:"session_id,omitempty" doc:"Id of the first event of the visit"`
	At          time.Time       `json:"at"`
	ReceivedAt  time.Time       `json:"received_at"`
	Properties  json.RawMessage `json:"properties" doc:"As sent; traits for identify and group"`
	Context     json.RawMessage `json:"context,omitempty"`
}

func shape(e *warehouse.Event) Event {
	out := Event{ID: EventID(e.EventID), MessageID: e.MessageID, Kind: e.Kind, Name: e.Name, CustomerID: e.CustomerID, AnonymousID: e.AnonymousID,
		UserID: e.UserID, ShopID: e.ShopID, SourceID: e.SourceID, At: clock.FromMicros(e.At), ReceivedAt: clock.FromMicros(e.ReceivedAt),
		Properties: object(e.Properties)}
	if e.SessionID != 0 {
		out.SessionID = EventID(e.SessionID)
	}
	if len(e.Context) > 2 {
		out.Context = object(e.Context)
	}
	if e.At == 0 { // 1970 itself is an instant here, not "never"
		out.At = time.Unix(0, 0).UTC()
	}
	return out
}

func object(b []byte) json.RawMessage {
	if len(b) == 0 {
		return json.RawMessage("{}")
	}
	return b
}

// EventID writes an event's id as timelines and the API show it.
func EventID(n int64) string { return "e" + strconv.FormatInt(n, 10) }

// Filter chooses events.
type Filter struct {
	MessageID  string
	Name       string
	Kind       string
	CustomerID id.ID
	From, To   time.Time // From at or after, To before; zero: no limit
	Limit      int
	Cursor     string
}

// Live is the last half hour.
type Live struct {
	Minutes  []Minute `json:"minutes" nullable:"false" doc:"The last 30 minutes, oldest first, the present one last"`
	Visitors int64    `json:"visitors" doc:"Distinct visitors of the last 5 minutes"`
	HalfHour int64    `json:"visitors_half_hour" doc:"Distinct visitors of the last 30 minutes"`
	Events   []Event  `json:"events" nullable:"false" doc:"The newest 20"`
}

// Minute counts one minute.
type Minute struct {
	At     time.Time `json:"at" doc:"Its beginning"`
	Events int64     `json:"events"`
	Orders int64     `json:"orders" doc:"Order Completed events"`
}

// SourceDay is what came through one source in the last 24 hours.
type SourceDay struct {
	SourceID id.ID     `json:"source_id"`
	Events   int64     `json:"events" doc:"That happened in the last 24 hours"`
	LastAt   time.Time `json:"last_at" doc:"When the newest of them happened"`
}
